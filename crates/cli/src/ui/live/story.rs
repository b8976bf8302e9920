//! Event lists for tests: what a mission's ledger would hold.

use axon_domain::{
    AgentId, CheckChoice, Claim, CommitRecord, CommitStep, Control, ControlStep, Decision, Draft,
    Entity, Event, GitId, Goal, Grants, Hlc, Holder, Language, LifecycleChange, LockChange,
    LockMode, LockRequest, LockStep, MergeRecord, Message, MissionEnd, MissionId, MissionSpec,
    ObjectId, Outcome, Payload, PeerIntent, Performative, PlanAcceptance, PlanProposal, Position,
    Receiver, Reflex, ReflexVerdict, Role, Seq, TaskChange, TaskId, TaskSpec, TaskStatus,
    Undecided, Violation, ViolationKind,
};

use crate::ui::live::model::Model;

pub(crate) const M: MissionId = MissionId(1);
/// When every story begins, in milliseconds.
pub(crate) const BEGIN: u64 = 1_000_000;

pub(crate) fn agent(number: u64) -> AgentId {
    AgentId::new(number).unwrap()
}

/// A mission as it is told to somebody who watches.
pub(crate) struct Story {
    pub(crate) model: Model,
    pub(crate) now: u64,
    seq: u64,
    /// The last request for a lock.
    pub(crate) asked: u64,
}

impl Story {
    pub(crate) fn new() -> Self {
        Self { model: Model::new(), now: BEGIN, seq: 0, asked: 0 }
    }

    /// A mission that was given and planned: a task for each path, in groups.
    pub(crate) fn planned(goal: Goal, tasks: &[(String, u32)]) -> Self {
        let mut story = Self::new();
        story.tell(Draft::new(Role::Operator, given(goal)));
        story.wait(1_200);
        let one = |(path, group): &(String, u32)| task(path, *group);
        story.tell(supervisor(plan(tasks.iter().map(one).collect())));
        let tasks = u32::try_from(tasks.len()).unwrap();
        story.tell(supervisor(Payload::PlanAccepted(PlanAcceptance { tasks })));
        story
    }

    /// A rewrite of so many files, each for itself.
    pub(crate) fn rewrite(files: u32) -> Self {
        let path = |n| (format!("shop/part_{}/module_{n}.py", n % 7), n);
        Self::planned(goal(), &(1..=files).map(path).collect::<Vec<_>>())
    }

    pub(crate) fn wait(&mut self, millis: u64) {
        self.now += millis;
    }

    pub(crate) fn tell(&mut self, draft: Draft) -> u64 {
        self.seq += 1;
        let event: Event = draft.of(M).at(Seq(self.seq), Hlc::from_millis(self.now));
        self.model.take(&event);
        self.seq
    }

    pub(crate) fn assign(&mut self, task: u32, coder: u64) {
        self.task(task, coder, TaskStatus::Assigned, "");
    }

    pub(crate) fn task(&mut self, task: u32, coder: u64, status: TaskStatus, note: &str) {
        let change = TaskChange { status, note: note.to_owned() };
        self.tell(coder_does(task, coder, Payload::Task(change)));
    }

    /// Tasks done one after the other by one coder.
    pub(crate) fn done(&mut self, tasks: std::ops::RangeInclusive<u32>, coder: u64) {
        for task in tasks {
            self.assign(task, coder);
            self.task(task, coder, TaskStatus::Done, "");
        }
    }

    pub(crate) fn lock(&mut self, task: Option<u32>, by: u64, step: LockStep) -> u64 {
        let holder = Holder::Agent { mission: M, task: task.map(TaskId), agent: agent(by) };
        let role = if by == 1 { Role::Supervisor } else { Role::Coder };
        self.tell(Draft::new(role, Payload::Lock(LockChange { holder, step })).by(agent(by)))
    }

    /// Asks for a file or another entity to write.
    pub(crate) fn want(&mut self, task: Option<u32>, by: u64, entity: &str) {
        let wanted = LockRequest::new(entity.parse().unwrap(), LockMode::Exclusive);
        self.asked = self.lock(task, by, LockStep::Wanted(wanted));
    }

    pub(crate) fn say(&mut self, role: Role, from: u64, to: Receiver, what: &str, place: &str) {
        let message = message(to, what, place);
        self.tell(Draft::new(role, Payload::Message(message)).by(agent(from)));
    }

    pub(crate) fn announce(&mut self, task: u32, coder: u64, what: &str, path: &str) {
        let claim = Claim { entity: Entity::file(path).unwrap(), mode: LockMode::Exclusive };
        let intent = PeerIntent { claims: vec![claim], priority: 5, note: what.to_owned() };
        self.tell(coder_does(task, coder, Payload::PeerIntent(intent)));
    }

