//! Damaged files: named by `verify`, and never read as something else.

use std::fs;
use std::path::{Path, PathBuf};

use axon_domain::{Code, Event, ObjectId, ObjectStore as _, Seq};
use axon_ledger::{Ledger, Place, Reader, VerifyReport, verify};

use crate::support::{note, notes, open, options};

/// A ledger with a bit of everything, closed, and what is in it.
struct Sample {
    _folder: tempfile::TempDir,
    path: PathBuf,
    bytes: Vec<u8>,
    events: Vec<Event>,
    objects: Vec<(ObjectId, Vec<u8>)>,
    checkpoints: Vec<String>,
}

fn sample() -> Sample {
    let folder = tempfile::tempdir().unwrap();
    let ledger = open(folder.path());
    let contents =
        [b"small".to_vec(), b"words and words ".repeat(500), b"0123456789".repeat(60_000)];
    let objects = contents.map(|bytes| (ledger.put(&bytes).unwrap(), bytes)).to_vec();
    ledger.append(notes(60)).unwrap();
    ledger.append(vec![note(&"long ".repeat(3_000))]).unwrap();
    ledger.checkpoint().unwrap();
    ledger.append(notes(20)).unwrap();
    ledger.erase_payload(Seq(5)).unwrap();
    drop(ledger);
    let ledger = open(folder.path());
    ledger.put_snapshot("state", 1, Seq(70), SNAPSHOT).unwrap();
    ledger.close().unwrap();
    let reader = Reader::open(folder.path()).unwrap();
    let events = reader.events(.., None).collect::<Result<_, _>>().unwrap();
    let checkpoints = reader.checkpoints().unwrap().iter().map(ToString::to_string).collect();
    drop(reader);
    let path = folder.path().join("ledger.db");
    let bytes = fs::read(&path).unwrap();
    Sample { _folder: folder, path, bytes, events, objects, checkpoints }
}

/// What the sample keeps of its first 70 events.
const SNAPSHOT: &[u8] = b"a snapshot that is long enough to be hit by what is done to the file";

struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }
}

impl Sample {
    fn folder(&self) -> &Path {
        self.path.parent().unwrap()
    }

    /// Puts these bytes in place of the ledger's file; checks that nothing wrong is ever read,
    /// and that a ledger that verifies has lost nothing.
    fn check(&self, bytes: &[u8], what: &str) -> Option<VerifyReport> {
        for ending in ["ledger.db-wal", "ledger.db-shm"] {
            let _ = fs::remove_file(self.folder().join(ending));
        }
        fs::write(&self.path, bytes).unwrap();
        let read = self.read(bytes, what);
        match verify(self.folder(), None, &[]) {
            Ok(report) => {
                assert!(!report.is_intact() || read, "{what}: damage that verify does not see");
                Some(report)
            }
            Err(error) => {
                assert!(is_clear(error.code(), bytes), "{what}: {error:?}");
                None
            }
        }
    }

    /// Reads everything; whether all of it is there.
    fn read(&self, bytes: &[u8], what: &str) -> bool {
        let reader = match Reader::open(self.folder()) {
            Ok(reader) => reader,
            Err(error) => {
                assert!(is_clear(error.code(), bytes), "{what}: {error:?}");
                return false;
            }
        };
        let mut whole = reader.info().is_ok();
        let mut expected = self.events.iter();
        for event in reader.events(.., None) {
            match event {
                Ok(event) => {
                    let original = expected.next().unwrap();
                    let erased = Event { payload: None, ..original.clone() };
                    assert!(event == *original || event == erased, "{what}: a wrong event");
                    whole &= event == *original;
                }
                Err(error) => {
                    assert!(is_clear(error.code(), bytes), "{what}: {error:?}");
                    whole = false;
                }
            }
        }
        whole &= expected.next().is_none();
        match reader.snapshot("state", 1) {
            Some(kept) => assert_eq!((kept.seq, kept.data.as_slice()), (Seq(70), SNAPSHOT)),
            None => whole = false,
        }
        for (id, content) in &self.objects {
            match reader.object(*id) {
                Ok(bytes) => assert!(bytes == *content, "{what}: a wrong object"),
                Err(_) => whole = false,
            }
        }
        let notes = reader.checkpoints().unwrap_or_default();
        whole && notes.iter().map(ToString::to_string).collect::<Vec<_>>() == self.checkpoints
    }
}

