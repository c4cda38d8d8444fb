//! What the workspace answers.

use crate::catalog::Role;
use crate::tui::desk::DeskError;
use crate::tui::effect::{Answer, Effect, Request, Slot, Ticket};
use crate::tui::panes::Fetched;
use crate::tui::panes::record::Content;
use crate::tui::screen::Screen;
use crate::tui::state::{Overlay, State};

/// The load is over, well or not.
pub fn loaded(state: &mut State, outcome: Result<(), DeskError>) {
    let cancelled = state.loading.take().is_some_and(|loading| loading.cancelling);
    match outcome {
        Ok(()) => state.open_case(),
        Err(_) if cancelled => state.outbox.push(Effect::Quit),
        Err(error) => {
            state.queue.fetched = Fetched::Failed(error.clone());
            complain(state, &error);
        }
    }
}

/// Takes an answer, unless a newer question of its kind has been asked.
pub fn take(state: &mut State, ticket: Ticket, answer: Result<Answer, DeskError>) {
    let settled = state.requests.settle(ticket);
    state.outbox.extend(settled.next);
    if ticket.slot == Slot::Tag {
        state.queue.saved(ticket.generation, answer.is_ok());
    }
    if !settled.fresh {
        return;
    }
    match answer {
        Ok(answer) => show(state, ticket.slot, answer),
        Err(error) => fail(state, ticket.slot, error),
    }
}

fn show(state: &mut State, slot: Slot, answer: Answer) {
    match answer {
        Answer::Summary(summary) => state.summary = summary,
        Answer::Findings(rows) => state.queue.set(rows),
        Answer::Agents(rows) => state.agents.set(rows),
        Answer::Census(census) => state.agents.set_census(*census),
        Answer::Containment(sheet) => {
            if let Some(record) = record(state) {
                record.set(Some(Content::Containment(sheet)));
            }
        }
        Answer::Baseline(sheet) => {
            if let Some(record) = record(state) {
                record.set(Some(Content::Baseline(sheet)));
            }
        }
        Answer::Scope(view) => state.scope.set(view),
        Answer::Traces(list) => state.traces.set(list),
        Answer::Tree(tree) => state.tree.set(tree),
        Answer::Timeline(story) => state.timeline.set(*story),
        Answer::Chains(chains) => state.chains.set(chains),
        Answer::Search(page) => state.search.set(page),
        Answer::Event(event) => {
            if let Some(record) = record(state) {
                record.set(event.map(Content::Event));
            }
        }
        Answer::Source(source) => {
            if let Some(record) = record(state) {
                record.set(source.map(Content::Source));
            }
        }
        Answer::Disputes(rows) => {
            state.disputes.rows.set(rows);
            state.disputes.fetched = Fetched::Ready;
        }
        Answer::Assessment(assessment) => state.maturity.set(assessment),
        Answer::Problems(problems) => state.problems.set(problems),
        Answer::Written(said) => written(state, slot, said),
    }
}

/// An entry is in the ledger: what the screens show of it is asked again.
fn written(state: &mut State, slot: Slot, said: Option<String>) {
    let done = match slot {
        Slot::Undo => Some(said.unwrap_or_else(|| "undone".to_owned())),
        Slot::Note | Slot::NoteOnStoryline => Some("note saved".to_owned()),
        Slot::Rule => Some("ruling saved".to_owned()),
        // What a tag did was said when the key was pressed.
        _ => None,
    };
    if let Some(done) = done {
        state.say(Role::Good, done);
    }
    match slot {
        Slot::Rule => state.ask(Request::Disputes),
        Slot::NoteOnStoryline => state.fetch(Screen::Timeline, true),
        _ => {}
    }
    state.ask(Request::Findings);
    state.ask(Request::Summary);
}

fn fail(state: &mut State, slot: Slot, error: DeskError) {
    let failed = Fetched::Failed(error.clone());
    match slot {
        Slot::Findings => state.queue.fetched = failed,
        Slot::Agents => state.agents.fetched = failed,
        Slot::Scope => state.scope.fetched = failed,
        Slot::Traces => state.traces.fetched = failed,
        Slot::Tree => state.tree.fetched = failed,
        Slot::Timeline => state.timeline.fetched = failed,
        Slot::Chains => state.chains.fetched = failed,
        Slot::Search => state.search.fetched = failed,
        Slot::Disputes => state.disputes.fetched = failed,
        Slot::Assess => state.maturity.fetched = failed,
        Slot::Problems => state.problems.fetched = failed,
        Slot::Event | Slot::Source | Slot::Containment | Slot::Baseline => {
            if let Some(record) = record(state) {
                record.fetched = failed;
            }
        }
        Slot::Summary
        | Slot::Census
        | Slot::Tag
        | Slot::Note
        | Slot::NoteOnStoryline
        | Slot::Undo
        | Slot::Rule => {
            complain(state, &error);
        }
    }
}

fn complain(state: &mut State, error: &DeskError) {
    let hint = error.hint.as_ref().map(|hint| format!(". {hint}")).unwrap_or_default();
    state.say(Role::Error, format!("{}{hint}", error.message));
}

/// The record on the screen, also when help lies over it.
fn record(state: &mut State) -> Option<&mut crate::tui::panes::record::Record> {
    state.overlays.iter_mut().rev().find_map(|overlay| match overlay {
        Overlay::Record(record) => Some(record),
        _ => None,
    })
}
