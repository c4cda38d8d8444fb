mod real_data;

use super::*;
use crate::domain::configured::{
    AgentDeclaration, CloudPrincipal, Configured, McpServer, Meta, PodStatus, ServiceAccount,
    Volume, VolumeSource, WorkloadFederation,
};
use crate::domain::containment::{AccessKind, Expiry};
use crate::domain::{Agent, Capability, Event, EventKind, HopState, Outcome, Record, Text};
use crate::lineage::testing;
use crate::scope::testing::{
    agent, binding, change, key, namespace, owned, record, role, snapshot, workload,
};
use strum::IntoEnumIterator;

const BILLING: &str = "system:serviceaccount:agents:billing";
const ROLE: &str = "arn:aws:iam::123456789012:role/billing-role";

pub(super) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("a small number")
}

fn pod(name: &str) -> Configured {
    let status = PodStatus { phase: Some("Running".into()), ..PodStatus::default() };
    change(owned(workload("Pod", "agents", name), "Deployment", "billing"), |pod| {
        pod.service_account = "billing".into();
        pod.status = Some(status);
    })
}

/// `billing` runs in two pods, mounts a Secret, may become an AWS role, reads pods by a role that
/// `ops` has too, as which it is declared to act, and uses one MCP server.
fn bodies() -> Vec<Configured> {
    let secret = VolumeSource::Secret { name: "crm-password".into(), keys: Vec::new() };
    let cloud = CloudPrincipal {
        by: WorkloadFederation::AwsIrsa,
        principal: Some(ROLE.into()),
        ..CloudPrincipal::default()
    };
    vec![
        namespace("agents", &[]),
        change(workload("Deployment", "agents", "billing"), |billing| {
            billing.volumes = vec![Volume { name: "crm".into(), sources: vec![secret.clone()] }];
        }),
        pod("billing-1"),
        pod("billing-2"),
        Configured::ServiceAccount(ServiceAccount {
            meta: Meta { namespace: "agents".into(), name: "billing".into(), ..Meta::default() },
            secrets: vec!["billing-token".into()],
            cloud: vec![cloud],
            ..ServiceAccount::default()
        }),
        role("agents", "reader", &["get,list pods"]),
        binding("agents", "own", "Role", "reader", &["ServiceAccount agents/billing"]),
        binding("agents", "ops", "Role", "reader", &["ServiceAccount agents/ops"]),
        Configured::AgentDeclaration(AgentDeclaration {
            namespace: "agents".into(),
            name: "billing".into(),
            principal: Some("system:serviceaccount:agents:ops".into()),
            ..AgentDeclaration::default()
        }),
        Configured::McpServer(McpServer {
            client: "billing".into(),
            server: "crm".into(),
            transport: "http".into(),
            endpoint: "https://crm.example/mcp".into(),
            ..McpServer::default()
        }),
        workload("Deployment", "agents", "helper"),
    ]
}

fn exercise(name: &str, capability: &str, principal: &str, count: u64) -> Exercise {
    Exercise {
        agent: key(name),
        capability: capability.parse::<Capability>().expect("a capability"),
        count,
        decided: 0,
        refused: 0,
        undecided: 0,
        first: at(10),
        last: at(20),
        events: Vec::new(),
        principals: vec![principal.into()],
        sources: Vec::new(),
        recorded_routes: Vec::new(),
        aggregated: false,
        candidates: Vec::new(),
    }
}

fn exercises() -> Vec<Exercise> {
    vec![
        exercise("billing", "k8s: get pods/a @agents", BILLING, 7),
        exercise("billing", "k8s: get secrets/db @agents", BILLING, 1),
        exercise("billing", "tool: crm/refund", "", 5),
        exercise("helper", "tool: crm/lookup", "", 3),
    ]
}

/// A request of the API server's log, with a token of a pod.
fn request(second: u32, pod: &str, token: &str) -> Event {
    let mut event = testing::event("k8s-audit", second, EventKind::K8sApi);
    event.principal = Some(BILLING.into());
    event.instance = Some(pod.into());
    event.credential_id = Some(format!("JTI={token}").into());
    event
}

