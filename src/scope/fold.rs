//! Folding pods and their middle controllers to the top one: Pod → ReplicaSet → Deployment,
//! Pod → Job → CronJob.

use std::collections::BTreeMap;

use crate::domain::configured::{Configured, Record, Workload};
use crate::domain::matcher::{stem, stems};
use crate::domain::{AgentKey, Text};

/// Kinds of controller, top ones first: of several records folded to one workload the first kind
/// describes it.
const KINDS: [&str; 8] = [
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    "CronJob",
    "Job",
    "ReplicationController",
    "ReplicaSet",
    "Pod",
];

/// Owner references are not followed further than this.
const OWNERS: usize = 8;

/// Realm, namespace and name.
type ObjectKey = (Text, Text, Text);

/// Top workloads, and what folds to them.
#[derive(Debug, Default)]
pub(super) struct Workloads {
    /// The record that describes each top workload, by its position in the estate's records.
    pub tops: BTreeMap<AgentKey, usize>,
    /// Pods, ReplicaSets and Jobs by name, and the name of the workload that they belong to.
    folded: BTreeMap<ObjectKey, Text>,
}

impl Workloads {
    pub fn build(records: &[Record]) -> Self {
        let mut loaded: BTreeMap<(ObjectKey, &str), &Workload> = BTreeMap::new();
        for (realm, workload) in workloads(records).map(|(_, realm, workload)| (realm, workload)) {
            loaded.insert((object_key(realm, workload), workload.kind.raw()), workload);
        }
        let mut built = Self::default();
        for (position, realm, workload) in workloads(records) {
            let top = top_of(realm, workload, &loaded);
            let namespace = &workload.meta.namespace;
            if top != workload.meta.name {
                built.folded.insert(object_key(realm, workload), top.clone());
            }
            let key = AgentKey::new(realm.clone(), namespace.clone(), top);
            let standing = built.tops.entry(key).or_insert(position);
            let rank = |position: usize| match records.get(position).map(|record| &record.body) {
                Some(Configured::Workload(workload)) => rank(&workload.kind),
                _ => KINDS.len(),
            };
            let newer = |at: usize| records.get(at).and_then(|record| record.at);
            if (rank(position), newer(*standing)) < (rank(*standing), newer(position)) {
                *standing = position;
            }
        }
        built
    }

    /// The workload that `name` is, or belongs to: exactly, as a loaded pod or controller, or by a
    /// generated suffix on the name of a loaded workload.
    pub fn fold(&self, realm: &Text, namespace: &Text, name: &Text) -> Option<Text> {
        let is_top = |name: &Text| {
            self.tops.contains_key(&AgentKey::new(realm.clone(), namespace.clone(), name.clone()))
        };
        if is_top(name) {
            return Some(name.clone());
        }
        self.loaded_member(realm, namespace, name)
            .cloned()
            .or_else(|| stems(name.raw()).map(Text::from).find(is_top))
    }

    /// The workload of a loaded pod, ReplicaSet or Job.
    pub fn loaded_member(&self, realm: &Text, namespace: &Text, name: &Text) -> Option<&Text> {
        self.folded.get(&(realm.clone(), namespace.clone(), name.clone()))
    }
}

fn workloads(records: &[Record]) -> impl Iterator<Item = (usize, &Text, &Workload)> {
    records.iter().enumerate().filter_map(|(position, record)| match &record.body {
        Configured::Workload(workload) => Some((position, &record.realm, workload)),
        _ => None,
    })
}

fn object_key(realm: &Text, workload: &Workload) -> ObjectKey {
    (realm.clone(), workload.meta.namespace.clone(), workload.meta.name.clone())
}

fn rank(kind: &Text) -> usize {
    KINDS.iter().position(|known| kind == known).unwrap_or(KINDS.len())
}

