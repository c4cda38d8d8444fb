//! Answers of the storyline as rows.

use jiff::Timestamp;
use rustc_hash::FxHashMap;
use serde::Serialize;

use crate::cli::output::Row;
use crate::domain::{
    ComparedStep, ComparisonRow, EntryBody, EventId, Lane, LinkKind, Place, StateLine, Storyline,
    StorylineEntry, StorylineLink, Text,
};

/// Places and ties beyond these are counted in tables.
const SHOWN: usize = 2;
/// Entries are indented no deeper in tables.
const DEEPEST: u32 = 20;

/// An instant, UTC, to the millisecond.
fn instant(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M:%S%.3f").to_string()
}

/// One entry of a storyline, with what it rests on.
#[derive(Serialize)]
pub struct EntryRow {
    time: Timestamp,
    until: Timestamp,
    depth: u32,
    pub lane: Option<Lane>,
    /// `event`, `activity`, `gap`, `note`.
    entry: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    actor: Option<Text>,
    what: String,
    outcome: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    marks: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    events: Vec<EventId>,
    /// What leads to it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ties: Vec<Tie>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    evidence: Vec<Place>,
}

#[derive(Serialize)]
struct Tie {
    from: EventId,
    kind: LinkKind,
    rule: String,
    confidence: u8,
}

/// All entries of a story as rows.
pub fn entries(story: &Storyline) -> Vec<EntryRow> {
    let mut into: FxHashMap<u32, Vec<&StorylineLink>> = FxHashMap::default();
    for link in &story.links {
        into.entry(link.to).or_default().push(link);
    }
    story.entries.iter().map(|entry| row(story, &into, entry)).collect()
}

fn row(
    story: &Storyline,
    into: &FxHashMap<u32, Vec<&StorylineLink>>,
    entry: &StorylineEntry,
) -> EntryRow {
    let members = entry.body.events();
    let ids = members.iter().filter_map(|at| Some(story.event(*at)?.id));
    let ties = members.iter().filter_map(|at| into.get(at)).flatten().filter_map(|link| {
        let (kind, rule) = (link.kind, link.rule.clone());
        Some(Tie { from: story.event(link.from)?.id, kind, rule, confidence: link.confidence })
    });
    let (word, outcome) = match &entry.body {
        EntryBody::Event { event } => ("event", outcome(story, *event)),
        EntryBody::Activity { outcomes, .. } => ("activity", outcomes.visible()),
        EntryBody::Gap { .. } => ("gap", String::new()),
        EntryBody::Note { .. } => ("note", String::new()),
    };
    EntryRow {
        time: entry.time,
        until: entry.until,
        depth: entry.depth,
        lane: entry.lane,
        entry: word,
        actor: entry.actor.clone(),
        what: entry.title.clone(),
        outcome,
        marks: entry.marks.words(),
        events: ids.collect(),
        ties: ties.collect(),
        evidence: story.places(entry).into_iter().cloned().collect(),
    }
}

/// Decision and outcome of one event.
fn outcome(story: &Storyline, at: u32) -> String {
    let Some(event) = story.event(at) else { return String::new() };
    let decision = event.decision.map(|decision| decision.to_string());
    let outcome = event.outcome.map(|outcome| outcome.to_string());
    decision.into_iter().chain(outcome).collect::<Vec<_>>().join(", ")
}

impl Row for EntryRow {
    const COLUMNS: &'static [&'static str] =
        &["time", "lane", "what", "outcome", "marks", "because", "actor", "evidence"];

    fn cells(&self) -> Vec<String> {
        let indent = "· ".repeat(self.depth.min(DEEPEST) as usize);
        let lane = match (self.entry, self.lane) {
            ("gap", _) => "gap".to_owned(),
            ("note", _) => "note".to_owned(),
            (_, lane) => lane.map(|lane| lane.to_string()).unwrap_or_default(),
        };
        vec![
            instant(self.time),
            lane,
            format!("{indent}{}", self.what),
            self.outcome.clone(),
            self.marks.join(", "),
            because(&self.ties),
            self.actor.as_ref().map_or_else(String::new, |actor| actor.visible().into_owned()),
            places(&self.evidence),
        ]
    }
}

