//! Grants and the routes that produce them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{AgentKey, Pattern, Place, Plane, Text};

/// A capability pattern that the configured side permits to an agent, by one route.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Grant {
    pub holder: AgentKey,
    pub pattern: Pattern,
    /// The plane of the pattern; catalogs and tools share a pattern kind but not a plane.
    pub plane: Plane,
    pub route: Route,
    /// Declared but not enforced: exercising outside it is a breach, not a gap.
    pub enforced: bool,
    /// A platform default (`system:discovery` and its like): listed, never a finding.
    pub platform_default: bool,
    /// When the granting object was made, by whom, under which policy, where the source says so.
    pub since: Option<Timestamp>,
    pub granted_by: Option<Text>,
    pub policy: Option<Text>,
}

/// The ordered list of objects that produce a grant, from the agent outwards.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Route {
    pub hops: Vec<Hop>,
}

/// One object on a route and how the route reaches it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Hop {
    pub object: ObjectRef,
    pub attachment: Attachment,
    /// Where the object was read; absent when it is implied (an implicit group, default allow).
    pub place: Option<Place>,
}

/// How an object is attached to the one before it (design §3.1).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "kebab-case")]
pub enum Attachment {
    /// Names the agent, its service account or its own file.
    #[strum(serialize = "own")]
    Own,
    #[strum(serialize = "group")]
    Group,
    #[strum(serialize = "aggregation")]
    Aggregation,
    #[strum(serialize = "empty selector")]
    EmptySelector,
    #[strum(serialize = "another namespace")]
    OtherNamespace,
    #[strum(serialize = "cluster-wide policy")]
    ClusterWide,
    #[strum(serialize = "node")]
    Node,
    #[strum(serialize = "parent agent")]
    ParentAgent,
    #[strum(serialize = "runtime catalog")]
    RuntimeCatalog,
    #[strum(serialize = "federation")]
    Federation,
    #[strum(serialize = "role chain")]
    RoleChain,
    #[strum(serialize = "default allow")]
    DefaultAllow,
}

impl Route {
    /// A grant is immediate when every hop is attached to the agent itself.
    pub fn is_immediate(&self) -> bool {
        self.hops.iter().all(|hop| hop.attachment == Attachment::Own)
    }

    /// The object that grants: the last one that a person can edit, which is the anchor of findings
    /// on this grant. For RBAC it is the binding, whose role follows it.
    pub fn granting(&self) -> Option<&Hop> {
        self.hops.iter().find(|hop| hop.object.kind.raw().ends_with("Binding")).or(self.hops.last())
    }

    /// The first hop that is not attached to the agent itself: the upstream object of a Gap 2.
    pub fn upstream(&self) -> Option<&Hop> {
        self.hops.iter().find(|hop| hop.attachment != Attachment::Own)
    }

    /// `ServiceAccount agents/billing → RoleBinding agents/readers (group) → …`, escaped.
    pub fn visible(&self) -> String {
        let hops: Vec<String> = self
            .hops
            .iter()
            .map(|hop| match hop.attachment {
                Attachment::Own => hop.object.visible(),
                _ => format!("{} ({})", hop.object.visible(), hop.attachment),
            })
            .collect();
        hops.join(" → ")
    }
}

/// A configured object by name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ObjectRef {
    /// `ServiceAccount`, `ClusterRoleBinding`, `MCP client configuration`, …
    pub kind: Text,
    /// Empty for cluster-scoped objects and files.
    pub namespace: Text,
    pub name: Text,
}

impl ObjectRef {
    pub fn new(kind: impl Into<Text>, namespace: impl Into<Text>, name: impl Into<Text>) -> Self {
        Self { kind: kind.into(), namespace: namespace.into(), name: name.into() }
    }

    /// `Kind namespace/name`, escaped.
    pub fn visible(&self) -> String {
        match self.namespace.is_empty() {
            true => format!("{} {}", self.kind.visible(), self.name.visible()),
            false => format!(
                "{} {}/{}",
                self.kind.visible(),
                self.namespace.visible(),
                self.name.visible()
            ),
        }
    }
}

/// The three states of a grant.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, strum::Display,
)]
#[serde(rename_all = "kebab-case")]
pub enum GrantState {
    #[strum(serialize = "exercised")]
    Exercised,
    #[strum(serialize = "observed unused")]
    ObservedUnused,
    #[strum(serialize = "unobservable")]
    Unobservable,
}
