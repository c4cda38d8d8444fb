//! The evaluator against a peer: every expected output of np-guard's netpol-analyzer.
//!
//! An external end is compared as a set of addresses: the peer cuts ranges where any policy of the
//! cluster does.

mod lines;
mod manifests;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use self::lines::{Line, canonical};
use self::manifests::Manifests;

/// Expected files that are not compared, and why.
const EXCLUDED: &[(&str, &str)] = &[];

fn folder() -> PathBuf {
    let default = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    std::env::var_os("DIPTYCH_REAL_DATA").map_or_else(default, PathBuf::from).join("netpol-npguard")
}

/// The questions that the peer was asked.
const MODES: &[(&str, fn(&Manifests, &str) -> Result<(), String>)] =
    &[("_connlist_output.txt", check_text), ("_connlist_output.json", check_json)];

fn compare(found: Vec<Line>, expected: Vec<Line>) -> Result<(), String> {
    let (found, expected) = (canonical(found), canonical(expected));
    let missing: Vec<_> = expected.difference(&found).collect();
    let extra: Vec<_> = found.difference(&expected).collect();
    match missing.is_empty() && extra.is_empty() {
        true => Ok(()),
        false => Err(format!(
            "{} missing, {} too many of {}\n   missing {:?}\n   extra {:?}",
            missing.len(),
            extra.len(),
            expected.len(),
            missing.first(),
            extra.first()
        )),
    }
}

fn check_text(manifests: &Manifests, expected: &str) -> Result<(), String> {
    compare(lines::found(manifests), lines::of_text(expected))
}

fn check_json(manifests: &Manifests, expected: &str) -> Result<(), String> {
    compare(lines::found(manifests), lines::of_json(expected))
}

#[test]
fn connections_agree_with_the_peer() {
    let Ok(outputs) = std::fs::read_dir(folder().join("test_outputs/connlist")) else { return };
    let mut outputs: Vec<PathBuf> = outputs.flatten().map(|entry| entry.path()).collect();
    outputs.sort();
    let mut wrong = Vec::new();
    let (mut agreed, mut excluded) = (0, BTreeSet::new());
    for output in &outputs {
        let name = output.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if EXCLUDED.iter().any(|(file, _)| *file == name) {
            excluded.insert(name);
            continue;
        }
        let mode = MODES.iter().find_map(|(end, check)| Some((name.strip_suffix(end)?, check)));
        let Some((case, check)) = mode else {
            wrong.push(format!("{name}: no such question"));
            continue;
        };
        let manifests = Manifests::read(&folder().join("tests").join(case));
        let expected = std::fs::read_to_string(output).expect("an expected output is text");
        match check(&manifests, &expected) {
            Ok(()) => agreed += 1,
            Err(difference) => wrong.push(format!("{name}: {difference}")),
        }
    }
    let report =
        format!("{agreed} of {} outputs agree, {} excluded\n", outputs.len(), excluded.len());
    std::io::Write::write_all(&mut std::io::stderr(), report.as_bytes()).expect("stderr");
    assert!(wrong.is_empty(), "{report}{}", wrong.join("\n"));
}
