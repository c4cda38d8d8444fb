//! The Docker MCP registry: one folder per server, with a `server.yaml` that says how it is run and a
//! `tools.json` that lists its tools.

mod server;
mod tools;

pub use server::FORMAT as SERVER;
pub use tools::FORMAT as TOOLS;

/// Who says it.
const DOCKER: &str = "docker";

#[cfg(test)]
mod tests;
