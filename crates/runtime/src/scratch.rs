//! Objects that are made while looking, and kept nowhere.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axon_domain::{Code, Error, ObjectId, ObjectStore, Result};

/// An object store in memory, on top of another one or of nothing.
pub(crate) struct Scratch<'a> {
    under: Option<&'a dyn ObjectStore>,
    made: Mutex<BTreeMap<ObjectId, Vec<u8>>>,
}

impl<'a> Scratch<'a> {
    /// On top of nothing.
    pub(crate) fn new() -> Self {
        Self { under: None, made: Mutex::default() }
    }

    /// On top of a store, which gets nothing of it.
    pub(crate) fn over(under: &'a dyn ObjectStore) -> Self {
        Self { under: Some(under), made: Mutex::default() }
    }

    /// What was made here.
    pub(crate) fn kept(&self, id: ObjectId) -> Option<Vec<u8>> {
        self.made().get(&id).cloned()
    }

    fn made(&self) -> MutexGuard<'_, BTreeMap<ObjectId, Vec<u8>>> {
        // Each change of it is one insertion: a panic leaves nothing half done.
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ObjectStore for Scratch<'_> {
    fn put(&self, bytes: &[u8]) -> Result<ObjectId> {
        let id = ObjectId(*blake3::hash(bytes).as_bytes());
        self.made().insert(id, bytes.to_vec());
        Ok(id)
    }

    fn get(&self, id: ObjectId) -> Result<Vec<u8>> {
        if let Some(bytes) = self.kept(id) {
            return Ok(bytes);
        }
        match self.under {
            Some(under) => under.get(id),
            None => Err(Error::new(Code::NotFound, "there is no such object").at(id.to_string())),
        }
    }
}
