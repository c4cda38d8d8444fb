//! Other shapes of the record, put into the canonical one.
//!
//! Stores rename what they keep: CloudTrail Lake and Athena write `eventname` or `event_name` and turn
//! parts into JSON text; the Elastic Common Schema moves the record under `aws.cloudtrail` and some of
//! its fields elsewhere, nested or with dots in the keys.

use serde_json::{Map, Value};

/// Names in their canonical spelling. A key is one of them when it differs only in case and `_`.
const NAMES: &[&str] = &[
    "accessKeyId",
    "accountId",
    "additionalEventData",
    "assumedRoleId",
    "assumedRoleUser",
    "attributes",
    "awsRegion",
    "creationDate",
    "credentials",
    "credentialsIssuedTo",
    "ec2RoleDelivery",
    "errorCode",
    "errorMessage",
    "eventCategory",
    "eventID",
    "eventName",
    "eventSource",
    "eventTime",
    "eventType",
    "eventVersion",
    "expiration",
    "federatedProvider",
    "identityProvider",
    "identityStoreArn",
    "inScopeOf",
    "invokedBy",
    "issuerType",
    "managementEvent",
    "mfaAuthenticated",
    "onBehalfOf",
    "principalId",
    "readOnly",
    "recipientAccountId",
    "requestID",
    "requestParameters",
    "resources",
    "responseElements",
    "roleArn",
    "roleSessionName",
    "sessionContext",
    "sessionCredentialFromConsole",
    "sessionIssuer",
    "sharedEventID",
    "sourceArn",
    "sourceIPAddress",
    "sourceIdentity",
    "type",
    "userAgent",
    "userId",
    "userIdentity",
    "userName",
    "vpcEndpointId",
    "webIdFederationData",
];

/// Where the Elastic Common Schema keeps fields of the record.
const ELASTIC: &[(&str, &str)] = &[
    ("eventTime", "/@timestamp"),
    ("eventName", "/event/action"),
    ("eventSource", "/event/provider"),
    ("eventID", "/event/id"),
    ("awsRegion", "/cloud/region"),
    ("recipientAccountId", "/cloud/account/id"),
    ("sourceIPAddress", "/source/ip"),
    ("sourceIPAddress", "/source/address"),
    ("userAgent", "/user_agent/original"),
    ("requestParameters", "/aws/cloudtrail/flattened/request_parameters"),
    ("responseElements", "/aws/cloudtrail/flattened/response_elements"),
];

/// Parts that stores turn into JSON text.
const PARTS: &[&str] = &["userIdentity", "requestParameters", "responseElements", "resources"];

/// Keys with more dots than this are left as they are.
const DEEPEST: usize = 8;

/// The record in its canonical shape, as JSON text.
pub fn canonical(json: &str) -> Option<String> {
    let Value::Object(flat) = serde_json::from_str(json).ok()? else { return None };
    let mut nested = Map::new();
    for (key, value) in flat {
        insert(&mut nested, &key, value);
    }
    let root = Value::Object(nested);
    let mut record = match root.pointer("/aws/cloudtrail").cloned().map(renamed) {
        Some(Value::Object(record)) => record,
        _ => match renamed(root.clone()) {
            Value::Object(record) => record,
            _ => return None,
        },
    };
    for (name, pointer) in ELASTIC {
        if !record.contains_key(*name)
            && let Some(value) = root.pointer(pointer)
        {
            record.insert((*name).to_owned(), value.clone());
        }
    }
    for name in PARTS {
        if let Some(Value::String(text)) = record.get(*name)
            && let Ok(part) = serde_json::from_str(text)
        {
            record.insert((*name).to_owned(), renamed(part));
        }
    }
    Some(Value::Object(record).to_string())
}

/// Puts a value in, below the objects that the dots in its key stand for.
fn insert(object: &mut Map<String, Value>, key: &str, value: Value) {
    match key.split_once('.') {
        Some((outer, rest)) if key.matches('.').count() <= DEEPEST => {
            let inner = object.entry(outer).or_insert_with(|| Value::Object(Map::new()));
            match inner {
                Value::Object(inner) => insert(inner, rest, value),
                _ => drop(object.insert(key.to_owned(), value)),
            }
        }
        _ => drop(object.insert(key.to_owned(), value)),
    }
}

fn renamed(value: Value) -> Value {
    match value {
        Value::Object(members) => members
            .into_iter()
            .map(|(key, value)| (spelled(key), renamed(value)))
            .collect::<Map<_, _>>()
            .into(),
        Value::Array(items) => items.into_iter().map(renamed).collect::<Vec<_>>().into(),
        other => other,
    }
}

/// The canonical spelling of a key.
fn spelled(key: String) -> String {
    let plain = key.replace('_', "");
    match NAMES.iter().find(|name| name.eq_ignore_ascii_case(&plain)) {
        Some(name) => (*name).to_owned(),
        None => key,
    }
}
