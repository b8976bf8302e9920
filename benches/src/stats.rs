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

/// What something long costs, this process and the programs that it ran and waited for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cost {
    /// Seconds on the clock.
    pub(crate) wall: f64,
    /// Seconds of processor time: hardly depends on what else the machine does.
    pub(crate) cpu: f64,
}

impl Cost {
    /// Of something that takes much longer than a hundredth of a second.
    pub(crate) fn of(act: impl FnOnce()) -> Self {
        let before = processor_seconds();
        let (wall, ()) = timed(act);
        Self { wall, cpu: processor_seconds() - before }
    }
}

/// Processor time used so far, by proc_pid_stat(5): hundredths of a second on every Linux.
fn processor_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace();
    // User and system time of this process and of its children: fields 14 to 17.
    let ticks: f64 = fields.skip(11).take(4).filter_map(|field| field.parse::<f64>().ok()).sum();
    ticks / 100.0
}

/// Several costs of the same thing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Costs {
    /// Seconds on the clock.
    pub(crate) wall: Spread,
    /// Seconds of processor time.
    pub(crate) cpu: Spread,
}

impl Costs {
    /// Of at least one.
    pub(crate) fn of(all: &[Cost]) -> Self {
        Self {
            wall: Spread::of(all.iter().map(|cost| cost.wall).collect()),
            cpu: Spread::of(all.iter().map(|cost| cost.cpu).collect()),
        }
    }

    /// As [`by_turns`].
    pub(crate) fn by_turns(
        rounds: usize,
        mut ours: impl FnMut(usize) -> Cost,
        mut theirs: impl FnMut(usize) -> Cost,
    ) -> (Self, Self) {
        let (mut first, mut second) = (Vec::new(), Vec::new());
        by_turns(
            rounds,
            |round| {
                first.push(ours(round));
                0.0
            },
            |round| {
                second.push(theirs(round));
                0.0
            },
        );
        (Self::of(&first), Self::of(&second))
    }
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
