//! Workloads as Kubernetes writes them: `core/v1` PodSpec and the specs that hold a template of it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::super::object::Metadata;
use crate::domain::Text;
use crate::ingest::json::{Str, lenient, nullable};

#[derive(Deserialize)]
pub struct Object<'a> {
    pub kind: Text,
    pub metadata: Metadata,
    #[serde(borrow, default)]
    pub spec: Option<Spec<'a>>,
    #[serde(default, deserialize_with = "lenient")]
    pub status: Status,
}

/// The spec of any of them: a Pod's own, one that holds a template of Pods, or a template of those.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Spec<'a> {
    #[serde(default)]
    pub schedule: Option<Text>,
    #[serde(default)]
    pub suspend: Option<bool>,
    #[serde(default, alias = "parallelism")]
    pub replicas: Option<u32>,
    /// A StatefulSet claims a volume of its own for each pod.
    #[serde(default, deserialize_with = "nullable")]
    pub volume_claim_templates: Vec<ClaimTemplate>,
    #[serde(borrow, default, alias = "jobTemplate")]
    pub template: Option<Box<Template<'a>>>,
    #[serde(default)]
    pub service_account_name: Option<Text>,
    /// The deprecated name of the same field.
    #[serde(default)]
    pub service_account: Option<Text>,
    #[serde(default)]
    pub automount_service_account_token: Option<bool>,
    #[serde(default, deserialize_with = "nullable")]
    pub host_network: bool,
    #[serde(default, rename = "hostPID", deserialize_with = "nullable")]
    pub host_pid: bool,
    #[serde(default, rename = "hostIPC", deserialize_with = "nullable")]
    pub host_ipc: bool,
    #[serde(default, deserialize_with = "nullable")]
    pub share_process_namespace: bool,
    #[serde(default)]
    pub node_name: Option<Text>,
    #[serde(default, deserialize_with = "nullable")]
    pub security_context: SecurityContext,
    #[serde(default, deserialize_with = "nullable")]
    pub image_pull_secrets: Vec<Named>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    pub volumes: Vec<Volume<'a>>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    pub containers: Vec<Container<'a>>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    pub init_containers: Vec<Container<'a>>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    pub ephemeral_containers: Vec<Container<'a>>,
}

#[derive(Default, Deserialize)]
pub struct Template<'a> {
    #[serde(default, deserialize_with = "nullable")]
    pub metadata: TemplateMetadata,
    #[serde(borrow, default, deserialize_with = "nullable")]
    pub spec: Spec<'a>,
}

#[derive(Default, Deserialize)]
pub struct TemplateMetadata {
    #[serde(default, deserialize_with = "nullable")]
    pub labels: BTreeMap<Text, Option<Text>>,
}

#[derive(Default, Deserialize)]
pub struct Named {
    #[serde(default)]
    pub name: Option<Text>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Container<'a> {
    #[serde(default, deserialize_with = "nullable")]
    pub name: Text,
    #[serde(default)]
    pub image: Option<Text>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    pub command: Vec<Str<'a>>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    pub args: Vec<Str<'a>>,
    /// `Always` on an init container makes it a sidecar.
    #[serde(default)]
    pub restart_policy: Option<Text>,
    #[serde(default, deserialize_with = "nullable")]
    pub security_context: SecurityContext,
    #[serde(default, deserialize_with = "nullable")]
    pub env: Vec<Variable>,
    #[serde(default, deserialize_with = "nullable")]
    pub env_from: Vec<VariablesFrom>,
    #[serde(default, deserialize_with = "nullable")]
    pub volume_mounts: Vec<VolumeMount>,
    #[serde(default, deserialize_with = "nullable")]
    pub ports: Vec<Port>,
}

/// The security context of a pod or of a container: the union of the two.
#[derive(Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SecurityContext {
    #[serde(default)]
    pub privileged: Option<bool>,
    #[serde(default)]
    pub run_as_user: Option<i64>,
    #[serde(default)]
    pub run_as_group: Option<i64>,
    #[serde(default)]
    pub run_as_non_root: Option<bool>,
    #[serde(default)]
    pub read_only_root_filesystem: Option<bool>,
    #[serde(default)]
    pub allow_privilege_escalation: Option<bool>,
    #[serde(default, deserialize_with = "nullable")]
    pub capabilities: Capabilities,
    #[serde(default)]
    pub seccomp_profile: Option<Profile>,
    #[serde(default)]
    pub app_armor_profile: Option<Profile>,
}

