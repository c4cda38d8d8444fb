use super::super::fixture::{self, agent, observe};
use super::*;
use crate::domain::Decision;

fn observed(events: &[Event]) -> Observation {
    observe(events, &Settings::default())
}

/// Exercises as (agent, capability, count, refused, undecided).
#[track_caller]
fn check(events: &[Event], expected: &[(&str, &str, u64, u64, u64)]) {
    let observation = observed(events);
    let found: Vec<(String, String, u64, u64, u64)> = observation
        .exercises
        .iter()
        .map(|e| (e.agent.visible(), e.capability.visible(), e.count, e.refused, e.undecided))
        .collect();
    let found: Vec<_> =
        found.iter().map(|(a, c, n, r, u)| (a.as_str(), c.as_str(), *n, *r, *u)).collect();
    assert_eq!(found, expected);
}

const DESK: &str = "prod/agents/desk";
const MAIL: &str = "prod/agents/desk/mail";

#[test]
fn allowed_refused_and_undecided_are_told_apart() {
    let mut refused = fixture::request("b", 1.0, "list", "pods", "agents/");
    refused.decision = Some(Decision::Deny);
    let mut undecided = fixture::request("c", 2.0, "list", "pods", "agents/");
    undecided.decision = None;
    let allowed = fixture::request("a", 0.0, "list", "pods", "agents/");
    check(&[allowed, refused, undecided], &[(DESK, "k8s: list pods @agents", 1, 1, 1)]);
}

#[test]
fn kernel_and_api_events_belong_to_the_host() {
    let mut request = fixture::request("a", 0.0, "list", "pods", "agents/");
    request.agent = Some(agent());
    check(
        &[request, fixture::tool("t", 0.0, "search")],
        &[(DESK, "k8s: list pods @agents", 1, 0, 0), (MAIL, "tool: search", 1, 0, 0)],
    );
}

#[test]
fn shared_and_unknown_identities() {
    let mut shared = fixture::request("a", 0.0, "list", "pods", "agents/");
    shared.principal = Some("system:serviceaccount:agents:shared".into());
    let mut unknown = fixture::request("b", 0.0, "list", "pods", "agents/");
    unknown.principal = Some("system:kube-scheduler".into());
    let observation = observed(&[shared, unknown]);
    let [exercise] = observation.exercises.as_slice() else {
        unreachable!("{:?}", observation.exercises);
    };
    assert_eq!(exercise.agent, AgentKey::new("prod", "agents", "serviceaccount:shared"));
    assert_eq!(exercise.candidates.len(), 2);
    assert_eq!(observation.unattributed, 1);
}

/// Requirement S2.17: pods fold to their workload, and so does its baseline.
#[test]
fn pods_fold_to_their_workload() {
    let events: Vec<Event> = (0..10)
        .map(|number| {
            let mut event = fixture::tool(&number.to_string(), f64::from(number), "search");
            event.agent = Some(AgentKey::new("prod", "agents", format!("desk-pod{number}")));
            event
        })
        .collect();
    check(&events, &[(DESK, "tool: search", 10, 0, 0)]);
}

#[test]
fn too_many_names_fold_into_their_kind() {
    let events: Vec<Event> = (0..100)
        .map(|number| {
            let pod = format!("agents/pod-{number}");
            fixture::request(&number.to_string(), 0.0, "get", "pods", &pod)
        })
        .collect();
    let observation = observed(&events);
    assert_eq!(observation.exercises.len(), 65);
    let folded = observation.exercises.iter().find(|exercise| exercise.count > 1);
    let folded = folded.map(|exercise| (exercise.capability.visible(), exercise.count));
    assert_eq!(folded, Some(("k8s: get pods @agents".to_owned(), 36)));
    assert_eq!(observation.kinds.len(), 1);
}

