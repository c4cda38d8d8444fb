//! The firm's MCP servers and the tools each of them has.

use super::calendar::Nanos;

#[derive(Clone, Debug)]
pub struct Server {
    pub name: &'static str,
    pub tools: Vec<Tool>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tool {
    pub name: &'static str,
    pub description: &'static str,
    /// Names of its parameters, all strings; the first is required.
    pub parameters: &'static [&'static str],
    pub read_only: bool,
}

/// From an instant on, a server advertises other tools than were pinned.
#[derive(Clone, Debug)]
pub struct CatalogChange {
    pub at: Nanos,
    pub server: &'static str,
    pub tools: Vec<Tool>,
}

const fn reads(
    name: &'static str,
    description: &'static str,
    parameters: &'static [&'static str],
) -> Tool {
    Tool { name, description, parameters, read_only: true }
}

const fn acts(
    name: &'static str,
    description: &'static str,
    parameters: &'static [&'static str],
) -> Tool {
    Tool { name, description, parameters, read_only: false }
}

const SERVERS: &[(&str, &[Tool])] = &[
    (
        "crm",
        &[
            reads("crm_get_customer", "Get one customer's master record.", &["customer_id"]),
            reads(
                "crm_list_interactions",
                "List a customer's past contacts.",
                &["customer_id", "since"],
            ),
            acts(
                "crm_update_contact",
                "Change a customer's contact details.",
                &["customer_id", "channel"],
            ),
        ],
    ),
    (
        "billing",
        &[
            reads("billing_get_balance", "Get the balance of an account.", &["account_id"]),
            reads(
                "billing_get_invoices",
                "List the invoices of an account.",
                &["account_id", "since"],
            ),
            acts("billing_set_limit", "Set the spending limit of a card.", &["card_id", "limit"]),
            acts("issue_refund", "Refund a charge to the customer.", &["charge_id", "amount"]),
        ],
    ),
    (
        "ticketing",
        &[
            reads("get_ticket", "Get a ticket with its comments.", &["ticket_id"]),
            reads("list_queue", "List the open tickets of a queue.", &["queue"]),
            acts("assign_ticket", "Assign a ticket to a team.", &["ticket_id", "team"]),
            acts("add_ticket_comment", "Add a comment to a ticket.", &["ticket_id", "comment"]),
        ],
    ),
    (
        "mail",
        &[
            acts("draft_message", "Save a draft for a person to review.", &["recipient", "topic"]),
            acts("send_email", "Send an e-mail.", &["to", "subject"]),
        ],
    ),
    (
        "web",
        &[
            reads("fetch_web_page", "Fetch a public web page as text.", &["url"]),
            reads("fetch_quote", "Get the latest quote of an instrument.", &["symbol"]),
        ],
    ),
    (
        "ledger",
        &[
            reads(
                "get_transactions",
                "List the transactions of an account.",
                &["account_id", "since"],
            ),
            reads("get_statement", "Get a monthly statement.", &["account_id", "month"]),
            reads("match_entries", "Match ledger entries with bank entries.", &["batch"]),
            acts("post_adjustment", "Post a correction to the ledger.", &["entry_id", "amount"]),
        ],
    ),
    (
        "documents",
        &[
            reads("search_documents", "Full-text search over the document store.", &["query"]),
            reads("read_document", "Read one document as text.", &["document_id"]),
            reads("classify_document", "Say which class a document belongs to.", &["document_id"]),
            reads("extract_fields", "Extract the fields of a form.", &["document_id", "form"]),
            acts("store_document", "Store a document in the archive.", &["document_id", "folder"]),
        ],
    ),
    (
        "case-evidence",
        &[
            reads("search_cases", "Search dispute cases by text.", &["query"]),
            reads("list_evidence", "List the evidence of a case.", &["case_id"]),
            reads("read_evidence", "Read one piece of evidence.", &["evidence_id"]),
            acts("attach_document", "Attach a document to a case.", &["case_id", "document_id"]),
        ],
    ),
    (
        "compliance",
        &[
            reads("document_summarizer", "Summarise a document.", &["document_id"]),
            reads(
                "compliance_template_renderer",
                "Render a report from a template.",
                &["template"],
            ),
            reads("check_policy", "Check a text against a policy.", &["policy_id"]),
            reads("screen_name", "Screen a name against sanctions lists.", &["name"]),
            reads("export_customer_list", "Export all customers of a segment.", &["segment"]),
            acts("submit_filing", "Submit a filing to the regulator.", &["filing_id"]),
        ],
    ),
    (
        "risk",
        &[
            reads("score_transaction", "Score a transaction for fraud.", &["transaction_id"]),
            reads("get_exposure", "Get the exposure to a counterparty.", &["counterparty"]),
            reads("get_limits", "Get the limits of a desk.", &["desk"]),
            reads("get_model_metrics", "Get the metrics of a risk model.", &["model_id"]),
            acts("write_memo", "Write a memo for a committee.", &["topic"]),
        ],
    ),
    (
        "operations",
        &[
            reads("list_alerts", "List the firing alerts.", &["service"]),
            reads("describe_workload", "Describe a workload.", &["workload"]),
            reads("read_logs", "Read the logs of a workload.", &["workload", "since"]),
            reads("check_certificate", "Check a certificate's validity.", &["host"]),
            acts("scale_workload", "Change the number of replicas.", &["workload", "replicas"]),
            acts("restart_rollout", "Restart a rollout.", &["workload"]),
            acts("run_runbook_step", "Run one step of a runbook.", &["runbook", "step"]),
            acts("shell_access", "Run a command in a shell.", &["command"]),
        ],
    ),
    (
        "vcs",
        &[
            reads("read_file", "Read a file of a repository.", &["repository", "path"]),
            reads("list_changes", "List the open changes.", &["repository"]),
            reads("scan_dependencies", "List dependencies with known flaws.", &["repository"]),
            acts("comment_on_change", "Comment on a change.", &["change_id"]),
            acts("open_change", "Open a change for review.", &["repository", "branch"]),
            acts("run_tests", "Run the tests of a branch.", &["repository", "branch"]),
        ],
    ),
    (
        "warehouse",
        &[
            reads("run_query", "Run a read-only query.", &["statement"]),
            reads("list_tables", "List the tables of a schema.", &["schema"]),
            reads("check_freshness", "Say when a table was last written.", &["table"]),
            acts("publish_report", "Publish a report to its readers.", &["report"]),
        ],
    ),
    (
        "calendar",
        &[
            reads("find_slot", "Find a free slot with an adviser.", &["adviser"]),
            acts("book_slot", "Book a slot with an adviser.", &["adviser", "slot"]),
        ],
    ),
];

pub fn servers() -> Vec<Server> {
    SERVERS.iter().map(|&(name, tools)| Server { name, tools: tools.to_vec() }).collect()
}

/// The server that has this tool, and the tool.
pub fn find(name: &str) -> Option<(&'static str, &'static Tool)> {
    SERVERS.iter().find_map(|(server, tools)| {
        tools.iter().find(|tool| tool.name == name).map(|tool| (*server, tool))
    })
}

#[cfg(test)]
mod tests {
    use super::super::roster;
    use super::super::script::Task;
    use super::*;

    #[test]
    fn tool_names_are_unique() {
        let mut names: Vec<_> =
            SERVERS.iter().flat_map(|(_, tools)| *tools).map(|tool| tool.name).collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
    }

    #[test]
    fn every_tool_of_the_roster_is_on_a_server() {
        for agent in roster::agents(44) {
            for tool in agent.tasks.iter().flat_map(Task::tools) {
                assert!(find(tool.name).is_some(), "{} of {:?}", tool.name, agent.key);
            }
        }
    }
}
