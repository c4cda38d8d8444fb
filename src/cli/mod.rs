//! The command line: one file per subcommand, the same answers as the screens.

pub mod about;
mod agents;
mod assess;
mod baseline;
mod catalogs;
mod census;
mod chain;
mod contain;
mod correlation;
mod desk;
mod disputes;
mod evidence;
mod findings;
mod flow;
mod formats;
mod ledger;
mod load;
mod output;
mod pull;
mod records;
mod scope;
mod search;
mod simulate;
mod tag;
mod timeline;
mod tree;
mod workbench;

use std::path::PathBuf;

use clap::{CommandFactory, Parser, Subcommand};
use output::Format;

use crate::workspace::{Error, Identity, Paths, Workspace};

/// The terminal workbench in which you decide what an AI agent did, whether it was allowed to, and
/// which of two records to believe.
///
/// Without a subcommand it opens the workbench on the case opened last, or on the bundled sample.
/// Without a terminal it prints the case summary and the findings.
#[derive(Debug, Parser)]
#[command(name = "diptych", version, max_term_width = 100, after_help = EXAMPLES)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    command: Option<Command>,
}

const EXAMPLES: &str = "\
Examples:
  diptych                                     open the workbench
  diptych --case ./incident load ./evidence   load files and folders into a case
  diptych findings --format json              the queue, for a pipeline
  diptych who-can 'k8s: get secrets/db @finance'
  diptych search 'kind:k8s_api AND decision:deny'
  diptych assess --last 10                    tags by discipline, can't-tells, the 3×3 matrix
  kubectl get pods,roles -A -o json | diptych load -";

/// Options of every subcommand.
#[derive(Clone, Debug, clap::Args)]
pub struct Global {
    /// The case folder; the one opened last when left out.
    #[arg(long, global = true, value_name = "PATH", env = "DIPTYCH_CASE")]
    case: Option<PathBuf>,
    /// How results are printed.
    #[arg(long, global = true, value_enum, default_value_t)]
    format: Format,
    /// The name under which decisions are signed.
    #[arg(long, global = true, value_name = "NAME", env = "DIPTYCH_AUTHOR")]
    author: Option<String>,
    /// A folder for cases, keys and state in place of the platform's.
    #[arg(long, global = true, hide = true, env = "DIPTYCH_HOME")]
    home: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Load evidence: files, folders, .gz, .zst, or - for standard input
    Load(load::Args),
    /// Pull evidence from a live source, then load it
    Pull(pull::Args),
    /// The findings queue
    Findings(findings::Args),
    /// One finding: both records, the decision path, the remedy
    Show(findings::ShowArgs),
    /// Tag findings: gap-1, gap-2, gap-3 or cant-tell
    Tag(tag::Args),
    /// Add a note to a finding
    Note(tag::NoteArgs),
    /// Retract your latest entry
    Undo,
    /// The agents of the case: registered, shadow, what they hold and use
    Agents(agents::Args),
    /// How many agents are active, what they reach, which of their acts were authorised
    Census(census::Args),
    /// What is normal for an agent, what was, and which runs do not fit
    Baseline(baseline::Args),
    /// What an agent can still use, and how each of it is revoked
    Contain(contain::Args),
    /// What an agent can effectively do, and which objects give it that
    Scope(scope::Args),
    /// Every agent and principal that holds a capability, with its route
    WhoCan(scope::WhoCanArgs),
    /// How the tool catalogs of MCP servers changed, part by part
    Catalogs(catalogs::Args),
    /// The delegation tree: agent, sub-agent, tool call
    Tree(tree::Args),
    /// The storyline of an incident: all lanes in order, with ties and gaps
    Timeline(timeline::Args),
    /// How the layers are tied: prompt, tool call, process, API; the join rate and why not
    Correlation(correlation::Args),
    /// Where the arguments of tool calls come from: the user, a tool's result, nowhere
    Origins(flow::OriginsArgs),
    /// Sensitive data on its way to what sent it, over agents and systems
    Flow(flow::FlowArgs),
    /// The identity chains: who acted for whom, and how each hop is known
    Chain(chain::Args),
    /// Search the events
    Search(search::Args),
    /// One event in full
    Event(search::EventArgs),
    /// Analyse the events with SQL, or by a named query
    Query(search::QueryArgs),
    /// The docket: where the two records disagree
    Disputes(disputes::Args),
    /// Decide a dispute: governing record, resolver, accountability
    Rule(disputes::RuleArgs),
    /// Maturity over the last N findings
    Assess(assess::Args),
    /// The signed ledger
    Ledger(ledger::Args),
    /// The configured records, whole or by what they say
    Records(records::Args),
    /// What the loaded evidence can prove, source by source
    Evidence(evidence::Args),
    /// What could not be read, with its place and reason
    Problems,
    /// What the case holds, and from which files
    Case(load::CaseArgs),
    /// Write a synthetic estate with its ground truth
    Simulate(simulate::Args),
    /// The formats that are read, and what each contributes
    Formats(formats::Args),
    /// What this program covers
    About(about::Args),
    /// Shell completions
    Completions { shell: clap_complete::Shell },
    /// The manual page, in roff
    Man,
}

