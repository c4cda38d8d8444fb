//! The only place where state changes: an event comes in, effects go out. No IO, no clock.

mod answers;
mod decide;
mod navigate;

use std::time::Duration;

use crossterm::event::KeyEvent;

use super::command::Command;
use super::context::Context;
use super::effect::Effect;
use super::event::{Event, Timer};
use super::keymap::Lookup;
use super::keys::Key;
use super::panes::prompt::Purpose;
use super::screen::Screen;
use super::state::{Overlay, State};
use super::widgets::table::Motion;
use crate::catalog::Role;
use crate::domain::Verdict;

/// How long typing has to pause before a search is asked.
const DEBOUNCE: Duration = Duration::from_millis(150);
/// How long a second Ctrl-C quits.
const SECOND: Duration = Duration::from_secs(2);

/// Changes the state for one event and says what has to be done outside.
pub fn update(state: &mut State, event: Event) -> Vec<Effect> {
    match event {
        Event::Key(key) => on_key(state, key),
        Event::Paste(text) => on_paste(state, &text),
        Event::Resize { width, height } => state.size = (width, height),
        Event::Progress(progress) => {
            if let Some(loading) = &mut state.loading {
                loading.progress = progress;
            }
        }
        Event::Loaded(outcome) => answers::loaded(state, outcome),
        Event::Answer(ticket, answer) => answers::take(state, ticket, *answer),
        Event::Timer(timer) => on_timer(state, timer),
        Event::Terminate => state.outbox.push(Effect::Quit),
    }
    state.settle()
}

fn on_key(state: &mut State, event: KeyEvent) {
    state.status = None;
    let context = state.context();
    state.pending.push(event.into());
    match state.keymap.lookup(context, &state.pending) {
        Lookup::More => {}
        Lookup::Run(command) => {
            state.pending.clear();
            run(state, command);
        }
        Lookup::Nothing if context.takes_text() => {
            state.pending.clear();
            type_key(state, event);
        }
        Lookup::Nothing => {
            let keys: Vec<String> = state.pending.iter().map(Key::to_string).collect();
            state.pending.clear();
            let sentence = format!("no command on {} here; ? shows the keys", keys.join(" "));
            state.say(Role::Quiet, crate::domain::text::visible(&sentence).into_owned());
        }
    }
}

