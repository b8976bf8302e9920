//! `apply` and `decide` alone: no ledger, no clock, no disk.

use std::collections::VecDeque;
use std::hint::black_box;

use axon_domain::{
    Action, CheckChoice, Claim, CommitRecord, CommitStep, ContentId, Draft, Entity, Event, GitId,
    Goal, Grants, Hlc, LockMode, MergeRecord, Message, MissionId, MissionSpec, ObjectId, Payload,
    Performative, PlanProposal, Receiver, Reflex, ReflexVerdict, Role, Seq, SessionChange,
    SessionId, SessionStep, StateChange, TargetType, TaskChange, TaskId, TaskSpec, TaskStatus,
    Undecided,
};
use axon_engine::{Agents, Effect, Effects, State, apply, decide};

use crate::Options;
use crate::stats::{Spread, timed};
use crate::table::{Row, thousands};

pub(crate) fn run(options: &Options) -> Vec<Row> {
    let (tasks, missions) = (options.size(10_000, 1_000), options.size(1_000, 100));
    vec![
        row(options, format!("one mission of {} tasks", thousands(tasks)), &history(1, tasks)),
        row(options, format!("{} missions of 3 tasks", thousands(missions)), &history(missions, 3)),
    ]
}

fn row(options: &Options, what: String, events: &[Event]) -> Row {
    let times = (0..options.rounds(7)).map(|_| replay(events)).collect();
    let seconds = Spread::of(times);
    let rate = |seconds: f64| events.len() as f64 / seconds / 1e6;
    Row::new(
        format!("`apply` + `decide`, {what}: {} events", thousands(events.len())),
        format!(
            "{:.2} M steps/s on one core ({:.2}–{:.2})",
            rate(seconds.median),
            rate(seconds.most),
            rate(seconds.least)
        ),
    )
    .goal("1 M steps/s per core")
    .durability("none: in memory")
}

/// Applies every event to an empty state and decides on each, as the dispatcher does.
pub(crate) fn replay(events: &[Event]) -> f64 {
    let mut effects = Effects::new();
    let (seconds, state) = timed(|| {
        let mut state = State::default();
        for event in events {
            apply(&mut state, event);
            decide(&state, event, &mut effects);
            black_box(&effects);
            effects.clear();
        }
        state
    });
    assert_eq!(state.open_missions().count(), 0, "every mission of the bench ends");
    seconds
}

/// Every event of missions that go well, one after the other, as workers would send them.
fn history(missions: usize, tasks: usize) -> Vec<Event> {
    history_of(missions, tasks, 2)
}

/// The same with so many coders.
pub(crate) fn history_of(missions: usize, tasks: usize, agents: u32) -> Vec<Event> {
    let mut world = World::default();
    for number in 0..missions {
        let id = MissionId(number as u32 + 1);
        let mut spec = given(id);
        if let Payload::MissionGiven(spec) = &mut spec {
            spec.agents = agents;
        }
        world.record(Draft::new(Role::Operator, spec).of(id));
        while let Some(effect) = world.outside.pop_front() {
            world.perform(&effect, id, tasks);
        }
    }
    world.events
}

#[derive(Default)]
struct World {
    state: State,
    events: Vec<Event>,
    outside: VecDeque<Effect>,
}

impl World {
    fn record(&mut self, draft: Draft) {
        let mut drafts = VecDeque::from([draft]);
        while let Some(draft) = drafts.pop_front() {
            let seq = Seq(self.events.len() as u64 + 1);
            let event = draft.at(seq, Hlc::from_millis(1_700_000_000_000 + seq.0));
            apply(&mut self.state, &event);
            let mut effects = Effects::new();
            decide(&self.state, &event, &mut effects);
            self.events.push(event);
            for effect in effects {
                match effect {
                    Effect::Record(draft) => drafts.push_back(draft),
                    outside => self.outside.push_back(outside),
                }
            }
        }
    }

