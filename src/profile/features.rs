//! What is compared between runs: which kinds of calls, in which order, on what, with which
//! arguments, how much and when.
//!
//! Everything is a *feature* that a run has or has not, inside a *group* of features of which the
//! run could have had another one (the targets of one kind of call, the calls that follow one kind).
//! The baseline needs to know no more than in how many runs each occurred.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rustc_hash::FxHashSet;

use super::kind::{KindId, writes};
use super::run::{Call, Run, Span};
use crate::domain::{Capability, EventId, Text};

/// Distinct kinds of one run whose order is compared: pairs grow with the square.
const ORDERED_KINDS: usize = 48;

/// Something a run has or has not.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Feature {
    Kind(KindId),
    Refused(KindId),
    /// A call right after another, or as the first.
    Next(Option<KindId>, KindId),
    /// A call and, any time later, one that changes something.
    Later(KindId, KindId),
    Target(KindId, Text),
    Shape(KindId, Text),
    /// Whether arguments come from untrusted content.
    Untrusted(KindId, bool),
}

/// The features of which a run could have had another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Group {
    Kinds,
    Refusals,
    After(Option<KindId>),
    Before(KindId),
    Targets(KindId),
    Shapes(KindId),
    Origins(KindId),
}

impl Feature {
    pub fn group(&self) -> Group {
        match self {
            Self::Kind(_) => Group::Kinds,
            Self::Refused(_) => Group::Refusals,
            Self::Next(after, _) => Group::After(*after),
            Self::Later(_, kind) => Group::Before(*kind),
            Self::Target(kind, _) => Group::Targets(*kind),
            Self::Shape(kind, _) => Group::Shapes(*kind),
            Self::Untrusted(kind, _) => Group::Origins(*kind),
        }
    }

    /// The kind of call that the feature is about.
    pub fn kind(&self) -> KindId {
        match self {
            Self::Kind(kind)
            | Self::Refused(kind)
            | Self::Next(_, kind)
            | Self::Later(_, kind)
            | Self::Target(kind, _)
            | Self::Shape(kind, _)
            | Self::Untrusted(kind, _) => *kind,
        }
    }
}

/// A quantity of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Amount {
    Kind(KindId),
    Calls,
    Refusals,
    Tokens,
    Bytes,
    /// Nanoseconds inside calls.
    Busy,
}

/// One run as the baseline sees it.
#[derive(Clone, Debug)]
pub struct Features {
    pub items: Vec<Item>,
    pub amounts: Vec<(Amount, f64)>,
    /// Distinct kinds of calls.
    pub kinds: usize,
    /// Hour of the day, for runs shorter than a day, and day of the week, Monday 0, both in UTC.
    pub hour: Option<usize>,
    pub weekday: usize,
    pub day: i64,
}

/// A feature with the events that show it.
#[derive(Clone, Debug)]
pub struct Item {
    pub feature: Feature,
    pub events: Vec<EventId>,
    /// The call changes, triggers or sends something; or it is no tool call: below the tools, a
    /// read is an act of its own.
    pub writes: bool,
}

/// Takes from a run what belongs to the kinds in `shows`.
pub fn features(run: &Run, kinds: &[Capability], shows: impl Fn(KindId) -> bool) -> Features {
    let capability = |kind: KindId| kinds.get(kind.0 as usize);
    let mut collected = Collected::default();
    let mut write = FxHashSet::default();
    let (mut calls, mut refusals) = (0, 0);
    let mut amounts = Vec::new();
    for (&kind, tally) in run.tally.iter().filter(|(kind, _)| shows(**kind)) {
        if capability(kind).is_some_and(|kind| {
            !matches!(kind, Capability::Tool { .. }) || writes(kind, tally.effect)
        }) {
            write.insert(kind);
        }
        let is_write = write.contains(&kind);
        collected.add(Feature::Kind(kind), &[tally.sample], is_write);
        if tally.refused > 0 {
            collected.add(Feature::Refused(kind), &[tally.sample], is_write);
        }
        let all = tally.calls + tally.refused;
        amounts.push((Amount::Kind(kind), all as f64));
        calls += all;
        refusals += tally.refused;
    }
    let distinct = amounts.len();
    let ordered: Vec<&Call> = run.calls.iter().filter(|call| shows(call.kind)).collect();
    for call in &ordered {
        let is_write = write.contains(&call.kind);
        if let Some(target) = &call.target {
            collected.add(Feature::Target(call.kind, target.clone()), &[call.event], is_write);
        }
        if let Some(shape) = &call.shape {
            collected.add(Feature::Shape(call.kind, shape.clone()), &[call.event], is_write);
        }
        if let Some(untrusted) = call.from_untrusted {
            collected.add(Feature::Untrusted(call.kind, untrusted), &[call.event], is_write);
        }
    }
    if run.span == Span::Session {
        order(&ordered, &write, &mut collected);
    }
    amounts.push((Amount::Calls, calls as f64));
    let sums = [
        (Amount::Refusals, refusals),
        (Amount::Tokens, run.amounts.tokens),
        (Amount::Bytes, run.amounts.bytes),
        (Amount::Busy, run.amounts.busy),
    ];
    amounts.extend(sums.into_iter().filter(|(_, sum)| *sum > 0).map(|(of, sum)| (of, sum as f64)));
    let (hour, weekday) = clock(run.start);
    Features {
        items: collected.items,
        amounts,
        kinds: distinct,
        hour: (run.span == Span::Session).then_some(hour),
        weekday,
        day: super::cadence::day(run.start),
    }
}

/// The features of order: direct successions, and what came before each write.
fn order(calls: &[&Call], write: &FxHashSet<KindId>, collected: &mut Collected) {
    let mut before: Option<&Call> = None;
    // The kinds so far, with the call that first showed each.
    let mut earlier: Vec<&Call> = Vec::new();
    for call in calls {
        let is_write = write.contains(&call.kind);
        let events: Vec<EventId> =
            before.into_iter().chain([*call]).map(|call| call.event).collect();
        collected.add(Feature::Next(before.map(|call| call.kind), call.kind), &events, is_write);
        if is_write {
            for first in earlier.iter().filter(|first| first.kind != call.kind) {
                let feature = Feature::Later(first.kind, call.kind);
                collected.add(feature, &[first.event, call.event], true);
            }
        }
        if earlier.len() < ORDERED_KINDS && !earlier.iter().any(|first| first.kind == call.kind) {
            earlier.push(call);
        }
        before = Some(call);
    }
}

#[derive(Default)]
struct Collected {
    items: Vec<Item>,
    known: FxHashSet<Feature>,
}

impl Collected {
    /// Adds a feature the first time it is shown.
    fn add(&mut self, feature: Feature, events: &[EventId], writes: bool) {
        if self.known.insert(feature.clone()) {
            self.items.push(Item { feature, events: events.to_vec(), writes });
        }
    }
}

fn clock(time: Timestamp) -> (usize, usize) {
    let time = time.to_zoned(TimeZone::UTC);
    let hour = usize::try_from(time.hour()).unwrap_or(0);
    let weekday = usize::try_from(time.weekday().to_monday_zero_offset()).unwrap_or(0);
    (hour, weekday)
}
