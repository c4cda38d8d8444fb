//! The twelve customer-facing agents, in the account `meridian-customer`.

use super::super::firm::{Agent, CLAUDE, GEMINI, GPT};
use super::super::script::{get, list, patch, tool, update};
use super::steps;

pub fn agents() -> Vec<Agent> {
    [accounts(), care(), disputes()]
        .into_iter()
        .flatten()
        .map(|agent| Agent { account: "meridian-customer", ..agent.declared_as_used() })
        .collect()
}

fn accounts() -> Vec<Agent> {
    let team = ("account-services", "m.okafor@meridian.example");
    vec![
        Agent::new("accounts", "account-summary-agent")
            .owned(team.0, team.1)
            .purpose("Summarises a customer's account activity")
            .model(&GPT)
            .runs(4)
            .task(
                2,
                "Summarise this month's activity for the customer.",
                steps([
                    tool("crm_get_customer").requests(&[get("configmaps", "summary-templates")]),
                    tool("get_transactions"),
                ]),
            )
            .task(
                1,
                "Explain the largest change in the balance.",
                steps([
                    tool("billing_get_balance"),
                    tool("get_transactions").requests(&[get("configmaps", "summary-templates")]),
                ]),
            ),
        Agent::new("accounts", "statement-explainer-agent")
            .owned(team.0, team.1)
            .purpose("Explains statement lines to customers")
            .model(&GPT)
            .runs(3)
            .task(
                2,
                "Explain the fees on my October statement.",
                steps([
                    tool("get_statement").requests(&[get("configmaps", "fee-schedule")]),
                    tool("search_documents"),
                ]),
            )
            .task(
                1,
                "What is this card payment?",
                steps([
                    tool("get_statement"),
                    tool("get_transactions").requests(&[get("configmaps", "fee-schedule")]),
                ]),
            ),
        Agent::new("accounts", "card-limit-agent")
            .owned(team.0, team.1)
            .purpose("Handles requests for card limits")
            .model(&CLAUDE)
            .runs(3)
            .task(
                2,
                "Raise my card limit for a trip.",
                steps([
                    tool("crm_get_customer").requests(&[get("configmaps", "limit-rules")]),
                    tool("billing_get_balance"),
                    tool("billing_set_limit"),
                ]),
            )
            .task(
                1,
                "What is my limit now?",
                steps([tool("billing_get_balance").requests(&[list("configmaps")])]),
            ),
        Agent::new("accounts", "balance-alert-agent")
            .owned(team.0, team.1)
            .purpose("Warns customers of low balances")
            .model(&GEMINI)
            .runs(2)
            .task(
                1,
                "Check the accounts on today's list.",
                steps([
                    tool("billing_get_balance")
                        .times(2, 3)
                        .requests(&[get("configmaps", "alert-rules")]),
                    tool("draft_message"),
                ]),
            ),
    ]
}

