//! Patterns: what a grant permits, and which capabilities fall under it.

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::matcher::{
    CiliumName, CloudResource, Dialect, DomainName, GlobIgnoringCase, KubernetesResource,
    KubernetesWord, PathGlob, Prefix, WorkloadName,
};
use super::{Capability, Plane, Text};

/// The set of capabilities that one grant permits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Pattern {
    /// One verb on one resource of one API group, as an RBAC rule spells them: exact, or `*`; the
    /// resource may be `*` (everything, subresources included) or `*/sub`. No namespace means every
    /// namespace and cluster-scoped objects; no name means every name.
    Kubernetes {
        verb: Text,
        group: Text,
        resource: Text,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        namespace: Option<Text>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<Text>,
    },
    /// A verb on a non-resource path: exact, `*`, or a prefix ending in `*`.
    NonResource { verb: Text, path: Text },
    /// Actions of a cloud on its resources, as its policies spell them: globs, the case of actions
    /// not counting.
    Cloud { actions: Globs, resources: Globs },
    /// Tools by name: exact, or a prefix ending in `*`; of one server, or of any.
    Tool {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        server: Option<Text>,
        name: Text,
    },
    /// A path as gitignore spells it, with what lies beneath it; to be read, or written as well.
    File { path: Text, write: bool },
    /// Network destinations.
    Egress { to: Destination, ports: Vec<PortRange> },
    /// A model by name; when a digest is declared, that digest only.
    Model {
        name: Text,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        digest: Option<Text>,
    },
    /// A hand-off to a named agent.
    Handoff { target: Text },
    /// Exactly this capability.
    Exactly { capability: Capability },
}

/// What falls under one of `any_of` and under none of `none_of` (`NotAction`, `notActions`).
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Globs {
    pub any_of: Vec<Text>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub none_of: Vec<Text>,
}

/// Where network traffic may go.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "to", rename_all = "kebab-case")]
pub enum Destination {
    Anywhere,
    /// An address block without its exceptions, in CIDR notation.
    Block {
        cidr: IpNet,
        except: Vec<IpNet>,
    },
    /// Pods of these namespaces (all of them when empty), written as `namespace/pod` hosts.
    Pods {
        namespaces: Vec<Text>,
        selector: Text,
    },
    /// Workloads as `namespace/name`, with the pods that are named after them.
    Workloads {
        names: Vec<Text>,
    },
    /// Hosts by name: exact, or everything below a domain (`*.example.com`).
    Hosts {
        names: Vec<Text>,
    },
    /// Hosts by name as Cilium writes them.
    CiliumNames {
        names: Vec<Text>,
    },
}

/// An inclusive range of ports of one protocol. No range at all means every port.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PortRange {
    pub protocol: Text,
    pub first: u16,
    pub last: u16,
}

impl Pattern {
    pub fn plane(&self) -> Plane {
        match self {
            Self::Kubernetes { .. } | Self::NonResource { .. } => Plane::Kubernetes,
            Self::Cloud { .. } => Plane::Cloud,
            Self::Tool { .. } => Plane::Tools,
            Self::File { .. } => Plane::Files,
            Self::Egress { .. } => Plane::Network,
            Self::Model { .. } => Plane::Models,
            Self::Handoff { .. } => Plane::Delegation,
            Self::Exactly { capability } => capability.plane(),
        }
    }

    /// Whether `capability` falls under this pattern. Matching is by raw strings.
    ///
    /// Kubernetes semantics follow the RBAC authorizer (formats.md §3.2): a grant restricted to a
    /// name does not permit requests that name no object.
    pub fn permits(&self, capability: &Capability) -> bool {
        match (self, capability) {
            (
                Self::Kubernetes { verb, group, resource, namespace, name },
                Capability::Kubernetes {
                    verb: used_verb,
                    group: used_group,
                    resource: used_resource,
                    namespace: used_namespace,
                    name: used_name,
                },
            ) => {
                KubernetesWord::matches(verb.raw(), used_verb.raw())
                    && KubernetesWord::matches(group.raw(), used_group.raw())
                    && KubernetesResource::matches(resource.raw(), used_resource.raw())
                    && namespace.as_ref().is_none_or(|only| Some(only) == used_namespace.as_ref())
                    && name.as_ref().is_none_or(|only| Some(only) == used_name.as_ref())
            }
            (
                Self::NonResource { verb, path },
                Capability::NonResource { verb: used_verb, path: used_path },
            ) => {
                KubernetesWord::matches(verb.raw(), used_verb.raw())
                    && Prefix::matches(path.raw(), used_path.raw())
            }
            (
                Self::Cloud { actions, resources },
                Capability::Cloud { action: used_action, resource: used_resource },
            ) => {
                actions.contain::<GlobIgnoringCase>(used_action)
                    && resources.contain::<CloudResource>(used_resource)
            }
            (
                Self::Tool { server, name },
                Capability::Tool { server: used_server, name: used_name },
            ) => {
                Prefix::matches(name.raw(), used_name.raw())
                    && match (server, used_server) {
                        (Some(only), Some(used)) => only == used,
                        // A call that does not name its server is not held against the grant.
                        _ => true,
                    }
            }
            (Self::File { path, write }, Capability::File { path: used, write: writes }) => {
                let path = path.raw().trim_end_matches('/');
                (*write || !writes)
                    && (PathGlob::matches(path, used.raw())
                        || PathGlob::matches(&format!("{path}/**"), used.raw()))
            }
            (Self::Egress { to, ports }, Capability::Egress { host, port, protocol }) => {
                to.contains(host) && ports_contain(ports, *port, protocol)
            }
            (
                Self::Model { name, digest },
                Capability::Model { name: used_name, digest: used_digest },
            ) => {
                name == used_name
                    && digest.as_ref().is_none_or(|only| Some(only) == used_digest.as_ref())
            }
            (Self::Handoff { target }, Capability::Handoff { target: used }) => {
                target == used || *target == "*"
            }
            (Self::Exactly { capability: only }, used) => only == used,
            _ => false,
        }
    }

