//! The one thread that writes: it commits whatever has gathered, as one transaction.

use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;

use axon_domain::{Code, Error, Result};
use axon_store::{to_error, truncate_wal};
use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::lock::io_error;
use crate::queue::{Group, Queue, Work};
use crate::source::signed;

pub(crate) struct Writer {
    pub(crate) db: Connection,
    pub(crate) path: PathBuf,
    pub(crate) queue: Arc<Queue>,
}

/// The thread that runs a [`Writer`]. Dropped, it writes what is left and ends.
pub(crate) struct WriterThread {
    queue: Arc<Queue>,
    thread: Option<JoinHandle<()>>,
}

impl WriterThread {
    pub(crate) fn start(writer: Writer) -> Result<Self> {
        let queue = Arc::clone(&writer.queue);
        let path = writer.path.clone();
        let thread = std::thread::Builder::new()
            .name("ledger-writer".to_owned())
            .spawn(|| writer.run())
            .map_err(|error| io_error(&path, error))?;
        Ok(Self { queue, thread: Some(thread) })
    }
}

impl Drop for WriterThread {
    fn drop(&mut self) {
        self.queue.close();
        if let Some(thread) = self.thread.take() {
            // A panic of the thread was reported to everybody who waited.
            let _ = thread.join();
        }
    }
}

/// Tells those who wait, should the thread end in a way that it never should.
struct Alarm<'a>(&'a Queue);

impl Drop for Alarm<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.fail(&Error::new(Code::Bug, "the thread that writes the ledger has stopped"));
        }
    }
}

impl Writer {
    /// Writes until the ledger is closed or writing fails.
    pub(crate) fn run(mut self) {
        let queue = Arc::clone(&self.queue);
        let _alarm = Alarm(&queue);
        while let Some(batch) = queue.next_batch() {
            if let Err(error) = self.commit(&batch) {
                queue.fail(&error);
                return;
            }
            queue.committed(&batch);
            self.finish_erasing(&batch);
        }
    }

    fn commit(&mut self, batch: &[Arc<Work>]) -> Result<()> {
        let Self { db, path, .. } = self;
        write_batch(db, batch).map_err(|error| to_error(error, path))
    }

    /// The payloads are gone from the database; now their bytes must go from the log as well.
    fn finish_erasing(&self, batch: &[Arc<Work>]) {
        for work in batch {
            if let Work::Erase { done, .. } = &**work {
                // Nobody waits any more if the receiver is gone.
                let _ = done.send(truncate_wal(&self.db, &self.path));
            }
        }
    }
}

fn write_batch(db: &mut Connection, batch: &[Arc<Work>]) -> rusqlite::Result<()> {
    let step = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut last: Option<&Group> = None;
    for work in batch {
        match &**work {
            Work::Events(group) => {
                write_events(&step, group)?;
                last = Some(group);
            }
            Work::Object(row) => {
                step.prepare_cached(
                    "INSERT INTO objects (id, form, size, data) VALUES (?1, ?2, ?3, ?4) \
                     ON CONFLICT (id) DO UPDATE SET \
                     form = excluded.form, size = excluded.size, data = excluded.data \
                     WHERE data IS NULL",
                )?
                .execute((
                    row.id.0,
                    row.form.number(),
                    signed(row.size),
                    &row.data,
                ))?;
            }
            Work::Checkpoint { size, note } => {
                step.prepare_cached("INSERT OR REPLACE INTO checkpoints VALUES (?1, ?2)")?
                    .execute((signed(*size), note))?;
            }
            Work::Snapshot(row) => row.write(&step)?,
            Work::Erase { seq, .. } => {
                // What was made of the payload must not outlive it.
                step.execute("DELETE FROM snapshots WHERE seq >= ?1", [signed(*seq)])?;
                step.execute("INSERT OR IGNORE INTO erased VALUES (?1)", [signed(*seq)])?;
                step.execute("UPDATE events SET payload = NULL WHERE seq = ?1", [signed(*seq)])?;
            }
        }
    }
    if let Some(group) = last {
        step.prepare_cached("UPDATE head SET size = ?1, last_leaf = ?2, roots = ?3 WHERE id = 1")?
            .execute((signed(group.tree.size()), group.last_leaf, group.tree.to_bytes()))?;
    }
    step.commit()
}

