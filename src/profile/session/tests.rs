use proptest::prelude::*;
use proptest::strategy::ValueTree;

use super::*;
use crate::domain::EventId;
use crate::profile::argument::{Argument, NameId, Sort, ValueSource};
use crate::profile::deviation::p_value;
use crate::profile::kind::KindId;
use crate::profile::run::{Amounts, Call, Run, Span};

/// A run in small numbers: stems of its prompt, and calls as kind, origin and value.
type Small = (Vec<u32>, Vec<(u32, u8, u64)>);

fn small() -> impl Strategy<Value = Small> {
    let call = (0u32..4, 0u8..4, 0u64..5);
    (prop::collection::vec(0u32..6, 0..4), prop::collection::vec(call, 0..5))
}

/// Kinds of even number write.
fn kinds() -> Vec<crate::domain::Capability> {
    ["send_a", "get_b", "write_c", "list_d"]
        .map(|name| crate::domain::Capability::Tool { server: None, name: name.into() })
        .to_vec()
}

fn facts((stems, calls): &Small) -> Facts {
    let mut stems = stems.clone();
    stems.sort_unstable();
    stems.dedup();
    let time = jiff::Timestamp::UNIX_EPOCH;
    let call = |(number, (kind, source, value)): (usize, &(u32, u8, u64))| {
        let source = match source {
            0 => ValueSource::Prompt,
            1 => ValueSource::Output(NameId(1)),
            2 => ValueSource::Novel,
            _ => ValueSource::Other,
        };
        let sort = if value % 2 == 0 { Sort::Email } else { Sort::Id };
        Call {
            time,
            kind: KindId(*kind),
            event: EventId::of("small", &[&number.to_string()]),
            effect: None,
            target: None,
            shape: None,
            arguments: [Argument { name: NameId(0), sort, source, value: *value }].into(),
            from_untrusted: None,
            refused: false,
        }
    };
    let run = Run {
        agent: crate::domain::AgentKey::default(),
        id: "run".into(),
        span: Span::Session,
        trace: None,
        start: time,
        end: time,
        events: 0,
        calls: calls.iter().enumerate().map(call).collect(),
        tally: std::collections::BTreeMap::default(),
        prompt: None,
        asked: crate::profile::asked::Asked { stems, addresses: Vec::new() },
        kernel_or_api: false,
        amounts: Amounts::default(),
    };
    Facts::of(&run, &kinds(), |_| true)
}

fn learned<'f>(runs: impl IntoIterator<Item = &'f Facts>) -> Sessions {
    let mut sessions = Sessions::default();
    runs.into_iter().for_each(|run| sessions.learn(run));
    sessions
}

fn surprise(sessions: &Sessions, run: &Facts, without: &[&Facts]) -> f64 {
    score(&sessions.like(&run.context, without), run)
}

proptest! {
    /// Leaving a run out is as if it had never been learned.
    #[test]
    fn left_out_is_not_learned(runs in prop::collection::vec(small(), 1..12), at: prop::sample::Index) {
        let runs: Vec<Facts> = runs.iter().map(facts).collect();
        let at = at.index(runs.len());
        let all = learned(&runs);
        let rest = learned(runs.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, run)| run));
        let run = &runs[at];
        let (out, never) = (surprise(&all, run, &[run]), surprise(&rest, run, &[]));
        prop_assert!((out - never).abs() < 1e-9, "{out} {never}");
    }

    /// The order of learning does not matter.
    #[test]
    fn order_does_not_matter(runs in prop::collection::vec(small(), 1..12), new in small()) {
        let runs: Vec<Facts> = runs.iter().map(facts).collect();
        let new = facts(&new);
        let (there, back) = (learned(&runs), learned(runs.iter().rev()));
        let (a, b) = (surprise(&there, &new, &[]), surprise(&back, &new, &[]));
        prop_assert!((a - b).abs() < 1e-9, "{a} {b}");
    }

    /// What was learned once more is not more surprising, term by term.
    #[test]
    fn learning_a_run_never_makes_it_more_surprising(
        runs in prop::collection::vec(small(), 0..12), new in small(),
    ) {
        let runs: Vec<Facts> = runs.iter().map(facts).collect();
        let new = facts(&new);
        let (before, after) = (learned(&runs), learned(runs.iter().chain([&new])));
        let (before, after) = (before.like(&new.context, &[]), after.like(&new.context, &[]));
        for shown in &new.shown {
            let (was, is) = (before.rarity(*shown).nats, after.rarity(*shown).nats);
            prop_assert!(is <= was + 1e-9, "{shown:?}: {was} to {is}");
        }
        let (was, is) = (score(&before, &new), score(&after, &new));
        prop_assert!(is <= was + 1e-9, "{was} to {is}");
    }
}

/// Runs drawn from one source: the share of p-values up to a threshold is at most the threshold, for
/// every number of runs.
#[test]
fn p_values_of_exchangeable_runs_are_super_uniform() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let work: Vec<Facts> = (0..40)
        .filter_map(|_| small().new_tree(&mut runner).ok())
        .map(|tree| facts(&tree.current()))
        .collect();
    for n in [1usize, 5, 19, 40, 99] {
        let draws = 600;
        let mut low = [0u32; 3];
        let thresholds = [0.05, 0.1, 0.3];
        for _ in 0..draws {
            let mut draw = || {
                let at = (0..work.len()).new_tree(&mut runner).expect("a number").current();
                &work[at]
            };
            let runs: Vec<&Facts> = (0..n).map(|_| draw()).collect();
            let new = draw();
            let sessions = learned(runs.iter().copied());
            let mut calibration: Vec<f64> =
                runs.iter().map(|run| surprise(&sessions, run, &[run])).collect();
            calibration.sort_by(f64::total_cmp);
            let p = p_value(&calibration, surprise(&sessions, new, &[]));
            for (count, threshold) in low.iter_mut().zip(thresholds) {
                *count += u32::from(p <= threshold);
            }
        }
        for (count, threshold) in low.into_iter().zip(thresholds) {
            let share = f64::from(count) / f64::from(draws);
            // Three standard errors of a share of so many draws.
            let error = 3.0 * (threshold * (1.0 - threshold) / f64::from(draws)).sqrt();
            assert!(share <= threshold + error, "n {n}: {share} of p-values up to {threshold}");
        }
    }
}
