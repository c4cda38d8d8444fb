//! Agent clients: the files in which people configure them on their machines and in repositories.
//!
//! A settings file mixes what MCP servers there are, what runs without asking, and hooks. Each client
//! has a file here that knows its words; what they share is in `servers`, `rules` and `hooks`.

mod claude_code;
mod codex;
mod cursor;
mod extension;
mod gemini;
mod goose;
mod hook_file;
mod hooks;
mod mcp;
mod opencode;
mod rules;
mod servers;
mod sub_agent;
#[cfg(test)]
mod testing;
mod vscode;
mod whose;
mod zed;

pub use claude_code::FORMAT as CLAUDE_CODE;
pub use codex::FORMAT as CODEX;
pub use cursor::FORMAT as CURSOR;
pub use extension::FORMAT as EXTENSION;
pub use gemini::FORMAT as GEMINI;
pub use goose::FORMAT as GOOSE;
pub use hook_file::FORMAT as HOOK_FILE;
pub use mcp::FORMAT as MCP;
pub use opencode::FORMAT as OPENCODE;
pub use sub_agent::FORMAT as SUB_AGENT;
pub use vscode::FORMAT as VSCODE;
pub use zed::FORMAT as ZED;
