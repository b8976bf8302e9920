//! Checkpoints: the form, the signature, and what they protect against.

use axon_domain::{Code, Seq};
use axon_ledger::keys::{SigningKey, VerifyingKey};
use axon_ledger::{Checkpoint, Ledger, Options, Place, verify};
use proptest::prelude::*;

use crate::support::{key, notes, open, options};

fn some_checkpoint() -> Checkpoint {
    let folder = tempfile::tempdir().unwrap();
    let ledger = open(folder.path());
    ledger.append(notes(7)).unwrap();
    ledger.checkpoint().unwrap()
}

#[test]
fn the_note_has_the_form_that_other_tools_read() {
    let checkpoint = some_checkpoint();
    let note = checkpoint.to_string();
    let lines: Vec<&str> = note.split('\n').collect();
    assert_eq!(lines.len(), 6, "{note}");
    assert!(lines[0].starts_with("axon-ledger/"));
    assert_eq!(lines[1], "7");
    assert_eq!(lines[2].len(), 44);
    assert_eq!(lines[3], "");
    assert!(lines[4].starts_with(&format!("\u{2014} {} ", lines[0])));
    assert_eq!(lines[5], "");
    assert_eq!(Checkpoint::parse(&note).unwrap(), checkpoint);
}

#[test]
fn a_trailer_says_the_same_in_one_line() {
    let checkpoint = some_checkpoint();
    let trailer = checkpoint.to_trailer();
    assert!(!trailer.contains('\n'));
    let again = Checkpoint::from_trailer(&trailer).unwrap();
    assert_eq!(again, checkpoint);
    assert!(again.verify(&key().verifying_key()));
}

#[test]
fn the_key_of_a_signed_note_is_read_back_and_a_known_one_is_read() {
    let key = key().verifying_key();
    let text = key.to_note_key("axon-ledger/x");
    assert_eq!(VerifyingKey::from_note_key(&text).unwrap(), ("axon-ledger/x".to_owned(), key));
    // The example key of the documentation of golang.org/x/mod/sumdb/note, and its note.
    let known = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    assert_eq!(VerifyingKey::from_note_key(known).unwrap().0, "PeterNeumann");
    let wrong = "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    assert_eq!(VerifyingKey::from_note_key(wrong).unwrap_err().code(), Code::SigningKey);
}

#[test]
fn a_checkpoint_with_another_signature_beside_ours_is_still_ours() {
    let checkpoint = some_checkpoint();
    let note = format!("{checkpoint}\u{2014} witness.example AAAAAAAA\n");
    let cosigned = Checkpoint::parse(&note).unwrap();
    assert!(cosigned.verify(&key().verifying_key()));
    assert_eq!(cosigned.to_trailer(), checkpoint.to_trailer());
}

proptest! {
    #[test]
    fn a_changed_note_does_not_verify(place: usize, new in 0x20_u8..0x7f) {
        let checkpoint = fixed();
        let mut note = checkpoint.to_string().into_bytes();
        let place = place % note.len();
        prop_assume!(note[place] != new);
        note[place] = new;
        if let Ok(changed) = String::from_utf8(note).map_err(drop).and_then(|note| {
            Checkpoint::parse(&note).map_err(drop)
        }) {
            prop_assert!(!changed.verify(&key().verifying_key()));
        }
    }

    #[test]
    fn any_text_is_parsed_without_a_panic(text in "\\PC{0,200}") {
        let _ = Checkpoint::parse(&text);
        let _ = Checkpoint::from_trailer(&text);
        let _ = VerifyingKey::from_note_key(&text);
    }
}

fn fixed() -> Checkpoint {
    static CHECKPOINT: std::sync::OnceLock<Checkpoint> = std::sync::OnceLock::new();
    CHECKPOINT.get_or_init(some_checkpoint).clone()
}

#[test]
fn a_ledger_cut_back_to_before_a_checkpoint_is_found_out_by_a_witness() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = open(folder.path());
    ledger.append(notes(3)).unwrap();
    ledger.close().unwrap();
    let file = folder.path().join("ledger.db");
    let old = std::fs::read(&file).unwrap();
    let ledger = open(folder.path());
    ledger.append(notes(3)).unwrap();
    let witness = ledger.checkpoint().unwrap();
    ledger.close().unwrap();
    let report = verify(folder.path(), None, std::slice::from_ref(&witness)).unwrap();
    assert!(report.is_intact(), "{:?}", report.problems);
    assert_eq!((report.covered_to, report.after_last_checkpoint), (Some(Seq(6)), 0));
    std::fs::write(&file, old).unwrap();
    assert!(verify(folder.path(), None, &[]).unwrap().is_intact());
    let report = verify(folder.path(), None, std::slice::from_ref(&witness)).unwrap();
    assert_eq!(report.problems[0].place, Place::Checkpoint(6));
    // Other events instead of the ones that were signed.
    let ledger = open(folder.path());
    ledger.append(notes(4)).unwrap();
    ledger.close().unwrap();
    let report = verify(folder.path(), None, &[witness]).unwrap();
    assert_eq!(report.problems[0].place, Place::Checkpoint(6));
    assert_eq!(report.covered_to, None);
}

#[test]
fn another_key_is_refused_and_signatures_are_checked_with_the_key_given() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = open(folder.path());
    ledger.append(notes(1)).unwrap();
    ledger.checkpoint().unwrap();
    drop(ledger);
    let other = SigningKey::from_seed(&[8; 32]);
    let given = Options { signer: other.clone(), ..options() };
    let error = Ledger::open(folder.path(), given).unwrap_err();
    assert_eq!(error.code(), Code::SigningKey);
    let report = verify(folder.path(), Some(&key().verifying_key()), &[]).unwrap();
    assert!(report.is_intact() && report.key_was_given);
    let report = verify(folder.path(), Some(&other.verifying_key()), &[]).unwrap();
    let places: Vec<_> = report.problems.iter().map(|problem| problem.place.clone()).collect();
    assert_eq!(places, [Place::File, Place::Checkpoint(1)]);
}

#[test]
fn a_key_inside_the_ledgers_folder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = folder.path().join("ledger");
    let signer = axon_ledger::keys::load_or_create(&ledger.join("own.key")).unwrap();
    let error = Ledger::open(&ledger, Options { signer, ..options() }).unwrap_err();
    assert_eq!(error.code(), Code::SigningKey);
}
