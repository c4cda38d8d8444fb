//! The storyline: one incident's events in order, over all lanes, with the ties between them.
//!
//! Flat, and it owns its events, so that a screen can draw any stretch of it and keep outside what is
//! folded: the subtree of entry `i` is `entries[i..i + size]`. Whatever is named by a number is a
//! position in one of its lists.

use jiff::Timestamp;
use serde::Serialize;

use super::{Event, EventKind, FindingId, LinkKind, Place, Text};

/// One incident, told.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Storyline {
    /// Every event of the scope, by time; at one instant causes go before their effects.
    pub events: Vec<Event>,
    /// What is drawn: acts by time, below each what is tied to it. Every event is in exactly one.
    pub entries: Vec<StorylineEntry>,
    /// The ties whose both ends are events of the scope, by their ends and kind.
    pub links: Vec<StorylineLink>,
    /// Ties of which one end is outside the scope.
    pub leaving: usize,
    /// Recorders whose clocks disagree.
    pub skews: Vec<StorylineSkew>,
}

/// One line of the storyline.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StorylineEntry {
    pub time: Timestamp,
    /// The last instant it speaks of; the same as `time` for a single event.
    pub until: Timestamp,
    pub depth: u32,
    /// Entries of the subtree, this one included.
    pub size: u32,
    /// Absent for notes, and for gaps that are not of one lane.
    pub lane: Option<Lane>,
    /// Who acted: the agent, else the principal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<Text>,
    /// What happened, on one line. Escaped.
    pub title: String,
    pub marks: Marks,
    pub body: EntryBody,
}

/// What a line of the storyline is.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "entry", rename_all = "kebab-case")]
pub enum EntryBody {
    Event {
        event: u32,
    },
    /// Similar events of one actor, one after the other in their lane.
    Activity {
        /// In order.
        events: Vec<u32>,
        /// The first few different targets.
        targets: Vec<Text>,
        /// How many different targets there are.
        distinct: usize,
        outcomes: Outcomes,
    },
    /// Something is not there that should be.
    Gap {
        gap: Gap,
        /// What is missing, in words. Escaped.
        missing: String,
    },
    Note {
        author: Text,
        text: Text,
    },
}

/// The layer at which something was recorded.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    strum::Display,
    strum::EnumIter,
    strum::EnumString,
    strum::IntoStaticStr,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Lane {
    Human,
    Agent,
    Model,
    Tool,
    Process,
    Network,
    Kubernetes,
    Cloud,
    Identity,
    Policy,
    Alert,
    /// Spans and log lines of no kind that is known.
    Other,
}

impl Lane {
    pub fn of(kind: EventKind) -> Self {
        match kind {
            EventKind::Prompt => Self::Human,
            EventKind::AgentInvoke | EventKind::Handoff => Self::Agent,
            EventKind::ModelCall | EventKind::ModelLoad => Self::Model,
            EventKind::ToolCall | EventKind::ToolResult | EventKind::Catalog => Self::Tool,
            EventKind::Exec | EventKind::File | EventKind::Syscall | EventKind::Import => {
                Self::Process
            }
            EventKind::Egress | EventKind::Ingress => Self::Network,
            EventKind::K8sApi => Self::Kubernetes,
            EventKind::CloudApi => Self::Cloud,
            EventKind::IdentityHop => Self::Identity,
            EventKind::PolicyDecision | EventKind::Guardrail => Self::Policy,
            EventKind::Alert => Self::Alert,
            EventKind::Other => Self::Other,
        }
    }
}

/// Why something is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, strum::Display)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Gap {
    /// A recorder wrote nothing for long, although its coverage says that it recorded.
    Silent,
    /// No source covers a lane, or one that does begins late or ends early.
    Uncovered,
    /// A source says itself that it missed something.
    Missed,
    /// Records name a parent span that is not there.
    MissingParent,
    /// Nothing at all was recorded between two events that are tied.
    Stretch,
}

/// Why an entry should be looked at. Only events with the same marks are collapsed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub struct Marks {
    /// It was decided against.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub refused: bool,
    /// It is an end of a tie of data: an argument that came from somewhere, data that left.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub linked: bool,
    /// The findings that cite it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<FindingId>,
}

impl Marks {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Each in words.
    pub fn words(&self) -> Vec<String> {
        let words = [(self.refused, "refused"), (self.linked, "tied by data")];
        let words = words.iter().filter(|(is, _)| *is).map(|(_, word)| (*word).to_owned());
        words.chain(self.findings.iter().map(|finding| format!("finding {finding}"))).collect()
    }
}

/// What came of the events of an activity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Outcomes {
    pub success: usize,
    pub failure: usize,
    /// Of all, the ones that were decided against.
    pub refused: usize,
    pub unknown: usize,
}

impl Outcomes {
    /// `4 success, 1 failure`.
    pub fn visible(&self) -> String {
        let Self { success, failure, refused, unknown } = *self;
        let parts = [
            (success, "success"),
            (failure, "failure"),
            (refused, "refused"),
            (unknown, "unknown"),
        ];
        let parts = parts.iter().filter(|(count, _)| *count > 0);
        parts.map(|(count, word)| format!("{count} {word}")).collect::<Vec<_>>().join(", ")
    }
}

/// A tie between two events of the storyline.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct StorylineLink {
    pub from: u32,
    pub to: u32,
    pub kind: LinkKind,
    /// The rule that ties them, as people read it.
    pub rule: String,
    /// Percent.
    pub confidence: u8,
}

/// Effects that were recorded before their causes, by another recorder or elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StorylineSkew {
    /// Recorder and instance.
    pub cause: Text,
    pub effect: Text,
    pub pairs: usize,
    /// Nanoseconds by which the clocks differ at least.
    pub at_least: i64,
}

/// Whether an event led to another, tie by tie.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "path", rename_all = "kebab-case")]
pub enum StorylinePath {
    /// Positions in [`Storyline::links`], each beginning where the one before it ends.
    Unbroken { links: Vec<u32> },
    /// The first tie that is missing.
    Broken {
        /// How far the ties lead.
        links: Vec<u32>,
        /// The latest event that is reached.
        reached: u32,
        /// The earliest event after it that leads to the end.
        resumes: u32,
        /// What is missing, in words. Escaped.
        missing: String,
    },
}

/// An analyst's own note on the storyline.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct StorylineNote {
    /// The instant that the note is about.
    pub at: Timestamp,
    pub author: Text,
    pub text: Text,
}

impl EntryBody {
    /// The events that the entry stands for, in order.
    pub fn events(&self) -> &[u32] {
        match self {
            Self::Event { event } => std::slice::from_ref(event),
            Self::Activity { events, .. } => events,
            Self::Gap { .. } | Self::Note { .. } => &[],
        }
    }
}

impl Storyline {
    pub fn event(&self, at: u32) -> Option<&Event> {
        self.events.get(at as usize)
    }

    pub fn link(&self, at: u32) -> Option<&StorylineLink> {
        self.links.get(at as usize)
    }

    /// Where an entry is written, each place once.
    pub fn places(&self, entry: &StorylineEntry) -> Vec<&Place> {
        let events = entry.body.events().iter().filter_map(|at| self.event(*at));
        let mut places: Vec<&Place> = events.map(|event| &event.evidence).collect();
        places.dedup();
        places
    }
}
