//! Answers about effective scope: routes of authority, who holds a capability, what changed.

use serde::Serialize;

use super::pattern::PortRange;
use super::{AgentKey, Attachment, Hop, ObjectRef, Permitted, Place, Plane, Route, Text};

/// How an object on a route is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, strum::Display)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum ObjectState {
    /// It was read.
    Loaded,
    /// It was read after the instant that is asked for, and is assumed to have stood then.
    Assumed,
    /// It is there by the rules of its platform: an implicit group, a default.
    Implied,
    /// Another object names it and it was not loaded, so that what it gives is not known.
    Missing,
}

/// One way from a holder to a permission.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AuthorityRoute {
    pub steps: Vec<RouteStep>,
    /// What is permitted at its end, in words.
    pub permits: String,
    pub permitted: Permitted,
    /// It takes an act first: a pod to create, a secret to read.
    pub derived: bool,
}

/// One object of a route.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RouteStep {
    pub object: ObjectRef,
    pub attachment: Attachment,
    /// Why the object before it leads to it.
    pub rule: &'static str,
    /// The objects that make the step possible, where the two ends do not say it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub through: Vec<ObjectRef>,
    pub state: ObjectState,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
}

/// All routes of one holder to one capability.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Explanation {
    /// What is held goes before what takes an act, shorter routes before longer ones.
    pub routes: Vec<AuthorityRoute>,
    /// There are more routes than are listed.
    pub more: bool,
    /// Routes whose permission matches and which do not lead to it, shorter ones first: why not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub denied: Vec<DeniedRoute>,
    /// Objects that are named and were not loaded: what they give is not known.
    pub missing: Vec<ObjectRef>,
}

/// A route that would lead to a capability, and what takes it away.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DeniedRoute {
    pub route: AuthorityRoute,
    /// Each of them is enough.
    pub by: Vec<Denial>,
}

/// An object that takes a capability away from a route.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Denial {
    pub by: ObjectRef,
    /// `denies it`, `does not permit it`, `gives it in one namespace only`.
    pub rule: &'static str,
    /// Where the object was read; absent when it is implied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
}

/// One who holds a capability.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Holding {
    pub realm: Text,
    pub holder: ObjectRef,
    /// Set when the holder is an agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<AgentKey>,
    /// A shortest route.
    pub route: AuthorityRoute,
}

/// A statement of trust that lets in more than one would think.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LooseTrust {
    pub realm: Text,
    /// What others may become by it: a role, a service account, an application.
    pub role: ObjectRef,
    pub place: Place,
    /// In which way it is loose, in words.
    pub flaw: &'static str,
    /// Position of the statement or binding in its policy, from one.
    pub statement: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sid: Option<Text>,
    /// The principal, or the value of a condition, that is too wide.
    pub evidence: Text,
}

/// What network policies make of one connection.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ConnectionAnswer {
    /// The cluster.
    pub realm: Text,
    /// `accepted`, `denied` or `undecided`.
    pub verdict: &'static str,
    pub words: Vec<ConnectionWord>,
}

/// The word of one policy, or of none, at one end of a connection.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ConnectionWord {
    /// `egress` or `ingress`.
    pub at: &'static str,
    /// `accept`, `deny` or `pass`.
    pub says: &'static str,
    /// The policy; absent for a default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<ObjectRef>,
    /// The rule, or why there is none. Escaped.
    pub because: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub depends_on: Option<Text>,
}

/// Two controls that say different things of one way. Both must let traffic pass, so that the stricter
/// one holds as long as it is there, and nothing does without it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Disagreement {
    pub from: AgentKey,
    pub to: AgentKey,
    /// On these ports; none at all means every port.
    pub ports: Vec<PortRange>,
    /// Only this stands in the way.
    pub denied_by: Control,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, strum::Display)]
#[serde(rename_all = "kebab-case")]
pub enum Control {
    #[strum(serialize = "the mesh")]
    Mesh,
    #[strum(serialize = "network policies")]
    NetworkPolicies,
}

/// Grants of one agent that came or went by the same route.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ScopeChange {
    pub agent: AgentKey,
    pub plane: Plane,
    pub direction: ScopeDirection,
    /// What changed on the route: the objects that are new, gone or otherwise than before. Where all
    /// of them are as before (an object elsewhere takes less away), the granting object.
    pub by: Vec<ObjectRef>,
    /// What came or went, in words.
    pub patterns: Vec<String>,
    pub route: String,
    pub inherited: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, strum::Display)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum ScopeDirection {
    Widened,
    /// Nothing more is permitted, but it is given by one more route, which outlives the others.
    RouteAdded,
    Narrowed,
    /// What this route gave is still given by another.
    RouteRemoved,
}

impl DeniedRoute {
    /// The route, and what takes it away, escaped.
    pub fn visible(&self) -> String {
        let by = self.by.iter().map(|denial| format!("{} {}", denial.by.visible(), denial.rule));
        format!("{}: {}", self.route.visible(), by.collect::<Vec<_>>().join(", "))
    }
}

impl AuthorityRoute {
    /// Every hop is attached to the holder itself.
    pub fn is_immediate(&self) -> bool {
        self.steps.iter().all(|step| step.attachment == Attachment::Own) && !self.derived
    }

    /// `immediate`, `inherited` or `derived`.
    pub fn how(&self) -> &'static str {
        match (self.derived, self.is_immediate()) {
            (true, _) => "derived",
            (false, true) => "immediate",
            (false, false) => "inherited",
        }
    }

    /// As in a [`Route`], escaped.
    pub fn visible(&self) -> String {
        let hops = self.steps.iter().map(|step| Hop {
            object: step.object.clone(),
            attachment: step.attachment.clone(),
            place: None,
        });
        Route { hops: hops.collect() }.visible()
    }
}
