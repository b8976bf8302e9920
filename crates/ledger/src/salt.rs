//! Salts for payloads: random to everybody else, without a system call for each.

use std::sync::atomic::{AtomicU64, Ordering};

use axon_domain::Result;

use crate::codec::SALT_BYTES;
use crate::event_id::fill_random;

/// BLAKE3, keyed with 256 bits of the system's randomness, over a counter.
pub(crate) struct Salts {
    key: [u8; 32],
    next: AtomicU64,
}

impl Salts {
    pub(crate) fn new() -> Result<Self> {
        let mut key = [0; 32];
        fill_random(&mut key)?;
        Ok(Self { key, next: AtomicU64::new(0) })
    }

    /// An endless row of salts that no other call gives.
    pub(crate) fn draw(&self) -> impl FnMut() -> [u8; SALT_BYTES] {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher.update(&number.to_le_bytes());
        let mut output = hasher.finalize_xof();
        move || {
            let mut salt = [0; SALT_BYTES];
            output.fill(&mut salt);
            salt
        }
    }
}
