//! One writer per ledger, by a lock that the kernel gives up when the process ends; and what its
//! file remembers of a ledger that is gone.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use axon_domain::{Code, Error, Result};
use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use crate::event_id::LedgerId;

/// The name of the lock file in a ledger's folder. What counts is the lock, so the file is never
/// removed. Its first line is the number of the process, for people; the second the id of the
/// ledger, once there is one.
const FILE: &str = "owner.lock";

/// The right to write, as long as it lives.
pub(crate) struct OwnerLock {
    file: File,
    path: PathBuf,
}

impl Drop for OwnerLock {
    /// Gives the lock up, not only this descriptor of it: a child that another thread has just
    /// forked holds a copy of the descriptor until it starts its program.
    fn drop(&mut self) {
        let _ = flock(&self.file, FlockOperation::Unlock);
    }
}

impl OwnerLock {
    /// # Errors
    /// [`Code::LedgerLocked`], naming the process that writes; [`Code::LedgerDamaged`] where a
    /// ledger was and its file is gone.
    pub(crate) fn take(folder: &Path) -> Result<Self> {
        let path = folder.join(FILE);
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(|error| io_error(&path, error))?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(Errno::WOULDBLOCK) => return Err(locked(&file, folder)),
            Err(error) => return Err(io_error(&path, error.into())),
        }
        refuse_gone(folder)?;
        let remembered = remembered(&file);
        let mut lock = Self { file, path };
        lock.write(remembered.as_deref())?;
        Ok(lock)
    }

    /// Notes which ledger is here, so that it is missed when its file is gone.
    pub(crate) fn remember(&mut self, ledger: LedgerId) -> Result<()> {
        self.write(Some(&ledger.to_string()))
    }

    /// What was written before is never gone before the new text is there.
    fn write(&mut self, ledger: Option<&str>) -> Result<()> {
        let text = format!("{}\n{}\n", std::process::id(), ledger.unwrap_or_default());
        let Self { file, path } = self;
        file.rewind()
            .and_then(|()| file.write_all(text.as_bytes()))
            .and_then(|()| file.set_len(text.len() as u64))
            .map_err(|error| io_error(path, error))
    }
}

/// Refuses a folder in which a ledger was, and whose file is missing or empty: a new ledger
/// begun there would look as if nothing had ever been.
pub(crate) fn refuse_gone(folder: &Path) -> Result<()> {
    if has_content(&folder.join(crate::schema::FILE)) {
        return Ok(());
    }
    let before = File::open(folder.join(FILE)).ok().and_then(|file| remembered(&file));
    match before {
        Some(id) => Err(gone(folder, &format!("it was {id}"))),
        // The log is written to after the file, and emptied into it: alone, it is a rest.
        None if has_content(&folder.join(format!("{}-wal", crate::schema::FILE))) => {
            Err(gone(folder, "its write-ahead log is still there"))
        }
        None => Ok(()),
    }
}

/// The error for a folder in which a ledger was, and why that is known.
#[must_use]
pub fn gone(folder: &Path, sign: &str) -> Error {
    let what = format!("the ledger that was here is gone, its file missing or empty: {sign}");
    Error::new(Code::LedgerDamaged, what)
        .at(folder.join(crate::schema::FILE).display().to_string())
        .hint(format!(
            "put a backup in its place; or begin a new ledger, with the rest of this one out of \
             the way: mv {0} {0}-lost",
            folder.display()
        ))
}

fn has_content(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|file| file.len() > 0)
}

/// The process that writes the ledger in a folder now; `None` when nobody does. Where the
/// process does not say its number, it is 0.
#[must_use]
pub fn owner(folder: &Path) -> Option<u32> {
    let file = File::open(folder.join(FILE)).ok()?;
    match flock(&file, FlockOperation::NonBlockingLockShared) {
        Err(Errno::WOULDBLOCK) => Some(written_pid(&file).unwrap_or(0)),
        _ => None,
    }
}

fn written_pid(file: &File) -> Option<u32> {
    written(file)?.lines().next()?.trim().parse().ok()
}

/// The id of the ledger that the file was written beside last.
fn remembered(file: &File) -> Option<String> {
    let text = written(file)?;
    let id = text.lines().nth(1)?.trim();
    (!id.is_empty()).then(|| id.to_owned())
}

fn written(mut file: &File) -> Option<String> {
    let mut text = String::new();
    file.rewind().ok()?;
    file.take(256).read_to_string(&mut text).ok()?;
    Some(text)
}

fn locked(file: &File, folder: &Path) -> Error {
    let what = match written_pid(file) {
        Some(pid) => format!("process {pid} writes this ledger"),
        None => "another process writes this ledger".to_owned(),
    };
    Error::new(Code::LedgerLocked, what)
        .at(folder.display().to_string())
        .hint("wait until it has finished; `axon status` shows what it does")
}

/// What a failure of the file system means.
pub(crate) fn io_error(path: &Path, error: std::io::Error) -> Error {
    use std::io::ErrorKind;
    let (code, what) = match error.kind() {
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            (Code::ReadOnly, "the folder may not be written")
        }
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => (Code::DiskFull, "the disk is full"),
        _ => (Code::Io, "reading or writing failed"),
    };
    let mapped = Error::new(code, what).at(path.display().to_string()).because(error);
    match code {
        Code::ReadOnly => mapped.hint("check who owns the folder and how it is mounted"),
        Code::DiskFull => mapped.hint("make room on the disk and try again"),
        _ => mapped,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_is_given_up_although_a_copy_of_its_file_is_still_open() {
        let folder = tempfile::tempdir().unwrap();
        let lock = OwnerLock::take(folder.path()).unwrap();
        let copy = lock.file.try_clone().unwrap();
        let error = OwnerLock::take(folder.path()).map(drop).unwrap_err();
        assert_eq!(error.code(), Code::LedgerLocked);
        drop(lock);
        assert_eq!(owner(folder.path()), None);
        OwnerLock::take(folder.path()).unwrap();
        drop(copy);
    }
}
