//! What is known of public data, file by file, and whether reading gives it.
//!
//! `facts/*.toml` holds, for each source folder, what was counted by hand with jq or is said by the
//! source's own documentation: the formats found, the records, events and problems, and facts about
//! single ones. The data itself is no part of the project; the check runs when it is there
//! (`DIPTYCH_REAL_DATA`, else `../shared/data` beside the project) and says how many cases ran.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use diptych::domain::{Configured, Digest};
use diptych::ingest::{self, Collected, Source};
use serde::Deserialize;
use serde_json::Value;

/// `[[file]]`: one file of the public data.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    path: String,
    /// Documents read, by format id.
    formats: BTreeMap<String, u64>,
    /// Of documents in known formats.
    records: u64,
    events: u64,
    problems: u64,
    #[serde(default)]
    fact: Vec<Fact>,
}

/// `[[file.fact]]`: how many events, records, coverage statements or problems match.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fact {
    /// `event`, `record`, `coverage` or `problem`.
    of: String,
    /// Dotted paths into its JSON and the values there; a list is matched element by element.
    #[serde(rename = "where")]
    matching: BTreeMap<String, toml::Value>,
    count: usize,
}

#[derive(Deserialize)]
struct Facts {
    file: Vec<File>,
}

pub fn folder() -> Option<PathBuf> {
    let named = std::env::var_os("DIPTYCH_REAL_DATA").map(PathBuf::from);
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let folder = named.unwrap_or(beside);
    folder.is_dir().then_some(folder)
}

/// The value at a path of keys and positions, also inside a string that holds JSON.
fn at(value: &Value, path: &str) -> Option<Value> {
    path.split('.').try_fold(value.clone(), |value, step| match value {
        Value::Array(items) => items.get(step.parse::<usize>().ok()?).cloned(),
        Value::String(json) => serde_json::from_str::<Value>(&json).ok()?.get(step).cloned(),
        _ => value.get(step).cloned(),
    })
}

fn count(found: &[Value], fact: &Fact) -> usize {
    let holds = |value: &Value| {
        fact.matching.iter().all(|(path, expected)| {
            let expected = serde_json::to_value(expected).expect("TOML is JSON");
            at(value, path).unwrap_or(Value::Null) == expected
        })
    };
    found.iter().filter(|value| holds(value)).count()
}

fn all<T: serde::Serialize>(items: &[T]) -> Vec<Value> {
    items.iter().map(|item| serde_json::to_value(item).expect("serialises")).collect()
}

/// What is wrong with the reading of one file.
fn check(root: &Path, file: &File) -> Vec<String> {
    let path = root.join(&file.path);
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) => return vec![format!("{}: {error}", file.path)],
    };
    let source = Source::new(Digest::of(&bytes), path.display().to_string());
    let mut found = Collected::default();
    let counts =
        ingest::read(&source, &mut &bytes[..], &mut found, &mut |_| ControlFlow::Continue(()));
    // Documents in no known format are kept too; the facts are about what formats read.
    found.records.retain(|record| !matches!(record.body, Configured::UnknownDocument(_)));
    found.events.retain(|event| event.source != "unknown");
    let mut wrong = Vec::new();
    let formats: BTreeMap<String, u64> =
        counts.formats.iter().map(|(id, count)| ((*id).to_owned(), *count)).collect();
    if formats != file.formats {
        wrong.push(format!("{}: formats {formats:?}, not {:?}", file.path, file.formats));
    }
    for (what, found, expected) in [
        ("records", found.records.len() as u64, file.records),
        ("events", found.events.len() as u64, file.events),
        ("problems", counts.problems, file.problems),
    ] {
        if found != expected {
            wrong.push(format!("{}: {what}: {found}, not {expected}", file.path));
        }
    }
    for fact in &file.fact {
        let values = match fact.of.as_str() {
            "event" => all(&found.events),
            "record" => all(&found.records),
            "coverage" => all(&found.coverage),
            "problem" => all(&found.problems),
            other => return vec![format!("{}: no such thing as `{other}`", file.path)],
        };
        let matching = count(&values, fact);
        if matching != fact.count {
            wrong.push(format!(
                "{}: {matching} of {} {}s match {:?}, not {}",
                file.path,
                values.len(),
                fact.of,
                fact.matching,
                fact.count
            ));
        }
    }
    wrong
}

#[test]
fn public_files_are_read_as_what_they_are() {
    let Some(root) = folder() else {
        println!("facts: 0 cases ran, the public data is not here");
        return;
    };
    let facts = Path::new(env!("CARGO_MANIFEST_DIR")).join(FACTS);
    let only = std::env::var("DIPTYCH_FACTS").ok();
    let (mut files, mut checks, mut wrong) = (0, 0, Vec::new());
    for entry in std::fs::read_dir(&facts).expect("the facts are in the project") {
        let path = entry.expect("readable").path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if only.as_ref().is_some_and(|only| *only != name) {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("readable");
        let facts: Facts = toml::from_str(&text)
            .unwrap_or_else(|error| unreachable!("{}: {error}", path.display()));
        for file in &facts.file {
            files += 1;
            checks += 4 + file.fact.len();
            wrong.extend(check(&root, file));
        }
    }
    println!("facts: {files} files ran, {checks} cases");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

const FACTS: &str = "tests/it/facts";
