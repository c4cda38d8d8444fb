//! Effective scope: what an agent holds, one row for each route, and the route drawn as a chain.

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Fetched, draw_empty, instant, with_detail};
use crate::catalog::fields::ScopeField;
use crate::catalog::{Role, View};
use crate::domain::{AgentKey, Attachment, Layer, ObjectState, Place, RouteStep, Text};
use crate::tui::theme::Theme;
use crate::tui::widgets::document::{Document, Scroll};
use crate::tui::widgets::listing::Listing;
use crate::tui::widgets::rows::{Listed, Rows};
use crate::tui::widgets::table::Shown;
use crate::view::{ScopeRow, ScopeView};

/// The width of the word before each hop.
const LABEL: usize = 20;

#[derive(Debug)]
pub struct Scope {
    pub rows: Rows<Item>,
    pub fetched: Fetched,
    /// Whose scope.
    pub agent: Option<AgentKey>,
    /// What is missing from the answer, a sentence each.
    gaps: Vec<String>,
}

/// A row by its number: two rows may have the same route.
#[derive(Debug)]
pub struct Item {
    number: usize,
    pub row: ScopeRow,
}

impl Scope {
    pub fn new(view: Arc<View<ScopeField>>) -> Self {
        Self { rows: Rows::new(view), fetched: Fetched::Never, agent: None, gaps: Vec::new() }
    }

    pub fn set(&mut self, view: ScopeView) {
        self.gaps = gaps(&view);
        self.agent = Some(view.agent);
        let items = view.rows.into_iter().enumerate();
        self.rows.set(items.map(|(number, row)| Item { number, row }).collect());
        self.fetched = Fetched::Ready;
    }

    /// Where the objects of the row's route were read, with their names, the granting end first.
    pub fn sources(&self) -> Vec<(Place, Text)> {
        let steps = self.rows.current().map(|item| item.row.steps.as_slice()).unwrap_or_default();
        let read = |step: &RouteStep| Some((step.place.clone()?, step.object.name.clone()));
        steps.iter().rev().filter_map(read).collect()
    }

    pub fn draw(&self, area: Rect, buffer: &mut Buffer, theme: &Theme) {
        if self.fetched.draw_instead(area, buffer, theme) {
            return;
        }
        if self.rows.all().is_empty() {
            let sentence = format!("Nothing is granted to this agent. {}", self.gaps.join(" "));
            return draw_empty(sentence.trim(), area, buffer, theme);
        }
        let current = self.rows.current();
        let wanted = current.map_or(0, |item| item.row.steps.len() * 2 + self.gaps.len() + 8);
        let (list, detail) = with_detail(area, self.rows.count().0, wanted);
        self.rows.draw(list, buffer, theme);
        if let (Some(item), Some(area)) = (current, detail) {
            self.route(&item.row, area.width, theme).draw(area, buffer, &Scroll::default());
        }
    }

    fn route<'t>(&self, row: &ScopeRow, width: u16, theme: &'t Theme) -> Document<'t> {
        let mut document = Document::new(width, theme);
        document.heading("FROM THE AGENT OUTWARDS", Role::Heading);
        for step in &row.steps {
            hop(step, &mut document);
        }
        document.pair("permits", &row.patterns.join(", "), Role::Text);
        let layers = |layers: &[Layer]| {
            layers.iter().map(|layer| layer.by.visible()).collect::<Vec<_>>().join(", ")
        };
        for (label, layers) in
            [("only within", layers(&row.bounds.within)), ("except", layers(&row.bounds.except))]
        {
            if !layers.is_empty() {
                document.pair(label, &layers, Role::Text);
            }
        }
        let depends = words(&row.bounds.depends_on);
        if !depends.is_empty() {
            document.pair("depends on", &depends, Role::Warning);
        }
        let by = row.granted_by.as_ref().map(|by| format!(" by {}", by.visible()));
        let policy = row.policy.as_ref().map(|policy| format!(" under {}", policy.visible()));
        if let Some(since) = row.since {
            let made = format!(
                "{}{}{}",
                instant(since),
                by.unwrap_or_default(),
                policy.unwrap_or_default()
            );
            document.pair("granted", &made, Role::Text);
        }
        for gap in &self.gaps {
            document.text(gap, Role::Missing, 0);
        }
        document
    }
}

fn hop(step: &RouteStep, document: &mut Document<'_>) {
    let role = match (step.state, &step.attachment) {
        (ObjectState::Missing, _) => Role::Missing,
        (_, Attachment::Own) => Role::Good,
        _ => Role::Gap2,
    };
    let label = match step.state {
        ObjectState::Missing => "not loaded".to_owned(),
        _ => step.attachment.to_string(),
    };
    document.status(role, &label, LABEL, &step.object.visible());
    let mut because = step.rule.to_owned();
    if !step.through.is_empty() {
        let through: Vec<String> = step.through.iter().map(|object| object.visible()).collect();
        because += &format!(", by {}", through.join(", "));
    }
    if step.state == ObjectState::Assumed {
        because += "; read later and assumed to have stood";
    }
    if let Some(place) = &step.place {
        because += &format!(" · {}{}", place.file.visible(), place.at);
    }
    document.text(&because, Role::Quiet, LABEL);
}

/// What the answer leaves open.
fn gaps(view: &ScopeView) -> Vec<String> {
    let mut gaps = Vec::new();
    for (state, sentence) in [
        ("absent", "No configuration is loaded of"),
        ("partial", "Not all configuration is loaded of"),
    ] {
        let planes = view.planes.iter().filter(|(_, loaded)| loaded == state);
        let planes: Vec<String> = planes.map(|(plane, _)| plane.to_string()).collect();
        if !planes.is_empty() {
            gaps.push(format!("{sentence} {}.", planes.join(", ")));
        }
    }
    if !view.missing.is_empty() {
        let missing: Vec<String> = view.missing.iter().map(|object| object.visible()).collect();
        gaps.push(format!("Named and not loaded: {}.", missing.join(", ")));
    }
    gaps
}

fn words(texts: &[Text]) -> String {
    texts.iter().map(Text::visible).collect::<Vec<_>>().join("; ")
}

impl Listed for Item {
    type Field = ScopeField;
    type Id = usize;

    fn id(&self) -> usize {
        self.number
    }

    fn show(&self, field: ScopeField) -> Shown<'_> {
        let row = &self.row;
        let route = row.route();
        let object = |hop: Option<&crate::domain::Hop>| match hop {
            Some(hop) => Shown::text(hop.object.visible()),
            None => Shown::missing(),
        };
        match field {
            ScopeField::Plane => Shown::text(row.plane.to_string()),
            ScopeField::How => {
                let role = match row.immediate && row.enforced {
                    true => Role::Good,
                    false if row.platform_default || !row.enforced => Role::Quiet,
                    false => Role::Gap2,
                };
                Shown::status(role, row.how())
            }
            ScopeField::Permits => Shown::text(row.patterns.join(", ")),
            ScopeField::Count => Shown::number(row.patterns.len() as u64),
            ScopeField::By => object(route.granting()),
            ScopeField::Upstream => object(route.upstream()),
            ScopeField::Depends => match row.bounds.depends_on.is_empty() {
                true => Shown::missing(),
                false => Shown::text(words(&row.bounds.depends_on)),
            },
            ScopeField::Since => super::time_shown(row.since),
        }
    }
}
