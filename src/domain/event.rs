//! The event: one normalised operational record.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{AgentKey, Capability, Digest, Place, Text};

/// The identity of an event: 16 bytes of BLAKE3 over its source's natural key, so that the same
/// record read twice, or from two files, is the same event.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId([u8; 16]);

impl EventId {
    /// `source` is the format's name, `key` whatever identifies the record in that format.
    pub fn of(source: &str, key: &[&str]) -> Self {
        let mut hasher = blake3::Hasher::new();
        for part in std::iter::once(&source).chain(key) {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        let mut bytes = [0; 16];
        hasher.finalize_xof().fill(&mut bytes);
        Self(bytes)
    }

    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::str::FromStr for EventId {
    type Err = super::digest::NotADigest;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = u128::from_str_radix(text, 16).map_err(|_| super::digest::NotADigest)?;
        match text.len() {
            32 => Ok(Self(number.to_be_bytes())),
            _ => Err(super::digest::NotADigest),
        }
    }
}

impl Serialize for EventId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for EventId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// What kind of thing happened.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumIter,
    strum::EnumString,
    strum::FromRepr,
    strum::IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[repr(u8)]
pub enum EventKind {
    Prompt,
    ModelCall,
    ToolCall,
    ToolResult,
    AgentInvoke,
    Handoff,
    K8sApi,
    CloudApi,
    Exec,
    File,
    Egress,
    Ingress,
    Syscall,
    ModelLoad,
    Import,
    Catalog,
    IdentityHop,
    PolicyDecision,
    Guardrail,
    Alert,
    /// A span or log line that fits none of the above; kept for the tree and for search.
    Other,
}

/// What the act did to its target.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumString,
    strum::FromRepr,
    strum::IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[repr(u8)]
pub enum Effect {
    Read,
    Modify,
    Trigger,
    Send,
}

/// The authorisation decision, when one was recorded (requirement S3.13). Absent means *decision
/// unknown*, never allow.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Decision {
    Allow,
    Restrict,
    Challenge,
    Deny,
    Monitor,
}

/// What came of the act, whatever had been decided.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumString,
    strum::FromRepr,
    strum::IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[repr(u8)]
pub enum Outcome {
    Success,
    Failure,
}

/// One normalised operational record (design §4). Missing evidence is `None`, never a default.
///
/// The capability an event exercises is spelled by `kind`, `action`, `target` and `target_kind`:
///
/// | kind | action | target | target_kind |
/// |---|---|---|---|
/// | `k8s_api` | verb | `namespace/name`, parts may be empty | `resource[.group]`, `pods/exec`; or `nonresource` with the path in `target` |
/// | `tool_call` | tool name | MCP server, if known | `tool` |
/// | `catalog` | tool name; none for a statement on the server itself | server | digest of the definition or statement |
/// | `egress` | `connect` | `host:port/protocol` or `host/protocol` | `host` |
/// | `file` | `read` or `write` | path | `file` |
/// | `exec` | `exec` | path | `process` |
/// | `syscall` | name | | `syscall` or `linux-capability` |
/// | `model_call`, `model_load` | operation | model | digest, if known |
/// | `handoff` | `handoff` | target agent | `agent` |
/// | `import` | `import` | package URL | `artifact` |
/// | `cloud_api` | `service:Action`, or the permission as the cloud's policies spell it | resource name, or ARNs with a space between | resource type |
///
/// An `identity_hop` exercises nothing: its action is the call that gave the identity out, its target
/// the identity or the audience, and `params` say by what it is joined to the next link
/// (`issuedCredentialId` is the `credential_id` of later events).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    pub id: EventId,
    pub time: Timestamp,
    /// The format it was read from (`k8s-audit`, `otlp`, `kubescape`, `mcp`).
    pub source: Text,
    /// What wrote the record (`kube-apiserver`, an SDK, a sensor).
    pub recorder: Option<Text>,
    pub tenant: Option<Text>,
    pub environment: Option<Text>,
    pub account: Option<Text>,
    pub kind: EventKind,
    pub agent: Option<AgentKey>,
    /// Pod, session host or process.
    pub instance: Option<Text>,
    /// The authenticated identity, in its source's spelling.
    pub principal: Option<Text>,
    pub credential_id: Option<Text>,
    pub passport_id: Option<Text>,
    pub on_behalf_of: Option<Text>,
    pub model: Option<Text>,
    pub session: Option<Text>,
    pub trace_id: Option<Text>,
    pub span_id: Option<Text>,
    pub parent_span_id: Option<Text>,
    pub call_id: Option<Text>,
    pub action: Option<Text>,
    pub target: Option<Text>,
    pub target_kind: Option<Text>,
    pub effect: Option<Effect>,
    /// Enforced before the act (`true`) or reconstructed after it (`false`).
    pub inline: Option<bool>,
    pub requested: Option<Text>,
    pub decision: Option<Decision>,
    pub justification: Option<Text>,
    pub outcome: Option<Outcome>,
    pub error: Option<Text>,
    pub bytes: Option<u64>,
    pub tokens_in: Option<u64>,
    pub tokens_out: Option<u64>,
    /// Millionths of a US dollar, where the record states a cost.
    pub cost: Option<u64>,
    /// Nanoseconds.
    pub duration: Option<i64>,
    /// Structured parameters as JSON text.
    pub params: Option<Text>,
    pub output_digest: Option<Digest>,
    pub evidence: Place,
}

