//! A conformal test martingale: whether a stream of numbers still comes from where it came from.
//!
//! Each number is placed among its predecessors. While they are exchangeable the places are uniform
//! and independent, whatever their distribution, and a gambler who bets against that gains nothing:
//! by Ville's inequality his fortune ever reaches 1/α with a probability of at most α over the whole
//! stream. So a large fortune is evidence of change, with a bound on false alarms (Vovk et al.,
//! *Retrain or not retrain: conformal test martingales for change-point detection*, 2021).

/// The share of the fortune that is dealt out anew before each bet, so that bets lost early can be
/// taken up later (the simple jumper).
const JUMP: f64 = 0.01;

/// Bets: densities on (0, 1), so that each is fair while places are uniform.
const BETS: [fn(f64) -> f64; 7] = [
    |_| 1.0,
    |place| 1.0 + (place - 0.5),
    |place| 1.0 - (place - 0.5),
    |place| 2.0 * place,
    |place| 2.0 * (1.0 - place),
    |place| 0.5 / place.sqrt(),
    |place| 0.5 / (1.0 - place).sqrt(),
];

/// Where each number stands among its predecessors of the same one of two classes, in (0, 1): the share of them
/// that is smaller. Ties are broken by `tie`, a number in (0, 1) per place that has nothing to do
/// with the values, which makes the places exactly uniform.
pub fn places(values: &[f64], classes: &[bool], ties: &[f64]) -> Vec<f64> {
    let mut of_class: [Vec<f64>; 2] = Default::default();
    let mut places = Vec::with_capacity(values.len());
    for ((value, class), tie) in values.iter().zip(classes).zip(ties) {
        let [first, second] = &mut of_class;
        let earlier = if *class { second } else { first };
        let smaller = earlier.partition_point(|other| other.total_cmp(value).is_lt());
        let equal = earlier.partition_point(|other| other.total_cmp(value).is_le()) - smaller;
        let place = (smaller as f64 + tie * (equal + 1) as f64) / (earlier.len() + 1) as f64;
        earlier.insert(smaller, *value);
        places.push(place.clamp(1e-9, 1.0 - 1e-9));
    }
    places
}

/// The logarithm of the fortune after each place.
pub fn fortunes(places: &[f64]) -> Vec<f64> {
    let mut shares = [1.0 / BETS.len() as f64; BETS.len()];
    let mut fortune = 0.0;
    let mut course = Vec::with_capacity(places.len());
    for place in places {
        let mut sum = 0.0;
        for (share, bet) in shares.iter_mut().zip(BETS) {
            *share = ((1.0 - JUMP) * *share + JUMP / BETS.len() as f64) * bet(*place);
            sum += *share;
        }
        // Kept as shares of one, so that no fortune is too large for a number.
        shares.iter_mut().for_each(|share| *share /= sum);
        fortune += sum.ln();
        course.push(fortune);
    }
    course
}

/// The peak of the fortune and where the climb to it began.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Climb {
    /// The first place of the climb.
    pub began: usize,
    /// The place at which the fortune first reached the threshold.
    pub reached: usize,
    /// The highest logarithm of the fortune.
    pub peak: f64,
}

/// The climb over a threshold (of the logarithm), if there is one. It began after the lowest point
/// before it, as with a cumulative sum chart.
pub fn climb(course: &[f64], threshold: f64) -> Option<Climb> {
    let reached = course.iter().position(|fortune| *fortune >= threshold)?;
    let before = course.get(..reached)?;
    let lowest = before.iter().enumerate().fold((0, 0.0), |lowest, (at, fortune)| {
        if *fortune <= lowest.1 { (at + 1, *fortune) } else { lowest }
    });
    let peak = course.iter().copied().fold(threshold, f64::max);
    Some(Climb { began: lowest.0, reached, peak })
}

#[cfg(test)]
mod tests {
    use super::super::random::Random;
    use super::*;

    fn course(values: &[f64], random: &mut Random) -> Vec<f64> {
        let ties: Vec<f64> = values.iter().map(|_| random.uniform()).collect();
        fortunes(&places(values, &vec![false; values.len()], &ties))
    }

    #[test]
    fn every_bet_is_fair() {
        for bet in BETS {
            let steps = 1_000_000;
            let sum: f64 = (0..steps).map(|step| bet((f64::from(step) + 0.5) / 1e6)).sum();
            assert!((sum / 1e6 - 1.0).abs() < 1e-3, "{sum}");
        }
    }

    /// Ville's inequality over the whole stream, for numbers with and without ties.
    #[test]
    fn false_alarms_are_bounded() {
        for (alpha, ties) in [(0.05, false), (0.05, true), (0.01, true)] {
            let streams = 2000;
            let alarms = (0..streams)
                .filter(|seed| {
                    let mut random = Random::new(*seed);
                    let values: Vec<f64> = (0..300)
                        .map(|_| match ties {
                            true => (random.uniform() * 3.0).floor(),
                            false => random.uniform(),
                        })
                        .collect();
                    climb(&course(&values, &mut random), -f64::ln(alpha)).is_some()
                })
                .count();
            let most = alpha + 3.0 * (alpha * (1.0 - alpha) / streams as f64).sqrt();
            assert!(alarms as f64 <= most * streams as f64, "{alarms} at {alpha}");
        }
    }

    #[test]
    fn a_change_is_found_where_it_began() {
        let mut errors: Vec<i64> = (0..50)
            .map(|seed| {
                let mut random = Random::new(seed);
                let values: Vec<f64> = (0..300)
                    .map(|at| random.uniform() + if at >= 150 { 0.7 } else { 0.0 })
                    .collect();
                let found = climb(&course(&values, &mut random), 10.0).expect("a climb");
                assert!(found.reached > 150 && found.reached < 200, "{found:?}");
                i64::try_from(found.began).expect("small") - 150
            })
            .collect();
        errors.sort_by_key(|error| error.abs());
        assert!(errors.get(40).is_some_and(|error| error.abs() <= 20), "{errors:?}");
    }
}
