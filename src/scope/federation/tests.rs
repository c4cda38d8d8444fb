//! Hops by the records of both sides, of one side, and of none.

use super::testing::{
    ISSUER, POD_IDENTITY, POOL, account, arn, assignment, association, binding, credential,
    google_account, node, plain_account, pod, provider, trusting_google, trusting_role,
    trusting_service, trusting_tokens,
};
use super::*;
use crate::domain::configured::{Configured, WorkloadFederation};
use crate::scope::testing::{change, estate, key, record, snapshot, workload};
use crate::scope::{Configuration, Estate};

use WorkloadFederation::{AwsIrsa, AzureWorkloadIdentity, GcpWorkloadIdentity};

/// Each link as `from → to (attachment[, derived]) [? missing; …]`.
fn shown(estate: &Estate) -> Vec<String> {
    let (iam, directory) = (gcp::Iam::read(estate), entra::Directory::read(estate));
    let show = |link: &Link| {
        let derived = if link.is_derived { ", derived" } else { "" };
        let missing: Vec<_> = link.missing.iter().map(Text::visible).collect();
        let missing = match missing.is_empty() {
            true => String::new(),
            false => format!(" ? {}", missing.join("; ")),
        };
        let (from, to) = (&link.from.1, &link.to.1);
        format!("{} → {} ({}{derived}){missing}", from.visible(), to.visible(), link.attachment)
    };
    links(estate, &iam, &directory).iter().map(show).collect()
}

#[track_caller]
fn check(bodies: Vec<Configured>, expected: &[&str]) {
    assert_eq!(shown(&estate(bodies)), expected);
}

const SUBJECT: &str = "system:serviceaccount:agents:billing";
const ROLE: &str =
    "ServiceAccount agents/billing → AWS::IAM::Role 111122223333/billing (federation";
const ROBOT: &str = "robot@shop.iam.gserviceaccount.com";
const ON_ROBOT: &str = "projects/shop/serviceAccounts/robot@shop.iam.gserviceaccount.com";
const WORKLOAD_USER: &str = "roles/iam.workloadIdentityUser";

#[test]
fn irsa_takes_an_annotation_and_a_trust_policy() {
    let annotated = || account("billing", AwsIrsa, &arn("billing"));
    let sub = |operator: &str, subject: &str| format!("{operator} sub {subject}");
    let sure = format!("{ROLE})");
    let exact = sub("StringEquals", SUBJECT);
    for (conditions, expected) in [
        (vec![exact.as_str()], vec![sure.as_str()]),
        (vec![&exact, "StringEquals aud sts.amazonaws.com"], vec![&sure]),
        (vec![&exact, "StringEquals aud other"], vec![]),
        (vec![&sub("StringLike", "system:serviceaccount:agents:*")], vec![&sure]),
        (vec![&sub("StringEquals", "system:serviceaccount:agents:other")], vec![]),
        (vec![&sub("StringNotLike", "system:serviceaccount:agents:*")], vec![]),
        (
            vec![&exact, "IpAddress aws:SourceIp 10.0.0.0/8"],
            vec![&format!("{ROLE}) ? aws:SourceIp IpAddress 10.0.0.0/8")],
        ),
        (vec![], vec![&sure]),
    ] {
        check(vec![annotated(), trusting_tokens("billing", &conditions)], &expected);
    }
    let alone = "? the trust policy of AWS::IAM::Role 111122223333/billing lets it";
    check(vec![annotated()], &[&format!("{ROLE}) {alone}")]);
}

#[test]
fn trust_alone_is_a_step_that_somebody_may_take() {
    let exact = format!("StringEquals sub {SUBJECT}");
    let doubt = format!("{ISSUER} issues the tokens of prod");
    check(
        vec![plain_account("billing"), trusting_tokens("billing", &[&exact])],
        &[&format!("{ROLE}, derived) ? {doubt}")],
    );
    // A loose trust policy takes in every account; where the issuer is known nothing is missing.
    let loose = "StringLike sub system:serviceaccount:agents:*";
    check(
        vec![
            account("billing", AwsIrsa, &arn("billing")),
            plain_account("crm"),
            trusting_tokens("billing", &[loose]),
        ],
        &[
            &format!("{ROLE})"),
            "ServiceAccount agents/crm → AWS::IAM::Role 111122223333/billing (federation, derived)",
        ],
    );
}

