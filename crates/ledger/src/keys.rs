//! The key that signs checkpoints (Ed25519, RFC 8032).

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use axon_domain::{Code, Error, Result};
use ed25519_dalek::Signer as _;
use rustix::fs::{FlockOperation, flock};

use crate::event_id::fill_random;

/// A key that signs, and where it was loaded from.
#[derive(Clone)]
pub struct SigningKey {
    key: ed25519_dalek::SigningKey,
    path: Option<PathBuf>,
}

impl SigningKey {
    /// A key from its 32-byte seed, as tests and key chains bring it.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self { key: ed25519_dalek::SigningKey::from_bytes(seed), path: None }
    }

    /// The public half.
    #[must_use]
    pub fn verifying_key(&self) -> VerifyingKey {
        VerifyingKey(self.key.verifying_key())
    }

    pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.key.sign(message).to_bytes()
    }

    /// Refuses a key that lies inside the folder whose content it vouches for: whoever may
    /// change the ledger would have the key as well.
    pub(crate) fn refuse_inside(&self, folder: &Path) -> Result<()> {
        let Some(path) = &self.path else { return Ok(()) };
        let inside = match (path.canonicalize(), folder.canonicalize()) {
            (Ok(path), Ok(folder)) => path.starts_with(folder),
            _ => path.starts_with(folder),
        };
        if !inside {
            return Ok(());
        }
        Err(refused(path, "the signing key lies inside the ledger that it is to protect")
            .hint("keep the key in your user configuration"))
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SigningKey(for {:?})", self.verifying_key())
    }
}

/// The public half of a signing key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct VerifyingKey(ed25519_dalek::VerifyingKey);

impl VerifyingKey {
    /// From its 32 bytes; `None` if they are no key, or one that anybody can sign for.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; 32]) -> Option<Self> {
        ed25519_dalek::VerifyingKey::from_bytes(bytes).ok().filter(|key| !key.is_weak()).map(Self)
    }

    /// Its 32 bytes.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; 32] {
        self.0.to_bytes()
    }

    pub(crate) fn verify(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        let signature = ed25519_dalek::Signature::from_bytes(signature);
        self.0.verify_strict(message, &signature).is_ok()
    }
}

impl std::fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "VerifyingKey(")?;
        self.to_bytes().iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        write!(f, ")")
    }
}

/// Loads the key at `path` (32 bytes, the seed), or makes one there: the file with mode 0600,
/// its folder, where it is missing, with mode 0700.
///
/// # Errors
/// [`Code::SigningKey`] for a file that is not a key, that others may read, or in a folder in
/// which others may replace it; [`Code::ReadOnly`], [`Code::DiskFull`], [`Code::Io`].
pub fn load_or_create(path: &Path) -> Result<SigningKey> {
    match load(path) {
        Err(error) if error.code() == Code::NotFound => create(path),
        result => result,
    }
}

/// Loads the key at `path`.
///
/// # Errors
/// As [`load_or_create`]; [`Code::NotFound`] without a file.
pub fn load(path: &Path) -> Result<SigningKey> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Err(Error::new(Code::NotFound, "there is no signing key")
                .at(path.display().to_string()));
        }
        Err(error) => return Err(refused(path, "the signing key cannot be read").because(error)),
    };
    let mode = file.metadata().map_err(|error| unreadable(path, error))?.mode();
    if mode & 0o077 != 0 {
        return Err(refused(path, "others may read or change the signing key")
            .hint(format!("chmod 600 {}", path.display())));
    }
    let folder = folder_of(path);
    let folder_mode = fs::metadata(folder).map_err(|error| unreadable(path, error))?.mode();
    // In a folder with the sticky bit (/tmp) only the owner of a file can replace it.
    if folder_mode & 0o022 != 0 && folder_mode & 0o1000 == 0 {
        return Err(refused(path, "others may replace the signing key")
            .hint(format!("chmod 700 {}", folder.display())));
    }
    let mut seed = Vec::with_capacity(33);
    (&file).take(33).read_to_end(&mut seed).map_err(|error| unreadable(path, error))?;
    let seed: [u8; 32] = seed.try_into().map_err(|_| {
        refused(path, "the file is not a signing key (32 bytes)").hint(
            "put the right file in its place; if no ledger was begun with it, move it away and \
                 a new one is made",
        )
    })?;
    Ok(SigningKey { path: Some(path.to_owned()), ..SigningKey::from_seed(&seed) })
}

