//! Kubernetes objects.

mod admission;
mod any_object;
mod audit_policy;
mod cilium;
mod cluster;
mod cluster_network_policy;
mod discovery;
mod namespace;
mod network;
mod object;
mod rbac;
mod service_account;
mod status;
#[cfg(test)]
mod tests;
mod watch;
mod workloads;

pub use admission::FORMAT as ADMISSION;
pub use any_object::FORMAT as ANY_OBJECT;
pub use audit_policy::FORMAT as AUDIT_POLICY;
pub use cilium::FORMAT as CILIUM;
pub use cluster::FORMAT as CLUSTER;
pub use cluster_network_policy::FORMAT as CLUSTER_NETWORK_POLICY;
pub use discovery::FORMAT as DISCOVERY;
pub use namespace::FORMAT as NAMESPACE;
pub use network::{FORMAT as NETWORK_POLICY, LabelSelector};
pub use object::{Metadata, Scope, kind, record, specified};
pub use rbac::FORMAT as RBAC;
pub use status::FORMAT as STATUS;
pub use watch::FORMAT as WATCH;
pub use workloads::FORMAT as WORKLOAD;