/// A framework span, the MCP client's span in it and the server's in that, inner ones first.
fn three_recorders() -> Vec<Event> {
    let span = |id: &str, parent: &str, key: AgentKey, server: Option<&str>| {
        let mut event = fixture::tool(id, 0.0, "search");
        event.agent = Some(key);
        event.trace_id = Some("t".into());
        event.span_id = Some(id.into());
        event.parent_span_id = Some(parent.into());
        event.target = server.map(Text::from);
        event
    };
    let server = AgentKey::new("prod", "tools", "github-mcp");
    let invoke = {
        let mut event = fixture::event("i", 0.0, EventKind::AgentInvoke);
        event.agent = Some(agent());
        event.trace_id = Some("t".into());
        event.span_id = Some("invoke".into());
        event
    };
    vec![
        span("served", "sent", server, Some("github")),
        span("sent", "tool", agent(), Some("github")),
        span("tool", "invoke", agent(), None),
        invoke,
    ]
}

#[test]
fn one_act_of_three_recorders_counts_once() {
    let mut events = three_recorders();
    check(&events, &[(MAIL, "tool: search", 1, 0, 0)]);
    events.reverse();
    // Outermost first, the server's name is learned from the echo.
    check(&events, &[(MAIL, "tool: github/search", 1, 0, 0)]);
    let observation = observed(&events);
    assert_eq!(observation.exercises.first().map(|exercise| exercise.events.len()), Some(3));
    let run = observation.runs_of(&agent()).first().map(|run| run.calls.len());
    assert_eq!(run, Some(1), "and once in its run");
    let server = AgentKey::new("prod", "tools", "github-mcp");
    assert!(observation.runs_of(&server).is_empty());
    assert_eq!(observation.agents.get(&server).map(|seen| seen.evidence.len()), Some(0));
}

#[test]
fn a_span_that_passes_a_call_on_joins_two_files() {
    let mut framework = fixture::tool("tool", 0.0, "search");
    let mut client = fixture::event("client", 0.0, EventKind::Other);
    client.agent = Some(agent());
    client.action = Some("mcp tools/call".into());
    client.target = Some("search".into());
    let mut logged = fixture::tool("logged", 0.0, "search");
    logged.source = "mcp".into();
    logged.outcome = None;
    for (event, span, parent) in [
        (&mut framework, Some("a"), Some("root")),
        (&mut client, Some("b"), Some("a")),
        (&mut logged, None, Some("b")),
    ] {
        event.trace_id = Some("t".into());
        event.span_id = span.map(Text::from);
        event.parent_span_id = parent.map(Text::from);
    }
    let records = [framework, client, logged];
    for order in [[0, 1, 2], [2, 1, 0], [2, 0, 1], [1, 2, 0], [1, 0, 2], [0, 2, 1]] {
        let events: Vec<Event> = order.iter().filter_map(|&at| records.get(at).cloned()).collect();
        check(&events, &[(MAIL, "tool: search", 1, 0, 0)]);
    }
}

#[test]
fn a_result_settles_its_call() {
    let mut call = fixture::tool("call", 0.0, "search");
    call.outcome = None;
    call.call_id = Some("log#1".into());
    let mut again = fixture::tool("again", 2.0, "search");
    again.outcome = None;
    again.call_id = Some("log#1".into());
    let mut result = fixture::event("result", 1.0, EventKind::ToolResult);
    result.agent = Some(agent());
    result.call_id = Some("log#1".into());
    result.outcome = Some(crate::domain::Outcome::Success);
    check(&[call.clone(), result.clone(), again], &[(MAIL, "tool: search", 1, 0, 1)]);
    result.outcome = Some(crate::domain::Outcome::Failure);
    check(&[call, result], &[(MAIL, "tool: search", 0, 0, 1)]);
}