/// The beginning of the names of files that are no keys yet.
const UNFINISHED: &str = ".key-";

fn create(path: &Path) -> Result<SigningKey> {
    let failed = |error| crate::lock::io_error(path, error);
    let folder_path = folder_of(path);
    DirBuilder::new().recursive(true).mode(0o700).create(folder_path).map_err(failed)?;
    let folder = File::open(folder_path).map_err(failed)?;
    // One process at a time, where the file system can say so; the key it made is taken.
    if flock(&folder, FlockOperation::LockExclusive).is_ok() {
        remove_unfinished(folder_path);
    }
    let mut seed = [0; 32];
    fill_random(&mut seed)?;
    let mut suffix = [0; 8];
    fill_random(&mut suffix)?;
    let name = format!("{UNFINISHED}{:016x}", u64::from_le_bytes(suffix));
    let temporary = folder_path.join(name);
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&temporary)
        .map_err(failed)?;
    let linked = file.write_all(&seed).and_then(|()| file.sync_all()).and_then(|()| {
        // A link never overwrites: of two processes that make a key, one wins.
        match fs::hard_link(&temporary, path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
            other => other,
        }
    });
    let removed = fs::remove_file(&temporary);
    linked.and(removed).and_then(|()| folder.sync_all()).map_err(failed)?;
    load(path)
}

/// Removes what processes that were killed while they made a key have left. A key in the making
/// was never used, so whatever cannot be removed does no harm.
fn remove_unfinished(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let is_ours = entry.file_name().to_str().is_some_and(|name| {
            name.strip_prefix(UNFINISHED)
                .is_some_and(|rest| rest.len() == 16 && rest.bytes().all(|b| b.is_ascii_hexdigit()))
        });
        if is_ours {
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

fn refused(path: &Path, what: &str) -> Error {
    Error::new(Code::SigningKey, what).at(path.display().to_string())
}

fn unreadable(path: &Path, error: std::io::Error) -> Error {
    refused(path, "the signing key cannot be read").because(error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn a_key_is_made_once_and_only_its_owner_can_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("axon/keys/ledger.key");
        let made = load_or_create(&path).unwrap();
        let again = load_or_create(&path).unwrap();
        assert_eq!(made.verifying_key(), again.verifying_key());
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(path.parent().unwrap()).unwrap().mode() & 0o777, 0o700);
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn what_a_killed_process_left_is_removed_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        for name in [".key-0123456789abcdef", ".key-notes", "other"] {
            fs::write(folder.path().join(name), "x").unwrap();
        }
        load_or_create(&folder.path().join("ledger.key")).unwrap();
        let left = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
        let mut left: Vec<_> = left.collect();
        left.sort();
        assert_eq!(left, [".key-notes", "ledger.key", "other"]);
    }

    #[test]
    fn of_many_that_make_a_key_at_once_all_get_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys/ledger.key");
        let keys: Vec<_> = std::thread::scope(|scope| {
            let made: Vec<_> = (0..8).map(|_| scope.spawn(|| load_or_create(&path))).collect();
            made.into_iter().map(|one| one.join().unwrap().unwrap().verifying_key()).collect()
        });
        assert!(keys.iter().all(|key| *key == keys[0]));
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn a_key_that_others_can_read_or_replace_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys/ledger.key");
        load_or_create(&path).unwrap();
        set_mode(&path, 0o640);
        let error = load_or_create(&path).unwrap_err();
        assert_eq!(error.code(), Code::SigningKey);
        assert!(error.hint_text().unwrap().starts_with("chmod 600"));
        set_mode(&path, 0o600);
        set_mode(path.parent().unwrap(), 0o777);
        assert_eq!(load_or_create(&path).unwrap_err().code(), Code::SigningKey);
    }

    #[test]
    fn a_file_that_is_no_key_is_refused_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.key");
        fs::write(&path, "not a key").unwrap();
        set_mode(&path, 0o600);
        assert_eq!(load_or_create(&path).unwrap_err().code(), Code::SigningKey);
        assert_eq!(fs::read(&path).unwrap(), b"not a key");
    }

    #[test]
    fn the_debug_form_gives_nothing_away() {
        let key = SigningKey::from_seed(&[0x5a; 32]);
        assert!(!format!("{key:?}").contains("5a5a5a"));
    }
}
