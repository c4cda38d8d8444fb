//! Steps 1, 3 and 4 for every exercise: are the records there, whose is it, by which route.

use std::collections::BTreeMap;

use super::absence::configured;
use super::draft::Draft;
use super::priority::danger_of;
use super::sides::Sides;
use super::steps::{Path, Stage};
use crate::domain::{
    AgentKey, Attachment, BehaviouralVerdict, CantTell, Capability, CapabilityLine, Citation,
    Exercise, GapType, Grant, GrantState, Hop, Plane, ProvisioningVerdict, Reading, Text,
};
use crate::scope::Configuration;
use crate::scope::catalog::is_release_of;
use crate::scope::rbac::{self, RecordedRoute};

/// The planes for which configuration can be loaded. Exercises on the others are signals for the
/// pattern step; calling each of them *no configured record* would say nothing.
const CONFIGURED_PLANES: [Plane; 5] =
    [Plane::Kubernetes, Plane::Network, Plane::Tools, Plane::Models, Plane::Delegation];

/// What steps 1, 3 and 4 say of one exercise.
enum Scope<'a> {
    NoConfiguredRecord,
    Conflict(String),
    /// Only inherited routes; the nearest of them.
    Inherited(&'a Grant, &'a Hop),
    /// No route at all; what would have to be loaded.
    Unresolved(String),
    /// A declared model resolved to another one.
    Substituted(&'a Grant),
    /// An immediate route: no scope finding.
    Immediate,
}

