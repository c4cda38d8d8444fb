//! What is missing from a story, and the words for it. A blank is said, never filled.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use rustc_hash::FxHashMap;

use super::collapse::{Extra, end};
use super::links::{SpanKey, parent_span, spans};
use super::owner::Owners;
use super::{position, words};
use crate::domain::coverage::AGENT_FORMATS;
use crate::domain::text::visible;
use crate::domain::{
    AgentKey, Attribution, Coverage, EntryBody, Event, EventKind, Gap, Lane, Plane, StorylineLink,
    Text,
};

/// Shorter silences say nothing.
const SILENCE: SignedDuration = SignedDuration::from_mins(1);
/// So many events of other recorders show that an agent was at work.
const AT_WORK: usize = 3;
/// A source that begins or ends this close to the scope covers it.
const SLACK: SignedDuration = SignedDuration::from_mins(1);

/// Lanes that a source can cover, and the planes on which it then says so.
const COVERED: [(Lane, &[Plane]); 7] = [
    (Lane::Agent, &[Plane::Delegation]),
    (Lane::Model, &[Plane::Models]),
    (Lane::Tool, &[Plane::Tools]),
    (Lane::Process, &[Plane::Processes, Plane::Files]),
    (Lane::Network, &[Plane::Network]),
    (Lane::Kubernetes, &[Plane::Kubernetes]),
    (Lane::Cloud, &[Plane::Cloud]),
];
/// Lanes in which others than the agent's own software record what it does.
const WITNESSES: [Lane; 4] = [Lane::Process, Lane::Network, Lane::Kubernetes, Lane::Cloud];

/// All gaps of a story.
pub fn find(
    events: &[Event],
    links: &[StorylineLink],
    coverage: &[Coverage],
    attribution: &dyn Attribution,
) -> Vec<Extra> {
    let (Some(first), Some(last)) = (events.first(), events.last()) else { return Vec::new() };
    let window = Window { from: first.time, until: last.time };
    let hosts = hosts(events, attribution);
    let about: Vec<&Coverage> = coverage
        .iter()
        .filter(|statement| hosts.keys().any(|host| statement.is_about(host)))
        .collect();
    let mut gaps = Vec::from_iter(lanes_without_source(events, window, &about));
    gaps.extend(ends(events, window, &about));
    gaps.extend(missed(window, &about));
    gaps.extend(missing_parents(events));
    gaps.extend(stretches(events, links));
    for (host, positions) in &hosts {
        gaps.extend(silences(events, host, positions, &about));
    }
    gaps
}

#[derive(Clone, Copy)]
struct Window {
    from: Timestamp,
    until: Timestamp,
}

impl Window {
    fn meets(&self, statement: &Coverage) -> bool {
        statement.from <= self.until && self.from <= statement.until
    }
}

/// The positions of the events of each host workload. Those of a shared identity are nobody's.
fn hosts(events: &[Event], attribution: &dyn Attribution) -> BTreeMap<AgentKey, Vec<u32>> {
    let mut owners = Owners::new(attribution);
    let mut hosts: BTreeMap<AgentKey, Vec<u32>> = BTreeMap::new();
    for (at, event) in events.iter().enumerate() {
        if let [owner] = owners.of(event) {
            hosts.entry(owner.host()).or_default().push(position(at));
        }
    }
    hosts
}

/// Lanes in which nothing is recorded and that no source covers.
fn lanes_without_source(events: &[Event], window: Window, about: &[&Coverage]) -> Option<Extra> {
    let seen: BTreeSet<Lane> = events.iter().map(|event| Lane::of(event.kind)).collect();
    let is_blind = |(lane, planes): &&(Lane, &[Plane])| {
        let covers =
            |statement: &&Coverage| planes.contains(&statement.plane) && window.meets(statement);
        !seen.contains(lane) && !about.iter().any(covers)
    };
    let blind: Vec<String> =
        COVERED.iter().filter(is_blind).map(|(lane, _)| lane.to_string()).collect();
    let missing = format!("no source covers these lanes: {}", blind.join(", "));
    (!blind.is_empty()).then(|| gap(0, window, Gap::Uncovered, None, missing))
}

