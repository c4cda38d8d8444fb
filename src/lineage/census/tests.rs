use super::*;
use crate::domain::census::Presence;
use crate::domain::configured::{AgentDeclaration, Configured, Record};
use crate::domain::coverage::CoverageScope;
use crate::domain::{Capability, Event, EventKind, Plane, Snapshot, Text};
use crate::lineage::testing;
use crate::scope::testing::{
    REALM, agent, binding, key, namespace, record, role, snapshot, workload,
};
use jiff::Timestamp;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("a small number")
}

fn declared(name: &str, tools: &[&str]) -> Configured {
    Configured::AgentDeclaration(AgentDeclaration {
        kind: "registry".into(),
        namespace: "agents".into(),
        name: name.into(),
        tools: tools.iter().map(|tool| (None, Text::from(*tool))).collect(),
        ..AgentDeclaration::default()
    })
}

/// `billing` is declared with two tools, may read pods, and nothing limits its network; `crm` runs
/// and is declared nowhere; `report` is a CronJob that is declared and never seen.
fn records() -> Vec<Record> {
    [
        namespace("agents", &[]),
        workload("Deployment", "agents", "billing"),
        workload("Deployment", "agents", "crm"),
        workload("CronJob", "agents", "report"),
        declared("billing", &["refund", "lookup"]),
        declared("report", &["summary"]),
        role("agents", "reader", &["get,list pods"]),
        binding(
            "agents",
            "readers",
            "Role",
            "reader",
            &["ServiceAccount agents/billing", "ServiceAccount agents/crm"],
        ),
    ]
    .into_iter()
    .map(record)
    .collect()
}

fn snapshots() -> Vec<Snapshot> {
    ["Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding", "NetworkPolicy"]
        .map(|kind| snapshot(kind, None, true))
        .into()
}

fn estate() -> Estate {
    Estate::build(&records(), &snapshots(), &[])
}

/// An exercise: uses, of them decided, refused, undecided.
fn exercise(agent: &str, capability: &str, tally: [u64; 4]) -> Exercise {
    let [count, decided, refused, undecided] = tally;
    Exercise {
        agent: key(agent),
        capability: capability.parse::<Capability>().expect("a capability"),
        count,
        decided,
        refused,
        undecided,
        first: at(10),
        last: at(20),
        events: Vec::new(),
        principals: Vec::new(),
        sources: Vec::new(),
        recorded_routes: Vec::new(),
        aggregated: false,
        candidates: Vec::new(),
    }
}

/// Who acted in the window.
fn seen(names: &[&str]) -> BTreeMap<AgentKey, SeenAgent> {
    let acted = SeenAgent { events: 1, last: Some(at(20)), ..SeenAgent::default() };
    names.iter().map(|name| (key(name), acted.clone())).collect()
}

/// The census of three agents over seconds 10 to 20, or at second 20.
fn of(
    exercises: &[Exercise],
    events: &[Event],
    acted: &[&str],
    coverage: &[Coverage],
    instant: bool,
) -> Census {
    let estate = estate();
    let agents = ["billing", "crm", "report"].map(|name| agent(key(name)));
    let mut lives = Lives::new(&estate);
    events.iter().for_each(|event| lives.observe(event));
    let window =
        CensusWindow { at: instant.then(|| at(20)), from: Some(at(10)), until: Some(at(20)) };
    census(&Question {
        window,
        estate: &estate,
        agents: &agents,
        grants: &crate::scope::resolve(&estate, &agents),
        exercises,
        seen: &seen(acted),
        unattributed: 0,
        coverage,
        lives: &lives,
    })
}

/// Acts as `decided granted conditional undeclared improvised refused unknown`.
#[track_caller]
fn check_acts(agent: &str, capability: &str, tally: [u64; 4], expected: [u64; 7]) {
    let exercise = exercise(agent, capability, tally);
    let acts = of(&[exercise], &[], &[agent], &[], false).acts;
    let found = [
        acts.decided,
        acts.granted,
        acts.conditional,
        acts.undeclared,
        acts.improvised,
        acts.refused,
        acts.unknown,
    ];
    assert_eq!(found, expected, "{agent}: {capability}");
    assert_eq!(acts.total(), expected.iter().sum::<u64>());
}

