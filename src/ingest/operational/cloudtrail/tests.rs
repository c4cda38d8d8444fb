use serde_json::{Map, Value, json};

use crate::domain::{Authorisation, Decision, Effect, Event, EventKind, Outcome, Text};
use crate::ingest::configured::tests::read_text;
use crate::ingest::operational::tests::{one, read};

/// A call by an assumed role, with these members replaced or added.
fn record(members: Value) -> Value {
    let mut record = json!({
        "eventVersion": "1.11", "eventID": "e-1", "requestID": "r-1",
        "eventTime": "2026-08-01T10:00:00Z", "eventSource": "secretsmanager.amazonaws.com",
        "eventName": "GetSecretValue", "awsRegion": "eu-west-1", "eventType": "AwsApiCall",
        "eventCategory": "Management", "managementEvent": true, "readOnly": true,
        "recipientAccountId": "111122223333", "sourceIPAddress": "10.0.0.9", "userAgent": "Boto3/1.40",
        "userIdentity": {
            "type": "AssumedRole", "principalId": "AROAEXAMPLE:billing-1",
            "arn": "arn:aws:sts::111122223333:assumed-role/billing/billing-1",
            "accountId": "111122223333", "accessKeyId": "ASIAIOSFODNN7EXAMPLE",
            "sessionContext": {
                "sessionIssuer": {"type": "Role", "arn": "arn:aws:iam::111122223333:role/billing"},
                "attributes": {"creationDate": "2026-08-01T09:00:00Z", "mfaAuthenticated": "false"},
                "sourceIdentity": "alice",
            },
        },
        "requestParameters": {"secretId": "prod/db"}, "responseElements": null,
    });
    if let Value::Object(members) = members {
        for (key, value) in members {
            record[key] = value;
        }
    }
    record
}

fn event(members: Value) -> Event {
    one("trail.json", &record(members).to_string())
}

fn raw(text: &Option<Text>) -> Option<&str> {
    text.as_ref().map(Text::raw)
}

fn params(event: &Event) -> Map<String, Value> {
    serde_json::from_str(event.params.as_ref().map_or("{}", Text::raw)).expect("an object")
}

#[test]
fn one_call_is_one_event() {
    let event = event(json!({}));
    assert_eq!(
        (event.kind, raw(&event.action)),
        (EventKind::CloudApi, Some("secretsmanager:GetSecretValue"))
    );
    assert_eq!(raw(&event.target), Some("prod/db"));
    assert_eq!(raw(&event.target_kind), Some("AWS::SecretsManager::Secret"));
    assert_eq!(
        raw(&event.principal),
        Some("arn:aws:sts::111122223333:assumed-role/billing/billing-1")
    );
    assert_eq!(
        (raw(&event.account), raw(&event.session)),
        (Some("111122223333"), Some("billing-1"))
    );
    assert_eq!(raw(&event.credential_id), Some("ASIAIOSFODNN7EXAMPLE"));
    assert_eq!((raw(&event.on_behalf_of), raw(&event.call_id)), (Some("alice"), Some("r-1")));
    assert_eq!((event.effect, event.inline), (Some(Effect::Read), None));
    assert_eq!((event.decision, event.authorisation()), (None, Authorisation::Allowed));
    let params = params(&event);
    assert_eq!(params["callerRoleArn"], "arn:aws:iam::111122223333:role/billing");
    assert_eq!((&params["mfa"], &params["names"]), (&json!(false), &json!(["secretId prod/db"])));
}

#[test]
fn decisions_errors_and_outcomes() {
    #[track_caller]
    fn check(members: Value, decision: Option<Decision>, outcome: Outcome, error: Option<&str>) {
        let event = event(members);
        assert_eq!((event.decision, event.outcome), (decision, Some(outcome)));
        assert_eq!(raw(&event.error), error);
        assert_eq!(event.inline, decision.map(|_| true));
    }
    let failure = Outcome::Failure;
    check(json!({}), None, Outcome::Success, None);
    check(
        json!({"errorCode": "AccessDenied"}),
        Some(Decision::Deny),
        failure,
        Some("AccessDenied"),
    );
    check(
        json!({"errorCode": "Client.UnauthorizedOperation", "errorMessage": "No. Encoded authorization failure message: abc"}),
        Some(Decision::Deny),
        failure,
        Some("Client.UnauthorizedOperation: No."),
    );
    check(json!({"errorCode": "NoSuchKey"}), None, failure, Some("NoSuchKey"));
    check(
        json!({"errorMessage": "Failed authentication", "responseElements": {"ConsoleLogin": "Failure"}}),
        None,
        failure,
        Some("Failed authentication"),
    );
}

#[test]
fn a_refusal_names_the_permission_that_was_missing() {
    let event = event(json!({
        "errorCode": "AccessDenied", "requestParameters": null,
        "errorMessage": "User: u is not authorized to perform: s3:GetObject on resource: arn:aws:s3:::b/k because no identity-based policy allows it",
    }));
    assert_eq!(raw(&event.requested), Some("s3:GetObject on arn:aws:s3:::b/k"));
    assert_eq!(raw(&event.justification), Some("no identity-based policy allows it"));
    assert_eq!(raw(&event.target), Some("arn:aws:s3:::b/k"));
}

