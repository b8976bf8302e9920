//! A ledger of every release, kept for ever: each later version must rebuild it to the same.
//!
//! `crates/testkit/fixtures/history-VERSION.db` is a ledger as that release wrote it, and the
//! file of the same name ending in `.jsonl` what that release read in it. A later release may say
//! more about an old event, and never anything else. A new release adds its own files:
//! `AXON_TEST_WRITE_HISTORY=1 cargo test -p axon-testkit history`; nothing is overwritten.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use axon_domain::{CheckChoice, FileEdits, Goal, Language, Outcome};
use axon_engine::Mission;
use axon_ledger::Reader;
use axon_runtime::{LogFilter, cloud_event, summary};
use serde_json::{Value, json};

use crate::world::{Crash, World, command, rename, request};

pub(crate) fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

/// What reading a world's ledger gives.
fn read(world: &World) -> Value {
    let mut events = Vec::new();
    let mut take = |event: &axon_domain::Event| {
        let id = event.seq.to_string();
        events.push(json!({ "event": cloud_event(event, &id, "p"), "summary": summary(event) }));
        Ok(())
    };
    world.axon.events(&LogFilter::default(), &mut take).unwrap();
    let report = axon_ledger::verify(&world.repo.path().join(".axon"), None, &[]).unwrap();
    assert!(report.is_intact(), "{:?}", report.problems);
    let missions = world.axon.missions().unwrap();
    let reader = Reader::open(&world.repo.path().join(".axon")).unwrap();
    let found = missions.iter().map(|mission| {
        let edits = mission.tasks.iter().map(|task| {
            let bytes = reader.object(task.edits).unwrap();
            serde_json::from_slice::<FileEdits>(&bytes).unwrap()
        });
        json!({
            "report": world.axon.report(mission).unwrap(),
            "edits": edits.collect::<Vec<_>>(),
        })
    });
    json!({
        "events": events,
        "found": found.collect::<Vec<_>>(),
        "missions": missions.iter().map(mission).collect::<Vec<_>>(),
        "objects": report.objects,
        "checkpoints": report.checkpoints,
        "root": report.root.unwrap().map(|byte| format!("{byte:02x}")).concat(),
    })
}

/// A mission with everything that it adds up to.
fn mission(mission: &Mission) -> Value {
    let tasks: Vec<Value> = mission
        .tasks
        .iter()
        .map(|task| json!([task.title, task.path, format!("{:?}", task.state), task.note]))
        .collect();
    json!({
        "id": mission.id.to_string(),
        "title": mission.title(),
        "spec": mission.spec,
        "phase": mission.phase.name(),
        "given": [mission.given.0, mission.given_at.0],
        "plan": mission.plan.map(|seq| seq.0),
        "report": mission.report.map(|id| id.to_string()),
        "counts": [mission.sites, mission.mentions, mission.done, mission.failed, mission.files],
        "tasks": tasks,
        "changes": mission.changes.map(|id| id.to_string()),
        "last_step": mission.last_step.0,
        "proven": mission.proven,
        "commit": mission.commit.map(|id| id.to_string()),
        "commit_wanted": mission.commit_wanted.map(|time| time.0),
        "applied": mission.applied,
        "discarded": mission.discarded,
        "end": mission.end,
        "ended_at": mission.ended_at.map(|time| time.0),
    })
}

