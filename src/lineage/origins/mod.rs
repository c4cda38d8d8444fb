//! Where the arguments of tool calls come from: what the readers state, and what is found in the texts
//! that events keep.
//!
//! A value has an origin within its own conversation (trace or session), and within others only when
//! a link says that one started the other. Texts are kept in part at most; what may stand in a text
//! that is not on record stays open.

mod conversations;
mod given;
mod kept;
#[cfg(test)]
mod real_data;
mod stated;
#[cfg(test)]
pub(super) mod tests;

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use serde_json::Value;

use self::conversations::Conversations;
use self::given::{Given, given};
use self::kept::Kept;
use crate::domain::origin::{Call, CallOrigins, Source, search};
use crate::domain::{Answer, ArgumentOrigin, Event, EventId, EventKind, EventLink, Text};

pub use self::conversations::Threads;
pub use self::given::arguments;

/// Where the arguments of every call of these events come from, calls by time. The events are those
/// of one scope (a trace, a session, or several of them with the `ties` between); their order does not
/// matter.
pub fn origins(events: &[Event], ties: &[EventLink]) -> Vec<CallOrigins> {
    let conversations = Conversations::of(events, ties);
    let mut found: Vec<(&Event, CallOrigins)> = Vec::new();
    for mut group in conversations.groups() {
        group.sort_by_key(|(event, _)| (event.time, event.id));
        group.dedup_by_key(|(event, _)| event.id);
        found.extend(of_group(&group, &conversations));
    }
    found.sort_by_key(|(event, _)| (event.time, event.id));
    found.into_iter().map(|(_, origins)| origins).collect()
}

/// Events of linked conversations, each with the number of its own.
type Group<'a> = [(&'a Event, usize)];

fn of_group<'a>(
    group: &Group<'a>,
    conversations: &Conversations<'_>,
) -> Vec<(&'a Event, CallOrigins)> {
    let is_single = group.windows(2).all(|pair| matches!(pair, [one, other] if one.1 == other.1));
    let mut kept = Kept::default();
    let mut wanted: Vec<Wanted<'a>> = Vec::new();
    let mut tools: FxHashMap<(usize, Text), EventId> = FxHashMap::default();
    for (event, conversation) in group {
        let is_delegated = conversations.is_delegated(*conversation);
        if let Some(call) = wanted_of(event, *conversation, is_delegated, &tools, &kept) {
            wanted.push(call);
        }
        kept.add(event, *conversation, is_delegated);
        if let (EventKind::ToolCall, Some(tool)) = (event.kind, &event.action) {
            tools.insert((*conversation, tool.clone()), event.id);
        }
    }
    // What a reader has searched is searched again only for what other conversations hold.
    let passages = kept.passages();
    let searched = |call: &&Wanted<'_>| !is_single || call.stated.is_none();
    let calls: Vec<Call<'_>> = wanted
        .iter()
        .filter(searched)
        .map(|call| Call {
            moment: kept.moment(call.event.time),
            arguments: &call.arguments,
            gap: call.gap,
        })
        .collect();
    let mut answers = search(&calls, &passages).into_iter();
    let mut all = Vec::new();
    for call in &wanted {
        let answered = if searched(&call) { answers.next() } else { None };
        let arguments = call.joined(answered.unwrap_or_default(), &kept);
        if !arguments.is_empty() {
            all.push((call.event, CallOrigins { call: call.event.id, arguments }));
        }
    }
    all
}

/// A call whose arguments are looked for.
struct Wanted<'a> {
    event: &'a Event,
    conversation: usize,
    arguments: Value,
    stated: Option<Vec<ArgumentOrigin<Source>>>,
    gap: Option<&'static str>,
    /// A prompt that another agent may have written.
    is_prompt: bool,
}

fn wanted_of<'a>(
    event: &'a Event,
    conversation: usize,
    is_delegated: bool,
    tools: &FxHashMap<(usize, Text), EventId>,
    kept: &Kept<'_>,
) -> Option<Wanted<'a>> {
    let wanted = |arguments, stated, is_prompt| Wanted {
        event,
        conversation,
        arguments,
        stated,
        gap: kept.gap(conversation),
        is_prompt,
    };
    match given(event) {
        Given::Arguments { arguments, mut stated } => {
            for argument in stated.iter_mut().flatten() {
                let last = |tool: &Text| tools.get(&(conversation, tool.clone())).copied();
                stated::complete(argument, is_delegated, last);
            }
            Some(wanted(arguments, stated, false))
        }
        Given::Cut => {
            let answer = Answer::CantTell("the arguments were too long to be kept".to_owned());
            let stated = Some(vec![ArgumentOrigin { at: "".into(), answer }]);
            Some(wanted(Value::Null, stated, false))
        }
        Given::Prompt { text, .. } if is_delegated => Some(wanted(text.into(), None, true)),
        Given::Prompt { .. } | Given::Nothing => None,
    }
}

impl Wanted<'_> {
    /// What the reader states, and after it what other conversations hold; without a reader's word
    /// what was found.
    fn joined(
        &self,
        found: Vec<ArgumentOrigin<usize>>,
        kept: &Kept<'_>,
    ) -> Vec<ArgumentOrigin<Source>> {
        let is_elsewhere = |place: usize| kept.conversation(place) != Some(self.conversation);
        let of_others = |answer: Answer<usize>| match answer {
            Answer::From(mut places) => {
                places.retain(|place| is_elsewhere(place.place));
                (!places.is_empty()).then_some(Answer::From(places))
            }
            _ => None,
        };
        if self.is_prompt {
            let prompts = found.into_iter().filter_map(|argument| {
                let answer = of_others(argument.answer)?.map(|place| kept.source(place));
                Some(ArgumentOrigin { at: argument.at, answer })
            });
            return prompts.collect();
        }
        let Some(stated) = &self.stated else {
            let named = found.into_iter().map(|argument| ArgumentOrigin {
                at: argument.at,
                answer: argument.answer.map(|place| kept.source(place)),
            });
            return named.collect();
        };
        let mut by_pointer: BTreeMap<Text, ArgumentOrigin<usize>> =
            found.into_iter().map(|argument| (argument.at.clone(), argument)).collect();
        let mut joined = stated.clone();
        for argument in &mut joined {
            let further = by_pointer.remove(&argument.at).and_then(|found| of_others(found.answer));
            let Some(Answer::From(further)) = further.map(|answer| answer.map(|p| kept.source(p)))
            else {
                continue;
            };
            match &mut argument.answer {
                Answer::From(places) => places.extend(further),
                answer => *answer = Answer::From(further),
            }
        }
        // Arguments of which the reader says nothing tell nothing.
        joined.extend(stated::silent(&self.arguments, stated));
        joined
    }
}
