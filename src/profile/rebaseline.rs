//! Whether to take a new baseline after the work changed for good, and what would be accepted with it.
//!
//! That nothing harmful was found in these runs is for the caller to say; here it is only whether the
//! change lasts, and whether it may rest on what somebody else told the agent.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::cadence::day;
use super::drift::{Drift, short};
use super::kind::{KindId, on_target};
use super::observation::Observation;
use super::run::{Call, Run};
use super::settings::Settings;
use super::statistic::Statistic;
use crate::domain::{Capability, EventId, Text, text};

/// Events cited per statement.
const CITED: usize = 3;

/// Statements in the sentence.
const NAMED: usize = 3;

/// A new baseline that a person may accept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Proposal {
    /// The date from which to learn.
    pub from: Timestamp,
    /// What supports it.
    pub runs: u64,
    pub days: u32,
    /// What would be normal then and is not now.
    pub accepts: Vec<Accepted>,
    pub verdict: Verdict,
    /// Escaped.
    pub sentence: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    Propose,
    /// Too early to call it lasting. What is missing.
    Wait(String),
    /// Do not: learning it could teach the baseline an attack.
    Refuse(Vec<Refusal>),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Refusal {
    /// Calls that are new take their arguments from content nobody vouches for.
    UntrustedOrigin(Vec<EventId>),
    /// It began inside a period declared unusual. Escaped.
    InsideUnusual(String),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Accepted {
    /// A kind of call, or a target of one, never seen before: in how many runs, and the first events.
    New {
        capability: Capability,
        runs: u64,
        events: Vec<EventId>,
    },
    Changed {
        statistic: Statistic,
        before: f64,
        since: f64,
    },
}

impl Accepted {
    /// For people, escaped.
    pub fn visible(&self) -> String {
        match self {
            Self::New { capability, runs, .. } => format!("{} ({runs} runs)", capability.visible()),
            Self::Changed { statistic, before, since } => {
                format!("{} from {} to {}", statistic.visible(), short(*before), short(*since))
            }
        }
    }
}

/// Proposes to learn anew from a date on, or says why not. `runs` are all runs, oldest first; `from`
/// is the beginning of a shift or of the earliest of the `drifts`.
pub fn rebaseline(
    observation: &Observation,
    runs: &[&Run],
    shows: impl Fn(KindId) -> bool,
    from: Timestamp,
    drifts: &[Drift],
    settings: &Settings,
) -> Proposal {
    let (before, since) = runs.split_at(runs.partition_point(|run| run.start < from));
    let days: BTreeSet<i64> = since.iter().map(|run| day(run.start)).collect();
    let days = u32::try_from(days.len()).unwrap_or(u32::MAX);
    let known: BTreeSet<Act<'_>> = acts(before, &shows).map(|(act, ..)| act).collect();
    let mut new: BTreeMap<Act<'_>, (u64, Vec<EventId>)> = BTreeMap::new();
    for (act, events) in since.iter().flat_map(|run| distinct(run, &shows)) {
        if !known.contains(&act) {
            let (count, cited) = new.entry(act).or_default();
            *count += 1;
            cited.extend(events.into_iter().take(CITED.saturating_sub(cited.len())));
        }
    }
    let mut accepts: Vec<Accepted> = new
        .iter()
        .filter_map(|((kind, target), (runs, events))| {
            let capability = on_target(observation.kind(*kind)?, *target);
            Some(Accepted::New { capability, runs: *runs, events: events.clone() })
        })
        .collect();
    // By what they are, not by the order in which kinds were numbered.
    accepts.sort_by_key(|accepted| match accepted {
        Accepted::New { capability, runs, .. } => {
            (std::cmp::Reverse(*runs), Some(capability.clone()))
        }
        Accepted::Changed { .. } => (std::cmp::Reverse(0), None),
    });
    accepts.extend(drifts.iter().map(|drift| Accepted::Changed {
        statistic: drift.statistic.clone(),
        before: drift.before,
        since: drift.since,
    }));

    let mut refusals = Vec::new();
    let mut untrusted: Vec<EventId> = acts(since, &shows)
        .filter(|(act, call)| !known.contains(act) && call.is_some_and(is_untrusted))
        .filter_map(|(_, call)| call.map(|call| call.event))
        .collect();
    untrusted.sort();
    untrusted.dedup();
    if !untrusted.is_empty() {
        refusals.push(Refusal::UntrustedOrigin(untrusted));
    }
    if let Some(period) = settings.unusual(from) {
        refusals.push(Refusal::InsideUnusual(text::visible(&period.because).into_owned()));
    }
    let verdict = verdict(refusals, (since.len() as u64, days), settings);
    let sentence = sentence(&verdict, from, (since.len(), days), &accepts);
    Proposal { from, runs: since.len() as u64, days, accepts, verdict, sentence }
}

/// A kind of call, alone or on a target.
type Act<'a> = (KindId, Option<&'a Text>);

/// What a run did: kinds, and kinds on their targets, each with a call that shows it.
fn acts<'a>(
    runs: &[&'a Run],
    shows: &impl Fn(KindId) -> bool,
) -> impl Iterator<Item = (Act<'a>, Option<&'a Call>)> {
    runs.iter().flat_map(move |run| {
        let tallied = run.tally.keys().map(|kind| ((*kind, None), None));
        let called = run.calls.iter().flat_map(|call| {
            let target = call.target.as_ref().map(|target| ((call.kind, Some(target)), Some(call)));
            [Some(((call.kind, None), Some(call))), target].into_iter().flatten()
        });
        tallied.chain(called).filter(|((kind, _), _)| shows(*kind))
    })
}

