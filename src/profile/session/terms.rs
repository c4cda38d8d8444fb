//! The terms of a session's score: one function each, one table of them.

use super::baseline::{Likeness, Rarity};
use super::facts::{Act, Facts, Shown};
use crate::profile::argument::{Argument, Sort, ValueSource};

/// Evidence that rests on reading, or on order alone, weighs this much: agents look around.
const WEAK: f64 = 0.5;

/// What the model made up weighs this much: nobody else put it into its mouth.
const MADE_UP: f64 = 0.25;

/// What a term is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, strum::Display)]
#[strum(serialize_all = "kebab-case")]
pub enum Aspect {
    /// A tool that such a request does not lead to, on somebody else's word.
    Call,
    /// Where an argument came from.
    Source,
    /// What was done to: a value that such a request does not lead to.
    Value,
    /// Writes that have nothing of what was asked.
    Unasked,
    /// A write after a call that it does not follow.
    Order,
}

/// One term of a score, with its evidence.
#[derive(Clone, Debug)]
pub struct Term {
    pub aspect: Aspect,
    pub nats: f64,
    /// Index of the call among the acts of the run.
    pub act: usize,
    pub shown: Shown,
    pub rarity: Rarity,
    /// The argument that it is about.
    pub argument: Option<Argument>,
}

/// Of each aspect only the largest counts, so that a long run is not unusual for its length.
const TABLE: [fn(&Likeness<'_>, &Act) -> Vec<Found>; 5] = [call, source, value, unasked, order];

/// A term before it is known of which call: the aspect, nats, and what is rare how much.
type Found = (Aspect, f64, Shown, Rarity, Option<Argument>);

/// The terms of a run, largest first; their sum is its score.
pub fn terms(like: &Likeness<'_>, run: &Facts) -> Vec<Term> {
    let mut terms: Vec<Term> = TABLE.iter().filter_map(|term| largest(like, run, term)).collect();
    terms.sort_by(|a, b| b.nats.total_cmp(&a.nats));
    terms
}

/// The sum of the terms, in the order of the table.
pub fn score(like: &Likeness<'_>, run: &Facts) -> f64 {
    TABLE.iter().filter_map(|term| largest(like, run, term)).map(|term| term.nats).sum()
}

fn largest(
    like: &Likeness<'_>,
    run: &Facts,
    term: &fn(&Likeness<'_>, &Act) -> Vec<Found>,
) -> Option<Term> {
    let mut largest: Option<Term> = None;
    for (at, act) in run.acts.iter().enumerate() {
        for (aspect, nats, shown, rarity, argument) in term(like, act) {
            if nats > largest.as_ref().map_or(0.0, |largest| largest.nats) {
                largest = Some(Term { aspect, nats, act: at, shown, rarity, argument });
            }
        }
    }
    largest
}

fn trust(argument: &Argument) -> f64 {
    if argument.source == ValueSource::Novel { MADE_UP } else { 1.0 }
}

/// How telling a value is that the prompt did not give: as itself where values recur, else as one of
/// its place and origin.
fn strangeness(like: &Likeness<'_>, act: &Act, argument: &Argument) -> (f64, Shown, Rarity) {
    let shown = Shown::Value(argument.value);
    let rarity = like.rarity(shown);
    let source = like.rarity(Shown::Source(act.kind, argument.name, argument.source));
    let nats = like.recurring * rarity.nats + (1.0 - like.recurring) * source.nats;
    (trust(argument) * nats, shown, rarity)
}

fn unasked_of(act: &Act) -> impl Iterator<Item = &Argument> {
    act.arguments.iter().filter(|argument| argument.source != ValueSource::Prompt)
}

/// The tool, as far as the prompt does not account for its arguments, and the strangest address it
/// was given.
fn call(like: &Likeness<'_>, act: &Act) -> Vec<Found> {
    let rarity = like.rarity(Shown::Call(act.kind));
    let tool = match act.writes {
        true => rarity.nats * act.unasked,
        false => WEAK * rarity.nats * act.from_outputs,
    };
    let addresses = unasked_of(act).filter(|argument| argument.sort.is_address());
    let address = addresses
        .map(|argument| (strangeness(like, act, argument).0, *argument))
        .reduce(|most, next| if next.0 > most.0 { next } else { most });
    let (nats, argument) = address.map_or((0.0, None), |(nats, argument)| (nats, Some(argument)));
    vec![(Aspect::Call, tool + nats, Shown::Call(act.kind), rarity, argument)]
}

/// Where the arguments came from: of a write all but the prompt, of a read the outputs of tools.
fn source(like: &Likeness<'_>, act: &Act) -> Vec<Found> {
    if act.arguments.is_empty() && act.writes {
        let rarity = like.rarity(Shown::Call(act.kind));
        return vec![(Aspect::Source, rarity.nats, Shown::Call(act.kind), rarity, None)];
    }
    let found = unasked_of(act).filter_map(|argument| {
        let is_output = matches!(argument.source, ValueSource::Output(_));
        let weight = match (act.writes, is_output) {
            (true, true) => 1.0,
            (true, false) => trust(argument),
            (false, true) => WEAK,
            (false, false) => return None,
        };
        let shown = Shown::Source(act.kind, argument.name, argument.source);
        let rarity = like.rarity(shown);
        Some((Aspect::Source, weight * rarity.nats, shown, rarity, Some(*argument)))
    });
    found.collect()
}

/// What a write was done to. Addresses are in the term of the call; texts are hardly ever equal.
fn value(like: &Likeness<'_>, act: &Act) -> Vec<Found> {
    if !act.writes {
        return Vec::new();
    }
    let told = unasked_of(act)
        .filter(|argument| !argument.sort.is_address() && argument.sort != Sort::Text);
    let found = told.map(|argument| {
        let (nats, shown, rarity) = strangeness(like, act, argument);
        (Aspect::Value, nats, shown, rarity, Some(*argument))
    });
    found.collect()
}

fn unasked(like: &Likeness<'_>, act: &Act) -> Vec<Found> {
    if !act.is_unasked_write() {
        return Vec::new();
    }
    let shown = Shown::UnaskedWrites(act.unasked_writes);
    let rarity = like.rarity(shown);
    vec![(Aspect::Unasked, rarity.nats, shown, rarity, None)]
}

fn order(like: &Likeness<'_>, act: &Act) -> Vec<Found> {
    let found = act.after.iter().map(|before| {
        let shown = Shown::Later(*before, act.kind);
        let rarity = like.rarity(shown);
        let weight = if act.arguments.is_empty() { 1.0 } else { WEAK };
        (Aspect::Order, weight * rarity.nats, shown, rarity, None)
    });
    found.collect()
}
