//! What differs from a base, as a persistent sorted map.
//!
//! A prolly tree: a B-tree whose node boundaries depend on the keys alone. So the same content
//! has the same root whatever the order of the edits, an edit writes only the nodes on its way,
//! and a comparison skips all that is shared. (The idea: Boehm et al., noms, 2015; the boundary
//! rule here is our own.)

mod apply;
mod compare;
mod node;
mod walk;

use axon_domain::{ContentId, ObjectId, ObjectStore, Result};

pub use compare::Difference;
pub use walk::Iter;

use node::{Node, Step};

/// How a file of a tree is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EntryMode {
    /// A file.
    Regular,
    /// A file that may be executed.
    Executable,
    /// A symbolic link; the content is its target.
    Link,
}

/// A file that differs from the base.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Entry {
    /// Its bytes.
    pub content: ContentId,
    /// How it is made.
    pub mode: EntryMode,
}

/// A change of one path of a delta.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edit {
    /// The file is this one.
    Put(Entry),
    /// The file is gone.
    Delete,
    /// The file is as in the base: the delta says nothing about it.
    Restore,
}

/// The differences of a tree from its base: path → the file there, or `None` where it was
/// deleted. The root is `None` when nothing differs.
///
/// All methods report [`axon_domain::Code::LedgerDamaged`] when a node is malformed, and pass on
/// the errors of the object store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Delta {
    root: Option<ObjectId>,
}

impl Delta {
    /// The delta of this root.
    #[must_use]
    pub fn at(root: Option<ObjectId>) -> Self {
        Self { root }
    }

    /// Its root; equal deltas have equal roots.
    #[must_use]
    pub fn root(&self) -> Option<ObjectId> {
        self.root
    }

    /// The delta after these edits, which must be sorted by path, each path once.
    /// Writes O(edits · log n) nodes.
    ///
    /// # Errors
    /// As the type says; [`axon_domain::Code::Bug`] when the edits are not sorted.
    pub fn apply(&self, store: &dyn ObjectStore, edits: &[(String, Edit)]) -> Result<Self> {
        apply::apply(store, self.root, edits).map(Self::at)
    }

    /// What it says about a path: nothing, that it is deleted (`Some(None)`), or the file.
    ///
    /// # Errors
    /// As the type says.
    pub fn get(&self, store: &dyn ObjectStore, path: &str) -> Result<Option<Option<Entry>>> {
        let Some(root) = self.root else { return Ok(None) };
        let mut node = Node::load(store, root)?;
        loop {
            match node.step(path) {
                Step::Entry(found) => return Ok(found),
                Step::Child(child) => node = child.load(store)?,
            }
        }
    }

    /// Everything from this path on, in the order of the paths' bytes.
    #[must_use]
    pub fn iter_from<'a>(&self, store: &'a dyn ObjectStore, path: &str) -> Iter<'a> {
        Iter::new(store, self.root, path)
    }

    /// Everything, in the order of the paths' bytes.
    #[must_use]
    pub fn iter<'a>(&self, store: &'a dyn ObjectStore) -> Iter<'a> {
        self.iter_from(store, "")
    }

    /// What differs between two deltas, sorted; reads only what they do not share.
    ///
    /// # Errors
    /// As the type says.
    pub fn diff(&self, other: &Delta, store: &dyn ObjectStore) -> Result<Vec<Difference>> {
        compare::compare(store, self.root, other.root)
    }
}
