//! Moving between screens, rows and records.

use crate::catalog::Role;
use crate::domain::{AgentKey, EventId, FindingId, Text};
use crate::tui::context::Context;
use crate::tui::effect::Effect;
use crate::tui::panes::help::Help;
use crate::tui::panes::palette::Palette;
use crate::tui::panes::prompt::{Prompt, Purpose};
use crate::tui::panes::record::{Cited, Record};
use crate::tui::panes::{Fetched, diptych, maturity};
use crate::tui::screen::Screen;
use crate::tui::state::{Overlay, State};
use crate::tui::widgets::listing::Listing;
use crate::view::TreeFocus;

/// What is copied at once; terminals refuse more.
const LONGEST_COPY: usize = 74_000;

/// Goes to a screen of its own accord: there is no way back to keep.
pub fn top(state: &mut State, screen: Screen) {
    state.history.clear();
    state.screen = screen;
    state.fetch(screen, false);
}

/// Goes to the traces of all agents.
pub fn all_traces(state: &mut State) {
    traces_of(state, TreeFocus::All);
    top(state, Screen::Traces);
}

/// Goes to a screen out of another one, to which Esc leads back.
fn into(state: &mut State, screen: Screen) {
    if state.screen != screen {
        state.history.push(state.screen);
        state.screen = screen;
    }
}

pub fn open(state: &mut State) {
    match state.screen {
        Screen::Queue => {
            if !state.queue.rows.toggle_fold()
                && let Some(finding) = state.current_finding()
            {
                show_finding(state, finding);
            }
        }
        Screen::Disputes => match state.current_finding() {
            Some(finding) if state.queue.find(finding).is_some() => show_finding(state, finding),
            _ => state.say(Role::Warning, "this finding is not in the queue any more"),
        },
        Screen::Agents => show_tree(state),
        Screen::Traces => {
            if let Some(trace) = state.traces.rows.current().map(|item| item.trace().clone()) {
                show_trace(state, trace);
            }
        }
        Screen::Tree => {
            if let Some(event) = state.tree.current().map(|node| node.event) {
                show_record(state, Record::of(vec![event]));
            }
        }
        Screen::Timeline => {
            let events = state.timeline.events();
            show_events_of(state, events, "nothing is recorded here");
        }
        Screen::Chains => {
            let links = state.chains.rows.current().map(|item| &item.chain.links);
            let events: Vec<EventId> =
                links.into_iter().flatten().flat_map(|link| &link.events).copied().collect();
            show_events_of(state, events, "no event is cited for this chain");
        }
        Screen::Search => {
            if let Some(current) = state.search.rows.current().map(|event| event.id) {
                let mut record = Record::of(state.search.rows.all().iter().map(|event| event.id));
                let wanted = Cited::Event(current);
                while record.current() != Some(&wanted) && record.step(false) {}
                show_record(state, record);
            }
        }
        Screen::Scope => {
            let sources = state.scope.sources();
            match sources.is_empty() {
                true => state.say(Role::Quiet, "no object of this route was read from a file"),
                false => show_record(state, Record::of_sources(sources)),
            }
        }
        Screen::Diptych | Screen::Maturity | Screen::Problems => {}
    }
}

fn show_finding(state: &mut State, finding: FindingId) {
    // The queue's cursor goes along, so that the next finding is the one after this.
    if !state.queue.rows.select(&finding) {
        state.queue.rows.set_filter("");
        state.queue.rows.select(&finding);
    }
    state.diptych.open(finding);
    into(state, Screen::Diptych);
}

fn show_record(state: &mut State, record: Record) {
    let request = record.request();
    state.overlays.push(Overlay::Record(record));
    if let Some(request) = request {
        state.ask(request);
    }
}

fn show_events_of(state: &mut State, mut events: Vec<EventId>, none: &str) {
    let mut seen = std::collections::HashSet::new();
    events.retain(|event| seen.insert(*event));
    match events.is_empty() {
        true => state.say(Role::Quiet, none),
        false => show_record(state, Record::of(events)),
    }
}

/// One level back: what lies over the screen, marks, the filter, the branch, the screen before.
pub fn back(state: &mut State) {
    if state.overlays.pop().is_some() {
        return;
    }
    if state.screen == Screen::Queue && state.queue.rows.marks() > 0 {
        return state.queue.rows.unmark();
    }
    if let Some(listing) = state.listing()
        && !listing.filter().is_empty()
    {
        return listing.set_filter("");
    }
    if state.screen == Screen::Tree && state.tree.unroot() {
        return;
    }
    match state.history.pop() {
        Some(screen) => state.screen = screen,
        None => state.say(Role::Quiet, "q quits"),
    }
}

