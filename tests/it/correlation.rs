//! The layers of the bundled sample, tied, against how the sample was written: an agent reads its
//! settings before its run, and makes every other request inside a tool call.

use diptych::domain::{JoinedBy, LayerJoin, NotJoined, RecordLayer};
use diptych::workspace::Workspace;

use crate::sample::loaded;

fn layer(workspace: &Workspace, wanted: RecordLayer) -> LayerJoin {
    let report = workspace.correlation().expect("the sample was read");
    let join = report.joins.layers.into_iter().find(|join| join.layer == wanted);
    join.expect("the sample has records of the layer")
}

fn count(workspace: &Workspace, condition: &str) -> u64 {
    let query = format!("SELECT COUNT(*) AS n FROM events WHERE kind = 'k8s_api' AND {condition}");
    let table = workspace.sql(&query).expect("the statement runs");
    table.rows.first().and_then(|row| row.first()?.as_u64()).expect("a number")
}

#[test]
fn requests_of_the_sample_are_tied_to_the_tool_calls_they_were_made_in() {
    let (_home, workspace) = loaded();
    let join = layer(&workspace, RecordLayer::KubernetesApi);
    let inside = "instance IS NOT NULL AND target NOT LIKE '%/agent-settings'";
    let sure = |by: &&JoinedBy| by.to == RecordLayer::ToolCall && by.confidence == 85;
    let tied: u64 = join.joined.iter().filter(sure).map(|by| by.events).sum();
    let why = |wanted| join.rest.iter().find(|rest| rest.why == wanted).map_or(0, |it| it.events);
    assert_eq!(tied + why(NotJoined::Several), count(&workspace, inside));
    // What remains reads settings, is of nobody's agent, or names no pod.
    let startup = "instance IS NOT NULL AND target LIKE '%/agent-settings'";
    assert!(join.joined_events() - tied < count(&workspace, startup) / 20, "{join:?}");
    assert!(why(NotJoined::SharedIdentity) > 0 && why(NotJoined::NoAgent) > 0);
}

#[test]
fn acts_that_no_log_of_credentials_shows_are_told_by_agent() {
    let (home, _) = loaded();
    let gaps = home.json(&["correlation", "--credential-log", "--agent", "account-summary-agent"]);
    let gaps = gaps.as_array().expect("a list");
    let told = |act: &str| gaps.iter().find(|gap| gap["act"] == act).expect("the act").clone();
    // Every request was authenticated; a tool call is shown when a request was made inside of it.
    let requests = told("kubernetes-request");
    assert_eq!(requests["recorded"][0][0], "authenticated");
    assert_eq!(requests["recorded"][0][1], requests["events"]);
    let calls = told("tool-call");
    assert!(calls["silent"].as_u64() > Some(0) && calls["recorded"][0][0] == "tied", "{calls}");
}
