//! The requirements map names tests that exist.

use std::collections::BTreeSet;
use std::path::Path;

use diptych::cli::about::{State, requirements};

/// The functions marked `#[test]` in the tree, and the ones inside `proptest!`.
fn tests() -> BTreeSet<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files =
        ["src", "tests"].into_iter().flat_map(|folder| walkdir::WalkDir::new(root.join(folder)));
    let mut names = BTreeSet::new();
    for entry in files.filter_map(Result::ok) {
        if entry.path().extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let text = std::fs::read_to_string(entry.path()).expect("the source is readable");
        let mut marked = false;
        for line in text.lines().map(str::trim_start) {
            match line.strip_prefix("fn ").and_then(|rest| rest.split_once('(')) {
                Some((name, _)) if marked => {
                    names.insert(name.to_owned());
                    marked = false;
                }
                _ => marked = marked && line.starts_with("#[") || line.starts_with("#[test]"),
            }
        }
    }
    names
}

#[test]
fn every_requirement_has_one_entry() {
    let map = requirements().expect("docs/requirements.toml parses");
    let ids: Vec<&str> = map.requirement.iter().map(|entry| entry.id.as_str()).collect();
    let expected: Vec<String> = [(0, 30), (1, 29), (2, 29), (3, 27), (4, 15)]
        .into_iter()
        .flat_map(|(article, rows)| (1..=rows).map(move |row| format!("S{article}.{row}")))
        .collect();
    assert_eq!(ids, expected);
}

#[test]
fn named_tests_exist() {
    let tests = tests();
    let map = requirements().expect("docs/requirements.toml parses");
    let mut faults = Vec::new();
    for entry in &map.requirement {
        match entry.state {
            State::Shown if entry.tests.is_empty() => {
                faults.push(format!("{} is shown by no test", entry.id));
            }
            State::Excluded if entry.because.is_none() => {
                faults.push(format!("{} is excluded without a reason", entry.id));
            }
            _ => {}
        }
        for test in &entry.tests {
            let name = test.rsplit("::").next().unwrap_or(test);
            if !tests.contains(name) {
                faults.push(format!("{}: no test is named {name}", entry.id));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