/// Runs a command where it works; says where it does elsewhere.
fn run(state: &mut State, command: Command) {
    let context = state.context();
    let spec = command.spec();
    if !spec.contexts.contains(context) {
        let places = super::keymap::places(spec);
        return state.say(Role::Warning, format!("{} works in: {places}", spec.title));
    }
    match command {
        Command::MoveDown => go(state, Motion::Down),
        Command::MoveUp => go(state, Motion::Up),
        Command::MoveTop => go(state, Motion::Top),
        Command::MoveBottom => go(state, Motion::Bottom),
        Command::HalfPageDown => go(state, Motion::HalfPageDown),
        Command::HalfPageUp => go(state, Motion::HalfPageUp),
        Command::PageDown => go(state, Motion::PageDown),
        Command::PageUp => go(state, Motion::PageUp),
        Command::NextItem => navigate::step(state, false),
        Command::PreviousItem => navigate::step(state, true),
        Command::NextUntagged => navigate::untagged(state, false),
        Command::PreviousUntagged => navigate::untagged(state, true),
        Command::Open => navigate::open(state),
        Command::Back => navigate::back(state),
        Command::AcceptReading => decide::accept_reading(state),
        Command::TagGap1 => decide::tag(state, Verdict::Gap1),
        Command::TagGap2 => decide::tag(state, Verdict::Gap2),
        Command::TagGap3 => decide::tag(state, Verdict::Gap3),
        Command::TagCantTell => decide::tag(state, Verdict::CantTell),
        Command::Note => decide::note(state),
        Command::Undo => decide::undo(state),
        Command::Rule => decide::rule(state),
        Command::Mark => state.queue.rows.mark(),
        Command::MarkAll => state.queue.rows.mark_all(),
        Command::Filter => navigate::filter(state),
        Command::NextMatch => navigate::next_match(state, false),
        Command::PreviousMatch => navigate::next_match(state, true),
        Command::RootHere => state.tree.root_here(),
        Command::Refresh => state.fetch(state.screen, true),
        Command::Copy => navigate::copy(state),
        Command::ShowScope => navigate::show_scope(state),
        Command::ShowTree => navigate::show_tree(state),
        Command::ShowChain => navigate::show_chain(state),
        Command::ShowEvidence => navigate::show_evidence(state),
        Command::ShowEvents => navigate::show_events(state),
        Command::NextScreen => navigate::top(state, state.screen.neighbour(false)),
        Command::PreviousScreen => navigate::top(state, state.screen.neighbour(true)),
        Command::GoQueue => navigate::top(state, Screen::Queue),
        Command::GoAgents => navigate::top(state, Screen::Agents),
        Command::GoScope => navigate::go_scope(state),
        Command::ShowTimeline => navigate::show_timeline(state),
        Command::ShowContainment => navigate::show_containment(state),
        Command::ShowBaseline => navigate::show_baseline(state),
        Command::AsOf => navigate::ask_instant(state),
        Command::FollowNext => navigate::follow_next(state),
        Command::GoTimeline => navigate::top(state, Screen::Timeline),
        Command::GoTraces => navigate::all_traces(state),
        Command::GoChains => navigate::top(state, Screen::Chains),
        Command::GoSearch => navigate::top(state, Screen::Search),
        Command::GoDisputes => navigate::top(state, Screen::Disputes),
        Command::GoMaturity => navigate::top(state, Screen::Maturity),
        Command::GoProblems => navigate::top(state, Screen::Problems),
        Command::Help => navigate::help(state, context),
        Command::Palette => navigate::palette(state, context),
        Command::Accept => accept(state),
        Command::CancelLine => leave_typing(state),
        Command::NextField => next_field(state, false),
        Command::PreviousField => next_field(state, true),
        Command::Close => navigate::close(state),
        Command::Cancel => cancel(state),
        Command::SortNext
        | Command::SortReverse
        | Command::Group
        | Command::Fold
        | Command::Unfold
        | Command::FoldAll
        | Command::UnfoldAll => arrange(state, command),
    }
}

fn go(state: &mut State, motion: Motion) {
    if let Some(Overlay::Palette(palette)) = state.overlays.last_mut() {
        palette.go(motion);
    } else if let Some(listing) = state.listing() {
        listing.go(motion);
    } else if let Some(scroll) = state.scroll() {
        scroll.go(motion);
    }
}

fn arrange(state: &mut State, command: Command) {
    let Some(listing) = state.listing() else { return };
    match command {
        Command::SortNext => listing.sort_next(),
        Command::SortReverse => listing.sort_reverse(),
        Command::Group => listing.toggle_group(),
        Command::Fold => listing.fold(),
        Command::Unfold => listing.unfold(),
        Command::FoldAll => listing.fold_all(true),
        Command::UnfoldAll => listing.fold_all(false),
        _ => {}
    }
}

fn type_key(state: &mut State, key: KeyEvent) {
    if let Some(prompt) = &mut state.prompt {
        prompt.refused = None;
        if prompt.line.key(key) {
            typed(state);
        }
        return;
    }
    match state.overlays.last_mut() {
        Some(Overlay::Palette(palette)) => palette.key(key),
        Some(Overlay::Ruling(form)) => form.key(key),
        _ => {}
    }
}

fn on_paste(state: &mut State, text: &str) {
    if let Some(prompt) = &mut state.prompt {
        prompt.line.paste(text);
        return typed(state);
    }
    match state.overlays.last_mut() {
        Some(Overlay::Palette(palette)) => palette.paste(text),
        Some(Overlay::Ruling(form)) => form.paste(text),
        _ => state.say(Role::Quiet, "nothing to paste into here"),
    }
}

