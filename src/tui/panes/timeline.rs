//! The storyline: one incident's events in order over all layers, similar ones as activities, with
//! what led to the one under the cursor and what it led to.

use std::borrow::Cow;
use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use rustc_hash::{FxHashMap, FxHashSet};

use super::{Fetched, counted, draw_empty, with_detail};
use crate::catalog::fields::TimelineField;
use crate::catalog::{Role, View};
use crate::domain::{
    AgentKey, EntryBody, Event, EventId, Lane, StorylineEntry, StorylineLink, Text, amounts,
};
use crate::tui::theme::Theme;
use crate::tui::widgets::document::{Document, Scroll};
use crate::tui::widgets::listing::{Listing, contains};
use crate::tui::widgets::outline::Outline;
use crate::tui::widgets::table::{Motion, Shown};
use crate::view::StorylineView;

/// Ties of one entry that are drawn, in each direction.
const TIES: usize = 4;

#[derive(Debug)]
pub struct Timeline {
    view: Arc<View<TimelineField>>,
    /// What is asked for, as the command line spells it.
    pub scope: Option<String>,
    story: Option<StorylineView>,
    outline: Outline,
    /// The entry of each event.
    entries: Vec<u32>,
    /// The ties of each event.
    ties: FxHashMap<u32, Vec<u32>>,
    /// Entries on the way to the outcome, in order.
    chain: Vec<usize>,
    on_chain: FxHashSet<usize>,
    pub fetched: Fetched,
    filter: String,
    sought: String,
}

impl Timeline {
    pub fn new(view: Arc<View<TimelineField>>) -> Self {
        Self {
            view,
            scope: None,
            story: None,
            outline: Outline::default(),
            entries: Vec::new(),
            ties: FxHashMap::default(),
            chain: Vec::new(),
            on_chain: FxHashSet::default(),
            fetched: Fetched::Never,
            filter: String::new(),
            sought: String::new(),
        }
    }

    pub fn set(&mut self, view: StorylineView) {
        let story = &view.story;
        self.outline.set(story.entries.iter().map(|entry| (entry.depth, entry.size)));
        self.entries = vec![0; story.events.len()];
        for (number, entry) in (0_u32..).zip(&story.entries) {
            for event in entry.body.events() {
                if let Some(slot) = self.entries.get_mut(*event as usize) {
                    *slot = number;
                }
            }
        }
        self.ties.clear();
        for (number, link) in (0_u32..).zip(&story.links) {
            for end in [link.from, link.to] {
                self.ties.entry(end).or_default().push(number);
            }
        }
        let links = view.chain.iter().filter_map(|at| story.link(*at));
        let events: Vec<u32> =
            links.flat_map(|link| [link.from, link.to]).chain(view.outcome).collect();
        let entry = |event: &u32| self.entries.get(*event as usize).map(|at| *at as usize);
        self.on_chain = events.iter().filter_map(entry).collect();
        self.chain = self.on_chain.iter().copied().collect();
        self.chain.sort_unstable();
        if let Some(outcome) = view.outcome.as_ref().and_then(entry) {
            self.outline.reveal(outcome);
        }
        self.story = Some(view);
        self.filter.clear();
        self.fetched = Fetched::Ready;
    }

    pub fn current(&self) -> Option<&StorylineEntry> {
        self.story.as_ref()?.story.entries.get(self.outline.current()?)
    }

    /// The events of the entry under the cursor.
    pub fn events(&self) -> Vec<EventId> {
        self.records().map(|event| event.id).collect()
    }

    pub fn agent(&self) -> Option<AgentKey> {
        self.records().find_map(|event| event.agent.clone())
    }

    /// The next way to follow the event under the cursor: its trace, its session, its agent.
    pub fn next_scope(&self) -> Option<String> {
        let event = self.records().next()?;
        let named =
            |word: &str, id: &Option<Text>| id.as_ref().map(|id| format!("{word}:{}", id.raw()));
        let agent = event.agent.as_ref().map(|agent| format!("agent:{}", agent.stored()));
        let ways = [named("trace", &event.trace_id), named("session", &event.session), agent];
        let ways: Vec<String> = ways.into_iter().flatten().collect();
        let at = ways.iter().position(|way| Some(way) == self.scope.as_ref());
        ways.get(at.map_or(0, |at| (at + 1) % ways.len())).cloned()
    }

