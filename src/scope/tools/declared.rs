//! What declarations and policies give to an agent.

use std::sync::Arc;

use super::servers::Platform;
use super::{held, own};
use crate::domain::configured::{AgentDeclaration, Configured, PosturePolicy};
use crate::domain::{AgentKey, Bounds, Clause, Layer, ObjectRef, Pattern, Plane, Record, Text};
use crate::scope::Estate;
use crate::scope::authority::{Authority, Permission};

/// What it depends on where a rule asks.
pub(super) const APPROVAL: &str = "a person approves";

pub(super) fn add(
    estate: &Estate,
    agent: &AgentKey,
    platform: &Platform<'_>,
    authority: &mut Authority,
) {
    if let Some((declaration, record)) = estate.own_declaration(agent) {
        declaration_of(agent, declaration, record, platform, authority);
    }
    if let Some((policy, record)) = estate.own_posture_policy(agent) {
        policy_of(agent, policy, record, authority);
    }
}

pub(super) fn tool(server: Option<&Text>, name: &Text) -> Pattern {
    Pattern::Tool { server: server.cloned(), name: name.clone() }
}

/// A layer of patterns that always apply.
pub(super) fn layer(
    by: ObjectRef,
    record: &Record,
    patterns: impl Iterator<Item = Pattern>,
) -> Layer {
    let clauses = patterns.map(|pattern| Clause { pattern, depends_on: Vec::new() });
    Layer { by, place: Some(record.place.clone()), clauses: clauses.collect() }
}

fn declaration_of(
    agent: &AgentKey,
    declaration: &AgentDeclaration,
    record: &Record,
    platform: &Platform<'_>,
    authority: &mut Authority,
) {
    let kind = match declaration.kind.is_empty() {
        true => Text::from("agent declaration"),
        false => declaration.kind.clone(),
    };
    let namespace = &declaration.namespace;
    let object = ObjectRef::new(kind, namespace.clone(), declaration.name.clone());
    let denied = declaration.denied_tools.iter().map(|(server, name)| tool(server.as_ref(), name));
    let mut bounds = Bounds::default();
    if !declaration.denied_tools.is_empty() {
        bounds.except.push(layer(object.clone(), record, denied));
    }
    let edge = held("declares it").bounded(Arc::new(bounds));
    let is_known = authority.has_permissions(&record.realm, &object);
    let node = own(authority, agent, object, record, edge);
    if is_known {
        return;
    }
    for (server, name) in &declaration.tools {
        let bounds = server.as_ref().and_then(|server| platform.bounds(namespace, server));
        let pattern = tool(server.as_ref(), name);
        authority.permit(node, Permission { bounds, ..Permission::new(pattern, Plane::Tools) });
    }
    if let Some(name) = &declaration.model {
        let pattern = Pattern::Model { name: name.clone(), digest: None };
        authority.permit(node, Permission::new(pattern, Plane::Models));
    }
    for target in &declaration.delegates_to {
        let pattern = Pattern::Handoff { target: target.clone() };
        authority.permit(node, Permission::new(pattern, Plane::Delegation));
    }
    if let Some(name) = &declaration.model_configuration {
        let kind = platform.model(namespace, name).map_or("ModelConfig", |(kind, _)| kind.raw());
        let object = ObjectRef::new(kind, namespace.clone(), name.clone());
        let configuration = authority.content(&record.realm, object);
        authority.give(node, configuration, held("names the model"));
    }
}

/// A posture policy states rules; nothing stops the agent from leaving them. It permits what it lists
/// and does not deny. One that only denies permits nothing, and what it denies is a breach.
fn policy_of(agent: &AgentKey, policy: &PosturePolicy, record: &Record, authority: &mut Authority) {
    let object = ObjectRef::new("posture policy", "", policy.agent_id.clone());
    let mut bounds = Bounds::default();
    if !policy.denied_tools.is_empty() {
        let denied = policy.denied_tools.iter().map(|name| tool(None, name));
        bounds.except.push(layer(object.clone(), record, denied));
    }
    let edge = held("is about this agent").bounded(Arc::new(bounds));
    let is_known = authority.has_permissions(&record.realm, &object);
    let node = own(authority, agent, object, record, edge);
    if is_known {
        return;
    }
    let approval = Arc::new(Bounds { depends_on: vec![Text::from(APPROVAL)], ..Bounds::default() });
    for name in policy.allowed_tools.iter().flatten() {
        let asks = policy.requires_human_approval.contains(name);
        let permission = Permission::new(tool(None, name), Plane::Tools);
        let bounds = asks.then(|| approval.clone());
        authority.permit(node, Permission { enforced: false, bounds, ..permission });
    }
}

/// Models by the object that names them.
pub(super) fn add_models(estate: &Estate, authority: &mut Authority) {
    for record in estate.records() {
        let Configured::ModelConfiguration(model) = &record.body else { continue };
        let meta = &model.meta;
        let object = ObjectRef::new(model.kind.clone(), meta.namespace.clone(), meta.name.clone());
        let node = authority.content(&record.realm, object);
        authority.loaded(node, record);
        if let Some(name) = &model.model {
            let pattern = Pattern::Model { name: name.clone(), digest: None };
            authority.permit(node, Permission::new(pattern, Plane::Models));
        }
    }
}
