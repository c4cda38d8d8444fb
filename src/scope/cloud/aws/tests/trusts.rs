//! Trust policies: whom they admit, and which are loose.

use serde_json::{Value, json};

use super::super::decision::Cause;
use super::super::principal::Principal;
use super::super::trust::{Claim, admits, trust_of};
use super::super::weakness::{Flaw, flaw_of_naming, weaknesses};
use super::document;
use crate::domain::Text;
use crate::domain::configured::cloud::aws::{IamIdentity, IamKind};

const EKS: &str = "oidc.eks.eu-west-1.amazonaws.com/id/A1";
const GITHUB: &str = "token.actions.githubusercontent.com";

pub fn role(trust: &Value) -> IamIdentity {
    IamIdentity {
        kind: IamKind::Role,
        arn: "arn:aws:iam::111122223333:role/target".into(),
        id: None,
        trust: Some(document(&json!({"Version": "2012-10-17", "Statement": trust}))),
        groups: None,
        boundary: None,
        instance_profiles: None,
        last_used: None,
        longest_session: None,
        tags: Default::default(),
    }
}

fn oidc(provider: &str, condition: Value) -> Value {
    json!([{"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity", "Condition": condition,
        "Principal": {"Federated": format!("arn:aws:iam::111122223333:oidc-provider/{provider}")}}])
}

/// Audience and subject are demanded, the subject by this operator.
fn with_subject(provider: &str, operator: &str, subject: &str) -> Value {
    let mut condition = json!({"StringEquals": {format!("{provider}:aud"): "sts.amazonaws.com"}});
    condition[operator][format!("{provider}:sub")] = subject.into();
    oidc(provider, condition)
}

fn irsa(operator: &str, subject: &str) -> Value {
    with_subject(EKS, operator, subject)
}

fn service(name: &str, actions: Value, condition: Value) -> Value {
    json!([{"Effect": "Allow", "Principal": {"Service": name}, "Action": actions, "Condition": condition}])
}

/// The answer of a role in the words of the tables.
pub fn admitted(role: &IamIdentity, claim: Claim<'_>) -> String {
    match admits(role, claim) {
        None => "refuse".to_owned(),
        Some(admission) if admission.depends_on.is_empty() => "allow".to_owned(),
        Some(admission) => {
            let on: Vec<_> = admission.depends_on.iter().map(Text::visible).collect();
            format!("depends on {}", on.join(", "))
        }
    }
}

const PLANNER: Claim<'static> = Claim::WebIdentity {
    issuer: Some(EKS),
    subject: "system:serviceaccount:agents:planner",
    audience: Some("sts.amazonaws.com"),
};

fn pod(is_tagged: Option<bool>) -> Claim<'static> {
    Claim::PodIdentity { namespace: "agents", service_account: "planner", is_tagged }
}

#[test]
fn admitted_by_the_trust_policy() {
    let exact = irsa("StringEquals", "system:serviceaccount:agents:planner");
    let pods = "pods.eks.amazonaws.com";
    let both = || json!(["sts:AssumeRole", "sts:TagSession"]);
    let unknown = Claim::WebIdentity {
        issuer: None,
        subject: "system:serviceaccount:agents:planner",
        audience: Some("sts.amazonaws.com"),
    };
    let other = |subject, audience| Claim::WebIdentity {
        issuer: Some(EKS),
        subject,
        audience: Some(audience),
    };
    for (trust, claim, expected) in [
        (&exact, PLANNER, "allow"),
        (&exact, other("system:serviceaccount:agents:writer", "sts.amazonaws.com"), "refuse"),
        (&exact, other("system:serviceaccount:agents:planner", "else"), "refuse"),
        (&exact, unknown, "allow"),
        (&exact, Claim::Service("ec2.amazonaws.com"), "refuse"),
        (&irsa("StringLike", "system:serviceaccount:agents:*"), PLANNER, "allow"),
        (&irsa("StringEquals", "system:serviceaccount:agents:*"), PLANNER, "refuse"),
        (&oidc("oidc.eks.eu-west-1.amazonaws.com/id/B2", json!({})), PLANNER, "refuse"),
        (&service(pods, both(), json!({})), pod(Some(true)), "allow"),
        (&service(pods, json!("sts:AssumeRole"), json!({})), pod(Some(true)), "refuse"),
        (&service(pods, json!("sts:AssumeRole"), json!({})), pod(Some(false)), "allow"),
        (
            &service(pods, json!("sts:AssumeRole"), json!({})),
            pod(None),
            "depends on the sessions are not tagged",
        ),
        (&service(pods, both(), json!({})), pod(None), "allow"),
        (
            &service(
                pods,
                both(),
                json!({"StringEquals": {"aws:RequestTag/kubernetes-namespace": "agents"}}),
            ),
            pod(Some(true)),
            "allow",
        ),
        (
            &service(
                pods,
                both(),
                json!({"StringEquals": {"aws:RequestTag/kubernetes-namespace": "other"}}),
            ),
            pod(Some(true)),
            "refuse",
        ),
        (
            &service(pods, both(), json!({"StringEquals": {"aws:SourceAccount": "111122223333"}})),
            pod(Some(true)),
            "depends on aws:SourceAccount StringEquals 111122223333",
        ),
        (
            &service("ec2.amazonaws.com", json!("sts:AssumeRole"), json!({})),
            Claim::Service("ec2.amazonaws.com"),
            "allow",
        ),
    ] {
        assert_eq!(admitted(&role(trust), claim), expected, "{trust} {claim:?}");
    }
    let unread = IamIdentity { trust: None, ..role(&exact) };
    let depends = "depends on the policy of arn:aws:iam::111122223333:role/target";
    assert_eq!(admitted(&unread, Claim::Service("ec2.amazonaws.com")), depends);
}

