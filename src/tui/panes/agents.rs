//! The agents, with what is granted to each and whether its baseline can be relied on.

use std::sync::Arc;

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use rustc_hash::FxHashMap;

use super::{Fetched, alarming, draw_empty, gap_label, text_shown, time_shown, with_detail};
use crate::catalog::fields::AgentField;
use crate::catalog::{Role, View};
use crate::domain::census::{Census, CensusRow};
use crate::domain::{AgentKey, Convergence, Sufficiency};
use crate::tui::theme::Theme;
use crate::tui::widgets::document::{Document, Scroll};
use crate::tui::widgets::listing::Listing;
use crate::tui::widgets::rows::{Listed, Rows};
use crate::tui::widgets::table::Shown;
use crate::view::AgentRow;

#[derive(Debug)]
pub struct Agents {
    pub rows: Rows<Item>,
    pub fetched: Fetched,
    /// The instant that the census is of; the whole case when absent.
    pub at: Option<Timestamp>,
    census: Option<Census>,
}

/// An agent, and what the census says of it.
#[derive(Debug)]
pub struct Item {
    pub row: AgentRow,
    census: Option<CensusRow>,
}

impl Agents {
    pub fn new(view: Arc<View<AgentField>>) -> Self {
        Self { rows: Rows::new(view), fetched: Fetched::Never, at: None, census: None }
    }

    pub fn set(&mut self, rows: Vec<AgentRow>) {
        self.rows.set(rows.into_iter().map(|row| Item { row, census: None }).collect());
        self.fetched = Fetched::Ready;
        self.join();
    }

    pub fn set_census(&mut self, census: Census) {
        self.census = Some(census);
        self.join();
    }

    pub fn has_census(&self) -> bool {
        self.census.is_some()
    }

    fn join(&mut self) {
        let Some(census) = &self.census else { return };
        let by_agent: FxHashMap<&AgentKey, &CensusRow> =
            census.agents.iter().map(|row| (&row.agent, row)).collect();
        for item in self.rows.all_mut() {
            item.census = by_agent.get(&item.row.agent.key).map(|row| (*row).clone());
        }
    }

    pub fn draw(&self, area: Rect, buffer: &mut Buffer, theme: &Theme) {
        if self.fetched.draw_instead(area, buffer, theme) {
            return;
        }
        if self.rows.all().is_empty() {
            return draw_empty("No agents are known to this case.", area, buffer, theme);
        }
        let area = self.draw_answers(area, buffer, theme);
        let (list, detail) = with_detail(area, self.rows.count().0, 14);
        self.rows.draw(list, buffer, theme);
        if let (Some(item), Some(area)) = (self.rows.current(), detail) {
            about(item, area.width, theme).draw(area, buffer, &Scroll::default());
        }
    }

    /// How many agents are active, what they can reach, what of their acts was authorised: above the
    /// table, where there is room. What is left of the area.
    fn draw_answers(&self, area: Rect, buffer: &mut Buffer, theme: &Theme) -> Rect {
        let Some(census) = &self.census else { return area };
        let mut document = Document::new(area.width, theme);
        let of = match self.at {
            Some(at) => format!("As of {}", super::instant(at)),
            None => "Over the whole case".to_owned(),
        };
        document.text(&of, Role::Heading, 0);
        census.answers.iter().for_each(|answer| document.text(answer, Role::Text, 0));
        let height = u16::try_from(document.height()).unwrap_or(u16::MAX);
        if height > area.height / 3 {
            return area;
        }
        document.draw(Rect { height, ..area }, buffer, &Scroll::default());
        Rect { y: area.y + height, height: area.height - height, ..area }
    }
}

fn about<'t>(item: &Item, width: u16, theme: &'t Theme) -> Document<'t> {
    let row = &item.row;
    let mut document = Document::new(width, theme);
    document.heading(&row.agent.key.visible(), Role::Heading);
    let purpose = row.agent.purpose.as_ref().map(|purpose| purpose.visible().into_owned());
    document.pair("purpose", purpose.as_deref().unwrap_or("no record states one"), Role::Text);
    let principals: Vec<String> =
        row.agent.principals.iter().map(crate::domain::Principal::visible).collect();
    document.pair("acts as", &principals.join(", "), Role::Text);
    if let Some(census) = &item.census {
        document.pair("census", &format!("{}: {}", census.activity, census.because), Role::Text);
        for (label, acts) in
            [("improvised", &census.improvised), ("undeclared", &census.undeclared)]
        {
            let acts: Vec<String> =
                acts.iter().map(|act| format!("{} ×{}", act.capability, act.count)).collect();
            if !acts.is_empty() {
                document.pair(label, &acts.join(", "), Role::Warning);
            }
        }
    }
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

impl Listed for Item {
    type Field = AgentField;
    type Id = AgentKey;

    fn id(&self) -> AgentKey {
        self.row.agent.key.clone()
    }

    fn show(&self, field: AgentField) -> Shown<'_> {
        let row = &self.row;
        let yes = |yes: bool| if yes { "yes" } else { "no" };
        match field {
            AgentField::Agent => Shown::text(row.agent.key.visible()),
            AgentField::Registered => match row.agent.registered {
                true => Shown::status(Role::Good, "registered"),
                false => Shown::status(Role::Warning, "no"),
            },
            AgentField::Owner => text_shown(row.agent.owner.as_ref()),
            AgentField::Evidence => match row.agent.evidence.is_empty() {
                true => Shown::missing(),
                false => {
                    let evidence: Vec<String> =
                        row.agent.evidence.iter().map(ToString::to_string).collect();
                    Shown::text(evidence.join(", "))
                }
            },
            AgentField::Events => Shown::number(row.events),
            AgentField::Exercised => Shown::number(row.exercised as u64),
            AgentField::Unused => Shown::number(row.observed_unused as u64),
            AgentField::Unobservable => Shown::number(row.unobservable as u64),
            AgentField::Inherited => Shown::number(row.inherited as u64),
            AgentField::Findings => Shown::number(row.findings as u64),
            AgentField::Spawns => Shown::text(yes(row.spawns)),
            AgentField::Converged => {
                let converged = row.convergence.iter().filter(|c| c.is_converged()).count();
                let all = row.convergence.len();
                let role = if converged == all && all > 0 { Role::Good } else { Role::Warning };
                Shown::status(role, format!("{converged} of {all}")).rank(converged as i64)
            }
            AgentField::Active => match &self.census {
                Some(census) if census.is_active() => {
                    Shown::status(Role::Good, census.activity.to_string())
                }
                Some(census) => Shown::text(census.activity.to_string()).role(Role::Quiet),
                None => Shown::missing(),
            },
            AgentField::Improvised => match &self.census {
                Some(census) => {
                    let count = u32::try_from(census.acts.improvised).unwrap_or(u32::MAX);
                    alarming(count, Role::Warning)
                }
                None => Shown::missing(),
            },
            AgentField::Last => time_shown(row.last),
        }
    }
}
