//! SQLite's errors in our words.

use std::path::Path;

use axon_domain::{Code, Error};
use rusqlite::ErrorCode;

/// What an error of SQLite means to the person who owns the file at `path`.
pub fn to_error(error: rusqlite::Error, path: &Path) -> Error {
    let (code, what, hint) = match classify(&error) {
        // SQLite says "I/O error" where it cannot make room for the index of its log.
        (Code::Io, ..) if is_full(path) => FULL,
        classified => classified,
    };
    let mapped = Error::new(code, what).at(path.display().to_string()).because(error);
    match hint {
        Some(hint) => mapped.hint(hint),
        None => mapped,
    }
}

/// `SQLITE_IOERR_CORRUPTFS`: the file system itself says that the file is damaged.
const IOERR_CORRUPT_FS: i32 = 10 | (33 << 8);
/// `SQLITE_IOERR_NOMEM`.
const IOERR_NOMEM: i32 = 10 | (12 << 8);

/// A disk with less room than this (in bytes) is full: SQLite's smallest step is to grow the
/// index of its log by 32 KiB.
const FULL_BELOW: u64 = 64 * 1024;

/// Whether the disk of `path` is full; `false` where that cannot be found out.
fn is_full(path: &Path) -> bool {
    let folder = path.parent().unwrap_or(path);
    rustix::fs::statvfs(folder)
        .is_ok_and(|disk| disk.f_bavail.saturating_mul(disk.f_frsize) < FULL_BELOW)
}

type Class = (Code, &'static str, Option<&'static str>);

const FULL: Class = (
    Code::DiskFull,
    "the disk is full",
    Some("make room on the disk; everything acknowledged is safe"),
);

const LOOK: &str = "look at the disk and at the system's log; everything acknowledged is safe";
const RESTORE: &str = "copy the file away, run `axon verify`, and go back to a backup if needed";

fn classify(error: &rusqlite::Error) -> Class {
    use rusqlite::Error as E;
    match error {
        E::SqliteFailure(failure, _) => classify_failure(*failure),
        E::FromSqlConversionFailure(..)
        | E::IntegralValueOutOfRange(..)
        | E::Utf8Error(..)
        | E::InvalidColumnType(..)
        | E::InvalidColumnIndex(..)
        | E::InvalidColumnName(..)
        | E::QueryReturnedNoRows => {
            (Code::LedgerDamaged, "the database holds what was never written to it", Some(RESTORE))
        }
        E::SqlInputError { .. } => {
            (Code::LedgerDamaged, "the database has lost its tables", Some(RESTORE))
        }
        _ => (Code::Bug, "the database was used wrongly", None),
    }
}

fn classify_failure(failure: rusqlite::ffi::Error) -> Class {
    match failure.code {
        ErrorCode::DiskFull => FULL,
        ErrorCode::ReadOnly => {
            (Code::ReadOnly, "the database may not be written", Some("check who owns the folder"))
        }
        ErrorCode::PermissionDenied | ErrorCode::AuthorizationForStatementDenied => {
            (Code::ReadOnly, "access to the database is denied", Some("check who owns the folder"))
        }
        ErrorCode::CannotOpen => (Code::Io, "the database cannot be opened", None),
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => {
            (Code::LedgerDamaged, "the database is damaged", Some(RESTORE))
        }
        // A statement of ours does not fit the tables of the file: they were altered.
        ErrorCode::Unknown if failure.extended_code & 0xff == 1 => {
            (Code::LedgerDamaged, "the database has lost its tables", Some(RESTORE))
        }
        ErrorCode::ConstraintViolation | ErrorCode::TypeMismatch => {
            (Code::LedgerDamaged, "the database contradicts itself", Some(RESTORE))
        }
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => (
            Code::LedgerLocked,
            "another program holds the database",
            Some("wait until it has finished, then try again"),
        ),
        ErrorCode::SystemIoFailure if failure.extended_code == IOERR_CORRUPT_FS => {
            (Code::LedgerDamaged, "the file system says that the file is damaged", Some(RESTORE))
        }
        ErrorCode::SystemIoFailure if failure.extended_code != IOERR_NOMEM => {
            (Code::Io, "the database cannot be read or written", Some(LOOK))
        }
        ErrorCode::OutOfMemory | ErrorCode::SystemIoFailure => {
            (Code::Io, "not enough memory for the database", None)
        }
        ErrorCode::TooBig => (Code::LimitReached, "larger than a row may be", None),
        _ => (Code::Bug, "the database was used wrongly", None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code_of(raw: i32) -> Code {
        let error = rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(raw), None);
        to_error(error, Path::new("x.db")).code()
    }

    #[test]
    fn errors_of_the_machine_and_of_the_file_are_told_apart() {
        assert_eq!(code_of(13), Code::DiskFull);
        assert_eq!(code_of(8), Code::ReadOnly);
        assert_eq!(code_of(11), Code::LedgerDamaged);
        assert_eq!(code_of(26), Code::LedgerDamaged);
        assert_eq!(code_of(1), Code::LedgerDamaged);
        assert_eq!(code_of(10), Code::Io);
        assert_eq!(code_of(IOERR_CORRUPT_FS), Code::LedgerDamaged);
        assert_eq!(code_of(5), Code::LedgerLocked);
    }
}
