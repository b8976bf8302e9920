//! What a person tells a mission that is under way: pause, resume, cancel.
//!
//! While a mission is paused nothing is decided for it: what is being done is finished and
//! recorded, and nothing follows from it. When the pause is lifted, everything that is then
//! outstanding is decided at once, as after a crash; whoever performs an effect that is among
//! it already need not perform it a second time.
//!
//! Cancelling ends a mission at once, unless its commit is wanted already: then a branch may be
//! there, and the mission ends as it would have.

use alloc::format;
use alloc::string::{String, ToString};

use axon_domain::{Control, ControlStep, Draft, Event, MissionEnd, Outcome, Payload, Role};

use crate::decide::{draft, outstanding};
use crate::effect::{Effect, Effects};
use crate::state::{Mission, Phase, State};

impl Mission {
    /// Whether cancelling it would still end it.
    #[must_use]
    pub fn can_be_cancelled(&self) -> bool {
        !matches!(self.phase, Phase::Committing | Phase::Committed | Phase::Ended)
    }

    /// Whether nothing new is begun for it.
    pub(crate) fn is_held(&self) -> bool {
        self.paused || self.cancelled.is_some()
    }
}

/// What a person said changes how the mission stands.
pub(crate) fn apply(mission: &mut Mission, event: &Event, control: &Control) {
    if mission.phase == Phase::Ended {
        return;
    }
    match control.step {
        ControlStep::Pause => mission.paused = true,
        ControlStep::Resume if mission.paused => {
            mission.paused = false;
            mission.lifted = event.seq;
        }
        ControlStep::Cancel if mission.can_be_cancelled() => {
            mission.cancelled = Some(reason(event.role, &control.reason));
        }
        ControlStep::Resume | ControlStep::Cancel => {}
    }
}

/// Decides what follows from what a person said. True where nothing else is to be decided: that
/// was all, or the mission is held.
pub(crate) fn decide(
    state: &State,
    mission: &Mission,
    event: &Event,
    effects: &mut Effects,
) -> bool {
    let Some(Payload::Control(control)) = &event.payload else { return mission.is_held() };
    match control.step {
        ControlStep::Pause => {}
        ControlStep::Resume if mission.lifted == event.seq => {
            if !held(mission, effects) {
                outstanding(state, mission, effects);
            }
        }
        ControlStep::Cancel => {
            held(mission, effects);
        }
        ControlStep::Resume => {}
    }
    true
}

/// What is outstanding in a mission because of what a person said. True where nothing else is.
pub(crate) fn held(mission: &Mission, effects: &mut Effects) -> bool {
    if let Some(reason) = &mission.cancelled {
        effects.push(Effect::Record(cancelled(mission, reason)));
    }
    mission.is_held()
}

fn reason(role: Role, said: &str) -> String {
    let who = match role {
        Role::Operator => "cancelled by a person".to_string(),
        role => format!("cancelled by the {}", role.name()),
    };
    match said.trim() {
        "" => who,
        said => format!("{who}: {said}"),
    }
}

fn cancelled(mission: &Mission, reason: &str) -> Draft {
    let end = MissionEnd {
        outcome: Outcome::Cancelled,
        code: None,
        reason: reason.to_string(),
        hint: None,
    };
    draft(mission, mission.last_step, Payload::MissionEnded(end))
}
