//! Findings: one gap, read, with both sides' evidence and the path of the decision.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    AgentKey, BehaviouralVerdict, Digest, Discipline, EventId, GrantState, Place, Plane,
    ProvisioningVerdict, Reading, Text, digest_of,
};

/// The stable identity of a finding: agent key, discipline, plane and anchor. It survives
/// reconciliations, engine versions and loads; the reading is no part of it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FindingId([u8; 8]);

impl FindingId {
    /// `anchor` is the nearest granting object, else the capability family, as raw text.
    pub fn of(agent: &AgentKey, discipline: Discipline, plane: Plane, anchor: &str) -> Self {
        let digest = digest_of(&(agent.stored(), discipline, plane, anchor));
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&digest.as_bytes()[..8]);
        Self(bytes)
    }
}

impl fmt::Display for FindingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for FindingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The string is not a finding id.
#[derive(Debug, thiserror::Error)]
#[error("not a finding id: 16 hexadecimal digits expected")]
pub struct NotAFindingId;

impl FromStr for FindingId {
    type Err = NotAFindingId;

    fn from_str(text: &str) -> Result<Self, NotAFindingId> {
        match (text.len(), u64::from_str_radix(text, 16)) {
            (16, Ok(number)) => Ok(Self(number.to_be_bytes())),
            _ => Err(NotAFindingId),
        }
    }
}

impl Serialize for FindingId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for FindingId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// One gap, read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    pub id: FindingId,
    pub agent: AgentKey,
    pub discipline: Discipline,
    pub plane: Plane,
    /// The nearest granting object, else the capability family.
    pub anchor: Text,
    pub reading: Reading,
    /// The named pattern that was recognised (`unused-permission`, `group-route`, …).
    pub pattern: String,
    /// One line for the queue. Escaped.
    pub title: String,
    /// What the provisioning record shows. Escaped sentences with their evidence.
    pub configured: Vec<Citation>,
    /// What the behavioural record shows.
    pub operational: Vec<Citation>,
    /// The decision path, every step in order.
    pub steps: Vec<Step>,
    /// The capabilities under the anchor and the state of each.
    pub capabilities: Vec<CapabilityLine>,
    pub priority: Priority,
    pub remedy: Remedy,
    /// First and last observation the reading rests on.
    pub from: Option<Timestamp>,
    pub until: Option<Timestamp>,
    pub provisioning: ProvisioningVerdict,
    pub behavioural: BehaviouralVerdict,
    /// Findings linked to this one: two readings of one exercise, members of a compound.
    pub linked: Vec<FindingId>,
    /// Framework tags with their edition: `OWASP LLM 2026 LLM03`, `ATLAS 5.6.0 AML.T0053`.
    pub tags: Vec<String>,
}

impl Finding {
    /// The digest of what the reading says and rests on. A tag is bound to it: when it changes, the
    /// tag is stale and the finding comes back. Counts and times that grow with every load are left
    /// out; what the analyst judged is in.
    pub fn reading_digest(&self) -> Digest {
        let steps: Vec<_> = self.steps.iter().map(|step| (step.number, &step.verdict)).collect();
        let states: Vec<_> =
            self.capabilities.iter().map(|line| (&line.capability, line.state)).collect();
        digest_of(&(self.id, &self.reading, &self.pattern, steps, states))
    }
}

/// A sentence of evidence, with the records it rests on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Citation {
    /// Escaped.
    pub text: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<Place>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<EventId>,
}

impl Citation {
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }
}

/// One step of the decision path (design §3.3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// 1 records, 2 breach, 3 attribution, 4 scope, 5 pattern, 6 absence.
    pub number: u8,
    pub question: String,
    /// The answer, short and stable.
    pub verdict: String,
    /// Why, with names and figures. Escaped.
    pub because: String,
}

/// One capability under a finding's anchor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CapabilityLine {
    /// Escaped.
    pub capability: String,
    pub state: GrantState,
    pub count: u64,
    pub last: Option<Timestamp>,
}

/// The order in which a person should look, explained term by term.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Priority {
    /// 0..=100, higher first.
    pub score: u32,
    /// Name and points of each term; they add up to the score.
    pub terms: Vec<(String, u32)>,
}

/// The one remedy that fits, and the ones refused with the reason.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Remedy {
    /// What to do, in a sentence. Escaped.
    pub action: String,
    /// The object to change.
    pub object: Option<String>,
    /// What not to do, and why.
    pub refused: Option<String>,
}
