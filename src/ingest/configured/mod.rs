//! Formats of the configured side: what the provisioning record says.
//!
//! Adding a format means adding one file and its row here.

mod agent_registry;
mod agentgateway;
mod declared_catalog;
mod docker_registry;
mod kagent;
pub mod kubernetes;
mod mcp_client;
mod mcp_package;
mod mcp_registry;
mod posture_policy;
mod tool_signature;
mod toolhive;

use super::Format;

/// The formats, in the order in which they are asked.
pub const FORMATS: &[Format] = &[
    kubernetes::NAMESPACE,
    kubernetes::WORKLOAD,
    kubernetes::RBAC,
    kubernetes::NETWORK_POLICY,
    kagent::FORMAT,
    agent_registry::FORMAT,
    declared_catalog::FORMAT,
    posture_policy::FORMAT,
    tool_signature::FORMAT,
    docker_registry::SERVER,
    docker_registry::TOOLS,
    toolhive::REGISTRY,
    toolhive::AUTHORIZATION,
    toolhive::PERMISSIONS,
    mcp_registry::FORMAT,
    agentgateway::FILE,
    agentgateway::KUBERNETES,
    mcp_client::FORMAT,
];

#[cfg(test)]
pub(crate) mod tests {
    use std::ops::ControlFlow;

    use crate::domain::{Configured, Digest, Record};
    use crate::ingest::{Collected, Source, read};

    /// What reading `text` as a file of this name gives.
    pub fn read_text(file: &str, text: &str) -> Collected {
        let mut found = Collected::default();
        let source = Source {
            evidence: Digest::of(text.as_bytes()),
            file: file.into(),
            masker: crate::ingest::mask::Masker::default(),
        };
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
