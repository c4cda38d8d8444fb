//! The proof that a Gap 2 asks for: where scope comes from upstream, editing what is the agent's own
//! leaves it as it is, and editing the upstream object does not.

use super::federation::testing::{
    POD_IDENTITY, POOL, association, binding as google_binding, node, pod, provider,
    trusting_service,
};
use super::testing::{agent, aggregating, binding, estate, key, labelled_role, role, workload};
use super::*;
use crate::domain::configured::{AgentDeclaration, Configured};
use crate::domain::{Capability, Permitted};

/// One hidden route: what is the agent's own, what lies upstream, and what it reaches over it.
struct Fixture {
    name: &'static str,
    /// Neither: the workload, the roles and accounts that others name.
    given: Vec<Configured>,
    own: Vec<Configured>,
    upstream: Vec<Configured>,
    reached: Capability,
    /// Whether the records prove the whole route.
    is_proven: bool,
}

fn secret() -> Capability {
    Capability::Kubernetes {
        verb: "get".into(),
        group: "".into(),
        resource: "secrets".into(),
        namespace: Some("agents".into()),
        name: Some("ledger".into()),
    }
}

fn topic() -> Capability {
    Capability::Cloud {
        action: "pubsub.topics.delete".into(),
        resource: "projects/shop/topics/orders".into(),
    }
}

/// What every agent of the fixtures has of its own: a role for configuration maps, bound to its account,
/// and a declaration.
fn own() -> Vec<Configured> {
    vec![
        role("agents", "own", &["get configmaps"]),
        binding("agents", "own", "Role", "own", &["ServiceAccount billing"]),
        Configured::AgentDeclaration(AgentDeclaration {
            kind: "registry".into(),
            namespace: "agents".into(),
            name: "billing".into(),
            tools: vec![(None, "crm.read".into())],
            ..AgentDeclaration::default()
        }),
    ]
}

fn fixture(
    name: &'static str,
    given: Vec<Configured>,
    upstream: Vec<Configured>,
    reached: Capability,
    is_proven: bool,
) -> Fixture {
    let workload = workload("Deployment", "agents", "billing");
    let given = given.into_iter().chain([workload]).collect();
    Fixture { name, given, own: own(), upstream, reached, is_proven }
}

fn fixtures() -> Vec<Fixture> {
    let reader = || role("", "reader", &["get secrets"]);
    let robot = "serviceAccount:robot@shop.iam.gserviceaccount.com";
    let on_robot = "projects/shop/serviceAccounts/robot@shop.iam.gserviceaccount.com";
    let aws_role = format!(
        "principalSet://iam.googleapis.com/{POOL}/attribute.aws_role/arn:aws:sts::111122223333:assumed-role/billing"
    );
    let default_account = "serviceAccount:12-compute@developer.gserviceaccount.com";
    vec![
        fixture(
            "a group that holds every account",
            vec![reader()],
            vec![binding("", "all", "ClusterRole", "reader", &["Group system:serviceaccounts"])],
            secret(),
            true,
        ),
        fixture(
            "a binding to all accounts of the namespace",
            vec![reader()],
            vec![binding(
                "agents",
                "all",
                "ClusterRole",
                "reader",
                &["Group system:serviceaccounts:agents"],
            )],
            secret(),
            true,
        ),
        fixture(
            "a label that aggregates a role into one that is bound",
            vec![
                aggregating(role("", "monitoring", &[]), &[("into", "monitoring")]),
                binding("", "m", "ClusterRole", "monitoring", &["ServiceAccount agents/billing"]),
            ],
            vec![labelled_role("", "extra", &[("into", "monitoring")], &["get secrets"])],
            secret(),
            true,
        ),
        fixture(
            "the account of the machine",
            vec![
                pod("billing", "n", false),
                node("n", "gce://12/zone/n"),
                google_binding("projects/12", "roles/x", &[]),
            ],
            vec![google_binding("projects/shop", "roles/editor", &[default_account])],
            topic(),
            false,
        ),
        fixture(
            "from the cluster to AWS and on to Google",
            vec![
                association("billing", "billing", None),
                trusting_service("billing", POD_IDENTITY, &[]),
                google_binding(on_robot, "roles/iam.workloadIdentityUser", &[&aws_role]),
                google_binding("projects/shop", "roles/editor", &[robot]),
            ],
            vec![provider("111122223333", None)],
            topic(),
            true,
        ),
        fixture(
            "a folder above the project",
            vec![
                association("billing", "billing", None),
                trusting_service("billing", POD_IDENTITY, &[]),
                provider("111122223333", None),
            ],
            vec![google_binding("folders/3", "roles/editor", &[&aws_role])],
            topic(),
            false,
        ),
    ]
}

/// The agent's grants over inherited routes, and what they say of the capability.
fn inherited(fixture: &Fixture, bodies: &[&[Configured]]) -> (Vec<String>, Permitted) {
    let estate = estate(bodies.concat());
    let grants = resolve(&estate, &[agent(key("billing"))]);
    let grants = grants.iter().filter(|grant| !grant.route.is_immediate());
    let answer = grants.clone().map(|grant| grant.permits(&fixture.reached)).max();
    let mut shown: Vec<String> = grants
        .map(|grant| format!("{} | {}", grant.pattern.visible(), grant.route.visible()))
        .collect();
    shown.sort_unstable();
    (shown, answer.unwrap_or(Permitted::No))
}

#[test]
fn editing_what_is_the_agents_own_leaves_its_effective_scope() {
    for fixture in fixtures() {
        let Fixture { name, given, own, upstream, is_proven, .. } = &fixture;
        let (before, answer) = inherited(&fixture, &[given, own, upstream]);
        match is_proven {
            true => assert_eq!(answer, Permitted::Yes, "{name}: {before:#?}"),
            false => assert!(matches!(answer, Permitted::Depends(_)), "{name}: {before:#?}"),
        }
        let (after, still) = inherited(&fixture, &[given, upstream]);
        assert_eq!((after, still), (before, answer), "{name}");
        let (_, gone) = inherited(&fixture, &[given, own]);
        assert_eq!(gone, Permitted::No, "{name}");
    }
}