/// A role that was assumed: with which credential, as whom, what was issued and until when.
fn assumed(second: u32, with: &str, web_identity: Option<&str>, issued: &str, until: i64) -> Event {
    let mut event = testing::event("cloudtrail", second, EventKind::IdentityHop);
    event.account = Some("123456789012".into());
    event.credential_id = (!with.is_empty()).then(|| with.into());
    event.outcome = Some(Outcome::Success);
    let params = serde_json::json!({
        "issuedCredentialId": issued,
        "expiration": at(until).to_string(),
        "roleArn": ROLE,
        "webIdentitySubject": web_identity,
    });
    event.params = Some(params.to_string().into());
    event
}

/// The sheet of `billing`.
pub(super) fn sheet_of(
    records: &[Record],
    snapshots: &[crate::domain::Snapshot],
    events: &[Event],
    second: i64,
    principals: &[&str],
) -> ContainmentSheet {
    let estate = Estate::build(records, snapshots, &[]);
    let agents: Vec<Agent> = vec![agent(key("billing")), agent(key("helper"))];
    let authority = Authority::of(&estate, &agents);
    let subject = Subject {
        agent: key("billing"),
        principals: principals.iter().map(|name| Text::from(*name)).collect(),
    };
    let mut trail = Trail::new(&estate, &subject, at(second));
    events.iter().for_each(|event| trail.observe(event));
    let exercises = exercises();
    let child = SeenAgent { sub_agents: vec![key("helper")], ..SeenAgent::default() };
    sheet(&Question {
        subject: &subject,
        at: at(second),
        incident_from: None,
        estate: &estate,
        authority: &authority,
        trail: &trail,
        exercises: &exercises,
        seen: &BTreeMap::from([(key("billing"), child)]),
        baseline: &exercises,
    })
}

fn sheet_at(events: &[Event], second: i64) -> ContainmentSheet {
    let records: Vec<Record> = bodies().into_iter().map(record).collect();
    sheet_of(&records, &[snapshot("Pod", None, true)], events, second, &[])
}

/// `number. kind id` of every step.
fn listed(sheet: &ContainmentSheet) -> Vec<String> {
    let line = |step: &ContainmentStep| {
        format!("{}. {} {}", step.number, step.access.kind, step.access.id.visible())
    };
    sheet.steps.iter().map(line).collect()
}

fn step<'s>(sheet: &'s ContainmentSheet, id: &str) -> &'s ContainmentStep {
    sheet.steps.iter().find(|step| step.access.id == id).expect("the step is listed")
}

#[test]
fn outward_paths_go_first_and_new_credentials_before_old_ones() {
    let events = [
        request(100, "billing-1", "a"),
        assumed(200, "", Some(BILLING), "ASIA1", 5000),
        assumed(300, "ASIA1", None, "ASIA2", 5000),
    ];
    assert_eq!(
        listed(&sheet_at(&events, 1000)),
        [
            "1. network reach billing",
            "2. MCP connection crm",
            "3. AWS role session ASIA2",
            "4. AWS role session ASIA1",
            "5. pod token billing-1",
            "6. mounted Secret db",
            "7. pod token billing-2",
            "8. token Secret billing-token",
            "9. mounted Secret crm-password",
            &format!("10. AWS role {ROLE}"),
            "11. sub-agent helper",
            "12. Deployment billing",
        ]
    );
}

#[test]
fn what_is_over_is_counted_and_not_listed() {
    let events = [
        assumed(200, "", Some(BILLING), "ASIA1", 900),
        // Its pod is in no complete list, and the list has one that was first used later.
        request(100, "billing-0", "gone"),
        request(150, "billing-1", "a"),
        // Of somebody else.
        assumed(200, "", Some("system:serviceaccount:agents:other"), "ASIA9", 5000),
        // Not yet known.
        assumed(2000, "", Some(BILLING), "ASIA3", 5000),
    ];
    let sheet = sheet_at(&events, 1000);
    let ids: Vec<&str> = sheet.steps.iter().map(|step| step.access.id.raw()).collect();
    assert!(!ids.iter().any(|id| ["ASIA1", "ASIA3", "ASIA9", "billing-0"].contains(id)), "{ids:?}");
    let ended: Vec<_> =
        sheet.ended.iter().map(|ended| (ended.kind, ended.count, ended.last)).collect();
    assert_eq!(
        ended,
        [(AccessKind::PodToken, 1, Some(at(100))), (AccessKind::AwsSession, 1, Some(at(900)))]
    );
}

