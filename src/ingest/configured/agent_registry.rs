//! The agent registry: which agents there are, who owns them and what they are meant to do.
//!
//! ```yaml
//! apiVersion: diptych/v1
//! kind: AgentRegistry
//! agents:
//! - cluster: prod
//!   namespace: claims
//!   workload: triage
//!   name: triage-agent          # inside the workload; left out when there is one
//!   owner: jo@example.org
//!   team: claims
//!   purpose: sorts incoming claims
//!   environment: production
//!   model: gpt-4.1
//!   tools: [crm/lookup, notify]  # server/tool, or the tool alone
//!   delegates_to: [writer-agent]
//!   cadence: monthly
//!   policy: POL-7
//!   granted_by: platform
//!   granted_at: 2026-03-01
//! ```

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::Value;

use crate::domain::configured::{AgentDeclaration, Configured, Provisioning};
use crate::domain::text::visible;
use crate::domain::{Discipline, Location, Place, Problem, ProblemKind, Record, Text};
use crate::ingest::json::nullable;
use crate::ingest::{Document, Format, Side, Sink, location};

pub const FORMAT: Format = Format {
    id: "agent-registry",
    title: "Agent registry",
    side: Side::Configured,
    says: &[
        (Discipline::Model, "declared models"),
        (Discipline::Behavior, "declared tools, delegation and cadence"),
    ],
    coverage: "what was declared; an agent that nobody registered is not in it",
    recognises: |shape| shape.is_kind("AgentRegistry") && shape.in_group("diptych"),
    read,
};

#[derive(Deserialize)]
struct Registry {
    #[serde(default, deserialize_with = "nullable")]
    agents: Vec<Value>,
}

#[derive(Deserialize)]
struct Entry {
    #[serde(default, deserialize_with = "nullable")]
    cluster: Text,
    #[serde(default, deserialize_with = "nullable")]
    namespace: Text,
    #[serde(default)]
    workload: Option<Text>,
    #[serde(default)]
    name: Option<Text>,
    #[serde(default)]
    owner: Option<Text>,
    #[serde(default)]
    team: Option<Text>,
    #[serde(default)]
    purpose: Option<Text>,
    #[serde(default)]
    environment: Option<Text>,
    #[serde(default)]
    model: Option<Text>,
    #[serde(default, deserialize_with = "nullable")]
    tools: Vec<Text>,
    #[serde(default, deserialize_with = "nullable")]
    delegates_to: Vec<Text>,
    #[serde(default)]
    cadence: Option<Text>,
    #[serde(default)]
    policy: Option<Text>,
    #[serde(default)]
    granted_by: Option<Text>,
    #[serde(default)]
    granted_at: Option<String>,
}

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(registry) = document.parse::<Registry>(sink) else { return };
    for (index, agent) in registry.agents.into_iter().enumerate() {
        let at = location::beneath(&document.at, &format!("/agents/{index}"));
        let problem =
            |kind, message: String| Problem { at: at.clone(), ..document.problem(kind, message) };
        match serde_json::from_value::<Entry>(agent) {
            Err(error) => {
                let message = visible(&error.to_string()).into_owned();
                sink.problem(problem(ProblemKind::Malformed, message));
            }
            Ok(entry) => {
                if let Some(time) =
                    entry.granted_at.as_deref().filter(|time| instant(time).is_none())
                {
                    let message = format!("`granted_at` is no date: {}", visible(time));
                    sink.problem(problem(ProblemKind::MissingField, message));
                }
                match entry.into_record(document, at.clone()) {
                    Some(record) => sink.record(record),
                    None => sink.problem(problem(
                        ProblemKind::MissingField,
                        "the agent has neither a `name` nor a `workload`".to_owned(),
                    )),
                }
            }
        }
    }
}

impl Entry {
    fn into_record(self, document: &Document<'_>, at: Location) -> Option<Record> {
        let named = self.name.filter(|name| !name.is_empty());
        let name = named.or_else(|| self.workload.clone()).filter(|name| !name.is_empty())?;
        let granted_at = self.granted_at.as_deref().and_then(instant);
        Some(Record {
            realm: self.cluster,
            at: granted_at,
            provisioning: Provisioning {
                owner: self.owner.or_else(|| self.team.clone()),
                granted_by: self.granted_by.or(self.team),
                granted_at,
                policy: self.policy,
            },
            place: Place { at, ..document.place() },
            body: Configured::AgentDeclaration(AgentDeclaration {
                kind: "registry".into(),
                namespace: self.namespace,
                name,
                workload: self.workload,
                purpose: self.purpose,
                environment: self.environment,
                model: self.model,
                tools: self.tools.iter().map(tool).collect(),
                delegates_to: self.delegates_to,
                cadence: self.cadence,
                ..AgentDeclaration::default()
            }),
        })
    }
}

fn tool(spelled: &Text) -> (Option<Text>, Text) {
    match spelled.raw().split_once('/') {
        Some((server, name)) => (Some(server.into()), name.into()),
        None => (None, spelled.clone()),
    }
}

/// A time, or a day, which means its first instant in UTC.
fn instant(text: &str) -> Option<Timestamp> {
    let day = || text.parse::<Date>().ok()?.to_zoned(TimeZone::UTC).ok().map(|day| day.timestamp());
    text.parse().ok().or_else(day)
}

#[cfg(test)]
mod tests {
    use super::super::tests::read_text;
    use super::*;

    #[test]
    fn an_entry_declares_an_agent_with_its_provenance() {
        let found = read_text(
            "registry.yaml",
            "
apiVersion: diptych/v1
kind: AgentRegistry
agents:
- {cluster: prod, namespace: claims, workload: triage, owner: jo, team: ops, tools: [crm/lookup, notify],
   delegates_to: [writer], cadence: monthly, policy: POL-7, granted_at: 2026-03-01, model: m}
- {team: x}
- {name: b, granted_at: soon}
- 7
",
        );
        let kinds: Vec<_> = found
            .problems
            .iter()
            .map(|problem| format!("{}: {}", problem.at, problem.kind))
            .collect();
        assert_eq!(
            kinds,
            [":/agents/1: missing-field", ":/agents/2: missing-field", ":/agents/3: malformed",]
        );
        let [first, second] = found.records.as_slice() else { unreachable!("two records") };
        assert_eq!(first.realm, "prod");
        assert_eq!(first.provisioning.owner, Some("jo".into()));
        assert_eq!(first.provisioning.granted_by, Some("ops".into()));
        assert_eq!(
            first.provisioning.granted_at.map(|at| at.to_string()),
            Some("2026-03-01T00:00:00Z".into())
        );
        let Configured::AgentDeclaration(agent) = &first.body else {
            unreachable!("a declaration")
        };
        assert_eq!((agent.name.raw(), agent.workload.clone()), ("triage", Some("triage".into())));
        assert_eq!(agent.tools, [(Some("crm".into()), "lookup".into()), (None, "notify".into())]);
        assert_eq!(second.provisioning.granted_at, None);
    }
}
