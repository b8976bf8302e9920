//! What a mission comes to.

use axon_domain::{Grants, ObjectId, Outcome, Payload, TaskId, TaskSpec, TaskStatus};
use axon_engine::{PlanFault, check_plan};

use crate::world::{MISSION, Script, World};

fn outcome(script: Script) -> Option<Outcome> {
    World::new(script).run()
}

fn code(world: &World) -> Option<&str> {
    world.state.missions[&MISSION].end.as_ref()?.code.as_deref()
}

fn reason(world: &World) -> &str {
    world.state.missions[&MISSION].end.as_ref().map_or("", |end| &end.reason)
}

#[test]
fn a_mission_whose_check_passes_is_done() {
    assert_eq!(outcome(Script::default()), Some(Outcome::Done));
}

#[test]
fn a_mission_without_a_check_is_done_but_unproven() {
    let mut world = World::new(Script { check: None, ..Script::default() });
    assert_eq!(world.run(), Some(Outcome::DoneUnproven));
    assert_eq!((code(&world), reason(&world)), (None, "no check was found"));
}

#[test]
fn a_check_that_is_stopped_at_a_limit_keeps_the_result_but_says_so() {
    let by = "the check was stopped at its limit of 1 s";
    let fails = "the check fails, and without the change was stopped at its limit of 1 s";
    for (check, base_check, stopped, expected) in [
        (Some(true), true, [true, true], by),
        (Some(true), false, [true, false], by),
        (Some(false), true, [false, true], fails),
    ] {
        let mut world = World::new(Script { check, base_check, stopped, ..Script::default() });
        assert_eq!(world.run(), Some(Outcome::DoneUnproven));
        assert_eq!((code(&world), reason(&world)), (Some("limit-reached"), expected));
        assert!(!world.state.missions[&MISSION].proven);
    }
}

#[test]
fn a_limit_that_only_the_change_reaches_rejects_the_result() {
    let mut world = World::new(Script { stopped: [true, false], ..Script::default() });
    assert_eq!(world.run(), Some(Outcome::Failed));
    assert_eq!(code(&world), Some("check-failed"));
    let by = "stopped at its limit of 1 s";
    let expected = format!("the check passes without the change, and with it is {by}");
    assert_eq!(reason(&world), expected);
}

#[test]
fn a_check_that_passes_before_and_fails_after_rejects_the_result() {
    let mut world = World::new(Script { check: Some(false), ..Script::default() });
    assert_eq!(world.run(), Some(Outcome::Failed));
    assert_eq!(code(&world), Some("check-failed"));
    assert!(world.state.missions[&MISSION].commit.is_none());
}

#[test]
fn a_check_that_failed_before_the_mission_is_not_held_against_it() {
    let script = Script { check: Some(false), base_check: false, ..Script::default() };
    let mut world = World::new(script);
    assert_eq!(world.run(), Some(Outcome::DoneUnproven));
    let expected = (None, "the check fails without the change too");
    assert_eq!((code(&world), reason(&world)), expected);
}

#[test]
fn a_critic_that_disagrees_rejects_the_result() {
    let mut world = World::new(Script { review: false, ..Script::default() });
    assert_eq!(world.run(), Some(Outcome::Failed));
    assert_eq!(code(&world), Some("review-failed"));
}

#[test]
fn a_hook_that_fails_or_is_stopped_rejects_the_result_and_later_ones_do_not_run() {
    for verdict in [Some(false), None] {
        let hooks = vec![Some(true), verdict, Some(true)];
        let mut world = World::new(Script { hooks, ..Script::default() });
        assert_eq!(world.run(), Some(Outcome::Failed));
        assert_eq!(code(&world), Some("hook-failed"));
        assert_eq!(world.hooked, ["hook-0", "hook-1"]);
    }
}

#[test]
fn hooks_that_pass_let_the_commit_be_made_with_the_message_they_gave_it() {
    let mut world = World::new(Script { hooks: vec![Some(true); 2], ..Script::default() });
    assert_eq!(world.run(), Some(Outcome::Done));
    assert_eq!(world.hooked, ["hook-0", "hook-1"]);
    assert!(world.state.missions[&MISSION].message.is_some());
}

