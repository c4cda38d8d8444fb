//! Calls that give out an identity: what the next link of a chain is joined by.
//!
//! The access key that a call issues is the one that later records were signed with; only its id is
//! kept. A web identity names its subject here and nowhere later, and the session tags of EKS Pod
//! Identity name the pod.

use serde_json::{Map, Value};

use crate::ingest::operational::parameters::Parameters;

/// Tags of one session that are kept.
const MOST_TAGS: usize = 50;

/// Text of the response, by name and pointer.
const ISSUED: &[(&str, &str)] = &[
    ("issuedCredentialId", "/credentials/accessKeyId"),
    ("expiration", "/credentials/expiration"),
    ("assumedRoleArn", "/assumedRoleUser/arn"),
    ("assumedRoleId", "/assumedRoleUser/assumedRoleId"),
    ("federatedUserArn", "/federatedUser/arn"),
    ("webIdentitySubject", "/subjectFromWebIdentityToken"),
    ("samlSubject", "/subject"),
    ("provider", "/provider"),
    ("audience", "/audience"),
    ("namespace", "/subject/namespace"),
    ("serviceAccount", "/subject/serviceAccount"),
    ("associationArn", "/podIdentityAssociation/associationArn"),
    ("sourceIdentity", "/sourceIdentity"),
];

/// Text of the request.
const REQUESTED: &[&str] = &[
    "roleArn",
    "roleSessionName",
    "sourceIdentity",
    "externalId",
    "clusterName",
    "targetPrincipal",
];

pub fn put(request: &Map<String, Value>, response: &Value, parameters: &mut Parameters) {
    for name in REQUESTED {
        parameters.put(name, request.get(*name).and_then(Value::as_str));
    }
    for (name, pointer) in ISSUED {
        parameters.put(name, response.pointer(pointer).and_then(Value::as_str));
    }
    parameters.put("sessionTags", tags(request));
    parameters.put(
        "transitiveTagKeys",
        request.get("transitiveTagKeys").filter(|keys| keys.is_array()).cloned(),
    );
}

/// Session tags, as a list of keys with values or as one object.
fn tags(request: &Map<String, Value>) -> Option<Value> {
    let tags: Map<String, Value> = match request.get("tags").or(request.get("principalTags"))? {
        Value::Array(tags) => tags
            .iter()
            .filter_map(|tag| Some((tag.get("key")?.as_str()?.to_owned(), tag.get("value")?)))
            .map(|(key, value)| (key, value.clone()))
            .take(MOST_TAGS)
            .collect(),
        Value::Object(tags) => tags.clone().into_iter().take(MOST_TAGS).collect(),
        _ => return None,
    };
    (!tags.is_empty()).then(|| tags.into())
}
