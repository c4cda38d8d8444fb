//! One mapper: any well-formed JSON is read without a panic.
//!
//! `DIPTYCH_FUZZ_FORMAT` names the format. The bytes of the fuzzer choose among the words of the
//! ingest room's own source, so that documents have keys and values that the mapper looks for.
#![no_main]

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::LazyLock;

use diptych::domain::Digest;
use diptych::ingest::{self, Collected, Format, Source};
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};

static FORMAT: LazyLock<&'static Format> = LazyLock::new(|| {
    let id = std::env::var("DIPTYCH_FUZZ_FORMAT").unwrap_or_default();
    ingest::format(&id).unwrap_or_else(|| panic!("DIPTYCH_FUZZ_FORMAT names no format: `{id}`"))
});

/// String literals and field names of the readers, as they are and in camel case.
static WORDS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../src/ingest");
    let mut words = BTreeSet::new();
    collect(&root, &mut words);
    words.into_iter().collect()
});

fn collect(folder: &Path, words: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, words);
        } else if let Ok(text) = std::fs::read_to_string(&path) {
            for word in text.split(|c: char| !(c.is_alphanumeric() || "_-./:@$".contains(c))) {
                if (2..40).contains(&word.len()) {
                    words.insert(word.trim_end_matches(':').to_owned());
                    words.insert(camel(word.trim_end_matches(':')));
                }
            }
        }
    }
}

fn camel(word: &str) -> String {
    let mut parts = word.split('_');
    let mut camel = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let mut letters = part.chars();
        camel.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        camel.push_str(letters.as_str());
    }
    camel
}

/// A document grown from bytes.
fn grow(data: &mut &[u8], depth: usize) -> Value {
    let kind = take(data);
    match kind % 12 {
        0..=3 if depth < 9 => {
            let members = (0..take(data) % 7).map(|_| (word(data), grow(data, depth + 1)));
            Value::Object(members.collect::<Map<_, _>>())
        }
        4 | 5 if depth < 9 => {
            Value::Array((0..take(data) % 5).map(|_| grow(data, depth + 1)).collect())
        }
        6 => Value::Null,
        7 => Value::Bool(take(data) % 2 == 0),
        8 => Value::from(i64::from(take(data)) << (take(data) % 56)),
        9 => Value::from("2026-10-01T00:00:00Z"),
        // Each level doubles the escapes of those inside it.
        10 if depth < 9 => Value::from(grow(data, depth.max(7) + 1).to_string()),
        _ => Value::from(word(data)),
    }
}

fn take(data: &mut &[u8]) -> u8 {
    data.split_off_first().copied().unwrap_or_default()
}

fn word(data: &mut &[u8]) -> String {
    let at = usize::from(take(data)) << 8 | usize::from(take(data));
    WORDS.get(at % WORDS.len().max(1)).cloned().unwrap_or_default()
}

fuzz_target!(|data: &[u8]| {
    let mut rest = data;
    let mut members = Map::new();
    while !rest.is_empty() {
        members.insert(word(&mut rest), grow(&mut rest, 0));
    }
    let json = Value::Object(members).to_string();
    let source =
        Source { read_as: Some(*FORMAT), ..Source::new(Digest::of(b""), "mapped.json") };
    let mut found = Collected::default();
    ingest::read(&source, &mut json.as_bytes(), &mut found, &mut |_| ControlFlow::Continue(()));
});
