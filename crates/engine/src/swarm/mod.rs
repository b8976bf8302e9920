//! Agents among each other: who searches where, who announces and claims what, who warns whom,
//! and what becomes of an agent that fails, breaks its word, goes in circles or never answers.
//!
//! The rules:
//!
//! - Scouts search at once, each a share of the files; the mission is planned when all of them
//!   have reported.
//! - A mission claims the symbols that it changes, exclusively and to its end, one after the
//!   other in the order of their names, so that two missions never wait for each other in a
//!   circle. It works when it has them all.
//! - A coder announces what it is about to touch ([`PeerIntent`]), then claims the file, and
//!   works when it has it. It takes another task first where a peer that goes before it has the
//!   file or waits for it ([`crate::authority`]).
//! - Peers at work answer an announcement: who uses what is about to be changed says where.
//! - An agent that fails is started anew and its work given out again, [`MOST_ATTEMPTS`] times;
//!   then the task fails with its group, or the mission ends.
//! - A coder that writes what it has not announced broke its word: its session is dropped, and
//!   that counts as a failure.
//! - A coder that has not finished [`PATIENCE`] milliseconds after it got its task has failed.
//! - A task whose file is written [`MOST_CHANGES`] times without an end goes in circles: it
//!   fails, and is not tried again.
//!
//! [`PeerIntent`]: axon_domain::PeerIntent

mod apply;
mod claims;
mod decide;
mod expire;

use axon_domain::{AgentId, Claim, Entity, Holder, LockMode, TaskId};

use crate::state::{Agents, Mission, Phase, Task};

pub(crate) use apply::{apply, try_again};
pub(crate) use claims::{claim_next, holds_all, want_task};
pub(crate) use decide::{assign, decide, resume};
pub use expire::{expire, next_expiry};

/// How often work is begun before it is given up.
pub const MOST_ATTEMPTS: u32 = 3;

/// How long a coder may take for a task, in milliseconds of the ledger's clock.
pub const PATIENCE: u64 = 120_000;

/// How often the file of a task may be written, over all attempts.
pub const MOST_CHANGES: u32 = 16;

/// The most scouts that a mission sends out.
const MOST_SCOUTS: u32 = 8;

impl Mission {
    /// How many scouts search, each a share of the files.
    #[must_use]
    pub fn shares(&self) -> u32 {
        self.agents().min(MOST_SCOUTS)
    }

    /// What the mission holds as a whole while it works, in the order in which it takes it.
    #[must_use]
    pub fn claims(&self) -> &[Claim] {
        &self.claims
    }

    /// Who holds what the mission claims as a whole: its supervisor.
    #[must_use]
    pub fn holder(&self) -> Holder {
        Holder::Agent { mission: self.id, task: None, agent: Agents::supervisor() }
    }

    /// Whether it goes on when somebody else gives back a lock or lifts a pause: nobody works on
    /// it, and nothing is wrong.
    #[must_use]
    pub fn waits_for_others(&self) -> bool {
        match self.phase {
            Phase::Ended => false,
            _ if self.paused => true,
            Phase::Claiming => true,
            Phase::Working => !self.working.is_empty(),
            _ => false,
        }
    }

    /// Who holds what is claimed for a task.
    pub(crate) fn task_holder(&self, task: TaskId, agent: AgentId) -> Holder {
        Holder::Agent { mission: self.id, task: Some(task), agent }
    }
}

impl Task {
    /// What its coder claims; `None` for a path that cannot be locked, which no plan has.
    pub(crate) fn claim(&self) -> Option<Claim> {
        let entity = Entity::file(&self.path).ok()?;
        Some(Claim { entity, mode: LockMode::Exclusive })
    }
}
