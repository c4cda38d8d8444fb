//! Chains of traces and of requests to the API server.

mod cloud;
mod properties;
mod real_data;
mod records;
mod tokens;

use super::*;
use crate::domain::exercise::SAMPLES;
use crate::domain::{EventKind, IdentityLink};
use crate::lineage::spans::SpanReader;
use crate::lineage::testing::{event, spans};
use crate::scope::testing::{acting_as, change, estate, key, owned, workload};

fn example() -> Estate {
    estate([
        workload("Deployment", "agents", "billing"),
        acting_as(workload("Deployment", "agents", "crm"), "shared"),
        acting_as(workload("Deployment", "agents", "hr"), "shared"),
        change(workload("CronJob", "agents", "report"), |w| {
            w.schedule = Some("0 3 * * *".into());
        }),
    ])
}

pub fn request(number: u32, principal: &str, pod: Option<&str>, behalf: Option<&str>) -> Event {
    let mut event = event("k8s-audit", number, EventKind::K8sApi);
    event.principal = Some(principal.into());
    event.instance = pod.map(Text::from);
    event.on_behalf_of = behalf.map(Text::from);
    event
}

/// The chains of events, of which those with a span are a whole.
pub fn build(events: &[Event], estate: &Estate, focus: ChainFocus) -> Vec<IdentityChain> {
    let mut chains = Chains::new(estate, focus);
    events.iter().for_each(|event| chains.observe(event));
    let mut reader = SpanReader::new(estate);
    let spans = events.iter().filter_map(|event| reader.read(event)).collect();
    chains.add_traces(&crate::lineage::forest(spans, reader.names()));
    chains.finish()
}

/// `COUNT: principal (hop) → …` of a chain.
pub fn shown(chain: &IdentityChain) -> String {
    let links: Vec<String> = chain.links.iter().map(IdentityLink::visible).collect();
    format!("{}: {}", chain.events, links.join(" → "))
}

/// Each chain as its count and `principal (hop)` of its links.
#[track_caller]
fn check(events: &[Event], expected: &[&str]) {
    let chains = build(events, &example(), ChainFocus::All);
    assert_eq!(chains.iter().map(shown).collect::<Vec<_>>(), expected);
    assert!(chains.iter().flat_map(|chain| &chain.links).all(|l| !l.because.is_empty()));
}

/// Spans of the workload `billing`; agents are its inner ones.
fn trace(lines: &[&str], user: Option<&str>) -> Vec<Event> {
    let mut events = spans(lines);
    for event in &mut events {
        let agent = key("billing");
        event.agent = Some(match (&event.kind, &event.target) {
            (EventKind::AgentInvoke, Some(name)) => agent.with_inner(name.clone()),
            _ => agent,
        });
    }
    if let (Some(first), Some(user)) = (events.first_mut(), user) {
        first.on_behalf_of = Some(user.into());
    }
    events
}

#[test]
fn traces_tell_the_user_and_the_agents() {
    let lines =
        ["1 other http", "2 agent planner under 1", "3 agent writer under 2", "4 tool t under 3"];
    let account = "service account agents/billing (inferred)";
    check(
        &trace(&lines, Some("alice")),
        &[
            &format!(
                "1: human alice (asserted) → agent prod/agents/billing (asserted) → {account}"
            ),
            &format!(
                "1: human alice (asserted) → agent prod/agents/billing/planner (asserted) → {account}"
            ),
            &format!(
                "2: human alice (asserted) → agent prod/agents/billing/planner (asserted) → \
             agent prod/agents/billing/writer (asserted) → {account}"
            ),
        ],
    );
    check(
        &trace(&lines[1..2], None),
        &[&format!(
            "1: trigger not recorded (broken) → agent prod/agents/billing/planner (asserted) → \
         {account}"
        )],
    );
}

