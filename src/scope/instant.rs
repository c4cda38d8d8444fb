//! The configured side as of an instant (design §2, *snapshot*).
//!
//! What was read at or before the instant stands as it was read. Of an object that was only read
//! later, the earliest state is assumed backwards and marked so, unless it says itself that it was
//! made later.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::Estate;
use super::current::{Standing, standing_as};
use crate::domain::{Record, Snapshot, Text};

impl Estate {
    /// [`Estate::build`] as of an instant.
    pub fn as_of(
        records: &[Record],
        snapshots: &[Snapshot],
        realms_seen: &[Text],
        instant: Timestamp,
    ) -> Self {
        let then: Vec<Snapshot> = snapshots
            .iter()
            .filter(|snapshot| snapshot.at.is_none_or(|at| at <= instant))
            .cloned()
            .collect();
        let mut estate = Self::build(&known(records, instant), &then, realms_seen);
        estate.instant = Some(instant);
        estate
    }

    /// Whether a record was read after the instant that the estate is of.
    pub fn is_assumed(&self, record: &Record) -> bool {
        self.instant.is_some_and(|instant| record.at.is_some_and(|at| at > instant))
    }
}

/// The times at which anything of the configured side was read, oldest first.
pub fn instants(records: &[Record]) -> Vec<Timestamp> {
    let times: BTreeSet<Timestamp> = records.iter().filter_map(|record| record.at).collect();
    times.into_iter().collect()
}

/// What was read until the instant, and the earliest state of what was only read later.
fn known(records: &[Record], instant: Timestamp) -> Vec<Record> {
    let (mut known, later): (Vec<&Record>, Vec<&Record>) =
        records.iter().partition(|record| record.at.is_none_or(|at| at <= instant));
    let seen: BTreeSet<Standing> = known.iter().map(|record| standing_as(record)).collect();
    let mut earliest: BTreeMap<Standing, &Record> = BTreeMap::new();
    for record in later {
        let made_later = record.provisioning.granted_at.is_some_and(|made| made > instant);
        let object = standing_as(record);
        if made_later || record.body.is_deleted() || seen.contains(&object) {
            continue;
        }
        let standing = earliest.entry(object).or_insert(record);
        if record.at < standing.at {
            *standing = record;
        }
    }
    known.extend(earliest.into_values());
    known.into_iter().cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{record_at, role};
    use super::*;
    use crate::domain::Configured;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("a small number")
    }

    fn state(verb: &str, second: i64) -> Record {
        let rule = format!("{verb} secrets");
        record_at(role("agents", "reader", &[rule.as_str()]), second, verb)
    }

    /// What the role permits at an instant, and whether that is assumed.
    #[track_caller]
    fn check(records: &[Record], instant: i64, expected: Option<(&str, bool)>) {
        let estate = Estate::as_of(records, &[], &[], at(instant));
        let found = estate.records().next().map(|record| match &record.body {
            Configured::Role(role) => (role.rules[0].verbs[0].raw(), estate.is_assumed(record)),
            _ => ("", false),
        });
        assert_eq!(found, expected, "at {instant}");
    }

    #[test]
    fn the_latest_state_before_the_instant_stands_else_the_first_after_it() {
        let records = [state("get", 10), state("list", 20)];
        for (instant, expected) in [
            (5, Some(("get", true))),
            (10, Some(("get", false))),
            (15, Some(("get", false))),
            (25, Some(("list", false))),
        ] {
            check(&records, instant, expected);
        }
    }

    #[test]
    fn what_was_made_later_was_not_there() {
        let mut record = state("get", 20);
        record.provisioning.granted_at = Some(at(15));
        check(std::slice::from_ref(&record), 10, None);
        check(std::slice::from_ref(&record), 17, Some(("get", true)));
    }

    #[test]
    fn what_is_deleted_later_stands_until_then() {
        let gone = Configured::Deleted(state("get", 10).body.identity());
        let records = [state("get", 10), record_at(gone, 20, "watch")];
        check(&records, 15, Some(("get", false)));
        check(&records, 20, None);
    }
}
