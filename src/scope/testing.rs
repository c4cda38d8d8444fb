//! Small builders of configured records for the tests of this room.

use std::path::PathBuf;

use jiff::Timestamp;

use super::Estate;
use crate::domain::configured::{
    Binding, Configured, Meta, NetworkPolicy, Provisioning, Record, Role, Rule, Selector, Snapshot,
    Subject, Workload,
};
use crate::domain::{Agent, AgentKey, Digest, EvidenceOfAgency, Grant, Location, Place, Text};

pub const REALM: &str = "prod";

/// A file or folder of real public data; it need not be there.
pub fn real_data(path: &str) -> PathBuf {
    let default = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    std::env::var_os("DIPTYCH_REAL_DATA").map_or_else(default, PathBuf::from).join(path)
}

pub fn place(file: &str) -> Place {
    Place { evidence: Digest::of(file.as_bytes()), file: file.into(), at: Location::Whole }
}

pub fn record(body: Configured) -> Record {
    Record {
        realm: REALM.into(),
        at: None,
        provisioning: Provisioning::default(),
        place: place("estate.yaml"),
        body,
    }
}

pub fn record_at(body: Configured, second: i64, file: &str) -> Record {
    let at = Some(Timestamp::from_second(second).expect("a small number"));
    Record { at, place: place(file), ..record(body) }
}

pub fn estate(bodies: impl IntoIterator<Item = Configured>) -> Estate {
    let records: Vec<Record> = bodies.into_iter().map(record).collect();
    Estate::build(&records, &[], &[])
}

pub fn key(name: &str) -> AgentKey {
    AgentKey::new(REALM, "agents", name)
}

pub fn agent(key: AgentKey) -> Agent {
    Agent {
        key,
        evidence: vec![EvidenceOfAgency::GenAiSpan],
        registered: false,
        owner: None,
        purpose: None,
        environment: None,
        principals: Vec::new(),
    }
}

/// `pattern | route` of each grant.
pub fn shown(grants: &[Grant]) -> Vec<String> {
    let show = |grant: &Grant| format!("{} | {}", grant.pattern.visible(), grant.route.visible());
    grants.iter().map(show).collect()
}

pub fn labels(pairs: &[(&str, &str)]) -> std::collections::BTreeMap<Text, Text> {
    pairs.iter().map(|(key, value)| (Text::from(*key), Text::from(*value))).collect()
}

pub fn selector(pairs: &[(&str, &str)]) -> Selector {
    Selector { labels: labels(pairs), expressions: Vec::new() }
}

pub fn meta(namespace: &str, name: &str, with: &[(&str, &str)]) -> Meta {
    Meta { namespace: namespace.into(), name: name.into(), labels: labels(with), ..Meta::default() }
}

pub fn namespace(name: &str, with: &[(&str, &str)]) -> Configured {
    Configured::Namespace(meta("", name, with))
}

/// A workload whose pods carry the label `app=NAME` and whose service account has its name.
pub fn workload(kind: &str, namespace: &str, name: &str) -> Configured {
    Configured::Workload(Workload {
        kind: kind.into(),
        meta: meta(namespace, name, &[]),
        service_account: name.into(),
        pod_labels: labels(&[("app", name)]),
        ..Workload::default()
    })
}

pub fn owned(body: Configured, kind: &str, name: &str) -> Configured {
    change(body, |workload| workload.owner = Some((kind.into(), name.into())))
}

pub fn acting_as(body: Configured, account: &str) -> Configured {
    change(body, |workload| workload.service_account = account.into())
}

pub fn change(body: Configured, change: impl FnOnce(&mut Workload)) -> Configured {
    match body {
        Configured::Workload(mut workload) => {
            change(&mut workload);
            Configured::Workload(workload)
        }
        other => other,
    }
}

/// A rule written as `get,list secrets,pods/log.apps [name,…]`.
pub fn rule(text: &str) -> Rule {
    let mut parts = text.split(' ');
    let mut list = || -> Vec<String> {
        parts.next().unwrap_or("").split(',').filter(|p| !p.is_empty()).map(Into::into).collect()
    };
    let (verbs, targets, names) = (list(), list(), list());
    let texts = |list: Vec<String>| list.into_iter().map(Text::from).collect::<Vec<_>>();
    if targets.iter().any(|target| target.starts_with('/')) {
        return Rule { verbs: texts(verbs), paths: texts(targets), ..Rule::default() };
    }
    let group = targets.first().and_then(|t| t.split_once('.')).map_or("", |(_, group)| group);
    Rule {
        verbs: texts(verbs),
        groups: vec![group.into()],
        resources: targets.iter().map(|t| t.split('.').next().unwrap_or(t).into()).collect(),
        names: texts(names),
        paths: Vec::new(),
    }
}

pub fn role(namespace: &str, name: &str, rules: &[&str]) -> Configured {
    labelled_role(namespace, name, &[], rules)
}

pub fn labelled_role(
    namespace: &str,
    name: &str,
    with: &[(&str, &str)],
    rules: &[&str],
) -> Configured {
    Configured::Role(Role {
        meta: meta(namespace, name, with),
        rules: rules.iter().map(|text| rule(text)).collect(),
        aggregates: Vec::new(),
    })
}

pub fn aggregating(body: Configured, by: &[(&str, &str)]) -> Configured {
    match body {
        Configured::Role(mut role) => {
            role.aggregates = vec![selector(by)];
            Configured::Role(role)
        }
        other => other,
    }
}

/// Subjects as `Kind name` or `ServiceAccount namespace/name`.
pub fn binding(
    namespace: &str,
    name: &str,
    role_kind: &str,
    role: &str,
    subjects: &[&str],
) -> Configured {
    let subject = |text: &&str| {
        let (kind, name) = text.split_once(' ').expect("a kind and a name");
        let (namespace, name) = match (kind, name.split_once('/')) {
            ("ServiceAccount", Some((namespace, name))) => (namespace, name),
            _ => ("", name),
        };
        Subject { kind: kind.into(), name: name.into(), namespace: namespace.into() }
    };
    Configured::Binding(Binding {
        meta: meta(namespace, name, &[]),
        role_kind: role_kind.into(),
        role: role.into(),
        subjects: subjects.iter().map(subject).collect(),
    })
}

pub fn policy(namespace: &str, name: &str, selects: Selector) -> NetworkPolicy {
    NetworkPolicy {
        meta: meta(namespace, name, &[]),
        selects,
        egress: true,
        ..NetworkPolicy::default()
    }
}

pub fn snapshot(kind: &str, namespace: Option<&str>, complete: bool) -> Snapshot {
    Snapshot {
        realm: REALM.into(),
        object_kind: kind.into(),
        namespace: namespace.map(Text::from),
        at: None,
        complete,
        place: place("estate.yaml"),
    }
}
