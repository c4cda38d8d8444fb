//! Which span a record was written beneath.

use super::keys::NONE;
use super::row::{Mark, Row, Rows};
use super::rules::RuleId;
use super::ties::Ties;
use crate::domain::RecordLayer;

/// Spans between a record and the call it belongs to (HTTP clients, queues, retries).
const FURTHEST: usize = 64;

/// The span above every row, and which rows tell again what another one tells.
pub(super) struct Spans {
    above: Vec<u32>,
    echo: Vec<bool>,
}

impl Spans {
    pub fn of(rows: &Rows) -> Self {
        let count = rows.rows.len();
        let mut spans = Self { above: vec![NONE; count], echo: vec![false; count] };
        let mut same = Vec::new();
        for (gives, takes) in rows.identifiers.spans.groups() {
            let records = || gives.iter().map(|key| key.row);
            let Some(span) = records().min_by_key(|row| rows.get(*row).map(telling)) else {
                continue;
            };
            for beneath in takes.iter().filter(|key| key.row != span) {
                spans.put(beneath.row, span);
            }
            same.extend(records().filter(|row| *row != span).map(|row| (row, span)));
        }
        // Several records of one span: the others stand beneath the one that says most.
        for (row, span) in same {
            spans.put(row, span);
            if let Some(echo) = spans.echo.get_mut(row as usize) {
                *echo = rows.layer(row) == rows.layer(span);
            }
        }
        spans
    }

    fn put(&mut self, row: u32, span: u32) {
        if let Some(above) = self.above.get_mut(row as usize) {
            *above = span;
        }
    }

    /// Whether another record tells of the same act of the same layer, and says more.
    pub fn is_echo(&self, row: u32) -> bool {
        self.echo.get(row as usize) == Some(&true)
    }

    /// Whether one of the two rows stands beneath the other.
    pub fn is_nested(&self, a: u32, b: u32) -> bool {
        self.above(a).any(|above| above == b) || self.above(b).any(|above| above == a)
    }

    /// The spans above a row, the nearest first.
    pub fn above(&self, row: u32) -> impl Iterator<Item = u32> {
        let next = |row: u32| self.above.get(row as usize).copied().filter(|above| *above != NONE);
        let above = std::iter::successors(next(row), move |row| next(*row));
        // Traces may name parents in a circle.
        above.take_while(move |above| *above != row).take(FURTHEST)
    }
}

/// Lower says more of a span: its kind, then a record with an end (a span, no log line).
fn telling(row: &Row) -> (u8, bool, crate::domain::EventId) {
    let kind = match row.layer {
        Some(RecordLayer::ToolCall) => 0,
        Some(RecordLayer::ModelCall) => 1,
        _ if row.is(Mark::Agent) => 2,
        _ => 3,
    };
    (kind, !row.is(Mark::Ends), row.id)
}

/// Ties records to the nearest call above them, as far as the span of the next agent.
pub(super) fn tie(rows: &Rows, spans: &Spans, ties: &mut Ties<'_>) {
    for (at, row) in (0_u32..).zip(&rows.rows) {
        let Some(layer) = row.layer else { continue };
        for above in spans.above(at) {
            let Some(span) = rows.get(above) else { break };
            if span.is(Mark::Agent) {
                break;
            }
            let Some(call) = span.layer else { continue };
            let (beneath, given) = (RuleId::BeneathSpan.rule(), RuleId::GivenToModel.rule());
            if given.to.contains(&call) && given.from.contains(&layer) {
                ties.tie(at, above, RuleId::GivenToModel, false);
                break;
            }
            if beneath.from.contains(&call) && beneath.to.contains(&layer) {
                ties.tie(above, at, RuleId::BeneathSpan, false);
                break;
            }
        }
    }
}