/// The ties that say more than who called whom.
fn because(ties: &[Tie]) -> String {
    let mut rules: Vec<String> = ties
        .iter()
        .filter(|tie| tie.kind != LinkKind::Delegation)
        .map(|tie| format!("{}: {} ({} %)", tie.kind, tie.rule, tie.confidence))
        .collect();
    rules.sort_unstable();
    rules.dedup();
    some_of(rules)
}

fn places(places: &[Place]) -> String {
    some_of(places.iter().map(|place| format!("{}{}", place.file.visible(), place.at)).collect())
}

fn some_of(mut all: Vec<String>) -> String {
    let more = all.len().saturating_sub(SHOWN);
    all.truncate(SHOWN);
    let some = all.join("; ");
    if more > 0 { format!("{some} and {more} more") } else { some }
}

/// One tie of a chain or path.
#[derive(Serialize)]
pub struct TieRow {
    from: EventId,
    from_time: Timestamp,
    /// Titles of the entries' events. Escaped.
    from_what: String,
    tie: LinkKind,
    rule: String,
    confidence: u8,
    to: EventId,
    to_time: Timestamp,
    to_what: String,
}

impl TieRow {
    pub fn of(story: &Storyline, at: u32) -> Option<Self> {
        let link = story.link(at)?;
        let (from, to) = (story.event(link.from)?, story.event(link.to)?);
        Some(Self {
            from: from.id,
            from_time: from.time,
            from_what: what(story, link.from),
            tie: link.kind,
            rule: link.rule.clone(),
            confidence: link.confidence,
            to: to.id,
            to_time: to.time,
            to_what: what(story, link.to),
        })
    }
}

/// What an event did: kind, action and target.
fn what(story: &Storyline, at: u32) -> String {
    let Some(event) = story.event(at) else { return String::new() };
    let words = [event.action.as_ref(), event.target.as_ref()];
    let words: Vec<_> = words.into_iter().flatten().map(Text::visible).collect();
    format!("{} {}", event.kind.to_string().replace('_', " "), words.join(" "))
}

impl Row for TieRow {
    const COLUMNS: &'static [&'static str] =
        &["from", "what", "tie", "rule", "%", "to", "what then"];

    fn cells(&self) -> Vec<String> {
        vec![
            instant(self.from_time),
            self.from_what.clone(),
            self.tie.to_string(),
            self.rule.clone(),
            self.confidence.to_string(),
            instant(self.to_time),
            self.to_what.clone(),
        ]
    }
}

/// One step of two runs.
#[derive(Serialize)]
pub struct ComparedRow<'a> {
    pub step: usize,
    #[serde(flatten)]
    pub row: &'a ComparisonRow,
}

impl ComparedRow<'_> {
    pub fn is_same(&self) -> bool {
        self.word() == "same"
    }

    fn word(&self) -> &'static str {
        match (&self.row.left, &self.row.right) {
            (Some(_), Some(_)) if self.row.differences.is_empty() => "same",
            (Some(_), Some(_)) => "differs",
            (Some(_), None) => "only left",
            _ => "only right",
        }
    }
}

impl Row for ComparedRow<'_> {
    const COLUMNS: &'static [&'static str] =
        &["step", "which", "lane", "left", "right", "differences"];

    fn cells(&self) -> Vec<String> {
        let (left, right) = (self.row.left.as_ref(), self.row.right.as_ref());
        let told = |step: Option<&ComparedStep>| {
            step.map_or_else(String::new, |s| format!("{} {}", instant(s.time), s.title))
        };
        let lane = left.or(right).map(|step| step.lane.to_string());
        vec![
            self.step.to_string(),
            self.word().to_owned(),
            lane.unwrap_or_default(),
            told(left),
            told(right),
            self.row.differences.join("; "),
        ]
    }
}

impl Row for StateLine {
    const COLUMNS: &'static [&'static str] =
        &["question", "what", "count", "first", "last", "evidence"];

    fn cells(&self) -> Vec<String> {
        let time = |time: Option<Timestamp>| time.map(instant).unwrap_or_default();
        vec![
            self.question.to_string(),
            self.what.clone(),
            self.count.to_string(),
            time(self.first),
            time(self.last),
            places(&self.places),
        ]
    }
}
