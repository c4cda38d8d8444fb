//! Loose trust in every cloud: as a list, and on the routes that go over it.

use super::loose_trust;
use crate::domain::configured::cloud::aws::{
    Aws, IamPolicy, Listed, PolicyDocument, PolicyFunction, Statement, StatementEffect,
};
use crate::domain::configured::cloud::azure::{Azure, FederatedCredential};
use crate::domain::configured::{Configured, WorkloadFederation};
use crate::domain::{Capability, Text};
use crate::scope::Authority;
use crate::scope::authority::Reach;
use crate::scope::federation::testing::{
    POD_IDENTITY, POOL, account, arn, association, binding, credential, trusting_role,
    trusting_service, trusting_tokens,
};
use crate::scope::testing::{agent, estate, key, workload};

const EXACT: &str = "StringEquals sub system:serviceaccount:agents:billing";
const WIDE: &str = "StringLike sub system:serviceaccount:agents:*";

/// Each as `object: flaw (statement, evidence)`.
#[track_caller]
fn check(body: Configured, expected: &[&str]) {
    let found: Vec<String> = loose_trust(&estate([body]))
        .iter()
        .map(|it| {
            let (role, evidence) = (it.role.visible(), it.evidence.visible());
            format!("{role}: {} ({}, {evidence})", it.flaw, it.statement)
        })
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn loose_trust_is_listed() {
    check(trusting_tokens("billing", &[EXACT]), &[]);
    check(
        trusting_tokens("billing", &[WIDE]),
        &["AWS::IAM::Role 111122223333/billing: subjects of every service account may assume the \
           role (1, system:serviceaccount:agents:*)"],
    );
    check(
        trusting_role("data", "*"),
        &["AWS::IAM::Role 111122223333/data: anybody may assume the role (1, *)"],
    );
    let robot = "robot@shop.iam.gserviceaccount.com";
    let on_robot = format!("projects/shop/serviceAccounts/{robot}");
    let pool = format!("principalSet://iam.googleapis.com/{POOL}/*");
    let part = format!("principalSet://iam.googleapis.com/{POOL}/group/planners");
    let user = "roles/iam.workloadIdentityUser";
    check(
        binding(&on_robot, user, &[&pool, &part, "allUsers", "user:a@example.com"]),
        &[
            &format!(
                "iam.googleapis.com/ServiceAccount {robot}: every workload of the pool may become \
                 the account (1, {pool})"
            ),
            &format!(
                "iam.googleapis.com/ServiceAccount {robot}: anybody may become the account (1, \
                 allUsers)"
            ),
        ],
    );
    check(
        binding("projects/shop", "roles/iam.serviceAccountUser", &["allAuthenticatedUsers"]),
        &["service accounts of projects/shop: any Google account may become the account (1, \
           allAuthenticatedUsers)"],
    );
    check(binding("projects/shop", "roles/storage.objectViewer", &["allUsers"]), &[]);
    let audience = "api://AzureADTokenExchange";
    check(credential("one", "https://x", "repo:acme/agents", audience), &[]);
    let pattern = "claims['sub'] matches 'repo:acme/*'";
    check(
        Configured::Azure(Azure::FederatedCredential(FederatedCredential {
            id: "/c/many".into(),
            claims: Some(pattern.into()),
            ..FederatedCredential::default()
        })),
        &[&format!(
            "federatedIdentityCredential /c/many: any subject that fits the pattern may become the \
             application (1, {pattern})"
        )],
    );
}

/// A role's own policy that lets it read a bucket.
fn reading(role: &str) -> Configured {
    let only = |text: &str| Listed::Only(vec![Text::from(text)]);
    let statement = Statement {
        sid: None,
        effect: StatementEffect::Allow,
        principals: None,
        actions: only("s3:GetObject"),
        resources: Some(only("*")),
        conditions: Vec::new(),
    };
    Configured::Aws(Aws::Policy(IamPolicy {
        name: "own".into(),
        function: PolicyFunction::Identity,
        attached_to: vec![arn(role).into()],
        document: PolicyDocument { statements: vec![statement], ..PolicyDocument::default() },
        ..IamPolicy::default()
    }))
}

/// The rules of each route of the agent to the bucket, with the objects that make its steps possible.
#[track_caller]
fn check_routes(mut bodies: Vec<Configured>, expected: &[&[&str]]) {
    bodies.push(workload("Deployment", "agents", "billing"));
    let billing = key("billing");
    let authority = Authority::of(&estate(bodies), &[agent(billing.clone())]);
    let read =
        Capability::Cloud { action: "s3:GetObject".into(), resource: "arn:aws:s3:::b/k".into() };
    let found: Vec<Vec<String>> = authority
        .explain(&billing, &read, Reach::Own)
        .routes
        .iter()
        .map(|route| {
            let said = route.steps.iter().map(|step| {
                let through = step.through.iter().map(|object| object.visible());
                std::iter::once(step.rule.to_owned()).chain(through).collect::<Vec<_>>().join(", ")
            });
            said.collect()
        })
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn routes_say_that_they_go_over_loose_trust() {
    let annotated = || account("billing", WorkloadFederation::AwsIrsa, &arn("billing"));
    let (first, last) = ("runs as", "holds the policy");
    for (condition, rule) in [
        (EXACT, "annotated with the role, which trusts the account's tokens"),
        (WIDE, "subjects of every service account may assume the role"),
    ] {
        check_routes(
            vec![annotated(), trusting_tokens("billing", &[condition]), reading("billing")],
            &[&[first, rule, last]],
        );
    }
    let associated = "associated by Pod Identity; sessions are tagged with the pod, Pod Identity \
                      association agents/a-1";
    let trust = "trust policy 111122223333/data";
    let own = arn("billing");
    for (target, principal, rule) in [
        // The account's own records and the association show one and the same step.
        (
            Some("data"),
            own.as_str(),
            "the association names it as the role to assume in turn, Pod Identity association \
             agents/a-1",
        ),
        (Some("data"), "*", "anybody may assume the role, Pod Identity association agents/a-1"),
        (None, &own, "may assume the role"),
        (None, "*", "anybody may assume the role"),
    ] {
        check_routes(
            vec![
                association("billing", "billing", target),
                trusting_service("billing", POD_IDENTITY, &[]),
                trusting_role("data", principal),
                reading("data"),
            ],
            &[&[first, associated, &format!("{rule}, {trust}"), last]],
        );
    }
}