impl Event {
    /// An event with nothing known but what every record has.
    pub fn new(
        id: EventId,
        time: Timestamp,
        source: &Text,
        kind: EventKind,
        evidence: Place,
    ) -> Self {
        Self {
            id,
            time,
            source: source.clone(),
            kind,
            evidence,
            recorder: None,
            tenant: None,
            environment: None,
            account: None,
            agent: None,
            instance: None,
            principal: None,
            credential_id: None,
            passport_id: None,
            on_behalf_of: None,
            model: None,
            session: None,
            trace_id: None,
            span_id: None,
            parent_span_id: None,
            call_id: None,
            action: None,
            target: None,
            target_kind: None,
            effect: None,
            inline: None,
            requested: None,
            decision: None,
            justification: None,
            outcome: None,
            error: None,
            bytes: None,
            tokens_in: None,
            tokens_out: None,
            cost: None,
            duration: None,
            params: None,
            output_digest: None,
        }
    }

    /// The capability this event exercises or attempts; `None` for kinds that exercise nothing.
    pub fn capability(&self) -> Option<Capability> {
        let action = self.action.clone();
        let target = self.target.clone();
        match self.kind {
            EventKind::K8sApi => {
                let (verb, target_kind) = (action?, self.target_kind.clone()?);
                if target_kind == "nonresource" {
                    return Some(Capability::NonResource { verb, path: target? });
                }
                let (resource, subresource) = match target_kind.raw().split_once('/') {
                    Some((resource, subresource)) => (resource, Some(subresource)),
                    None => (target_kind.raw(), None),
                };
                let (resource, group) = resource.split_once('.').unwrap_or((resource, ""));
                let target = target.unwrap_or_default();
                let (namespace, name) = target.raw().split_once('/').unwrap_or(("", target.raw()));
                let part = |part: &str| (!part.is_empty()).then(|| Text::from(part));
                Some(Capability::Kubernetes {
                    verb,
                    group: group.into(),
                    resource: match subresource {
                        Some(subresource) => format!("{resource}/{subresource}").into(),
                        None => resource.into(),
                    },
                    namespace: part(namespace),
                    name: part(name),
                })
            }
            EventKind::CloudApi => {
                Some(Capability::Cloud { action: action?, resource: target.unwrap_or_default() })
            }
            EventKind::ToolCall => Some(Capability::Tool { server: target, name: action? }),
            EventKind::Catalog => Some(Capability::McpTool {
                server: target?,
                name: action?,
                digest: self.target_kind.clone()?,
            }),
            EventKind::Egress => {
                let target = target?;
                let (address, protocol) = match target.raw().rsplit_once('/') {
                    Some((address, protocol)) => (address, protocol),
                    None => (target.raw(), "tcp"),
                };
                let (host, port) = match address.rsplit_once(':') {
                    // An IPv6 address without a port has further colons and no brackets.
                    Some((host, port)) if !host.contains(':') || host.ends_with(']') => {
                        match port.parse() {
                            Ok(port) => (host, Some(port)),
                            Err(_) => (address, None),
                        }
                    }
                    _ => (address, None),
                };
                let host = host.trim_start_matches('[').trim_end_matches(']');
                Some(Capability::Egress { host: host.into(), port, protocol: protocol.into() })
            }
            EventKind::File => Some(Capability::File {
                path: target?,
                write: action.is_some_and(|a| a == "write"),
            }),
            EventKind::Exec => Some(Capability::Exec { path: target? }),
            EventKind::Syscall => match self.target_kind.as_ref().map(Text::raw) {
                Some("linux-capability") => Some(Capability::LinuxCapability { name: action? }),
                _ => Some(Capability::Syscall { name: action? }),
            },
            EventKind::ModelCall | EventKind::ModelLoad => Some(Capability::Model {
                name: target.or_else(|| self.model.clone())?,
                digest: self.target_kind.clone(),
            }),
            EventKind::Handoff => Some(Capability::Handoff { target: target? }),
            EventKind::Import => Some(Capability::Artifact { purl: target? }),
            _ => None,
        }
    }

    /// Whether an enforcement point recorded that it decided for the act.
    pub fn is_decided_for(&self) -> bool {
        self.decision.is_some_and(|decision| decision != Decision::Deny)
    }

    /// Whether the record shows a use with authorisation allowed, a refusal, or neither.
    pub fn authorisation(&self) -> Authorisation {
        match (self.decision, self.outcome) {
            (Some(Decision::Deny), _) => Authorisation::Refused,
            (Some(_), _) => Authorisation::Allowed,
            // Success implies that it was allowed; a failure without a decision proves nothing.
            (None, Some(Outcome::Success)) => Authorisation::Allowed,
            (None, _) => Authorisation::Undecided,
        }
    }
}

/// What a record says about whether the act was allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authorisation {
    Allowed,
    Refused,
    Undecided,
}
