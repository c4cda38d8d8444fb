//! The answer to the three questions about agents at an instant or over a window: how many are active,
//! what can they reach, and which of their acts were authorised and which improvised (requirement
//! S4.7). What each word means is written down in `lineage/census/mod.rs`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{AgentKey, Plane, Text};

/// The three answers, and the agents behind them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Census {
    pub window: CensusWindow,
    /// The three answers in words, one line each, and one more for what is in none. Escaped.
    pub answers: Vec<String>,
    pub active: ActiveAgents,
    /// What the active agents can reach, by plane.
    pub reach: Vec<PlaneReach>,
    /// The active agent that reaches most on each plane, where one does.
    pub widest: Vec<Widest>,
    /// The acts of all agents in the window.
    pub acts: Acts,
    /// Every agent that the case knows, in the order of the keys.
    pub agents: Vec<CensusRow>,
    /// Identities that several agents share, with acts that could be of any of them.
    pub ambiguous: Vec<SharedIdentity>,
    /// Events that belong to no agent.
    pub unattributed: u64,
}

/// What is asked about: a window, or an instant with the window before it in which acts count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CensusWindow {
    /// The instant; absent when the question is about the whole window.
    pub at: Option<Timestamp>,
    /// Both ends included. Absent when nothing is dated.
    pub from: Option<Timestamp>,
    pub until: Option<Timestamp>,
}

/// How many agents are known and how many are active, each counted once, under the strongest word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActiveAgents {
    pub known: usize,
    pub acted: usize,
    pub in_a_run: usize,
    pub standing: usize,
    pub shadow: usize,
    pub dormant: usize,
    pub dormant_or_unseen: usize,
    pub unowned: usize,
    pub ephemeral: usize,
}

impl ActiveAgents {
    /// All that are active.
    pub fn total(&self) -> usize {
        self.acted + self.in_a_run + self.standing
    }
}

/// Why an agent counts as active, strongest first.
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
    Deserialize,
    strum::Display,
    strum::IntoStaticStr,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Activity {
    /// Something that it did is recorded in the window.
    Acted,
    /// A run, session or span of it began before the window and ended after it.
    #[strum(serialize = "in a run")]
    InARun,
    /// It has a pod or a credential over the window and did nothing that was recorded.
    Standing,
    Inactive,
}

/// What an agent can reach on one plane, by grants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlaneReach {
    pub plane: Plane,
    /// Agents that hold anything there; one in the row of an agent that does.
    pub agents: usize,
    /// Grants all of whose hops are attached to the agent itself.
    pub immediate: usize,
    /// Grants that come over something else.
    pub inherited: usize,
    /// Agents of which this plane's configuration is not loaded: their reach is not known.
    pub not_loaded: usize,
}

/// The agent with the most grants on a plane.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Widest {
    pub plane: Plane,
    pub agent: AgentKey,
    pub grants: usize,
    /// The widest of its grants, in words, with its route. Escaped.
    pub example: String,
}

/// Acts by what can be said of their authorisation. One act seen by several recorders counts once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acts {
    /// An enforcement point recorded that it decided for it.
    pub decided: u64,
    /// No decision was recorded, and a grant permits it.
    pub granted: u64,
    /// A grant permits it if conditions hold that the records do not decide.
    pub conditional: u64,
    /// Something permits it that nobody declared for this agent: a default, or any grant at all when
    /// the agent itself is not registered.
    pub undeclared: u64,
    /// The plane's configuration is loaded in full, nothing in it permits the act, and no decision
    /// was recorded.
    pub improvised: u64,
    pub refused: u64,
    /// The plane's configuration is not loaded, or not in full.
    pub unknown: u64,
}

impl Acts {
    pub fn authorised(&self) -> u64 {
        self.decided + self.granted
    }

    pub fn total(&self) -> u64 {
        self.authorised()
            + self.conditional
            + self.undeclared
            + self.improvised
            + self.refused
            + self.unknown
    }

    pub fn add(&mut self, other: &Self) {
        self.decided += other.decided;
        self.granted += other.granted;
        self.conditional += other.conditional;
        self.undeclared += other.undeclared;
        self.improvised += other.improvised;
        self.refused += other.refused;
        self.unknown += other.unknown;
    }
}

/// One agent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CensusRow {
    pub agent: AgentKey,
    pub activity: Activity,
    /// Why, in words: what of it covers the instant, or when it acted last. Escaped.
    pub because: String,
    /// Declared, or in a registry, at the end of the window.
    pub registered: bool,
    pub owner: Option<Text>,
    pub presence: Presence,
    /// Events in the window.
    pub events: u64,
    pub first: Option<Timestamp>,
    pub last: Option<Timestamp>,
    /// Planes on which it holds anything, or of which nothing is known for it.
    pub reach: Vec<PlaneReach>,
    pub acts: Acts,
    /// What it did that was improvised, the most frequent first.
    pub improvised: Vec<ActLine>,
    /// What it did that was permitted and not declared.
    pub undeclared: Vec<ActLine>,
    /// Set for agents that come and go.
    pub ephemeral: Option<Lifetimes>,
}

impl CensusRow {
    pub fn is_active(&self) -> bool {
        self.activity != Activity::Inactive
    }
}

/// Registered against observed.
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
    Deserialize,
    strum::Display,
    strum::IntoStaticStr,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Presence {
    /// Registered and observed.
    #[strum(serialize = "registered")]
    Registered,
    /// Observed, not registered.
    Shadow,
    /// Registered and not observed, although a source covers it over the window.
    Dormant,
    /// Registered and not observed, and no source would have shown it.
    #[strum(serialize = "can't tell")]
    CannotTell,
    /// Neither registered nor observed in the window: known from its client's files, or from
    /// another time.
    #[strum(serialize = "not observed")]
    NotObserved,
}

/// A capability and how often it was exercised.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActLine {
    /// In words, escaped.
    pub capability: String,
    pub count: u64,
    pub last: Timestamp,
}

/// The lives of an agent that comes and goes: its runs, one by one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lifetimes {
    pub lives: u64,
    /// Lives whose end is recorded.
    pub finished: u64,
    /// Lives of which spans are recorded and the end is not, although records go on after them.
    pub vanished: u64,
    /// Lives that may still go on: their last record is near the end of all records.
    pub open: u64,
    /// Lives whose source records no ends.
    pub untold: u64,
    /// Seconds.
    pub shortest: i64,
    pub longest: i64,
    /// Agents that were seen to start it.
    pub spawned_by: Vec<AgentKey>,
    /// As whom it acts and from whom it has that, in words. Escaped.
    pub inherits: Vec<String>,
}

/// An identity that several agents share.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SharedIdentity {
    /// The key under which its acts are kept.
    pub identity: AgentKey,
    pub candidates: Vec<AgentKey>,
    pub events: u64,
    pub first: Option<Timestamp>,
    pub last: Option<Timestamp>,
    /// Acts that could be of any of them. They are in no row of an agent.
    pub acts: Acts,
}
