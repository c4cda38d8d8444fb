//! Capabilities as a person types them: what [`Capability::visible`] writes, read back.

use std::str::FromStr;

use super::Capability;
use crate::domain::Text;

/// One line for each way to spell a capability.
pub const SPELLINGS: [&str; 12] = [
    "k8s: get secrets/NAME @NAMESPACE   (deployments.apps, pods/exec, @cluster)",
    "k8s: get /metrics",
    "aws: s3:GetObject arn:aws:s3:::BUCKET/KEY   (also gcp:, azure:, cloud:)",
    "tool: SERVER/NAME   (or NAME)",
    "mcp-tool: SERVER/NAME@DIGEST",
    "egress: HOST:443/TCP",
    "file: PATH r   (or w)",
    "exec: PATH",
    "model: NAME   (or NAME@DIGEST)",
    "artifact: pkg:pypi/NAME@VERSION",
    "handoff: AGENT",
    "syscall: NAME   (or linux-capability: NAME)",
];

/// Subresources of the built-in API. Anything else behind a slash is the name of an object.
const SUBRESOURCES: [&str; 14] = [
    "approval",
    "attach",
    "binding",
    "ephemeralcontainers",
    "eviction",
    "exec",
    "finalize",
    "log",
    "portforward",
    "proxy",
    "resize",
    "scale",
    "status",
    "token",
];

/// What was typed is no capability.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no capability")]
pub struct NotACapability(String);

impl FromStr for Capability {
    type Err = NotACapability;

    fn from_str(spelled: &str) -> Result<Self, NotACapability> {
        read(spelled).ok_or_else(|| NotACapability(crate::domain::text::visible(spelled).into()))
    }
}

fn read(spelled: &str) -> Option<Capability> {
    let (kind, rest) = spelled.trim().split_once(':')?;
    let rest = Some(rest.trim()).filter(|rest| !rest.is_empty())?;
    let text = || Text::from(rest);
    Some(match kind.trim() {
        "k8s" => kubernetes(rest)?,
        "cloud" | "aws" | "gcp" | "azure" => {
            let (action, resource) = rest.split_once(char::is_whitespace)?;
            Capability::Cloud { action: action.into(), resource: resource.trim().into() }
        }
        "tool" => {
            let (server, name) = match rest.split_once('/') {
                Some((server, name)) => (Some(Text::from(server)), name),
                None => (None, rest),
            };
            Capability::Tool { server, name: name.into() }
        }
        "mcp-tool" => {
            let (server, tool) = rest.split_once('/')?;
            let (name, digest) = tool.rsplit_once('@')?;
            Capability::McpTool { server: server.into(), name: name.into(), digest: digest.into() }
        }
        "egress" => egress(rest)?,
        "file" => {
            let (path, mode) = rest.rsplit_once(' ').unwrap_or((rest, "r"));
            match mode {
                "r" | "w" => Capability::File { path: path.into(), write: mode == "w" },
                _ => Capability::File { path: text(), write: false },
            }
        }
        "exec" => Capability::Exec { path: text() },
        "syscall" => Capability::Syscall { name: text() },
        "linux-capability" => Capability::LinuxCapability { name: text() },
        "model" => match rest.rsplit_once('@') {
            Some((name, digest)) => {
                Capability::Model { name: name.into(), digest: Some(digest.into()) }
            }
            None => Capability::Model { name: text(), digest: None },
        },
        "artifact" => Capability::Artifact { purl: text() },
        "handoff" => Capability::Handoff { target: text() },
        _ => return None,
    })
}

fn kubernetes(rest: &str) -> Option<Capability> {
    let (act, place) = match rest.rsplit_once('@') {
        Some((act, place)) => (act.trim(), Some(place.trim())),
        None => (rest, None),
    };
    let (verb, target) = act.split_once(char::is_whitespace)?;
    let (verb, target) = (Text::from(verb), target.trim());
    if target.starts_with('/') {
        return Some(Capability::NonResource { verb, path: target.into() });
    }
    let mut parts = target.splitn(3, '/');
    let (first, second, third) = (parts.next()?, parts.next(), parts.next());
    let (kind, group) = first.split_once('.').unwrap_or((first, ""));
    let subresource = second.map(|part| part.split_once('.').unwrap_or((part, "")));
    let (resource, group, name) = match subresource {
        Some((sub, of)) if third.is_some() || SUBRESOURCES.contains(&sub) => {
            (format!("{kind}/{sub}"), if group.is_empty() { of } else { group }, third)
        }
        _ => (kind.to_owned(), group, second),
    };
    Some(Capability::Kubernetes {
        verb,
        group: group.into(),
        resource: resource.into(),
        namespace: place.filter(|place| *place != "cluster").map(Text::from),
        name: name.map(Text::from),
    })
}

