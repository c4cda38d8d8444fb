//! The evaluator against a peer: every expected output of np-guard's netpol-analyzer.
//!
//! An external end is compared as a set of addresses: the peer cuts ranges where any policy of the
//! cluster does.

mod explained;
mod lines;
mod manifests;

use std::path::PathBuf;

use self::lines::{Line, canonical};
use self::manifests::Manifests;

const NETWORKS: &str =
    "user-defined networks beside that of the pods, which no policy here governs";
const MACHINES: &str = "KubeVirt virtual machines are no workloads that are read";
const OWNER: &str = "an owner reference without a kind, which the API refuses";

/// Expected files that are not compared, and why.
#[rustfmt::skip]
const EXCLUDED: &[(&str, &str)] = &[
    ("cudn_test_2_connlist_output.json", NETWORKS),
    ("cudn_test_2_connlist_output.txt", NETWORKS),
    ("cudn_test_6_connlist_output.json", NETWORKS),
    ("cudn_test_6_connlist_output.txt", NETWORKS),
    ("cudn_test_6_explain_output.txt", NETWORKS),
    ("example_pods_w_same_owner_and_labels_gap_anp_good_connlist_output.txt", OWNER),
    ("example_pods_w_same_owner_and_labels_gap_with_good_match_expression2_connlist_output.txt", OWNER),
    ("example_pods_w_same_owner_and_labels_gap_with_good_match_expression_connlist_output.txt", OWNER),
    ("example_pods_w_same_owner_and_labels_gap_with_policy_selector_not_in_gap_connlist_output.txt", OWNER),
    ("nad_test_13_connlist_output.txt", MACHINES),
    ("nad_test_14_connlist_output.txt", MACHINES),
    ("nad_test_15_connlist_output.json", NETWORKS),
    ("nad_test_16_connlist_output.json", NETWORKS),
    ("nad_test_17_connlist_output.json", NETWORKS),
    ("nad_test_1_connlist_output.json", NETWORKS),
    ("nad_test_5_connlist_output.json", NETWORKS),
    ("nad_test_8_connlist_output.json", NETWORKS),
    ("udn_and_vms_test_1_connlist_output.json", NETWORKS),
    ("udn_and_vms_test_1_connlist_output.txt", NETWORKS),
    ("udn_and_vms_test_2_connlist_output.json", NETWORKS),
    ("udn_and_vms_test_2_connlist_output.txt", NETWORKS),
    ("udn_and_vms_test_4_connlist_output.json", NETWORKS),
    ("udn_and_vms_test_4_connlist_output.txt", NETWORKS),
    ("udn_and_vms_test_4_explain_output.txt", NETWORKS),
    ("udn_and_vms_test_5_connlist_output.json", NETWORKS),
    ("udn_and_vms_test_5_connlist_output.txt", NETWORKS),
    ("udn_and_vms_test_5_explain_output.txt", NETWORKS),
    ("udn_test_2_connlist_output.json", NETWORKS),
    ("udn_test_2_connlist_output.txt", NETWORKS),
    ("udn_test_2_explain_output.txt", NETWORKS),
    ("udn_test_3_connlist_output.json", NETWORKS),
    ("udn_test_3_connlist_output.txt", NETWORKS),
    ("udn_test_3_explain_output.txt", NETWORKS),
    ("udn_test_4_connlist_output.json", NETWORKS),
    ("udn_test_4_connlist_output.txt", NETWORKS),
    ("udn_test_4_explain_output.txt", NETWORKS),
    ("udn_with_ingress_controller_connlist_output.json", NETWORKS),
    ("udn_with_ingress_controller_connlist_output.txt", NETWORKS),
    ("udn_with_ingress_controller_two_pods_connlist_output.json", NETWORKS),
    ("udn_with_ingress_controller_two_pods_connlist_output.txt", NETWORKS),
    ("udn_with_vm_and_ingress_controller_connlist_output.json", NETWORKS),
    ("udn_with_vm_and_ingress_controller_connlist_output.txt", NETWORKS),
    ("virtual_machines_example_connlist_output.json", MACHINES),
    ("virtual_machines_example_connlist_output.txt", MACHINES),
    ("virtual_machines_example_explain_output.txt", MACHINES),
];

fn folder() -> PathBuf {
    let default = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    std::env::var_os("DIPTYCH_REAL_DATA").map_or_else(default, PathBuf::from).join("netpol-npguard")
}

type Check = fn(&Manifests, &str) -> Result<(), String>;

/// The questions that the peer was asked. Of an exposure only the connections are compared: what pods
/// that do not exist could reach is asked of the rules (`meaning.rs`), not of examples.
const MODES: &[(&str, Check)] = &[
    ("_connlist_output.txt", check_text),
    ("_connlist_output.json", check_json),
    ("_explain_output.txt", explained::check),
    (EXPOSURE, check_text),
];
const EXPOSURE: &str = "_exposure_output.txt";

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
    let (mut agreed, mut in_part, mut excluded) = (0, 0, 0);
    for output in &outputs {
        let name = output.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if EXCLUDED.iter().any(|(file, _)| *file == name) {
            excluded += 1;
            continue;
        }
        let mode = MODES.iter().find_map(|(end, check)| Some((name.strip_suffix(end)?, check)));
        let (case, check) = mode.expect("every output answers a question");
        let manifests = Manifests::read(&folder().join("tests").join(case));
        let expected = std::fs::read_to_string(output).expect("an expected output is text");
        match check(&manifests, &expected) {
            Ok(()) if name.ends_with(EXPOSURE) => in_part += 1,
            Ok(()) => agreed += 1,
            Err(difference) => wrong.push(format!("{name}: {difference}")),
        }
    }
    let report = format!(
        "of {} outputs {agreed} agree, {in_part} exposures agree in their connections, {excluded} \
         are excluded by name\n",
        outputs.len()
    );
    std::io::Write::write_all(&mut std::io::stderr(), report.as_bytes()).expect("stderr");
    assert_eq!(excluded, EXCLUDED.len(), "an exclusion without an output");
    assert!(wrong.is_empty(), "{report}{}", wrong.join("\n"));
}
