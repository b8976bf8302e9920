//! What people and programs see of agents at work: boards, agents and locks out of a ledger
//! that holds more than one mission leaves behind at a time.

use axon_domain::{
    AgentId, CheckChoice, Claim, Deadlock, Draft, Entity, Holder, LifecycleChange, LockChange,
    LockMode, LockRequest, LockStep, Message, MissionId, ObjectId, Obstacle, Payload, PeerIntent,
    Performative, PlanAcceptance, PlanProposal, Receiver, Role, Seq, TaskChange, TaskId, TaskSpec,
    TaskStatus, WaitLink,
};
use axon_runtime::{Board, Place};
use axon_testkit::{Output, axon_binary, axon_command};

use crate::world::{Crash, World, rename, request};

const M: MissionId = MissionId(2);

fn agent(number: u64) -> AgentId {
    AgentId::new(number).unwrap()
}

fn holder(text: &str) -> Holder {
    text.parse().unwrap()
}

fn entity(text: &str) -> Entity {
    text.parse().unwrap()
}

fn coder(number: u64, task: u32, payload: Payload) -> Draft {
    Draft::new(Role::Coder, payload).of(M).by(agent(number)).task(TaskId(task))
}

fn task(path: &str, after: &[u32]) -> TaskSpec {
    TaskSpec {
        title: format!("edit {path}"),
        path: path.to_owned(),
        sites: 1,
        edits: ObjectId([0; 32]),
        after: after.iter().copied().map(TaskId).collect(),
        group: 0,
        line: Some(3),
        defines: false,
    }
}

fn change(status: TaskStatus) -> Payload {
    Payload::Task(TaskChange { status, note: String::new() })
}

fn lock(who: &str, step: LockStep) -> Draft {
    let change = LockChange { holder: holder(who), step };
    Draft::new(Role::Coder, Payload::Lock(change)).of(M)
}

fn want(who: &str, what: &str) -> Draft {
    lock(who, LockStep::Wanted(LockRequest::new(entity(what), LockMode::Exclusive)))
}

fn start(number: u64) -> Draft {
    let change = LifecycleChange {
        old_state: "warm".into(),
        new_state: "running".into(),
        reason: "ready".into(),
    };
    Draft::new(Role::Coder, Payload::Lifecycle(change)).of(M).by(agent(number))
}

fn tell(from: u64, receiver: Receiver) -> Draft {
    let message = Message {
        performative: Performative::Inform,
        receiver,
        conversation: None,
        in_reply_to: None,
        protocol: None,
        content: "a.py:3 uses it".into(),
        places: Vec::new(),
        attachment: None,
    };
    Draft::new(Role::Coder, Payload::Message(message)).of(M).by(agent(from))
}

/// A second mission in the middle of its work: two coders have tasks, one of them waits for the
/// file of the other one, a third task waits for both.
fn at_work() -> World {
    let world = World::new();
    world.run(request(rename("alpha", "first"), CheckChoice::None), Crash::Never).unwrap();
    let spec = world.reader().events(.., None).find_map(|event| match event.unwrap().payload {
        Some(Payload::MissionGiven(spec)) => Some(spec),
        _ => None,
    });
    let plan = PlanProposal {
        tasks: vec![task("a.py", &[]), task("b.py", &[]), task("c.py", &[1, 2])],
        sites: 3,
        mentions: 0,
        report: ObjectId([0; 32]),
        claims: Vec::new(),
    };
    let supervisor = |payload| Draft::new(Role::Supervisor, payload).of(M);
    let announced = PeerIntent {
        claims: vec![Claim { entity: entity("file:a.py"), mode: LockMode::Exclusive }],
        priority: 5,
        note: "I am changing alpha".into(),
    };
    let ledger = world.ledger();
    let drafts = vec![
        Draft::new(Role::Operator, Payload::MissionGiven(spec.unwrap())).of(M),
        supervisor(Payload::PlanProposed(plan)),
        supervisor(Payload::PlanAccepted(PlanAcceptance { tasks: 3 })),
        start(4),
        start(5),
        coder(4, 1, change(TaskStatus::Assigned)),
        coder(5, 2, change(TaskStatus::Assigned)),
        coder(4, 1, Payload::PeerIntent(announced)),
        tell(5, Receiver::Agent(agent(4))),
        tell(4, Receiver::Everyone),
        want("m2/t1/4", "file:a.py"),
        want("m2/t2/5", "file:a.py"),
        want("m2/1", "symbol:a.alpha"),
    ];
    ledger.append(drafts).unwrap();
    ledger.sync().unwrap();
    ledger.close().unwrap();
    world
}

fn axon(world: &World, arguments: &[&str]) -> Output {
    let mut command = axon_command(&world.repo, axon_binary());
    command.args(arguments);
    world.repo.finish(command).success()
}

