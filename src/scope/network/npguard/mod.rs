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
use crate::scope::testing::real_data;

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

/// Outputs of which the connections are compared and the section on exposure is not: it lists what
/// pods that do not exist could reach, which is asked of the rules here (`meaning.rs`).
#[rustfmt::skip]
const CONNECTIONS_ONLY: &[&str] = &[
    "anp_banp_blog_demo_exposure_output.txt",
    "exposure_multiple_unmatched_rules_test_exposure_output.txt",
    "exposure_only_matched_rules_test_exposure_output.txt",
    "exposure_test_conn_to_all_pods_in_an_existing_ns_exposure_output.txt",
    "exposure_test_conn_to_all_pods_in_an_existing_ns_with_ns_selector_only_exposure_output.txt",
    "exposure_test_conn_with_new_pod_selector_and_ns_selector_exposure_output.txt",
    "exposure_test_conn_with_only_pod_selector_exposure_output.txt",
    "exposure_test_different_but_equiv_rules_exposure_output.txt",
    "exposure_test_egress_to_entire_cluster_with_named_ports_exposure_output.txt",
    "exposure_test_pod_exposed_only_to_representative_peers_exposure_output.txt",
    "exposure_test_real_namespace_with_matching_pod_exposure_output.txt",
    "exposure_test_same_unmatched_rule_in_ingress_egress_exposure_output.txt",
    "exposure_test_to_namespace_except_specific_pod_exposure_output.txt",
    "exposure_test_with_anp_10_with_real_pod_exposure_output.txt",
    "exposure_test_with_anp_12_exposure_output.txt",
    "exposure_test_with_anp_13_exposure_output.txt",
    "exposure_test_with_anp_1_exposure_output.txt",
    "exposure_test_with_anp_3_w_banp_exposure_output.txt",
    "exposure_test_with_anp_5_entire_cluster_example_exposure_output.txt",
    "exposure_test_with_anp_6_entire_cluster_example_exposure_output.txt",
    "exposure_test_with_anp_7_w_banp_exposure_output.txt",
    "exposure_test_with_anp_9_exposure_output.txt",
    "exposure_test_with_different_rules_2_exposure_output.txt",
    "exposure_test_with_different_rules_2_with_matching_pod_exposure_output.txt",
    "exposure_test_with_different_rules_4_exposure_output.txt",
    "exposure_test_with_different_rules_5_with_matching_pods_exposure_output.txt",
    "exposure_test_with_different_rules_6_exposure_output.txt",
    "exposure_test_with_different_rules_6_with_matching_pods_exposure_output.txt",
    "exposure_test_with_match_expression_does_not_exist_op_exposure_output.txt",
    "exposure_test_with_match_expression_exists_op_exposure_output.txt",
    "exposure_test_with_match_expression_in_op_exposure_output.txt",
    "exposure_test_with_match_expression_in_op_with_matching_pod_exposure_output.txt",
    "exposure_test_with_match_expression_not_in_op_exposure_output.txt",
    "exposure_test_with_multiple_policies_1_with_matching_pod_exposure_output.txt",
    "exposure_test_with_multiple_policies_2_exposure_output.txt",
    "exposure_test_with_no_netpols_exposure_output.txt",
    "exposure_test_with_real_pod_and_namespace_exposure_output.txt",
    "exposure_to_new_namespace_conn_and_entire_cluster_with_matching_pod_exposure_output.txt",
    "k8s_ingress_test_new_exposure_output.txt",
    "onlineboutique_workloads_exposure_output.txt",
];

fn folder() -> PathBuf {
    real_data("netpol-npguard")
}

type Check = fn(&Manifests, &str) -> Result<(), String>;

/// The questions that the peer was asked.
const MODES: &[(&str, Check)] = &[
    ("_connlist_output.txt", check_text),
    ("_connlist_output.json", check_json),
    ("_explain_output.txt", explained::check),
    ("_exposure_output.txt", check_text),
];

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
            Ok(()) if CONNECTIONS_ONLY.contains(&name.as_str()) => in_part += 1,
            Ok(()) => agreed += 1,
            Err(difference) => wrong.push(format!("{name}: {difference}")),
        }
    }
    let report = format!(
        "of {} outputs {agreed} agree, {in_part} agree in their connections, {excluded} are excluded by \
         name\n",
        outputs.len()
    );
    std::io::Write::write_all(&mut std::io::stderr(), report.as_bytes()).expect("stderr");
    assert_eq!(excluded, EXCLUDED.len(), "an exclusion without an output");
    assert_eq!(in_part, CONNECTIONS_ONLY.len(), "an output of connections only is missing");
    assert!(wrong.is_empty(), "{report}{}", wrong.join("\n"));
}
