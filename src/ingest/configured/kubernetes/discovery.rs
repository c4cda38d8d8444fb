//! What an API server serves: the answers of `/api`, `/apis`, `/apis/GROUP/VERSION` and `/version`.

use serde::Deserialize;

use crate::domain::configured::{ApiDiscovery, ApiResource, Configured, Provisioning};
use crate::domain::{Discipline, Record, Text};
use crate::ingest::json::nullable;
use crate::ingest::{Document, Format, Shape, Side, Sink};

pub const FORMAT: Format = Format {
    id: "k8s-discovery",
    title: "Kubernetes API discovery",
    side: Side::Configured,
    says: &[(Discipline::Identity, "which resources and verbs there are to be granted")],
    coverage: "what the server served when it was asked",
    recognises,
    read,
};

const KINDS: [&str; 5] =
    ["APIVersions", "APIGroupList", "APIGroup", "APIResourceList", "APIGroupDiscovery"];
/// `/version` names no kind.
const VERSION: [&str; 4] = ["gitVersion", "major", "minor", "platform"];

fn recognises(shape: &Shape<'_>) -> bool {
    match shape.kind.as_deref() {
        // Old servers leave out the version of the answer to `/api/v1`.
        Some(kind) => {
            let is_own = shape.api_version.is_none()
                || shape.in_group("")
                || shape.in_group("apidiscovery.k8s.io");
            is_own && KINDS.contains(&kind)
        }
        None => VERSION.iter().all(|key| shape.has(key)),
    }
}

/// The union of all answers.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    #[serde(default)]
    kind: Option<Text>,
    #[serde(default, deserialize_with = "nullable")]
    group_version: Text,
    #[serde(default, deserialize_with = "nullable")]
    groups: Vec<Group>,
    #[serde(default, deserialize_with = "nullable")]
    versions: Vec<Version>,
    #[serde(default, deserialize_with = "nullable")]
    resources: Vec<Resource>,
    #[serde(default, deserialize_with = "nullable")]
    metadata: Named,
    #[serde(default)]
    git_version: Option<Text>,
}

#[derive(Default, Deserialize)]
struct Named {
    /// The group, in aggregated discovery.
    #[serde(default, deserialize_with = "nullable")]
    name: Text,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Group {
    #[serde(default, deserialize_with = "nullable")]
    versions: Vec<Version>,
    #[serde(default)]
    preferred_version: Option<Version>,
}

/// A version: its name in `/api`, with its group in `/apis`, with resources in aggregated discovery.
#[derive(Deserialize)]
#[serde(untagged)]
enum Version {
    Name(Text),
    #[serde(rename_all = "camelCase")]
    Served {
        group_version: Text,
    },
    Described {
        version: Text,
        #[serde(default, deserialize_with = "nullable")]
        resources: Vec<DescribedResource>,
    },
}

#[derive(Deserialize)]
struct Resource {
    name: Text,
    kind: Text,
    namespaced: bool,
    #[serde(default, deserialize_with = "nullable")]
    verbs: Vec<Text>,
}

/// A resource or, inside one, a subresource of aggregated discovery
/// (`apidiscovery.k8s.io/v2`, APIResourceDiscovery).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DescribedResource {
    #[serde(alias = "subresource")]
    resource: Text,
    #[serde(default, deserialize_with = "nullable")]
    response_kind: ResponseKind,
    #[serde(default, deserialize_with = "nullable")]
    scope: Text,
    #[serde(default, deserialize_with = "nullable")]
    verbs: Vec<Text>,
    #[serde(default, deserialize_with = "nullable")]
    subresources: Vec<DescribedResource>,
}

#[derive(Default, Deserialize)]
struct ResponseKind {
    #[serde(default, deserialize_with = "nullable")]
    kind: Text,
}

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(answer) = document.parse::<Answer>(sink) else { return };
    let groups = answer.groups.into_iter().flat_map(|group| {
        let preferred = group.preferred_version.into_iter();
        preferred.chain(group.versions)
    });
    let mut listed = ApiDiscovery {
        answer: answer.kind.unwrap_or_else(|| "version".into()),
        group_version: answer.group_version,
        server: answer.git_version,
        resources: answer.resources.into_iter().map(resource).collect(),
        versions: Vec::new(),
    };
    for version in groups.chain(answer.versions) {
        match version {
            Version::Name(version) | Version::Served { group_version: version } => {
                if !listed.versions.contains(&version) {
                    listed.versions.push(version);
                }
            }
            Version::Described { version, resources } => {
                let group = answer.metadata.name.raw();
                let separator = if group.is_empty() { "" } else { "/" };
                let of_version = ApiDiscovery {
                    answer: listed.answer.clone(),
                    group_version: format!("{group}{separator}{}", version.raw()).into(),
                    resources: resources.into_iter().flat_map(described).collect(),
                    ..ApiDiscovery::default()
                };
                emit(document, of_version, sink);
            }
        }
    }
    let says_something = !listed.versions.is_empty()
        || !listed.resources.is_empty()
        || !listed.group_version.is_empty()
        || listed.server.is_some();
    if says_something {
        emit(document, listed, sink);
    }
}

