//! The answers of AWS, whole and broken.

use super::super::tests::{body, check};

const STATEMENT: &str = r#"{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}"#;

fn role(name: &str, rest: &str) -> String {
    format!(
        r#"{{"Arn":"arn:aws:iam::111122223333:role/agents/{name}","RoleName":"{name}","CreateDate":"2026-01-02T03:04:05+00:00",
        "AssumeRolePolicyDocument":"%7B%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C%22Principal%22%3A%7B%22Service%22%3A%22pods.eks.amazonaws.com%22%7D%2C%22Action%22%3A%22sts%3AAssumeRole%22%7D%7D"{rest}}}"#
    )
}

fn managed(arn: &str, versions: &str) -> String {
    format!(r#"{{"Arn":"{arn}","DefaultVersionId":"v2","PolicyVersionList":[{versions}]}}"#)
}

fn version(id: &str, rest: &str) -> String {
    format!(r#"{{"VersionId":"{id}","Document":{{"Statement":{STATEMENT}}}{rest}}}"#)
}

const OWN: &str = "arn:aws:iam::111122223333:policy/own";

#[test]
fn an_account_with_everything() {
    let roles = role(
        "planner",
        &format!(
            r#","RolePolicyList":[{{"PolicyName":"in","PolicyDocument":{{"Statement":[{STATEMENT}]}}}}],
            "AttachedManagedPolicies":[{{"PolicyName":"own","PolicyArn":"{OWN}"}}],"Tags":[{{"Key":"Team","Value":"ai"}}]"#
        ),
    );
    let policies = managed(OWN, &[version("v1", ""), version("v2", "")].join(","));
    let text =
        format!(r#"{{"RoleDetailList":[{roles}],"Policies":[{policies}],"UserDetailList":[]}}"#);
    let found = check(
        "details.json",
        &text,
        &[
            "111122223333 AWS::IAM::RolePolicy 111122223333/planner/in",
            "111122223333 AWS::IAM::Role attachments 111122223333/planner",
            "111122223333 AWS::IAM::Role 111122223333/planner",
            "111122223333 AWS::IAM::ManagedPolicy 111122223333/own",
            "111122223333 AWS::IAM::User partial",
            "111122223333 AWS::IAM::UserPolicy partial",
            "111122223333 AWS::IAM::Group partial",
            "111122223333 AWS::IAM::GroupPolicy partial",
            "111122223333 AWS::IAM::Role complete",
            "111122223333 AWS::IAM::RolePolicy complete",
            "111122223333 AWS::IAM::ManagedPolicy complete",
        ],
    );
    let owners: Vec<_> =
        found.records.iter().map(|record| record.provisioning.owner.is_some()).collect();
    assert_eq!(owners, [true, true, true, false]);
}

#[test]
fn a_page_is_not_the_whole() {
    let page = |truncated: bool| {
        format!(r#"{{"RoleDetailList":[{}],"IsTruncated":{truncated}}}"#, role("a", ""))
    };
    let completeness = |text: &str| {
        let found = super::super::super::tests::read_text("f.json", text);
        found.snapshots.iter().any(|snapshot| snapshot.complete)
    };
    assert!(completeness(&page(false)));
    assert!(!completeness(&page(true)));
    assert!(!completeness(&format!("{}\n{}", page(true), page(false)).replace("\n        ", "")));
    // AWS's own policies are never all listed.
    let aws = managed("arn:aws:iam::aws:policy/A", &version("v2", ""));
    assert!(!completeness(&format!(r#"{{"RoleDetailList":[],"Policies":[{aws}]}}"#)));
}

#[test]
fn one_bad_part_costs_itself() {
    // A doubled member makes the whole item malformed.
    let doubled = role("doubled", r#","Arn":"arn:aws:iam::1:role/other""#);
    let inline = role(
        "c",
        &format!(
            r#","RolePolicyList":[{{"PolicyName":"x"}},{{"PolicyName":"y","PolicyDocument":{{"Statement":{STATEMENT}}}}}]"#
        ),
    );
    let text = format!(
        r#"{{"RoleDetailList":[{doubled},7,{inline}],"Policies":[{}]}}"#,
        [
            managed(OWN, &version("v1", "")),
            managed(OWN, r#"{"VersionId":"v2"}"#),
            managed(OWN, &version("v2", r#","IsDefaultVersion":true"#)),
        ]
        .join(",")
    );
    check(
        "details.json",
        &text,
        &[
            "111122223333 AWS::IAM::RolePolicy 111122223333/c/y",
            "111122223333 AWS::IAM::Role 111122223333/c",
            "111122223333 AWS::IAM::ManagedPolicy 111122223333/own",
            "111122223333 AWS::IAM::User partial",
            "111122223333 AWS::IAM::UserPolicy partial",
            "111122223333 AWS::IAM::Group partial",
            "111122223333 AWS::IAM::GroupPolicy partial",
            "111122223333 AWS::IAM::Role partial",
            "111122223333 AWS::IAM::RolePolicy partial",
            "111122223333 AWS::IAM::ManagedPolicy partial",
            ":/RoleDetailList/0 malformed",
            ":/RoleDetailList/1 malformed",
            ":/RoleDetailList/2/RolePolicyList/0 malformed",
            ":/Policies/0 incomplete",
            ":/Policies/1/PolicyVersionList/0 incomplete",
        ],
    );
}

#[test]
fn an_unreadable_trust_leaves_the_role() {
    let role = r#"{"Role":{"Arn":"arn:aws:iam::1:role/r","AssumeRolePolicyDocument":"%7"}}"#;
    check("r.json", role, &["1 AWS::IAM::Role 1/r", ":/Role/AssumeRolePolicyDocument malformed"]);
    let unused = r#"{"Role":{"Arn":"arn:aws:iam::1:role/r","RoleLastUsed":{},"AssumeRolePolicyDocument":null,"MaxSessionDuration":3600}}"#;
    let read = body("r.json", unused);
    assert_eq!(
        (&read["last_used"], &read["longest_session"]),
        (&serde_json::json!({}), &3600.into())
    );
    assert!(read.get("trust").is_none() && read.get("instance_profiles").is_none());
}

#[test]
fn single_answers() {
    let document = format!(r#"{{"Statement":[{STATEMENT}]}}"#);
    let user = r#"{"User":{"Arn":"arn:aws:iam::1:user/u","UserId":"AIDA","CreateDate":"2026-01-01T00:00:00Z"}}"#;
    let inline = format!(r#"{{"RoleName":"r","PolicyName":"p","PolicyDocument":{document}}}"#);
    let versioned = format!(
        r#"{{"PolicyVersion":{{"Document":{document},"VersionId":"v1","IsDefaultVersion":false}}}}"#
    );
    let attached =
        r#"{"AttachedPolicies":[{"PolicyName":"x","PolicyArn":"arn:aws:iam::1:policy/x"}]}"#;
    let provider = r#"{"Url":"oidc.x/id/A","ClientIDList":["sts.amazonaws.com"],"CreateDate":"2026-01-01T00:00:00Z"}"#;
    let described =
        r#"{"Policy":{"PolicyName":"x","Arn":"arn:aws:iam::1:policy/x","DefaultVersionId":"v1"}}"#;
    for (file, text, expected) in [
        ("f.json", user, "1 AWS::IAM::User 1/u"),
        ("f.json", &inline, " Policy /r/p"),
        ("get-policy-version.x.json", &versioned, " Policy /x"),
        ("get-policy-version.json", &versioned, " missing-field"),
        ("iam.list-attached-role-policies.r.json", attached, "1 AWS::IAM::Role attachments /r"),
        ("attached.json", attached, " missing-field"),
        ("f.json", provider, " AWS::IAM::OIDCProvider /oidc.x/id/A"),
        ("f.json", described, " incomplete"),
    ] {
        check(file, text, &[expected]);
    }
    assert_eq!(body("get-policy-version.x.json", &versioned)["in_force"], false);
    assert_eq!(body("f.json", provider)["audiences"][0], "sts.amazonaws.com");
}

#[test]
fn all_providers_are_listed() {
    check(
        "f.json",
        r#"{"OpenIDConnectProviderList":[{"Arn":"arn:aws:iam::1:oidc-provider/oidc.x/id/A"},{"Arn":"none"}]}"#,
        &[
            "1 AWS::IAM::OIDCProvider /oidc.x/id/A",
            "1 AWS::IAM::OIDCProvider partial",
            ":/OpenIDConnectProviderList/1 missing-field",
        ],
    );
}

#[test]
fn what_a_bare_document_is_for() {
    for (statement, function) in [
        (STATEMENT, "unknown"),
        (r#"{"Effect":"Allow","Principal":{"Service":"x"},"Action":"sts:AssumeRole"}"#, "trust"),
        (
            r#"{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::b/*"}"#,
            "resource",
        ),
    ] {
        let text = format!(r#"{{"Version":"2012-10-17","Statement":{statement}}}"#);
        let read = body("d/doc.json", &text);
        assert_eq!((&read["function"], &read["name"]), (&function.into(), &"doc.json".into()));
        let holds = if function == "resource" { "arn:aws:s3:::b" } else { "" };
        assert_eq!(read["attached_to"][0].as_str().unwrap_or_default(), holds, "{statement}");
    }
    check("d.json", r#"{"Statement":[{"Effect":"Allow"}]}"#, &[" malformed"]);
}

#[test]
fn policies_of_resources() {
    let policy = |resource: &str| {
        let statement = format!(
            r#"{{"Effect":"Allow","Principal":"*","Action":"x:Y","Resource":"{resource}"}}"#
        );
        serde_json::to_string(&format!(r#"{{"Statement":[{statement}]}}"#)).expect("a string")
    };
    let star = policy("*");
    let queue = "arn:aws:sqs:r:1:q";
    for (file, text, expected) in [
        (
            "f.json",
            format!(r#"{{"Policy":{}}}"#, policy("arn:aws:s3:::b/*")),
            vec![" Policy /b/policy"],
        ),
        (
            "get-key-policy.k1.json",
            format!(r#"{{"Policy":{star},"PolicyName":"default"}}"#),
            vec![" Policy /k1/default"],
        ),
        (
            "f.json",
            format!(r#"{{"Policy":{star}}}"#),
            vec![" Policy /policy", ":/Policy missing-field"],
        ),
        (
            "f.json",
            format!(r#"{{"Attributes":{{"Policy":{star},"QueueArn":"{queue}"}}}}"#),
            vec!["1 Policy 1/q/policy"],
        ),
        (
            "f.json",
            format!(r#"{{"ARN":"arn:aws:secretsmanager:r:1:secret:s","ResourcePolicy":{star}}}"#),
            vec!["1 Policy 1/s/policy"],
        ),
        (
            "f.json",
            format!(r#"{{"repositoryName":"images","policyText":{star}}}"#),
            vec![" Policy /images/policy"],
        ),
        ("f.json", r#"{"Policy":"{\"Statement\":1}"}"#.to_owned(), vec![":/Policy malformed"]),
    ] {
        check(file, &text, &expected);
    }
}

#[test]
fn policies_of_an_organization() {
    let policy = |kind: &str| {
        format!(
            r#"{{"Policy":{{"PolicySummary":{{"Id":"p-1","Arn":"arn:aws:organizations::9:policy/o-1/x/p-1","Name":"guard","Type":"{kind}"}},
            "Content":"{{\"Statement\":{{\"Effect\":\"Deny\",\"Action\":\"*\",\"Resource\":\"*\"}}}}"}}}}"#
        )
    };
    for (kind, function) in [
        ("SERVICE_CONTROL_POLICY", "service-control"),
        ("RESOURCE_CONTROL_POLICY", "resource-control"),
    ] {
        check("f.json", &policy(kind), &["9 AWS::Organizations::Policy 9/o-1/x/p-1"]);
        assert_eq!(body("f.json", &policy(kind))["function"], function);
    }
    check("f.json", &policy("TAG_POLICY"), &[":/Policy unsupported"]);
    let listed = r#"{"Policies":[{"Id":"p-1","Type":"SERVICE_CONTROL_POLICY"}]}"#;
    check("f.json", listed, &[" incomplete"]);
    let targets = r#"{"Targets":[{"TargetId":"ou-1","Arn":"arn:aws:organizations::9:ou/o-1/ou-1","Name":"agents"}]}"#;
    check(
        "list-targets-for-policy.p-1.json",
        targets,
        &[" AWS::Organizations::Policy attachments /p-1"],
    );
    check("targets.json", targets, &[" missing-field"]);
}

#[test]
fn last_use_of_services_and_actions() {
    let text = r#"{"JobStatus":"COMPLETED","JobCreationDate":"2026-11-01T00:00:00Z","ServicesLastAccessed":[
        {"ServiceNamespace":"s3","LastAuthenticated":"2026-10-01T00:00:00+00:00","LastAuthenticatedEntity":"arn:aws:iam::1:role/r",
         "TrackedActionsLastAccessed":[{"ActionName":"GetObject","LastAccessedTime":1790812800,"LastAccessedRegion":"eu-west-1"},{"ActionName":"PutObject"}]},
        {"ServiceNamespace":"kms","LastAuthenticated":"soon"},{"ServiceNamespace":"sqs"},{"x":1}]}"#;
    let file = "get-service-last-accessed-details.planner.json";
    let found = check(
        file,
        text,
        &[" AccessLastUsed part /planner from s3", ":/ServicesLastAccessed/3 malformed"],
    );
    let record = serde_json::to_value(&found.records).expect("serialises");
    assert_eq!(
        record[0]["body"],
        serde_json::json!({
            "type": "aws", "object": "access-last-used", "of": "planner", "complete": false,
            "from": "2025-09-27T00:00:00Z", "until": "2026-11-01T00:00:00Z",
            "services": [
                {"service": "s3", "last": {"at": "2026-10-01T00:00:00Z", "by": "arn:aws:iam::1:role/r"},
                 "actions": [
                    {"action": "GetObject", "last": {"at": "2026-10-01T00:00:00Z", "region": "eu-west-1"}},
                    {"action": "PutObject"}]},
                {"service": "kms", "last": {}},
                {"service": "sqs"},
            ],
        })
    );
    check("f.json", text, &[" missing-field"]);
    let running =
        r#"{"JobStatus":"IN_PROGRESS","Arn":"arn:aws:iam::1:role/r","ServicesLastAccessed":[]}"#;
    check("f.json", running, &[" incomplete"]);
    check("f.json", &running.replace("IN_PROGRESS", "COMPLETED"), &["1 AccessLastUsed 1/r"]);
}

#[test]
fn permissions_that_an_analyzer_saw_unused() {
    let finding = |kind: &str, status: &str| {
        format!(
            r#"{{"id":"f-1","findingType":"{kind}","status":"{status}","resource":"arn:aws:iam::1:role/r","analyzedAt":"2026-11-01T00:00:00Z",
            "findingDetails":[{{"unusedPermissionDetails":{{"serviceNamespace":"s3","actions":[{{"action":"PutObject","lastAccessed":"2026-01-01T00:00:00Z"}}]}}}},
            {{"unusedPermissionDetails":{{"serviceNamespace":"sqs"}}}}]}}"#
        )
    };
    check("f.json", &finding("UnusedPermission", "ACTIVE"), &["1 AccessLastUsed part 1/r from s3"]);
    let read = body("f.json", &finding("UnusedPermission", "ACTIVE"));
    assert_eq!(
        read["services"],
        serde_json::json!([
            {"service": "s3", "actions": [{"action": "PutObject", "last": {"at": "2026-01-01T00:00:00Z"}}]},
            {"service": "sqs"},
        ])
    );
    check("f.json", &finding("UnusedIAMRole", "ACTIVE"), &[":/findingType unsupported"]);
    check("f.json", &finding("UnusedPermission", "RESOLVED"), &[":/status unsupported"]);
}

#[test]
fn sessions_without_their_credentials() {
    let text = r#"{"Credentials":{"AccessKeyId":"ASIAIOSFODNN7EXAMPLE","SecretAccessKey":"hush","SessionToken":"hushhush","Expiration":"2026-11-01T00:00:00Z"},
        "SubjectFromWebIdentityToken":"system:serviceaccount:secrets:planner","AssumedRoleUser":{"AssumedRoleId":"AROA:s","Arn":"arn:aws:sts::1:assumed-role/r/s"},
        "Provider":"arn:aws:iam::1:oidc-provider/o","Audience":"sts.amazonaws.com","SourceIdentity":"dana"}"#;
    check("f.json", text, &["1 AWS::STS::Session 1/r/s ASIAIOSFODNN7EXAMPLE"]);
    let read = body("f.json", text);
    assert_eq!(read["subject"], "system:serviceaccount:secrets:planner");
    assert_eq!(read["source_identity"], "dana");
    assert!(!read.to_string().contains("hush"));
    let caller = r#"{"UserId":"AROA:s","Account":"1","Arn":"arn:aws:sts::1:assumed-role/r/s"}"#;
    check("f.json", caller, &["1 AWS::STS::Session 1/r/s"]);
    check("f.json", r#"{"Credentials":{},"AssumedRoleUser":{}}"#, &[" missing-field"]);
}