/// Whether the pod `billing-0`, last used at second 100, is listed, given the time of a complete list
/// without it and the first use of a pod in that list.
#[track_caller]
fn check_gone(listed_at: Option<i64>, first_use_of_listed: Option<u32>, is_live: bool) {
    let mut events = vec![request(50, "billing-0", "x"), request(100, "billing-0", "x")];
    events.extend(first_use_of_listed.map(|second| request(second, "billing-1", "a")));
    let records: Vec<Record> = bodies().into_iter().map(record).collect();
    let list = crate::domain::Snapshot { at: listed_at.map(at), ..snapshot("Pod", None, true) };
    let sheet = sheet_of(&records, &[list], &events, 1000, &[]);
    let found = sheet.steps.iter().any(|step| step.access.id == "billing-0");
    assert_eq!(found, is_live, "{listed_at:?} {first_use_of_listed:?}");
}

#[test]
fn a_pod_is_only_gone_when_a_later_list_lacks_it() {
    check_gone(Some(100), None, false);
    check_gone(Some(99), None, true);
    // Without a time the list may be from any: before the pod, or after it.
    check_gone(None, None, true);
    check_gone(None, Some(60), true);
    check_gone(None, Some(150), false);
}

#[test]
fn sessions_end_when_their_last_run_does() {
    let session = |second: u32, id: &str| {
        let mut event = testing::event("otlp", second, EventKind::AgentInvoke);
        event.agent = Some(key("billing"));
        event.session = Some(id.into());
        event
    };
    let lasting = |seconds: i64| Some(seconds * 1_000_000_000);
    let ended = Event { duration: lasting(10), ..session(900, "ended") };
    let running = Event { duration: lasting(500), ..session(900, "running") };
    let mut gone_on = session(950, "gone on");
    gone_on.kind = EventKind::Prompt;
    let before = Event { duration: lasting(10), ..session(900, "gone on") };
    let sheet = sheet_at(&[ended, running, before, gone_on, session(910, "untold")], 1000);
    let sessions = sheet.steps.iter().filter(|step| step.access.kind == AccessKind::AgentSession);
    let ids: Vec<&str> = sessions.map(|step| step.access.id.raw()).collect();
    assert_eq!(ids, ["gone on", "running", "untold"]);
}

#[test]
fn how_each_is_known_is_told() {
    let mut unnamed = request(100, "", "b");
    unnamed.instance = None;
    let events =
        [request(100, "billing-1", "a"), unnamed, assumed(200, "", Some(BILLING), "ASIA1", 5000)];
    let sheet = sheet_at(&events, 1000);
    let known = |id: &str| step(&sheet, id).access.known.to_string();
    assert_eq!(known("billing-1"), "verified");
    assert_eq!(known("JTI=b"), "inferred");
    assert_eq!(known("billing-2"), "inferred");
    assert_eq!(known("helper"), "asserted");
    let session = step(&sheet, "ASIA1");
    assert_eq!(session.access.expiry, Expiry::At { time: at(5000) });
    assert!(matches!(session.access.known, HopState::Inferred { .. }), "{:?}", session.access);
    // The role was used: that says more than the configuration alone.
    let role = &step(&sheet, ROLE).access.known;
    assert!(matches!(role, HopState::Inferred { confidence: 90, .. }), "{role:?}");
}

