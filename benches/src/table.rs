//! The table that is printed: Markdown, so that it can go into `docs/figures.md` as it is.

use crate::stats::{Costs, Spread};

/// The head of the table.
pub(crate) const HEADER: &str =
    "| what | goal | measured | peer | durability | command |\n|---|---|---|---|---|---|";

/// One figure.
#[derive(Debug, Default)]
pub(crate) struct Row {
    what: String,
    goal: String,
    measured: String,
    peer: String,
    durability: String,
}

impl Row {
    /// A figure.
    pub(crate) fn new(what: impl Into<String>, measured: impl Into<String>) -> Self {
        Self { what: what.into(), measured: measured.into(), ..Self::default() }
    }

    /// What was aimed at.
    pub(crate) fn goal(mut self, goal: impl Into<String>) -> Self {
        self.goal = goal.into();
        self
    }

    /// What something else takes for the same, measured in the same run.
    pub(crate) fn peer(mut self, peer: impl Into<String>) -> Self {
        self.peer = peer.into();
        self
    }

    /// What is on the disk when the clock stops.
    pub(crate) fn durability(mut self, durability: impl Into<String>) -> Self {
        self.durability = durability.into();
        self
    }

    /// The row as Markdown.
    pub(crate) fn line(&self, bench: &str, quick: bool) -> String {
        let or_dash = |text: &str| if text.is_empty() { "–".to_owned() } else { text.to_owned() };
        let quick = if quick { " --quick" } else { "" };
        format!(
            "| {} | {} | {} | {} | {} | `./dev bench {bench}{quick}` |",
            self.what,
            or_dash(&self.goal),
            self.measured,
            or_dash(&self.peer),
            or_dash(&self.durability)
        )
    }
}

/// A median with the range it lies in: `12.3 ms (11.9–14.0)`.
pub(crate) fn millis(spread: &Spread) -> String {
    let show = |seconds: f64| match seconds * 1e3 {
        millis if millis < 10.0 => format!("{millis:.3}"),
        millis => format!("{millis:.0}"),
    };
    format!("{} ms ({}–{})", show(spread.median), show(spread.least), show(spread.most))
}

/// A long time and the processor time in it: `12,300 ms (11,900–14,000), 9.1 s of CPU`.
pub(crate) fn cost(costs: &Costs) -> String {
    format!("{}, {:.2} s of CPU", millis(&costs.wall), costs.cpu.median)
}

/// A count with commas: `1,000,000`.
pub(crate) fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
