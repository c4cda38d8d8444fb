//! One incident's events as one ordered story, over all lanes.
//!
//! | file | subject |
//! |---|---|
//! | `order` | by time; at one instant causes before effects |
//! | `links` | the ties between events, and the parents that spans name |
//! | `acts` | which tool call an event happened in |
//! | `collapse` | runs of similar events as activities, the whole as flat entries |
//! | `family` | which targets are alike |
//! | `gaps` | what is missing, and the words for it |
//! | [`owner`] | whose an event is |
//! | `words` | one line of text for an event |
//! | [`chain`] | what led to an event and what it led to, and where that breaks off |
//! | [`compare`](mod@compare) | two runs, step by step |
//! | [`state`](mod@state) | what an agent had been given, had read, was allowed, at an instant |
//! | [`report`] | the storyline as Markdown |
//!
//! The cost is linear in the events and ties, but for sorting.

mod acts;
pub mod chain;
mod collapse;
pub mod compare;
mod family;
mod gaps;
mod links;
mod order;
pub mod owner;
pub mod report;
pub mod state;
mod words;

use rustc_hash::FxHashMap;

use self::collapse::Extra;
use crate::domain::{
    Attribution, Authorisation, Coverage, Event, EventId, EventLink, FindingId, LinkKind, Marks,
    Storyline, StorylineLink, StorylineNote,
};

/// What a storyline is made of.
pub struct Input<'a> {
    /// The whole events of one scope, in any order.
    pub events: Vec<Event>,
    /// Ties between events; parents that spans name are found here and need not be among them.
    pub links: Vec<EventLink>,
    /// The findings that cite an event.
    pub cited: &'a FxHashMap<EventId, Vec<FindingId>>,
    pub notes: Vec<StorylineNote>,
    pub coverage: &'a [Coverage],
    pub attribution: &'a dyn Attribution,
}

/// Tells the story. The order of the input makes no difference.
pub fn build(input: Input<'_>) -> Storyline {
    let Input { events, mut links, cited, mut notes, coverage, attribution } = input;
    let mut events = order::by_time(events);
    links.extend(links::parents(&events));
    order::break_ties(&mut events, &links);
    let ties = links::between(&events, links);
    let skews = links::skews(&events, &ties.links);
    let marks = marks(&events, &ties.links, cited);
    let acts = acts::acts(&events, &ties.links);
    notes.sort();
    let notes = notes.into_iter().map(|note| Extra::note(&events, note));
    let mut extras = gaps::find(&events, &ties.links, coverage, attribution);
    extras.extend(notes);
    let entries = collapse::entries(&events, &marks, &acts, extras);
    Storyline { events, entries, links: ties.links, leaving: ties.leaving, skews }
}

/// Why each event should be looked at.
fn marks(
    events: &[Event],
    links: &[StorylineLink],
    cited: &FxHashMap<EventId, Vec<FindingId>>,
) -> Vec<Marks> {
    let mut marks: Vec<Marks> = events
        .iter()
        .map(|event| {
            let mut findings = cited.get(&event.id).cloned().unwrap_or_default();
            findings.sort_unstable();
            findings.dedup();
            let refused = event.authorisation() == Authorisation::Refused;
            Marks { refused, linked: false, findings }
        })
        .collect();
    for link in links {
        if matches!(link.kind, LinkKind::Argument | LinkKind::Flow) {
            for end in [link.from, link.to] {
                if let Some(marks) = marks.get_mut(end as usize) {
                    marks.linked = true;
                }
            }
        }
    }
    marks
}

/// A position as it is kept: scopes beyond four thousand million events are not told.
fn position(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod real_data;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
