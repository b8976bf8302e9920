//! The task board: who works on what, what waits for what, and which files are held.

use std::collections::BTreeMap;
use std::time::Duration;

use axon_domain::{AgentId, Entity, EntityKind, Holder, MissionId, Payload, Result, Seq, TaskId};
use axon_engine::{Locks, Mission, Phase, State, TaskState};
use axon_ledger::Reader;
use axon_sandbox::Cancel;
use serde::Serialize;

use crate::axon::{Axon, no_mission};
use crate::look::locks::{LockEntry, entry};
use crate::state;

/// How often a watched ledger is looked at.
const LOOK: Duration = Duration::from_millis(200);

/// The task board of one mission.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Board {
    /// Which mission.
    pub mission: MissionId,
    /// One line for people.
    pub title: String,
    /// Where the mission stands.
    pub phase: Phase,
    /// How many tasks stand where.
    pub counts: Counts,
    /// The wave that is tried, or was tried last; 0 before the first.
    pub wave: u32,
    /// How many groups of tasks are merged and checked together now.
    pub trying: usize,
    /// Every task, in the order of the plan.
    pub tasks: Vec<BoardTask>,
    /// What the mission's agents hold or wait for, in the order of the entities.
    pub locks: Vec<LockEntry>,
}

/// How many tasks of a mission stand where.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// All of them.
    pub tasks: usize,
    /// For other tasks, or for a coder.
    pub waiting: usize,
    /// A coder has them; those that wait for a lock are among them.
    pub working: usize,
    /// Finished, and not merged yet.
    pub done: usize,
    /// In the mission's tree.
    pub merged: usize,
    /// Rejected.
    pub failed: usize,
    /// Left out with others.
    pub left_out: usize,
}

macro_rules! places {
    ($( $(#[$doc:meta])* $variant:ident = $text:literal, )*) => {
        /// Where a task stands, in one word; what asks for attention comes first.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Place { $( $(#[$doc])* $variant, )* }

        impl Place {
            /// All of them.
            pub const ALL: &'static [Self] = &[ $( Self::$variant, )* ];

            /// The word used in output.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $( Self::$variant => $text, )* }
            }
        }
    };
}

places! {
    /// Its coder waits for a lock.
    Blocked = "blocked",
    /// A coder works on it.
    Working = "working",
    /// Rejected.
    Failed = "failed",
    /// For other tasks, or for a coder.
    Waiting = "waiting",
    /// Left out with others.
    LeftOut = "left out",
    /// Finished.
    Done = "done",
    /// In the mission's tree.
    Merged = "merged",
}

/// A task on the board.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BoardTask {
    /// Its number.
    pub id: TaskId,
    /// One line for people.
    pub title: String,
    /// The file it may write.
    pub path: String,
    /// Which tasks share its fate.
    pub group: u32,
    /// Where it stands.
    pub state: Place,
    /// The coder that has it.
    pub agent: Option<AgentId>,
    /// Tasks that have to be finished before it, and are not.
    pub after: Vec<TaskId>,
    /// What its coder waits for, and behind whom.
    pub blocked: Vec<Blocked>,
    /// Why it failed.
    pub note: String,
}

/// What a coder waits for.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Blocked {
    /// What.
    pub entity: Entity,
    /// Those right before it.
    pub behind: Vec<Holder>,
}

impl Axon {
    /// The task board of a mission, or of each that has not ended.
    ///
    /// # Errors
    /// [`axon_domain::Code::NotFound`] without a ledger or without this mission, and those of
    /// reading the ledger.
    pub fn boards(&self, mission: Option<MissionId>) -> Result<Vec<Board>> {
        let reader = self.ledger()?;
        boards(&reader, &state::read(&reader)?, mission)
    }

    /// As [`Axon::boards`], again whenever something was recorded, until `cancel` or until the
    /// mission that was asked for has ended. No transaction is open between two looks.
    ///
    /// # Errors
    /// As [`Axon::boards`], and those of `take`.
    pub fn watch_boards(
        &self,
        mission: Option<MissionId>,
        cancel: &Cancel,
        take: &mut dyn FnMut(&[Board]) -> Result<()>,
    ) -> Result<()> {
        let reader = self.ledger()?;
        let mut state = state::read(&reader)?;
        let mut shown = None;
        while !cancel.is_cancelled() {
            if shown != Some(state.last) {
                shown = Some(state.last);
                let boards = boards(&reader, &state, mission)?;
                take(&boards)?;
                let over = |board: &Board| board.phase == Phase::Ended;
                if mission.is_some() && boards.iter().all(over) {
                    return Ok(());
                }
            }
            std::thread::park_timeout(LOOK);
            if reader.changed()? {
                state = state::read_on(&reader, state)?;
            }
        }
        Ok(())
    }
}

