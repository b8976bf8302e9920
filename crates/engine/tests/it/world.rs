//! A world in memory: performs effects at once and keeps the events.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use axon_domain::{
    Action, AgentId, CheckChoice, Claim, CommitRecord, CommitStep, Conflict, ConflictStep, Draft,
    Event, GitId, Goal, Grants, Hlc, LifecycleChange, Limits, LockMode, MergeRecord, Message,
    MissionId, MissionSpec, ObjectId, Outcome, Payload, Performative, PlanProposal, Receiver,
    Reflex, ReflexVerdict, Role, Seq, SessionId, StateChange, TargetType, TaskChange, TaskId,
    TaskSpec, TaskStatus, Undecided,
};
use axon_engine::{Agents, Effect, Effects, State, apply, decide, expire, next_expiry, resume};

/// What the world does when asked.
#[derive(Debug, Clone)]
pub(crate) struct Script {
    /// For each task, which tasks it waits for (numbers below its own).
    pub(crate) after: Vec<Vec<u32>>,
    /// The group of each task; tasks beyond the end are of group 0.
    pub(crate) groups: Vec<u32>,
    /// Tasks whose edit does not parse.
    pub(crate) broken: BTreeSet<u32>,
    /// Tasks with which the check fails, whatever else is merged.
    pub(crate) culprits: BTreeSet<u32>,
    /// Verdict of the check; `None`: nothing to check with.
    pub(crate) check: Option<bool>,
    /// Verdict of the check on the base.
    pub(crate) base_check: bool,
    /// Whether the check and the check on the base are stopped at a limit instead.
    pub(crate) stopped: [bool; 2],
    /// Verdict of the critic.
    pub(crate) review: bool,
    /// Verdicts of the hooks; `None`: stopped at a limit.
    pub(crate) hooks: Vec<Option<bool>>,
    pub(crate) agents: u32,
    /// What the mission claims as a whole.
    pub(crate) claims: Vec<&'static str>,
    /// How often the coder of a task fails before it finishes.
    pub(crate) fails: BTreeMap<u32, u32>,
    /// Tasks whose coder writes another file than it announced, always.
    pub(crate) strays: BTreeSet<u32>,
    /// Tasks whose coder writes its file again and again.
    pub(crate) loops: BTreeSet<u32>,
    /// Tasks whose coder never answers the first time.
    pub(crate) silent: BTreeSet<u32>,
    /// Pairs of tasks, the lower first, whose changes cannot be merged with each other.
    pub(crate) clashes: BTreeSet<(u32, u32)>,
    /// How many files cannot be merged before there is a plan.
    pub(crate) disputed: u32,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            after: vec![vec![]; 3],
            groups: Vec::new(),
            broken: BTreeSet::new(),
            culprits: BTreeSet::new(),
            check: Some(true),
            base_check: true,
            stopped: [false; 2],
            review: true,
            hooks: vec![],
            agents: 2,
            claims: vec!["symbol:a"],
            fails: BTreeMap::new(),
            strays: BTreeSet::new(),
            loops: BTreeSet::new(),
            silent: BTreeSet::new(),
            clashes: BTreeSet::new(),
            disputed: 0,
        }
    }
}

pub(crate) struct World {
    pub(crate) script: Script,
    pub(crate) log: Vec<Event>,
    pub(crate) state: State,
    /// Outside effects asked for and not yet performed.
    pub(crate) queue: VecDeque<Effect>,
    /// How often each task was finished by a coder.
    pub(crate) finished: Vec<TaskId>,
    /// The hooks that ran.
    pub(crate) hooked: Vec<String>,
    pub(crate) most_at_once: usize,
    /// How often the check was run on a merged tree.
    pub(crate) checks: usize,
    /// Milliseconds of the ledger's clock.
    pub(crate) millis: u64,
    /// The files that a person was asked about, each time.
    pub(crate) asked: Vec<String>,
}

pub(crate) const MISSION: MissionId = MissionId(1);

impl World {
    pub(crate) fn new(script: Script) -> Self {
        let mut world = Self {
            script,
            log: Vec::new(),
            state: State::default(),
            queue: VecDeque::new(),
            finished: Vec::new(),
            hooked: Vec::new(),
            asked: Vec::new(),
            most_at_once: 0,
            checks: 0,
            millis: 0,
        };
        world.record(
            Draft::new(Role::Operator, given_with(world.script.agents, world.script.hooks.len()))
                .of(MISSION),
        );
        world
    }

