//! Snapshots: given back as long as they are of the events that are there, and never else.

use std::fs;
use std::path::Path;

use axon_domain::{Code, Seq};
use axon_ledger::{Ledger, Place, Reader, Snapshot, backup, verify};
use rusqlite::Connection;

use crate::support::{notes, open, options_from};

const NAME: &str = "state";

/// A ledger with so many events and a snapshot at `at` that says so.
fn ledger_with(folder: &Path, events: usize, at: u64) -> Ledger {
    let ledger = open(folder);
    ledger.append(notes(events)).unwrap();
    ledger.put_snapshot(NAME, 1, Seq(at), format!("up to {at}").as_bytes()).unwrap();
    ledger.sync().unwrap();
    ledger
}

fn read(folder: &Path) -> Option<Snapshot> {
    Reader::open(folder).unwrap().snapshot(NAME, 1)
}

fn execute(folder: &Path, sql: &str) {
    Connection::open(folder.join("ledger.db")).unwrap().execute_batch(sql).unwrap();
}

fn contains(folder: &Path, needle: &[u8]) -> bool {
    let found =
        |file: &Path| fs::read(file).unwrap().windows(needle.len()).any(|window| window == needle);
    fs::read_dir(folder).unwrap().any(|file| found(&file.unwrap().path()))
}

#[test]
fn a_snapshot_is_given_back_for_its_name_and_version_only() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = ledger_with(folder.path(), 10, 7);
    let kept = Snapshot { seq: Seq(7), data: b"up to 7".to_vec() };
    assert_eq!(ledger.snapshot(NAME, 1), Some(kept.clone()));
    assert_eq!(ledger.snapshot(NAME, 2), None);
    assert_eq!(ledger.snapshot("other", 1), None);
    drop(ledger);
    assert_eq!(read(folder.path()), Some(kept));
    assert!(verify(folder.path(), None, &[]).unwrap().is_intact());
}

#[test]
fn there_is_no_snapshot_of_an_event_that_is_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = open(folder.path());
    ledger.append(notes(3)).unwrap();
    for seq in [Seq(0), Seq(4)] {
        let error = ledger.put_snapshot(NAME, 1, seq, b"x").unwrap_err();
        assert_eq!(error.code(), Code::NotFound);
    }
}

#[test]
fn the_newest_is_given_back_and_few_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = open(folder.path());
    for round in 1..=5_u64 {
        ledger.append(notes(10)).unwrap();
        ledger.put_snapshot(NAME, 1, Seq(round * 10), &[7; 100]).unwrap();
    }
    ledger.close().unwrap();
    assert_eq!(read(folder.path()).unwrap().seq, Seq(50));
    let db = Connection::open(folder.path().join("ledger.db")).unwrap();
    let rows: i64 = db.query_row("SELECT count(*) FROM snapshots", [], |row| row.get(0)).unwrap();
    assert_eq!(rows, 2);
}

#[test]
fn an_altered_snapshot_is_not_used_but_named_and_the_one_before_is_used() {
    for alteration in [
        "UPDATE snapshots SET data = zeroblob(20) WHERE seq = 8",
        "UPDATE snapshots SET leaf = zeroblob(32) WHERE seq = 8",
        "UPDATE snapshots SET signature = zeroblob(64) WHERE seq = 8",
        "UPDATE snapshots SET signature = 'text' WHERE seq = 8",
        "UPDATE snapshots SET seq = 9 WHERE seq = 8",
        "UPDATE snapshots SET seq = 1000 WHERE seq = 8",
        "UPDATE snapshots SET version = 1, data = (SELECT data FROM snapshots WHERE seq = 5) \
         WHERE seq = 8",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let ledger = ledger_with(folder.path(), 10, 5);
        ledger.put_snapshot(NAME, 1, Seq(8), b"up to 8").unwrap();
        ledger.close().unwrap();
        // A column that is strict refuses the text by itself.
        let db = Connection::open(folder.path().join("ledger.db")).unwrap();
        if db.execute_batch(alteration).is_err() {
            continue;
        }
        drop(db);
        assert_eq!(read(folder.path()).unwrap().seq, Seq(5), "{alteration}");
        let problems = verify(folder.path(), None, &[]).unwrap().problems;
        assert!(matches!(problems[..], [ref one] if matches!(one.place, Place::Snapshot(_))));
        // The events are whole, so a backup is one.
        backup(folder.path(), &folder.path().join("copy.db")).unwrap();
    }
}

