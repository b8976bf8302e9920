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
mod merging;
mod people;
mod script;
mod texts;
mod told;
mod watch;
mod world;

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;

use axon_domain::{Event, Payload};
use axon_testkit::Random;

use faults::Faults;
use people::Act;
use script::Script;
use texts::Texts;
use told::Counts;
use world::{Setting, World};

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
        let mut smaller: Vec<Self> = faults.map(|faults| Self { faults, ..self.clone() }).collect();
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
    // What fails on the way to the smallest world needs no words.
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let mut small = setting.clone();
    let same = |it: &Setting| run(it).1.is_err_and(|other| kind(&*other) == kind(&*panic));
    while let Some(less) = small.smaller().into_iter().find(same) {
        small = less;
    }
    let (world, done) = run(&small);
    std::panic::set_hook(hook);
    told::tell(&small, &world);
    resume_unwind(done.err().unwrap_or(panic))
}

/// What a panic says, without the numbers.
fn kind(panic: &(dyn Any + Send)) -> String {
    let said = panic.downcast_ref::<String>().map(String::as_str);
    let said = said.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or_default();
    said.chars().filter(|it| !it.is_ascii_digit()).take(60).collect()
}

/// One mission, with nothing beside it.
fn alone(script: Script) -> Setting {
    Setting {
        random: Random::new(1),
        faults: Faults::default(),
        missions: vec![(0, Rc::new(script))],
        acts: Vec::new(),
    }
}

/// The events of one mission of so many tasks, for so many agents, without those of their lives:
/// whoever worked is sent home once.
fn events(tasks: usize, agents: u32) -> u64 {
    let mut texts = Texts::default();
    let head = Rc::new(texts.project(tasks));
    let mut world = World::new(alone(Script::wide(tasks, agents)), texts, head);
    world.run();
    world.check_end();
    assert_eq!(world.counts.results, 1);
    let of_life = |event: &&Event| matches!(event.payload, Some(Payload::Lifecycle(_)));
    let lives = world.log.iter().filter(of_life).count();
    assert!(lives <= agents as usize + 8, "{lives} events of the lives of {agents} agents");
    (world.log.len() - lives) as u64
}

#[test]
fn a_thousand_agents_at_a_thousand_tasks_say_no_more_than_one_at_each() {
    let (one, many) = (events(1_000, 1), events(1_000, 1_000));
    assert!(many <= one + 3 * 8, "{many} events, {one} of one agent");
    let idle = events(1, 1_000);
    assert!(idle <= 40, "{idle} events of agents that have nothing to do");
}

/// Tests that do few rounds in `./dev test` and many in `./dev soak`.
mod soak {
    use std::collections::BTreeMap;

    use axon_testkit::{each_of_many, rounds};

    use super::*;

    /// How many worlds are simulated for each round that is asked for: they are quick.
    const TIMES: u64 = 50;

    /// What too quiet worlds would not have.
    const WANTED: [&str; 9] = [
        "results",
        "crashes",
        "lost",
        "given up",
        "late",
        "waits",
        "cancelled",
        "settled",
        "halvings",
    ];

    #[test]
    fn whatever_happens_every_mission_ends_as_it_would_have_alone() {
        let mut all = BTreeMap::<&str, u64>::new();
        each_of_many(200, TIMES, |random| {
            for (what, count) in simulate(&Setting::draw(random)).named() {
                *all.entry(what).or_default() += count;
            }
        });
        let quiet = |what: &&str| all.get(what).is_none_or(|count| *count == 0);
        let missing: Vec<&str> = WANTED.into_iter().filter(quiet).collect();
        assert!(rounds(200) < 100 || missing.is_empty(), "too quiet: no {missing:?} in {all:?}");
    }
}