    /// Goes to the next (or previous) entry on the way to the outcome. Whether there is one.
    pub fn along_the_chain(&mut self, backwards: bool) -> bool {
        let Some(here) = self.outline.current() else { return false };
        let next = match backwards {
            false => self.chain.iter().find(|entry| **entry > here),
            true => self.chain.iter().rev().find(|entry| **entry < here),
        };
        if let Some(next) = next.copied() {
            self.outline.reveal(next);
        }
        next.is_some()
    }

    /// What is shown, in a few words.
    pub fn about(&self) -> String {
        let Some(view) = &self.story else { return String::new() };
        let events = counted(view.story.events.len(), "event");
        let gaps = view.story.entries.iter();
        let gaps = gaps.filter(|entry| matches!(entry.body, EntryBody::Gap { .. })).count();
        let gaps = if gaps > 0 { format!(" · {}", counted(gaps, "gap")) } else { String::new() };
        format!("{} · {events}{gaps}", view.scope)
    }

    fn records(&self) -> impl Iterator<Item = &Event> {
        let story = self.story.as_ref().map(|view| &view.story);
        let events = self.current().map(|entry| entry.body.events()).unwrap_or_default();
        events.iter().filter_map(move |at| story?.event(*at))
    }

    fn show(&self, index: usize, field: TimelineField) -> Shown<'_> {
        let entries = self.story.as_ref().map(|view| &view.story.entries);
        let Some(entry) = entries.and_then(|entries| entries.get(index)) else {
            return Shown::missing();
        };
        match field {
            TimelineField::Time => {
                // The day of the month; the whole date stands below the table.
                Shown::text(entry.time.strftime("%d %H:%M:%S%.3f").to_string())
            }
            TimelineField::Lane => match entry.lane {
                Some(lane) => Shown::text(lane.to_string()),
                None => Shown::missing(),
            },
            TimelineField::Title => {
                let title = self.outline.lead(index) + &entry.title;
                Shown { text: Cow::Owned(title), role: self.role(index, entry), ..Shown::default() }
            }
            TimelineField::Actor => super::text_shown(entry.actor.as_ref()),
            TimelineField::Marks => self.marks(index, entry),
            TimelineField::Took => match entry.until.duration_since(entry.time).as_nanos() {
                0 => Shown::text(""),
                nanoseconds => {
                    Shown::text(amounts::took(i64::try_from(nanoseconds).unwrap_or(i64::MAX)))
                }
            },
            TimelineField::Findings => super::alarming(
                u32::try_from(entry.marks.findings.len()).unwrap_or(u32::MAX),
                Role::Heading,
            ),
        }
    }

    fn role(&self, index: usize, entry: &StorylineEntry) -> Role {
        match &entry.body {
            EntryBody::Gap { .. } => Role::Missing,
            EntryBody::Note { .. } => Role::Key,
            _ if entry.marks.refused => Role::Error,
            _ if entry.lane == Some(Lane::Alert) => Role::Warning,
            _ if self.on_chain.contains(&index) => Role::Heading,
            _ => Role::Text,
        }
    }

    fn marks(&self, index: usize, entry: &StorylineEntry) -> Shown<'static> {
        let findings = entry.marks.findings.len();
        let marks = [
            (self.on_chain.contains(&index), "path".to_owned()),
            (findings > 0, counted(findings, "finding")),
            (entry.marks.refused, "refused".to_owned()),
            (entry.marks.linked, "data".to_owned()),
        ];
        let marks: Vec<String> =
            marks.into_iter().filter_map(|(is, word)| is.then_some(word)).collect();
        Shown::text(marks.join(", ")).role(self.role(index, entry))
    }

    /// What led to the entry under the cursor, and what it led to.
    fn detail<'t>(&self, width: u16, theme: &'t Theme) -> Document<'t> {
        let mut document = Document::new(width, theme);
        let Some(entry) = self.current() else { return document };
        document.heading(&entry.title, self.role(self.outline.current().unwrap_or(0), entry));
        let time = match entry.until == entry.time {
            true => entry.time.to_string(),
            false => format!("{} to {}", entry.time, entry.until),
        };
        document.pair("time", &time, Role::Quiet);
        match &entry.body {
            EntryBody::Gap { missing, .. } => document.text(missing, Role::Missing, 0),
            EntryBody::Note { author, text } => {
                document.pair("note", &text.visible(), Role::Text);
                document.pair("by", &author.visible(), Role::Quiet);
            }
            EntryBody::Activity { targets, distinct, outcomes, .. } => {
                let names: Vec<_> = targets.iter().map(Text::visible).collect();
                let more = distinct.saturating_sub(names.len());
                let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                document.pair("targets", &format!("{}{more}", names.join(", ")), Role::Text);
                document.pair("outcomes", &outcomes.visible(), Role::Text);
            }
            EntryBody::Event { .. } => {}
        }
        for (word, backwards) in [("because of", true), ("led to", false)] {
            for (link, other) in self.tied(entry, backwards).into_iter().take(TIES) {
                let certainty = match link.confidence {
                    100 => String::new(),
                    percent => format!(", {percent} %"),
                };
                let said = format!("{other} ({}: {}{certainty})", link.kind, link.rule);
                document.pair(word, &said, Role::Text);
            }
        }
        document
    }

    /// The ties of an entry's events to other entries, each with the title at its other end.
    fn tied(&self, entry: &StorylineEntry, backwards: bool) -> Vec<(&StorylineLink, &str)> {
        let Some(view) = &self.story else { return Vec::new() };
        let title = |event: u32| {
            let entry = self.entries.get(event as usize)?;
            Some(view.story.entries.get(*entry as usize)?.title.as_str())
        };
        let events = entry.body.events().iter();
        events
            .flat_map(|event| {
                let ties = self.ties.get(event).into_iter().flatten();
                ties.filter_map(|at| {
                    let link = view.story.link(*at)?;
                    let (own, other) = match backwards {
                        true => (link.to, link.from),
                        false => (link.from, link.to),
                    };
                    (own == *event).then_some((link, title(other)?))
                })
            })
            .collect()
    }

    fn holds(&self, index: usize, part: &str) -> bool {
        let entries = self.story.as_ref().map(|view| &view.story.entries);
        entries.and_then(|entries| entries.get(index)).is_some_and(|entry| {
            contains(&entry.title, part)
                || entry.actor.as_ref().is_some_and(|actor| contains(actor.raw(), part))
                || entry.lane.is_some_and(|lane| contains(&lane.to_string(), part))
        })
    }
}