fn write_events(step: &Transaction<'_>, group: &Group) -> rusqlite::Result<()> {
    let mut insert = step.prepare_cached("INSERT INTO events VALUES (?1, ?2, ?3)")?;
    for row in &group.rows {
        insert.execute((signed(row.seq), &row.record, &row.payload))?;
    }
    for mark in &group.marks {
        step.prepare_cached("INSERT INTO marks VALUES (?1, ?2, ?3)")?.execute(mark.columns())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use axon_domain::{Draft, ObjectStore as _, Payload, Role, Seq, TaskChange, TaskStatus};

    use super::*;
    use crate::keys::SigningKey;
    use crate::{Ledger, Options, Reader, verify};

    fn options() -> Options {
        Options { signer: SigningKey::from_seed(&[7; 32]), wall_clock: Arc::new(|| 1) }
    }

    fn draft(note: &str) -> Draft {
        let change = TaskChange { status: TaskStatus::Done, note: note.to_owned() };
        Draft::new(Role::Coder, Payload::Task(change))
    }

    /// Opens a ledger whose disk is full after so many pages.
    fn open_small(folder: &Path, pages: u32) -> Ledger {
        Ledger::open_with(folder, options(), |db| {
            db.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))
                .map_err(|error| to_error(error, folder))
        })
        .unwrap()
    }

    #[test]
    fn when_the_disk_is_full_every_call_says_so_and_what_was_acknowledged_stays() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = open_small(folder.path(), 60);
        let mut acknowledged = Seq(0);
        let error = loop {
            let appended = ledger.append(vec![draft(&"x".repeat(700)); 10]);
            match appended.and_then(|_| ledger.sync()) {
                Ok(durable) => acknowledged = durable,
                Err(error) => break error,
            }
        };
        assert_eq!(error.code(), Code::DiskFull);
        assert!(error.hint_text().is_some());
        assert!(acknowledged > Seq(50), "{acknowledged}");
        for later in [
            ledger.append(vec![draft("more")]).map(drop),
            ledger.sync().map(drop),
            ledger.last().map(drop),
            ledger.event(Seq(1)).map(drop),
            ledger.put(b"an object").map(drop),
            ledger.get(axon_domain::ObjectId([0; 32])).map(drop),
            ledger.checkpoint().map(drop),
            ledger.erase_payload(Seq(1)),
        ] {
            assert_eq!(later.unwrap_err().code(), Code::DiskFull);
        }
        assert_eq!(ledger.close().unwrap_err().code(), Code::DiskFull);
        assert_eq!(Reader::open(folder.path()).unwrap().last().unwrap(), acknowledged);
        assert!(verify(folder.path(), None, &[]).unwrap().is_intact());
        // With room again, it goes on.
        let ledger = Ledger::open(folder.path(), options()).unwrap();
        let next = ledger.append(vec![draft("more")]).unwrap();
        assert_eq!(next[0].seq.0, acknowledged.0 + 1);
        ledger.sync().unwrap();
    }

    #[test]
    fn an_event_is_never_durable_before_an_object_put_before_it() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = open_small(folder.path(), 200);
        // Until the disk is full: an object, then the event that names it.
        for number in 0_u64.. {
            let object =
                ledger.put(blake3::hash(&number.to_le_bytes()).to_hex().repeat(90).as_bytes());
            let appended = object.and_then(|id| ledger.append(vec![draft(&id.to_string())]));
            if appended.is_err() {
                break;
            }
        }
        drop(ledger);
        let reader = Reader::open(folder.path()).unwrap();
        assert!(reader.last().unwrap() > Seq(10));
        for event in reader.events(.., None) {
            let Some(Payload::Task(change)) = event.unwrap().payload else { continue };
            reader.object(axon_domain::ObjectId::from_hex(&change.note).unwrap()).unwrap();
        }
    }
}
