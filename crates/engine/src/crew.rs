//! The coders of a mission: which of them has what task, who changes a definition, who is free.

use alloc::collections::{BTreeMap, BTreeSet};

use axon_domain::{AgentId, TaskId};
use serde::{Deserialize, Serialize};

use crate::state::Agents;

/// Who of the coders is at what. Neither finding a free one nor finding who changes a definition
/// depends on how many there are.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Crew {
    /// The task that a coder has.
    pub(crate) tasks: BTreeMap<AgentId, TaskId>,
    /// Those whose task changes a definition that others follow.
    pub(crate) defining: BTreeSet<AgentId>,
    /// Places of the pool below [`Self::hired`] whose coder has none.
    pub(crate) idle: BTreeSet<u32>,
    /// How many places, counted from the first, have ever had a task or stand before one that had.
    pub(crate) hired: u32,
}

impl Crew {
    /// How many have a task.
    pub(crate) fn len(&self) -> usize {
        self.tasks.len()
    }

    /// Whether nobody has a task.
    pub(crate) fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    /// What a coder has.
    pub(crate) fn task(&self, coder: AgentId) -> Option<TaskId> {
        self.tasks.get(&coder).copied()
    }

    /// The free ones of so many coders, lowest number first.
    pub(crate) fn free(&self, coders: u32) -> impl Iterator<Item = AgentId> + '_ {
        let idle = self.idle.iter().copied().filter(move |place| *place < coders);
        idle.chain(self.hired..coders).map(Agents::coder)
    }

    /// Those whose task changes a definition, with the task.
    pub(crate) fn defining(&self) -> impl Iterator<Item = (AgentId, TaskId)> + '_ {
        self.defining.iter().filter_map(|coder| Some((*coder, self.task(*coder)?)))
    }

    /// A coder has a task now, which `defines` what others follow or does not, and no longer the
    /// one that it had.
    pub(crate) fn give(&mut self, coder: AgentId, task: TaskId, defines: bool) {
        self.tasks.insert(coder, task);
        if defines {
            self.defining.insert(coder);
        } else {
            self.defining.remove(&coder);
        }
        let Some(place) = Agents::place(coder) else { return };
        if place >= self.hired {
            self.idle.extend(self.hired..place);
            self.hired = place + 1;
        }
        self.idle.remove(&place);
    }

    /// A coder has no task any more.
    pub(crate) fn release(&mut self, coder: AgentId) {
        self.defining.remove(&coder);
        if self.tasks.remove(&coder).is_some() {
            self.idle.extend(Agents::place(coder));
        }
    }

    /// Nobody has a task any more.
    pub(crate) fn dismiss(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeMap;
    use alloc::vec::Vec;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_crew_knows_who_has_what_and_that_everyone_else_of_the_pool_is_free(
            coders in 1_u32..12,
            steps in prop::collection::vec((0_u32..14, prop::option::of((1_u32..9, any::<bool>()))), 0..40),
        ) {
            let (mut crew, mut model) = (Crew::default(), BTreeMap::new());
            for (place, task) in steps {
                let coder = Agents::coder(place);
                if let Some((task, defines)) = task {
                    crew.give(coder, TaskId(task), defines);
                    model.insert(coder, (TaskId(task), defines));
                } else {
                    crew.release(coder);
                    model.remove(&coder);
                }
                let at_work = model.iter().map(|(coder, (task, _))| (*coder, *task));
                prop_assert_eq!(&crew.tasks, &at_work.collect());
                let defining = model.iter().filter(|(_, (_, defines))| *defines);
                let defining = defining.map(|(coder, (task, _))| (*coder, *task));
                prop_assert_eq!(crew.defining().collect::<Vec<_>>(), defining.collect::<Vec<_>>());
                let free: Vec<AgentId> = crew.free(coders).collect();
                let expected = (0..coders).map(Agents::coder);
                let expected: Vec<_> = expected.filter(|it| !model.contains_key(it)).collect();
                prop_assert_eq!(free, expected);
            }
        }
    }

    #[test]
    fn an_agent_that_is_no_coder_leaves_no_place_behind() {
        let mut crew = Crew::default();
        for agent in [Agents::supervisor(), Agents::searcher(3)] {
            crew.give(agent, TaskId(1), true);
            assert_eq!(crew.free(2).count(), 2);
            crew.release(agent);
        }
        assert_eq!(crew, Crew::default());
    }
}