#[test]
fn survivors_are_named() {
    let events = [
        request(100, "billing-1", "a"),
        assumed(200, "JTI=a", Some(BILLING), "ASIA1", 5000),
        assumed(300, "ASIA1", None, "ASIA2", 5000),
    ];
    let sheet = sheet_at(&events, 1000);
    let number = |id: &str| step(&sheet, id).number;
    // The pod's twin, the token Secret, and the controller that starts it again.
    assert_eq!(
        step(&sheet, "billing-1").survives.steps,
        [number("billing-2"), number("billing-token"), number("billing")].map(|number| {
            // Network reach and workload have one name; the workload is the last step.
            if number == 1 { sheet.steps.len() } else { number }
        })
    );
    // What issued it can issue another. Older sessions of one role go together.
    assert_eq!(step(&sheet, "ASIA2").survives.steps, [number("ASIA1"), number(ROLE)]);
    // The same role is bound to another account as which it is declared to act.
    let routes: Vec<&str> = step(&sheet, "billing-1")
        .survives
        .routes
        .iter()
        .map(|route| route.capability.as_str())
        .collect();
    assert_eq!(routes, ["k8s: get pods/a @agents"]);
    assert!(
        step(&sheet, "billing-1").survives.routes[0].route.contains("ServiceAccount agents/ops")
    );
}

#[test]
fn work_that_would_break_is_counted() {
    let sheet = sheet_at(&[], 1000);
    let broken = |number: usize| -> Vec<(String, u64)> {
        let step = sheet.steps.get(number - 1).expect("a step");
        step.breaks.iter().map(|work| (work.agent.name.raw().to_owned(), work.uses)).collect()
    };
    let all = || vec![("billing".to_owned(), 13)];
    assert_eq!(broken(1), all());
    // Another agent uses the server too.
    assert_eq!(broken(2), [("billing".to_owned(), 5), ("helper".to_owned(), 3)]);
    assert_eq!(step(&sheet, "billing-2").breaks[0].uses, 8);
    assert_eq!(broken(sheet.steps.len()), all());
}

/// The commands of a step, as they are shown.
#[track_caller]
fn check_commands(sheet: &ContainmentSheet, number: usize, expected: &[&str]) {
    let step = sheet.steps.get(number - 1).expect("a step");
    let shown: Vec<String> =
        step.revocation.commands.iter().map(|command| command.shown()).collect();
    assert_eq!(shown, expected);
}

#[test]
fn commands_are_those_of_the_documentation() {
    let sheet = sheet_at(&[assumed(200, "", Some(BILLING), "ASIA1", 5000)], 1000);
    check_commands(
        &sheet,
        1,
        &[concat!(
            r#"printf %s '{"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy","metadata":"#,
            r#"{"name":"diptych-quarantine","namespace":"agents"},"spec":{"podSelector":"#,
            r#"{"matchLabels":{"app":"billing"}},"policyTypes":["Ingress","Egress"]}}' "#,
            "| kubectl apply --namespace=agents --filename=-"
        )],
    );
    check_commands(
        &sheet,
        3,
        &[concat!(
            "aws iam put-role-policy --role-name=billing-role ",
            "--policy-name=AWSRevokeOlderSessions '--policy-document=",
            r#"{"Statement":[{"Action":["*"],"Condition":{"DateLessThan":{"aws:TokenIssueTime":"#,
            r#""1970-01-01T00:16:40Z"}},"Effect":"Deny","Resource":["*"]}],"Version":"2012-10-17"}'"#
        )],
    );
    let delete = ["kubectl delete pod --namespace=agents -- billing-1"];
    check_commands(&sheet, step(&sheet, "billing-1").number, &delete);
    let scale = ["kubectl scale --replicas=0 --namespace=agents -- deployment billing"];
    check_commands(&sheet, sheet.steps.len(), &scale);
}

