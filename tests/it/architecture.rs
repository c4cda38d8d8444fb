//! The floors of the house, held by reading the source.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Every room and the rooms it may know.
const ROOMS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("ingest", &["domain"]),
    ("scope", &["domain"]),
    ("profile", &["domain"]),
    ("lineage", &["domain", "scope"]),
    ("simulate", &["domain"]),
    ("catalog", &["domain"]),
    ("pull", &["domain"]),
    ("view", &["domain"]),
    ("reconcile", &["domain", "scope", "profile"]),
    ("ledger", &["domain"]),
    ("arbitrate", &["domain"]),
    ("assess", &["domain", "view"]),
    ("case", &["domain", "ingest"]),
    (
        "workspace",
        &[
            "domain",
            "ingest",
            "scope",
            "profile",
            "lineage",
            "reconcile",
            "ledger",
            "arbitrate",
            "assess",
            "case",
            "view",
        ],
    ),
    ("tui", &["domain", "catalog", "assess", "view"]),
    (
        "cli",
        &["domain", "catalog", "assess", "ledger", "pull", "simulate", "tui", "view", "workspace"],
    ),
];

/// Crates that only some rooms may use.
const CRATES: &[(&str, &[&str])] = &[
    ("polars", &["case"]),
    ("tantivy", &["case"]),
    ("kube", &["pull"]),
    ("reqwest", &["pull"]),
    ("ratatui", &["tui"]),
    ("crossterm", &["tui"]),
    ("clap", &["cli"]),
    ("ed25519_dalek", &["ledger"]),
    ("directories", &["workspace"]),
    ("petgraph", &["scope", "lineage"]),
    ("tokio", &["tui", "cli", "pull"]),
];

/// What the pure rooms may not touch.
const PURE: &[&str] =
    &["domain", "scope", "profile", "lineage", "reconcile", "arbitrate", "assess", "view"];
const IMPURE: &[&str] = &[
    "std::fs",
    "std::net::Tcp",
    "std::env",
    "std::process",
    "SystemTime::now",
    "Timestamp::now",
    "async fn",
];

fn source() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    walkdir::WalkDir::new(&root)
        .into_iter()
        .filter_map(Result::ok)
        .filter(|entry| entry.path().extension().is_some_and(|extension| extension == "rs"))
        .filter(|entry| !is_test_only(entry.path()))
        .map(|entry| {
            let text = std::fs::read_to_string(entry.path()).expect("the source is readable");
            let path = entry.path().strip_prefix(&root).expect("under src").to_owned();
            (path, text)
        })
        .collect()
}

/// Whether the file's module is declared for tests only, in the file of the module around it.
fn is_test_only(path: &Path) -> bool {
    path.ancestors().take_while(|path| !path.ends_with("src")).any(is_declared_for_tests)
}

/// Whether the file or folder is a module of its parent under `#[cfg(test)]`.
fn is_declared_for_tests(path: &Path) -> bool {
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let folder = path.parent().expect("under src");
    [folder.join("mod.rs"), folder.with_extension("rs"), folder.join("lib.rs")].iter().any(
        |parent| {
            let text = std::fs::read_to_string(parent).unwrap_or_default();
            ["mod", "pub mod", "pub(crate) mod", "pub(super) mod"]
                .iter()
                .any(|form| text.contains(&format!("#[cfg(test)]\n{form} {name};")))
        },
    )
}

fn room(path: &Path) -> String {
    let first = path.components().next().expect("a path has a component");
    first.as_os_str().to_string_lossy().trim_end_matches(".rs").to_owned()
}

/// A file without its tests.
fn body(text: &str) -> &str {
    text.split("#[cfg(test)]\nmod tests {").next().unwrap_or(text)
}

/// The part of a file that ships: not its tests, not its comments.
fn shipped(text: &str) -> String {
    body(text)
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn lower_floors_know_nothing_of_the_floors_above() {
    let allowed: BTreeMap<&str, &[&str]> = ROOMS.iter().copied().collect();
    let mut faults = Vec::new();
    for (path, text) in source() {
        let room = room(&path);
        if room == "main" || room == "lib" {
            continue;
        }
        let Some(known) = allowed.get(room.as_str()) else {
            faults.push(format!("{} is in no declared room", path.display()));
            continue;
        };
        for (other, _) in ROOMS {
            let mentions = shipped(&text).contains(&format!("crate::{other}"));
            if *other != room && mentions && !known.contains(other) {
                faults.push(format!("{} uses crate::{other}", path.display()));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_crate_stays_in_its_rooms() {
    let mut faults = Vec::new();
    for (path, text) in source() {
        let (room, text) = (room(&path), shipped(&text));
        for (name, rooms) in CRATES {
            let used = [
                format!("use {name}::"),
                format!(" {name}::"),
                format!("({name}::"),
                format!("<{name}::"),
            ]
            .iter()
            .any(|mention| text.contains(mention.as_str()));
            let excused = room == "main" && *name == "clap";
            if used && !rooms.contains(&room.as_str()) && !excused {
                faults.push(format!("{} uses {name}", path.display()));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_core_touches_no_world() {
    let mut faults = Vec::new();
    for (path, text) in source() {
        if PURE.contains(&room(&path).as_str()) {
            let text = shipped(&text);
            faults.extend(
                IMPURE
                    .iter()
                    .filter(|word| text.contains(**word))
                    .map(|word| format!("{} has {word}", path.display())),
            );
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Files over 500 lines, with the reason.
const LONG: &[(&str, &str)] = &[];

#[test]
fn files_have_one_subject() {
    let mut sizes: Vec<(usize, PathBuf)> =
        source().into_iter().map(|(path, text)| (body(&text).lines().count(), path)).collect();
    sizes.sort();
    let median = sizes.get(sizes.len() / 2).map_or(0, |(lines, _)| *lines);
    assert!(median <= 200, "the median file has {median} lines");
    let long: Vec<String> = sizes
        .iter()
        .filter(|(lines, path)| {
            *lines > 500 && !LONG.iter().any(|(known, _)| Path::new(known) == path)
        })
        .map(|(lines, path)| format!("{} has {lines} lines", path.display()))
        .collect();
    assert!(long.is_empty(), "{}", long.join("\n"));
}
