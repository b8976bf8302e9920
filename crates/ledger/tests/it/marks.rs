//! Finding rare events without reading the others.

use axon_domain::{
    Draft, Event, Kind, MergeRecord, MissionEnd, MissionId, ObjectId, ObjectStore as _, Outcome,
    Payload, Role, Seq,
};
use axon_ledger::{Filter, Reader, verify};

use crate::support::{note, open};

fn merge(mission: u32, changes: ObjectId) -> Draft {
    let merge = MergeRecord { changes: Some(changes), files: 3, wave: 1, tasks: 3 };
    Draft::new(Role::Supervisor, Payload::Merge(merge)).of(MissionId(mission))
}

fn end(mission: u32) -> Draft {
    let end =
        MissionEnd { outcome: Outcome::Done, code: None, reason: "done".to_owned(), hint: None };
    Draft::new(Role::System, Payload::MissionEnded(end)).of(MissionId(mission))
}

/// Merges of two missions, more than a page of marks, among many other events.
fn sample() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let ledger = open(folder.path());
    let changes = ledger.put(b"changes").unwrap();
    ledger.append(vec![note("first")]).unwrap();
    for number in 0..700 {
        let mission = 1 + number % 2;
        let mut drafts = vec![note("between"), merge(mission, changes), note("between")];
        if number % 100 == 99 {
            drafts.push(end(mission));
        }
        ledger.append(drafts).unwrap();
    }
    ledger.close().unwrap();
    folder
}

#[test]
fn rare_events_are_found_as_reading_everything_finds_them() {
    let folder = sample();
    let reader = Reader::open(folder.path()).unwrap();
    let all: Vec<Event> = reader.events(.., None).map(Result::unwrap).collect();
    let kinds =
        [vec![Kind::Merge], vec![Kind::MissionEnded], vec![Kind::MissionEnded, Kind::Merge]];
    for kinds in kinds {
        for mission in [None, Some(MissionId(1)), Some(MissionId(2)), Some(MissionId(9))] {
            for range in [1..=2_108, 3..=3, 500..=1_500, 2_000..=9_999] {
                let (from, to) = (Seq(*range.start()), Seq(*range.end()));
                let filter = Filter { kinds: kinds.clone(), mission };
                let found: Vec<Event> =
                    reader.events(from..=to, Some(filter)).map(Result::unwrap).collect();
                let expected = all.iter().filter(|event| {
                    kinds.contains(&event.kind)
                        && (mission.is_none() || event.mission == mission)
                        && (from..=to).contains(&event.seq)
                });
                assert_eq!(found, expected.cloned().collect::<Vec<_>>());
            }
        }
    }
}

#[test]
fn an_altered_event_that_is_found_by_its_mark_is_an_error() {
    let folder = sample();
    let db = rusqlite::Connection::open(folder.path().join("ledger.db")).unwrap();
    db.execute(
        "UPDATE events SET record = (SELECT record FROM events WHERE seq = 6) WHERE seq = 3",
        [],
    )
    .unwrap();
    let reader = Reader::open(folder.path()).unwrap();
    let filter = Filter { kinds: vec![Kind::Merge], mission: None };
    assert!(reader.events(.., Some(filter)).next().unwrap().is_err());
}

#[test]
fn marks_that_do_not_say_what_the_events_say_are_named() {
    for statement in [
        "DELETE FROM marks WHERE seq = 3",
        "UPDATE marks SET kind = kind + 1 WHERE seq = 3",
        "UPDATE marks SET mission = 7 WHERE seq = 3",
    ] {
        let folder = sample();
        let db = rusqlite::Connection::open(folder.path().join("ledger.db")).unwrap();
        db.execute_batch(statement).unwrap();
        drop(db);
        let report = verify(folder.path(), None, &[]).unwrap();
        let problems: Vec<String> = report.problems.iter().map(ToString::to_string).collect();
        assert_eq!(problems, ["event 3: it is not marked as what it is"], "{statement}");
    }
}
