//! The whole swarm in a simulated world: several missions with up to 64 agents each, on the same
//! files and symbols, while agents panic, fall silent, stray and go in circles, the process ends
//! anywhere, the disk fills up, the clock jumps, and people lock, commit, apply and cancel. The
//! engine is the real one, and so is merging; everything else is drawn from a seed.
//!
//! What has to hold, whatever happens, is in [`watch`] (at every event) and [`finish`] (at the
//! end). A seed that fails prints its last events and the smallest set of faults with which it
//! still fails, and how to do it again.

mod faults;
mod finish;
mod jobs;
mod people;
mod script;
mod texts;
mod watch;
mod world;

use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;

use axon_testkit::Random;

use faults::Faults;
use people::Act;
use script::Script;
use texts::Texts;
use world::{Counts, Setting, World};

/// The files that missions choose from. Few, so that they meet.
const FILES: usize = 14;

/// The most tasks of a mission; each may have a file of its own beside.
const MOST_TASKS: usize = 60;

impl Setting {
    fn draw(mut random: Random) -> Self {
        let faults = Faults::draw(&mut random);
        let count = 1 + random.below(5);
        let missions = (0..count).map(|number| {
            let script = Script::draw(&mut random, &format!("s{number}"), FILES);
            let when = random.next() % [1, 2_000, 200_000][random.below(3)];
            (when, Rc::new(script))
        });
        let missions = missions.collect();
        let acts = (0..random.below(8)).map(|number| {
            let act = Act::draw(&mut random, number, FILES);
            (random.next() % 300_000, act)
        });
        let acts = acts.collect();
        Self { random, faults, missions, acts }
    }

    /// The same with a little less of something.
    fn smaller(&self) -> Vec<Self> {
        let faults = self.faults.fewer().into_iter();
        let mut smaller: Vec<Self> =
            faults.map(|faults| Self { faults, ..self.clone() }).collect();
        for place in 0..self.missions.len() {
            let mut less = self.clone();
            less.missions.remove(place);
            smaller.push(less);
        }
        if !self.acts.is_empty() {
            smaller.push(Self { acts: Vec::new(), ..self.clone() });
        }
        smaller
    }
}

/// Runs a world to its end and checks it; gives the world, and what failed.
fn run(setting: &Setting) -> (World, std::thread::Result<()>) {
    let mut texts = Texts::default();
    let head = Rc::new(texts.project(FILES + MOST_TASKS));
    let mut world = World::new(setting.clone(), texts, head);
    let done = catch_unwind(AssertUnwindSafe(|| {
        world.run();
        world.check_end();
    }));
    (world, done)
}

/// Simulates what a setting gives. Where that fails, says how, as small as possible.
fn simulate(setting: &Setting) -> Counts {
    let (world, done) = run(setting);
    let Err(panic) = done else { return world.counts };
    let mut small = setting.clone();
    while let Some(less) = small.smaller().into_iter().find(|it| run(it).1.is_err()) {
        small = less;
    }
    let (world, done) = run(&small);
    let mut out = std::io::stderr();
    let _ = writeln!(out, "fails with {} missions, {} acts", small.missions.len(), small.acts.len());
    let _ = writeln!(out, "{:#?}", small.faults);
    for (_, script) in &small.missions {
        let _ = writeln!(out, "{script:?}");
    }
    for event in world.log.iter().rev().take(40).rev() {
        let _ = writeln!(out, "{}", line(event));
    }
    resume_unwind(done.err().unwrap_or(panic))
}

fn line(event: &axon_domain::Event) -> String {
    let mut line = format!("{} {}", event.seq, event.time);
    if let Some(mission) = event.mission {
        line += &format!(" {mission}");
    }
    if let Some(task) = event.task {
        line += &format!(" {task}");
    }
    if let Some(agent) = event.agent {
        line += &format!(" by {agent}");
    }
    let said = format!("{:?}", event.payload);
    line += " ";
    line.extend(said.chars().take(220));
    line
}

/// Tests that do few rounds in `./dev test` and many in `./dev soak`.
mod soak {
    use axon_testkit::each_round;

    use super::*;

    #[test]
    fn whatever_happens_every_mission_ends_as_it_would_have_alone() {
        let mut all = Vec::new();
        each_round(200, |random| all.push(simulate(&Setting::draw(random))));
        let sum = |count: fn(&Counts) -> u64| all.iter().map(count).sum::<u64>();
        let mut out = std::io::stderr();
        let _ = writeln!(
            out,
            "{} worlds, {} events, {} missions, {} results, {} faults, {} crashes, {} lost, {} given up, {} fenced, {} waits, {} deadlocks, {} cancelled",
            all.len(),
            sum(|it| it.events),
            sum(|it| it.missions),
            sum(|it| it.results),
            sum(|it| it.faults),
            sum(|it| it.crashes),
            sum(|it| it.lost),
            sum(|it| it.given_up),
            sum(|it| it.fenced),
            sum(|it| it.waits),
            sum(|it| it.deadlocks),
            sum(|it| it.cancelled)
        );
    }
}