#[test]
fn a_broken_edit_fails_the_mission_once_running_tasks_have_finished() {
    let script =
        Script { after: vec![vec![]; 9], broken: [2].into(), agents: 3, ..Script::default() };
    let mut world = World::new(script);
    assert_eq!(world.run(), Some(Outcome::Failed));
    assert_eq!(code(&world), Some("syntax-broken"));
    assert!(world.finished.len() <= 4, "no task is given out after the failure");
}

#[test]
fn a_plan_without_tasks_is_refused() {
    let mut world = World::new(Script { after: vec![], ..Script::default() });
    assert_eq!(world.run(), Some(Outcome::Refused));
    assert_eq!(code(&world), Some("nothing-to-do"));
}

#[test]
fn tasks_that_wait_for_each_other_are_refused_by_name() {
    let mut world = World::new(Script { after: vec![vec![2], vec![1]], ..Script::default() });
    assert_eq!(world.run(), Some(Outcome::Refused));
    let end = world.state.missions[&MISSION].end.clone().unwrap();
    assert_eq!(end.reason, "tasks wait for each other: t1 t2");
}

#[test]
fn a_task_that_waits_for_a_task_not_in_the_plan_is_refused() {
    let mut world = World::new(Script { after: vec![vec![7]], ..Script::default() });
    assert_eq!(world.run(), Some(Outcome::Refused));
}

#[test]
fn no_more_coders_work_at_once_than_asked_for() {
    let script = Script { after: vec![vec![]; 40], agents: 3, ..Script::default() };
    let mut world = World::new(script);
    assert_eq!(world.run(), Some(Outcome::Done));
    assert_eq!(world.most_at_once, 3);
}

#[test]
fn a_task_starts_only_after_those_it_waits_for() {
    let script = Script {
        after: vec![vec![], vec![1], vec![2], vec![1, 3]],
        agents: 4,
        ..Script::default()
    };
    let mut world = World::new(script);
    world.run();
    let done: Vec<u32> = world
        .log
        .iter()
        .filter(|event| {
            matches!(&event.payload, Some(Payload::Task(change)) if change.status == TaskStatus::Done)
        })
        .filter_map(|event| event.task.map(|task| task.0))
        .collect();
    assert_eq!(done, [1, 2, 3, 4]);
}

#[test]
fn of_a_group_who_writes_a_file_waits_for_whoever_wrote_it_last() {
    let task = |(group, (path, after)): (u32, (&str, Option<u32>))| TaskSpec {
        title: String::new(),
        path: path.to_owned(),
        sites: 1,
        edits: ObjectId([0; 32]),
        after: after.map(TaskId).into_iter().collect(),
        group,
        line: None,
        defines: false,
    };
    let grants = Grants { write: vec![".".to_owned()], ..Grants::none() };
    let check_groups = |groups: [u32; 4], tasks: [(&str, Option<u32>); 4]| {
        let tasks: Vec<TaskSpec> = groups.into_iter().zip(tasks).map(task).collect();
        check_plan(&tasks, &grants)
    };
    let check = |tasks| check_groups([0; 4], tasks);
    assert_eq!(check([("a", None), ("b", None), ("a", Some(1)), ("a", Some(3))]), Ok(()));
    let shared = |first, second| PlanFault::SharedFile {
        path: "a".to_owned(),
        tasks: (TaskId(first), TaskId(second)),
    };
    let behind_the_first = [("a", None), ("b", None), ("a", Some(1)), ("a", Some(1))];
    assert_eq!(check(behind_the_first), Err(shared(3, 4)));
    let at_once = [("a", None), ("b", None), ("a", None), ("c", None)];
    assert_eq!(check(at_once), Err(shared(1, 3)));
    // What different groups do to a file is merged.
    assert_eq!(check_groups([0, 1, 2, 3], at_once), Ok(()));
}
