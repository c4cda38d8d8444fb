//! The wildcard languages of the planes, one file each.
//!
//! A pattern of one language means something else in the next: `*` is a whole word to RBAC, any
//! characters to IAM, a label to a domain name. Wildcards are matched as they are written and never
//! expanded over a list of what exists.

mod cilium_name;
mod cloud_resource;
mod command;
mod domain_name;
mod glob;
mod host;
mod kubernetes;
mod path;
mod prefix;
#[cfg(test)]
pub(crate) mod properties;
mod tokens;
mod workload_name;

pub use cilium_name::CiliumName;
pub use cloud_resource::CloudResource;
pub use command::Command;
pub use domain_name::DomainName;
pub use glob::{Glob, GlobIgnoringCase};
pub use host::HostGlob;
pub use kubernetes::{KubernetesResource, KubernetesWord};
pub use path::PathGlob;
pub use prefix::Prefix;
pub use workload_name::{WorkloadName, stem, stems};

/// One wildcard language.
pub trait Dialect {
    /// Whether `text` falls under `pattern`. A pattern without wildcards falls under itself.
    fn matches(pattern: &str, text: &str) -> bool;

    /// Whether everything that falls under `narrow` falls under `wide`. May be false where that is
    /// hard to tell, never true where it is not so.
    fn covers(wide: &str, narrow: &str) -> bool;
}
