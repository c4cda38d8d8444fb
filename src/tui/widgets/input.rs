//! A line of text being typed.

use crossterm::event::{Event as TerminalEvent, KeyEvent};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use tui_input::backend::crossterm::to_input_request;
use tui_input::{Input, InputRequest};

use super::text;
use crate::catalog::Role;
use crate::domain::text::visible;
use crate::tui::theme::Theme;

/// Longer lines are refused: nothing that a person types needs more.
const LONGEST: usize = 4000;

/// One line with its cursor.
#[derive(Clone, Debug, Default)]
pub struct TextLine {
    input: Input,
}

impl TextLine {
    pub fn of(text: &str) -> Self {
        Self { input: Input::new(text.to_owned()) }
    }

    pub fn value(&self) -> &str {
        self.input.value()
    }

    /// Whether the key changed the line or moved in it.
    pub fn key(&mut self, key: KeyEvent) -> bool {
        match to_input_request(&TerminalEvent::Key(key)) {
            Some(InputRequest::InsertChar(_)) if self.value().len() >= LONGEST => false,
            Some(request) => self.input.handle(request).is_some(),
            None => false,
        }
    }

    /// Inserts pasted text; line ends become blanks.
    pub fn paste(&mut self, pasted: &str) {
        for character in pasted.chars().take(LONGEST.saturating_sub(self.value().len())) {
            let character = if matches!(character, '\n' | '\r' | '\t') { ' ' } else { character };
            self.input.handle(InputRequest::InsertChar(character));
        }
    }

    /// Draws the line so that its cursor is in view. What was pasted is shown escaped.
    pub fn draw(&self, area: Rect, buffer: &mut Buffer, focused: bool, theme: &Theme) {
        let value = self.value();
        let cut = value.char_indices().nth(self.input.cursor()).map_or(value.len(), |(at, _)| at);
        let (before, after) = value.split_at(cut);
        let (before, after) = (visible(before), visible(after));
        let space = usize::from(area.width).saturating_sub(1);
        let mut start = before.as_ref();
        while text::width(start) > space {
            let mut characters = start.chars();
            characters.next();
            start = characters.as_str();
        }
        let style = theme.style(Role::Input);
        text::draw(&format!("{start}{after}"), area, buffer, style, theme);
        if focused {
            let column = u16::try_from(text::width(start)).unwrap_or_default();
            let at = Rect { x: area.x.saturating_add(column), width: 1, height: 1, ..area };
            buffer.set_style(
                at.intersection(area).intersection(buffer.area),
                style.add_modifier(Modifier::REVERSED),
            );
        }
    }
}