#[test]
fn a_snapshot_of_a_log_that_was_cut_and_grew_again_is_not_used() {
    let folder = tempfile::tempdir().unwrap();
    ledger_with(folder.path(), 10, 10).close().unwrap();
    let early = folder.path().join("early.db");
    fs::copy(folder.path().join("ledger.db"), &early).unwrap();
    let ledger = open(folder.path());
    ledger.append(notes(10)).unwrap();
    ledger.put_snapshot(NAME, 1, Seq(20), b"up to 20").unwrap();
    ledger.close().unwrap();
    let late = folder.path().join("late.db");
    fs::rename(folder.path().join("ledger.db"), &late).unwrap();
    // Back to the early file, with the late snapshot in it.
    fs::copy(&early, folder.path().join("ledger.db")).unwrap();
    let take = format!(
        "ATTACH '{}' AS late; INSERT INTO snapshots SELECT * FROM late.snapshots WHERE seq = 20",
        late.display()
    );
    execute(folder.path(), &take);
    assert_eq!(read(folder.path()).unwrap().seq, Seq(10), "there is no event 20");
    let ledger = Ledger::open(folder.path(), options_from(1_800_000_000_000)).unwrap();
    ledger.append(notes(15)).unwrap();
    ledger.sync().unwrap();
    assert_eq!(read(folder.path()).unwrap().seq, Seq(10), "event 20 is another one");
    // The next one takes its place.
    ledger.put_snapshot(NAME, 1, Seq(18), b"up to 18").unwrap();
    ledger.close().unwrap();
    assert_eq!(read(folder.path()).unwrap().seq, Seq(18));
    assert!(verify(folder.path(), None, &[]).unwrap().is_intact());
}

#[test]
fn what_was_made_of_an_erased_payload_is_erased_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = ledger_with(folder.path(), 10, 2);
    // Random bytes do not compress, so they would be found as they are.
    let secret = *blake3::hash(b"a secret").as_bytes();
    ledger.put_snapshot(NAME, 1, Seq(6), &secret).unwrap();
    ledger.sync().unwrap();
    assert!(contains(folder.path(), &secret));
    ledger.erase_payload(Seq(4)).unwrap();
    assert!(!contains(folder.path(), &secret));
    assert_eq!(ledger.snapshot(NAME, 1).unwrap().seq, Seq(2), "it never knew the payload");
    // Whoever made it then may make it once more out of what is still in memory.
    ledger.put_snapshot(NAME, 1, Seq(6), &secret).unwrap();
    ledger.close().unwrap();
    assert!(!contains(folder.path(), &secret));
    let ledger = open(folder.path());
    ledger.put_snapshot(NAME, 1, Seq(6), b"without it").unwrap();
    ledger.close().unwrap();
    assert_eq!(read(folder.path()).unwrap().data, b"without it");
    assert!(verify(folder.path(), None, &[]).unwrap().is_intact());
}

#[test]
fn a_payload_erased_by_hand_makes_snapshots_of_it_useless() {
    let folder = tempfile::tempdir().unwrap();
    ledger_with(folder.path(), 10, 6).close().unwrap();
    execute(folder.path(), "UPDATE events SET payload = NULL WHERE seq = 4");
    execute(folder.path(), "INSERT INTO erased VALUES (4)");
    assert_eq!(read(folder.path()), None);
}

#[test]
fn without_its_snapshots_a_ledger_is_as_whole_as_with_them() {
    let folder = tempfile::tempdir().unwrap();
    ledger_with(folder.path(), 10, 10).close().unwrap();
    execute(folder.path(), "DELETE FROM snapshots");
    assert_eq!(read(folder.path()), None);
    assert!(verify(folder.path(), None, &[]).unwrap().is_intact());
    execute(folder.path(), "DROP TABLE snapshots");
    assert_eq!(read(folder.path()), None);
}
