//! What the live view knows of a mission: events in, nothing out but what is drawn of it.
//!
//! Every event costs O(log n) of the tasks, but for those that are about all of them (a plan, a
//! wave), which come rarely.

use std::collections::{BTreeSet, VecDeque};

use axon_domain::{
    ControlStep, Entity, EntityKind, Event, Goal, Holder, LockStep, MissionId, Payload, Role,
    TaskId, TaskStatus,
};
use axon_runtime::{Counts, Mission, Phase, Seen};

use crate::ui::live::news::{Talk, Tries, Troubles};
use crate::ui::live::roster::Roster;
use crate::ui::stages::Stages;

/// Tasks that failed and are remembered by name.
const FAILED: usize = 16;
/// Up to so many tasks a mission says nothing but its stages.
const SMALL: usize = 2;
/// Contested locks that get a line.
pub(crate) const CONTESTED: usize = 3;

/// The tasks of one goal, where a mission has several.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Branch {
    pub(crate) label: String,
    pub(crate) tasks: usize,
    pub(crate) done: usize,
}

/// What the live view knows of a mission.
#[derive(Debug, Clone)]
pub(crate) struct Model {
    pub(crate) stages: Stages,
    pub(crate) roster: Roster,
    pub(crate) talk: Talk,
    pub(crate) troubles: Troubles,
    pub(crate) tries: Tries,
    /// Why the mission is paused, if it is.
    pub(crate) paused: Option<String>,
    /// The goals by their place; empty where there is only one.
    pub(crate) branches: Vec<Branch>,
    /// The goal of each task, by its place in the plan.
    branch_of: Vec<usize>,
    /// How many branches are done.
    pub(crate) branches_done: usize,
    /// The last tasks that failed.
    pub(crate) failed: VecDeque<TaskId>,
    mission: Option<MissionId>,
    seen: Seen,
    counts: Counts,
    /// Whether they have to be counted anew.
    stale: bool,
    /// What somebody waits for, or waited for.
    contested: BTreeSet<Entity>,
    /// The most of those that there were at once, up to [`CONTESTED`].
    most_contested: usize,
    /// What is held beside files.
    symbols: BTreeSet<Entity>,
    over: bool,
}

impl Model {
    pub(crate) fn new() -> Self {
        Self {
            stages: Stages::new(),
            roster: Roster::default(),
            talk: Talk::default(),
            troubles: Troubles::default(),
            tries: Tries::default(),
            paused: None,
            branches: Vec::new(),
            branch_of: Vec::new(),
            branches_done: 0,
            failed: VecDeque::new(),
            mission: None,
            seen: Seen::default(),
            counts: Counts::default(),
            stale: false,
            contested: BTreeSet::new(),
            most_contested: 0,
            symbols: BTreeSet::new(),
            over: false,
        }
    }

    /// Takes in an event; those of other missions than the first one's are left out.
    pub(crate) fn take(&mut self, event: &Event) {
        if self.mission.is_none() {
            self.mission = event.mission;
        }
        if event.mission.is_none() || event.mission != self.mission {
            return;
        }
        self.seen.take(event);
        self.stages.take(event);
        self.troubles.take(event, &self.roster);
        self.roster.take(event);
        self.talk.take(event, &self.roster);
        self.tries.take(event);
        match &event.payload {
            Some(Payload::MissionGiven(_)) => self.begin(),
            Some(Payload::PlanProposed(_)) => self.plan(),
            Some(Payload::PlanAccepted(_)) => self.talk.turn_page(),
            Some(Payload::Task(change)) => self.task(event.task, change.status),
            Some(Payload::Lock(change)) => self.lock(&change.step),
            Some(Payload::Control(control)) => {
                self.paused = match control.step {
                    ControlStep::Pause => Some(control.reason.clone()),
                    ControlStep::Resume | ControlStep::Cancel => None,
                };
            }
            Some(Payload::MissionEnded(_)) => self.over = true,
            _ => {}
        }
        self.stale = true;
    }

    /// Scouts speak to the supervisor before it does anything.
    fn begin(&mut self) {
        if let Some(Holder::Agent { agent, .. }) = self.mission().map(Mission::holder) {
            self.roster.introduce(agent, Role::Supervisor);
        }
    }

