//! Istio's own documents: what it takes as valid evaluates without a doubt, what it refuses is
//! refused here with a reason.

use std::path::PathBuf;

use super::super::testing::labels;
use super::*;
use crate::domain::Configured;
use crate::ingest::configured::tests::read_text;
use crate::scope::Estate;
use crate::scope::answer::Answer;
use crate::scope::testing::real_data;

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

/// What the reader doubts although Istio takes it, with the reason.
const DOUBTED: &[(&str, &str)] = &[(
    "serviceentry",
    "`001:db8::` before `]` is a key without a value in YAML 1.2 (7.3.3), a text to Istio's parser",
)];

/// What the reader takes although Istio refuses it, with the reason.
const TAKEN: &[(&str, &str)] = &[
    ("invalid-claim-to-header-unset", OF_HEADERS),
    ("invalid-claim-to-header-claim-empty", OF_HEADERS),
    ("invalid-claim-to-header-header-empty", OF_HEADERS),
    ("invalid-claim-to-header-bad-header", OF_HEADERS),
    ("bad-timeout", "how long keys are waited for decides nothing about access"),
    ("invalid-space-delimited-claims", "the names of claims that are split are not read"),
];
const OF_HEADERS: &str = "headers that are handed on decide nothing about access";

fn folder() -> PathBuf {
    real_data("istio-authz/tests/testdata")
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
    let mut taken = Vec::new();
    for (kind, valid, invalid) in FILES {
        let text = |suffix: &str| {
            std::fs::read_to_string(folder.join(format!("{kind}-{suffix}.yaml"))).expect("a file")
        };
        let text = (text("valid"), text("invalid"));
        let found = (documents(&text.0), documents(&text.1));
        assert_eq!((found.0.len(), found.1.len()), (valid, invalid), "{kind}");
        for document in found.0 {
            let is_doubted =
                document.contains("001:db8::") && DOUBTED.iter().any(|(listed, _)| *listed == kind);
            evaluate(document, is_doubted);
            evaluated += 1;
        }
        for document in found.1 {
            let found = read_text("policy.yaml", document);
            let name = document.lines().find_map(|line| line.trim().strip_prefix("name: "));
            match found.problems.is_empty() {
                true => taken.push(name.unwrap_or_default().to_owned()),
                false => refused += 1,
            }
        }
    }
    let listed: Vec<&str> = TAKEN.iter().map(|(name, _)| *name).collect();
    assert_eq!(taken, listed);
    let files = std::fs::read_dir(&folder).expect("a folder").count();
    assert_eq!(files, 2 * (FILES.len() + OTHERS.len()), "a file of a kind that is not listed");
    std::io::Write::write_fmt(
        &mut std::io::stderr(),
        format_args!(
            "{evaluated} valid documents evaluated, {refused} refused, {} taken\n",
            TAKEN.len()
        ),
    )
    .expect("standard error takes a line");
}

/// A valid document raises no doubt, and every question to it has an answer.
fn evaluate(document: &str, is_doubted: bool) {
    let found = read_text("policy.yaml", document);
    assert_eq!(!found.problems.is_empty(), is_doubted, "{document}");
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
