//! What agents do among each other.

use std::collections::BTreeMap;

use axon_domain::{
    Draft, Holder, LockChange, LockMode, LockRequest, LockStep, Message, Outcome, Payload,
    Receiver, Role, SessionStep, TaskStatus, ViolationKind,
};
use axon_engine::{Agents, Effect, MOST_ATTEMPTS, Phase, TaskState};

use crate::world::{MISSION, Script, World};

fn alone(count: u32) -> Script {
    Script {
        after: vec![vec![]; count as usize],
        groups: (0..count).collect(),
        ..Script::default()
    }
}

fn payloads(world: &World) -> impl Iterator<Item = &Payload> {
    world.log.iter().filter_map(|event| event.payload.as_ref())
}

fn violations(world: &World) -> Vec<(ViolationKind, String)> {
    let found = payloads(world).filter_map(|payload| match payload {
        Payload::Violation(it) => Some((it.broken, it.observed.clone())),
        _ => None,
    });
    found.collect()
}

fn messages(world: &World) -> Vec<&Message> {
    let found = payloads(world).filter_map(|payload| match payload {
        Payload::Message(message) => Some(message),
        _ => None,
    });
    found.collect()
}

fn state_of(world: &World, task: usize) -> TaskState {
    world.state.missions[&MISSION].tasks[task - 1].state
}

fn reason(world: &World) -> String {
    world.state.missions[&MISSION].end.clone().unwrap().reason
}

#[test]
fn scouts_search_at_once_and_the_plan_waits_for_all_of_them() {
    let mut world = World::new(Script { agents: 4, ..Script::default() });
    assert_eq!(world.queue.len(), 4);
    assert!(world.queue.iter().all(|effect| matches!(effect, Effect::Scout { .. })));
    for left in (0..4).rev() {
        assert_eq!(world.state.missions[&MISSION].phase, Phase::Scouting);
        world.step();
        assert_eq!(world.queue.len(), left.max(1));
    }
    assert_eq!(world.queue, [Effect::Plan(MISSION)]);
    assert_eq!(world.state.missions[&MISSION].scouted.len(), 4);
    assert_eq!(world.run(), Some(Outcome::Done));
}

#[test]
fn a_coder_announces_and_claims_a_file_before_it_works_and_gives_it_back_after() {
    let mut world = World::new(Script { after: vec![vec![]], ..Script::default() });
    world.run();
    let of_task = |payload: &&Payload| match payload {
        Payload::PeerIntent(_) | Payload::StateChange(_) | Payload::Task(_) => true,
        Payload::Lock(change) => matches!(change.holder, Holder::Agent { task: Some(_), .. }),
        _ => false,
    };
    let story: Vec<&Payload> = payloads(&world).filter(of_task).collect();
    assert!(matches!(
        story[..],
        [
            Payload::Task(_),
            Payload::PeerIntent(_),
            Payload::Lock(LockChange { step: LockStep::Wanted(_), .. }),
            Payload::StateChange(_),
            Payload::Task(_)
        ]
    ));
    assert!(world.state.locks.is_empty());
}

#[test]
fn who_uses_what_is_about_to_be_changed_says_where() {
    let mut world = World::new(Script { agents: 3, ..Script::default() });
    world.run();
    let warnings: Vec<&Message> =
        messages(&world).into_iter().filter(|it| !it.places.is_empty()).collect();
    let said: Vec<(&Receiver, &str)> =
        warnings.iter().map(|it| (&it.receiver, it.content.as_str())).collect();
    let definer = &Receiver::Agent(Agents::coder(0));
    assert_eq!(
        said,
        [
            (definer, "`f1.py:1` uses it; I change that in t2"),
            (definer, "`f2.py:1` uses it; I change that in t3"),
        ]
    );
}

#[test]
fn however_many_coders_are_asked_for_none_has_the_number_of_a_scout() {
    let mut world = World::new(Script { agents: u32::MAX, ..alone(100) });
    assert_eq!(world.state.missions[&MISSION].agents(), Agents::MOST_CODERS);
    let last = Agents::coder(Agents::MOST_CODERS - 1);
    assert_eq!(last.0.get() + 1, Agents::FIRST_SEARCHER);
    assert_eq!(world.run(), Some(Outcome::Done));
}

/// Somebody else has what a mission claims.
fn take(world: &mut World, entity: &str) {
    let request = LockRequest::new(entity.parse().unwrap(), LockMode::Exclusive);
    let holder = "person:ada".parse().unwrap();
    let change = LockChange { holder, step: LockStep::Wanted(request) };
    world.record(Draft::new(Role::Operator, Payload::Lock(change)));
}

fn give_back(world: &mut World, entity: &str) {
    let entity: axon_domain::Entity = entity.parse().unwrap();
    let holder: Holder = "person:ada".parse().unwrap();
    let token = world.state.locks.grant(&entity, &holder).unwrap().token;
    let change = LockChange { holder, step: LockStep::Released { entity, token } };
    world.record(Draft::new(Role::Operator, Payload::Lock(change)));
}

