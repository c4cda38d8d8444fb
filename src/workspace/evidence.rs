//! What the loaded evidence can prove, source by source, asked of the event columns.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use super::{Error, Workspace};
use crate::assess::Share;
use crate::assess::evidence::{
    ClockSkew, ConfiguredEvidence, EvidenceReport, FIELDS, SourceEvidence,
};
use crate::domain::{Dimension, Text};

/// Kinds of event that are no acts: nothing of theirs has to be justified.
const NO_ACTS: &str =
    "'catalog', 'alert', 'other', 'prompt', 'tool_result', 'import', 'model_load'";

/// Effects recorded before their causes, by how much the clocks of two recorders differ at least.
/// Spans of one process share a clock, so only pairs with different instances count.
const SKEW: &str = "
    SELECT cause, cause_at, effect, effect_at, COUNT(*) AS pairs, MAX(caused - took) AS off
    FROM (SELECT trace_id AS of_trace, span_id AS of_span, source AS cause, instance AS cause_at,
                 CAST(time AS BIGINT) AS caused FROM events
          WHERE trace_id IS NOT NULL AND span_id IS NOT NULL AND instance IS NOT NULL) AS causes
    JOIN (SELECT trace_id, parent_span_id, source AS effect, instance AS effect_at,
                 CAST(time AS BIGINT) AS took FROM events
          WHERE parent_span_id IS NOT NULL AND instance IS NOT NULL) AS effects
      ON causes.of_trace = effects.trace_id AND causes.of_span = effects.parent_span_id
    WHERE cause_at <> effect_at AND caused > took
    GROUP BY cause, cause_at, effect, effect_at ORDER BY off DESC LIMIT 20";

impl Workspace {
    /// Completeness of the minimum audit record, the posture dimensions that each source speaks to,
    /// what it says that it missed, and clocks that disagree.
    pub fn evidence(&self) -> Result<EvidenceReport, Error> {
        let mut report = EvidenceReport {
            sources: self.sources()?,
            configured: self.configured()?,
            skew: self.skew()?,
        };
        let mut stated: BTreeMap<Text, (Share, Vec<String>)> = BTreeMap::new();
        for coverage in self.case().coverage()? {
            let (partial, missed) = stated.entry(coverage.source).or_default();
            partial.whole += 1;
            partial.part += usize::from(coverage.partial);
            missed.extend(coverage.missed.iter().map(|why| why.raw().to_owned()));
        }
        for source in &mut report.sources {
            if let Some((partial, missed)) = stated.get_mut(source.source.as_str()) {
                source.partial = *partial;
                missed.sort_unstable();
                missed.dedup();
                source.missed = missed.clone();
            }
        }
        Ok(report)
    }

    fn sources(&self) -> Result<Vec<SourceEvidence>, Error> {
        let sum = |said: String| format!("SUM(CASE WHEN {said} THEN 1 ELSE 0 END)");
        let acts = FIELDS.iter().map(|field| sum(format!("is_act AND ({})", field.said)));
        let any = FIELDS.iter().map(|field| sum(field.said.to_owned()));
        let sums: Vec<String> = acts.chain(any).collect();
        let query = format!(
            "SELECT source, recorder, COUNT(*) AS events, MIN(time) AS first, MAX(time) AS last, \
             SUM(CASE WHEN is_act THEN 1 ELSE 0 END) AS acts, {} \
             FROM (SELECT *, kind NOT IN ({NO_ACTS}) AS is_act FROM events) AS events \
             GROUP BY source, recorder ORDER BY source, recorder",
            sums.iter()
                .enumerate()
                .map(|(number, sum)| format!("{sum} AS field_{number}"))
                .collect::<Vec<_>>()
                .join(", ")
        );
        let table = self.sql(&query)?;
        Ok(table.rows.iter().map(|row| source(row)).collect())
    }

    fn configured(&self) -> Result<Vec<ConfiguredEvidence>, Error> {
        let mut kinds: BTreeMap<Text, (u64, Vec<Dimension>)> = BTreeMap::new();
        for record in self.records()? {
            let kind = kinds.entry(record.body.identity().kind).or_default();
            kind.0 += 1;
            kind.1.extend(record.body.dimensions());
            kind.1.sort_unstable();
            kind.1.dedup();
        }
        let kinds = kinds.into_iter().map(|(kind, (records, dimensions))| ConfiguredEvidence {
            kind: kind.raw().to_owned(),
            records,
            dimensions,
        });
        Ok(kinds.collect())
    }

    fn skew(&self) -> Result<Vec<ClockSkew>, Error> {
        let place = |source: &Value, instance: &Value| {
            format!("{} at {}", text(Some(source)), text(Some(instance)))
        };
        let skew = |row: &Vec<Value>| match row.as_slice() {
            [cause, cause_at, effect, effect_at, pairs, off] => Some(ClockSkew {
                cause: place(cause, cause_at),
                effect: place(effect, effect_at),
                pairs: pairs.as_u64()?,
                at_least: off.as_u64()? / 1_000_000,
            }),
            _ => None,
        };
        Ok(self.sql(SKEW)?.rows.iter().filter_map(skew).collect())
    }
}

/// One row of the answer.
fn source(row: &[Value]) -> SourceEvidence {
    let number = |at: usize| row.get(at).and_then(Value::as_u64).unwrap_or(0);
    let time = |at: usize| row.get(at)?.as_str()?.parse::<Timestamp>().ok();
    let mut source = SourceEvidence {
        source: text(row.first()),
        recorder: row.get(1).and_then(Value::as_str).map(str::to_owned),
        events: number(2),
        from: time(3),
        until: time(4),
        ..SourceEvidence::default()
    };
    let said: Vec<u64> = (6..6 + 2 * FIELDS.len()).map(number).collect();
    let (by_acts, by_any) = said.split_at(FIELDS.len());
    source.count(number(5), by_acts, by_any);
    source
}

fn text(value: Option<&Value>) -> String {
    value.and_then(Value::as_str).unwrap_or_default().to_owned()
}