#[test]
fn hostile_names_stay_words_and_are_never_options() {
    let mut evil = request(100, "--all", "x");
    evil.principal = Some(BILLING.into());
    let mut quoted = request(100, "a'; reboot #\u{202e}", "y");
    quoted.principal = Some(BILLING.into());
    let records: Vec<Record> = bodies().into_iter().map(record).collect();
    let mut events = vec![evil, quoted];
    // No workload is called like this; the agent itself names them.
    events.iter_mut().for_each(|event| event.agent = Some(key("billing")));
    let sheet = sheet_of(&records, &[], &events, 1000, &[]);
    check_commands(
        &sheet,
        step(&sheet, "--all").number,
        &["kubectl delete pod --namespace=agents -- --all"],
    );
    check_commands(
        &sheet,
        step(&sheet, "a'; reboot #\u{202e}").number,
        &[r"kubectl delete pod --namespace=agents -- $'a\'; reboot #\342\200\256'"],
    );
    // `claude mcp remove` takes the name where it would take an option.
    let server = |name: &str| McpServer {
        client: "claude-code".into(),
        server: name.into(),
        ..McpServer::default()
    };
    let records: Vec<Record> =
        ["--scope=user", "crm"].map(|name| record(Configured::McpServer(server(name)))).into();
    let estate = Estate::build(&records, &[], &[]);
    let subject = Subject {
        agent: crate::domain::AgentKey::new("prod", "", "claude-code"),
        principals: Vec::new(),
    };
    let trail = Trail::new(&estate, &subject, at(1000));
    let sheet = super::sheet(&Question {
        subject: &subject,
        at: at(1000),
        incident_from: None,
        estate: &estate,
        authority: &Authority::of(&estate, &[]),
        trail: &trail,
        exercises: &[],
        seen: &BTreeMap::new(),
        baseline: &[],
    });
    check_commands(&sheet, step(&sheet, "crm").number, &["claude mcp remove crm"]);
    let withheld = step(&sheet, "--scope=user");
    assert!(withheld.revocation.commands.is_empty());
    assert!(withheld.revocation.does_not.contains("begins like an option"));
}

#[test]
fn every_kind_has_a_row_with_its_documentation() {
    for kind in AccessKind::iter() {
        let mut rows = table::rows().filter(|row| row.kind == kind);
        assert!(rows.any(|row| row.needs.is_empty()), "{kind} has no row that always applies");
    }
    for row in table::rows() {
        assert!(row.url.starts_with("https://"), "{}", row.kind);
        assert!(!row.does.is_empty() && !row.does_not.is_empty() && !row.title.is_empty());
        for line in row.commands.iter().filter(|line| line.words.first() == Some(&"kubectl")) {
            let end = line.words.iter().position(|word| *word == "--").unwrap_or(usize::MAX);
            let is_bare = |(at, word): (usize, &&str)| word.starts_with('<') && at < end;
            assert!(!line.words.iter().enumerate().any(is_bare), "{:?}", line.words);
        }
    }
}

#[test]
fn the_document_holds_every_command_in_a_block() {
    let mut event = request(100, "a```\n# not a heading", "x");
    event.agent = Some(key("billing"));
    let sheet = sheet_at(&[event], 1000);
    let page = markdown(&sheet);
    for step in &sheet.steps {
        for command in &step.revocation.commands {
            assert!(page.contains(&command.shown()), "{}", command.shown());
        }
    }
    assert!(!page.lines().any(|line| line.starts_with("# not")), "{page}");
}

proptest::proptest! {
    #[test]
    fn order_does_not_matter_and_nothing_expired_is_listed(
        hops in proptest::collection::vec((0_u32..50, 0_usize..5, 0_usize..5, 0_i64..60), 0..8),
        turn in 0_usize..8,
    ) {
        const IDS: [&str; 5] = ["ASIA0", "ASIA1", "ASIA2", "ASIA3", "ASIA4"];
        let make = |(second, with, issued, until): &(u32, usize, usize, i64)| {
            let subject = (*with == 0).then_some(BILLING);
            let with = if *with == 0 { "" } else { IDS[*with] };
            assumed(*second, with, subject, IDS[*issued], *until)
        };
        let events: Vec<Event> = hops.iter().map(make).collect();
        let mut turned = events.clone();
        turned.reverse();
        turned.rotate_left(turn.min(events.len()));
        let sheet = sheet_at(&events, 40);
        proptest::prop_assert_eq!(&sheet, &sheet_at(&turned, 40));
        for step in &sheet.steps {
            if let Expiry::At { time } = step.access.expiry {
                proptest::prop_assert!(time > at(40), "{:?}", step.access);
            }
            proptest::prop_assert!(step.access.since.is_none_or(|since| since <= at(40)));
        }
    }
}
