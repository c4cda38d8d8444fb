//! Two groups of runs against each other: one tenant and another, this week's sessions and last
//! week's, before a change and after.

use serde::{Deserialize, Serialize};

use super::bound::{LnFactorials, Stratum, nats};
use super::drift::{probability, short};
use super::kind::KindId;
use super::observation::Observation;
use super::run::Run;
use super::scan::thresholds;
use super::settings::Settings;
use super::statistic::{Statistic, measure};
use crate::domain::EventId;

/// Events cited per comparison.
const CITED: usize = 3;

/// One statistic in which two groups differ beyond chance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    pub statistic: Statistic,
    /// The shares of runs above this, in the first group and the second.
    pub above: f64,
    pub first: f64,
    pub second: f64,
    /// At most this probable if the groups do not differ, all comparisons made considered.
    pub false_alarm: f64,
    /// Of runs of the second group.
    pub events: Vec<EventId>,
    /// Escaped.
    pub sentence: String,
}

/// In what the runs of two groups differ, the surest first, each statistic once. Groups that do not
/// differ are said to with a probability of at most [`Settings::false_alarm`].
pub fn compare(
    observation: &Observation,
    (first, second): (&[&Run], &[&Run]),
    shows: impl Fn(KindId) -> bool,
    settings: &Settings,
) -> Vec<Comparison> {
    let runs: Vec<&Run> = first.iter().chain(second).copied().collect();
    let series = measure(observation, &runs, shows);
    let questions: Vec<_> = series
        .iter()
        .flat_map(|series| thresholds(&series.values).into_iter().map(move |above| (series, above)))
        .collect();
    // Each is asked in two directions.
    let cost = (questions.len().max(1) as f64 * 2.0).ln();
    let factorials = LnFactorials::up_to(runs.len());
    let share = |hits: usize, of: usize| hits as f64 / of.max(1) as f64;
    let ask = |(series, above): &(&super::statistic::Series, f64)| {
        let (here, there) = series.values.split_at_checked(first.len())?;
        let above_it = |values: &[f64]| values.iter().filter(|value| **value > *above).count();
        let (hits, others) = (above_it(here), above_it(there));
        let (runs, inside) = (runs.len() as u64, first.len() as u64);
        let stratum = Stratum { runs, hits: (hits + others) as u64, inside };
        let false_alarm = (cost - nats(&[stratum], hits as u64, &factorials)).exp();
        let (hits, others) = (share(hits, here.len()), share(others, there.len()));
        (false_alarm <= settings.false_alarm).then(|| Comparison {
            above: *above,
            first: hits,
            second: others,
            false_alarm,
            events: {
                let shown = second.iter().flat_map(|run| series.statistic.events(run, observation));
                shown.take(CITED).collect()
            },
            sentence: format!(
                "{}: above {} in {:.0} % of {} runs, in {:.0} % of {} others; by chance with a \
                 probability of at most {}",
                series.statistic.visible(),
                short(*above),
                hits * 100.0,
                first.len(),
                others * 100.0,
                second.len(),
                probability(false_alarm),
            ),
            statistic: series.statistic.clone(),
        })
    };
    let mut found: Vec<Comparison> = questions.iter().filter_map(ask).collect();
    // The surest of each statistic, then the surest first.
    found.sort_by(|a, b| {
        a.statistic.cmp(&b.statistic).then_with(|| a.false_alarm.total_cmp(&b.false_alarm))
    });
    found.dedup_by(|next, known| next.statistic == known.statistic);
    found.sort_by(|a, b| a.false_alarm.total_cmp(&b.false_alarm));
    found
}

#[cfg(test)]
mod tests {
    use super::super::simulated::{Habits, STEADY, observed, runs};
    use super::*;

    /// The first ten days against the last ten.
    fn compared(seed: u64, later: Habits) -> Vec<Comparison> {
        let habits = |day: i64| if day < 10 { STEADY } else { later };
        let observation = observed(0..20, true, seed, habits);
        let runs = runs(&observation);
        let halves = runs.split_at(60);
        compare(&observation, halves, |_| true, &Settings::default())
    }

    #[test]
    fn like_groups_differ_in_at_most_one_of_a_hundred() {
        let streams = 500;
        let alarms = (0..streams).filter(|seed| !compared(*seed, STEADY).is_empty()).count();
        // One in a hundred, and three standard deviations.
        assert!(alarms <= 12, "{alarms}");
    }

    #[test]
    fn what_differs_is_named_with_its_numbers() {
        let found = compared(1, Habits { tokens: 6000.0, ..STEADY });
        let [tokens] = found.as_slice() else { unreachable!("{found:#?}") };
        assert_eq!(tokens.statistic, Statistic::Tokens);
        assert!(tokens.first < 0.2 && tokens.second > 0.8 && !tokens.events.is_empty());
        assert!(tokens.sentence.starts_with("tokens per run: above "), "{}", tokens.sentence);
    }
}
