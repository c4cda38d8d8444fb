//! The idea of audit2rbac: roles narrowed to the requests of a log permit every one of them, and
//! nothing that was not asked.

use std::collections::{BTreeMap, BTreeSet};

use super::super::super::authority::Authority;
use super::super::super::testing::{meta, record};
use super::super::principal;
use super::{capability, events, held, real_data, say, text, user};
use crate::domain::configured::{Binding, Configured, Role, Rule, Subject};
use crate::domain::{Capability, Record, Text};
use crate::scope::Estate;

/// A role for one request and its binding, in the namespace of the request or for the cluster.
fn narrowed(number: usize, who: &Text, request: &Capability) -> [Configured; 2] {
    let one = |text: &Text| vec![text.clone()];
    let (namespace, rule) = match request {
        Capability::Kubernetes { verb, group, resource, namespace, name } => (
            namespace.clone().unwrap_or_default(),
            Rule {
                verbs: one(verb),
                groups: one(group),
                resources: one(resource),
                names: name.clone().into_iter().collect(),
                paths: Vec::new(),
            },
        ),
        Capability::NonResource { verb, path } => {
            (Text::default(), Rule { verbs: one(verb), paths: one(path), ..Rule::default() })
        }
        _ => unreachable!("the log holds API requests"),
    };
    let meta = meta(namespace.raw(), &format!("audit2rbac-{number}"), &[]);
    let role_kind = if namespace.is_empty() { "ClusterRole" } else { "Role" };
    let subject = Subject { kind: "User".into(), name: who.clone(), namespace: Text::default() };
    [
        Configured::Role(Role { meta: meta.clone(), rules: vec![rule], aggregates: Vec::new() }),
        Configured::Binding(Binding {
            role_kind: role_kind.into(),
            role: meta.name.clone(),
            meta,
            subjects: vec![subject],
        }),
    ]
}

/// Whether a request for all namespaces was asked that contains this one.
fn is_contained(request: &Capability, asked: &BTreeSet<Capability>) -> bool {
    let everywhere = match request.clone() {
        Capability::Kubernetes { verb, group, resource, name, .. } => {
            Capability::Kubernetes { verb, group, resource, namespace: None, name }
        }
        other => other,
    };
    asked.contains(request) || asked.contains(&everywhere)
}

#[test]
fn narrowed_roles_permit_what_was_asked_and_nothing_else() {
    let mut asked: BTreeMap<Text, BTreeSet<Capability>> = BTreeMap::new();
    let mut all: BTreeSet<Capability> = BTreeSet::new();
    let mut requests = 0;
    for event in events(&real_data("audit2rbac").join("testdata/demo.log")) {
        requests += 1;
        let request = capability(&event);
        all.insert(request.clone());
        let allowed = event["responseStatus"]["code"].as_u64().is_some_and(|code| code < 400);
        let asked = asked.entry(text(&user(&event)["username"])).or_default();
        if allowed {
            asked.insert(request);
        }
    }
    let bodies =
        asked.iter().flat_map(|(who, requests)| requests.iter().map(move |one| (who, one)));
    let records: Vec<Record> = bodies
        .enumerate()
        .flat_map(|(number, (who, request))| narrowed(number, who, request))
        .map(|body| Record { realm: Text::default(), ..record(body) })
        .collect();
    let estate = Estate::build(&records, &[], &[]);
    let mut authority = Authority::of(&estate, &[]);
    let (mut permitted, mut refused) = (0, 0);
    for (who, asked) in &asked {
        let grants = held(&mut authority, &[principal::user(who)]);
        for request in &all {
            let is_permitted = grants.iter().any(|grant| grant.pattern.permits(request));
            let shown = format!("{} {}", who.visible(), request.visible());
            assert_eq!(is_permitted, is_contained(request, asked), "{shown}");
            if is_permitted { permitted += 1 } else { refused += 1 }
        }
    }
    say(&format!(
        "audit2rbac: {requests} requests of {} users; narrowed roles permit {permitted} and refuse \
         {refused} pairs of user and request, as asked",
        asked.len()
    ));
}
