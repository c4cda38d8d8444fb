//! Capabilities: one thing that can be done, in a vocabulary shared by both panels.

mod parse;

pub use parse::{NotACapability, SPELLINGS};
use serde::{Deserialize, Serialize};

use super::{Plane, Text};

/// One concrete thing that was, or can be, done.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Capability {
    /// A Kubernetes API request. `resource` carries its subresource (`pods/exec`), `group` is empty
    /// for the core group, `namespace` is absent for cluster-scoped requests and `name` for requests
    /// that name no object (list, create, watch, deletecollection).
    Kubernetes {
        verb: Text,
        group: Text,
        resource: Text,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        namespace: Option<Text>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<Text>,
    },
    /// A Kubernetes request outside the resource tree (`/metrics`).
    NonResource {
        verb: Text,
        path: Text,
    },
    /// A cloud API action on a resource.
    Cloud {
        action: Text,
        resource: Text,
    },
    /// A tool, with its server when it is known: names are unique only inside one server.
    Tool {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        server: Option<Text>,
        name: Text,
    },
    /// A tool as an MCP server advertises it, with the digest of its definition.
    McpTool {
        server: Text,
        name: Text,
        digest: Text,
    },
    Egress {
        host: Text,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        port: Option<u16>,
        protocol: Text,
    },
    File {
        path: Text,
        write: bool,
    },
    Exec {
        path: Text,
    },
    Syscall {
        name: Text,
    },
    LinuxCapability {
        name: Text,
    },
    Model {
        name: Text,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        digest: Option<Text>,
    },
    Artifact {
        purl: Text,
    },
    Handoff {
        target: Text,
    },
}

impl Capability {
    pub fn plane(&self) -> Plane {
        match self {
            Self::Kubernetes { .. } | Self::NonResource { .. } => Plane::Kubernetes,
            Self::Cloud { .. } => Plane::Cloud,
            Self::Tool { .. } => Plane::Tools,
            Self::McpTool { .. } => Plane::Catalog,
            Self::Egress { .. } => Plane::Network,
            Self::File { .. } => Plane::Files,
            Self::Exec { .. } | Self::Syscall { .. } | Self::LinuxCapability { .. } => {
                Plane::Processes
            }
            Self::Model { .. } => Plane::Models,
            Self::Artifact { .. } => Plane::Artifacts,
            Self::Handoff { .. } => Plane::Delegation,
        }
    }

    /// The family that anchors a finding when no granting object is known: the kind of thing done,
    /// without the particular object (`k8s: get secrets`, `egress: api.x.com`, `tool: crm.export`).
    pub fn family(&self) -> String {
        match self {
            Self::Kubernetes { verb, resource, group, .. } => {
                format!("k8s: {} {}", verb.raw(), qualified(resource, group, Text::raw))
            }
            Self::Egress { host, .. } => format!("egress: {}", host.raw()),
            Self::McpTool { server, .. } => format!("mcp-server: {}", server.raw()),
            Self::File { path, .. } => {
                let folder = path.raw().rsplit_once('/').map_or("", |(folder, _)| folder);
                format!("file: {folder}/")
            }
            Self::Syscall { .. } => "syscall".to_owned(),
            other => other.render(|text| text.raw().into()),
        }
    }

    /// For people, escaped: `k8s: get secrets/billing-db @agents`.
    pub fn visible(&self) -> String {
        self.render(Text::visible)
    }

    fn render<'a>(&'a self, show: impl Fn(&'a Text) -> std::borrow::Cow<'a, str>) -> String {
        match self {
            Self::Kubernetes { verb, group, resource, namespace, name } => {
                let mut shown = format!("k8s: {} ", show(verb));
                shown += &show(resource);
                if !group.is_empty() {
                    shown += &format!(".{}", show(group));
                }
                if let Some(name) = name {
                    shown += &format!("/{}", show(name));
                }
                match namespace {
                    Some(namespace) => shown += &format!(" @{}", show(namespace)),
                    None => shown += " @cluster",
                }
                shown
            }
            Self::NonResource { verb, path } => format!("k8s: {} {}", show(verb), show(path)),
            Self::Cloud { action, resource } => {
                format!("cloud: {} {}", show(action), show(resource))
            }
            Self::Tool { server: Some(server), name } => {
                format!("tool: {}/{}", show(server), show(name))
            }
            Self::Tool { server: None, name } => format!("tool: {}", show(name)),
            Self::McpTool { server, name, digest } => {
                let digest: String = show(digest).chars().take(12).collect();
                format!("mcp-tool: {}/{}@{digest}", show(server), show(name))
            }
            Self::Egress { host, port, protocol } => match port {
                Some(port) => format!("egress: {}:{port}/{}", show(host), show(protocol)),
                None => format!("egress: {}/{}", show(host), show(protocol)),
            },
            Self::File { path, write } => {
                format!("file: {} {}", show(path), if *write { "w" } else { "r" })
            }
            Self::Exec { path } => format!("exec: {}", show(path)),
            Self::Syscall { name } => format!("syscall: {}", show(name)),
            Self::LinuxCapability { name } => format!("linux-capability: {}", show(name)),
            Self::Model { name, digest: Some(digest) } => {
                format!("model: {}@{}", show(name), show(digest))
            }
            Self::Model { name, digest: None } => format!("model: {}", show(name)),
            Self::Artifact { purl } => format!("artifact: {}", show(purl)),
            Self::Handoff { target } => format!("handoff: {}", show(target)),
        }
    }
}

fn qualified<'a>(resource: &'a Text, group: &'a Text, show: fn(&'a Text) -> &'a str) -> String {
    match group.is_empty() {
        true => show(resource).to_owned(),
        false => format!("{}.{}", show(resource), show(group)),
    }
}
