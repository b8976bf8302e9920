//! The critic rejects a result that is what was planned, where the plan does not reach its goal.
//! Planners do not make such plans, so one is forged, and the work of its coder with it.

use axon_code::apply_edits;
use axon_domain::{CheckChoice, ContentId, FileEdits, Goal, ObjectStore as _, Payload};
use axon_runtime::FilePlan;

use crate::review::{begin_again, why_rejected};
use crate::world::{Crash, World, request};

/// Runs a mission in which one file is edited otherwise, and gives why it was rejected.
fn forged(goal: Goal, path: &str, forge: impl FnOnce(&mut FileEdits)) -> String {
    forged_in(World::new(), goal, path, forge)
}

fn forged_in(
    mut world: World,
    goal: Goal,
    path: &str,
    forge: impl FnOnce(&mut FileEdits),
) -> String {
    let ended = world.run(request(goal, CheckChoice::None), Crash::Never).unwrap();
    let place = ended.tasks.iter().position(|task| task.path == path).unwrap();
    let plan = world.reader().object(ended.tasks[place].edits).unwrap();
    let mut plan: FilePlan = serde_json::from_slice(&plan).unwrap();
    forge(&mut plan.edits);
    let text = apply_edits(world.repo.read(path).as_bytes(), &plan.edits.sites).unwrap();
    begin_again(&mut world, |ledger, events| {
        let edits = ledger.put(&serde_json::to_vec(&plan).unwrap()).unwrap();
        let content = ledger.put(&text).unwrap();
        for event in events {
            match &mut event.payload {
                Some(Payload::PlanProposed(plan)) => plan.tasks[place].edits = edits,
                Some(Payload::StateChange(change)) if change.resource == path => {
                    change.new = Some(ContentId::Object(content));
                }
                _ => {}
            }
        }
    });
    why_rejected(&world)
}

#[test]
fn a_call_that_the_plan_forgot_is_found_by_the_review() {
    let goal = Goal::Signature { signature: "alpha(x, y:=0)".into(), at: None };
    let reason = forged(goal, "b.py", |edits| drop(edits.sites.pop()));
    let expected = "b.py:6 does not agree: it passes fewer arguments than there have to be";
    assert_eq!(reason, expected);
}

#[test]
fn a_definition_that_has_other_parameters_is_found_by_the_review() {
    let goal = Goal::Signature { signature: "alpha(x, y=0)".into(), at: None };
    let reason = forged(goal, "a.py", |edits| {
        edits.sites[0].edit.text = edits.sites[0].edit.text.replace("y=0", "z=0");
    });
    assert!(reason.starts_with("the result has other parameters: "), "{reason}");
}

#[test]
fn a_user_that_the_plan_forgot_is_found_by_the_review() {
    let goal = Goal::Move { symbol: "gamma".into(), into: "m".into(), at: None };
    let reason = forged(goal, "e.py", |edits| {
        let text = &mut edits.sites[0].edit.text;
        *text = text.replace("from m ", "from b ") + "  # as before";
    });
    assert_eq!(reason, "e.py:1 meant gamma, and does not any more");
}

#[test]
fn a_removed_name_that_code_still_has_is_found_by_the_review() {
    let world = World::new();
    world.repo.write("f.py", "def spare():\n    return 1\n\n\ndef other():\n    return 2\n");
    world.repo.commit("Unused");
    let goal = Goal::RemoveDead { only: Vec::new(), kind: None, closed: true };
    let reason = forged_in(world, goal, "f.py", |edits| {
        edits.sites.last_mut().unwrap().edit.text = "spare()\n".to_owned();
    });
    assert_eq!(reason, "f.py:1 uses spare, which is gone");
}
