//! Drawing: the frame around the panes. Reads state, changes none.
//!
//! ```text
//! Findings 12 │ Agents │ Tree │ …            the tabs
//! the pane, or what lies over it
//! what the last key did · what the case holds
//! ? help  a accept  1 Gap 1  …               the keys that work now
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::panes::{counted, draw_empty, grouped};
use super::screen::{Screen, TABS};
use super::state::{Overlay, State};
use super::widgets::listing::Listing;
use super::widgets::{footer, text};
use crate::catalog::Role;

/// Smaller terminals get a sentence instead of a screen.
const SMALLEST: (u16, u16) = (40, 12);

pub fn render(state: &State, area: Rect, buffer: &mut Buffer) {
    buffer.set_style(area, state.theme.style(Role::Text));
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        let (width, height) = SMALLEST;
        let sentence = format!(
            "Too small: {} by {}. The workbench needs {width} by {height}.",
            area.width, area.height
        );
        return draw_empty(&sentence, area, buffer, &state.theme);
    }
    let row = |y| Rect { y, height: 1, ..area };
    let prompt = state.prompt.as_ref().map_or(0, |prompt| prompt.height());
    let body = Rect { y: area.y + 1, height: area.height - 3 - prompt, ..area };
    draw_tabs(state, row(area.y), buffer);
    match state.overlays.last() {
        Some(overlay) => draw_overlay(state, overlay, body, buffer),
        None => draw_screen(state, body, buffer),
    }
    if let Some(typed) = &state.prompt {
        let at = Rect { y: body.bottom(), height: prompt, ..area };
        typed.draw(at, buffer, &state.theme);
    }
    draw_status(state, row(area.bottom() - 2), buffer);
    footer::draw(
        row(area.bottom() - 1),
        buffer,
        state.context(),
        &state.pending,
        &state.keymap,
        &state.theme,
    );
}

fn draw_tabs(state: &State, area: Rect, buffer: &mut Buffer) {
    let theme = &state.theme;
    let number = |tab: &Screen| {
        let count = match tab {
            Screen::Queue => state.queue.open(),
            Screen::Disputes => state.summary.disputes,
            Screen::Problems => state.summary.problems,
            _ => 0,
        };
        if count > 0 { format!(" {}", grouped(count as u64)) } else { String::new() }
    };
    let labels: Vec<(&Screen, String)> = TABS.iter().map(|tab| (tab, number(tab))).collect();
    // One blank before each title.
    let tight: usize =
        labels.iter().map(|(tab, number)| 1 + text::width(tab.title()) + number.len()).sum();
    let room = usize::from(area.width);
    let after = if tight + labels.len() <= room { " " } else { "" };
    let spans: Vec<Span<'_>> = labels
        .iter()
        .map(|(tab, number)| {
            let lit = **tab == state.screen.tab();
            // In little room the other tabs are told by their letters.
            let title = match tight > room && !lit {
                true => tab.title().get(..2).unwrap_or_default(),
                false => tab.title(),
            };
            let role = if lit { Role::Selected } else { Role::Quiet };
            Span::styled(format!(" {title}{number}{after}"), theme.style(role))
        })
        .collect();
    text::draw_line(&Line::from(spans), area, buffer);
}

fn draw_screen(state: &State, area: Rect, buffer: &mut Buffer) {
    let theme = &state.theme;
    if let Some(loading) = &state.loading {
        return loading.draw(area, buffer, theme);
    }
    match state.screen {
        Screen::Queue => state.queue.draw(area, buffer, theme),
        Screen::Diptych => match state.diptych.finding.and_then(|id| state.queue.find(id)) {
            Some(item) => state.diptych.draw(item, area, buffer, theme),
            None => draw_empty("This finding is not in the queue any more.", area, buffer, theme),
        },
        Screen::Agents => state.agents.draw(area, buffer, theme),
        Screen::Traces => state.traces.draw(area, buffer, theme),
        Screen::Tree => state.tree.draw(area, buffer, theme),
        Screen::Timeline => state.timeline.draw(area, buffer, theme),
        Screen::Scope => state.scope.draw(area, buffer, theme),
        Screen::Chains => state.chains.draw(area, buffer, theme),
        Screen::Search => state.search.draw(&state.catalog.searches, area, buffer, theme),
        Screen::Disputes => state.disputes.draw(area, buffer, theme),
        Screen::Maturity => state.maturity.draw(area, buffer, theme),
        Screen::Problems => state.problems.draw(area, buffer, theme),
    }
}

fn draw_overlay(state: &State, overlay: &Overlay, area: Rect, buffer: &mut Buffer) {
    let theme = &state.theme;
    let title = match overlay {
        Overlay::Help(_) => "Help: what works here comes first".to_owned(),
        Overlay::Record(record) => record.title(),
        Overlay::Palette(_) => "Commands and named searches".to_owned(),
        Overlay::Ruling(_) => "Ruling".to_owned(),
    };
    let head = Rect { height: 1, ..area };
    text::draw(&title, head, buffer, theme.style(Role::Heading), theme);
    let area = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    match overlay {
        Overlay::Help(help) => help.draw(area, buffer, theme),
        Overlay::Record(record) => record.draw(area, buffer, theme),
        Overlay::Palette(palette) => palette.draw(area, buffer, theme),
        Overlay::Ruling(form) => form.draw(area, buffer, theme),
    }
}

/// What the last key did, on the left; what the screen or the case holds, on the right.
fn draw_status(state: &State, area: Rect, buffer: &mut Buffer) {
    let theme = &state.theme;
    let right = match state.busy.sign(state.motion) {
        Some(sign) => sign.to_owned(),
        None => about(state),
    };
    let (role, left) = match &state.status {
        Some((role, sentence)) => (*role, sentence.as_str()),
        None => (Role::Text, ""),
    };
    let wide = usize::from(area.width);
    let left_width = text::width(left).min(wide);
    text::draw(left, area, buffer, theme.style(role), theme);
    let space = wide.saturating_sub(left_width + 2);
    let right = text::cut(&right, space);
    let at = u16::try_from(wide - text::width(&right)).unwrap_or_default();
    if !right.is_empty() {
        let area = Rect { x: area.x + at, width: area.width - at, ..area };
        text::draw(&right, area, buffer, theme.style(Role::Quiet), theme);
    }
}

fn about(state: &State) -> String {
    if state.loading.is_some() {
        return String::new();
    }
    match state.screen {
        Screen::Queue | Screen::Diptych => state.queue.about(),
        Screen::Traces => state.traces.about(),
        Screen::Tree => state.tree.about(),
        Screen::Timeline => state.timeline.about(),
        Screen::Agents => listed(&state.agents.rows, "agent"),
        Screen::Chains => match &state.chains.agent {
            Some(agent) => agent.visible(),
            None => listed(&state.chains.rows, "chain"),
        },
        Screen::Scope => match &state.scope.agent {
            Some(agent) => agent.visible(),
            None => listed(&state.scope.rows, "route"),
        },
        Screen::Disputes => listed(&state.disputes.rows, "dispute"),
        Screen::Problems => listed(&state.problems.rows, "problem"),
        Screen::Search | Screen::Maturity => format!(
            "{} · {} · {}",
            counted(usize::try_from(state.summary.events).unwrap_or(usize::MAX), "event"),
            counted(state.summary.agents, "agent"),
            counted(state.summary.evidence, "evidence file"),
        ),
    }
}

fn listed(rows: &dyn Listing, noun: &str) -> String {
    let (shown, all) = rows.count();
    match shown == all {
        true => counted(all, noun),
        false => format!("{shown} of {}", counted(all, noun)),
    }
}
