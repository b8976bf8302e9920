//! What the events add up to.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;

use axon_domain::{
    AgentId, CheckChoice, Claim, GitId, Goal, Hlc, MissionEnd, MissionId, MissionSpec, ObjectId,
    Outcome, PlanProposal, ReflexVerdict, Seq, TaskId,
};
use serde::{Deserialize, Serialize};

use crate::conflicts::Conflicts;
use crate::crew::Crew;
use crate::locks::Locks;
use crate::wave::{Accepted, Wave};

/// The number of what a kept [`State`] says and of how it says it. It is raised with every
/// change of the fields of a state, and of what `apply` makes of the same events: then states
/// that were kept before are made again out of the events. Tests fail when that is forgotten.
pub const STATE_VERSION: u32 = 6;

/// Everything that one ledger's events add up to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// Every mission ever given, by number.
    pub missions: BTreeMap<MissionId, Mission>,
    /// Every lock that is held or waited for.
    pub locks: Locks,
    /// The last event applied.
    pub last: Seq,
}

impl State {
    /// Missions that have not ended, in the order in which they were given.
    pub fn open_missions(&self) -> impl Iterator<Item = &Mission> {
        self.missions.values().filter(|mission| mission.phase != Phase::Ended)
    }
}

/// Who works on a mission. Agents are numbered within it: first the ones that every mission
/// has, then the coders.
pub struct Agents;

impl Agents {
    /// Plans.
    pub const SUPERVISOR: u64 = 1;
    /// Locates.
    pub const SCOUT: u64 = 2;
    /// Judges the result.
    pub const CRITIC: u64 = 3;
    /// The first coder; the others follow.
    pub const FIRST_CODER: u64 = 4;
    /// The first of those who search for the scout, each a share of the files.
    pub const FIRST_SEARCHER: u64 = 1_001;
    /// Reads line by line.
    pub const ANALYST: u64 = 2_001;
    /// The most coders that a mission may have: the next one would have the number of a scout.
    pub const MOST_CODERS: u32 = 997;

    /// The coder at a place of the pool, from 0.
    #[must_use]
    pub fn coder(place: u32) -> AgentId {
        Self::number(Self::FIRST_CODER + u64::from(place))
    }

    /// The place of a coder in the pool; `None` for who is none.
    pub(crate) fn place(agent: AgentId) -> Option<u32> {
        let place = agent.0.get().checked_sub(Self::FIRST_CODER)?;
        u32::try_from(place).ok().filter(|place| *place < Self::MOST_CODERS)
    }

    /// The scout that searches a share of the files, from 0.
    #[must_use]
    pub fn searcher(share: u32) -> AgentId {
        Self::number(Self::FIRST_SEARCHER + u64::from(share))
    }

    /// The supervisor.
    #[must_use]
    pub fn supervisor() -> AgentId {
        Self::number(Self::SUPERVISOR)
    }

    /// The share that an agent searches, if it is one of those.
    pub(crate) fn share(agent: AgentId) -> Option<u32> {
        let share = agent.0.get().checked_sub(Self::FIRST_SEARCHER)?;
        u32::try_from(share).ok().filter(|_| agent.0.get() < Self::ANALYST)
    }

    /// Whether an agent does steps of the whole mission, and not tasks.
    pub(crate) fn is_of_a_step(agent: AgentId) -> bool {
        let number = agent.0.get();
        number < Self::FIRST_CODER || Self::share(agent).is_some() || number == Self::ANALYST
    }

    fn number(number: u64) -> AgentId {
        AgentId(core::num::NonZeroU64::MIN.saturating_add(number.saturating_sub(1)))
    }
}

/// Where a mission stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Scouts are searching the files, each a share.
    Scouting,
    /// The goal is being located and a plan made.
    Planning,
    /// A plan is proposed and not yet accepted.
    Proposed,
    /// The plan is accepted; the mission waits for what it claims as a whole.
    Claiming,
    /// Coders are at work.
    Working,
    /// Nobody works and nothing is ready: what was finished is being merged as a wave.
    Merging,
    /// Changes cannot be merged; a person has to settle that.
    Conflicted,
    /// The project's check is running on the result.
    Checking,
    /// It failed, and is running on the base to know whether it did before.
    CheckingBase,
    /// A part of a wave was left out, or is tried in halves; that is to be recorded.
    Halving,
    /// The critic is reading.
    Reviewing,
    /// The critic agreed; the user's Git hooks are running on the result.
    Hooks,
    /// A verdict rejected the result; the mission is to be ended.
    Rejected,
    /// The critic and the hooks agreed; a commit is to be wanted.
    Accepted,
    /// The commit is being made.
    Committing,
    /// The commit is made; the mission is to be ended.
    Committed,
    /// Over.
    Ended,
}

