//! What is over because of time: leases, waits, and the patience with agents.

use axon_domain::{Payload, Result};
use axon_engine::{expire, next_expiry};

use super::Dispatcher;

impl Dispatcher<'_, '_> {
    /// Records what is over because of time, and forgets agents that never answered.
    pub(super) fn look_at_the_clock(&mut self) -> Result<()> {
        let state = &self.owner.state;
        let now = self.owner.ledger.now();
        if next_expiry(state).is_none_or(|next| next > now) {
            return Ok(());
        }
        for draft in expire(state, now) {
            if let (Payload::Lifecycle(_), Some(mission), Some(agent)) =
                (&draft.payload, draft.mission, draft.agent)
            {
                let live = self.missions.get_mut(&mission);
                // Who is at nothing here, or was given it again after an interruption, has not
                // been silent for so long.
                let Some(live) = live.filter(|live| live.is_late(agent, now)) else { continue };
                live.forget(agent);
                self.pool.replace(mission, agent)?;
            }
            self.absorb(vec![draft])?;
        }
        Ok(())
    }
}
