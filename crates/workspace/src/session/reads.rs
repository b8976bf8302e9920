//! What a session read, so that it can be known whether that is still so.

use std::collections::BTreeMap;

use axon_domain::{ObjectId, Result};

use super::OF_BASE;
use crate::tree::{Entry, Overlay, TreeView};

/// What a session read: files, also those that were not there, and lists of names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReadSet {
    files: BTreeMap<String, Seen>,
    /// By folder, a hash of the names.
    lists: BTreeMap<String, ObjectId>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Seen {
    entry: Option<Entry>,
    version: u64,
}

/// Something that was read and is not so any more.
pub(super) struct Stale {
    /// The file, or the folder that was listed.
    pub(super) path: String,
    /// What was read of a file.
    pub(super) read: Option<Entry>,
    /// What is there now.
    pub(super) now: Option<Entry>,
}

impl ReadSet {
    /// The files that were read, also those that were not there, and the folders that were
    /// listed.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.keys().chain(self.lists.keys()).map(String::as_str)
    }

    /// Remembers what is at a path; what is another file than before has another version.
    pub(super) fn see(&mut self, view: &TreeView<'_>, path: &str) -> Result<()> {
        let entry = view.entry(path)?;
        let version = match self.files.get(path) {
            None => OF_BASE,
            Some(seen) if view.contents().same(seen.entry, entry)? => return Ok(()),
            Some(seen) => seen.version + 1,
        };
        self.files.insert(path.to_owned(), Seen { entry, version });
        Ok(())
    }

    pub(super) fn version(&self, path: &str) -> Option<u64> {
        self.files.get(path).map(|seen| seen.version)
    }

    /// Remembers the names in a folder.
    pub(super) fn list(&mut self, tree: &Overlay<'_>, folder: &str) -> Result<()> {
        if !self.lists.contains_key(folder) {
            self.lists.insert(folder.to_owned(), names(tree, folder)?);
        }
        Ok(())
    }

    /// What is not as it was read, by path.
    pub(super) fn stale(&self, tree: &Overlay<'_>) -> Result<Vec<Stale>> {
        let mut stale = Vec::new();
        for (path, seen) in &self.files {
            let now = tree.entry(path)?;
            if !tree.view.contents().same(seen.entry, now)? {
                stale.push(Stale { path: path.clone(), read: seen.entry, now });
            }
        }
        for (folder, seen) in &self.lists {
            if names(tree, folder)? != *seen {
                stale.push(Stale { path: folder.clone(), read: None, now: None });
            }
        }
        stale.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(stale)
    }
}

fn names(tree: &Overlay<'_>, folder: &str) -> Result<ObjectId> {
    let mut hasher = blake3::Hasher::new();
    for name in tree.names(folder)? {
        hasher.update(name.as_bytes());
        // No name has a zero byte in it.
        hasher.update(&[0]);
    }
    Ok(ObjectId(*hasher.finalize().as_bytes()))
}
