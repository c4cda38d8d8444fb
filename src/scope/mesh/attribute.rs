//! The attributes of a request that policies speak of: how each is compared, and which proxy sees it.
//!
//! Source: Istio, reference of AuthorizationPolicy and Authorization Policy Conditions.

use super::matcher::{Account, Block, Host, Path, RequestPrincipal, Value, principal_matches};
use super::settings::Settings;
use crate::domain::Text;
use crate::domain::matcher::Dialect;

/// An attribute by its full name; one that ends in a bracket or a dot goes on.
#[derive(Debug)]
pub struct Attribute {
    pub name: &'static str,
    /// Under which it stands in a source or an operation.
    field: &'static str,
    language: Language,
    seen: Seen,
    /// Every request that has it at all has a value.
    pub never_empty: bool,
}

#[derive(Clone, Copy, Debug)]
enum Language {
    Value,
    Principal,
    RequestPrincipal,
    Account,
    Block,
    Host,
    Path,
}

/// What it takes to see an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    /// A connection, at any proxy.
    Connection,
    /// A connection, at Envoy: ztunnel does not know of it.
    Envoy,
    /// An HTTP request, at Envoy.
    Request,
}

/// Which proxy enforces, and of which traffic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum View {
    /// Envoy (a sidecar, waypoint or gateway), reading HTTP requests.
    Requests,
    /// Envoy, passing on connections of another protocol.
    Connections,
    /// ztunnel, which never looks into a connection.
    Tunnels,
}

const fn row(
    name: &'static str,
    field: &'static str,
    language: Language,
    seen: Seen,
    never_empty: bool,
) -> Attribute {
    Attribute { name, field, language, seen, never_empty }
}

const ATTRIBUTES: &[Attribute] = &[
    row("source.principal", "principals", Language::Principal, Seen::Connection, false),
    row("source.namespace", "namespaces", Language::Value, Seen::Connection, false),
    row("source.serviceAccount", "serviceAccounts", Language::Account, Seen::Connection, false),
    row("source.trustDomain", "trustDomains", Language::Value, Seen::Envoy, false),
    row("source.ip", "ipBlocks", Language::Block, Seen::Connection, false),
    row("remote.ip", "remoteIpBlocks", Language::Block, Seen::Envoy, false),
    row("destination.port", "ports", Language::Value, Seen::Connection, false),
    row("destination.ip", "", Language::Block, Seen::Connection, false),
    row("connection.sni", "", Language::Value, Seen::Envoy, false),
    row("experimental.envoy.filters.", "", Language::Value, Seen::Envoy, false),
    row("request.host", "hosts", Language::Host, Seen::Request, true),
    row("request.method", "methods", Language::Value, Seen::Request, true),
    row("request.path", "paths", Language::Path, Seen::Request, true),
    row("request.headers[", "", Language::Value, Seen::Request, false),
    row(
        "request.auth.principal",
        "requestPrincipals",
        Language::RequestPrincipal,
        Seen::Request,
        false,
    ),
    row("request.auth.audiences", "", Language::Value, Seen::Request, false),
    row("request.auth.presenter", "", Language::Value, Seen::Request, false),
    row("request.auth.claims[", "", Language::Value, Seen::Request, false),
];

/// The attribute that a policy calls `named`, in a source, an operation or a condition.
pub fn find(named: &str) -> Option<&'static Attribute> {
    ATTRIBUTES.iter().find(|attribute| match attribute.name.ends_with(['[', '.']) {
        true => named.strip_prefix(attribute.name).is_some_and(|rest| !rest.is_empty()),
        false => named == attribute.name || (!named.is_empty() && named == attribute.field),
    })
}

impl Attribute {
    /// The one name for what a policy calls `named`. Names of headers have no case.
    pub fn full_name(&self, named: &str) -> Text {
        match self.name {
            "request.headers[" => named.to_ascii_lowercase().into(),
            name if name.ends_with(['[', '.']) => named.into(),
            name => name.into(),
        }
    }

    pub fn is_seen(&self, view: View) -> bool {
        match view {
            View::Requests => true,
            View::Connections => self.seen != Seen::Request,
            View::Tunnels => self.seen == Seen::Connection,
        }
    }

    /// Whether a value is one that `pattern` lists, in a policy of `namespace`.
    pub fn matches(
        &self,
        pattern: &Text,
        value: &Text,
        settings: &Settings,
        namespace: &Text,
    ) -> bool {
        let (pattern, value) = (pattern.raw(), value.raw());
        match self.language {
            Language::Value => Value::matches(pattern, value),
            Language::RequestPrincipal => RequestPrincipal::matches(pattern, value),
            Language::Account => Account::matches(pattern, value, namespace.raw()),
            Language::Block => Block::matches(pattern, value),
            Language::Host => Host::matches(pattern, value),
            Language::Path => Path::matches(pattern, value),
            Language::Principal => {
                let domains: Vec<&str> = settings.trust_domains.iter().map(Text::raw).collect();
                principal_matches(pattern, value, &domains)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_found_by_field_or_full_name() {
        for (named, full) in [
            ("principals", Some("source.principal")),
            ("source.principal", Some("source.principal")),
            ("paths", Some("request.path")),
            ("request.headers[X-Token]", Some("request.headers[x-token]")),
            ("request.auth.claims[Nested][Key]", Some("request.auth.claims[Nested][Key]")),
            ("experimental.envoy.filters.a.b[c]", Some("experimental.envoy.filters.a.b[c]")),
            ("request.headers[", None),
            ("request.time", None),
            ("", None),
        ] {
            let found = find(named).map(|attribute| attribute.full_name(named));
            assert_eq!(found.as_ref().map(Text::raw), full, "{named}");
        }
    }

    #[test]
    fn each_proxy_sees_less_than_the_one_before() {
        for attribute in ATTRIBUTES {
            let seen = [View::Requests, View::Connections, View::Tunnels]
                .map(|view| attribute.is_seen(view));
            assert!(seen.is_sorted_by(|wide, narrow| wide >= narrow), "{attribute:?}");
        }
    }
}
