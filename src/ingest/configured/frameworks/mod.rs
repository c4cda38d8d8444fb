//! Agents as frameworks and platforms declare them: in files of a project, or as exported resources.

mod adk;
mod agent_control;
mod autogen;
mod bedrock;
mod crewai;
mod dify;
mod foundry;
mod langgraph;
mod openai;
#[cfg(test)]
mod testing;

pub use adk::FORMAT as ADK;
pub use agent_control::FORMAT as AGENT_CONTROL;
pub use autogen::FORMAT as AUTOGEN;
pub use bedrock::FORMAT as BEDROCK;
pub use crewai::FORMAT as CREWAI;
pub use dify::FORMAT as DIFY;
pub use foundry::FORMAT as FOUNDRY;
pub use langgraph::FORMAT as LANGGRAPH;
pub use openai::FORMAT as OPENAI;

use crate::domain::Text;

/// A tool that names no server.
fn tool(name: impl Into<Text>) -> (Option<Text>, Text) {
    (None, name.into())
}
