//! Tests of the file around this.

use super::super::testing::{case, event, events, go_on, load, stored};
use super::super::{Case, SearchOptions};
use super::*;
use crate::domain::Digest;

#[test]
fn loading_twice_changes_nothing() {
    let (_folder, mut case) = case();
    load(&mut case, events(0..100));
    let first = stored(&case);
    let mut again = case.begin_load(LoadSettings::default(), &mut go_on).expect("idle");
    events(50..150).into_iter().for_each(|event| again.event(event));
    assert_eq!(again.counts(), LoadCounts { events: 50, known: 50, ..LoadCounts::default() });
    again.commit(&mut go_on).expect("commits");
    case.refresh().expect("refreshes");
    assert_eq!(stored(&case).len(), 150);
    load(&mut case, events(0..150));
    assert_eq!(case.manifest().generation, 2, "nothing new: no new generation");
    assert_eq!(first.len(), 100);
}

#[test]
fn an_event_twice_in_one_load_counts_once() {
    let (_folder, mut case) = case();
    load(&mut case, events(0..10).into_iter().chain(events(0..10)).collect());
    assert_eq!(case.manifest().events(), 10);
}

#[test]
fn a_load_that_is_dropped_leaves_the_case_as_it_was() {
    let (_folder, mut case) = case();
    load(&mut case, events(0..20));
    let before = (stored(&case), case.manifest().clone());
    let mut dropped = case.begin_load(LoadSettings::default(), &mut go_on).expect("idle");
    dropped.keep("lost.json", &b"lost"[..]).expect("is kept");
    events(20..60).into_iter().for_each(|event| dropped.event(event));
    // The batch is handed to the thread that writes, so that there is something to undo.
    dropped.flush();
    drop(dropped);
    case.refresh().expect("refreshes");
    assert_eq!((stored(&case), case.manifest().clone()), before);
    assert!(!case.path().join(STAGING).exists());
    assert_eq!(total(&case), 20);
    load(&mut case, events(20..30));
    assert_eq!(total(&case), 30);
}

#[test]
fn a_load_that_dies_just_before_the_manifest_is_undone() {
    let (_folder, mut case) = case();
    load(&mut case, events(0..20));
    let mut dying = case.begin_load(LoadSettings::default(), &mut go_on).expect("idle");
    dying.keep("lost.json", &b"lost"[..]).expect("is kept");
    events(20..60).into_iter().for_each(|event| dying.event(event));
    assert!(dying.prepare(&mut go_on).expect("prepares").is_some());
    drop(dying);
    // The index is ahead, the files are in their places, the manifest is not.
    let reader = Case::open(case.path()).expect("opens");
    assert_eq!(total(&reader), 20);
    assert_eq!(reader.event(&event(30).id).expect("searches"), None);
    assert_eq!(stored(&reader).len(), 20);
    load(&mut case, events(60..65));
    assert_eq!(total(&case), 25);
    assert_eq!(case.event(&event(30).id).expect("searches"), None);
    assert_eq!(case.manifest().evidence, []);
    let lost = Digest::of(b"lost");
    assert!(!evidence::path(&case.path().join(EVIDENCE), &lost).exists(), "swept");
    let parts = names(&case.path().join(EVENTS)).expect("lists");
    assert_eq!(parts.len(), 2, "swept: {parts:?}");
}

#[test]
fn one_load_at_a_time() {
    let (_folder, case) = case();
    let first = case.begin_load(LoadSettings::default(), &mut go_on).expect("idle");
    let second = case.begin_load(LoadSettings::default(), &mut go_on);
    assert!(matches!(second, Err(CaseError::Busy { .. })));
    first.cancel();
    case.begin_load(LoadSettings::default(), &mut go_on).expect("idle again");
}

#[test]
fn evidence_is_kept_byte_for_byte_and_once() {
    let (_folder, mut case) = case();
    let raw: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    let mut first = case.begin_load(LoadSettings::default(), &mut go_on).expect("idle");
    let kept = first.keep("a\u{1b}.bin", &raw[..]).expect("is kept");
    assert_eq!(kept, Kept { digest: Digest::of(&raw), bytes: 100_000, known: false });
    assert!(first.keep("b.bin", &raw[..]).expect("is kept").known);
    let mut staged = Vec::new();
    first.open_evidence(&kept.digest).expect("opens").read_to_end(&mut staged).expect("reads");
    assert_eq!(staged, raw);
    first.commit(&mut go_on).expect("commits");
    case.refresh().expect("refreshes");
    assert_eq!(case.evidence_bytes(&kept.digest).expect("reads"), raw);
    assert_eq!(case.manifest().evidence.len(), 1);
    let mut again = case.begin_load(LoadSettings::default(), &mut go_on).expect("idle");
    assert!(again.keep("c.bin", &raw[..]).expect("is kept").known);
    assert_eq!(again.commit(&mut go_on).expect("commits").generation, 1);
    assert_eq!(case.evidence_bytes(&kept.digest).expect("reads"), raw);
}

#[test]
fn a_time_that_no_column_holds_is_set_aside() {
    let (_folder, mut case) = case();
    load(&mut case, vec![Event { time: Timestamp::MAX, ..event(1) }, event(2)]);
    assert_eq!(case.manifest().events(), 1);
    assert_eq!(case.problems().expect("reads").len(), 1);
}

#[test]
fn a_load_is_cancelled_by_its_progress() {
    let (_folder, case) = case();
    let mut load = case.begin_load(LoadSettings::default(), &mut go_on).expect("idle");
    events(0..10).into_iter().for_each(|event| load.event(event));
    let stopped = load.commit(&mut |_| std::ops::ControlFlow::Break(()));
    assert!(matches!(stopped, Err(CaseError::Cancelled)));
    assert_eq!(Case::open(case.path()).expect("opens").manifest().events(), 0);
}

fn total(case: &Case) -> u64 {
    case.search("", SearchOptions::default()).expect("searches").total
}