/// Closes what lies over the screen, goes back, or quits.
pub fn close(state: &mut State) {
    if state.overlays.pop().is_some() {
        return;
    }
    match state.history.pop() {
        Some(screen) => state.screen = screen,
        None => {
            if state.loading.is_some() {
                state.outbox.push(Effect::CancelLoading);
            }
            state.outbox.push(Effect::Quit);
        }
    }
}

/// The next finding of the diptych, the next event of a record, or the next page.
pub fn step(state: &mut State, backwards: bool) {
    if let Some(Overlay::Record(record)) = state.overlays.last_mut() {
        match record.step(backwards) {
            true => state
                .outbox
                .extend(record.request().and_then(|request| state.requests.ask(request))),
            false => state.say(Role::Quiet, "no further record"),
        }
        return;
    }
    match state.screen {
        Screen::Diptych => {
            state.queue.rows.seek(backwards, |_| true);
            follow_cursor(state);
        }
        Screen::Search => match state.search.turn(backwards) {
            true => state.fetch(Screen::Search, true),
            false => state.say(Role::Quiet, "no further page"),
        },
        Screen::Timeline if !state.timeline.along_the_chain(backwards) => {
            state.say(Role::Quiet, "no further event on the way to the outcome");
        }
        _ => {}
    }
}

pub fn untagged(state: &mut State, backwards: bool) {
    match state.queue.rows.seek(backwards, |item| item.is_open()) {
        true => follow_cursor(state),
        false if state.queue.open() > 0 => {
            state.say(Role::Quiet, "no untagged finding is shown: the filter or a fold hides it");
        }
        false => state.say(Role::Good, "every finding is tagged"),
    }
}

/// The diptych shows what the queue's cursor is on.
fn follow_cursor(state: &mut State) {
    if state.screen == Screen::Diptych
        && let Some(item) = state.queue.rows.current()
    {
        state.diptych.open(item.row.finding.id);
    }
}

pub fn filter(state: &mut State) {
    let overlaid = !state.overlays.is_empty();
    if state.screen == Screen::Search && !overlaid {
        let before = state.search.query.clone();
        let purpose = Purpose::Search { before: before.clone() };
        state.prompt = Some(Prompt::new(purpose, "", &before));
        return;
    }
    if let Some(listing) = state.listing() {
        let before = listing.filter().to_owned();
        let purpose = Purpose::Filter { before: before.clone() };
        state.prompt = Some(Prompt::new(purpose, "", &before));
    }
}

pub fn next_match(state: &mut State, backwards: bool) {
    if let Some(listing) = state.listing()
        && !listing.next_match(backwards)
    {
        state.say(Role::Quiet, "no match: / sets what is looked for");
    }
}

pub fn show_tree(state: &mut State) {
    let trace = match state.screen {
        Screen::Search => state.search.rows.current().and_then(|event| event.trace_id.clone()),
        _ => None,
    };
    match (trace, state.current_agent()) {
        (Some(trace), _) => show_trace(state, trace),
        (None, Some(agent)) => {
            traces_of(state, TreeFocus::of_agent(&agent));
            into(state, Screen::Traces);
            state.fetch(Screen::Traces, false);
        }
        (None, None) => state.say(Role::Warning, "this row has no agent and no trace"),
    }
}

fn show_trace(state: &mut State, trace: Text) {
    if state.tree.trace.as_ref() != Some(&trace) {
        state.tree.trace = Some(trace);
        state.tree.fetched = Fetched::Never;
    }
    into(state, Screen::Tree);
    state.fetch(Screen::Tree, false);
}

/// The storyline of what the cursor is on.
pub fn show_timeline(state: &mut State) {
    let trace = |id: &Text| format!("trace:{}", id.raw());
    let narrow = match state.screen {
        Screen::Queue | Screen::Diptych | Screen::Disputes => {
            state.current_finding().map(|finding| format!("finding:{finding}"))
        }
        Screen::Traces => state.traces.rows.current().map(|item| trace(item.trace())),
        Screen::Tree => state.tree.trace.as_ref().map(trace),
        Screen::Search => state.search.rows.current().map(|event| format!("event:{}", event.id)),
        _ => None,
    };
    let agent = || state.current_agent().map(|agent| format!("agent:{}", agent.stored()));
    match narrow.or_else(agent) {
        Some(scope) => timeline_of(state, scope),
        None => state.say(Role::Warning, "this row has no story"),
    }
}

/// What the agent of the row can still use.
pub fn show_containment(state: &mut State) {
    let Some(agent) = state.current_agent() else {
        return state.say(Role::Warning, "this row has no agent");
    };
    let finding = state.current_finding();
    show_record(state, Record::of_containment(agent, finding));
}

/// What is normal for the agent of the row.
pub fn show_baseline(state: &mut State) {
    match state.current_agent() {
        Some(agent) => show_record(state, Record::of_baseline(agent)),
        None => state.say(Role::Warning, "this row has no agent"),
    }
}

