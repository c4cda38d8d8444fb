//! Checks on public data that nobody here wrote. They run when the folder is there
//! (`DIPTYCH_REAL_DATA`, else `../shared/data` beside the project) and say how many cases ran.

use std::path::PathBuf;

use serde_json::Value;

use crate::support::Home;

fn folder() -> Option<PathBuf> {
    let named = std::env::var_os("DIPTYCH_REAL_DATA").map(PathBuf::from);
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let folder = named.unwrap_or(beside);
    folder.is_dir().then_some(folder)
}

/// Loads folders of the public data into one case; `None` when the data is not there.
fn loaded(test: &str, folders: &[&str]) -> Option<Home> {
    let Some(root) = folder() else {
        println!("{test}: 0 cases ran, the public data is not here");
        return None;
    };
    let home = Home::new();
    let paths: Vec<String> =
        folders.iter().map(|name| root.join(name).display().to_string()).collect();
    let mut arguments = vec!["load", "--format", "json"];
    arguments.extend(paths.iter().map(String::as_str));
    let done = home.ok(&arguments);
    assert!(!done.stderr.contains("panicked"), "{}", done.stderr);
    let files: Value = serde_json::from_str(&done.stdout).expect("the report is JSON");
    let files = files.as_array().expect("one report a file");
    println!("{test}: {} cases ran", files.len());
    for file in files {
        let kept = file["records"].as_u64().unwrap_or(0) + file["events"].as_u64().unwrap_or(0);
        let accounted = kept
            + file["known"].as_u64().unwrap_or(0)
            + file["set_aside"].as_u64().unwrap_or(0)
            + file["documents"].as_u64().unwrap_or(0);
        let already = file["already_loaded"] == true;
        let text = std::fs::read_to_string(file["file"].as_str().unwrap_or_default());
        let holds_nothing = text.is_ok_and(|text| matches!(text.trim(), "" | "[]" | "{}"));
        assert!(already || accounted > 0 || holds_nothing, "nothing is said of {file:#}");
    }
    Some(home)
}

const FIRST_SET: [&str; 5] = [
    "k8s-kagent",
    "op-kubescape-storage",
    "otel-any-agent",
    "k8s-audit-falco",
    "mcp-github-catalogs",
];

#[test]
fn the_first_set_gives_sensible_answers() {
    let Some(home) = loaded("the first set", &FIRST_SET) else { return };
    let summary = &home.json(&["case"])["summary"];
    for count in ["records", "events", "agents", "findings"] {
        assert!(summary[count].as_u64().is_some_and(|count| count > 0), "{count}: {summary:#}");
    }
    let findings = home.json(&["findings"]);
    let readings: Vec<&str> = findings
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|row| row["finding"]["pattern"].as_str())
        .collect();
    // Thirty releases of one server's catalog: real drift.
    assert!(readings.contains(&"catalog-shift"), "{readings:?}");
    assert!(!home.json(&["tree"]).as_array().expect("nodes").is_empty());
    assert!(!home.json(&["chain"]).as_array().expect("chains").is_empty());
    assert!(!home.json(&["search", "kind:k8s_api"]).as_array().expect("events").is_empty());
    assert_eq!(home.json(&["assess"])["asked"], 10);
}

#[test]
fn bare_128_bit_trace_ids_survive() {
    let Some(home) = loaded("any-agent", &["otel-any-agent"]) else { return };
    let known = format!("{:032x}", 115825058289444712299650141807529952578_u128);
    let by_number = home.json(&["search", &format!("trace:{known}"), "--limit", "5"]);
    let found = by_number.as_array().expect("events");
    assert!(!found.is_empty());
    assert!(found.iter().all(|event| event["trace_id"] == known.as_str()));
}

#[test]
fn every_public_folder_loads_without_a_panic() {
    let Some(root) = folder() else {
        println!("every public folder: 0 cases ran, the public data is not here");
        return;
    };
    let names: Vec<String> = std::fs::read_dir(&root)
        .expect("the folder is readable")
        .filter_map(Result::ok)
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    loaded("every public folder", &names);
}

#[test]
fn a_real_server_and_its_log_agree() {
    let Some(home) = loaded("a real API server", &["kube-apiserver"]) else { return };
    let summary = &home.json(&["case"])["summary"];
    assert!(summary["events"].as_u64().is_some_and(|events| events > 700), "{summary:#}");
    let denied = home.json(&["search", "kind:k8s_api decision:deny", "--limit", "5"]);
    assert!(!denied.as_array().expect("events").is_empty());
    // Tokens in response bodies of the log never reach an event.
    let all = home.ok(&["search", "serviceaccounts", "--limit", "200", "--format", "jsonl"]).stdout;
    assert!(!all.contains("eyJhbGciOi"), "a bearer token is in an event");
}
