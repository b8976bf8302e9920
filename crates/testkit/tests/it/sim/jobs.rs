//! What agents do: an effect becomes a job of an agent, and later, or never, or twice, its
//! outcome.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use axon_domain::{
    Action, AgentId, CommitRecord, CommitStep, ContentId, Draft, LifecycleChange, Message,
    MissionId, ObjectId, Payload, Performative, Receiver, Reflex, ReflexVerdict, Role, Seq,
    SessionChange, SessionId, SessionStep, StateChange, TargetType, TaskChange, TaskId, TaskStatus,
    Token,
};
use axon_engine::{Agents, Effect, MOST_CHANGES, Mission, PATIENCE, Phase};

use super::script::Check;
use super::world::{Branch, Happening, World};

/// A job of an agent, with what it was given.
#[derive(Debug)]
pub(super) struct Order {
    pub(super) mission: MissionId,
    pub(super) agent: AgentId,
    pub(super) number: u64,
    pub(super) effect: Effect,
    /// The mission's tree: what is in it for good, and what is tried.
    pub(super) accepted: Option<ObjectId>,
    changes: Option<ObjectId>,
    pub(super) wave: u32,
    pub(super) part: Vec<TaskId>,
    hooks: u32,
    /// The event that the step follows from.
    pub(super) cause: Seq,
    /// Under which token a coder has its file.
    pub(super) token: Option<Token>,
    /// When it was given out, on the wall.
    begun: u64,
    manner: Manner,
}

/// How an agent does a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manner {
    Finish,
    Panic,
    Silent,
    Stray,
    Circles,
}

/// Which mission an effect belongs to.
pub(super) fn mission_of(effect: &Effect) -> Option<MissionId> {
    match effect {
        Effect::Record(draft) => draft.mission,
        Effect::Work { mission, .. } | Effect::Scout { mission, .. } => Some(*mission),
        Effect::Plan(mission)
        | Effect::Merge(mission)
        | Effect::Check(mission)
        | Effect::CheckBase(mission)
        | Effect::Review(mission)
        | Effect::Hook(mission)
        | Effect::Commit(mission) => Some(*mission),
    }
}

fn agent_of(effect: &Effect) -> AgentId {
    let number = match effect {
        Effect::Work { agent, .. } => return *agent,
        Effect::Scout { share, .. } => return Agents::searcher(*share),
        Effect::Plan(_) => Agents::SCOUT,
        Effect::Review(_) => Agents::CRITIC,
        _ => Agents::SUPERVISOR,
    };
    AgentId::new(number).unwrap()
}

impl World {
    /// Gives all effects that wait to their agents.
    pub(super) fn give_out_all(&mut self) {
        while let Some(effect) = self.process.as_mut().and_then(|it| it.waiting.pop_front()) {
            self.give_out(effect);
        }
    }

    fn give_out(&mut self, effect: Effect) {
        let id = mission_of(&effect).unwrap();
        let agent = agent_of(&effect);
        let token = self.check_given_out(id, agent, &effect);
        let manner = self.draw_manner(&effect);
        let slow = self.fault(|faults| faults.slow);
        let most = if slow { 3 * PATIENCE } else { [3, 100, 5_000][self.random.below(3)] };
        let (wait, again) = (1 + self.millis(most), 1 + self.millis(20_000));
        let twice = self.fault(|faults| faults.twice);
        if let Effect::Work { task, .. } = &effect
            && (slow || manner != Manner::Finish)
        {
            *self.blame.entry((id, *task)).or_default() += 1;
        }
        self.numbers += 1;
        let mission = &self.state.missions[&id];
        let order = Rc::new(Order {
            mission: id,
            agent,
            number: self.numbers,
            accepted: mission.accepted.changes,
            changes: mission.changes,
            wave: mission.wave.number,
            part: if matches!(effect, Effect::Merge(_)) { mission.part() } else { Vec::new() },
            hooks: mission.hooks,
            cause: mission.last_step,
            token,
            begun: self.wall(),
            manner,
            effect,
        });
        let process = self.process.as_mut().unwrap();
        process.jobs.insert((id, agent), Rc::clone(&order));
        process.hired.insert((id, agent));
        if manner == Manner::Silent {
            return;
        }
        if twice {
            self.happens_in(wait + again, Happening::Outcome(Rc::clone(&order)));
        }
        self.happens_in(wait, Happening::Outcome(order));
    }

    fn draw_manner(&mut self, effect: &Effect) -> Manner {
        let of_task = matches!(effect, Effect::Work { .. });
        // One who never answers is only given up if it is a coder; the rest has limits.
        if self.fault(|faults| faults.silent) && of_task {
            Manner::Silent
        } else if self.fault(|faults| faults.stray) && of_task {
            Manner::Stray
        } else if self.fault(|faults| faults.circles) && of_task {
            Manner::Circles
        } else if self.fault(|faults| faults.panic) {
            Manner::Panic
        } else {
            Manner::Finish
        }
    }

