//! The only place where randomness enters, and it enters by a seed.
//!
//! Every entity draws from a stream of its own: the third member launched boots in
//! the same time under any policy, so the difference between two runs is the
//! policies' and not the dice's.

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};
use setpoint_core::Span;
use std::f64::consts::TAU;

/// All the luck of one run.
#[derive(Clone, Copy, Debug)]
pub struct Chance {
    seed: u64,
}

impl Chance {
    /// The luck that `seed` stands for.
    pub const fn new(seed: u64) -> Self {
        Self { seed }
    }

    /// The luck of a part that is made as the whole is, such as a second site: no stream of it is one
    /// of the whole's.
    #[must_use]
    pub(crate) fn of(self, part: &str) -> Self {
        Self { seed: fnv1a(self.seed.to_le_bytes().into_iter().chain(part.bytes())) }
    }

    /// The stream of the `nth` entity of `kind`: ("member", 3).
    pub fn stream(self, kind: &str, nth: u64) -> Stream {
        let mut generator = ChaCha8Rng::seed_from_u64(self.seed);
        generator.set_stream(fnv1a(kind.bytes().chain(nth.to_le_bytes())));
        Stream { generator }
    }
}

/// The luck of one entity.
#[derive(Clone, Debug)]
pub struct Stream {
    generator: ChaCha8Rng,
}

impl Stream {
    /// A number from 0 up to but not including 1.
    pub fn uniform(&mut self) -> f64 {
        (self.generator.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A number with mean 0 and variance 1, by the method of Box and Muller.
    pub fn normal(&mut self) -> f64 {
        let distance = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        distance * (TAU * self.uniform()).cos()
    }
}

/// A length of time that varies: lognormal, never negative, with a long tail.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// Half of the draws are shorter.
    pub median: Span,
    /// The standard deviation of the logarithm; 0 for a fixed time.
    pub sigma: f64,
}

impl Spread {
    /// One draw.
    pub fn draw(self, stream: &mut Stream) -> Span {
        let factor = (self.sigma * stream.normal()).exp();
        Span::from_ms((self.median.ms() as f64 * factor).round() as u64)
    }
}

/// The 64-bit FNV-1a hash: streams must not depend on the standard library's hasher.
pub(crate) fn fnv1a(bytes: impl Iterator<Item = u8>) -> u64 {
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOOT: Spread = Spread { median: Span::from_secs(120), sigma: 0.3 };

    fn draws(seed: u64, kind: &str) -> Vec<u64> {
        let chance = Chance::new(seed);
        (0..2000).map(|nth| BOOT.draw(&mut chance.stream(kind, nth)).ms()).collect()
    }

    #[test]
    fn equal_seeds_give_equal_luck_and_others_do_not() {
        assert_eq!(draws(1, "member"), draws(1, "member"));
        assert_ne!(draws(1, "member"), draws(2, "member"));
        assert_ne!(draws(1, "member"), draws(1, "replica"));
    }

    #[test]
    fn a_spread_has_its_median_and_its_sigma() {
        let mut drawn = draws(7, "member");
        drawn.sort_unstable();
        let median = drawn[1000] as f64 / 1000.0;
        let one_sigma_up = drawn[1683] as f64 / 1000.0;
        assert!((median - 120.0).abs() < 3.0, "median {median}");
        assert!(
            (one_sigma_up - 120.0 * 0.3_f64.exp()).abs() < 5.0,
            "84th percentile {one_sigma_up}"
        );
    }
}
