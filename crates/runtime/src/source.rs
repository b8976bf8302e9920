//! The files of a tree as the code crate reads them.

use std::sync::Arc;

use axon_code::{FileEntry, Files, Known};
use axon_domain::{Access, Code, Error, Grants, Result};
use axon_workspace::{Contents, FileMode, TreeView};

/// Regular files of one tree, within what may be read.
pub(crate) struct TreeSource<'a> {
    contents: Contents<'a>,
    entries: Vec<FileEntry>,
    known: Option<Known>,
}

impl<'a> TreeSource<'a> {
    /// Lists a tree. Links and submodules are left out, and so is what nobody may read.
    pub(crate) fn new(view: &TreeView<'a>, grants: &Grants) -> Result<Self> {
        let regular = |mode| matches!(mode, FileMode::Regular | FileMode::Executable);
        let entries = view
            .files()?
            .into_iter()
            .filter(|file| regular(file.mode))
            .filter(|file| grants.allow(Access::Read(&file.path)).is_ok())
            .map(|file| FileEntry { path: file.path, content: file.content })
            .collect();
        Ok(Self { contents: view.contents(), entries, known: None })
    }

    /// With what is known from having searched all of them.
    pub(crate) fn knowing(self, known: Option<Known>) -> Self {
        Self { known, ..self }
    }

    /// The entry of a path.
    pub(crate) fn entry(&self, path: &str) -> Result<&FileEntry> {
        self.entries
            .binary_search_by(|entry| entry.path.as_str().cmp(path))
            .map(|place| &self.entries[place])
            .map_err(|_| Error::new(Code::NotFound, "there is no such file").at(path))
    }
}

impl Files for TreeSource<'_> {
    fn list(&self) -> &[FileEntry] {
        &self.entries
    }

    fn read(&self, entry: &FileEntry) -> Result<Arc<[u8]>> {
        self.contents.read_file(&entry.path, entry.content).map(Arc::from)
    }

    fn known(&self) -> Option<&Known> {
        self.known.as_ref()
    }
}
