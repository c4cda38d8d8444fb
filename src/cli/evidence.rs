//! `diptych evidence`: what the loaded evidence can prove.

use std::collections::BTreeMap;

use super::Global;
use super::output::{self, Format, Row};
use crate::assess::Share;
use crate::assess::evidence::{EvidenceReport, SourceEvidence};
use crate::domain::Dimension;
use crate::domain::text::visible;
use crate::workspace::Error;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
For every source: how many of its acts say each field of the minimum audit record (what triggered
the act, what was accessed, the decision and why, the output, the whole identity chain), and which
of the five dimensions of posture it speaks to. Absence of a field is a gap of the source, never
evidence that nothing happened.

Examples:
  diptych evidence
  diptych evidence --format json | jq '.sources[] | {source, missed}'")]
pub struct Args {}

pub fn run(global: &Global, _: &Args) -> Result<u8, Error> {
    let report = global.workspace()?.evidence()?;
    match global.format {
        Format::Json => output::value(global.format, &report, |_| String::new())?,
        Format::Csv | Format::Jsonl => output::rows(global.format, &report.sources)?,
        Format::Table => {
            output::rows(global.format, &report.sources)?;
            output::line(&remarks(&report))?;
        }
    }
    Ok(0)
}

impl Row for SourceEvidence {
    const COLUMNS: &'static [&'static str] = &[
        "source",
        "recorder",
        "events",
        "complete",
        "trigger",
        "action",
        "target",
        "decision",
        "justification",
        "output",
        "agent",
        "principal",
        "chain",
        "session",
        "extent",
        "tenant",
        "passport",
        "speaks to",
    ];

    fn cells(&self) -> Vec<String> {
        let head = [
            self.source.clone(),
            self.recorder.clone().unwrap_or_default(),
            self.events.to_string(),
            percent(self.completeness()),
        ];
        let fields = self.fields.iter().map(|field| percent(field.share));
        let dimensions: Vec<String> = self.dimensions.iter().map(ToString::to_string).collect();
        head.into_iter().chain(fields).chain([dimensions.join(", ")]).collect()
    }
}

fn percent(share: Share) -> String {
    match share.whole {
        0 => "-".to_owned(),
        _ => format!("{:.0}%", share.percent()),
    }
}

/// What the sources missed, and clocks that disagree. Escaped.
fn remarks(report: &EvidenceReport) -> String {
    let mut text = String::from(
        "\nshare of acts that say each field; session and what follows are beyond the minimum record",
    );
    for source in report.sources.iter().filter(|source| source.partial.part > 0) {
        let Share { part, whole } = source.partial;
        text += &format!(
            "\n{} is partial: {part} of {whole} statements of coverage",
            visible(&source.source)
        );
        for missed in &source.missed {
            text += &format!("\n  {}", visible(missed));
        }
    }
    let mut spoken: BTreeMap<Dimension, Vec<String>> = BTreeMap::new();
    for kind in &report.configured {
        for dimension in &kind.dimensions {
            let shown = format!("{} {}", kind.records, visible(&kind.kind));
            spoken.entry(*dimension).or_default().push(shown);
        }
    }
    for (dimension, kinds) in spoken {
        text += &format!("\nconfigured, {dimension}: {}", kinds.join(", "));
    }
    if report.skew.is_empty() {
        text += "\nclocks agree: no effect is recorded before its cause";
    }
    for skew in &report.skew {
        text += &format!(
            "\nclocks disagree: {} is at least {} ms behind {} ({} pairs)",
            visible(&skew.effect),
            skew.at_least,
            visible(&skew.cause),
            skew.pairs
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assess::evidence::FIELDS;

    #[test]
    fn every_field_has_its_column() {
        let fields: Vec<&str> = FIELDS.iter().map(|field| field.name).collect();
        let columns = SourceEvidence::COLUMNS;
        assert_eq!(columns.get(4..columns.len() - 1), Some(fields.as_slice()));
    }
}