fn resource(resource: Resource) -> ApiResource {
    ApiResource {
        name: resource.name,
        kind: resource.kind,
        namespaced: resource.namespaced,
        verbs: resource.verbs,
    }
}

/// A resource and its subresources, which are in a namespace when it is.
fn described(resource: DescribedResource) -> Vec<ApiResource> {
    let namespaced = resource.scope == "Namespaced";
    let below = resource.subresources.into_iter().map(|below| ApiResource {
        name: format!("{}/{}", resource.resource.raw(), below.resource.raw()).into(),
        kind: below.response_kind.kind,
        namespaced,
        verbs: below.verbs,
    });
    let below: Vec<ApiResource> = below.collect();
    let own = ApiResource {
        name: resource.resource,
        kind: resource.response_kind.kind,
        namespaced,
        verbs: resource.verbs,
    };
    std::iter::once(own).chain(below).collect()
}

fn emit(document: &Document<'_>, discovery: ApiDiscovery, sink: &mut dyn Sink) {
    sink.record(Record {
        realm: Text::default(),
        at: None,
        provisioning: Provisioning::default(),
        place: document.place(),
        body: Configured::ApiDiscovery(discovery),
    });
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::read_text;
    use super::*;

    /// Each record as `answer group_version [versions] resources`.
    #[track_caller]
    fn check(json: &str, expected: &[&str]) {
        let found = read_text("f.json", json);
        assert_eq!(found.problems, [], "{json}");
        let lines = found.records.into_iter().map(|record| {
            let Configured::ApiDiscovery(discovery) = record.body else {
                unreachable!("discovery")
            };
            let words = |list: &[Text]| list.iter().map(Text::raw).collect::<Vec<_>>().join(",");
            let resources = discovery.resources.iter().map(|resource| {
                let scope = if resource.namespaced { "@" } else { "" };
                format!(" {}{scope}:{}", resource.name.raw(), words(&resource.verbs))
            });
            format!(
                "{} {} [{}]{}{}",
                discovery.answer.raw(),
                discovery.group_version.raw(),
                words(&discovery.versions),
                discovery.server.map(|server| format!(" {}", server.raw())).unwrap_or_default(),
                resources.collect::<String>()
            )
        });
        assert_eq!(lines.collect::<Vec<_>>(), expected, "{json}");
    }

    #[test]
    fn every_answer() {
        check(r#"{"kind":"APIVersions","versions":["v1"]}"#, &["APIVersions  [v1]"]);
        check(
            r#"{"kind":"APIGroupList","apiVersion":"v1","groups":[{"name":"x","versions":
            [{"groupVersion":"x/v1beta1","version":"v1beta1"},{"groupVersion":"x/v1","version":"v1"}],
            "preferredVersion":{"groupVersion":"x/v1","version":"v1"}}]}"#,
            &["APIGroupList  [x/v1,x/v1beta1]"],
        );
        check(
            r#"{"kind":"APIResourceList","groupVersion":"v1","resources":[
            {"name":"pods","kind":"Pod","namespaced":true,"verbs":["get","list"]},
            {"name":"nodes","kind":"Node","namespaced":false,"verbs":["get"]}]}"#,
            &["APIResourceList v1 [] pods@:get,list nodes:get"],
        );
        check(
            r#"{"major":"1","minor":"33","gitVersion":"v1.33.1","platform":"linux/amd64"}"#,
            &["version  [] v1.33.1"],
        );
    }

    #[test]
    fn aggregated_discovery() {
        check(
            r#"{"kind":"APIGroupDiscoveryList","apiVersion":"apidiscovery.k8s.io/v2","items":[
            {"metadata":{"name":"apps"},"versions":[{"version":"v1","resources":[
            {"resource":"deployments","responseKind":{"kind":"Deployment"},"scope":"Namespaced",
            "verbs":["get"],"subresources":[{"subresource":"scale","verbs":["patch"]}]}]}]},
            {"metadata":{},"versions":[{"version":"v1","resources":[]}]}]}"#,
            &[
                "APIGroupDiscovery apps/v1 [] deployments@:get deployments/scale@:patch",
                "APIGroupDiscovery v1 []",
            ],
        );
    }
}
