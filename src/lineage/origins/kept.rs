//! The texts that the events of a group keep, and what is missing among them.

use jiff::Timestamp;
use rustc_hash::FxHashMap;

use super::given::{Given, given};
use crate::domain::origin::{Passage, Source};
use crate::domain::{Event, EventKind, Origin, Text};

const NO_PROMPT: &str = "what was asked is not on record";
const CUT_PROMPT: &str = "of what was asked only the beginning is kept";
const NO_OUTPUT: &str = "the results of earlier calls are not kept as text";

/// Texts, in the order of their events.
#[derive(Default)]
pub struct Kept<'a> {
    texts: Vec<KeptText<'a>>,
    /// By conversation: what is known of its texts so far.
    known: FxHashMap<usize, Known>,
    /// Every instant of the group, in order.
    instants: Vec<Timestamp>,
}

struct KeptText<'a> {
    event: &'a Event,
    conversation: usize,
    origin: Origin,
    text: String,
}

#[derive(Clone, Copy, Default)]
struct Known {
    prompt: bool,
    cut: bool,
    output_missing: bool,
}

impl<'a> Kept<'a> {
    /// Takes the next event by time.
    pub fn add(&mut self, event: &'a Event, conversation: usize, is_delegated: bool) {
        if self.instants.last() != Some(&event.time) {
            self.instants.push(event.time);
        }
        let known = self.known.entry(conversation).or_default();
        let (origin, text) = match (given(event), event.kind) {
            (Given::Prompt { text, is_whole }, _) => {
                known.prompt = true;
                known.cut |= !is_whole;
                let asker = if is_delegated { Origin::AgentGenerated } else { Origin::UserInput };
                (asker, text)
            }
            (Given::Arguments { arguments, .. }, _) => {
                known.output_missing |= event.output_digest.is_some();
                (Origin::AgentGenerated, arguments.to_string())
            }
            (Given::Nothing, EventKind::ToolResult) => match &event.params {
                Some(result) => (Origin::ToolOutput, result.raw().to_owned()),
                None => return known.output_missing = true,
            },
            (Given::Nothing | Given::Cut, _) => {
                known.output_missing |= event.kind == EventKind::ToolCall;
                return;
            }
        };
        self.texts.push(KeptText { event, conversation, origin, text });
    }

    /// What is missing in a conversation up to now.
    pub fn gap(&self, conversation: usize) -> Option<&'static str> {
        let known = self.known.get(&conversation).copied().unwrap_or_default();
        match known {
            Known { prompt: false, .. } => Some(NO_PROMPT),
            Known { cut: true, .. } => Some(CUT_PROMPT),
            Known { output_missing: true, .. } => Some(NO_OUTPUT),
            _ => None,
        }
    }

    pub fn passages(&self) -> Vec<Passage<'_>> {
        let passage = |kept: &'_ KeptText<'a>| (self.moment(kept.event.time), kept.origin);
        self.texts
            .iter()
            .map(|kept| {
                let (moment, origin) = passage(kept);
                Passage { moment, origin, text: &kept.text }
            })
            .collect()
    }

    /// The number of an instant among those of the group.
    pub fn moment(&self, time: Timestamp) -> usize {
        self.instants.partition_point(|instant| *instant < time)
    }

    pub fn conversation(&self, place: usize) -> Option<usize> {
        self.texts.get(place).map(|kept| kept.conversation)
    }

    pub fn source(&self, place: usize) -> Source {
        let Some(kept) = self.texts.get(place) else { return Source::default() };
        let tool = matches!(kept.event.kind, EventKind::ToolCall | EventKind::ToolResult);
        let tool: Option<Text> = kept.event.action.clone().filter(|_| tool);
        Source { event: Some(kept.event.id), tool }
    }
}
