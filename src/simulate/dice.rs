//! Chance that repeats: every draw comes from a ChaCha8 stream named by the seed and a purpose, so
//! that one part of the estate can change without disturbing the draws of another.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// The letters Kubernetes uses for generated suffixes.
const SUFFIX: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
const HEX: &[u8] = b"0123456789abcdef";

pub struct Dice(ChaCha8Rng);

impl Dice {
    pub fn new(seed: u64, purpose: &[&str]) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&seed.to_le_bytes());
        for part in purpose {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        Self(ChaCha8Rng::from_seed(*hasher.finalize().as_bytes()))
    }

    /// A number in `0..limit`, or 0 when the limit is 0.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0.next_u64().checked_rem(limit).unwrap_or(0)
    }

    /// A number in `least..=most`.
    pub fn between(&mut self, least: i64, most: i64) -> i64 {
        let width = most.saturating_sub(least).max(0).unsigned_abs().saturating_add(1);
        least.saturating_add_unsigned(self.below(width))
    }

    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        from.get(self.below(from.len() as u64) as usize)
    }

    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last as u64 + 1) as usize);
        }
    }

    pub fn hex(&mut self, digits: usize) -> String {
        self.letters(HEX, digits)
    }

    /// A generated suffix as Kubernetes spells them.
    pub fn suffix(&mut self, length: usize) -> String {
        self.letters(SUFFIX, length)
    }

    /// A version 4 UUID.
    pub fn uuid(&mut self) -> String {
        let (high, low) = (self.0.next_u64(), self.0.next_u64());
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xfff,
            (low >> 48) & 0x3fff | 0x8000,
            low & 0xffff_ffff_ffff
        )
    }

    fn letters(&mut self, alphabet: &[u8], length: usize) -> String {
        (0..length).filter_map(|_| self.pick(alphabet).map(|&letter| letter as char)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_purpose_draws_the_same() {
        let draw = |seed, purpose: &[&str]| Dice::new(seed, purpose).uuid();
        assert_eq!(draw(1, &["run", "a"]), draw(1, &["run", "a"]));
        assert_ne!(draw(1, &["run", "a"]), draw(2, &["run", "a"]));
        assert_ne!(draw(1, &["run", "a"]), draw(1, &["ru", "na"]));
    }

    #[test]
    fn numbers_stay_inside_their_limits() {
        let mut dice = Dice::new(7, &["limits"]);
        for _ in 0..200 {
            assert!((3..=5).contains(&dice.between(3, 5)));
            assert_eq!(dice.below(0), 0);
        }
        let uuid = dice.uuid();
        assert_eq!(uuid.len(), 36);
        assert_eq!(uuid.as_bytes().get(14), Some(&b'4'));
    }
}
