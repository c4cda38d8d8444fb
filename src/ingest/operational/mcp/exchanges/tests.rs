use crate::domain::{Coverage, Event, EventKind, Outcome, Text};
use crate::ingest::Collected;
use crate::ingest::configured::tests::read_text;
use crate::ingest::tests::altered;

/// Reads a session as a file; frames are `seconds, direction, message`.
fn session(frames: &[(u32, &str, &str)]) -> Collected {
    let lines = frames.iter().map(|(second, direction, message)| {
        format!(
            "{{\"ts\":{},\"dir\":\"{direction}\",\"frame\":{{\"jsonrpc\":\"2.0\",{message}}}}}\n",
            1_795_197_800 + second
        )
    });
    read_text("docs.stdio.jsonl", &lines.collect::<String>())
}

/// `kind action target outcome seconds` of every event that passes `keep`.
#[track_caller]
fn check(frames: &[(u32, &str, &str)], keep: fn(&Event) -> bool, expected: &[&str]) -> Collected {
    let found = session(frames);
    assert_eq!(found.problems, []);
    let text = |text: &Option<Text>| text.as_ref().map_or("-", Text::raw).to_owned();
    let lines: Vec<String> = found
        .events
        .iter()
        .filter(|event| keep(event))
        .map(|event| {
            let outcome =
                event.outcome.map_or_else(|| "-".to_owned(), |outcome| outcome.to_string());
            let seconds =
                event.duration.map_or_else(|| "-".to_owned(), |d| (d / 1_000_000_000).to_string());
            format!(
                "{} {} {} {outcome} {seconds}",
                event.kind,
                text(&event.action),
                text(&event.target)
            )
        })
        .collect();
    assert_eq!(lines, expected);
    found
}

const C: &str = "client->server";
const S: &str = "server->client";
const INITIALIZED: &str = r#""id":1,"result":{"protocolVersion":"2025-11-25","capabilities":{},"serverInfo":{"name":"own"}}"#;

