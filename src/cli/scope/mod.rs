//! `diptych scope` and `diptych who-can`.

mod rows;

use jiff::Timestamp;
use serde::Serialize;

use super::Global;
use super::output::{self, Format};
use crate::domain::capability::SPELLINGS;
use crate::domain::{Capability, Explanation};
use crate::view::ScopeView;
use crate::workspace::{Call, Error, ScopeOptions};

#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "\
Every row is one route: what it permits, whether each hop is attached to the agent itself (immediate)
or not (inherited), and the objects that give it.

Examples:
  diptych scope billing
  diptych scope billing --at 2026-10-01T00:00:00Z
  diptych scope explain billing 'k8s: get secrets/db @finance'
  diptych scope diff 2026-10-01 2026-11-01"
)]
pub struct Args {
    /// The agent: its key, or a part of it that names only one.
    #[arg(required = true)]
    agent: Option<String>,
    #[command(flatten)]
    question: Question,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// All routes of an agent to one capability
    Explain(ExplainArgs),
    /// What the permission rules of an agent's client say of one call
    Call(CallArgs),
    /// Trust policies that let in more than one would think
    Trust,
    /// Whether network policies let one connection pass, and whose word that is at either end
    Connect(ConnectArgs),
    /// Where the service mesh and the network policies disagree about what an agent may call
    Disagreements { agent: String },
    /// The models, adapters and indexes that are declared for an agent, and what they resolved to
    Artifacts { agent: String },
    /// What changed between two instants, and which object changed it
    Diff(DiffArgs),
}

#[derive(Debug, clap::Args)]
pub struct Question {
    /// As of this instant or day (UTC), in place of the latest state.
    #[arg(long, value_name = "TIME", value_parser = instant)]
    at: Option<Timestamp>,
    /// Also what can be reached by an act: a pod to create, a secret to read, a role to bind.
    #[arg(long)]
    derived: bool,
}

impl Question {
    fn options(&self) -> ScopeOptions {
        ScopeOptions { as_of: self.at, derived: self.derived }
    }
}