/// Missions that ended in every way that there is.
fn live(world: &mut World) {
    let run = |world: &World, goal: Goal, check: CheckChoice| {
        world.run(request(goal, check), Crash::Never).unwrap()
    };
    let applied = run(world, rename("alpha", "first"), command("test -f a.py"));
    world.axon.apply(applied.id).unwrap();
    let discarded = run(world, rename("beta", "second"), command("false"));
    world.axon.discard(discarded.id).unwrap();
    let refused = run(world, rename("nowhere", "somewhere"), CheckChoice::None);
    let failed = run(world, rename("gamma", "third"), command("grep -q gamma b.py"));
    let crash = |world: &World, to: &str, crash: Crash| {
        let asked = request(rename("gamma", to), CheckChoice::None);
        world.run(asked, crash).unwrap_err();
        world.axon.open_missions().unwrap()[0].id
    };
    let interrupted = crash(world, "fourth", Crash::Drop(25));
    world.reopen();
    let resumed = world.resume(interrupted, Crash::Never).unwrap();
    let cancelled = crash(world, "fifth", Crash::Cancel(9));
    world.axon.discard(cancelled).unwrap();
    let goal = Goal::Rewrite {
        pattern: "print($A)".into(),
        replacement: "show($A)".into(),
        language: Language::Python,
    };
    let rewritten = run(world, goal, command("test -f e.py"));
    let outcomes = [&applied, &discarded, &refused, &failed, &resumed].map(|m| m.outcome());
    use Outcome::{Done, DoneUnproven, Failed, Refused};
    let expected = [Done, DoneUnproven, Refused, Failed, DoneUnproven].map(Some);
    assert_eq!(outcomes, expected);
    assert_eq!(world.axon.mission(cancelled).unwrap().outcome(), Some(Outcome::Cancelled));
    assert!(rewritten.outcome().is_some_and(Outcome::has_result));
}

/// One line for everything but the events, then one for each of them.
fn to_lines(mut said: Value) -> String {
    let events = said["events"].take();
    let lines = std::iter::once(&said).chain(events.as_array().unwrap());
    lines.map(|line| format!("{line}\n")).collect()
}

fn from_lines(text: &str) -> Value {
    let mut lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let mut said = lines.next().unwrap();
    said["events"] = lines.collect();
    said
}

/// Writes a new file; one that is there stays as it is.
fn write_new(path: &Path, bytes: &[u8]) {
    let mut file = fs::File::create_new(path)
        .unwrap_or_else(|e| panic!("{}: histories are never overwritten: {e}", path.display()));
    file.write_all(bytes).unwrap();
}

#[test]
fn every_release_has_a_history_and_this_one_too() {
    let file = fixtures().join(format!("history-{}.db", env!("CARGO_PKG_VERSION")));
    if std::env::var_os("AXON_TEST_WRITE_HISTORY").is_some() {
        let mut world = World::new();
        live(&mut world);
        let said = to_lines(read(&world));
        let copy = world.repo.home().join("copy.db");
        world.axon.backup(&copy).unwrap();
        write_new(&file, &fs::read(copy).unwrap());
        write_new(&file.with_extension("jsonl"), said.as_bytes());
    }
    assert!(
        file.is_file(),
        "write it: AXON_TEST_WRITE_HISTORY=1 cargo test -p axon-testkit history"
    );
}

#[test]
fn the_history_of_every_release_rebuilds_to_what_that_release_read() {
    let mut seen = 0;
    for entry in fs::read_dir(fixtures()).unwrap() {
        let file = entry.unwrap().path();
        if file.extension().is_none_or(|ending| ending != "db") {
            continue;
        }
        seen += 1;
        let world = World::new();
        let ledger = world.repo.path().join(".axon");
        fs::create_dir(&ledger).unwrap();
        fs::copy(&file, ledger.join("ledger.db")).unwrap();
        let stored = fs::read_to_string(file.with_extension("jsonl")).unwrap();
        let stored = from_lines(&stored);
        includes(&read(&world), &stored, &file.display().to_string());
        assert_eq!(world.axon.missions().unwrap().len(), world.replayed().missions.len());
        let events = stored["events"].as_array().unwrap().len() as u64;
        assert_eq!(Reader::open(&ledger).unwrap().last().unwrap().0, events);
    }
    assert!(seen > 0);
}

/// Everything that was said then is said now.
fn includes(now: &Value, then: &Value, place: &str) {
    match (now, then) {
        (Value::Object(now), Value::Object(then)) => {
            for (name, then) in then {
                let place = format!("{place}.{name}");
                let now = now.get(name).unwrap_or_else(|| panic!("{place} is gone"));
                includes(now, then, &place);
            }
        }
        (Value::Array(now), Value::Array(then)) => {
            assert_eq!(now.len(), then.len(), "{place}");
            for (at, (now, then)) in now.iter().zip(then).enumerate() {
                includes(now, then, &format!("{place}[{at}]"));
            }
        }
        _ => assert_eq!(now, then, "{place}"),
    }
}
