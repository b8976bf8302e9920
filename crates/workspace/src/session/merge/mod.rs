//! Bringing sessions back into a tree. Nothing is overwritten unless that was asked for, and
//! then it is told.

mod file;
mod report;
mod settle;

use std::collections::{BTreeMap, BTreeSet};

use axon_domain::Result;

use super::SessionChanges;
use crate::tree::{Contents, Entry, Overlay, Place, Tree, TreeView};

pub use report::{Conflict, ConflictKind, How, MergeResult, Resolved};
pub use settle::{Resolution, Strategy, resolve};

use file::{FileMerge, Sides};

/// How to merge.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MergeOptions {
    /// What to do where both sides changed a file.
    pub strategy: Strategy,
    /// A session with a conflict is left out as a whole: it is merged entirely or not at all.
    pub whole_sessions: bool,
    /// How conflicts are to be settled, before the strategy is asked: by the place of the
    /// session in the list and the path.
    pub resolutions: BTreeMap<(usize, String), Resolution>,
}

/// Merges sessions into a tree, one after the other: [`merge_with`] by the usual options.
///
/// # Errors
/// As [`merge_with`].
pub fn merge(
    contents: Contents<'_>,
    tree: &Tree,
    sessions: &[&SessionChanges],
) -> Result<MergeResult> {
    merge_with(contents, tree, sessions, &MergeOptions::default())
}

/// Merges sessions into a tree, one after the other. A file that only the session changed since
/// its base is taken; one that both changed is merged by lines ([`crate::merge_text`]); what
/// cannot be merged is a conflict, and the tree keeps its side of it.
///
/// What a serialisable session read must still be there; else nothing of it is merged.
///
/// # Errors
/// Those of [`TreeView::entry`] and of the object store.
pub fn merge_with(
    contents: Contents<'_>,
    tree: &Tree,
    sessions: &[&SessionChanges],
    options: &MergeOptions,
) -> Result<MergeResult> {
    let mut merge = Merge { contents, options, overlay: Overlay::new(contents, *tree) };
    let mut total = Part::default();
    let mut left_out = Vec::new();
    for (number, changes) in sessions.iter().enumerate() {
        let mut part = Part::default();
        let stands = merge.check_reads(number, changes, &mut part)?;
        if stands {
            merge.session(number, changes, &mut part)?;
        }
        if !stands || (options.whole_sessions && !part.conflicts.is_empty()) {
            merge.undo(std::mem::take(&mut part.undo));
            left_out.push(number);
            total.conflicts.append(&mut part.conflicts);
        } else {
            total.append(part);
        }
    }
    Ok(MergeResult {
        tree: merge.overlay.flatten(contents.store)?,
        merged: total.merged.into_iter().collect(),
        joined: total.joined.into_iter().collect(),
        resolved: total.resolved,
        conflicts: total.conflicts,
        left_out,
    })
}

/// Brings what changed between two trees onto another: the same merge, file by file.
///
/// # Errors
/// As [`merge_with`] and [`TreeView::diff`].
pub fn rebase(
    contents: Contents<'_>,
    base: &Tree,
    result: &Tree,
    onto: &Tree,
    options: &MergeOptions,
) -> Result<MergeResult> {
    let changes = TreeView::new(contents, *base).diff(&TreeView::new(contents, *result))?;
    let changes = changes.into_iter().map(|change| (change.path, change.new)).collect();
    merge_with(contents, onto, &[&SessionChanges::new(*base, changes)], options)
}

/// What came of one session, or of all until now.
#[derive(Default)]
struct Part {
    merged: BTreeSet<String>,
    joined: BTreeSet<String>,
    resolved: Vec<Resolved>,
    conflicts: Vec<Conflict>,
    undo: Vec<(String, Option<Option<Entry>>)>,
}

impl Part {
    fn append(&mut self, mut other: Self) {
        // `BTreeSet::append` makes the whole set anew, and there may be thousands of sessions.
        self.merged.extend(other.merged);
        self.joined.extend(other.joined);
        self.resolved.append(&mut other.resolved);
        self.conflicts.append(&mut other.conflicts);
    }
}

/// A file that is to be put into the tree.
struct Put<'a> {
    path: &'a str,
    sides: Sides,
    file: Option<Entry>,
    joined: bool,
    /// Set if there was a conflict that is settled in this way.
    settled: Option<(Conflict, How)>,
}

struct Merge<'a> {
    contents: Contents<'a>,
    options: &'a MergeOptions,
    overlay: Overlay<'a>,
}

