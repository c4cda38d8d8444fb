//! The settings of one case.

use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::error::{AtPath, CaseError};
use super::files::{SETTINGS, write_atomically};
use crate::domain::sensitivity::DataRules;

/// The version of the settings file.
const FORMAT: u32 = 1;

/// What a person may set for a case, in `settings.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    pub format: u32,
    /// A title; the folder's name when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The cluster that evidence belongs to when it does not name one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
    /// Which data is sensitive, and which hosts are inside: `internal`, `external`,
    /// `[[sensitivity]]`.
    #[serde(flatten)]
    pub data: DataRules,
}

impl Default for Settings {
    fn default() -> Self {
        Self { format: FORMAT, name: None, cluster: None, data: DataRules::default() }
    }
}

pub(super) fn read(root: &Path) -> Result<Settings, CaseError> {
    let path = root.join(SETTINGS);
    let content = match fs::read_to_string(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Settings::default()),
        content => content.at(&path)?,
    };
    let settings: Settings =
        toml::from_str(&content).map_err(|error| CaseError::damaged(&path, error.message()))?;
    match settings.format {
        found if found > FORMAT => Err(CaseError::Newer { path, found, known: FORMAT }),
        _ => Ok(settings),
    }
}

pub(super) fn write(root: &Path, settings: &Settings) -> Result<(), CaseError> {
    let path = root.join(SETTINGS);
    let content =
        toml::to_string_pretty(settings).map_err(|error| CaseError::damaged(&path, error))?;
    write_atomically(&path, content.as_bytes())
}
