//! The terms of a session's score.

use super::{Facts, Kernel, Knobs, Sessions, Shown};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TermKind {
    Call,
    Flow,
    Writes,
    More,
}

#[derive(Clone, Debug)]
pub struct TermScore {
    pub kind: TermKind,
    pub nats: f64,
    /// Index into the calls of the run.
    pub call: usize,
}

#[derive(Clone, Debug, Default)]
pub struct Scored {
    pub total: f64,
    pub terms: Vec<TermScore>,
}

impl Sessions {
    pub fn score(&self, run: &Facts, kernel: &Kernel) -> Scored {
        let knobs = Knobs::get();
        let mut terms = Vec::new();
        let mut largest = |kind: TermKind, found: Vec<(f64, usize)>| {
            let mut best: Option<(f64, usize)> = None;
            for (nats, call) in found {
                if best.is_none_or(|(most, _)| nats > most) {
                    best = Some((nats, call));
                }
            }
            if let Some((nats, call)) = best {
                terms.push(TermScore { kind, nats, call });
            }
        };
        let mut calls = Vec::new();
        let mut flows = Vec::new();
        for (at, call) in run.calls.iter().enumerate() {
            let tool = self.surprise(Shown::Call(call.kind), kernel);
            let address = call
                .unasked_addresses()
                .map(|argument| self.surprise(Shown::Value(argument.value), kernel))
                .fold(0.0, f64::max);
            let weighted = match call.writes {
                true => tool * call.unasked,
                false => 0.5 * tool * call.from_outputs,
            };
            calls.push((weighted + address, at));
            for (source, argument) in call.flows() {
                let flow = Shown::Flow(source, call.kind, argument.name);
                flows.push((self.surprise(flow, kernel), at));
            }
        }
        largest(TermKind::Call, calls);
        largest(TermKind::Flow, flows);
        if run.writes > 0 {
            let last = run.calls.iter().rposition(|call| call.writes).unwrap_or(0);
            let nats = self.surprise(Shown::Writes(run.writes), kernel);
            largest(TermKind::Writes, vec![(nats, last)]);
        }
        let _ = knobs;
        Scored { total: terms.iter().map(|term| term.nats).sum(), terms }
    }
}
