//! Gateways between agents and tools: which calls their rules let through (formats.md §6).
//!
//! | file | subject |
//! |---|---|
//! | `cel/` | rules in Common Expression Language, with attributes that are not known |
//! | `cedar.rs` | the heads of policies in Cedar |
//! | `decision.rs` | deny, require and allow: what the rules of a route make of a call |
//! | `route.rs` | routes, the policies that hold on them, and which addresses lead there |
//! | `add.rs` | gateways in the graph of authority |
//! | `bounds.rs` | the same for all tools of a server at once, as it narrows a grant |

mod add;
mod bounds;
mod cedar;
mod cel;
mod decision;
#[cfg(test)]
mod real_data;
mod route;
#[cfg(test)]
mod tests;

pub(super) use add::Gateways;
#[cfg(test)]
use cel::Known;
#[cfg(test)]
use decision::{ToolCall, decide};
