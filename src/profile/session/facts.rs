//! What is compared between sessions: what was asked, which tools were called, with values from where.

use crate::domain::{Capability, EventId};
use crate::profile::argument::{Argument, NameId, Sort, ValueSource};
use crate::profile::kind::{KindId, writes};
use crate::profile::run::{Call, Run};

/// Calls of one run that are compared, and distinct kinds of which the order is.
const CALLS: usize = 512;
const ORDERED_KINDS: usize = 48;

/// Writes of one run that are told apart by number.
const WRITES: u32 = 32;

/// One session as the baseline sees it.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    pub context: Context,
    pub acts: Vec<Act>,
    /// All that the run shows, ascending.
    pub shown: Vec<Shown>,
}

/// What the work is, as far as it is known before the work: the words of the prompt, or without a
/// prompt the first call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Context {
    /// Ascending.
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
    /// The share of its arguments that did not come from the prompt; a half where none tells.
    pub unasked: f64,
    /// The share that came from outputs of tools.
    pub from_outputs: f64,
    /// How many writes without any argument from the prompt there were, this one included.
    pub unasked_writes: u32,
    /// The calls of other kinds before it, the first of each kind.
    pub after: Vec<KindId>,
}

/// Something a run shows or does not show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Shown {
    Call(KindId),
    /// An argument of a call had its value from there.
    Source(KindId, NameId, ValueSource),
    /// A value, whatever it was given to.
    Value(u64),
    /// At least so many writes without any argument from the prompt.
    UnaskedWrites(u32),
    /// A write, any time after a call of another kind.
    Later(KindId, KindId),
}

impl Facts {
    /// Takes from a session what belongs to the kinds in `shows`.
    pub fn of(run: &Run, kinds: &[Capability], shows: impl Fn(KindId) -> bool) -> Self {
        let calls = run.calls.iter().filter(|call| shows(call.kind)).take(CALLS);
        let mut acts: Vec<Act> = calls.map(|call| act(call, run, kinds)).collect();
        let (mut unasked, mut before) = (0u32, Vec::new());
        for act in &mut acts {
            if act.is_unasked_write() {
                unasked = unasked.saturating_add(1).min(WRITES);
                act.unasked_writes = unasked;
            }
            if act.writes {
                act.after = before.iter().copied().filter(|kind| *kind != act.kind).collect();
            }
            if before.len() < ORDERED_KINDS && !before.contains(&act.kind) {
                before.push(act.kind);
            }
        }
        let stems = run.asked.stems.clone();
        let first = if stems.is_empty() { acts.first().map(|act| act.kind) } else { None };
        let mut shown: Vec<Shown> = acts.iter().flat_map(Act::shown).collect();
        shown.sort_unstable();
        shown.dedup();
        Self { context: Context { stems, first }, acts, shown }
    }

    pub fn shows(&self, shown: Shown) -> bool {
        self.shown.binary_search(&shown).is_ok()
    }

    /// Whether both were asked the same and did the same, value by value: they have one score.
    pub fn is_alike(&self, other: &Self) -> bool {
        let alike = |(one, other): (&Act, &Act)| {
            (one.kind, one.writes) == (other.kind, other.writes) && one.arguments == other.arguments
        };
        self.context == other.context
            && self.acts.len() == other.acts.len()
            && self.acts.iter().zip(&other.acts).all(alike)
    }
}

impl Act {
    /// A write none of whose arguments came from the prompt, as far as is known.
    pub fn is_unasked_write(&self) -> bool {
        self.writes && (self.arguments.is_empty() || self.unasked >= 1.0)
    }

    /// Everything that this call shows.
    fn shown(&self) -> impl Iterator<Item = Shown> {
        let of_arguments = self.arguments.iter().flat_map(|argument| {
            let source = Shown::Source(self.kind, argument.name, argument.source);
            // Texts are hardly ever equal.
            let value = (argument.sort != Sort::Text).then_some(Shown::Value(argument.value));
            std::iter::once(source).chain(value)
        });
        let unasked = self.is_unasked_write().then_some(Shown::UnaskedWrites(self.unasked_writes));
        let order = self.after.iter().map(|before| Shown::Later(*before, self.kind));
        std::iter::once(Shown::Call(self.kind)).chain(of_arguments).chain(unasked).chain(order)
    }
}

fn act(call: &Call, run: &Run, kinds: &[Capability]) -> Act {
    // An address inside a longer text has no origin of its own.
    let is_asked = |argument: &Argument| {
        argument.sort.is_address() && run.asked.addresses.binary_search(&argument.value).is_ok()
    };
    let arguments: Vec<Argument> = call
        .arguments
        .iter()
        .map(|argument| match is_asked(argument) {
            true => Argument { source: ValueSource::Prompt, ..*argument },
            false => *argument,
        })
        .collect();
    let share = |is: &dyn Fn(ValueSource) -> bool, none: f64| match arguments.len() {
        0 => none,
        all => arguments.iter().filter(|argument| is(argument.source)).count() as f64 / all as f64,
    };
    let kind = kinds.get(call.kind.0 as usize);
    Act {
        event: call.event,
        kind: call.kind,
        writes: kind.is_none_or(|kind| writes(kind, call.effect)),
        unasked: share(&|source| source != ValueSource::Prompt, 0.5),
        from_outputs: share(&|source| matches!(source, ValueSource::Output(_)), 0.0),
        arguments,
        unasked_writes: 0,
        after: Vec::new(),
    }
}
