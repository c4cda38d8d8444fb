//! MCPToolConfig: which tools are let through, and under which names.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::super::kubernetes::{Metadata, Scope, record, specified};
use super::PLATFORM;
use crate::domain::Text;
use crate::domain::configured::{Configured, ToolFilter};
use crate::ingest::json::nullable;
use crate::ingest::{Document, Sink};

#[derive(Deserialize)]
struct Object {
    metadata: Metadata,
    #[serde(default)]
    spec: Option<Spec>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Spec {
    #[serde(default, deserialize_with = "nullable")]
    tools_filter: Vec<Text>,
    #[serde(default, deserialize_with = "nullable")]
    tools_override: BTreeMap<Text, Override>,
}

#[derive(Deserialize)]
struct Override {
    #[serde(default, deserialize_with = "nullable")]
    name: Text,
    #[serde(default, deserialize_with = "nullable")]
    description: Text,
}

pub fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(Object { metadata, spec }) = document.parse(sink) else { return };
    let Some(spec) = specified(document, spec, sink) else { return };
    let described = spec.tools_override.iter().filter(|(_, by)| !by.description.is_empty());
    let described = described.map(|(tool, _)| tool.clone()).collect();
    let renamed = spec.tools_override.into_iter().filter(|(_, by)| !by.name.is_empty());
    record(
        document,
        &metadata,
        Scope::Namespaced,
        |meta| {
            Configured::ToolFilter(ToolFilter {
                platform: PLATFORM.into(),
                meta,
                // An empty filter lets everything through.
                tools: (!spec.tools_filter.is_empty()).then_some(spec.tools_filter),
                renamed: renamed.map(|(tool, by)| (tool, by.name)).collect(),
                described,
            })
        },
        sink,
    );
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::{body, only};
    use super::*;

    #[test]
    fn tools_are_filtered_and_renamed() {
        let filter = |spec: &str| match body(only(&format!(
            r#"{{"kind":"MCPToolConfig","apiVersion":"toolhive.stacklok.dev/v1beta1",
            "metadata":{{"name":"f"}},"spec":{spec}}}"#
        ))) {
            Configured::ToolFilter(filter) => filter,
            other => unreachable!("a filter, not {other:?}"),
        };
        let some = filter(
            r#"{"toolsFilter":["a","b"],"toolsOverride":{"a":{"name":"x"},"b":{"description":"d"}}}"#,
        );
        assert_eq!(some.tools, Some(vec!["a".into(), "b".into()]));
        assert_eq!(some.renamed.into_iter().collect::<Vec<_>>(), [("a".into(), "x".into())]);
        assert_eq!(some.described, ["b"]);
        assert_eq!(filter("{}").tools, None);
    }
}