/// A filter is applied while it is typed; a search is asked after a pause.
fn typed(state: &mut State) {
    let Some(prompt) = &state.prompt else { return };
    let value = prompt.line.value().to_owned();
    match prompt.purpose {
        Purpose::Filter { .. } => {
            if let Some(listing) = state.listing() {
                listing.set_filter(&value);
                let (shown, all) = listing.count();
                state.say(Role::Quiet, format!("{shown} of {all} shown"));
            }
        }
        Purpose::Search { .. } => {
            state.search.set_query(&value);
            state.searches += 1;
            let timer = Timer::Search(state.searches);
            state.outbox.push(Effect::Wake(timer, DEBOUNCE));
        }
        Purpose::Reason { .. }
        | Purpose::Note { .. }
        | Purpose::StorylineNote { .. }
        | Purpose::Instant => {}
    }
}

/// Enter, where something is typed or chosen.
fn accept(state: &mut State) {
    if state.prompt.is_some() {
        return decide::accept_line(state);
    }
    match state.overlays.last_mut() {
        Some(Overlay::Palette(palette)) => {
            let choice = palette.choice().cloned();
            state.overlays.pop();
            match choice {
                Some(super::panes::palette::Choice::Run(command)) => run(state, command),
                Some(super::panes::palette::Choice::Search(query)) => {
                    navigate::search(state, &query);
                }
                None => {}
            }
        }
        Some(Overlay::Ruling(form)) => {
            if let Some(draft) = form.submit() {
                state.overlays.pop();
                state.ask(super::effect::Request::Rule(draft));
            }
        }
        _ => {}
    }
}

/// Esc, where something is typed: what was before comes back.
fn leave_typing(state: &mut State) {
    let Some(prompt) = state.prompt.take() else {
        state.overlays.pop();
        return;
    };
    match prompt.purpose {
        Purpose::Filter { before } => {
            if let Some(listing) = state.listing() {
                listing.set_filter(&before);
            }
        }
        Purpose::Search { before } => {
            state.search.set_query(&before);
            state.searches += 1;
            state.fetch(Screen::Search, true);
        }
        Purpose::Reason { .. } => state.say(Role::Quiet, "not tagged"),
        Purpose::Note { .. } | Purpose::StorylineNote { .. } | Purpose::Instant => {}
    }
}

fn next_field(state: &mut State, backwards: bool) {
    if let Some(Overlay::Ruling(form)) = state.overlays.last_mut() {
        form.next_field(backwards);
    }
}

/// Ctrl-C: leaves what is being typed, or stops the load; twice, quits.
fn cancel(state: &mut State) {
    if state.prompt.is_some() || state.context().takes_text() {
        return leave_typing(state);
    }
    if let Some(loading) = &mut state.loading
        && !loading.cancelling
    {
        loading.cancelling = true;
        state.outbox.push(Effect::CancelLoading);
        return;
    }
    if state.quit_armed.is_some() || state.context() == Context::Loading {
        state.outbox.push(Effect::Quit);
        return;
    }
    state.searches += 1;
    state.quit_armed = Some(state.searches);
    state.outbox.push(Effect::Wake(Timer::Quit(state.searches), SECOND));
    state.say(Role::Warning, "Ctrl-C again quits; every tag is saved");
}

fn on_timer(state: &mut State, timer: Timer) {
    match timer {
        Timer::Search(generation) if generation == state.searches => match state.search.request() {
            Some(request) => state.ask(request),
            None => state.search.fetched = super::panes::Fetched::Never,
        },
        Timer::Busy(generation) => {
            let oldest = state.requests.oldest();
            state.outbox.extend(state.busy.tick(generation, oldest));
        }
        Timer::Quit(generation) if state.quit_armed == Some(generation) => {
            state.quit_armed = None;
            state.status = None;
        }
        Timer::Search(_) | Timer::Quit(_) => {}
    }
}
