//! MCP servers: the catalogs declared for them, the tools that a platform lets through, and what they
//! may reach themselves.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{declared, held, own, own_servers};
use crate::domain::configured::{
    Configured, HostedMcpServer, NetworkReach, ServerPermissions, ToolFilter,
};
use crate::domain::pattern::{Destination, PortRange};
use crate::domain::{
    AgentKey, Attachment, Bounds, Capability, ObjectRef, Pattern, Plane, Record, Text,
};
use crate::scope::Estate;
use crate::scope::authority::{Authority, Edge, Permission};
use crate::scope::gateway::Gateways;

type Named<'a, T> = BTreeMap<(&'a Text, &'a Text), (T, &'a Record)>;

/// What platforms in a cluster are told about servers and models, by namespace and name.
pub(super) struct Platform<'a> {
    estate: &'a Estate,
    servers: Named<'a, &'a HostedMcpServer>,
    filters: Named<'a, &'a ToolFilter>,
    models: Named<'a, &'a Text>,
    pub gateways: Gateways<'a>,
}

impl<'a> Platform<'a> {
    pub fn of(estate: &'a Estate) -> Self {
        let (mut servers, mut filters, mut models) =
            (Named::default(), Named::default(), Named::default());
        for record in estate.records() {
            match &record.body {
                Configured::HostedMcpServer(server) => {
                    let meta = &server.meta;
                    servers.insert((&meta.namespace, &meta.name), (server, record));
                }
                Configured::ToolFilter(filter) => {
                    let meta = &filter.meta;
                    filters.insert((&meta.namespace, &meta.name), (filter, record));
                }
                Configured::ModelConfiguration(model) => {
                    let meta = &model.meta;
                    models.insert((&meta.namespace, &meta.name), (&model.kind, record));
                }
                _ => {}
            }
        }
        Self { estate, servers, filters, models, gateways: Gateways::of(estate) }
    }

    /// The kind of the object that says which model.
    pub fn model(&self, namespace: &Text, name: &Text) -> Option<(&'a Text, &'a Record)> {
        self.models.get(&(namespace, name)).copied()
    }

    /// What a platform lets through of a server's tools; none when it lets all through, or does not
    /// run the server. A server outside the namespaces of a cluster is in the empty one.
    pub fn bounds(&self, namespace: &Text, name: &Text) -> Option<Arc<Bounds>> {
        let (server, record) = self.servers.get(&(namespace, name)).copied()?;
        let meta = &server.meta;
        let mut bounds = Bounds::default();
        if let Some(tools) = &server.tools {
            let by = ObjectRef::new(server.kind.clone(), meta.namespace.clone(), meta.name.clone());
            let allowed = tools.iter().map(|(_, tool)| declared::tool(Some(name), tool));
            bounds.within.push(declared::layer(by, record, allowed));
        }
        for (kind, used) in &server.uses {
            let filter = self.filters.get(&(namespace, used)).filter(|_| *kind == "MCPToolConfig");
            let Some((filter, record)) = filter else { continue };
            let Some(tools) = &filter.tools else { continue };
            // The filter may name a tool as the server does or as callers see it.
            let names = tools.iter().flat_map(|tool| {
                let renamed = filter.renamed.get(tool);
                std::iter::once(tool).chain(renamed)
            });
            let by = ObjectRef::new(kind.clone(), namespace.clone(), used.clone());
            let allowed = names.map(|tool| declared::tool(Some(name), tool));
            bounds.within.push(declared::layer(by, record, allowed));
        }
        (!bounds.is_empty()).then(|| Arc::new(bounds))
    }

    /// Adds the servers with what they may reach, the models, and the gateways.
    pub fn add(&self, authority: &mut Authority) {
        for record in self.estate.records() {
            if let Configured::ServerPermissions(permissions) = &record.body {
                reach_of(permissions, record, authority);
            }
        }
        declared::add_models(self.estate, authority);
        self.gateways.add(authority);
    }
}

