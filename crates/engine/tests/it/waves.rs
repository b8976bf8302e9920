//! What becomes of a wave that the check rejects.

use std::collections::BTreeSet;

use axon_domain::{Outcome, Payload, Reflex};
use axon_engine::TaskState;
use proptest::prelude::*;

use crate::world::{MISSION, Script, World};

/// Every task is a group of its own, as in a rewrite.
fn alone(count: u32, culprits: &[u32]) -> Script {
    Script {
        after: vec![vec![]; count as usize],
        groups: (0..count).collect(),
        culprits: culprits.iter().copied().collect(),
        ..Script::default()
    }
}

fn in_state(world: &World, wanted: TaskState) -> Vec<u32> {
    let tasks = &world.state.missions[&MISSION].tasks;
    (1..).zip(tasks).filter(|(_, task)| task.state == wanted).map(|(id, _)| id).collect()
}

#[test]
fn a_wave_that_passes_is_checked_once() {
    let mut world = World::new(alone(20, &[]));
    assert_eq!(world.run(), Some(Outcome::Done));
    assert_eq!(world.checks, 1);
}

#[test]
fn the_task_that_breaks_the_check_is_left_out_and_the_others_are_kept() {
    let mut world = World::new(alone(16, &[11]));
    assert_eq!(world.run(), Some(Outcome::DoneInPart));
    assert_eq!(in_state(&world, TaskState::Dropped), [11]);
    assert_eq!(world.merged().len(), 15);
    assert!(world.checks <= 8, "{} checks", world.checks);
    let end = world.state.missions[&MISSION].end.clone().unwrap();
    assert_eq!(end.reason, "1 of 16 tasks left out (f10.py): the check does not pass with it");
    assert_eq!(end.code.as_deref(), Some("check-failed"));
}

/// What the engine said about halves: what it chose, and what it left out and why.
fn decisions(world: &World) -> (Vec<String>, Vec<String>) {
    let payloads = world.log.iter().filter_map(|event| event.payload.as_ref());
    let decisions = payloads.filter_map(|payload| match payload {
        Payload::Decision(decision) => Some(decision.clone()),
        _ => None,
    });
    let (chosen, rejected): (Vec<_>, Vec<_>) =
        decisions.map(|decision| (decision.chosen, decision.rejected)).unzip();
    (chosen, rejected.concat())
}

#[test]
fn what_is_left_out_is_a_decision_with_its_reason() {
    let mut world = World::new(alone(2, &[2]));
    world.run();
    let (chosen, rejected) = decisions(&world);
    assert_eq!(chosen, ["try 1 task on its own", "leave out f1.py"]);
    assert_eq!(rejected, ["f1.py: the check does not pass with it"]);
}

#[test]
fn the_evidence_of_a_half_is_what_the_check_said_of_it() {
    let mut world = World::new(alone(4, &[2]));
    world.run();
    let decisions = world.log.iter().filter_map(|event| match &event.payload {
        Some(Payload::Decision(decision)) => decision.evidence.first(),
        _ => None,
    });
    for evidence in decisions {
        let (seq, said) = evidence.strip_prefix("event ").unwrap().split_once(": ").unwrap();
        let event = &world.log[seq.parse::<usize>().unwrap() - 1];
        let Some(Payload::Reflex(verdict)) = &event.payload else { panic!("{event:?}") };
        assert_eq!(verdict.reflex, Reflex::Check);
        assert_eq!(said == "the check passes", verdict.passed == Some(true), "{evidence}");
    }
}

#[test]
fn nothing_is_blamed_that_was_not_tried() {
    let odd: Vec<u32> = (1..=63).step_by(2).collect();
    let mut world = World::new(alone(64, &odd));
    assert_eq!(world.run(), Some(Outcome::DoneInPart));
    let (_, rejected) = decisions(&world);
    let (untried, blamed): (Vec<_>, Vec<_>) =
        rejected.iter().partition(|line| line.contains("not tried on its own"));
    assert!(!untried.is_empty() && !blamed.is_empty());
    for line in blamed {
        let number: u32 = line.split(['f', '.']).nth(1).unwrap().parse().unwrap();
        assert!(odd.contains(&(number + 1)), "{line}");
    }
    let end = world.state.missions[&MISSION].end.clone().unwrap();
    let said = format!("{} not tried on their own", untried.len());
    assert!(end.reason.ends_with(&said), "{}", end.reason);
}

#[test]
fn tasks_of_one_group_are_kept_or_left_out_together() {
    let mut world = World::new(Script { groups: vec![0, 0, 0, 1, 1, 2], ..alone(6, &[4]) });
    assert_eq!(world.run(), Some(Outcome::DoneInPart));
    assert_eq!(in_state(&world, TaskState::Dropped), [4, 5]);
    assert_eq!(in_state(&world, TaskState::Merged), [1, 2, 3, 6]);
}

#[test]
fn one_group_that_fails_rejects_the_result() {
    let mut world = World::new(Script { groups: vec![], ..alone(9, &[3]) });
    assert_eq!(world.run(), Some(Outcome::Failed));
    assert_eq!(world.checks, 1);
    assert!(world.merged().is_empty());
}