    /// For people, escaped.
    pub fn visible(&self) -> String {
        match self {
            Self::Kubernetes { verb, group, resource, namespace, name } => {
                let mut shown = format!("k8s: {} {}", verb.visible(), resource.visible());
                if !group.is_empty() {
                    shown += &format!(".{}", group.visible());
                }
                if let Some(name) = name {
                    shown += &format!("/{}", name.visible());
                }
                match namespace {
                    Some(namespace) => shown += &format!(" @{}", namespace.visible()),
                    None => shown += " @all namespaces",
                }
                shown
            }
            Self::NonResource { verb, path } => {
                format!("k8s: {} {}", verb.visible(), path.visible())
            }
            Self::Cloud { actions, resources } => {
                format!("cloud: {} on {}", actions.visible(), resources.visible())
            }
            Self::Tool { server: Some(server), name } => {
                format!("tool: {}/{}", server.visible(), name.visible())
            }
            Self::Tool { server: None, name } => format!("tool: {}", name.visible()),
            Self::File { path, write } => {
                format!("file: {} {}", path.visible(), if *write { "w" } else { "r" })
            }
            Self::Egress { to, ports } => {
                let ports: Vec<String> = ports.iter().map(PortRange::visible).collect();
                match ports.is_empty() {
                    true => format!("egress: {}", to.visible()),
                    false => format!("egress: {} on {}", to.visible(), ports.join(", ")),
                }
            }
            Self::Model { name, digest: Some(digest) } => {
                format!("model: {}@{}", name.visible(), digest.visible())
            }
            Self::Model { name, digest: None } => format!("model: {}", name.visible()),
            Self::Handoff { target } => format!("handoff: {}", target.visible()),
            Self::Exactly { capability } => capability.visible(),
        }
    }
}

impl Globs {
    pub fn only(any_of: impl IntoIterator<Item = Text>) -> Self {
        Self { any_of: any_of.into_iter().collect(), none_of: Vec::new() }
    }

    pub fn all_except(none_of: impl IntoIterator<Item = Text>) -> Self {
        Self { any_of: vec![Text::from("*")], none_of: none_of.into_iter().collect() }
    }

    fn contain<D: Dialect>(&self, text: &Text) -> bool {
        let falls = |pattern: &Text| D::matches(pattern.raw(), text.raw());
        self.any_of.iter().any(falls) && !self.none_of.iter().any(falls)
    }

    fn visible(&self) -> String {
        let list = |globs: &[Text]| globs.iter().map(Text::visible).collect::<Vec<_>>().join(", ");
        match self.none_of.is_empty() {
            true => list(&self.any_of),
            false => format!("{} except {}", list(&self.any_of), list(&self.none_of)),
        }
    }
}

impl Destination {
    fn contains(&self, host: &Text) -> bool {
        match self {
            Self::Anywhere => true,
            Self::Block { cidr, except } => match host.raw().parse::<std::net::IpAddr>() {
                Ok(address) => {
                    cidr.contains(&address) && !except.iter().any(|hole| hole.contains(&address))
                }
                // A whole block inside this one is contained; a name is never known to be.
                Err(_) => host.raw().parse::<IpNet>().is_ok_and(|block| cidr.contains(&block)),
            },
            Self::Pods { namespaces, .. } => match host.raw().split_once('/') {
                Some((namespace, pod)) if !pod.starts_with(|c: char| c.is_ascii_digit()) => {
                    namespaces.is_empty() || namespaces.iter().any(|only| *only == namespace)
                }
                _ => false,
            },
            Self::Workloads { names } => {
                names.iter().any(|name| WorkloadName::matches(name.raw(), host.raw()))
            }
            Self::Hosts { names } => {
                names.iter().any(|name| DomainName::matches(name.raw(), host.raw()))
            }
            Self::CiliumNames { names } => {
                names.iter().any(|name| CiliumName::matches(name.raw(), host.raw()))
            }
        }
    }

