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
            Work::Erase { seq, .. } => {
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
    Ok(())
}
