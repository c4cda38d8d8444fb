//! Kubescape's learned profiles (`kubescape`): what the containers of a workload were seen to do.
//!
//! `ApplicationProfile`, `NetworkNeighborhood` and `ContainerProfile` are aggregates: one event per
//! entry, at the time of the report, saying that it happened at least once. Each object also says what
//! it covers. Profiles that people wrote (no status, or managed by a user) are no observation: they are
//! kept as objects of the configured side. The emptied objects that a list call returns are set aside.

pub mod alerts;
mod entries;
mod go_names;
mod identity;
mod time;
mod wire;

use self::identity::workload;
use self::wire::{Metadata, Profile};
use crate::domain::coverage::CoverageScope;
use crate::domain::{AgentKey, Coverage, Discipline, Plane, ProblemKind, Text, text};
use crate::ingest::{Document, Format, Shape, Side, Sink};

const ID: &str = "kubescape";
const GROUP: &str = "spdx.softwarecomposition.kubescape.io";

pub const FORMAT: Format = Format {
    id: ID,
    title: "Kubescape learned profiles",
    side: Side::Operational,
    says: &[(Discipline::Behavior, "processes, files, syscalls and destinations as learned")],
    coverage: "what the sensor learned for one workload; a partial profile proves no absence",
    recognises: |shape| {
        shape.in_group(GROUP) && planes(shape).is_some() && is_observed(shape.json())
    },
    read,
};

/// Whether the sensor wrote the profile. What people write has no status, or says that a user manages
/// it: it configures, and is kept as an object of the configured side.
fn is_observed(json: &str) -> bool {
    let wire = go_names::to_wire(json);
    // Of what cannot be read the reader says so.
    let Ok(profile) = serde_json::from_str::<Profile<'_>>(wire.as_deref().unwrap_or(json)) else {
        return true;
    };
    let metadata = profile.metadata;
    metadata.annotation("status").is_some() && metadata.annotation("managed-by") != Some("User")
}

/// The planes on which an object of each kind reports.
const KINDS: &[(&str, &[Plane])] = &[
    ("ApplicationProfile", &[Plane::Files, Plane::Processes]),
    ("NetworkNeighborhood", &[Plane::Network]),
    ("ContainerProfile", &[Plane::Files, Plane::Processes, Plane::Network]),
];

fn planes_of(kind: &str) -> Option<&'static [Plane]> {
    KINDS.iter().find(|(name, _)| *name == kind).map(|(_, planes)| *planes)
}

fn planes(shape: &Shape<'_>) -> Option<&'static [Plane]> {
    planes_of(shape.kind.as_deref()?)
}

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    match go_names::to_wire(document.json) {
        Some(wire) => read_wire(
            &Document { source: document.source, at: document.at.clone(), json: &wire },
            sink,
        ),
        None => read_wire(document, sink),
    }
}

fn read_wire(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(profile) = document.parse::<Profile<'_>>(sink) else { return };
    let metadata = &profile.metadata;
    let Some(status) = metadata.annotation("status") else {
        let message = "a profile without `kubescape.io/status` was written by a person: it declares \
                       and does not observe";
        return sink.problem(document.problem(ProblemKind::Unsupported, message));
    };
    let containers = match profile.containers() {
        Ok(containers) => containers,
        Err(error) => {
            let message = format!("the spec: {}", text::visible(&error.to_string()));
            return sink.problem(document.problem(ProblemKind::Malformed, message));
        }
    };
    if containers.is_empty() {
        let message = "export incomplete: get each object; listing them returns empty specs";
        return sink.problem(document.problem(ProblemKind::Incomplete, message));
    }
    let Some(agent) = workload(metadata) else {
        let message = "a profile that names no workload (label, wlid or namespace)";
        return sink.problem(document.problem(ProblemKind::MissingField, message));
    };
    let Some(until) = metadata.reported().or_else(|| metadata.created()) else {
        let message = "a profile without a report time or creation time";
        return sink.problem(document.problem(ProblemKind::MissingField, message));
    };
    let from = metadata.previously_reported().or_else(|| metadata.created()).unwrap_or(until);
    let reporter = entries::Reporter { metadata, agent: &agent, time: until, document };
    for container in &containers {
        entries::emit(&reporter, container, sink);
    }
    let missed: Vec<Text> = [
        (status != "completed").then(|| format!("status: {status}")),
        (metadata.annotation("completion") == Some("partial"))
            .then(|| "completion: partial, so what ran at the start is missing".to_owned()),
    ]
    .into_iter()
    .flatten()
    .map(Text::from)
    .collect();
    for plane in planes_of(&profile.kind).unwrap_or_default() {
        sink.coverage(Coverage {
            source: ID.into(),
            plane: *plane,
            scope: CoverageScope::Workload { agent: agent.clone() },
            from: from.min(until),
            until,
            acts: Vec::new(),
            partial: !missed.is_empty(),
            missed: missed.clone(),
        });
    }
}

#[cfg(test)]
mod tests;