#[derive(Debug, clap::Args)]
struct ExplainArgs {
    agent: String,
    /// As findings spell it: 'k8s: get secrets/db @finance', 'tool: crm/export', …
    #[arg(value_parser = capability)]
    capability: Capability,
    #[command(flatten)]
    question: Question,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  diptych scope call claude-code Bash 'git push --force'
  diptych scope call claude-code create_issue --server github")]
struct CallArgs {
    agent: String,
    /// The tool, as the client spells it.
    tool: String,
    /// What its rules are about: the command, the path, the address.
    input: Option<String>,
    /// The MCP server of the tool.
    #[arg(long)]
    server: Option<String>,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  diptych scope connect agents/billing data/crm 443
  diptych scope connect agents/billing 192.0.2.7 53 --protocol UDP")]
struct ConnectArgs {
    /// NAMESPACE/WORKLOAD, an address, or a name.
    from: String,
    to: String,
    port: u16,
    #[arg(long, default_value = "TCP")]
    protocol: String,
}

#[derive(Debug, clap::Args)]
struct DiffArgs {
    /// An instant (2026-10-01T12:00:00Z) or a day (UTC).
    #[arg(value_parser = instant)]
    from: Timestamp,
    #[arg(value_parser = instant)]
    to: Timestamp,
    /// Only this agent.
    #[arg(long)]
    agent: Option<String>,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  diptych who-can 'k8s: create pods/exec @finance'
  diptych who-can 'aws: s3:GetObject arn:aws:s3:::ledger/2026.csv'
  diptych who-can 'tool: crm/export' --derived")]
pub struct WhoCanArgs {
    /// As findings spell it: 'k8s: get secrets/db @finance', 'tool: crm/export', …
    #[arg(value_parser = capability)]
    capability: Capability,
    #[command(flatten)]
    question: Question,
}

fn capability(spelled: &str) -> Result<Capability, String> {
    spelled
        .parse()
        .map_err(|error| format!("{error}; one is spelled\n  {}", SPELLINGS.join("\n  ")))
}

pub(super) fn instant(spelled: &str) -> Result<Timestamp, String> {
    let day = || spelled.parse::<jiff::civil::Date>().ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok();
    let instant = spelled.parse::<Timestamp>().ok();
    instant
        .or_else(|| day().map(|day| day.timestamp()))
        .ok_or_else(|| "write 2026-10-01T12:00:00Z or 2026-10-01".to_owned())
}

pub fn run(global: &Global, args: &Args) -> Result<u8, Error> {
    match (&args.command, &args.agent) {
        (Some(Command::Explain(args)), _) => explain(global, args),
        (Some(Command::Call(args)), _) => call(global, args),
        (Some(Command::Trust), _) => {
            output::rows(global.format, &global.workspace()?.loose_trust()?)?;
            Ok(0)
        }
        (Some(Command::Connect(args)), _) => connect(global, args),
        (Some(Command::Disagreements { agent }), _) => {
            output::rows(global.format, &global.workspace()?.disagreements(agent)?)?;
            Ok(0)
        }
        (Some(Command::Artifacts { agent }), _) => {
            output::rows(global.format, &global.workspace()?.artifacts(agent)?)?;
            Ok(0)
        }
        (Some(Command::Diff(args)), _) => diff(global, args),
        (None, Some(agent)) => effective(global, agent, &args.question),
        (None, None) => Err(Error::usage("no agent is named")),
    }
}

fn effective(global: &Global, agent: &str, question: &Question) -> Result<u8, Error> {
    let view = global.workspace()?.scope(agent, question.options())?;
    match global.format {
        Format::Json => output::value(global.format, &view, |_| String::new())?,
        other => {
            output::rows(other, &view.rows)?;
            notes(&view);
        }
    }
    Ok(0)
}

/// What the rows do not say: planes of which nothing, or not everything, is loaded.
fn notes(view: &ScopeView) {
    for state in ["absent", "partial"] {
        let planes = view.planes.iter().filter(|(_, loaded)| loaded == state);
        let planes: Vec<String> = planes.map(|(plane, _)| plane.to_string()).collect();
        if !planes.is_empty() {
            output::note(&format!("configuration {state}: {}", planes.join(", ")));
        }
    }
    for object in &view.missing {
        output::note(&format!("named and not loaded: {}", object.visible()));
    }
}

#[derive(Serialize)]
struct Explained<'a> {
    agent: String,
    capability: String,
    #[serde(flatten)]
    explanation: &'a Explanation,
}

fn explain(global: &Global, args: &ExplainArgs) -> Result<u8, Error> {
    let workspace = global.workspace()?;
    let (agent, explanation) =
        workspace.explain_scope(&args.agent, &args.capability, args.question.options())?;
    let capability = args.capability.visible();
    if matches!(global.format, Format::Json) {
        let explained = Explained { agent: agent.visible(), capability, explanation: &explanation };
        output::value(global.format, &explained, |_| String::new())?;
        return Ok(0);
    }
    output::rows(global.format, &explanation.routes)?;
    if explanation.routes.is_empty() {
        output::note(&format!("no route of {} to {capability} was found", agent.visible()));
    }
    for denied in &explanation.denied {
        output::note(&format!("denied: {}", denied.visible()));
    }
    if explanation.more {
        output::note("there are more routes than are listed");
    }
    for object in &explanation.missing {
        output::note(&format!("named and not loaded: {}", object.visible()));
    }
    Ok(0)
}

pub fn who_can(global: &Global, args: &WhoCanArgs) -> Result<u8, Error> {
    let holdings = global.workspace()?.who_can(&args.capability, args.question.options())?;
    output::rows(global.format, &holdings)?;
    Ok(0)
}

fn connect(global: &Global, args: &ConnectArgs) -> Result<u8, Error> {
    let way = (args.port, args.protocol.as_str());
    let answer = global.workspace()?.connection(&args.from, &args.to, way)?;
    match global.format {
        Format::Json => output::value(global.format, &answer, |_| String::new())?,
        other => {
            output::rows(other, &answer.words)?;
            output::note(answer.verdict);
        }
    }
    Ok(0)
}

fn call(global: &Global, args: &CallArgs) -> Result<u8, Error> {
    let call =
        Call { server: args.server.as_deref(), tool: &args.tool, input: args.input.as_deref() };
    let decision = global.workspace()?.decide_call(&args.agent, call)?;
    output::value(global.format, &decision, |decision| {
        let effect = decision.effect.as_deref().unwrap_or("not decided by the files");
        let by = decision.rule.as_ref().map(|rule| format!(", by {rule}")).unwrap_or_default();
        let place = decision.place.as_ref();
        let place = place.map(|place| format!(" in {}{}", place.file.visible(), place.at));
        format!("{effect}{by}{}", place.unwrap_or_default())
    })?;
    Ok(0)
}

fn diff(global: &Global, args: &DiffArgs) -> Result<u8, Error> {
    let workspace = global.workspace()?;
    let changes = workspace.scope_difference(args.from, args.to, args.agent.as_deref())?;
    output::rows(global.format, &changes)?;
    if changes.is_empty() {
        let instants = workspace.scope_instants()?;
        let read: Vec<String> = instants.iter().rev().take(8).map(Timestamp::to_string).collect();
        output::note(&format!(
            "nothing changed; configuration was read at {} instants, the latest {}",
            instants.len(),
            read.join(", ")
        ));
    }
    Ok(0)
}
