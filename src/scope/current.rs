//! Which of several records of one object stands: the latest, unless a later complete snapshot of
//! its kind and scope no longer has it, or it was seen to be deleted.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::domain::configured::{Identity, Record, Snapshot};
use crate::domain::{Digest, Text};

/// What makes two records speak of the same object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Standing {
    realm: Text,
    object: Identity,
    /// Files on people's machines are told apart by their path.
    file: Option<Text>,
}

/// What a record speaks of.
pub(super) fn standing_as(record: &Record) -> Standing {
    Standing {
        realm: record.realm.clone(),
        object: record.body.identity(),
        file: record.body.is_personal().then(|| record.place.file.clone()),
    }
}

/// The records that stand, in a deterministic order.
pub(super) fn standing(
    records: impl IntoIterator<Item = Record>,
    snapshots: &[Snapshot],
) -> Vec<Record> {
    let mut latest: BTreeMap<Standing, Record> = BTreeMap::new();
    for record in records {
        let identity = standing_as(&record);
        match latest.get(&identity) {
            Some(other) if recency(other) > recency(&record) => {}
            _ => {
                latest.insert(identity, record);
            }
        }
    }
    let newest = newest_complete(snapshots);
    latest
        .into_iter()
        .filter(|(_, record)| !record.body.is_deleted())
        .filter(|(identity, record)| !is_deleted(identity, record, &newest))
        .map(|(_, record)| record)
        .collect()
}

/// A deletion bears the time of the last state at the least, so it comes after a state of its time.
fn recency(record: &Record) -> (Option<Timestamp>, bool) {
    (record.at, record.body.is_deleted())
}

type SnapshotScope = (Text, Text, Option<Text>);

/// The newest complete snapshot of each realm, kind and namespace (or of all namespaces).
fn newest_complete(snapshots: &[Snapshot]) -> BTreeMap<SnapshotScope, &Snapshot> {
    let mut newest: BTreeMap<SnapshotScope, &Snapshot> = BTreeMap::new();
    for snapshot in snapshots.iter().filter(|snapshot| snapshot.complete) {
        let scope =
            (snapshot.realm.clone(), snapshot.object_kind.clone(), snapshot.namespace.clone());
        let entry = newest.entry(scope).or_insert(snapshot);
        if snapshot.at >= entry.at {
            *entry = snapshot;
        }
    }
    newest
}

fn is_deleted(
    identity: &Standing,
    record: &Record,
    newest: &BTreeMap<SnapshotScope, &Snapshot>,
) -> bool {
    let Some(at) = record.at else { return false };
    let own: Digest = record.place.evidence;
    [None, Some(identity.object.namespace.clone())].into_iter().any(|namespace| {
        newest
            .get(&(identity.realm.clone(), identity.object.kind.clone(), namespace))
            .is_some_and(|snapshot| snapshot.at > Some(at) && snapshot.place.evidence != own)
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{binding, place, record_at, snapshot};
    use super::*;
    use crate::domain::Configured;

    fn names(records: Vec<Record>, snapshots: &[Snapshot]) -> Vec<String> {
        let standing = standing(records, snapshots);
        standing.iter().map(|record| format!("{:?}", record.at.map(|at| at.as_second()))).collect()
    }

    #[test]
    fn the_latest_record_of_an_object_stands() {
        let body = binding("agents", "readers", "Role", "reader", &[]);
        let records = vec![record_at(body.clone(), 20, "b"), record_at(body, 10, "a")];
        assert_eq!(names(records, &[]), ["Some(20)"]);
    }

    #[test]
    fn a_deleted_object_stands_no_more_until_it_is_made_again() {
        let body = binding("agents", "readers", "Role", "reader", &[]);
        let gone = Configured::Deleted(body.identity());
        let state = |at| record_at(body.clone(), at, "list");
        let deletion = || record_at(gone.clone(), 20, "watch");
        for (records, stands) in [
            (vec![state(20), deletion()], &[][..]),
            (vec![deletion(), state(20)], &[]),
            (vec![state(10), deletion()], &[]),
            (vec![deletion()], &[]),
            (vec![deletion(), state(30)], &["Some(30)"]),
        ] {
            assert_eq!(names(records, &[]), stands);
        }
    }

    #[test]
    fn only_a_later_complete_snapshot_of_the_scope_deletes() {
        let body = binding("agents", "readers", "Role", "reader", &[]);
        let record = || vec![record_at(body.clone(), 10, "a")];
        for (kind, namespace, at, complete, file, stands) in [
            ("RoleBinding", None, 20, true, "b", false),
            ("RoleBinding", Some("agents"), 20, true, "b", false),
            ("RoleBinding", Some("other"), 20, true, "b", true),
            ("RoleBinding", None, 20, false, "b", true),
            ("RoleBinding", None, 20, true, "a", true),
            ("RoleBinding", None, 5, true, "b", true),
            ("Role", None, 20, true, "b", true),
        ] {
            let mut snapshot = snapshot(kind, namespace, complete);
            snapshot.at = Some(Timestamp::from_second(at).expect("a small number"));
            snapshot.place = place(file);
            assert_eq!(names(record(), &[snapshot]).len() == 1, stands, "{kind} {namespace:?}");
        }
    }
}
