//! Decisions: tags, notes, undo and rulings. Each becomes an entry of the ledger.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::navigate;
use crate::catalog::Role;
use crate::domain::{FindingId, Verdict};
use crate::tui::effect::{Effect, Request};
use crate::tui::panes::counted;
use crate::tui::panes::prompt::{Prompt, Purpose};
use crate::tui::panes::queue::{Item, Saving};
use crate::tui::panes::ruling_form::RulingForm;
use crate::tui::screen::Screen;
use crate::tui::state::{Overlay, State};

/// Tags with what the engine reads, and goes on.
pub fn accept_reading(state: &mut State) {
    let read = |item: &&Item| Some((item.row.finding.id, item.read_as()?));
    let targets = state.targets();
    let readings: Vec<(FindingId, Verdict)> = targets.iter().filter_map(read).collect();
    let others = targets.len() - readings.len();
    if readings.is_empty() {
        let sentence = match others {
            0 => "no finding here",
            _ => "a breach or compound is no gap type: tag it with 1, 2, 3 or 0, then Enter",
        };
        return state.say(Role::Warning, sentence);
    }
    for verdict in [Verdict::Gap1, Verdict::Gap2, Verdict::Gap3, Verdict::CantTell] {
        let alike = readings.iter().filter(|(_, read)| *read == verdict);
        let findings: Vec<FindingId> = alike.map(|(finding, _)| *finding).collect();
        if !findings.is_empty() {
            write(state, findings, verdict, None);
        }
    }
    let left = match others {
        0 => String::new(),
        others => format!("; {} not tagged: no gap type", counted(others, "breach or compound")),
    };
    go_on(state, &format!("{} accepted{left}", counted(readings.len(), "reading")));
}

/// Tags with a verdict; asks for a reason when it differs from a reading.
pub fn tag(state: &mut State, verdict: Verdict) {
    let targets = state.targets();
    let findings: Vec<FindingId> = targets.iter().map(|item| item.row.finding.id).collect();
    let differing: Vec<&&Item> = targets.iter().filter(|item| !item.agrees(verdict)).collect();
    let mut offered = String::new();
    let question = match differing.as_slice() {
        [] => None,
        [one] => {
            let reading = one.row.finding.reading.label();
            // A breach or compound agrees with no verdict; what it says is then reason enough.
            if one.read_as().is_none() {
                offered = format!("{reading}: {}", one.row.finding.title);
            }
            Some(format!("{verdict} differs from the reading, {reading}. Why?"))
        }
        many => {
            Some(format!("{verdict} differs from the reading of {} findings. Why?", many.len()))
        }
    };
    if findings.is_empty() {
        return state.say(Role::Warning, "no finding here");
    }
    match question {
        Some(question) => {
            let purpose = Purpose::Reason { findings, verdict };
            state.prompt = Some(Prompt::new(purpose, question, &offered));
        }
        None => {
            let count = counted(findings.len(), "finding");
            write(state, findings, verdict, None);
            go_on(state, &format!("{count} tagged {verdict}"));
        }
    }
}

pub fn note(state: &mut State) {
    if state.screen == Screen::Timeline {
        return note_on_storyline(state);
    }
    let item = state.current_finding().and_then(|finding| state.queue.find(finding));
    let Some(item) = item else {
        return state.say(Role::Warning, "no finding here");
    };
    let finding = item.row.finding.id;
    let question = format!("Note on: {}", item.row.finding.title);
    state.prompt = Some(Prompt::new(Purpose::Note { finding }, question, ""));
}

fn note_on_storyline(state: &mut State) {
    let at = state.timeline.current().map(|entry| entry.time);
    let (Some(scope), Some(at)) = (state.timeline.scope.clone(), at) else {
        return state.say(Role::Warning, "no storyline here");
    };
    let question = format!("Note on the storyline, at {}", crate::tui::panes::instant(at));
    state.prompt = Some(Prompt::new(Purpose::StorylineNote { scope, at }, question, ""));
}

pub fn undo(state: &mut State) {
    state.ask(Request::Undo);
}

pub fn rule(state: &mut State) {
    match state.disputes.rows.current().cloned() {
        Some(row) => state.overlays.push(Overlay::Ruling(RulingForm::new(row))),
        None => state.say(Role::Warning, "no dispute here"),
    }
}

/// Enter on the line being typed.
pub fn accept_line(state: &mut State) {
    let Some(mut prompt) = state.prompt.take() else { return };
    let typed = prompt.line.value().trim().to_owned();
    match prompt.purpose.clone() {
        Purpose::Filter { .. } => {}
        Purpose::Search { .. } => {
            // The pause is not waited for, and its timer finds a newer search.
            state.searches += 1;
            state.fetch(Screen::Search, true);
        }
        Purpose::Reason { .. } | Purpose::Note { .. } | Purpose::StorylineNote { .. }
            if typed.is_empty() =>
        {
            prompt.refused = Some("It cannot be empty; Esc leaves.");
            state.prompt = Some(prompt);
        }
        Purpose::Instant => match instant(&typed) {
            Ok(at) => {
                state.agents.at = at;
                state.ask(Request::Census(at));
            }
            Err(refused) => {
                prompt.refused = Some(refused);
                state.prompt = Some(prompt);
            }
        },
        Purpose::Reason { findings, verdict } => {
            let count = counted(findings.len(), "finding");
            write(state, findings, verdict, Some(typed));
            go_on(state, &format!("{count} tagged {verdict}"));
        }
        Purpose::Note { finding } => state.ask(Request::Note { finding, text: typed }),
        Purpose::StorylineNote { scope, at } => {
            state.ask(Request::NoteOnStoryline { scope, at, text: typed });
        }
    }
}

/// An instant, or the midnight (UTC) with which a day begins; none for nothing.
fn instant(typed: &str) -> Result<Option<Timestamp>, &'static str> {
    if typed.is_empty() {
        return Ok(None);
    }
    let day = || typed.parse::<Date>().ok()?.to_zoned(TimeZone::UTC).ok();
    let instant = typed.parse::<Timestamp>().ok();
    let instant = instant.or_else(|| day().map(|day| day.timestamp()));
    instant.map(Some).ok_or("An instant is written 2026-10-29T14:07:00Z, or a day 2026-10-29.")
}

fn write(state: &mut State, findings: Vec<FindingId>, verdict: Verdict, reason: Option<String>) {
    let request = Request::Tag { findings: findings.clone(), verdict, reason: reason.clone() };
    if let Some(Effect::Ask(ticket, request)) = state.requests.ask(request) {
        let saving = Saving { generation: ticket.generation, verdict, reason };
        state.queue.save(&findings, &saving);
        state.outbox.push(Effect::Ask(ticket, request));
    }
}

/// After a decision: to the next finding that waits for one.
fn go_on(state: &mut State, done: &str) {
    state.queue.rows.unmark();
    navigate::untagged(state, false);
    let rest = match state.queue.open() {
        0 => "every finding is tagged".to_owned(),
        open => format!("{open} to go"),
    };
    state.say(Role::Good, format!("{done}; {rest}; u undoes"));
}
