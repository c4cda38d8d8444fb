//! One hash for all sketches, the same on every machine and in every version: what is stored has to
//! merge with what is learned later. BLAKE3, since names come from those who may want them to collide.

use crate::domain::Text;

/// 128 bits of a name, in two halves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hash {
    pub high: u64,
    pub low: u64,
}

impl Hash {
    pub fn of(parts: &[&Text]) -> Self {
        let mut hasher = blake3::Hasher::new();
        for part in parts {
            hasher.update(&(part.raw().len() as u64).to_le_bytes());
            hasher.update(part.raw().as_bytes());
        }
        let mut bytes = [0; 16];
        hasher.finalize_xof().fill(&mut bytes);
        let number = u128::from_le_bytes(bytes);
        Self { high: (number >> 64) as u64, low: number as u64 }
    }

    /// A number that looks random, another one for every name and seed: the finaliser of SplitMix64
    /// (Steele, Lea, Flood 2014).
    pub fn mixed(self, seed: u64) -> u64 {
        let mut mixed = self.high ^ seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}
