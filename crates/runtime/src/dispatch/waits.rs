//! What a mission waits for that nothing is done for: locks that other missions have.

use axon_domain::{Entity, MissionId};
use axon_engine::Locks;

/// A mission that has what another one waits for, and what that is; the one with the lowest
/// number, so that the same is said of the same state.
pub(super) fn blocker(locks: &Locks, waits: MissionId) -> Option<(MissionId, &Entity)> {
    let ours = locks.owners().filter(|holder| holder.mission() == Some(waits));
    let wanted = ours.flat_map(|holder| locks.wanted_by(holder));
    let behind = wanted.flat_map(|entity| {
        let holders = locks.holders(entity).filter_map(|(holder, _)| holder.mission());
        holders.filter(|other| *other != waits).map(move |other| (other, entity))
    });
    behind.min_by_key(|(other, _)| *other)
}
