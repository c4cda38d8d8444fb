//! Workloads: Pods and the controllers that make them.

mod containers;
#[cfg(test)]
mod tests;
mod wire;

use self::containers::Statuses;
use super::object::{Metadata, Scope, record, specified};
use crate::domain::configured::{Configured, ContainerRole, Meta, PodStatus, Workload};
use crate::domain::{Discipline, Text};
use crate::ingest::{Document, Format, Side, Sink};

pub const FORMAT: Format = Format {
    id: "k8s-workload",
    title: "Kubernetes workload",
    side: Side::Configured,
    says: &[
        (Discipline::Identity, "which account a workload runs as, which secrets it is given"),
        (Discipline::Behavior, "privileges, Linux capabilities and volumes of each container"),
        (Discipline::Model, "images, by digest where the node reported it"),
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

fn read(document: &Document<'_>, sink: &mut dyn Sink) {
    let Some(wire::Object { kind, metadata, spec, status }) = document.parse(sink) else { return };
    let Some(outer) = specified(document, spec, sink) else { return };
    let (kind, status) = match kind == "Pod" {
        true => (kind, Some(status)),
        false => (kind, None),
    };
    record(
        document,
        &metadata,
        Scope::Namespaced,
        |meta| Configured::Workload(workload(document, kind, meta, &metadata, outer, status)),
        sink,
    );
}

fn workload(
    document: &Document<'_>,
    kind: Text,
    meta: Meta,
    metadata: &Metadata,
    mut spec: wire::Spec<'_>,
    status: Option<wire::Status>,
) -> Workload {
    let mut workload = Workload { kind, owner: metadata.owner(), ..Workload::default() };
    let mut template_labels = None;
    loop {
        workload.schedule = workload.schedule.or(spec.schedule.take());
        workload.suspended = workload.suspended.or(spec.suspend);
        workload.replicas = workload.replicas.or(spec.replicas);
        let claims = std::mem::take(&mut spec.volume_claim_templates).into_iter();
        workload.volumes.extend(claims.filter_map(containers::claimed));
        let Some(template) = spec.template.take() else { break };
        template_labels = Some(template.metadata.labels);
        spec = template.spec;
    }
    let (status, mut statuses) = reported(metadata, status);
    let masker = document.masker();
    let roles = [
        (ContainerRole::Init, spec.init_containers),
        (ContainerRole::Main, spec.containers),
        (ContainerRole::Ephemeral, spec.ephemeral_containers),
    ];
    let containers =
        roles.into_iter().flat_map(|(role, list)| list.into_iter().map(move |c| (role, c)));
    let pod = &spec.security_context;
    let named = |name: &Text| !name.is_empty();
    let labels = |(key, value): (Text, Option<Text>)| (key, value.unwrap_or_default());
    Workload {
        service_account: spec
            .service_account_name
            .filter(named)
            .or(spec.service_account)
            .unwrap_or_default(),
        pod_labels: match template_labels {
            Some(template) => template.into_iter().map(labels).collect(),
            None => meta.labels.clone(),
        },
        host_network: spec.host_network,
        host_pid: spec.host_pid,
        host_ipc: spec.host_ipc,
        shares_processes: spec.share_process_namespace,
        containers: containers
            .map(|(role, container)| {
                containers::container(container, role, pod, &mut statuses, masker)
            })
            .collect(),
        volumes: workload
            .volumes
            .into_iter()
            .chain(spec.volumes.into_iter().map(containers::volume))
            .collect(),
        pull_secrets: spec.image_pull_secrets.into_iter().filter_map(|named| named.name).collect(),
        node: spec.node_name.filter(named),
        mounts_token: spec.automount_service_account_token,
        status,
        meta,
        ..workload
    }
}

/// What the cluster says of a pod, and of its containers by name.
fn reported(metadata: &Metadata, status: Option<wire::Status>) -> (Option<PodStatus>, Statuses) {
    let Some(status) = status else { return (None, Statuses::new()) };
    let several = status.pod_ips.into_iter().map(|pod| pod.ip);
    let mut addresses: Vec<Text> = status.pod_ip.into_iter().chain(several).collect();
    addresses.dedup();
    let known = PodStatus { uid: metadata.uid(), phase: status.phase, addresses };
    let statuses = [
        status.container_statuses,
        status.init_container_statuses,
        status.ephemeral_container_statuses,
    ];
    let statuses = statuses.into_iter().flatten().map(|status| (status.name.clone(), status));
    ((known != PodStatus::default()).then_some(known), statuses.collect())
}