    pub(crate) fn record(&mut self, draft: Draft) {
        let mut drafts = VecDeque::from([draft]);
        while let Some(draft) = drafts.pop_front() {
            let seq = Seq(self.log.len() as u64 + 1);
            self.millis += 1;
            let event = draft.at(seq, Hlc::from_millis(self.millis));
            apply(&mut self.state, &event);
            let mut effects = Effects::new();
            decide(&self.state, &event, &mut effects);
            self.log.push(event);
            self.take(effects, &mut drafts);
        }
    }

    fn take(&mut self, effects: Effects, drafts: &mut VecDeque<Draft>) {
        for effect in effects {
            match effect {
                Effect::Record(draft) => drafts.push_back(draft),
                // What is being done is not begun again, as when a pause is lifted.
                outside if self.queue.contains(&outside) => {}
                outside => self.queue.push_back(outside),
            }
        }
        self.most_at_once = self.most_at_once.max(self.queue.len());
    }

    /// Performs the next outside effect; false when there is none.
    pub(crate) fn step(&mut self) -> bool {
        let Some(effect) = self.queue.pop_front() else { return false };
        match effect {
            Effect::Record(_) => unreachable!("records are never queued"),
            Effect::Scout { share, .. } => self.report(share),
            Effect::Plan(_) => self.plan(),
            Effect::Work { task, agent, .. } => self.work(task, agent),
            Effect::Merge(_) => self.merge(),
            Effect::Check(_) => {
                self.checks += 1;
                let bad = self.merged().iter().any(|task| self.script.culprits.contains(task));
                let passed = self.script.check.map(|passes| passes && !bad);
                self.verdict(Reflex::Check, passed);
            }
            Effect::CheckBase(_) => {
                self.verdict(Reflex::BaseCheck, Some(self.script.base_check));
            }
            Effect::Review(_) => self.verdict(Reflex::Review, Some(self.script.review)),
            Effect::Hook(_) => self.run_hook(),
            Effect::Commit(_) => self.say(
                Role::System,
                Payload::Commit(CommitRecord {
                    step: CommitStep::Made,
                    branch: "axon/m1".into(),
                    commit: GitId::from_bytes(&[3; 20]),
                    message: None,
                }),
            ),
        }
        true
    }

    pub(crate) fn run(&mut self) -> Option<Outcome> {
        for _ in 0..100_000 {
            if self.step() || self.settle() {
                continue;
            }
            // Nothing happens any more until somebody's time is over.
            let Some(next) = next_expiry(&self.state) else {
                return self.state.missions[&MISSION].outcome();
            };
            self.millis = self.millis.max(next);
            expire(&self.state, self.millis).into_iter().for_each(|draft| self.record(draft));
        }
        panic!("the mission does not end");
    }

    /// A scout has found nothing, and says so.
    fn report(&mut self, share: u32) {
        let message = Message {
            performative: Performative::Inform,
            receiver: Receiver::Agent(Agents::supervisor()),
            conversation: None,
            in_reply_to: None,
            protocol: None,
            content: "nothing".into(),
            places: Vec::new(),
            attachment: Some(ObjectId([u8::try_from(share).unwrap(); 32])),
        };
        let draft = Draft::new(Role::Scout, Payload::Message(message));
        self.record(draft.of(MISSION).by(Agents::searcher(share)));
    }

    fn work(&mut self, task: TaskId, agent: AgentId) {
        let draft = |payload| Draft::new(Role::Coder, payload).of(MISSION).task(task).by(agent);
        if self.script.silent.remove(&task.0) {
            return;
        }
        if let Some(left) = self.script.fails.get_mut(&task.0).filter(|left| **left > 0) {
            *left -= 1;
            return self.record(Draft { task: None, ..draft(failed("it panicked")) });
        }
        let path = format!("f{}.py", task.0 - 1);
        let times = if self.script.loops.contains(&task.0) { 100 } else { 1 };
        for _ in 0..times {
            self.record(draft(wrote(&path)));
        }
        if self.script.strays.contains(&task.0) {
            self.record(draft(wrote("other.py")));
        }
        let broken = self.script.broken.contains(&task.0);
        let status = if broken { TaskStatus::Failed } else { TaskStatus::Done };
        self.finished.push(task);
        self.record(draft(Payload::Task(TaskChange { status, note: "does not parse".into() })));
    }

