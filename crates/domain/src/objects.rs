//! Content-addressed bytes.

use alloc::vec::Vec;

use crate::{ObjectId, Result};

/// Bytes under the BLAKE3 hash of themselves. The ledger keeps them durably; tests and dry
/// runs keep them in memory.
pub trait ObjectStore: Send + Sync {
    /// Keeps the bytes and gives their id. Keeping the same bytes twice keeps them once.
    fn put(&self, bytes: &[u8]) -> Result<ObjectId>;

    /// The bytes. [`crate::Code::NotFound`] if never kept, [`crate::Code::PayloadErased`] if erased,
    /// [`crate::Code::LedgerDamaged`] if they no longer match their id.
    fn get(&self, id: ObjectId) -> Result<Vec<u8>>;
}