#[test]
fn every_act_has_one_word() {
    let pods = "k8s: get pods/a @agents";
    let secrets = "k8s: get secrets/db @agents";
    // A recorded decision goes before what the configuration says; only the rest is judged by it.
    check_acts("billing", pods, [5, 5, 1, 0], [5, 0, 0, 0, 0, 1, 0]);
    check_acts("billing", pods, [5, 3, 0, 2], [3, 4, 0, 0, 0, 0, 0]);
    check_acts("billing", secrets, [5, 5, 0, 0], [5, 0, 0, 0, 0, 0, 0]);
    // RBAC is loaded in full.
    check_acts("billing", secrets, [5, 0, 0, 1], [0, 0, 0, 0, 6, 0, 0]);
    check_acts("billing", secrets, [0, 0, 4, 0], [0, 0, 0, 0, 0, 4, 0]);
    // The declaration lists every tool; of `crm` there is none.
    check_acts("billing", "tool: refund", [2, 0, 0, 0], [0, 2, 0, 0, 0, 0, 0]);
    check_acts("billing", "tool: drop_table", [2, 0, 0, 0], [0, 0, 0, 0, 2, 0, 0]);
    check_acts("crm", "tool: refund", [2, 0, 0, 0], [0, 0, 0, 0, 0, 0, 2]);
    // It may, by RBAC, and nobody declared it.
    check_acts("crm", pods, [2, 0, 0, 0], [0, 0, 0, 2, 0, 0, 0]);
    // Nothing but the default lets it out.
    check_acts("billing", "egress: example.com:443/tcp", [2, 0, 0, 0], [0, 0, 0, 2, 0, 0, 0]);
    // No record of this plane is loaded.
    check_acts("billing", "model: gpt", [2, 0, 0, 0], [0, 0, 0, 0, 0, 0, 2]);
    check_acts("billing", "cloud: s3:GetObject b", [2, 1, 0, 0], [1, 0, 0, 0, 0, 0, 1]);
}

#[test]
fn learned_profiles_and_shared_identities_are_kept_apart() {
    let mut learned = exercise("billing", "tool: refund", [3, 0, 0, 0]);
    learned.aggregated = true;
    let mut shared = exercise("both", "k8s: get pods/a @agents", [3, 0, 0, 0]);
    shared.candidates = vec![key("billing"), key("crm")];
    let census = of(&[learned, shared], &[], &[], &[], false);
    assert_eq!(census.acts, Acts::default());
    // One would be declared and the other not.
    let acts = Acts { unknown: 3, ..Acts::default() };
    let found: Vec<_> = census.ambiguous.iter().map(|row| (&row.candidates, row.acts)).collect();
    assert_eq!(found, [(&vec![key("billing"), key("crm")], acts)]);
}

/// An event of an agent in a run, a pod or with a credential.
fn event(agent: &str, second: u32, of: &str, id: &str) -> Event {
    let mut event = testing::event("otlp", second, EventKind::ToolCall);
    event.agent = Some(key(agent));
    let id = Some(Text::from(id));
    match of {
        "run" => event.trace_id = id,
        "session" => event.session = id,
        "pod" => event.instance = id,
        _ => event.credential_id = id,
    }
    event
}

#[track_caller]
fn check_activity(events: &[(u32, &str, &str)], acted: &[&str], instant: bool, expected: Activity) {
    let events: Vec<Event> =
        events.iter().map(|(second, of, id)| event("billing", *second, of, id)).collect();
    for order in [events.clone(), events.into_iter().rev().collect()] {
        let census = of(&[], &order, acted, &[], instant);
        let row = census.agents.iter().find(|row| row.agent == key("billing")).expect("a row");
        assert_eq!(row.activity, expected, "{order:?}");
    }
}

#[test]
fn what_covers_the_instant_makes_it_active() {
    use Activity::{Acted, InARun, Inactive, Standing};
    check_activity(&[], &["billing"], true, Acted);
    check_activity(&[(5, "run", "a"), (25, "run", "a")], &[], true, InARun);
    check_activity(&[(5, "session", "a"), (25, "session", "a")], &[], true, InARun);
    check_activity(&[(5, "pod", "a"), (25, "pod", "a")], &[], true, Standing);
    check_activity(&[(5, "token", "a"), (25, "token", "a")], &[], true, Standing);
    check_activity(&[(5, "run", "a"), (25, "run", "b")], &[], true, Inactive);
    check_activity(&[(5, "run", "a"), (9, "run", "a")], &[], false, Inactive);
    // Over a window it is enough to be there for a part of it; at an instant it is not.
    check_activity(&[(5, "pod", "a"), (15, "pod", "a")], &[], false, Standing);
    check_activity(&[(5, "pod", "a"), (15, "pod", "a")], &[], true, Inactive);
    check_activity(&[], &[], true, Inactive);
}

fn covering(from: i64, until: i64, partial: bool) -> Coverage {
    Coverage {
        source: "k8s-audit".into(),
        plane: Plane::Kubernetes,
        scope: CoverageScope::Realm { realm: REALM.into() },
        from: at(from),
        until: at(until),
        acts: Vec::new(),
        partial,
        missed: Vec::new(),
    }
}

#[track_caller]
fn check_presence(agent: &str, events: &[u32], coverage: &[Coverage], expected: Presence) {
    let events: Vec<Event> =
        events.iter().map(|second| event(agent, *second, "run", "a")).collect();
    let census = of(&[], &events, &[], coverage, false);
    let row = census.agents.iter().find(|row| row.agent == key(agent)).expect("a row");
    assert_eq!(row.presence, expected, "{agent} {events:?}");
}