/// The drafts of every exercise that steps 1 to 4 have something to say about.
pub fn drafts(sides: &Sides<'_>) -> Vec<Draft> {
    let mut groups: BTreeMap<(AgentKey, Plane, String, &'static str), Draft> = BTreeMap::new();
    for exercise in &sides.input.observation.exercises {
        let plane = exercise.capability.plane();
        let known = sides.is_of_interest(&exercise.agent) || !exercise.candidates.is_empty();
        if !known || !CONFIGURED_PLANES.contains(&plane) {
            continue;
        }
        let scope = scope(sides, exercise);
        let Some(draft) = draft(sides, exercise, plane, &scope) else { continue };
        let key = (draft.agent.clone(), plane, draft.anchor.clone(), draft.pattern);
        match groups.entry(key) {
            std::collections::btree_map::Entry::Vacant(entry) => {
                entry.insert(draft);
            }
            std::collections::btree_map::Entry::Occupied(mut entry) => {
                merge(entry.get_mut(), draft)
            }
        }
    }
    groups.into_values().collect()
}

fn scope<'a>(sides: &Sides<'a>, exercise: &'a Exercise) -> Scope<'a> {
    let acting = exercise.candidates.first().unwrap_or(&exercise.agent);
    let plane = exercise.capability.plane();
    let configuration = sides.input.estate.configuration(acting, plane);
    let permitting: Vec<&Grant> = sides
        .grants_behind(exercise)
        .filter(|grant| grant.plane == plane && grant.permits(&exercise.capability).is_possible())
        .collect();
    // What the platform grants to everybody is no finding, whatever its route.
    let immediate =
        permitting.iter().find(|grant| grant.route.is_immediate() || grant.platform_default);
    if exercise.count == 0 {
        // Refusals are part of the sequence; one that contradicts a grant is a conflict of records.
        return match immediate {
            Some(grant) if exercise.refused > 0 && plane == Plane::Kubernetes => {
                Scope::Conflict(format!("refused in the log, granted by {}", grant.route.visible()))
            }
            _ => Scope::Immediate,
        };
    }
    if immediate.is_some() {
        return Scope::Immediate;
    }
    let inherited = permitting.iter().find_map(|grant| Some((*grant, grant.route.upstream()?)));
    if let Some((grant, upstream)) = inherited {
        return Scope::Inherited(grant, upstream);
    }
    if configuration == Configuration::Absent {
        return Scope::NoConfiguredRecord;
    }
    if let Capability::Model { name, .. } = &exercise.capability {
        return model_scope(sides, exercise, name);
    }
    let recorded =
        exercise.recorded_routes.iter().find_map(|reason| rbac::recorded_route(reason.raw()));
    match (plane, configuration, recorded) {
        (Plane::Kubernetes, Configuration::Complete, Some(route)) => Scope::Conflict(format!(
            "allowed in the log by {}, which a complete snapshot does not contain",
            explain(&route)
        )),
        (Plane::Kubernetes, Configuration::Complete, None) => Scope::Conflict(
            "allowed in the log, granted by nothing in a complete snapshot".to_owned(),
        ),
        (Plane::Kubernetes, _, Some(route)) => Scope::Unresolved(explain(&route)),
        (Plane::Kubernetes, _, None) => {
            Scope::Unresolved("the bindings of its service account".to_owned())
        }
        (_, _, _) => {
            Scope::Unresolved(format!("a declaration of {}", exercise.capability.visible()))
        }
    }
}

/// `RoleBinding agents/readers of ClusterRole view`, escaped.
fn explain(route: &RecordedRoute) -> String {
    format!("{} of {}", route.binding.visible(), route.role.visible())
}

/// A model that is not declared: substituted when another one is, unless it is the declared name's
/// own dated release.
fn model_scope<'a>(sides: &Sides<'a>, exercise: &'a Exercise, used: &Text) -> Scope<'a> {
    let declared: Vec<&Grant> =
        sides.grants_behind(exercise).filter(|grant| grant.plane == Plane::Models).collect();
    let releases = |grant: &&Grant| match &grant.pattern {
        crate::domain::Pattern::Model { name, digest: None } => {
            is_release_of(used.raw(), name.raw())
        }
        _ => false,
    };
    match declared.first() {
        None => Scope::NoConfiguredRecord,
        Some(_) if declared.iter().any(releases) => Scope::Immediate,
        Some(grant) => Scope::Substituted(grant),
    }
}

fn draft(sides: &Sides<'_>, exercise: &Exercise, plane: Plane, scope: &Scope<'_>) -> Option<Draft> {
    let discipline = plane.discipline();
    let shown = exercise.capability.visible();
    let records = Path::default().step(Stage::Records, "loaded", format!("{plane} is loaded"));
    let object = |hop: &Hop| {
        format!(
            "{} {}/{}",
            hop.object.kind.raw(),
            hop.object.namespace.raw(),
            hop.object.name.raw()
        )
    };
    let mut agent = exercise.agent.clone();
    let (reading, pattern, anchor, subject, path, upstream) = match scope {
        Scope::Immediate => return None,
        Scope::NoConfiguredRecord => (
            Reading::CantTell { why: CantTell::NoConfiguredRecord },
            "no-record",
            format!("plane {plane}"),
            format!("acts on {plane}, whose configuration is not loaded"),
            Path::default().step(
                Stage::Records,
                "no configured record",
                format!("nothing loaded says what this agent may do on {plane}"),
            ),
            None,
        ),
        Scope::Conflict(conflict) => (
            Reading::CantTell { why: CantTell::ConflictingRecords { conflict: conflict.clone() } },
            "conflicting-records",
            exercise.capability.family(),
            format!("{shown}: {conflict}"),
            Path::default().step(Stage::Records, "conflicting records", conflict.clone()),
            None,
        ),
        Scope::Inherited(grant, hop) => {
            let mut anchor = object(hop);
            if hop.attachment == Attachment::DefaultAllow {
                // Default allow is a matter of the namespace, one finding for all its agents.
                agent = AgentKey::new(agent.realm.clone(), agent.space.clone(), "*");
                anchor = "default allow".to_owned();
            }
            (
                Reading::HiddenScope { unresolved: false },
                inherited_pattern(&hop.attachment, plane),
                anchor,
                format!(
                    "uses {} through {} ({})",
                    family(&exercise.capability),
                    hop.object.visible(),
                    hop.attachment
                ),
                records.step(Stage::Attribution, attribution(exercise), candidates(exercise)).step(
                    Stage::Scope,
                    "only inherited routes",
                    grant.route.visible(),
                ),
                Some(hop.object.visible()),
            )
        }
        Scope::Unresolved(missing) => (
            Reading::HiddenScope { unresolved: true },
            unresolved_pattern(plane),
            exercise.capability.family(),
            format!("uses {shown}, and no loaded object grants it"),
            records.step(Stage::Attribution, attribution(exercise), candidates(exercise)).step(
                Stage::Scope,
                "no route found",
                format!("missing: {missing}"),
            ),
            Some(format!("not loaded: {missing}")),
        ),
        Scope::Substituted(grant) => (
            Reading::HiddenScope { unresolved: false },
            "model-substituted",
            exercise.capability.family(),
            format!("answers came from {shown}, declared is {}", grant.pattern.visible()),
            records.step(
                Stage::Scope,
                "resolved to something else",
                format!("declared {}, observed {shown}", grant.pattern.visible()),
            ),
            Some("the provider or gateway that resolves the model name".to_owned()),
        ),
    };
    let behaviour = sides.convergence(&exercise.agent, discipline, GapType::Anomaly);
    let path = match reading {
        Reading::HiddenScope { .. } => path.step(
            Stage::Pattern,
            if behaviour.is_converged() { "converged" } else { "not converged" },
            behaviour.why.clone(),
        ),
        _ => path,
    };
    let permitting: Vec<&Grant> = match scope {
        Scope::Inherited(grant, _) | Scope::Substituted(grant) => vec![grant],
        _ => Vec::new(),
    };
    Some(Draft {
        discipline,
        plane,
        anchor,
        pattern,
        subject,
        configured: match permitting.is_empty() {
            true => vec![Citation::new("no configured record permits it")],
            false => configured(&permitting),
        },
        operational: vec![operational(exercise)],
        path,
        capabilities: vec![CapabilityLine {
            capability: shown,
            state: GrantState::Exercised,
            count: exercise.count,
            last: Some(exercise.last),
        }],
        danger: danger_of(&exercise.capability),
        wide: matches!(exercise.capability, Capability::Kubernetes { namespace: None, .. }),
        from: Some(exercise.first),
        until: Some(exercise.last),
        provisioning: match reading {
            Reading::HiddenScope { .. } => ProvisioningVerdict::OutOfScope,
            _ => ProvisioningVerdict::Unknown,
        },
        behavioural: match behaviour.is_converged() {
            true => BehaviouralVerdict::Consistent,
            false => BehaviouralVerdict::NotConverged,
        },
        reading,
        agent,
        object: upstream,
    })
}

fn family(capability: &Capability) -> String {
    crate::domain::text::visible(&capability.family()).into_owned()
}

fn attribution(exercise: &Exercise) -> &'static str {
    match exercise.candidates.len() {
        0 | 1 => "attributed",
        _ => "shared identity",
    }
}