#[test]
fn a_mission_waits_for_a_symbol_that_somebody_has_and_works_when_it_is_free() {
    let mut world =
        World::new(Script { claims: vec!["symbol:b", "symbol:a"], ..Script::default() });
    take(&mut world, "symbol:b");
    assert_eq!(world.run(), None);
    assert_eq!(world.state.missions[&MISSION].phase, Phase::Claiming);
    assert!(world.finished.is_empty());
    // Nothing of that is lost with the process.
    world.crash();
    assert_eq!(world.run(), None);
    give_back(&mut world, "symbol:b");
    assert_eq!(world.run(), Some(Outcome::Done));
}

#[test]
fn a_coder_takes_another_task_first_where_a_file_is_taken_and_waits_at_last() {
    let mut world = World::new(Script { agents: 1, ..alone(3) });
    let other = "m9/t1/2";
    let request = LockRequest::new("file:f0.py".parse().unwrap(), LockMode::Exclusive);
    let change = LockChange { holder: other.parse().unwrap(), step: LockStep::Wanted(request) };
    world.record(Draft::new(Role::Coder, Payload::Lock(change)));
    assert_eq!(world.run(), None);
    let finished: Vec<u32> = world.finished.iter().map(|task| task.0).collect();
    assert_eq!(finished, [2, 3]);
    assert_eq!(state_of(&world, 1), TaskState::Assigned(Agents::coder(0)));
    let entity: axon_domain::Entity = "file:f0.py".parse().unwrap();
    let token = world.state.locks.grant(&entity, &other.parse().unwrap()).unwrap().token;
    let step = LockStep::Released { entity, token };
    let change = LockChange { holder: other.parse().unwrap(), step };
    world.record(Draft::new(Role::Coder, Payload::Lock(change)));
    assert_eq!(world.run(), Some(Outcome::Done));
}

#[test]
fn a_coder_that_fails_is_started_anew_and_its_task_given_out_again() {
    let fails = BTreeMap::from([(2, MOST_ATTEMPTS - 1)]);
    let mut world = World::new(Script { fails, ..alone(3) });
    assert_eq!(world.run(), Some(Outcome::Done));
    assert_eq!(world.merged().len(), 3);
}

#[test]
fn a_task_that_every_attempt_fails_at_is_given_up_and_the_others_are_kept() {
    let fails = BTreeMap::from([(2, 99)]);
    let mut world = World::new(Script { fails, ..alone(3) });
    assert_eq!(world.run(), Some(Outcome::DoneInPart));
    assert_eq!(state_of(&world, 2), TaskState::Failed);
    assert_eq!(world.merged(), [1, 3].into());
    assert!(world.state.missions[&MISSION].tasks[1].note.contains("3 attempts: it panicked"));
}

#[test]
fn a_coder_that_never_answers_loses_its_task_to_the_next_attempt() {
    let mut world = World::new(Script { silent: [1, 3].into(), ..alone(3) });
    assert_eq!(world.run(), Some(Outcome::Done));
    assert_eq!(world.merged().len(), 3);
    let late = payloads(&world).filter_map(|payload| match payload {
        Payload::Lifecycle(change) => Some(change.reason.as_str()),
        _ => None,
    });
    assert_eq!(late.collect::<Vec<_>>(), ["it has not answered for 120 s"; 2]);
}

#[test]
fn a_coder_that_does_something_else_than_it_announced_broke_its_word() {
    let mut world = World::new(Script { strays: [2].into(), ..alone(3) });
    assert_eq!(world.run(), Some(Outcome::DoneInPart));
    assert_eq!(world.merged(), [1, 3].into());
    let expected = (ViolationKind::Trust, "it wrote other.py".to_owned());
    assert_eq!(violations(&world), vec![expected; MOST_ATTEMPTS as usize]);
    let dropped = payloads(&world).filter(|payload| {
        matches!(payload, Payload::Session(change) if change.step == SessionStep::Dropped)
    });
    assert_eq!(dropped.count(), MOST_ATTEMPTS as usize);
    assert!(world.state.missions[&MISSION].tasks[1].note.contains("other.py"));
}

#[test]
fn a_task_that_goes_in_circles_is_stopped_and_not_tried_again() {
    let mut world = World::new(Script { loops: [1].into(), ..alone(2) });
    assert_eq!(world.run(), Some(Outcome::DoneInPart));
    assert_eq!(world.merged(), [2].into());
    let expected = "f0.py was written 16 times without an end".to_owned();
    assert_eq!(violations(&world), [(ViolationKind::Loop, expected)]);
    assert_eq!(state_of(&world, 1), TaskState::Failed);
}

