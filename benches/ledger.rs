//! The ledger against its bars (design §7): fsynced appends and verified entries a second.

use std::path::Path;

use diptych::domain::{AgentKey, Digest, Discipline, FindingId, Plane, Tag, Verdict};
use diptych::ledger::{AuthorKey, Body, Context, Ledger, verify};
use divan::Bencher;
use divan::counter::ItemsCount;
use jiff::Timestamp;

const ENTRIES: usize = 100_000;

fn main() {
    divan::main();
}

#[divan::bench(sample_count = 200, sample_size = 1)]
fn append_one_fsynced(bencher: Bencher) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut ledger = open(folder.path());
    bencher
        .counter(ItemsCount::new(1_usize))
        .bench_local(|| ledger.append(Timestamp::UNIX_EPOCH, context(), tag(0)));
}

#[divan::bench(sample_count = 5, sample_size = 1)]
fn verify_all(bencher: Bencher) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let tags = (0..ENTRIES).map(|number| (context(), tag(number)));
    let appended = open(folder.path()).append_all(Timestamp::UNIX_EPOCH, tags.collect());
    appended.expect("the temporary folder has room");
    bencher.counter(ItemsCount::new(ENTRIES)).bench_local(|| {
        let verification = verify(folder.path(), None);
        assert!(
            verification.is_ok_and(|found| found.is_sound() && found.entries == ENTRIES as u64)
        );
    });
}

fn open(folder: &Path) -> Ledger {
    let key = AuthorKey::from_seed("bench", [7; 32]).expect("a plain name");
    Ledger::open(folder, key, None).expect("the temporary folder can be written")
}

fn context() -> Context {
    let finding = Some(Digest::of(b"reading"));
    Context { generation: 7, snapshot: finding, finding, engine: "0.1.0".to_owned() }
}

fn tag(number: usize) -> Body {
    let agent = AgentKey::new("prod", "agents", "billing");
    let anchor = number.to_string();
    Body::Tag(Tag {
        finding: FindingId::of(&agent, Discipline::Identity, Plane::Kubernetes, &anchor),
        verdict: Verdict::Gap2,
        reason: "the role comes with the group, not with the agent".to_owned(),
        reading: Digest::of(anchor.as_bytes()),
    })
}
