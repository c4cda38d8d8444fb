//! Themes: what each meaning looks like. Only the sixteen colours of the terminal's own palette, and
//! every meaning that a person must tell apart has a glyph or a modifier besides its colour.

use std::collections::BTreeMap;

use serde::Deserialize;
use strum::IntoEnumIterator;

use super::error::{CatalogError, parse};
use super::source::File;

/// One theme file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ThemeFile {
    pub id: String,
    pub title: String,
    pub style: BTreeMap<Role, Look>,
}

/// What one meaning looks like. Absent colours are the terminal's own.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Look {
    pub fg: Option<Color>,
    pub bg: Option<Color>,
    #[serde(default)]
    pub modifiers: Vec<Modifier>,
    /// Stands before the word, so that nothing rests on colour alone.
    #[serde(default)]
    pub glyph: String,
}

/// The meanings.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Deserialize,
    strum::EnumIter,
    strum::Display,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Role {
    #[default]
    Text,
    /// Labels and what may be overlooked.
    Quiet,
    Heading,
    Border,
    /// A key that can be pressed.
    Key,
    /// The line being typed.
    Input,
    /// The row under the cursor.
    Selected,
    /// A row marked for a bulk action.
    Marked,
    /// Text that a filter matched.
    Match,
    /// An escape that stands for a hidden character of the evidence.
    Untrusted,
    /// A value that no record holds.
    Missing,
    Good,
    Warning,
    Error,
    /// The provisioning record's panel.
    Configured,
    /// The behavioural record's panel.
    Operational,
    #[serde(rename = "gap-1")]
    #[strum(serialize = "gap-1")]
    Gap1,
    #[serde(rename = "gap-2")]
    #[strum(serialize = "gap-2")]
    Gap2,
    #[serde(rename = "gap-3")]
    #[strum(serialize = "gap-3")]
    Gap3,
    CantTell,
    Breach,
    Compound,
    /// Tags.
    Untagged,
    Stale,
    Contested,
    /// Priority.
    Critical,
    High,
    Medium,
    Low,
    /// States of a grant.
    Exercised,
    ObservedUnused,
    Unobservable,
    /// States of a hop.
    Verified,
    Asserted,
    Inferred,
    Ambiguous,
    Contradicted,
    Broken,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Color {
    Black,
    Red,
    Green,
    Yellow,
    Blue,
    Magenta,
    Cyan,
    Gray,
    DarkGray,
    LightRed,
    LightGreen,
    LightYellow,
    LightBlue,
    LightMagenta,
    LightCyan,
    White,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Modifier {
    Bold,
    Dim,
    Italic,
    Underlined,
    Reversed,
}

impl ThemeFile {
    pub(super) fn parse(file: &File) -> Result<Self, CatalogError> {
        let theme: Self = parse(file)?;
        match Role::iter().find(|role| !theme.style.contains_key(role)) {
            Some(role) => {
                Err(CatalogError::at(file, None, &format!("`[style.{role}]` is missing")))
            }
            None => Ok(theme),
        }
    }
}
