//! Sessions: one actor's view of a tree, and the way back into it.

mod merge;
mod reads;
mod version;

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axon_domain::{Access, Code, Error, Grants, Hlc, Result};

use crate::path;
use crate::tree::{Contents, Entry, EntryMode, Overlay, Place, Tree};

pub use merge::{
    Conflict, ConflictKind, How, MergeOptions, MergeResult, Resolution, Resolved, Strategy, merge,
    merge_with, rebase, resolve,
};
pub use reads::ReadSet;
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

/// What a session sees of what others do meanwhile, and what it promises for that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Isolation {
    /// It sees its base and its own writes, whatever others do.
    #[default]
    Snapshot,
    /// It sees its own writes and otherwise the newest tree that it was told of
    /// ([`Session::committed`]).
    ReadCommitted,
    /// As a snapshot; and it is merged only if all that it read, also what was not there and
    /// which names a folder had, is still so. Sessions merged one after the other then have the
    /// effect of sessions that ran one after the other.
    Serialisable,
}

/// How to open a session.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SessionOptions {
    /// What it may touch.
    pub scope: Scope,
    /// What it sees of others.
    pub isolation: Isolation,
    /// When its time is over; it does not look at a clock itself.
    pub expires: Option<Hlc>,
}

/// What a session did, to be merged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionChanges {
    /// The tree it began with; of a read-committed session the newest that it was told of.
    pub base: Tree,
    /// The files that differ from it, sorted by path; `None` where the file is gone.
    pub changes: Vec<(String, Option<Entry>)>,
    /// The files that were changed on top of something else than `base` has: what they were.
    pub bases: BTreeMap<String, Option<Entry>>,
    /// What a serialisable session read.
    pub reads: ReadSet,
}

impl SessionChanges {
    /// Changes of files, all made on one tree; they must be sorted by path, each path once.
    #[must_use]
    pub fn new(base: Tree, changes: Vec<(String, Option<Entry>)>) -> Self {
        Self { base, changes, bases: BTreeMap::new(), reads: ReadSet::default() }
    }
}

/// An isolated copy-on-write view of a tree; how isolated is a matter of [`Isolation`]. Opening
/// it costs the same for ten files and for a million.
///
/// Versions count the writes to a path within the session; a file of the base has version 1. A
/// version is never used again, even when the file is deleted and written anew. Where others'
/// writes are seen, they count too.
#[derive(Debug)]
pub struct Session<'a> {
    overlay: Overlay<'a>,
    allowed: Grants,
    read_only: Grants,
    versions: BTreeMap<String, u64>,
    isolation: Isolation,
    expires: Option<Hlc>,
    /// What its writes are on top of, where others' are seen.
    bases: BTreeMap<String, Option<Entry>>,
    seen: Mutex<ReadSet>,
}

/// The version of a file that the session has not written.
const OF_BASE: u64 = 1;

impl<'a> Session<'a> {
    /// Opens a snapshot session on a tree.
    #[must_use]
    pub fn open(contents: Contents<'a>, tree: Tree, scope: &Scope) -> Self {
        let options = SessionOptions { scope: scope.clone(), ..SessionOptions::default() };
        Self::open_with(contents, tree, &options)
    }

    /// Opens a session on a tree.
    #[must_use]
    pub fn open_with(contents: Contents<'a>, tree: Tree, options: &SessionOptions) -> Self {
        let scope = &options.scope;
        let both = scope.paths.iter().chain(&scope.read_only).cloned().collect();
        Self {
            overlay: Overlay::new(contents, tree),
            allowed: Grants { read: both, write: scope.paths.clone(), ..Grants::none() },
            read_only: Grants { read: scope.read_only.clone(), ..Grants::none() },
            versions: BTreeMap::new(),
            isolation: options.isolation,
            expires: options.expires,
            bases: BTreeMap::new(),
            seen: Mutex::default(),
        }
    }

    /// When its time is over, if ever.
    #[must_use]
    pub fn expires(&self) -> Option<Hlc> {
        self.expires
    }

    /// Makes sure that the session may still be used.
    ///
    /// # Errors
    /// [`Code::WrongState`] when its time is over.
    pub fn check_time(&self, now: Hlc) -> Result<()> {
        match self.expires {
            Some(expires) if now >= expires => {
                Err(Error::new(Code::WrongState, "the session's time is over")
                    .hint("open another; what this one wrote can still be merged"))
            }
            _ => Ok(()),
        }
    }

    /// Tells a read-committed session of the newest tree, which it sees from now on. Costs the
    /// same for any tree.
    ///
    /// # Errors
    /// [`Code::WrongState`] for other isolation levels, which keep their base.
    pub fn committed(&mut self, newest: Tree) -> Result<()> {
        if self.isolation != Isolation::ReadCommitted {
            return Err(Error::new(Code::WrongState, "the session keeps the tree it began with"));
        }
        self.overlay.move_to(newest);
        Ok(())
    }

