//! Pausing, resuming and cancelling, at any moment and across crashes.

use axon_domain::{Control, ControlStep, Draft, Outcome, Payload, Role};
use axon_engine::{Effects, Phase, resume};
use proptest::prelude::*;

use crate::crashes::scripts;
use crate::world::{MISSION, Script, World, rebuild};

impl World {
    fn control(&mut self, step: ControlStep) {
        let control = Control { step, reason: "lunch".into() };
        self.record(Draft::new(Role::Operator, Payload::Control(control)).of(MISSION));
    }

    fn events(&self) -> usize {
        self.log.len()
    }
}

/// A mission whose coders have been given their first tasks.
fn at_work() -> World {
    let mut world = World::new(Script::default());
    while world.state.missions[&MISSION].phase != Phase::Working {
        assert!(world.step());
    }
    world
}

#[test]
fn what_runs_is_finished_and_nothing_follows_until_the_pause_is_lifted() {
    let mut world = at_work();
    let running = world.queue.len();
    assert_eq!(running, 2, "two coders have a task each");
    world.control(ControlStep::Pause);
    for left in (0..running).rev() {
        assert!(world.step());
        assert_eq!(world.queue.len(), left, "nothing new is given out");
    }
    assert_eq!(world.finished.len(), running, "what ran is recorded");
    assert!(!world.step());
    world.crash();
    assert!(world.state.missions[&MISSION].paused && !world.step(), "a crash lifts no pause");
    world.control(ControlStep::Resume);
    assert_eq!(world.run(), Some(Outcome::Done));
    assert_eq!(world.finished.len(), 3, "nothing was done twice");
}

#[test]
fn a_pause_that_is_lifted_while_steps_run_gives_none_of_them_out_again() {
    let mut world = at_work();
    let running = world.queue.clone();
    world.control(ControlStep::Pause);
    world.control(ControlStep::Resume);
    assert_eq!(world.queue, running);
    let before = world.events();
    world.control(ControlStep::Resume);
    assert_eq!((world.events(), &world.queue), (before + 1, &running), "nothing was paused");
    assert_eq!(world.run(), Some(Outcome::Done));
}

#[test]
fn a_mission_that_is_cancelled_ends_at_once_and_says_why() {
    let mut world = at_work();
    world.control(ControlStep::Cancel);
    let mission = &world.state.missions[&MISSION];
    let end = mission.end.clone().unwrap();
    assert_eq!((mission.phase, end.outcome), (Phase::Ended, Outcome::Cancelled));
    assert_eq!(end.reason, "cancelled by a person: lunch");
    let ended = world.events();
    while world.step() {}
    assert_eq!(world.run(), Some(Outcome::Cancelled), "what still ran changes nothing");
    assert!(world.events() > ended);
}

#[test]
fn a_wish_to_cancel_is_kept_when_the_process_ends_before_the_mission_did() {
    let mut world = at_work();
    world.control(ControlStep::Pause);
    world.control(ControlStep::Cancel);
    assert!(matches!(world.log.pop().unwrap().payload, Some(Payload::MissionEnded(_))));
    world.crash();
    assert_eq!(world.run(), Some(Outcome::Cancelled));
}

#[test]
fn once_a_commit_is_wanted_it_is_too_late_to_cancel() {
    let mut world = World::new(Script::default());
    while world.state.missions[&MISSION].phase != Phase::Committing {
        assert!(world.step());
    }
    assert!(!world.state.missions[&MISSION].can_be_cancelled());
    world.control(ControlStep::Cancel);
    assert_eq!(world.run(), Some(Outcome::Done));
}

proptest! {
    #[test]
    fn a_mission_ends_the_same_however_often_it_is_paused(
        script in scripts(),
        pauses in proptest::collection::vec((0_usize..8, 0_usize..4, any::<bool>()), 0..5),
    ) {
        let expected = World::new(script.clone()).run();
        let mut world = World::new(script);
        for (before, during, crash) in pauses {
            (0..before).for_each(|_| { world.step(); });
            world.control(ControlStep::Pause);
            let held = world.queue.len();
            (0..during).for_each(|_| { world.step(); });
            prop_assert!(world.queue.len() <= held, "given out while paused");
            if crash {
                world.crash();
                let mut effects = Effects::new();
                resume(&world.state, &mut effects);
                prop_assert!(effects.is_empty());
            }
            world.control(ControlStep::Resume);
        }
        prop_assert_eq!(world.run(), expected);
        prop_assert_eq!(rebuild(&world.log), world.state);
        let mut finished = world.finished.clone();
        finished.sort();
        finished.dedup();
        prop_assert_eq!(finished.len(), world.finished.len(), "a finished task was run again");
    }
}