#[test]
fn loose_trust_policies() {
    let aws = |name: &str, condition: Value| json!([{"Effect": "Allow", "Principal": {"AWS": name}, "Action": "sts:AssumeRole", "Condition": condition}]);
    let github = |operator, subject| with_subject(GITHUB, operator, subject);
    let none = || json!({});
    for (trust, expected) in [
        (aws("*", none()), "anybody may assume the role"),
        (aws("*", json!({"Bool": {"aws:SecureTransport": "true"}})), "anybody may assume the role"),
        (
            aws("*", json!({"StringEquals": {"aws:PrincipalOrgID": "o-1"}})),
            "anybody who meets the conditions may assume the role",
        ),
        (
            aws("*", json!({"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}})),
            "anybody may assume the role",
        ),
        (aws("*", json!({"StringLike": {"aws:PrincipalArn": "*"}})), "anybody may assume the role"),
        (aws("444455556666", none()), "whomever another account allows may assume the role"),
        (
            aws("arn:aws:iam::444455556666:root", none()),
            "whomever another account allows may assume the role",
        ),
        (aws("444455556666", json!({"StringEquals": {"sts:ExternalId": "e"}})), ""),
        (aws("111122223333", none()), ""),
        (aws("arn:aws:iam::444455556666:role/one", none()), ""),
        (irsa("StringEquals", "system:serviceaccount:agents:planner"), ""),
        (
            irsa("StringLike", "system:serviceaccount:agents:*"),
            "subjects of every service account may assume the role",
        ),
        (
            irsa("StringLike", "system:serviceaccount:*:planner"),
            "subjects of every namespace may assume the role",
        ),
        (irsa("StringLike", "*"), "any subject of the identity provider may assume the role"),
        (
            irsa("StringNotLike", "system:serviceaccount:kube-system:*"),
            "any subject of the identity provider may assume the role",
        ),
        (oidc(EKS, none()), "any subject of the identity provider may assume the role"),
        (github("StringLike", "repo:acme/*"), "subjects of every repository may assume the role"),
        (github("StringLike", "repo:acme/agents:*"), "subjects of every ref may assume the role"),
        (github("StringLike", "repo:*"), "subjects of every owner may assume the role"),
        (github("StringEquals", "repo:acme/agents:ref:refs/heads/main"), ""),
        (
            json!([{"Effect": "Allow", "NotPrincipal": {"AWS": "444455556666"}, "Action": "sts:AssumeRole"}]),
            "everybody but those listed may assume the role",
        ),
        (
            json!([{"Effect": "Allow", "Principal": {"Federated": "arn:aws:iam::111122223333:saml-provider/corp"}, "Action": "sts:AssumeRoleWithSAML"}]),
            "",
        ),
        (json!([{"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole"}]), ""),
    ] {
        let found = weaknesses(&role(&trust));
        let flaws: Vec<&str> = found.iter().map(|weakness| weakness.flaw.words()).collect();
        assert_eq!(flaws.join("; "), expected, "{trust}");
        assert!(found.iter().all(|weakness| weakness.statement == 1));
    }
}

#[test]
fn a_flaw_concerns_those_whom_it_names() {
    let role = role(&json!([{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal":
        {"AWS": ["arn:aws:iam::111122223333:role/one", "arn:aws:iam::444455556666:root"]}}]));
    let by = [Cause { by: trust_of(&role), statement: 1, sid: None }];
    for (arn, expected) in [
        ("arn:aws:iam::111122223333:role/one", None),
        ("arn:aws:iam::444455556666:role/any", Some(Flaw::OtherAccount)),
        ("arn:aws:iam::444455556666:root", Some(Flaw::OtherAccount)),
    ] {
        let who = Principal::from_arn(arn).expect("a principal");
        assert_eq!(flaw_of_naming(&role, &who, &by), expected, "{arn}");
        assert_eq!(flaw_of_naming(&role, &who, &[]), None, "{arn}");
    }
}
