//! Changes that cannot be merged: who is asked about them, and that nothing is lost.

use std::collections::BTreeSet;

use axon_domain::{Code, Outcome, Payload};
use axon_engine::{Phase, PlanFault, TaskState, check_plan};
use proptest::prelude::*;

use crate::world::{MISSION, Script, World, plan};

/// Tasks that are a group each.
fn alone(count: u32, clashes: &[(u32, u32)]) -> Script {
    Script {
        after: vec![vec![]; count as usize],
        groups: (0..count).collect(),
        clashes: clashes.iter().copied().collect(),
        ..Script::default()
    }
}

#[test]
fn a_change_that_clashes_is_merged_after_the_others_and_then_a_person_is_asked() {
    let mut world = World::new(alone(4, &[(1, 3)]));
    while world.step() {}
    let mission = &world.state.missions[&MISSION];
    assert_eq!(mission.phase, Phase::Conflicted);
    assert_eq!(mission.phase.name(), "in conflict");
    assert_eq!(world.merged(), [1, 2, 4].into(), "what could be merged is, and checked");
    assert_eq!((mission.accepted.tasks, world.checks), (3, 1));
    assert_eq!(mission.conflicts.open().count(), 1);
    assert_eq!(world.run(), Some(Outcome::Done));
    assert_eq!(world.asked, ["f2.py"]);
    assert_eq!(world.merged(), [1, 2, 3, 4].into());
    assert_eq!(world.checks, 2, "one more for what was put off");
}

#[test]
fn nobody_is_asked_when_the_other_change_is_left_out() {
    let mut world = World::new(Script { culprits: [1].into(), ..alone(3, &[(1, 3)]) });
    assert_eq!(world.run(), Some(Outcome::DoneInPart));
    assert_eq!(world.asked, Vec::<String>::new());
    assert_eq!(world.merged(), [2, 3].into());
}

#[test]
fn a_group_that_clashes_with_itself_is_put_off_whole_and_then_asked_about() {
    let script = Script { groups: vec![0, 1, 1, 2], ..alone(4, &[(2, 3)]) };
    let mut world = World::new(script);
    while world.step() {}
    assert_eq!(world.merged(), [1, 2, 4].into(), "its other task waits in the tree");
    assert_eq!(world.state.missions[&MISSION].accepted.tasks, 2);
    assert_eq!(world.run(), Some(Outcome::Done));
    assert_eq!(world.asked, ["f2.py"]);
}

#[test]
fn a_mission_in_conflict_begins_nothing_and_goes_on_only_when_all_is_settled() {
    let mut world = World::new(Script { disputed: 2, ..Script::default() });
    while world.step() {}
    for left in [2, 1] {
        let mission = &world.state.missions[&MISSION];
        assert!(mission.in_conflict());
        assert_eq!(mission.conflicts.open().count(), left);
        world.crash();
        assert!(world.queue.is_empty(), "nothing is begun while a person is waited for");
        assert!(world.settle());
    }
    assert_eq!(world.run(), Some(Outcome::Done));
    assert_eq!(world.asked, ["d0.py", "d1.py"]);
}

#[test]
fn a_conflict_is_settled_once() {
    let mut world = World::new(Script { disputed: 2, ..Script::default() });
    while world.step() {}
    world.settle();
    let first = world.state.missions[&MISSION].conflicts.clone();
    let settled = world.log.last().unwrap().payload.clone().unwrap();
    world.record(axon_domain::Draft::new(axon_domain::Role::Operator, settled).of(MISSION));
    assert_eq!(world.state.missions[&MISSION].conflicts, first);
}

#[test]
fn groups_may_write_the_same_file_and_tasks_of_a_group_only_one_after_the_other() {
    let script = Script { groups: vec![0, 1, 1], ..Script::default() };
    let Payload::PlanProposed(proposal) = plan(&script) else { panic!("no plan") };
    let (mut tasks, grants) = (proposal.tasks, crate::world::grants());
    tasks[1].path = tasks[0].path.clone();
    assert_eq!(check_plan(&tasks, &grants), Ok(()));
    tasks[2].path = tasks[0].path.clone();
    let fault = check_plan(&tasks, &grants).unwrap_err();
    assert!(matches!(&fault, PlanFault::SharedFile { tasks, .. } if tasks.0.0 == 2), "{fault}");
    tasks[2].after = vec![axon_domain::TaskId(2)];
    assert_eq!(check_plan(&tasks, &grants), Ok(()));
}

