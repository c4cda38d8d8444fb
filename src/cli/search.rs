//! `diptych search`, `diptych event` and `diptych query`.

use super::Global;
use super::output::{self, Row};
use crate::catalog::Catalog;
use crate::domain::{Event, Text};
use crate::workspace::Error;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Fields: kind agent principal action target source decision outcome trace session instance model
Examples:
  diptych search 'secrets'
  diptych search 'kind:tool_call AND action:send_email' --limit 20
  diptych search --named refused-requests")]
pub struct Args {
    /// The query; everything when left out.
    #[arg(default_value = "")]
    query: String,
    /// A named query of `queries/`.
    #[arg(long, conflicts_with = "query")]
    named: Option<String>,
    #[arg(long, default_value_t = 50)]
    limit: usize,
    #[arg(long, default_value_t = 0)]
    offset: usize,
}

#[derive(Debug, clap::Args)]
pub struct EventArgs {
    /// The event's id.
    event: String,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  diptych query 'SELECT kind, COUNT(*) AS n FROM events GROUP BY kind ORDER BY n DESC'
  diptych query --named models-in-use
  diptych query --list")]
pub struct QueryArgs {
    /// SQL over the table `events`.
    #[arg(required_unless_present_any = ["named", "list"])]
    sql: Option<String>,
    /// A named analysis of `queries/`.
    #[arg(long)]
    named: Option<String>,
    /// List the named queries and why each matters.
    #[arg(long)]
    list: bool,
}

impl Row for Event {
    const COLUMNS: &'static [&'static str] =
        &["id", "time", "kind", "agent", "principal", "action", "target", "decision", "outcome"];

    fn cells(&self) -> Vec<String> {
        let text = |text: &Option<Text>| {
            text.as_ref().map_or_else(String::new, |text| text.visible().into_owned())
        };
        vec![
            self.id.to_string(),
            self.time.strftime("%Y-%m-%d %H:%M:%S").to_string(),
            self.kind.to_string(),
            self.agent.as_ref().map_or_else(String::new, |agent| agent.visible()),
            text(&self.principal),
            text(&self.action),
            text(&self.target),
            self.decision.map_or_else(String::new, |decision| decision.to_string()),
            self.outcome.map_or_else(String::new, |outcome| outcome.to_string()),
        ]
    }
}

pub fn run(global: &Global, args: &Args) -> Result<u8, Error> {
    let workspace = global.workspace()?;
    let query = match &args.named {
        Some(id) => {
            let searches = catalog(global)?.searches;
            searches
                .into_iter()
                .find(|query| query.id == *id)
                .ok_or_else(|| unknown(id))?
                .expression
        }
        None => args.query.clone(),
    };
    let page = workspace.search(&query, args.offset, args.limit)?;
    output::rows(global.format, &page.events)?;
    if page.events.len() < page.total {
        output::note(&format!(
            "{} of {} events; --offset and --limit show others",
            page.events.len(),
            page.total
        ));
    }
    Ok(0)
}

pub fn event(global: &Global, args: &EventArgs) -> Result<u8, Error> {
    let workspace = global.workspace()?;
    let id = args.event.parse().map_err(|_| {
        Error::usage(format!("{} is not an event id", args.event))
            .with_hint("Event ids have 32 hexadecimal digits; `diptych search` prints them.")
    })?;
    let event =
        workspace.event(id)?.ok_or_else(|| Error::usage(format!("the case has no event {id}")))?;
    output::value(global.format, &event, |event| {
        let json = serde_json::to_value(event).unwrap_or_default();
        let fields = json.as_object().into_iter().flatten();
        let lines: Vec<String> = fields
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| {
                let shown = match value {
                    serde_json::Value::String(text) => text.clone(),
                    other => other.to_string(),
                };
                format!("{name:<16} {}", crate::domain::text::visible(&shown))
            })
            .collect();
        lines.join("\n")
    })?;
    Ok(0)
}

pub fn query(global: &Global, args: &QueryArgs) -> Result<u8, Error> {
    let catalog = catalog(global)?;
    if args.list {
        let header = ["id", "kind", "title", "why"].map(str::to_owned);
        let searches = catalog.searches.iter().map(|q| ("search", &q.id, &q.title, &q.why));
        let analyses = catalog.analyses.iter().map(|q| ("analysis", &q.id, &q.title, &q.why));
        let body: Vec<Vec<serde_json::Value>> = searches
            .chain(analyses)
            .map(|(kind, id, title, why)| {
                [id.as_str(), kind, title, why].map(serde_json::Value::from).to_vec()
            })
            .collect();
        output::dynamic_table(global.format, &header, &body)?;
        return Ok(0);
    }
    let sql = match (&args.named, &args.sql) {
        (Some(id), _) => {
            catalog
                .analyses
                .into_iter()
                .find(|query| query.id == *id)
                .ok_or_else(|| unknown(id))?
                .expression
        }
        (None, Some(sql)) => sql.clone(),
        (None, None) => return Err(Error::usage("no query was given")),
    };
    let table = global.workspace()?.sql(&sql)?;
    output::dynamic_table(global.format, &table.columns, &table.rows)?;
    if table.truncated {
        output::note(&format!("the first {} rows; the statement gives more", table.rows.len()));
    }
    Ok(0)
}

fn catalog(global: &Global) -> Result<Catalog, Error> {
    super::workbench::catalog(&global.paths()?)
}

fn unknown(id: &str) -> Error {
    Error::usage(format!("no query is named {id}"))
        .with_hint("`diptych query --list` lists searches and analyses.")
}
