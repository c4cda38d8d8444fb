//! Recorded clusters: for every request that the RBAC authorizer allowed, the path it recorded is
//! among the routes that we compute; none of those that it refused is granted.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::super::authority::Authority;
use super::super::{principal, recorded_route};
use super::{capability, estate, events, files, held, real_data, records, say, text, user};
use crate::domain::{Configured, Grant, ObjectRef, Text};

/// Logs of clusters whose RBAC objects are not there: what their reasons spell is read all the same.
const OTHER_LOGS: &[&str] = &["k8s-audit-falco", "audit2rbac"];

/// The user of an event and its groups.
fn principals(event: &Value) -> Vec<ObjectRef> {
    let user = user(event);
    let groups = user["groups"].as_array().into_iter().flatten();
    let groups = groups.map(|group| principal::group(&text(group)));
    [principal::user(&text(&user["username"]))].into_iter().chain(groups).collect()
}

#[test]
fn every_recorded_route_is_among_the_computed_ones() {
    let folder = real_data("kube-apiserver");
    if !folder.exists() {
        return say("recorded routes: the data is not there");
    }
    let estate = estate(&records(&[folder.join("rbac-all.yaml")]));
    let stands = |object: &ObjectRef| {
        estate.records().any(|record| {
            matches!(&record.body, Configured::Binding(binding)
                if binding.meta.name == object.name && binding.meta.namespace == object.namespace)
        })
    };
    let mut authority = Authority::of(&estate, &[]);
    let mut grants: BTreeMap<Vec<ObjectRef>, Vec<Grant>> = BTreeMap::new();
    let (mut cases, mut removed, mut refused, mut missed) = (0, 0, 0, Vec::new());
    for event in events(&folder.join("audit.log")) {
        let reason = event["annotations"]["authorization.k8s.io/reason"].as_str().unwrap_or("");
        let route = recorded_route(reason);
        assert_eq!(route.is_some(), reason.starts_with("RBAC: allowed"), "{reason}");
        let who = principals(&event);
        let held = grants.entry(who).or_insert_with_key(|who| held(&mut authority, who));
        let used = capability(&event);
        if event["annotations"]["authorization.k8s.io/decision"] == "forbid" {
            let granting = held.iter().find(|grant| grant.pattern.permits(&used));
            assert!(granting.is_none(), "{} by {granting:?}", used.visible());
            refused += 1;
        }
        let Some(route) = route else { continue };
        // A temporary binding had been removed again when the cluster was listed.
        if !stands(&route.binding) {
            removed += 1;
            continue;
        }
        let goes_over = |grant: &&Grant| {
            let has = |object: &ObjectRef| grant.route.hops.iter().any(|hop| hop.object == *object);
            has(&route.binding) && has(&route.role) && grant.pattern.permits(&used)
        };
        match held.iter().find(goes_over) {
            Some(grant) => {
                let is_group = route.subject.kind == "Group";
                let names_group = grant.route.hops.iter().any(|hop| hop.object.kind == "Group");
                assert_eq!(names_group, is_group, "{reason}");
                cases += 1;
            }
            None => missed.push(format!("{} by {reason}", used.visible())),
        }
    }
    assert!(missed.is_empty(), "no route for {missed:?}");
    say(&format!(
        "recorded routes: {cases} of {cases} allowed requests found ({removed} over a binding that \
         was removed before the listing), {refused} refused ones not granted"
    ));
}

#[test]
fn the_reasons_of_other_clusters_are_read() {
    let mut cases = 0;
    for folder in OTHER_LOGS {
        for file in files(&real_data(folder)) {
            let content = std::fs::read_to_string(&file).unwrap_or_default();
            let events =
                content.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
            for event in events {
                let reason: Text = text(&event["annotations"]["authorization.k8s.io/reason"]);
                if reason.raw().starts_with("RBAC: allowed") {
                    assert!(recorded_route(reason.raw()).is_some(), "{}", reason.visible());
                    cases += 1;
                }
            }
        }
    }
    say(&format!("recorded reasons of clusters without their RBAC objects: {cases} read"));
}
