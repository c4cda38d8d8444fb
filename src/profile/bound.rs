//! How improbable it is that a window holds as many hits as it does, were its runs like the others:
//! Fisher's exact test, in strata whose runs are comparable (weekdays with weekdays).
//!
//! Nothing rests on an approximation for large samples. Results are in nats, the negative natural
//! logarithm of a probability.

/// Comparable runs: all of them, those that show something, and those inside the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stratum {
    pub runs: u64,
    pub hits: u64,
    pub inside: u64,
}

/// No evidence is counted for more: beyond, numbers are no longer told from zero.
const MOST_NATS: f64 = 700.0;

impl Stratum {
    pub fn expected(&self) -> f64 {
        self.hits as f64 * self.inside as f64 / (self.runs as f64).max(1.0)
    }

    /// Of the number of hits inside.
    pub fn variance(&self) -> f64 {
        let (runs, inside) = (self.runs as f64, self.inside as f64);
        let share = self.hits as f64 / runs.max(1.0);
        share * (1.0 - share) * inside * (runs - inside) / (runs - 1.0).max(1.0)
    }

    /// Probabilities of 0, 1, 2 … hits inside: the hypergeometric distribution.
    fn distribution(&self, ln: &LnFactorials) -> Vec<f64> {
        let misses = self.runs.saturating_sub(self.hits);
        let all = ln.choose(self.runs, self.inside);
        let probability = |hits: u64| match self.inside.checked_sub(hits) {
            Some(rest) if rest <= misses => {
                (ln.choose(self.hits, hits) + ln.choose(misses, rest) - all).exp()
            }
            _ => 0.0,
        };
        (0..=self.hits.min(self.inside)).map(probability).collect()
    }
}

/// The evidence in `hits` inside the window, in the direction in which they differ from what is
/// expected.
pub fn nats(strata: &[Stratum], hits: u64, ln: &LnFactorials) -> f64 {
    let mut sum = vec![1.0];
    for stratum in strata.iter().filter(|stratum| stratum.inside > 0) {
        sum = convolved(&sum, &stratum.distribution(ln));
    }
    let expected: f64 = strata.iter().map(Stratum::expected).sum();
    let at = usize::try_from(hits).unwrap_or(usize::MAX);
    let tail: f64 = match hits as f64 >= expected {
        true => sum.iter().skip(at).sum(),
        false => sum.iter().take(at.saturating_add(1)).sum(),
    };
    (-tail.ln()).clamp(0.0, MOST_NATS)
}

/// The distribution of a sum of two independent numbers.
fn convolved(a: &[f64], b: &[f64]) -> Vec<f64> {
    let mut sum = vec![0.0; (a.len() + b.len()).saturating_sub(1)];
    for (at, a) in a.iter().enumerate() {
        for (sum, b) in sum.iter_mut().skip(at).zip(b) {
            *sum += a * b;
        }
    }
    sum
}

/// ln n! for every n up to a number.
pub struct LnFactorials(Vec<f64>);

impl LnFactorials {
    pub fn up_to(most: usize) -> Self {
        let mut sum = 0.0;
        let mut all = vec![0.0];
        all.extend((1..=most).map(|n| {
            sum += (n as f64).ln();
            sum
        }));
        Self(all)
    }

    fn of(&self, n: u64) -> f64 {
        let at = usize::try_from(n).unwrap_or(usize::MAX);
        self.0.get(at).copied().unwrap_or(f64::INFINITY)
    }

    /// ln of the number of ways to choose `part` of `all`.
    fn choose(&self, all: u64, part: u64) -> f64 {
        self.of(all) - self.of(part) - self.of(all.saturating_sub(part))
    }
}

#[cfg(test)]
mod tests {
    use super::super::random::Random;
    use super::*;

    #[track_caller]
    fn check(strata: &[(u64, u64, u64)], hits: u64, probability: f64) {
        let strata: Vec<Stratum> =
            strata.iter().map(|&(runs, hits, inside)| Stratum { runs, hits, inside }).collect();
        let nats = nats(&strata, hits, &LnFactorials::up_to(100));
        assert!((nats + probability.ln()).abs() < 1e-9, "{nats}: {}", (-nats).exp());
    }

    #[test]
    fn fisher_by_hand() {
        // Seven of seven, out of seven among 28: one way of C(28, 7).
        check(&[(28, 7, 7)], 7, 1.0 / 1_184_040.0);
        // Fisher's tea: three of four cups right or better, (16 + 1) / 70.
        check(&[(8, 4, 4)], 3, 17.0 / 70.0);
        // And one or fewer.
        check(&[(8, 4, 4)], 1, 17.0 / 70.0);
        // Two strata, both as extreme as can be.
        check(&[(8, 4, 4), (4, 1, 1)], 5, 1.0 / 70.0 / 4.0);
        check(&[(5, 0, 2)], 0, 1.0);
    }

    proptest::proptest! {
        /// p-values of draws are super-uniform: a probability of at most α has at most probability α.
        #[test]
        fn draws_keep_the_promise(seed: u64, runs in 2u64..30, hits in 0u64..30, inside in 1u64..30) {
            let (hits, inside) = (hits.min(runs), inside.min(runs));
            let stratum = Stratum { runs, hits, inside };
            let ln = LnFactorials::up_to(30);
            let mut random = Random::new(seed);
            let draws = 2000;
            let alarms = (0..draws).filter(|_| {
                // Draws without replacement.
                let (mut left, mut good, mut found) = (runs, hits, 0);
                for _ in 0..inside {
                    if random.uniform() * (left as f64) < good as f64 {
                        good -= 1;
                        found += 1;
                    }
                    left -= 1;
                }
                nats(&[stratum], found, &ln) >= 20f64.ln()
            });
            // 5 % in either direction, and four standard deviations.
            proptest::prop_assert!(alarms.count() < 254);
        }
    }
}
