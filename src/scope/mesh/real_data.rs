//! Istio's own documents: what it takes as valid evaluates without a doubt, what it refuses is
//! refused here with a reason.

use std::path::PathBuf;

use super::super::testing::labels;
use super::*;
use crate::domain::Configured;
use crate::ingest::configured::tests::read_text;
use crate::scope::Estate;
use crate::scope::answer::Answer;

/// Files of kinds that are evaluated: documents that are valid, and that are not.
const FILES: [(&str, usize, usize); 4] =
    [("authz", 2, 2), ("peerauth", 2, 6), ("reqauth", 1, 19), ("serviceentry", 5, 12)];

/// Files of kinds that decide nothing about who may call whom.
const OTHERS: [&str; 7] = [
    "destinationrule",
    "envoyfilter",
    "proxyconfig",
    "telemetry",
    "wasm",
    "workloadentry",
    "workloadgroup",
];

/// What the reader takes although Istio refuses it, with the reason.
const TAKEN: &[(&str, &str)] = &[];

fn folder() -> PathBuf {
    let default = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let root = std::env::var_os("DIPTYCH_REAL_DATA").map_or_else(default, PathBuf::from);
    root.join("istio-authz/tests/testdata")
}

fn documents(text: &str) -> Vec<&str> {
    let parts = text.split("\n---").map(|part| part.trim_start_matches('-'));
    parts.filter(|part| part.contains("kind:")).collect()
}

#[test]
fn valid_documents_evaluate_and_invalid_ones_are_refused() {
    let folder = folder();
    if !folder.is_dir() {
        return;
    }
    let (mut evaluated, mut refused) = (0, 0);
    for (kind, valid, invalid) in FILES {
        let text = |suffix: &str| {
            std::fs::read_to_string(folder.join(format!("{kind}-{suffix}.yaml"))).expect("a file")
        };
        let text = (text("valid"), text("invalid"));
        let found = (documents(&text.0), documents(&text.1));
        assert_eq!((found.0.len(), found.1.len()), (valid, invalid), "{kind}");
        for document in found.0 {
            evaluate(document);
            evaluated += 1;
        }
        for document in found.1 {
            let found = read_text("policy.yaml", document);
            let name = document.lines().find_map(|line| line.trim().strip_prefix("name: "));
            let taken = TAKEN.iter().any(|(listed, _)| name == Some(listed));
            assert_eq!(found.problems.is_empty(), taken, "{kind}: {document}");
            refused += usize::from(!taken);
        }
    }
    let files = std::fs::read_dir(&folder).expect("a folder").count();
    assert_eq!(files, 2 * (FILES.len() + OTHERS.len()), "a file of a kind that is not listed");
    std::io::Write::write_fmt(
        &mut std::io::stderr(),
        format_args!("{evaluated} valid documents evaluated, {refused} refused\n"),
    )
    .expect("standard error takes a line");
}

/// A valid document raises no doubt, and every question to it has an answer.
fn evaluate(document: &str) {
    let found = read_text("policy.yaml", document);
    assert_eq!(found.problems, [], "{document}");
    let estate = Estate::build(&found.records, &[], &[]);
    let [record] = &found.records[..] else { unreachable!("one record: {document}") };
    let mesh = Mesh::of(&estate, &record.realm).expect("an object of a mesh");
    let Configured::AuthorizationPolicy(policy) = &record.body else { return };
    let labels = labels(&[("app", "httpbin")]);
    let policies = mesh.policies_of(&policy.meta.namespace, &labels);
    assert_eq!(policies.len(), 1, "{document}");
    let caller = Identity {
        trust_domain: "cluster.local".into(),
        namespace: "bar".into(),
        account: "sa".into(),
    };
    for traffic in [Traffic::Http, Traffic::Tcp, Traffic::Unknown, Traffic::Tunnelled] {
        for call in [Call::default().by(&caller), Call::default().in_plain_text()] {
            let decision = decide(&policies, &call, traffic, &mesh.settings);
            // Every rule of these documents asks for an identity that plain text does not have.
            let possible = decision.allowed != Answer::No;
            let is_plain = call.values(&"source.principal".into()) == Some(&[]);
            assert!(!(possible && is_plain), "{traffic:?} {document}");
        }
    }
}