    /// The process is gone and another one takes over: only the log is left.
    pub(crate) fn crash(&mut self) {
        self.queue.clear();
        self.state = rebuild(&self.log);
        let mut effects = Effects::new();
        resume(&self.state, &mut effects);
        let mut drafts = VecDeque::new();
        self.take(effects, &mut drafts);
        for draft in drafts {
            self.record(draft);
        }
    }

    /// The plan, once nothing is disputed any more.
    fn plan(&mut self) {
        let settled = self.state.missions[&MISSION].conflicts.all().count();
        if settled == self.script.disputed as usize {
            return self.say(Role::Supervisor, plan(&self.script));
        }
        for number in 0..self.script.disputed {
            self.say(Role::Supervisor, dispute(&format!("d{number}.py")));
        }
    }

    /// A person settles the first conflict, if the mission waits for that.
    pub(crate) fn settle(&mut self) -> bool {
        let mission = &self.state.missions[&MISSION];
        let Some(open) = mission.conflicts.open().next().filter(|_| mission.in_conflict()) else {
            return false;
        };
        let path = open.path.clone();
        let step = ConflictStep::Resolved { how: "mine".into(), result: None };
        let conflict = Conflict { path: path.clone(), reason: "content".into(), step };
        self.asked.push(path);
        self.say(Role::Operator, Payload::Conflict(conflict));
        true
    }

    /// Merges a part as the runtime does: groups that clash with a lower one are put off, and
    /// the last one that does is for a person. The tree is told by what is in it.
    fn merge(&mut self) {
        let mission = &self.state.missions[&MISSION];
        let before = mission.accepted.changes.map_or_else(BTreeSet::new, tasks_in);
        let settled = |task: u32| {
            mission.conflicts.all().any(|it| it.task == Some(TaskId(task)) && it.settled.is_some())
        };
        let group = |task: TaskId| mission.task(task).unwrap().group;
        let mut part = mission.part();
        part.sort_by_key(|task| (group(*task), *task));
        let bad = loop {
            let mut tree = before.clone();
            let mut bad = Vec::new();
            for task in &part {
                let clash = |other: &u32| self.script.clashes.contains(&(*other, task.0));
                if tree.iter().any(clash) && !settled(task.0) {
                    bad.push(*task);
                }
                tree.insert(task.0);
            }
            let groups: BTreeSet<u32> = part.iter().map(|task| group(*task)).collect();
            let mut off: BTreeSet<u32> = bad.iter().map(|task| group(*task)).collect();
            if off.len() == groups.len() {
                off.pop_first();
            }
            if off.is_empty() {
                break bad;
            }
            part.retain(|task| !off.contains(&group(*task)));
            if part.is_empty() {
                break bad;
            }
        };
        let off: BTreeMap<u32, TaskId> = mission
            .part()
            .into_iter()
            .filter(|task| !part.contains(task))
            .map(|task| (group(task), task))
            .collect();
        let wave = mission.wave.number;
        let told: Vec<TaskId> = off.into_values().chain(bad.clone()).collect();
        let mut tasks = before;
        tasks.extend(part.iter().filter(|task| !bad.contains(task)).map(|task| task.0));
        let mut tree = [0; 32];
        tasks.iter().for_each(|task| tree[*task as usize / 8] |= 1 << (task % 8));
        for task in told {
            let draft = Draft::new(Role::Supervisor, dispute(&format!("f{}.py", task.0 - 1)));
            self.record(draft.of(MISSION).task(task));
        }
        let merge = MergeRecord {
            changes: Some(ObjectId(tree)),
            files: u32::try_from(tasks.len()).unwrap(),
            wave,
            tasks: u32::try_from(part.len()).unwrap(),
        };
        self.say(Role::Supervisor, Payload::Merge(merge));
    }

    /// The tasks in the mission's tree.
    pub(crate) fn merged(&self) -> BTreeSet<u32> {
        self.state.missions[&MISSION].changes.map_or_else(BTreeSet::new, tasks_in)
    }

    fn say(&mut self, role: Role, payload: Payload) {
        self.record(Draft::new(role, payload).of(MISSION));
    }

