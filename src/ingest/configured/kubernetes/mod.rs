//! Kubernetes objects.

mod admission;
mod any_object;
mod audit_policy;
mod cluster;
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
pub use cluster::FORMAT as CLUSTER;
pub use discovery::FORMAT as DISCOVERY;
pub use namespace::FORMAT as NAMESPACE;
pub use network::FORMAT as NETWORK_POLICY;
pub use object::{Metadata, Scope, kind, record, specified};
pub use rbac::FORMAT as RBAC;
pub use status::FORMAT as STATUS;
pub use watch::FORMAT as WATCH;
pub use workloads::FORMAT as WORKLOAD;
