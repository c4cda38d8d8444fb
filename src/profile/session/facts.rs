//! What is compared between sessions: what was asked, which tools were called, with values from where.

use crate::domain::{Capability, EventId};
use crate::profile::argument::{Argument, NameId, Sort, ValueSource};
use crate::profile::kind::{KindId, writes};
use crate::profile::run::{Call, Run};

/// Writes of one run that are told apart by number.
const WRITES: u32 = 32;

/// One session as the baseline sees it.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    pub context: Context,
    pub calls: Vec<Act>,
    pub writes: u32,
    /// All that the run shows, ascending.
    pub shown: Vec<Shown>,
}

/// What the work is, as far as it is known before the work: the words of the prompt, or without a
/// prompt the first call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Context {
    pub stems: Vec<u32>,
    pub first: Option<KindId>,
}

/// One call.
#[derive(Clone, Debug)]
pub struct Act {
    pub event: EventId,
    pub kind: KindId,
    pub writes: bool,
    pub arguments: Vec<Argument>,
    /// Shares of its arguments that did not come from the prompt, and that came from outputs.
    pub unasked: f64,
    pub from_outputs: f64,
}

/// Something a run shows or does not show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Shown {
    Call(KindId),
    /// A value, whatever it was given to.
    Value(u64),
    ValueAt(KindId, NameId, u64),
    /// An output of a tool became an argument.
    Flow(NameId, KindId, NameId),
    Source(KindId, NameId, ValueSource),
    /// At least so many writes.
    Writes(u32),
    Calls(KindId, u32),
    /// At least so many writes without an argument from the prompt.
    Unasked(u32),
    Later(KindId, KindId),
    Length(u32),
    Pair(KindId, KindId),
}

impl Facts {
    /// Takes from a session what belongs to the kinds in `shows`.
    pub fn of(run: &Run, kinds: &[Capability], shows: impl Fn(KindId) -> bool) -> Self {
        let calls = run.calls.iter().filter(|call| shows(call.kind));
        let calls: Vec<Act> = calls.map(|call| act(call, run, kinds)).collect();
        let stems = run.asked.stems.clone();
        let first = if stems.is_empty() { calls.first().map(|call| call.kind) } else { None };
        let number = calls.iter().filter(|call| call.writes).count();
        let writes = u32::try_from(number).unwrap_or(WRITES).min(WRITES);
        let mut shown: Vec<Shown> = (1..=writes).map(Shown::Writes).collect();
        for call in &calls {
            shown.push(Shown::Call(call.kind));
            for argument in &call.arguments {
                shown.push(Shown::Value(argument.value));
                shown.push(Shown::ValueAt(call.kind, argument.name, argument.value));
                shown.push(Shown::Source(call.kind, argument.name, argument.source));
                if let ValueSource::Output(tool) = argument.source {
                    shown.push(Shown::Flow(tool, call.kind, argument.name));
                }
            }
        }
        for (i, a) in calls.iter().enumerate() {
            let count = calls.iter().take(i + 1).filter(|b| b.kind == a.kind).count();
            shown.push(Shown::Calls(a.kind, u32::try_from(count).unwrap_or(WRITES).min(WRITES)));
            if let Some(b) = calls.get(i + 1) {
                shown.push(Shown::Pair(a.kind, b.kind));
            }
        }
        let unasked = calls.iter().filter(|c| c.writes && c.unasked >= 1.0).count() as u32;
        shown.extend((1..=unasked.min(WRITES)).map(Shown::Unasked));
        shown.extend((1..=(calls.len() as u32).min(64)).map(Shown::Length));
        for (i, a) in calls.iter().enumerate() { for b in calls.iter().skip(i + 1).filter(|b| b.writes && b.kind != a.kind) { shown.push(Shown::Later(a.kind, b.kind)); } }
        shown.sort_unstable();
        shown.dedup();
        Self { context: Context { stems, first }, calls, writes, shown }
    }
}

fn act(call: &Call, run: &Run, kinds: &[Capability]) -> Act {
    let asked = |argument: &Argument| {
        argument.sort.is_address() && run.asked.addresses.binary_search(&argument.value).is_ok()
    };
    let arguments: Vec<Argument> = call
        .arguments
        .iter()
        .map(|argument| match asked(argument) {
            true => Argument { source: ValueSource::Prompt, ..*argument },
            false => *argument,
        })
        .collect();
    let share = |is: &dyn Fn(&Argument) -> bool, none: f64| match arguments.len() {
        0 => none,
        all => arguments.iter().filter(|argument| is(argument)).count() as f64 / all as f64,
    };
    let kind = kinds.get(call.kind.0 as usize);
    Act {
        event: call.event,
        kind: call.kind,
        writes: kind.is_none_or(|kind| writes(kind, call.effect)),
        unasked: share(&|argument| argument.source != ValueSource::Prompt, 0.5),
        from_outputs: share(&|argument| matches!(argument.source, ValueSource::Output(_)), 0.0),
        arguments,
    }
}

impl Act {
    /// The addresses that did not come from the prompt.
    pub fn unasked_addresses(&self) -> impl Iterator<Item = &Argument> {
        let is_unasked = |argument: &&Argument| {
            argument.sort.is_address() && argument.source != ValueSource::Prompt
        };
        self.arguments.iter().filter(is_unasked)
    }

    pub fn flows(&self) -> impl Iterator<Item = (NameId, &Argument)> {
        self.arguments.iter().filter_map(|argument| match argument.source {
            ValueSource::Output(tool) => Some((tool, argument)),
            _ => None,
        })
    }

    pub fn has(&self, sort: Sort) -> bool {
        self.arguments.iter().any(|argument| argument.sort == sort)
    }
}
