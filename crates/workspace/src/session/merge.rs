//! Bringing sessions back into a tree. Nothing is overwritten: what cannot be joined is told.

use std::collections::BTreeSet;

use axon_domain::Result;

use super::SessionChanges;
use crate::tree::{Contents, Entry, Overlay, Place, Tree, TreeView};

/// Why a file could not be merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConflictKind {
    /// Both sides changed it, to different content.
    Content,
    /// One side has a file where the other has a folder.
    FileAndFolder,
}

/// A file that could not be merged; the tree keeps its side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The path.
    pub path: String,
    /// Which of the sessions, by its place in the list.
    pub session: usize,
    /// Why.
    pub kind: ConflictKind,
    /// The file in the tree that the session began with.
    pub base: Option<Entry>,
    /// The file in the tree that was merged into, with the sessions before.
    pub current: Option<Entry>,
    /// The file in the session.
    pub changed: Option<Entry>,
}

/// What came of a merge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergeResult {
    /// The tree with all that could be merged.
    pub tree: Tree,
    /// The paths that are now as a session has them, sorted.
    pub merged: Vec<String>,
    /// What could not be merged, in the order of the sessions.
    pub conflicts: Vec<Conflict>,
}

/// Merges sessions into a tree, one after the other. A file that only the session changed since
/// its base is taken; one that both changed, to different content, is a conflict.
///
/// # Errors
/// Those of [`TreeView::entry`] and of the object store.
pub fn merge(
    contents: Contents<'_>,
    tree: &Tree,
    sessions: &[&SessionChanges],
) -> Result<MergeResult> {
    let mut overlay = Overlay::new(contents, *tree);
    let mut merged = BTreeSet::new();
    let mut conflicts = Vec::new();
    for (session, changes) in sessions.iter().enumerate() {
        let base = TreeView::new(contents, changes.base);
        let mut puts = Vec::new();
        for (path, changed) in &changes.changes {
            let sides =
                Sides { base: base.entry(path)?, current: overlay.entry(path)?, changed: *changed };
            if contents.same(sides.current, sides.changed)? {
                merged.insert(path.clone());
            } else if !contents.same(sides.current, sides.base)? {
                conflicts.push(sides.conflict(path, session, ConflictKind::Content));
            } else if changed.is_none() {
                overlay.set(path, None);
                merged.insert(path.clone());
            } else {
                puts.push((path, sides));
            }
        }
        // After the deletions, which may have made room.
        for (path, sides) in puts {
            if has_room(&overlay, path)? {
                overlay.set(path, sides.changed);
                merged.insert(path.clone());
            } else {
                conflicts.push(sides.conflict(path, session, ConflictKind::FileAndFolder));
            }
        }
    }
    let tree = overlay.flatten(contents.store)?;
    Ok(MergeResult { tree, merged: merged.into_iter().collect(), conflicts })
}

#[derive(Clone, Copy)]
struct Sides {
    base: Option<Entry>,
    current: Option<Entry>,
    changed: Option<Entry>,
}

impl Sides {
    fn conflict(self, path: &str, session: usize, kind: ConflictKind) -> Conflict {
        let Self { base, current, changed } = self;
        Conflict { path: path.to_owned(), session, kind, base, current, changed }
    }
}

fn has_room(overlay: &Overlay<'_>, path: &str) -> Result<bool> {
    Ok(match overlay.place(path)? {
        Place::File(_) => true,
        Place::Nothing => overlay.blocked(path)?.is_none(),
        Place::Folder | Place::Submodule => false,
    })
}
