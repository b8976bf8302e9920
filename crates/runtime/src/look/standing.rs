//! How missions that have not ended stand: who works on them, if anybody does.

use std::collections::{BTreeMap, BTreeSet};

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
    /// The missions that had not ended before it was asked.
    open: BTreeSet<MissionId>,
}

impl AtWork {
    /// How a mission stands that was read after this was; `None` where it has ended. What an
    /// owner does that does not say is taken for work on every mission, and one that was given
    /// since it was asked is worked on.
    #[must_use]
    pub fn standing(&self, mission: &Mission) -> Option<Standing> {
        if mission.phase == Phase::Ended {
            return None;
        }
        let said = self.missions.as_ref().map(|missions| missions.get(&mission.id).copied());
        Some(match (mission.paused, self.owner, said) {
            _ if mission.in_conflict() => Standing::Conflicted,
            (true, ..) => Standing::Paused,
            (_, Some(_), Some(None)) if !self.open.contains(&mission.id) => Standing::Running,
            (_, None, _) | (_, Some(_), Some(None)) => Standing::Interrupted,
            (_, Some(_), Some(Some(standing))) => standing,
            (_, Some(_), None) => Standing::Running,
        })
    }
}

impl Axon {
    /// Which missions are worked on now: asks the process that writes the ledger. To be asked
    /// before missions are read: one that ends in between would seem to be interrupted.
    #[must_use]
    pub fn at_work(&self) -> AtWork {
        let Some(owner) = self.owner() else { return AtWork::default() };
        let open = self.open_missions().unwrap_or_default();
        let open = open.into_iter().map(|mission| mission.id).collect();
        let missions = self.standings().ok().flatten();
        let missions = missions.map(|all| all.into_iter().collect());
        AtWork { owner: Some(owner), missions, open }
    }
}

#[cfg(test)]
mod tests {
    use axon_domain::{
        CheckChoice, Draft, GitId, Goal, Grants, Hlc, MissionEnd, MissionSpec, Outcome, Payload,
        Role, Seq, Undecided,
    };
    use axon_engine::{State, apply};

    use super::*;

    const M: MissionId = MissionId(1);

    /// A mission that was begun, or one that was ended too.
    fn mission(ended: bool) -> Mission {
        let mut state = State::default();
        let commit = GitId::from_hex(&"1".repeat(40)).unwrap();
        let spec = Box::new(MissionSpec {
            goal: Goal::RemoveDead { only: vec![], kind: None, closed: false },
            paths: vec![],
            check: CheckChoice::None,
            undecided: Undecided::Leave,
            base_commit: commit,
            base_tree: commit,
            head_branch: None,
            branch: "axon/m1".into(),
            agents: 1,
            grants: Grants::none(),
            unconfined: false,
            hooks: vec![],
        });
        let end =
            MissionEnd { outcome: Outcome::Failed, code: None, reason: "over".into(), hint: None };
        let payloads = [Payload::MissionGiven(spec), Payload::MissionEnded(end)];
        for (seq, payload) in (1..).zip(payloads).take(1 + usize::from(ended)) {
            apply(&mut state, &Draft::new(Role::System, payload).of(M).at(Seq(seq), Hlc(seq)));
        }
        state.missions[&M].clone()
    }

    fn at_work(open: &[MissionId]) -> AtWork {
        let open = open.iter().copied().collect();
        AtWork { owner: Some(1), missions: Some(BTreeMap::new()), open }
    }

    #[test]
    fn one_that_nobody_works_on_was_interrupted_only_if_it_was_open_before_and_after() {
        assert_eq!(at_work(&[M]).standing(&mission(false)), Some(Standing::Interrupted));
        assert_eq!(at_work(&[M]).standing(&mission(true)), None, "it ended while it was asked");
        let begun = at_work(&[]).standing(&mission(false));
        assert_eq!(begun, Some(Standing::Running), "it was given while it was asked");
        assert_eq!(AtWork::default().standing(&mission(false)), Some(Standing::Interrupted));
    }
}