#[test]
fn an_end_by_a_person_is_possible_while_files_are_in_conflict() {
    let mut world = World::new(Script { disputed: 1, ..Script::default() });
    while world.step() {}
    let end = axon_domain::MissionEnd {
        outcome: Outcome::Cancelled,
        code: Some(Code::Conflict.name().into()),
        reason: String::new(),
        hint: None,
    };
    let draft = axon_domain::Draft::new(axon_domain::Role::Operator, Payload::MissionEnded(end));
    world.record(draft.of(MISSION));
    assert!(!world.settle());
    assert_eq!(world.run(), Some(Outcome::Cancelled));
}

fn clashing() -> impl Strategy<Value = Script> {
    (1_u32..10).prop_flat_map(|count| {
        let pair = (1..=count, 1..=count).prop_map(|(a, b)| (a.min(b), a.max(b)));
        let clashes = proptest::collection::btree_set(pair, 0..6);
        let groups = proptest::collection::vec(1_usize..3, count as usize);
        let bad = proptest::collection::btree_set(1..=count, 0..2);
        (Just(count), clashes, groups, bad, 0_u32..3).prop_map(
            |(count, clashes, sizes, culprits, disputed)| {
                let of = |(group, size): (u32, &usize)| vec![group; *size];
                let groups = (0..).zip(&sizes).flat_map(of).collect();
                let clashes = clashes.into_iter().filter(|(a, b)| a != b).collect();
                Script { groups, culprits, disputed, ..Script { clashes, ..alone(count, &[]) } }
            },
        )
    })
}

/// What is in the result when nothing clashes.
fn without_clashes(script: &Script) -> (Option<Outcome>, BTreeSet<u32>) {
    let quiet = Script { clashes: BTreeSet::new(), disputed: 0, ..script.clone() };
    let mut world = World::new(quiet);
    (world.run(), world.merged())
}

proptest! {
    #[test]
    fn no_change_is_lost_to_a_clash_wherever_it_crashes(
        script in clashing(),
        crashes in proptest::collection::vec(0_usize..12, 0..6),
    ) {
        let (outcome, merged) = without_clashes(&script);
        let mut world = World::new(script);
        for steps in crashes {
            (0..steps).for_each(|_| { let _ = world.step() || world.settle(); });
            world.crash();
        }
        prop_assert_eq!(world.run(), outcome);
        prop_assert_eq!(world.merged(), merged);
        let tasks = &world.state.missions[&MISSION].tasks;
        let done = tasks.iter().filter(|task| task.state == TaskState::Done).count();
        prop_assert_eq!(done, 0, "every task is merged or left out, with a reason");
    }

    #[test]
    fn a_crash_after_any_event_asks_about_the_same_files(script in clashing(), at in 1_usize..80) {
        let mut whole = World::new(script.clone());
        let expected = whole.run();
        let mut world = World::new(script);
        world.log = whole.log[..at.min(whole.log.len())].to_vec();
        world.crash();
        prop_assert_eq!(world.run(), expected);
        prop_assert_eq!(world.merged(), whole.merged());
    }

    #[test]
    fn a_person_is_asked_only_about_what_is_in_the_result(script in clashing()) {
        let mut world = World::new(Script { disputed: 0, ..script.clone() });
        world.run();
        let asked: BTreeSet<u32> = world.state.missions[&MISSION]
            .conflicts
            .all()
            .filter_map(|it| Some(it.task?.0))
            .collect();
        for task in asked {
            let clashes = script.clashes.iter().filter(|(_, later)| *later == task);
            let mut others = clashes.map(|(earlier, _)| earlier);
            let group = |task: u32| script.groups[task as usize - 1];
            let with = |other: &u32| {
                world.merged().contains(other) || group(*other) == group(task)
            };
            prop_assert!(others.any(with));
        }
    }
}
