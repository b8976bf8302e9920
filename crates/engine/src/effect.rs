//! What the runtime is asked to do.

use alloc::vec::Vec;

use axon_domain::{AgentId, Draft, MissionId, TaskId};

/// One thing to do. Its outcome comes back as an event.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "most effects are records, and short-lived")]
pub enum Effect {
    /// Record a decision of the engine.
    Record(Draft),
    /// Search a share of the files for what the goal names.
    Scout {
        /// For which mission.
        mission: MissionId,
        /// Which share, from 0, of [`Mission::shares`].
        ///
        /// [`Mission::shares`]: crate::Mission::shares
        share: u32,
    },
    /// Locate what the goal means and propose a plan.
    Plan(MissionId),
    /// Let a coder do a task in a session of its own.
    Work {
        /// Of which mission.
        mission: MissionId,
        /// Which task.
        task: TaskId,
        /// Who does it.
        agent: AgentId,
    },
    /// Merge the sessions of all finished tasks into the mission's tree.
    Merge(MissionId),
    /// Run the project's own check on the mission's tree.
    Check(MissionId),
    /// Run the same check on the base.
    CheckBase(MissionId),
    /// Let the critic judge the mission's tree.
    Review(MissionId),
    /// Run the next of the user's Git hooks on the mission's tree.
    Hook(MissionId),
    /// Make the commit that the mission wants.
    Commit(MissionId),
}

/// Effects in the order in which they were decided.
pub type Effects = Vec<Effect>;
