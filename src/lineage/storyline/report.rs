//! The storyline as Markdown, to be read as the report of an incident.
//!
//! Evidence is hostile here too: whatever comes from it is escaped, so that it cannot become markup.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::chain::{Ties, outcome_of};
use super::words;
use crate::domain::{
    Digest, EntryBody, Event, Gap, LinkKind, Storyline, StorylineEntry, StorylinePath, Text,
};

/// Places of evidence that one entry names.
const PLACES: usize = 3;
/// Characters that Markdown or HTML could take for markup.
const MARKUP: &str = "\\`*_{}[]<>#|~&";
/// The entries are indented no deeper.
const DEEPEST: u32 = 12;

/// What the report is about, in words.
pub struct Head<'a> {
    /// `trace 4bf9…`, `finding 3fa9…`. Escaped for people.
    pub scope: &'a str,
    /// The case and its generation.
    pub case: &'a str,
    /// The two ends that the path is asked for, when somebody asked.
    pub ends: Option<(u32, u32)>,
}

/// The whole report.
pub fn markdown(head: &Head<'_>, story: &Storyline) -> String {
    let mut page = Page { story, text: String::new() };
    page.summary(head);
    page.actors();
    page.path(head.ends);
    page.entries();
    page.gaps();
    page.notes();
    page.unknown();
    page.evidence();
    page.text
}

/// An instant, UTC, to the millisecond.
fn instant(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M:%S%.3fZ").to_string()
}

/// Where an entry is written: the first few places, and how many more.
fn places(story: &Storyline, entry: &StorylineEntry) -> String {
    let places = story.places(entry);
    let named = places.iter().take(PLACES);
    let named: Vec<String> =
        named.map(|place| format!("{}{}", place.file.visible(), place.at)).collect();
    let more = places.len().saturating_sub(PLACES);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", named.join(", "))
}

struct Page<'a> {
    story: &'a Storyline,
    text: String,
}

