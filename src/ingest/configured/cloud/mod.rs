//! Cloud configuration: what the commands and exports of the three clouds write.

mod aws;
mod azure;
mod gcp;
mod parts;
#[cfg(test)]
mod tests;

pub use aws::{
    ACCESS_LAST_USED as AWS_ACCESS_LAST_USED, AUTHORIZATION_DETAILS as AWS_AUTHORIZATION_DETAILS,
    IAM as AWS_IAM, POLICY as AWS_POLICY, SESSION as AWS_SESSION, TRAIL as AWS_TRAIL,
    UNUSED_ACCESS as AWS_UNUSED_ACCESS,
};
pub use azure::FORMAT as AZURE;
pub use gcp::FORMAT as GCP;
