//! Randomised tests: how many rounds, from which seed.

use std::env;
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// How many rounds a randomised test does: `AXON_TEST_ROUNDS`, which `./dev soak` sets, else
/// `usual`, which should take a second or two.
#[must_use]
pub fn rounds(usual: u64) -> u64 {
    number("AXON_TEST_ROUNDS").unwrap_or(usual)
}

/// The first round of a randomised test: `AXON_TEST_ROUND`, else 0. A failing test prints the
/// one that failed, and with `AXON_TEST_ROUNDS=1` only that one is done.
#[must_use]
pub fn first_round() -> u64 {
    number("AXON_TEST_ROUND").unwrap_or(0)
}

/// The seed of a randomised test: `AXON_TEST_SEED`, else 1. Round *i* uses a generator made of
/// this and *i*, so no round depends on another one; a failing test prints both.
#[must_use]
pub fn seed() -> u64 {
    number("AXON_TEST_SEED").unwrap_or(1)
}

/// Does the rounds of a randomised test; a round that fails says how to do it again.
pub fn each_round(usual: u64, test: impl FnMut(Random)) {
    each_of(rounds(usual), test);
}

/// The same with `times` as many rounds as are asked for, for a test whose rounds are quick. A
/// round that is to be done again (`AXON_TEST_ROUND`) is done as often as is asked for.
pub fn each_of_many(usual: u64, times: u64, test: impl FnMut(Random)) {
    let again = number("AXON_TEST_ROUND").is_some();
    let asked = number("AXON_TEST_ROUNDS");
    each_of(asked.map_or(usual, |rounds| if again { rounds } else { rounds * times }), test);
}

fn each_of(rounds: u64, mut test: impl FnMut(Random)) {
    let (seed, first) = (seed(), first_round());
    for round in first..first + rounds {
        let random = Random::of_round(seed, round);
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| test(random))) {
            let again = format!("AXON_TEST_SEED={seed} AXON_TEST_ROUND={round} AXON_TEST_ROUNDS=1");
            let _ = writeln!(std::io::stderr(), "round {round} of seed {seed} failed: {again}");
            resume_unwind(panic);
        }
    }
}

fn number(name: &str) -> Option<u64> {
    let text = env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is not a number: {text}")))
}

/// Random numbers that are the same on every machine and in every release: `SplitMix64`
/// (Steele, Lea, Flood 2014). Good enough to draw cases; not for secrets.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// The generator of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The generator of one round of a test.
    #[must_use]
    pub fn of_round(seed: u64, round: u64) -> Self {
        let mut mixed = Self(seed);
        Self(mixed.next() ^ Self(round).next())
    }

    /// The next number.
    #[expect(clippy::should_implement_trait, reason = "endless, so never an Option")]
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`, which is not 0.
    pub fn below(&mut self, bound: usize) -> usize {
        assert!(bound > 0, "nothing is below 0");
        (self.next() % bound as u64) as usize
    }

    /// One of several.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

#[cfg(test)]
mod tests {
    use super::Random;

    #[test]
    fn the_numbers_are_those_of_the_published_algorithm() {
        let mut random = Random::new(1_234_567);
        let first: Vec<u64> = (0..3).map(|_| random.next()).collect();
        let published =
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423];
        assert_eq!(first, published);
    }

    #[test]
    fn rounds_of_one_seed_differ() {
        assert_ne!(Random::of_round(1, 1).next(), Random::of_round(1, 2).next());
        assert_ne!(Random::of_round(1, 1).next(), Random::of_round(2, 1).next());
    }
}
