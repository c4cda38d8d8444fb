//! `diptych timeline`: the storyline of an incident, two runs compared, the state at an instant.

mod rows;

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use self::rows::{ComparedRow, EntryRow, TieRow};
use super::Global;
use super::output::{self, Format};
use super::scope::instant;
use crate::domain::text::visible;
use crate::domain::{EntryBody, EventId, Lane, StorylinePath};
use crate::view::StorylineView;
use crate::workspace::{Error, Follow, StorylineAsk, StorylineScope};

/// Clocks that differ beyond these are counted.
const SKEWS: usize = 3;

#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "\
One incident in order, over all lanes: similar events as one activity, ties drawn, gaps as gaps.
A scope is trace:ID, session:ID, agent:NAME, finding:ID, event:ID, search:QUERY or all; a bare
word is looked up as any of them. Times are UTC.

Examples:
  diptych timeline finding:dc70ef
  diptych timeline finding:dc70ef --export incident.md
  diptych timeline trace:1cbddf… --chain
  diptych timeline event:d0ceb… --follow agent
  diptych timeline all --from 2026-10-29T14:00:00Z --until 2026-10-29T15:00:00Z --lane kubernetes
  diptych timeline compare trace:1cbddf… trace:90aa1c…
  diptych timeline state outreach --at 2026-10-29T14:07:05Z"
)]
pub struct Args {
    /// Whose story is told.
    #[arg(required = true, value_parser = scope)]
    scope: Option<StorylineScope>,
    #[command(flatten)]
    window: Window,
    /// From an event: what of it to follow (trace, session, agent).
    #[arg(long, value_name = "WHAT")]
    follow: Option<Follow>,
    /// Only entries of this lane (human, agent, model, tool, process, network, kubernetes, cloud,
    /// identity, policy, alert, other); may be given several times.
    #[arg(long, value_name = "LANE")]
    lane: Vec<Lane>,
    /// Only what led to the outcome, tie by tie.
    #[arg(long, conflicts_with = "between")]
    chain: bool,
    /// Only the path between two events, or the first tie that is missing.
    #[arg(long, num_args = 2, value_names = ["FROM", "TO"])]
    between: Vec<EventId>,
    /// Write it into a file: .md as a report, .jsonl or .csv as entries.
    #[arg(long, value_name = "FILE")]
    export: Option<PathBuf>,
    /// At most this many entries.
    #[arg(long, default_value_t = 1000)]
    limit: usize,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Default, clap::Args)]
