//! Times, and what they come to.

use std::time::Instant;

/// Several measurements of the same thing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spread {
    /// The middle one.
    pub(crate) median: f64,
    /// The smallest.
    pub(crate) least: f64,
    /// The largest.
    pub(crate) most: f64,
}

impl Spread {
    /// Of at least one number.
    pub(crate) fn of(mut numbers: Vec<f64>) -> Self {
        numbers.sort_by(f64::total_cmp);
        let most = *numbers.last().expect("at least one measurement");
        Self { median: numbers[numbers.len() / 2], least: numbers[0], most }
    }
}

/// The number below which `share` of all lie, of sorted numbers.
pub(crate) fn quantile(sorted: &[f64], share: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    sorted[((sorted.len() as f64 * share) as usize).min(last)]
}

/// Seconds that something takes, and its outcome.
pub(crate) fn timed<T>(act: impl FnOnce() -> T) -> (f64, T) {
    let begun = Instant::now();
    let outcome = act();
    (begun.elapsed().as_secs_f64(), outcome)
}

/// Runs two things by turns, so that what else the machine does meets both alike. Who begins
/// alternates.
pub(crate) fn by_turns(
    rounds: usize,
    mut ours: impl FnMut(usize) -> f64,
    mut theirs: impl FnMut(usize) -> f64,
) -> (Spread, Spread) {
    let (mut first, mut second) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        if round.is_multiple_of(2) {
            first.push(ours(round));
            second.push(theirs(round));
        } else {
            second.push(theirs(round));
            first.push(ours(round));
        }
    }
    (Spread::of(first), Spread::of(second))
}