    /// The tree it began with, or was told of last.
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
        self.see(path)?;
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

    /// The names in a folder, sorted; those of folders end with `/`. `.` is the top. Where there
    /// is no such folder the list is empty.
    ///
    /// # Errors
    /// [`Code::NotGranted`] unless the whole folder is in the scope, those of
    /// [`crate::TreeView::base`].
    pub fn list(&self, folder: &str) -> Result<Vec<String>> {
        self.granted(Access::Read(folder))?;
        if folder != "." {
            path::check(folder.as_bytes())?;
        }
        if self.isolation == Isolation::Serialisable {
            let committed = Overlay::new(self.overlay.view.contents(), self.base());
            self.seen().list(&committed, folder)?;
        }
        Ok(self.overlay.names(folder)?.into_iter().collect())
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
        self.see(path)?;
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
        let entry = match self.written_on(path)? {
            Some(before) if contents.same(Some(entry), Some(before))? => before,
            _ => entry,
        };
        self.change(path, Some(entry))
    }

    /// Deletes a file or a link of this version.
    ///
    /// # Errors
    /// As [`Session::write`]; [`Code::NotFound`] where there is no file.
    pub fn delete(&mut self, path: &str, expected: u64) -> Result<()> {
        self.writable(path)?;
        self.see(path)?;
        match self.overlay.place(path)? {
            Place::File(_) => {}
            Place::Submodule => return Err(in_submodule(path)),
            Place::Nothing | Place::Folder => {
                self.check_way(path)?;
                return Err(Error::new(Code::NotFound, "there is no such file").at(path));
            }
        }
        self.expect(path, Some(expected), Some(self.version(path)))?;
        self.change(path, None).map(drop)
    }

    /// Takes away the file or the link that is at a path, if one is, whatever its version. Gives
    /// the bytes that the file had.
    ///
    /// # Errors
    /// As [`Session::delete`] and [`Session::read`].
    pub fn remove(&mut self, path: &str) -> Result<Option<Vec<u8>>> {
        self.writable(path)?;
        let bytes = match self.overlay.place(path)? {
            Place::Nothing => return Ok(None),
            Place::File(Entry { mode: EntryMode::Link, .. }) => None,
            _ => Some(self.read(path)?.0),
        };
        self.delete(path, self.version(path))?;
        Ok(bytes)
    }

    /// What was at a path before the session changed it.
    ///
    /// # Errors
    /// Those of [`crate::TreeView::entry`].
    pub fn was(&self, path: &str) -> Result<Option<Entry>> {
        self.written_on(path)
    }

    /// What differs from the base now. A file that is as it was, is no change.
    ///
    /// # Errors
    /// Those of [`crate::TreeView::entry`].
    pub fn changes(&self) -> Result<SessionChanges> {
        let mut all = SessionChanges::new(self.base(), Vec::new());
        for (path, change) in self.overlay.changes() {
            let before = self.written_on(path)?;
            if before != *change {
                all.changes.push((path.clone(), *change));
                if self.overlay.view.entry(path)? != before {
                    all.bases.insert(path.clone(), before);
                }
            }
        }
        if self.isolation == Isolation::Serialisable {
            all.reads = self.seen().clone();
        }
        Ok(all)
    }

    fn seen(&self) -> MutexGuard<'_, ReadSet> {
        // Each change of it is one insertion: a panic leaves nothing half done.
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers what is at a path, unless that is what the session wrote itself.
    fn see(&self, path: &str) -> Result<()> {
        if self.isolation == Isolation::Snapshot || self.versions.contains_key(path) {
            return Ok(());
        }
        self.seen().see(&self.overlay.view, path)
    }

    /// What the session's change of a path is a change of.
    fn written_on(&self, path: &str) -> Result<Option<Entry>> {
        match self.bases.get(path) {
            Some(before) => Ok(*before),
            None => self.overlay.view.entry(path),
        }
    }

    fn change(&mut self, path: &str, file: Option<Entry>) -> Result<u64> {
        if self.isolation == Isolation::ReadCommitted && !self.bases.contains_key(path) {
            self.bases.insert(path.to_owned(), self.overlay.view.entry(path)?);
        }
        self.overlay.set(path, file);
        Ok(self.advance(path))
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
        match self.versions.get(path) {
            Some(version) => *version,
            None => self.seen().version(path).unwrap_or(OF_BASE),
        }
    }

    fn advance(&mut self, path: &str) -> u64 {
        let is_new = !self.versions.contains_key(path)
            && self.version(path) == OF_BASE
            && self.written_on(path).is_ok_and(|before| before.is_none());
        let next = if is_new { OF_BASE } else { self.version(path) + 1 };
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
