//! Stories for tests, written as lines.

use jiff::Timestamp;
use rustc_hash::FxHashMap;

use super::super::testing::{AsGiven, event};
use super::{Input, build};
use crate::domain::coverage::CoverageScope;
use crate::domain::{
    AgentKey, Coverage, Decision, EntryBody, Event, EventId, EventKind, EventLink, FindingId,
    LinkKind, Outcome, Plane, Storyline, StorylineEntry, StorylineNote,
};

/// `SECOND KIND ACTION [TARGET] [as ACTOR] [span ID] [under ID] [from SOURCE] [lasts SECONDS]
/// [refused] [failed]`; the number of the line tells equal ones apart.
pub fn told(number: u32, line: &str) -> Event {
    let mut words = line.split(' ').peekable();
    let second: i64 = words.next().and_then(|word| word.parse().ok()).expect("a second");
    let kind: EventKind = words.next().and_then(|word| word.parse().ok()).expect("a kind");
    let mut event = event("otlp", number, kind);
    event.time = Timestamp::from_second(second).expect("a small number");
    event.agent = Some(AgentKey::new("prod", "agents", "a"));
    event.action = words.next().map(Into::into);
    event.outcome = Some(Outcome::Success);
    while let Some(word) = words.next() {
        let mut next = || words.next().expect("a word after it");
        match word {
            "as" => event.agent = Some(AgentKey::new("prod", "agents", next())),
            "span" => {
                event.trace_id = Some("t".into());
                event.span_id = Some(next().into());
            }
            "under" => event.parent_span_id = Some(next().into()),
            "from" => event.source = next().into(),
            "lasts" => {
                let seconds: i64 = next().parse().expect("seconds");
                event.duration = Some(seconds * 1_000_000_000);
            }
            "refused" => event.decision = Some(Decision::Deny),
            "failed" => event.outcome = Some(Outcome::Failure),
            target => event.target = Some(target.into()),
        }
    }
    event
}

pub fn events(lines: &[&str]) -> Vec<Event> {
    (0..).zip(lines).map(|(number, line)| told(number, line)).collect()
}

/// `FROM KIND TO`, by numbers of lines.
pub fn links(events: &[Event], lines: &[&str]) -> Vec<EventLink> {
    let link = |line: &&str| {
        let words: Vec<&str> = line.split(' ').collect();
        let [from, kind, to] = words.as_slice() else { unreachable!("{line}") };
        let id = |at: &str| events[at.parse::<usize>().expect("a number")].id;
        let kind = match *kind {
            "argument" => LinkKind::Argument,
            "flow" => LinkKind::Flow,
            "delegation" => LinkKind::Delegation,
            _ => LinkKind::Correlation,
        };
        EventLink { from: id(from), to: id(to), kind, rule: "as told".into(), confidence: 90 }
    };
    lines.iter().map(link).collect()
}

/// A statement of `otlp` (or of another source) on the agent `a`.
pub fn covers(source: &str, plane: Plane, seconds: (i64, i64)) -> Coverage {
    let at = |second| Timestamp::from_second(second).expect("a small number");
    Coverage {
        source: source.into(),
        plane,
        scope: CoverageScope::Workload { agent: AgentKey::new("prod", "agents", "a") },
        from: at(seconds.0),
        until: at(seconds.1),
        acts: Vec::new(),
        partial: false,
        missed: Vec::new(),
    }
}

/// Everything that a story may be made of.
#[derive(Default)]
pub struct Given {
    pub events: Vec<Event>,
    pub links: Vec<EventLink>,
    pub cited: FxHashMap<EventId, Vec<FindingId>>,
    pub notes: Vec<StorylineNote>,
    pub coverage: Vec<Coverage>,
}

impl Given {
    pub fn of(lines: &[&str], ties: &[&str]) -> Self {
        let events = events(lines);
        let links = links(&events, ties);
        Self { events, links, ..Self::default() }
    }

    pub fn story(&self) -> Storyline {
        build(Input {
            events: self.events.clone(),
            links: self.links.clone(),
            cited: &self.cited,
            notes: self.notes.clone(),
            coverage: &self.coverage,
            attribution: &AsGiven,
        })
    }
}

/// One line for an entry: indent, what it is, what it says.
pub fn drawn(entry: &StorylineEntry) -> String {
    let indent = "  ".repeat(entry.depth as usize);
    let marks = [
        if entry.marks.refused { " !refused" } else { "" },
        if entry.marks.linked { " !linked" } else { "" },
        if entry.marks.findings.is_empty() { "" } else { " !cited" },
    ]
    .concat();
    match &entry.body {
        EntryBody::Gap { gap, .. } => format!("{indent}-- {gap}"),
        EntryBody::Note { author, .. } => {
            format!("{indent}\"{}\" {}", entry.title, author.visible())
        }
        _ => format!("{indent}{}{marks}", entry.title),
    }
}

/// The entries but for the lanes that nobody covers, which most tests say nothing of.
pub fn lines(story: &Storyline) -> Vec<String> {
    let is_told = |entry: &&StorylineEntry| !matches!(&entry.body, EntryBody::Gap { missing, .. } if missing.starts_with("no source"));
    story.entries.iter().filter(is_told).map(drawn).collect()
}
