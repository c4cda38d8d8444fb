//! The terms of a session's score.

use super::{Facts, Kernel, Sessions, Shown};
use crate::profile::argument::{Sort, ValueSource};

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
        let k = kernel.knobs.v;
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
        let novel = |a: &crate::profile::argument::Argument| if a.source == ValueSource::Novel { 1.0 - k[15] } else { 1.0 };
        let s = |shown| self.surprise(shown, kernel);
        let mut calls = Vec::new();
        let mut flows = Vec::new();
        let mut pairs = Vec::new();
        let mut counts = Vec::new();
        let mut values = Vec::new();
        let mut laters = Vec::new();
        for (at, call) in run.calls.iter().enumerate() {
            let tool = s(Shown::Call(call.kind));
            let address = call
                .unasked_addresses()
                .map(|a| if k[1] > 0.5 { s(Shown::ValueAt(call.kind, a.name, a.value)) } else { novel(a) * s(Shown::Value(a.value)) })
                .fold(0.0, f64::max);
            let weighted = match call.writes {
                true => tool * (k[3] + (1.0 - k[3]) * call.unasked),
                false => (0.5 + k[6]) * tool * call.from_outputs,
            };
            calls.push((weighted + address * (1.0 + k[11]), at));
            for a in call.arguments.iter().filter(|a| a.source != ValueSource::Prompt) {
                if let ValueSource::Output(source) = a.source {
                    let w = if call.writes { 1.0 } else { 1.0 + k[12] };
                    flows.push((w * s(Shown::Flow(source, call.kind, a.name)), at));
                } else if k[0] > 0.5 && call.writes {
                    let nats = novel(a) * s(Shown::Source(call.kind, a.name, a.source));
                    flows.push((nats, at));
                }
                if call.writes && !a.sort.is_address() && a.sort != Sort::Text {
                    values.push((novel(a) * k[7] * if k[1] < -0.5 { s(Shown::ValueAt(call.kind, a.name, a.value)) } else { s(Shown::Value(a.value)) }, at));
                }
            }
            if call.writes && call.arguments.is_empty() && k[0] > 0.5 { flows.push((tool, at)); }
            let count = run.calls.iter().take(at + 1).filter(|b| b.kind == call.kind).count() as u32;
            counts.push((k[5] * s(Shown::Calls(call.kind, count.min(32))), at));
            if let Some(next) = run.calls.get(at + 1) {
                pairs.push((k[4] * s(Shown::Pair(call.kind, next.kind)), at + 1));
            }
            if call.writes { for b in run.calls.iter().take(at).filter(|b| b.kind != call.kind) {
                laters.push((k[13] * s(Shown::Later(b.kind, call.kind)), at));
            } }
        }
        if k[2] > 0.0 {
            let mut sorted = calls.clone();
            sorted.sort_by(|a, b| b.0.total_cmp(&a.0));
            if let Some((nats, at)) = sorted.get(1) { largest(TermKind::More, vec![(k[2] * nats, *at)]); }
        }
        if k[10] > 0.0 { for c in calls.iter_mut().chain(&mut flows) { c.0 = c.0.min(k[10]); } }
        largest(TermKind::Call, calls);
        largest(TermKind::Flow, flows);
        largest(TermKind::More, pairs);
        largest(TermKind::More, counts);
        largest(TermKind::More, values);
        largest(TermKind::More, laters);
        if run.writes > 0 {
            let last = run.calls.iter().rposition(|call| call.writes).unwrap_or(0);
            largest(TermKind::Writes, vec![(s(Shown::Writes(run.writes)) * (1.0 + k[8]), last)]);
            let unasked = run.calls.iter().filter(|c| c.writes && c.unasked >= 1.0).count() as u32;
            if unasked > 0 { largest(TermKind::More, vec![(k[9] * s(Shown::Unasked(unasked.min(32))), last)]); }
        }
        if k[14] > 0.0 && !run.calls.is_empty() { largest(TermKind::More, vec![(k[14] * s(Shown::Length((run.calls.len() as u32).min(64))), run.calls.len() - 1)]); }
        Scored { total: terms.iter().map(|term| term.nats).sum(), terms }
    }
}
