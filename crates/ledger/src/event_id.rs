//! The ids of ledgers and events.

use std::fmt;

use axon_domain::{Code, Error, Hlc, Result, Seq};

/// A ledger's id: 128 random bits, drawn when it is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LedgerId(pub [u8; 16]);

impl LedgerId {
    pub(crate) fn random() -> Result<Self> {
        let mut bytes = [0; 16];
        fill_random(&mut bytes)?;
        Ok(Self(bytes))
    }

    /// The name under which the ledger's checkpoints are signed.
    #[must_use]
    pub fn origin(self) -> String {
        format!("axon-ledger/{self}")
    }
}

impl fmt::Display for LedgerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The id of an event outside its ledger: a UUID of version 7 (RFC 9562) out of the event's
/// millisecond and, in place of random bits, a hash of the ledger's id and the event's
/// position. It follows from what is stored anyway, so it takes no room and needs no index;
/// within a ledger it is unique because positions are.
#[must_use]
pub fn event_id(ledger: LedgerId, seq: Seq, time: Hlc) -> [u8; 16] {
    let mut hasher = blake3::Hasher::new_derive_key("axon.events.v1 event id");
    hasher.update(&ledger.0);
    hasher.update(&seq.0.to_le_bytes());
    let mut id = [0; 16];
    hasher.finalize_xof().fill(&mut id);
    id[..6].copy_from_slice(&time.millis().to_be_bytes()[2..]);
    id[6] = 0x70 | (id[6] & 0x0f);
    id[8] = 0x80 | (id[8] & 0x3f);
    id
}

pub(crate) fn fill_random(bytes: &mut [u8]) -> Result<()> {
    getrandom::fill(bytes).map_err(|error| {
        Error::new(Code::Io, "the system gives no random numbers").because(error.to_string())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_id_is_a_uuid_of_version_7_with_the_time_of_the_event() {
        let id = event_id(LedgerId([7; 16]), Seq(1), Hlc::from_millis(0x0123_4567_89ab));
        assert_eq!(id[..6], [0x01, 0x23, 0x45, 0x67, 0x89, 0xab]);
        assert_eq!(id[6] >> 4, 7);
        assert_eq!(id[8] >> 6, 2);
        assert_ne!(id, event_id(LedgerId([7; 16]), Seq(2), Hlc::from_millis(0x0123_4567_89ab)));
    }
}
