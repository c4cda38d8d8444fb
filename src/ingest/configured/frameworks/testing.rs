//! What tests of several frameworks share.

use crate::domain::Text;
use crate::domain::configured::{AgentDeclaration, Configured};
use crate::ingest::configured::tests::read_text;

/// The agents that a file declares; it has no problems.
#[track_caller]
pub fn agents(file: &str, text: &str) -> Vec<AgentDeclaration> {
    let found = read_text(file, text);
    assert_eq!(found.problems, [], "{file}");
    let agents = found.records.into_iter().map(|record| match record.body {
        Configured::AgentDeclaration(agent) => agent,
        other => unreachable!("an agent, not {other:?}"),
    });
    agents.collect()
}

/// Agents as `name model [tools] -> [agents it may call]`.
#[track_caller]
pub fn check(file: &str, text: &str, expected: &[&str]) {
    let agents = agents(file, text);
    let shown = agents.iter().map(|agent| {
        let tools = agent.tools.iter().map(|(server, tool)| match server {
            Some(server) => format!("{}/{}", server.raw(), tool.raw()),
            None => tool.raw().to_owned(),
        });
        let tools: Vec<_> = tools.collect();
        let targets: Vec<_> = agent.delegates_to.iter().map(Text::raw).collect();
        let model = agent.model.as_ref().map_or("-", Text::raw);
        format!("{} {model} [{}] -> [{}]", agent.name.raw(), tools.join(" "), targets.join(" "))
    });
    assert_eq!(shown.collect::<Vec<_>>(), expected, "{file}");
}
