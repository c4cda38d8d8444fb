//! The graph against what others say of the same objects: recorded decisions of a real authorizer,
//! and the expected findings and attack edges of two peers. The data is not ours and not in the
//! project; without it these tests pass and say so.

mod audit2rbac;
mod kubehound;
mod kubescape;
mod recorded;

use std::io::Write;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::super::authority::{Authority, Edge, Reach};
use super::super::{Estate, testing::key};
use crate::domain::{AgentKey, Attachment, Capability, Digest, Grant, ObjectRef, Record, Text};
use crate::ingest::{Collected, Source, read};
use crate::scope::testing::real_data;

/// The realm of manifests that name none.
const REALM: &str = "";

/// The files below a folder in the order of their names; none when it is not there.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().flatten();
    entries.filter(|entry| entry.file_type().is_file()).map(|entry| entry.into_path()).collect()
}

/// What the readers make of these files.
fn records(files: &[PathBuf]) -> Vec<Record> {
    let mut collected = Collected::default();
    for file in files {
        let bytes = std::fs::read(file).expect("the file is there");
        let source = Source::new(Digest::of(&bytes), file.to_string_lossy().as_ref());
        read(&source, &mut bytes.as_slice(), &mut collected, &mut |_| ControlFlow::Continue(()));
    }
    collected.records
}

fn estate(records: &[Record]) -> Estate {
    Estate::build(records, &[], &[])
}

/// Adds an agent that acts as all of these principals.
fn acting_as(authority: &mut Authority, principals: &[ObjectRef]) -> AgentKey {
    let name: Vec<String> = principals.iter().map(ObjectRef::visible).collect();
    let agent = key(&name.join(", "));
    let node = authority.agent(&agent);
    for principal in principals {
        let principal = authority.principal(&REALM.into(), principal.clone());
        authority.give(node, principal, Edge::held(Attachment::Own, "acts as"));
    }
    agent
}

/// What these principals hold together.
fn held(authority: &mut Authority, principals: &[ObjectRef]) -> Vec<Grant> {
    let agent = acting_as(authority, principals);
    authority.grants_of(&agent, Reach::Own)
}

fn text(value: &Value) -> Text {
    value.as_str().unwrap_or_default().into()
}

/// The request of an audit event.
fn capability(event: &Value) -> Capability {
    let verb = text(&event["verb"]);
    let object = &event["objectRef"];
    let present = |value: &Value| Some(text(value)).filter(|text| !text.is_empty());
    let resource = text(&object["resource"]);
    if resource.is_empty() {
        let uri = event["requestURI"].as_str().unwrap_or_default();
        return Capability::NonResource { verb, path: uri.split('?').next().unwrap_or(uri).into() };
    }
    Capability::Kubernetes {
        verb,
        group: text(&object["apiGroup"]),
        resource: match object["subresource"].as_str() {
            Some(sub) => format!("{}/{sub}", resource.raw()).into(),
            None => resource,
        },
        namespace: present(&object["namespace"]),
        name: present(&object["name"]),
    }
}

/// The identity with which a request was decided.
fn user(event: &Value) -> &Value {
    match &event["impersonatedUser"] {
        Value::Null => &event["user"],
        impersonated => impersonated,
    }
}

/// The events of a log of JSON lines; none when it is not there.
fn events(file: &Path) -> Vec<Value> {
    let log = std::fs::read_to_string(file).unwrap_or_default();
    log.lines().map(|line| serde_json::from_str(line).expect("the log is JSON lines")).collect()
}

/// The count tells whether the real data was there.
fn say(line: &str) {
    writeln!(std::io::stderr(), "{line}").expect("standard error takes a line");
}