#[test]
fn absence_is_told_from_blindness() {
    use Presence::{CannotTell, Dormant, NotObserved, Registered, Shadow};
    let seeing = [covering(0, 30, false)];
    check_presence("billing", &[12], &[], Registered);
    check_presence("crm", &[12], &[], Shadow);
    check_presence("crm", &[5], &seeing, NotObserved);
    check_presence("report", &[], &seeing, Dormant);
    check_presence("report", &[], &[], CannotTell);
    check_presence("report", &[], &[covering(0, 30, true)], CannotTell);
    check_presence("report", &[], &[covering(25, 30, false)], CannotTell);
}

#[test]
fn lives_of_agents_that_come_and_go_are_told_apart() {
    let mut events = [
        event("report", 1000, "run", "finished"),
        event("report", 1010, "run", "vanished"),
        event("report", 1015, "run", "vanished"),
        event("report", 1012, "session", "untold"),
        event("report", 4000, "run", "open"),
    ];
    events[0].kind = EventKind::AgentInvoke;
    events[0].duration = Some(2_000_000_000);
    for at in [0, 1, 2, 4] {
        events[at].span_id = Some(at.to_string().into());
    }
    let estate = estate();
    let agents = [agent(key("report"))];
    let mut lives = Lives::new(&estate);
    events.iter().for_each(|event| lives.observe(event));
    let mut seen = seen(&["report"]);
    let parent = SeenAgent { sub_agents: vec![key("report")], ..SeenAgent::default() };
    seen.insert(key("billing"), parent);
    let question = Question {
        window: CensusWindow::default(),
        estate: &estate,
        agents: &agents,
        grants: &[],
        exercises: &[],
        seen: &seen,
        unattributed: 0,
        coverage: &[],
        lives: &lives,
    };
    let rows = census(&question).agents;
    let lifetimes = rows[0].ephemeral.as_ref().expect("a CronJob comes and goes");
    let found = (lifetimes.lives, lifetimes.finished, lifetimes.vanished, lifetimes.open);
    assert_eq!((found, lifetimes.untold), ((4, 1, 1, 1), 1));
    assert_eq!((lifetimes.shortest, lifetimes.longest), (0, 5));
    assert_eq!(lifetimes.spawned_by, [key("billing")]);
    assert_eq!(
        lifetimes.inherits,
        ["is configured to act as service account report, that of its own workload"]
    );
}

#[test]
fn reach_counts_what_stands_on_the_host_once() {
    let estate = estate();
    let inner = |name: &str| agent(key("billing").with_inner(name));
    let agents = [agent(key("billing")), inner("planner"), inner("writer")];
    let acted = SeenAgent { events: 1, last: Some(at(20)), ..SeenAgent::default() };
    let seen: BTreeMap<AgentKey, SeenAgent> =
        agents.iter().map(|agent| (agent.key.clone(), acted.clone())).collect();
    let lives = Lives::new(&estate);
    let grants = crate::scope::resolve(&estate, &agents);
    let census = census(&Question {
        window: CensusWindow { from: Some(at(10)), until: Some(at(20)), at: None },
        estate: &estate,
        agents: &agents,
        grants: &grants,
        exercises: &[],
        seen: &seen,
        unattributed: 0,
        coverage: &[],
        lives: &lives,
    });
    let kubernetes = |reach: &[crate::domain::census::PlaneReach]| {
        let found = reach.iter().find(|reach| reach.plane == Plane::Kubernetes);
        found.map(|reach| (reach.agents, reach.immediate, reach.inherited, reach.not_loaded))
    };
    // `get` and `list` of pods.
    assert_eq!(kubernetes(&census.reach), Some((1, 2, 0, 0)));
    for row in &census.agents {
        assert_eq!(kubernetes(&row.reach), Some((1, 2, 0, 0)), "{}", row.agent);
    }
}

proptest::proptest! {
    #[test]
    fn the_order_of_events_does_not_matter(
        lines in proptest::collection::vec((0_usize..3, 0_u32..30, 0_usize..4, 0_usize..3), 0..12),
        turn in 0_usize..12,
    ) {
        let make = |(agent, second, of, id): &(usize, u32, usize, usize)| event(
            ["billing", "crm", "report"][*agent],
            *second,
            ["run", "session", "pod", "token"][*of],
            ["a", "b", "c"][*id],
        );
        let events: Vec<Event> = lines.iter().map(make).collect();
        let mut turned = events.clone();
        turned.reverse();
        let by = turn.min(turned.len());
        turned.rotate_left(by);
        let one = of(&[], &events, &[], &[], true);
        let other = of(&[], &turned, &[], &[], true);
        proptest::prop_assert_eq!(&one, &other);
        // Every agent is counted under exactly one word.
        let active = one.agents.iter().filter(|row| row.is_active()).count();
        proptest::prop_assert_eq!(one.active.total(), active);
    }
}
