//! Chains over the credentials of clouds.

use serde_json::{Value, json};

use super::records::*;
use super::{build, request};
use crate::domain::configured::{
    CloudPrincipal, Configured, Node, ServiceAccount, WorkloadFederation,
};
use crate::domain::{Event, Record, RootKind};
use crate::lineage::chain::ChainFocus;
use crate::scope::Estate;
use crate::scope::testing::{acting_as, change, estate, meta, owned, record, workload};

const BILLING: &str = "system:serviceaccount:agents:billing";

fn annotated(name: &str, role: &str) -> Configured {
    Configured::ServiceAccount(ServiceAccount {
        meta: meta("agents", name, &[]),
        cloud: vec![CloudPrincipal {
            by: WorkloadFederation::AwsIrsa,
            principal: Some(format!("arn:aws:iam::{ACCOUNT}:role/agents/{role}").into()),
            ..CloudPrincipal::default()
        }],
        ..ServiceAccount::default()
    })
}

/// `billing` with an account of its own, `crm` and `hr` with one that they share, on one machine.
fn cluster() -> Estate {
    let on_node = |body| change(body, |pod| pod.node = Some("n-1".into()));
    let pod = |name: &str| {
        on_node(owned(workload("Pod", "agents", &format!("{name}-1")), "Deployment", name))
    };
    let node = Node {
        meta: meta("", "n-1", &[]),
        provider_id: Some("aws:///eu-west-1a/i-0a1b2c3d4e5f60718".into()),
        ..Node::default()
    };
    estate([
        workload("Deployment", "agents", "billing"),
        acting_as(workload("Deployment", "agents", "crm"), "shared"),
        acting_as(workload("Deployment", "agents", "hr"), "shared"),
        pod("crm"),
        pod("hr"),
        Configured::Node(node),
        annotated("billing", "reader"),
    ])
}

fn nothing() -> Estate {
    estate([])
}

fn federated(number: u32, subject: &str, role: &str, key: &str) -> Event {
    let by = web_identity(subject);
    assume(number, "sts:AssumeRoleWithWebIdentity", &by, role, key, json!({}))
}

/// EKS gives a role to a pod; the agent on its node asks, with the role of the node.
fn pod_identity(number: u32, account: &str, pod: &str, key: &str) -> Event {
    let node = session("node", "i-0a1b2c3d4e5f60718", "ASIA-node");
    let role = format!("arn:aws:sts::{ACCOUNT}:assumed-role/reader/s");
    let members = json!({
        "requestParameters": {"clusterName": "prod", "tags": [
            {"key": "kubernetes-pod-name", "value": pod},
        ]},
        "responseElements": {
            "subject": {"namespace": "agents", "serviceAccount": account},
            "credentials": {"accessKeyId": key}, "assumedRoleUser": {"arn": role},
        },
    });
    aws(number, "eks-auth:AssumeRoleForPodIdentity", &node, members)
}

const READER: &str = "role arn:aws:sts::111122223333:assumed-role/reader";
const WRITER: &str = "role arn:aws:sts::111122223333:assumed-role/writer";
const ALICE: &str = "user arn:aws:iam::111122223333:user/alice";
const LOST: &str = "trigger not recorded (broken)";

#[test]
fn uses_are_joined_to_the_calls_that_issued_their_keys() {
    let by_alice = assume(1, "sts:AssumeRole", &user("alice"), "reader", "ASIA-1", json!({}));
    let in_turn = assume(
        2,
        "sts:AssumeRole",
        &session("reader", "s", "ASIA-1"),
        "writer",
        "ASIA-2",
        json!({}),
    );
    let events = [call(4, "writer", "ASIA-2"), call(3, "writer", "ASIA-2"), in_turn, by_alice];
    check(
        &nothing(),
        &events,
        &[
            &format!("2: {ALICE} (verified) → {READER} (verified) → {WRITER} (verified)"),
            &format!("1: {ALICE} (verified)"),
            &format!("1: {ALICE} (verified) → {READER} (verified)"),
        ],
    );
    let chains = build(&events, &nothing(), ChainFocus::All);
    let whole = chains.first().expect("a chain");
    assert_eq!(whole.events, 2, "the busiest comes first");
    assert_eq!(whole.root, RootKind::Account);
    assert_eq!(whole.resource, Some("arn:aws:s3:::b".into()));
    let credentials: Vec<&str> =
        whole.links.iter().flat_map(|link| &link.credentials).map(|id| id.raw()).collect();
    assert_eq!(credentials, ["AKIA-alice", "ASIA-1", "ASIA-2"]);
    // Each hop is shown by the call that gave the credential out.
    let shown: Vec<_> = whole.links.iter().skip(1).flat_map(|link| &link.events).collect();
    assert_eq!(shown, [&events[3].id, &events[2].id]);
}

