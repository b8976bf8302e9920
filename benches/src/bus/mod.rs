//! Letters between agents of one process, beside two actor libraries. All of them carry the same
//! envelope, look at it in the same way, keep the same map of conversations and have the same
//! number of threads.

mod kameo;
mod letters;
mod ours;
mod ractor;

use crate::Options;
use crate::stats::{Cost, Spread, quantile};
use crate::table::{Row, thousands};
use letters::{Measured, Plan};

/// Threads that run actors, in each of them.
const THREADS: usize = 2;
/// Letters that may wait for an agent, where a library has a bound.
const CAPACITY: usize = 1_024;

type Contender = (&'static str, fn(Plan) -> Measured);

const PEERS: &[Contender] = &[("kameo", kameo::run), ("ractor", ractor::run)];

pub(crate) fn run(options: &Options) -> Vec<Row> {
    // First, while nothing has been freed that would be used again.
    let idle = idle(options);
    let mut rows = Vec::new();
    let letters = options.size(2_000_000, 20_000);
    for (what, plan) in [
        ("one sender, 64 agents", Plan { agents: 64, tokens: 1, letters, chained: false }),
        (
            "64 letters going round 64 agents",
            Plan { agents: 64, tokens: 64, letters, chained: true },
        ),
        ("4 letters going round 64 agents", Plan { agents: 64, tokens: 4, letters, chained: true }),
    ] {
        rows.push(routed(options, what, plan));
    }
    rows.push(idle);
    rows
}

/// Letters routed in a second, and how long they take.
fn routed(options: &Options, what: &str, plan: Plan) -> Row {
    let mut own = Vec::new();
    let mut peers: Vec<Vec<(Measured, f64)>> = PEERS.iter().map(|_| Vec::new()).collect();
    // In turns, so that a busy moment of the machine hits all of them.
    for _ in 0..options.rounds(5) {
        own.push(measured(ours::run, plan));
        for (times, (_, peer)) in peers.iter_mut().zip(PEERS) {
            times.push(measured(*peer, plan));
        }
    }
    let peers: Vec<String> = PEERS
        .iter()
        .zip(peers)
        .map(|((name, _), measured)| format!("{name}: {}", described(plan, measured)))
        .collect();
    Row::new(format!("letters routed: {what}"), described(plan, own))
        .goal("1 M/s, p99 below 100 µs, no slower than half of the fastest peer")
        .peer(peers.join("; "))
        .durability("none: transient")
}

/// A run, and the seconds of processor time that it took.
fn measured(run: fn(Plan) -> Measured, plan: Plan) -> (Measured, f64) {
    let mut measured = None;
    let cost = Cost::of(|| measured = Some(run(plan)));
    (measured.expect("it ran"), cost.cpu)
}

fn described(plan: Plan, runs: Vec<(Measured, f64)>) -> String {
    let letters = plan.letters as f64;
    let rates = runs.iter().map(|(measured, _)| letters / measured.seconds / 1e6);
    let (rate, cpu) = (Spread::of(rates.collect()), runs.iter().map(|(_, cpu)| cpu / letters));
    let mut text = format!(
        "{:.2} M/s ({:.2}–{:.2}), {:.2} µs of CPU each",
        rate.median,
        rate.least,
        rate.most,
        Spread::of(cpu.collect()).median * 1e6
    );
    if plan.chained {
        let waits = runs.into_iter().flat_map(|(measured, _)| measured.waits);
        let mut waits: Vec<f64> = waits.map(f64::from).collect();
        waits.sort_by(f64::total_cmp);
        let micros = |share| quantile(&waits, share) / 1e3;
        text += &format!(", p50 {:.1} µs, p99 {:.1} µs", micros(0.5), micros(0.99));
    }
    text
}

/// What an agent costs that nobody writes to, and what many of them cost one that is busy.
fn idle(options: &Options) -> Row {
    let agents = options.size(100_000, 1_000);
    let letters = options.size(1_000_000, 10_000);
    let (bytes, alone, beside) = ours::idle(agents, letters);
    let rate = |seconds: f64| letters as f64 / seconds / 1e6;
    Row::new(
        format!("{} idle agents, each with a state of 8 bytes", thousands(agents)),
        format!(
            "{bytes:.0} bytes each; a busy one reads {:.2} M/s beside them, {:.2} M/s alone",
            rate(beside),
            rate(alone)
        ),
    )
    .goal("below 1 KB each")
    .durability("none: in memory")
}
