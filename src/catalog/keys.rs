//! The keymap file as it stands: which key runs which command, where.
//!
//! The commands themselves belong to the workbench, which checks the names against its own table
//! and reports mistakes through [`KeyFile::error`] with their place.

use serde::Deserialize;
use toml::Spanned;

use super::error::{CatalogError, parse};
use super::source::File;

/// `views/keymap.toml`.
#[derive(Clone, Debug)]
pub struct KeyFile {
    pub file: File,
    pub bindings: Vec<Binding>,
}

/// One line of the keymap.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Binding {
    /// `j`, `ctrl-d`, or a sequence: `g q`.
    pub key: Spanned<String>,
    /// The id of a command.
    pub command: Spanned<String>,
    /// Only in this context; wherever the command works when absent.
    pub when: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Bindings {
    #[serde(rename = "bind")]
    bindings: Vec<Binding>,
}

impl KeyFile {
    pub(super) fn parse(file: &File) -> Result<Self, CatalogError> {
        let Bindings { bindings } = parse(file)?;
        Ok(Self { file: file.clone(), bindings })
    }

    /// A mistake at one value of the file.
    pub fn error(&self, at: &Spanned<String>, message: &str) -> CatalogError {
        CatalogError::at(&self.file, Some(at.span()), message)
    }
}