#[test]
fn routes_recorded_by_the_authorizer_are_kept() {
    let mut request = fixture::request("a", 0.0, "list", "pods", "agents/");
    let route = r#"RBAC: allowed by RoleBinding "x/agents" of Role "y" to Group "z""#;
    request.justification = Some(route.into());
    let mut other = fixture::request("b", 0.0, "list", "pods", "agents/");
    other.justification = Some("access granted by webhook".into());
    let observation = observed(&[request, other]);
    let routes = observation.exercises.first().map(|exercise| exercise.recorded_routes.clone());
    assert_eq!(routes, Some(vec![route.into()]));
}

#[test]
fn agents_are_known_by_their_evidence_and_their_calls() {
    let sub = agent().host().with_inner("research");
    let invoke = |id: &str, parent: Option<&str>, key: AgentKey| {
        let mut event = fixture::event(id, 0.0, EventKind::AgentInvoke);
        event.agent = Some(key);
        event.trace_id = Some("t".into());
        event.span_id = Some(id.into());
        event.parent_span_id = parent.map(Text::from);
        event
    };
    let mut egress = fixture::event("e", 0.0, EventKind::Egress);
    egress.agent = Some(AgentKey::new("prod", "agents", "quiet"));
    egress.target = Some("api.openai.com:443/tcp".into());
    egress.outcome = Some(crate::domain::Outcome::Success);
    let mut handoff = fixture::event("h", 0.0, EventKind::Handoff);
    handoff.agent = Some(agent());
    handoff.target = Some("billing".into());
    // The child's span ends, and is exported, first.
    let events = [
        invoke("child", Some("root"), sub.clone()),
        invoke("root", None, agent()),
        egress,
        handoff,
    ];
    let observation = observed(&events);
    let seen = |key: &AgentKey| observation.agents.get(key).cloned().unwrap_or_default();
    let mail = seen(&agent());
    assert_eq!(mail.evidence, [EvidenceOfAgency::GenAiSpan]);
    assert_eq!(mail.sub_agents, [agent().host().with_inner("billing"), sub]);
    assert_eq!(seen(&agent().host()).evidence, [EvidenceOfAgency::GenAiSpan], "and the host");
    let quiet = seen(&AgentKey::new("prod", "agents", "quiet"));
    assert_eq!(quiet.evidence, [EvidenceOfAgency::ModelEgress]);
}

#[test]
fn a_prompt_reaches_the_agents_below() {
    let mut events = fixture::session("s", 0.0, &["search"]);
    for event in fixture::session("s", 0.1, &["read"]).iter_mut().skip(1) {
        event.agent = Some(agent().host().with_inner("research"));
        events.push(event.clone());
    }
    let observation = observed(&events);
    let runs = observation.runs_of(&agent().host().with_inner("research"));
    assert_eq!(runs.iter().map(Run::has_prompt).collect::<Vec<_>>(), [true]);
}

#[test]
fn surplus_runs_fold_into_days_and_still_count() {
    let settings = Settings { runs_kept: 10, ..Settings::default() };
    let events: Vec<Event> = (0..100)
        .flat_map(|n| fixture::session(&n.to_string(), f64::from(n) * 6.0, &["search", "read"]))
        .collect();
    let observation = observe(&events, &settings);
    assert_eq!(observation.runs_of(&agent()).len(), 10);
    let earlier = observation.earlier.get(&agent()).expect("earlier days");
    assert_eq!(earlier.values().map(|day| day.runs).sum::<u64>(), 90);
    let window = super::super::convergence(
        &observation,
        &agent(),
        crate::domain::Discipline::Behavior,
        crate::domain::GapType::Anomaly,
        None,
        &settings,
    );
    assert_eq!((window.runs, window.days), (100, 25));
}

#[test]
fn an_observation_is_json() {
    let observation = observed(&fixture::session("s", 0.0, &["search"]));
    let json = serde_json::to_string(&observation).expect("an observation is JSON");
    let back: Observation = serde_json::from_str(&json).expect("and parses back");
    assert_eq!(back, observation);
}