#[test]
fn a_refused_or_missing_call_leaves_the_chain_broken() {
    let refused = assume(1, "sts:AssumeRole", &user("alice"), "reader", "ASIA-1", json!({}));
    let refused = Event { outcome: Some(crate::domain::Outcome::Failure), ..refused };
    let lost = format!("1: {LOST} → {READER} (verified)");
    check(&nothing(), &[call(2, "reader", "ASIA-1")], &[&lost]);
    check(
        &nothing(),
        &[refused, call(2, "reader", "ASIA-1")],
        &[&lost, &format!("1: {ALICE} (verified)")],
    );
}

#[test]
fn a_web_identity_is_verified_by_two_recorders() {
    let agent = "agent prod/agents/billing";
    let account = "service account agents/billing";
    let exchange = || federated(1, BILLING, "reader", "ASIA-1");
    let used = || call(2, "reader", "ASIA-1");
    let chain = |hop: &str| {
        [
            format!("1: {LOST} → {agent} (inferred) → {account} ({hop})"),
            format!("1: {LOST} → {agent} (inferred) → {account} ({hop}) → {READER} (verified)"),
        ]
    };
    let [alone, with_role] = chain("inferred");
    check(&cluster(), &[exchange(), used()], &[&alone, &with_role]);
    let [alone, with_role] = chain("verified");
    let pod_bound = request(3, BILLING, Some("billing-7f-x"), None);
    let api = format!("1: {LOST} → {agent} (inferred) → {account} (verified)");
    let events = [pod_bound, used(), exchange()];
    check(&cluster(), &events, &[&api, &alone, &with_role]);
    // The other recorder counts also where one event is asked for.
    check_focus(&cluster(), &events, ChainFocus::Event(events[1].id), &[&with_role]);
}

#[test]
fn an_account_of_several_clusters_is_ambiguous() {
    let record = |realm: &str| Record {
        realm: realm.into(),
        ..record(workload("Deployment", "agents", "billing"))
    };
    let two = Estate::build(&[record("prod"), record("staging")], &[], &[]);
    let events = [federated(1, BILLING, "reader", "ASIA-1"), call(2, "reader", "ASIA-1")];
    let chain = |realm: &str| {
        format!(
            "1: {LOST} → agent {realm}/agents/billing (ambiguous) → service account agents/billing \
             (ambiguous) → {READER} (verified)"
        )
    };
    let expected = [chain("prod"), chain("staging")];
    let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
    check_focus(&two, &events, ChainFocus::Event(events[1].id), &expected);
}

#[test]
fn what_nobody_knows_of_a_cluster_stays_broken() {
    check(
        &nothing(),
        &[federated(1, BILLING, "reader", "ASIA-1"), call(2, "reader", "ASIA-1")],
        &[
            &format!("1: {LOST} → service account agents/billing (verified)"),
            &format!("1: {LOST} → service account agents/billing (verified) → {READER} (verified)"),
        ],
    );
}

#[test]
fn an_account_that_is_not_configured_for_the_role_contradicts() {
    let subject = "system:serviceaccount:agents:shared";
    let events = [federated(1, subject, "reader", "ASIA-1"), call(2, "reader", "ASIA-1")];
    let chains = build(&events, &cluster(), ChainFocus::Credential("ASIA-1".into()));
    let hops: Vec<Vec<String>> =
        chains.iter().map(|c| c.links.iter().map(|link| link.hop.to_string()).collect()).collect();
    let shared = ["broken", "ambiguous", "ambiguous", "contradicted"];
    assert_eq!(hops, [shared, shared], "crm and hr share the account");
}

#[test]
fn pod_identity_names_the_pod_and_never_the_node() {
    let used = || call(2, "reader", "ASIA-1");
    let focus = || ChainFocus::Credential("ASIA-1".into());
    let chain = |hop: &str| {
        format!(
            "1: {LOST} → agent prod/agents/crm (inferred) → service account agents/shared ({hop}) → \
             {READER} (verified)"
        )
    };
    let shared = "system:serviceaccount:agents:shared";
    let unannotated = estate([
        acting_as(workload("Deployment", "agents", "crm"), "shared"),
        acting_as(workload("Deployment", "agents", "hr"), "shared"),
    ]);
    let events = [pod_identity(1, "shared", "crm-7f-x", "ASIA-1"), used()];
    check_focus(&unannotated, &events, focus(), &[&chain("asserted")]);
    let seen = request(3, shared, Some("crm-7f-x"), None);
    let events = [seen, used(), pod_identity(1, "shared", "crm-7f-x", "ASIA-1")];
    check_focus(&unannotated, &events, focus(), &[&chain("verified")]);
}

