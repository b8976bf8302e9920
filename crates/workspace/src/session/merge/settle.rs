//! Settling conflicts: by a strategy for all, or one by one.

use axon_domain::{Code, Error, Result};

use super::file::{self, Sides, three_way};
use super::{Conflict, ConflictKind, How, has_room};
use crate::merge::{Side, TextMerge};
use crate::tree::{Contents, Entry, EntryMode, Overlay, Tree};

/// What to do where both sides changed the same file. "Mine" is the session, "theirs" the tree
/// that it is merged into, with all that others did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Strategy {
    /// Both are joined where that can be done without guessing; the rest are conflicts.
    #[default]
    Auto,
    /// Nothing is joined without being asked: each such file is a conflict.
    Manual,
    /// As [`Strategy::Auto`], with the tree's side in what is left.
    Theirs,
    /// As [`Strategy::Auto`], with the session's side in what is left. A stale read stays a
    /// conflict.
    Mine,
    /// The session's files are taken whole, and stale reads do not matter.
    Force,
}

/// How a conflict is to be settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolution {
    /// The session's side; of a text only in the lines in conflict. Of a stale read: never mind.
    Mine,
    /// The tree's side; of a text only in the lines in conflict.
    Theirs,
    /// What was there before both.
    Base,
    /// A file of this content.
    Given(Vec<u8>),
    /// No file.
    Delete,
}

impl Resolution {
    fn how(&self) -> How {
        match self {
            Self::Mine => How::Mine,
            Self::Theirs => How::Theirs,
            Self::Base => How::Base,
            Self::Given(_) => How::Given,
            Self::Delete => How::Deleted,
        }
    }
}

impl Strategy {
    /// What it says about a conflict that is no stale read.
    pub(super) fn resolution(self) -> Option<Resolution> {
        match self {
            Self::Theirs => Some(Resolution::Theirs),
            Self::Mine => Some(Resolution::Mine),
            Self::Auto | Self::Manual | Self::Force => None,
        }
    }
}

/// A tree in which a conflict of an earlier merge is settled.
///
/// # Errors
/// [`Code::StaleVersion`] when the tree has another file than when the conflict was found,
/// [`Code::WrongState`] where a folder is in the way of the file, or for a stale read, where
/// only doing the work again helps; those of the object store.
pub fn resolve(
    contents: Contents<'_>,
    tree: &Tree,
    conflict: &Conflict,
    resolution: &Resolution,
) -> Result<Tree> {
    let path = conflict.path.as_str();
    if conflict.kind == ConflictKind::StaleRead {
        return Err(Error::new(Code::WrongState, "what a session read has changed since")
            .at(path)
            .hint("do the work again on the present tree"));
    }
    let mut overlay = Overlay::new(contents, *tree);
    if !contents.same(overlay.entry(path)?, conflict.current)? {
        return Err(Error::new(Code::StaleVersion, "the file is not as when the conflict arose")
            .at(path)
            .hint("merge again: the conflict may be another one now"));
    }
    let (result, _) = settle(contents, conflict, resolution)?;
    if result.is_some() && !has_room(&overlay, path)? {
        return Err(Error::new(Code::WrongState, "a folder of this path is a file, or it is one")
            .at(path)
            .hint("take the side of the tree, or move what is in the way"));
    }
    if result.is_some() || conflict.current.is_some() {
        overlay.set(path, result);
    }
    overlay.flatten(contents.store)
}

/// The file that settles a conflict.
pub(super) fn settle(
    contents: Contents<'_>,
    conflict: &Conflict,
    resolution: &Resolution,
) -> Result<(Option<Entry>, How)> {
    let Sides { base, current, changed } = Sides::of(conflict);
    let result = match resolution {
        Resolution::Mine => lines(contents, conflict, Side::Ours)?.or(changed),
        Resolution::Theirs => lines(contents, conflict, Side::Theirs)?.or(current),
        Resolution::Base => base,
        Resolution::Delete => None,
        Resolution::Given(bytes) => {
            let content = contents.keep(bytes)?;
            // Who gives content wants a file, not a link.
            let mode = [changed, current, base].into_iter().flatten().map(|entry| entry.mode);
            let mode = mode.into_iter().find(|mode| *mode != EntryMode::Link);
            Some(Entry { content, mode: mode.unwrap_or(EntryMode::Regular) })
        }
    };
    Ok((result, resolution.how()))
}

/// A text with one side in the lines in conflict, and all that could be merged beside them.
fn lines(contents: Contents<'_>, conflict: &Conflict, side: Side) -> Result<Option<Entry>> {
    let (ConflictKind::Content, Some(base), Some(current), Some(changed)) =
        (conflict.kind, conflict.base, conflict.current, conflict.changed)
    else {
        return Ok(None);
    };
    if [base, current, changed].iter().any(|entry| entry.mode == EntryMode::Link) {
        return Ok(None);
    }
    let preferred = match side {
        Side::Ours => changed.mode,
        Side::Theirs => current.mode,
    };
    let mode = three_way(base.mode, current.mode, changed.mode).unwrap_or(preferred);
    let bytes = match file::text(contents, &conflict.path, base, current, changed)? {
        TextMerge::Clean(bytes) => bytes,
        TextMerge::Conflicted(text) => text.with_side(side),
        TextMerge::Whole(_) => return Ok(None),
    };
    Ok(Some(Entry { content: contents.keep(&bytes)?, mode }))
}
