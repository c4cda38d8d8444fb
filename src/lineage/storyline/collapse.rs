//! From events to entries: acts with what happened in them below, runs of similar events as one.

use jiff::{SignedDuration, Timestamp};
use rustc_hash::{FxHashMap, FxHashSet};

use super::family::{Actor, Likeness};
use super::{position, words};
use crate::domain::{
    Authorisation, EntryBody, Event, Lane, Marks, Outcome, Outcomes, StorylineEntry, StorylineNote,
    Text,
};

/// After a longer pause a run is another one.
const PAUSE: SignedDuration = SignedDuration::from_mins(10);

/// In these lanes every event is a turning point: what comes after it is no part of a run before it.
const TURNING: [Lane; 5] = [Lane::Human, Lane::Agent, Lane::Identity, Lane::Policy, Lane::Alert];

/// An entry that is no event: a gap or a note.
pub struct Extra {
    /// The position of the event that it stands before; their number for the end.
    pub before: u32,
    pub time: Timestamp,
    pub until: Timestamp,
    pub lane: Option<Lane>,
    pub actor: Option<Text>,
    pub title: String,
    pub body: EntryBody,
}

impl Extra {
    /// A note stands before the first event that is not earlier.
    pub fn note(events: &[Event], note: StorylineNote) -> Self {
        let StorylineNote { at, author, text } = note;
        Self {
            before: position(events.partition_point(|event| event.time < at)),
            time: at,
            until: at,
            lane: None,
            actor: Some(author.clone()),
            title: text.visible().into_owned(),
            body: EntryBody::Note { author, text },
        }
    }
}

/// One of the entries below an act, or at the top.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Item {
    /// Its own position, or the one that it stands before.
    at: u32,
    /// Absent for an event, which goes after what stands before it.
    extra: Option<usize>,
}

impl Item {
    fn order(&self) -> (u32, bool, Option<usize>) {
        (self.at, self.extra.is_none(), self.extra)
    }
}

enum Group {
    Events(Vec<u32>),
    Extra(usize),
}

/// Every event in one entry, depth first.
pub fn entries(
    events: &[Event],
    marks: &[Marks],
    acts: &[Option<u32>],
    mut extras: Vec<Extra>,
) -> Vec<StorylineEntry> {
    extras.sort_by_key(|extra| (extra.before, extra.time));
    let act_of = |at: u32| acts.get(at as usize).copied().flatten();
    let mut below: FxHashMap<Option<u32>, Vec<Item>> = FxHashMap::default();
    for (number, extra) in extras.iter().enumerate() {
        let item = Item { at: extra.before, extra: Some(number) };
        below.entry(act_of(extra.before)).or_default().push(item);
    }
    for at in 0..position(events.len()) {
        below.entry(act_of(at)).or_default().push(Item { at, extra: None });
    }
    let told = Told { events, marks };
    let mut entries: Vec<StorylineEntry> = Vec::new();
    let mut parents: Vec<Option<usize>> = Vec::new();
    let mut extras: Vec<Option<Extra>> = extras.into_iter().map(Some).collect();
    let top = below.remove(&None).unwrap_or_default();
    let mut waiting: Vec<(Group, Option<usize>)> =
        told.groups(top).into_iter().rev().map(|group| (group, None)).collect();
    while let Some((group, parent)) = waiting.pop() {
        let above = parent.and_then(|parent| entries.get(parent));
        let depth = above.map_or(0, |above| above.depth.saturating_add(1));
        let here = entries.len();
        match group {
            Group::Extra(number) => {
                let Some(extra) = extras.get_mut(number).and_then(Option::take) else { continue };
                entries.push(extra.entry(depth));
            }
            Group::Events(members) => {
                let inside = members.iter().filter_map(|at| below.remove(&Some(*at))).flatten();
                let groups = told.groups(inside.collect());
                waiting.extend(groups.into_iter().rev().map(|group| (group, Some(here))));
                entries.extend(told.entry(members, depth));
            }
        }
        parents.push(parent);
    }
    for (at, parent) in parents.iter().enumerate().rev() {
        let size = entries.get(at).map_or(0, |entry| entry.size);
        if let Some(above) = parent.and_then(|parent| entries.get_mut(parent)) {
            above.size = above.size.saturating_add(size);
        }
    }
    entries
}

