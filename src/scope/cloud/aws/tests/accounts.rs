//! Accounts in the graph of authority: routes, bounds, chains.

use serde_json::{Value, json};

use super::super::super::super::{Authority, Estate};
use crate::domain::{AgentKey, Attachment, Capability, ObjectRef, Permitted, Record};
use crate::ingest::configured::tests::read_text;
use crate::scope::authority::{Edge, Reach};

const ACCOUNT: &str = "111122223333";

fn allow(rest: &str) -> Value {
    let (action, resource) = rest.split_once(" on ").expect("an action and a resource");
    json!({"Effect": "Allow", "Action": action, "Resource": resource})
}

fn statements(list: &[Value]) -> Value {
    json!({"Version": "2012-10-17", "Statement": list})
}

fn managed(name: &str, list: &[Value]) -> Value {
    json!({"PolicyName": name, "Arn": format!("arn:aws:iam::{ACCOUNT}:policy/{name}"), "DefaultVersionId": "v1",
        "PolicyVersionList": [{"VersionId": "v1", "IsDefaultVersion": true, "Document": statements(list)}]})
}

fn holding(names: &[&str]) -> Vec<Value> {
    let arn = |name: &&str| json!({"PolicyName": name, "PolicyArn": format!("arn:aws:iam::{ACCOUNT}:policy/{name}")});
    names.iter().map(arn).collect()
}

fn trusting(principal: Value) -> Value {
    statements(&[json!({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})])
}

