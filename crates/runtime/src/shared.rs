//! What the missions at work in one process share.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axon_domain::{GitId, MissionId};
use axon_reflexes::Toolchains;

/// What the missions at work in one process share.
#[derive(Default)]
pub(crate) struct Shared {
    /// The base trees that are laid out on the disk for them.
    bases: Mutex<BTreeMap<MissionId, GitId>>,
    /// The programs of missions that another process gave: those of its own surroundings.
    tools: Mutex<BTreeMap<MissionId, Toolchains>>,
    /// Held while the working tree or a branch of a mission that has ended is changed.
    changing: Mutex<()>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub(crate) fn bases(&self) -> MutexGuard<'_, BTreeMap<MissionId, GitId>> {
        lock(&self.bases)
    }

    pub(crate) fn changing(&self) -> MutexGuard<'_, ()> {
        lock(&self.changing)
    }

    /// The programs that a mission was given with by another process.
    pub(crate) fn toolchains(&self, mission: MissionId) -> Option<Toolchains> {
        lock(&self.tools).get(&mission).cloned()
    }

    pub(crate) fn remember(&self, mission: MissionId, tools: Toolchains) {
        lock(&self.tools).insert(mission, tools);
    }

    /// The mission needs nothing any more.
    pub(crate) fn forget(&self, mission: MissionId) {
        lock(&self.bases).remove(&mission);
        lock(&self.tools).remove(&mission);
    }
}
