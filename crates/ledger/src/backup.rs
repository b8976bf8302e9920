//! Backups: a copy that was verified, in a file of its own.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use axon_domain::{Code, Error, Result};
use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

use crate::event_id::fill_random;
use crate::lock::io_error;
use crate::source::Source;
use crate::verify::{Place, VerifyReport, verify_file};

/// Copies the ledger in `folder`, as it is at this moment, to `file`, also while it is written,
/// and verifies the copy. To go back to it, put it as `ledger.db` into an empty folder.
///
/// # Errors
/// [`Code::Usage`] if there is something at `file` already: nothing is ever overwritten;
/// [`Code::LedgerDamaged`] if the copy does not verify (it is removed); otherwise what reading
/// the ledger or writing the file gives.
pub fn backup(folder: &Path, file: &Path) -> Result<VerifyReport> {
    if file.symlink_metadata().is_ok() {
        return Err(exists(file));
    }
    let source = Source::open(folder)?;
    let partial = partial_name(file)?;
    let result = write(&source, &partial, file);
    if result.is_err() {
        // What is left of a failed copy; the error that is told is the one of the copy.
        let _ = fs::remove_file(&partial);
    }
    result
}

fn write(source: &Source, partial: &Path, file: &Path) -> Result<VerifyReport> {
    axon_store::copy(&source.db, partial)?;
    let report = verify_file(partial, Some(&source.identity.key), &[])?;
    // What is wrong with a mere cache keeps nobody from a backup.
    let serious = |place: &Place| !matches!(place, Place::Snapshot(_));
    if let Some(problem) = report.problems.iter().find(|problem| serious(&problem.place)) {
        return Err(Error::new(
            Code::LedgerDamaged,
            format!("the copy does not verify: {problem}"),
        )
        .at(source.path.display().to_string())
        .hint("run `axon verify` on the ledger itself; earlier backups are untouched"));
    }
    let failed = |error| io_error(file, error);
    File::open(partial).and_then(|copy| copy.sync_all()).map_err(failed)?;
    put_in_place(partial, file)?;
    File::open(folder_of(file)).and_then(|folder| folder.sync_all()).map_err(failed)?;
    Ok(report)
}

/// Gives the copy its name, unless something has that name by now.
fn put_in_place(partial: &Path, file: &Path) -> Result<()> {
    let moved = match renameat_with(CWD, partial, CWD, file, RenameFlags::NOREPLACE) {
        // A file system that does not know the flag may know links, which never replace either.
        Err(Errno::INVAL | Errno::NOSYS) => {
            fs::hard_link(partial, file).and_then(|()| fs::remove_file(partial))
        }
        other => other.map_err(Into::into),
    };
    moved.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => exists(file),
        _ => io_error(file, error),
    })
}

fn exists(file: &Path) -> Error {
    Error::new(Code::Usage, "there is a file of that name already, and backups overwrite nothing")
        .at(file.display().to_string())
        .hint("give another name")
}

fn partial_name(file: &Path) -> Result<PathBuf> {
    let mut suffix = [0; 8];
    fill_random(&mut suffix)?;
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(format!(".partial-{:016x}", u64::from_le_bytes(suffix)));
    Ok(file.with_file_name(name))
}

fn folder_of(file: &Path) -> &Path {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}
