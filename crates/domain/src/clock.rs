//! Hybrid logical clock (Kulkarni et al., "Logical Physical Clocks", 2014).

use core::fmt;

use serde::{Deserialize, Serialize};

/// A moment that never goes backwards within a ledger: 48 bits of milliseconds since 1970
/// (UTC), then a 16-bit counter for what happened in the same millisecond or while the wall
/// clock stood behind.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub struct Hlc(pub u64);

impl Hlc {
    /// The first moment of a millisecond.
    #[must_use]
    pub fn from_millis(millis: u64) -> Self {
        Self(millis << 16)
    }

    /// Milliseconds since 1970 (UTC).
    #[must_use]
    pub fn millis(self) -> u64 {
        self.0 >> 16
    }

    /// The moment after `self`, given what the wall clock says. Where the wall clock stands
    /// behind (it was set back, or the counter ran over), the result goes on from `self`.
    #[must_use]
    pub fn next(self, wall_millis: u64) -> Self {
        Self::from_millis(wall_millis).max(Self(self.0 + 1))
    }
}

impl fmt::Display for Hlc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.millis(), self.0 & 0xffff)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_goes_back_does_not_take_the_ledger_with_it() {
        let before = Hlc::from_millis(1_000);
        let after = before.next(400);
        assert!(after > before);
        assert_eq!(after.millis(), 1_000);
    }

    #[test]
    fn many_events_in_one_millisecond_keep_their_order() {
        let mut now = Hlc::from_millis(5);
        for _ in 0..200_000 {
            let next = now.next(5);
            assert!(next > now);
            now = next;
        }
        assert!(now.millis() <= 9);
    }
}
