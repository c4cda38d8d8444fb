//! ToolHive resources: MCP servers that its operator runs or fronts, which of their tools are let
//! through, and how callers and servers authenticate. Fields of `v1alpha1` and `v1beta1` are read
//! side by side. Groups, registries and telemetry are kept as objects.

mod authentication;
mod servers;
mod tool_filter;

use super::kubernetes::kind;
use crate::domain::Discipline;
use crate::ingest::{Document, Format, Shape, Side, Sink};

pub const FORMAT: Format = Format {
    id: "toolhive",
    title: "ToolHive MCP servers",
    side: Side::Configured,
    says: &[
        (Discipline::Model, "MCP servers that are run, by image, pinned or not"),
        (Discipline::Identity, "how callers are authenticated and which Cedar policies they meet"),
        (Discipline::Behavior, "tools that are let through; callers"),
    ],
    coverage: "what was declared; the operator makes the workloads of it",
    recognises,
    read,
};

type ReadKind = fn(&Document<'_>, &mut dyn Sink);

const KINDS: &[(&str, ReadKind)] = &[
    ("MCPServer", servers::read),
    ("MCPRemoteProxy", servers::read),
    ("MCPServerEntry", servers::read),
    ("VirtualMCPServer", servers::read),
    ("MCPToolConfig", tool_filter::read),
    ("MCPOIDCConfig", authentication::read),
    ("MCPExternalAuthConfig", authentication::read),
];

/// The name of the platform in records.
const PLATFORM: &str = "toolhive";

fn recognises(shape: &Shape<'_>) -> bool {
    shape.in_group("toolhive.stacklok.dev") && KINDS.iter().any(|(kind, _)| shape.is_kind(kind))
}

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(found) = kind(document, sink) else { return };
    if let Some((_, read)) = KINDS.iter().find(|(kind, _)| found == *kind) {
        read(document, sink);
    }
}

#[cfg(test)]
mod tests {
    use crate::ingest::altered::{altered, check_read};

    const SEEDS: &[&str] = &[
        r#"{"kind":"MCPServer","apiVersion":"toolhive.stacklok.dev/v1beta1","metadata":{"name":"m"},"spec":{"image":"i:1","transport":"sse","args":["--token","t"],"env":[{"name":"A","value":"b"}],"secrets":[{"name":"s","key":"k"}],"volumes":[{"hostPath":"/x","readOnly":true}],"permissionProfile":{"type":"builtin","name":"none"},"toolConfigRef":{"name":"f"},"authzConfig":{"inline":{"policies":["permit"]}}}}"#,
        r#"{"kind":"VirtualMCPServer","apiVersion":"toolhive.stacklok.dev/v1beta1","metadata":{"name":"v"},"spec":{"groupRef":{"name":"g"},"incomingAuth":{"type":"oidc","oidcConfigRef":{"name":"o"}},"config":{"aggregation":{"tools":[{"workload":"w","filter":["t"]}]},"compositeToolRefs":[{"name":"c"}],"audit":{"enabled":true}}}}"#,
        r#"{"kind":"MCPServerEntry","apiVersion":"toolhive.stacklok.dev/v1beta1","metadata":{"name":"e"},"spec":{"remoteUrl":"https://h/","headerForward":{"addPlaintextHeaders":{"A":"b"},"addHeadersFromSecret":[{"headerName":"H","valueSecretRef":{"name":"s","key":"k"}}]}}}"#,
        r#"{"kind":"MCPToolConfig","apiVersion":"toolhive.stacklok.dev/v1beta1","metadata":{"name":"t"},"spec":{"toolsFilter":["a"],"toolsOverride":{"a":{"name":"b","description":"c"}}}}"#,
        r#"{"kind":"MCPExternalAuthConfig","apiVersion":"toolhive.stacklok.dev/v1beta1","metadata":{"name":"x"},"spec":{"type":"awsSts","awsSts":{"region":"r","fallbackRoleArn":"a","scopes":["s"],"clientSecretRef":{"name":"n","key":"k"}}}}"#,
    ];

    proptest::proptest! {
        #[test]
        fn any_resource_of_a_known_shape_is_read_or_set_aside(document in altered(SEEDS, &["kind", "apiVersion"])) {
            check_read(&document)?;
        }
    }
}
