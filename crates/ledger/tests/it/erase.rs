//! Erasing payloads.

use std::path::Path;

use axon_domain::{Code, Seq};
use axon_ledger::{Reader, verify};

use crate::support::{note, notes, open};

/// Whether any file in the folder holds these bytes.
fn on_disk(folder: &Path, needle: &[u8]) -> bool {
    std::fs::read_dir(folder).unwrap().any(|file| {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        bytes.windows(needle.len()).any(|window| window == needle)
    })
}

#[test]
fn an_erased_payload_is_in_no_file_and_the_chain_stays_whole() {
    for length in [1, 100, 3_000, 5_000, 200_000] {
        let folder = tempfile::tempdir().unwrap();
        let ledger = open(folder.path());
        let secret = "hunter2 ".repeat(length / 8 + 1);
        ledger.append(notes(50)).unwrap();
        ledger.append(vec![note(&secret)]).unwrap();
        ledger.append(notes(50)).unwrap();
        ledger.checkpoint().unwrap();
        assert!(on_disk(folder.path(), b"hunter2"));
        ledger.erase_payload(Seq(51)).unwrap();
        assert!(!on_disk(folder.path(), b"hunter2"), "{length}");
        assert_eq!(ledger.event(Seq(51)).unwrap().payload, None);
        ledger.append(notes(1)).unwrap();
        ledger.close().unwrap();
        assert!(!on_disk(folder.path(), b"hunter2"), "{length}, after closing");
        let report = verify(folder.path(), None, &[]).unwrap();
        assert!(report.is_intact(), "{:?}", report.problems);
        assert_eq!((report.erased, report.covered_to), (1, Some(Seq(101))));
        let event = Reader::open(folder.path()).unwrap().event(Seq(51)).unwrap();
        assert_eq!(event.payload, None);
    }
}

#[test]
fn an_event_that_is_not_there_cannot_be_erased() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = open(folder.path());
    assert_eq!(ledger.erase_payload(Seq(1)).unwrap_err().code(), Code::NotFound);
    assert_eq!(ledger.erase_payload(Seq(0)).unwrap_err().code(), Code::NotFound);
    ledger.append(notes(1)).unwrap();
    ledger.erase_payload(Seq(1)).unwrap();
    ledger.erase_payload(Seq(1)).unwrap();
}