#[test]
fn pod_identity_takes_an_association_and_chains_to_its_target() {
    let chain =
        "AWS::IAM::Role 111122223333/billing → AWS::IAM::Role 111122223333/data (role chain)";
    let billing = || trusting_service("billing", POD_IDENTITY, &[]);
    let one = || association("billing", "billing", None);
    let two = || association("billing", "billing", Some("data"));
    for (bodies, expected) in [
        (vec![one(), billing()], vec![format!("{ROLE})")]),
        (vec![one(), trusting_service("billing", "ec2.amazonaws.com", &[])], vec![]),
        (
            vec![one()],
            vec![format!(
                "{ROLE}) ? the trust policy of AWS::IAM::Role 111122223333/billing lets it"
            )],
        ),
        (
            vec![two(), billing(), trusting_role("data", &arn("billing"))],
            vec![format!("{ROLE})"), chain.to_owned()],
        ),
        (
            vec![
                two(),
                association("crm", "billing", Some("data")),
                billing(),
                trusting_role("data", &arn("billing")),
            ],
            vec![
                format!("{ROLE})"),
                ROLE.replace("agents/billing", "agents/crm") + ")",
                chain.to_owned(),
            ],
        ),
        // Trust in the account leaves it to the role's own policies.
        (
            vec![two(), billing(), trusting_role("data", "arn:aws:iam::111122223333:root")],
            vec![format!("{ROLE})"), format!("{chain} ? the policies of the account 111122223333")],
        ),
        (vec![two(), billing(), trusting_role("data", &arn("other"))], vec![format!("{ROLE})")]),
    ] {
        let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
        check(bodies, &expected);
    }
}

#[test]
fn clusters_of_google_share_the_pool_of_their_project() {
    let member = "serviceAccount:shop.svc.id.goog[agents/billing]";
    let newer = "principal://iam.googleapis.com/projects/12/locations/global/workloadIdentityPools/shop.svc.id.goog/subject/ns/agents/sa/billing";
    let all = "principalSet://iam.googleapis.com/projects/12/locations/global/workloadIdentityPools/shop.svc.id.goog/namespace/agents";
    let in_pool = "ServiceAccount agents/billing → workload identity shop.svc.id.goog/ns/agents/sa/billing (federation)";
    let in_set = "ServiceAccount agents/billing → workload identities shop.svc.id.goog/namespace/agents (federation)";
    let doubt = "? the cluster is one of project shop";
    let annotated = || account("billing", GcpWorkloadIdentity, ROBOT);
    let bound = |member: &str| binding(ON_ROBOT, WORKLOAD_USER, &[member]);
    for (bodies, expected) in [
        (vec![annotated(), bound(member)], vec![in_pool.to_owned()]),
        (vec![annotated(), bound(newer)], vec![in_pool.to_owned()]),
        (vec![plain_account("billing"), bound(member)], vec![format!("{in_pool} {doubt}")]),
        (
            vec![plain_account("billing"), bound(member), node("n", "gce://shop/zone/n")],
            vec![in_pool.to_owned()],
        ),
        (vec![plain_account("billing"), bound(member), node("n", "gce://other/zone/n")], vec![]),
        (vec![plain_account("billing"), bound(all)], vec![format!("{in_set} {doubt}")]),
        (vec![plain_account("crm"), bound(member)], vec![]),
        (
            vec![annotated()],
            vec![format!(
                "ServiceAccount agents/billing → iam.googleapis.com/ServiceAccount {ROBOT} (federation) \
                 ? a binding of {WORKLOAD_USER} on {ROBOT} for agents/billing"
            )],
        ),
    ] {
        let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
        check(bodies, &expected);
    }
}

#[test]
fn pools_take_tokens_of_clusters_and_roles_of_aws() {
    let set = |shared: &str| format!("principalSet://iam.googleapis.com/{POOL}/{shared}");
    let aws_role = set("attribute.aws_role/arn:aws:sts::111122223333:assumed-role/billing");
    let subject = format!("principal://iam.googleapis.com/{POOL}/subject/{SUBJECT}");
    let from_role = "AWS::IAM::Role 111122223333/billing";
    let to_role = format!(
        "workload identities {POOL}/attribute.aws_role/arn:aws:sts::111122223333:assumed-role/billing"
    );
    let bound = |member: &str| binding("projects/shop", "roles/viewer", &[member]);
    let aws = |condition| provider("111122223333", condition);
    check(vec![aws(None), bound(&aws_role)], &[&format!("{from_role} → {to_role} (federation)")]);
    check(
        vec![aws(Some("assertion.account == 'x'")), bound(&aws_role)],
        &[&format!("{from_role} → {to_role} (federation) ? assertion.account == 'x'")],
    );
    check(vec![provider("999999999999", None), bound(&aws_role)], &[]);
    check(
        vec![aws(None), bound(&set("*")), trusting_service("billing", "ec2.amazonaws.com", &[])],
        &[&format!("{from_role} → workload identities {POOL}/* (federation)")],
    );
    let cluster = || provider(&format!("https://{ISSUER}"), None);
    check(
        vec![plain_account("billing"), cluster(), bound(&subject)],
        &[&format!(
            "ServiceAccount agents/billing → workload identity {POOL}/{SUBJECT} (federation) \
             ? {ISSUER} issues the tokens of prod"
        )],
    );
    check(vec![plain_account("crm"), cluster(), bound(&subject)], &[]);
}

