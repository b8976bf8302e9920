//! Events: everything that matters, as it is recorded.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

use crate::{
    AgentId, Claim, Conflict, ContentId, Control, GitId, Hlc, Kind, LockChange, Message, MissionId,
    MissionSpec, ObjectId, Outcome, PeerIntent, Role, Seq, SessionId, TaskId, Violation,
};

/// An event as recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Its place in the ledger.
    pub seq: Seq,
    /// When, by the ledger's clock.
    pub time: Hlc,
    /// What it is about; known even where the payload was erased.
    pub kind: Kind,
    /// The mission it belongs to.
    pub mission: Option<MissionId>,
    /// The task it belongs to.
    pub task: Option<TaskId>,
    /// In which role it was done.
    pub role: Role,
    /// By which agent.
    pub agent: Option<AgentId>,
    /// The events that led to it.
    pub causes: Vec<Seq>,
    /// What happened; `None` where it was erased.
    pub payload: Option<Payload>,
}

/// An event that has no place and no time yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// See [`Event::mission`].
    pub mission: Option<MissionId>,
    /// See [`Event::task`].
    pub task: Option<TaskId>,
    /// See [`Event::role`].
    pub role: Role,
    /// See [`Event::agent`].
    pub agent: Option<AgentId>,
    /// See [`Event::causes`].
    pub causes: Vec<Seq>,
    /// What happened.
    pub payload: Payload,
}

impl Draft {
    /// A draft by `role` that nothing led to and that belongs to no mission.
    #[must_use]
    pub fn new(role: Role, payload: Payload) -> Self {
        Self { mission: None, task: None, role, agent: None, causes: Vec::new(), payload }
    }

    /// As part of a mission.
    #[must_use]
    pub fn of(mut self, mission: MissionId) -> Self {
        self.mission = Some(mission);
        self
    }

    /// As part of a task.
    #[must_use]
    pub fn task(mut self, task: TaskId) -> Self {
        self.task = Some(task);
        self
    }

    /// By an agent.
    #[must_use]
    pub fn by(mut self, agent: AgentId) -> Self {
        self.agent = Some(agent);
        self
    }

    /// Led to by `cause`.
    #[must_use]
    pub fn after(mut self, cause: Seq) -> Self {
        self.causes.push(cause);
        self
    }

    /// The event that this draft becomes at a place and a time.
    #[must_use]
    pub fn at(self, seq: Seq, time: Hlc) -> Event {
        Event {
            seq,
            time,
            kind: self.payload.kind(),
            mission: self.mission,
            task: self.task,
            role: self.role,
            agent: self.agent,
            causes: self.causes,
            payload: Some(self.payload),
        }
    }
}

macro_rules! payloads {
    ($( $(#[$doc:meta])* $variant:ident($inner:ty), )*) => {
        /// What happened.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case", tag = "kind")]
        pub enum Payload { $( $(#[$doc])* $variant($inner), )* }

        impl Payload {
            /// What it is about.
            #[must_use]
            pub fn kind(&self) -> Kind {
                match self { $( Payload::$variant(_) => Kind::$variant, )* }
            }
        }
    };
}

payloads! {
    /// A choice with its reasons.
    Decision(Decision),
    /// A file changed.
    StateChange(StateChange),
    /// The system itself.
    System(SystemSignal),
    /// An agent's state.
    Lifecycle(LifecycleChange),
    /// A mission was given.
    MissionGiven(Box<MissionSpec>),
    /// A mission ended.
    MissionEnded(MissionEnd),
    /// A plan was proposed.
    PlanProposed(PlanProposal),
    /// A plan was accepted.
    PlanAccepted(PlanAcceptance),
    /// A task's status.
    Task(TaskChange),
    /// A session.
    Session(SessionChange),
    /// A reflex's verdict.
    Reflex(ReflexVerdict),
    /// A policy verdict.
    Policy(PolicyVerdict),
    /// A program was run.
    ToolCall(ToolCall),
    /// A merge.
    Merge(MergeRecord),
    /// A commit.
    Commit(CommitRecord),
    /// A lock.
    Lock(LockChange),
    /// Something was said.
    Message(Message),
    /// Something was announced.
    PeerIntent(PeerIntent),
    /// An announcement or an expectation was broken.
    Violation(Violation),
    /// Changes that cannot be merged.
    Conflict(Conflict),
    /// A person steers a mission.
    Control(Control),
}

/// How a mission ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MissionEnd {
    /// How.
    pub outcome: Outcome,
    /// The name of the error code, where it did not go well: `check-failed`.
    pub code: Option<String>,
    /// In words.
    pub reason: String,
    /// What to do.
    pub hint: Option<String>,
}

/// The engine took the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanAcceptance {
    /// How many tasks are on the board now.
    pub tasks: u32,
}

/// A choice with its reasons. A confidence is there only if a named method computed it,
/// which nothing in this release does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// What the decision was about: `which symbol is meant`.
    pub trigger: String,
    /// Why, in words.
    pub rationale: String,
    /// What was chosen.
    pub chosen: String,
    /// What was not, each with the reason.
    pub rejected: Vec<String>,
    /// What it rests on: `shop/cart.py:12 def total`.
    pub evidence: Vec<String>,
    /// Everything that was considered, where it is too long for the event.
    pub details: Option<ObjectId>,
}

/// What kind of thing changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TargetType {
    /// A file.
    FileSystem,
}

/// How it changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// It was not there before.
    Create,
    /// It has other content.
    Update,
    /// It is gone.
    Delete,
}

/// A change of a file in a session. The patch is computed when somebody looks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateChange {
    /// What kind of thing.
    pub target: TargetType,
    /// The path, relative to the root of the repository.
    pub resource: String,
    /// How.
    pub action: Action,
    /// In which session.
    pub session: SessionId,
    /// What was there.
    pub previous: Option<ContentId>,
    /// What is there now.
    pub new: Option<ContentId>,
    /// Whether it is executable now.
    pub executable: bool,
}

