//! The agents, with what is granted to each and whether its baseline can be relied on.

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Fetched, draw_empty, gap_label, text_shown, time_shown, with_detail};
use crate::catalog::fields::AgentField;
use crate::catalog::{Role, View};
use crate::domain::{AgentKey, Convergence, Sufficiency};
use crate::tui::theme::Theme;
use crate::tui::widgets::document::{Document, Scroll};
use crate::tui::widgets::listing::Listing;
use crate::tui::widgets::rows::{Listed, Rows};
use crate::tui::widgets::table::Shown;
use crate::view::AgentRow;

#[derive(Debug)]
pub struct Agents {
    pub rows: Rows<AgentRow>,
    pub fetched: Fetched,
}

impl Agents {
    pub fn new(view: Arc<View<AgentField>>) -> Self {
        Self { rows: Rows::new(view), fetched: Fetched::Never }
    }

    pub fn draw(&self, area: Rect, buffer: &mut Buffer, theme: &Theme) {
        if self.fetched.draw_instead(area, buffer, theme) {
            return;
        }
        if self.rows.all().is_empty() {
            return draw_empty("No agents are known to this case.", area, buffer, theme);
        }
        let (list, detail) = with_detail(area, self.rows.count().0, 14);
        self.rows.draw(list, buffer, theme);
        if let (Some(row), Some(area)) = (self.rows.current(), detail) {
            about(row, area.width, theme).draw(area, buffer, &Scroll::default());
        }
    }
}

fn about<'t>(row: &AgentRow, width: u16, theme: &'t Theme) -> Document<'t> {
    let mut document = Document::new(width, theme);
    document.heading(&row.agent.key.visible(), Role::Heading);
    let purpose = row.agent.purpose.as_ref().map(|purpose| purpose.visible().into_owned());
    document.pair("purpose", purpose.as_deref().unwrap_or("no record states one"), Role::Text);
    let principals: Vec<String> =
        row.agent.principals.iter().map(crate::domain::Principal::visible).collect();
    document.pair("acts as", &principals.join(", "), Role::Text);
    for convergence in &row.convergence {
        let (role, word, sentence) = sufficiency(convergence);
        let label = format!("{} {}", convergence.discipline, gap_label(convergence.gap));
        document.status(role, &label, 18, &format!("{word}: {sentence}"));
    }
    document
}

/// The state of a baseline in words. Not converged is never "no anomaly".
fn sufficiency(convergence: &Convergence) -> (Role, &'static str, String) {
    match &convergence.sufficiency {
        Sufficiency::Converged => (Role::Good, "converged", convergence.why.clone()),
        Sufficiency::NotConverged { until: Some(until), condition } => (
            Role::Warning,
            "not converged",
            format!("until {}; {condition}", until.strftime("%Y-%m-%d")),
        ),
        Sufficiency::NotConverged { until: None, condition } => {
            (Role::Warning, "not converged", condition.clone())
        }
        Sufficiency::Contaminated { because } => (Role::Error, "contaminated", because.clone()),
        Sufficiency::Empty => (Role::Missing, "nothing observed", convergence.why.clone()),
    }
}

impl Listed for AgentRow {
    type Field = AgentField;
    type Id = AgentKey;

    fn id(&self) -> AgentKey {
        self.agent.key.clone()
    }

    fn show(&self, field: AgentField) -> Shown<'_> {
        let yes = |yes: bool| if yes { "yes" } else { "no" };
        match field {
            AgentField::Agent => Shown::text(self.agent.key.visible()),
            AgentField::Registered => match self.agent.registered {
                true => Shown::status(Role::Good, "registered"),
                false => Shown::status(Role::Warning, "no"),
            },
            AgentField::Owner => text_shown(self.agent.owner.as_ref()),
            AgentField::Evidence => match self.agent.evidence.is_empty() {
                true => Shown::missing(),
                false => {
                    let evidence: Vec<String> =
                        self.agent.evidence.iter().map(ToString::to_string).collect();
                    Shown::text(evidence.join(", "))
                }
            },
            AgentField::Events => Shown::number(self.events),
            AgentField::Exercised => Shown::number(self.exercised as u64),
            AgentField::Unused => Shown::number(self.observed_unused as u64),
            AgentField::Unobservable => Shown::number(self.unobservable as u64),
            AgentField::Inherited => Shown::number(self.inherited as u64),
            AgentField::Findings => Shown::number(self.findings as u64),
            AgentField::Spawns => Shown::text(yes(self.spawns)),
            AgentField::Converged => {
                let converged = self.convergence.iter().filter(|c| c.is_converged()).count();
                let all = self.convergence.len();
                let role = if converged == all && all > 0 { Role::Good } else { Role::Warning };
                Shown::status(role, format!("{converged} of {all}")).rank(converged as i64)
            }
            AgentField::Last => time_shown(self.last),
        }
    }
}