/// Asks for the instant of the census.
pub fn ask_instant(state: &mut State) {
    let shown = state.agents.at.map(|at| at.to_string()).unwrap_or_default();
    let question = "Census as of (UTC), such as 2026-10-29T14:07:00Z; empty for the whole case";
    state.prompt = Some(Prompt::new(Purpose::Instant, question, &shown));
}

/// Follows the event under the cursor: its trace, then its session, then its agent.
pub fn follow_next(state: &mut State) {
    match state.timeline.next_scope() {
        Some(scope) => timeline_of(state, scope),
        None => state.say(Role::Quiet, "this line names no trace, session or agent"),
    }
}

fn timeline_of(state: &mut State, scope: String) {
    if state.timeline.scope.as_ref() != Some(&scope) {
        state.timeline.scope = Some(scope);
        state.timeline.fetched = Fetched::Never;
    }
    into(state, Screen::Timeline);
    state.fetch(Screen::Timeline, false);
}

fn traces_of(state: &mut State, focus: TreeFocus) {
    if state.traces.focus != focus {
        state.traces.focus = focus;
        state.traces.fetched = Fetched::Never;
    }
}

pub fn show_scope(state: &mut State) {
    match state.current_agent() {
        Some(agent) => {
            scope_of(state, agent);
            into(state, Screen::Scope);
            state.fetch(Screen::Scope, false);
        }
        None => state.say(Role::Warning, "this row has no agent"),
    }
}

/// The scope of the agent under the cursor, or of the one that was looked at last.
pub fn go_scope(state: &mut State) {
    if let Some(agent) = state.current_agent() {
        scope_of(state, agent);
    }
    top(state, Screen::Scope);
}

fn scope_of(state: &mut State, agent: AgentKey) {
    if state.scope.agent.as_ref() != Some(&agent) {
        state.scope.agent = Some(agent);
        state.scope.fetched = Fetched::Never;
    }
}

pub fn show_chain(state: &mut State) {
    let Some(agent) = state.current_agent() else {
        return state.say(Role::Warning, "this row has no agent");
    };
    if state.chains.agent.as_ref() != Some(&agent) {
        state.chains.agent = Some(agent);
        state.chains.fetched = Fetched::Never;
    }
    into(state, Screen::Chains);
    state.fetch(Screen::Chains, false);
}

pub fn show_evidence(state: &mut State) {
    let item = state.current_finding().and_then(|finding| state.queue.find(finding));
    let events = item.map(|item| diptych::cited(&item.row.finding)).unwrap_or_default();
    show_events_of(state, events, "this finding cites no event; its places name the files");
}

pub fn show_events(state: &mut State) {
    let Some(agent) = state.current_agent() else {
        return state.say(Role::Warning, "this row has no agent");
    };
    let inner = agent.inner.as_ref().map(Text::raw);
    let parts = [agent.realm.raw(), agent.space.raw(), agent.name.raw()];
    let parts: Vec<&str> = parts.into_iter().chain(inner).filter(|part| !part.is_empty()).collect();
    let quoted = parts.join("/").replace('\\', "\\\\").replace('"', "\\\"");
    search(state, &format!("agent:\"{quoted}\""));
}

/// Opens the search screen on a query.
pub fn search(state: &mut State, query: &str) {
    state.search.set_query(query);
    state.search.fetched = Fetched::Never;
    into(state, Screen::Search);
    state.fetch(Screen::Search, true);
}

pub fn copy(state: &mut State) {
    let item = state.current_finding().and_then(|finding| state.queue.find(finding));
    let text = match (state.overlays.last(), state.screen) {
        (Some(Overlay::Record(record)), _) => record.plain(&state.theme),
        (None, Screen::Diptych) => item.map(|item| diptych::plain(item, &state.theme)),
        (None, Screen::Maturity) => Some(maturity::plain(&state.maturity.assessment, &state.theme)),
        _ => state.listing().and_then(|listing| listing.copy()),
    };
    match text {
        Some(text) if text.len() > LONGEST_COPY => {
            state.say(Role::Warning, "too long for the terminal's clipboard");
        }
        Some(text) => {
            state.say(Role::Quiet, "sent to the terminal's clipboard, hidden characters escaped");
            state.outbox.push(Effect::Copy(text));
        }
        None => state.say(Role::Quiet, "nothing to copy here"),
    }
}

pub fn help(state: &mut State, context: Context) {
    if context != Context::Help {
        let view = std::sync::Arc::new(state.catalog.views.help.clone());
        state.overlays.push(Overlay::Help(Help::new(view, &state.keymap, context)));
    }
}

pub fn palette(state: &mut State, context: Context) {
    let palette = Palette::new(context, &state.keymap, &state.catalog.searches);
    state.overlays.push(Overlay::Palette(palette));
}