impl Page<'_> {
    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn section(&mut self, title: &str) {
        self.line(&format!("\n## {title}\n"));
    }

    fn summary(&mut self, head: &Head<'_>) {
        let story = self.story;
        self.line(&format!("# Storyline: {}\n", escaped(head.scope)));
        let window = match (story.events.first(), story.events.last()) {
            (Some(first), Some(last)) => {
                format!("from {} to {} (UTC)", instant(first.time), instant(last.time))
            }
            _ => "without any event".to_owned(),
        };
        let cited: BTreeSet<_> =
            story.entries.iter().flat_map(|entry| &entry.marks.findings).collect();
        let refused = story.entries.iter().filter(|entry| entry.marks.refused);
        let refused: usize = refused.map(|entry| entry.body.events().len()).sum();
        self.line(&format!("- Case: {}", escaped(head.case)));
        self.line(&format!("- Window: {window}"));
        self.line(&format!(
            "- {} events in {} entries, {} ties between them, {refused} refused",
            story.events.len(),
            story.entries.len(),
            story.links.len(),
        ));
        let findings: Vec<String> = cited.iter().map(|finding| finding.to_string()).collect();
        if !findings.is_empty() {
            self.line(&format!("- Findings that cite it: {}", findings.join(", ")));
        }
    }

    /// Who acted, how often and from when to when.
    fn actors(&mut self) {
        let mut actors: BTreeMap<String, (usize, Timestamp, Timestamp)> = BTreeMap::new();
        for event in &self.story.events {
            let actor = super::collapse::actor(event);
            let actor = actor.map_or_else(|| "unknown".to_owned(), |a| a.visible().into_owned());
            let seen = actors.entry(actor).or_insert((0, event.time, event.time));
            (seen.0, seen.2) = (seen.0 + 1, event.time);
        }
        self.section("Actors");
        for (actor, (events, first, last)) in actors {
            self.line(&format!(
                "- {}: {events} events, {} to {}",
                escaped(&actor),
                instant(first),
                instant(last),
            ));
        }
    }

    /// The chain through the outcome, or the path that was asked for.
    fn path(&mut self, ends: Option<(u32, u32)>) {
        self.section("Path");
        let ties = Ties::of(self.story);
        match ends {
            Some((from, to)) => match ties.path(from, to) {
                StorylinePath::Unbroken { links } => {
                    self.line("The path between the two events runs unbroken:\n");
                    self.links(&links);
                }
                StorylinePath::Broken { links, missing, .. } => {
                    self.line(&format!("The path is broken: {}.\n", escaped(&missing)));
                    self.links(&links);
                }
            },
            None => {
                let links = outcome_of(self.story).map(|at| ties.chain(at)).unwrap_or_default();
                match links.is_empty() {
                    true => self.line("No ties of data or of cause are known."),
                    false => {
                        self.line("What led to the outcome, tie by tie:\n");
                        self.links(&links);
                    }
                }
            }
        }
        let data = self.story.links.iter().filter(|link| link.kind == LinkKind::Flow);
        let sinks: BTreeSet<u32> = data.map(|link| link.to).collect();
        for sink in sinks {
            let flows = self.story.links.iter();
            let flows = flows.filter(|link| link.kind == LinkKind::Flow && link.to == sink);
            let title = |at: u32| self.title(at);
            let sources: Vec<String> = flows.map(|link| title(link.from)).collect();
            let line = format!("\nData that left with {}: {}", title(sink), sources.join("; "));
            self.line(&line);
        }
    }

    fn links(&mut self, links: &[u32]) {
        let story = self.story;
        for (number, link) in links.iter().filter_map(|at| story.link(*at)).enumerate() {
            let end = |at: u32| {
                let time = story.event(at).map(|event| instant(event.time)).unwrap_or_default();
                format!("{time} {}", self.title(at))
            };
            let tie = format!(
                "{}. {} → {} ({}: {}, {} %)",
                number + 1,
                end(link.from),
                end(link.to),
                link.kind,
                escaped(&link.rule),
                link.confidence,
            );
            self.line(&tie);
        }
    }

    fn title(&self, at: u32) -> String {
        self.story.event(at).map(|event| escaped(&words::title(event))).unwrap_or_default()
    }

    fn entries(&mut self) {
        self.section("Entries");
        for entry in &self.story.entries {
            let line = self.entry(entry);
            self.line(&line);
        }
    }

    fn entry(&self, entry: &StorylineEntry) -> String {
        let indent = "  ".repeat(entry.depth.min(DEEPEST) as usize);
        let mut line = format!("{indent}- {}", instant(entry.time));
        if entry.until > entry.time {
            line.push_str(&format!("–{}", entry.until.strftime("%H:%M:%S%.3fZ")));
        }
        match &entry.body {
            EntryBody::Gap { gap, missing } => {
                line.push_str(&format!(" **gap ({gap})** {}", escaped(missing)));
                return line;
            }
            EntryBody::Note { author, text } => {
                let (author, text) = (escaped(&author.visible()), escaped(&text.visible()));
                line.push_str(&format!(" **note** {author}: {text}"));
                return line;
            }
            EntryBody::Event { .. } | EntryBody::Activity { .. } => {}
        }
        if let Some(lane) = entry.lane {
            line.push_str(&format!(" *{lane}*"));
        }
        line.push_str(&format!(" {}", escaped(&entry.title)));
        if let EntryBody::Activity { outcomes, .. } = &entry.body {
            line.push_str(&format!(" ({})", outcomes.visible()));
        }
        if let Some(actor) = &entry.actor {
            line.push_str(&format!(", by {}", escaped(&actor.visible())));
        }
        for mark in entry.marks.words() {
            line.push_str(&format!(" **{mark}**"));
        }
        line.push_str(&format!(" — {}", escaped(&places(self.story, entry))));
        line
    }

    fn gaps(&mut self) {
        self.section("Gaps");
        let gaps: Vec<String> = self.bodies(|body| match body {
            EntryBody::Gap { gap, missing } => Some(format!("{gap}: {}", escaped(missing))),
            _ => None,
        });
        self.list(gaps, "None was found.");
    }

    fn notes(&mut self) {
        self.section("Notes");
        let notes = self.bodies(|body| match body {
            EntryBody::Note { author, text } => {
                Some(format!("{}: {}", escaped(&author.visible()), escaped(&text.visible())))
            }
            _ => None,
        });
        self.list(notes, "None was written.");
    }

    fn bodies(&self, told: impl Fn(&EntryBody) -> Option<String>) -> Vec<String> {
        let told = |entry: &StorylineEntry| {
            Some(format!("{} {}", instant(entry.time), told(&entry.body)?))
        };
        self.story.entries.iter().filter_map(told).collect()
    }

    fn list(&mut self, lines: Vec<String>, none: &str) {
        match lines.is_empty() {
            true => self.line(none),
            false => lines.iter().for_each(|line| self.line(&format!("- {line}"))),
        }
    }

    /// What the events cannot tell.
    fn unknown(&mut self) {
        self.section("What is not known");
        let story = self.story;
        let count = |is: fn(&Event) -> bool| story.events.iter().filter(|event| is(event)).count();
        let told = |(count, what): (usize, &str)| (count > 0).then(|| format!("{count} {what}"));
        let counted = [
            (count(|e| e.agent.is_none()), "events name no agent"),
            (count(|e| e.outcome.is_none()), "events say nothing of their outcome"),
            (count(|e| e.decision.is_none()), "events carry no decision of whether it was allowed"),
            (story.leaving, "ties lead to events outside this scope"),
        ];
        let mut lines: Vec<String> = counted.into_iter().filter_map(told).collect();
        lines.extend(story.skews.iter().map(|skew| {
            format!(
                "the clocks of {} and {} differ by {} ms at least ({} pairs), so that the order \
                 between them is uncertain",
                escaped(&skew.cause.visible()),
                escaped(&skew.effect.visible()),
                skew.at_least / 1_000_000,
                skew.pairs,
            )
        }));
        lines.extend(self.bodies(|body| match body {
            EntryBody::Gap { gap: Gap::Uncovered, missing } => Some(escaped(missing)),
            _ => None,
        }));
        self.list(lines, "Nothing that these records leave open was found.");
    }

    /// The files that the entries point to, with their digests.
    fn evidence(&mut self) {
        self.section("Evidence");
        let mut files: BTreeMap<(&Text, &Digest), usize> = BTreeMap::new();
        for event in &self.story.events {
            *files.entry((&event.evidence.file, &event.evidence.evidence)).or_default() += 1;
        }
        let lines = files.into_iter().map(|((file, digest), events)| {
            format!("{}: {events} events, BLAKE3 `{digest}`", escaped(&file.visible()))
        });
        self.list(lines.collect(), "None.");
    }
}