impl Phase {
    /// The word used in output.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Phase::Scouting => "scouting",
            Phase::Planning | Phase::Proposed => "planning",
            Phase::Claiming => "waiting for symbols",
            Phase::Working => "working",
            Phase::Merging => "merging",
            Phase::Conflicted => "in conflict",
            Phase::Checking => "checking",
            Phase::CheckingBase => "checking the base",
            Phase::Halving => "checking",
            Phase::Reviewing | Phase::Rejected | Phase::Accepted => "reviewing",
            Phase::Hooks => "running hooks",
            Phase::Committing | Phase::Committed => "committing",
            Phase::Ended => "ended",
        }
    }
}

/// Where a task stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskState {
    /// Waits for other tasks, or for a coder.
    Waiting,
    /// A coder has it.
    Assigned(AgentId),
    /// Finished, in a session of its own.
    Done,
    /// In the mission's tree, with everything that was merged with it.
    Merged,
    /// Rejected by a reflex or by policy.
    Failed,
    /// Left out: another task of its group failed, or the check fails with its group.
    Dropped,
}

/// A task on the board.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// One line for people.
    pub title: String,
    /// The file it may write.
    pub path: String,
    /// What is to be done.
    pub edits: ObjectId,
    /// Which tasks share its fate; see [`TaskSpec::group`].
    ///
    /// [`TaskSpec::group`]: axon_domain::TaskSpec::group
    pub group: u32,
    /// Where it stands.
    pub state: TaskState,
    /// Why it failed.
    pub note: String,
    /// How many places it edits.
    pub sites: u32,
    /// The line of the first of them.
    pub line: Option<u32>,
    /// Whether it changes a definition that the others of its group follow.
    pub defines: bool,
    /// When the coder that has it could begin, in milliseconds of the ledger's clock.
    pub since: Option<u64>,
    /// Whether the coder that has it has announced it.
    pub(crate) announced: bool,
    /// How often it was begun and came to nothing.
    pub attempts: u32,
    /// How often its file was written.
    pub(crate) changes: u32,
    /// What its coder wrote without having announced it.
    pub(crate) strayed: Option<String>,
    /// How many tasks it still waits for.
    pub(crate) waits_for: u32,
    /// Who waits for it.
    pub(crate) unblocks: Vec<TaskId>,
}

/// One mission.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Mission {
    /// Its number.
    pub id: MissionId,
    /// The event that gave it.
    pub given: Seq,
    /// When it was given.
    pub given_at: Hlc,
    /// What was asked for; `None` where that was erased.
    pub spec: Option<MissionSpec>,
    /// Where it stands.
    pub phase: Phase,
    /// The event of its plan.
    pub plan: Option<Seq>,
    /// The plan, until it is accepted.
    pub(crate) proposal: Option<PlanProposal>,
    /// The planner's report.
    pub report: Option<ObjectId>,
    /// How many places the plan edits.
    pub sites: u32,
    /// How many places it leaves alone.
    pub mentions: u32,
    /// What the scouts that have reported found, as objects, by share.
    pub scouted: BTreeMap<u32, Option<ObjectId>>,
    /// What it claims as a whole.
    pub(crate) claims: Vec<Claim>,
    /// How often in a row an agent failed at a step of the whole mission.
    pub(crate) stumbles: u32,
    /// Why, the last time.
    pub(crate) stumbled: String,
    /// The event of that.
    pub(crate) last_stumble: Seq,
    /// The board.
    pub tasks: Vec<Task>,
    /// Tasks that could be given to a coder now.
    pub(crate) ready: BTreeSet<TaskId>,
    /// Tasks that coders have, by coder.
    pub(crate) working: Crew,
    /// How many tasks coders have finished.
    pub done: u32,
    /// How many tasks failed.
    pub failed: u32,
    /// The last wave.
    pub wave: Wave,
    /// What is in the mission's tree for good; sessions see it.
    pub accepted: Accepted,
    /// What cannot be merged, and how people settled it.
    pub conflicts: Conflicts,
    /// Changes of the merged tree against the base, those that are tried included.
    pub changes: Option<ObjectId>,
    /// How many files differ from the base.
    pub files: u32,
    /// The event of the last verdict or merge: what the next step follows from.
    pub last_step: Seq,
    /// The verdict that rejected the result.
    pub(crate) rejection: Option<ReflexVerdict>,
    /// What the check said of the result.
    pub check: Option<ReflexVerdict>,
    /// What it said of the base, where that was asked.
    pub base_check: Option<ReflexVerdict>,
    /// Whether the check proved the result.
    pub proven: bool,
    /// How many of the hooks have passed.
    pub hooks: u32,
    /// The commit's message, where a hook changed it.
    pub message: Option<ObjectId>,
    /// When the commit was wanted: the time that it carries.
    pub commit_wanted: Option<Hlc>,
    /// The commit.
    pub commit: Option<GitId>,
    /// Whether a person brought it in.
    pub applied: bool,
    /// Whether a person removed the branch.
    pub discarded: bool,
    /// Whether a person paused it: nothing new is begun until that is lifted.
    pub paused: bool,
    /// The event that lifted the last pause.
    pub(crate) lifted: Seq,
    /// Why a person cancelled it, until its end is recorded and after that.
    pub(crate) cancelled: Option<String>,
    /// How it ended.
    pub end: Option<MissionEnd>,
    /// When it ended.
    pub ended_at: Option<Hlc>,
}

