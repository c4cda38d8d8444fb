//! The line at the bottom in which a filter, a search, a reason or a note is typed.

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::catalog::Role;
use crate::domain::{FindingId, Verdict};
use crate::tui::theme::Theme;
use crate::tui::widgets::input::TextLine;
use crate::tui::widgets::text;

/// What is typed, and what for.
#[derive(Clone, Debug)]
pub struct Prompt {
    pub purpose: Purpose,
    pub line: TextLine,
    /// What is asked, a sentence. Escaped.
    pub question: String,
    /// Why what was typed could not be taken.
    pub refused: Option<&'static str>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Taken as it is typed; leaving brings back what was before.
    Filter {
        before: String,
    },
    /// Asked as it is typed, after a pause.
    Search {
        before: String,
    },
    /// Why the verdict differs from the reading.
    Reason {
        findings: Vec<FindingId>,
        verdict: Verdict,
    },
    Note {
        finding: FindingId,
    },
    /// The instant of the census.
    Instant,
    /// About an instant of a storyline.
    StorylineNote {
        scope: String,
        at: Timestamp,
    },
}

impl Prompt {
    pub fn new(purpose: Purpose, question: impl Into<String>, text: &str) -> Self {
        let question = question.into();
        Self { purpose, line: TextLine::of(text), question, refused: None }
    }

    /// A filter and a search take one line; a reason and a note show what is asked above it.
    pub fn height(&self) -> u16 {
        match self.purpose {
            Purpose::Filter { .. } | Purpose::Search { .. } => 1,
            Purpose::Reason { .. }
            | Purpose::Note { .. }
            | Purpose::StorylineNote { .. }
            | Purpose::Instant => 3,
        }
    }

    pub fn draw(&self, area: Rect, buffer: &mut Buffer, theme: &Theme) {
        let last = Rect { y: area.bottom().saturating_sub(1), height: 1, ..area };
        let label = match self.purpose {
            Purpose::Filter { .. } => "filter: ",
            Purpose::Search { .. } => "search: ",
            Purpose::Reason { .. } => "reason: ",
            Purpose::Note { .. } | Purpose::StorylineNote { .. } => "note: ",
            Purpose::Instant => "as of: ",
        };
        if area.height > 1 {
            let question = text::wrap(&self.question, usize::from(area.width));
            for (line, y) in question.iter().take(2).zip(area.y..last.y) {
                let at = Rect { y, height: 1, ..area };
                text::draw(line, at, buffer, theme.style(Role::Heading), theme);
            }
        }
        if let Some(refused) = self.refused {
            let at = Rect { y: last.y.saturating_sub(1).max(area.y), height: 1, ..area };
            text::draw(refused, at, buffer, theme.style(Role::Error), theme);
        }
        text::draw(label, last, buffer, theme.style(Role::Key), theme);
        let wide = u16::try_from(text::width(label)).unwrap_or_default().min(last.width);
        let line = Rect { x: last.x + wide, width: last.width - wide, ..last };
        self.line.draw(line, buffer, true, theme);
    }
}
