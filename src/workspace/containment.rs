//! The containment sheet of an agent of the open case.

use jiff::Timestamp;

use super::{Error, Workspace};
use crate::case::EventFilter;
use crate::domain::containment::ContainmentSheet;
use crate::domain::{Agent, AgentKey, Finding, FindingId, Principal, Text};
use crate::lineage::containment::{Question, Subject, Trail, sheet};
use crate::profile::{Observation, Observer, Settings};
use crate::scope::{Authority, Estate};

/// What the sheet is of.
#[derive(Clone, Copy, Debug, Default)]
pub struct ContainmentOptions {
    /// The instant; the end of the case when there is none.
    pub at: Option<Timestamp>,
    /// The finding whose window the incident is.
    pub finding: Option<FindingId>,
}

impl Workspace {
    /// What an agent can still use. In place of an agent a principal may stand, in the spelling of the
    /// records (`arn:…`, `system:serviceaccount:…`, an address); none means the finding's agent.
    pub fn containment(
        &self,
        agent: Option<&str>,
        options: ContainmentOptions,
    ) -> Result<ContainmentSheet, Error> {
        let posture = self.posture()?;
        let finding = options.finding.map(|id| self.finding(&posture, id)).transpose()?;
        let case = self.case();
        let end = case.manifest().window().map(|(_, until)| until);
        let Some(at) = options.at.or(end) else {
            return Err(Error::data("the case has no events, and so no end")
                .with_hint("Name the instant with --at."));
        };
        let estate = self.estate_at(options.at)?;
        let agents: Vec<Agent> = posture.agents.iter().map(|row| row.agent.clone()).collect();
        let subject = self.subject(agent, finding, &agents, &estate)?;
        let incident_from = finding.and_then(|finding| finding.from);
        let mut trail = Trail::new(&estate, &subject, at);
        let mut all = Observer::new(&estate, Settings::default());
        let mut before = Observer::new(&estate, Settings::default());
        for event in case.events(EventFilter { until: Some(at), ..EventFilter::default() }) {
            let event = event?;
            trail.observe(&event);
            all.observe(&event);
            if incident_from.is_some_and(|from| event.time < from) {
                before.observe(&event);
            }
        }
        let Observation { exercises, agents: seen, .. } = all.finish();
        let earlier = incident_from.map(|_| before.finish().exercises);
        Ok(sheet(&Question {
            subject: &subject,
            at,
            incident_from,
            estate: &estate,
            authority: &Authority::of(&estate, &agents),
            trail: &trail,
            exercises: &exercises,
            seen: &seen,
            baseline: earlier.as_deref().unwrap_or(&exercises),
        }))
    }

    fn subject(
        &self,
        named: Option<&str>,
        finding: Option<&Finding>,
        agents: &[Agent],
        estate: &Estate,
    ) -> Result<Subject, Error> {
        let key = match (named, finding) {
            (Some(named), _) if is_principal(named) => {
                let agent = AgentKey::new("", "", named);
                return Ok(Subject { agent, principals: vec![named.into()] });
            }
            (Some(named), _) => self.agent_called(named)?,
            (None, Some(finding)) => finding.agent.clone(),
            (None, None) => return Err(Error::usage("name an agent or a finding")),
        };
        let agent = agents.iter().find(|agent| agent.key == key);
        let roles = agent.into_iter().flat_map(|agent| &agent.principals);
        let roles = roles.filter_map(|principal| match principal {
            Principal::CloudRole { arn } => Some(arn.clone()),
            _ => None,
        });
        let declared = estate.declaration(&key);
        let declared = declared.and_then(|(declaration, _)| declaration.principal.clone());
        let principals: Vec<Text> = roles.chain(declared).collect();
        Ok(Subject { agent: key, principals })
    }
}

/// Whether a name is spelled like a principal and not like an agent.
fn is_principal(named: &str) -> bool {
    named.starts_with("arn:") || named.starts_with("system:") || named.contains('@')
}