#[test]
fn what_a_task_that_goes_in_circles_has_is_given_to_the_next_at_once() {
    let mut world = World::new(alone(1));
    while !matches!(world.queue.front(), Some(Effect::Work { .. })) {
        world.step();
    }
    let next: Holder = "m9/t1/4".parse().unwrap();
    let entity: axon_domain::Entity = "file:f0.py".parse().unwrap();
    let request = LockRequest::new(entity.clone(), LockMode::Exclusive);
    let change = LockChange { holder: next.clone(), step: LockStep::Wanted(request) };
    world.record(Draft::new(Role::Coder, Payload::Lock(change)));
    for _ in 0..axon_engine::MOST_CHANGES {
        assert!(world.state.locks.grant(&entity, &next).is_none());
        let wrote = Draft::new(Role::Coder, crate::world::wrote("f0.py")).of(MISSION);
        world.record(wrote.task(axon_domain::TaskId(1)).by(Agents::coder(0)));
    }
    assert!(world.state.locks.grant(&entity, &next).is_some());
}

#[test]
fn in_a_group_that_belongs_together_one_that_is_given_up_rejects_all() {
    let mut world = World::new(Script { loops: [1].into(), ..Script::default() });
    assert_eq!(world.run(), Some(Outcome::Failed));
    assert!(reason(&world).contains("f0.py"), "{}", reason(&world));
}

/// The agent of a step fails so often; gives how it ends.
fn stumbling(role: Role, agent: u64, reached: impl Fn(&Effect) -> bool, times: u32) -> World {
    let mut world = World::new(Script { agents: 1, ..Script::default() });
    for _ in 0..times {
        while !reached(world.queue.front().unwrap()) {
            world.step();
        }
        world.queue.pop_front();
        let draft = Draft::new(role, crate::world::failed("it panicked"));
        world.record(draft.of(MISSION).by(axon_domain::AgentId::new(agent).unwrap()));
    }
    world.run();
    world
}

#[test]
fn an_agent_that_fails_at_a_step_of_the_mission_tries_again_and_then_the_mission_ends() {
    type Case = (Role, u64, fn(&Effect) -> bool);
    let steps: [Case; 4] = [
        (Role::Scout, Agents::FIRST_SEARCHER, |it| matches!(it, Effect::Scout { .. })),
        (Role::Scout, Agents::SCOUT, |it| matches!(it, Effect::Plan(_))),
        (Role::Supervisor, Agents::SUPERVISOR, |it| matches!(it, Effect::Merge(_))),
        (Role::Critic, Agents::CRITIC, |it| matches!(it, Effect::Review(_))),
    ];
    for (role, agent, reached) in steps {
        let world = stumbling(role, agent, reached, MOST_ATTEMPTS - 1);
        assert_eq!(world.state.missions[&MISSION].outcome(), Some(Outcome::Done), "{role}");
        let world = stumbling(role, agent, reached, MOST_ATTEMPTS);
        assert_eq!(world.state.missions[&MISSION].outcome(), Some(Outcome::Failed), "{role}");
        assert_eq!(reason(&world), format!("the {role} failed 3 times: it panicked"));
    }
}

#[test]
fn what_an_agent_says_of_a_task_that_somebody_else_has_now_changes_nothing() {
    for status in [TaskStatus::Done, TaskStatus::Failed] {
        let mut world = World::new(Script { agents: 1, ..alone(1) });
        while !matches!(world.queue.front(), Some(Effect::Work { .. })) {
            world.step();
        }
        let (before, waiting) = (world.state.missions[&MISSION].clone(), world.queue.clone());
        let change = axon_domain::TaskChange { status, note: String::new() };
        let late = Draft::new(Role::Coder, Payload::Task(change)).of(MISSION);
        world.record(late.task(axon_domain::TaskId(1)).by(Agents::coder(7)));
        assert_eq!(world.state.missions[&MISSION], before);
        assert_eq!(world.queue, waiting);
        assert_eq!(world.run(), Some(Outcome::Done));
    }
}

#[test]
fn what_is_said_twice_has_its_consequence_once() {
    let mut world = World::new(Script { agents: 1, ..alone(1) });
    while !matches!(world.queue.front(), Some(Effect::Work { .. })) {
        world.step();
    }
    world.step();
    assert_eq!(world.queue, [Effect::Merge(MISSION)]);
    let change = axon_domain::TaskChange { status: TaskStatus::Done, note: String::new() };
    let again = Draft::new(Role::Coder, Payload::Task(change)).of(MISSION);
    world.record(again.task(axon_domain::TaskId(1)).by(Agents::coder(0)));
    assert_eq!(world.queue, [Effect::Merge(MISSION)]);
}

#[test]
fn what_a_task_that_was_given_up_says_late_changes_nothing() {
    let mut world = World::new(Script { silent: [1].into(), ..alone(1) });
    world.run();
    let before = world.state.missions[&MISSION].clone();
    let change = axon_domain::TaskChange { status: TaskStatus::Done, note: String::new() };
    let late = Draft::new(Role::Coder, Payload::Task(change)).of(MISSION);
    world.record(late.task(axon_domain::TaskId(1)).by(Agents::coder(0)));
    assert_eq!(world.state.missions[&MISSION], before);
}
