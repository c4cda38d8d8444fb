//! How many different names there were: HyperLogLog (Flajolet, Fusy, Gandouet, Meunier:
//! *HyperLogLog: the analysis of a near-optimal cardinality estimation algorithm*, AofA 2007), over
//! 64 bits of hash, so that it needs no correction for large numbers (Heule, Nunkesser, Hall 2013).

use serde::{Deserialize, Serialize};

use super::hash::Hash;

const REGISTER_BITS: u32 = 10;

/// One byte each.
pub const REGISTERS: usize = 1 << REGISTER_BITS;

/// Standard error of the estimate, 1.04/√m (theorem 1 of the paper): 3.25 %.
pub const STANDARD_ERROR: f64 = 1.04 / (1 << (REGISTER_BITS / 2)) as f64;

/// Counts different names; merging keeps the larger of each pair of registers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Distinct {
    registers: Vec<u8>,
}

impl Default for Distinct {
    fn default() -> Self {
        Self { registers: vec![0; REGISTERS] }
    }
}

impl Distinct {
    pub fn add(&mut self, name: Hash) {
        let register = (name.low >> (64 - REGISTER_BITS)) as usize;
        let rest = (name.low << REGISTER_BITS) | (1 << (REGISTER_BITS - 1));
        let zeros = rest.leading_zeros() as u8 + 1;
        if let Some(known) = self.registers.get_mut(register) {
            *known = zeros.max(*known);
        }
    }

    pub fn merge(&mut self, other: &Self) {
        for (known, further) in self.registers.iter_mut().zip(&other.registers) {
            *known = (*known).max(*further);
        }
    }

    pub fn estimate(&self) -> u64 {
        let registers = self.registers.len() as f64;
        let harmonic: f64 = self.registers.iter().map(|zeros| 0.5f64.powi(i32::from(*zeros))).sum();
        let raw = 0.7213 / (1.0 + 1.079 / registers) * registers * registers / harmonic;
        let empty = self.registers.iter().filter(|zeros| **zeros == 0).count();
        // The paper's correction for small numbers: linear counting.
        let small = raw <= 2.5 * registers && empty > 0;
        let estimate = if small { registers * (registers / empty as f64).ln() } else { raw };
        estimate.round() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Text;

    fn names(numbers: std::ops::Range<u32>) -> Distinct {
        let mut distinct = Distinct::default();
        for number in numbers {
            distinct.add(Hash::of(&[&Text::from(number.to_string())]));
        }
        distinct
    }

    #[test]
    fn estimates_keep_to_the_standard_error_of_the_paper() {
        let sizes = [0, 1, 10, 100, 500, 1000, 2000, 5000, 20_000, 100_000];
        for size in sizes {
            let estimate = names(7..7 + size).estimate() as f64;
            let error = (estimate - f64::from(size)).abs();
            assert!(error <= 3.0 * STANDARD_ERROR * f64::from(size), "{estimate} of {size}");
        }
    }

    #[test]
    fn merging_is_learning_from_the_union() {
        let mut merged = names(500..3000);
        merged.merge(&names(0..700));
        assert_eq!(merged, names(0..3000));
    }
}
