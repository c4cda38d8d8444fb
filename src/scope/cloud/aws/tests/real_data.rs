//! Real accounts, recorded sessions, and the findings that a peer published on its accounts.

use std::collections::BTreeSet;

use serde_json::Value;

use super::super::chain;
use super::super::context::Context;
use super::super::decision::{Decision, Policies, Request};
use super::super::directory::{Directory, account_of};
use super::super::evaluate::evaluate;
use super::super::principal::Principal;
use super::super::trust::{Claim, admits};
use super::super::weakness::{Flaw, weaknesses};
use super::trusts::{admitted, role};
use super::{document, policy};
use crate::domain::configured::cloud::aws::{IamIdentity, PolicyDocument};
use crate::domain::{Record, Text};
use crate::ingest::configured::tests::read_text;
use crate::scope::testing::real_data;

fn text(path: &str) -> Option<String> {
    std::fs::read_to_string(real_data(path)).ok()
}

fn json(path: &str) -> Option<Value> {
    Some(serde_json::from_str(&text(path)?).expect("the file is JSON"))
}

fn records(path: &str) -> Option<Vec<Record>> {
    Some(read_text("details.json", &text(path)?).records)
}

fn say(line: &str) {
    // The count tells whether the real data was there.
    std::io::Write::write_fmt(&mut std::io::stderr(), format_args!("{line}\n"))
        .expect("standard error takes a line");
}

fn names(value: &Value) -> BTreeSet<String> {
    let listed = value.as_array().into_iter().flatten().filter_map(Value::as_str);
    listed.map(str::to_ascii_lowercase).collect()
}

const CLOUDSPLAINING: &str = "iam-cloudsplaining/test/files";

/// The resource that nobody would have constrained a policy to.
const ANY: &str = "arn:aws:service:eu-west-1:012345678901:anything/at-all";

/// Whether the document allows an action whatever the resource is.
fn is_unconstrained(document: &PolicyDocument, action: &str) -> bool {
    let policies = Policies { identity: vec![policy("finding", document)], ..Policies::default() };
    let request = Request {
        principal: Principal::from_arn("arn:aws:iam::012345678901:role/any").expect("a role"),
        action: action.into(),
        resource: ANY.into(),
        resource_account: None,
        context: Context::default(),
    };
    matches!(evaluate(&request, &policies), Decision::Allowed(_))
}

/// The actions by which data leaves, as the peer's own configuration lists them.
fn exfiltrating() -> BTreeSet<String> {
    let text = text(&format!("{CLOUDSPLAINING}/test-exclusions.yml")).expect("its settings");
    let settings: Value = serde_saphyr::from_str(&text).expect("YAML");
    names(&settings["include-actions"])
}

/// The escalation paths of the catalogue that the peer looks for, by the actions that each takes.
fn escalations() -> Vec<BTreeSet<String>> {
    let catalogue = "iam-cloudsplaining/research/pathfinding-cloud/pathfinding-paths-catalog.yaml";
    let text = text(catalogue).expect("the catalogue");
    let catalogue: Value = serde_saphyr::from_str(&text).expect("YAML");
    let paths = catalogue["paths"].as_array().expect("paths");
    let known =
        paths.iter().filter(|path| path["cloudsplaining_coverage"]["status"] == "exact-match");
    known.map(|path| names(&path["required_actions"])).collect()
}

/// Findings of the peer that are not compared.
const EXCLUDED: [(&str, &str); 2] = [
    ("ResourceExposure", "which other actions of a service expose it, AWS's action database says"),
    ("ActionsCount", "how many actions a wildcard means, AWS's action database says"),
];

#[test]
fn published_findings_follow_from_the_policies() {
    let Some(published) = json(&format!(
        "{CLOUDSPLAINING}/scanning/test_authorization_file_details_missing_constraints_v2.json"
    )) else {
        return;
    };
    let inline = json(&format!("{CLOUDSPLAINING}/scanning/test_inline_policy_results.json"));
    let findings = published.as_array().expect("findings").iter().cloned().chain(inline);
    let (exfiltrating, escalations) = (exfiltrating(), escalations());
    assert_eq!((exfiltrating.len(), escalations.len()), (7, 18));
    let (mut policies, mut cases) = (0, 0);
    for finding in findings {
        policies += 1;
        let name = &finding["PolicyName"];
        let document = document(&finding["PolicyDocument"]);
        let of = |category: &str| match &finding[category] {
            Value::Array(_) => names(&finding[category]),
            other => names(&other["findings"]),
        };
        // Every action that the peer expanded or exposes is allowed.
        let listed: BTreeSet<String> =
            of("Actions").union(&of("ResourceExposure")).cloned().collect();
        for action in &listed {
            assert!(is_unconstrained(&document, action), "{name}: {action}");
            cases += 1;
        }
        let found: BTreeSet<String> =
            exfiltrating.iter().filter(|it| is_unconstrained(&document, it)).cloned().collect();
        assert_eq!(found, of("DataExfiltration"), "{name}");
        let escalating = escalations
            .iter()
            .filter(|actions| actions.iter().all(|action| is_unconstrained(&document, action)));
        assert_eq!(escalating.count(), of("PrivilegeEscalation").len(), "{name}");
        let services: BTreeSet<&str> =
            listed.iter().filter_map(|action| Some(action.split_once(':')?.0)).collect();
        let wild = services
            .into_iter()
            .filter(|service| is_unconstrained(&document, &format!("{service}:AnythingAtAll")));
        if !finding["ServiceWildcard"].is_null() {
            assert_eq!(wild.count(), of("ServiceWildcard").len(), "{name}");
        }
        cases += exfiltrating.len() + escalations.len();
    }
    let excluded: Vec<&str> = EXCLUDED.iter().map(|(category, _)| *category).collect();
    say(&format!(
        "{cases} findings on {policies} policies compared; the whole of {} excluded",
        excluded.join(", ")
    ));
    assert!(cases > 150, "only {cases}");
}