    fn run_hook(&mut self) {
        let mission = &self.state.missions[&MISSION];
        let place = mission.hooks as usize;
        self.hooked.push(mission.next_hook().unwrap().to_owned());
        let reworded = CommitRecord {
            step: CommitStep::Reworded,
            branch: "axon/m1".into(),
            commit: None,
            message: Some(ObjectId([7; 32])),
        };
        self.say(Role::Supervisor, Payload::Commit(reworded));
        self.verdict(Reflex::Hook, self.script.hooks[place]);
    }

    fn verdict(&mut self, reflex: Reflex, passed: Option<bool>) {
        let stopped = match reflex {
            Reflex::Check => self.script.stopped[0],
            Reflex::BaseCheck => self.script.stopped[1],
            _ => false,
        };
        let note = match (stopped, passed) {
            (true, _) => "stopped at its limit of 1 s\nlast words",
            (false, None) => "no check was found\nlooked for one",
            _ => "",
        };
        let verdict = ReflexVerdict {
            reflex,
            subject: "check".into(),
            passed: passed.filter(|_| !stopped),
            note: note.into(),
            output: stopped.then_some(ObjectId([8; 32])),
            millis: 0,
        };
        self.say(Role::Critic, Payload::Reflex(verdict));
    }
}

/// A file cannot be merged.
fn dispute(path: &str) -> Payload {
    let step = ConflictStep::Found { base: None, current: None, changed: None };
    Payload::Conflict(Conflict { path: path.into(), reason: "content".into(), step })
}

/// An agent failed.
pub(crate) fn failed(reason: &str) -> Payload {
    Payload::Lifecycle(LifecycleChange {
        old_state: "running".into(),
        new_state: "failed".into(),
        reason: reason.into(),
    })
}

/// A coder wrote a file.
pub(crate) fn wrote(path: &str) -> Payload {
    Payload::StateChange(StateChange {
        target: TargetType::FileSystem,
        resource: path.into(),
        action: Action::Update,
        session: SessionId(1),
        previous: None,
        new: None,
        executable: false,
    })
}

/// Something that is claimed.
pub(crate) fn claim(entity: &str) -> Claim {
    Claim { entity: entity.parse().unwrap(), mode: LockMode::Exclusive }
}

fn tasks_in(tree: ObjectId) -> BTreeSet<u32> {
    (0..256).filter(|task| tree.0[*task as usize / 8] & 1 << (task % 8) != 0).collect()
}

pub(crate) fn rebuild(log: &[Event]) -> State {
    let mut state = State::default();
    log.iter().for_each(|event| apply(&mut state, event));
    state
}

pub(crate) fn given(agents: u32) -> Payload {
    given_with(agents, 0)
}

fn given_with(agents: u32, hooks: usize) -> Payload {
    Payload::MissionGiven(Box::new(MissionSpec {
        goal: Goal::Rename {
            from: "a".into(),
            to: "b".into(),
            at: None,
            kind: None,
            keep_alias: false,
        },
        paths: vec![],
        check: CheckChoice::Found,
        undecided: Undecided::Ask,
        base_commit: GitId::from_bytes(&[1; 20]).unwrap(),
        base_tree: GitId::from_bytes(&[2; 20]).unwrap(),
        head_branch: Some("main".into()),
        branch: "axon/m1".into(),
        agents,
        grants: grants(),
        unconfined: false,
        hooks: (0..hooks).map(|place| format!("hook-{place}")).collect(),
    }))
}

pub(crate) fn grants() -> Grants {
    Grants {
        read: vec![".".into()],
        write: vec![".".into()],
        limits: Limits::CHECK,
        ..Grants::none()
    }
}

pub(crate) fn plan(script: &Script) -> Payload {
    let tasks = script
        .after
        .iter()
        .enumerate()
        .map(|(place, after)| TaskSpec {
            title: format!("edit f{place}.py"),
            path: format!("f{place}.py"),
            sites: 1,
            edits: ObjectId([1; 32]),
            after: after.iter().map(|number| TaskId(*number)).collect(),
            group: script.groups.get(place).copied().unwrap_or(0),
            line: Some(1),
            defines: place == 0,
        })
        .collect();
    let report = ObjectId([0; 32]);
    let claims = script.claims.iter().map(|name| claim(name)).collect();
    Payload::PlanProposed(PlanProposal { tasks, sites: 1, mentions: 0, report, claims })
}
