//! Merging one file: content, mode, existence.

use axon_domain::Result;

use super::{Conflict, ConflictKind};
use crate::merge::{Hunk, TextMerge, WholeReason, merge_text};
use crate::tree::{Contents, Entry, EntryMode};

/// The three sides of a file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sides {
    pub(super) base: Option<Entry>,
    pub(super) current: Option<Entry>,
    pub(super) changed: Option<Entry>,
}

/// What came of a file.
#[derive(Debug)]
pub(super) enum FileMerge {
    /// One of the sides is the result.
    Taken(Option<Entry>),
    /// Both sides are in the result.
    Joined(Entry),
    /// It cannot be decided.
    Conflict(ConflictKind, Vec<Hunk>),
}

impl Sides {
    pub(super) fn of(conflict: &Conflict) -> Self {
        Self { base: conflict.base, current: conflict.current, changed: conflict.changed }
    }

    pub(super) fn conflict(
        self,
        path: &str,
        session: usize,
        kind: ConflictKind,
        hunks: Vec<Hunk>,
    ) -> Conflict {
        let Self { base, current, changed } = self;
        Conflict { path: path.to_owned(), session, kind, base, current, changed, hunks }
    }

    /// Merges the file. Writes nothing unless both sides are in the result.
    pub(super) fn merge(self, contents: Contents<'_>, path: &str) -> Result<FileMerge> {
        if contents.same(self.current, self.changed)? || contents.same(self.changed, self.base)? {
            return Ok(FileMerge::Taken(self.current));
        }
        if contents.same(self.current, self.base)? {
            return Ok(FileMerge::Taken(self.changed));
        }
        match (self.base, self.current, self.changed) {
            (base, Some(current), Some(changed)) => match base {
                Some(base) => Three { base, current, changed }.merge(contents, path),
                None => added(contents, path, current, changed),
            },
            _ => Ok(FileMerge::Conflict(ConflictKind::DeleteModify, Vec::new())),
        }
    }
}

/// Both added it: nothing to go by. The lines that differ are told.
fn added(contents: Contents<'_>, path: &str, current: Entry, changed: Entry) -> Result<FileMerge> {
    let is_link = [current, changed].iter().any(|entry| entry.mode == EntryMode::Link);
    let mut hunks = Vec::new();
    if !is_link {
        let (ours, theirs) = (read(contents, path, changed)?, read(contents, path, current)?);
        if let TextMerge::Conflicted(text) = merge_text(&[], &ours, &theirs) {
            hunks.extend(text.hunks().cloned());
        }
    }
    Ok(FileMerge::Conflict(ConflictKind::AddAdd, hunks))
}

/// A file that was there and is there on both sides, different on each.
struct Three {
    base: Entry,
    current: Entry,
    changed: Entry,
}

impl Three {
    fn merge(&self, contents: Contents<'_>, path: &str) -> Result<FileMerge> {
        let modes = [self.base.mode, self.current.mode, self.changed.mode];
        let links = modes.iter().filter(|mode| **mode == EntryMode::Link).count();
        let Some(mode) = three_way(modes[0], modes[1], modes[2]) else {
            return Ok(FileMerge::Conflict(ConflictKind::Mode, Vec::new()));
        };
        match links {
            0 => self.merge_content(contents, path, mode),
            // A target has no parts that could be joined.
            _ if modes[1..] == [EntryMode::Link; 2] => {
                Ok(FileMerge::Conflict(ConflictKind::Content, Vec::new()))
            }
            _ => Ok(FileMerge::Conflict(ConflictKind::Mode, Vec::new())),
        }
    }

    fn merge_content(
        &self,
        contents: Contents<'_>,
        path: &str,
        mode: EntryMode,
    ) -> Result<FileMerge> {
        let same = |a: Entry, b: Entry| {
            contents.same(Some(Entry { mode, ..a }), Some(Entry { mode, ..b }))
        };
        if same(self.current, self.changed)? || same(self.changed, self.base)? {
            return Ok(FileMerge::Joined(Entry { mode, ..self.current }));
        }
        if same(self.current, self.base)? {
            return Ok(FileMerge::Joined(Entry { mode, ..self.changed }));
        }
        Ok(match text(contents, path, self.base, self.current, self.changed)? {
            TextMerge::Clean(bytes) => {
                FileMerge::Joined(Entry { content: contents.keep(&bytes)?, mode })
            }
            TextMerge::Conflicted(text) => {
                FileMerge::Conflict(ConflictKind::Content, text.hunks().cloned().collect())
            }
            TextMerge::Whole(WholeReason::Binary) => {
                FileMerge::Conflict(ConflictKind::Binary, Vec::new())
            }
            TextMerge::Whole(WholeReason::TooLarge) => {
                FileMerge::Conflict(ConflictKind::TooLarge, Vec::new())
            }
        })
    }
}

/// The session's side is ours.
pub(super) fn text(
    contents: Contents<'_>,
    path: &str,
    base: Entry,
    current: Entry,
    changed: Entry,
) -> Result<TextMerge> {
    let base = read(contents, path, base)?;
    let (ours, theirs) = (read(contents, path, changed)?, read(contents, path, current)?);
    Ok(merge_text(&base, &ours, &theirs))
}

fn read(contents: Contents<'_>, path: &str, entry: Entry) -> Result<Vec<u8>> {
    contents.read_file(path, entry.content)
}

/// What both made of a thing that has no parts; none where they disagree.
pub(super) fn three_way<T: PartialEq>(base: T, current: T, changed: T) -> Option<T> {
    if current == changed || changed == base {
        Some(current)
    } else if current == base {
        Some(changed)
    } else {
        None
    }
}