impl Extra {
    fn entry(self, depth: u32) -> StorylineEntry {
        let Self { time, until, lane, actor, title, body, .. } = self;
        StorylineEntry {
            time,
            until,
            depth,
            size: 1,
            lane,
            actor,
            title,
            marks: Marks::default(),
            body,
        }
    }
}

/// The events with what makes them worth a look.
struct Told<'a> {
    events: &'a [Event],
    marks: &'a [Marks],
}

/// A run that goes on as long as the events of its lane are alike.
struct Run<'a> {
    group: usize,
    like: Likeness<'a>,
    last: Timestamp,
}

impl<'a> Told<'a> {
    /// Runs of similar events, each at the place of its first. A run is one of its actor and lane: what
    /// other lanes record meanwhile does not end it, a turning point does.
    fn groups(&self, mut items: Vec<Item>) -> Vec<Group> {
        items.sort_by_key(Item::order);
        let mut groups: Vec<Group> = Vec::new();
        let mut open: FxHashMap<(Actor<'a>, Lane), Run<'a>> = FxHashMap::default();
        for item in items {
            if let Some(extra) = item.extra {
                open.clear();
                groups.push(Group::Extra(extra));
                continue;
            }
            let at = item.at as usize;
            let (Some(event), Some(marks)) = (self.events.get(at), self.marks.get(at)) else {
                continue;
            };
            let like = Likeness::of(event, marks);
            let stream = (like.actor, like.lane);
            if let Some(run) = open.get_mut(&stream)
                && run.like == like
                && event.time.duration_since(run.last) <= PAUSE
                && let Some(Group::Events(members)) = groups.get_mut(run.group)
            {
                members.push(item.at);
                run.last = event.time;
                continue;
            }
            if !marks.is_empty() || TURNING.contains(&like.lane) {
                open.clear();
            }
            open.insert(stream, Run { group: groups.len(), like, last: event.time });
            groups.push(Group::Events(vec![item.at]));
        }
        groups
    }

    fn entry(&self, members: Vec<u32>, depth: u32) -> Option<StorylineEntry> {
        let of = |at: &u32| self.events.get(*at as usize);
        let at = *members.first()?;
        let first = of(&at)?;
        let until = members.iter().filter_map(of).map(end).max()?;
        let (title, body) = match members.len() {
            1 => (words::title(first), EntryBody::Event { event: at }),
            count => {
                let targets = members.iter().filter_map(of).filter_map(|e| e.target.as_ref());
                let mut seen = FxHashSet::default();
                let different: Vec<&Text> = targets.filter(|target| seen.insert(*target)).collect();
                let distinct = different.len();
                let targets: Vec<Text> =
                    different.into_iter().take(words::NAMED).cloned().collect();
                let title = words::activity(first, count, &targets, distinct);
                let outcomes = outcomes(members.iter().filter_map(of));
                (title, EntryBody::Activity { events: members, targets, distinct, outcomes })
            }
        };
        Some(StorylineEntry {
            time: first.time,
            until,
            depth,
            size: 1,
            lane: Some(Lane::of(first.kind)),
            actor: actor(first),
            title,
            marks: self.marks.get(at as usize)?.clone(),
            body,
        })
    }
}

/// When the event was over.
pub fn end(event: &Event) -> Timestamp {
    let lasted = SignedDuration::from_nanos(event.duration.unwrap_or(0).max(0));
    event.time.checked_add(lasted).unwrap_or(Timestamp::MAX)
}

pub fn actor(event: &Event) -> Option<Text> {
    let agent = event.agent.as_ref().map(|agent| Text::from(agent.visible()));
    agent.or_else(|| event.principal.clone())
}

fn outcomes<'a>(events: impl Iterator<Item = &'a Event>) -> Outcomes {
    let mut outcomes = Outcomes::default();
    for event in events {
        outcomes.refused += usize::from(event.authorisation() == Authorisation::Refused);
        let counted = match event.outcome {
            Some(Outcome::Success) => &mut outcomes.success,
            Some(Outcome::Failure) => &mut outcomes.failure,
            None => &mut outcomes.unknown,
        };
        *counted += 1;
    }
    outcomes
}
