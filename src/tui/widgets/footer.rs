//! The footer: the keys that work now, or how a sequence can go on.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::text;
use crate::catalog::Role;
use crate::tui::command::COMMANDS;
use crate::tui::context::Context;
use crate::tui::keymap::Keymap;
use crate::tui::keys::Key;
use crate::tui::theme::Theme;

/// Draws as many hints as fit, in the order of the table of commands; help is always among them.
pub fn draw(
    area: Rect,
    buffer: &mut Buffer,
    context: Context,
    pending: &[Key],
    keymap: &Keymap,
    theme: &Theme,
) {
    let mut hints: Vec<(String, &str)> = match pending.is_empty() {
        false => keymap
            .choices(context, pending)
            .into_iter()
            .map(|(keys, command)| (keys, command.spec().title))
            .collect(),
        true => COMMANDS
            .iter()
            .filter(|spec| !spec.hint.is_empty() && spec.contexts.contains(context))
            .filter_map(|spec| Some((keymap.first_key(spec.command, context)?, spec.hint)))
            .collect(),
    };
    let mut space = usize::from(area.width);
    if pending.is_empty()
        && let Some(help) = hints.iter().position(|(_, hint)| *hint == "help")
    {
        let help = hints.remove(help);
        hints.insert(0, help);
    }
    let mut spans: Vec<Span<'_>> = Vec::new();
    for (keys, hint) in &hints {
        let wide = text::width(keys) + 1 + text::width(hint) + 2;
        if wide > space + 2 {
            break;
        }
        space = space.saturating_sub(wide);
        spans.push(Span::styled(keys.as_str(), theme.style(Role::Key)));
        spans.push(Span::raw(format!(" {hint}  ")));
    }
    text::draw_line(&Line::from(spans), area, buffer);
}
