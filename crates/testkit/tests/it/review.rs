//! The critic rejects a result that is not what was planned, however it came about. Coders do
//! not make such results, so one is written into the ledger while the mission is interrupted.

use std::fs;

use axon_domain::{
    Action, CheckChoice, ContentId, Draft, Event, Kind, MissionId, ObjectId, ObjectStore as _,
    Outcome, Payload, Role, SessionId, StateChange, TargetType, TaskId,
};
use axon_engine::Agents;
use axon_ledger::Ledger;

use crate::world::{Crash, World, rename, request};

const MISSION: MissionId = MissionId(1);

/// A mission that was interrupted when every task was done and nothing merged. And a task with
/// its file.
fn interrupted() -> (World, TaskId, String) {
    let mut world = World::new();
    let ended = world.run(request(rename("alpha", "first"), CheckChoice::None), Crash::Never);
    let path = ended.unwrap().tasks[0].path.clone();
    begin_again(&mut world, |_, _| {});
    (world, TaskId(1), path)
}

/// Puts a mission that went to its end back to where every task was done and nothing merged, in
/// a ledger of its own. What happened until then may be forged.
pub(crate) fn begin_again(world: &mut World, forge: impl FnOnce(&Ledger, &mut [Event])) {
    let reader = world.reader();
    let mut events: Vec<Event> = reader.events(.., None).map(Result::unwrap).collect();
    let last = events.iter().rposition(|event| event.kind == Kind::Task).unwrap();
    events.truncate(last + 1);
    let objects = events.iter().flat_map(objects).map(|id| reader.object(id).unwrap());
    let objects: Vec<Vec<u8>> = objects.collect();
    drop(reader);
    let home = world.repo.path().join(".axon");
    fs::rename(&home, world.repo.home().join("before")).unwrap();
    world.repo.git(["branch", "--quiet", "-D", "axon/m1"]);
    let ledger = world.ledger();
    for object in objects {
        ledger.put(&object).unwrap();
    }
    forge(&ledger, &mut events);
    ledger.append(events.into_iter().map(draft).collect()).unwrap();
    ledger.close().unwrap();
    world.reopen();
}

fn objects(event: &Event) -> Vec<ObjectId> {
    match event.payload.as_ref().unwrap() {
        Payload::PlanProposed(plan) => {
            plan.tasks.iter().map(|task| task.edits).chain([plan.report]).collect()
        }
        Payload::StateChange(StateChange { new: Some(ContentId::Object(id)), .. }) => vec![*id],
        Payload::Decision(decision) => decision.details.into_iter().collect(),
        _ => Vec::new(),
    }
}

fn draft(event: Event) -> Draft {
    let Event { mission, task, role, agent, causes, payload, .. } = event;
    Draft { mission, task, role, agent, causes, payload: payload.unwrap() }
}

/// Writes a change of a file as if a coder had made it, and lets the mission go on. Gives why
/// the result was rejected.
fn rejected(world: &mut World, task: TaskId, session: SessionId, path: &str, text: &str) -> String {
    let ledger = world.ledger();
    let new = ledger.put(text.as_bytes()).unwrap();
    let change = StateChange {
        target: TargetType::FileSystem,
        resource: path.to_owned(),
        action: Action::Update,
        session,
        previous: None,
        new: Some(ContentId::Object(new)),
        executable: false,
    };
    let draft = Draft::new(Role::Coder, Payload::StateChange(change)).of(MISSION).task(task);
    ledger.append(vec![draft.by(Agents::coder(0))]).unwrap();
    ledger.close().unwrap();
    world.reopen();
    why_rejected(world)
}

/// Lets the mission go on; its result has to be rejected by the review.
pub(crate) fn why_rejected(world: &World) -> String {
    let mission = world.resume(MISSION, Crash::Never).unwrap();
    let end = mission.end.unwrap();
    assert_eq!(end.outcome, Outcome::Failed);
    assert_eq!(end.code.as_deref(), Some("review-failed"));
    assert_eq!(world.repo.git(["branch", "--list", "axon/*"]), "");
    end.reason
}

#[test]
fn a_file_that_differs_from_its_planned_edits_is_found_by_the_review() {
    let (mut world, task, path) = interrupted();
    let text = world.repo.read(&path).replace("alpha", "first") + "# and more\n";
    let reason = rejected(&mut world, task, SessionId(task.0), &path, &text);
    assert_eq!(reason, format!("{path} differs from its planned edits"));
}

#[test]
fn a_file_that_no_task_names_is_found_by_the_review() {
    let (mut world, task, _) = interrupted();
    let reason = rejected(&mut world, task, SessionId(task.0), "e.py", "import os\n");
    assert_eq!(reason, "e.py changed and no task says so");
}

#[test]
fn an_edit_that_is_missing_is_found_by_the_review() {
    let (mut world, task, path) = interrupted();
    let text = world.repo.read(&path);
    let reason = rejected(&mut world, task, SessionId(task.0), &path, &text);
    assert_eq!(reason, format!("the edits of {path} are not in the result"));
}