    fn visible(&self) -> String {
        match self {
            Self::Anywhere => "anywhere".to_owned(),
            Self::Block { cidr, except } if except.is_empty() => cidr.to_string(),
            Self::Block { cidr, except } => {
                let holes: Vec<String> = except.iter().map(ToString::to_string).collect();
                format!("{cidr} except {}", holes.join(", "))
            }
            Self::Pods { namespaces, selector } => {
                let names: Vec<_> = namespaces.iter().map(Text::visible).collect();
                let place = match names.is_empty() {
                    true => "every namespace".to_owned(),
                    false => names.join(", "),
                };
                match selector.is_empty() {
                    true => format!("pods of {place}"),
                    false => format!("pods {} of {place}", selector.visible()),
                }
            }
            Self::Workloads { names } | Self::Hosts { names } | Self::CiliumNames { names } => {
                names.iter().map(Text::visible).collect::<Vec<_>>().join(", ")
            }
        }
    }
}

impl PortRange {
    /// For people, escaped.
    pub fn visible(&self) -> String {
        match self.first == self.last {
            true => format!("{}/{}", self.first, self.protocol.visible()),
            false => format!("{}-{}/{}", self.first, self.last, self.protocol.visible()),
        }
    }
}

fn ports_contain(ports: &[PortRange], port: Option<u16>, protocol: &Text) -> bool {
    ports.is_empty()
        || port.is_some_and(|port| {
            ports.iter().any(|range| {
                range.protocol.raw().eq_ignore_ascii_case(protocol.raw())
                    && (range.first..=range.last).contains(&port)
            })
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kubernetes(
        verb: &str,
        group: &str,
        resource: &str,
        place: Option<&str>,
        name: Option<&str>,
    ) -> Pattern {
        Pattern::Kubernetes {
            verb: verb.into(),
            group: group.into(),
            resource: resource.into(),
            namespace: place.map(Text::from),
            name: name.map(Text::from),
        }
    }

    fn used(verb: &str, resource: &str, namespace: Option<&str>, name: Option<&str>) -> Capability {
        Capability::Kubernetes {
            verb: verb.into(),
            group: "".into(),
            resource: resource.into(),
            namespace: namespace.map(Text::from),
            name: name.map(Text::from),
        }
    }

    #[test]
    fn a_path_is_meant_with_what_lies_beneath_it() {
        for (path, write, used, writes, permitted) in [
            ("/srv", false, "/srv", false, true),
            ("/srv/", false, "/srv/a/b", false, true),
            ("/srv", false, "/srv/a", true, false),
            ("/srv", true, "/srv/a", true, true),
            ("/srv", true, "/srv/a", false, true),
            ("/srv", true, "/srvx", false, false),
            ("/", true, "/etc/passwd", true, true),
            ("/home/*/.ssh", false, "/home/ann/.ssh/id", false, true),
            ("/home/*/.ssh", false, "/home/a/b/.ssh/id", false, false),
        ] {
            let pattern = Pattern::File { path: path.into(), write };
            let used = Capability::File { path: used.into(), write: writes };
            assert_eq!(
                pattern.permits(&used),
                permitted,
                "{} {}",
                pattern.visible(),
                used.visible()
            );
        }
    }

    #[test]
    fn kubernetes_patterns_follow_the_rbac_authorizer() {
        let get = used("get", "secrets", Some("a"), Some("db"));
        let list = used("list", "secrets", Some("a"), None);
        let log = used("get", "pods/log", Some("a"), Some("p"));
        for (pattern, capability, permitted) in [
            (kubernetes("get", "", "secrets", Some("a"), None), &get, true),
            (kubernetes("get", "", "secrets", Some("b"), None), &get, false),
            (kubernetes("get", "", "secrets", None, None), &get, true),
            (kubernetes("*", "*", "*", None, None), &log, true),
            (kubernetes("get", "", "pods", None, None), &log, false),
            (kubernetes("get", "", "*/log", None, None), &log, true),
            (kubernetes("get", "", "pods/*", None, None), &log, false),
            (kubernetes("list", "", "secrets", None, Some("db")), &list, false),
            (kubernetes("get", "", "secrets", None, Some("db")), &get, true),
            (kubernetes("get", "apps", "secrets", None, None), &get, false),
        ] {
            assert_eq!(pattern.permits(capability), permitted, "{pattern:?} {capability:?}");
        }
    }

    #[test]
    fn blocks_contain_addresses_but_not_names() {
        let pattern = Pattern::Egress {
            to: Destination::Block {
                cidr: "10.0.0.0/8".parse().expect("a literal block"),
                except: vec!["10.9.0.0/16".parse().expect("a literal block")],
            },
            ports: vec![PortRange { protocol: "TCP".into(), first: 443, last: 443 }],
        };
        let to = |host: &str, port| Capability::Egress {
            host: host.into(),
            port: Some(port),
            protocol: "tcp".into(),
        };
        assert!(pattern.permits(&to("10.1.2.3", 443)));
        assert!(!pattern.permits(&to("10.9.2.3", 443)));
        assert!(!pattern.permits(&to("10.1.2.3", 80)));
        assert!(!pattern.permits(&to("api.example.com", 443)));
    }
}
