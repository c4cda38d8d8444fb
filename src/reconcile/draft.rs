//! From what a step found to a finished [`Finding`]: ids, title, verdicts, priority, tags.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::Input;
use super::patterns::{Pattern, pattern};
use super::priority::{Basis, Danger, priority};
use super::steps::Path;
use crate::domain::{
    Agent, AgentKey, BehaviouralVerdict, CapabilityLine, Citation, Discipline, Finding, FindingId,
    Plane, ProvisioningVerdict, Reading, Remedy, Text,
};

/// A finding in the making.
pub struct Draft {
    pub agent: AgentKey,
    pub discipline: Discipline,
    pub plane: Plane,
    /// Raw text of the nearest granting object, else the capability family.
    pub anchor: String,
    pub reading: Reading,
    pub pattern: &'static str,
    /// The title: one line that makes sense beside the agent's name and the reading. Escaped.
    pub subject: String,
    pub configured: Vec<Citation>,
    pub operational: Vec<Citation>,
    pub path: Path,
    pub capabilities: Vec<CapabilityLine>,
    pub danger: Option<Danger>,
    pub wide: bool,
    pub from: Option<Timestamp>,
    pub until: Option<Timestamp>,
    pub provisioning: ProvisioningVerdict,
    pub behavioural: BehaviouralVerdict,
    /// The object a remedy changes. Escaped.
    pub object: Option<String>,
}

impl Draft {
    /// The identity the finished finding will have.
    pub fn id(&self) -> FindingId {
        FindingId::of(&self.agent, self.discipline, self.plane, &self.anchor)
    }

    /// Finishes the draft: a pure function of the draft and its pattern's row.
    pub fn finish(self, agents: &BTreeMap<&AgentKey, &Agent>, input: &Input<'_>) -> Finding {
        let id = self.id();
        let row = pattern(self.pattern);
        let age_days = match (self.until, input.observation.until) {
            (Some(last), Some(end)) => Some(end.duration_since(last).as_hours() / 24),
            _ => None,
        };
        let priority = priority(&Basis {
            reading: &self.reading,
            agent: agents.get(&self.agent).copied(),
            danger: self.danger,
            wide: self.wide,
            capabilities: &self.capabilities,
            age_days,
        });
        let remedy = remedy(row, &self.reading, self.object);
        Finding {
            id,
            agent: self.agent,
            discipline: self.discipline,
            plane: self.plane,
            anchor: Text::from(self.anchor),
            title: self.subject,
            reading: self.reading,
            pattern: self.pattern.to_owned(),
            configured: self.configured,
            operational: self.operational,
            steps: self.path.finish(),
            capabilities: self.capabilities,
            priority,
            remedy,
            from: self.from,
            until: self.until,
            provisioning: self.provisioning,
            behavioural: self.behavioural,
            linked: Vec::new(),
            tags: row.map_or(&[][..], |row| row.tags).iter().map(|tag| (*tag).to_owned()).collect(),
        }
    }
}

fn remedy(row: Option<&Pattern>, reading: &Reading, object: Option<String>) -> Remedy {
    let refused = row.map(|row| row.refused).filter(|refused| !refused.is_empty());
    let action = match reading {
        Reading::CantTell { why } => format!("Make it decidable: {}", why.resolved_by()),
        _ => row.map_or("", |row| row.remedy).to_owned(),
    };
    Remedy { action, object, refused: refused.map(str::to_owned) }
}