#[test]
fn tags_alone_are_an_assertion() {
    let tags = json!({"tags": [
        {"key": "kubernetes-namespace", "value": "agents"},
        {"key": "kubernetes-service-account", "value": "billing"},
        {"key": "kubernetes-pod-name", "value": "billing-7f-x"},
    ]});
    let by = json!({"type": "AWSService", "invokedBy": "pods.eks.amazonaws.com"});
    let events =
        [assume(1, "sts:AssumeRole", &by, "reader", "ASIA-1", tags), call(2, "reader", "ASIA-1")];
    check_focus(
        &cluster(),
        &events,
        ChainFocus::Credential("ASIA-1".into()),
        &[&format!(
            "1: {LOST} → agent prod/agents/billing (inferred) → service account agents/billing \
             (asserted) → {READER} (asserted)"
        )],
    );
}

#[test]
fn the_role_of_a_machine_is_the_machine_s() {
    let delivered = |machine: &str, members: Value| {
        let identity = with(session("node", machine, "ASIA-n"), json!({"sessionContext": members}));
        aws(1, "sts:GetCallerIdentity", &identity, json!({}))
    };
    let role = "role arn:aws:sts::111122223333:assumed-role/node";
    let imds = || json!({"ec2RoleDelivery": "1.0"});
    let machine = "i-0a1b2c3d4e5f60718";
    // Whoever takes on a role chooses the name of the session.
    for (members, hop) in [(imds(), "verified"), (json!({}), "asserted")] {
        let event = delivered(machine, members);
        let chain = format!("1: node {machine} (ambiguous) → {role} (verified)");
        check(&cluster(), std::slice::from_ref(&event), &[&chain]);
        let chain = format!("1: node {machine} ({hop}) → {role} (verified)");
        check(&nothing(), std::slice::from_ref(&event), &[&chain]);
        let chains = build(&[event], &cluster(), ChainFocus::All);
        assert!(chains.iter().all(|chain| chain.agent.is_none() && chain.root == RootKind::Node));
    }
    // What the machine takes on in turn is the machine's as well.
    let by = session("node", machine, "ASIA-n");
    let events = [
        assume(1, "sts:AssumeRole", &by, "reader", "ASIA-1", json!({})),
        call(2, "reader", "ASIA-1"),
    ];
    check_focus(
        &nothing(),
        &events,
        ChainFocus::Event(events[1].id),
        &[&format!("1: node {machine} (asserted) → {role} (verified) → {READER} (verified)")],
    );
    // A session that somebody is known to have called so is no machine's.
    let called = aws(2, "s3:ListBuckets", &session("reader", machine, "ASIA-1"), json!({}));
    let response = json!({"credentials": {"accessKeyId": "ASIA-1"}});
    let by_alice = aws(1, "sts:AssumeRole", &user("alice"), json!({"responseElements": response}));
    let focus = ChainFocus::Event(called.id);
    let chain = format!("1: {ALICE} (verified) → {READER} (verified)");
    check_focus(&cluster(), &[called, by_alice], focus, &[&chain]);
}

#[test]
fn roots_are_services_people_and_the_outside() {
    #[track_caller]
    fn check_root(how: &str, by: &Value, root: &str, kind: RootKind, hop: &str) {
        let events =
            [assume(1, how, by, "reader", "ASIA-1", json!({})), call(2, "reader", "ASIA-1")];
        let focus = ChainFocus::Event(events[1].id);
        check_focus(
            &nothing(),
            &events,
            focus.clone(),
            &[&format!("1: {root} → {READER} ({hop})")],
        );
        let kinds: Vec<RootKind> =
            build(&events, &nothing(), focus).iter().map(|chain| chain.root).collect();
        assert_eq!(kinds, [kind]);
    }
    let assumed = "sts:AssumeRole";
    check_root(
        assumed,
        &json!({"type": "AWSService", "invokedBy": "lambda.amazonaws.com"}),
        "trigger lambda.amazonaws.com (verified)",
        RootKind::Event,
        "verified",
    );
    check_root(
        assumed,
        &json!({"type": "AWSAccount", "accountId": "999900001111"}),
        "user 999900001111 (asserted)",
        RootKind::Outside,
        "asserted",
    );
    check_root(
        assumed,
        &json!({"type": "IAMUser", "arn": "arn:aws:iam::999900001111:user/bob"}),
        "user arn:aws:iam::999900001111:user/bob (asserted)",
        RootKind::Outside,
        "asserted",
    );
    check_root(
        "sts:AssumeRoleWithSAML",
        &json!({"type": "SAMLUser", "userName": "alice@example.org"}),
        "human alice@example.org (verified)",
        RootKind::Human,
        "verified",
    );
    check_root(
        "sts:AssumeRoleWithWebIdentity",
        &web_identity("repo:example/app:ref:refs/heads/main"),
        "user repo:example/app:ref:refs/heads/main (asserted)",
        RootKind::Outside,
        "verified",
    );
}