    pub(crate) fn life(&mut self, role: Role, number: u64, from: &str, to: &str, reason: &str) {
        let change = LifecycleChange {
            old_state: from.to_owned(),
            new_state: to.to_owned(),
            reason: reason.to_owned(),
        };
        self.tell(Draft::new(role, Payload::Lifecycle(change)).by(agent(number)));
    }

    pub(crate) fn merge(&mut self, wave: u32, tasks: u32) {
        let merge = MergeRecord { changes: None, files: tasks, wave, tasks };
        self.tell(supervisor(Payload::Merge(merge)));
    }

    pub(crate) fn judge(&mut self, reflex: Reflex, subject: &str, passed: Option<bool>) {
        let verdict = ReflexVerdict {
            reflex,
            subject: subject.to_owned(),
            passed,
            note: "so it is".to_owned(),
            output: None,
            millis: 10,
        };
        self.tell(supervisor(Payload::Reflex(verdict)));
    }

    pub(crate) fn violate(&mut self, coder: u64) {
        let violation = Violation {
            broken: ViolationKind::Trust,
            expected: "shop/a.py".to_owned(),
            observed: "wrote shop/b.py".to_owned(),
        };
        self.tell(Draft::new(Role::Coder, Payload::Violation(violation)).by(agent(coder)));
    }

    pub(crate) fn control(&mut self, step: ControlStep, reason: &str) {
        let control = Control { step, reason: reason.to_owned() };
        self.tell(Draft::new(Role::Operator, Payload::Control(control)));
    }

    pub(crate) fn decide(&mut self, chosen: &str) {
        self.tell(supervisor(Payload::Decision(Decision {
            trigger: "the check".to_owned(),
            rationale: String::new(),
            chosen: chosen.to_owned(),
            rejected: Vec::new(),
            evidence: Vec::new(),
            details: None,
        })));
    }

    pub(crate) fn end(&mut self) {
        let commit = CommitRecord {
            step: CommitStep::Made,
            branch: "axon/m1".to_owned(),
            commit: GitId::from_bytes(&[7; 20]),
            message: None,
        };
        self.tell(supervisor(Payload::Commit(commit)));
        self.tell(supervisor(Payload::MissionEnded(MissionEnd {
            outcome: Outcome::Done,
            code: None,
            reason: "the check passes".to_owned(),
            hint: None,
        })));
    }
}

pub(crate) fn goal() -> Goal {
    Goal::Rewrite {
        pattern: "old($A)".to_owned(),
        replacement: "new($A)".to_owned(),
        language: Language::Python,
    }
}

pub(crate) fn supervisor(payload: Payload) -> Draft {
    Draft::new(Role::Supervisor, payload).by(agent(1))
}

pub(crate) fn coder_does(task: u32, coder: u64, payload: Payload) -> Draft {
    Draft::new(Role::Coder, payload).by(agent(coder)).task(TaskId(task))
}

pub(crate) fn given(goal: Goal) -> Payload {
    Payload::MissionGiven(Box::new(MissionSpec {
        goal,
        paths: Vec::new(),
        check: CheckChoice::Found,
        undecided: Undecided::Ask,
        base_commit: GitId::from_bytes(&[1; 20]).unwrap(),
        base_tree: GitId::from_bytes(&[2; 20]).unwrap(),
        head_branch: None,
        branch: "axon/m1".to_owned(),
        agents: 4,
        grants: Grants::none(),
        unconfined: false,
        hooks: Vec::new(),
    }))
}

pub(crate) fn plan(tasks: Vec<TaskSpec>) -> Payload {
    Payload::PlanProposed(PlanProposal {
        sites: u32::try_from(tasks.len()).unwrap() * 3,
        tasks,
        mentions: 2,
        report: ObjectId([0; 32]),
        claims: Vec::new(),
    })
}

pub(crate) fn task(path: &str, group: u32) -> TaskSpec {
    TaskSpec {
        title: format!("edit 3 places in {path}"),
        path: path.to_owned(),
        sites: 3,
        edits: ObjectId([0; 32]),
        after: Vec::new(),
        group,
        line: Some(3),
        defines: false,
    }
}

pub(crate) fn message(receiver: Receiver, content: &str, place: &str) -> Message {
    let position = |(path, line): (&str, &str)| Position {
        path: path.to_owned(),
        line: line.parse().unwrap_or(1),
    };
    Message {
        performative: Performative::Inform,
        receiver,
        conversation: None,
        in_reply_to: None,
        protocol: None,
        content: content.to_owned(),
        places: place.rsplit_once(':').map(position).into_iter().collect(),
        attachment: None,
    }
}