#[test]
fn a_call_says_what_came_of_it() {
    let found = check(
        &[
            (
                0,
                C,
                r#""id":7,"method":"tools/call","params":{"name":"a","_meta":{"traceparent":"00-5b8efff798038103d269b633813fc60c-eee19b7ec3c1b174-01"}}"#,
            ),
            (1, C, r#""id":8,"method":"tools/call","params":{"name":"b"}"#),
            (2, S, r#""id":8,"result":{"content":[],"isError":true}"#),
            (5, S, r#""id":7,"result":{"content":[{"type":"text","text":"x"}]}"#),
            (6, C, r#""id":"9","method":"tools/call","params":{"name":"c"}"#),
            (7, S, r#""id":"9","error":{"code":-32602,"message":"Unknown tool"}"#),
            (8, C, r#""id":10,"method":"tools/call","params":{"name":"d"}"#),
            (9, S, r#""id":10,"result":{"resultType":"input_required","requestState":"s"}"#),
            (9, C, r#""id":11,"method":"tools/call","params":{"name":"e"}"#),
        ],
        |_| true,
        &[
            "tool_call b docs failure 1",
            "tool_result b docs failure -",
            "tool_call a docs success 5",
            "tool_result a docs success -",
            "tool_call c docs failure 1",
            "tool_result c docs failure -",
            "tool_call d docs - 1",
            "other mcp response docs - -",
            "tool_call e docs - -",
        ],
    );
    let [_, _, call, result, unknown, ..] = found.events.as_slice() else { unreachable!("nine") };
    assert!(call.output_digest.is_some() && call.output_digest == result.output_digest);
    assert_eq!(result.trace_id, call.trace_id);
    assert_eq!(unknown.error, Some("Unknown tool".into()));
    let distinct: std::collections::BTreeSet<_> =
        found.events.iter().map(|event| event.id).collect();
    assert_eq!(distinct.len(), found.events.len());
}

#[test]
fn each_side_counts_its_own_requests() {
    check(
        &[
            (0, C, r#""id":1,"method":"tools/call","params":{"name":"a"}"#),
            (1, S, r#""id":1,"method":"sampling/createMessage","params":{"messages":[]}"#),
            (
                2,
                C,
                r#""id":1,"result":{"role":"assistant","content":{"type":"text","text":"x"},"model":"m"}"#,
            ),
            (4, S, r#""id":1,"result":{"content":[]}"#),
        ],
        |_| true,
        &[
            "other mcp sampling/createMessage docs success 1",
            "other mcp response docs success -",
            "tool_call a docs success 4",
            "tool_result a docs success -",
        ],
    );
}

#[test]
fn a_server_that_names_itself_is_named_so_from_then_on() {
    check(
        &[
            (0, C, r#""id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25"}"#),
            (1, S, INITIALIZED),
            (2, C, r#""id":2,"method":"tools/call","params":{"name":"a"}"#),
            (3, S, r#""id":2,"result":{"content":[]}"#),
            (4, S, r#""method":"notifications/tools/list_changed""#),
        ],
        |event| event.kind != EventKind::Catalog,
        &[
            "other mcp initialize own success 1",
            "tool_call a own success 1",
            "tool_result a own success -",
            "other mcp notifications/tools/list_changed own - -",
        ],
    );
}

/// Time, until and whether something is missing, of every statement of coverage.
fn coverage(found: &Collected) -> Vec<(i64, i64, usize)> {
    let seconds = |coverage: &Coverage| {
        (coverage.from.as_second() % 100, coverage.until.as_second() % 100, coverage.missed.len())
    };
    assert!(found.coverage.iter().all(|c| c.partial != c.missed.is_empty()));
    found.coverage.iter().map(seconds).collect()
}

#[test]
fn pages_are_one_listing() {
    let pages = [
        (1, C, r#""id":1,"method":"tools/list""#),
        (2, S, r#""id":1,"result":{"tools":[{"name":"a"},{"name":"b"}],"nextCursor":"p2"}"#),
        (3, C, r#""id":2,"method":"tools/list","params":{"cursor":"p2"}"#),
        (4, S, r#""id":2,"result":{"tools":[{"name":"c"}]}"#),
    ];
    let times = |found: &Collected| -> Vec<i64> {
        let tools = found.events.iter().filter(|event| event.kind == EventKind::Catalog);
        tools.map(|event| event.time.as_second() % 100).collect()
    };
    let whole = session(&pages);
    assert_eq!(times(&whole), [2, 2, 2]);
    assert_eq!(coverage(&whole), [(2, 4, 0)]);
    let first = session(&pages[..2]);
    assert_eq!(coverage(&first), [(2, 2, 1)], "the second page is not there");
    let last = session(&pages[2..]);
    assert_eq!((times(&last), coverage(&last)), (vec![4], vec![(4, 4, 1)]), "nor is the first");
    let twice =
        session(&[pages, pages.map(|(second, side, page)| (second + 10, side, page))].concat());
    assert_eq!(times(&twice), [2, 2, 2, 12, 12, 12]);
    assert_eq!(coverage(&twice), [(2, 4, 0), (12, 14, 0)]);
}

#[test]
fn a_catalog_says_in_which_revision_it_was_asked_for() {
    let protocols = |frames: &[(u32, &str, &str)]| -> Vec<Option<String>> {
        let found = session(frames);
        let tools = found
            .events
            .iter()
            .filter(|event| event.kind == EventKind::Catalog && event.action.is_some());
        tools.map(|event| super::param(event, "protocolVersion")).collect()
    };
    let listed = (9, S, r#""id":2,"result":{"tools":[{"name":"a"}]}"#);
    assert_eq!(protocols(&[listed]), [None]);
    assert_eq!(protocols(&[(1, S, INITIALIZED), listed]), [Some("2025-11-25".to_owned())]);
    let modern = (
        8,
        C,
        r#""id":2,"method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}"#,
    );
    assert_eq!(protocols(&[modern, listed]), [Some("2026-07-28".to_owned())]);
}

#[test]
fn a_second_session_in_the_file_starts_again() {
    let found = session(&[
        (0, C, r#""id":1,"method":"tools/call","params":{"name":"a"}"#),
        (1, C, r#""id":1,"method":"tools/call","params":{"name":"b"}"#),
        (2, S, r#""id":1,"result":{"content":[]}"#),
    ]);
    let outcomes: Vec<_> = found.events.iter().map(|event| event.outcome).collect();
    assert_eq!(outcomes, [None, Some(Outcome::Success), Some(Outcome::Success)]);
}

#[test]
fn messages_without_a_time_are_one_problem() {
    let text = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}\n".repeat(40);
    let found = read_text("docs.jsonl", &text);
    let problems: Vec<_> = found
        .problems
        .iter()
        .map(|problem| format!("{} {}", problem.at, problem.message))
        .collect();
    assert_eq!(
        problems,
        [":1 an MCP message without a time; record it with the time it was seen; the first of 40"]
    );
}

#[test]
fn a_log_of_a_client_is_a_session() {
    let found = read_text(
        "mcp-server-docs.log",
        "2026-08-01T10:00:00Z [docs] [info] Server started and connected successfully\n\
         2026-08-01T10:00:01Z [docs] [info] Message from client: {\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"tools/call\",\"params\":{\"name\":\"find\",\"arguments\":{\"q\":1}}} { metadata: undefined }\n\
         2026-08-01T10:00:03Z [docs] [info] Message from server: {\"jsonrpc\":\"2.0\",\"id\":3,\"result\":{\"content\":[]}}\n",
    );
    let [call, _] = found.events.as_slice() else { unreachable!("{:?}", found.events) };
    assert_eq!((call.kind, call.target.clone()), (EventKind::ToolCall, Some("docs".into())));
    assert_eq!((call.outcome, call.duration), (Some(Outcome::Success), Some(2_000_000_000)));
    assert_eq!(call.evidence.at.to_string(), ":2");
}

/// Lines of a log, to alter.
const SEEDS: &[&str] = &[
    r#"{"ts":1795197813369402733,"dir":"client->server","server":"d","principal":"p","frame":{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","arguments":{"x":1},"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"c","version":"1"},"traceparent":"00-5b8efff798038103d269b633813fc60c-eee19b7ec3c1b174-01"}}}}"#,
    r#"{"ts":1795197814,"dir":"server->client","frame":{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"x"}],"isError":false,"resultType":"complete","inputRequests":{"a":{"method":"roots/list"}}}}}"#,
    r#"{"ts":"2026-08-01T10:00:00Z","direction":"server","message":{"jsonrpc":"2.0","id":2,"result":{"tools":[{"name":"a","title":"A","description":"d","inputSchema":{"type":"object"},"outputSchema":{},"annotations":{"readOnlyHint":true}}],"nextCursor":"n","ttlMs":1,"cacheScope":"public"}}}"#,
    r#"{"ts":1,"frame":{"jsonrpc":"2.0","id":3,"result":{"capabilities":{"tools":{}},"protocolVersion":"v","serverInfo":{"name":"s","version":"1"},"instructions":"i","prompts":[{"name":"p"}],"resources":[{"uri":"u","name":"n"}],"resourceTemplates":[{"uriTemplate":"t","name":"n"}]}}}"#,
    r#"{"ts":1,"from":"server","payload":{"jsonrpc":"2.0","id":4,"method":"elicitation/create","params":{"mode":"url","url":"https://h/?token=x","requestedSchema":{"properties":{"a":{}}},"messages":[1],"maxTokens":2,"notifications":{"toolsListChanged":true},"requestId":3,"cursor":"c"}}}"#,
    r#"{"ts":1,"frame":{"jsonrpc":"2.0","id":5,"error":{"code":-32601,"message":"no"}}}"#,
];

proptest::proptest! {
    #[test]
    fn every_line_of_any_log_is_read_or_said(
        lines in proptest::collection::vec(altered(SEEDS), 1..12),
    ) {
        let text = lines.join("\n");
        let found = read_text("docs.stdio.jsonl", &text);
        // A line is at least one event, or counted in a problem.
        let said: usize = found.problems.iter().map(|problem| {
            let counted = problem.message.rsplit_once("the first of ");
            let more = problem.message.split_once(" more documents");
            let count = counted.map(|(_, count)| count).or(more.map(|(count, _)| count));
            count.and_then(|count| count.parse().ok()).unwrap_or(1)
        }).sum();
        proptest::prop_assert!(found.events.len() + found.records.len() + said >= lines.len(), "{}", text);
    }
}
