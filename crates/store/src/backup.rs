//! A consistent copy of a database in use.

use std::path::Path;

use axon_domain::Result;
use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};

use crate::to_error;

/// Copies the database as it is at this moment into `to`, a file that is not there yet; the
/// writer goes on meanwhile. The copy is one file that needs no write-ahead log beside it.
///
/// # Errors
/// As SQLite's; what was written of `to` is the caller's to remove.
pub fn copy(from: &Connection, to: &Path) -> Result<()> {
    let failed = |error| to_error(error, to);
    let mut copy = Connection::open(to).map_err(failed)?;
    {
        let backup = Backup::new(from, &mut copy).map_err(failed)?;
        // One step is one read transaction: no commit of the writer can start it over.
        match backup.step(-1).map_err(failed)? {
            StepResult::Done => {}
            _ => {
                let busy = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY);
                return Err(failed(rusqlite::Error::SqliteFailure(busy, None)));
            }
        }
    }
    copy.pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(())).map_err(failed)?;
    copy.close().map_err(|(_, error)| failed(error))
}
