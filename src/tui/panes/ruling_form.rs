//! The ruling on a dispute. It cannot be saved while one of its three outputs (governing record,
//! resolver, accountability) is blank, and says which.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::disputes::cases;
use crate::catalog::Role;
use crate::domain::GoverningRecord;
use crate::tui::desk::RulingDraft;
use crate::tui::theme::Theme;
use crate::tui::widgets::document::Scroll;
use crate::tui::widgets::input::TextLine;
use crate::tui::widgets::text;
use crate::view::DisputeRow;

/// The fields of the form, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Governing,
    Resolver,
    Accountability,
    Rationale,
    Conditions,
    ReviewBy,
}

const FIELDS: &[(Field, &str, &str)] = &[
    (Field::Governing, "governs *", "p for provisioning, b for behaviour"),
    (Field::Resolver, "resolver *", "who resolves it, with authority over both records"),
    (Field::Accountability, "accountable *", "who is accountable, and for what"),
    (Field::Rationale, "rationale", "why"),
    (Field::Conditions, "conditions", "re-baseline from a date; revoke; pin; guardrail"),
    (Field::ReviewBy, "review by", "YYYY-MM-DD"),
];

const LABEL: u16 = 15;

#[derive(Debug)]
pub struct RulingForm {
    dispute: DisputeRow,
    governing: Option<GoverningRecord>,
    /// One line per field; that of the governing record stays empty.
    lines: Vec<TextLine>,
    focus: usize,
    refused: Option<String>,
}

impl RulingForm {
    pub fn new(dispute: DisputeRow) -> Self {
        let lines = FIELDS.iter().map(|_| TextLine::default()).collect();
        Self { dispute, governing: None, lines, focus: 0, refused: None }
    }

    pub fn next_field(&mut self, backwards: bool) {
        let step = if backwards { FIELDS.len() - 1 } else { 1 };
        self.focus = (self.focus + step) % FIELDS.len();
    }

    pub fn key(&mut self, key: KeyEvent) {
        if self.field() != Field::Governing {
            if let Some(line) = self.lines.get_mut(self.focus) {
                line.key(key);
            }
            return;
        }
        self.governing = match key.code {
            KeyCode::Char('p') => Some(GoverningRecord::Provisioning),
            KeyCode::Char('b') => Some(GoverningRecord::Behavioural),
            KeyCode::Char(' ') | KeyCode::Left | KeyCode::Right => match self.governing {
                Some(GoverningRecord::Provisioning) => Some(GoverningRecord::Behavioural),
                _ => Some(GoverningRecord::Provisioning),
            },
            KeyCode::Backspace | KeyCode::Delete => None,
            _ => self.governing,
        };
    }

    pub fn paste(&mut self, pasted: &str) {
        if self.field() != Field::Governing
            && let Some(line) = self.lines.get_mut(self.focus)
        {
            line.paste(pasted);
        }
    }

    /// The ruling, if it is complete; otherwise the form says what is missing and goes there.
    pub fn submit(&mut self) -> Option<RulingDraft> {
        let mut draft = RulingDraft::of(self.dispute.dispute.finding);
        draft.governing = self.governing;
        draft.resolver = self.value(Field::Resolver);
        draft.accountability = self.value(Field::Accountability);
        draft.rationale = self.value(Field::Rationale);
        draft.conditions = self
            .value(Field::Conditions)
            .split(';')
            .map(|condition| condition.trim().to_owned())
            .filter(|condition| !condition.is_empty())
            .collect();
        let review_by = self.value(Field::ReviewBy);
        if !review_by.is_empty() {
            match review_by.parse() {
                Ok(date) => draft.review_by = Some(date),
                Err(_) => {
                    self.refuse("not a date: write review by as YYYY-MM-DD", Field::ReviewBy);
                    return None;
                }
            }
        }
        let missing = draft.missing();
        let first = match missing.first() {
            None => return Some(draft),
            Some(&"governing record") => Field::Governing,
            Some(&"resolver") => Field::Resolver,
            Some(_) => Field::Accountability,
        };
        self.refuse(&format!("a ruling needs: {}", missing.join(", ")), first);
        None
    }

    fn refuse(&mut self, why: &str, field: Field) {
        self.refused = Some(why.to_owned());
        self.focus = FIELDS.iter().position(|(each, ..)| *each == field).unwrap_or(self.focus);
    }

    fn field(&self) -> Field {
        FIELDS.get(self.focus).map_or(Field::Governing, |(field, ..)| *field)
    }

    fn value(&self, field: Field) -> String {
        let index = FIELDS.iter().position(|(each, ..)| *each == field);
        let line = index.and_then(|index| self.lines.get(index));
        line.map(|line| line.value().trim().to_owned()).unwrap_or_default()
    }

    /// Both records' cases above, the form below.
    pub fn draw(&self, area: Rect, buffer: &mut Buffer, theme: &Theme) {
        let form = u16::try_from(FIELDS.len()).unwrap_or(u16::MAX) + 2;
        let above = Rect { height: area.height.saturating_sub(form), ..area };
        cases(&self.dispute, area.width, theme).draw(above, buffer, &Scroll::default());
        let mut y = above.bottom();
        for (index, ((field, label, hint), line)) in FIELDS.iter().zip(&self.lines).enumerate() {
            let focused = index == self.focus;
            let row = Rect { y, height: 1, ..area };
            let mark = if focused { theme.glyph(Role::Selected) } else { " " };
            let role = if focused { Role::Key } else { Role::Text };
            text::draw(&format!("{mark} {label}"), row, buffer, theme.style(role), theme);
            let value = Rect {
                x: row.x.saturating_add(LABEL),
                width: row.width.saturating_sub(LABEL),
                ..row
            };
            match (field, self.governing) {
                (Field::Governing, Some(governing)) => {
                    text::draw(
                        &governing.to_string(),
                        value,
                        buffer,
                        theme.style(Role::Input),
                        theme,
                    );
                }
                (Field::Governing, None) => {
                    text::draw(hint, value, buffer, theme.style(Role::Quiet), theme);
                }
                _ if line.value().is_empty() && !focused => {
                    text::draw(hint, value, buffer, theme.style(Role::Quiet), theme);
                }
                _ => line.draw(value, buffer, focused, theme),
            }
            y = y.saturating_add(1);
        }
        let last = Rect { y, height: 1, ..area };
        match &self.refused {
            Some(refused) => text::draw(refused, last, buffer, theme.style(Role::Error), theme),
            None => {
                let what = "* mandatory. Enter saves the ruling.";
                text::draw(what, last, buffer, theme.style(Role::Quiet), theme);
            }
        }
    }
}
