//! The docket: pairs of verdicts that do not agree, each record's case, and what was ruled.

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Fetched, draw_empty, text_shown, time_shown, with_detail};
use crate::catalog::fields::DisputeField;
use crate::catalog::{Role, View};
use crate::domain::{DisputeState, FindingId, Ruling};
use crate::tui::theme::Theme;
use crate::tui::widgets::document::{Document, Scroll};
use crate::tui::widgets::listing::Listing;
use crate::tui::widgets::rows::{Listed, Rows};
use crate::tui::widgets::table::Shown;
use crate::view::DisputeRow;

#[derive(Debug)]
pub struct Disputes {
    pub rows: Rows<DisputeRow>,
    pub fetched: Fetched,
}

impl Disputes {
    pub fn new(view: Arc<View<DisputeField>>) -> Self {
        Self { rows: Rows::new(view), fetched: Fetched::Never }
    }

    pub fn draw(&self, area: Rect, buffer: &mut Buffer, theme: &Theme) {
        if self.fetched.draw_instead(area, buffer, theme) {
            return;
        }
        if self.rows.all().is_empty() {
            return draw_empty("Nothing is in dispute.", area, buffer, theme);
        }
        let (list, detail) = with_detail(area, self.rows.count().0, 18);
        self.rows.draw(list, buffer, theme);
        if let (Some(row), Some(area)) = (self.rows.current(), detail) {
            cases(row, area.width, theme).draw(area, buffer, &Scroll::default());
        }
    }
}

/// What each record has to say to the other side, the ruling and the precedents.
pub fn cases<'t>(row: &DisputeRow, width: u16, theme: &'t Theme) -> Document<'t> {
    let mut document = Document::new(width, theme);
    document.heading(&format!("PROVISIONING  {}", row.dispute.provisioning), Role::Configured);
    document.text(&row.dispute.provisioning_case, Role::Text, 0);
    document.heading(&format!("BEHAVIOUR  {}", row.dispute.behavioural), Role::Operational);
    document.text(&row.dispute.behavioural_case, Role::Text, 0);
    if let Some(ruling) = &row.ruling {
        document.heading("RULING", Role::Heading);
        document.pair("governs", &ruling.governing.to_string(), Role::Text);
        document.pair("resolver", &ruling.resolver.visible(), Role::Text);
        document.pair("accountable", &ruling.accountability.visible(), Role::Text);
        document.pair("rationale", &ruling.rationale.visible(), Role::Text);
    }
    if !row.precedents.is_empty() {
        document.heading("PRECEDENTS", Role::Heading);
        for precedent in &row.precedents {
            document.text(precedent, Role::Text, 0);
        }
    }
    document
}

impl Listed for DisputeRow {
    type Field = DisputeField;
    type Id = FindingId;

    fn id(&self) -> FindingId {
        self.dispute.finding
    }

    fn show(&self, field: DisputeField) -> Shown<'_> {
        let dispute = &self.dispute;
        match field {
            DisputeField::Agent => Shown::text(self.agent.as_str()),
            DisputeField::Title => Shown::text(self.title.as_str()),
            DisputeField::Provisioning => Shown::text(dispute.provisioning.to_string()),
            DisputeField::Behavioural => Shown::text(dispute.behavioural.to_string()),
            DisputeField::State => {
                let role = match dispute.state {
                    DisputeState::Dispute => Role::Warning,
                    DisputeState::AgreedViolation => Role::Error,
                    DisputeState::ClosedByAgreement => Role::Good,
                    _ => Role::Quiet,
                };
                Shown::status(role, dispute.state.to_string())
            }
            DisputeField::Ruling => match &self.ruling {
                Some(ruling) => governed(ruling),
                None => text_shown(None),
            },
            DisputeField::Until => time_shown(dispute.until),
        }
    }
}

fn governed(ruling: &Ruling) -> Shown<'static> {
    Shown::status(Role::Good, format!("{} governs", ruling.governing))
}
