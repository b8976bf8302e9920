//! Trees: a base in Git and what differs from it.

mod contents;
pub(crate) mod delta;
mod overlay;
mod view;

use axon_domain::{GitId, ObjectId};

pub use contents::Contents;
pub use delta::{Delta, Difference, Edit, Entry, EntryMode, Iter as DeltaIter};
pub(crate) use overlay::Overlay;
pub(crate) use view::Place;
pub use view::{TreeChange, TreeView, ViewFile};

/// The files of a mission at some moment. Small and cheap to copy, however many files there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Tree {
    /// The Git tree that it began with.
    pub base: GitId,
    /// The root of the [`Delta`] of what differs from it; `None` when nothing does.
    pub delta: Option<ObjectId>,
}

impl Tree {
    /// A tree that is just what Git has.
    #[must_use]
    pub fn of(base: GitId) -> Self {
        Self { base, delta: None }
    }

    /// What differs from the base.
    #[must_use]
    pub fn delta(&self) -> Delta {
        Delta::at(self.delta)
    }
}