/// How the system is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SystemStatus {
    /// A ledger was made, or a process took it over.
    Starting,
    /// Everything works.
    Healthy,
    /// Something broke.
    CriticalFailure,
}

/// A signal of the system itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SystemSignal {
    /// How it is.
    pub status: SystemStatus,
    /// Version of Axon.
    pub version: String,
    /// In words: `recovered 1 mission after a crash`.
    pub note: String,
}

/// An agent went from one state to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LifecycleChange {
    /// From: `cold`, `warm`, `running`, `draining`.
    pub old_state: String,
    /// To.
    pub new_state: String,
    /// Why.
    pub reason: String,
}

/// A plan: tasks, and what the plan rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanProposal {
    /// The tasks, each with the index of its position.
    pub tasks: Vec<TaskSpec>,
    /// How many places are edited.
    pub sites: u32,
    /// How many places mention the name and are left alone.
    pub mentions: u32,
    /// The whole report as an object: symbol, mentions, files not looked into.
    pub report: ObjectId,
    /// What the mission as a whole locks from here to its end: the symbols that it changes.
    pub claims: Vec<Claim>,
}

/// One task of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskSpec {
    /// One line for people.
    pub title: String,
    /// The file it may write.
    pub path: String,
    /// How many places it edits.
    pub sites: u32,
    /// What is to be done, as an object.
    pub edits: ObjectId,
    /// Tasks that must be finished before; those of other groups also merged.
    pub after: Vec<TaskId>,
    /// Which tasks belong together: all of a group are in the result, or none.
    pub group: u32,
    /// The line of the first place, where there is one.
    pub line: Option<u32>,
    /// Whether it changes a definition that the other tasks of its group follow.
    pub defines: bool,
}

/// Where a task stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskStatus {
    /// Given to an agent.
    Assigned,
    /// Finished; its session can be merged.
    Done,
    /// Rejected by a reflex or by policy.
    Failed,
}

/// A task changed its status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskChange {
    /// The new status.
    pub status: TaskStatus,
    /// In words, where there is something to say.
    pub note: String,
}

/// What happened to a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionStep {
    /// Opened.
    Opened,
    /// Its changes are in the mission's tree.
    Merged,
    /// Its changes are not wanted.
    Dropped,
}

/// A session was opened, merged or dropped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionChange {
    /// Which.
    pub session: SessionId,
    /// What happened.
    pub step: SessionStep,
    /// When it was opened: the changes of the mission's tree that it sees, as an object; `None`
    /// where that was the base.
    pub sees: Option<ObjectId>,
}

/// Who judges an edit without a model, in rising order of cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reflex {
    /// The parser.
    Syntax,
    /// The project's own check.
    Check,
    /// The project's own check on the base, to know whether it failed before.
    BaseCheck,
    /// The critic's structural review of the merged tree.
    Review,
    /// A Git hook of the user: `pre-commit`, `prepare-commit-msg`, `commit-msg`.
    Hook,
}

/// A reflex judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReflexVerdict {
    /// Which.
    pub reflex: Reflex,
    /// A file, or the command that was run.
    pub subject: String,
    /// Whether it passed; `None` where there was nothing to judge with, or where it was stopped
    /// at a limit before it could say (then there is its output).
    pub passed: Option<bool>,
    /// In words.
    pub note: String,
    /// Output of a program, as an object.
    pub output: Option<ObjectId>,
    /// How long it took, in milliseconds.
    pub millis: u64,
}

impl ReflexVerdict {
    /// Whether it began and was stopped at a limit, so that it says nothing.
    #[must_use]
    pub fn stopped(&self) -> bool {
        self.passed.is_none() && self.output.is_some()
    }
}

/// Policy refused something, or a person lifted a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyVerdict {
    /// What was wanted.
    pub wanted: String,
    /// Whether it was allowed.
    pub allowed: bool,
    /// The rule that is missing, or the flag that lifted it.
    pub rule: String,
}

/// A program was run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolCall {
    /// The command, as the shell gets it.
    pub command: String,
    /// How it was confined: `landlock 7, seccomp, user namespace`.
    pub confinement: String,
    /// The exit code; `None` if it was ended by a signal or a limit.
    pub exit: Option<i32>,
    /// Which limit ended it, if one did.
    pub limit: Option<String>,
    /// What it wrote, as an object.
    pub output: Option<ObjectId>,
    /// How long it took, in milliseconds.
    pub millis: u64,
}

/// A wave of sessions, or a part of one, was merged into the mission's tree, to be checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MergeRecord {
    /// The changes of the mission's tree against its base, as an object; `None` where it is the
    /// base again.
    pub changes: Option<ObjectId>,
    /// How many files differ from the base now.
    pub files: u32,
    /// The number of the wave, from 1.
    pub wave: u32,
    /// How many tasks were merged; 0 where what was merged before was taken back.
    pub tasks: u32,
}

/// What happened to the mission's commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CommitStep {
    /// It is to be made; the time of this event is the time of the commit.
    Wanted,
    /// It is on its branch.
    Made,
    /// A person brought it in.
    Applied,
    /// A person removed the branch.
    Discarded,
    /// A hook gave it another message.
    Reworded,
}

/// A commit was wanted, reworded, made, applied or discarded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommitRecord {
    /// What happened.
    pub step: CommitStep,
    /// The branch.
    pub branch: String,
    /// The commit, once there is one.
    pub commit: Option<GitId>,
    /// The message without Axon's trailers as an object, where a hook gave it another one.
    pub message: Option<ObjectId>,
}
