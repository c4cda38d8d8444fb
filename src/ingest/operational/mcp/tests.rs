use crate::domain::{EventKind, Outcome, ProblemKind, Text};
use crate::ingest::operational::tests::{lines, one, read};

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
        assert_eq!(read.coverage.is_empty(), time.starts_with("1970"));
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
    check(r#"{"tools":5}"#, ProblemKind::Malformed);
}
