//! The evaluator against AWS's documentation, a peer's expected results, and its own laws.

mod accounts;
mod documented;
mod properties;
mod real_data;
mod trusts;

use serde_json::{Value, json};

use super::decision::{Decision, Denial, Policy};
use super::principal::{Principal, PrincipalKind};
use crate::domain::ObjectRef;
use crate::domain::configured::Configured;
use crate::domain::configured::cloud::Aws;
use crate::domain::configured::cloud::aws::PolicyDocument;
use crate::ingest::configured::tests::read_text;

/// A policy document by the reader that reads them from files.
fn document(policy: &Value) -> PolicyDocument {
    let found = read_text("policy.json", &policy.to_string());
    let bodies = found.records.into_iter().map(|record| record.body);
    let mut documents = bodies.filter_map(|body| match body {
        Configured::Aws(Aws::Policy(policy)) => Some(policy.document),
        _ => None,
    });
    documents.next().unwrap_or_else(|| no_document(policy))
}

#[track_caller]
fn no_document(policy: &Value) -> PolicyDocument {
    assert_eq!(*policy, json!({}), "a policy document");
    PolicyDocument::default()
}

/// Who comes with the proof of no account, service or provider.
fn anonymous() -> Principal {
    Principal::new(PrincipalKind::Federated, "")
}

fn policy<'a>(name: &str, document: &'a PolicyDocument) -> Policy<'a> {
    Policy { by: ObjectRef::new("policy", "", name), document }
}

/// The decision in the words of the tables.
fn shown(decision: &Decision) -> String {
    match decision {
        Decision::Allowed(_) => "allow".to_owned(),
        Decision::Denied(Denial::Explicit(_)) => "explicit deny".to_owned(),
        Decision::Denied(Denial::Implicit(_)) => "implicit deny".to_owned(),
        Decision::Depends { on, .. } => {
            let on: Vec<&str> = on.iter().map(crate::domain::Text::raw).collect();
            format!("depends on {}", on.join(", "))
        }
    }
}
