//! Where bytes are.

use axon_domain::{ContentId, ObjectStore, Result};

use super::Entry;
use crate::Repository;

/// Reads bytes by their id, from the ledger's objects or from Git.
#[derive(Clone, Copy)]
pub struct Contents<'a> {
    /// The repository of the bases.
    pub repository: &'a Repository,
    /// The objects of the ledger.
    pub store: &'a dyn ObjectStore,
}

impl std::fmt::Debug for Contents<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Contents").field("repository", self.repository).finish_non_exhaustive()
    }
}

impl Contents<'_> {
    /// The bytes.
    ///
    /// # Errors
    /// Those of [`ObjectStore::get`] and [`Repository::read_blob`].
    pub fn read(&self, id: ContentId) -> Result<Vec<u8>> {
        match id {
            ContentId::Object(id) => self.store.get(id),
            ContentId::Git(id) => self.repository.read_blob(id),
        }
    }

    /// The bytes of the file at a path, which an error names.
    ///
    /// # Errors
    /// Those of [`Contents::read`].
    pub fn read_file(&self, path: &str, id: ContentId) -> Result<Vec<u8>> {
        self.read(id).map_err(|error| error.within(path))
    }

    /// Keeps bytes among the objects of the ledger.
    ///
    /// # Errors
    /// Those of [`ObjectStore::put`].
    pub fn keep(&self, bytes: &[u8]) -> Result<ContentId> {
        self.store.put(bytes).map(ContentId::Object)
    }

    /// Whether both are the same file, wherever the bytes are.
    pub(crate) fn same(&self, a: Option<Entry>, b: Option<Entry>) -> Result<bool> {
        let (a, b) = match (a, b) {
            (Some(a), Some(b)) if a.mode == b.mode => (a.content, b.content),
            (None, None) => return Ok(true),
            _ => return Ok(false),
        };
        match (a, b) {
            (ContentId::Object(object), ContentId::Git(git))
            | (ContentId::Git(git), ContentId::Object(object)) => {
                Ok(self.repository.blob_id(&self.store.get(object)?)? == git)
            }
            (ContentId::Object(_), ContentId::Object(_))
            | (ContentId::Git(_), ContentId::Git(_)) => Ok(a == b),
        }
    }
}
