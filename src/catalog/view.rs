//! Views: which columns a table shows, in which order and width.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::error::{CatalogError, parse};
use super::fields::{
    AgentField, ChainField, DisputeField, EventField, HelpField, ProblemField, QueueField,
    ScopeField, TimelineField, TraceField, TreeField,
};
use super::source::{File, Files};
use super::theme::Role;

/// The columns of one table.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, bound = "F: DeserializeOwned")]
pub struct View<F> {
    pub title: String,
    /// The column by which the table is sorted at first; as the source gives it when absent.
    pub sort: Option<F>,
    #[serde(default)]
    pub descending: bool,
    #[serde(rename = "column")]
    pub columns: Vec<Column<F>>,
}

/// One column.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column<F> {
    pub title: String,
    pub field: F,
    pub width: Width,
    #[serde(default)]
    pub align: Align,
    /// The style of the column where the value itself asks for none.
    pub role: Option<Role>,
    /// When the table is too narrow, columns of the highest rank are left out first; 0 stays.
    #[serde(default)]
    pub rank: u8,
}

/// The bounds of a column's width; between them it follows what is on the screen.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Width {
    pub min: u16,
    /// No wider than this; as wide as its content when absent.
    pub max: Option<u16>,
    /// Takes what the others leave.
    #[serde(default)]
    pub fill: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Align {
    #[default]
    Left,
    Right,
}

/// All tables.
#[derive(Clone, Debug)]
pub struct Views {
    pub queue: View<QueueField>,
    pub agents: View<AgentField>,
    pub timeline: View<TimelineField>,
    pub traces: View<TraceField>,
    pub tree: View<TreeField>,
    pub chains: View<ChainField>,
    pub scope: View<ScopeField>,
    pub events: View<EventField>,
    pub disputes: View<DisputeField>,
    pub problems: View<ProblemField>,
    pub help: View<HelpField>,
}

impl Views {
    pub(super) fn read(
        files: &Files,
        problems: &mut Vec<CatalogError>,
    ) -> Result<Self, CatalogError> {
        Ok(Self {
            queue: files.read("views/queue.toml", problems, View::parse)?,
            agents: files.read("views/agents.toml", problems, View::parse)?,
            timeline: files.read("views/timeline.toml", problems, View::parse)?,
            traces: files.read("views/traces.toml", problems, View::parse)?,
            tree: files.read("views/tree.toml", problems, View::parse)?,
            chains: files.read("views/chains.toml", problems, View::parse)?,
            scope: files.read("views/scope.toml", problems, View::parse)?,
            events: files.read("views/events.toml", problems, View::parse)?,
            disputes: files.read("views/disputes.toml", problems, View::parse)?,
            problems: files.read("views/problems.toml", problems, View::parse)?,
            help: files.read("views/help.toml", problems, View::parse)?,
        })
    }
}

impl<F: DeserializeOwned + PartialEq> View<F> {
    fn parse(file: &File) -> Result<Self, CatalogError> {
        let view: Self = parse(file)?;
        if view.columns.is_empty() {
            return Err(CatalogError::at(file, None, "a view needs at least one column"));
        }
        let sorted = |field: &F| view.columns.iter().any(|column| column.field == *field);
        if view.sort.as_ref().is_some_and(|field| !sorted(field)) {
            return Err(CatalogError::at(file, None, "`sort` names a field that no column shows"));
        }
        Ok(view)
    }
}
