//! The findings queue.

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Fetched, counted, draw_empty, is_standing, reading_role, tag_shown, time_shown};
use crate::catalog::fields::QueueField;
use crate::catalog::{Role, View};
use crate::domain::TagState;
use crate::domain::{AgentKey, FindingId, Reading, Text, Verdict};
use crate::tui::theme::Theme;
use crate::tui::widgets::listing::Listing;
use crate::tui::widgets::rows::{Listed, Rows};
use crate::tui::widgets::table::Shown;
use crate::view::QueueRow;

#[derive(Debug)]
pub struct Queue {
    pub rows: Rows<Item>,
    pub fetched: Fetched,
}

/// A finding, and the tag that is on its way to the ledger.
#[derive(Clone, Debug)]
pub struct Item {
    pub row: QueueRow,
    pub saving: Option<Saving>,
}

/// A tag that is not on disk yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saving {
    pub generation: u64,
    pub verdict: Verdict,
    pub reason: Option<String>,
}

impl Item {
    /// Whether the finding still waits for a decision.
    pub fn is_open(&self) -> bool {
        self.saving.is_none() && !is_standing(&self.row.tag)
    }

    /// Whether a tag with this verdict inherits the reading's reason.
    pub fn agrees(&self, verdict: Verdict) -> bool {
        verdict.agrees_with(&self.row.finding.reading)
    }

    /// The verdict that says what the reading says, if the reading is one that can be tagged.
    pub fn read_as(&self) -> Option<Verdict> {
        [Verdict::Gap1, Verdict::Gap2, Verdict::Gap3, Verdict::CantTell]
            .into_iter()
            .find(|verdict| self.agrees(*verdict))
    }
}

impl Queue {
    pub fn new(view: Arc<View<QueueField>>) -> Self {
        Self { rows: Rows::new(view), fetched: Fetched::Never }
    }

    /// New rows from the case; tags on their way stay shown.
    pub fn set(&mut self, rows: Vec<QueueRow>) {
        let saving: std::collections::HashMap<FindingId, Saving> = self
            .rows
            .all()
            .iter()
            .filter_map(|item| Some((item.row.finding.id, item.saving.clone()?)))
            .collect();
        let items = rows.into_iter().map(|row| {
            let saving = saving.get(&row.finding.id).cloned();
            Item { row, saving }
        });
        self.rows.set(items.collect());
        self.fetched = Fetched::Ready;
    }

    pub fn find(&self, id: FindingId) -> Option<&Item> {
        self.rows.all().iter().find(|item| item.row.finding.id == id)
    }

    /// Shows the tag as on its way.
    pub fn save(&mut self, findings: &[FindingId], saving: &Saving) {
        for item in self.rows.all_mut() {
            if findings.contains(&item.row.finding.id) {
                item.saving = Some(saving.clone());
            }
        }
    }

    /// The tag is on disk, or was refused.
    pub fn saved(&mut self, generation: u64, written: bool) {
        for item in self.rows.all_mut() {
            let ours = item.saving.as_ref().is_some_and(|saving| saving.generation == generation);
            let Some(saving) = item.saving.take_if(|_| ours) else { continue };
            if written {
                item.row.tag = TagState::Tagged {
                    verdict: saving.verdict,
                    reason: Text::from(saving.reason.unwrap_or_default()),
                    author: Text::default(),
                };
            }
        }
    }

    /// Findings that wait for a decision.
    pub fn open(&self) -> usize {
        self.rows.all().iter().filter(|item| item.is_open()).count()
    }

    pub fn draw(&self, area: Rect, buffer: &mut Buffer, theme: &Theme) {
        if self.fetched.draw_instead(area, buffer, theme) {
            return;
        }
        if self.rows.all().is_empty() {
            let sentence = "No findings. Either the two records agree, or the case lacks one of \
                            them: `g m` shows what can be decided, `g p` what could not be read.";
            return draw_empty(sentence, area, buffer, theme);
        }
        self.rows.draw(area, buffer, theme);
    }

    /// `3 marked`, `filter "x": 4 of 20`.
    pub fn about(&self) -> String {
        let (shown, all) = self.rows.count();
        let mut parts = vec![format!("{} to tag", counted(self.open(), "finding"))];
        if self.rows.marks() > 0 {
            parts.push(format!("{} marked", self.rows.marks()));
        }
        if !self.rows.filter().is_empty() {
            parts.push(format!("{shown} of {all} shown"));
        }
        parts.join(" · ")
    }
}

impl Listed for Item {
    type Field = QueueField;
    type Id = FindingId;

    fn id(&self) -> FindingId {
        self.row.finding.id
    }

    fn show(&self, field: QueueField) -> Shown<'_> {
        let finding = &self.row.finding;
        match field {
            QueueField::Priority => {
                let score = finding.priority.score;
                Shown::text(score.to_string()).role(priority_role(score)).rank(i64::from(score))
            }
            QueueField::Reading => {
                Shown::status(reading_role(&finding.reading), finding.reading.label())
            }
            QueueField::Reason => match &finding.reading {
                Reading::CantTell { why } => Shown::text(why.label()),
                _ => Shown::text(""),
            },
            QueueField::Tag => match &self.saving {
                Some(saving) => Shown::text(format!("saving {}", saving.verdict)),
                None => tag_shown(&self.row.tag),
            },
            QueueField::Agent => Shown::text(finding.agent.visible()),
            QueueField::AgentName => Shown::text(short_name(&finding.agent)),
            QueueField::Title => Shown::text(finding.title.as_str()),
            QueueField::Discipline => Shown::text(finding.discipline.to_string()),
            QueueField::Plane => Shown::text(finding.plane.to_string()),
            QueueField::Pattern => Shown::text(finding.pattern.as_str()),
            QueueField::Last => time_shown(finding.until),
            QueueField::Notes => Shown::number(self.row.notes.len() as u64),
            QueueField::Id => Shown::text(finding.id.to_string()),
        }
    }
}

fn short_name(agent: &AgentKey) -> String {
    let name = agent.name.visible();
    match &agent.inner {
        Some(inner) => format!("{name}/{}", inner.visible()),
        None => name.into_owned(),
    }
}

pub fn priority_role(score: u32) -> Role {
    match score {
        80.. => Role::Critical,
        60.. => Role::High,
        30.. => Role::Medium,
        _ => Role::Low,
    }
}
