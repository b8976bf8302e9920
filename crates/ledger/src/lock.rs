//! One writer per ledger, by a lock that the kernel gives up when the process ends.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::Path;

use axon_domain::{Code, Error, Result};
use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

/// The name of the lock file in a ledger's folder. It holds the number of the process for
/// people; what counts is the lock, so the file is never removed.
const FILE: &str = "owner.lock";

/// The right to write, as long as it lives.
pub(crate) struct OwnerLock {
    file: File,
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
    /// [`Code::LedgerLocked`], naming the process that writes.
    pub(crate) fn take(folder: &Path) -> Result<Self> {
        let path = folder.join(FILE);
        let mut file = OpenOptions::new()
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
        let written = file
            .set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| writeln!(file, "{}", std::process::id()));
        written.map_err(|error| io_error(&path, error))?;
        Ok(Self { file })
    }
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
    let mut text = String::new();
    file.take(32).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
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
