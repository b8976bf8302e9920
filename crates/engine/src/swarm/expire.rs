//! What is over because of time: leases, waits, and the patience with a coder.

use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;

use axon_domain::{AgentId, Draft, LifecycleChange, Payload, Role};

use super::PATIENCE;
use crate::locks;
use crate::state::{Mission, Phase, State};

/// What is over at `now_millis` of the ledger's clock, as events to record: leases that ran
/// out, waits that are over, and coders that never answered.
#[must_use]
pub fn expire(state: &State, now_millis: u64) -> Vec<Draft> {
    let mut due = locks::expire(state, now_millis);
    for mission in state.open_missions() {
        let late = silent(mission).filter(|(until, _)| *until <= now_millis);
        due.extend(late.map(|(_, agent)| fail(mission, agent)));
    }
    due
}

/// The next moment at which [`expire`] has something to say, in milliseconds.
#[must_use]
pub fn next_expiry(state: &State) -> Option<u64> {
    let coders = state.open_missions().flat_map(|mission| silent(mission).map(|it| it.0));
    locks::next_expiry(state).into_iter().chain(coders).min()
}

/// Coders at work, with the moment at which patience with them is over.
fn silent(mission: &Mission) -> impl Iterator<Item = (u64, AgentId)> + '_ {
    let at_work = mission.phase == Phase::Working && !mission.is_held();
    mission.working().filter(move |_| at_work).filter_map(|(agent, task)| {
        let since = mission.task(task)?.since?;
        Some((since.saturating_add(PATIENCE), agent))
    })
}

fn fail(mission: &Mission, agent: AgentId) -> Draft {
    let change = LifecycleChange {
        old_state: "running".to_string(),
        new_state: "failed".to_string(),
        reason: format!("it has not answered for {} s", PATIENCE / 1_000),
    };
    Draft::new(Role::Coder, Payload::Lifecycle(change)).of(mission.id).by(agent)
}
