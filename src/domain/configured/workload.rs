//! Workloads: Pods and the controllers that make them, container by container.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Meta;
use crate::domain::Text;

/// A workload: Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job, CronJob
/// or Pod.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Workload {
    pub kind: Text,
    pub meta: Meta,
    /// The controller that owns it: kind and name (Pod → ReplicaSet → Deployment).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<(Text, Text)>,
    /// Empty means the namespace's `default` account.
    pub service_account: Text,
    /// Labels of its pods.
    pub pod_labels: BTreeMap<Text, Text>,
    pub host_network: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub host_pid: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub host_ipc: bool,
    /// The containers of a pod see each other's processes.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub shares_processes: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub containers: Vec<Container>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub volumes: Vec<Volume>,
    /// Names of the secrets with which images are pulled.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pull_secrets: Vec<Text>,
    /// The node to which its pods are bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<Text>,
    /// How many pods are wanted; a Job's parallelism.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replicas: Option<u32>,
    /// A schedule, for CronJobs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<Text>,
    /// Whether a Job or CronJob is suspended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspended: Option<bool>,
    /// `false` when the token is not mounted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mounts_token: Option<bool>,
    /// What the cluster reported of a Pod.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<PodStatus>,
}

impl Workload {
    /// The images of all containers, in their order.
    pub fn images(&self) -> impl Iterator<Item = &Text> {
        self.containers.iter().filter_map(|container| container.image.as_ref())
    }
}

/// What is known of a Pod beyond its declaration: the keys by which runtime records join.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PodStatus {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<Text>,
    /// `Pending`, `Running`, `Succeeded`, `Failed` or `Unknown`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<Text>,
    /// IP addresses of the pod, the first one first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<Text>,
}

/// One container of a workload's pods.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Container {
    pub name: Text,
    pub role: ContainerRole,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<Text>,
    /// The image that was pulled, by digest, as the node reported it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_id: Option<Text>,
    /// The container's id at its runtime (`containerd://…`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Text>,
    /// Command and arguments that override those of the image, secrets masked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<Text>,
    #[serde(default, skip_serializing_if = "SecurityContext::is_empty")]
    pub security: SecurityContext,
    /// Names of all environment variables that are set one by one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub environment: Vec<Text>,
    /// Secrets and configuration maps that reach it as environment variables.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variable_sources: Vec<VariableSource>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mounts: Vec<VolumeMount>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<ContainerPort>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ContainerRole {
    #[default]
    Main,
    /// Runs to its end before the others start.
    Init,
    /// Starts before the others and stays: an init container that restarts always.
    Sidecar,
    /// Added to a running pod.
    Ephemeral,
}

/// The security settings that hold for a container, those of its pod merged in. Absent means that
/// neither says so, and the default of the image or the runtime holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecurityContext {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub privileged: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_as_user: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_as_group: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_as_non_root: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_only_root: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allow_privilege_escalation: Option<bool>,
    /// Linux capabilities added to those of the runtime, as written (`NET_ADMIN`, `ALL`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub added: Vec<Text>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dropped: Vec<Text>,
    /// `RuntimeDefault`, `Unconfined`, or `Localhost` with the profile after a slash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seccomp: Option<Text>,
    /// The same for AppArmor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app_armor: Option<Text>,
}

impl SecurityContext {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A Secret or ConfigMap that a container is given, by name; values never leave the evidence.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VariableSource {
    pub holder: ValueHolder,
    pub name: Text,
    /// Absent means every key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Text>,
    /// The environment variable that takes the value; absent when each key becomes one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variable: Option<Text>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ValueHolder {
    #[default]
    Secret,
    ConfigMap,
}

/// A volume inside a container.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VolumeMount {
    /// The name of the volume in the workload.
    pub volume: Text,
    pub path: Text,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub read_only: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub_path: Option<Text>,
}

/// A volume of a workload's pods; a projected one has several sources.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Volume {
    pub name: Text,
    pub sources: Vec<VolumeSource>,
}

/// What a volume holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "source", rename_all = "kebab-case")]
pub enum VolumeSource {
    /// No keys means all of them.
    Secret {
        name: Text,
        keys: Vec<Text>,
    },
    ConfigMap {
        name: Text,
        keys: Vec<Text>,
    },
    /// A token of the pod's service account. No audience means the API server itself.
    ServiceAccountToken {
        audience: Option<Text>,
        /// Seconds; the API server's default is one hour.
        expires_after: Option<u64>,
    },
    HostPath {
        path: Text,
    },
    PersistentVolumeClaim {
        name: Text,
    },
    Csi {
        driver: Text,
        /// What the driver is told to mount, for the secrets store driver.
        provider_class: Option<Text>,
    },
    /// Any other, by its Kubernetes name (`emptyDir`, `downwardAPI`, `nfs`).
    Other {
        kind: Text,
    },
}

/// A port that a container declares; network policies and services may speak of it by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerPort {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Text>,
    pub number: u16,
    /// `TCP`, `UDP` or `SCTP`.
    pub protocol: Text,
    /// The port of the node that leads to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<u16>,
}
