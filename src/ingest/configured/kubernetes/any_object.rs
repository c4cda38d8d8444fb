//! Kubernetes objects of every kind that has no reader of its own: kept by name, so that they can be
//! listed and searched. What is kept of their content holds no values of secrets and variables.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::object::{Metadata, Scope, record};
use crate::domain::configured::{Configured, Object};
use crate::domain::{Discipline, Text};
use crate::ingest::{Document, Format, Shape, Side, Sink};

/// Comes after all others.
pub const FORMAT: Format = Format {
    id: "k8s-object",
    title: "Kubernetes object of any other kind",
    side: Side::Configured,
    says: &[(Discipline::Identity, "that the object stands, which keys a secret has")],
    coverage: "kept by name; nothing is concluded from its content",
    recognises,
    read,
};

/// Groups whose documents are files of a tool on somebody's machine; no cluster has such objects.
const TOOLS: &[&str] =
    &["chainsaw.kyverno.io", "kuttl.dev", "kustomize.config.k8s.io", "kind.x-k8s.io"];

fn recognises(shape: &Shape<'_>) -> bool {
    // Events tell what happened for an hour; they configure nothing.
    let is_event =
        shape.is_kind("Event") && (shape.in_group("") || shape.in_group("events.k8s.io"));
    shape.kind.is_some()
        && shape.api_version.is_some()
        && shape.has("metadata")
        && !is_event
        && !TOOLS.iter().any(|group| shape.in_group(group))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AnyObject {
    kind: Text,
    api_version: Text,
    metadata: Metadata,
    /// What the cluster reports, not what is configured.
    #[serde(default, rename = "status")]
    _status: Option<serde::de::IgnoredAny>,
    #[serde(flatten)]
    content: BTreeMap<String, Value>,
}

/// Members of a Secret or ConfigMap that hold its values.
const VALUES: [&str; 3] = ["data", "stringData", "binaryData"];

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(object) = document.parse::<AnyObject>(sink) else { return };
    let AnyObject { kind, api_version, metadata, mut content, .. } = object;
    let mut keys: Vec<Text> = Vec::new();
    if kind == "Secret" || kind == "ConfigMap" {
        for member in VALUES {
            if let Some(Value::Object(values)) = content.remove(member) {
                keys.extend(values.keys().map(Text::new));
            }
        }
    }
    content.iter_mut().for_each(|(key, value)| hold_back(key, value));
    let content = match content.is_empty() {
        true => None,
        false => serde_json::to_string(&content).ok(),
    };
    record(
        document,
        &metadata,
        Scope::Stated,
        |meta| {
            Configured::Object(Object {
                api_version,
                kind,
                meta,
                owner: metadata.owner(),
                keys,
                content: content.map(|json| document.masker().arguments(&json).into()),
            })
        },
        sink,
    );
}

/// Leaves out the values of variables, headers and secrets, wherever they stand; names stay.
fn hold_back(key: &str, value: &mut Value) {
    let key = key.to_ascii_lowercase();
    let holds_values = key.contains("header")
        || key.ends_with("data")
        || matches!(key.as_str(), "env" | "environment" | "envvars");
    match value {
        Value::Object(members) if holds_values => {
            members.values_mut().filter(|value| value.is_string()).for_each(|value| {
                *value = Value::Null;
            });
        }
        Value::Array(items) if holds_values => {
            for member in items.iter_mut().filter_map(Value::as_object_mut) {
                member.remove("value");
            }
        }
        Value::Object(members) => members.iter_mut().for_each(|(key, value)| hold_back(key, value)),
        Value::Array(items) => items.iter_mut().for_each(|value| hold_back("", value)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::{body, only, read_text};
    use super::*;
    use crate::domain::ProblemKind;

    #[track_caller]
    fn check(json: &str, keys: &[&str], content: Option<&str>) -> Object {
        let Configured::Object(object) = body(only(json)) else { unreachable!("an object") };
        assert_eq!(object.keys, keys, "{json}");
        assert_eq!(object.content.as_ref().map(Text::raw), content, "{json}");
        object
    }

    #[test]
    fn values_stay_in_the_evidence() {
        check(
            r#"{"kind":"Secret","apiVersion":"v1","metadata":{"name":"s","namespace":"n"},
            "type":"Opaque","data":{"b":"cGFzcw==","a":"eA=="},"stringData":{"c":"d"}}"#,
            &["a", "b", "c"],
            Some(r#"{"type":"Opaque"}"#),
        );
        check(
            r#"{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"c"},"data":null}"#,
            &[],
            None,
        );
        check(
            r#"{"kind":"Runner","apiVersion":"x.example/v1","metadata":{"name":"r"},
            "spec":{"env":[{"name":"K","value":"v","from":{"name":"s"}}],"envVars":{"A":"b"},
            "pods":[{"defaultHeaders":{"X":"y"}}],"size":3},"status":{"phase":"Up"}}"#,
            &[],
            Some(
                r#"{"spec":{"env":[{"from":{"name":"s"},"name":"K"}],"envVars":{"A":null},"pods":[{"defaultHeaders":{"X":null}}],"size":3}}"#,
            ),
        );
    }

    #[test]
    fn the_namespace_is_the_one_that_it_states() {
        let object = |metadata: &str| {
            check(
                &format!(
                    r#"{{"kind":"IngressClass","apiVersion":"networking.k8s.io/v1","metadata":{metadata}}}"#
                ),
                &[],
                None,
            )
        };
        assert_eq!(object(r#"{"name":"i"}"#).meta.namespace, "");
        let owned =
            object(r#"{"name":"i","namespace":"n","ownerReferences":[{"kind":"A","name":"b"}]}"#);
        assert_eq!(owned.meta.namespace, "n");
        assert_eq!(owned.owner, Some(("A".into(), "b".into())));
    }

    #[test]
    fn events_and_files_of_tools_are_no_objects() {
        for json in [
            r#"{"kind":"Event","apiVersion":"v1","metadata":{"name":"e"}}"#,
            r#"{"kind":"Config","apiVersion":"v1","users":[{"user":{"token":"t"}}]}"#,
            r#"{"kind":"Test","apiVersion":"chainsaw.kyverno.io/v1alpha1","metadata":{"name":"t"}}"#,
        ] {
            let found = read_text("f.json", json);
            let kinds: Vec<_> = found.problems.iter().map(|problem| problem.kind).collect();
            assert_eq!((found.records.len(), kinds), (0, vec![ProblemKind::Unsupported]), "{json}");
        }
    }
}