impl Mission {
    pub(crate) fn new(id: MissionId, given: Seq, given_at: Hlc) -> Self {
        Self {
            id,
            given,
            given_at,
            spec: None,
            phase: Phase::Planning,
            plan: None,
            proposal: None,
            report: None,
            sites: 0,
            mentions: 0,
            scouted: BTreeMap::new(),
            claims: Vec::new(),
            stumbles: 0,
            stumbled: String::new(),
            last_stumble: Seq(0),
            tasks: Vec::new(),
            ready: BTreeSet::new(),
            working: Crew::default(),
            done: 0,
            failed: 0,
            wave: Wave::default(),
            accepted: Accepted::default(),
            conflicts: Conflicts::default(),
            changes: None,
            files: 0,
            last_step: given,
            rejection: None,
            check: None,
            base_check: None,
            proven: false,
            hooks: 0,
            message: None,
            commit_wanted: None,
            commit: None,
            applied: false,
            discarded: false,
            paused: false,
            lifted: Seq(0),
            cancelled: None,
            end: None,
            ended_at: None,
        }
    }

    /// One line for people.
    #[must_use]
    pub fn title(&self) -> String {
        self.goal().map_or_else(|| String::from("(erased)"), Goal::title)
    }

    /// The goal, unless it was erased.
    #[must_use]
    pub fn goal(&self) -> Option<&Goal> {
        self.spec.as_ref().map(|spec| &spec.goal)
    }

    /// How it ended, if it did.
    #[must_use]
    pub fn outcome(&self) -> Option<Outcome> {
        self.end.as_ref().map(|end| end.outcome)
    }

    /// How many coders may work at once, whatever was asked for.
    #[must_use]
    pub fn agents(&self) -> u32 {
        self.spec.as_ref().map_or(1, |spec| spec.agents.clamp(1, Agents::MOST_CODERS))
    }

    /// Whether a check is wanted, and could still prove anything.
    pub(crate) fn wants_check(&self) -> bool {
        let wanted = self.spec.as_ref().is_some_and(|spec| spec.check != CheckChoice::None);
        wanted && self.accepted.checkable
    }

    /// The hook that is to run next, unless all have.
    #[must_use]
    pub fn next_hook(&self) -> Option<&str> {
        let hooks = &self.spec.as_ref()?.hooks;
        hooks.get(usize::try_from(self.hooks).ok()?).map(String::as_str)
    }

    /// The task of that number.
    #[must_use]
    pub fn task(&self, id: TaskId) -> Option<&Task> {
        self.tasks.get(index(id)?)
    }

    pub(crate) fn task_mut(&mut self, id: TaskId) -> Option<&mut Task> {
        self.tasks.get_mut(index(id)?)
    }

    /// Tasks that coders have now, with the coder.
    pub fn working(&self) -> impl Iterator<Item = (AgentId, TaskId)> + '_ {
        self.working.tasks.iter().map(|(agent, task)| (*agent, *task))
    }
}

/// Tasks are numbered from 1, as people count.
fn index(id: TaskId) -> Option<usize> {
    usize::try_from(id.0).ok()?.checked_sub(1)
}

/// The number of the task at a place of the board.
pub(crate) fn task_id(index: usize) -> TaskId {
    TaskId(u32::try_from(index + 1).unwrap_or(u32::MAX))
}
