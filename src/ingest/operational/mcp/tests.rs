use serde_json::{Value, json};

use crate::domain::{EventKind, Outcome, ProblemKind, Text};
use crate::ingest::operational::tests::{format_of, lines, one, read};

const TOOLS: &str = r#"[{"name":"b","inputSchema":{"type":"object"},"annotations":{"readOnlyHint":true}},{"name":"a"}]"#;

#[test]
fn a_catalog_in_every_wrapping() {
    #[track_caller]
    fn check(file: &str, json: &str, server: &str, label: &str, time: &str) {
        let read = read(file, json);
        assert_eq!(read.problems, []);
        assert_eq!(
            lines(&read.events),
            [format!("catalog b {server}"), format!("catalog a {server}")]
        );
        for event in &read.events {
            assert_eq!(event.session, Some(label.into()));
            assert_eq!(event.time.to_string(), time);
            let params = event.params.as_ref().map_or("", Text::raw);
            assert_eq!(params.contains(r#""undated":true"#), time.starts_with("1970"), "{params}");
        }
    }
    let epoch = "1970-01-01T00:00:00Z";
    check(
        "gh/tools-list.v1.json",
        &format!(r#"{{"tools":{TOOLS}}}"#),
        "gh",
        "tools-list.v1",
        epoch,
    );
    check(
        "docs.tools-list.0.json",
        &format!(r#"{{"jsonrpc":"2.0","id":1,"result":{{"tools":{TOOLS}}}}}"#),
        "docs",
        "docs.tools-list.0",
        epoch,
    );
    check(
        "x.stdio.jsonl",
        &format!(
            r#"{{"ts":1795197813369402733,"dir":"server->client","frame":{{"jsonrpc":"2.0","id":2,"result":{{"_meta":{{"io.modelcontextprotocol/serverInfo":{{"name":"docs-server"}}}},"tools":{TOOLS}}}}}}}"#
        ),
        "docs-server",
        "x.stdio",
        "2026-11-20T18:03:33.369402733Z",
    );
    check(
        "x.json",
        &format!(
            r#"{{"capturedAt":"2026-08-01T10:00:00Z","server":"crm","principal":"p","result":{{"tools":{TOOLS}}}}}"#
        ),
        "crm",
        "x",
        "2026-08-01T10:00:00Z",
    );
}

#[test]
fn a_redefinition_changes_its_digest_and_the_catalogs() {
    let catalog =
        |tools: &str| read("s.tools-list.json", &format!(r#"{{"tools":{tools}}}"#)).events;
    let params = |event: &crate::domain::Event| -> serde_json::Value {
        let json = event.params.as_ref().map_or("", Text::raw);
        serde_json::from_str(json).expect("params are JSON")
    };
    let before = catalog(r#"[{"name":"a","description":"d","inputSchema":{}},{"name":"b"}]"#);
    let after = catalog(r#"[{"name":"b"},{"name":"a","description":"evil","inputSchema":{}}]"#);
    assert_ne!(before[0].target_kind, after[1].target_kind);
    assert_eq!(before[1].target_kind, after[0].target_kind);
    assert_ne!(params(&before[0])["catalog"], params(&after[0])["catalog"]);
    assert_eq!(params(&before[0])["schema_digest"], params(&after[1])["schema_digest"]);
    let reordered = catalog(r#"[{"name":"b"},{"name":"a","description":"d","inputSchema":{}}]"#);
    assert_eq!(params(&before[0])["catalog"], params(&reordered[0])["catalog"]);
}

#[test]
fn messages_of_a_session() {
    let frame =
        |message: &str| one("s.stdio.jsonl", &format!(r#"{{"ts":1795197813,"frame":{message}}}"#));
    let call = frame(
        r#"{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"read","arguments":{"token":"t"},"_meta":{"traceparent":"00-5b8efff798038103d269b633813fc60c-eee19b7ec3c1b174-01"}}}"#,
    );
    assert_eq!(lines(std::slice::from_ref(&call)), ["tool_call read s"]);
    assert_eq!(call.params, Some(r#"{"token":"***65c06a8d"}"#.into()));
    assert_eq!(call.trace_id, Some("5b8efff798038103d269b633813fc60c".into()));
    assert_eq!(call.time.to_string(), "2026-11-20T18:03:33Z");
    let result = frame(
        r#"{"jsonrpc":"2.0","id":3,"result":{"content":[{"type":"text","text":"no"}],"isError":true}}"#,
    );
    assert_eq!((result.kind, result.outcome), (EventKind::ToolResult, Some(Outcome::Failure)));
    assert_eq!(result.call_id, call.call_id);
    let changed = frame(r#"{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}"#);
    assert_eq!(lines(&[changed]), ["other mcp notifications/tools/list_changed s"]);
}

#[test]
fn what_is_not_read_is_said() {
    #[track_caller]
    fn check(json: &str, kind: ProblemKind) {
        let read = read("x.json", json);
        assert_eq!(read.problems.iter().map(|problem| problem.kind).collect::<Vec<_>>(), [kind]);
    }
    check(r#"{"jsonrpc":"2.0","id":1,"method":"tools/call"}"#, ProblemKind::MissingField);
    check(r#"{"jsonrpc":"2.0","id":1,"method":"message/send"}"#, ProblemKind::Unsupported);
    check(r#"{"tools":[{"title":"no name"}]}"#, ProblemKind::Malformed);
    check(r#"{"jsonrpc":"2.0","id":1,"result":{"tools":5}}"#, ProblemKind::Malformed);
    check(r#"{"ts":1,"dir":"x","frame":{"jsonrpc":"2.0","method":7}}"#, ProblemKind::Malformed);
    // Results since 2026-07-28 say what they are; they have no time either.
    check(r#"{"resultType":"complete","content":[]}"#, ProblemKind::MissingField);
    check(r#"{"method":"elicitation/create","params":{}}"#, ProblemKind::MissingField);
}

#[test]
fn what_only_looks_like_it_is_not_claimed() {
    for json in [
        r#"{"tools":5}"#,
        r#"{"tools":{}}"#,
        r#"{"tools":["a","b"]}"#,
        r#"{"prompts":{"listChanged":true}}"#,
        r#"{"resources":["deployment.yaml"]}"#,
        r#"{"resources":[{"name":"x"}]}"#,
        r#"{"resultType":"rows","rows":[]}"#,
        r#"{"method":"GET","params":{}}"#,
        r#"{"method":"tools/call","params":{},"host":"h"}"#,
        r#"{"time":"2026-08-01T10:00:00Z","message":"tools/call"}"#,
        r#"{"time":"2026-08-01T10:00:00Z","message":{"jsonrpc":"1.0"}}"#,
        r#"{"timestamp":1,"from":"a@b","payload":{"x":1}}"#,
        r#"{"$schema":"http://json-schema.org/draft-07/schema#","definitions":{"CallToolRequest":{}}}"#,
        "{}",
    ] {
        assert!(format_of("x.json", json).is_none(), "{json}");
    }
}

/// The parameters of the only event, as JSON.
#[track_caller]
fn params(json: &str) -> Value {
    let event = one("docs.stdio.jsonl", json);
    let params = event.params.unwrap_or_else(|| unreachable!("no parameters: {json}"));
    serde_json::from_str(params.raw()).expect("JSON")
}

#[test]
fn log_lines_in_every_spelling() {
    let message = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
    for line in [
        format!(r#"{{"ts":1795197813,"dir":"client->server","frame":{message}}}"#),
        format!(
            r#"{{"time":"2026-11-20T18:03:33Z","direction":"client-to-server","message":{message}}}"#
        ),
        format!(r#"{{"timestamp":1795197813000,"from":"client","payload":{message}}}"#),
        format!(
            r#"{{"ts":1795197813000,"timestamp":"x","time":7,"from":9,"dir":"c2s","frame":{message}}}"#
        ),
    ] {
        let event = one("docs.stdio.jsonl", &line);
        assert_eq!(event.time.to_string(), "2026-11-20T18:03:33Z", "{line}");
        assert_eq!(lines(&[event]), ["other mcp notifications/initialized docs"]);
    }
}

#[test]
fn a_server_states_what_it_is() {
    let digest = |text: &str| crate::ingest::tool_definition::sha256(&text);
    for (result, part) in [
        (
            r#"{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"d","version":"1"},"instructions":"Obey."}"#,
            json!({"part":"server","version":"1","protocolVersion":"2025-11-25","capabilities":["tools"]}),
        ),
        (
            r#"{"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":{"tools":{}},"ttlMs":5,"cacheScope":"public","_meta":{"io.modelcontextprotocol/serverInfo":{"name":"d","version":"1"}},"instructions":"Obey."}"#,
            json!({"part":"server","version":"1","supportedVersions":["2026-07-28"],"capabilities":["tools"],"ttlMs":5,"cacheScope":"public"}),
        ),
    ] {
        let frame = format!(r#"{{"ts":1,"frame":{{"jsonrpc":"2.0","id":1,"result":{result}}}}}"#);
        let event = one("x.stdio.jsonl", &frame);
        assert_eq!((event.kind, event.action.clone()), (EventKind::Catalog, None));
        assert_eq!(
            (event.target.clone(), event.target_kind.clone()),
            (Some("d".into()), Some(digest("Obey.")))
        );
        assert_eq!(event.capability(), None, "nothing of it can be called");
        assert_eq!(params(&frame), part);
    }
}

#[test]
fn prompts_and_resources_are_statements_on_the_server() {
    let list = |key: &str, item: &str| {
        params(&format!(
            r#"{{"jsonrpc":"2.0","id":1,"result":{{"{key}":[{item}],"nextCursor":"n"}}}}"#
        ))
    };
    for (key, item, part, name) in [
        ("prompts", r#"{"name":"p","description":"d"}"#, "prompts", "p"),
        ("resources", r#"{"uri":"file:///a","name":"a"}"#, "resources", "file:///a"),
        (
            "resourceTemplates",
            r#"{"uriTemplate":"d://{n}","name":"a"}"#,
            "resource-templates",
            "d://{n}",
        ),
    ] {
        let params = list(key, item);
        assert_eq!(params["part"], part);
        assert_eq!((&params["count"], &params["items"][0]["name"]), (&json!(1), &json!(name)));
        assert_eq!((&params["nextCursor"], &params["undated"]), (&json!("n"), &json!(true)));
    }
    let empty = params(r#"{"jsonrpc":"2.0","id":1,"result":{"tools":[]}}"#);
    assert_eq!((&empty["part"], &empty["count"]), (&json!("tools"), &json!(0)));
}

#[test]
fn an_advertised_tool_has_a_digest_of_each_part_and_its_hints() {
    let params = params(
        r#"{"tools":[{"name":"a","title":"A","description":"d","inputSchema":{},"annotations":{"destructiveHint":false,"openWorldHint":true}}],"ttlMs":300000}"#,
    );
    let parts: Vec<&String> = params["parts"].as_object().expect("parts").keys().collect();
    assert_eq!(parts, ["annotations", "description", "input_schema"]);
    assert_eq!(
        (&params["destructiveHint"], &params["openWorldHint"]),
        (&json!(false), &json!(true))
    );
    assert_eq!((&params["title"], &params["ttlMs"]), (&json!("A"), &json!(300_000)));
    assert_eq!(params.get("idempotentHint"), None);
}

#[test]
fn what_a_server_asks_of_its_client_is_kept_without_its_words() {
    let asked = |message: &str| params(&format!(r#"{{"ts":1,"frame":{message}}}"#));
    let elicited = asked(
        r#"{"jsonrpc":"2.0","id":1,"method":"elicitation/create","params":{"mode":"form","message":"your secret words","requestedSchema":{"type":"object","properties":{"pin":{},"user":{}}}}}"#,
    );
    assert_eq!(elicited, json!({"mode":"form","fields":["pin","user"]}));
    let sampled = asked(
        r#"{"jsonrpc":"2.0","id":2,"method":"sampling/createMessage","params":{"messages":[{"role":"user","content":{"type":"text","text":"secret words"}}],"systemPrompt":"secret words","maxTokens":100}}"#,
    );
    assert_eq!(sampled, json!({"messages":1,"maxTokens":100}));
    let again = asked(
        r#"{"jsonrpc":"2.0","id":3,"result":{"resultType":"input_required","inputRequests":{"login":{"method":"elicitation/create","params":{"message":"secret words"}}},"requestState":"secret words"}}"#,
    );
    assert_eq!(
        again,
        json!({"resultType":"input_required","inputRequests":[{"name":"login","method":"elicitation/create"}]})
    );
    let failed =
        asked(r#"{"jsonrpc":"2.0","id":4,"error":{"code":-32601,"message":"Method not found"}}"#);
    assert_eq!(failed, json!({"code":-32601}));
}

#[test]
fn whoever_recorded_a_catalog_names_its_server() {
    let own = r#"{"_meta":{"io.modelcontextprotocol/serverInfo":{"name":"other"}},"tools":[{"name":"a"}]}"#;
    let capture = |server: &str| {
        one("x.json", &format!(r#"{{"capturedAt":"2026-08-01T10:00:00Z",{server}"result":{own}}}"#))
            .target
    };
    assert_eq!(capture(r#""server":"crm","#), Some("crm".into()));
    assert_eq!(capture(""), Some("other".into()));
}
