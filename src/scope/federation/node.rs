//! The node as a last resort: a pod that has no identity of its own in the cloud asks the metadata
//! service of its machine, and gets the identity of the machine.
//!
//! Which machine has which identity is in no record of the cluster, and whether pods reach the service
//! (hop limit, network policy) is a setting of the machine. Both are said.

use std::collections::{BTreeMap, BTreeSet};

use super::gcp::{Iam, Member};
use super::trust::Trusts;
use super::{Identity, Link, google, service_account};
use crate::domain::configured::{Configured, Node};
use crate::domain::{AgentKey, Attachment, Attribution, ObjectRef, Text};
use crate::scope::Estate;
use crate::scope::cloud::aws::{Claim, admits};

const REACHED: &str = "pods reach the metadata service of the node";

pub(super) fn links(
    estate: &Estate,
    trusts: &Trusts<'_>,
    iam: &Iam<'_>,
    federated: &BTreeSet<&Identity>,
) -> Vec<Link> {
    let nodes: BTreeMap<(&Text, &Text), &Node> = estate
        .records()
        .filter_map(|record| match &record.body {
            Configured::Node(node) => Some(((&record.realm, &node.meta.name), node)),
            _ => None,
        })
        .collect();
    let mut links: BTreeMap<(Identity, Identity), Link> = BTreeMap::new();
    let mut used = BTreeSet::new();
    for record in estate.records() {
        let Configured::Workload(pod) = &record.body else { continue };
        let Some(name) = &pod.node else { continue };
        if !nodes.contains_key(&(&record.realm, name)) {
            continue;
        }
        let key =
            AgentKey::new(record.realm.clone(), pod.meta.namespace.clone(), pod.meta.name.clone());
        let host = estate.canonical(&key);
        let Some(account) = estate.service_account(&host) else { continue };
        let from = service_account(&host.realm, &host.space, account);
        if federated.contains(&from) {
            continue;
        }
        let to = (record.realm.clone(), ObjectRef::new("Node", "", name.clone()));
        let missing = (!pod.host_network).then(|| Text::from(REACHED));
        let rule = "runs on the node and has no identity of its own in the cloud";
        let link = Link { attachment: Attachment::Node, ..Link::federated(from, to, rule) };
        links.insert((link.from.clone(), link.to.clone()), link.missing(missing));
        used.insert((&record.realm, name));
    }
    let machines = nodes.iter().filter(|(key, _)| used.contains(*key));
    let identities = machines.flat_map(|((realm, _), node)| of_machine(realm, node, trusts, iam));
    links.into_values().chain(identities).collect()
}

/// The identities that a machine may have, by the cloud that its id names.
fn of_machine(realm: &Text, node: &Node, trusts: &Trusts<'_>, iam: &Iam<'_>) -> Vec<Link> {
    let id = node.provider_id.as_ref().map_or("", Text::raw);
    let from = (realm.clone(), ObjectRef::new("Node", "", node.meta.name.clone()));
    let shown = node.meta.name.visible();
    if id.starts_with("aws://") {
        let missing = Text::from(format!("which instance profile the machine of {shown} has"));
        let roles = trusts.roles().filter(|(_, role)| {
            role.instance_profiles.as_ref().is_some_and(|profiles| !profiles.is_empty())
        });
        let rule = "the role of an instance profile";
        let links = roles.filter_map(|(role, held)| {
            held.trust.as_ref()?;
            let admission = admits(held, Claim::Service("ec2.amazonaws.com"))?;
            let link = Link::federated(from.clone(), role.clone(), rule);
            let link = Link { attachment: Attachment::Node, ..link };
            Some(link.missing([missing.clone()]).admitted(admission))
        });
        return links.collect();
    }
    let project = id.strip_prefix("gce://").and_then(|machine| machine.split_once('/'));
    let Some((project, _)) = project else { return Vec::new() };
    let missing = Text::from(format!("which service account the machine of {shown} has"));
    let rule = "the default service account of the project";
    let defaults = iam.default_accounts(&format!("projects/{project}").into());
    defaults
        .into_iter()
        .map(|email| Link {
            attachment: Attachment::Node,
            ..Link::federated(from.clone(), google(&Member::ServiceAccount(email)), rule)
                .missing([missing.clone()])
        })
        .collect()
}
