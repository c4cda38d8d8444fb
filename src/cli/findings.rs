//! `diptych findings` and `diptych show`.

use super::Global;
use super::output::{self, Row};
use crate::domain::{Citation, Discipline, TagState};
use crate::view::QueueRow;
use crate::workspace::{Error, Workspace};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  diptych findings --untagged
  diptych findings --reading 'gap 2' --format csv > gap2.csv
  diptych findings --fail-on-findings      # exit code 1 when there are any, for a pipeline")]
pub struct Args {
    /// Only findings of this discipline.
    #[arg(long)]
    discipline: Option<Discipline>,
    /// Only findings whose reading starts with this (`gap 1`, `can't tell`, `breach`).
    #[arg(long)]
    reading: Option<String>,
    /// Only findings of agents whose key contains this.
    #[arg(long)]
    agent: Option<String>,
    /// Only findings without an effective tag, stale ones included.
    #[arg(long)]
    untagged: bool,
    /// At most this many.
    #[arg(long, default_value_t = usize::MAX, hide_default_value = true)]
    limit: usize,
    /// Exit with code 1 when a finding is printed.
    #[arg(long)]
    fail_on_findings: bool,
}

#[derive(Debug, clap::Args)]
pub struct ShowArgs {
    /// The finding's id, or as much of its beginning as is unique.
    finding: String,
}

impl Row for QueueRow {
    const COLUMNS: &'static [&'static str] =
        &["id", "priority", "reading", "tag", "discipline", "agent", "finding"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.finding.id.to_string(),
            self.finding.priority.score.to_string(),
            self.finding.reading.label().to_owned(),
            self.tag.label(),
            self.finding.discipline.to_string(),
            self.finding.agent.visible(),
            self.finding.title.clone(),
        ]
    }
}

pub fn run(global: &Global, args: &Args) -> Result<u8, Error> {
    let workspace = global.workspace()?;
    let rows: Vec<QueueRow> = workspace
        .findings()?
        .into_iter()
        .filter(|row| args.discipline.is_none_or(|only| row.finding.discipline == only))
        .filter(|row| {
            let label = row.finding.reading.label().to_lowercase();
            args.reading.as_ref().is_none_or(|only| label.starts_with(&only.to_lowercase()))
        })
        .filter(|row| {
            args.agent.as_ref().is_none_or(|only| row.finding.agent.visible().contains(only))
        })
        .filter(|row| !args.untagged || row.tag.needs_a_verdict())
        .take(args.limit)
        .collect();
    output::rows(global.format, &rows)?;
    Ok(u8::from(args.fail_on_findings && !rows.is_empty()))
}

pub fn show(global: &Global, args: &ShowArgs) -> Result<u8, Error> {
    let workspace = global.workspace()?;
    let row = one(&workspace, &args.finding)?;
    output::value(global.format, &row, diptych)?;
    Ok(0)
}

/// The finding whose id starts with `prefix`.
pub fn one(workspace: &Workspace, prefix: &str) -> Result<QueueRow, Error> {
    let mut rows: Vec<QueueRow> = workspace
        .findings()?
        .into_iter()
        .filter(|row| row.finding.id.to_string().starts_with(prefix))
        .collect();
    match (rows.len(), rows.pop()) {
        (1, Some(row)) => Ok(row),
        (0, _) => Err(Error::usage(format!("no finding has an id that starts with {prefix}"))
            .with_hint("`diptych findings` lists the ids.")),
        (count, _) => {
            Err(Error::usage(format!("{count} findings have an id that starts with {prefix}"))
                .with_hint("Give more of its digits."))
        }
    }
}

/// The finding as the diptych screen shows it, in plain text.
fn diptych(row: &QueueRow) -> String {
    let finding = &row.finding;
    let mut text = format!(
        "{}\nid {}   {}   {} discipline, {} plane   priority {}\n",
        finding.title,
        finding.id,
        finding.agent.visible(),
        finding.discipline,
        finding.plane,
        finding.priority.score
    );
    let mut section = |title: &str, lines: Vec<String>| {
        if !lines.is_empty() {
            text += &format!("\n{title}\n");
            for line in lines {
                text += &format!("  {line}\n");
            }
        }
    };
    section("CONFIGURED (the provisioning record)", citations(&finding.configured));
    section("OPERATIONAL (the behavioural record)", citations(&finding.operational));
    section(
        "DECISION PATH",
        finding
            .steps
            .iter()
            .map(|step| {
                format!("{}. {} {}: {}", step.number, step.question, step.verdict, step.because)
            })
            .collect(),
    );
    section(
        "CAPABILITIES",
        finding
            .capabilities
            .iter()
            .map(|line| {
                format!("{:<15} {:>8}  {}", line.state.to_string(), line.count, line.capability)
            })
            .collect(),
    );
    let remedy = &finding.remedy;
    let remedy_lines = [
        Some(remedy.action.clone()),
        remedy.object.as_ref().map(|object| format!("on: {object}")),
        remedy.refused.as_ref().map(|refused| format!("refused: {refused}")),
    ];
    section("REMEDY", remedy_lines.into_iter().flatten().collect());
    section(
        "VERDICTS",
        vec![format!(
            "provisioning: {}; behavioural: {}",
            finding.provisioning, finding.behavioural
        )],
    );
    section(
        "PRIORITY",
        finding
            .priority
            .terms
            .iter()
            .map(|(term, points)| format!("{points:>3}  {term}"))
            .collect(),
    );
    section("LINKED", finding.linked.iter().map(ToString::to_string).collect());
    section("TAGS OF FRAMEWORKS", finding.tags.clone());
    let tag = match &row.tag {
        TagState::Tagged { verdict, reason, author } => {
            vec![format!("{verdict} by {}: {}", author.visible(), reason.visible())]
        }
        other => Some(other.label()).filter(|label| !label.is_empty()).into_iter().collect(),
    };
    section("TAG", tag);
    section("NOTES", row.notes.clone());
    text.trim_end().to_owned()
}

fn citations(citations: &[Citation]) -> Vec<String> {
    citations
        .iter()
        .flat_map(|citation| {
            let places = citation
                .places
                .iter()
                .map(|place| format!("    at {}{}", place.file.visible(), place.at));
            let events = citation.events.iter().map(|event| format!("    event {event}"));
            std::iter::once(citation.text.clone()).chain(places).chain(events).collect::<Vec<_>>()
        })
        .collect()
}
