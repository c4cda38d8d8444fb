//! Cloud configuration: identities, policies, role assignments, and what the clouds themselves record.
//!
//! One folder or file for each provider. The types hold what the provider states, in its own terms;
//! what follows from it (effective scope) is worked out elsewhere.

pub mod aws;
pub mod azure;
pub mod gcp;

pub use aws::Aws;
pub use azure::Azure;
pub use gcp::Gcp;
