//! `diptych chain`.

use serde::Serialize;

use super::Global;
use super::output::{self, Format, Row};
use crate::domain::{EventId, HopState, IdentityChain, RootKind, Text};
use crate::workspace::Error;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Each hop is verified (authenticated where it was made, signed, or told by two recorders), asserted
(self-reported), inferred (by a rule), ambiguous (with candidates), contradicted (records disagree) or
broken (naming the record that is missing). A chain is as strong as its weakest hop.

Examples:
  diptych chain --agent billing
  diptych chain --weakest
  diptych chain --credential ASIAIOSFODNN7EXAMPLE
  diptych chain --event 0f3c9d1e5a7b2c4d6e8f0a1b2c3d4e5f")]
pub struct Args {
    /// Only chains of agents whose key contains this.
    #[arg(long)]
    agent: Option<String>,
    /// Only chains that go over this credential: an access key, a token's id.
    #[arg(long, value_name = "ID", conflicts_with = "event")]
    credential: Option<Text>,
    /// The chain behind one event.
    #[arg(long, value_name = "ID")]
    event: Option<EventId>,
    /// A line for each chain with its weakest hop, the weakest first.
    #[arg(long)]
    weakest: bool,
}

pub fn run(global: &Global, args: &Args) -> Result<u8, Error> {
    let workspace = global.workspace()?;
    let mut chains = match (&args.credential, args.event) {
        (Some(credential), _) => workspace.chains_over(credential)?,
        (None, Some(event)) => workspace.chains_behind(event)?,
        (None, None) => workspace.chains()?,
    };
    if let Some(part) = &args.agent {
        chains.retain(|chain| {
            chain.agent.as_ref().is_some_and(|agent| agent.visible().contains(part))
        });
    }
    if args.weakest {
        chains.sort_by_key(|chain| chain.weakest().map(|link| link.hop.strength()));
    }
    match (args.weakest, global.format) {
        (true, _) => output::rows(global.format, &numbered(&chains).collect::<Vec<_>>())?,
        (false, Format::Json) => output::value(global.format, &chains, |_| String::new())?,
        (false, _) => output::rows(global.format, &hops(&chains))?,
    }
    if chains.is_empty() {
        output::note("no identity chain: no record ties this activity to an identity");
    }
    Ok(0)
}

/// One chain by its weakest hop, as a row.
#[derive(Serialize)]
struct WeakestRow<'a> {
    weakest: Option<&'a HopState>,
    /// The principal to which the weakest hop leads.
    hop_to: Option<String>,
    because: Option<&'a str>,
    root: RootKind,
    agent: Option<String>,
    acts_as: Option<String>,
    on: Option<&'a Text>,
    events: u64,
}

fn numbered(chains: &[IdentityChain]) -> impl Iterator<Item = WeakestRow<'_>> {
    chains.iter().map(|chain| {
        let weakest = chain.weakest();
        WeakestRow {
            weakest: weakest.map(|link| &link.hop),
            hop_to: weakest.map(|link| link.principal.visible()),
            because: weakest.map(|link| link.because.as_str()),
            root: chain.root,
            agent: chain.agent.as_ref().map(|agent| agent.visible()),
            acts_as: chain.links.last().map(|link| link.principal.visible()),
            on: chain.resource.as_ref(),
            events: chain.events,
        }
    })
}

impl Row for WeakestRow<'_> {
    const COLUMNS: &'static [&'static str] =
        &["weakest", "hop to", "because", "root", "agent", "acts as", "on", "events"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.weakest.map_or_else(String::new, |hop| hop.to_string()),
            self.hop_to.clone().unwrap_or_default(),
            self.because.unwrap_or_default().to_owned(),
            self.root.to_string(),
            self.agent.clone().unwrap_or_default(),
            self.acts_as.clone().unwrap_or_default(),
            shown(self.on),
            self.events.to_string(),
        ]
    }
}

/// One hop of a chain, as a row.
#[derive(Serialize)]
struct HopRow<'a> {
    chain: usize,
    agent: Option<String>,
    principal: String,
    hop: &'a HopState,
    because: &'a str,
    credentials: &'a [Text],
    on: Option<&'a Text>,
    events: u64,
}

fn hops(chains: &[IdentityChain]) -> Vec<HopRow<'_>> {
    let rows = (1..).zip(chains).flat_map(|(number, chain)| {
        chain.links.iter().map(move |link| HopRow {
            chain: number,
            agent: chain.agent.as_ref().map(|agent| agent.visible()),
            principal: link.principal.visible(),
            hop: &link.hop,
            because: &link.because,
            credentials: &link.credentials,
            on: chain.resource.as_ref(),
            events: chain.events,
        })
    });
    rows.collect()
}

impl Row for HopRow<'_> {
    const COLUMNS: &'static [&'static str] =
        &["chain", "agent", "principal", "hop", "because", "credentials", "on", "events"];

    fn cells(&self) -> Vec<String> {
        let credentials: Vec<&str> = self.credentials.iter().map(Text::raw).collect();
        vec![
            self.chain.to_string(),
            self.agent.clone().unwrap_or_default(),
            self.principal.clone(),
            said(self.hop),
            self.because.to_owned(),
            credentials.join(" "),
            shown(self.on),
            self.events.to_string(),
        ]
    }
}

/// The state of a hop with what belongs to it: rule, candidates, the missing record.
fn said(hop: &HopState) -> String {
    match hop {
        HopState::Verified | HopState::Asserted => hop.to_string(),
        HopState::Inferred { rule, confidence } => format!("{hop}, {confidence} %: {rule}"),
        HopState::Ambiguous { candidates } => {
            let candidates: Vec<String> = candidates.iter().map(|it| it.visible()).collect();
            format!("{hop}: {}", candidates.join(", "))
        }
        HopState::Contradicted { by } => format!("{hop}: {by}"),
        HopState::Broken { missing } => format!("{hop}, missing {missing}"),
    }
}

fn shown(text: Option<&Text>) -> String {
    text.map_or_else(String::new, |text| text.raw().to_owned())
}
