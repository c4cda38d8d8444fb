//! What the bindings of a cluster give: principal → (group →) binding → role → aggregated role.

use std::collections::BTreeMap;

use petgraph::graph::NodeIndex;

use super::super::authority::{Authority, Edge, Permission};
use super::aggregation::Aggregation;
use super::cluster::Cluster;
use super::principal;
use super::rules::{everything, is_harmless, patterns};
use crate::domain::{Attachment, ObjectRef, Plane, Text};

/// Roles of the platform that every authenticated identity holds.
const PLATFORM_ROLES: [&str; 4] = [
    "system:discovery",
    "system:basic-user",
    "system:public-info-viewer",
    "system:service-account-issuer-discovery",
];

/// The part of the graph of authority that one cluster makes.
pub struct ClusterGraph<'a> {
    pub realm: &'a Text,
    pub cluster: &'a Cluster<'a>,
    pub aggregation: &'a Aggregation<'a>,
    pub authority: &'a mut Authority,
    pub principals: BTreeMap<ObjectRef, NodeIndex>,
}

impl ClusterGraph<'_> {
    /// Adds roles, bindings, and every principal that is known.
    pub fn add_held(&mut self) {
        let cluster = self.cluster;
        for object in cluster.roles.keys() {
            self.add_role(object);
        }
        for bound in &cluster.bindings {
            let binding = self.authority.granting(self.realm, bound.object.clone());
            self.authority.loaded(binding, bound.record);
            let role = self.authority.content(self.realm, bound.role.clone());
            let edge = Edge::held(Attachment::Own, "binds the role");
            let namespace = &bound.object.namespace;
            let edge = if namespace.is_empty() { edge } else { edge.in_namespace(namespace) };
            self.authority.give(binding, role, edge);
        }
        let named = cluster.by_subject.keys().chain(cluster.accounts.keys());
        let nodes: Vec<ObjectRef> =
            cluster.nodes.iter().map(|name| principal::node(name)).collect();
        for object in named.chain(&nodes) {
            self.principal(object);
        }
    }

    fn add_role(&mut self, object: &ObjectRef) {
        let Some((record, role)) = self.cluster.roles.get(object) else { return };
        let node = self.authority.content(self.realm, object.clone());
        self.authority.loaded(node, record);
        let namespace = (!object.namespace.is_empty()).then_some(&object.namespace);
        let is_platform_role =
            object.kind == "ClusterRole" && PLATFORM_ROLES.iter().any(|name| object.name == *name);
        for rule in self.aggregation.own_rules(object, role) {
            for pattern in patterns(rule, namespace) {
                let platform_default = is_platform_role && is_harmless(&pattern);
                let permission = Permission::new(pattern, Plane::Kubernetes);
                self.authority.permit(node, Permission { platform_default, ..permission });
            }
        }
        for member in self.aggregation.members(object) {
            let member = self.authority.content(self.realm, member.clone());
            let edge = Edge::held(Attachment::Aggregation, "aggregates it by its label");
            self.authority.give(node, member, edge);
        }
    }

    /// The node of a principal, with the bindings that name it and the groups in which it is, as far
    /// as anything is bound to them.
    pub fn principal(&mut self, object: &ObjectRef) -> NodeIndex {
        if let Some(node) = self.principals.get(object) {
            return *node;
        }
        let node = self.authority.principal(self.realm, object.clone());
        self.principals.insert(object.clone(), node);
        self.authority.implied(node);
        if let Some(Some(record)) = self.cluster.accounts.get(object) {
            self.authority.loaded(node, record);
        }
        let is_group = object.kind == "Group";
        let attachment = if is_group { Attachment::Group } else { Attachment::Own };
        for bound in self.cluster.bindings_of(object) {
            let binding = self.authority.granting(self.realm, bound.object.clone());
            let edge = Edge::held(attachment.clone(), "is a subject of the binding");
            self.authority.give(node, binding, edge);
        }
        if is_group {
            self.add_masters(object, node);
            return node;
        }
        for group in principal::groups(object) {
            if self.cluster.by_subject.contains_key(&group) {
                let group = self.principal(&group);
                // What makes a grant inherited is the binding that names the group.
                let edge = Edge::held(Attachment::Own, "is a member of the group");
                self.authority.give(node, group, edge);
            }
        }
        node
    }

    /// The API server lets the members of `system:masters` do everything before it asks RBAC.
    fn add_masters(&mut self, group: &ObjectRef, node: NodeIndex) {
        if group.name != principal::MASTERS {
            return;
        }
        let object = ObjectRef::new("Authorizer", "", principal::MASTERS);
        let authorizer = self.authority.content(self.realm, object);
        self.authority.implied(authorizer);
        for pattern in everything(None) {
            self.authority.permit(authorizer, Permission::new(pattern, Plane::Kubernetes));
        }
        let edge = Edge::held(Attachment::Group, "is let do everything before RBAC is asked");
        self.authority.give(node, authorizer, edge);
    }
}
