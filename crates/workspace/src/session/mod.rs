//! Sessions: one actor's view of a tree, and the way back into it.

mod merge;
mod version;

use std::collections::BTreeMap;

use axon_domain::{Access, Code, Error, Grants, Result};

use crate::path;
use crate::tree::{Contents, Entry, EntryMode, Overlay, Place, Tree};

pub use merge::{Conflict, ConflictKind, MergeResult, merge};
pub use version::StaleVersion;

/// What a session may touch. A rule names a file, a folder with everything below it, or `.` for
/// the whole tree.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scope {
    /// What may be read and written.
    pub paths: Vec<String>,
    /// What may be read and not written, also where `paths` has it.
    pub read_only: Vec<String>,
}

/// What a session did, to be merged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionChanges {
    /// The tree it began with.
    pub base: Tree,
    /// The files that differ from it, sorted by path; `None` where the file is gone.
    pub changes: Vec<(String, Option<Entry>)>,
}

/// An isolated copy-on-write view of a tree. Isolation is by snapshot: it sees its base and its
/// own writes, whatever others do. Opening it costs the same for ten files and for a million.
///
/// Versions count the writes to a path within the session; a file of the base has version 1. A
/// version is never used again, even when the file is deleted and written anew.
#[derive(Debug)]
pub struct Session<'a> {
    overlay: Overlay<'a>,
    allowed: Grants,
    read_only: Grants,
    versions: BTreeMap<String, u64>,
}

/// The version of a file that the session has not written.
const OF_BASE: u64 = 1;

impl<'a> Session<'a> {
    /// Opens a session on a tree.
    #[must_use]
    pub fn open(contents: Contents<'a>, tree: Tree, scope: &Scope) -> Self {
        let both = scope.paths.iter().chain(&scope.read_only).cloned().collect();
        Self {
            overlay: Overlay::new(contents, tree),
            allowed: Grants { read: both, write: scope.paths.clone(), ..Grants::none() },
            read_only: Grants { read: scope.read_only.clone(), ..Grants::none() },
            versions: BTreeMap::new(),
        }
    }

    /// The tree it began with.
    #[must_use]
    pub fn base(&self) -> Tree {
        self.overlay.view.tree()
    }

    /// The bytes of a file and its version.
    ///
    /// # Errors
    /// [`Code::NotGranted`] outside the scope and for links and what is behind them,
    /// [`Code::NotFound`], those of [`Contents::read`].
    pub fn read(&self, path: &str) -> Result<(Vec<u8>, u64)> {
        self.granted(Access::Read(path))?;
        path::check(path.as_bytes())?;
        match self.overlay.place(path)? {
            Place::File(entry) => {
                refuse_link(path, entry)?;
                let bytes = self.overlay.view.contents().read_file(path, entry.content)?;
                Ok((bytes, self.version(path)))
            }
            Place::Nothing => {
                self.check_way(path)?;
                Err(Error::new(Code::NotFound, "there is no such file").at(path))
            }
            Place::Folder => Err(Error::new(Code::NotFound, "this is a folder").at(path)),
            Place::Submodule => Err(in_submodule(path)),
        }
    }

    /// Writes a file: whole, keeping its mode. The version that was read has to be given, `None`
    /// for a file that is not there. Gives the new version.
    ///
    /// # Errors
    /// [`Code::StaleVersion`] with a [`StaleVersion`] as its source when the file has another
    /// version, [`Code::NotGranted`] outside the scope, below `.git` and `.axon`, and for links
    /// and what is behind them, [`Code::WrongState`] where a folder is or a folder would have to
    /// be a file, those of the object store.
    pub fn write(&mut self, path: &str, bytes: &[u8], expected: Option<u64>) -> Result<u64> {
        self.writable(path)?;
        let mode = match self.overlay.place(path)? {
            Place::File(entry) => {
                refuse_link(path, entry)?;
                self.expect(path, expected, Some(self.version(path)))?;
                entry.mode
            }
            Place::Nothing => {
                self.check_way(path)?;
                self.expect(path, expected, None)?;
                EntryMode::Regular
            }
            Place::Folder => {
                return Err(Error::new(Code::WrongState, "this is a folder").at(path));
            }
            Place::Submodule => return Err(in_submodule(path)),
        };
        let contents = self.overlay.view.contents();
        let entry = Entry { content: contents.keep(bytes)?, mode };
        // Bytes as they were are no change, so that writing back what was read conflicts with
        // nobody.
        let before = self.overlay.view.entry(path)?;
        let entry = match before {
            Some(before) if contents.same(Some(entry), Some(before))? => before,
            _ => entry,
        };
        self.overlay.set(path, Some(entry));
        Ok(self.advance(path))
    }

