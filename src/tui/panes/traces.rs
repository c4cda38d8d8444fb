//! The traces, each with what its delegation tree comes to.

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Fetched, alarming, counted, draw_empty, time_shown};
use crate::catalog::fields::TraceField;
use crate::catalog::{Role, View};
use crate::domain::{AgentKey, DelegationNames, Text, TraceRow, amounts};
use crate::tui::theme::Theme;
use crate::tui::widgets::listing::Listing;
use crate::tui::widgets::rows::{Listed, Rows};
use crate::tui::widgets::table::Shown;
use crate::view::{TraceList, TreeFocus};

#[derive(Debug)]
pub struct Traces {
    pub rows: Rows<Item>,
    pub focus: TreeFocus,
    pub fetched: Fetched,
}

/// One trace, and what it is called.
#[derive(Debug)]
pub struct Item {
    row: TraceRow,
    names: Arc<DelegationNames>,
}

impl Item {
    pub fn trace(&self) -> &Text {
        self.names.name(self.row.trace)
    }

    pub fn agent(&self) -> Option<&AgentKey> {
        self.names.agent(self.row.agent)
    }
}

impl Traces {
    pub fn new(view: Arc<View<TraceField>>) -> Self {
        Self { rows: Rows::new(view), focus: TreeFocus::All, fetched: Fetched::Never }
    }

    pub fn set(&mut self, list: TraceList) {
        let TraceList { traces, names, .. } = list;
        let item = |row| Item { row, names: names.clone() };
        self.rows.set(traces.into_iter().map(item).collect());
        self.fetched = Fetched::Ready;
    }

    /// What is shown, in a few words.
    pub fn about(&self) -> String {
        let (shown, all) = self.rows.count();
        let of = match &self.focus {
            TreeFocus::All => "all agents".to_owned(),
            TreeFocus::AgentContaining(agent) => agent.clone(),
            TreeFocus::Trace(trace) => trace.visible().into_owned(),
        };
        match shown == all {
            true => format!("{of} · {}", counted(all, "trace")),
            false => format!("{of} · {shown} of {}", counted(all, "trace")),
        }
    }

    pub fn draw(&self, area: Rect, buffer: &mut Buffer, theme: &Theme) {
        if self.fetched.draw_instead(area, buffer, theme) {
            return;
        }
        if self.rows.all().is_empty() {
            let sentence = "No delegation is recorded here: traces (OTLP) or hand-off records would \
                            show it.";
            return draw_empty(sentence, area, buffer, theme);
        }
        self.rows.draw(area, buffer, theme);
    }
}

impl Listed for Item {
    type Field = TraceField;
    type Id = u64;

    fn id(&self) -> u64 {
        self.row.first
    }

    fn show(&self, field: TraceField) -> Shown<'_> {
        let totals = &self.row.totals;
        match field {
            TraceField::Start => time_shown(Some(self.row.start())),
            TraceField::Label => {
                let role = if totals.findings > 0 { Role::Heading } else { Role::Text };
                Shown::text(self.names.name(self.row.label).visible()).role(role)
            }
            TraceField::Agent => match self.agent() {
                Some(agent) => Shown::text(agent.visible()),
                None => Shown::missing(),
            },
            TraceField::Trace => Shown::text(self.trace().visible()),
            TraceField::Nodes => Shown::number(self.row.nodes.into()),
            TraceField::Roots => Shown::number(self.row.roots.into()),
            TraceField::Mended => alarming(self.row.mended, Role::Inferred),
            TraceField::Calls => Shown::number(totals.tool_calls.into()),
            TraceField::Tools => Shown::number(totals.tools.into()),
            TraceField::Targets => Shown::number(totals.targets.into()),
            TraceField::Models => Shown::number(totals.model_calls.into()),
            TraceField::SubAgents => Shown::number(totals.sub_agents.into()),
            TraceField::Inherited => alarming(totals.inherited, Role::Inferred),
            TraceField::Crossings => alarming(totals.crossings, Role::Warning),
            TraceField::Errors => alarming(totals.errors, Role::Warning),
            TraceField::Denied => alarming(totals.denied, Role::Error),
            TraceField::Findings => alarming(totals.findings, Role::Heading),
            TraceField::Tokens => Shown::number(totals.tokens),
            TraceField::Cost => {
                let cost = i64::try_from(totals.cost).unwrap_or(i64::MAX);
                Shown::text(amounts::dollars(totals.cost)).rank(cost)
            }
            TraceField::Took => Shown::text(amounts::took(self.row.elapsed)).rank(self.row.elapsed),
        }
    }
}