impl Merge<'_> {
    /// Whether what the session read is still there, or does not matter.
    fn check_reads(
        &self,
        number: usize,
        changes: &SessionChanges,
        part: &mut Part,
    ) -> Result<bool> {
        for stale in changes.reads.stale(&self.overlay)? {
            let changed = changes.changes.iter().find(|(path, _)| *path == stale.path);
            let changed = changed.and_then(|(_, changed)| *changed);
            let sides = Sides { base: stale.read, current: stale.now, changed };
            let conflict = sides.conflict(&stale.path, number, ConflictKind::StaleRead, Vec::new());
            let how = match self.options.resolutions.get(&(number, stale.path)) {
                Some(Resolution::Mine) => Some(How::Mine),
                None if self.options.strategy == Strategy::Force => Some(How::Forced),
                _ => None,
            };
            match how {
                Some(how) => part.resolved.push(Resolved { conflict, how, result: stale.now }),
                None => part.conflicts.push(conflict),
            }
        }
        Ok(part.conflicts.is_empty())
    }

    fn session(&mut self, number: usize, changes: &SessionChanges, part: &mut Part) -> Result<()> {
        let base = TreeView::new(self.contents, changes.base);
        let mut puts = Vec::new();
        for (path, changed) in &changes.changes {
            let base = match changes.bases.get(path) {
                Some(base) => *base,
                None => base.entry(path)?,
            };
            let sides = Sides { base, current: self.overlay.entry(path)?, changed: *changed };
            match self.file(number, path, sides)? {
                Ok(put) => puts.push(put),
                Err(conflict) => part.conflicts.push(conflict),
            }
        }
        // After the deletions, which may have made room.
        puts.sort_by_key(|put| put.file.is_some());
        for put in puts {
            self.put(number, put, part)?;
        }
        part.conflicts.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(())
    }

    /// What becomes of a file, or the conflict that it is.
    fn file<'a>(
        &self,
        number: usize,
        path: &'a str,
        sides: Sides,
    ) -> Result<Result<Put<'a>, Conflict>> {
        let put = |file, joined| Put { path, sides, file, joined, settled: None };
        let strategy = self.options.strategy;
        let given = self.options.resolutions.get(&(number, path.to_owned()));
        let careful = given.is_some() || matches!(strategy, Strategy::Manual | Strategy::Force);
        let (kind, hunks) = match sides.merge(self.contents, path)? {
            FileMerge::Taken(file) => return Ok(Ok(put(file, false))),
            FileMerge::Joined(_) if careful => (ConflictKind::Content, Vec::new()),
            FileMerge::Joined(file) => return Ok(Ok(put(Some(file), true))),
            FileMerge::Conflict(kind, hunks) => (kind, hunks),
        };
        let conflict = sides.conflict(path, number, kind, hunks);
        match given.cloned().or_else(|| strategy.resolution()) {
            None if strategy == Strategy::Force => {
                let settled = Some((conflict, How::Forced));
                Ok(Ok(Put { settled, ..put(sides.changed, false) }))
            }
            None => Ok(Err(conflict)),
            Some(resolution) => {
                let (file, how) = settle::settle(self.contents, &conflict, &resolution)?;
                Ok(Ok(Put { settled: Some((conflict, how)), ..put(file, false) }))
            }
        }
    }

    /// Puts a file in its place, if there is room for it.
    fn put(&mut self, number: usize, put: Put<'_>, part: &mut Part) -> Result<()> {
        let Put { path, sides, file, joined, settled } = put;
        let keeps = self.contents.same(file, sides.current)?;
        if !keeps && file.is_some() && !has_room(&self.overlay, path)? {
            let conflict = sides.conflict(path, number, ConflictKind::FileAndFolder, Vec::new());
            let given = self.options.resolutions.get(&(number, path.to_owned())).cloned();
            match given.or_else(|| self.options.strategy.resolution()) {
                // Only the tree's side can be had without deleting what is in the way.
                Some(Resolution::Theirs) => {
                    let how = How::Theirs;
                    part.resolved.push(Resolved { conflict, how, result: sides.current });
                }
                _ => part.conflicts.push(conflict),
            }
            return Ok(());
        }
        if !keeps {
            part.undo.push((path.to_owned(), self.overlay.set(path, file)));
        }
        match settled {
            Some((conflict, how)) => part.resolved.push(Resolved { conflict, how, result: file }),
            None => {
                part.merged.insert(path.to_owned());
                if joined {
                    part.joined.insert(path.to_owned());
                }
            }
        }
        Ok(())
    }

    fn undo(&mut self, done: Vec<(String, Option<Option<Entry>>)>) {
        for (path, before) in done.into_iter().rev() {
            match before {
                Some(file) => drop(self.overlay.set(&path, file)),
                None => self.overlay.forget(&path),
            }
        }
    }
}

pub(super) fn has_room(overlay: &Overlay<'_>, path: &str) -> Result<bool> {
    Ok(match overlay.place(path)? {
        Place::File(_) => true,
        Place::Nothing => overlay.blocked(path)?.is_none(),
        Place::Folder | Place::Submodule => false,
    })
}