/// The name of the top controller, as far as it is known.
fn top_of(
    realm: &Text,
    workload: &Workload,
    loaded: &BTreeMap<(ObjectKey, &str), &Workload>,
) -> Text {
    let named = |kind: &'static str, name: &str| {
        let key = (realm.clone(), workload.meta.namespace.clone(), Text::from(name));
        loaded.get(&(key, kind)).copied()
    };
    let mut name = &workload.meta.name;
    let mut owner = workload.owner.as_ref();
    for _ in 0..OWNERS {
        let Some((owner_kind, owner_name)) = owner else { break };
        let Some(kind) = KINDS.iter().find(|known| *owner_kind == **known) else { break };
        name = owner_name;
        match named(kind, owner_name.raw()) {
            Some(next) => owner = next.owner.as_ref(),
            None => {
                // The middle controller was not loaded, but its name tells the one above it.
                let above = if *kind == "Job" { "CronJob" } else { "Deployment" };
                let is_middle = matches!(*kind, "ReplicaSet" | "Job");
                let stem = stem(owner_name.raw()).filter(|stem| {
                    let suffix = owner_name.raw().strip_prefix(stem);
                    let is_hash = has_template_hash(workload, suffix.unwrap_or_default());
                    is_middle && (named(above, stem).is_some() || is_hash)
                });
                return stem.map_or_else(|| name.clone(), Text::from);
            }
        }
    }
    name.clone()
}

/// A Deployment writes the suffix of its ReplicaSet into the labels of the pods.
fn has_template_hash(workload: &Workload, suffix: &str) -> bool {
    let labels = &workload.pod_labels;
    labels.get("pod-template-hash").is_some_and(|hash| suffix.strip_prefix('-') == Some(hash.raw()))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{owned, record, workload};
    use super::*;

    #[track_caller]
    fn check(records: &[Record], name: &str, folded: Option<&str>) {
        let workloads = Workloads::build(records);
        let top = workloads.fold(&"prod".into(), &"agents".into(), &name.into());
        assert_eq!(top, folded.map(Text::from), "{name}");
    }

    #[test]
    fn owner_references_fold_to_the_top() {
        let records = [
            record(workload("Deployment", "agents", "billing")),
            record(owned(workload("ReplicaSet", "agents", "billing-x"), "Deployment", "billing")),
            record(owned(workload("Pod", "agents", "odd-name"), "ReplicaSet", "billing-x")),
            record(owned(workload("Pod", "agents", "own"), "Node", "node-1")),
        ];
        check(&records, "odd-name", Some("billing"));
        check(&records, "billing-x", Some("billing"));
        check(&records, "own", Some("own"));
        check(&records, "unknown", None);
    }

    #[test]
    fn names_stand_in_for_owners_that_were_not_loaded() {
        let deployment = record(workload("Deployment", "agents", "billing"));
        let cron = record(workload("CronJob", "agents", "report"));
        let set = record(workload("StatefulSet", "agents", "store"));
        let pod = workload("Pod", "agents", "billing-7f9c5d4b6-x2k9z");
        let pod = record(owned(pod, "ReplicaSet", "billing-7f9c5d4b6"));
        for (records, name, folded) in [
            (vec![deployment.clone()], "billing-7f9c5d4b6-x2k9z", Some("billing")),
            (vec![deployment.clone(), pod], "billing-7f9c5d4b6-x2k9z", Some("billing")),
            (vec![deployment.clone()], "billing-agent", None),
            (vec![deployment], "billing-v2", None),
            (vec![cron.clone()], "report-29384756", Some("report")),
            (vec![cron], "report-29384756-x2k9z", Some("report")),
            (vec![set], "store-0", Some("store")),
        ] {
            check(&records, name, folded);
        }
    }

    #[test]
    fn cyclic_owners_end() {
        let records = [
            record(owned(workload("Job", "agents", "a"), "CronJob", "b")),
            record(owned(workload("CronJob", "agents", "b"), "Job", "a")),
        ];
        let workloads = Workloads::build(&records);
        assert!(!workloads.tops.is_empty());
    }
}
