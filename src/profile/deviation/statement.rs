//! A run that does not fit, as it is stated: its terms, signals and sentence.

use jiff::Timestamp;
use rustc_hash::FxHashSet;

use super::Stream;
use super::found::{Deviation, Level, Signals, Term};
use super::reason::Reason;
use crate::domain::{Capability, EventId, Sufficiency};
use crate::profile::baseline::{Subject, Surprise};
use crate::profile::explain;
use crate::profile::features::{Amount, Feature};
use crate::profile::kind::{KindId, on_target};
use crate::profile::run::{Call, Run, Span};
use crate::profile::session::{self, Act};

/// Terms kept per deviation.
const TERMS: usize = 6;

impl Stream<'_> {
    pub fn deviation(
        &self,
        run: &Run,
        level: Level,
        (score, p, n): (f64, f64, u64),
        reasons: &[Reason<'_>],
        sufficiency: &Sufficiency,
    ) -> Deviation {
        let terms: Vec<Term> = reasons
            .iter()
            .filter(|reason| reason.is_notable())
            .take(TERMS)
            .map(|reason| match reason {
                Reason::Feature(surprise) => self.term(run, surprise),
                Reason::Session(term, act) => self.session_term(run, term, act),
            })
            .collect();
        let capture = self.sessions.as_ref().map(|talks| talks.capture);
        let mut capabilities: Vec<Capability> = Vec::new();
        for capability in terms.iter().filter_map(|term| term.capability.as_ref()) {
            if !capabilities.contains(capability) {
                capabilities.push(capability.clone());
            }
        }
        let cited: FxHashSet<EventId> =
            terms.iter().flat_map(|term| term.events.iter().copied()).collect();
        let times: Vec<Timestamp> = run
            .calls
            .iter()
            .filter(|call| cited.contains(&call.event))
            .map(|call| call.time)
            .collect();
        let sentence = explain::sentence(run, level, &terms, (p, n), sufficiency, capture);
        Deviation {
            agent: self.agent.clone(),
            discipline: self.discipline,
            run: run.id.clone(),
            at: times.iter().min().copied().unwrap_or(run.start),
            until: run.end,
            level,
            score,
            p,
            n,
            terms,
            signals: self.signals(run, &times),
            capabilities,
            sentence,
            shift: None,
            capture,
        }
    }

    fn session_term(&self, run: &Run, term: &session::Term, act: &Act) -> Term {
        let call = run.calls.iter().find(|call| call.event == act.event);
        let target = call.and_then(|call| call.target.as_ref());
        let before = match term.shown {
            session::Shown::Later(before, _) => {
                run.calls.iter().find(|call| call.kind == before).map(|call| call.event)
            }
            _ => None,
        };
        Term {
            what: explain::session_term(term, act, self.observation),
            nats: term.nats,
            events: before.into_iter().chain([act.event]).collect(),
            capability: self.observation.kind(act.kind).map(|kind| on_target(kind, target)),
        }
    }

    fn term(&self, run: &Run, surprise: &Surprise<'_>) -> Term {
        let kinds = |kind: KindId| self.observation.kind(kind);
        let (kind, target, mut events) = match &surprise.subject {
            Subject::Item(item) => {
                let target = match &item.feature {
                    Feature::Target(_, target) => Some(target),
                    _ => None,
                };
                (Some(item.feature.kind()), target, item.events.clone())
            }
            Subject::Amount { amount: Amount::Kind(kind), .. } => (Some(*kind), None, Vec::new()),
            _ => (None, None, Vec::new()),
        };
        if events.is_empty() {
            // A sum rests on all its calls; the first ones stand for them.
            let of_kind = |call: &&Call| kind.is_none_or(|kind| call.kind == kind);
            events = run.calls.iter().filter(of_kind).take(3).map(|call| call.event).collect();
        }
        // A kind without its object is exercised on the object of the call that is cited.
        let target = target.or_else(|| {
            let last = events.last()?;
            let call = run.calls.iter().find(|call| call.event == *last)?;
            call.target.as_ref().filter(|_| Some(call.kind) == kind)
        });
        let capability = kind.and_then(kinds).map(|kind| on_target(kind, target));
        Term {
            what: explain::what(surprise, capability.as_ref(), kinds),
            nats: surprise.nats,
            events,
            capability,
        }
    }

    /// A session carries its own signals. A day of kernel and API events is correlated with the
    /// sessions on the same host that were running when it deviated.
    fn signals(&self, run: &Run, times: &[Timestamp]) -> Signals {
        let is_tool =
            |kind: &KindId| matches!(self.observation.kind(*kind), Some(Capability::Tool { .. }));
        let own = Signals {
            kernel_or_api: run.kernel_or_api,
            tool_call: run.tally.keys().any(is_tool),
            prompt_context: run.has_prompt(),
        };
        if run.span == Span::Session {
            return own;
        }
        let running = |session: &&Run| {
            session.span == Span::Session
                && times.iter().any(|time| (session.start..=session.end).contains(time))
        };
        self.observation.runs_on(self.agent).filter(running).fold(own, |signals, session| Signals {
            kernel_or_api: signals.kernel_or_api,
            tool_call: signals.tool_call || session.tally.keys().any(is_tool),
            prompt_context: signals.prompt_context || session.has_prompt(),
        })
    }
}
