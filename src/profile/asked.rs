//! What a run was asked, as digests: enough to tell whether two runs were asked alike and whether an
//! address stood in the prompt, and no text.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::value;
use crate::domain::{Event, Text};

/// Stems and addresses kept of a run. Of more the smallest digests are kept, which is a fair sample
/// of them in any order.
const STEMS: usize = 128;
const ADDRESSES: usize = 32;

/// Letters of a word that count: `meeting` and `meetings` are one word.
const STEM: usize = 5;

/// Shorter words tell nothing.
const SHORTEST: usize = 2;

/// The prompts of one run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// Digests of the stems of its words, ascending.
    pub stems: Vec<u32>,
    /// Digests of the addresses in it, ascending.
    pub addresses: Vec<u64>,
}

impl Asked {
    pub fn is_empty(&self) -> bool {
        self.stems.is_empty()
    }

    /// Adds a prompt.
    pub fn add(&mut self, prompt: &str) {
        let words = prompt
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| word.chars().nth(SHORTEST - 1).is_some());
        let stems = words.map(|word| {
            let stem: String = word.chars().take(STEM).flat_map(char::to_lowercase).collect();
            (value::hash(&stem) >> 32) as u32
        });
        merge(&mut self.stems, stems, STEMS);
        let addresses =
            value::addresses(prompt).map(|(sort, address)| value::digest(sort, address));
        merge(&mut self.addresses, addresses, ADDRESSES);
    }
}

fn merge<T: Ord>(known: &mut Vec<T>, more: impl Iterator<Item = T>, most: usize) {
    known.extend(more);
    known.sort_unstable();
    known.dedup();
    known.truncate(most);
}

/// The prompt that an event keeps.
pub fn prompt(event: &Event) -> Option<Cow<'_, str>> {
    #[derive(Deserialize)]
    struct Prompt<'a> {
        #[serde(borrow)]
        prompt: Cow<'a, str>,
    }
    let params = event.params.as_ref().map(Text::raw)?;
    serde_json::from_str::<Prompt<'_>>(params).ok().map(|asked| asked.prompt)
}
