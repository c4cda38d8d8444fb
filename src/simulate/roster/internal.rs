//! Compliance, document and treasury agents, in the account `meridian-internal`.

use super::super::firm::{Agent, CLAUDE, Cadence, GEMINI, GPT, MISTRAL};
use super::super::script::{create, get, list, sub_agent, tool, update};
use super::steps;

pub fn agents() -> Vec<Agent> {
    [compliance(), documents(), treasury()]
        .into_iter()
        .flatten()
        .map(Agent::declared_as_used)
        .collect()
}

fn compliance() -> Vec<Agent> {
    let team = ("compliance", "r.haddad@meridian.example");
    vec![
        Agent::new("compliance", "compliance-report-agent")
            .owned(team.0, team.1)
            .purpose("Writes compliance reports")
            .model(&CLAUDE)
            .runs(4)
            .task(
                2,
                "Write the weekly report.",
                vec![
                    sub_agent(
                        "researcher",
                        vec![
                            tool("search_documents")
                                .requests(&[get("configmaps", "report-templates")]),
                            tool("document_summarizer"),
                        ],
                    ),
                    tool("compliance_template_renderer").into(),
                ],
            )
            .task(
                1,
                "Refresh the section on open findings.",
                vec![
                    tool("document_summarizer").into(),
                    sub_agent(
                        "writer",
                        vec![
                            tool("compliance_template_renderer")
                                .requests(&[get("configmaps", "report-templates")]),
                        ],
                    ),
                ],
            ),
        Agent::new("compliance", "policy-check-agent")
            .owned(team.0, team.1)
            .purpose("Checks texts against policy")
            .model(&GPT)
            .runs(3)
            .task(
                1,
                "Check this text against the advertising policy.",
                steps([
                    tool("read_document").requests(&[get("configmaps", "policy-index")]),
                    tool("check_policy").times(1, 2),
                ]),
            ),
        Agent::new("compliance", "regulatory-filing-agent")
            .owned(team.0, team.1)
            .purpose("Prepares and submits the monthly filing")
            .model(&CLAUDE)
            .task(
                1,
                "Prepare and submit the filing of the month.",
                steps([
                    tool("get_exposure").requests(&[get("configmaps", "filing-calendar")]),
                    tool("compliance_template_renderer"),
                    tool("submit_filing").requests(&[update("configmaps", "filing-receipts")]),
                ]),
            ),
        Agent::new("screening", "sanctions-screening-agent")
            .owned(team.0, team.1)
            .purpose("Screens names against sanctions lists")
            .model(&MISTRAL)
            .runs(4)
            .legacy()
            .task(
                2,
                "Screen the new customers.",
                steps([tool("screen_name")
                    .times(2, 3)
                    .requests(&[get("configmaps", "list-versions")])]),
            )
            .task(
                1,
                "Explain this hit.",
                steps([
                    tool("screen_name").requests(&[get("configmaps", "list-versions")]),
                    tool("search_documents"),
                ]),
            ),
    ]
    .into_iter()
    .map(|agent| match agent.key.name == "regulatory-filing-agent" {
        true => Agent { cadence: Cadence::Monthly(20), ..agent },
        false => agent,
    })
    .collect()
}

fn documents() -> Vec<Agent> {
    let team = ("document-services", "l.ferrari@meridian.example");
    vec![
        Agent::new("documents", "document-extraction-agent")
            .owned(team.0, team.1)
            .purpose("Extracts the fields of forms")
            .model(&GEMINI)
            .runs(4)
            .task(
                1,
                "Extract the fields of this form.",
                steps([
                    tool("classify_document").requests(&[get("configmaps", "form-catalog")]),
                    tool("extract_fields").times(1, 2),
                ]),
            ),
        Agent::new("documents", "contract-review-agent")
            .owned(team.0, team.1)
            .purpose("Reviews supplier contracts")
            .model(&CLAUDE)
            .runs(3)
            .task(
                1,
                "Review the termination clauses.",
                steps([
                    tool("read_document").requests(&[get("configmaps", "clause-library")]),
                    tool("document_summarizer"),
                ]),
            ),
        Agent::new("documents", "invoice-agent")
            .owned(team.0, team.1)
            .purpose("Books supplier invoices")
            .model(&GPT)
            .runs(3)
            .task(
                1,
                "Book this invoice.",
                steps([
                    tool("extract_fields").requests(&[get("configmaps", "form-catalog")]),
                    tool("match_entries"),
                ]),
            ),
        Agent::new("documents", "archive-agent")
            .owned(team.0, team.1)
            .purpose("Files documents in the archive")
            .model(&GPT)
            .runs(3)
            .task(
                1,
                "File today's documents.",
                steps([
                    tool("classify_document").requests(&[get("configmaps", "retention-classes")]),
                    tool("store_document").times(1, 2),
                ]),
            ),
    ]
}

fn treasury() -> Vec<Agent> {
    let team = ("treasury", "k.novak@meridian.example");
    vec![
        Agent::new("treasury", "liquidity-agent")
            .owned(team.0, team.1)
            .purpose("Projects the liquidity of the day")
            .model(&GPT)
            .runs(3)
            .task(
                1,
                "Project today's liquidity.",
                steps([
                    tool("run_query").requests(&[get("configmaps", "cash-buckets")]),
                    tool("get_limits"),
                    tool("publish_report"),
                ]),
            ),
        Agent::new("treasury", "payment-repair-agent")
            .owned(team.0, team.1)
            .purpose("Repairs rejected payments")
            .model(&CLAUDE)
            .runs(3)
            .task(
                2,
                "Repair this payment.",
                steps([
                    tool("get_transactions").requests(&[get("configmaps", "repair-rules")]),
                    tool("post_adjustment"),
                ]),
            )
            .task(
                1,
                "Which payments wait for repair?",
                steps([tool("list_queue").requests(&[list("configmaps")])]),
            ),
        Agent::new("treasury", "fx-notes-agent")
            .owned(team.0, team.1)
            .purpose("Writes notes on exchange rates")
            .model(&MISTRAL)
            .runs(2)
            .task(
                1,
                "Write the morning note.",
                steps([
                    tool("fetch_quote").times(2, 3),
                    tool("write_memo").requests(&[create("events")]),
                ]),
            ),
    ]
}
