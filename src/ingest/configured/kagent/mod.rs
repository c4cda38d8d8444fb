//! kagent resources: agents with their tools and sub-agents, the MCP servers that they use and the
//! models that they are given. Fields of `v1alpha1` to `v1alpha3` are read side by side.

mod agents;
mod models;
mod servers;

use serde::Deserialize;

use super::kubernetes::kind;
use crate::domain::configured::{ValueHolder, VariableSource};
use crate::domain::{Discipline, Text};
use crate::ingest::{Document, Format, Side, Sink};

pub const FORMAT: Format = Format {
    id: "kagent",
    title: "kagent agents, MCP servers and models",
    side: Side::Configured,
    says: &[
        (Discipline::Model, "the model, provider and address that an agent is given"),
        (Discipline::Identity, "secrets that servers and models are given, by name"),
        (Discipline::Behavior, "declared agents, their tools and whom they hand over to"),
    ],
    coverage: "what was declared; the controller makes the workloads of it",
    recognises: |shape| {
        shape.in_group("kagent.dev") && KINDS.iter().any(|(kind, _)| shape.is_kind(kind))
    },
    read,
};

type ReadKind = fn(&Document<'_>, &mut dyn Sink);

const KINDS: &[(&str, ReadKind)] = &[
    ("Agent", agents::read),
    ("SandboxAgent", agents::read),
    ("AgentTemplate", agents::read),
    ("AgentHarness", agents::read),
    ("RemoteMCPServer", servers::remote),
    ("MCPServer", servers::deployed),
    ("ToolServer", servers::tool_server),
    ("ModelConfig", models::model),
    ("ModelProviderConfig", models::provider),
];

/// The name of the platform in records.
const PLATFORM: &str = "kagent";

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(found) = kind(document, sink) else { return };
    if let Some((_, read)) = KINDS.iter().find(|(kind, _)| found == *kind) {
        read(document, sink);
    }
}

/// A header or variable, by value or from a Secret or ConfigMap.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ValueReference {
    name: Text,
    #[serde(default)]
    value_from: Option<ValueFrom>,
}

#[derive(Deserialize)]
struct ValueFrom {
    #[serde(default, rename = "type")]
    kind: Option<Text>,
    name: Text,
    #[serde(default)]
    key: Option<Text>,
}

impl ValueReference {
    fn source(&self) -> Option<VariableSource> {
        let from = self.value_from.as_ref()?;
        let is_map = from.kind.as_ref().is_some_and(|kind| *kind == "ConfigMap");
        Some(VariableSource {
            holder: if is_map { ValueHolder::ConfigMap } else { ValueHolder::Secret },
            name: from.name.clone(),
            key: from.key.clone(),
            variable: Some(self.name.clone()),
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::ingest::altered::{altered, check_read};

    const SEEDS: &[&str] = &[
        r#"{"kind":"Agent","apiVersion":"kagent.dev/v1alpha2","metadata":{"name":"a"},"spec":{"description":"d","declarative":{"modelConfig":"m","tools":[{"mcpServer":{"name":"s","toolNames":["t"]}},{"agent":{"name":"b"}}]}}}"#,
        r#"{"kind":"AgentTemplate","apiVersion":"kagent.dev/v1alpha3","metadata":{"name":"a"},"spec":{"modelConfig":{"name":"m"},"tools":[{"mcp":{"server":{"name":"s"},"tools":["t"]}},{"agent":{"name":"b","templateRef":{"name":"c"}}}]}}"#,
        r#"{"kind":"RemoteMCPServer","apiVersion":"kagent.dev/v1alpha2","metadata":{"name":"r"},"spec":{"url":"https://u:p@h/","protocol":"SSE","headersFrom":[{"name":"A","valueFrom":{"type":"Secret","name":"s","key":"k"}}]}}"#,
        r#"{"kind":"MCPServer","apiVersion":"kagent.dev/v1alpha1","metadata":{"name":"m"},"spec":{"transportType":"http","deployment":{"image":"i","cmd":"npx","args":["-y"],"env":{"A":"b"},"secretRefs":[{"name":"s"}]}}}"#,
        r#"{"kind":"ToolServer","apiVersion":"kagent.dev/v1alpha1","metadata":{"name":"t"},"spec":{"config":{"stdio":{"command":"c","args":["a"],"envFrom":[{"name":"E","valueFrom":{"name":"s"}}]}}}}"#,
        r#"{"kind":"ModelConfig","apiVersion":"kagent.dev/v1alpha2","metadata":{"name":"m"},"spec":{"provider":"Ollama","model":"l","apiKeySecret":"s","ollama":{"host":"http://h"}}}"#,
        r#"{"kind":"ModelProviderConfig","apiVersion":"kagent.dev/v1alpha2","metadata":{"name":"m"},"spec":{"type":"OpenAI","endpoint":"https://h","secretRef":{"name":"s"}}}"#,
    ];

    proptest::proptest! {
        #[test]
        fn any_resource_of_a_known_shape_is_read_or_set_aside(document in altered(SEEDS, &["kind", "apiVersion"])) {
            check_read(&document)?;
        }
    }
}
