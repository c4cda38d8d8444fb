//! Byte-level parsers: whatever a file holds, reading it ends, without a panic, and accounts for every
//! document.
//!
//! `DIPTYCH_FUZZ_BEGIN` chooses the parser by how a file begins (`gzip`, `zstd`, `json`, `slices`,
//! `yaml`, `toml`, `markdown`, `protobuf`); without it the bytes stand alone.
#![no_main]

use std::ops::ControlFlow;
use std::sync::LazyLock;

use diptych::domain::Digest;
use diptych::ingest::{self, Collected, Limits, Source};
use libfuzzer_sys::fuzz_target;

/// A parser: its name, a file name that leads to it, and how its files begin.
const PARSERS: &[(&str, &str, &[u8])] = &[
    ("gzip", "x.gz", &[0x1f, 0x8b, 8, 0]),
    ("zstd", "x.zst", &[0x28, 0xb5, 0x2f, 0xfd]),
    ("json", "x.json", b"{"),
    ("slices", "x.json", b"["),
    ("yaml", "x.yaml", b"---\n"),
    ("toml", "x.toml", b""),
    ("markdown", "x.md", b"---\n"),
    ("protobuf", "x.body", &[0x0a]),
];

static PARSER: LazyLock<(&str, &str, &[u8])> = LazyLock::new(|| {
    let named = std::env::var("DIPTYCH_FUZZ_BEGIN").unwrap_or_default();
    let found = PARSERS.iter().find(|(name, ..)| *name == named);
    found.copied().unwrap_or(("any", "x", b""))
});

fuzz_target!(|data: &[u8]| {
    let (name, file, begin) = *PARSER;
    let bytes = [begin, data].concat();
    let mut limits = Limits::default();
    if name == "slices" {
        limits.held = 16;
        limits.document = 256;
    }
    let source = Source::new(Digest::of(b""), file);
    let mut found = Collected::default();
    let counts = ingest::read_within(&source, &mut &bytes[..], &limits, &mut found, &mut |_| {
        ControlFlow::Continue(())
    });
    assert_eq!(counts.events, found.events.len() as u64);
    assert_eq!(counts.records, found.records.len() as u64);
    assert!(counts.with_problems + counts.set_aside <= counts.documents);
    assert_eq!(counts.problems == 0, found.problems.is_empty());
});
