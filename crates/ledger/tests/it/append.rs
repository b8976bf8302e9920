//! Appending, reading back, opening again.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axon_domain::{Code, Hlc, Kind, MissionId, ObjectStore as _, Seq};
use axon_ledger::{Filter, Ledger, Options, Reader};

use crate::support::{key, note, notes, open, options, options_from, read_all};

#[test]
fn what_is_appended_is_read_back_by_this_handle_by_a_reader_and_after_opening_again() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = open(folder.path());
    let appended = ledger.append(notes(2_500)).unwrap();
    assert_eq!(appended[0].seq, Seq(1));
    let visible: Vec<_> = ledger.events(.., None).collect::<Result<_, _>>().unwrap();
    assert_eq!(visible, appended);
    assert_eq!(ledger.sync().unwrap(), Seq(2_500));
    assert_eq!(read_all(folder.path()), appended);
    ledger.close().unwrap();
    let again = open(folder.path());
    assert_eq!(again.last().unwrap(), Seq(2_500));
    let more = again.append(vec![note("one more").after(Seq(2_500))]).unwrap();
    assert_eq!(more[0].seq, Seq(2_501));
    again.close().unwrap();
    assert_eq!(read_all(folder.path()).len(), 2_501);
}

#[test]
fn events_are_found_by_position_range_kind_mission_and_time() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = open(folder.path());
    let mut drafts = notes(10);
    drafts[3] = drafts[3].clone().of(MissionId(9));
    let appended = ledger.append(drafts).unwrap();
    ledger.sync().unwrap();
    let reader = Reader::open(folder.path()).unwrap();
    assert_eq!(reader.event(Seq(4)).unwrap(), appended[3]);
    assert_eq!(ledger.event(Seq(4)).unwrap(), appended[3]);
    for missing in [Seq(0), Seq(11), Seq(u64::MAX)] {
        assert_eq!(reader.event(missing).unwrap_err().code(), Code::NotFound);
        assert_eq!(ledger.event(missing).unwrap_err().code(), Code::NotFound);
    }
    let seqs = |filter| -> Vec<u64> {
        reader.events(Seq(3)..=Seq(5), filter).map(|event| event.unwrap().seq.0).collect()
    };
    assert_eq!(seqs(None), [3, 4, 5]);
    assert_eq!(seqs(Some(Filter { mission: Some(MissionId(9)), ..Filter::default() })), [4]);
    let decisions = Filter { kinds: vec![Kind::Decision], ..Filter::default() };
    assert!(seqs(Some(decisions)).is_empty());
    assert_eq!(reader.last_at(appended[6].time).unwrap(), Seq(7));
    assert_eq!(reader.last_at(Hlc(0)).unwrap(), Seq(0));
    assert_eq!(reader.last_at(Hlc(u64::MAX)).unwrap(), Seq(10));
}

#[test]
fn a_second_writer_is_told_who_owns_the_ledger() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = open(folder.path());
    let error = Ledger::open(folder.path(), options()).unwrap_err();
    assert_eq!(error.code(), Code::LedgerLocked);
    assert!(error.what().contains(&std::process::id().to_string()), "{error}");
    drop(ledger);
    open(folder.path());
}

#[test]
fn time_never_goes_back_even_if_the_clock_does() {
    let folder = tempfile::tempdir().unwrap();
    let before = open(folder.path()).append(notes(3)).unwrap();
    let ledger = Ledger::open(folder.path(), options_from(1_000)).unwrap();
    let after = ledger.append(notes(3)).unwrap();
    let times: Vec<Hlc> = before.iter().chain(&after).map(|event| event.time).collect();
    assert!(times.is_sorted_by(|a, b| a < b), "{times:?}");
}

