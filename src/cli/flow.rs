//! `diptych origins` and `diptych flow`.

use super::Global;
use super::output::{self, Row};
use crate::domain::flow::Boundary;
use crate::domain::{Answer, EventId, Text};
use crate::view::{FlowRow, OriginRow};
use crate::workspace::{ConversationFocus, Error, FlowOptions};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
A value came from the text in which it first stood before the call: what the user asked, the standing
instructions, the result of an earlier tool, what an agent wrote. `made up` stands in none of them.
Values such as `true` or `3` tell nothing.

Examples:
  diptych origins --trace 4bf92f3577b34da6a3ce929d0e0e4736
  diptych origins --event 0123456789abcdef0123456789abcdef
  diptych origins --agent mailer --untrusted")]
pub struct OriginsArgs {
    #[command(flatten)]
    focus: Focus,
    /// Only the arguments of this call.
    #[arg(long, value_name = "ID", group = "conversation")]
    event: Option<String>,
    /// Only arguments that come from what nobody vouched for: results of tools, other agents.
    #[arg(long)]
    untrusted: bool,
    /// At most this many lines.
    #[arg(long, default_value_t = 1000)]
    limit: usize,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Sensitive are Secrets, credential files, secret stores, databases and object stores, and what the
settings of the case declare. Addresses of private networks and names of the cluster are inside:

  external = [\"*.partner.internal\"]
  internal = [\"*.example.com\"]

  [[sensitivity]]
  label = \"customer data\"
  tools = [\"crm.*\"]
  servers = [\"billing\"]

Examples:
  diptych flow --external-only
  diptych flow --trace 4bf92f3577b34da6a3ce929d0e0e4736 --by-order")]
pub struct FlowArgs {
    #[command(flatten)]
    focus: Focus,
    /// Only what is known to leave.
    #[arg(long)]
    external_only: bool,
    /// Also what only the order in a conversation suggests: read first, sent later.
    #[arg(long)]
    by_order: bool,
    /// At most this many lines.
    #[arg(long, default_value_t = 1000)]
    limit: usize,
}

#[derive(Debug, clap::Args)]
#[group(id = "conversation", multiple = false)]
struct Focus {
    /// Only this trace.
    #[arg(long)]
    trace: Option<String>,
    /// Only this session.
    #[arg(long)]
    session: Option<String>,
    /// Only conversations of agents whose key contains this.
    #[arg(long)]
    agent: Option<String>,
}

impl Focus {
    fn conversations(&self) -> ConversationFocus {
        match (&self.trace, &self.session, &self.agent) {
            (Some(trace), ..) => ConversationFocus::Trace(Text::new(trace)),
            (None, Some(session), _) => ConversationFocus::Session(Text::new(session)),
            (None, None, Some(agent)) => ConversationFocus::AgentContaining(agent.clone()),
            (None, None, None) => ConversationFocus::All,
        }
    }
}

impl Row for OriginRow {
    const COLUMNS: &'static [&'static str] =
        &["time", "agent", "call", "argument", "origin", "likeness", "from", "also in", "event"];

    fn cells(&self) -> Vec<String> {
        let answer = &self.argument.answer;
        let (origin, likeness, from, also) = match answer {
            Answer::From(places) => {
                let first = places.first();
                let tool = first.and_then(|first| first.place.tool.as_ref());
                let event = first.and_then(|first| first.place.event);
                let from = match (tool, event) {
                    (Some(tool), Some(event)) => format!("{} {event}", tool.visible()),
                    (Some(tool), None) => tool.visible().into_owned(),
                    (None, event) => event.map(|event| event.to_string()).unwrap_or_default(),
                };
                let also: Vec<String> =
                    places.iter().skip(1).map(|place| place.origin.to_string()).collect();
                let word = |origin: String| origin.replace('_', " ");
                (
                    first.map(|first| word(first.origin.to_string())).unwrap_or_default(),
                    first.map(|first| first.likeness.to_string()).unwrap_or_default(),
                    from,
                    word(also.join(", ")),
                )
            }
            Answer::Nowhere => ("made up".to_owned(), String::new(), String::new(), String::new()),
            Answer::NotTelling => {
                ("not telling".to_owned(), String::new(), String::new(), String::new())
            }
            Answer::CantTell(why) => {
                (format!("can't tell: {why}"), String::new(), String::new(), String::new())
            }
        };
        vec![
            self.time.strftime("%Y-%m-%d %H:%M:%S").to_string(),
            self.agent.as_ref().map_or_else(String::new, |agent| agent.visible()),
            self.action.visible().into_owned(),
            self.argument.at.visible().into_owned(),
            origin,
            likeness,
            from,
            also,
            self.call.to_string(),
        ]
    }
}

pub fn origins(global: &Global, args: &OriginsArgs) -> Result<u8, Error> {
    let focus = match &args.event {
        Some(event) => ConversationFocus::Event(event.parse::<EventId>().map_err(|_| {
            Error::usage("not the id of an event").with_hint("Ids are 32 hexadecimal digits.")
        })?),
        None => args.focus.conversations(),
    };
    let mut rows = global.workspace()?.origins(&focus)?;
    if args.untrusted {
        rows.retain(|row| row.argument.answer.trust().is_some_and(|origin| origin.is_untrusted()));
    }
    print(global, &rows, args.limit, "arguments")
}

impl Row for FlowRow {
    const COLUMNS: &'static [&'static str] =
        &["sent", "data", "way", "arguments", "to", "agents", "seconds", "confidence", "because"];

    fn cells(&self) -> Vec<String> {
        let visible = |texts: &[Text], between: &str| {
            let texts: Vec<_> = texts.iter().map(Text::visible).collect();
            texts.join(between)
        };
        let agents: Vec<String> = self.flow.agents.iter().map(|agent| agent.visible()).collect();
        let to = match &self.flow.boundary {
            Boundary::External { destination, .. } => format!("outside: {}", destination.visible()),
            Boundary::Internal { destination, .. } => format!("inside: {}", destination.visible()),
            Boundary::Unknown => "not on record".to_owned(),
        };
        vec![
            self.sent.strftime("%Y-%m-%d %H:%M:%S").to_string(),
            self.flow.label.visible().into_owned(),
            visible(&self.steps, " → "),
            visible(&self.flow.carried, ", "),
            to,
            agents.join(", "),
            self.flow.seconds.to_string(),
            format!("{} %", self.flow.confidence),
            self.flow.because.join("; "),
        ]
    }
}

pub fn flow(global: &Global, args: &FlowArgs) -> Result<u8, Error> {
    let options = FlowOptions { external_only: args.external_only, by_order: args.by_order };
    let rows = global.workspace()?.flows(&args.focus.conversations(), options)?;
    print(global, &rows, args.limit, "flows")
}

fn print<R: Row>(global: &Global, rows: &[R], limit: usize, what: &str) -> Result<u8, Error> {
    let shown = rows.get(..limit.min(rows.len())).unwrap_or_default();
    output::rows(global.format, shown)?;
    if shown.len() < rows.len() {
        let all = rows.len();
        output::note(&format!("{} of {all} {what}; --limit shows more", shown.len()));
    }
    Ok(0)
}
