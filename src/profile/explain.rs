//! Deviations in words, for a reader who knows the agent but not the method.

use super::argument::{Argument, ValueSource};
use super::baseline::{Subject, Surprise};
use super::deviation::{Deviation, Level, Shift, Term};
use super::features::{Amount, Feature};
use super::kind::KindId;
use super::observation::Observation;
use super::run::{Run, Span};
use super::session::{self, Act, Aspect, Capture, Shown};
use crate::domain::{Capability, Sufficiency};

const WEEKDAYS: [&str; 7] =
    ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// One term in words. Escaped.
pub fn what<'k>(
    surprise: &Surprise<'_>,
    capability: Option<&Capability>,
    kinds: impl Fn(KindId) -> Option<&'k Capability>,
) -> String {
    let name = capability.map_or_else(|| "a call".to_owned(), Capability::visible);
    let other = |kind: KindId| kinds(kind).map_or_else(|| "a call".to_owned(), |k| k.visible());
    let often = often(surprise.seen, surprise.of);
    match &surprise.subject {
        Subject::Item(item) => match &item.feature {
            Feature::Kind(_) => format!("{name}, used {often}"),
            Feature::Refused(_) => format!("{name} was refused, which happened {often}"),
            Feature::Next(Some(after), _) => {
                format!("{name} right after {}, in this order {often}", other(*after))
            }
            Feature::Next(None, _) => format!("{name} as the first call, {often}"),
            Feature::Later(before, _) => {
                format!("{name} after {}, in this order {often}", other(*before))
            }
            Feature::Target(..) => format!("{name}, this target {often}"),
            Feature::Shape(_, shape) => {
                format!("{name} with arguments ({}), of this shape {often}", shape.visible())
            }
            Feature::Untrusted(..) => {
                format!("{name} with arguments from untrusted content, {often}")
            }
        },
        Subject::Amount { amount, value, mean } => {
            let of = match amount {
                Amount::Kind(_) => name,
                Amount::Calls => "calls in all".to_owned(),
                Amount::Refusals => "refusals".to_owned(),
                Amount::Tokens => "tokens".to_owned(),
                Amount::Bytes => "bytes".to_owned(),
                Amount::Busy => "time inside calls".to_owned(),
            };
            let ratio = value / mean;
            let figures = match amount {
                Amount::Busy => format!("{:.1} s against {:.1} s", value / 1e9, mean / 1e9),
                _ => format!("{value:.0} against {mean:.1}"),
            };
            let runs = surprise.of;
            format!("{of}: {ratio:.0} times the average of {runs} earlier runs ({figures})")
        }
        Subject::Hour(hour) => format!("work at {hour:02}:00 UTC, {often}"),
        Subject::Weekday(day) => {
            format!("work on a {}, {often}", WEEKDAYS.get(*day).unwrap_or(&"day"))
        }
    }
}

/// One term of a session's score in words: which call, where its argument came from, what is usual.
/// Escaped.
pub fn session_term(term: &session::Term, act: &Act, observation: &Observation) -> String {
    let name = |kind: KindId| {
        observation.kind(kind).map_or_else(|| "a call".to_owned(), Capability::visible)
    };
    let call = name(act.kind);
    let argument = term.argument.map(|argument| given(&argument, observation));
    let rarity = &term.rarity;
    let often = often(rarity.seen, rarity.of);
    let usual = format!("{often}, {:.0} % of those asked alike", rarity.among_alike * 100.0);
    match (term.aspect, argument) {
        (Aspect::Call, Some(argument)) => {
            format!("{call}, used {usual}, with {argument} that such requests do not lead to")
        }
        (Aspect::Call | Aspect::Source, None) => format!("{call}, used {usual}"),
        (Aspect::Source, Some(argument)) => format!("{call} with {argument}: from there {usual}"),
        (Aspect::Value, Some(argument)) => format!("{call} with {argument}: this value {usual}"),
        (Aspect::Unasked, _) => {
            let number = act.unasked_writes;
            format!("{call} is change number {number} with nothing of what was asked, {usual}")
        }
        (Aspect::Order, _) => match term.shown {
            Shown::Later(before, _) => {
                format!("{call} after {}, in this order {usual}", name(before))
            }
            _ => call,
        },
        (Aspect::Value, None) => format!("{call}, this value {usual}"),
    }
}

