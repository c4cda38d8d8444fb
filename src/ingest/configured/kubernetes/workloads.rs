//! Workloads: Pods and the controllers that make them.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::object::{Metadata, Scope, record};
use crate::domain::configured::{Configured, Workload};
use crate::domain::{Discipline, Text};
use crate::ingest::json::nullable;
use crate::ingest::{Document, Format, Side, Sink};

pub const FORMAT: Format = Format {
    id: "k8s-workload",
    title: "Kubernetes workload",
    side: Side::Configured,
    says: &[
        (Discipline::Identity, "which account a workload runs as"),
        (Discipline::Model, "images"),
    ],
    coverage: "complete where a whole list was read",
    recognises: |shape| {
        KINDS.iter().any(|(group, kind)| shape.is_kind(kind) && shape.in_group(group))
    },
    read,
};

const KINDS: &[(&str, &str)] = &[
    ("", "Pod"),
    ("", "ReplicationController"),
    ("apps", "Deployment"),
    ("apps", "StatefulSet"),
    ("apps", "DaemonSet"),
    ("apps", "ReplicaSet"),
    ("batch", "Job"),
    ("batch", "CronJob"),
];

#[derive(Deserialize)]
struct Object {
    kind: Text,
    metadata: Metadata,
    #[serde(default, deserialize_with = "nullable")]
    spec: Spec,
}

/// The spec of any of them: a Pod's own, one that holds a template of Pods, or a template of those.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Spec {
    #[serde(default)]
    schedule: Option<Text>,
    #[serde(default, alias = "jobTemplate")]
    template: Option<Box<Template>>,
    #[serde(default)]
    service_account_name: Option<Text>,
    /// The deprecated name of the same field.
    #[serde(default)]
    service_account: Option<Text>,
    #[serde(default)]
    automount_service_account_token: Option<bool>,
    #[serde(default)]
    host_network: Option<bool>,
    #[serde(default, deserialize_with = "nullable")]
    containers: Vec<Container>,
    #[serde(default, deserialize_with = "nullable")]
    init_containers: Vec<Container>,
    #[serde(default, deserialize_with = "nullable")]
    ephemeral_containers: Vec<Container>,
}

#[derive(Default, Deserialize)]
struct Template {
    #[serde(default, deserialize_with = "nullable")]
    metadata: TemplateMetadata,
    #[serde(default, deserialize_with = "nullable")]
    spec: Spec,
}

#[derive(Default, Deserialize)]
struct TemplateMetadata {
    #[serde(default, deserialize_with = "nullable")]
    labels: BTreeMap<Text, Option<Text>>,
}

#[derive(Deserialize)]
struct Container {
    #[serde(default)]
    image: Option<Text>,
}

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(Object { kind, metadata, mut spec }) = document.parse(sink) else { return };
    let schedule = spec.schedule.take();
    let mut template_labels = None;
    while let Some(template) = spec.template.take() {
        template_labels = Some(template.metadata.labels);
        spec = template.spec;
    }
    let named = spec.service_account_name.filter(|name| !name.is_empty());
    let containers = [spec.init_containers, spec.containers, spec.ephemeral_containers];
    let images = containers.into_iter().flatten().filter_map(|container| container.image);
    record(
        document,
        &metadata,
        Scope::Namespaced,
        |meta| {
            let labels = |(key, value): (Text, Option<Text>)| (key, value.unwrap_or_default());
            Configured::Workload(Workload {
                kind,
                owner: metadata.owner(),
                service_account: named.or(spec.service_account).unwrap_or_default(),
                pod_labels: match template_labels {
                    Some(template) => template.into_iter().map(labels).collect(),
                    None => meta.labels.clone(),
                },
                host_network: spec.host_network.unwrap_or_default(),
                images: images.collect(),
                schedule,
                mounts_token: spec.automount_service_account_token,
                meta,
            })
        },
        sink,
    );
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::{body, only};
    use super::*;

    #[track_caller]
    fn check(json: &str) -> Workload {
        match body(only(json)) {
            Configured::Workload(workload) => workload,
            other => unreachable!("a workload, not {other:?}"),
        }
    }

    #[test]
    fn a_pod_stands_by_itself() {
        let pod = check(
            r#"{"kind":"Pod","apiVersion":"v1","metadata":{"name":"a-1","namespace":"n",
            "labels":{"app":"a"},"ownerReferences":[{"kind":"Node","name":"x"},
            {"kind":"ReplicaSet","name":"a-5","controller":true}]},
            "spec":{"serviceAccountName":"sa","hostNetwork":true,"initContainers":null,
            "containers":[{"image":"i:1"}],"automountServiceAccountToken":false}}"#,
        );
        assert_eq!(pod.owner, Some(("ReplicaSet".into(), "a-5".into())));
        assert_eq!((pod.service_account.raw(), pod.host_network), ("sa", true));
        assert_eq!(pod.images, ["i:1"]);
        assert_eq!(pod.mounts_token, Some(false));
        assert_eq!(pod.pod_labels, pod.meta.labels);
    }

    #[test]
    fn templates_are_followed_to_the_pod() {
        let cron = check(
            r#"{"kind":"CronJob","apiVersion":"batch/v1","metadata":{"name":"c"},
            "spec":{"schedule":"0 * * * *","jobTemplate":{"spec":{"template":{
            "metadata":{"labels":{"job":"c"}},"spec":{"serviceAccount":"old"}}}}}}"#,
        );
        assert_eq!(cron.schedule, Some("0 * * * *".into()));
        assert_eq!(cron.service_account, "old");
        assert_eq!(cron.pod_labels.get("job"), Some(&"c".into()));
        assert_eq!(cron.meta.namespace, "default");
    }
}