/// An empty file is what an interrupted beginning leaves: no ledger yet.
fn is_clear(code: Code, bytes: &[u8]) -> bool {
    (bytes.is_empty() && code == Code::NotFound)
        || matches!(code, Code::LedgerDamaged | Code::LedgerNewer | Code::Io | Code::ReadOnly)
}

fn rounds() -> u64 {
    if cfg!(debug_assertions) { 600 } else { 20_000 }
}

#[test]
fn a_flipped_bit_is_found_or_does_not_matter() {
    let sample = sample();
    let mut found = 0;
    for seed in 0..rounds() {
        let mut random = Random(seed);
        let mut bytes = sample.bytes.clone();
        let place = random.below(bytes.len());
        bytes[place] ^= 1 << random.below(8);
        let report = sample.check(&bytes, &format!("seed {seed}, byte {place}"));
        found += u64::from(report.is_none_or(|report| !report.is_intact()));
    }
    assert!(found > rounds() / 4, "{found} of {} were found", rounds());
}

#[test]
fn several_overwritten_bytes_are_found_or_do_not_matter() {
    let sample = sample();
    for seed in 0..rounds() / 4 {
        let mut random = Random(seed);
        let mut bytes = sample.bytes.clone();
        for _ in 0..=random.below(40) {
            let place = random.below(bytes.len());
            bytes[place] = u8::try_from(random.below(256)).unwrap();
        }
        sample.check(&bytes, &format!("seed {seed}"));
        // Writing goes on, or is refused in words.
        let written = Ledger::open(sample.folder(), options())
            .and_then(|ledger| ledger.append(notes(2)).and_then(|_| ledger.sync()).map(drop));
        if let Err(error) = written {
            let clear = is_clear(error.code(), &bytes) || error.code() == Code::SigningKey;
            assert!(clear, "seed {seed}: {error:?}");
        }
    }
}

#[test]
fn a_truncated_or_zeroed_file_is_a_report_or_a_clear_error() {
    let sample = sample();
    for length in (0..sample.bytes.len()).step_by(1_013).chain([1, 16, 100, 4_096]) {
        let what = format!("truncated to {length}");
        let report = sample.check(&sample.bytes[..length], &what);
        assert!(report.is_none_or(|report| !report.is_intact()), "{what}");
    }
    for page in 0..sample.bytes.len() / 4_096 {
        let mut bytes = sample.bytes.clone();
        bytes[page * 4_096..(page + 1) * 4_096].fill(0);
        let what = format!("page {} zeroed", page + 1);
        let report = sample.check(&bytes, &what);
        assert!(report.is_none_or(|report| !report.is_intact()), "{what}");
    }
}

#[test]
fn every_altered_byte_of_an_event_is_found_and_the_event_is_named() {
    let sample = sample();
    let db = rusqlite::Connection::open(&sample.path).unwrap();
    let mut select = db.prepare("SELECT seq, record, payload FROM events WHERE seq <> 61").unwrap();
    let rows: Vec<(u64, Vec<u8>, Option<Vec<u8>>)> = select
        .query_map([], |row| Ok((row.get::<_, i64>(0)?.unsigned_abs(), row.get(1)?, row.get(2)?)))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    drop(select);
    drop(db);
    let step = if cfg!(debug_assertions) { 29 } else { 1 };
    for (seq, record, payload) in rows {
        let stored = [record, payload.unwrap_or_default()].concat();
        let start = sample.bytes.windows(stored.len()).position(|window| window == stored).unwrap();
        for place in (start..start + stored.len()).step_by(step).chain([start + stored.len() - 1]) {
            let mut bytes = sample.bytes.clone();
            bytes[place] ^= 0x40;
            let report = sample.check(&bytes, &format!("event {seq}")).unwrap();
            let named =
                report.problems.iter().any(|problem| problem.place == Place::Event(Seq(seq)));
            assert!(named, "event {seq}, byte {}: {:?}", place - start, report.problems);
        }
    }
}

/// Runs statements on the file as an attacker could, and gives what verify says.
fn altered(statements: &str) -> Vec<String> {
    let sample = sample();
    rusqlite::Connection::open(&sample.path).unwrap().execute_batch(statements).unwrap();
    let report = verify(sample.folder(), None, &[]).unwrap();
    report.problems.iter().map(ToString::to_string).collect()
}

