//! agentgateway, a gateway for MCP, A2A and models: its configuration file and its Kubernetes objects.
//!
//! | shape | read as |
//! |---|---|
//! | `binds[].listeners[].routes[]`, `gateways` with `routes` | one policy per route, and per listener with policies |
//! | `mcp`, `llm`, `ui` | one policy each: the short forms |
//! | `AgentgatewayPolicy` | one policy, attached to its targets |
//! | `AgentgatewayBackend`, `AgentgatewayModel` | one policy: what it reaches, and its own rules |

mod backends;
mod file;
mod kubernetes;
mod policies;
mod wire;

pub use file::FORMAT as FILE;
pub use kubernetes::FORMAT as KUBERNETES;

/// The software that enforces the policies.
const AGENTGATEWAY: &str = "agentgateway";

#[cfg(test)]
mod tests;