#[test]
fn targets_are_the_resources_of_one_type_or_what_the_parameters_name() {
    #[track_caller]
    fn check(members: Value, target: Option<&str>, kind: Option<&str>) {
        let event = event(members);
        assert_eq!((raw(&event.target), raw(&event.target_kind)), (target, kind));
    }
    let (object, bucket) = ("AWS::S3::Object", "AWS::S3::Bucket");
    check(
        json!({"resources": [{"ARN": "arn:aws:s3:::b/k", "type": object}, {"ARN": "arn:aws:s3:::b", "type": bucket}]}),
        Some("arn:aws:s3:::b/k"),
        Some(object),
    );
    check(json!({"resources": [{"ARN": "arn:a"}, {"ARN": "arn:b"}]}), Some("arn:a arn:b"), None);
    let s3 = |parameters: Value| json!({"eventSource": "s3.amazonaws.com", "awsRegion": "cn-north-1", "requestParameters": parameters});
    check(
        s3(json!({"bucketName": "b", "key": "k/1"})),
        Some("arn:aws-cn:s3:::b/k/1"),
        Some(object),
    );
    check(s3(json!({"bucketName": "b"})), Some("arn:aws-cn:s3:::b"), Some(bucket));
    check(
        json!({"requestParameters": {"policyArn": "arn:p", "roleName": "r"}}),
        Some("r"),
        Some("AWS::IAM::Role"),
    );
    check(
        json!({"requestParameters": {"instancesSet": {"items": [{"instanceId": "i-1"}]}}}),
        Some("i-1"),
        Some("AWS::EC2::Instance"),
    );
    check(json!({"requestParameters": {"filter": 1}}), None, None);
}

#[test]
fn an_assumed_role_is_a_hop_that_carries_its_join_keys_and_no_secret() {
    let event = event(json!({
        "eventSource": "sts.amazonaws.com", "eventName": "AssumeRoleWithWebIdentity",
        "userIdentity": {
            "type": "WebIdentityUser", "userName": "system:serviceaccount:agents:billing",
            "principalId": "arn:p:sts.amazonaws.com:system:serviceaccount:agents:billing",
            "identityProvider": "arn:p",
        },
        "requestParameters": {
            "roleArn": "arn:aws:iam::111122223333:role/billing", "roleSessionName": "s-1",
            "tags": [{"key": "kubernetes-namespace", "value": "agents"}],
        },
        "responseElements": {
            "credentials": {"accessKeyId": "ASIAIOSFODNN7ISSUED1", "sessionToken": "IQoJb3JpZ2lu", "secretAccessKey": "wJalrXUtn", "expiration": "Aug 1, 2026, 11:00:00 AM"},
            "assumedRoleUser": {"arn": "arn:aws:sts::111122223333:assumed-role/billing/s-1", "assumedRoleId": "AROAEXAMPLE:s-1"},
            "subjectFromWebIdentityToken": "system:serviceaccount:agents:billing",
        },
    }));
    assert_eq!(
        (event.kind, raw(&event.action)),
        (EventKind::IdentityHop, Some("sts:AssumeRoleWithWebIdentity"))
    );
    assert_eq!(raw(&event.principal), Some("system:serviceaccount:agents:billing"));
    assert_eq!(raw(&event.target), Some("arn:aws:iam::111122223333:role/billing"));
    let params = params(&event);
    assert_eq!(params["issuedCredentialId"], "ASIAIOSFODNN7ISSUED1");
    assert_eq!(params["assumedRoleArn"], "arn:aws:sts::111122223333:assumed-role/billing/s-1");
    assert_eq!(params["webIdentitySubject"], "system:serviceaccount:agents:billing");
    assert_eq!(params["sessionTags"]["kubernetes-namespace"], "agents");
    let shown = serde_json::to_string(&event).expect("JSON");
    assert!(!shown.contains("IQoJ") && !shown.contains("wJalr"), "{shown}");
}

#[test]
fn pod_identity_names_the_service_account() {
    let event = event(json!({
        "eventSource": "eks-auth.amazonaws.com", "eventName": "AssumeRoleForPodIdentity",
        "requestParameters": {"clusterName": "prod", "token": "HIDDEN_DUE_TO_SECURITY_REASONS"},
        "responseElements": {
            "subject": {"namespace": "agents", "serviceAccount": "billing"},
            "podIdentityAssociation": {"associationArn": "arn:aws:eks:x:1:podidentityassociation/prod/a-1"},
            "credentials": {"accessKeyId": "ASIAIOSFODNN7ISSUED1"},
        },
    }));
    assert_eq!((event.kind, raw(&event.target)), (EventKind::IdentityHop, Some("prod")));
    let params = params(&event);
    assert_eq!(
        (&params["namespace"], &params["serviceAccount"]),
        (&"agents".into(), &"billing".into())
    );
}