struct Window {
    /// Not before this instant or day (UTC).
    #[arg(long, value_name = "TIME", value_parser = instant)]
    from: Option<Timestamp>,
    /// Not after this instant or day (UTC).
    #[arg(long, value_name = "TIME", value_parser = instant)]
    until: Option<Timestamp>,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Two runs step by step, and where they first part
    Compare(CompareArgs),
    /// What an agent had been given, had read, was allowed and refused, at an instant
    State(StateArgs),
    /// Add a note to a storyline, signed like every decision
    Note(NoteArgs),
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Steps are compared by agent, kind, action and family of target; ids and times are passed over.

Examples:
  diptych timeline compare session:conv-1 session:conv-2
  diptych timeline compare trace:1cbddf… trace:90aa1c… --differences")]
struct CompareArgs {
    #[arg(value_parser = scope)]
    left: StorylineScope,
    #[arg(value_parser = scope)]
    right: StorylineScope,
    /// Only the steps that differ.
    #[arg(long)]
    differences: bool,
}

#[derive(Debug, clap::Args)]
struct StateArgs {
    /// The agent: its key, or a part of it that names only one.
    agent: String,
    /// The instant (UTC).
    #[arg(long, value_name = "TIME", value_parser = instant)]
    at: Timestamp,
    /// What counts as read, allowed and held; the run that was going on when left out.
    #[arg(long, value_name = "SCOPE", value_parser = scope)]
    scope: Option<StorylineScope>,
}

#[derive(Debug, clap::Args)]
struct NoteArgs {
    #[arg(value_parser = scope)]
    scope: StorylineScope,
    text: String,
    /// The instant that the note is about (UTC).
    #[arg(long, value_name = "TIME", value_parser = instant)]
    at: Timestamp,
}

fn scope(spelled: &str) -> Result<StorylineScope, String> {
    spelled.parse()
}

pub fn run(global: &Global, args: &Args) -> Result<u8, Error> {
    match (&args.command, &args.scope) {
        (Some(Command::Compare(args)), _) => compare(global, args),
        (Some(Command::State(args)), _) => state(global, args),
        (Some(Command::Note(args)), _) => {
            let workspace = global.workspace()?;
            workspace.note_on_storyline(&args.scope, args.at, &args.text)?;
            output::note("noted");
            Ok(0)
        }
        (None, Some(scope)) => storyline(global, args, scope),
        (None, None) => Err(Error::usage("no scope is named")),
    }
}

fn storyline(global: &Global, args: &Args, scope: &StorylineScope) -> Result<u8, Error> {
    let workspace = global.workspace()?;
    let ends = match args.between.as_slice() {
        [from, to] => Some((*from, *to)),
        _ => None,
    };
    let (from, until) = (args.window.from, args.window.until);
    let ask = StorylineAsk { scope: scope.clone(), from, until, follow: args.follow, ends };
    let view = workspace.storyline(&ask)?;
    if let Some(path) = &args.export {
        export(path, &view, || workspace.storyline_report(&view))?;
        let (entries, events) = (view.story.entries.len(), view.story.events.len());
        output::note(&format!("wrote {entries} entries of {events} events to {}", path.display()));
    } else if args.chain || view.path.is_some() {
        ties(global.format, &view)?;
    } else if matches!(global.format, Format::Json) {
        output::value(global.format, &view, |_| String::new())?;
    } else {
        entries(global.format, args, &view)?;
    }
    Ok(0)
}

fn entries(format: Format, args: &Args, view: &StorylineView) -> Result<(), Error> {
    let mut rows = rows::entries(&view.story);
    if !args.lane.is_empty() {
        rows.retain(|row| row.lane.is_none_or(|lane| args.lane.contains(&lane)));
    }
    let shown = rows.get(..args.limit.min(rows.len())).unwrap_or_default();
    output::rows(format, shown)?;
    if shown.len() < rows.len() {
        output::note(&format!("{} of {} entries; --limit shows more", shown.len(), rows.len()));
    }
    let story = &view.story;
    let gaps =
        story.entries.iter().filter(|entry| matches!(entry.body, EntryBody::Gap { .. })).count();
    output::note(&format!(
        "{}: {} events, {} ties, {gaps} gaps",
        view.scope,
        story.events.len(),
        story.links.len(),
    ));
    for skew in story.skews.iter().take(SKEWS) {
        output::note(&format!(
            "the clocks of {} and {} differ by {} ms at least",
            skew.cause.visible(),
            skew.effect.visible(),
            skew.at_least / 1_000_000,
        ));
    }
    if let Some(more) = story.skews.len().checked_sub(SKEWS).filter(|more| *more > 0) {
        output::note(&format!("{more} more pairs of clocks differ"));
    }
    Ok(())
}

/// The chain to the outcome, or the path that was asked for.
fn ties(format: Format, view: &StorylineView) -> Result<(), Error> {
    let (links, said) = match &view.path {
        None if view.chain.is_empty() => (view.chain.as_slice(), "no ties are known".to_owned()),
        None => (view.chain.as_slice(), "what led to the outcome".to_owned()),
        Some(StorylinePath::Unbroken { links }) => {
            (links.as_slice(), "the path runs unbroken".to_owned())
        }
        Some(StorylinePath::Broken { links, missing, .. }) => {
            (links.as_slice(), format!("the path is broken: {missing}"))
        }
    };
    let rows: Vec<TieRow> = links.iter().filter_map(|at| TieRow::of(&view.story, *at)).collect();
    output::rows(format, &rows)?;
    output::note(&said);
    Ok(())
}

fn export(path: &Path, view: &StorylineView, report: impl FnOnce() -> String) -> Result<(), Error> {
    let rows = || rows::entries(&view.story);
    let bytes = match path.extension().and_then(|extension| extension.to_str()) {
        Some("md") => report().into_bytes(),
        Some("jsonl") => output::encoded::<EntryRow>(Format::Jsonl, &rows())?,
        Some("csv") => output::encoded::<EntryRow>(Format::Csv, &rows())?,
        _ => {
            return Err(Error::usage(format!(
                "{} is of no format that is written",
                path.display()
            ))
            .with_hint("End the name in .md, .jsonl or .csv."));
        }
    };
    std::fs::write(path, bytes)
        .map_err(|error| Error::data(format!("cannot write {}: {error}", path.display())))
}

fn compare(global: &Global, args: &CompareArgs) -> Result<u8, Error> {
    let (left, right) = (args.left.clone().into(), args.right.clone().into());
    let comparison = global.workspace()?.compare_runs(&left, &right)?;
    if matches!(global.format, Format::Json) {
        output::value(global.format, &comparison, |_| String::new())?;
        return Ok(0);
    }
    let mut rows: Vec<ComparedRow<'_>> =
        (1..).zip(&comparison.rows).map(|(step, row)| ComparedRow { step, row }).collect();
    if args.differences {
        rows.retain(|row| !row.is_same());
    }
    output::rows(global.format, &rows)?;
    let step = |at: Option<usize>| at.map(|at| (at + 1).to_string());
    output::note(&match (step(comparison.diverges_at), step(comparison.differs_at)) {
        (None, None) => "the runs are the same".to_owned(),
        (None, Some(differs)) => {
            format!("the runs take the same steps; they first differ in what is said at {differs}")
        }
        (Some(parts), None) => format!("the runs first part at {parts}"),
        (Some(parts), Some(differs)) => {
            format!(
                "the runs first part at {parts}; a step first differs in what is said at {differs}"
            )
        }
    });
    if comparison.cut {
        output::note("the runs differ so much that the middle of them was not aligned");
    }
    Ok(0)
}

fn state(global: &Global, args: &StateArgs) -> Result<u8, Error> {
    let view = global.workspace()?.state_at(&args.agent, args.at, args.scope.as_ref())?;
    if matches!(global.format, Format::Json) {
        output::value(global.format, &view, |_| String::new())?;
        return Ok(0);
    }
    output::rows(global.format, &view.lines)?;
    output::note(&format!(
        "{} at {}, in {}: {} of {} questions are answered by a record",
        view.agent.visible(),
        view.at,
        visible(&view.scope),
        view.answered,
        view.asked,
    ));
    Ok(0)
}
