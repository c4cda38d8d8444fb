//! Risk and data agents, in the account `meridian-internal`.

use super::super::firm::{Agent, CLAUDE, GEMINI, GPT};
use super::super::script::{get, list, sub_agent, tool, update};
use super::steps;

pub fn agents() -> Vec<Agent> {
    [risk(), data()].into_iter().flatten().map(Agent::declared_as_used).collect()
}

fn risk() -> Vec<Agent> {
    let team = ("risk", "a.mensah@meridian.example");
    vec![
        Agent::new("risk", "fraud-scoring-agent")
            .owned(team.0, team.1)
            .purpose("Scores transactions for fraud")
            .model(&GPT)
            .runs(6)
            .task(
                2,
                "Score the next batch.",
                steps([
                    tool("get_transactions").requests(&[get("configmaps", "score-thresholds")]),
                    tool("score_transaction").times(2, 3),
                ]),
            )
            .task(
                1,
                "Explain this score.",
                vec![
                    tool("score_transaction").into(),
                    sub_agent(
                        "explainer",
                        vec![
                            tool("crm_list_interactions")
                                .requests(&[get("configmaps", "score-thresholds")]),
                        ],
                    ),
                ],
            ),
        Agent::new("risk", "credit-memo-agent")
            .owned(team.0, team.1)
            .purpose("Drafts credit memos")
            .model(&CLAUDE)
            .runs(2)
            .task(
                1,
                "Draft the memo for the committee.",
                steps([
                    tool("get_exposure").requests(&[get("configmaps", "memo-templates")]),
                    tool("get_statement"),
                    tool("write_memo"),
                ]),
            ),
        Agent::new("risk", "exposure-agent")
            .owned(team.0, team.1)
            .purpose("Watches exposures against limits")
            .model(&GPT)
            .runs(3)
            .task(
                1,
                "Compare exposures with limits.",
                steps([
                    tool("get_exposure").times(1, 2),
                    tool("get_limits").requests(&[get("configmaps", "limit-calendar")]),
                ]),
            ),
        Agent::new("risk", "model-validation-agent")
            .owned(team.0, team.1)
            .purpose("Checks the metrics of risk models")
            .model(&GEMINI)
            .runs(2)
            .legacy()
            .task(
                1,
                "Check the drift of the scoring models.",
                steps([
                    tool("get_model_metrics").times(1, 2).requests(&[list("configmaps")]),
                    tool("write_memo"),
                ]),
            ),
    ]
}

fn data() -> Vec<Agent> {
    let team = ("data-platform", "j.almeida@meridian.example");
    vec![
        Agent::new("data", "reporting-agent")
            .owned(team.0, team.1)
            .purpose("Answers questions over the warehouse")
            .model(&GPT)
            .runs(4)
            .task(
                2,
                "How many new accounts last week?",
                steps([
                    tool("list_tables").requests(&[get("configmaps", "warehouse-catalog")]),
                    tool("run_query"),
                ]),
            )
            .task(
                1,
                "Publish the weekly numbers.",
                steps([
                    tool("run_query").requests(&[get("configmaps", "warehouse-catalog")]),
                    tool("publish_report"),
                ]),
            ),
        Agent::new("data", "reconciliation-agent")
            .owned(team.0, team.1)
            .purpose("Reconciles ledgers")
            .model(&CLAUDE)
            .runs(3)
            .task(
                1,
                "Reconcile the open batches.",
                steps([
                    tool("match_entries")
                        .times(1, 2)
                        .requests(&[get("configmaps", "batch-cursor")]),
                    tool("post_adjustment").requests(&[update("configmaps", "batch-cursor")]),
                ]),
            ),
        Agent::new("data", "market-digest-agent")
            .owned(team.0, team.1)
            .purpose("Writes the market digest")
            .model(&GEMINI)
            .runs(3)
            .task(
                1,
                "Write the digest.",
                steps([
                    tool("fetch_quote").times(2, 3),
                    tool("publish_report").requests(&[get("configmaps", "digest-layout")]),
                ]),
            ),
        Agent::new("data", "data-quality-agent")
            .owned(team.0, team.1)
            .purpose("Checks the freshness of tables")
            .model(&GPT)
            .runs(3)
            .task(
                1,
                "Which tables are late?",
                steps([
                    tool("list_tables").requests(&[get("configmaps", "quality-rules")]),
                    tool("check_freshness").times(1, 2),
                ]),
            ),
    ]
}
