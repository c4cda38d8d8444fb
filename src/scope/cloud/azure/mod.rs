//! Azure role assignments → authority (Azure role-based access control).
//!
//! An assignment gives its role to its principal at its scope and everywhere below; assignments add
//! up. Denials (deny assignments) and members of groups are in no record that is read: the first
//! makes this an upper bound, the second leaves what a group holds on the group.

mod agents;
mod data_plane;
mod role;
mod scope;
#[cfg(test)]
mod tests;
mod weakness;

use std::sync::Arc;

use petgraph::graph::NodeIndex;

use crate::domain::configured::Configured;
use crate::domain::configured::cloud::Azure;
use crate::domain::configured::cloud::azure::{
    EntraAgent, FederatedCredential, RoleAssignment, RoleDefinition,
};
use crate::domain::{Attachment, Bounds, ObjectRef, Record, Text};
use crate::scope::Estate;
use crate::scope::authority::{Authority, Edge};

pub(in crate::scope) use weakness::loose_trust;

/// What the records say of Azure and Entra.
#[derive(Debug)]
pub(in crate::scope) struct Directory<'a> {
    assignments: Vec<(&'a Record, &'a RoleAssignment)>,
    definitions: Vec<(&'a Record, &'a RoleDefinition)>,
    agents: Vec<(&'a Record, &'a EntraAgent)>,
    pub credentials: Vec<(&'a Record, &'a FederatedCredential)>,
}

impl<'a> Directory<'a> {
    pub fn read(estate: &'a Estate) -> Self {
        let (mut assignments, mut definitions) = (Vec::new(), Vec::new());
        let (mut agents, mut credentials) = (Vec::new(), Vec::new());
        for record in estate.records() {
            let Configured::Azure(item) = &record.body else { continue };
            match item {
                Azure::RoleAssignment(item) => assignments.push((record, item)),
                Azure::RoleDefinition(item) => definitions.push((record, item)),
                Azure::AgentIdentity(item) => agents.push((record, item)),
                Azure::FederatedCredential(item) => credentials.push((record, item)),
                Azure::DiagnosticSetting(_) => {}
            }
        }
        Self { assignments, definitions, agents, credentials }
    }

    /// The object ids of the principals with this client id: `az` names service principals by it.
    pub fn with_client_id(&self, client: &Text) -> Vec<&'a Text> {
        let is_it = |id: &Option<Text>| {
            id.as_ref().is_some_and(|id| id.raw().eq_ignore_ascii_case(client.raw()))
        };
        let assigned = self.assignments.iter().filter(|(_, it)| is_it(&it.principal_name));
        let agents = self.agents.iter().filter(|(_, it)| is_it(&it.app_id));
        let mut found: Vec<&Text> =
            assigned.map(|(_, it)| &it.principal).chain(agents.map(|(_, it)| &it.id)).collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Whether a record speaks of the principal with this object id.
    pub fn knows(&self, id: &Text) -> bool {
        let is_it = |known: &Text| known.raw().eq_ignore_ascii_case(id.raw());
        self.assignments.iter().any(|(_, it)| is_it(&it.principal))
            || self.agents.iter().any(|(_, it)| is_it(&it.id))
    }
}

/// A user, group or service principal by its object id, which is unique in all tenants.
pub(in crate::scope) fn principal(id: &Text) -> ObjectRef {
    ObjectRef::new("Entra principal", "", id.raw().to_ascii_lowercase())
}

/// Assignments, roles and the identities that agents get from their blueprints.
pub(in crate::scope) fn add(directory: &Directory<'_>, authority: &mut Authority) {
    role::add(directory, authority);
    for (record, assignment) in &directory.assignments {
        add_assignment(record, assignment, authority);
    }
    agents::add(&directory.agents, authority);
}

fn add_assignment(record: &Record, assignment: &RoleAssignment, authority: &mut Authority) {
    let holder = principal_node(&assignment.principal, authority);
    let object =
        ObjectRef::new("Microsoft.Authorization/roleAssignments", "", assignment.id.clone());
    let node = authority.granting(&record.realm, object.clone());
    authority.loaded(node, record);
    let attachment = match assignment.principal_type.as_ref().map(Text::raw) {
        Some("Group" | "ForeignGroup") => Attachment::Group,
        _ => Attachment::Own,
    };
    authority.give(holder, node, Edge::held(attachment, "is the principal of the assignment"));
    let role = authority.content(&Text::default(), role::object(&assignment.role));
    let attachment = match scope::is_above_subscriptions(&assignment.scope) {
        true => Attachment::ParentScope,
        false => Attachment::Own,
    };
    let narrowed = Arc::new(Bounds {
        within: vec![scope::layer(&assignment.scope, &object, &record.place)],
        depends_on: assignment.condition.iter().cloned().collect(),
        ..Bounds::default()
    });
    authority.give(node, role, Edge::held(attachment, "names the role").bounded(narrowed));
}

pub(in crate::scope) fn principal_node(id: &Text, authority: &mut Authority) -> NodeIndex {
    let node = authority.principal(&Text::default(), principal(id));
    authority.implied(node);
    node
}
