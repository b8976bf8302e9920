//! What is told about a merge.

use crate::Hunk;
use crate::tree::{Entry, Tree};

/// Why a file could not be merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ConflictKind {
    /// Both sides changed the same lines, or the target of the same link.
    Content,
    /// Both sides changed it, and one of them has a zero byte in it.
    Binary,
    /// Both sides changed it, and it is too large to merge by lines.
    TooLarge,
    /// Both sides changed what kind of file it is, or one of them did where the other changed
    /// what a file of another kind cannot have.
    Mode,
    /// One side deleted what the other changed.
    DeleteModify,
    /// Both sides added it, with different content.
    AddAdd,
    /// One side has a file where the other has a folder.
    FileAndFolder,
    /// A serialisable session read something else than is there now, and may have decided by it.
    StaleRead,
}

impl ConflictKind {
    /// Every kind.
    pub const ALL: &'static [Self] = &[
        Self::Content,
        Self::Binary,
        Self::TooLarge,
        Self::Mode,
        Self::DeleteModify,
        Self::AddAdd,
        Self::FileAndFolder,
        Self::StaleRead,
    ];

    /// A name for machines and people: `delete-modify`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Content => "content",
            Self::Binary => "binary",
            Self::TooLarge => "too-large",
            Self::Mode => "mode",
            Self::DeleteModify => "delete-modify",
            Self::AddAdd => "add-add",
            Self::FileAndFolder => "file-and-folder",
            Self::StaleRead => "stale-read",
        }
    }
}

/// A file that could not be merged; the tree keeps its side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The path. Of a stale read it may be a folder that was listed.
    pub path: String,
    /// Which of the sessions, by its place in the list.
    pub session: usize,
    /// Why.
    pub kind: ConflictKind,
    /// The file in the tree that the session began with; of a stale read, as it was read.
    pub base: Option<Entry>,
    /// The file in the tree that was merged into, with the sessions before.
    pub current: Option<Entry>,
    /// The file in the session.
    pub changed: Option<Entry>,
    /// Where in the file, if it is a matter of lines: `ours` are the session's lines, `theirs`
    /// those of the tree.
    pub hunks: Vec<Hunk>,
}

/// How a conflict was settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum How {
    /// With the session's side; of a text, only in the lines in conflict.
    Mine,
    /// With the tree's side; of a text, only in the lines in conflict.
    Theirs,
    /// With what was there before both.
    Base,
    /// With content that was given.
    Given,
    /// The file was deleted.
    Deleted,
    /// The session's file was taken whole, whatever the tree had.
    Forced,
}

impl How {
    /// A name for machines and people: `mine`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Mine => "mine",
            Self::Theirs => "theirs",
            Self::Base => "base",
            Self::Given => "given",
            Self::Deleted => "deleted",
            Self::Forced => "forced",
        }
    }
}

/// A conflict that was settled, with the sides that were not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// What was in conflict.
    pub conflict: Conflict,
    /// How it was settled.
    pub how: How,
    /// The file now; `None` where there is none.
    pub result: Option<Entry>,
}

/// What came of a merge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergeResult {
    /// The tree with all that could be merged.
    pub tree: Tree,
    /// The paths at which what a session changed is in the tree, without a conflict, sorted.
    pub merged: Vec<String>,
    /// Those of them that are no session's file, but joined by lines or of content and mode.
    pub joined: Vec<String>,
    /// The conflicts that were settled by the strategy or a resolution, in the order of the
    /// sessions.
    pub resolved: Vec<Resolved>,
    /// What could not be merged, in the order of the sessions.
    pub conflicts: Vec<Conflict>,
    /// The sessions of which nothing was taken because of a conflict: those with a stale read,
    /// and with [`super::MergeOptions::whole_sessions`] all that have a conflict.
    pub left_out: Vec<usize>,
}
