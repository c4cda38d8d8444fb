//! Records of clouds as their logs write them, made up, and read by the readers of the program.

use std::ops::ControlFlow;

use serde_json::{Value, json};

use super::{build, shown};
use crate::domain::{Digest, Event};
use crate::ingest::{Collected, Source, read};
use crate::lineage::chain::ChainFocus;
use crate::scope::Estate;

pub const ACCOUNT: &str = "111122223333";

/// What the readers make of a file.
pub fn read_file(file: &str, bytes: &[u8]) -> Vec<Event> {
    let mut found = Collected::default();
    let source = Source::new(Digest::of(bytes), file);
    read(&source, &mut &*bytes, &mut found, &mut |_| ControlFlow::Continue(()));
    found.events
}

/// The only event of a record.
#[track_caller]
pub fn one(record: &Value) -> Event {
    let mut events = read_file("record.json", record.to_string().as_bytes());
    assert_eq!(events.len(), 1, "{record}");
    events.remove(0)
}

/// `value` with these members replaced or added.
pub fn with(mut value: Value, members: Value) -> Value {
    if let Value::Object(members) = members {
        members.into_iter().for_each(|(key, member)| value[key] = member);
    }
    value
}

/// A CloudTrail record of second `number`.
pub fn aws(number: u32, call: &str, identity: &Value, members: Value) -> Event {
    let (service, name) = call.split_once(':').expect("service:Action");
    let record = json!({
        "eventVersion": "1.11", "eventID": format!("e-{number}"),
        "eventTime": format!("2026-08-01T10:00:{number:02}Z"),
        "eventSource": format!("{service}.amazonaws.com"), "eventName": name,
        "recipientAccountId": ACCOUNT, "userIdentity": identity,
    });
    one(&with(record, members))
}

pub fn user(name: &str) -> Value {
    json!({
        "type": "IAMUser", "arn": format!("arn:aws:iam::{ACCOUNT}:user/{name}"),
        "accountId": ACCOUNT, "accessKeyId": format!("AKIA-{name}"), "userName": name,
    })
}

pub fn session(role: &str, name: &str, key: &str) -> Value {
    json!({
        "type": "AssumedRole", "arn": format!("arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{name}"),
        "accountId": ACCOUNT, "accessKeyId": key,
    })
}

pub fn web_identity(subject: &str) -> Value {
    json!({"type": "WebIdentityUser", "userName": subject, "identityProvider": "arn:p"})
}

/// A call that gives out a session of a role with a key.
pub fn assume(number: u32, call: &str, by: &Value, role: &str, key: &str, request: Value) -> Event {
    let session = format!("arn:aws:sts::{ACCOUNT}:assumed-role/{role}/s");
    let response = json!({
        "credentials": {"accessKeyId": key}, "assumedRoleUser": {"arn": session},
        "subjectFromWebIdentityToken": by.get("userName").filter(|_| by["type"] == "WebIdentityUser"),
        "sourceIdentity": request.get("sourceIdentity"),
    });
    let role = format!("arn:aws:iam::{ACCOUNT}:role/{role}");
    let request = with(json!({"roleArn": role, "roleSessionName": "s"}), request);
    let members = json!({"requestParameters": request, "responseElements": response});
    aws(number, call, by, members)
}

/// A call with a session of a role.
pub fn call(number: u32, role: &str, key: &str) -> Event {
    aws(
        number,
        "s3:GetObject",
        &session(role, "s", key),
        json!({"requestParameters": {"bucketName": "b"}}),
    )
}

#[track_caller]
pub fn check(estate: &Estate, events: &[Event], expected: &[&str]) {
    check_focus(estate, events, ChainFocus::All, expected);
}

#[track_caller]
pub fn check_focus(estate: &Estate, events: &[Event], focus: ChainFocus, expected: &[&str]) {
    let chains = build(events, estate, focus);
    let mut found: Vec<String> = chains.iter().map(shown).collect();
    let mut expected = expected.to_vec();
    // Which of two equally busy chains comes first means nothing.
    found.sort();
    expected.sort_unstable();
    assert_eq!(found, expected);
    assert!(chains.iter().flat_map(|chain| &chain.links).all(|link| !link.because.is_empty()));
}
