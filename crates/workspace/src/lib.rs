//! Trees, sessions, Git in and out, materialising a tree to a folder.
//!
//! A [`Tree`] is a Git tree plus a persistent [`Delta`]; nothing of the base is copied. A
//! [`Session`] is one actor's copy-on-write view of a tree. A [`Repository`] is where trees come
//! from and where the result goes, as a commit on a branch of its own. [`materialise`] writes a
//! tree to a folder, for compilers and other programs that need one.

mod git;
mod materialise;
mod merge;
mod path;
mod session;
mod tree;

pub use git::{
    Applied, BlamedLine, Change, CommitInfo, CommitRequest, Facts, FileChange, FileMode, Head,
    HookFolder, NewRepository, RawFile, Repository, TreeFile, TreeFiles, UserConfig, WorkingTree,
    trailers,
};
pub use materialise::{MaterialiseOptions, Materialised, materialise, materialise_delta};
pub use merge::{
    ConflictedText, Hunk, Labels, LineChange, MAX_MERGED_BYTES, MAX_MERGED_LINES, MarkerStyle,
    Side, TextMerge, WholeReason, changed_lines, merge_text, same_line,
};
pub use session::{
    Conflict, ConflictKind, How, Isolation, MergeOptions, MergeResult, ReadSet, Resolution,
    Resolved, Scope, Session, SessionChanges, SessionOptions, StaleVersion, Strategy, merge,
    merge_with, rebase, resolve,
};
pub use tree::{
    Contents, Delta, DeltaIter, Difference, Edit, Entry, EntryMode, Tree, TreeChange, TreeView,
    ViewFile,
};