#[test]
fn a_wave_in_which_everything_fails_costs_a_bounded_number_of_checks() {
    let all: Vec<u32> = (1..=31).collect();
    let mut world = World::new(alone(31, &all));
    assert_eq!(world.run(), Some(Outcome::Failed));
    assert!(world.checks <= 8 + 3 * 5, "{} checks", world.checks);
}

#[test]
fn a_task_that_waits_for_another_group_begins_after_that_is_merged_and_checked() {
    let script = Script { after: vec![vec![], vec![1], vec![2]], ..alone(3, &[]) };
    let mut world = World::new(script);
    assert_eq!(world.run(), Some(Outcome::Done));
    assert_eq!(world.checks, 3);
    assert_eq!(world.state.missions[&MISSION].wave.number, 3);
}

#[test]
fn what_waits_for_a_task_that_was_left_out_is_left_out_too() {
    let script = Script { after: vec![vec![], vec![], vec![1], vec![3]], ..alone(4, &[1]) };
    let mut world = World::new(script);
    assert_eq!(world.run(), Some(Outcome::DoneInPart));
    assert_eq!(in_state(&world, TaskState::Dropped), [1, 3, 4]);
    assert_eq!(world.finished.len(), 2, "no work that could not be used");
    let (_, rejected) = decisions(&world);
    let behind = "it builds on what is left out";
    let fails = "f0.py: the check does not pass with it".to_owned();
    assert_eq!(rejected, [fails, format!("f2.py: {behind}"), format!("f3.py: {behind}")]);
    let end = world.state.missions[&MISSION].end.clone().unwrap();
    let expected = "3 of 4 tasks left out (f0.py, f2.py, f3.py): the check does not pass with it; \
                    2 build on that";
    assert_eq!(end.reason, expected);
}

#[test]
fn an_edit_that_does_not_parse_costs_its_group_only() {
    let mut world = World::new(Script { broken: [2].into(), ..alone(5, &[]) });
    assert_eq!(world.run(), Some(Outcome::DoneInPart));
    assert_eq!(in_state(&world, TaskState::Failed), [2]);
    assert_eq!(in_state(&world, TaskState::Merged), [1, 3, 4, 5]);
    let end = world.state.missions[&MISSION].end.clone().unwrap();
    assert_eq!(end.code.as_deref(), Some("syntax-broken"));
    assert_eq!(end.reason, "1 of 5 tasks left out (f1.py): an edit did not parse");
}

#[test]
fn groups_that_wait_for_each_other_are_refused() {
    let script = Script {
        after: vec![vec![], vec![1], vec![2]],
        groups: vec![1, 2, 1],
        ..Script::default()
    };
    let mut world = World::new(script);
    assert_eq!(world.run(), Some(Outcome::Refused));
    let end = world.state.missions[&MISSION].end.clone().unwrap();
    assert_eq!(end.reason, "tasks wait for each other: t1 t2 t3");
}

/// Groups in which nothing is wrong, and that wait for none in which something is.
fn sound(script: &Script) -> BTreeSet<u32> {
    let group = |task: u32| script.groups.get(task as usize - 1).copied().unwrap_or(0);
    let tasks = 1..=u32::try_from(script.after.len()).unwrap();
    let mut bad: BTreeSet<u32> = tasks
        .clone()
        .filter(|task| script.broken.contains(task) || script.culprits.contains(task))
        .map(group)
        .collect();
    for _ in 0..script.after.len() {
        for task in tasks.clone() {
            let waits_for = &script.after[task as usize - 1];
            if waits_for.iter().any(|other| bad.contains(&group(*other))) {
                bad.insert(group(task));
            }
        }
    }
    tasks.filter(|task| !bad.contains(&group(*task))).collect()
}

fn graphs() -> impl Strategy<Value = Script> {
    (1_u32..13)
        .prop_flat_map(|count| {
            let after: Vec<_> = (0..count)
                .map(|place| {
                    let earlier: Vec<u32> = (1..=place).collect();
                    proptest::sample::subsequence(earlier, 0..=(place as usize).min(2))
                })
                .collect();
            let bad = || proptest::collection::btree_set(1..=count, 0..2);
            // Groups of neighbours cannot wait for each other in a circle.
            let sizes = proptest::collection::vec(1_usize..4, count as usize);
            (after, bad(), bad(), sizes, 1_u32..4)
        })
        .prop_map(|(after, broken, culprits, sizes, agents)| {
            let of = |(group, size): (u32, &usize)| vec![group; *size];
            let groups = (0..).zip(&sizes).flat_map(of).collect();
            Script { after, groups, broken, culprits, agents, ..Script::default() }
        })
}

proptest! {
    #[test]
    fn exactly_the_sound_groups_are_merged_whatever_the_order(script in graphs()) {
        let expected = sound(&script);
        let mut world = World::new(script.clone());
        let outcome = world.run();
        prop_assert_eq!(world.merged(), expected.clone());
        let all = script.after.len();
        let wanted = match expected.len() {
            0 => Outcome::Failed,
            some if some == all => Outcome::Done,
            _ => Outcome::DoneInPart,
        };
        prop_assert_eq!(outcome, Some(wanted));
    }
}
