//! Learning, from two sides that both only add: what a single record tells by itself (quantities,
//! arguments, destinations, identities, hours), and what only a whole run tells (each act once however
//! many recorders saw it, the order, the prompt). The [`Observer`](crate::profile::Observer) has put
//! runs together already, so nothing has to be kept open here and any order of records and runs gives
//! the same portrait.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::arguments;
use super::frequencies::{Item, Occurrence};
use super::hash::Hash;
use super::part::{Amount, Part};
use super::record::Portrait;
use super::schedule::Day;
use crate::domain::{Capability, Effect, Event, EventKind, Text};
use crate::profile::KindId;
use crate::profile::cadence::{day, midnight};
use crate::profile::kind::writes;
use crate::profile::run::{EarlierDay, Run, Span};
use crate::profile::tally::is_aggregate;

/// Distinct kinds before a change that are told apart in one run: pairs grow with the square.
const EARLIER_KINDS: usize = 48;

/// The kinds of an observation with their names.
pub struct Vocabulary<'a> {
    kinds: &'a [Capability],
    names: Vec<Text>,
}

impl<'a> Vocabulary<'a> {
    pub fn new(kinds: &'a [Capability]) -> Self {
        Self { kinds, names: kinds.iter().map(|kind| kind.visible().into()).collect() }
    }

    fn get(&self, kind: KindId) -> Option<(&'a Capability, &Text)> {
        let number = kind.0 as usize;
        Some((self.kinds.get(number)?, self.names.get(number)?))
    }

    fn is_write(&self, kind: KindId, effect: Option<Effect>) -> bool {
        self.kinds.get(kind.0 as usize).is_some_and(|kind| writes(kind, effect))
    }
}

/// Models and packages are loaded for a call, not instead of one: they are no step of a run.
fn is_step(kind: &Capability) -> bool {
    !matches!(kind, Capability::Model { .. } | Capability::Artifact { .. })
}

impl Portrait {
    /// Learns what one record tells. Records without a time and learned profiles, which are sums of
    /// many acts, tell nothing here.
    pub fn learn_event(&mut self, event: &Event) {
        if event.time == Timestamp::UNIX_EPOCH || is_aggregate(event) {
            return;
        }
        let seed = event.id.as_bytes().first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
        let once = Occurrence { seed, times: 1, first: event.time, last: event.time };
        self.records = self.records.saturating_add(1);
        self.extend(event.time, event.time);
        self.schedule.record(event.time);
        self.learn_amounts(event);
        self.learn_identity(event, once);
        match event.kind {
            EventKind::Egress => {
                if let Some(host) = &event.target {
                    self.count(Part::Destinations, Item::plain(host.clone()), once);
                }
            }
            EventKind::ModelCall | EventKind::ModelLoad => {
                if let Some(model) = event.model.as_ref().or(event.target.as_ref()) {
                    self.count(Part::Models, Item::plain(model.clone()), once);
                }
            }
            EventKind::ToolCall => self.learn_arguments(event, once),
            _ => {}
        }
    }

    /// Learns what a run tells.
    pub fn learn_run(&mut self, run: &Run, vocabulary: &Vocabulary<'_>) {
        let seed = Hash::of(&[&run.id]).low;
        let many = |times| Occurrence { seed, times, first: run.start, last: run.end };
        let has_prompt = if run.has_prompt() { "with a prompt" } else { "without a prompt" };
        let (mut calls, mut changes) = (0u64, 0u64);
        for (kind, tally) in &run.tally {
            let Some((_, name)) = vocabulary.get(*kind) else { continue };
            calls = calls.saturating_add(tally.calls);
            if vocabulary.is_write(*kind, tally.effect) {
                changes = changes.saturating_add(tally.calls);
            }
            let outcome = |what: &str| Item::new(name.clone(), what.into());
            self.count(Part::Calls, Item::plain(name.clone()), many(tally.calls));
            self.count(Part::Runs, Item::plain(name.clone()), many(tally.calls.min(1)));
            self.count(Part::Refusals, outcome("allowed"), many(tally.calls));
            self.count(Part::Refusals, outcome("refused"), many(tally.refused));
            self.count(Part::Prompts, outcome(has_prompt), many(tally.calls));
        }
        self.runs = self.runs.saturating_add(1);
        self.extend(run.start, run.end);
        self.schedule.day(day(run.start), &Day { records: 0, runs: 1, calls });
        for call in &run.calls {
            if let (Some((_, name)), Some(target)) = (vocabulary.get(call.kind), &call.target) {
                let once = Occurrence { first: call.time, last: call.time, ..many(1) };
                self.count(Part::Targets, Item::new(name.clone(), target.clone()), once);
            }
        }
        self.learn_models(run, vocabulary, many(1));
        if run.span == Span::Session {
            let duration = run.end.as_nanosecond().saturating_sub(run.start.as_nanosecond());
            self.measure(Amount::CallsPerRun, Some(calls));
            self.measure(Amount::WritesPerRun, Some(changes));
            self.measure(Amount::RunDuration, u64::try_from(duration).ok());
            self.learn_order(run, vocabulary, many(1));
        }
    }

    /// Learns what is left of runs that were too many to be kept.
    pub fn learn_day(&mut self, number: i64, earlier: &EarlierDay, vocabulary: &Vocabulary<'_>) {
        let Some(midnight) = midnight(number) else { return };
        let mut calls = 0u64;
        for (kind, times) in &earlier.tally {
            let Some((_, name)) = vocabulary.get(*kind) else { continue };
            calls = calls.saturating_add(*times);
            let seed = number.unsigned_abs();
            let many = Occurrence { seed, times: *times, first: midnight, last: midnight };
            self.count(Part::Calls, Item::plain(name.clone()), many);
        }
        self.runs = self.runs.saturating_add(earlier.runs);
        self.extend(midnight, midnight);
        self.schedule.day(number, &Day { records: 0, runs: earlier.runs, calls });
    }

