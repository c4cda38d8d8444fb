//! Istio: who may call which workload (formats.md §4.3).
//!
//! A mesh enforces at the destination: what an agent reaches is what every destination makes of it.
//! [`Mesh`] indexes the objects of one realm; `access` asks about one caller and one destination,
//! `reach` about all of them. What only a request decides (its method, its path, its token) stays
//! open, in words.
//!
//! | file | subject |
//! |---|---|
//! | `settings.rs` | root namespace, trust domains, what may leave |
//! | `matcher/`, `attribute.rs` | attributes of a request and the patterns that policies list |
//! | `call.rs`, `rule.rs` | a call as far as it is known, and whether a rule matches it |
//! | `authorization.rs` | CUSTOM, DENY, ALLOW: the decision of one proxy |
//! | `peer.rs` | mutual TLS, and who takes part in the mesh |
//! | `index.rs`, `access.rs` | the objects of a mesh; sidecars, ztunnel and waypoints on one way |
//! | `outbound.rs` | what the caller's own proxy lets out |
//! | `reach.rs`, `contrast.rs` | all destinations of a caller; where network policies disagree |
//! | `grants.rs` | the mesh in the graph of authority, where nothing is known of network policies |
//! | `narrowing.rs` | what it takes away from what network policies let through |

mod access;
mod attribute;
mod authorization;
mod call;
#[cfg(test)]
mod conjunction;
mod contrast;
#[cfg(test)]
mod documented;
mod grants;
mod index;
mod matcher;
mod narrowing;
mod outbound;
mod peer;
mod reach;
#[cfg(test)]
mod real_data;
mod rule;
mod settings;
#[cfg(test)]
mod tests;

pub use authorization::{Decision, Policy, Traffic, decide};
pub use call::{Call, Identity};
pub use contrast::disagreements;
pub(super) use grants::add;
pub use index::{Member, Mesh, Waypoint};
pub(super) use narrowing::Narrowing;
pub use outbound::Outbound;
pub use peer::{Membership, MutualTls};
pub use reach::{Destinations, Reached, Way};
pub use settings::Settings;
