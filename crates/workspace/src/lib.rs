//! Trees, sessions, Git in and out, materialising a tree to a folder.
//!
//! A [`Tree`] is a Git tree plus a persistent [`Delta`]; nothing of the base is copied. A
//! [`Session`] is one actor's copy-on-write view of a tree. A [`Repository`] is where trees come
//! from and where the result goes, as a commit on a branch of its own. [`materialise`] writes a
//! tree to a folder, for compilers and other programs that need one.

mod git;
mod path;

pub use git::{
    CommitRequest, FileMode, Head, RawFile, Repository, TreeFile, TreeFiles, UserConfig,
};