impl Listing for Timeline {
    fn go(&mut self, motion: Motion) {
        self.outline.go(motion);
    }

    fn set_filter(&mut self, text: &str) {
        self.filter = text.to_lowercase();
        if !text.is_empty() {
            self.sought.clone_from(&self.filter);
        }
        let matching = (!text.is_empty()).then(|| {
            (0..self.outline.len()).map(|index| self.holds(index, &self.filter)).collect()
        });
        self.outline.filter(matching);
    }

    fn filter(&self) -> &str {
        &self.filter
    }

    fn next_match(&mut self, backwards: bool) -> bool {
        if self.sought.is_empty() {
            return false;
        }
        let mut outline = std::mem::take(&mut self.outline);
        let found = outline.next_match(backwards, |index| self.holds(index, &self.sought));
        self.outline = outline;
        found
    }

    fn fold(&mut self) {
        self.outline.fold();
    }

    fn unfold(&mut self) {
        self.outline.unfold();
    }

    fn fold_all(&mut self, folded: bool) {
        self.outline.fold_all(folded);
    }

    fn count(&self) -> (usize, usize) {
        (self.outline.shown(), self.outline.len())
    }

    fn copy(&self) -> Option<String> {
        self.current().map(|entry| entry.title.clone())
    }

    fn draw(&self, area: Rect, buffer: &mut Buffer, theme: &Theme) {
        if self.scope.is_none() {
            let sentence = "Whose story? Go to a finding, an agent, a trace or an event and ask for \
                            its storyline there.";
            return draw_empty(sentence, area, buffer, theme);
        }
        if self.fetched.draw_instead(area, buffer, theme) {
            return;
        }
        if self.outline.is_empty() {
            return draw_empty("No event belongs to this scope.", area, buffer, theme);
        }
        let (list, detail) = with_detail(area, self.outline.shown(), 10);
        self.outline.draw(&self.view, |entry, field| self.show(entry, field), list, buffer, theme);
        if let Some(area) = detail {
            self.detail(area.width, theme).draw(area, buffer, &Scroll::default());
        }
    }
}