    /// An agent comes back from a job.
    pub(super) fn done(&mut self, order: &Rc<Order>) {
        let Some(process) = &mut self.process else { return };
        let key = (order.mission, order.agent);
        let current = process.jobs.get(&key).is_some_and(|it| it.number == order.number);
        let live = process.live.contains(&order.mission);
        if current {
            process.jobs.remove(&key);
            self.check_still_held(order);
        } else {
            self.counts.late += 1;
            // Steps of the whole mission are fenced always: nothing tells a verdict that comes
            // late from the one that is awaited.
            let of_task = matches!(order.effect, Effect::Work { .. });
            if !self.setting.faults.unfenced || !of_task || !live {
                return;
            }
            // Nobody waits for what is answered, whoever answers.
            if process.jobs.get(&key).is_some_and(|it| it.effect == order.effect) {
                process.jobs.remove(&key);
            }
            self.blame_again(order);
        }
        if live && self.fault(|faults| faults.stop) {
            self.stop(order.mission);
        }
        self.perform(order);
        if self.fault(|faults| faults.control) {
            self.hold(order.mission);
        }
    }

    /// What went wrong counts once more when it is heard again, of the task that it was about and
    /// of the one that the agent has now.
    fn blame_again(&mut self, order: &Order) {
        let Effect::Work { task, agent, .. } = &order.effect else { return };
        if order.manner == Manner::Finish {
            return;
        }
        let mission = &self.state.missions[&order.mission];
        let now = mission.working().filter(|(other, _)| other == agent).map(|(_, task)| task);
        let tasks: BTreeSet<TaskId> = now.chain([*task]).collect();
        for task in tasks {
            *self.blame.entry((order.mission, task)).or_default() += 1;
        }
    }

    /// Gives out no more work for a mission until somebody goes on with it.
    fn stop(&mut self, id: MissionId) {
        let Some(process) = &mut self.process else { return };
        process.live.remove(&id);
        process.waiting.retain(|effect| mission_of(effect) != Some(id));
        process.leaving.insert(id);
        let wait = self.millis(100_000);
        self.happens_in(wait, Happening::Resume(id));
    }

    /// Records what an agent did. Of a mission that was stopped it counts, too, but nothing
    /// follows from it for that mission.
    fn perform(&mut self, order: &Order) {
        let drafts = match order.manner {
            Manner::Panic => {
                if let Some(process) = &mut self.process {
                    process.hired.remove(&(order.mission, order.agent));
                }
                // It may have made the commit before.
                if matches!(order.effect, Effect::Commit(_))
                    && self.random.below(2) == 0
                    && !self.commit(order)
                {
                    return;
                }
                vec![panicked(order)]
            }
            _ => match self.outcome(order) {
                Some(drafts) => drafts,
                None => return,
            },
        };
        let live = self.process.as_ref().is_some_and(|it| it.live.contains(&order.mission));
        let of_it = |effect: &Effect| !live && mission_of(effect) == Some(order.mission);
        if self.random.below(4) > 0 {
            return self.absorb_but(drafts, of_it);
        }
        for draft in drafts {
            if self.process.is_some() {
                self.absorb_but(vec![draft], of_it);
            }
        }
    }

    fn outcome(&mut self, order: &Order) -> Option<Vec<Draft>> {
        Some(match &order.effect {
            Effect::Record(_) => unreachable!("records are no jobs"),
            Effect::Scout { share, .. } => vec![report(order, *share)],
            Effect::Plan(_) => {
                let plan = self.missions[&order.mission].script.plan();
                vec![order.say(Role::Scout, Payload::PlanProposed(plan))]
            }
            Effect::Work { task, .. } => self.work(order, *task),
            Effect::Merge(_) => self.merge(order),
            Effect::Check(_) => vec![self.check(order)],
            Effect::CheckBase(_) => {
                let anyway = self.missions[&order.mission].script.check == Check::FailsAnyway;
                vec![verdict(order, Reflex::BaseCheck, Some(!anyway), false)]
            }
            Effect::Review(_) => {
                let review = self.missions[&order.mission].script.review;
                vec![verdict(order, Reflex::Review, Some(review), false)]
            }
            Effect::Hook(_) => {
                let hook = self.missions[&order.mission].script.hooks[order.hooks as usize];
                vec![verdict(order, Reflex::Hook, hook, hook.is_none())]
            }
            Effect::Commit(_) => {
                if !self.commit(order) {
                    return None;
                }
                vec![order.say(Role::Supervisor, Payload::Commit(commit_record()))]
            }
        })
    }

