//! Which data is sensitive and where the outside begins, as a person declares it for a case.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::matcher::{Dialect, DomainName, GlobIgnoringCase};

/// The declarations of a case; with none of them, defaults hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DataRules {
    /// Hosts outside, whatever the defaults say: `*.example.net`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub external: Vec<String>,
    /// Hosts inside.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub internal: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sensitivity: Vec<SensitivityRule>,
}

/// What is read by these tools, from these servers or resources carries a label. Globs with `*` and
/// `?`; a rule without any matches nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SensitivityRule {
    /// What people call it: `customer data`.
    pub label: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub servers: Vec<String>,
}

impl SensitivityRule {
    /// Whether one of the globs for a part of an act admits it.
    pub fn matches(
        &self,
        tool: Option<&str>,
        resource: Option<&str>,
        server: Option<&str>,
    ) -> bool {
        let admits = |globs: &[String], text: Option<&str>| {
            text.is_some_and(|text| globs.iter().any(|glob| GlobIgnoringCase::matches(glob, text)))
        };
        admits(&self.tools, tool)
            || admits(&self.resources, resource)
            || admits(&self.servers, server)
    }
}

/// On which side of the boundary a host is.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, strum::Display,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Side {
    Internal,
    External,
}

/// Endings of names that do not resolve outside: of Kubernetes (`NAME.NAMESPACE.svc[.DOMAIN]`), of
/// RFC 6762 §3 and of RFC 9476 and the private-use name of ICANN.
const INSIDE: &[&str] =
    &["*.svc", "*.svc.*", "*.cluster.local", "*.local", "*.internal", "*.localdomain", "localhost"];

impl DataRules {
    /// The side of a host, and by which rule. A declaration goes before the defaults: private and
    /// link-local addresses, names of the cluster and names without a dot are inside, all others
    /// outside.
    pub fn side(&self, host: &str) -> (Side, &'static str) {
        let host = host.trim_start_matches('[').trim_end_matches(']').trim_end_matches('.');
        let declared = |names: &[String]| names.iter().any(|name| DomainName::matches(name, host));
        if declared(&self.external) {
            return (Side::External, "declared external");
        }
        if declared(&self.internal) {
            return (Side::Internal, "declared internal");
        }
        if let Ok(address) = host.parse::<IpAddr>() {
            return match is_private(address) {
                true => (Side::Internal, "default: a private address"),
                false => (Side::External, "default: a public address"),
            };
        }
        let is_inside = INSIDE.iter().any(|glob| GlobIgnoringCase::matches(glob, host));
        match is_inside || !host.contains('.') {
            true => (Side::Internal, "default: a name of the cluster or of the local network"),
            false => (Side::External, "default: a name that is not of the cluster"),
        }
    }
}

/// RFC 1918, RFC 6598, RFC 3927, RFC 4193, RFC 4291 and loopback.
fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let [first, second, ..] = address.octets();
            let is_shared = first == 100 && (64..128).contains(&second);
            address.is_private()
                || address.is_loopback()
                || address.is_link_local()
                || address.is_unspecified()
                || is_shared
        }
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(mapped) => is_private(IpAddr::V4(mapped)),
            None => {
                address.is_loopback()
                    || address.is_unspecified()
                    || address.is_unique_local()
                    || address.is_unicast_link_local()
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(host: &str, side: Side) {
        let rules: DataRules = toml::from_str(
            "external = [\"10.9.9.9\", \"*.partner.svc\"]\ninternal = [\"*.acme.example\"]",
        )
        .expect("rules");
        assert_eq!(rules.side(host).0, side, "{host}");
    }

    #[test]
    fn the_outside_begins_where_it_is_declared_or_where_addresses_are_public() {
        use Side::{External, Internal};
        for (host, side) in [
            ("crm.data.svc.cluster.local", Internal),
            ("crm.data.svc", Internal),
            ("crm", Internal),
            ("10.1.2.3", Internal),
            ("100.64.0.1", Internal),
            ("169.254.169.254", Internal),
            ("[fd00::1]", Internal),
            ("::ffff:10.0.0.1", Internal),
            ("8.8.8.8", External),
            ("2001:4860:4860::8888", External),
            ("api.example.net.", External),
            ("svc.example.net", External),
            ("hr.ACME.example", Internal),
            ("10.9.9.9", External),
            ("api.partner.svc", External),
        ] {
            check(host, side);
        }
    }

    #[test]
    fn a_rule_matches_by_tool_resource_or_server() {
        let rules: DataRules = toml::from_str(
            "[[sensitivity]]\nlabel = \"customer data\"\ntools = [\"crm.*\"]\nservers = [\"billing\"]",
        )
        .expect("rules");
        let rule = rules.sensitivity.first().expect("one rule");
        assert!(rule.matches(Some("CRM.get_contact"), None, None));
        assert!(rule.matches(Some("anything"), None, Some("billing")));
        assert!(!rule.matches(Some("xcrm.get"), Some("crm.get"), Some("bill")));
        assert!(!SensitivityRule::default().matches(Some(""), Some(""), Some("")));
    }
}
