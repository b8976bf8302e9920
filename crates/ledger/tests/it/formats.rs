//! What releases have stored: it decodes for ever.
//!
//! `fixtures/` holds one file of encoded events and one whole ledger per format. A file that is
//! missing is written, and the test fails so that somebody looks at it. Files of formats that
//! were released are never changed.

use std::fs;
use std::path::{Path, PathBuf};

use axon_domain::{AgentId, Event, Hlc, Kind, MissionId, Payload, Role, Seq, TaskId};
use axon_ledger::codec::{Record, decode_payload, encode_payload, payload_hash};
use axon_ledger::{Ledger, Reader, verify};

use crate::samples::{locks, payloads};
use crate::samples_conflicts::conflicts;
use crate::samples_goals::goals;
use crate::samples_swarm::swarm;
use crate::support::{key, open, options};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/fixtures").join(name)
}

/// The stored text, or the one to store where there is none yet.
fn stored(name: &str, new: impl FnOnce() -> Vec<u8>) -> Vec<u8> {
    let path = fixture(name);
    if !path.exists() {
        fs::write(&path, new()).unwrap();
        panic!("{} was missing and has been written: look at it and commit it", path.display());
    }
    fs::read(path).unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    let digit = |index| u8::from_str_radix(&text[index..index + 2], 16).unwrap();
    (0..text.len()).step_by(2).map(digit).collect()
}

/// What is in each file of events: those of the first release, and what came later.
fn fixtures() -> [(&'static str, Vec<Payload>); 5] {
    [
        ("events-goals.txt", goals()),
        ("events-format-1.txt", payloads()),
        ("events-locks.txt", locks()),
        ("events-swarm.txt", swarm()),
        ("events-conflicts.txt", conflicts()),
    ]
}

/// The events of a fixture, each chained to nothing, with every field of a record in use.
fn encoded(payloads: &[Payload]) -> String {
    let mut text = String::new();
    for (number, payload) in (1_u64..).zip(payloads) {
        let bytes = encode_payload(payload);
        let salted = [[0xa5; 16].as_slice(), &bytes].concat();
        let odd = number % 2 == 1;
        let record = Record {
            seq: Seq(number),
            time: Hlc::from_millis(1_700_000_000_000 + number),
            kind: payload.kind(),
            mission: odd.then_some(MissionId(3)),
            task: odd.then_some(TaskId(0)),
            role: Role::ALL[number as usize % Role::ALL.len()],
            agent: odd.then(|| AgentId::new(u64::MAX).unwrap()),
            causes: (1..number).rev().take(3).map(Seq).collect(),
            prev_hash: [u8::try_from(number).unwrap(); 32],
            payload_hash: payload_hash(&salted),
        };
        text += &format!("{} {} {}\n", payload.kind(), hex(&record.encode()), hex(&bytes));
    }
    text
}

#[test]
fn every_kind_of_event_is_in_the_fixture() {
    for kind in Kind::ALL {
        let mut all = fixtures().into_iter().flat_map(|(_, payloads)| payloads);
        assert!(all.any(|payload| payload.kind() == *kind), "{kind}");
    }
}

#[test]
fn events_are_encoded_as_this_release_always_did() {
    for (name, payloads) in fixtures() {
        let stored = stored(name, || encoded(&payloads).into_bytes());
        assert_eq!(encoded(&payloads), String::from_utf8(stored).unwrap(), "{name}");
    }
}

#[test]
fn events_of_every_release_decode() {
    for (name, payloads) in fixtures() {
        let stored = stored(name, || encoded(&payloads).into_bytes());
        let stored = String::from_utf8(stored).unwrap();
        assert_eq!(stored.lines().count(), payloads.len());
        for ((line, payload), number) in stored.lines().zip(payloads).zip(1_u64..) {
            let [kind, record, bytes] = line.split(' ').collect::<Vec<_>>()[..] else {
                panic!("{line}")
            };
            let record = Record::decode(&unhex(record)).unwrap();
            assert_eq!((record.seq, record.kind), (Seq(number), payload.kind()));
            assert_eq!(record.kind.name(), kind);
            assert_eq!(record.causes.len() as u64, (number - 1).min(3));
            assert_eq!(record.time, Hlc::from_millis(1_700_000_000_000 + number));
            assert_eq!(decode_payload(record.kind, &unhex(bytes)).unwrap(), payload);
        }
    }
}

#[test]
fn fields_of_a_newer_release_are_ignored_and_never_lost() {
    for payload in fixtures().into_iter().flat_map(|(_, payloads)| payloads) {
        // Field 1000, which no message has: a varint.
        let bytes = [encode_payload(&payload).as_slice(), &[0xc0, 0x3e, 0x07]].concat();
        assert_eq!(decode_payload(payload.kind(), &bytes).unwrap(), payload);
    }
}

#[test]
fn damaged_payloads_are_errors_or_payloads_and_never_a_panic() {
    for payload in fixtures().into_iter().flat_map(|(_, payloads)| payloads) {
        let bytes = encode_payload(&payload);
        for place in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[place] ^= 0xff;
            let _ = decode_payload(payload.kind(), &damaged);
            let _ = decode_payload(payload.kind(), &bytes[..place]);
        }
        for kind in Kind::ALL {
            let _ = decode_payload(*kind, &bytes);
        }
    }
}

/// A ledger with every kind of event.
fn write_ledger() -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let ledger = open(folder.path());
    for payload in payloads() {
        let last = ledger.last().unwrap();
        let draft = axon_domain::Draft::new(Role::System, payload).of(MissionId(1));
        ledger.append(vec![if last == Seq(0) { draft } else { draft.after(last) }]).unwrap();
    }
    for bytes in crate::samples::objects() {
        axon_domain::ObjectStore::put(&ledger, &bytes).unwrap();
    }
    ledger.checkpoint().unwrap();
    ledger.put_snapshot("state", 1, Seq(1), b"what the first event adds up to").unwrap();
    ledger.erase_payload(Seq(2)).unwrap();
    ledger.close().unwrap();
    fs::read(folder.path().join("ledger.db")).unwrap()
}

#[test]
fn a_ledger_of_every_release_is_read_verified_and_continued() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ledger.db");
    fs::write(&file, stored("ledger-format-1.db", write_ledger)).unwrap();
    let reader = Reader::open(folder.path()).unwrap();
    let events: Vec<Event> = reader.events(.., None).collect::<Result<_, _>>().unwrap();
    let read: Vec<_> = events.into_iter().map(|event| event.payload).collect();
    let mut expected: Vec<_> = payloads().into_iter().map(Some).collect();
    expected[1] = None;
    assert_eq!(read, expected);
    for bytes in crate::samples::objects() {
        let id = axon_domain::ObjectId(*blake3::hash(&bytes).as_bytes());
        assert!(reader.object(id).unwrap() == bytes);
    }
    let kept = reader.snapshot("state", 1).unwrap();
    assert_eq!((kept.seq, kept.data), (Seq(1), b"what the first event adds up to".to_vec()));
    let report = verify(folder.path(), Some(&key().verifying_key()), &[]).unwrap();
    assert!(report.is_intact(), "{:?}", report.problems);
    assert_eq!(report.covered_to, Some(reader.last().unwrap()));
    let ledger = Ledger::open(folder.path(), options()).unwrap();
    ledger.append(crate::support::notes(3)).unwrap();
    ledger.close().unwrap();
    assert!(verify(folder.path(), None, &[]).unwrap().is_intact());
}
