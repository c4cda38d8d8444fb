//! `diptych census`.

use jiff::{SignedDuration, Timestamp};

use super::Global;
use super::output::{self, Format, Row};
use super::scope::instant;
use crate::domain::census::{ActLine, Census, CensusRow, Presence, SharedIdentity};
use crate::workspace::{CensusOptions, Error};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
The first lines answer three questions: how many agents are active, what can they reach, which of
their acts were authorised and which improvised. An act is improvised when the configuration of its
plane is loaded in full, nothing in it permits the act, and no decision was recorded; where the
configuration is missing it is unknown, never improvised.

Examples:
  diptych census
  diptych census --at 2026-10-20T09:00:00Z --within 15m
  diptych census --from 2026-10-18 --until 2026-10-25 --shadow
  diptych census payment --format json")]
pub struct Args {
    /// Only agents whose key contains this, each in full.
    agent: Option<String>,
    /// At this instant or day (UTC), in place of the whole case.
    #[arg(long, value_name = "TIME", value_parser = instant, conflicts_with_all = ["from", "until"])]
    at: Option<Timestamp>,
    /// At an instant: acts in this long before it count.
    #[arg(long, value_name = "SPAN", default_value = "1h", requires = "at")]
    within: SignedDuration,
    /// From this instant or day on (UTC).
    #[arg(long, value_name = "TIME", value_parser = instant)]
    from: Option<Timestamp>,
    /// Until this instant or day (UTC).
    #[arg(long, value_name = "TIME", value_parser = instant)]
    until: Option<Timestamp>,
    /// Only agents that were observed and are not registered.
    #[arg(long)]
    shadow: bool,
    /// Only agents that are registered and were not observed.
    #[arg(long)]
    dormant: bool,
    /// Only agents without an owner or team.
    #[arg(long)]
    unowned: bool,
    /// Only agents that come and go, with their lives.
    #[arg(long)]
    ephemeral: bool,
    /// The identities that several agents share, in place of the agents.
    #[arg(long)]
    ambiguous: bool,
}

impl Args {
    fn wants(&self, row: &CensusRow) -> bool {
        let is_dormant = matches!(row.presence, Presence::Dormant | Presence::CannotTell);
        (!self.shadow || row.presence == Presence::Shadow)
            && (!self.dormant || is_dormant)
            && (!self.unowned || row.owner.is_none())
            && (!self.ephemeral || row.ephemeral.is_some())
            && self.agent.as_ref().is_none_or(|part| row.agent.visible().contains(part))
    }
}

impl Row for CensusRow {
    const COLUMNS: &'static [&'static str] = &[
        "agent",
        "active",
        "presence",
        "owner",
        "events",
        "grants",
        "inherited",
        "authorised",
        "improvised",
        "undeclared",
        "conditional",
        "refused",
        "unknown",
        "lives",
    ];

    fn cells(&self) -> Vec<String> {
        let immediate: usize = self.reach.iter().map(|reach| reach.immediate).sum();
        let inherited: usize = self.reach.iter().map(|reach| reach.inherited).sum();
        let lives = self.ephemeral.as_ref().map(|lifetimes| {
            format!("{} of {}–{} s", lifetimes.lives, lifetimes.shortest, lifetimes.longest)
        });
        vec![
            self.agent.visible(),
            self.activity.to_string(),
            self.presence.to_string(),
            self.owner.as_ref().map_or_else(String::new, |owner| owner.visible().into_owned()),
            self.events.to_string(),
            (immediate + inherited).to_string(),
            inherited.to_string(),
            self.acts.authorised().to_string(),
            self.acts.improvised.to_string(),
            self.acts.undeclared.to_string(),
            self.acts.conditional.to_string(),
            self.acts.refused.to_string(),
            self.acts.unknown.to_string(),
            lives.unwrap_or_default(),
        ]
    }
}

impl Row for SharedIdentity {
    const COLUMNS: &'static [&'static str] =
        &["identity", "could be", "events", "acts", "improvised", "unknown", "last"];

    fn cells(&self) -> Vec<String> {
        let candidates: Vec<String> = self.candidates.iter().map(|key| key.visible()).collect();
        vec![
            self.identity.visible(),
            candidates.join(", "),
            self.events.to_string(),
            self.acts.total().to_string(),
            self.acts.improvised.to_string(),
            self.acts.unknown.to_string(),
            self.last.map(|last| last.to_string()).unwrap_or_default(),
        ]
    }
}

pub fn run(global: &Global, args: &Args) -> Result<u8, Error> {
    let options =
        CensusOptions { at: args.at, from: args.from, until: args.until, within: args.within };
    let mut census = global.workspace()?.agent_census(options)?;
    census.agents.retain(|row| args.wants(row));
    match (global.format, args.ambiguous) {
        (Format::Json, _) => output::value(global.format, &census, |_| String::new())?,
        (Format::Table, _) => {
            output::line(&census.answers.join("\n"))?;
            output::line("")?;
            table(&census, args)?;
        }
        (format, true) => output::rows(format, &census.ambiguous)?,
        (format, false) => output::rows(format, &census.agents)?,
    }
    Ok(0)
}

fn table(census: &Census, args: &Args) -> Result<(), Error> {
    if args.ambiguous {
        return output::rows(Format::Table, &census.ambiguous);
    }
    output::rows(Format::Table, &census.agents)?;
    if args.agent.is_some() || args.ephemeral {
        for row in &census.agents {
            output::line(&in_full(row))?;
        }
    }
    Ok(())
}

/// What the table has no room for.
fn in_full(row: &CensusRow) -> String {
    let mut lines = vec![format!("\n{}: {}", row.agent, row.because)];
    for reach in &row.reach {
        lines.push(match (reach.not_loaded, reach.immediate + reach.inherited) {
            (1, 0) => format!("  {}: not loaded", reach.plane),
            (_, grants) => {
                format!("  {}: {grants} grants, {} inherited", reach.plane, reach.inherited)
            }
        });
    }
    let list = |word: &str, acts: &[ActLine]| -> Vec<String> {
        acts.iter()
            .map(|act| {
                format!("  {word}: {} × {}, last at {}", act.count, act.capability, act.last)
            })
            .collect()
    };
    lines.extend(list("improvised", &row.improvised));
    lines.extend(list("undeclared", &row.undeclared));
    if let Some(lifetimes) = &row.ephemeral {
        lines.push(format!(
            "  lives: {} of {} to {} s; {} finished, {} vanished, {} open, {} whose source records \
             no end",
            lifetimes.lives,
            lifetimes.shortest,
            lifetimes.longest,
            lifetimes.finished,
            lifetimes.vanished,
            lifetimes.open,
            lifetimes.untold
        ));
        let parents: Vec<String> = lifetimes.spawned_by.iter().map(|key| key.visible()).collect();
        if !parents.is_empty() {
            lines.push(format!("  started by: {}", parents.join(", ")));
        }
        lines.extend(lifetimes.inherits.iter().map(|way| format!("  {way}")));
    }
    lines.join("\n")
}
