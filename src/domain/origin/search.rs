//! The search: all values of all calls in all texts at once, so that long conversations stay linear.

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use rustc_hash::FxHashMap;
use serde_json::Value;

use super::fold::Folded;
use super::value::{Leaf, Weight, leaves};
use super::{Answer, Appearance, ArgumentOrigin, Likeness, Origin};

/// Bytes of all different values that are looked for; what goes beyond is said to be undecided.
const BYTES: usize = 512 * 1024;
const TOO_MANY: &str = "there are more different values than are looked for";
/// Bytes of a value that may be a part of a longer word.
const INSIDE: usize = 12;
/// Places kept of each value, the earliest.
const PLACES: usize = 8;

/// A text that values may come from. Its number in the list is its place.
pub struct Passage<'t> {
    /// When it was there, in any unit: passages of one moment come by their origins.
    pub moment: usize,
    pub origin: Origin,
    pub text: &'t str,
}

/// The arguments of a call; what came at its moment or later is no origin of theirs.
pub struct Call<'a> {
    pub moment: usize,
    pub arguments: &'a Value,
    /// A text before it is not known, and why: what is found nowhere may stand in it.
    pub gap: Option<&'a str>,
}

/// Where the arguments of each call come from, in the order of the calls.
pub fn search(calls: &[Call<'_>], passages: &[Passage<'_>]) -> Vec<Vec<ArgumentOrigin<usize>>> {
    let mut values = Values::default();
    let wanted: Vec<Vec<Wanted>> = calls
        .iter()
        .map(|call| leaves(call.arguments).into_iter().map(|leaf| values.add(leaf)).collect())
        .collect();
    values.find(passages);
    let answer = |call: &Call<'_>, wanted: Vec<Wanted>| {
        let origins = wanted.into_iter().map(|wanted| ArgumentOrigin {
            answer: values.answer(&wanted, call, passages),
            at: wanted.leaf.at.into(),
        });
        origins.collect()
    };
    calls.iter().zip(wanted).map(|(call, wanted)| answer(call, wanted)).collect()
}

/// A value with the numbers under which it is looked for.
struct Wanted {
    leaf: Leaf,
    whole: Option<usize>,
    parts: Vec<usize>,
    /// Some of it could not be looked for.
    is_cut: bool,
}

#[derive(Default)]
struct Values {
    numbers: FxHashMap<String, usize>,
    texts: Vec<String>,
    bytes: usize,
    /// By number.
    places: Vec<Places>,
}

/// The earliest passages in which a value stands.
#[derive(Clone, Default)]
struct Places {
    /// By itself, as it is spelled there.
    alone: Vec<(usize, Box<str>)>,
    /// Inside a longer word only.
    inside: Vec<usize>,
}

impl Values {
    fn add(&mut self, mut leaf: Leaf) -> Wanted {
        if leaf.weight == Weight::Nothing {
            return Wanted { leaf, whole: None, parts: Vec::new(), is_cut: false };
        }
        let parts = std::mem::take(&mut leaf.parts);
        let wished = parts.len() + usize::from(leaf.folded.is_some());
        let whole = leaf.folded.clone().and_then(|text| self.number(text));
        let parts: Vec<usize> = parts.into_iter().filter_map(|part| self.number(part)).collect();
        let is_cut = parts.len() + usize::from(whole.is_some()) < wished;
        Wanted { leaf, whole, parts, is_cut }
    }

    fn number(&mut self, text: String) -> Option<usize> {
        if let Some(number) = self.numbers.get(&text) {
            return Some(*number);
        }
        if text.is_empty() || self.bytes.saturating_add(text.len()) > BYTES {
            return None;
        }
        self.bytes += text.len();
        self.texts.push(text.clone());
        self.numbers.insert(text, self.texts.len() - 1);
        Some(self.texts.len() - 1)
    }