#[test]
fn the_audit_log_verifies_what_a_pod_bound_token_shows() {
    let billing = "system:serviceaccount:agents:billing";
    let (root, agent) = ("trigger not recorded (broken)", "agent prod/agents/billing (inferred)");
    let account = "service account agents/billing";
    check(
        &[
            request(1, billing, Some("billing-7f-x"), None),
            request(2, billing, Some("billing-7f-y"), None),
        ],
        &[&format!("2: {root} → {agent} → {account} (verified)")],
    );
    check(
        &[request(1, billing, None, None)],
        &[&format!("1: {root} → {agent} → {account} (inferred)")],
    );
    check(&[request(1, "alice", None, None), request(2, "system:node:n", None, None)], &[]);
}

#[test]
fn shared_accounts_are_ambiguous_until_a_pod_is_named() {
    let shared = "system:serviceaccount:agents:shared";
    let chain = |agent: &str, hop: &str, account: &str| {
        format!(
            "1: trigger not recorded (broken) → agent prod/agents/{agent} ({hop}) → \
             service account agents/shared ({account})"
        )
    };
    check(
        &[request(1, shared, None, None)],
        &[&chain("crm", "ambiguous", "ambiguous"), &chain("hr", "ambiguous", "ambiguous")],
    );
    check(&[request(1, shared, Some("hr-7f-x"), None)], &[&chain("hr", "inferred", "verified")]);
}

#[test]
fn impersonation_is_verified_on_both_sides() {
    let billing = "system:serviceaccount:agents:billing";
    check(
        &[request(1, billing, None, Some("admin"))],
        &["1: human admin (verified) → service account agents/billing (verified)"],
    );
    check(
        &[request(1, "admin", Some("billing-7f-x"), Some(billing))],
        &["1: trigger not recorded (broken) → agent prod/agents/billing (inferred) → \
           service account agents/billing (verified) → human admin (verified)"],
    );
}

#[test]
fn a_token_of_another_account_contradicts_the_configuration() {
    let mut bodies = vec![workload("Deployment", "agents", "billing")];
    bodies.push(acting_as(workload("Deployment", "agents", "crm"), "shared"));
    bodies.push(owned(workload("Pod", "agents", "odd"), "Deployment", "billing"));
    let shared = "system:serviceaccount:agents:shared";
    let chains = build(&[request(1, shared, Some("odd"), None)], &estate(bodies), ChainFocus::All);
    let hops: Vec<String> =
        chains.iter().flat_map(|c| &c.links).map(|link| link.hop.to_string()).collect();
    assert_eq!(hops, ["broken", "inferred", "contradicted"]);
}

#[test]
fn hand_offs_and_several_users_are_marked() {
    let lines = [
        "1 other workflow",
        "2 agent triage under 1",
        "3 tool transfer_to_invoices under 2",
        "4 agent invoices under 1",
    ];
    let mut events = trace(&lines, Some("alice"));
    events[1].on_behalf_of = Some("mallory".into());
    let last = build(&events, &example(), ChainFocus::All);
    let last = last.iter().find(|chain| {
        chain.agent.as_ref().is_some_and(|agent| agent.inner == Some("invoices".into()))
    });
    let hops = last.into_iter().flat_map(|c| &c.links).map(|link| link.hop.to_string());
    assert_eq!(hops.collect::<Vec<_>>(), ["ambiguous", "asserted", "inferred", "inferred"]);
}

#[test]
fn schedules_are_roots_of_cron_jobs() {
    check(
        &[request(1, "system:serviceaccount:agents:report", Some("report-1-x"), None)],
        &["1: trigger schedule 0 3 * * * (inferred) → agent prod/agents/report (inferred) → \
           service account agents/report (verified)"],
    );
}

#[test]
fn samples_are_bounded_and_only_on_links_that_events_show() {
    let billing = "system:serviceaccount:agents:billing";
    let events: Vec<Event> =
        (0..50).map(|n| request(n, billing, Some("billing-7f-x"), None)).collect();
    let chains = build(&events, &example(), ChainFocus::All);
    let samples: Vec<usize> =
        chains.iter().flat_map(|c| &c.links).map(|link| link.events.len()).collect();
    assert_eq!(samples, [0, 0, SAMPLES]);
}
