//! `diptych about`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Global, output};
use crate::workspace::Error;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The tally of requirements: shown by a test, excluded, or not yet.
    #[arg(long)]
    requirements: bool,
}

/// `docs/requirements.toml`: one entry per requirement.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Requirements {
    pub requirement: Vec<Requirement>,
}

/// One requirement and what shows it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Requirement {
    pub id: String,
    pub state: State,
    /// The tests that show it, by path.
    #[serde(default)]
    pub tests: Vec<String>,
    /// For exclusions: why.
    #[serde(default)]
    pub because: Option<String>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord, strum::Display)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    #[strum(serialize = "shown by a test")]
    Shown,
    #[strum(serialize = "excluded")]
    Excluded,
    #[strum(serialize = "not yet")]
    NotYet,
}

/// The requirements map as it was when this program was built.
pub fn requirements() -> Result<Requirements, Error> {
    toml::from_str(include_str!("../../docs/requirements.toml"))
        .map_err(|error| Error::data(format!("docs/requirements.toml: {error}")))
}

pub fn run(global: &Global, args: &Args) -> Result<u8, Error> {
    if !args.requirements {
        output::line(concat!(
            "diptych ",
            env!("CARGO_PKG_VERSION"),
            "\n",
            env!("CARGO_PKG_DESCRIPTION")
        ))?;
        return Ok(0);
    }
    let mut tally: BTreeMap<State, usize> = BTreeMap::new();
    let requirements = requirements()?;
    for requirement in &requirements.requirement {
        *tally.entry(requirement.state).or_default() += 1;
    }
    let header = ["state".to_owned(), "requirements".to_owned()];
    let rows: Vec<Vec<serde_json::Value>> = tally
        .iter()
        .map(|(state, count)| vec![state.to_string().into(), (*count).into()])
        .collect();
    output::dynamic_table(global.format, &header, &rows)?;
    Ok(0)
}
