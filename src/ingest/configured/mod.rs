//! Formats of the configured side: what the provisioning record says.
//!
//! Adding a format means adding one file and its row here.

mod a2a;
mod agent_passport;
mod agent_registry;
mod agentgateway;
#[cfg(test)]
mod any_shape;
mod bom;
mod clients;
mod cloud;
mod declared_catalog;
mod docker_registry;
mod frameworks;
mod kagent;
pub mod kubernetes;
mod mcp_package;
mod mcp_registry;
mod mesh;
mod pod_identity;
mod posture_policy;
mod reading;
mod tool_signature;
mod toolhive;
mod toolhive_files;

use super::Format;

/// The formats, in the order in which they are asked.
pub const FORMATS: &[Format] = &[
    kubernetes::NAMESPACE,
    kubernetes::WORKLOAD,
    kubernetes::RBAC,
    kubernetes::NETWORK_POLICY,
    kubernetes::CLUSTER,
    kubernetes::ADMISSION,
    kubernetes::AUDIT_POLICY,
    kubernetes::DISCOVERY,
    kubernetes::STATUS,
    kubernetes::WATCH,
    kagent::FORMAT,
    toolhive::FORMAT,
    pod_identity::FORMAT,
    agent_registry::FORMAT,
    agent_passport::FORMAT,
    declared_catalog::FORMAT,
    posture_policy::FORMAT,
    a2a::FORMAT,
    frameworks::ADK,
    frameworks::AGENT_CONTROL,
    frameworks::AUTOGEN,
    frameworks::BEDROCK,
    frameworks::CREWAI,
    frameworks::DIFY,
    frameworks::FOUNDRY,
    frameworks::LANGGRAPH,
    frameworks::OPENAI,
    clients::SUB_AGENT,
    clients::EXTENSION,
    clients::HOOK_FILE,
    clients::CLAUDE_CODE,
    clients::GEMINI,
    clients::OPENCODE,
    clients::CODEX,
    clients::CURSOR,
    clients::GOOSE,
    clients::ZED,
    clients::VSCODE,
    cloud::AWS_AUTHORIZATION_DETAILS,
    cloud::AWS_IAM,
    cloud::AWS_POLICY,
    cloud::AWS_ACCESS_LAST_USED,
    cloud::AWS_UNUSED_ACCESS,
    cloud::AWS_SESSION,
    cloud::AWS_TRAIL,
    cloud::GCP,
    cloud::AZURE,
    kubernetes::CLUSTER_NETWORK_POLICY,
    kubernetes::CILIUM,
    mesh::SECURITY,
    mesh::NETWORKING,
    bom::FORMAT,
    tool_signature::FORMAT,
    docker_registry::SERVER,
    docker_registry::TOOLS,
    toolhive_files::REGISTRY,
    toolhive_files::AUTHORIZATION,
    toolhive_files::PERMISSIONS,
    mcp_registry::FORMAT,
    agentgateway::FILE,
    agentgateway::KUBERNETES,
    // Asked last: it takes every file with MCP servers.
    clients::MCP,
];

/// What is asked after the formats of both sides: it would take theirs too.
pub const LAST: &[Format] = &[kubernetes::ANY_OBJECT];

#[cfg(test)]
pub(crate) mod tests {
    use std::ops::ControlFlow;

    use crate::domain::{Configured, Digest, Record};
    use crate::ingest::{Collected, Source, read};

    /// What formats read in `text` as a file of this name; documents in no known format, which are
    /// kept as they are, left out.
    pub fn read_text(file: &str, text: &str) -> Collected {
        let mut found = read_all(file, text);
        found.records.retain(|record| !matches!(record.body, Configured::UnknownDocument(_)));
        found.events.retain(|event| event.source != "unknown");
        found
    }

    /// Everything that is kept of `text`.
    pub fn read_all(file: &str, text: &str) -> Collected {
        let mut found = Collected::default();
        let source = Source::new(Digest::of(text.as_bytes()), file);
        read(&source, &mut text.as_bytes(), &mut found, &mut |_| ControlFlow::Continue(()));
        found
    }

    /// What any document must come to: records that survive being stored, or a problem.
    pub fn is_read_or_said(found: &Collected) -> bool {
        let survives = |record: &Record| {
            let stored = serde_json::to_string(record).expect("a record is JSON");
            serde_json::from_str(&stored).is_ok_and(|back: Record| back == *record)
        };
        found.records.len() + found.problems.len() > 0 && found.records.iter().all(survives)
    }

    /// The one record of a document without problems.
    #[track_caller]
    pub fn only(text: &str) -> Record {
        let mut found = read_text("file.json", text);
        assert!(found.problems.is_empty(), "{:?}", found.problems);
        assert_eq!(found.records.len(), 1);
        found.records.pop().expect("one record")
    }

    pub fn body(record: Record) -> Configured {
        record.body
    }
}
