//! What differs between two listings of the tools of an MCP server: declared against advertised, or
//! advertised earlier against later.
//!
//! A listing depends on who asked and in which revision of the protocol (MCP 2026-07-28, tools/list):
//! two that were asked for differently are compared as well, but their difference is no drift. A
//! listing that goes on says nothing of the tools that it does not name.
//!
//! | file | subject |
//! |---|---|
//! | `advertised.rs` | a definition as an event carries it |
//! | `definition.rs` | two definitions of one tool, part by part |
//! | `hints.rs` | annotations, and which change of them widens what a tool may do |
//! | `schema.rs` | two JSON schemas, property by property |
//! | `rename.rs` | which tool came back under another name |

mod advertised;
mod definition;
mod hints;
mod rename;
mod schema;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use advertised::{Advertised, advertised};
pub use definition::{Part, parts};
pub use hints::Hint;
pub use schema::{Facet, SchemaChange};

use super::Text;
use super::configured::{DeclaredCatalog, ToolDefinition};

/// One listing of a server's tools.
#[derive(Clone, Copy, Debug)]
pub struct Listing<'a> {
    pub server: &'a Text,
    /// Who asked. Absent when nothing says so, as in a declaration, which holds for everybody.
    pub principal: Option<&'a Text>,
    /// Revision of the protocol, when it is known.
    pub protocol: Option<&'a Text>,
    /// There is more that was not seen: a page is missing.
    pub goes_on: bool,
    pub tools: &'a [ToolDefinition],
}

impl<'a> Listing<'a> {
    /// What is declared for a server.
    pub fn declared(catalog: &'a DeclaredCatalog) -> Self {
        Self {
            server: &catalog.server,
            principal: None,
            protocol: catalog.protocol.as_ref(),
            goes_on: false,
            tools: &catalog.tools,
        }
    }
}

/// Two listings, compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comparison {
    /// In what they were asked for differently.
    pub apart_in: Vec<Circumstance>,
    /// In the order of the names.
    pub changes: Vec<Change>,
}

impl Comparison {
    /// Whether the catalog changed: two answers to the same question differ.
    pub fn is_drift(&self) -> bool {
        self.apart_in.is_empty() && !self.changes.is_empty()
    }
}

/// On what a listing depends.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, strum::Display,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Circumstance {
    Server,
    Principal,
    Protocol,
}

/// One difference between two listings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "kebab-case")]
pub enum Change {
    Added {
        tool: Text,
    },
    Removed {
        tool: Text,
    },
    /// The same schema under another name, with what else is different about it.
    Renamed {
        from: Text,
        to: Text,
        parts: Vec<Part>,
    },
    /// The same name with another definition. No part is named where only the digest of the whole
    /// is known.
    Redefined {
        tool: Text,
        parts: Vec<Part>,
    },
}

impl Change {
    /// The name under which the tool is known after the change, or was before it was removed.
    pub fn tool(&self) -> &Text {
        match self {
            Self::Added { tool } | Self::Removed { tool } | Self::Redefined { tool, .. } => tool,
            Self::Renamed { to, .. } => to,
        }
    }

    /// The parts of its definition that are different.
    pub fn parts(&self) -> &[Part] {
        match self {
            Self::Added { .. } | Self::Removed { .. } => &[],
            Self::Renamed { parts, .. } | Self::Redefined { parts, .. } => parts,
        }
    }

    /// In words, escaped.
    pub fn visible(&self) -> String {
        let listed = |parts: &[Part]| {
            let parts: Vec<String> = parts.iter().map(Part::visible).collect();
            parts.join(", ")
        };
        match self {
            Self::Added { tool } => format!("{} added", tool.visible()),
            Self::Removed { tool } => format!("{} removed", tool.visible()),
            Self::Renamed { from, to, parts } if parts.is_empty() => {
                format!("{} renamed to {}", from.visible(), to.visible())
            }
            Self::Renamed { from, to, parts } => {
                format!("{} renamed to {}: {}", from.visible(), to.visible(), listed(parts))
            }
            Self::Redefined { tool, parts } if parts.is_empty() => {
                format!("{} redefined", tool.visible())
            }
            Self::Redefined { tool, parts } => format!("{}: {}", tool.visible(), listed(parts)),
        }
    }
}

/// What differs from `before` to `after`.
///
/// A name may stand several times in one listing. Equal definitions of it are matched first, the
/// others in their order.
pub fn compare(before: Listing<'_>, after: Listing<'_>) -> Comparison {
    let (mut earlier, mut later) = (by_name(before.tools), by_name(after.tools));
    let mut changes = Vec::new();
    for (name, tools) in &mut later {
        if let Some(others) = earlier.get_mut(name) {
            redefined(name, others, tools, &mut changes);
        }
    }
    // What an incomplete listing does not name may be there: nothing was removed, and what the other
    // one names in addition may have been there before.
    let (mut removed, mut added) = (Vec::new(), Vec::new());
    if !after.goes_on {
        removed.extend(earlier.into_values().flatten());
    }
    if !before.goes_on {
        added.extend(later.into_values().flatten());
    }
    for (from, to) in rename::pairs(&mut removed, &mut added) {
        changes.push(Change::Renamed {
            from: from.name.clone(),
            to: to.name.clone(),
            parts: parts(from, to),
        });
    }
    changes.extend(removed.iter().map(|tool| Change::Removed { tool: tool.name.clone() }));
    changes.extend(added.iter().map(|tool| Change::Added { tool: tool.name.clone() }));
    changes.sort_by(|one, other| one.tool().cmp(other.tool()));
    Comparison { apart_in: apart_in(&before, &after), changes }
}

fn by_name(tools: &[ToolDefinition]) -> BTreeMap<&Text, Vec<&ToolDefinition>> {
    let mut by_name: BTreeMap<&Text, Vec<&ToolDefinition>> = BTreeMap::new();
    for tool in tools {
        by_name.entry(&tool.name).or_default().push(tool);
    }
    by_name
}

/// Matches the definitions of one name and leaves those without a counterpart.
fn redefined(
    name: &Text,
    before: &mut Vec<&ToolDefinition>,
    after: &mut Vec<&ToolDefinition>,
    changes: &mut Vec<Change>,
) {
    // One by one, a listing is rarely anything else; of several the equal ones go first.
    after.retain(|tool| {
        let same = before.iter().position(|other| redefinition(other, tool).is_none());
        same.map(|at| before.remove(at)).is_none()
    });
    let paired = before.len().min(after.len());
    for (then, now) in before.drain(..paired).zip(after.drain(..paired)) {
        let parts = redefinition(then, now).unwrap_or_default();
        changes.push(Change::Redefined { tool: name.clone(), parts });
    }
}

/// What is different between two definitions of one name; `None` when nothing is.
fn redefinition(before: &ToolDefinition, after: &ToolDefinition) -> Option<Vec<Part>> {
    let parts = parts(before, after);
    let are_whole = !before.digest.is_empty() && !after.digest.is_empty();
    (!parts.is_empty() || (are_whole && before.digest != after.digest)).then_some(parts)
}

fn apart_in(before: &Listing<'_>, after: &Listing<'_>) -> Vec<Circumstance> {
    let differ = |one: Option<&Text>, other: Option<&Text>| matches!((one, other), (Some(one), Some(other)) if one != other);
    [
        (Circumstance::Server, before.server != after.server),
        (Circumstance::Principal, differ(before.principal, after.principal)),
        (Circumstance::Protocol, differ(before.protocol, after.protocol)),
    ]
    .into_iter()
    .filter_map(|(circumstance, apart)| apart.then_some(circumstance))
    .collect()
}
