//! The operational panel: readers of what was observed, one file or folder per format.
//!
//! | format | reader | what it yields |
//! |---|---|---|
//! | `k8s-audit` | [`k8s_audit`] | one event per API request |
//! | `otlp`, `otel-sdk` | [`otlp`], [`otel_sdk`] | one event per span or GenAI log record, mapped by [`genai`] |
//! | `jaeger`, `zipkin` | [`trace_stores`] | the same |
//! | `kubescape` | [`kubescape`] | one aggregated event per learned profile entry, and coverage |
//! | `cloudtrail` | [`cloudtrail`] | one event per call, one hop per identity given out |
//! | `gcp-audit` | [`gcp_audit`] | one event per call or request to a GKE cluster, one hop per token |
//! | `azure-activity` | [`azure_activity`] | one event per operation |
//! | `entra-sign-in`, `entra-audit` | [`entra`] | one hop per sign-in, one event per change |
//! | `delegation-token`, `agent-audit-record` | [`delegation`] | one hop per token, one decision per record |
//! | `mcp` | [`mcp`] | one event per advertised tool and per JSON-RPC message, and coverage |
//! | `acs` | [`acs`] | one event per step and per decision of a guardian, runtime inventories |
//! | `decision-log` | [`decision_log`] | one event per decision of a policy engine |
//! | `langfuse`, `phoenix`, `langsmith`, `openai-traces`, `mlflow`, `weave` | [`platform`] | one event per span, mapped by [`genai`] |
//! | `chat`, `claude-code`, `codex`, `agentdojo`, `tau-bench` | [`transcript`] | one event per prompt, answer and tool call of a conversation |
//! | `cyclonedx-runtime` | [`bom`] | one event per component found running |
//! | `mcp` | [`mcp`] | one event per advertised tool and per JSON-RPC message, joined within a file, and coverage |

mod acs;
mod azure_activity;
mod cloudtrail;
mod decision_log;
mod delegation;
mod entra;
mod gcp_audit;

mod bom;
mod genai;
mod k8s_audit;
mod kubescape;
mod mcp;
mod origins;
mod otel_sdk;
mod otlp;
mod parameters;
mod platform;
mod sensor;
mod trace_stores;
mod transcript;
mod verdict;

use super::Format;

pub use mcp::Exchanges;

/// The rows of the table of formats, in the order in which they are tried.
pub const FORMATS: &[Format] = &[
    k8s_audit::FORMAT,
    otlp::FORMAT,
    trace_stores::JAEGER,
    trace_stores::ZIPKIN,
    platform::LANGFUSE,
    platform::PHOENIX,
    platform::LANGSMITH,
    platform::OPENAI_TRACES,
    platform::MLFLOW,
    platform::WEAVE,
    otel_sdk::FORMAT,
    kubescape::FORMAT,
    kubescape::alerts::FORMAT,
    sensor::tetragon::FORMAT,
    sensor::falco::FORMAT,
    sensor::tracee::FORMAT,
    sensor::hubble::FORMAT,
    cloudtrail::FORMAT,
    gcp_audit::FORMAT,
    entra::SIGN_IN,
    entra::AUDIT,
    azure_activity::FORMAT,
    delegation::AUDIT_RECORD,
    delegation::TOKEN,
    acs::FORMAT,
    mcp::FORMAT,
    decision_log::FORMAT,
    transcript::AGENTDOJO,
    transcript::TAU_BENCH,
    transcript::CLAUDE_CODE,
    transcript::CODEX,
    transcript::CHAT,
    bom::FORMAT,
];

#[cfg(test)]
mod tests;