fn care() -> Vec<Agent> {
    let team = ("customer-care", "s.lindqvist@meridian.example");
    vec![
        Agent::new("customer-care", "ticket-triage-agent")
            .owned(team.0, team.1)
            .purpose("Sorts support tickets")
            .model(&GPT)
            .runs(4)
            .task(
                2,
                "Triage the next ticket.",
                steps([
                    tool("get_ticket").requests(&[get("configmaps", "routing-rules")]),
                    tool("assign_ticket"),
                ]),
            )
            .task(
                1,
                "Work through the backlog.",
                steps([
                    tool("list_queue").requests(&[get("configmaps", "routing-rules")]),
                    tool("get_ticket"),
                    tool("assign_ticket"),
                ]),
            ),
        Agent::new("customer-care", "reply-drafting-agent")
            .owned(team.0, team.1)
            .purpose("Drafts answers to customers")
            .model(&CLAUDE)
            .runs(3)
            .task(
                1,
                "Draft an answer to this ticket.",
                steps([
                    tool("get_ticket").requests(&[get("configmaps", "tone-guide")]),
                    tool("crm_list_interactions"),
                    tool("draft_message"),
                ]),
            ),
        Agent::new("customer-care", "callback-scheduler-agent")
            .owned(team.0, team.1)
            .purpose("Arranges calls with advisers")
            .model(&GEMINI)
            .runs(3)
            .legacy()
            .task(
                2,
                "Arrange a call for the customer.",
                steps([
                    tool("crm_get_customer"),
                    tool("find_slot").requests(&[get("configmaps", "adviser-roster")]),
                    tool("book_slot"),
                ]),
            )
            .task(
                1,
                "Which advisers are free tomorrow?",
                steps([tool("find_slot")
                    .times(1, 2)
                    .requests(&[get("configmaps", "adviser-roster")])]),
            ),
        Agent::new("customer-care", "complaint-routing-agent")
            .owned(team.0, team.1)
            .purpose("Routes complaints to the right team")
            .model(&GPT)
            .runs(2)
            .task(
                1,
                "Route this complaint.",
                steps([
                    tool("get_ticket").requests(&[get("configmaps", "complaint-classes")]),
                    tool("crm_list_interactions"),
                    tool("assign_ticket").requests(&[patch("configmaps", "complaint-counters")]),
                ]),
            ),
        Agent::new("customer-care", "client-outreach-agent")
            .owned(team.0, team.1)
            .purpose("Prepares and sends personal messages to clients")
            .model(&CLAUDE)
            .runs(6)
            .task(
                3,
                "Write to the client about the new savings plan.",
                steps([
                    tool("crm_get_customer").requests(&[get("secrets", "outreach-crm-token")]),
                    tool("draft_message"),
                    tool("send_email")
                        .arguments(r#"{"subject":"Your savings plan","to":"client@mail.example"}"#),
                ]),
            )
            .task(
                2,
                "Prepare a note on the client's invoices.",
                steps([
                    tool("crm_get_customer").requests(&[get("secrets", "outreach-crm-token")]),
                    tool("billing_get_invoices"),
                    tool("draft_message"),
                ]),
            )
            .task(
                2,
                "Summarise the partner's newsletter.",
                steps([
                    tool("fetch_web_page")
                        .arguments(r#"{"url":"https://partners.example/newsletter"}"#),
                    tool("draft_message"),
                ]),
            ),
    ]
}

fn disputes() -> Vec<Agent> {
    let team = ("disputes", "h.nakamura@meridian.example");
    vec![
        Agent::new("disputes", "dispute-intake-agent")
            .owned(team.0, team.1)
            .purpose("Takes in card disputes")
            .model(&GPT)
            .runs(3)
            .task(
                1,
                "Open a dispute for this charge.",
                steps([
                    tool("crm_get_customer").requests(&[get("configmaps", "dispute-codes")]),
                    tool("get_transactions"),
                    tool("add_ticket_comment"),
                ]),
            ),
        Agent::new("disputes", "dispute-evidence-agent")
            .owned(team.0, team.1)
            .purpose("Collects the evidence of a dispute")
            .model(&CLAUDE)
            .runs(5)
            .task(
                2,
                "Collect what we know of this case.",
                steps([
                    tool("search_cases").requests(&[get("configmaps", "evidence-index")]),
                    tool("list_evidence"),
                    tool("read_evidence"),
                ]),
            )
            .task(
                1,
                "Attach the merchant's answer.",
                steps([
                    tool("search_cases").requests(&[get("configmaps", "evidence-index")]),
                    tool("attach_document"),
                ]),
            ),
        Agent::new("disputes", "chargeback-agent")
            .owned(team.0, team.1)
            .purpose("Prepares chargebacks")
            .model(&GPT)
            .runs(3)
            .task(
                2,
                "Prepare the chargeback of this case.",
                steps([
                    tool("get_transactions").requests(&[get("configmaps", "scheme-rules")]),
                    tool("read_document"),
                    tool("add_ticket_comment"),
                ]),
            )
            .task(
                1,
                "Close the settled cases.",
                steps([
                    tool("list_queue").requests(&[update("configmaps", "settlement-cursor")]),
                    tool("add_ticket_comment"),
                ]),
            ),
    ]
}