/// Services that run code with a role, as the peer names them.
const COMPUTE: [&str; 5] = ["ec2", "ecs-tasks", "eks", "eks-fargate-pods", "lambda"];

#[test]
fn published_identities_are_resolved() {
    let details = format!("{CLOUDSPLAINING}/example-authz-details.json");
    let Some(records) = records(&details) else { return };
    let directory = Directory::of(records.iter());
    let mut cases = 0;
    let mut check = |results: &str, group: bool| {
        let expected = json(&format!("{CLOUDSPLAINING}/scanning/{results}")).expect("results");
        let arn = Text::from(expected["arn"].as_str().expect("an ARN"));
        let identity =
            directory.identities().find(|read| read.it.arn == arn).expect("the identity").it;
        let named = |of: &Value| -> BTreeSet<String> {
            let keys = [
                "inline_policies",
                "managed_policies",
                "aws_managed_policies",
                "customer_managed_policies",
            ];
            let maps = keys.iter().filter_map(|key| of[*key].as_object());
            maps.flatten().filter_map(|(_, name)| Some(name.as_str()?.to_owned())).collect()
        };
        let held = |identity: &IamIdentity| -> BTreeSet<String> {
            let held = directory.own_policies(identity).into_iter();
            held.map(|held| {
                assert!(held.policy.is_some(), "{:?} is loaded", held.object);
                let name = held.object.name.raw();
                name.rsplit('/').next().unwrap_or(name).to_owned()
            })
            .collect()
        };
        // The peer's role results leave nothing out; its user results count groups apart.
        assert_eq!(held(identity), named(&expected), "{arn:?}");
        cases += 1;
        if group {
            for (object, group) in directory.groups(identity) {
                let expected = &expected["groups"][object.name.raw()];
                assert_eq!(held(group.expect("the group").it), named(expected), "{object:?}");
                cases += 1;
            }
        }
        identity
    };
    check("test_group_detail_results.json", false);
    check("test_user_detail_results.json", true);
    let role = check("test_role_detail_results.json", false);
    let expected = json(&format!("{CLOUDSPLAINING}/scanning/test_role_detail_results.json"));
    let expected = expected.expect("results");
    let computing: BTreeSet<String> = COMPUTE
        .iter()
        .filter(|name| admits(role, Claim::Service(&format!("{name}.amazonaws.com"))).is_some())
        .map(|name| (*name).to_owned())
        .collect();
    assert_eq!(computing, names(&expected["AssumableByComputeServices"]["findings"]));
    for (category, flaw) in [
        ("AssumableByCrossAccountPrincipal", Flaw::OtherAccount),
        ("AssumableByAnyPrincipal", Flaw::Anybody),
        ("AssumableByAnyPrincipalWithConditions", Flaw::AnybodyUnderConditions),
    ] {
        let found = weaknesses(role).iter().filter(|weakness| weakness.flaw == flaw).count();
        assert_eq!(found, names(&expected[category]["findings"]).len(), "{category}");
        cases += 1;
    }
    say(&format!("{} published results on identities compared", cases + 1));
}

