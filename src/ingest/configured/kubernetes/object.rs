//! What every Kubernetes object carries: metadata, and in it the traces of who provisioned it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;

use crate::domain::configured::{Configured, Meta, Provisioning};
use crate::domain::{ProblemKind, Record, Text};
use crate::ingest::json::nullable;
use crate::ingest::{Document, Sink};

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Metadata {
    #[serde(default)]
    name: Option<Text>,
    #[serde(default)]
    generate_name: Option<Text>,
    #[serde(default)]
    namespace: Option<Text>,
    #[serde(default)]
    creation_timestamp: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    labels: BTreeMap<Text, Option<Text>>,
    #[serde(default, deserialize_with = "nullable")]
    annotations: BTreeMap<Text, Option<Text>>,
    #[serde(default, deserialize_with = "nullable")]
    owner_references: Vec<OwnerReference>,
}

#[derive(Deserialize)]
struct OwnerReference {
    #[serde(default)]
    kind: Option<Text>,
    #[serde(default)]
    name: Option<Text>,
    #[serde(default)]
    controller: Option<bool>,
}

/// Whether objects of a kind live in a namespace.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scope {
    Namespaced,
    Cluster,
}

/// The whole applied object as JSON, kept by kubectl: large, and no statement of its own.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
/// Longer annotations are data of some controller, not statements about the object.
const ANNOTATION_LIMIT: usize = 4 << 10;

/// Labels and annotations that name the owner, the granting side and the policy, first match wins.
const OWNER: &[&str] =
    &["owner", "app.kubernetes.io/owner", "contact", "team", "app.kubernetes.io/team"];
const GRANTED_BY: &[&str] =
    &["granted-by", "approved-by", "app.kubernetes.io/managed-by", "meta.helm.sh/release-name"];
const POLICY: &[&str] = &["policy", "change-request", "ticket"];

impl Metadata {
    /// The controller that owns the object.
    pub fn owner(&self) -> Option<(Text, Text)> {
        let owners = &self.owner_references;
        let owner = owners.iter().find(|owner| owner.controller == Some(true)).or(owners.first())?;
        Some((owner.kind.clone()?, owner.name.clone()?))
    }

    /// Name, namespace and labels. A manifest without a namespace is applied to `default`.
    pub fn meta(&self, scope: Scope) -> Option<Meta> {
        let name = self.name.clone().or(self.generate_name.clone());
        let namespace = match scope {
            Scope::Cluster => Text::default(),
            Scope::Namespaced => {
                let named = self.namespace.clone().filter(|namespace| !namespace.is_empty());
                named.unwrap_or_else(|| "default".into())
            }
        };
        let value =
            |(key, value): (&Text, &Option<Text>)| (key.clone(), value.clone().unwrap_or_default());
        let kept = |(key, value): &(&Text, &Option<Text>)| {
            **key != LAST_APPLIED
                && value.as_ref().is_none_or(|value| value.raw().len() <= ANNOTATION_LIMIT)
        };
        Some(Meta {
            namespace,
            name: name.filter(|name| !name.is_empty())?,
            labels: self.labels.iter().map(value).collect(),
            annotations: self.annotations.iter().filter(kept).map(value).collect(),
        })
    }

    pub fn created(&self) -> Option<Timestamp> {
        self.creation_timestamp.as_deref()?.parse().ok()
    }

    fn provisioning(&self) -> Provisioning {
        let stated = |keys: &[&str]| {
            let value = |key: &&str| {
                let value = self.annotations.get(*key).or(self.labels.get(*key))?.clone()?;
                (!value.is_empty() && value.raw().len() <= ANNOTATION_LIMIT).then_some(value)
            };
            keys.iter().find_map(value)
        };
        let applied =
            || self.annotations.contains_key(LAST_APPLIED).then(|| "kubectl apply".into());
        Provisioning {
            owner: stated(OWNER),
            granted_by: stated(GRANTED_BY).or_else(applied),
            granted_at: self.created(),
            policy: stated(POLICY),
        }
    }
}

/// The object's kind, for formats that read several.
pub fn kind(document: &Document<'_>, sink: &mut dyn Sink) -> Option<Text> {
    #[derive(Deserialize)]
    struct Object {
        kind: Text,
    }
    document.parse::<Object>(sink).map(|object| object.kind)
}

/// Puts an object into the sink, or a problem when it has no name.
pub fn record(
    document: &Document<'_>,
    metadata: &Metadata,
    scope: Scope,
    body: impl FnOnce(Meta) -> Configured,
    sink: &mut dyn Sink,
) {
    let Some(meta) = metadata.meta(scope) else {
        return sink.problem(
            document.problem(ProblemKind::MissingField, "the object has no `metadata.name`"),
        );
    };
    sink.record(Record {
        realm: Text::default(),
        at: metadata.created(),
        provisioning: metadata.provisioning(),
        place: document.place(),
        body: body(meta),
    });
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::{only, read_text};
    use super::*;

    #[test]
    fn provenance_is_kept_and_bulk_is_not() {
        let long = "x".repeat(ANNOTATION_LIMIT + 1);
        let record = only(&format!(
            r#"{{"kind":"Namespace","apiVersion":"v1","metadata":{{"name":"n",
            "creationTimestamp":"2026-01-02T03:04:05Z","labels":{{"team":"ai"}},
            "annotations":{{"{LAST_APPLIED}":"{{}}","long":"{long}","note":"kept"}}}}}}"#
        ));
        assert_eq!(record.provisioning.owner, Some("ai".into()));
        assert_eq!(record.provisioning.granted_by, Some("kubectl apply".into()));
        assert_eq!(record.provisioning.granted_at, record.at);
        assert!(record.at.is_some());
        let Configured::Namespace(meta) = &record.body else { unreachable!("a namespace") };
        assert_eq!(meta.annotations.keys().map(Text::raw).collect::<Vec<_>>(), ["note"]);
    }

    #[test]
    fn an_object_needs_a_name() {
        let found = read_text("f", r#"{"kind":"Namespace","apiVersion":"v1","metadata":{}}"#);
        let kinds: Vec<_> = found.problems.iter().map(|problem| problem.kind).collect();
        assert_eq!((found.records.len(), kinds), (0, vec![ProblemKind::MissingField]));
    }
}