/// Visible text that Markdown shows as it stands.
fn escaped(shown: &str) -> String {
    let mut safe = String::with_capacity(shown.len());
    for character in shown.chars() {
        if MARKUP.contains(character) {
            safe.push('\\');
        }
        safe.push(character);
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Given, covers};
    use super::*;
    use crate::domain::Plane;

    #[test]
    fn a_report_says_it_all() {
        let given = Given {
            coverage: vec![covers("otlp", Plane::Tools, (0, 1000))],
            ..Given::of(
                &[
                    "1 agent_invoke a span 1 lasts 9",
                    "2 tool_call fetch span 2 under 1",
                    "3 tool_call read span 3 under 1",
                    "4 tool_call read span 4 under 1",
                    "5 tool_call <b>send</b> span 5 under 1",
                ],
                &["1 argument 4", "2 flow 4"],
            )
        };
        let head = Head { scope: "trace t", case: "case_1", ends: None };
        insta::assert_snapshot!(markdown(&head, &given.story()));
    }

    #[test]
    fn what_comes_from_evidence_is_no_markup() {
        for (text, written) in [
            ("a_b", "a\\_b"),
            ("<img src=x>", "\\<img src=x\\>"),
            ("[x](y)", "\\[x\\](y)"),
            ("| a |", "\\| a \\|"),
        ] {
            assert_eq!(escaped(text), written);
        }
    }

    #[test]
    fn the_path_that_is_asked_for_is_told() {
        let story = Given::of(&["1 tool_call a", "2 tool_call b"], &[]).story();
        let head = Head { scope: "", case: "", ends: Some((0, 1)) };
        let page = markdown(&head, &story);
        assert!(page.contains("The path is broken: nothing ties “a” to “b”"), "{page}");
    }
}
