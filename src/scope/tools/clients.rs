//! What agent clients on people's machines are configured to let their agents use.

use std::collections::BTreeMap;
use std::sync::Arc;

use petgraph::graph::NodeIndex;

use super::declared::{APPROVAL, layer, tool};
use super::permission::{About, about, mode_effects};
use super::servers::Platform;
use super::{held, own};
use crate::domain::configured::{
    ClientExtension, Configured, Effect, PermissionRule, PermissionRules,
};
use crate::domain::{
    AgentKey, Attribution, Bounds, Clause, Layer, ObjectRef, Pattern, Plane, Record, Text,
};
use crate::scope::Estate;
use crate::scope::authority::{Authority, Permission};

/// Settings and extensions by the client that reads them and, within it, the profile they are for.
#[derive(Default)]
pub(super) struct RulesByClient<'a> {
    settings: BTreeMap<AgentKey, Vec<(&'a PermissionRules, &'a Record)>>,
    extensions: BTreeMap<AgentKey, Vec<(&'a ClientExtension, &'a Record)>>,
}

impl<'a> RulesByClient<'a> {
    pub fn of(estate: &'a Estate) -> Self {
        let mut found = Self::default();
        let key = |record: &Record, client: &Text| {
            estate.canonical(&AgentKey::new(record.realm.clone(), "", client.clone()))
        };
        for record in estate.records() {
            match &record.body {
                Configured::PermissionRules(rules) => {
                    let client = key(record, &rules.client);
                    let key = AgentKey { inner: rules.profile.clone(), ..client };
                    found.settings.entry(key).or_default().push((rules, record));
                }
                Configured::ClientExtension(extension) if extension.enabled != Some(false) => {
                    let client = key(record, &extension.client);
                    found.extensions.entry(client).or_default().push((extension, record));
                }
                _ => {}
            }
        }
        found
    }

    fn settings(&self, agent: &AgentKey) -> &[(&'a PermissionRules, &'a Record)] {
        self.settings.get(agent).map_or(&[], Vec::as_slice)
    }

    /// What the rules of a client deny, its own and those of its host.
    fn denials(&self, agent: &AgentKey) -> Vec<Layer> {
        let host = agent.inner.as_ref().map(|_| agent.host());
        let keys = std::iter::once(agent).chain(&host);
        let settings = keys.flat_map(|key| self.settings(key));
        let layers = settings.map(|(rules, record)| {
            let denied = rules.rules.iter().filter(|rule| rule.effect == Effect::Deny);
            let clauses = denied.filter_map(|rule| clause(&rules.client, rule)).collect();
            Layer { by: object(rules, record), place: Some(record.place.clone()), clauses }
        });
        layers.filter(|layer| !layer.clauses.is_empty()).collect()
    }
}

pub(super) fn add(
    estate: &Estate,
    agent: &AgentKey,
    rules: &RulesByClient<'_>,
    platform: &Platform<'_>,
    authority: &mut Authority,
) {
    let except = rules.denials(agent);
    let bounds = Arc::new(Bounds { except: except.clone(), ..Bounds::default() });
    for (server, record) in estate.mcp_servers(agent) {
        let name = &server.server;
        let kind = "MCP client configuration";
        let object = ObjectRef::new(kind, server.client.clone(), name.clone());
        let mut bounds = (*bounds).clone();
        if !server.denied_tools.is_empty() {
            let denied = server.denied_tools.iter().map(|denied| tool(Some(name), denied));
            bounds.except.push(layer(object.clone(), record, denied));
        }
        let edge = held("is configured to use it").bounded(Arc::new(bounds));
        let node = own(authority, agent, object, record, edge);
        let all = [Text::from("*")];
        let mut bounds = platform.gateways.bounds(server, &record.realm);
        if let Some(platform) = platform.bounds(&Text::default(), name) {
            bounds.extend(&platform);
        }
        let bounds = (!bounds.is_empty()).then(|| Arc::new(bounds));
        for allowed in server.allowed_tools.as_deref().unwrap_or(&all) {
            let permission = Permission::new(tool(Some(name), allowed), Plane::Tools);
            authority.permit(node, Permission { bounds: bounds.clone(), ..permission });
        }
        platform.gateways.join(server, record, node, authority);
    }
    for (settings, record) in rules.settings(agent) {
        let edge = held("is its settings file").bounded(bounds.clone());
        let node = own(authority, agent, object(settings, record), record, edge);
        settings_give(settings, node, authority);
    }
    for (extension, record) in rules.extensions.get(agent).into_iter().flatten() {
        let (kind, client) = (extension.kind.clone(), extension.client.clone());
        let object = ObjectRef::new(kind, client, extension.name.clone());
        let in_use = format!("the {} is in use", extension.kind.raw());
        let bounds =
            Bounds { depends_on: vec![in_use.into()], except: except.clone(), ..Bounds::default() };
        let edge = held("is extended by it").bounded(Arc::new(bounds));
        let node = own(authority, agent, object, record, edge);
        rules_give(&extension.client, &extension.rules, node, authority);
    }
}

/// A settings file is told from the client's others by its path.
fn object(settings: &PermissionRules, record: &Record) -> ObjectRef {
    ObjectRef::new("permission rules", settings.client.clone(), record.place.file.clone())
}

fn settings_give(settings: &PermissionRules, node: NodeIndex, authority: &mut Authority) {
    rules_give(&settings.client, &settings.rules, node, authority);
    if let Some(name) = &settings.model {
        let pattern = Pattern::Model { name: name.clone(), digest: None };
        authority.permit(node, Permission::new(pattern, Plane::Models));
    }
    // A mode in which nothing asks gives every tool that there is.
    let mode = settings.default_mode.as_ref().filter(|mode| {
        mode_effects(settings.client.raw(), Some(mode.raw())) == Some([Some(Effect::Allow); 3])
    });
    if let Some(mode) = mode.filter(|mode| !settings.forbidden_modes.contains(mode)) {
        let pattern = Pattern::Tool { server: None, name: "*".into() };
        let sandbox = settings.sandbox.as_ref().map(|sandbox| {
            let inside = format!("inside the sandbox `{}`", sandbox.mode.raw());
            Arc::new(Bounds { depends_on: vec![inside.into()], ..Bounds::default() })
        });
        let is_confined = *mode != "bypassPermissions" && settings.client == "codex";
        let bounds = sandbox.filter(|_| is_confined);
        authority.permit(node, Permission { bounds, ..Permission::new(pattern, Plane::Tools) });
    }
}

/// What is allowed, and what is asked for, as depending on the answer.
fn rules_give(client: &Text, rules: &[PermissionRule], node: NodeIndex, authority: &mut Authority) {
    for rule in rules.iter().filter(|rule| rule.effect != Effect::Deny) {
        let Some(Clause { pattern, mut depends_on }) = clause(client, rule) else { continue };
        if rule.effect == Effect::Ask {
            depends_on.push(APPROVAL.into());
        }
        let bounds = Bounds { depends_on, ..Bounds::default() };
        let bounds = (!bounds.is_empty()).then(|| Arc::new(bounds));
        authority.permit(node, Permission { bounds, ..Permission::new(pattern, Plane::Tools) });
    }
}

/// The tools of a rule, and for which uses of them it is.
fn clause(client: &Text, rule: &PermissionRule) -> Option<Clause> {
    let About { server, tool, only_if } = about(client.raw(), rule)?;
    let pattern = Pattern::Tool { server, name: tool };
    Some(Clause { pattern, depends_on: only_if.into_iter().collect() })
}