/// Sources whose coverage begins after the first event or ends before the last.
fn ends(events: &[Event], window: Window, about: &[&Coverage]) -> Vec<Extra> {
    let mut whole: BTreeMap<(&Text, Plane), Window> = BTreeMap::new();
    for statement in about.iter().filter(|statement| window.meets(statement)) {
        let told = Window { from: statement.from, until: statement.until };
        let whole = whole.entry((&statement.source, statement.plane)).or_insert(told);
        whole.from = whole.from.min(told.from);
        whole.until = whole.until.max(told.until);
    }
    let late = |(&(source, plane), covered): (&(&Text, Plane), &Window)| {
        let (source, lane) = (source.visible(), lane_of(plane)?);
        let missing = format!("{source} begins to cover {plane} at {}", covered.from);
        let before = Window { from: window.from, until: covered.from };
        (covered.from.duration_since(window.from) > SLACK)
            .then(|| gap(0, before, Gap::Uncovered, Some(lane), missing))
    };
    let early = |(&(source, plane), covered): (&(&Text, Plane), &Window)| {
        let (source, lane) = (source.visible(), lane_of(plane)?);
        let missing = format!("{source} covers {plane} only until {}", covered.until);
        let after = Window { from: covered.until, until: window.until };
        let before = position(events.partition_point(|event| event.time <= covered.until));
        (window.until.duration_since(covered.until) > SLACK)
            .then(|| gap(before, after, Gap::Uncovered, Some(lane), missing))
    };
    whole.iter().filter_map(late).chain(whole.iter().filter_map(early)).collect()
}

fn lane_of(plane: Plane) -> Option<Lane> {
    COVERED.iter().find(|(_, planes)| planes.contains(&plane)).map(|(lane, _)| *lane)
}

/// What sources say themselves that they missed.
fn missed(window: Window, about: &[&Coverage]) -> Vec<Extra> {
    let mut reasons: BTreeMap<&Text, BTreeSet<&Text>> = BTreeMap::new();
    for statement in about.iter().filter(|statement| window.meets(statement) && statement.partial) {
        reasons.entry(&statement.source).or_default().extend(&statement.missed);
    }
    let told = |(source, reasons): (&Text, BTreeSet<&Text>)| {
        let reasons: Vec<_> = reasons.iter().map(|reason| reason.visible()).collect();
        let why = if reasons.is_empty() { "it is partial".to_owned() } else { reasons.join("; ") };
        let missing = format!("{} says of itself: {why}", source.visible());
        gap(0, window, Gap::Missed, None, missing)
    };
    reasons.into_iter().map(told).collect()
}

/// Parents that spans name and that are not there, once each, before the first that names it.
fn missing_parents(events: &[Event]) -> Vec<Extra> {
    let known = spans(events);
    let mut missing: FxHashMap<SpanKey<'_>, (usize, usize)> = FxHashMap::default();
    for (at, event) in events.iter().enumerate() {
        if let Some(parent) = parent_span(event).filter(|parent| !known.contains_key(parent)) {
            missing.entry(parent).or_insert((at, 0)).1 += 1;
        }
    }
    let told = |((trace, span), (at, named)): (SpanKey<'_>, (usize, usize))| {
        let time = events.get(at)?.time;
        let missing = format!(
            "span {} of trace {}, which {named} records name as their parent, is not recorded",
            visible(span),
            visible(trace),
        );
        let window = Window { from: time, until: time };
        Some(gap(position(at), window, Gap::MissingParent, Some(Lane::Agent), missing))
    };
    let mut gaps: Vec<Extra> = missing.into_iter().filter_map(told).collect();
    gaps.sort_by(|a, b| (a.before, &a.title).cmp(&(b.before, &b.title)));
    gaps
}

