//! Connections: one that writes, any number that read.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use axon_domain::{Code, Error, Result};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::{Schema, refuse_network, to_error};

/// How long a statement waits for another process before it gives up. The one writer holds a
/// lock of its own, so this is only ever a reader at the moment of a checkpoint.
const BUSY: Duration = Duration::from_secs(5);

/// Pages (4 KiB) in the write-ahead log after which they go to the database: 16 MiB.
const CHECKPOINT_PAGES: u32 = 4_096;

/// The write-ahead log is cut back to this size after a burst.
const WAL_KEEP_BYTES: u32 = 64 << 20;

/// Opens or creates the file for its one writer; the caller holds a lock of its own that says
/// so. Every commit is synced to the disk before it returns; what is deleted is overwritten.
///
/// # Errors
/// [`Code::NetworkFileSystem`], [`Code::LedgerNewer`], [`Code::LedgerDamaged`],
/// [`Code::ReadOnly`], [`Code::DiskFull`], [`Code::Io`].
pub fn open_writer(path: &Path, schema: &Schema) -> Result<Connection> {
    let folder = folder_of(path);
    refuse_network(folder)?;
    let new = !path.exists();
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let failed = |error| to_error(error, path);
    let mut db = Connection::open_with_flags(path, flags).map_err(failed)?;
    guard(&db).map_err(failed)?;
    schema.check(&db, path)?;
    write_pragmas(&db).map_err(failed)?;
    schema.migrate(&mut db, path)?;
    if new {
        sync_folder(folder)?;
    }
    Ok(db)
}

/// Opens the file for reading, also while a writer writes, and also in a folder that may not
/// be written (as long as no writer has left unfinished work there).
///
/// # Errors
/// [`Code::NotFound`] without a file; otherwise as [`open_writer`].
pub fn open_reader(path: &Path, schema: &Schema) -> Result<Connection> {
    if !path.exists() {
        return Err(not_begun(path, schema));
    }
    refuse_network(folder_of(path))?;
    let db = match connect_reader(path, false) {
        Ok(db) => db,
        Err(error) if needs_writing(&error) && !has_wal(path) => {
            connect_reader(path, true).map_err(|error| to_error(error, path))?
        }
        Err(error) if needs_writing(&error) => {
            return Err(Error::new(
                Code::ReadOnly,
                "the folder may not be written, and its writer was interrupted",
            )
            .at(path.display().to_string())
            .hint("copy the folder to a place that may be written and read it there")
            .because(error));
        }
        Err(error) => return Err(to_error(error, path)),
    };
    require_format(&db, path, schema)?;
    Ok(db)
}

/// Opens a file that nobody writes, such as a backup, wherever it lies. Where a write-ahead log
/// lies beside it, somebody may be writing after all, and it is opened as by [`open_reader`].
///
/// # Errors
/// As [`open_reader`].
pub fn open_copy(path: &Path, schema: &Schema) -> Result<Connection> {
    if has_wal(path) || !path.exists() {
        return open_reader(path, schema);
    }
    let db = connect_reader(path, true).map_err(|error| to_error(error, path))?;
    require_format(&db, path, schema)?;
    Ok(db)
}

fn require_format(db: &Connection, path: &Path, schema: &Schema) -> Result<()> {
    let what = match schema.check(db, path)? {
        format if format == schema.format() => return Ok(()),
        // Its maker was interrupted before it was anything.
        0 => return Err(not_begun(path, schema)),
        _ => format!("the {} is of an older format", schema.name),
    };
    Err(Error::new(Code::LedgerDamaged, what)
        .at(path.display().to_string())
        .hint("run any command that writes once; it brings the file up to date"))
}

/// The error for a place where there is nothing yet.
#[must_use]
pub fn not_begun(path: &Path, schema: &Schema) -> Error {
    Error::new(Code::NotFound, format!("there is no {} here yet", schema.name))
        .at(path.display().to_string())
        .hint("if there was one before, put a backup of it in its place")
}

/// Moves everything from the write-ahead log into the database and empties the log, so that
/// what was overwritten is nowhere on the disk.
///
/// # Errors
/// [`Code::LedgerLocked`] while a reader still looks at the old state.
pub fn truncate_wal(db: &Connection, path: &Path) -> Result<()> {
    let busy: i64 = db
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))
        .map_err(|error| to_error(error, path))?;
    if busy == 0 {
        return Ok(());
    }
    Err(Error::new(Code::LedgerLocked, "a reader still holds the state from before")
        .at(path.display().to_string())
        .hint("end the programs that read it and try again"))
}

/// The `immutable` flag (sqlite.org/uri.html) tells SQLite to need neither locks nor a
/// write-ahead log; it is right only where nobody can write.
fn connect_reader(path: &Path, immutable: bool) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = if immutable {
        let uri = format!("file:{}?immutable=1", percent_encoded(path));
        Connection::open_with_flags(uri, flags | OpenFlags::SQLITE_OPEN_URI)?
    } else {
        Connection::open_with_flags(path, flags)?
    };
    guard(&db)?;
    db.pragma_update(None, "query_only", true)?;
    // The first statement that looks into the file: here a folder that may not be written shows.
    db.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    Ok(db)
}