#[test]
fn entra_takes_an_annotation_a_credential_and_a_label() {
    let annotated = || account("billing", AzureWorkloadIdentity, "client-1");
    let audience = "api://AzureADTokenExchange";
    let taken = || credential("k8s", "https://aks/issuer/", SUBJECT, audience);
    let labelled = || {
        change(workload("Deployment", "agents", "billing"), |workload| {
            let (key, value) = ("azure.workload.identity/use".into(), "true".into());
            workload.pod_labels.insert(key, value);
        })
    };
    let assigned = || assignment("P-1", "client-1", "/subscriptions/s");
    let to = "ServiceAccount agents/billing → Entra principal p-1 (federation)";
    let belongs = "the credential k8s belongs to client-1";
    let issuer = "aks/issuer issues the tokens of prod";
    let label = "its pods carry the label azure.workload.identity/use";
    let no_credential = format!("a federated credential of client-1 for {SUBJECT}");
    for (bodies, expected) in [
        (vec![annotated(), taken(), assigned(), labelled()], format!("{to} ? {belongs}; {issuer}")),
        (vec![annotated(), taken(), assigned()], format!("{to} ? {belongs}; {issuer}; {label}")),
        (vec![annotated(), assigned(), labelled()], format!("{to} ? {no_credential}")),
        (
            vec![
                annotated(),
                credential("k8s", "https://x", SUBJECT, "other"),
                assigned(),
                labelled(),
            ],
            format!("{to} ? {no_credential}"),
        ),
        (
            vec![annotated(), taken(), labelled()],
            format!(
                "ServiceAccount agents/billing → Entra application client-1 (federation) ? {belongs}; {issuer}"
            ),
        ),
    ] {
        check(bodies, &[&expected]);
    }
    check(vec![plain_account("billing"), taken(), assigned()], &[]);
}

#[test]
fn google_accounts_become_roles_and_applications() {
    let robot = || google_account(ROBOT, "1081");
    let from = format!("iam.googleapis.com/ServiceAccount {ROBOT}");
    let trusting = |id: &str| {
        trusting_google("billing", &[&format!("StringEquals accounts.google.com:sub {id}")])
    };
    let role = format!("{from} → AWS::IAM::Role 111122223333/billing (federation)");
    check(vec![robot(), trusting("1081")], &[&role]);
    check(vec![robot(), trusting("999")], &[]);
    let audience = "api://AzureADTokenExchange";
    let owner = format!("{from} → owner of the credential /c/gcp (federation)");
    check(
        vec![robot(), credential("gcp", "https://accounts.google.com", "1081", audience)],
        &[&owner],
    );
    check(vec![robot(), credential("gcp", "https://elsewhere", "1081", audience)], &[]);
}

#[test]
fn the_node_is_the_last_resort() {
    let on_node = "ServiceAccount agents/billing → Node n (node)";
    let reached = "? pods reach the metadata service of the node";
    let profile = "Node n → AWS::IAM::Role 111122223333/nodes (node) ? which instance profile the machine of n has";
    let machine = || node("n", "aws:///eu-west-1a/i-1");
    let nodes = || trusting_service("nodes", "ec2.amazonaws.com", &["profile"]);
    for (bodies, expected) in [
        (
            vec![pod("billing", "n", false), machine(), nodes()],
            vec![format!("{on_node} {reached}"), profile.to_owned()],
        ),
        (vec![pod("billing", "n", true), machine()], vec![on_node.to_owned()]),
        (vec![pod("billing", "other", true), machine(), nodes()], vec![]),
        (
            vec![
                pod("billing", "n", true),
                machine(),
                trusting_service("x", "ec2.amazonaws.com", &[]),
            ],
            vec![on_node.to_owned()],
        ),
        // An account with an identity of its own does not fall back.
        (
            vec![
                pod("billing", "n", true),
                machine(),
                nodes(),
                association("billing", "billing", None),
                trusting_service("billing", POD_IDENTITY, &[]),
            ],
            vec![format!("{ROLE})")],
        ),
    ] {
        let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
        check(bodies, &expected);
    }
}

#[test]
fn configuration_is_as_complete_as_the_accounts_that_are_reached() {
    let deployment = || workload("Deployment", "agents", "billing");
    let hop = || {
        vec![
            association("billing", "billing", None),
            trusting_service("billing", POD_IDENTITY, &[]),
            deployment(),
        ]
    };
    let kinds = ["AWS::IAM::Role", "AWS::IAM::RolePolicy", "AWS::IAM::ManagedPolicy"];
    for (bodies, listed, expected) in [
        (vec![deployment()], &kinds[..], Configuration::Absent),
        (hop(), &[], Configuration::Partial),
        (hop(), &kinds[..2], Configuration::Partial),
        (hop(), &kinds, Configuration::Complete),
        (
            vec![association("billing", "billing", None), deployment()],
            &kinds,
            Configuration::Partial,
        ),
        (
            vec![account("billing", GcpWorkloadIdentity, ROBOT), deployment()],
            &kinds,
            Configuration::Partial,
        ),
    ] {
        let records: Vec<_> = bodies.into_iter().map(record).collect();
        let snapshots: Vec<_> = listed
            .iter()
            .map(|kind| crate::domain::Snapshot {
                realm: "111122223333".into(),
                ..snapshot(kind, None, true)
            })
            .collect();
        let estate = Estate::build(&records, &snapshots, &["prod".into()]);
        assert_eq!(estate.cloud_configuration(&key("billing")), expected, "{listed:?}");
    }
}
