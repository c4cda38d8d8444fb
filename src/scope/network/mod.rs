//! Network policies: who may connect to whom, and which policy says so.
//!
//! Every kind of policy is written in one form (`policy.rs`) and asked in one order
//! (`decision.rs`). Ports and addresses are sets (`ports.rs`, `addresses.rs`), pods and names stay
//! symbolic. What configuration alone does not decide is undecided, never guessed.
//!
//! | file | writes |
//! |---|---|
//! | `kubernetes.rs` | NetworkPolicy |
//! | `cluster_wide.rs` | ClusterNetworkPolicy, AdminNetworkPolicy, BaselineAdminNetworkPolicy |
//! | `cilium.rs` | CiliumNetworkPolicy, CiliumClusterwideNetworkPolicy |
//!
//! [`Network`] answers whether one end may connect to another, by the policies at both. `add.rs` puts
//! the side of the source into the graph of authority, symbolically (`meaning.rs`, `narrowing.rs`).

mod add;
mod addresses;
mod cilium;
mod cluster_wide;
mod connections;
mod decision;
mod endpoint;
mod ingress;
mod intervals;
mod kubernetes;
mod meaning;
mod narrowing;
#[cfg(test)]
mod npguard;
mod peer;
mod policy;
#[cfg(test)]
mod policy_assistant;
mod ports;
mod question;

pub(super) use add::add;
pub use connections::{Connection, Network, Verdict};
pub use decision::{By, Claim, Decision};
pub use endpoint::{End, Endpoint};
pub use policy::{Action, Direction};
pub use question::connection;