#[test]
fn rows_that_were_changed_with_sql_are_named() {
    for (statements, place) in [
        ("DELETE FROM events WHERE seq = 40", "event 40"),
        ("DELETE FROM events WHERE seq = 81", "event 81"),
        ("DELETE FROM events WHERE seq > 61; UPDATE head SET size = 61", "table head"),
        ("INSERT INTO events SELECT 82, record, payload FROM events WHERE seq = 81", "event 82"),
        ("UPDATE events SET payload = NULL WHERE seq = 9", "event 9"),
        ("INSERT INTO erased VALUES (9)", "event 9"),
        ("INSERT INTO erased VALUES (900)", "table erased"),
        ("INSERT INTO marks VALUES (9, 1, 1)", "event 9: it is not marked"),
        ("INSERT INTO marks VALUES (900, 1, 1)", "table marks"),
        ("UPDATE events SET seq = 500 WHERE seq = 1", "event 1"),
        ("UPDATE events SET seq = -3 WHERE seq = 1", "event 1"),
        ("UPDATE objects SET data = NULL WHERE n = 1", "object"),
        ("UPDATE objects SET size = 9 WHERE n = 1", "object"),
        ("UPDATE checkpoints SET note = note || 'x'", "checkpoint at 61"),
        ("UPDATE checkpoints SET size = 60", "checkpoint at 60"),
        ("UPDATE head SET roots = zeroblob(length(roots))", "table head"),
        ("CREATE TABLE extra (x)", "table extra"),
        ("DROP TABLE erased; CREATE VIEW erased AS SELECT 5 AS seq", "table erased"),
    ] {
        let problems = altered(statements);
        assert!(
            problems.iter().any(|problem| problem.starts_with(place)),
            "{statements}: {problems:?}"
        );
    }
}

#[test]
fn a_chain_that_was_computed_anew_is_found_by_the_checkpoint() {
    let [signed, forged] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    open(signed.path()).close().unwrap();
    // Two histories of the ledger with the same id and key.
    fs::copy(signed.path().join("ledger.db"), forged.path().join("ledger.db")).unwrap();
    let ledger = open(signed.path());
    ledger.append(notes(61)).unwrap();
    ledger.checkpoint().unwrap();
    ledger.close().unwrap();
    let ledger = open(forged.path());
    ledger.append(notes(70)).unwrap();
    ledger.close().unwrap();
    let db = rusqlite::Connection::open(forged.path().join("ledger.db")).unwrap();
    db.execute("ATTACH ?1 AS signed", [signed.path().join("ledger.db").to_str()]).unwrap();
    db.execute_batch("INSERT INTO checkpoints SELECT * FROM signed.checkpoints").unwrap();
    drop(db);
    let report = verify(forged.path(), None, &[]).unwrap();
    assert_eq!(report.problems.len(), 1, "{:?}", report.problems);
    assert_eq!(report.problems[0].place, Place::Checkpoint(61));
    assert!(report.problems[0].what.contains("not the ones that were signed"));
    assert_eq!(report.covered_to, None);
}

#[test]
fn a_newer_format_is_refused_with_a_hint_and_left_as_it_is() {
    let sample = sample();
    let db = rusqlite::Connection::open(&sample.path).unwrap();
    db.execute_batch("INSERT INTO migration VALUES (2); PRAGMA user_version = 2").unwrap();
    drop(db);
    let before = fs::read(&sample.path).unwrap();
    let errors = [
        Ledger::open(sample.folder(), options()).unwrap_err(),
        Reader::open(sample.folder()).unwrap_err(),
        verify(sample.folder(), None, &[]).unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.code(), Code::LedgerNewer);
        assert!(error.hint_text().unwrap().contains("newest"));
    }
    assert_eq!(fs::read(&sample.path).unwrap(), before);
}

#[test]
fn a_damaged_ledger_is_not_opened_for_writing_where_writing_would_go_on() {
    let sample = sample();
    let mut bytes = sample.bytes.clone();
    let db = rusqlite::Connection::open(&sample.path).unwrap();
    let record: Vec<u8> =
        db.query_row("SELECT record FROM events WHERE seq = 81", [], |row| row.get(0)).unwrap();
    drop(db);
    let start = bytes.windows(record.len()).position(|window| window == record).unwrap();
    bytes[start + 20] ^= 1;
    fs::write(&sample.path, &bytes).unwrap();
    let error = Ledger::open(sample.folder(), options()).unwrap_err();
    assert_eq!(error.code(), Code::LedgerDamaged);
    assert_eq!(error.place(), Some("event 81"));
}
