//! Gateways between agents and tools: which calls their rules let through (formats.md §6).
//!
//! | file | subject |
//! |---|---|
//! | `cel/` | rules in Common Expression Language, with attributes that are not known |
//! | `cedar.rs` | the heads of policies in Cedar |
//! | `decision.rs` | deny, require and allow: what the rules of a route make of a call |
//! | `bounds.rs` | the same for all tools of a server at once, as it narrows a grant |

mod bounds;
mod cedar;
mod cel;
mod decision;
#[cfg(test)]
mod real_data;

pub use bounds::bounds;
pub use cel::Known;
pub use decision::{ToolCall, decide};
