//! `diptych correlation`: what ties the layers together, and what stays without a tie.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use serde::Serialize;
use strum::VariantNames;

use super::Global;
use super::output::{self, Format, Row};
use crate::domain::{AgentKey, CorrelationReport, CredentialGap, EventId, LayerJoin, RecordLayer};
use crate::workspace::{Error, How, RULES, Rule};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
One act leaves records on several layers: prompt, model call, tool call, process, connection, API.
Identifiers tie them first; else containment in time on the same instance of the same agent does.
Each row says how many records of a layer are tied to which layer by which rule, and for the rest
why not. Where several calls were open at once nothing is tied: that is told apart, never guessed.

Examples:
  diptych correlation                            the join rate of every layer
  diptych correlation --layer kernel --unjoined  examples without a tie, each with its reason
  diptych correlation --agent billing            the layers of one agent
  diptych correlation --credential-log           acts that no log of credentials shows
  diptych correlation --rules                    the rules, each with its confidence and why")]
pub struct Args {
    /// Only this layer.
    #[arg(long, value_name = "LAYER", value_parser = layer())]
    layer: Option<RecordLayer>,
    /// Only agents whose key contains this, each by itself.
    #[arg(long, value_name = "PART")]
    agent: Option<String>,
    /// Examples of records without a tie, by reason; `diptych event ID` shows one in full.
    #[arg(long, group = "what")]
    unjoined: bool,
    /// Acts that used authority, with and without a counterpart in a log of credentials.
    #[arg(long, group = "what", conflicts_with = "layer")]
    credential_log: bool,
    /// The rules of correlation.
    #[arg(long, group = "what", conflicts_with_all = ["layer", "agent"])]
    rules: bool,
}

fn layer() -> impl TypedValueParser<Value = RecordLayer> {
    PossibleValuesParser::new(RecordLayer::VARIANTS).try_map(|name| name.parse::<RecordLayer>())
}

pub fn run(global: &Global, args: &Args) -> Result<u8, Error> {
    if args.rules {
        let rules: Vec<RuleRow> = RULES.iter().map(RuleRow::of).collect();
        output::rows(global.format, &rules)?;
        return Ok(0);
    }
    let report = global.workspace()?.correlation()?;
    if args.credential_log {
        let mut gaps = report.credentials;
        gaps.retain(|gap| is_of(gap.agent.as_ref(), args.agent.as_deref()));
        output::rows(global.format, &gaps)?;
        return Ok(0);
    }
    let joins = chosen(report, args);
    match (args.unjoined, global.format) {
        (true, format) => output::rows(format, &examples(&joins))?,
        (false, Format::Json) => output::value(global.format, &joins, |_| String::new())?,
        (false, format) => output::rows(format, &rows(&joins))?,
    }
    Ok(0)
}

/// All agents together, or those of the name one by one.
fn chosen(report: CorrelationReport, args: &Args) -> Vec<LayerJoin> {
    let mut joins = match args.agent {
        None => report.joins.layers,
        Some(_) => report.joins.agents,
    };
    joins.retain(|join| {
        args.layer.is_none_or(|layer| join.layer == layer)
            && is_of(join.agent.as_ref(), args.agent.as_deref())
    });
    joins
}

fn is_of(agent: Option<&AgentKey>, part: Option<&str>) -> bool {
    part.is_none_or(|part| agent.is_some_and(|agent| agent.visible().contains(part)))
}

/// The records of a layer that share a fate.
#[derive(Serialize)]
struct JoinRow {
    layer: RecordLayer,
    agent: Option<String>,
    events: u64,
    of: u64,
    tied_to: Option<RecordLayer>,
    /// The rule, or why there is no tie.
    how: String,
    confidence: Option<u8>,
}

fn rows(joins: &[LayerJoin]) -> Vec<JoinRow> {
    let row = |join: &LayerJoin, events, how: &str| JoinRow {
        layer: join.layer,
        agent: join.agent.as_ref().map(AgentKey::visible),
        events,
        of: join.events,
        tied_to: None,
        how: how.to_owned(),
        confidence: None,
    };
    let of_layer = |join: &LayerJoin| {
        let joined = join.joined.iter().map(|by| JoinRow {
            tied_to: Some(by.to),
            confidence: Some(by.confidence),
            ..row(join, by.events, &by.rule)
        });
        let rest = join.rest.iter().map(|rest| row(join, rest.events, &rest.why.to_string()));
        joined.chain(rest).collect::<Vec<_>>()
    };
    joins.iter().flat_map(of_layer).collect()
}

