//! How missions that have not ended stand: who works on them, if anybody does.

use std::collections::BTreeMap;

use axon_domain::MissionId;
use axon_engine::{Mission, Phase};
use serde::{Deserialize, Serialize};

use crate::axon::Axon;

/// How a mission that has not ended stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It is worked on.
    Running,
    /// It was given, and waits until fewer missions are at work.
    Queued,
    /// A person paused it.
    Paused,
    /// It waits for a person to settle what cannot be merged.
    Conflicted,
    /// Nobody works on it.
    Interrupted,
}

impl Standing {
    /// The word used in output.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Standing::Running => "running",
            Standing::Queued => "queued",
            Standing::Paused => "paused",
            Standing::Conflicted => "in conflict",
            Standing::Interrupted => "interrupted",
        }
    }
}

/// Which missions are worked on now, and by whom.
#[derive(Debug, Clone, Default)]
pub struct AtWork {
    /// The process that writes the ledger now.
    pub owner: Option<u32>,
    /// The missions that it works on; `None` where it does not say.
    pub missions: Option<BTreeMap<MissionId, Standing>>,
}

impl AtWork {
    /// How a mission stands; `None` where it has ended. What an owner does that does not say is
    /// taken for work on every mission.
    #[must_use]
    pub fn standing(&self, mission: &Mission) -> Option<Standing> {
        if mission.phase == Phase::Ended {
            return None;
        }
        let said = self.missions.as_ref().map(|missions| missions.get(&mission.id).copied());
        Some(match (mission.paused, self.owner, said) {
            _ if mission.in_conflict() => Standing::Conflicted,
            (true, ..) => Standing::Paused,
            (_, None, _) | (_, Some(_), Some(None)) => Standing::Interrupted,
            (_, Some(_), Some(Some(standing))) => standing,
            (_, Some(_), None) => Standing::Running,
        })
    }
}

impl Axon {
    /// Which missions are worked on now: asks the process that writes the ledger.
    #[must_use]
    pub fn at_work(&self) -> AtWork {
        let Some(owner) = self.owner() else { return AtWork::default() };
        let missions = self.standings().ok().flatten();
        AtWork { owner: Some(owner), missions: missions.map(|all| all.into_iter().collect()) }
    }
}
