//! Many missions in random order with random outcomes, crashes and clocks, in this process:
//! what is kept always equals what the log adds up to.

use std::sync::atomic::Ordering;

use axon_domain::{CheckChoice, Code, Goal, Language, MissionId, Outcome};
use axon_engine::{Mission, Phase};
use axon_runtime::{Moment, Request};
use axon_testkit::Random;

use crate::world::{Crash, World, command, rename, request};

impl World {
    /// The missions as kept and as the whole log gives them are the same.
    fn check(&self) -> Vec<Mission> {
        let kept = self.axon.missions().unwrap();
        let replayed: Vec<Mission> = self.replayed().missions.into_values().collect();
        assert_eq!(kept, replayed);
        kept
    }
}

/// Draws a mission: some succeed, some cannot be planned, some fail their check.
fn draw_request(random: &mut Random, number: usize) -> Request {
    let goal = match random.below(6) {
        0 => Goal::Rewrite {
            pattern: "print($A)".into(),
            replacement: format!("log_{number}($A)"),
            language: Language::Python,
        },
        1 => rename("alpha", "beta"),
        2 => rename("nowhere", "somewhere"),
        _ => {
            let from = *random.pick(&["alpha", "beta", "gamma"]);
            rename(from, &format!("{from}_{number}"))
        }
    };
    // A check runs a confined program, which takes its time.
    let check = match random.below(8) {
        0 => command("test -f a.py"),
        1 => command("grep -q 'def alpha(x)' a.py && grep -q 'def gamma(x)' b.py"),
        2 => command("false"),
        _ => CheckChoice::None,
    };
    request(goal, check)
}

fn draw_crash(random: &mut Random) -> Crash {
    match random.below(3) {
        0 => Crash::Drop(random.below(60)),
        1 => Crash::Cancel(random.below(60)),
        _ => Crash::Never,
    }
}

fn draw_clock(world: &World, random: &mut Random) {
    let step = [0, 7, 1, -1, -60_000, 3_600_000][random.below(6)];
    world.clock.step.store(step, Ordering::Relaxed);
    if random.below(4) == 0 {
        // As after a boot with an empty battery.
        world.clock.now.store(random.next() % 2_000_000_000_000, Ordering::Relaxed);
    }
}

/// One thing that somebody does.
fn act(world: &mut World, random: &mut Random, number: usize) {
    let missions = world.check();
    let open = missions.iter().find(|mission| mission.phase != Phase::Ended);
    let some: Option<MissionId> =
        (!missions.is_empty()).then(|| missions[random.below(missions.len())].id);
    draw_clock(world, random);
    let crash = draw_crash(random);
    let done = match (random.below(8), open, some) {
        // One that crashed keeps the symbols that it claims; a new one could wait for them for
        // ever, and nobody is here to go on with the other meanwhile.
        (0..=3 | 7, Some(open), _) => world.resume(open.id, crash),
        (4, _, Some(some)) => return expect(world.axon.apply(some).map(drop), APPLY),
        (5, _, Some(some)) => return expect(world.axon.discard(some), DISCARD),
        (6, ..) => return world.reopen(),
        _ => world.run(draw_request(random, number), crash),
    };
    match done {
        Ok(mission) => {
            assert_eq!(mission.phase, Phase::Ended);
            assert_eq!(world.axon.mission(mission.id).unwrap(), mission);
        }
        Err(error) => assert_eq!(error.code(), Code::Interrupted, "{error:?}"),
    }
}

const APPLY: &[Code] = &[Code::WrongState, Code::HeadMoved];
const DISCARD: &[Code] = &[Code::WrongState];

fn expect(done: axon_domain::Result<()>, codes: &[Code]) {
    if let Err(error) = done {
        assert!(codes.contains(&error.code()), "{error:?}");
    }
}

/// Tests that do few rounds in `./dev test` and many in `./dev soak`.
mod soak {
    use axon_testkit::each_round;

    use super::*;

    #[test]
    fn whatever_happens_the_log_adds_up_to_what_is_kept() {
        each_round(6, |mut random| {
            let mut world = World::new();
            for number in 0..30 {
                act(&mut world, &mut random, number);
            }
            for mission in world.axon.open_missions().unwrap() {
                world.resume(mission.id, Crash::Never).unwrap();
            }
            let missions = world.check();
            assert!(missions.iter().all(|mission| mission.phase == Phase::Ended));
            world.verify();
        });
    }
}

#[test]
fn a_clock_that_goes_back_takes_neither_the_log_nor_a_mission_with_it() {
    let mut world = World::new();
    let first = world.run(request(rename("alpha", "one"), CheckChoice::None), Crash::Never);
    let first = first.unwrap();
    // Back by years between two missions and by a minute at every event of the second, which is
    // interrupted and goes on at yet another time.
    world.clock.now.store(1_000_000_000_000, Ordering::Relaxed);
    world.clock.step.store(-60_000, Ordering::Relaxed);
    let asked = request(rename("beta", "two"), CheckChoice::None);
    assert_eq!(world.run(asked, Crash::Drop(20)).unwrap_err().code(), Code::Interrupted);
    world.clock.now.store(0, Ordering::Relaxed);
    world.reopen();
    let second = world.resume(MissionId(2), Crash::Never).unwrap();
    assert_eq!(second.outcome(), Some(Outcome::DoneUnproven));
    assert!(second.given_at > first.ended_at.unwrap());
    assert!(second.ended_at.unwrap() > second.given_at);
    world.verify();
    world.check();
    // The moment of the ledger, not of the wall, is what a rewind goes to.
    let into = world.repo.home().join("then");
    let moment = Moment::Time(first.ended_at.unwrap().millis());
    let rewound = world.axon.rewind(moment, None, &into).unwrap();
    assert_eq!(rewound.mission, Some(MissionId(1)));
}