/// `HOST:PORT/PROTOCOL`; the protocol is TCP when left out. An IPv6 address stands in brackets where a
/// port follows.
fn egress(rest: &str) -> Option<Capability> {
    let (address, protocol) = match rest.rsplit_once('/') {
        // A pod is written `namespace/pod`, so what follows the slash must be a protocol.
        Some((address, protocol)) if is_protocol(protocol) => (address, protocol),
        _ => (rest, "TCP"),
    };
    let (host, port) = match address.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => {
            (host, Some(port.parse().ok()?))
        }
        _ => (address, None),
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    Some(Capability::Egress { host: host.into(), port, protocol: protocol.into() })
}

fn is_protocol(word: &str) -> bool {
    ["tcp", "udp", "sctp", "any"].iter().any(|known| word.eq_ignore_ascii_case(known))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(spelled: &str, visible: &str) {
        let read: Capability = spelled.parse().expect("a capability");
        assert_eq!(read.visible(), visible, "{spelled}");
    }

    #[test]
    fn what_a_person_types() {
        for (spelled, visible) in [
            ("k8s: get secrets/db @ns", "k8s: get secrets/db @ns"),
            ("k8s:get deployments.apps @ns", "k8s: get deployments.apps @ns"),
            ("k8s: create pods/exec @ns", "k8s: create pods/exec @ns"),
            ("k8s: get nodes", "k8s: get nodes @cluster"),
            ("k8s: get /metrics", "k8s: get /metrics"),
            ("aws: s3:GetObject arn:aws:s3:::b/k", "cloud: s3:GetObject arn:aws:s3:::b/k"),
            ("tool: crm.export", "tool: crm.export"),
            ("egress: api.x.com:443", "egress: api.x.com:443/TCP"),
            ("egress: [::1]:53/udp", "egress: ::1:53/udp"),
            ("egress: ns/pod", "egress: ns/pod/TCP"),
            ("file: /etc/passwd", "file: /etc/passwd r"),
        ] {
            check(spelled, visible);
        }
    }

    #[test]
    fn what_is_none_says_so() {
        for spelled in ["", "secrets", "k8s:", "k8s: get", "aws: s3:GetObject", "egress: a:b"] {
            let error = spelled.parse::<Capability>().expect_err("no capability");
            assert_eq!(error.to_string(), format!("`{spelled}` is no capability"));
        }
    }

    fn any_capability() -> impl Strategy<Value = Capability> {
        let word = || "[a-z]{1,6}-x".prop_map(Text::from);
        let some = || proptest::option::of("[a-z]{1,6}-x".prop_map(Text::from));
        prop_oneof![
            (word(), word(), some(), some()).prop_map(|(verb, resource, namespace, name)| {
                Capability::Kubernetes { verb, group: "".into(), resource, namespace, name }
            }),
            (word(), word()).prop_map(|(action, resource)| Capability::Cloud { action, resource }),
            (some(), word()).prop_map(|(server, name)| Capability::Tool { server, name }),
            (word(), any::<Option<u16>>()).prop_map(|(host, port)| Capability::Egress {
                host,
                port,
                protocol: "TCP".into()
            }),
            (word(), any::<bool>()).prop_map(|(path, write)| Capability::File { path, write }),
            (word(), some()).prop_map(|(name, digest)| Capability::Model { name, digest }),
            word().prop_map(|target| Capability::Handoff { target }),
        ]
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_back(capability in any_capability()) {
            prop_assert_eq!(capability.visible().parse(), Ok(capability));
        }

        #[test]
        fn nothing_typed_panics(spelled in "((k8s|egress|tool|file|model): )?[a-z/:@. \\[\\]*]{0,20}") {
            let _ = spelled.parse::<Capability>();
        }
    }
}