/// An account in which the planner holds a conditional policy and a boundary and may become the
/// tool runner; alice is in a group whose policy is about her own folder.
fn account() -> Value {
    let role = |name: &str, trust: Value, inline: Vec<Value>, attached: &[&str]| {
        json!({"RoleName": name, "RoleId": format!("AROA{name}"), "Arn": format!("arn:aws:iam::{ACCOUNT}:role/{name}"),
            "AssumeRolePolicyDocument": trust, "AttachedManagedPolicies": holding(attached),
            "RolePolicyList": inline.iter().map(|one| json!({"PolicyName": "own", "PolicyDocument": statements(std::slice::from_ref(one))})).collect::<Vec<_>>()})
    };
    let mut planner = role(
        "planner",
        trusting(json!({"Service": "ec2.amazonaws.com"})),
        vec![allow("sts:AssumeRole on *")],
        &["data", "gone"],
    );
    planner["PermissionsBoundary"] =
        json!({"PermissionsBoundaryArn": format!("arn:aws:iam::{ACCOUNT}:policy/limit")});
    let runner = role(
        "runner",
        trusting(json!({"AWS": [format!("arn:aws:iam::{ACCOUNT}:root"), "444455556666"]})),
        vec![allow("secretsmanager:GetSecretValue on *")],
        &[],
    );
    let conditional = json!({"Effect": "Allow", "Action": "s3:PutObject", "Resource": "*",
        "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}});
    let denial =
        json!({"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::secret/*"});
    json!({
        "RoleDetailList": [planner, runner],
        "UserDetailList": [{"UserName": "alice", "UserId": "AIDA1", "Arn": format!("arn:aws:iam::{ACCOUNT}:user/alice"),
            "GroupList": ["analysts"], "AttachedManagedPolicies": [], "UserPolicyList": []}],
        "GroupDetailList": [{"GroupName": "analysts", "GroupId": "AGPA1", "Arn": format!("arn:aws:iam::{ACCOUNT}:group/analysts"),
            "AttachedManagedPolicies": holding(&["folders"]), "GroupPolicyList": []}],
        "Policies": [
            managed("data", &[allow("s3:Get* on *"), allow("ec2:* on *"), conditional, denial]),
            managed("limit", &[allow("s3:* on *"), allow("sts:* on *")]),
            managed("folders", &[allow("s3:* on arn:aws:s3:::home/${aws:username}/*")]),
        ],
    })
}

fn organization() -> Value {
    json!({"Policy": {"PolicySummary": {"Arn": "arn:aws:organizations::999999999999:policy/o-1/service_control_policy/p-1",
        "Name": "region", "Type": "SERVICE_CONTROL_POLICY"},
        "Content": statements(&[json!({"Effect": "Deny", "Action": "s3:DeleteBucket", "Resource": "*"})]).to_string()}})
}

fn records() -> Vec<Record> {
    let files = [
        ("details.json", account()),
        ("describe-policy.json", organization()),
        (
            "list-targets-for-policy.p-1.json",
            json!({"Targets": [{"TargetId": ACCOUNT,
            "Arn": format!("arn:aws:organizations::999999999999:account/o-1/{ACCOUNT}"), "Type": "ACCOUNT"}]}),
        ),
    ];
    files.iter().flat_map(|(name, json)| read_text(name, &json.to_string()).records).collect()
}

/// The agent acts as this principal of the account.
fn acting_as(kind: &str, name: &str) -> (Authority, AgentKey) {
    let estate = Estate::build(&records(), &[], &[]);
    let mut authority = Authority::of(&estate, &[]);
    let key = AgentKey::new(ACCOUNT, "", "agent");
    let (from, to) = (
        authority.agent(&key),
        authority.principal(&ACCOUNT.into(), ObjectRef::new(kind, ACCOUNT, name)),
    );
    authority.give(from, to, Edge::held(Attachment::Own, "acts as"));
    (authority, key)
}

fn cloud(asked: &str) -> Capability {
    let (action, resource) = asked.split_once(" on ").expect("an action and a resource");
    Capability::Cloud { action: action.into(), resource: resource.into() }
}

#[track_caller]
fn check(kind: &str, name: &str, asked: &str, expected: Permitted, route: &str) {
    let (authority, key) = acting_as(kind, name);
    let grants = authority.grants_of(&key, Reach::Own);
    let best = grants.iter().max_by_key(|grant| grant.permits(&cloud(asked)));
    let permitted = best.map_or(Permitted::No, |grant| grant.permits(&cloud(asked)));
    assert_eq!(permitted, expected, "{name}: {asked}");
    let shown = best.filter(|_| permitted.is_possible()).map(|grant| grant.route.visible());
    assert_eq!(shown.unwrap_or_default(), route, "{name}: {asked}");
}

const ROLE: &str = "AWS::IAM::Role";
const POLICY: &str = "AWS::IAM::ManagedPolicy 111122223333";

fn depends(on: &str) -> Permitted {
    Permitted::Depends(vec![on.into()])
}

#[test]
fn what_policies_leave_within_their_bounds() {
    let data = format!("{ROLE} 111122223333/planner → {POLICY}/data");
    let ip = "aws:SourceIp IpAddress 203.0.113.0/24";
    for (asked, expected, route) in [
        ("s3:GetObject on arn:aws:s3:::bucket/a", Permitted::Yes, data.as_str()),
        ("s3:GetObject on arn:aws:s3:::secret/a", Permitted::No, ""),
        ("s3:PutObject on arn:aws:s3:::bucket/a", depends(ip), &data),
        ("ec2:RunInstances on *", Permitted::No, ""),
        ("iam:CreateUser on *", Permitted::No, ""),
    ] {
        check(ROLE, "planner", asked, expected, route);
    }
}

#[test]
fn roles_that_may_be_assumed_give_what_they_have() {
    let secret =
        "secretsmanager:GetSecretValue on arn:aws:secretsmanager:eu-west-1:111122223333:secret:s";
    let own = format!("{ROLE} 111122223333/runner → AWS::IAM::RolePolicy 111122223333/runner/own");
    check(ROLE, "runner", secret, Permitted::Yes, &own);
    let chained = format!(
        "{ROLE} 111122223333/planner → {ROLE} 111122223333/runner (role chain) → AWS::IAM::RolePolicy 111122223333/runner/own"
    );
    check(ROLE, "planner", secret, Permitted::Yes, &chained);
    let account = format!(
        "AWS::Organizations::Account 444455556666/444455556666 → {ROLE} 111122223333/runner (role chain) → AWS::IAM::RolePolicy 111122223333/runner/own"
    );
    let estate = Estate::build(&records(), &[], &[]);
    let who = Authority::of(&estate, &[]).who_can(&cloud(secret), Reach::Own);
    let stranger = who.iter().map(|held| (held.route.visible(), held.route.permitted.clone()));
    let theirs = depends("the policies of the account 444455556666");
    let stranger = stranger.filter(|(_, permitted)| *permitted == theirs);
    assert_eq!(stranger.count(), 1, "{account}");
}

#[test]
fn what_a_group_holds_is_about_each_of_its_users() {
    let user = "AWS::IAM::User";
    let route = format!(
        "{user} 111122223333/alice → AWS::IAM::Group 111122223333/analysts (group) → {POLICY}/folders"
    );
    check(user, "alice", "s3:GetObject on arn:aws:s3:::home/alice/x", Permitted::Yes, &route);
    check(user, "alice", "s3:GetObject on arn:aws:s3:::home/bob/x", Permitted::No, "");
    check(user, "alice", "s3:DeleteBucket on arn:aws:s3:::home/alice/x", Permitted::No, "");
}

#[test]
fn policies_that_were_not_loaded_are_missing() {
    let (authority, key) = acting_as(ROLE, "planner");
    let missing = authority.missing(&key, Reach::Own);
    assert_eq!(missing, [ObjectRef::new("AWS::IAM::ManagedPolicy", ACCOUNT, "gone")]);
}
