//! The runs of one agent while they are being observed.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use rustc_hash::{FxHashMap, FxHashSet};

use super::argument::{Argument, NameId, ValueSource};
use super::arguments::{self, Arguments, From, Leaf};
use super::asked::{self, Asked};
use super::cadence::day;
use super::kind::KindId;
use super::recent::{Interner, Recent, key};
use super::run::{Amounts, Call, EarlierDay, Run, Span, Tally};
use super::settings::Settings;
use crate::domain::{AgentKey, Authorisation, Event, EventId, EventKind, Text};

/// Distinct argument shapes and targets shared between calls.
const SHARED_TEXTS: usize = 50_000;

/// Distinct names of arguments and of the tools their values come from; further ones share one.
const NAMES: usize = 65_536;

/// Days whose ids are kept.
const SHARED_DAYS: usize = 1000;

/// Runs of one agent.
#[derive(Default)]
pub struct Runs {
    open: FxHashMap<Text, Open>,
    pub earlier: BTreeMap<i64, EarlierDay>,
}

struct Open {
    run: Run,
    /// Of a day: which kinds on which targets are already there.
    seen: FxHashSet<u64>,
    /// The parameters that showed the last prompt: every call of a model repeats it.
    last_prompt: Option<Text>,
}

/// What all agents' runs share: texts, and the number of calls kept.
pub struct Shared {
    texts: Recent<Text, Text>,
    /// Run ids of days: spelled once, since most events of an API server name no session.
    days: Recent<i64, Text>,
    pub names: Interner<Text>,
    arguments: Recent<Arc<[Argument]>, Arc<[Argument]>>,
    calls: usize,
}

impl Shared {
    pub fn new() -> Self {
        let mut names = Interner::new();
        names.id(&Text::default());
        Self {
            texts: Recent::new(SHARED_TEXTS),
            days: Recent::new(SHARED_DAYS),
            names,
            arguments: Recent::new(SHARED_TEXTS),
            calls: 0,
        }
    }

    /// The id and span of the run an event falls into.
    fn run_of(&mut self, event: &Event) -> (Text, Span) {
        if let Some(id) = event.session.as_ref().or(event.trace_id.as_ref()) {
            return (id.clone(), Span::Session);
        }
        let number = day(event.time);
        if let Some(id) = self.days.get(&number) {
            return (id.clone(), Span::Day);
        }
        let id = Text::from(format!("day:{}", event.time.strftime("%Y-%m-%d")));
        self.days.insert(number, id.clone());
        (id, Span::Day)
    }

    fn name(&mut self, name: &Text) -> NameId {
        match self.names.find(name) {
            Some(known) => NameId(known),
            None if self.names.len() >= NAMES => NameId::default(),
            None => NameId(self.names.id(name)),
        }
    }

    fn arguments(&mut self, leaves: Vec<Leaf>) -> Arc<[Argument]> {
        let arguments: Arc<[Argument]> = leaves
            .into_iter()
            .map(|Leaf { name, sort, from, value }| Argument {
                name: self.name(&name.into()),
                sort,
                source: match from {
                    From::Prompt => ValueSource::Prompt,
                    From::Output(tool) => ValueSource::Output(self.name(&tool)),
                    From::Other => ValueSource::Other,
                    From::Novel => ValueSource::Novel,
                    From::Unknown => ValueSource::Unknown,
                },
                value,
            })
            .collect();
        match self.arguments.get(&arguments) {
            Some(known) => known.clone(),
            None => {
                self.arguments.insert(arguments.clone(), arguments.clone());
                arguments
            }
        }
    }

    fn text(&mut self, text: Text) -> Text {
        match self.texts.get(&text) {
            Some(known) => known.clone(),
            None => {
                self.texts.insert(text.clone(), text.clone());
                text
            }
        }
    }
}

