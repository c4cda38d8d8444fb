//! What had to be mended in the traces, counted, with a few examples.

use crate::domain::EventId;

/// How many examples a repair names.
const EXAMPLES: usize = 3;

/// Repairs of one forest, or of many.
#[derive(Clone, Debug, Default)]
pub struct Repairs {
    /// Further records of a span that were joined to its first.
    pub joined: u64,
    /// Spans that name a parent that is not there.
    pub orphans: Mended,
    /// Spans before which a cycle was cut.
    pub cut: Mended,
}

/// Mended spans: how many, and the events of a few of them.
#[derive(Clone, Debug, Default)]
pub struct Mended {
    pub count: u64,
    pub examples: Vec<EventId>,
}

impl Repairs {
    pub fn add(&mut self, other: &Self) {
        self.joined += other.joined;
        self.orphans.join(&other.orphans);
        self.cut.join(&other.cut);
    }

    /// Each kind of repair in a sentence.
    pub fn sentences(&self) -> Vec<String> {
        let joined = (self.joined > 0)
            .then(|| format!("{} further records of spans were joined to them", self.joined));
        let orphans = self.orphans.sentence("name a parent that is not there");
        let cut = self.cut.sentence("were in a cycle, which was cut before them");
        joined.into_iter().chain(orphans).chain(cut).collect()
    }
}

impl Mended {
    pub fn add(&mut self, event: EventId) {
        self.count += 1;
        if self.examples.len() < EXAMPLES {
            self.examples.push(event);
        }
    }

    fn join(&mut self, other: &Self) {
        self.count += other.count;
        let room = EXAMPLES.saturating_sub(self.examples.len());
        self.examples.extend(other.examples.iter().take(room));
    }

    fn sentence(&self, what: &str) -> Option<String> {
        let examples: Vec<String> = self.examples.iter().map(ToString::to_string).collect();
        let more = if self.count > EXAMPLES as u64 { ", …" } else { "" };
        (self.count > 0)
            .then(|| format!("{} spans {what}: events {}{more}", self.count, examples.join(", ")))
    }
}