#[test]
fn credentials_of_an_instance_name_the_instance() {
    let mut identity = record(json!({}))["userIdentity"].clone();
    identity["arn"] = "arn:aws:sts::1:assumed-role/node/i-0abc".into();
    identity["sessionContext"]["ec2RoleDelivery"] = "2.0".into();
    let event = event(json!({ "userIdentity": identity }));
    assert_eq!(raw(&event.instance), Some("i-0abc"));
}

#[test]
fn one_act_in_two_accounts_is_one_event() {
    let ours = event(json!({"sharedEventID": "s", "eventID": "a"}));
    let theirs = event(json!({"sharedEventID": "s", "eventID": "b"}));
    assert_eq!(ours.id, theirs.id);
    assert_ne!(event(json!({"eventID": "a"})).id, event(json!({"eventID": "b"})).id);
}

#[test]
fn every_shape_of_a_record_is_the_same_event() {
    let plain = event(json!({}));
    let lower: Map<String, Value> = match record(json!({})) {
        Value::Object(members) => members
            .into_iter()
            .map(|(key, value)| match value {
                Value::Object(part) => {
                    (key.to_lowercase(), Value::from(Value::Object(part).to_string()))
                }
                value => (key.to_lowercase(), value),
            })
            .collect(),
        _ => Map::new(),
    };
    let elastic = json!({
        "@timestamp": "2026-08-01T10:00:00.000Z",
        "event": {"action": "GetSecretValue", "provider": "secretsmanager.amazonaws.com", "id": "e-1"},
        "cloud": {"account": {"id": "111122223333"}, "region": "eu-west-1"},
        "source": {"ip": "10.0.0.9"},
        "aws": {"cloudtrail": {
            "request_id": "r-1", "read_only": true,
            "user_identity": {
                "type": "AssumedRole", "access_key_id": "ASIAIOSFODNN7EXAMPLE",
                "arn": "arn:aws:sts::111122223333:assumed-role/billing/billing-1",
                "session_context": {"source_identity": "alice"},
            },
            "flattened": {"request_parameters": {"secretId": "prod/db"}},
        }},
    });
    let dotted = json!({
        "@timestamp": "2026-08-01T10:00:00.000Z", "event.action": "GetSecretValue",
        "event.provider": "secretsmanager.amazonaws.com", "event.id": "e-1",
        "cloud.account.id": "111122223333", "aws.cloudtrail.request_id": "r-1",
        "aws.cloudtrail.read_only": "true", "aws.cloudtrail.user_identity.session_context.source_identity": "alice",
        "aws.cloudtrail.user_identity.access_key_id": "ASIAIOSFODNN7EXAMPLE",
        "aws.cloudtrail.user_identity.arn": "arn:aws:sts::111122223333:assumed-role/billing/billing-1",
        "aws.cloudtrail.request_parameters": "{\"secretId\":\"prod/db\"}",
    });
    let mut stamped = record(json!({"@timestamp": "2026-08-01T10:00:00Z"}));
    stamped.as_object_mut().expect("an object").remove("eventTime");
    for shape in [Value::Object(lower), elastic, dotted, stamped] {
        let other = one("x.json", &shape.to_string());
        let seen = |event: &Event| {
            let Event { id, time, principal, credential_id, on_behalf_of, target, account, .. } =
                event.clone();
            (
                id,
                time,
                principal,
                credential_id,
                on_behalf_of,
                target,
                account,
                event.effect,
                event.call_id.clone(),
            )
        };
        assert_eq!(seen(&other), seen(&plain), "{shape}");
    }
}

#[test]
fn records_arrive_in_every_envelope() {
    let record = record(json!({}));
    let text = Value::from(record.to_string());
    for envelope in [
        json!({"Records": [record]}),
        json!([record]),
        json!({"Events": [{"EventId": "e-1", "CloudTrailEvent": text}]}),
        json!({"detail-type": "AWS API Call via CloudTrail", "detail": record}),
        json!({"hits": {"hits": [{"_source": record}]}}),
        json!({"message": text}),
        json!({"result": {"_raw": text}}),
    ] {
        let read = read_text("x.json", &envelope.to_string());
        assert_eq!((read.events.len(), read.problems.len()), (1, 0), "{envelope}");
    }
}

#[test]
fn what_is_no_record_is_not_claimed_or_said_so() {
    let undated = record(json!({"eventTime": "soon"}));
    assert_eq!(read("x", &undated.to_string()).problems.len(), 1);
    for other in [
        json!({"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "s3": {}}),
        json!({"eventSource": "aws:dynamodb", "eventName": "INSERT", "dynamodb": {}}),
        json!({"eventVersion": "1.07", "eventType": "AwsCloudTrailInsight", "insightDetails": {}}),
    ] {
        let read = read_text("x.json", &other.to_string());
        assert_eq!((read.events.len(), read.problems.len()), (0, 1), "{other}");
    }
}
