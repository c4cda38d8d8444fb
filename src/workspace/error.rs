//! The one error type at the edge: a kind that picks the exit code, a message, and a hint that says
//! what to do next.

use std::fmt;

use crate::domain::text::visible;

/// Whose matter an error is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The command or its arguments.
    Usage,
    /// Data, evidence or the case could not be read.
    Data,
    /// The ledger does not verify.
    Ledger,
    /// A live source did not answer as it should.
    Remote,
    /// The user stopped it.
    Cancelled,
    /// A fault of the program.
    Internal,
}

/// What went wrong, where, and what to do next.
#[derive(Clone, Debug)]
pub struct Error {
    pub kind: ErrorKind,
    /// A lower-case fragment; quotes of evidence in it are visible text.
    pub message: String,
    /// A sentence.
    pub hint: Option<String>,
}

impl Error {
    pub fn new(kind: ErrorKind, message: impl AsRef<str>) -> Self {
        Self { kind, message: visible(message.as_ref()).into_owned(), hint: None }
    }

    pub fn usage(message: impl AsRef<str>) -> Self {
        Self::new(ErrorKind::Usage, message)
    }

    pub fn data(message: impl AsRef<str>) -> Self {
        Self::new(ErrorKind::Data, message)
    }

    pub fn with_hint(mut self, hint: impl AsRef<str>) -> Self {
        self.hint = Some(visible(hint.as_ref()).into_owned());
        self
    }

    /// 2 usage, 3 data, 4 a ledger that does not verify, 5 remote, 130 cancelled, 70 internal.
    pub fn exit_code(&self) -> u8 {
        match self.kind {
            ErrorKind::Usage => 2,
            ErrorKind::Data => 3,
            ErrorKind::Ledger => 4,
            ErrorKind::Remote => 5,
            ErrorKind::Cancelled => 130,
            ErrorKind::Internal => 70,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.hint {
            Some(hint) => write!(f, "\nhint: {hint}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {}
