//! Runs of a simulated agent, for the tests of guarantees: drawn from known distributions with a
//! fixed seed.

use super::fixture::{agent, at};
use super::kind::KindId;
use super::observation::Observation;
use super::random::Random;
use super::run::{Amounts, Call, Run, Span, Tally};
use crate::domain::{Capability, EventId, Text};

/// What a simulated agent does on one day.
#[derive(Clone, Copy)]
pub struct Habits {
    pub runs: u32,
    /// Probability that a run shows each kind of call.
    pub kinds: [f64; 6],
    /// Mean of the tokens of a run (exponentially distributed around half of it).
    pub tokens: f64,
    /// Hours from `hour` on in which runs start.
    pub hour: f64,
    /// Probability that a run uses the second of two targets.
    pub target: f64,
}

pub const STEADY: Habits = Habits {
    runs: 6,
    kinds: [1.0, 0.8, 0.5, 0.3, 0.1, 0.0],
    tokens: 1000.0,
    hour: 9.0,
    target: 0.2,
};

pub fn tool(number: usize) -> Capability {
    Capability::Tool { server: None, name: format!("tool{number}").into() }
}

/// What an agent with these habits by day leaves behind. Weekends, where `weekends` is not set, are
/// free.
pub fn observed(
    days: std::ops::Range<i64>,
    weekends: bool,
    seed: u64,
    habits: impl Fn(i64) -> Habits,
) -> Observation {
    let mut random = Random::new(seed);
    let mut observation =
        Observation { kinds: (0..6).map(tool).collect(), ..Observation::default() };
    let mut runs = Vec::new();
    for day in days.filter(|day| weekends || day.rem_euclid(7) < 5) {
        let habits = habits(day);
        for number in 0..habits.runs {
            let hours = day as f64 * 24.0 + habits.hour + random.uniform() * 6.0;
            runs.push(run(&format!("{day}-{number}"), hours, &habits, &mut random));
        }
    }
    runs.sort_by(|a, b| (a.start, &a.id).cmp(&(b.start, &b.id)));
    observation.from = runs.first().map(|run| run.start);
    observation.until = runs.last().map(|run| run.end);
    observation.runs.insert(agent(), runs);
    observation
}

fn run(id: &str, hours: f64, habits: &Habits, random: &mut Random) -> Run {
    let mut run = Run {
        agent: agent(),
        id: id.into(),
        span: Span::Session,
        trace: None,
        start: at(hours),
        end: at(hours + random.uniform() * 0.2),
        events: 0,
        calls: Vec::new(),
        tally: Default::default(),
        prompt: None,
        asked: Default::default(),
        kernel_or_api: false,
        amounts: Amounts {
            tokens: (habits.tokens * (0.5 - 0.5 * random.uniform().ln())) as u64,
            ..Amounts::default()
        },
    };
    for (number, probability) in habits.kinds.iter().enumerate() {
        if random.uniform() >= *probability {
            continue;
        }
        let kind = KindId(u32::try_from(number).expect("few"));
        let event = EventId::of("simulated", &[id, &number.to_string()]);
        let calls = 1 + (random.uniform() * 3.0) as u64;
        run.tally.insert(kind, Tally { calls, refused: 0, effect: None, sample: event });
        let second = random.uniform() < habits.target;
        let target: Text = if second { "second" } else { "first" }.into();
        run.calls.push(Call {
            time: run.start,
            kind,
            event,
            effect: None,
            target: Some(target),
            shape: None,
            arguments: Default::default(),
            from_untrusted: None,
            refused: false,
        });
    }
    run
}

pub fn runs(observation: &Observation) -> Vec<&Run> {
    observation.runs_of(&agent()).iter().collect()
}