fn candidates(exercise: &Exercise) -> String {
    match exercise.candidates.len() {
        0 | 1 => exercise.agent.visible(),
        _ => {
            let names: Vec<_> = exercise.candidates.iter().map(AgentKey::visible).collect();
            format!("one of {}", names.join(", "))
        }
    }
}

fn inherited_pattern(attachment: &Attachment, plane: Plane) -> &'static str {
    match (attachment, plane) {
        (Attachment::Group, _) => "group-route",
        (Attachment::Aggregation, _) => "aggregated-route",
        (Attachment::Node, _) => "node-route",
        (Attachment::DefaultAllow, _) => "default-allow",
        (_, Plane::Network) => "inherited-network-policy",
        (Attachment::RuntimeCatalog, _) => "undeclared-tool",
        _ => "inherited-route",
    }
}

fn unresolved_pattern(plane: Plane) -> &'static str {
    match plane {
        Plane::Tools => "undeclared-tool",
        Plane::Delegation => "undeclared-handoff",
        Plane::Network => "inherited-network-policy",
        _ => "unresolved-route",
    }
}

/// What the behavioural record shows of one exercise.
fn operational(exercise: &Exercise) -> Citation {
    let mut text = format!(
        "{}: {} times between {} and {}",
        exercise.capability.visible(),
        exercise.count,
        exercise.first.strftime("%Y-%m-%d %H:%M"),
        exercise.last.strftime("%Y-%m-%d %H:%M"),
    );
    if exercise.aggregated {
        text += ", as an aggregate without single events";
    }
    if exercise.refused > 0 {
        text += &format!(", refused {} times", exercise.refused);
    }
    if let Some(reason) = exercise.recorded_routes.first() {
        text += &format!("; recorded reason: {}", reason.visible());
    }
    Citation { text, places: Vec::new(), events: exercise.events.clone() }
}

/// At most this many sentences a side; the capability lines stay complete.
const CITATIONS: usize = 12;

fn merge(into: &mut Draft, other: Draft) {
    for citation in other.configured {
        if into.configured.len() < CITATIONS && !into.configured.contains(&citation) {
            into.configured.push(citation);
        }
    }
    let room = CITATIONS.saturating_sub(into.operational.len());
    into.operational.extend(other.operational.into_iter().take(room));
    into.capabilities.extend(other.capabilities);
    into.danger = into.danger.max(other.danger);
    into.wide |= other.wide;
    into.from = into.from.min(other.from);
    into.until = into.until.max(other.until);
}