    fn perform(&mut self, effect: &Effect, id: MissionId, tasks: usize) {
        let verdict = |reflex, subject: &str| {
            Payload::Reflex(ReflexVerdict {
                reflex,
                subject: subject.to_owned(),
                passed: Some(true),
                note: String::new(),
                output: None,
                millis: 5,
            })
        };
        let commit = GitId::from_bytes(&[3; 20]);
        let payload = match effect {
            Effect::Scout { share, .. } => {
                let draft = Draft::new(Role::Scout, Payload::Message(reported())).of(id);
                return self.record(draft.by(Agents::searcher(*share)));
            }
            Effect::Plan(_) => plan(tasks),
            Effect::Merge(_) => {
                for task in 1..=tasks as u32 {
                    self.record(session(id, TaskId(task), SessionStep::Merged));
                }
                Payload::Merge(MergeRecord {
                    changes: Some(ObjectId([9; 32])),
                    files: tasks as u32,
                    wave: 1,
                    tasks: tasks as u32,
                })
            }
            Effect::Check(_) => verdict(Reflex::Check, "cargo check"),
            Effect::CheckBase(_) => verdict(Reflex::BaseCheck, "cargo check"),
            Effect::Review(_) => verdict(Reflex::Review, "the critic's review"),
            Effect::Hook(_) => verdict(Reflex::Hook, "pre-commit"),
            Effect::Commit(_) => Payload::Commit(CommitRecord {
                step: CommitStep::Made,
                branch: format!("axon/{id}"),
                commit,
                message: None,
            }),
            Effect::Work { task, agent, .. } => {
                let path = path(task.0);
                let draft = |payload| {
                    Draft::new(Role::Coder, payload).of(id).task(*task).by(*agent).after(Seq(3))
                };
                self.record(session(id, *task, SessionStep::Opened));
                self.record(draft(changed(&path, *task)));
                self.record(draft(verdict(Reflex::Syntax, &path)));
                let done = TaskChange { status: TaskStatus::Done, note: String::new() };
                return self.record(draft(Payload::Task(done)));
            }
            Effect::Record(_) => return,
        };
        self.record(Draft::new(Role::Supervisor, payload).of(id));
    }
}

/// What a scout says.
fn reported() -> Message {
    Message {
        performative: Performative::Inform,
        receiver: Receiver::Agent(Agents::supervisor()),
        conversation: None,
        in_reply_to: None,
        protocol: None,
        content: "100 of 5,000 files name calculate_total".to_owned(),
        places: Vec::new(),
        attachment: Some(ObjectId([6; 32])),
    }
}

fn path(task: u32) -> String {
    format!("src/part_{:03}/module_{task:05}.py", task / 100)
}

fn session(id: MissionId, task: TaskId, step: SessionStep) -> Draft {
    let change = SessionChange { session: SessionId(task.0), step, sees: None };
    Draft::new(Role::Coder, Payload::Session(change)).of(id).task(task)
}

fn changed(path: &str, task: TaskId) -> Payload {
    Payload::StateChange(StateChange {
        target: TargetType::FileSystem,
        resource: path.to_owned(),
        action: Action::Update,
        session: SessionId(task.0),
        previous: GitId::from_bytes(&[7; 20]).map(ContentId::Git),
        new: Some(ContentId::Object(ObjectId([9; 32]))),
        executable: false,
    })
}

fn plan(tasks: usize) -> Payload {
    let task = |number: u32| TaskSpec {
        title: format!("edit 2 in {}", path(number)),
        path: path(number),
        sites: 2,
        edits: ObjectId([4; 32]),
        after: Vec::new(),
        group: 0,
        line: Some(1),
        defines: false,
    };
    let tasks: Vec<TaskSpec> = (1..=tasks as u32).map(task).collect();
    let sites = 2 * tasks.len() as u32;
    let entity = Entity::symbol("shop.pricing.calculate_total").expect("a symbol");
    let claims = vec![Claim { entity, mode: LockMode::Exclusive }];
    let report = ObjectId([5; 32]);
    Payload::PlanProposed(PlanProposal { tasks, sites, mentions: 0, report, claims })
}

/// A mission as the command line gives it.
pub(crate) fn given(id: MissionId) -> Payload {
    let git = GitId::from_bytes(&[1; 20]).expect("twenty bytes are an id");
    spec(id, git, git)
}

/// A mission on a commit and its tree.
pub(crate) fn spec(id: MissionId, base_commit: GitId, base_tree: GitId) -> Payload {
    let everything = vec![".".to_owned()];
    Payload::MissionGiven(Box::new(MissionSpec {
        goal: Goal::Rename {
            from: "calculate_total".to_owned(),
            to: "order_total".to_owned(),
            at: None,
            kind: None,
            keep_alias: false,
        },
        paths: Vec::new(),
        check: CheckChoice::Found,
        undecided: Undecided::Leave,
        base_commit,
        base_tree,
        head_branch: Some("main".to_owned()),
        branch: format!("axon/{id}"),
        agents: 2,
        grants: Grants { read: everything.clone(), write: everything, ..Grants::none() },
        unconfined: false,
        hooks: Vec::new(),
    }))
}
