//! What is kept of the state of a ledger changes nothing but how long opening takes.

use axon_domain::{CheckChoice, Seq};
use axon_engine::{STATE_VERSION, State, apply};
use axon_ledger::Reader;
use axon_testkit::TestRepo;

use crate::world::{Crash, World, rename, request};

/// The name of the state among the snapshots.
const NAME: &str = "state";

/// The hash of what the history of each release adds up to, by version of the state. When this
/// fails, `apply` makes something else of the same events, or the form of a state changed:
/// raise `STATE_VERSION` and write the new line here.
const GOLDEN: &[(u32, &str, &str)] = &[
    (2, "history-0.1.0.db", "5584f9e74b5dc87d"),
    (4, "history-0.1.0.db", "a0cc3f6bee5d4d6d"),
    (5, "history-0.1.0.db", "a0cc3f6bee5d4d6d"),
    (6, "history-0.1.0.db", "3b82626b9a11c435"),
];

impl World {
    fn keep(&self, seq: Seq, state: &State) {
        let data = serde_json::to_vec(state).unwrap();
        let ledger = self.ledger();
        ledger.put_snapshot(NAME, STATE_VERSION, seq, &data).unwrap();
        ledger.close().unwrap();
    }
}

/// Two missions that ended, and one that did not.
fn lived() -> World {
    let world = World::new();
    let run = |from, to, crash| world.run(request(rename(from, to), CheckChoice::None), crash);
    run("alpha", "first", Crash::Never).unwrap();
    run("nowhere", "somewhere", Crash::Never).unwrap();
    run("beta", "second", Crash::Drop(20)).unwrap_err();
    world
}

#[test]
fn wherever_the_state_was_kept_the_same_missions_are_read_and_gone_on_with() {
    let mut world = lived();
    let events: Vec<_> = world.reader().events(.., None).map(Result::unwrap).collect();
    let expected = world.replayed().missions;
    let mut state = State::default();
    for event in &events {
        apply(&mut state, event);
        world.keep(event.seq, &state);
        let read = world.axon.missions().unwrap();
        assert!(read.iter().eq(expected.values()), "kept at event {}", event.seq);
    }
    world.verify();
    world.reopen();
    let open = world.axon.open_missions().unwrap();
    assert!(world.resume(open[0].id, Crash::Never).unwrap().outcome().unwrap().has_result());
    let read = world.axon.missions().unwrap();
    assert!(read.iter().eq(world.replayed().missions.values()));
    world.verify();
}

#[test]
fn a_kept_state_that_is_not_what_the_events_add_up_to_is_named() {
    let world = lived();
    let mut untrue = world.replayed();
    let last = world.reader().last().unwrap();
    untrue.last = last;
    untrue.missions.values_mut().next().unwrap().sites += 1;
    world.keep(last, &untrue);
    let problems = world.axon.verify().unwrap().problems;
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert_eq!(problems[0].place, format!("snapshot at event {last}"));
    assert!(problems[0].what.contains("m1 is another one"), "{problems:?}");
    world.keep(last, &State { last, ..world.replayed() });
    world.verify();
}

#[test]
fn what_cannot_be_read_as_a_state_is_passed_over_and_named() {
    let world = lived();
    let ledger = world.ledger();
    let last = ledger.last().unwrap();
    ledger.put_snapshot(NAME, STATE_VERSION, last, b"{}").unwrap();
    ledger.close().unwrap();
    assert!(world.axon.missions().unwrap().iter().eq(world.replayed().missions.values()));
    let problems = world.axon.verify().unwrap().problems;
    assert!(problems[0].what.contains("cannot be read"), "{problems:?}");
}

#[test]
fn a_kept_state_of_another_version_is_passed_over() {
    let world = lived();
    let ledger = world.ledger();
    let last = ledger.last().unwrap();
    let state = serde_json::to_vec(&State { last, ..State::default() }).unwrap();
    ledger.put_snapshot(NAME, STATE_VERSION + 1, last, &state).unwrap();
    ledger.close().unwrap();
    assert!(world.axon.missions().unwrap().iter().eq(world.replayed().missions.values()));
    world.verify();
}

#[test]
fn a_mission_of_a_thousand_events_leaves_its_state_behind() {
    let define = ("first.py".to_owned(), "def alpha():\n    return 1\n".to_owned());
    let uses = (0..200).map(|number| {
        (format!("use_{number}.py"), "from first import alpha\n\nprint(alpha())\n".to_owned())
    });
    let files: Vec<(String, String)> = std::iter::once(define).chain(uses).collect();
    let pairs = files.iter().map(|(path, text)| (path.as_str(), text.as_str()));
    let world = World::of(TestRepo::with(pairs));
    world.run(request(rename("alpha", "omega"), CheckChoice::None), Crash::Never).unwrap();
    let kept = world.reader().snapshot(NAME, STATE_VERSION).unwrap();
    assert!(kept.seq.0 >= 1_000, "{}", kept.seq);
    assert!(world.axon.missions().unwrap().iter().eq(world.replayed().missions.values()));
    world.verify();
}

#[test]
fn what_the_history_of_a_release_adds_up_to_changes_with_the_version_only() {
    for entry in std::fs::read_dir(crate::history::fixtures()).unwrap() {
        let file = entry.unwrap().path();
        if file.extension().is_none_or(|ending| ending != "db") {
            continue;
        }
        let mut state = State::default();
        for event in Reader::open_file(&file).unwrap().events(.., None) {
            apply(&mut state, &event.unwrap());
        }
        let kept = serde_json::to_vec(&state).unwrap();
        let hash = blake3::hash(&kept).to_hex()[..16].to_owned();
        let name = file.file_name().unwrap().to_str().unwrap();
        let golden = (STATE_VERSION, name, hash.as_str());
        assert!(GOLDEN.contains(&golden), "{golden:?} is not in GOLDEN");
    }
}
