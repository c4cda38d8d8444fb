//! The operational panel: readers of what was observed, one file or folder per format.
//!
//! | format | reader | what it yields |
//! |---|---|---|
//! | `k8s-audit` | [`k8s_audit`] | one event per API request |
//! | `otlp`, `otel-sdk` | [`otlp`], [`otel_sdk`] | one event per span or GenAI log record, mapped by [`genai`] |
//! | `kubescape` | [`kubescape`] | one aggregated event per learned profile entry, and coverage |
//! | `mcp` | [`mcp`] | one event per advertised tool and per JSON-RPC message, and coverage |
//! | `acs` | [`acs`] | one event per step and per decision of a guardian, runtime inventories |
//! | `decision-log` | [`decision_log`] | one event per decision of a policy engine |
//! | `langfuse`, `phoenix`, `langsmith`, `openai-traces`, `mlflow`, `weave` | [`platform`] | one event per span, mapped by [`genai`] |
//! | `chat`, `claude-code`, `codex`, `agentdojo`, `tau-bench` | [`transcript`] | one event per prompt, answer and tool call of a conversation |

mod acs;
mod decision_log;
mod genai;
mod k8s_audit;
mod kubescape;
mod mcp;
mod otel_sdk;
mod otlp;
mod platform;
mod transcript;
mod verdict;

use super::Format;

/// The rows of the table of formats, in the order in which they are tried.
pub const FORMATS: &[Format] = &[
    k8s_audit::FORMAT,
    otlp::FORMAT,
    otel_sdk::FORMAT,
    kubescape::FORMAT,
    acs::FORMAT,
    mcp::FORMAT,
    decision_log::FORMAT,
    platform::LANGFUSE,
    platform::PHOENIX,
    platform::LANGSMITH,
    platform::OPENAI_TRACES,
    platform::MLFLOW,
    platform::WEAVE,
    transcript::AGENTDOJO,
    transcript::TAU_BENCH,
    transcript::CLAUDE_CODE,
    transcript::CODEX,
    transcript::CHAT,
];

#[cfg(test)]
mod tests;