#[test]
fn every_dump_resolves() {
    let (mut dumps, mut identities, mut policies) = (0, 0, 0);
    for name in [
        "example-authz-details.json",
        "example_authz_details_for_overrides.json",
        "example_authz_details_for_overrides_complete.json",
        "example_authz_v2.json",
        "managed_policy_mismatch.json",
    ] {
        let path = format!("{CLOUDSPLAINING}/{name}");
        let (Some(records), Some(dump)) = (records(&path), json(&path)) else { return };
        let directory = Directory::of(records.iter());
        let list = |list: &str| dump[list].as_array().cloned().unwrap_or_default();
        let listed: Vec<Value> = list("Policies").into_iter().map(|it| it["Arn"].clone()).collect();
        let lists = ["UserDetailList", "GroupDetailList", "RoleDetailList"].map(list);
        for detail in lists.iter().flatten() {
            let arn = detail["Arn"].as_str().expect("an ARN");
            let read = directory.identities().find(|read| read.it.arn == arn).expect(arn);
            let attached = detail["AttachedManagedPolicies"].as_array().expect("a list");
            let inline =
                ["UserPolicyList", "GroupPolicyList", "RolePolicyList"].map(|it| &detail[it]);
            let inline = inline.iter().filter_map(|it| it.as_array()).map(Vec::len).sum::<usize>();
            let held = directory.own_policies(read.it);
            assert_eq!(held.len(), attached.len() + inline, "{name}: {arn}");
            let loaded = held.iter().filter(|held| held.policy.is_some()).count();
            let in_dump = attached.iter().filter(|it| listed.contains(&it["PolicyArn"])).count();
            assert_eq!(loaded, in_dump + inline, "{name}: {arn}");
            identities += 1;
        }
        policies += listed.len();
        dumps += 1;
    }
    say(&format!("{dumps} dumps resolved: {identities} identities, {policies} policies"));
}

const MOTO: &str = "produced-by-sdks/aws-iam-moto";

#[test]
fn the_recorded_chain_is_a_route() {
    let Some(records) =
        records(&format!("{MOTO}/get-account-authorization-details.local-only.json"))
    else {
        return;
    };
    let directory = Directory::of(records.iter());
    let session = |file: &str| {
        let answer = json(&format!("{MOTO}/{file}")).expect("an answer of STS");
        let arn = answer["AssumedRoleUser"]["Arn"].as_str().expect("a session").to_owned();
        let role = Principal::from_arn(&arn).expect("a session");
        // The path of a role is not in the ARN of its sessions.
        let name = role.arn.raw().rsplit('/').next().unwrap_or_default().to_owned();
        let is_it = |identity: &IamIdentity| {
            account_of(&identity.arn) == account_of(&role.arn)
                && identity.arn.raw().ends_with(&format!("/{name}"))
        };
        directory.identities().find(|read| is_it(read.it)).expect("the role").it
    };
    let first = session("sts.assume-role-with-web-identity.json");
    let second = session("sts.assume-role.hop2.json");
    let claim = |subject| Claim::WebIdentity {
        issuer: Some("oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE"),
        subject,
        audience: Some("sts.amazonaws.com"),
    };
    let planner = admitted(first, claim("system:serviceaccount:agents:planner"));
    assert_eq!(planner, "allow");
    assert_eq!(admitted(first, claim("system:serviceaccount:agents:other")), "refuse");
    let links = chain::links(&directory);
    let found: Vec<String> = links.iter().map(chain::Link::visible).collect();
    assert_eq!(
        found,
        [
            "AWS::IAM::Role 123456789012/irsa-planner-agent → arn:aws:iam::123456789012:role/agents/tool-runner if sts:RoleSessionName"
        ]
    );
    assert_eq!(links.first().map(|link| &link.to.arn), Some(&second.arn));
    let node = directory
        .identities()
        .find(|read| read.it.instance_profiles.as_ref().is_some_and(|it| !it.is_empty()));
    let node = node.expect("a role of machines").it;
    assert_eq!(admitted(node, Claim::Service("ec2.amazonaws.com")), "allow");
    say("the recorded chain of 2 roles is among the computed ones");
}

#[test]
fn recorded_sessions_are_of_the_roles_that_were_assumed() {
    let logs = "cloudtrail-stratus/docs/detonation-logs";
    let (mut sessions, mut backdoors) = (0, 0);
    for log in [
        "aws.defense-evasion.organizations-leave.json",
        "aws.discovery.ec2-download-user-data.json",
        "aws.execution.ec2-launch-unusual-instances.json",
        "aws.persistence.iam-backdoor-role.json",
        "aws.persistence.iam-create-backdoor-role.json",
    ] {
        let Some(events) = json(&format!("{logs}/{log}")) else { return };
        for event in events.as_array().expect("events") {
            let asked = &event["requestParameters"];
            let session = event["responseElements"]["assumedRoleUser"]["arn"].as_str();
            if let (Some(session), Some(role)) = (session, asked["roleArn"].as_str()) {
                let principal = Principal::from_arn(session).expect("a session");
                assert_eq!(principal.arn, role, "{log}");
                sessions += 1;
            }
            let trust =
                asked["policyDocument"].as_str().or(asked["assumeRolePolicyDocument"].as_str());
            if let Some(trust) = trust {
                let trust: Value = serde_json::from_str(trust).expect("a trust policy");
                let found = weaknesses(&role(&trust["Statement"]));
                let flaws: Vec<Flaw> = found.iter().map(|weakness| weakness.flaw).collect();
                assert_eq!(flaws, [Flaw::OtherAccount], "{log}");
                backdoors += 1;
            }
        }
    }
    assert_eq!((sessions, backdoors), (6, 2));
    say(&format!("{sessions} recorded sessions and {backdoors} backdoors compared"));
}
