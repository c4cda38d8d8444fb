//! Kubernetes objects.

mod cilium;
mod cluster_network_policy;
mod namespace;
mod network;
mod object;
mod rbac;
mod workloads;

pub use cilium::FORMAT as CILIUM;
pub use cluster_network_policy::FORMAT as CLUSTER_NETWORK_POLICY;
pub use namespace::FORMAT as NAMESPACE;
pub use network::{FORMAT as NETWORK_POLICY, LabelSelector};
pub use object::{Metadata, Scope, kind, record};
pub use rbac::FORMAT as RBAC;
pub use workloads::FORMAT as WORKLOAD;