#[test]
fn time_goes_on_from_the_last_event_where_the_clock_was_set_back_in_between() {
    let folder = tempfile::tempdir().unwrap();
    let day = 86_400_000;
    let ledger = Ledger::open(folder.path(), options_from(10 * day)).unwrap();
    let before = ledger.append(notes(1)).unwrap()[0].time;
    ledger.close().unwrap();
    let clock = Arc::new(AtomicU64::new(9 * day));
    let shown = Arc::clone(&clock);
    let wall_clock = Arc::new(move || shown.load(Ordering::Relaxed));
    let ledger = Ledger::open(folder.path(), Options { signer: key(), wall_clock }).unwrap();
    assert_eq!(ledger.now(), before.millis());
    clock.fetch_add(120_000, Ordering::Relaxed);
    let after = ledger.append(notes(1)).unwrap()[0].time;
    assert_eq!(after.millis(), before.millis() + 120_000, "two minutes are two minutes");
}

#[test]
fn an_object_is_there_at_once_and_after_opening_again() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = open(folder.path());
    let large: Vec<u8> = (0..2_000_000_u32).flat_map(u32::to_le_bytes).collect();
    let ids: Vec<_> =
        [b"".as_slice(), b"small", &large].iter().map(|bytes| ledger.put(bytes).unwrap()).collect();
    assert!(ledger.get(ids[2]).unwrap() == large);
    assert_eq!(ledger.put(&large).unwrap(), ids[2]);
    ledger.sync().unwrap();
    assert!(ledger.get(ids[2]).unwrap() == large);
    ledger.close().unwrap();
    let reader = Reader::open(folder.path()).unwrap();
    assert_eq!(reader.object(ids[0]).unwrap(), b"");
    assert_eq!(reader.object(ids[1]).unwrap(), b"small");
    assert!(reader.object(ids[2]).unwrap() == large);
    let unknown = axon_domain::ObjectId([1; 32]);
    assert_eq!(reader.object(unknown).unwrap_err().code(), Code::NotFound);
}

#[test]
fn many_threads_append_and_every_batch_stays_together() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Arc::new(open(folder.path()));
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let ledger = Arc::clone(&ledger);
            scope.spawn(move || {
                for batch in 0..20 {
                    let text = format!("{thread} {batch}");
                    let events =
                        ledger.append(vec![note(&text), note(&text), note(&text)]).unwrap();
                    assert_eq!(events[2].seq.0, events[0].seq.0 + 2);
                    assert!(ledger.sync().unwrap() >= events[2].seq);
                }
            });
        }
    });
    let events = read_all(folder.path());
    assert_eq!(events.len(), 8 * 20 * 3);
    for batch in events.chunks(3) {
        assert!(batch.iter().all(|event| event.payload == batch[0].payload));
    }
}

#[test]
fn a_cause_that_comes_later_is_refused_and_nothing_is_appended() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = open(folder.path());
    let error = ledger.append(vec![note("a"), note("b").after(Seq(2))]).unwrap_err();
    assert_eq!(error.code(), Code::Bug);
    assert_eq!(ledger.last().unwrap(), Seq(0));
    ledger.append(vec![note("a"), note("b").after(Seq(1))]).unwrap();
}

#[test]
fn a_reader_notices_commits() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = open(folder.path());
    let reader = Reader::open(folder.path()).unwrap();
    assert!(reader.changed().unwrap());
    assert!(!reader.changed().unwrap());
    ledger.append(notes(1)).unwrap();
    ledger.sync().unwrap();
    assert!(reader.changed().unwrap());
    assert_eq!(reader.last().unwrap(), Seq(1));
}

#[test]
fn a_checkpoint_covers_what_was_appended_and_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = open(folder.path());
    let empty = ledger.checkpoint().unwrap();
    ledger.append(notes(5)).unwrap();
    let checkpoint = ledger.checkpoint().unwrap();
    assert_eq!((empty.size(), checkpoint.size()), (0, 5));
    assert!(checkpoint.verify(&key().verifying_key()));
    let reader = Reader::open(folder.path()).unwrap();
    assert_eq!(reader.checkpoints().unwrap(), [empty, checkpoint.clone()]);
    assert_eq!(reader.info().unwrap().origin, checkpoint.origin());
}
