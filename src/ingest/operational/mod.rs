//! The operational panel: readers of what was observed, one file or folder per format.
//!
//! | format | reader | what it yields |
//! |---|---|---|
//! | `k8s-audit` | [`k8s_audit`] | one event per API request |
//! | `otlp`, `otel-sdk` | [`otlp`], [`otel_sdk`] | one event per span or GenAI log record, mapped by [`genai`] |
//! | `kubescape` | [`kubescape`] | one aggregated event per learned profile entry, and coverage |
//! | `mcp` | [`mcp`] | one event per advertised tool and per JSON-RPC message, joined within a file, and coverage |

mod genai;
mod k8s_audit;
mod kubescape;
mod mcp;
mod otel_sdk;
mod otlp;

use super::Format;

pub use mcp::Exchanges;

/// The rows of the table of formats, in the order in which they are tried.
pub const FORMATS: &[Format] =
    &[k8s_audit::FORMAT, otlp::FORMAT, otel_sdk::FORMAT, kubescape::FORMAT, mcp::FORMAT];

#[cfg(test)]
mod tests;
