//! What goes wrong in a world, and how often.

use axon_testkit::Random;

/// Rates: once in so many times, 0 for never.
#[derive(Debug, Clone, Default)]
pub(super) struct Faults {
    /// The process ends, at an event.
    pub(super) crash: u64,
    /// The disk is full for a while, from an event on.
    pub(super) disk: u64,
    /// The clock is set to another time, at an event.
    pub(super) clock: u64,
    /// A mission is stopped (Ctrl-C, or an error of the environment), at an outcome.
    pub(super) stop: u64,
    /// A person pauses, resumes or cancels a mission, at an outcome.
    pub(super) control: u64,
    /// The agent of a job panics.
    pub(super) panic: u64,
    /// It never answers.
    pub(super) silent: u64,
    /// It takes longer than anybody waits.
    pub(super) slow: u64,
    /// A coder writes what it has not announced.
    pub(super) stray: u64,
    /// A coder writes again and again.
    pub(super) circles: u64,
    /// A coder answers twice.
    pub(super) twice: u64,
    /// The runtime takes the answers of agents that were given up, too.
    pub(super) unfenced: bool,
    /// How many of these happen at most.
    pub(super) most: u32,
}

impl Faults {
    pub(super) fn draw(random: &mut Random) -> Self {
        let mut rate = |often: u64| match random.below(5) {
            0 => often,
            1 => often * 4,
            _ => 0,
        };
        Self {
            crash: rate(60),
            disk: rate(200),
            clock: rate(100),
            stop: rate(40),
            control: rate(40),
            panic: rate(10),
            silent: rate(15),
            slow: rate(15),
            stray: rate(15),
            circles: rate(25),
            twice: rate(10),
            unfenced: random.below(8) == 0,
            most: 2 + random.below(40) as u32,
        }
    }

    /// The same with one kind less each.
    pub(super) fn fewer(&self) -> Vec<Self> {
        type Rate = fn(&mut Faults) -> &mut u64;
        let rates: [Rate; 11] = [
            |it| &mut it.crash,
            |it| &mut it.disk,
            |it| &mut it.clock,
            |it| &mut it.stop,
            |it| &mut it.control,
            |it| &mut it.panic,
            |it| &mut it.silent,
            |it| &mut it.slow,
            |it| &mut it.stray,
            |it| &mut it.circles,
            |it| &mut it.twice,
        ];
        let without = |rate: &Rate| {
            let mut less = self.clone();
            (std::mem::take(rate(&mut less)) > 0).then_some(less)
        };
        let mut fewer: Vec<Self> = rates.iter().filter_map(without).collect();
        if self.unfenced {
            fewer.push(Self { unfenced: false, ..self.clone() });
        }
        if self.most > 1 {
            fewer.push(Self { most: self.most / 2, ..self.clone() });
        }
        fewer
    }
}