    /// A coder edits its file in a session of its own.
    fn work(&mut self, order: &Order, task: TaskId) -> Vec<Draft> {
        let given = &self.missions[&order.mission];
        let step = given.script.steps[task.0 as usize - 1].clone();
        let before = self.texts.at(&given.base, order.accepted, &step.path);
        let after = self.texts.edit(before, &step.edit);
        let say = |payload| order.say(Role::Coder, payload).task(task);
        let opened = SessionChange {
            session: SessionId(task.0),
            step: SessionStep::Opened,
            sees: order.accepted,
        };
        let wrote = |path: &str| say(wrote(task, path, before, after));
        let mut drafts = vec![say(Payload::Session(opened)), wrote(&step.path)];
        match order.manner {
            Manner::Stray => drafts.push(wrote("src/elsewhere.py")),
            Manner::Circles => drafts.extend((0..MOST_CHANGES).map(|_| wrote(&step.path))),
            _ => {}
        }
        let change = match step.broken {
            true => TaskChange { status: TaskStatus::Failed, note: "does not parse".into() },
            false => TaskChange { status: TaskStatus::Done, note: String::new() },
        };
        drafts.push(say(Payload::Task(change)));
        drafts
    }

    /// The project's check on the mission's tree.
    fn check(&self, order: &Order) -> Draft {
        let script = &self.missions[&order.mission].script;
        let merged = self.tasks_in(order.mission, order.changes);
        let passed = script.verdict(&merged);
        let stopped = script.check == Check::Stops && passed.is_none();
        verdict(order, Reflex::Check, passed, stopped)
    }

    /// The tasks whose marks are in a tree.
    pub(super) fn tasks_in(&self, id: MissionId, changes: Option<ObjectId>) -> BTreeSet<u32> {
        let steps = &self.missions[&id].script.steps;
        let marks: BTreeMap<&str, u32> =
            (1..).zip(steps).map(|(number, step)| (step.edit.mark.as_str(), number)).collect();
        let mut tasks = BTreeSet::new();
        for text in self.texts.tree(changes).values() {
            let text = self.texts.text(*text);
            tasks.extend(text.split_whitespace().filter_map(|word| marks.get(word)));
        }
        tasks
    }

    /// Makes the commit, unless a process made it that ended before it could say so. False where
    /// the disk is full.
    fn commit(&mut self, order: &Order) -> bool {
        if !self.sync() {
            return false;
        }
        let wanted = &self.log[order.cause.0 as usize - 1];
        let says = matches!(&wanted.payload,
            Some(Payload::Commit(it)) if it.step == CommitStep::Wanted);
        assert!(says && wanted.mission == Some(order.mission), "nobody wanted that commit");
        let branch = Branch { event: order.cause, changes: order.changes, removed: false };
        let made = self.branches.entry(order.mission).or_insert(branch);
        assert_eq!((made.event, made.changes), (order.cause, order.changes), "made before");
        true
    }
}

impl Order {
    /// Whether nobody waits for it any longer.
    pub(super) fn is_late(&self, wall: u64) -> bool {
        self.begun + PATIENCE <= wall
    }

    pub(super) fn say(&self, role: Role, payload: Payload) -> Draft {
        Draft::new(role, payload).of(self.mission).by(self.agent).after(self.cause)
    }
}

fn report(order: &Order, share: u32) -> Draft {
    let message = Message {
        performative: Performative::Inform,
        receiver: Receiver::Agent(Agents::supervisor()),
        conversation: None,
        in_reply_to: None,
        protocol: None,
        content: "nothing".into(),
        places: Vec::new(),
        attachment: Some(ObjectId([share as u8; 32])),
    };
    order.say(Role::Scout, Payload::Message(message))
}

fn panicked(order: &Order) -> Draft {
    let change = LifecycleChange {
        old_state: "running".into(),
        new_state: "failed".into(),
        reason: "it panicked".into(),
    };
    let role = match order.effect {
        Effect::Work { .. } => Role::Coder,
        _ => Role::Supervisor,
    };
    Draft { causes: vec![], ..order.say(role, Payload::Lifecycle(change)) }
}

fn wrote(task: TaskId, path: &str, before: ObjectId, after: ObjectId) -> Payload {
    Payload::StateChange(StateChange {
        target: TargetType::FileSystem,
        resource: path.into(),
        action: Action::Update,
        session: SessionId(task.0),
        previous: Some(ContentId::Object(before)),
        new: Some(ContentId::Object(after)),
        executable: false,
    })
}

fn commit_record() -> CommitRecord {
    CommitRecord {
        step: CommitStep::Made,
        branch: "axon/m".into(),
        commit: axon_domain::GitId::from_bytes(&[3; 20]),
        message: None,
    }
}

fn verdict(order: &Order, reflex: Reflex, passed: Option<bool>, stopped: bool) -> Draft {
    let verdict = ReflexVerdict {
        reflex,
        subject: "check".into(),
        passed,
        note: if stopped { "stopped at its limit of 1 s".into() } else { "no check".into() },
        output: stopped.then_some(ObjectId([8; 32])),
        millis: 0,
    };
    order.say(Role::Supervisor, Payload::Reflex(verdict))
}

/// Whether a mission is over.
pub(super) fn has_ended(mission: &Mission) -> bool {
    mission.phase == Phase::Ended
}
