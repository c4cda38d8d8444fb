//! What a resource says about where a span was written.

use super::{Attributes, sampling};
use crate::domain::{AgentKey, Text};
use crate::ingest::Sink;

/// The workload that wrote spans, from its resource attributes.
#[derive(Debug, Default)]
pub struct Workload {
    /// The host workload; absent when the resource names none.
    pub key: Option<AgentKey>,
    pub instance: Option<Text>,
    pub account: Option<Text>,
    pub environment: Option<Text>,
    pub tenant: Option<Text>,
    /// `service.name`: the name of an MCP server on its own side.
    pub service: Option<Text>,
    pub sdk: Option<Text>,
    /// The share of traces that its sampler lets through, when the resource states it.
    pub sampled: Option<f64>,
}

/// Names of the workload, the one that lives longest first. Pods and ReplicaSets are instances.
const WORKLOAD: &[&str] = &[
    "k8s.deployment.name",
    "k8s.statefulset.name",
    "k8s.daemonset.name",
    "k8s.job.name",
    "k8s.cronjob.name",
    "service.name",
];
const CLUSTER: &[&str] = &["k8s.cluster.name"];
const HOST: &[&str] = &["cloud.account.id", "host.name"];
const SPACE: &[&str] = &["k8s.namespace.name", "service.namespace"];
const INSTANCE: &[&str] = &["k8s.pod.name", "service.instance.id"];
const ENVIRONMENT: &[&str] = &["deployment.environment.name", "deployment.environment"];

impl Workload {
    pub fn of(resource: &Attributes<'_>, sink: &mut dyn Sink) -> Self {
        let mut text = |keys: &[&str]| resource.text(keys).map(|text| sink.intern(&text));
        // In a cluster the host is a pod or a node, which is no realm.
        let in_cluster = resource.any_under("k8s.");
        let realm = text(CLUSTER).or_else(|| if in_cluster { None } else { text(HOST) });
        let space = text(SPACE).unwrap_or_default();
        Self {
            key: text(WORKLOAD).map(|name| AgentKey {
                realm: realm.unwrap_or_default(),
                space,
                name,
                inner: None,
            }),
            instance: text(INSTANCE),
            account: text(&["cloud.account.id"]),
            environment: text(ENVIRONMENT),
            tenant: text(&["tenant.id"]),
            service: text(&["service.name"]),
            sdk: text(&["telemetry.sdk.name"]),
            sampled: sampling::share_of(resource),
        }
    }
}