    fn learn_amounts(&mut self, event: &Event) {
        let took = event.duration.and_then(|duration| u64::try_from(duration).ok());
        match event.kind {
            EventKind::ModelCall => {
                self.measure(Amount::TokensIn, event.tokens_in);
                self.measure(Amount::TokensOut, event.tokens_out);
                self.measure(Amount::ModelLatency, took);
                self.measure(Amount::OutputSize, event.bytes);
            }
            EventKind::ToolCall | EventKind::ToolResult => {
                self.measure(Amount::CallLatency, took);
                self.measure(Amount::OutputSize, event.bytes);
            }
            // They contain calls, or are none.
            EventKind::Prompt | EventKind::AgentInvoke | EventKind::Other => {}
            _ => {
                self.measure(Amount::CallLatency, took);
                self.measure(Amount::BytesMoved, event.bytes);
            }
        }
    }

    fn learn_identity(&mut self, event: &Event, once: Occurrence) {
        let principal = event.principal.as_ref();
        let hop = match event.kind {
            EventKind::IdentityHop => principal.zip(event.target.as_ref()),
            _ => event.on_behalf_of.as_ref().zip(principal),
        };
        if let Some((from, to)) = hop.filter(|(from, to)| from != to) {
            self.count(Part::IdentityHops, Item::new(from.clone(), to.clone()), once);
        }
        if let Some(credential) = &event.credential_id {
            let holder = principal.cloned().unwrap_or_default();
            self.count(Part::Credentials, Item::new(holder, lasting(credential)), once);
        }
    }

    fn learn_arguments(&mut self, event: &Event, once: Occurrence) {
        let (Some(params), Some(tool)) = (&event.params, &event.action) else { return };
        let found = arguments::read(params);
        let argument = |at: &str| match at.is_empty() {
            true => tool.clone(),
            false => Text::from(format!("{} {at}", tool.raw())),
        };
        for (at, kind) in &found.types {
            self.count(Part::ArgumentTypes, Item::new(argument(at), (*kind).into()), once);
        }
        for (at, origin) in &found.origins {
            let item = Item::new(argument(at), origin.as_str().into());
            self.count(Part::ArgumentOrigins, item, once);
        }
        for (source, at) in &found.flows {
            self.count(Part::Flows, Item::new(source.as_str().into(), argument(at)), once);
        }
    }

    /// The order in which the models of a run were first used.
    fn learn_models(&mut self, run: &Run, vocabulary: &Vocabulary<'_>, once: Occurrence) {
        let mut known = BTreeSet::new();
        let mut before = Text::default();
        for call in &run.calls {
            if let Some((Capability::Model { name, .. }, _)) = vocabulary.get(call.kind)
                && known.insert(name)
            {
                self.count(Part::ModelOrder, Item::new(before, name.clone()), once);
                before = name.clone();
            }
        }
    }

    /// Transitions, and what came before changes.
    fn learn_order(&mut self, run: &Run, vocabulary: &Vocabulary<'_>, once: Occurrence) {
        let mut before = Text::default();
        let mut earlier: Vec<(KindId, &Text)> = Vec::new();
        let mut pairs: BTreeSet<(&Text, &Text)> = BTreeSet::new();
        for call in &run.calls {
            let Some((_, name)) = vocabulary.get(call.kind).filter(|(kind, _)| is_step(kind))
            else {
                continue;
            };
            self.count(Part::Transitions, Item::new(before, name.clone()), once);
            before = name.clone();
            if vocabulary.is_write(call.kind, call.effect) {
                let others = earlier.iter().filter(|(kind, _)| *kind != call.kind);
                pairs.extend(others.map(|(_, first)| (name, *first)));
            }
            let is_known = earlier.iter().any(|(kind, _)| *kind == call.kind);
            if !is_known && earlier.len() < EARLIER_KINDS {
                earlier.push((call.kind, name));
            }
        }
        for (write, first) in pairs {
            self.count(Part::EarlierThanWrites, Item::new(write.clone(), first.clone()), once);
        }
        // Of a run that is not kept to its end, the end is not known.
        let all: u64 =
            run.tally.values().map(|tally| tally.calls.saturating_add(tally.refused)).sum();
        if run.calls.len() as u64 >= all && !before.is_empty() {
            self.count(Part::Transitions, Item::new(before, Text::default()), once);
        }
    }

    fn count(&mut self, part: Part, item: Item, occurrence: Occurrence) {
        if occurrence.times > 0 {
            self.frequencies.entry(part).or_default().add(item, occurrence);
        }
    }

    fn measure(&mut self, amount: Amount, size: Option<u64>) {
        if let Some(size) = size {
            self.amounts.entry(amount).or_default().add(size);
        }
    }
}

/// Beginnings of the ids of credentials that are issued anew all the time, and what they are: the id of
/// a Kubernetes service account's token (`authentication.kubernetes.io/credential-id`), the key of an
/// AWS session (IAM user guide, unique identifiers).
const PASSING: [(&str, &str); 2] = [("JTI=", "issued token"), ("ASIA", "session key")];

/// A credential, or its kind where each is in use for an hour.
fn lasting(credential: &Text) -> Text {
    let passing = PASSING.iter().find(|(beginning, _)| credential.raw().starts_with(beginning));
    passing.map_or_else(|| credential.clone(), |(_, kind)| (*kind).into())
}