#[test]
fn a_board_says_who_works_on_what_and_what_waits_for_what() {
    let world = at_work();
    let boards = world.axon.boards(None).unwrap();
    let [Board { mission, tasks, counts, .. }] = boards.as_slice() else { panic!("{boards:?}") };
    assert_eq!((*mission, counts.working, counts.waiting), (M, 2, 1));
    let states: Vec<_> = tasks.iter().map(|task| (task.state, task.agent)).collect();
    let four = (Place::Working, Some(agent(4)));
    assert_eq!(states, [four, (Place::Blocked, Some(agent(5))), (Place::Waiting, None)]);
    assert_eq!(tasks[1].blocked[0].behind, [holder("m2/t1/4")]);
    assert_eq!(tasks[2].after, [TaskId(1), TaskId(2)]);
    let text = axon(&world, &["board", "--color", "never"]).stdout;
    assert_eq!(
        text,
        "m2  rename alpha to first\n    \
         working: 3 tasks, 2 in work, 1 waiting\n  \
         t2    blocked  coder 5   b.py  waits for a.py behind m2/t1/4\n  \
         t1    working  coder 4   a.py\n  \
         t3    waiting            c.py  after t1, t2\n  \
         held  a.py  m2/t1/4  then m2/t2/5\n  \
         held  symbol:a.alpha  m2/1\n"
    );
}

#[test]
fn agents_have_their_task_and_what_they_said_and_heard() {
    let world = at_work();
    let agents = world.axon.agents(Some(M)).unwrap();
    let [four, five] = agents.as_slice() else { panic!("{agents:?}") };
    assert_eq!((four.task, four.path.as_deref()), (Some(TaskId(1)), Some("a.py")));
    assert_eq!((four.sent, four.received), (2, 1), "an announcement and a message; a warning");
    assert_eq!((five.sent, five.received), (1, 2));
    assert_eq!((five.state.as_str(), five.failures), ("running", 0));
}

#[test]
fn locks_are_shown_with_who_waits_behind_whom_and_tokens() {
    let world = at_work();
    let table = world.axon.lock_table().unwrap();
    let [file, symbol] = table.locks.as_slice() else { panic!("{table:?}") };
    assert_eq!((file.entity.as_str(), symbol.entity.as_str()), ("file:a.py", "symbol:a.alpha"));
    assert_eq!(file.waiting[0].behind, [holder("m2/t1/4")]);
    let asked = file.waiting[0].asked;
    assert_eq!(file.held[0].token + 1, asked, "the token is the event of the grant");
    assert_eq!(
        axon(&world, &["locks"]).stdout,
        format!(
            "file:a.py\n  \
             held     exclusive  m2/t1/4  token {}\n  \
             waiting  exclusive  m2/t2/5  behind m2/t1/4, since event {asked}\n\
             symbol:a.alpha\n  \
             held     exclusive  m2/1  token {}\n",
            asked - 1,
            asked + 1,
        )
    );
}

#[test]
fn a_deadlock_that_was_broken_is_told_with_its_victim_and_its_circle() {
    let world = at_work();
    let request = Seq(world.reader().last().unwrap().0 + 2);
    let link = |who: &str, what: &str, request| WaitLink {
        holder: holder(who),
        entity: entity(what),
        mode: LockMode::Exclusive,
        request,
        obstacle: Obstacle::Holds,
    };
    let first = Seq(request.0 - 3);
    let cycle = vec![link("m2/t1/4", "file:b.py", request), link("m2/t2/5", "file:a.py", first)];
    let again = vec![Claim { entity: entity("file:a.py"), mode: LockMode::Exclusive }];
    let ledger = world.ledger();
    let broken = LockStep::Victim(Box::new(Deadlock { cycle, again }));
    let drafts =
        vec![want("m2/t2/5", "file:b.py"), want("m2/t1/4", "file:b.py"), lock("m2/t2/5", broken)];
    ledger.append(drafts).unwrap();
    ledger.sync().unwrap();
    ledger.close().unwrap();
    let table = world.axon.lock_table().unwrap();
    let [deadlock] = table.deadlocks.as_slice() else { panic!("{table:?}") };
    assert_eq!(deadlock.victim, holder("m2/t2/5"));
    let text = axon(&world, &["locks"]).stdout;
    assert!(text.contains(": m2/t2/5 gave way\n"), "{text}");
    assert!(text.contains("  m2/t1/4 waited for file:b.py, which m2/t2/5 held\n"), "{text}");
    assert!(text.contains("  m2/t2/5 waited for file:a.py, which m2/t1/4 held\n"), "{text}");
    assert!(text.contains("  it tries again: file:a.py\n"), "{text}");
}
