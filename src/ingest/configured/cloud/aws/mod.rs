//! Amazon Web Services: the answers of `aws iam`, `organizations`, `sts` and `cloudtrail`.

mod access;
mod authorization;
mod document;
mod iam;
mod identity;
mod managed;
mod policies;
mod session;
#[cfg(test)]
mod tests;
mod trail;
mod unused;
mod wire;

pub use access::FORMAT as ACCESS_LAST_USED;
pub use authorization::FORMAT as AUTHORIZATION_DETAILS;
pub use iam::FORMAT as IAM;
pub use policies::FORMAT as POLICY;
pub use session::FORMAT as SESSION;
pub use trail::FORMAT as TRAIL;
pub use unused::FORMAT as UNUSED_ACCESS;
