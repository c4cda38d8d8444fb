//! How often a name occurred, when there are too many names to count each: Count-Min (Cormode,
//! Muthukrishnan: *An Improved Data Stream Summary*, J. Algorithms 55(1), 2005).
//!
//! Sums only, so that it merges exactly in any order; the variant with conservative update does not.

use serde::{Deserialize, Serialize};

use super::hash::Hash;

const WIDTH: usize = 256;
const ROWS: usize = 4;

/// Counters of 8 bytes.
pub const COUNTERS: usize = WIDTH * ROWS;

/// An estimate is never too low and, but for a chance of e^-4 = 1.8 % (theorem 1 of the paper), too
/// high by at most this share of all that was counted.
pub const OVERESTIMATE: f64 = std::f64::consts::E / WIDTH as f64;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountMin {
    counters: Vec<u64>,
}

impl Default for CountMin {
    fn default() -> Self {
        Self { counters: vec![0; COUNTERS] }
    }
}

/// The counters of a name, one in each row.
fn places(name: Hash) -> impl Iterator<Item = usize> {
    // Two hashes make all the others (Kirsch, Mitzenmacher 2006).
    (0..ROWS).map(move |row| {
        let hash = name.high.wrapping_add(name.low.wrapping_mul(row as u64 + 1)) >> 32;
        row * WIDTH + hash as usize % WIDTH
    })
}

impl CountMin {
    pub fn add(&mut self, name: Hash, times: u64) {
        for place in places(name) {
            if let Some(counter) = self.counters.get_mut(place) {
                *counter = counter.saturating_add(times);
            }
        }
    }

    pub fn merge(&mut self, other: &Self) {
        for (counter, further) in self.counters.iter_mut().zip(&other.counters) {
            *counter = counter.saturating_add(*further);
        }
    }

    pub fn estimate(&self, name: Hash) -> u64 {
        places(name).filter_map(|place| self.counters.get(place).copied()).min().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Text;

    fn name(number: u64) -> Hash {
        Hash::of(&[&Text::from(number.to_string())])
    }

    fn counted(numbers: impl Iterator<Item = u64>) -> CountMin {
        let mut sketch = CountMin::default();
        numbers.for_each(|number| sketch.add(name(number), number % 7 + 1));
        sketch
    }

    #[test]
    fn estimates_keep_to_the_bound_of_the_paper() {
        let sketch = counted(0..5000);
        let all: u64 = (0..5000).map(|number| number % 7 + 1).sum();
        let allowed = (OVERESTIMATE * all as f64) as u64;
        let mut beyond = 0;
        for number in 0..5000 {
            let (exact, estimate) = (number % 7 + 1, sketch.estimate(name(number)));
            assert!(estimate >= exact, "{estimate} is less than {exact}");
            beyond += usize::from(estimate > exact + allowed);
        }
        assert!((beyond as f64) < 5000.0 * (-(ROWS as f64)).exp(), "{beyond} beyond the bound");
    }

    #[test]
    fn merging_is_learning_from_the_union() {
        let mut merged = counted(900..2000);
        merged.merge(&counted(0..900));
        assert_eq!(merged, counted(0..2000));
    }
}