#[test]
fn the_source_identity_names_the_root_or_contradicts_it() {
    let source = |name: &str| json!({"sourceIdentity": name});
    let used = |name: &str| {
        let identity = with(
            session("reader", "s", "ASIA-1"),
            json!({"sessionContext": {"sourceIdentity": name}}),
        );
        aws(2, "s3:ListBuckets", &identity, json!({}))
    };
    let by =
        |name: &str, source| assume(1, "sts:AssumeRole", &user(name), "reader", "ASIA-1", source);
    #[track_caller]
    fn check_use(events: &[Event], expected: &str) {
        let used = events.last().expect("an event").id;
        check_focus(&nothing(), events, ChainFocus::Event(used), &[expected]);
    }
    // Only the session says so; the calls that led to it are not recorded.
    check_use(&[used("alice")], &format!("1: human alice (asserted) → {READER} (broken)"));
    check_use(
        &[by("alice", source("alice@example.org")), used("alice@example.org")],
        &format!("1: {ALICE} (verified) → {READER} (verified)"),
    );
    check_use(
        &[by("alice", source("mallory")), used("mallory")],
        &format!("1: {ALICE} (contradicted) → {READER} (verified)"),
    );
    // It cannot change on the way.
    check_use(
        &[by("alice", source("alice")), used("mallory")],
        &format!("1: {ALICE} (contradicted) → {READER} (contradicted)"),
    );
}

#[test]
fn credentials_that_go_round_or_have_several_callers_end() {
    let step = |number, from: &str, key: &str, to: &str, issued: &str| {
        assume(number, "sts:AssumeRole", &session(from, "s", key), to, issued, json!({}))
    };
    let round = [
        step(1, "reader", "ASIA-1", "writer", "ASIA-2"),
        step(2, "writer", "ASIA-2", "reader", "ASIA-1"),
        call(3, "reader", "ASIA-1"),
    ];
    check_focus(
        &nothing(),
        &round,
        ChainFocus::Event(round[2].id),
        &[&format!("1: {LOST} → {READER} (verified) → {WRITER} (verified) → {READER} (verified)")],
    );
    let itself = [step(1, "reader", "ASIA-1", "reader", "ASIA-1"), call(2, "reader", "ASIA-1")];
    let lost = format!("2: {LOST} → {READER} (verified)");
    check(&nothing(), &itself, &[&lost]);
    let placeholder = [
        assume(1, "sts:AssumeRole", &user("alice"), "reader", "REDACTED", json!({})),
        assume(2, "sts:AssumeRole", &user("bob"), "reader", "REDACTED", json!({})),
        call(3, "reader", "REDACTED"),
    ];
    check_focus(
        &nothing(),
        &placeholder,
        ChainFocus::Event(placeholder[2].id),
        &[&format!("1: trigger one of several callers (ambiguous) → {READER} (verified)")],
    );
}

#[test]
fn the_configuration_names_who_may_have_taken_on_a_role() {
    let agent = "agent prod/agents/billing (inferred)";
    check(
        &cluster(),
        &[call(1, "reader", "ASIA-1")],
        &[&format!(
            "1: {LOST} → {agent} → service account agents/billing (inferred) → {READER} (inferred)"
        )],
    );
    let two = estate([annotated("billing", "reader"), annotated("crm", "reader")]);
    check(
        &two,
        &[call(1, "reader", "ASIA-1")],
        &[&format!("1: trigger one of several callers (ambiguous) → {READER} (verified)")],
    );
}

#[test]
fn a_key_that_is_used_as_another_identity_contradicts() {
    let events = [
        assume(1, "sts:AssumeRole", &user("alice"), "reader", "ASIA-1", json!({})),
        call(2, "writer", "ASIA-1"),
    ];
    check_focus(
        &nothing(),
        &events,
        ChainFocus::Event(events[1].id),
        &[&format!("1: {ALICE} (verified) → {WRITER} (contradicted)")],
    );
}