/// The catalogs of an agent's servers, and the way to what they reach: a call of their tools.
pub(super) fn add(estate: &Estate, agent: &AgentKey, authority: &mut Authority) {
    for server in own_servers(estate, agent) {
        let by = ObjectRef::new(SERVER, "", server.clone());
        let node = authority.principal(&Text::default(), by);
        authority.implied(node);
        let caller = authority.agent(agent);
        let rule = "may have it act by calling its tools";
        authority.give(caller, node, Edge::derived(Attachment::RuntimeCatalog, rule, Vec::new()));
        let Some((catalog, record)) = estate.declared_catalog(&server) else { continue };
        let object = ObjectRef::new("declared catalog", "", server.clone());
        let is_known = authority.has_permissions(&record.realm, &object);
        let node = own(authority, agent, object, record, held("uses the server"));
        // Several agents use one server; what it is declared to have is said once.
        if is_known {
            continue;
        }
        for tool in &catalog.tools {
            let capability = Capability::McpTool {
                server: server.clone(),
                name: tool.name.clone(),
                digest: tool.digest.clone(),
            };
            let pattern = Pattern::Exactly { capability };
            authority.permit(node, Permission::new(pattern, Plane::Catalog));
        }
    }
}

/// The kind under which servers stand in a route.
const SERVER: &str = "MCP server";

fn reach_of(permissions: &ServerPermissions, record: &Record, authority: &mut Authority) {
    let server = ObjectRef::new(SERVER, "", permissions.server.clone());
    let server = authority.principal(&Text::default(), server);
    authority.implied(server);
    let by = permissions.declared_by.clone();
    let object = ObjectRef::new("server permissions", by, permissions.server.clone());
    let node = authority.granting(&record.realm, object);
    authority.loaded(node, record);
    authority.give(server, node, held("is run with these permissions"));
    for pattern in destinations(permissions.network.as_ref()) {
        authority.permit(node, Permission::new(pattern, Plane::Network));
    }
    if permissions.privileged {
        // Such a container can mount whatever the host has.
        let everything = Pattern::File { path: "/".into(), write: true };
        authority.permit(node, Permission::new(everything, Plane::Files));
    }
    let volumes = [(&permissions.reads, false), (&permissions.writes, true)];
    for (volume, write) in volumes.iter().flat_map(|(list, write)| list.iter().map(|v| (v, *write)))
    {
        let pattern = Pattern::File { path: host_path(volume), write };
        authority.permit(node, Permission::new(pattern, Plane::Files));
    }
}

/// Where a server may connect to. What is not said limits nothing.
fn destinations(network: Option<&NetworkReach>) -> Vec<Pattern> {
    let port = |port: u16| PortRange { protocol: "TCP".into(), first: port, last: port };
    match network {
        None | Some(NetworkReach::All) => {
            vec![Pattern::Egress { to: Destination::Anywhere, ports: Vec::new() }]
        }
        Some(NetworkReach::Limited { hosts, ports }) if hosts.is_empty() && ports.is_empty() => {
            Vec::new()
        }
        Some(NetworkReach::Limited { hosts, ports }) if hosts.is_empty() => {
            let ports = ports.iter().map(|number| port(*number)).collect();
            vec![Pattern::Egress { to: Destination::Anywhere, ports }]
        }
        Some(NetworkReach::Limited { hosts, ports }) => {
            let to_host = |host: &Text| {
                let (name, own) = match host.raw().rsplit_once(':') {
                    Some((name, number)) => match number.parse::<u16>() {
                        Ok(number) => (name, Some(number)),
                        Err(_) => (host.raw(), None),
                    },
                    None => (host.raw(), None),
                };
                let ports: Vec<u16> = match own {
                    Some(own) if ports.is_empty() || ports.contains(&own) => vec![own],
                    // A port that the other list leaves out is no connection.
                    Some(_) => return None,
                    None => ports.clone(),
                };
                let name = match name.strip_prefix('.') {
                    Some(domain) => format!("*.{domain}").into(),
                    None => Text::from(name),
                };
                let to = Destination::Hosts { names: vec![name] };
                Some(Pattern::Egress { to, ports: ports.into_iter().map(port).collect() })
            };
            hosts.iter().filter_map(to_host).collect()
        }
    }
}

/// The path of a volume on the host: `host:container[:ro]`, or one path for both.
fn host_path(volume: &Text) -> Text {
    let raw = volume.raw();
    let raw = raw.strip_suffix(":ro").or_else(|| raw.strip_suffix(":rw")).unwrap_or(raw);
    // The colon of a drive belongs to the path.
    let after_drive = usize::from(raw.get(1..2) == Some(":")) * 2;
    let rest = raw.get(after_drive..).unwrap_or_default();
    match rest.split_once(':') {
        Some((host, _)) => raw.get(..after_drive + host.len()).unwrap_or(raw).into(),
        None => raw.into(),
    }
}
