//! Operations and coding agents, in the account `meridian-internal`.

use super::super::firm::{Agent, CLAUDE, GPT, Profile};
use super::super::script::{get, list, patch, sub_agent, tool};
use super::steps;

pub fn agents() -> Vec<Agent> {
    // The coding agents are watched by a newer sensor, which reports per container.
    let coding =
        coding().into_iter().map(|agent| Agent { profile: Profile::PerContainer, ..agent });
    operations().into_iter().chain(coding).map(Agent::declared_as_used).collect()
}

fn operations() -> Vec<Agent> {
    let team = ("site-reliability", "t.weber@meridian.example");
    vec![
        Agent::new("operations", "incident-triage-agent")
            .owned(team.0, team.1)
            .purpose("Triages firing alerts")
            .model(&CLAUDE)
            .runs(4)
            .task(
                2,
                "Triage the firing alerts.",
                steps([
                    tool("list_alerts").requests(&[list("events")]),
                    tool("describe_workload").requests(&[list("pods")]),
                ]),
            )
            .task(
                1,
                "Is this alert known?",
                steps([tool("list_alerts").requests(&[list("events")]), tool("search_documents")]),
            ),
        Agent::new("operations", "capacity-agent")
            .owned(team.0, team.1)
            .purpose("Plans the capacity of the clusters")
            .model(&GPT)
            .runs(3)
            .task(
                1,
                "Plan next week's capacity.",
                steps([tool("describe_workload").requests(&[list("nodes")]), tool("run_query")]),
            ),
        Agent::new("operations", "rollout-agent")
            .owned(team.0, team.1)
            .purpose("Carries out planned rollouts")
            .model(&CLAUDE)
            .runs(3)
            .task(
                2,
                "Restart the service as planned.",
                steps([
                    tool("describe_workload").requests(&[
                        get("/version", ""),
                        get("deployments.apps", "notification-service"),
                    ]),
                    tool("restart_rollout")
                        .requests(&[patch("deployments.apps", "notification-service")]),
                ]),
            )
            .task(
                1,
                "Scale for the evening.",
                steps([
                    tool("describe_workload")
                        .requests(&[get("deployments.apps", "notification-service")]),
                    tool("scale_workload")
                        .requests(&[patch("deployments/scale.apps", "notification-service")]),
                ]),
            ),
        Agent::new("operations", "runbook-agent")
            .owned(team.0, team.1)
            .purpose("Works through runbooks")
            .model(&GPT)
            .runs(3)
            .task(
                1,
                "Run the cache runbook.",
                steps([
                    tool("search_documents").requests(&[get("configmaps", "runbook-index")]),
                    tool("run_runbook_step").times(2, 3),
                ]),
            ),
        Agent::new("operations", "certificate-agent")
            .owned(team.0, team.1)
            .purpose("Watches certificates")
            .model(&GPT)
            .runs(2)
            .task(
                1,
                "Check the certificates that end soon.",
                steps([
                    tool("check_certificate").times(1, 2).requests(&[list("configmaps")]),
                    tool("add_ticket_comment"),
                ]),
            ),
    ]
}

fn coding() -> Vec<Agent> {
    let team = ("developer-platform", "d.costa@meridian.example");
    vec![
        Agent::new("engineering", "code-review-agent")
            .owned(team.0, team.1)
            .purpose("Reviews changes before they are merged")
            .model(&CLAUDE)
            .runs(5)
            .task(
                2,
                "Review this change.",
                vec![
                    tool("list_changes").requests(&[get("configmaps", "review-rules")]).into(),
                    sub_agent("diff-reader", vec![tool("read_file").times(1, 2)]),
                    tool("comment_on_change").into(),
                ],
            )
            .task(
                1,
                "Look at the change again.",
                steps([
                    tool("read_file").requests(&[get("configmaps", "review-rules")]),
                    tool("comment_on_change"),
                ]),
            ),
        Agent::new("engineering", "test-writer-agent")
            .owned(team.0, team.1)
            .purpose("Writes tests")
            .model(&CLAUDE)
            .runs(3)
            .task(
                1,
                "Write tests for this module.",
                steps([
                    tool("read_file").times(1, 2).requests(&[get("configmaps", "build-settings")]),
                    tool("run_tests"),
                    tool("open_change"),
                ]),
            ),
        Agent::new("engineering", "dependency-agent")
            .owned(team.0, team.1)
            .purpose("Updates dependencies")
            .model(&GPT)
            .runs(2)
            .legacy()
            .task(
                1,
                "Update what is out of date.",
                steps([
                    tool("scan_dependencies").requests(&[get("configmaps", "update-rules")]),
                    tool("run_tests"),
                    tool("open_change"),
                ]),
            ),
        Agent::new("engineering", "migration-agent")
            .owned(team.0, team.1)
            .purpose("Migrates code to new interfaces")
            .model(&CLAUDE)
            .runs(3)
            .task(
                1,
                "Migrate the next package.",
                steps([
                    tool("read_file").times(2, 3).requests(&[get("configmaps", "migration-plan")]),
                    tool("open_change"),
                    tool("run_tests"),
                ]),
            ),
    ]
}
