//! The cases of a peer, cloud-copilot/iam-simulate (its folder `src/core_engine/coreEngineTests`),
//! where they lie as `iam-simulate` beside the real data. Their licence keeps them out of it.

use std::path::PathBuf;

use serde_json::Value;

use super::super::context::Context;
use super::super::decision::{Policies, Request};
use super::super::evaluate::evaluate;
use super::super::principal::Principal;
use super::{anonymous, document, policy, shown};
use crate::domain::configured::cloud::aws::PolicyDocument;

/// Cases that are not compared: what the file's name begins with, what the case's name contains, and
/// why.
const EXCLUDED: [(&str, &str, &str); 6] = [
    ("endpoints.", "", "policies of VPC endpoints are in no record that is read"),
    ("resourceWildcards.", "", "asks about a pattern of resources; a request has one resource"),
    ("iam.managedPolicies.aws.denied", "", REFUSED),
    ("iam.roles.reserved.denied", "", REFUSED),
    ("kms.aliases", "Implicitly denied for AWS-managed alias", REFUSED),
    (
        "sessionPolicies",
        "Implicit deny in session policy denies even if session ARN",
        "AWS documents the contrary (IAM User Guide, \"Session policies\": what a resource grants the \
         session's ARN is not limited by them)",
    ),
];

const REFUSED: &str = "what the service itself refuses stands in no policy";

/// The peer's other mode asks under which conditions a request would be allowed, not whether it is.
fn is_another_question(case: &Value) -> bool {
    case["simulation"]["mode"] == "Discovery"
}

fn is_excluded(file: &str, case: &Value) -> bool {
    let name = case["name"].as_str().unwrap_or_default();
    let listed =
        EXCLUDED.iter().any(|(start, part, _)| file.starts_with(start) && name.contains(part));
    listed || is_another_question(case)
}

fn folder() -> PathBuf {
    let default = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    std::env::var_os("DIPTYCH_REAL_DATA").map_or_else(default, PathBuf::from).join("iam-simulate")
}

fn principal(value: &Value) -> Principal {
    let Some(name) = value.as_str() else {
        return anonymous();
    };
    Principal::from_arn(name).unwrap_or_else(|| Principal::service(name))
}

fn documents(case: &Value, list: &str) -> Vec<PolicyDocument> {
    case[list].as_array().into_iter().flatten().map(document).collect()
}

fn decide(case: &Value) -> String {
    let asked = &case["request"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut context = Context::complete();
    for (key, value) in asked["context"].as_object().into_iter().flatten() {
        let values = match value {
            Value::Array(values) => values.iter().map(text).collect(),
            value => vec![text(value)],
        };
        context.set(key, values);
    }
    let request = Request {
        principal: principal(&asked["principal"]),
        action: text(&asked["action"]).into(),
        resource: text(&asked["resource"]["resource"]).into(),
        resource_account: asked["resource"]["accountId"].as_str().map(Into::into),
        context,
    };
    let identity = documents(case, "identityPolicies");
    let boundary = documents(case, "permissionBoundaries");
    let levels = |list: &str| -> Vec<Vec<PolicyDocument>> {
        let levels = case[list].as_array().into_iter().flatten();
        levels.map(|level| documents(level, "policies")).collect()
    };
    let (service_control, resource_control) =
        (levels("serviceControlPolicies"), levels("resourceControlPolicies"));
    let resource = match &case["resourcePolicy"] {
        Value::Null => PolicyDocument::default(),
        policy => document(policy),
    };
    let session = Some(&case["sessionPolicy"]).filter(|policy| !policy.is_null()).map(document);
    let policies = Policies {
        identity: identity.iter().map(|one| policy("identity", one)).collect(),
        resource: Some(policy("resource", &resource)),
        boundary: boundary.first().map(|one| policy("boundary", one)),
        session: session.as_ref().map(|one| policy("session", one)),
        service_control: service_control
            .iter()
            .map(|level| level.iter().map(|one| policy("scp", one)).collect())
            .collect(),
        resource_control: resource_control.iter().flatten().map(|one| policy("rcp", one)).collect(),
        management_account: None,
    };
    shown(&evaluate(&request, &policies))
}

#[test]
fn decisions_agree() {
    let Ok(files) = std::fs::read_dir(folder()) else { return };
    let mut files: Vec<PathBuf> = files.filter_map(|file| Some(file.ok()?.path())).collect();
    files.sort();
    let (mut compared, mut excluded, mut wrong) = (0, 0, Vec::new());
    for path in files {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let text = std::fs::read_to_string(&path).expect("a file");
        let cases: Vec<Value> = serde_json::from_str(&text).expect("a list of cases");
        for case in &cases {
            if is_excluded(name, case) {
                excluded += 1;
                continue;
            }
            let expected = match case["expected"]["response"].as_str() {
                Some("Allowed") => "allow",
                Some("ExplicitlyDenied") => "explicit deny",
                _ => "implicit deny",
            };
            compared += 1;
            let decided = decide(case);
            if decided != expected {
                wrong.push(format!("{name}: {}: {decided}, not {expected}", case["name"]));
            }
        }
    }
    assert!(wrong.is_empty(), "{compared} compared, {} differ: {wrong:#?}", wrong.len());
    std::io::Write::write_fmt(
        &mut std::io::stderr(),
        format_args!("{compared} decisions of iam-simulate compared, {excluded} excluded\n"),
    )
    .expect("standard error takes a line");
}