impl Row for JoinRow {
    const COLUMNS: &'static [&'static str] =
        &["layer", "agent", "share", "events", "tied to", "by, or why not", "confidence"];

    fn cells(&self) -> Vec<String> {
        let number = |number: Option<u8>| number.map_or_else(String::new, |it| format!("{it} %"));
        vec![
            self.layer.to_string(),
            self.agent.clone().unwrap_or_else(|| "all".to_owned()),
            share(self.events, self.of),
            format!("{} of {}", self.events, self.of),
            self.tied_to.map_or_else(|| "-".to_owned(), |layer| layer.to_string()),
            self.how.clone(),
            number(self.confidence),
        ]
    }
}

/// Whole percent, rounded down, so that only all is 100 %; what is there is never nothing.
fn share(part: u64, whole: u64) -> String {
    match part.saturating_mul(100).checked_div(whole) {
        Some(0) if part > 0 => "< 1 %".to_owned(),
        share => format!("{} %", share.unwrap_or(0)),
    }
}

/// One record without a tie.
#[derive(Serialize)]
struct Example {
    layer: RecordLayer,
    agent: Option<String>,
    why: String,
    event: EventId,
}

fn examples(joins: &[LayerJoin]) -> Vec<Example> {
    let of_layer = |join: &LayerJoin| {
        let of_reason = |rest: &crate::domain::Unjoined| {
            let example = |event: &EventId| Example {
                layer: join.layer,
                agent: join.agent.as_ref().map(AgentKey::visible),
                why: rest.why.to_string(),
                event: *event,
            };
            rest.examples.iter().map(example).collect::<Vec<_>>()
        };
        join.rest.iter().flat_map(of_reason).collect::<Vec<_>>()
    };
    joins.iter().flat_map(of_layer).collect()
}

impl Row for Example {
    const COLUMNS: &'static [&'static str] = &["layer", "agent", "why not", "event"];

    fn cells(&self) -> Vec<String> {
        let agent = self.agent.clone().unwrap_or_else(|| "all".to_owned());
        vec![self.layer.to_string(), agent, self.why.clone(), self.event.to_string()]
    }
}

impl Row for CredentialGap {
    const COLUMNS: &'static [&'static str] = &[
        "agent",
        "act",
        "events",
        "recorded",
        "log silent",
        "no log loaded",
        "example",
        "would be shown by",
    ];

    fn cells(&self) -> Vec<String> {
        let recorded = self.recorded.iter().map(|(by, events)| format!("{events} ({by})"));
        let example = self.silent_examples.first().or(self.unobservable_examples.first());
        vec![
            self.agent.as_ref().map_or_else(|| "-".to_owned(), AgentKey::visible),
            self.act.to_string(),
            self.events.to_string(),
            recorded.collect::<Vec<_>>().join(", "),
            self.silent.to_string(),
            self.unobservable.to_string(),
            example.map_or_else(String::new, ToString::to_string),
            self.shown_by.clone(),
        ]
    }
}

/// A rule as it is printed.
#[derive(Serialize)]
struct RuleRow {
    rule: &'static str,
    from: Vec<RecordLayer>,
    to: Vec<RecordLayer>,
    by: String,
    confidence: u8,
    because: &'static str,
}

impl RuleRow {
    fn of(rule: &Rule) -> Self {
        let by = match rule.how {
            How::Contained { skew } => {
                format!("time on one instance, {} ms of skew", skew / 1_000_000)
            }
            How::Exact => "the same identifier".to_owned(),
            How::Ordered => "order".to_owned(),
        };
        Self {
            rule: rule.name,
            from: rule.from.to_vec(),
            to: rule.to.to_vec(),
            by,
            confidence: rule.confidence,
            because: rule.because,
        }
    }
}

impl Row for RuleRow {
    const COLUMNS: &'static [&'static str] = &["rule", "from", "to", "by", "confidence", "because"];

    fn cells(&self) -> Vec<String> {
        let names = |layers: &[RecordLayer]| {
            layers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
        };
        vec![
            self.rule.to_owned(),
            names(&self.from),
            names(&self.to),
            self.by.clone(),
            format!("{} %", self.confidence),
            self.because.to_owned(),
        ]
    }
}
