//! The resolver against a recorded cluster: for every request that the RBAC authorizer allowed to a
//! service account, the path it recorded is among the routes that we compute; none of those that it
//! refused is granted.

use std::path::PathBuf;

use serde::Deserialize;
use serde_json::Value;

use super::super::testing::{agent, record};
use super::{Estate, grants, recorded_route};
use crate::domain::configured::{Binding, Configured, Meta, Role, Rule, Selector, Subject};
use crate::domain::{Agent, AgentKey, Capability, Grant, ObjectRef, Principal, Record, Text};

fn folder() -> PathBuf {
    let default = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    std::env::var_os("DIPTYCH_REAL_DATA").map_or_else(default, PathBuf::from).join("kube-apiserver")
}

fn text(value: &Value) -> Text {
    value.as_str().unwrap_or_default().into()
}

fn texts(value: &Value) -> Vec<Text> {
    value.as_array().into_iter().flatten().map(text).collect()
}

fn labels(value: &Value) -> std::collections::BTreeMap<Text, Text> {
    let pairs = value.as_object().into_iter().flatten();
    pairs.map(|(key, value)| (key.as_str().into(), text(value))).collect()
}

fn configured(item: &Value) -> Option<Configured> {
    let metadata = &item["metadata"];
    let meta = Meta {
        namespace: text(&metadata["namespace"]),
        name: text(&metadata["name"]),
        labels: labels(&metadata["labels"]),
        ..Meta::default()
    };
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    match item["kind"].as_str()? {
        "Role" | "ClusterRole" => Some(Configured::Role(Role {
            meta,
            rules: list(&item["rules"])
                .iter()
                .map(|rule| Rule {
                    verbs: texts(&rule["verbs"]),
                    groups: texts(&rule["apiGroups"]),
                    resources: texts(&rule["resources"]),
                    names: texts(&rule["resourceNames"]),
                    paths: texts(&rule["nonResourceURLs"]),
                })
                .collect(),
            aggregates: list(&item["aggregationRule"]["clusterRoleSelectors"])
                .iter()
                .map(|by| Selector { labels: labels(&by["matchLabels"]), ..Selector::default() })
                .collect(),
        })),
        "RoleBinding" | "ClusterRoleBinding" => Some(Configured::Binding(Binding {
            meta,
            role_kind: text(&item["roleRef"]["kind"]),
            role: text(&item["roleRef"]["name"]),
            subjects: list(&item["subjects"])
                .iter()
                .map(|subject| Subject {
                    kind: text(&subject["kind"]),
                    name: text(&subject["name"]),
                    namespace: text(&subject["namespace"]),
                })
                .collect(),
        })),
        _ => None,
    }
}

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

/// An agent that was seen to act as this user, when it is a service account.
fn acting_as(user: &Text) -> Option<Agent> {
    match Principal::from_kubernetes_user(&"prod".into(), user) {
        principal @ Principal::ServiceAccount { .. } => {
            let key = AgentKey::new("prod", "", user.clone());
            Some(Agent { principals: vec![principal], ..agent(key) })
        }
        _ => None,
    }
}

#[test]
fn every_recorded_route_is_among_the_computed_ones() {
    let folder = folder();
    let (Ok(rbac), Ok(log)) = (
        std::fs::read_to_string(folder.join("rbac-all.yaml")),
        std::fs::read_to_string(folder.join("audit.log")),
    ) else {
        return;
    };
    let rbac: Value = serde_saphyr::from_str(&rbac).expect("the list is YAML");
    let items = Vec::<Value>::deserialize(&rbac["items"]).expect("a list has items");
    let records: Vec<Record> = items.iter().filter_map(configured).map(record).collect();
    let estate = Estate::build(&records, &[], &[]);
    let stands = |object: &ObjectRef| {
        estate.records().any(|record| {
            matches!(&record.body, Configured::Binding(binding)
                if binding.meta.name == object.name && binding.meta.namespace == object.namespace)
        })
    };
    let (mut cases, mut refused, mut missed) = (0, 0, Vec::new());
    for line in log.lines() {
        let event: Value = serde_json::from_str(line).expect("the log is JSON lines");
        let reason = event["annotations"]["authorization.k8s.io/reason"].as_str().unwrap_or("");
        if reason.starts_with("RBAC: allowed") {
            assert!(recorded_route(reason).is_some(), "{reason}");
        }
        let user = match event["impersonatedUser"]["username"].as_str() {
            Some(impersonated) => impersonated.into(),
            None => text(&event["user"]["username"]),
        };
        if event["annotations"]["authorization.k8s.io/decision"] == "forbid" {
            let Some(agent) = acting_as(&user) else { continue };
            let used = capability(&event);
            let held = grants(&estate, &[agent]);
            assert!(!held.iter().any(|grant| grant.pattern.permits(&used)), "{}", used.visible());
            refused += 1;
        }
        let Some(route) = recorded_route(reason) else { continue };
        // A temporary binding had been removed again when the cluster was listed.
        let Some(agent) = acting_as(&user).filter(|_| stands(&route.binding)) else { continue };
        let used = capability(&event);
        let held = grants(&estate, &[agent]);
        let goes_over = |grant: &&Grant| {
            let has = |object: &ObjectRef| grant.route.hops.iter().any(|hop| hop.object == *object);
            has(&route.binding) && has(&route.role) && grant.pattern.permits(&used)
        };
        let grant = held.iter().find(goes_over);
        let Some(grant) = grant else {
            missed.push(format!("{} by {reason}", used.visible()));
            continue;
        };
        let is_own = route.subject.kind == "ServiceAccount" && grant.route.hops.len() == 3;
        assert_eq!(grant.route.is_immediate(), is_own, "{reason}");
        cases += 1;
    }
    assert!(missed.is_empty(), "no route for {missed:?}");
    assert!(cases > 50, "only {cases} requests were compared");
    // The count tells whether the real data was there.
    std::io::Write::write_fmt(
        &mut std::io::stderr(),
        format_args!("{cases} allowed and {refused} refused requests compared\n"),
    )
    .expect("standard error takes a line");
}