    fn find(&mut self, passages: &[Passage<'_>]) {
        self.places = vec![Places::default(); self.texts.len()];
        if self.texts.is_empty() || passages.is_empty() {
            return;
        }
        // Most sets are searched for once: an automaton that is quick to build serves them best. A set
        // of this size always has one.
        let kind = Some(AhoCorasickKind::ContiguousNFA);
        let Ok(automaton) = AhoCorasick::builder().kind(kind).build(&self.texts) else { return };
        let mut order: Vec<usize> = (0..passages.len()).collect();
        order.sort_by_key(|place| rank(passages, *place));
        for place in order {
            let Some(passage) = passages.get(place) else { continue };
            let text = Folded::of(passage.text);
            for found in automaton.find_overlapping_iter(&text.text) {
                let Some(places) = self.places.get_mut(found.pattern().as_usize()) else {
                    continue;
                };
                if stands_alone(&text.text, found.start(), found.end()) {
                    let range = text.raw_range(found.start(), found.end());
                    places.add_alone(place, passage.text.get(range).unwrap_or_default());
                } else if found.len() >= INSIDE {
                    places.add_inside(place);
                }
            }
        }
    }

    fn answer(&self, wanted: &Wanted, call: &Call<'_>, passages: &[Passage<'_>]) -> Answer<usize> {
        let appearance = |place: usize, likeness: Likeness| {
            let passage = passages.get(place).filter(|passage| passage.moment < call.moment)?;
            Some(Appearance { origin: passage.origin, likeness, place })
        };
        let likeness = |spelling: Option<&str>| match spelling {
            Some(spelling) if wanted.leaf.raw == spelling => Likeness::Exact,
            Some(_) => Likeness::Normalised,
            None => Likeness::Part,
        };
        let places = |number: &usize| self.places.get(*number);
        let whole = wanted.whole.as_ref().and_then(places).into_iter().flat_map(Places::all);
        let mut found: Vec<Appearance<usize>> =
            whole.filter_map(|(place, spelling)| appearance(place, likeness(spelling))).collect();
        if found.is_empty() {
            for part in wanted.parts.iter().filter_map(places) {
                let mut of_part: Vec<Appearance<usize>> =
                    part.all().filter_map(|(place, _)| appearance(place, Likeness::Part)).collect();
                // What the user or the instructions gave is theirs, whoever repeats it.
                if let Some(given) = of_part.iter().find(|place| place.origin <= Origin::System) {
                    of_part = vec![*given];
                }
                found.extend(of_part);
            }
            found.sort_by_key(|place| rank(passages, place.place));
            found.dedup();
        }
        found.truncate(PLACES);
        match (wanted.leaf.weight, call.gap) {
            _ if !found.is_empty() => Answer::From(found),
            (Weight::Nothing | Weight::Word, _) => Answer::NotTelling,
            (Weight::Much, _) if wanted.is_cut => Answer::CantTell(TOO_MANY.to_owned()),
            (Weight::Much, Some(gap)) => Answer::CantTell(gap.to_owned()),
            (Weight::Much, None) => Answer::Nowhere,
        }
    }
}

impl Places {
    /// Where it stands alone, then where it is inside a longer word; with its spelling if alone.
    fn all(&self) -> impl Iterator<Item = (usize, Option<&str>)> {
        let alone = self.alone.iter().map(|(place, spelling)| (*place, Some(&**spelling)));
        alone.chain(self.inside.iter().map(|place| (*place, None)))
    }

    fn add_alone(&mut self, place: usize, spelling: &str) {
        if self.alone.len() < PLACES && self.alone.last().is_none_or(|(last, _)| *last != place) {
            self.inside.retain(|inside| *inside != place);
            self.alone.push((place, spelling.into()));
        }
    }

    fn add_inside(&mut self, place: usize) {
        let is_known = self.inside.last() == Some(&place)
            || self.alone.last().is_some_and(|(last, _)| *last == place);
        if self.inside.len() < PLACES && !is_known {
            self.inside.push(place);
        }
    }
}

/// First come, first named.
fn rank(passages: &[Passage<'_>], place: usize) -> Option<(usize, Origin, usize)> {
    passages.get(place).map(|passage| (passage.moment, passage.origin, place))
}

/// Whether no further part of the same word touches the range: a letter or digit, or one behind what
/// joins names (`true-information.example` does not name `information.example`).
fn stands_alone(text: &str, start: usize, end: usize) -> bool {
    let joins = |c: char| matches!(c, '-' | '_' | '.' | '+');
    let touched = |outside: &mut dyn Iterator<Item = char>| match outside.next() {
        Some(c) if joins(c) => outside.next().is_some_and(char::is_alphanumeric),
        next => next.is_some_and(char::is_alphanumeric),
    };
    let mut before = text.get(..start).unwrap_or_default().chars().rev();
    let mut after = text.get(end..).unwrap_or_default().chars();
    !touched(&mut before) && !touched(&mut after)
}
