//! Gateways in the graph of authority: client configuration → gateway → each server behind it.

use std::sync::Arc;

use petgraph::graph::NodeIndex;

use super::route::{Route, routes};
use crate::domain::configured::{GatewayTarget, McpServer};
use crate::domain::{Attachment, Bounds, Clause, Layer, ObjectRef, Pattern, Plane, Record, Text};
use crate::scope::Estate;
use crate::scope::authority::{Authority, Edge, Permission};

/// The gateways of an estate.
#[derive(Debug)]
pub struct Gateways<'a>(Vec<Route<'a>>);

impl<'a> Gateways<'a> {
    pub fn of(estate: &'a Estate) -> Self {
        Self(routes(estate))
    }

    /// Adds what each gateway lets through to the servers behind it.
    pub fn add(&self, authority: &mut Authority) {
        for route in &self.0 {
            let gateway = node(route, authority);
            for target in route.targets() {
                let server = name(target);
                let realm = &route.record.realm;
                let namespace = route.policy.namespace.clone();
                let object = ObjectRef::new("gateway target", namespace, server.clone());
                let is_known = authority.has_permissions(realm, &object);
                let content = authority.content(realm, object);
                authority.loaded(content, route.record);
                if !is_known {
                    let pattern = tool(server, "*".into());
                    authority.permit(content, Permission::new(pattern, Plane::Tools));
                }
                let bounds = Arc::new(route.bounds(server, server));
                let edge = Edge::held(Attachment::Own, "forwards to it").bounded(bounds);
                authority.give(gateway, content, edge);
            }
        }
    }

    /// What a gateway leaves of the tools of a client's server, where its address is that of one.
    pub fn bounds(&self, server: &McpServer, realm: &Text) -> Bounds {
        let mut all = Bounds::default();
        if let Some(route) = self.before(server, realm) {
            for target in route.targets() {
                all.extend(&seen_by_client(route, &server.server, target));
            }
        }
        all
    }

    /// The way from the configuration of a client to the gateway whose address it has.
    pub fn join(
        &self,
        server: &McpServer,
        record: &Record,
        client: NodeIndex,
        authority: &mut Authority,
    ) {
        let Some(route) = self.before(server, &record.realm) else { return };
        let gateway = node(route, authority);
        let by = ObjectRef::new(
            "MCP client configuration",
            server.client.clone(),
            server.server.clone(),
        );
        let layer = |tools: &[Text]| {
            let patterns = route.targets().flat_map(|target| behind(route, target, tools));
            let clauses = patterns.map(|pattern| Clause { pattern, depends_on: Vec::new() });
            Layer { by: by.clone(), place: Some(record.place.clone()), clauses: clauses.collect() }
        };
        let denied = (!server.denied_tools.is_empty()).then(|| layer(&server.denied_tools));
        let bounds = Bounds {
            within: server.allowed_tools.as_deref().map(layer).into_iter().collect(),
            except: denied.into_iter().collect(),
            depends_on: Vec::new(),
        };
        let edge = Edge::held(Attachment::RuntimeCatalog, "its address is that of the gateway");
        authority.give(client, gateway, edge.bounded(Arc::new(bounds)));
    }

    /// The one route that an address leads to; of several it is not certain which.
    fn before(&self, server: &McpServer, realm: &Text) -> Option<&Route<'a>> {
        let address = server.endpoint.raw();
        let mut leading = self.0.iter().filter(|route| route.is_led_to_by(address, realm));
        leading.next().filter(|_| leading.next().is_none())
    }
}

fn node(route: &Route<'_>, authority: &mut Authority) -> NodeIndex {
    let policy = route.policy;
    let name = format!("{}/{}", policy.gateway.raw(), policy.route.raw());
    let object = ObjectRef::new("MCP gateway", policy.namespace.clone(), name);
    let node = authority.principal(&route.record.realm, object);
    authority.loaded(node, route.record);
    node
}

/// What rules name it by.
fn name(target: &GatewayTarget) -> &Text {
    if target.name.is_empty() { &target.endpoint } else { &target.name }
}

fn tool(server: &Text, name: Text) -> Pattern {
    Pattern::Tool { server: Some(server.clone()), name }
}

/// The tools of one target under the names that a client sees.
fn seen_by_client(route: &Route<'_>, server: &Text, target: &GatewayTarget) -> Bounds {
    let prefix = route.prefix(name(target));
    let mut bounds = route.bounds(server, name(target));
    if prefix.is_empty() {
        return bounds;
    }
    let layers = bounds.within.iter_mut().chain(&mut bounds.except);
    for clause in layers.flat_map(|layer| &mut layer.clauses) {
        if let Pattern::Tool { name, .. } = &mut clause.pattern {
            *name = format!("{prefix}{}", name.raw()).into();
        }
    }
    // The layers speak of one target only: each lets the tools of the others through.
    let others = route.targets().map(|other| route.prefix(self::name(other)));
    let others: Vec<String> = others.filter(|other| *other != prefix).collect();
    for layer in &mut bounds.within {
        layer.clauses.extend(others.iter().map(|other| Clause {
            pattern: tool(server, format!("{other}*").into()),
            depends_on: Vec::new(),
        }));
    }
    bounds
}

/// The tools that a client lists, as the target names them.
fn behind(route: &Route<'_>, target: &GatewayTarget, listed: &[Text]) -> Vec<Pattern> {
    let server = name(target);
    let prefix = route.prefix(server);
    let own = |listed: &Text| match listed.raw() {
        "*" => Some(tool(server, "*".into())),
        listed => listed.strip_prefix(&prefix).map(|own| tool(server, own.into())),
    };
    listed.iter().filter_map(own).collect()
}
