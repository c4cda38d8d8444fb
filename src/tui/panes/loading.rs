//! The first screen while evidence is loaded.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::grouped;
use crate::catalog::Role;
use crate::tui::desk::LoadProgress;
use crate::tui::theme::Theme;
use crate::tui::widgets::document::{Document, Scroll};

/// The latest progress; none once the load is over.
#[derive(Clone, Debug, Default)]
pub struct Loading {
    pub progress: LoadProgress,
    pub cancelling: bool,
}

impl Loading {
    pub fn draw(&self, area: Rect, buffer: &mut Buffer, theme: &Theme) {
        let mut document = Document::new(area.width, theme);
        document.heading("LOADING", Role::Heading);
        let progress = &self.progress;
        let stage = match (self.cancelling, progress.stage.is_empty()) {
            (true, _) => "stopping: the case stays as it was",
            (false, true) => "starting",
            (false, false) => &progress.stage,
        };
        document.text(stage, Role::Text, 0);
        document.blank();
        let done = grouped(progress.done);
        match progress.total.filter(|total| *total > 0) {
            Some(total) => {
                let share = progress.done.min(total) as f64 / total as f64;
                let width = usize::from(area.width.saturating_sub(8).min(60));
                let filled = (share * width as f64) as usize;
                let bar = format!("[{}{}]", "#".repeat(filled), ".".repeat(width - filled));
                document.text(&format!("{bar} {:.0} %", share * 100.0), Role::Good, 0);
                let total = grouped(total);
                document.text(&format!("{done} of {total} {}", progress.unit), Role::Quiet, 0);
            }
            None => document.text(&format!("{done} {}", progress.unit), Role::Quiet, 0),
        }
        document.blank();
        document.text("Esc or Ctrl-C stops.", Role::Quiet, 0);
        document.draw(area, buffer, &Scroll::default());
    }
}
