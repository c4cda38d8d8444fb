//! What was set aside while loading, and mistakes in the catalog. Loss is never silent.

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Fetched, draw_empty};
use crate::catalog::fields::ProblemField;
use crate::catalog::{CatalogError, Role, View};
use crate::domain::{Location, Problem, ProblemKind, Text};
use crate::tui::theme::Theme;
use crate::tui::widgets::listing::Listing;
use crate::tui::widgets::rows::{Listed, Rows};
use crate::tui::widgets::table::Shown;

#[derive(Debug)]
pub struct Problems {
    pub rows: Rows<Item>,
    pub fetched: Fetched,
    /// Mistakes in views, keys and queries: known before anything is asked.
    catalog: Vec<Problem>,
}

#[derive(Debug)]
pub struct Item {
    number: usize,
    problem: Problem,
}

impl Problems {
    pub fn new(view: Arc<View<ProblemField>>, mistakes: &[CatalogError]) -> Self {
        let catalog = mistakes.iter().map(|mistake| Problem {
            kind: ProblemKind::Malformed,
            file: Text::from(mistake.file.as_str()),
            at: match mistake.line {
                0 => Location::Whole,
                line => Location::Line(line as u64),
            },
            message: match &mistake.hint {
                Some(hint) => format!("{}; {hint}", mistake.message),
                None => mistake.message.clone(),
            },
        });
        Self { rows: Rows::new(view), fetched: Fetched::Never, catalog: catalog.collect() }
    }

    pub fn set(&mut self, problems: Vec<Problem>) {
        let all = self.catalog.iter().cloned().chain(problems).enumerate();
        self.rows.set(all.map(|(number, problem)| Item { number, problem }).collect());
        self.fetched = Fetched::Ready;
    }

    pub fn draw(&self, area: Rect, buffer: &mut Buffer, theme: &Theme) {
        if self.fetched.draw_instead(area, buffer, theme) {
            return;
        }
        if self.rows.all().is_empty() {
            return draw_empty("Nothing was set aside.", area, buffer, theme);
        }
        self.rows.draw(area, buffer, theme);
    }
}

impl Listed for Item {
    type Field = ProblemField;
    type Id = usize;

    fn id(&self) -> usize {
        self.number
    }

    fn show(&self, field: ProblemField) -> Shown<'_> {
        match field {
            ProblemField::Kind => Shown::status(Role::Warning, self.problem.kind.to_string()),
            ProblemField::Place => {
                Shown::text(format!("{}{}", self.problem.file.visible(), self.problem.at))
            }
            ProblemField::Message => Shown::text(self.problem.message.as_str()),
        }
    }
}
