//! Grants and the routes that produce them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{AgentKey, Capability, Pattern, Place, Plane, Text};

/// A capability pattern that the configured side permits to an agent, by one route.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Grant {
    pub holder: AgentKey,
    pub pattern: Pattern,
    /// The plane of the pattern; catalogs and tools share a pattern kind but not a plane.
    pub plane: Plane,
    pub route: Route,
    /// What narrows the pattern.
    #[serde(default, skip_serializing_if = "Bounds::is_empty")]
    pub bounds: Bounds,
    /// Declared but not enforced: exercising outside it is a breach, not a gap.
    pub enforced: bool,
    /// A platform default (`system:discovery` and its like): listed, never a finding.
    pub platform_default: bool,
    /// When the granting object was made, by whom, under which policy, where the source says so.
    pub since: Option<Timestamp>,
    pub granted_by: Option<Text>,
    pub policy: Option<Text>,
}

impl Grant {
    /// Whether the grant permits a capability, as far as configuration alone decides it.
    pub fn permits(&self, capability: &Capability) -> Permitted {
        match self.pattern.permits(capability) {
            true => self.bounds.admit(capability),
            false => Permitted::No,
        }
    }
}

/// What narrows a grant beyond its pattern.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bounds {
    /// Each of these must permit as well: permission boundaries, service control policies, gateways,
    /// the scope of a delegation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub within: Vec<Layer>,
    /// What explicit denials take away.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub except: Vec<Layer>,
    /// What the configuration alone does not decide, in words (`aws:SourceIp is in 10.0.0.0/8`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<Text>,
}

/// An object that narrows, and the clauses by which it does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layer {
    pub by: ObjectRef,
    /// Where it was read; absent when it is implied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    pub clauses: Vec<Clause>,
}

/// A pattern, and on what it depends whether it applies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clause {
    pub pattern: Pattern,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<Text>,
}

/// An answer in three values: configuration does not decide everything.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Permitted {
    No,
    /// Only if these hold.
    Depends(Vec<Text>),
    Yes,
}

impl Permitted {
    /// Whether it may be permitted.
    pub fn is_possible(&self) -> bool {
        *self != Self::No
    }

    /// Both must permit.
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Yes, other) | (other, Self::Yes) => other,
            (Self::Depends(mut one), Self::Depends(other)) => {
                one.extend(other);
                one.sort_unstable();
                one.dedup();
                Self::Depends(one)
            }
        }
    }

    /// What is left where this is what a denial takes away.
    fn opposite(self) -> Self {
        match self {
            Self::No => Self::Yes,
            Self::Yes => Self::No,
            Self::Depends(on) => Self::Depends(on.iter().map(opposite).collect()),
        }
    }
}

/// A condition turned into its opposite, in words.
pub fn opposite(condition: &Text) -> Text {
    const NOT: &str = "not: ";
    match condition.raw().strip_prefix(NOT) {
        Some(condition) => condition.into(),
        None => format!("{NOT}{}", condition.raw()).into(),
    }
}

impl Bounds {
    pub fn is_empty(&self) -> bool {
        self.within.is_empty() && self.except.is_empty() && self.depends_on.is_empty()
    }

    /// Narrowed by other bounds as well.
    pub fn extend(&mut self, other: &Self) {
        self.within.extend_from_slice(&other.within);
        self.except.extend_from_slice(&other.except);
        self.depends_on.extend_from_slice(&other.depends_on);
    }

    /// What these bounds leave of a capability that the pattern permits.
    pub fn admit(&self, capability: &Capability) -> Permitted {
        let own = match self.depends_on.is_empty() {
            true => Permitted::Yes,
            false => Permitted::Depends(self.depends_on.clone()),
        };
        let within = self.within.iter().map(|layer| layer.permits(capability));
        let except = self.except.iter().map(|layer| layer.permits(capability).opposite());
        within.chain(except).fold(own, Permitted::and)
    }

    /// The layers that take a capability away for certain, each with how.
    pub fn refusals(
        &self,
        capability: &Capability,
    ) -> impl Iterator<Item = (&Layer, &'static str)> {
        let refuses = |layer: &&Layer| layer.permits(capability) == Permitted::No;
        let denies = |layer: &&Layer| layer.permits(capability) == Permitted::Yes;
        let within = self.within.iter().filter(refuses).map(|layer| (layer, "does not permit it"));
        let except = self.except.iter().filter(denies).map(|layer| (layer, "denies it"));
        within.chain(except)
    }
}

impl Layer {
    /// The best answer among the clauses that the capability falls under.
    fn permits(&self, capability: &Capability) -> Permitted {
        let clauses = self.clauses.iter().filter(|clause| clause.pattern.permits(capability));
        let answers = clauses.map(|clause| match clause.depends_on.is_empty() {
            true => Permitted::Yes,
            false => Permitted::Depends(clause.depends_on.clone()),
        });
        answers.max().unwrap_or(Permitted::No)
    }
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
    /// A folder, organization or management group above the resource.
    #[strum(serialize = "parent scope")]
    ParentScope,
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
        self.hops.iter().find(|hop| hop.object.is_binding()).or(self.hops.last())
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

    /// Whether it ties a subject to a role, and so is what a person edits to take the role away.
    pub fn is_binding(&self) -> bool {
        let kind = self.kind.raw();
        kind.ends_with("Binding") || kind == "Microsoft.Authorization/roleAssignments"
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

#[cfg(test)]
mod tests {
    use super::*;

    fn tool(name: &str) -> Pattern {
        Pattern::Tool { server: None, name: name.into() }
    }

    fn layer(clauses: &[(&str, &[&str])]) -> Layer {
        let clause = |(name, depends_on): &(&str, &[&str])| Clause {
            pattern: tool(name),
            depends_on: depends_on.iter().map(|on| Text::from(*on)).collect(),
        };
        Layer {
            by: ObjectRef::new("policy", "", "p"),
            place: None,
            clauses: clauses.iter().map(clause).collect(),
        }
    }

    fn depends(on: &str) -> Permitted {
        Permitted::Depends(vec![on.into()])
    }

    #[test]
    fn every_layer_must_permit_and_none_deny() {
        use Permitted::{No, Yes};
        for (within, except, expected) in [
            (vec![], vec![], Yes),
            (vec![layer(&[("crm.*", &[])])], vec![], Yes),
            (vec![layer(&[("crm.*", &[])]), layer(&[("mail", &[])])], vec![], No),
            (vec![layer(&[("crm.*", &["mfa"])])], vec![], depends("mfa")),
            (vec![layer(&[("crm.*", &["mfa"]), ("*", &[])])], vec![], Yes),
            (vec![], vec![layer(&[("crm.export", &[])])], No),
            (vec![], vec![layer(&[("crm.export", &["night"])])], depends("not: night")),
            (vec![], vec![layer(&[("crm.export", &["not: day"])])], depends("day")),
            (vec![], vec![layer(&[("mail", &[])])], Yes),
        ] {
            let bounds = Bounds { within, except, depends_on: Vec::new() };
            let used = Capability::Tool { server: None, name: "crm.export".into() };
            assert_eq!(bounds.admit(&used), expected, "{bounds:?}");
        }
    }
}
