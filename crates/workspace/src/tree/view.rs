//! Looking at a tree: lists, single files, differences.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use axon_domain::{Code, ContentId, Error, Result};

use super::{Contents, Entry, EntryMode, Tree};
use crate::git::Found;
use crate::{FileMode, TreeFiles};

/// A file of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewFile {
    /// From the top of the tree, `/` between the parts.
    pub path: String,
    /// What kind of file it is.
    pub mode: FileMode,
    /// Where its bytes are; for a submodule its commit.
    pub content: ContentId,
}

/// A file that differs between two trees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeChange {
    /// The path.
    pub path: String,
    /// What it was; `None` if it is new.
    pub old: Option<Entry>,
    /// What it is; `None` if it is gone.
    pub new: Option<Entry>,
}

/// What is at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Nothing,
    File(Entry),
    Folder,
    Submodule,
}

impl Place {
    pub(crate) fn entry(self) -> Option<Entry> {
        match self {
            Self::File(entry) => Some(entry),
            Self::Nothing | Self::Folder | Self::Submodule => None,
        }
    }
}

/// A tree to look at. Making one costs the same for ten files and for a million; the base is
/// listed once, when a list is first wanted.
#[derive(Debug)]
pub struct TreeView<'a> {
    contents: Contents<'a>,
    tree: Tree,
    base: OnceLock<Arc<TreeFiles>>,
}

impl<'a> TreeView<'a> {
    /// Looks at this tree.
    #[must_use]
    pub fn new(contents: Contents<'a>, tree: Tree) -> Self {
        Self { contents, tree, base: OnceLock::new() }
    }

    /// The tree.
    #[must_use]
    pub fn tree(&self) -> Tree {
        self.tree
    }

    /// Where its bytes are.
    #[must_use]
    pub fn contents(&self) -> Contents<'a> {
        self.contents
    }

    /// The files of the base, also those whose names are not UTF-8, which no delta changes.
    ///
    /// # Errors
    /// Those of [`crate::Repository::files`].
    pub fn base(&self) -> Result<&Arc<TreeFiles>> {
        if let Some(base) = self.base.get() {
            return Ok(base);
        }
        let listed = self.contents.repository.listing(self.tree.base)?;
        Ok(self.base.get_or_init(|| listed))
    }

    /// All files whose names are UTF-8, sorted by path, bytewise.
    ///
    /// # Errors
    /// Those of [`crate::Repository::files`] and [`super::Delta`].
    pub fn files(&self) -> Result<Vec<ViewFile>> {
        let base = self.base()?;
        let mut files = Vec::with_capacity(base.files.len());
        let mut changed = self.tree.delta().iter(self.contents.store);
        let mut next = changed.next().transpose()?;
        for file in &base.files {
            let mut hidden = false;
            while let Some((path, change)) = &next {
                match path.as_str().cmp(&file.path) {
                    Ordering::Greater => break,
                    Ordering::Equal => hidden = true,
                    Ordering::Less => {}
                }
                files.extend(change.map(|entry| as_file(path, entry)));
                next = changed.next().transpose()?;
            }
            if !hidden {
                let content = ContentId::Git(file.id);
                files.push(ViewFile { path: file.path.clone(), mode: file.mode, content });
            }
        }
        while let Some((path, change)) = next {
            files.extend(change.map(|entry| as_file(&path, entry)));
            next = changed.next().transpose()?;
        }
        Ok(files)
    }

    /// The file at a path; `None` where there is none, or a folder or a submodule.
    ///
    /// # Errors
    /// [`Code::MissingObject`], [`Code::Git`], those of [`super::Delta`].
    pub fn entry(&self, path: &str) -> Result<Option<Entry>> {
        match self.tree.delta().get(self.contents.store, path)? {
            Some(change) => Ok(change),
            None => self.base_entry(path),
        }
    }

    /// The bytes of the file at a path; of a link its target.
    ///
    /// # Errors
    /// [`Code::NotFound`] where there is no file, those of [`Contents::read`].
    pub fn read(&self, path: &str) -> Result<Vec<u8>> {
        match self.entry(path)? {
            Some(entry) => self.contents.read_file(path, entry.content),
            None => Err(Error::new(Code::NotFound, "there is no such file").at(path)),
        }
    }

    /// What differs from this tree to another, sorted by path. Submodules and names that are not
    /// UTF-8 are left out.
    ///
    /// # Errors
    /// As [`TreeView::entry`].
    pub fn diff(&self, other: &TreeView<'_>) -> Result<Vec<TreeChange>> {
        let store = self.contents.store;
        let mut paths = BTreeSet::new();
        if self.tree.base == other.tree.base {
            let differences = self.tree.delta().diff(&other.tree.delta(), store)?;
            paths.extend(differences.into_iter().map(|difference| difference.path));
        } else {
            let bases = self.contents.repository.diff(self.tree.base, other.tree.base)?;
            paths.extend(bases.into_iter().map(|change| change.path));
            for delta in [self.tree.delta(), other.tree.delta()] {
                for item in delta.iter(store) {
                    paths.insert(item?.0);
                }
            }
        }
        let mut changes = Vec::new();
        for path in paths {
            let (old, new) = (self.entry(&path)?, other.entry(&path)?);
            if !self.contents.same(old, new)? {
                changes.push(TreeChange { path, old, new });
            }
        }
        Ok(changes)
    }

    /// What the base has at a path.
    pub(crate) fn base_entry(&self, path: &str) -> Result<Option<Entry>> {
        Ok(self.base_place(path)?.entry())
    }

    pub(crate) fn base_place(&self, path: &str) -> Result<Place> {
        Ok(match self.contents.repository.find(self.tree.base, path)? {
            None => Place::Nothing,
            Some(Found::Folder) => Place::Folder,
            Some(Found::File(mode, id)) => match EntryMode::of(mode) {
                Some(mode) => Place::File(Entry { content: ContentId::Git(id), mode }),
                None => Place::Submodule,
            },
        })
    }
}

fn as_file(path: &str, entry: Entry) -> ViewFile {
    ViewFile { path: path.to_owned(), mode: entry.mode.into(), content: entry.content }
}

impl EntryMode {
    /// The mode of a file that a delta can have; none for a submodule.
    pub(crate) fn of(mode: FileMode) -> Option<Self> {
        match mode {
            FileMode::Regular => Some(Self::Regular),
            FileMode::Executable => Some(Self::Executable),
            FileMode::Link => Some(Self::Link),
            FileMode::Submodule => None,
        }
    }
}

impl From<EntryMode> for FileMode {
    fn from(mode: EntryMode) -> Self {
        match mode {
            EntryMode::Regular => Self::Regular,
            EntryMode::Executable => Self::Executable,
            EntryMode::Link => Self::Link,
        }
    }
}
