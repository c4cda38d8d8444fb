//! Live sensors → evidence. The only user of the network, and only when asked.
//!
//! A pull obtains bytes; it reads nothing into records. What a sensor returns is kept as evidence and
//! then read by the same readers as a file.

pub mod http;
pub mod kube;

/// One response, as it is kept.
#[derive(Clone, Debug)]
pub struct Pulled {
    /// The address it came from, without credentials.
    pub name: String,
    pub bytes: Vec<u8>,
}

/// What a pull brought, and what it was refused.
#[derive(Clone, Debug, Default)]
pub struct Harvest {
    pub pulled: Vec<Pulled>,
    /// What could not be had and why: loss is never silent.
    pub refused: Vec<String>,
}

/// Why a pull failed as a whole.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct PullError {
    pub message: String,
    pub hint: String,
}

impl PullError {
    fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { message: message.into(), hint: hint.into() }
    }
}
