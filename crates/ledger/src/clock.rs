//! The ledger's clock.

use axon_domain::Hlc;

/// Milliseconds of 31 December 9999, 23:59:59.999: no real clock shows more, and it leaves the
/// hybrid clock room that no ledger can use up.
const LAST_MILLIS: u64 = 253_402_300_799_999;

/// The last moment that a stored event may carry.
pub(crate) const LAST_MOMENT: Hlc = Hlc((LAST_MILLIS << 16) | 0xffff);

/// The moment after `last`, whatever a wall clock claims.
pub(crate) fn next(last: Hlc, wall_millis: u64) -> Hlc {
    last.next(wall_millis.min(LAST_MILLIS)).min(LAST_MOMENT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wall_clock_gone_mad_breaks_nothing() {
        let last = next(Hlc::default(), u64::MAX);
        assert_eq!(last.millis(), LAST_MILLIS);
        assert!(next(last, u64::MAX) > last);
        assert_eq!(next(LAST_MOMENT, 5), LAST_MOMENT);
    }
}