/// Stretches without any record that ties lead across, unless a call was going on all the time.
fn stretches(events: &[Event], links: &[StorylineLink]) -> Vec<Extra> {
    // How many more ties are open before each event than before the one in front of it.
    let mut opened = vec![0_i64; events.len() + 1];
    for link in links {
        let (from, to) = (link.from.min(link.to), link.from.max(link.to));
        for (at, change) in [(from.saturating_add(1), 1), (to.saturating_add(1), -1)] {
            if let Some(opened) = opened.get_mut(at as usize) {
                *opened += change;
            }
        }
    }
    let mut gaps = Vec::new();
    let (mut open, mut busy_until) = (0_i64, Timestamp::MIN);
    for (at, pair) in events.windows(2).enumerate() {
        let [before, after] = pair else { continue };
        open += opened.get(at + 1).copied().unwrap_or_default();
        if matches!(before.kind, EventKind::ToolCall | EventKind::ModelCall) {
            busy_until = busy_until.max(end(before));
        }
        let from = before.time.max(busy_until);
        let silence = after.time.duration_since(from);
        if open > 0 && silence > SILENCE {
            let missing = format!(
                "nothing is recorded for {} between “{}” and “{}”, and ties lead across it",
                told(silence),
                words::title(before),
                words::title(after),
            );
            let window = Window { from, until: after.time };
            gaps.push(gap(position(at + 1), window, Gap::Stretch, None, missing));
        }
    }
    gaps
}

/// Stretches in which an agent's own software says nothing while others saw the agent at work.
fn silences(
    events: &[Event],
    host: &AgentKey,
    positions: &[u32],
    about: &[&Coverage],
) -> Vec<Extra> {
    let statements = about.iter().filter(|statement| {
        !statement.partial
            && AGENT_FORMATS.contains(&statement.source.raw())
            && statement.is_about(host)
    });
    let mut sources: BTreeMap<&Text, Vec<Window>> = BTreeMap::new();
    for statement in statements {
        let window = Window { from: statement.from, until: statement.until };
        sources.entry(&statement.source).or_default().push(window);
    }
    let mut gaps = Vec::new();
    for (source, windows) in sources {
        let (mut since, mut witnessed) = (Timestamp::MIN, Vec::new());
        let found = |since: Timestamp, until: Option<Timestamp>, witnessed: &[u32]| {
            let (first, last) = (*witnessed.first()?, *witnessed.last()?);
            let time = |at: u32| events.get(at as usize).map(|event| event.time);
            let window = Window {
                from: since.max(time(first)?),
                until: until.map_or_else(|| time(last), Some)?,
            };
            let silence = window.until.duration_since(window.from);
            let missing = format!(
                "{} says nothing of {host} for {}, while {} events of others show it at work; \
                 its coverage says that it recorded",
                source.visible(),
                told(silence),
                witnessed.len(),
            );
            (witnessed.len() >= AT_WORK && silence > SILENCE)
                .then(|| gap(first, window, Gap::Silent, Some(Lane::Agent), missing))
        };
        for at in positions {
            let Some(event) = events.get(*at as usize) else { continue };
            if event.source == *source {
                gaps.extend(found(since, Some(event.time), &witnessed));
                since = since.max(end(event));
                witnessed.clear();
            } else if WITNESSES.contains(&Lane::of(event.kind))
                && event.time > since
                && windows.iter().any(|w| w.from <= event.time && event.time <= w.until)
            {
                witnessed.push(*at);
            }
        }
        gaps.extend(found(since, None, &witnessed));
    }
    gaps
}

/// Whole seconds are enough for what lasted over a minute.
fn told(silence: SignedDuration) -> String {
    format!("{:#}", SignedDuration::from_secs(silence.as_secs()))
}

fn gap(before: u32, window: Window, gap: Gap, lane: Option<Lane>, missing: String) -> Extra {
    Extra {
        before,
        time: window.from,
        until: window.until,
        lane,
        actor: None,
        title: missing.clone(),
        body: EntryBody::Gap { gap, missing },
    }
}