/// Whether the record shows what the agent was asked: a prompt of its own, or one kept with the
/// agent's or the model's call.
pub fn shows_prompt(event: &Event) -> bool {
    match event.kind {
        EventKind::Prompt => true,
        EventKind::AgentInvoke | EventKind::ModelCall => {
            event.params.as_ref().is_some_and(|params| params.raw().contains(r#""prompt""#))
        }
        _ => false,
    }
}

impl Runs {
    /// Opens or extends the run of an event.
    pub fn touch(
        &mut self,
        agent: &AgentKey,
        event: &Event,
        (shared, settings): (&mut Shared, &Settings),
    ) -> Text {
        let (id, span) = shared.run_of(event);
        if !self.open.contains_key(&id) && self.open.len() >= 2 * settings.runs_kept.max(1) {
            self.fold(settings.runs_kept);
        }
        let open = self.open.entry(id.clone()).or_insert_with(|| Open {
            run: Run {
                agent: agent.clone(),
                id: id.clone(),
                span,
                trace: event.trace_id.clone(),
                start: event.time,
                end: event.time,
                events: 0,
                calls: Vec::new(),
                tally: BTreeMap::new(),
                prompt: None,
                asked: Asked::default(),
                kernel_or_api: false,
                amounts: Amounts::default(),
            },
            seen: FxHashSet::default(),
            last_prompt: None,
        });
        if shows_prompt(event) && open.last_prompt != event.params {
            if let Some(prompt) = asked::prompt(event) {
                open.run.asked.add(&prompt);
            }
            open.last_prompt = event.params.clone();
        }
        let run = &mut open.run;
        run.events += 1;
        run.start = run.start.min(event.time);
        run.end = run.end.max(event.time);
        if run.prompt.is_none() && shows_prompt(event) {
            run.prompt = Some(event.id);
        }
        let tokens = event.tokens_in.unwrap_or(0).saturating_add(event.tokens_out.unwrap_or(0));
        let busy = event.duration.and_then(|duration| u64::try_from(duration).ok()).unwrap_or(0);
        let amounts = &mut run.amounts;
        amounts.tokens = amounts.tokens.saturating_add(tokens);
        amounts.bytes = amounts.bytes.saturating_add(event.bytes.unwrap_or(0));
        amounts.busy = amounts.busy.saturating_add(busy);
        id
    }

    /// Adds a call to a run that was touched.
    pub fn add(
        &mut self,
        id: &Text,
        event: &Event,
        kind: KindId,
        target: Option<Text>,
        authorisation: Authorisation,
        (shared, settings): (&mut Shared, &Settings),
    ) {
        let Some(Open { run, seen, .. }) = self.open.get_mut(id) else {
            return;
        };
        let refused = authorisation == Authorisation::Refused;
        let tally = run.tally.entry(kind).or_insert_with(|| Tally {
            calls: 0,
            refused: 0,
            effect: event.effect,
            sample: event.id,
        });
        match refused {
            true => tally.refused += 1,
            false => tally.calls += 1,
        }
        let repeated = run.span == Span::Day && !seen.insert(key(&(kind, &target, refused)));
        if repeated
            || run.calls.len() >= settings.calls_per_run
            || shared.calls >= settings.calls_kept
        {
            return;
        }
        let Arguments { shape, from_untrusted, values } = match (event.kind, &event.params) {
            (EventKind::ToolCall, Some(params)) => arguments::read(params),
            _ => Arguments::default(),
        };
        shared.calls += 1;
        run.calls.push(Call {
            time: event.time,
            kind,
            event: event.id,
            effect: event.effect,
            target: target.map(|target| shared.text(target)),
            shape: shape.map(|shape| shared.text(shape.into())),
            arguments: shared.arguments(values),
            from_untrusted,
            refused,
        });
    }

    /// Takes back a call that was an echo of another one.
    pub fn take_back(&mut self, id: &Text, event: EventId, kind: KindId, refused: bool) {
        let Some(Open { run, .. }) = self.open.get_mut(id) else {
            return;
        };
        run.events = run.events.saturating_sub(1);
        if let Some(at) = run.calls.iter().rposition(|call| call.event == event) {
            run.calls.remove(at);
        }
        if let Some(tally) = run.tally.get_mut(&kind) {
            let count = if refused { &mut tally.refused } else { &mut tally.calls };
            *count = count.saturating_sub(1);
            if tally.calls + tally.refused == 0 {
                run.tally.remove(&kind);
            }
        }
    }

    /// A record of the run echoes an act that is counted elsewhere.
    pub fn disown(&mut self, id: &Text) {
        if let Some(Open { run, .. }) = self.open.get_mut(id) {
            run.events = run.events.saturating_sub(1);
        }
    }

    /// A call turned out to be of a kind that is known more exactly.
    pub fn refine(&mut self, id: &Text, event: EventId, from: KindId, to: KindId, refused: bool) {
        let Some(Open { run, .. }) = self.open.get_mut(id) else {
            return;
        };
        let Some(tally) = run.tally.get_mut(&from) else {
            return;
        };
        let fresh = Tally { calls: 0, refused: 0, ..tally.clone() };
        let count = |tally: &mut Tally, by: i64| {
            let count = if refused { &mut tally.refused } else { &mut tally.calls };
            *count = count.saturating_add_signed(by);
        };
        count(tally, -1);
        if tally.calls + tally.refused == 0 {
            run.tally.remove(&from);
        }
        count(run.tally.entry(to).or_insert(fresh), 1);
        if let Some(call) = run.calls.iter_mut().rfind(|call| call.event == event) {
            call.kind = to;
        }
    }

    /// All runs, oldest first, with their calls in order.
    pub fn finish(&mut self, settings: &Settings) -> Vec<Run> {
        self.fold(settings.runs_kept);
        // A run without an event of its own held nothing but echoes.
        let mut runs: Vec<Run> = std::mem::take(&mut self.open)
            .into_values()
            .map(|open| open.run)
            .filter(|run| run.events > 0)
            .collect();
        for run in &mut runs {
            run.calls.sort_by_key(|call| (call.time, call.event));
            run.calls.shrink_to_fit();
        }
        runs.sort_by(|a, b| (a.start, &a.id).cmp(&(b.start, &b.id)));
        runs
    }

    /// Folds all but the most recent runs into days. A folded run whose late events still come is
    /// opened anew: with parts that far out of order its count is too high by one.
    fn fold(&mut self, keep: usize) {
        let surplus = self.open.len().saturating_sub(keep);
        if surplus == 0 {
            return;
        }
        let mut order: Vec<(Timestamp, Text)> =
            self.open.values().map(|open| (open.run.end, open.run.id.clone())).collect();
        order.sort();
        for (_, id) in order.into_iter().take(surplus) {
            let Some(Open { run, .. }) = self.open.remove(&id) else {
                continue;
            };
            let earlier = self.earlier.entry(day(run.start)).or_default();
            earlier.runs += 1;
            for (kind, tally) in run.tally {
                *earlier.tally.entry(kind).or_default() += tally.calls + tally.refused;
            }
        }
    }
}