/// The distinct acts of one run with their events.
fn distinct<'a>(run: &&'a Run, shows: &impl Fn(KindId) -> bool) -> BTreeMap<Act<'a>, Vec<EventId>> {
    let mut events: BTreeMap<_, Vec<EventId>> = BTreeMap::new();
    for (act, call) in acts(&[*run], shows) {
        events.entry(act).or_default().extend(call.map(|call| call.event));
    }
    events
}

fn is_untrusted(call: &Call) -> bool {
    call.from_untrusted == Some(true)
}

fn verdict(refusals: Vec<Refusal>, (runs, days): (u64, u32), settings: &Settings) -> Verdict {
    if !refusals.is_empty() {
        return Verdict::Refuse(refusals);
    }
    let missing_runs = settings.shift_runs.saturating_sub(runs);
    let missing_days = settings.shift_days.saturating_sub(days);
    match (missing_runs, missing_days) {
        (0, 0) => Verdict::Propose,
        (runs, 0) => Verdict::Wait(format!("{runs} more runs")),
        (0, days) => Verdict::Wait(format!("{days} more days")),
        (runs, days) => Verdict::Wait(format!("{runs} more runs, {days} more days")),
    }
}

fn sentence(
    verdict: &Verdict,
    from: Timestamp,
    (runs, days): (usize, u32),
    accepts: &[Accepted],
) -> String {
    let date = from.strftime("%Y-%m-%d");
    let mut named: Vec<String> = accepts.iter().take(NAMED).map(Accepted::visible).collect();
    if accepts.len() > NAMED {
        named.push(format!("{} more", accepts.len() - NAMED));
    }
    let support = format!("{runs} runs on {days} days since {date}: {}", named.join(", "));
    match verdict {
        Verdict::Propose => format!("take a new baseline from {date} on; {support}"),
        Verdict::Wait(missing) => format!("no new baseline yet, {missing}; {support}"),
        Verdict::Refuse(refusals) => {
            let because: Vec<String> = refusals
                .iter()
                .map(|refusal| match refusal {
                    Refusal::UntrustedOrigin(events) => {
                        format!("{} new calls take arguments from untrusted content", events.len())
                    }
                    Refusal::InsideUnusual(because) => {
                        format!("it began in a period declared unusual ({because})")
                    }
                })
                .collect();
            format!("no new baseline: {}; {support}", because.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::drift::drifts;
    use super::super::fixture::at;
    use super::super::settings::UnusualPeriod;
    use super::super::simulated::{Habits, STEADY, observed, runs};
    use super::*;

    /// The work changes on day 14; what is proposed after so many days of it.
    #[track_caller]
    fn check(days: i64, is_untrusted: bool, settings: &Settings, sentence: &str) -> Proposal {
        let kinds = [1.0, 0.8, 0.5, 0.3, 0.1, 1.0];
        let mut observation = observed(0..14 + days, true, 1, |day| Habits {
            kinds: if day < 14 { STEADY.kinds } else { kinds },
            runs: 4,
            ..STEADY
        });
        for call in observation.runs.values_mut().flatten().flat_map(|run| &mut run.calls) {
            call.from_untrusted = Some(is_untrusted && call.kind == KindId(5));
        }
        let runs = runs(&observation);
        let from = at(14.0 * 24.0);
        let found = rebaseline(&observation, &runs, |_| true, from, &[], settings);
        assert!(found.sentence.starts_with(sentence), "{}", found.sentence);
        found
    }

    #[test]
    fn a_lasting_change_is_proposed_with_what_it_accepts() {
        let settings = Settings::default();
        let proposal = check(
            5,
            false,
            &settings,
            "take a new baseline from 2026-03-16 on; 20 runs on 5 days since 2026-03-16: \
             tool: tool5 (20 runs)",
        );
        assert_eq!(proposal.verdict, Verdict::Propose);
        assert!(matches!(
            proposal.accepts.first(),
            Some(Accepted::New { runs: 20, events, .. }) if events.len() == CITED
        ));
        check(
            2,
            false,
            &settings,
            "no new baseline yet, 2 more runs, 1 more days; 8 runs on 2 days",
        );
    }

    #[test]
    fn what_others_may_have_brought_about_is_refused() {
        let sentence =
            "no new baseline: 20 new calls take arguments from untrusted content; 20 runs";
        check(5, true, &Settings::default(), sentence);
        let period =
            UnusualPeriod { from: at(300.0), until: at(400.0), because: "incident 7".to_owned() };
        let settings = Settings { unusual_periods: vec![period], ..Settings::default() };
        check(
            5,
            false,
            &settings,
            "no new baseline: it began in a period declared unusual (incident 7)",
        );
    }

    #[test]
    fn a_drift_leads_to_a_proposal() {
        let habits = |day: i64| Habits { tokens: if day < 30 { 1000.0 } else { 4000.0 }, ..STEADY };
        let observation = observed(0..60, true, 1, habits);
        let runs = runs(&observation);
        let settings = Settings::default();
        let drifts = drifts(&observation, &runs, |_| true, &settings);
        let from = drifts.iter().map(|drift| drift.began).min().expect("a drift");
        let proposal = rebaseline(&observation, &runs, |_| true, from, &drifts, &settings);
        assert_eq!(proposal.verdict, Verdict::Propose);
        let is_tokens = |accepted: &Accepted| {
            matches!(accepted, Accepted::Changed { statistic: Statistic::Tokens, .. })
        };
        assert!(proposal.accepts.iter().any(is_tokens), "{proposal:#?}");
    }
}