fn boards(reader: &Reader, state: &State, mission: Option<MissionId>) -> Result<Vec<Board>> {
    if let Some(id) = mission {
        let mission = state.missions.get(&id).ok_or_else(|| no_mission(id))?;
        return Ok(vec![board(reader, mission, &state.locks)?]);
    }
    state.open_missions().map(|mission| board(reader, mission, &state.locks)).collect()
}

fn board(reader: &Reader, mission: &Mission, locks: &Locks) -> Result<Board> {
    let locks = locks_of(locks, mission.id);
    let mut blocked = blocked(&locks);
    let after = match mission.tasks.iter().any(|task| task.state == TaskState::Waiting) {
        true => dependencies(reader, mission.plan)?,
        false => Vec::new(),
    };
    let mut tasks = Vec::with_capacity(mission.tasks.len());
    for (place, task) in mission.tasks.iter().enumerate() {
        let id = TaskId(u32::try_from(place + 1).unwrap_or(u32::MAX));
        let blocked = blocked.remove(&id).unwrap_or_default();
        let (state, agent) = stands(task.state, !blocked.is_empty());
        let unfinished = |other: &&TaskId| {
            let other = mission.task(**other).map(|task| task.state);
            matches!(other, Some(TaskState::Waiting | TaskState::Assigned(_)))
        };
        let after = match after.get(place) {
            Some(after) if state == Place::Waiting => {
                after.iter().filter(unfinished).copied().collect()
            }
            _ => Vec::new(),
        };
        tasks.push(BoardTask {
            id,
            title: task.title.clone(),
            path: task.path.clone(),
            group: task.group,
            state,
            agent,
            after,
            blocked,
            note: task.note.clone(),
        });
    }
    Ok(Board {
        mission: mission.id,
        title: mission.title(),
        phase: mission.phase,
        counts: Counts::of(mission),
        wave: mission.wave.number,
        trying: mission.wave.groups(),
        tasks,
        locks,
    })
}

impl Counts {
    /// Those of a mission.
    #[must_use]
    pub fn of(mission: &Mission) -> Self {
        let mut counts = Self { tasks: mission.tasks.len(), ..Self::default() };
        mission.tasks.iter().for_each(|task| counts.count(stands(task.state, false).0));
        counts
    }

    fn count(&mut self, place: Place) {
        let number = match place {
            Place::Failed => &mut self.failed,
            Place::Working | Place::Blocked => &mut self.working,
            Place::Waiting => &mut self.waiting,
            Place::LeftOut => &mut self.left_out,
            Place::Done => &mut self.done,
            Place::Merged => &mut self.merged,
        };
        *number += 1;
    }
}

fn stands(state: TaskState, blocked: bool) -> (Place, Option<AgentId>) {
    match state {
        TaskState::Waiting => (Place::Waiting, None),
        TaskState::Assigned(agent) if blocked => (Place::Blocked, Some(agent)),
        TaskState::Assigned(agent) => (Place::Working, Some(agent)),
        TaskState::Done => (Place::Done, None),
        TaskState::Merged => (Place::Merged, None),
        TaskState::Failed => (Place::Failed, None),
        TaskState::Dropped => (Place::LeftOut, None),
    }
}

/// What a mission's agents hold or wait for, with everybody else who does.
fn locks_of(locks: &Locks, mission: MissionId) -> Vec<LockEntry> {
    let ours = |entity: &&Entity| {
        let held = locks.holders(entity).any(|(holder, _)| holder.mission() == Some(mission));
        held || locks.waits(entity).any(|wait| wait.holder.mission() == Some(mission))
    };
    locks.entities().filter(ours).map(|entity| entry(locks, entity)).collect()
}

/// What the tasks of a mission wait for, by task.
fn blocked(locks: &[LockEntry]) -> BTreeMap<TaskId, Vec<Blocked>> {
    let mut found = BTreeMap::<TaskId, Vec<Blocked>>::new();
    for lock in locks {
        for wait in &lock.waiting {
            if let Holder::Agent { task: Some(task), .. } = wait.holder {
                let (entity, behind) = (lock.entity.clone(), wait.behind.clone());
                found.entry(task).or_default().push(Blocked { entity, behind });
            }
        }
    }
    found
}

/// What each task of a plan waits for, by its place; empty where the plan was erased.
fn dependencies(reader: &Reader, plan: Option<Seq>) -> Result<Vec<Vec<TaskId>>> {
    let Some(plan) = plan else { return Ok(Vec::new()) };
    Ok(match reader.event(plan)?.payload {
        Some(Payload::PlanProposed(plan)) => plan.tasks.into_iter().map(|one| one.after).collect(),
        _ => Vec::new(),
    })
}

/// The name of a locked thing as people read it: a file by its path alone.
#[must_use]
pub fn entity_name(entity: &Entity) -> &str {
    match entity.kind() {
        EntityKind::File(path) => path,
        EntityKind::Symbol(_) | EntityKind::Unit { .. } | EntityKind::Name(_) => entity.as_str(),
    }
}
