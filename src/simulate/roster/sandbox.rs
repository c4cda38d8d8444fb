//! The sandbox that nobody formally owns: its own cluster, in the account `meridian-sandbox`. Its
//! agents report spans; there is no audit log, no configuration and no kernel sensor.

use super::super::firm::{Agent, CLAUDE, GEMINI, GPT, SANDBOX};
use super::super::script::tool;
use super::steps;

pub fn agents() -> Vec<Agent> {
    vec![
        Agent::new("sandbox", "prompt-playground")
            .purpose("Trying out prompts")
            .model(&GPT)
            .runs(2)
            .task(1, "Try this prompt.", steps([tool("fetch_web_page").times(1, 2)])),
        Agent::new("sandbox", "rag-experiment")
            .purpose("Retrieval experiment")
            .model(&GEMINI)
            .runs(2)
            .task(
                1,
                "Answer from the index.",
                steps([tool("search_documents"), tool("read_document")]),
            ),
        Agent::new("sandbox", "agent-notebook")
            .purpose("Notebook")
            .model(&CLAUDE)
            .runs(1)
            .legacy()
            .task(1, "Run the notebook.", steps([tool("run_query").times(1, 2)])),
        Agent::new("sandbox", "autogen-trial")
            .purpose("Trial of a multi-agent framework")
            .model(&GPT)
            .runs(1)
            .task(1, "Plan a trip.", steps([tool("fetch_web_page"), tool("find_slot")])),
    ]
    .into_iter()
    .map(|agent| {
        let mut agent = agent.declared_as_used();
        agent.key.realm = SANDBOX.into();
        agent.account = "meridian-sandbox";
        agent.environment = "development";
        // Nobody wrote down what these may do.
        agent.declared_tools.clear();
        agent.permitted = None;
        agent
    })
    .collect()
}
