//! Where an owner listens.
//!
//! The socket is in the user's own folder, under a name that follows from the repository's real
//! root: paths of sockets are at most 107 bytes long, and those of repositories are not. Which
//! one it is stands in `.axon/owner.socket`, for processes whose surroundings say something else.
//! Who owns a ledger is never told by a socket, only by the kernel's lock: a socket of a process
//! that is gone is replaced by the next owner.

use std::ffi::OsString;
use std::fs;
use std::io::{ErrorKind, Write as _};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use axon_domain::{Code, Error, Result};
use rustix::net::sockopt::socket_peercred;
use rustix::process::geteuid;

use crate::axon::Axon;

/// The file in `.axon` that says where the socket is.
const NOTE: &str = "owner.socket";

/// Bytes of the path of a socket that every system takes.
const LONGEST: usize = 103;

/// A socket that is listened on. Dropping it removes it.
pub(crate) struct Bound {
    pub(crate) listener: UnixListener,
    path: PathBuf,
    note: PathBuf,
}

/// Where the owner of a repository listens.
pub(crate) fn path(axon: &Axon) -> PathBuf {
    let root = axon.root().canonicalize().unwrap_or_else(|_| axon.root().to_owned());
    let name = blake3::hash(root.as_os_str().as_bytes()).to_hex();
    axon.settings.sockets.join(&name[..16])
}

/// Listens. Only the owner of the ledger may call this: what is in the way is of an owner that
/// is gone.
pub(crate) fn bind(axon: &Axon) -> Result<Bound> {
    let path = path(axon);
    if path.as_os_str().len() > LONGEST {
        return Err(Error::new(Code::Io, "the path of the socket is too long")
            .at(path.display().to_string())
            .hint("set XDG_RUNTIME_DIR to a folder with a shorter path"));
    }
    private_folder(&axon.settings.sockets)?;
    match fs::remove_file(&path) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(failed(&path, error)),
        _ => {}
    }
    let listener = UnixListener::bind(&path).map_err(|error| failed(&path, error))?;
    let note = axon.home.join(NOTE);
    let bound = Bound { listener, path, note };
    bound.write_note()?;
    Ok(bound)
}

impl Bound {
    /// Whoever reads the note reads all of it: it gets its name when it is complete.
    fn write_note(&self) -> Result<()> {
        let partial = self.note.with_extension("partial");
        let write = || {
            let mut file = fs::File::create(&partial)?;
            file.write_all(self.path.as_os_str().as_bytes())?;
            fs::rename(&partial, &self.note)
        };
        write().map_err(|error| failed(&self.note, error))
    }
}

impl Drop for Bound {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.note);
        let _ = fs::remove_file(&self.path);
    }
}

/// A line to whoever listens; `None` where nobody does.
///
/// # Errors
/// [`Code::NotGranted`] where it is another user's process.
pub(crate) fn connect(axon: &Axon) -> Result<Option<UnixStream>> {
    let Some(path) = noted(axon) else { return Ok(None) };
    match UnixStream::connect(&path) {
        Ok(stream) if is_own(&stream) => Ok(Some(stream)),
        Ok(_) => Err(Error::new(Code::NotGranted, "another user's process listens there")
            .at(path.display().to_string())
            .hint("remove the socket, or ask whoever runs it")),
        Err(error) => match error.kind() {
            ErrorKind::NotFound | ErrorKind::ConnectionRefused => Ok(None),
            _ => Err(failed(&path, error)),
        },
    }
}

/// Where the owner says it listens.
pub(crate) fn noted(axon: &Axon) -> Option<PathBuf> {
    let bytes = fs::read(axon.home.join(NOTE)).ok()?;
    let path = PathBuf::from(OsString::from_vec(bytes));
    path.is_absolute().then_some(path)
}

/// Whether the process at the other end is of the same user.
pub(crate) fn is_own(stream: &UnixStream) -> bool {
    socket_peercred(stream).is_ok_and(|peer| peer.uid == geteuid())
}

/// Makes the folder, and sees to it that nobody else can put anything into it.
fn private_folder(folder: &Path) -> Result<()> {
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|error| failed(folder, error))?;
    let data = fs::symlink_metadata(folder).map_err(|error| failed(folder, error))?;
    let others = data.mode() & 0o077 != 0;
    if !data.is_dir() || data.uid() != geteuid().as_raw() || others {
        return Err(Error::new(Code::Io, "others may write to the folder for sockets")
            .at(folder.display().to_string())
            .hint("make it yours alone: chmod 700; or set XDG_RUNTIME_DIR to a folder that is"));
    }
    Ok(())
}

fn failed(path: &Path, error: std::io::Error) -> Error {
    Error::new(Code::Io, "the socket of the owner cannot be used")
        .at(path.display().to_string())
        .because(error)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_folder_that_others_may_look_into_is_refused() {
        let base = std::env::temp_dir().join(format!("axon-socket-test-{}", std::process::id()));
        let folder = base.join("deep");
        private_folder(&folder).unwrap();
        private_folder(&folder).unwrap();
        assert_eq!(fs::metadata(&folder).unwrap().mode() & 0o777, 0o700);
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
        assert!(private_folder(&folder).is_err());
        let link = base.join("link");
        std::os::unix::fs::symlink(&folder, &link).unwrap();
        assert!(private_folder(&link).is_err(), "a link may be turned elsewhere");
        fs::remove_dir_all(base).unwrap();
    }
}
