//! Copying a tree, where an overlay is refused.

use std::fs::{self, File, Metadata};
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use axon_domain::{Code, Error, Result};

/// Copies `lower` and then `upper` over it to `to`, which is made if need be: what an overlay
/// would show. Files share their blocks where the file system can (`FICLONE`). A whiteout in
/// `upper` removes what is below; links are copied as links; sockets, pipes and devices are
/// left out.
///
/// # Errors
/// [`Code::DiskFull`], else [`Code::Io`] with the path.
pub fn copy_tree(lower: &Path, upper: Option<&Path>, to: &Path) -> Result<()> {
    copy_layer(lower, to)?;
    upper.map_or(Ok(()), |upper| copy_layer(upper, to))
}

/// Marks `path` in the upper folder of an overlay as removed: a character device 0/0, which
/// the kernel lets everybody make.
///
/// # Errors
/// [`Code::Io`] with the path.
#[cfg(target_os = "linux")]
pub fn whiteout(path: &Path) -> Result<()> {
    use rustix::fs::{CWD, FileType, Mode, mknodat};
    mknodat(CWD, path, FileType::CharacterDevice, Mode::empty(), 0)
        .map_err(|error| failed("mark as removed", path, error.into()))
}

/// Marks `path` as removed; there are overlays on Linux only.
///
/// # Errors
/// [`Code::NoConfinement`], always.
#[cfg(not(target_os = "linux"))]
pub fn whiteout(path: &Path) -> Result<()> {
    Err(Error::new(Code::NoConfinement, "there are overlays on Linux only")
        .at(path.display().to_string()))
}

fn failed(what: &str, path: &Path, error: io::Error) -> Error {
    let code = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Code::DiskFull,
        _ => Code::Io,
    };
    Error::new(code, format!("cannot {what}")).at(path.display().to_string()).because(error)
}

fn copy_layer(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).map_err(|error| failed("make a folder", to, error))?;
    // Folders get their own permissions at the end: one without write permission has to be
    // filled first.
    let mut folders: Vec<(PathBuf, Metadata)> = Vec::new();
    let mut waiting = vec![(from.to_owned(), to.to_owned())];
    while let Some((from, to)) = waiting.pop() {
        let entries = fs::read_dir(&from).map_err(|error| failed("read a folder", &from, error))?;
        for entry in entries {
            let entry = entry.map_err(|error| failed("read a folder", &from, error))?;
            let (source, target) = (entry.path(), to.join(entry.file_name()));
            let metadata =
                entry.metadata().map_err(|error| failed("read a file", &source, error))?;
            let kind = metadata.file_type();
            if kind.is_dir() {
                make_folder(&target)?;
                waiting.push((source, target.clone()));
                folders.push((target, metadata));
            } else {
                remove(&target)?;
                copy_entry(&source, &target, &metadata)?;
            }
        }
    }
    for (folder, metadata) in folders.iter().rev() {
        fs::set_permissions(folder, metadata.permissions())
            .map_err(|error| failed("set the permissions of a folder", folder, error))?;
    }
    Ok(())
}

fn make_folder(path: &Path) -> Result<()> {
    match fs::symlink_metadata(path) {
        Ok(there) if there.is_dir() => {
            // The layer below may have left it unwritable.
            let writable = there.permissions().mode() | 0o700;
            fs::set_permissions(path, fs::Permissions::from_mode(writable))
        }
        Ok(_) => fs::remove_file(path).and_then(|()| fs::create_dir(path)),
        Err(_) => fs::create_dir(path),
    }
    .map_err(|error| failed("make a folder", path, error))
}

fn remove(path: &Path) -> Result<()> {
    match fs::symlink_metadata(path) {
        Ok(there) if there.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(_) => Ok(()),
    }
    .map_err(|error| failed("remove", path, error))
}

fn copy_entry(from: &Path, to: &Path, metadata: &Metadata) -> Result<()> {
    let kind = metadata.file_type();
    let result = if kind.is_symlink() {
        fs::read_link(from).and_then(|target| symlink(target, to))
    } else if kind.is_file() {
        copy_file(from, to, metadata)
    } else {
        // A whiteout (device 0/0) has done its part by the removal; others are left out.
        debug_assert!(!kind.is_char_device() || metadata.rdev() == 0 || !to.exists());
        Ok(())
    };
    result.map_err(|error| failed("copy a file", from, error))
}

/// With the time of the last change: build tools compare it.
fn copy_file(from: &Path, to: &Path, metadata: &Metadata) -> io::Result<()> {
    let source = File::open(from)?;
    let mut target = File::create_new(to)?;
    #[cfg(target_os = "linux")]
    let cloned = rustix::fs::ioctl_ficlone(&target, &source).is_ok();
    #[cfg(not(target_os = "linux"))]
    let cloned = false;
    if !cloned {
        io::copy(&mut &source, &mut target)?;
    }
    target.set_modified(metadata.modified()?)?;
    target.set_permissions(metadata.permissions())
}
