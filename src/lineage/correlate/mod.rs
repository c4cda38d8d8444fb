//! Correlation: the records that one act leaves on several layers, tied.
//!
//! prompt ↔ model call ↔ tool call ↔ process, file, connection ↔ Kubernetes and cloud API. Identifiers
//! tie first; where no identifier leads from one layer to the next, containment in time on the same
//! instance of the same agent does. The rules are one table ([`RULES`]). Where several calls were open
//! at once there is no tie but their names: nothing here guesses.
//!
//! Events become lean rows (`row.rs`) with their identifiers as numbers (`keys.rs`); what ties them is
//! sorted and swept once, by a file for each kind of rule. So the same engine serves one incident
//! ([`correlate`]) and a case of ten million events ([`Correlator`]).

mod actor;
mod contained;
mod counterpart;
mod exact;
mod identifiers;
mod keys;
mod order;
mod recorded;
mod report;
mod row;
mod rules;
mod spans;
mod ties;

#[cfg(test)]
mod real;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use rules::{How, RULES, Rule, RuleId};

use self::counterpart::Counterparts;
use self::exact::Processes;
use self::recorded::Recorded;
use self::row::{Builder, Rows};
use self::spans::Spans;
use self::ties::{Tie, Ties};
use crate::domain::{
    AmbiguousTie, Attribution, CorrelationReport, Correlations, Coverage, Event, EventId,
    EventLink, LinkKind,
};

/// Ties the records of one incident's scope, in any order; an event that is named twice counts once.
/// Without their parameters events have fewer ties (issued credentials, parents of processes), and
/// no wrong ones.
pub fn correlate(events: &[Event], attribution: &dyn Attribution) -> Correlations {
    let mut builder = Builder::new(attribution);
    events.iter().for_each(|event| builder.add(event));
    let rows = builder.finish();
    let mut links = Vec::new();
    let id = |row| rows.get(row).map(|row| row.id);
    let mut link = |tie: Tie| {
        links.extend(id(tie.from).zip(id(tie.to)).map(|(from, to)| EventLink {
            from,
            to,
            kind: LinkKind::Correlation,
            rule: words(&tie),
            confidence: tie.confidence(),
        }));
    };
    let mut ties = Ties::new(&rows, &mut link);
    tie(&rows, &mut ties);
    let mut ambiguous: Vec<AmbiguousTie> = ties
        .undecided()
        .filter_map(|several| {
            let rule = several.rule.rule();
            let candidates: Vec<EventId> =
                several.candidates.iter().filter_map(|row| id(*row)).collect();
            let share =
                u8::try_from(candidates.len()).ok().and_then(|n| rule.confidence.checked_div(n));
            Some(AmbiguousTie {
                event: id(several.row)?,
                candidates,
                rule: rule.name.to_owned(),
                confidence: share.unwrap_or(0),
            })
        })
        .collect();
    links.sort();
    links.dedup();
    ambiguous.sort();
    Correlations { links, ambiguous }
}

/// The rule as people read it on a tie.
fn words(tie: &Tie) -> String {
    let rule = tie.rule.rule();
    match rule.how {
        How::Contained { skew } if tie.skewed => {
            let milliseconds = skew / 1_000_000;
            format!("{}, within {milliseconds} ms of clock skew", rule.name)
        }
        _ => rule.name.to_owned(),
    }
}

/// Asks every rule, exact ones first; which spans stand beneath which is of further use.
fn tie(rows: &Rows, ties: &mut Ties<'_>) -> Spans {
    let spans = Spans::of(rows);
    let processes = Processes::of(rows);
    spans::tie(rows, &spans, ties);
    exact::tie(rows, &spans, &processes, ties);
    contained::tie(rows, &spans, &processes, ties);
    contained::tie_connections(rows, ties);
    order::tie(rows, &spans, ties);
    spans
}

/// Takes the events of a case one by one, in any order, and keeps a lean row of each.
pub struct Correlator<'a> {
    attribution: &'a dyn Attribution,
    builder: Builder<'a>,
}

impl<'a> Correlator<'a> {
    pub fn new(attribution: &'a dyn Attribution) -> Self {
        Self { attribution, builder: Builder::new(attribution) }
    }

    pub fn observe(&mut self, event: &Event) {
        self.builder.add(event);
    }

    /// `coverage` tells where nobody recorded from where nothing happened.
    pub fn finish(self, coverage: &[Coverage]) -> CorrelationReport {
        let rows = self.builder.finish();
        let mut counterparts = Counterparts::new(&rows);
        let mut each = |tie| counterparts.tie(tie, &rows);
        let mut ties = Ties::new(&rows, &mut each);
        let spans = tie(&rows, &mut ties);
        let recorded = Recorded::of(&rows, coverage, self.attribution);
        let joins = report::of(&rows, &ties, &recorded);
        drop(ties);
        let credentials = counterpart::of(&rows, &spans, &counterparts, coverage);
        CorrelationReport { joins, credentials }
    }
}
