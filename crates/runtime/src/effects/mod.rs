//! What workers do: each effect in a file of its own. They read what they are given and give
//! back drafts of events; only the dispatcher changes state.

mod check;
mod commit;
pub(crate) mod conflicts;
mod hook;
mod merge;
mod plan;
mod rebase;
mod review;
mod scout;
mod work;

use std::sync::Arc;
use std::sync::mpsc::{Sender, sync_channel};

use axon_domain::{
    AgentId, Code, Draft, Error, GitId, Grants, MissionId, ObjectId, ObjectStore, Result, Seq,
    TaskId,
};
use axon_engine::{Effect, Mission};
use axon_ledger::Ledger;
use axon_sandbox::Cancel;
use axon_workspace::{Contents, Tree, TreeView};

use crate::axon::Axon;
use crate::dispatch::{Message, Told};
use crate::observer::{Answer, Question};

pub(crate) use commit::{
    CHECKPOINT as CHECKPOINT_TRAILER, LEDGER as LEDGER_TRAILER, MISSION as MISSION_TRAILER,
};
pub(crate) use plan::{Answered, Room, find, goal_of, locate, report_of_all};

/// What a worker works with.
pub(crate) struct Bench<'a> {
    pub(crate) axon: &'a Axon,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) cancel: Cancel,
}

impl<'a> Bench<'a> {
    pub(crate) fn new(axon: &'a Axon, ledger: Arc<Ledger>, cancel: Cancel) -> Self {
        Self { axon, ledger, cancel }
    }

    /// Where bytes are.
    pub(crate) fn contents(&self) -> Contents<'_> {
        Contents { repository: &self.axon.repository, store: self.ledger.as_ref() }
    }

    /// A view of a mission's tree.
    pub(crate) fn view(&self, base: GitId, delta: Option<ObjectId>) -> TreeView<'_> {
        TreeView::new(self.contents(), Tree { base, delta })
    }

    /// The objects of the ledger.
    pub(crate) fn store(&self) -> &dyn ObjectStore {
        self.ledger.as_ref()
    }
}

/// How a worker speaks to the dispatcher while it works.
pub(crate) struct Desk<'a> {
    mission: MissionId,
    send: &'a Sender<Message>,
}

impl<'a> Desk<'a> {
    pub(crate) fn new(mission: MissionId, send: &'a Sender<Message>) -> Self {
        Self { mission, send }
    }

    /// Says what is going on. A dispatcher that is gone does not care.
    pub(crate) fn progress(&self, what: impl Into<String>) {
        self.tell(Told::Progress(what.into()));
    }

    /// Passes on output of a program.
    pub(crate) fn output(&self, bytes: &[u8]) {
        self.tell(Told::Output(bytes.to_vec()));
    }

    /// Asks a person; `None` when nobody is there.
    pub(crate) fn ask(&self, question: Question) -> Option<Answer> {
        let (reply, answer) = sync_channel(1);
        self.tell(Told::Ask(question, reply));
        answer.recv().ok()
    }

    fn tell(&self, told: Told) {
        let _ = self.send.send(Message::Tell(self.mission, told));
    }
}

/// An effect with what is needed to perform it.
pub(crate) enum Job {
    /// A task for a coder.
    Work(Box<WorkOrder>),
    /// A step of the whole mission.
    Whole(Box<(Effect, Mission)>),
}

/// A task for a coder: small, because there may be thousands.
pub(crate) struct WorkOrder {
    pub(crate) mission: MissionId,
    pub(crate) task: TaskId,
    pub(crate) agent: AgentId,
    pub(crate) base_tree: GitId,
    /// The changes of the mission's tree that its session sees.
    pub(crate) sees: Option<ObjectId>,
    pub(crate) grants: Grants,
    pub(crate) path: String,
    pub(crate) edits: ObjectId,
    pub(crate) plan: Seq,
}

/// Performs an effect.
pub(crate) fn perform(bench: &Bench<'_>, desk: &Desk<'_>, job: &Job) -> Result<Vec<Draft>> {
    match job {
        Job::Work(order) => work::perform(bench, order),
        Job::Whole(step) => perform_step(bench, desk, &step.0, &step.1),
    }
}

fn perform_step(
    bench: &Bench<'_>,
    desk: &Desk<'_>,
    effect: &Effect,
    mission: &Mission,
) -> Result<Vec<Draft>> {
    match effect {
        Effect::Scout { share, .. } => scout::perform(bench, desk, mission, *share),
        Effect::Plan(_) => plan::perform(bench, desk, mission),
        Effect::Merge(_) => merge::perform(bench, mission),
        Effect::Check(_) => check::perform(bench, desk, mission, check::Tree::Result),
        Effect::CheckBase(_) => check::perform(bench, desk, mission, check::Tree::Base),
        Effect::Review(_) => review::perform(bench, mission),
        Effect::Hook(_) => hook::perform(bench, desk, mission),
        Effect::Commit(_) => commit::perform(bench, mission),
        Effect::Record(_) | Effect::Work { .. } => {
            Err(Error::new(Code::Bug, "this effect is not a step of a whole mission"))
        }
    }
}

/// What was asked for; an error where it was erased.
pub(crate) fn spec(mission: &Mission) -> Result<&axon_domain::MissionSpec> {
    mission.spec.as_ref().ok_or_else(|| {
        Error::new(Code::PayloadErased, "what was asked for was erased").at(mission.id.to_string())
    })
}

/// A draft of an agent of the mission, following from the mission's last step.
fn draft(mission: &Mission, role: axon_domain::Role, payload: axon_domain::Payload) -> Draft {
    use axon_domain::Role;
    use axon_engine::Agents;
    let draft = Draft::new(role, payload).of(mission.id).after(mission.last_step);
    let agent = match role {
        Role::Supervisor => Agents::SUPERVISOR,
        Role::Scout => Agents::SCOUT,
        Role::Critic => Agents::CRITIC,
        Role::Analyst => Agents::ANALYST,
        _ => return draft,
    };
    match AgentId::new(agent) {
        Some(agent) => draft.by(agent),
        None => draft,
    }
}