    /// A plan has the tasks of one goal after those of the one before; where there are several,
    /// a task's title begins with that of its goal.
    fn plan(&mut self) {
        (self.branches, self.branch_of) = (Vec::new(), Vec::new());
        self.branches_done = 0;
        let Some(mission) = self.mission.and_then(|id| self.seen.mission(id)) else { return };
        let Some(goals) = mission.goal().map(Goal::parts).filter(|goals| goals.len() > 1) else {
            return;
        };
        let titles: Vec<String> = goals.iter().map(Goal::title).collect();
        let branch = |label: &String| Branch { label: label.clone(), tasks: 0, done: 0 };
        let mut branches: Vec<Branch> = titles.iter().map(branch).collect();
        let mut place = 0;
        for task in &mission.tasks {
            let of = |title: &String| {
                task.title.strip_prefix(title.as_str()).is_some_and(|rest| rest.starts_with(": "))
            };
            let next = titles[place..].iter().position(of);
            place += next.unwrap_or_default();
            branches[place].tasks += 1;
            self.branch_of.push(place);
        }
        // Goals with nothing to do are done.
        self.branches_done = branches.iter().filter(|branch| branch.tasks == 0).count();
        self.branches = branches;
    }

    /// The goal that a task belongs to, by its place.
    pub(crate) fn branch(&self, task: TaskId) -> Option<usize> {
        let place = usize::try_from(task.0).ok()?.checked_sub(1)?;
        self.branch_of.get(place).copied()
    }

    fn task(&mut self, task: Option<TaskId>, status: TaskStatus) {
        let Some(id) = task else { return };
        match status {
            TaskStatus::Assigned => {}
            TaskStatus::Done => {
                let place = self.branch(id);
                let branch = place.and_then(|place| self.branches.get_mut(place));
                let Some(branch) = branch else { return };
                branch.done += 1;
                self.branches_done += usize::from(branch.done == branch.tasks);
            }
            TaskStatus::Failed => {
                if self.failed.len() == FAILED {
                    self.failed.pop_front();
                }
                self.failed.push_back(id);
            }
        }
    }

    fn lock(&mut self, step: &LockStep) {
        let LockStep::Wanted(wanted) = step else { return };
        let entity = &wanted.entity;
        if !matches!(entity.kind(), EntityKind::File(_)) {
            self.symbols.insert(entity.clone());
        }
        if self.seen.locks().waits(entity).next().is_some() {
            self.contested.insert(entity.clone());
        }
    }

    /// Brings up to date what is not done at every event; to be called before drawing.
    pub(crate) fn settle(&mut self, now: u64) {
        self.talk.settle(now);
        let locks = self.seen.locks();
        self.contested.retain(|entity| locks.waits(entity).next().is_some());
        self.symbols.retain(|entity| locks.holders(entity).next().is_some());
        let most = self.contested.len().min(CONTESTED);
        self.most_contested = self.most_contested.max(most);
        let Some(mission) = self.mission.and_then(|id| self.seen.mission(id)) else { return };
        if std::mem::take(&mut self.stale) {
            self.counts = Counts::of(mission);
        }
    }

    /// The mission, once an event of it was seen.
    pub(crate) fn mission(&self) -> Option<&Mission> {
        self.seen.mission(self.mission?)
    }

    pub(crate) fn mission_id(&self) -> Option<MissionId> {
        self.mission
    }

    pub(crate) fn seen(&self) -> &Seen {
        &self.seen
    }

    /// Entities that somebody waits for.
    pub(crate) fn contested(&self) -> impl Iterator<Item = &Entity> {
        self.contested.iter()
    }

    /// How many lines contested entities take: as many as they ever took.
    pub(crate) fn contested_lines(&self) -> usize {
        self.most_contested
    }

    /// What is held beside files.
    pub(crate) fn symbols(&self) -> impl Iterator<Item = &Entity> {
        self.symbols.iter()
    }

    /// How many tasks stand where, as of the last [`Self::settle`].
    pub(crate) fn counts(&self) -> Counts {
        self.counts
    }

    /// Whether there is more to say than the stages.
    pub(crate) fn is_large(&self) -> bool {
        self.mission().is_some_and(|mission| mission.tasks.len() > SMALL)
    }

    /// Whether coders are at work, or could be.
    pub(crate) fn is_at_work(&self) -> bool {
        self.mission().is_some_and(|mission| mission.phase == Phase::Working)
    }

    /// Whether the mission has ended.
    pub(crate) fn is_over(&self) -> bool {
        self.over
    }
}
