//! Tasks of different groups that edit the same file. No plan of today has such tasks, so one is
//! written into the ledger of a mission that was just given.

use std::fs;

use axon_domain::{
    CheckChoice, Code, ContentId, Draft, Event, FileEdits, GitId, Goal, Language, MissionId,
    ObjectStore as _, Outcome, Payload, PlanProposal, Role, Site, SiteKind, TaskId, TaskSpec,
    TextEdit,
};
use axon_engine::Mission;
use axon_runtime::{Cancel, Choice, Nobody, Resolution};
use axon_testkit::TestRepo;

use crate::world::{Crash, World, command, request};

const MISSION: MissionId = MissionId(1);
const BEFORE: &str = "one = 1\ntwo = 2\nthree = 3\nfour = 4\nfive = 5\n";

/// A task: its group, what it waits for, and what it replaces by what in `a.py`.
type Task = (u32, &'static [u32], &'static str, &'static str);

/// A mission with this plan, of which nothing is done yet.
fn planned(check: CheckChoice, tasks: &[Task]) -> World {
    let mut world = World::of(TestRepo::with([("a.py", BEFORE), ("b.py", "nothing = 0\n")]));
    let goal = Goal::Rewrite {
        pattern: "nothing = $A".into(),
        replacement: "nothing = [$A]".into(),
        language: Language::Python,
    };
    world.run(request(goal, check), Crash::Never).unwrap();
    let reader = world.reader();
    let events: Vec<Event> = reader.events(.., None).map(Result::unwrap).collect();
    let given = events.iter().position(|it| matches!(it.payload, Some(Payload::MissionGiven(_))));
    let begin = events[..=given.unwrap()].iter().cloned().map(draft).collect();
    drop(reader);
    fs::rename(world.repo.path().join(".axon"), world.repo.home().join("before")).unwrap();
    world.repo.git(["branch", "--quiet", "-D", "axon/m1"]);
    let ledger = world.ledger();
    ledger.append(begin).unwrap();
    let hex = world.repo.git(["rev-parse", "HEAD:a.py"]);
    let base = ContentId::Git(blob(hex.trim()));
    let report = ledger.put(NO_REPORT).unwrap();
    let task = |(group, after, old, new): &Task| {
        let edits = serde_json::to_vec(&edit(base, old, new)).unwrap();
        TaskSpec {
            title: format!("{old} becomes {new}"),
            path: "a.py".into(),
            sites: 1,
            edits: ledger.put(&edits).unwrap(),
            after: after.iter().map(|number| TaskId(*number)).collect(),
            group: *group,
            line: None,
            defines: false,
        }
    };
    let tasks: Vec<TaskSpec> = tasks.iter().map(task).collect();
    let plan = PlanProposal { sites: 2, mentions: 0, report, claims: Vec::new(), tasks };
    let plan = Draft::new(Role::Supervisor, Payload::PlanProposed(plan)).of(MISSION);
    ledger.append(vec![plan]).unwrap();
    ledger.close().unwrap();
    world.reopen();
    world
}

const NO_REPORT: &[u8] = br#"{"symbol":null,"rejected":[],"sites":[],"mentions":[],"skipped":[]}"#;

fn draft(event: Event) -> Draft {
    let Event { mission, task, role, agent, causes, payload, .. } = event;
    Draft { mission, task, role, agent, causes, payload: payload.unwrap() }
}

fn blob(hex: &str) -> GitId {
    let byte = |at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
    let bytes: Vec<u8> = (0..hex.len()).step_by(2).map(byte).collect();
    GitId::from_bytes(&bytes).unwrap()
}

fn edit(base: ContentId, old: &str, new: &str) -> FileEdits {
    let start = BEFORE.find(old).unwrap();
    let site = Site {
        line: 1,
        column: 1,
        kind: SiteKind::Match,
        evidence: "wanted".into(),
        edit: TextEdit { start, end: start + old.len(), text: new.into() },
    };
    FileEdits { path: "a.py".into(), base, sites: vec![site] }
}

fn ended(mission: &Mission) -> (Outcome, String) {
    let end = mission.end.clone().unwrap();
    (end.outcome, end.reason)
}

fn result(world: &World) -> String {
    world.repo.show("axon/m1", "a.py")
}

fn settle(world: &World, how: Resolution) -> Mission {
    let choice = Choice { paths: Some(vec!["a.py".into()]), how };
    let settlement = world.axon.resolve(MISSION, &choice).unwrap();
    assert_eq!(settlement.left, 0);
    world.axon.go_on_settled(MISSION, &mut Nobody, &Cancel::new()).unwrap()
}

#[test]
fn tasks_that_edit_the_same_file_are_joined_by_lines() {
    let tasks: [Task; 3] = [
        (0, &[], "one = 1", "one = 10"),
        (1, &[], "three = 3", "three = 30"),
        (2, &[], "five = 5", "five = 50"),
    ];
    let world = planned(CheckChoice::None, &tasks);
    let mission = world.resume(MISSION, Crash::Never).unwrap();
    assert_eq!(ended(&mission).0, Outcome::DoneUnproven, "{:?}", mission.end);
    assert_eq!(result(&world), "one = 10\ntwo = 2\nthree = 30\nfour = 4\nfive = 50\n");
    assert_eq!(mission.files, 1);
}

#[test]
fn what_cannot_be_joined_is_asked_about_and_the_answer_is_kept() {
    let tasks: [Task; 3] = [
        (0, &[], "one = 1", "one = 10"),
        (1, &[], "one = 1", "one = 11"),
        (2, &[], "five = 5", "five = 50"),
    ];
    let given = b"one = 12\ntwo = 2\nthree = 3\nfour = 4\nfive = 50\n".to_vec();
    for (how, first) in [
        (Resolution::Mine, "one = 11"),
        (Resolution::Theirs, "one = 10"),
        (Resolution::Given(given), "one = 12"),
    ] {
        let mut world = planned(CheckChoice::None, &tasks);
        let error = world.resume(MISSION, Crash::Never).unwrap_err();
        assert_eq!(error.code(), Code::Conflict, "{error}");
        world.reopen();
        let waiting = world.axon.mission(MISSION).unwrap();
        assert_eq!(waiting.accepted.tasks, 2, "the others are merged");
        let [conflict] = &world.axon.conflicts(MISSION).unwrap()[..] else { panic!("one file") };
        assert_eq!((conflict.task, conflict.hunks.len()), (Some(TaskId(2)), 1));
        assert_eq!(conflict.sides.mine.what, "the change of t2");
        assert_eq!(conflict.sides.theirs.what, "what m1 has merged before");
        assert!(conflict.sides.theirs.who.as_ref().unwrap().starts_with("m1 t"));
        let mission = settle(&world, how);
        assert_eq!(ended(&mission).0, Outcome::DoneUnproven, "{:?}", mission.end);
        assert_eq!(result(&world), format!("{first}\ntwo = 2\nthree = 3\nfour = 4\nfive = 50\n"));
    }
}

#[test]
fn a_change_that_the_check_rejects_is_in_nobody_s_way() {
    let tasks: [Task; 3] = [
        (0, &[], "one = 1", "one = 10"),
        (1, &[], "one = 1", "one = 11"),
        (2, &[], "five = 5", "five = 50"),
    ];
    let world = planned(command("! grep -q 'one = 10' a.py"), &tasks);
    let mission = world.resume(MISSION, Crash::Never).unwrap();
    assert_eq!(ended(&mission).0, Outcome::DoneInPart, "{:?}", mission.end);
    assert_eq!(result(&world), "one = 11\ntwo = 2\nthree = 3\nfour = 4\nfive = 50\n");
    assert_eq!(mission.conflicts.all().count(), 0, "nobody was asked");
}

#[test]
fn a_later_wave_is_merged_with_what_the_earlier_one_did_to_the_file() {
    let tasks: [Task; 2] = [(0, &[], "one = 1\n", ""), (1, &[1], "five = 5", "five = 50")];
    let world = planned(CheckChoice::None, &tasks);
    let mission = world.resume(MISSION, Crash::Never).unwrap();
    assert_eq!(ended(&mission).0, Outcome::DoneUnproven, "{:?}", mission.end);
    assert_eq!(result(&world), "two = 2\nthree = 3\nfour = 4\nfive = 50\n");
}
