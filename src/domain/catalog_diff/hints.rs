//! The hints among a tool's annotations (MCP 2026-07-28, `ToolAnnotations`). Nobody checks them, but
//! clients decide by them whether to ask, so that a change of one is a change of what runs unasked.

use serde::{Deserialize, Serialize};

use super::Part;
use crate::domain::configured::ToolDefinition;

#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumIter,
)]
#[serde(rename_all = "kebab-case")]
pub enum Hint {
    #[strum(serialize = "readOnlyHint")]
    ReadOnly,
    #[strum(serialize = "destructiveHint")]
    Destructive,
    #[strum(serialize = "idempotentHint")]
    Idempotent,
    #[strum(serialize = "openWorldHint")]
    OpenWorld,
}

impl Hint {
    /// As the server gives it.
    fn of(self, tool: &ToolDefinition) -> Option<bool> {
        match self {
            Self::ReadOnly => tool.read_only,
            Self::Destructive => tool.destructive,
            Self::Idempotent => tool.idempotent,
            Self::OpenWorld => tool.open_world,
        }
    }

    /// Whether the tool may do the wider thing that the hint is about, with the protocol's defaults:
    /// it writes, destroys, does more when it is repeated, reaches outside. What only reads neither
    /// destroys nor does more.
    fn is_wide(self, tool: &ToolDefinition) -> bool {
        let writes = tool.read_only != Some(true);
        match self {
            Self::ReadOnly => writes,
            Self::Destructive => writes && tool.destructive != Some(false),
            Self::Idempotent => writes && tool.idempotent != Some(true),
            Self::OpenWorld => tool.open_world != Some(false),
        }
    }
}

/// The hints that differ. Unless both definitions are known in full (`are_full`), a hint that one of
/// them does not give is left open.
pub fn changes(before: &ToolDefinition, after: &ToolDefinition, are_full: bool) -> Vec<Part> {
    use strum::IntoEnumIterator;
    let differ = |hint: &Hint| match (hint.of(before), hint.of(after)) {
        (Some(one), Some(other)) => one != other,
        (None, None) => false,
        _ => are_full,
    };
    let changed = Hint::iter().filter(differ).map(|hint| Part::Hint {
        hint,
        before: hint.of(before),
        after: hint.of(after),
        widens: hint.is_wide(after) && !hint.is_wide(before),
    });
    changed.collect()
}