    /// Deletes a file or a link of this version.
    ///
    /// # Errors
    /// As [`Session::write`]; [`Code::NotFound`] where there is no file.
    pub fn delete(&mut self, path: &str, expected: u64) -> Result<()> {
        self.writable(path)?;
        match self.overlay.place(path)? {
            Place::File(_) => {}
            Place::Submodule => return Err(in_submodule(path)),
            Place::Nothing | Place::Folder => {
                self.check_way(path)?;
                return Err(Error::new(Code::NotFound, "there is no such file").at(path));
            }
        }
        self.expect(path, Some(expected), Some(self.version(path)))?;
        self.overlay.set(path, None);
        self.advance(path);
        Ok(())
    }

    /// What differs from the base now. A file that is as it was, is no change.
    ///
    /// # Errors
    /// Those of [`crate::TreeView::entry`].
    pub fn changes(&self) -> Result<SessionChanges> {
        let mut changes = Vec::new();
        for (path, change) in self.overlay.changes() {
            if self.overlay.view.entry(path)? != *change {
                changes.push((path.clone(), *change));
            }
        }
        Ok(SessionChanges { base: self.base(), changes })
    }

    fn writable(&self, path: &str) -> Result<()> {
        path::check(path.as_bytes())?;
        self.granted(Access::Write(path))?;
        if self.read_only.allow(Access::Read(path)).is_ok() {
            return Err(Error::new(Code::NotGranted, "the session may only read this").at(path));
        }
        Ok(())
    }

    fn granted(&self, access: Access<'_>) -> Result<()> {
        self.allowed.allow(access).map_err(|refusal| {
            Error::new(Code::NotGranted, format!("outside the session's scope: {}", refusal.wanted))
                .hint(format!("the rule that is missing: {}", refusal.missing))
        })
    }

    /// A folder on the way that is a link or a file.
    fn check_way(&self, path: &str) -> Result<()> {
        match self.overlay.blocked(path)? {
            None => Ok(()),
            Some((_, Place::Submodule)) => Err(in_submodule(path)),
            Some((folder, Place::File(entry))) => {
                refuse_link(&folder, entry)?;
                Err(Error::new(Code::WrongState, "a folder of this path is a file").at(folder))
            }
            Some((folder, _)) => Err(Error::new(Code::Bug, "a folder is in the way").at(folder)),
        }
    }

    fn version(&self, path: &str) -> u64 {
        self.versions.get(path).copied().unwrap_or(OF_BASE)
    }

    fn advance(&mut self, path: &str) -> u64 {
        let next = match self.versions.get(path) {
            Some(version) => version + 1,
            None if self.overlay.view.entry(path).is_ok_and(|entry| entry.is_none()) => OF_BASE,
            None => OF_BASE + 1,
        };
        self.versions.insert(path.to_owned(), next);
        next
    }

    fn expect(&self, path: &str, expected: Option<u64>, current: Option<u64>) -> Result<()> {
        if expected == current {
            return Ok(());
        }
        Err(StaleVersion { expected, current }.at(path))
    }
}

fn refuse_link(path: &str, entry: Entry) -> Result<()> {
    if entry.mode == EntryMode::Link {
        return Err(Error::new(Code::NotGranted, "symbolic links are not followed").at(path));
    }
    Ok(())
}

fn in_submodule(path: &str) -> Error {
    Error::new(Code::NotGranted, "a submodule is another repository and stays as it is").at(path)
}
