//! The order in which a person should look: a sum of named terms, each shown.

use crate::domain::{Agent, Capability, CapabilityLine, Pattern, Priority, Reading};

/// What the priority of a finding is computed from.
pub struct Basis<'a> {
    pub reading: &'a Reading,
    pub agent: Option<&'a Agent>,
    /// The most dangerous thing under the finding.
    pub danger: Option<Danger>,
    /// Reaches beyond one namespace or one server.
    pub wide: bool,
    pub capabilities: &'a [CapabilityLine],
    /// Days between the last observation and the end of the window.
    pub age_days: Option<i64>,
}

/// Capabilities from which further ones follow (formats.md §3.2, the dangerous latent set).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Danger {
    /// Reads secrets or reaches into running pods.
    Secrets,
    /// Can give itself or others more.
    Escalation,
}

/// The terms and their points; they add up to the score, at most 100.
pub fn priority(basis: &Basis<'_>) -> Priority {
    let mut terms = Vec::new();
    let mut term = |name: &str, points: u32| {
        if points > 0 {
            terms.push((name.to_owned(), points));
        }
    };
    term("reading", reading_points(basis.reading));
    match basis.danger {
        Some(Danger::Escalation) => term("can widen its own access", 25),
        Some(Danger::Secrets) => term("reaches secrets or running pods", 20),
        None => {}
    }
    if basis.wide {
        term("reaches beyond one namespace", 10);
    }
    match basis.agent {
        Some(agent) if !agent.registered => term("agent is not registered", 10),
        Some(agent) if agent.owner.is_none() => term("agent has no owner", 5),
        _ => {}
    }
    term("breadth", basis.capabilities.len().min(10) as u32);
    if basis.age_days.is_some_and(|days| days <= 7) {
        term("within the last week", 5);
    }
    Priority { score: terms.iter().map(|(_, points)| points).sum::<u32>().min(100), terms }
}

fn reading_points(reading: &Reading) -> u32 {
    match reading {
        Reading::Compound => 50,
        Reading::Breach => 40,
        Reading::Anomaly { missing: None } => 40,
        Reading::Anomaly { missing: Some(_) } => 32,
        Reading::HiddenScope { .. } => 30,
        Reading::Latent => 15,
        Reading::CantTell { .. } => 5,
    }
}

/// How dangerous a granted pattern is.
pub fn danger_of_pattern(pattern: &Pattern) -> Option<Danger> {
    match pattern {
        Pattern::Kubernetes { verb, resource, .. } => danger(verb.raw(), resource.raw()),
        Pattern::Exactly { capability } => danger_of(capability),
        _ => None,
    }
}

/// How dangerous an exercised capability is.
pub fn danger_of(capability: &Capability) -> Option<Danger> {
    match capability {
        Capability::Kubernetes { verb, resource, .. } => danger(verb.raw(), resource.raw()),
        _ => None,
    }
}

fn danger(verb: &str, resource: &str) -> Option<Danger> {
    let writes = matches!(verb, "create" | "update" | "patch" | "*");
    let reads = matches!(verb, "get" | "list" | "watch" | "*");
    match (verb, resource) {
        ("escalate" | "bind" | "impersonate", _) => Some(Danger::Escalation),
        ("*", "*") => Some(Danger::Escalation),
        (
            _,
            "serviceaccounts/token"
            | "roles"
            | "clusterroles"
            | "rolebindings"
            | "clusterrolebindings"
            | "mutatingwebhookconfigurations"
            | "validatingwebhookconfigurations"
            | "certificatesigningrequests/approval"
            | "nodes/proxy",
        ) if writes || resource == "nodes/proxy" => Some(Danger::Escalation),
        (_, "pods" | "deployments" | "daemonsets" | "statefulsets" | "jobs" | "cronjobs")
            if writes =>
        {
            Some(Danger::Escalation)
        }
        (_, "secrets") if reads => Some(Danger::Secrets),
        (_, "pods/exec" | "pods/attach" | "pods/portforward" | "pods/ephemeralcontainers") => {
            Some(Danger::Secrets)
        }
        (_, "*") if reads => Some(Danger::Secrets),
        _ => None,
    }
}
