//! How long operations report and are cancelled.

use std::ops::ControlFlow;

use super::CaseError;

/// What a long operation is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    pub stage: Stage,
    pub done: u64,
    /// Events in all; zero when it cannot be known.
    pub total: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::Display)]
pub enum Stage {
    #[strum(serialize = "bringing the index up to date")]
    Indexing,
    #[strum(serialize = "writing events")]
    Writing,
    #[strum(serialize = "publishing")]
    Publishing,
}

/// Called now and then with the progress; breaking cancels the operation.
pub type Report<'a> = &'a mut dyn FnMut(Progress) -> ControlFlow<()>;

pub(super) fn report(to: Report<'_>, stage: Stage, done: u64, total: u64) -> Result<(), CaseError> {
    match to(Progress { stage, done, total }) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(CaseError::Cancelled),
    }
}