#[derive(Clone, Default, Deserialize)]
pub struct Capabilities {
    #[serde(default, deserialize_with = "nullable")]
    pub add: Vec<Text>,
    #[serde(default, deserialize_with = "nullable")]
    pub drop: Vec<Text>,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Profile {
    #[serde(rename = "type")]
    pub kind: Text,
    #[serde(default)]
    pub localhost_profile: Option<Text>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Variable {
    pub name: Text,
    #[serde(default, deserialize_with = "nullable")]
    pub value_from: VariableSource,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VariableSource {
    #[serde(default)]
    pub secret_key_ref: Option<KeyOf>,
    #[serde(default)]
    pub config_map_key_ref: Option<KeyOf>,
}

#[derive(Deserialize)]
pub struct KeyOf {
    #[serde(default, deserialize_with = "nullable")]
    pub name: Text,
    #[serde(default)]
    pub key: Option<Text>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VariablesFrom {
    #[serde(default)]
    pub secret_ref: Option<KeyOf>,
    #[serde(default)]
    pub config_map_ref: Option<KeyOf>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VolumeMount {
    pub name: Text,
    #[serde(default, deserialize_with = "nullable")]
    pub mount_path: Text,
    #[serde(default, deserialize_with = "nullable")]
    pub read_only: bool,
    #[serde(default, alias = "subPathExpr")]
    pub sub_path: Option<Text>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Port {
    #[serde(default)]
    pub name: Option<Text>,
    /// Required by Kubernetes; a manifest without it says nothing of a port.
    #[serde(default)]
    pub container_port: Option<u16>,
    #[serde(default)]
    pub host_port: Option<u16>,
    #[serde(default)]
    pub protocol: Option<Text>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Volume<'a> {
    #[serde(default, deserialize_with = "nullable")]
    pub name: Text,
    #[serde(default)]
    pub secret: Option<Projected>,
    #[serde(default)]
    pub config_map: Option<Projected>,
    #[serde(default)]
    pub host_path: Option<HostPath>,
    #[serde(default)]
    pub persistent_volume_claim: Option<Claim>,
    #[serde(default)]
    pub csi: Option<Csi>,
    #[serde(default, deserialize_with = "nullable")]
    pub projected: Projection,
    /// Every other source, by its name.
    #[serde(borrow, flatten)]
    pub others: BTreeMap<Cow<'a, str>, IgnoredAny>,
}

/// A Secret or ConfigMap as a volume, or as a part of a projected one.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Projected {
    #[serde(default, alias = "secretName")]
    pub name: Option<Text>,
    #[serde(default, deserialize_with = "nullable")]
    pub items: Vec<Item>,
}

#[derive(Deserialize)]
pub struct Item {
    pub key: Text,
}

#[derive(Deserialize)]
pub struct HostPath {
    pub path: Text,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Claim {
    pub claim_name: Text,
}

#[derive(Deserialize)]
pub struct ClaimTemplate {
    #[serde(default, deserialize_with = "nullable")]
    pub metadata: Named,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Csi {
    pub driver: Text,
    #[serde(default, deserialize_with = "nullable")]
    pub volume_attributes: BTreeMap<Text, Option<Text>>,
}

#[derive(Default, Deserialize)]
pub struct Projection {
    #[serde(default, deserialize_with = "nullable")]
    pub sources: Vec<ProjectionSource>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProjectionSource {
    #[serde(default)]
    pub secret: Option<Projected>,
    #[serde(default)]
    pub config_map: Option<Projected>,
    #[serde(default)]
    pub service_account_token: Option<Token>,
    #[serde(default, rename = "downwardAPI")]
    pub downward_api: Option<IgnoredAny>,
    #[serde(default)]
    pub cluster_trust_bundle: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Token {
    #[serde(default)]
    pub audience: Option<Text>,
    #[serde(default)]
    pub expiration_seconds: Option<u64>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    #[serde(default)]
    pub phase: Option<Text>,
    #[serde(default, rename = "podIP")]
    pub pod_ip: Option<Text>,
    #[serde(default, rename = "podIPs", deserialize_with = "nullable")]
    pub pod_ips: Vec<PodIp>,
    #[serde(default, deserialize_with = "nullable")]
    pub container_statuses: Vec<ContainerStatus>,
    #[serde(default, deserialize_with = "nullable")]
    pub init_container_statuses: Vec<ContainerStatus>,
    #[serde(default, deserialize_with = "nullable")]
    pub ephemeral_container_statuses: Vec<ContainerStatus>,
}

#[derive(Deserialize)]
pub struct PodIp {
    pub ip: Text,
}

#[derive(Deserialize)]
pub struct ContainerStatus {
    pub name: Text,
    #[serde(default, rename = "imageID")]
    pub image_id: Option<Text>,
    #[serde(default, rename = "containerID")]
    pub container_id: Option<Text>,
}