/// An argument and where it came from. Escaped; the value itself stays in the evidence.
fn given(argument: &Argument, observation: &Observation) -> String {
    let name =
        |id| observation.name(id).map_or_else(String::new, |name| name.visible().into_owned());
    let from = match argument.source {
        ValueSource::Prompt => "from the prompt".to_owned(),
        ValueSource::Output(tool) => match name(tool) {
            tool if tool.is_empty() => "from the output of a tool".to_owned(),
            tool => format!("from the output of {tool}"),
        },
        ValueSource::Other => "not from the prompt".to_owned(),
        ValueSource::Novel => "that the model made up".to_owned(),
        ValueSource::Unknown => "of unknown origin".to_owned(),
    };
    format!("{} ({}) {from}", name(argument.name), argument.sort)
}

fn often(seen: u64, of: u64) -> String {
    match (seen, of) {
        (_, 0) => "never before".to_owned(),
        (0, 1) => "never in the 1 earlier run to compare with".to_owned(),
        (0, of) => format!("never in the {of} earlier runs to compare with"),
        (seen, of) => format!("in {seen} of {of} earlier runs"),
    }
}

/// The deviation in one sentence. Escaped.
pub fn sentence(
    run: &Run,
    level: Level,
    terms: &[Term],
    (p, n): (f64, u64),
    sufficiency: &Sufficiency,
    capture: Option<Capture>,
) -> String {
    let id = run.id.visible();
    let run = match run.span {
        Span::Session => format!("Run {id}"),
        Span::Day => format!("The activity of {}", id.trim_start_matches("day:")),
    };
    let reasons = terms.iter().take(2).map(|term| term.what.as_str()).collect::<Vec<_>>();
    let reasons = reasons.join("; and ");
    let share = p * 100.0;
    let told = match level {
        Level::Alert | Level::Review | Level::Shift | Level::Clear => format!(
            "{run} does not fit the {n} runs before it ({share:.1} % are as unusual): {reasons}."
        ),
        Level::Unfamiliar => format!(
            "{run} is a kind of work that none of the {n} runs before it did, so it cannot be \
             compared: {reasons}."
        ),
        Level::NotConverged => {
            let when = match sufficiency {
                Sufficiency::NotConverged { until: Some(until), .. } => {
                    format!("before {}", until.strftime("%Y-%m-%d"))
                }
                Sufficiency::NotConverged { condition, .. } => {
                    format!("yet (missing: {condition})")
                }
                Sufficiency::Contaminated { because } => {
                    format!("because the baseline was learned during: {because}")
                }
                Sufficiency::Empty | Sufficiency::Converged => "yet".to_owned(),
            };
            format!("{run} shows something new that cannot be judged {when}: {reasons}.")
        }
    };
    match capture {
        Some(capture) if capture != Capture::Full => format!("{told} Note: {}.", capture.limits()),
        _ => told,
    }
}

/// One deviation in place of many alike, with the index of the first.
pub fn shift(members: Vec<(usize, Deviation)>) -> Option<(usize, Deviation)> {
    let runs = members.len() as u64;
    let until = members.iter().map(|(_, deviation)| deviation.until).max()?;
    let p = members.iter().map(|(_, deviation)| deviation.p).fold(1.0, f64::min);
    let mut capabilities: Vec<Capability> = Vec::new();
    for capability in members.iter().flat_map(|(_, deviation)| &deviation.capabilities) {
        if !capabilities.contains(capability) {
            capabilities.push(capability.clone());
        }
    }
    let (first, mut deviation) = members.into_iter().min_by_key(|(at, _)| *at)?;
    let reason = deviation.terms.first().map_or("", |term| term.what.as_str());
    deviation.sentence = format!(
        "Since {} {runs} runs differ from the {} before them in the same way, which looks like a \
         lasting change of work rather than an incident: {reason}; if it is intended, take a new \
         baseline from that date.",
        deviation.at.strftime("%Y-%m-%d"),
        deviation.n,
    );
    deviation.shift = Some(Shift { from: deviation.at, until, runs });
    deviation.until = until;
    deviation.level = Level::Shift;
    deviation.p = p;
    deviation.capabilities = capabilities;
    Some((first, deviation))
}