/// What holds for every connection: a file is input like any other and may be hostile.
fn guard(db: &Connection) -> rusqlite::Result<()> {
    db.busy_timeout(BUSY)?;
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false)?;
    db.pragma_update(None, "cell_size_check", true)?;
    db.set_prepared_statement_cache_capacity(32);
    Ok(())
}

fn write_pragmas(db: &Connection) -> rusqlite::Result<()> {
    db.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    db.pragma_update(None, "synchronous", "FULL")?;
    db.pragma_update_and_check(None, "secure_delete", true, |_| Ok(()))?;
    db.pragma_update_and_check(None, "wal_autocheckpoint", CHECKPOINT_PAGES, |_| Ok(()))?;
    db.pragma_update_and_check(None, "journal_size_limit", WAL_KEEP_BYTES, |_| Ok(()))?;
    Ok(())
}

/// Whether reading failed only because SQLite could not make the files beside the database.
fn needs_writing(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(rusqlite::ErrorCode::CannotOpen | rusqlite::ErrorCode::ReadOnly)
    )
}

fn has_wal(path: &Path) -> bool {
    fs::metadata(beside(path, "-wal")).is_ok_and(|wal| wal.len() > 0)
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    PathBuf::from(name)
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

fn sync_folder(folder: &Path) -> Result<()> {
    fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(|error| {
        Error::new(Code::Io, "the folder cannot be synced")
            .at(folder.display().to_string())
            .because(error)
    })
}

/// A path inside a URI: everything but unreserved characters and `/` as `%XX` (RFC 3986).
fn percent_encoded(path: &Path) -> String {
    use std::fmt::Write as _;
    let mut text = String::new();
    for byte in path.as_os_str().as_bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(byte) {
            text.push(char::from(*byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const V1: Schema =
        Schema { name: "shelf", application_id: 77, migrations: &["CREATE TABLE a (x INTEGER)"] };
    const V2: Schema = Schema {
        name: "shelf",
        application_id: 77,
        migrations: &["CREATE TABLE a (x INTEGER)", "ALTER TABLE a ADD COLUMN y INTEGER"],
    };

    #[test]
    fn an_older_format_is_migrated_and_a_newer_one_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let db = open_writer(&path, &V1).unwrap();
        db.execute("INSERT INTO a VALUES (1)", []).unwrap();
        drop(db);
        let db = open_writer(&path, &V2).unwrap();
        db.execute("UPDATE a SET y = 2", []).unwrap();
        drop(db);
        let error = open_writer(&path, &V1).unwrap_err();
        assert_eq!(error.code(), Code::LedgerNewer);
        assert!(error.hint_text().is_some());
        assert_eq!(open_reader(&path, &V1).unwrap_err().code(), Code::LedgerNewer);
    }

    #[test]
    fn another_programs_database_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        Connection::open(&path).unwrap().execute_batch("CREATE TABLE theirs (x)").unwrap();
        let before = fs::read(&path).unwrap();
        assert_eq!(open_writer(&path, &V1).unwrap_err().code(), Code::LedgerDamaged);
        assert_eq!(fs::read(&path).unwrap(), before);
    }

    #[test]
    fn text_is_not_a_database() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        fs::write(&path, "dear diary, ".repeat(200)).unwrap();
        assert_eq!(open_writer(&path, &V1).unwrap_err().code(), Code::LedgerDamaged);
        assert_eq!(open_reader(&path, &V1).unwrap_err().code(), Code::LedgerDamaged);
    }

    #[test]
    fn readers_see_commits_while_the_writer_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let writer = open_writer(&path, &V1).unwrap();
        let reader = open_reader(&path, &V1).unwrap();
        let count =
            || -> i64 { reader.query_row("SELECT count(*) FROM a", [], |row| row.get(0)).unwrap() };
        assert_eq!(count(), 0);
        writer.execute("INSERT INTO a VALUES (1)", []).unwrap();
        assert_eq!(count(), 1);
        assert!(reader.execute("DELETE FROM a", []).is_err());
    }

    #[test]
    fn a_closed_file_can_be_read_as_immutable_whatever_its_path() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("100% of?it #1 ä");
        fs::create_dir(&inner).unwrap();
        let path = inner.join("a.db");
        open_writer(&path, &V1).unwrap().execute("INSERT INTO a VALUES (1)", []).unwrap();
        let db = connect_reader(&path, true).unwrap();
        let count: i64 = db.query_row("SELECT count(*) FROM a", [], |row| row.get(0)).unwrap();
        assert_eq!(count, 1);
        assert!(!beside(&path, "-wal").exists());
    }

    #[test]
    fn a_file_whose_maker_was_interrupted_is_nothing_yet_and_can_be_made() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let empty = Connection::open(&path).unwrap();
        assert_eq!(open_reader(&path, &V1).unwrap_err().code(), Code::NotFound);
        write_pragmas(&empty).unwrap();
        drop(empty);
        assert_eq!(open_reader(&path, &V1).unwrap_err().code(), Code::NotFound);
        drop(open_writer(&path, &V1).unwrap());
        open_reader(&path, &V1).unwrap();
    }

    #[test]
    fn a_file_that_is_not_there_is_not_made_by_reading() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        assert_eq!(open_reader(&path, &V1).unwrap_err().code(), Code::NotFound);
        assert!(!path.exists());
    }
}
