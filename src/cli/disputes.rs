//! `diptych disputes` and `diptych rule`.

use super::Global;
use super::output::{self, Row};
use crate::domain::GoverningRecord;
use crate::view::DisputeRow;
use crate::workspace::{Error, RulingDraft};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Also the decided ones.
    #[arg(long)]
    all: bool,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  diptych rule 3fa9c0 --governing behavioural --resolver 'AI risk: R. Osei' \\
      --accountable 'platform team, for the group binding' --rationale 'never granted on purpose'")]
pub struct RuleArgs {
    /// The finding under dispute.
    finding: String,
    /// Which record governs.
    #[arg(long)]
    governing: Option<GoverningRecord>,
    /// Who resolves it, with authority over both records.
    #[arg(long)]
    resolver: Option<String>,
    /// Who is accountable, and for what.
    #[arg(long)]
    accountable: Option<String>,
    /// Who brought the dispute forward; may not be the resolver.
    #[arg(long)]
    proposer: Option<String>,
    /// Why; required where the ruling goes against the charter's presumption.
    #[arg(long)]
    rationale: Option<String>,
    /// A condition; may be repeated.
    #[arg(long)]
    condition: Vec<String>,
    /// When the ruling is to be looked at again (YYYY-MM-DD).
    #[arg(long)]
    review_by: Option<String>,
}

impl Row for DisputeRow {
    const COLUMNS: &'static [&'static str] = &[
        "finding",
        "state",
        "provisioning",
        "behavioural",
        "agent",
        "title",
        "ruling",
        "precedents",
    ];

    fn cells(&self) -> Vec<String> {
        let ruling = self.ruling.as_ref().map_or_else(String::new, |ruling| {
            format!("{} governs, resolved by {}", ruling.governing, ruling.resolver.visible())
        });
        vec![
            self.dispute.finding.to_string(),
            self.dispute.state.to_string(),
            self.dispute.provisioning.to_string(),
            self.dispute.behavioural.to_string(),
            self.agent.clone(),
            self.title.clone(),
            ruling,
            self.precedents.len().to_string(),
        ]
    }
}

pub fn run(global: &Global, args: &Args) -> Result<u8, Error> {
    let mut rows = global.workspace()?.disputes()?;
    rows.retain(|row| args.all || row.ruling.is_none());
    output::rows(global.format, &rows)?;
    Ok(0)
}

pub fn rule(global: &Global, args: &RuleArgs) -> Result<u8, Error> {
    let workspace = global.workspace()?;
    let finding = super::findings::one(&workspace, &args.finding)?.finding.id;
    let draft = RulingDraft {
        finding,
        proposer: args.proposer.clone().unwrap_or_default(),
        governing: args.governing,
        resolver: args.resolver.clone().unwrap_or_default(),
        accountability: args.accountable.clone().unwrap_or_default(),
        rationale: args.rationale.clone().unwrap_or_default(),
        conditions: args.condition.clone(),
        review_by: args.review_by.clone().unwrap_or_default(),
    };
    workspace.rule(&draft)?;
    output::note("ruling signed");
    Ok(0)
}