/// Runs the command line. Returns the exit code.
pub fn run(cli: Cli) -> Result<u8, Error> {
    let global = cli.global;
    let Some(command) = cli.command else { return workbench::run(&global) };
    match command {
        Command::Load(args) => load::run(&global, &args),
        Command::Pull(args) => pull::run(&global, args),
        Command::Findings(args) => findings::run(&global, &args),
        Command::Show(args) => findings::show(&global, &args),
        Command::Tag(args) => tag::run(&global, &args),
        Command::Note(args) => tag::note(&global, &args),
        Command::Undo => tag::undo(&global),
        Command::Agents(args) => agents::run(&global, &args),
        Command::Census(args) => census::run(&global, &args),
        Command::Baseline(args) => baseline::run(&global, &args),
        Command::Contain(args) => contain::run(&global, &args),
        Command::Scope(args) => scope::run(&global, &args),
        Command::WhoCan(args) => scope::who_can(&global, &args),
        Command::Catalogs(args) => catalogs::run(&global, &args),
        Command::Tree(args) => tree::run(&global, &args),
        Command::Timeline(args) => timeline::run(&global, &args),
        Command::Correlation(args) => correlation::run(&global, &args),
        Command::Origins(args) => flow::origins(&global, &args),
        Command::Flow(args) => flow::flow(&global, &args),
        Command::Chain(args) => chain::run(&global, &args),
        Command::Search(args) => search::run(&global, &args),
        Command::Event(args) => search::event(&global, &args),
        Command::Query(args) => search::query(&global, &args),
        Command::Disputes(args) => disputes::run(&global, &args),
        Command::Rule(args) => disputes::rule(&global, &args),
        Command::Assess(args) => assess::run(&global, &args),
        Command::Ledger(args) => ledger::run(&global, &args),
        Command::Records(args) => records::run(&global, &args),
        Command::Evidence(args) => evidence::run(&global, &args),
        Command::Problems => load::problems(&global),
        Command::Case(args) => load::case(&global, &args),
        Command::Simulate(args) => simulate::run(&args),
        Command::Formats(args) => formats::run(&global, &args),
        Command::About(args) => about::run(&global, &args),
        Command::Completions { shell } => completions(shell),
        Command::Man => manual(),
    }
}

fn completions(shell: clap_complete::Shell) -> Result<u8, Error> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "diptych", &mut script);
    output::line(String::from_utf8_lossy(&script).trim_end())?;
    Ok(0)
}

fn manual() -> Result<u8, Error> {
    let mut page = Vec::new();
    clap_mangen::Man::new(Cli::command())
        .render(&mut page)
        .map_err(|error| Error::data(format!("cannot write the manual page: {error}")))?;
    output::line(String::from_utf8_lossy(&page).trim_end())?;
    Ok(0)
}

impl Global {
    fn paths(&self) -> Result<Paths, Error> {
        Paths::find(self.home.clone())
    }

    /// Who signs.
    fn identity(&self) -> Result<Identity, Error> {
        let login = || std::env::var("USER").or_else(|_| std::env::var("LOGNAME")).ok();
        let author = self.author.clone().or_else(login).unwrap_or_else(|| "analyst".to_owned());
        Ok(Identity { author, paths: self.paths()? })
    }

    /// The case to work on: the one named, else the one opened last.
    fn case_path(&self) -> Result<PathBuf, Error> {
        match &self.case {
            Some(path) => Ok(path.clone()),
            None => self.paths()?.last_case().ok_or_else(|| {
                Error::usage("no case was opened before").with_hint(
                    "Name one with --case PATH, or run `diptych` once to open the bundled sample.",
                )
            }),
        }
    }

    /// Opens an existing case.
    fn workspace(&self) -> Result<Workspace, Error> {
        Workspace::open(&self.case_path()?, self.identity()?)
    }

    /// Opens a case, creating it when it is not there.
    fn workspace_or_new(&self) -> Result<Workspace, Error> {
        Workspace::open_or_create(&self.case_path()?, self.identity()?)
    }
}

/// Runs the command line and says on standard error what went wrong.
pub fn main(cli: Cli) -> u8 {
    run(cli).unwrap_or_else(|error| {
        output::note(&format!("error: {error}"));
        error.exit_code()
    })
}
