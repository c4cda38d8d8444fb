//! Formats of the configured side: what the provisioning record says.
//!
//! Adding a format means adding one file and its row here.

mod agent_registry;
mod bom;
mod declared_catalog;
mod kagent;
pub mod kubernetes;
mod mcp_client;
mod mcp_package;
mod mesh;
mod posture_policy;

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
    mcp_client::FORMAT,
    kubernetes::CLUSTER_NETWORK_POLICY,
    kubernetes::CILIUM,
    mesh::SECURITY,
    mesh::NETWORKING,
    bom::FORMAT,
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
