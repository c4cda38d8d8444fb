//! The charter: who may propose, who may decide, and which record is presumed to be right.
//!
//! No framework says which record governs; that is the enterprise's choice, so it is written down,
//! versioned, and named by its digest.

use serde::{Deserialize, Serialize};

use crate::domain::{Digest, GoverningRecord, digest_of, text};

pub const FORMAT: u32 = 1;

/// The rules of arbitration, as a TOML file says them. Everything has a default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Charter {
    pub format: u32,
    pub presumption: Presumption,
    pub roles: Roles,
    /// A ruling without a review date is reviewed after so many days. Zero: never.
    pub review_after_days: u16,
}

/// Names of people or groups, as they sign. An empty list lets anybody.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Roles {
    /// Who may propose for either record: its side of the house.
    pub provisioning: Vec<String>,
    pub behavioural: Vec<String>,
    /// Who may decide. Never the proposer nor the accountable party, whatever stands here.
    pub arbiters: Vec<String>,
}

/// Which record governs unless the ruling says why not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Presumption {
    ProvisioningFirst,
    BehaviourFirst,
    #[default]
    EqualStanding,
}

/// The text is not a charter.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a charter: {message} at line {line}")]
pub struct CharterError {
    pub line: usize,
    /// Escaped.
    pub message: String,
}

impl Default for Charter {
    fn default() -> Self {
        Self {
            format: FORMAT,
            presumption: Presumption::default(),
            roles: Roles::default(),
            review_after_days: 90,
        }
    }
}

impl Charter {
    pub fn parse(toml: &str) -> Result<Self, CharterError> {
        let charter: Self = toml::from_str(toml).map_err(|error| CharterError {
            line: line_of(toml, error.span().map_or(0, |span| span.start)),
            message: text::visible(error.message()).into_owned(),
        })?;
        match charter.format {
            FORMAT => Ok(charter),
            other => Err(CharterError {
                line: line_of(toml, toml.find("format").unwrap_or_default()),
                message: format!("format {other} is not known, only {FORMAT}"),
            }),
        }
    }

    /// What names this version of the charter.
    pub fn digest(&self) -> Digest {
        digest_of(self)
    }

    /// The record that a ruling follows unless it says why not.
    pub fn presumed(&self) -> Option<GoverningRecord> {
        match self.presumption {
            Presumption::ProvisioningFirst => Some(GoverningRecord::Provisioning),
            Presumption::BehaviourFirst => Some(GoverningRecord::Behavioural),
            Presumption::EqualStanding => None,
        }
    }
}

impl CharterError {
    pub fn hint(&self) -> &'static str {
        "The keys are format, presumption, review-after-days, and roles with provisioning, \
         behavioural and arbiters."
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|&byte| byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_charter_is_read_and_named_by_its_digest() {
        let text = "presumption = \"provisioning-first\"\n[roles]\narbiters = [\"clara\"]\n";
        let charter = Charter::parse(text).expect("a charter");
        assert_eq!(charter.presumed(), Some(GoverningRecord::Provisioning));
        assert_eq!((charter.format, charter.review_after_days), (1, 90));
        assert_eq!(charter.roles.arbiters, ["clara"]);
        assert_ne!(charter.digest(), Charter::default().digest());
        assert_eq!(Charter::parse("").expect("all defaults"), Charter::default());
    }

    #[test]
    fn a_mistake_is_placed() {
        for (text, line) in [
            ("format = 1\npresumption = \"mine\"", 2),
            ("\n\nquorum = 2", 3),
            ("format = 2", 1),
            ("[roles", 1),
        ] {
            let error = Charter::parse(text).expect_err(text);
            assert_eq!(error.line, line, "{error}");
        }
    }
}
