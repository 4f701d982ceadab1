//! Where a generator's decisions come from.
//!
//! One generator serves every use: it asks a [`Choice`] for small numbers, and the source behind it decides whether they
//! come from a seed, a fuzzer's bytes or an enumeration.

use rand_core::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;

/// A source of decisions.
pub trait Choice {
    /// A number below `bound`, which must not be zero.
    fn below(&mut self, bound: u64) -> u64;

    /// An index into `weights`, each as likely as its weight says. At least one weight must not be zero.
    fn weighted(&mut self, weights: &[u32]) -> usize {
        let total: u64 = weights.iter().copied().map(u64::from).sum();
        let mut left = self.below(total.max(1));
        for (index, weight) in weights.iter().copied().enumerate() {
            match left.checked_sub(weight.into()) {
                Some(rest) => left = rest,
                None => return index,
            }
        }
        0
    }

    /// Whether something happens that happens `times` out of `of`.
    fn chance(&mut self, times: u64, of: u64) -> bool {
        self.below(of) < times
    }

    /// A number close to one of `anchors`: the anchor itself most often, else up to three away.
    fn near(&mut self, anchors: &[i64]) -> i64 {
        let anchor = anchors.get(self.index(anchors.len())).copied().unwrap_or(0);
        let offset = [0, 0, 0, 1, -1, 2, -2, 3][self.index(8)];
        anchor.saturating_add(offset)
    }

    /// An index below `length`; 0 when that is 0.
    fn index(&mut self, length: usize) -> usize {
        match length {
            0 => 0,
            length => self.below(length as u64) as usize,
        }
    }
}

/// Decisions from a seed: the same seed gives the same decisions on every machine and in every release.
#[derive(Debug, Clone)]
pub struct Seeded(Pcg64Mcg);

impl Seeded {
    /// The decisions of this seed.
    pub fn new(seed: u64) -> Seeded {
        Seeded(Pcg64Mcg::seed_from_u64(seed))
    }

    /// The decisions of the `index`th trace of a run: independent of how many decisions the earlier traces took.
    pub fn for_trace(seed: u64, index: u64) -> Seeded {
        let mut mixer = Pcg64Mcg::seed_from_u64(seed);
        let mixed = mixer.next_u64() ^ index.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        Seeded::new(mixed)
    }
}

impl Choice for Seeded {
    fn below(&mut self, bound: u64) -> u64 {
        // The bias of a 64-bit remainder is far below what any generator could notice.
        self.0.next_u64() % bound.max(1)
    }
}
