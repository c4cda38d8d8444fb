//! Routes of gateways to MCP servers: which policies hold on them, and which addresses lead there.

use super::bounds::bounds;
use crate::domain::configured::{Configured, GatewayPolicy, GatewayTarget};
use crate::domain::matcher::{Dialect, DomainName};
use crate::domain::{Bounds, Record, Text};
use crate::scope::Estate;

/// A route with tools behind it.
#[derive(Debug)]
pub struct Route<'a> {
    pub policy: &'a GatewayPolicy,
    pub record: &'a Record,
    /// Policies that stand apart from it and hold on it: of its listener, or attached to it.
    around: Vec<(&'a GatewayPolicy, &'a Record)>,
}

/// Kinds of target that offer tools.
const TOOLS: [&str; 2] = ["mcp", "openapi"];

/// What names of services in a cluster may end in.
const DOMAINS: [&str; 3] = ["", ".svc", ".svc.cluster.local"];

/// The routes of all gateways.
pub fn routes(estate: &Estate) -> Vec<Route<'_>> {
    let policies = || {
        estate.records().filter_map(|record| match &record.body {
            Configured::GatewayPolicy(policy) => Some((policy, record)),
            _ => None,
        })
    };
    let routes = policies().map(|(policy, record)| Route { policy, record, around: Vec::new() });
    let mut routes: Vec<Route<'_>> =
        routes.filter(|route| route.targets().next().is_some()).collect();
    for route in &mut routes {
        let around = policies().filter(|(policy, record)| route.is_within(policy, record));
        route.around = around.collect();
    }
    routes
}

impl<'a> Route<'a> {
    /// What offers tools.
    pub fn targets(&self) -> impl Iterator<Item = &'a GatewayTarget> {
        self.policy.targets.iter().filter(|target| TOOLS.contains(&target.kind.raw()))
    }

    /// How its rules narrow the tools of one target, which are known as those of `server`.
    pub fn bounds(&self, server: &Text, target: &Text) -> Bounds {
        let mut all = Bounds::default();
        let own = (self.policy, self.record);
        for (policy, record) in std::iter::once(own).chain(self.around.iter().copied()) {
            all.extend(&bounds(policy, record, server, Some(target)));
        }
        all
    }

    /// What stands before the name of a tool where several targets are one server to clients.
    ///
    /// Source: agentgateway, MCP multiplexing.
    pub fn prefix(&self, target: &Text) -> String {
        match self.targets().nth(1).is_some() {
            true => format!("{}_", target.raw()),
            false => String::new(),
        }
    }

    fn is_within(&self, policy: &GatewayPolicy, record: &Record) -> bool {
        let (own, same) = (self.policy, std::ptr::eq(self.policy, policy));
        let is_here = record.realm == self.record.realm
            && policy.gateway == own.gateway
            && policy.namespace == own.namespace
            && policy.targets.is_empty();
        let is_attached = || policy.attached_to.contains(&own.route);
        // In a file, what stands around a route begins its name, or is for all of them.
        let is_around = || {
            let of_listener = own.route.raw().strip_prefix(policy.route.raw());
            record.place.file == self.record.place.file
                && policy.attached_to.is_empty()
                && (policy.route == "frontend"
                    || of_listener.is_some_and(|rest| rest.starts_with('/')))
        };
        !same && is_here && (is_attached() || is_around())
    }

    /// Whether an address of `realm` certainly leads here: by a host name of the route or, in the
    /// same cluster, by the service of its gateway.
    pub fn is_led_to_by(&self, address: &str, realm: &Text) -> bool {
        let Some((host, path)) = host_and_path(address) else { return false };
        let (hosts, paths): (Vec<&Text>, Vec<&Text>) =
            self.policy.matches.iter().partition(|written| is_host(written));
        let around = self.around.iter().flat_map(|(policy, _)| &policy.matches);
        let mut hosts = match hosts.is_empty() {
            true => around.filter(|written| is_host(written)).collect(),
            false => hosts,
        };
        hosts.retain(|host| *host != "*");
        let by_name = hosts.iter().any(|pattern| DomainName::matches(pattern.raw(), host));
        let by_service = || *realm == self.record.realm && self.is_service(host);
        let by_path = paths.is_empty() || paths.iter().any(|written| leads(written.raw(), path));
        by_path && (by_name || by_service())
    }

    /// Whether a host is the service of a gateway that the route is attached to.
    fn is_service(&self, host: &str) -> bool {
        let namespace = self.policy.namespace.raw();
        let gateways =
            self.policy.attached_to.iter().filter_map(|to| to.raw().strip_prefix("Gateway "));
        let mut names = gateways.map(|name| name.split_once('/').map_or(name, |(name, _)| name));
        let is_named = |name: &str| {
            let rest = host.strip_prefix(name).and_then(|rest| rest.strip_prefix('.'));
            let domain = rest.and_then(|rest| rest.strip_prefix(namespace));
            domain.is_some_and(|domain| DOMAINS.contains(&domain))
        };
        !namespace.is_empty() && names.any(is_named)
    }
}

/// Host and path of an `http` address.
fn host_and_path(address: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = address.split_once("://")?;
    if !matches!(scheme, "http" | "https") {
        return None;
    }
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = host.split_once(':').map_or(host, |(host, _)| host);
    (!host.is_empty()).then_some((host, if path.is_empty() { "/" } else { path }))
}

/// A host name among what leads to a route; the others are paths with conditions, and models.
fn is_host(written: &Text) -> bool {
    !written.raw().contains([' ', '/', '~']) && *written != "*"
}

/// Whether a match (`POST /mcp`, `/api*`) is one of this path, whatever else the request has.
fn leads(written: &str, path: &str) -> bool {
    let words: Vec<&str> = written.split(' ').collect();
    let is_open =
        |word: &&str| *word == "~" || word.starts_with("headers:") || word.starts_with("query:");
    let matches = |word: &&str| match word.strip_suffix('*') {
        Some("") => true,
        // A prefix ends where a segment does.
        Some(prefix) => path
            .strip_prefix(prefix.trim_end_matches('/'))
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
        None => word.starts_with('/') && *word == path,
    };
    !words.iter().any(is_open) && words.iter().any(matches)
}
