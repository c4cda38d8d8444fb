//! What passes between agents: a sub-agent has the tools of the agent that it belongs to, unless it is
//! scoped down; an agent reaches what those can do to whom it may hand work.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Estate;
use super::authority::{Authority, Edge};
use crate::domain::configured::{AgentCard, AgentDeclaration, Configured, Decay, Passport, Record};
use crate::domain::{
    Agent, AgentKey, Attachment, Attribution, Bounds, Clause, Layer, ObjectRef, Pattern, Text,
};

/// The kind of declaration whose agent runs inside a client, with the client's tools.
const SUB_AGENT: &str = "sub-agent of a client";

pub(super) fn add(estate: &Estate, agents: &[Agent], authority: &mut Authority) {
    let declared: Vec<(&AgentKey, &AgentDeclaration, &Record)> = agents
        .iter()
        .filter_map(|agent| {
            let (declaration, record) = estate.own_declaration(&agent.key)?;
            Some((&agent.key, declaration, record))
        })
        .collect();
    let passports: BTreeMap<AgentKey, Layer> = passports(estate)
        .map(|(key, passport, record)| (key, of_passport(passport, record)))
        .collect();
    for (key, declaration, record) in &declared {
        if let (SUB_AGENT, Some(client)) = (declaration.kind.raw(), &declaration.framework) {
            let parent = AgentKey::new(key.realm.clone(), "", client.clone());
            let mut within = vec![listed(declaration, record)];
            within.extend(passports.get(*key).cloned());
            let bounds = Bounds { within, except: taken(declaration, record), ..Bounds::default() };
            let edge = Edge::held(Attachment::ParentAgent, "has the tools of its client");
            let (from, to) = (authority.agent(key), authority.agent(&parent));
            authority.give(from, to, edge.bounded(Arc::new(bounds)));
        }
    }
    add_handoffs(estate, &declared, authority);
}

/// Edges from agents to those to whom they are declared to hand work.
fn add_handoffs(
    estate: &Estate,
    declared: &[(&AgentKey, &AgentDeclaration, &Record)],
    authority: &mut Authority,
) {
    let mut by_name: BTreeMap<String, Vec<&AgentKey>> = BTreeMap::new();
    for (key, declaration, _) in declared {
        let (namespace, name) = (declaration.namespace.raw(), declaration.name.raw());
        by_name.entry(name.to_owned()).or_default().push(key);
        by_name.entry(format!("{namespace}/{name}")).or_default().push(key);
    }
    let cards: BTreeMap<&Text, &AgentCard> = estate
        .records()
        .filter_map(|record| match &record.body {
            Configured::AgentCard(card) => Some((&card.name, card)),
            _ => None,
        })
        .collect();
    for (key, declaration, _) in declared {
        for target in &declaration.delegates_to {
            // A bare name is one of the own namespace.
            let is_near = |other: &&&AgentKey| {
                target.raw().contains('/')
                    || (&other.realm, &other.space) == (&key.realm, &key.space)
            };
            let targets = by_name.get(target.raw()).into_iter().flatten().filter(is_near);
            for other in targets.filter(|other| *other != key) {
                let card = cards.get(target).copied();
                let through = card.map(|card| ObjectRef::new("AgentCard", "", card.name.clone()));
                let rule = "may hand work to the agent";
                let edge =
                    Edge::derived(Attachment::ParentAgent, rule, through.into_iter().collect());
                let depends_on = card.and_then(asks).into_iter().collect();
                let bounds = Arc::new(Bounds { depends_on, ..Bounds::default() });
                let (from, to) = (authority.agent(key), authority.agent(other));
                authority.give(from, to, edge.bounded(bounds));
            }
        }
    }
}

/// In words, what a caller must satisfy (A2A specification §4.4, `securityRequirements`).
fn asks(card: &AgentCard) -> Option<Text> {
    let alternatives = card.requirements.iter().map(|requirement| {
        let schemes: Vec<_> = requirement.iter().map(|it| it.scheme.visible()).collect();
        schemes.join(" and ")
    });
    let alternatives: Vec<String> = alternatives.collect();
    (!alternatives.is_empty())
        .then(|| format!("the caller authenticates by {}", alternatives.join(" or ")).into())
}

/// The tools that a sub-agent lists; one that lists none has all of its client's.
fn listed(declaration: &AgentDeclaration, record: &Record) -> Layer {
    let all = [(None, Text::from("*"))];
    let tools = match declaration.tools.is_empty() {
        true => &all[..],
        false => &declaration.tools,
    };
    layer(object(declaration), record, tools, |_| Vec::new())
}

fn taken(declaration: &AgentDeclaration, record: &Record) -> Vec<Layer> {
    let denied = &declaration.denied_tools;
    let layer = layer(object(declaration), record, denied, |_| Vec::new());
    (!denied.is_empty()).then_some(layer).into_iter().collect()
}

fn object(declaration: &AgentDeclaration) -> ObjectRef {
    let (kind, namespace) = (declaration.kind.clone(), declaration.namespace.clone());
    ObjectRef::new(kind, namespace, declaration.name.clone())
}

/// What a passport leaves of an agent's authority. How much of its budgets is used up no configured
/// record says, so that what decays depends on it.
fn of_passport(passport: &Passport, record: &Record) -> Layer {
    let scopes = passport.scopes.as_deref().unwrap_or_default().iter();
    let mut tools: Vec<Tool> = scopes.map(|scope| tool(scope.raw())).collect();
    if passport.scopes.is_none() {
        tools.push((None, "*".into()));
    }
    let expiry = passport.expires_at.map(|at| Text::from(format!("before {at}")));
    let conditions = |tool: &Tool| {
        let decayed = passport.decay.iter().filter(|decay| !keeps(decay, tool));
        let decayed =
            decayed.map(|decay| format!("{} below {} is used", decay.of, decay.after).into());
        decayed.chain(expiry.clone()).collect()
    };
    layer(ObjectRef::new("AgentPassport", "", passport.id.clone()), record, &tools, conditions)
}

fn keeps(decay: &Decay, (server, name): &Tool) -> bool {
    decay
        .keeps
        .iter()
        .map(|kept| tool(kept.raw()))
        .any(|(of, kept)| kept == *name && (of.is_none() || of == *server))
}

/// Server, if named, and tool.
type Tool = (Option<Text>, Text);

/// `server/tool`, or the tool alone.
fn tool(scope: &str) -> Tool {
    match scope.split_once('/') {
        Some((server, name)) => (Some(server.into()), name.into()),
        None => (None, scope.into()),
    }
}

fn layer(
    by: ObjectRef,
    record: &Record,
    tools: &[Tool],
    depends_on: impl Fn(&Tool) -> Vec<Text>,
) -> Layer {
    let clause = |tool: &Tool| Clause {
        pattern: Pattern::Tool { server: tool.0.clone(), name: tool.1.clone() },
        depends_on: depends_on(tool),
    };
    Layer { by, place: Some(record.place.clone()), clauses: tools.iter().map(clause).collect() }
}

/// Passports that name their agent, under the key that the case uses for it.
pub(super) fn passports(estate: &Estate) -> impl Iterator<Item = (AgentKey, &Passport, &Record)> {
    estate.records().filter_map(|record| {
        let Configured::Passport(passport) = &record.body else { return None };
        let host = passport.workload.as_ref().or(passport.name.as_ref())?;
        let key = AgentKey::new(record.realm.clone(), passport.namespace.clone(), host.clone());
        let key = match &passport.name {
            Some(name) => key.with_inner(name.clone()),
            None => key,
        };
        Some((estate.canonical(&key), passport, record))
    })
}
