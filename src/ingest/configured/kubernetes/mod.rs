//! Kubernetes objects.

mod namespace;
mod network;
mod object;
mod rbac;
mod workloads;

pub use namespace::FORMAT as NAMESPACE;
pub use network::FORMAT as NETWORK_POLICY;
pub use object::{Metadata, Scope, kind, record};
pub use rbac::FORMAT as RBAC;
pub use workloads::FORMAT as WORKLOAD;
