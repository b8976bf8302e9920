//! Whether kept states still say what their version says: a state with everything in it, and the
//! hash of what it is kept as.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use axon_domain::{
    AgentId, CheckChoice, Claim, ContentId, Entity, FileState, GitId, Goal, Grants, Hlc, Holder,
    Language, Limits, LockMode, MissionEnd, MissionId, MissionSpec, ObjectId, Outcome,
    PlanProposal, Reflex, ReflexVerdict, Seq, SymbolKind, TaskId, TaskSpec, Token, Undecided,
};

use crate::conflicts::{Conflicts, Disputed, Settled};
use crate::crew::Crew;
use crate::locks::{Grant, Kept, Offer, Place, Wait};
use crate::state::{Mission, Phase, STATE_VERSION, State, Task, TaskState};
use crate::wave::{Accepted, Part, Wave};

/// The hash of the kept form of [`everything`], by version. When this fails, the form of a state
/// changed: raise [`STATE_VERSION`] and write the new line here.
/// What `apply` makes of the same events changed with 5, and not the form.
const GOLDEN: &[(u32, &str)] = &[
    (2, "c816b5a4b9a0e5a2"),
    (3, "43a0dbbc1d4c38f6"),
    (4, "b1210a4c2e02657b"),
    (5, "b1210a4c2e02657b"),
    (6, "4c10ea9b25424ac9"),
];

const PHASES: [Phase; 17] = [
    Phase::Scouting,
    Phase::Planning,
    Phase::Proposed,
    Phase::Claiming,
    Phase::Working,
    Phase::Merging,
    Phase::Conflicted,
    Phase::Checking,
    Phase::CheckingBase,
    Phase::Halving,
    Phase::Reviewing,
    Phase::Hooks,
    Phase::Rejected,
    Phase::Accepted,
    Phase::Committing,
    Phase::Committed,
    Phase::Ended,
];

/// A state in which every field says something of its own and every word occurs. Written out
/// in full, so that a new field does not compile before it is here.
fn everything() -> State {
    let missions = (1_u32..).zip(PHASES).map(|(number, phase)| mission(number, phase));
    State {
        missions: missions.map(|mission| (mission.id, mission)).collect(),
        locks: locks().into(),
        last: Seq(99),
    }
}

fn locks() -> Kept {
    let entity = |text: &str| text.parse::<Entity>().unwrap();
    let holder = |text: &str| text.parse::<Holder>().unwrap();
    let grant = |mode, number| Grant {
        mode,
        token: Token(Seq(number)),
        times: 2,
        until: Some(number * 1_000),
    };
    let (free, held) = (entity("name"), entity("unit:shop/cart.py#Cart.total"));
    let wait = |who: &str, mode, asked| Wait {
        holder: holder(who),
        mode,
        asked: Seq(asked),
        deadline: Some(asked * 1_000),
        lease: Some(500),
        priority: 6,
        attempt: 7,
    };
    let (first, second) = (Place { rank: 1, asked: Seq(75) }, Place { rank: 1, asked: Seq(76) });
    Kept {
        last: Seq(90),
        grants: vec![
            (held.clone(), holder("m1/t2/4"), grant(LockMode::Shared, 70)),
            (held.clone(), holder("session:5f0c"), grant(LockMode::Shared, 71)),
        ],
        waits: vec![
            (free.clone(), 1, wait("m1/3", LockMode::Shared, 75)),
            (free.clone(), 1, wait("person:ada", LockMode::Shared, 76)),
            (held, 0, wait("m1/t2/4", LockMode::Exclusive, 80)),
        ],
        offers: vec![(free, Offer { since: Seq(77), from: first, to: second })],
    }
}

fn mission(number: u32, phase: Phase) -> Mission {
    let place = u64::from(number) * 100;
    let byte = u8::try_from(number).unwrap();
    let outcomes = [
        Outcome::Done,
        Outcome::DoneUnproven,
        Outcome::Failed,
        Outcome::Refused,
        Outcome::Cancelled,
        Outcome::DoneInPart,
    ];
    Mission {
        id: MissionId(number),
        given: Seq(place + 1),
        given_at: Hlc(place + 2),
        spec: Some(spec(number)),
        phase,
        plan: Some(Seq(place + 3)),
        proposal: Some(proposal(byte)),
        report: Some(ObjectId([byte + 20; 32])),
        sites: number + 30,
        mentions: number + 31,
        scouted: [(0, None), (1, Some(ObjectId([byte + 180; 32])))].into(),
        claims: vec![Claim { entity: "symbol:a".parse().unwrap(), mode: LockMode::Exclusive }],
        stumbles: number + 43,
        stumbled: "stumbled".into(),
        last_stumble: Seq(place + 9),
        tasks: tasks(byte),
        ready: [TaskId(7), TaskId(8)].into(),
        working: Crew {
            tasks: [(agent(5), TaskId(9)), (agent(6), TaskId(10))].into(),
            defining: [agent(6)].into(),
            idle: [0].into(),
            hired: number + 3,
        },
        done: number + 32,
        failed: number + 33,
        wave: wave(number, place),
        accepted: accepted(number, byte),
        conflicts: Conflicts {
            list: vec![disputed(number, false), disputed(number, true)],
            back: Some(Phase::Planning).filter(|_| number.is_multiple_of(2)),
        },
        changes: Some(ObjectId([byte + 40; 32])),
        files: number + 34,
        last_step: Seq(place + 4),
        rejection: Some(verdict("rejection", number, byte)),
        check: Some(verdict("check", number + 1, byte + 1)),
        base_check: Some(verdict("base check", number + 2, byte + 2)),
        proven: number.is_multiple_of(2),
        hooks: number + 35,
        message: Some(ObjectId([byte + 160; 32])),
        commit_wanted: Some(Hlc(place + 6)),
        commit: GitId::from_bytes(&[byte + 80; 20]),
        applied: number.is_multiple_of(3),
        discarded: number % 3 == 1,
        paused: number.is_multiple_of(2),
        lifted: Seq(place + 9),
        cancelled: Some("cancelled".into()),
        end: Some(MissionEnd {
            outcome: outcomes[number as usize % outcomes.len()],
            code: Some("code".into()),
            reason: "reason".into(),
            hint: Some("hint".into()),
        }),
        ended_at: Some(Hlc(place + 7)),
    }
}

fn disputed(number: u32, is_settled: bool) -> Disputed {
    let file = |byte: u8| FileState {
        content: ContentId::Object(ObjectId([byte; 32])),
        executable: byte.is_multiple_of(2),
        link: byte.is_multiple_of(3),
    };
    let settled = Settled {
        event: Seq(u64::from(number) * 100 + 9),
        how: "mine".into(),
        result: Some(file(4)),
    };
    Disputed {
        path: "path".into(),
        reason: "content".into(),
        found: Seq(u64::from(number) * 100 + 8),
        task: Some(TaskId(number)).filter(|_| number.is_multiple_of(2)),
        base: Some(file(1)),
        current: Some(file(2)),
        changed: Some(file(3)),
        settled: Some(settled).filter(|_| is_settled),
    }
}

fn wave(number: u32, place: u64) -> Wave {
    Wave {
        number: number + 35,
        parts: vec![Part {
            groups: vec![number, 36],
            first_half: number.is_multiple_of(2),
            fails: number % 2 == 1,
        }],
        checks_left: number + 37,
        left_out: vec![number + 38],
        checked: Seq(place + 8),
        next: Some(Phase::Merging).filter(|_| number.is_multiple_of(2)),
    }
}

fn accepted(number: u32, byte: u8) -> Accepted {
    Accepted {
        changes: Some(ObjectId([byte + 50; 32])),
        files: number + 39,
        tasks: number + 40,
        passes: number.is_multiple_of(2),
        checkable: number % 2 == 1,
        closed: [number + 41].into(),
        untried: [number + 42].into(),
    }
}

fn verdict(subject: &str, number: u32, byte: u8) -> ReflexVerdict {
    let reflexes = [Reflex::Syntax, Reflex::Check, Reflex::BaseCheck, Reflex::Review, Reflex::Hook];
    ReflexVerdict {
        reflex: reflexes[number as usize % reflexes.len()],
        subject: subject.into(),
        passed: Some(number.is_multiple_of(2)),
        note: "note".into(),
        output: Some(ObjectId([byte + 60; 32])),
        millis: u64::from(number) * 100 + 5,
    }
}

fn spec(number: u32) -> MissionSpec {
    let pick = number as usize;
    let kinds = [SymbolKind::Function, SymbolKind::Type, SymbolKind::Method, SymbolKind::Constant];
    let words = |word: &str| vec![word.to_string(), format!("{word} {number}")];
    let goals = [
        Goal::Rename {
            from: "from".into(),
            to: "to".into(),
            at: Some(("a.py".into(), number)),
            kind: Some(kinds[pick / 2 % kinds.len()]),
            keep_alias: true,
        },
        Goal::Rewrite {
            pattern: "pattern".into(),
            replacement: "replacement".into(),
            language: Language::ALL[pick / 2 % Language::ALL.len()],
        },
        Goal::Rebase {
            of: MissionId(number + 51),
            goal: Box::new(Goal::Rewrite {
                pattern: "pattern".into(),
                replacement: "replacement".into(),
                language: Language::Python,
            }),
            base_commit: GitId::from_bytes(&[5; 20]).unwrap(),
            base_tree: GitId::from_bytes(&[6; 20]).unwrap(),
            changes: ObjectId([7; 32]),
        },
        Goal::Signature { signature: "f(a)".into(), at: Some(("b.py".into(), number)) },
        Goal::Move { symbol: "f".into(), into: "m".into(), at: Some(("c.py".into(), number)) },
        Goal::RemoveDead { only: words("only"), kind: Some(kinds[0]), closed: true },
    ];
    let goal = match pick % (goals.len() + 1) {
        one if one < goals.len() => goals[one].clone(),
        _ => Goal::Several { goals: goals.to_vec() },
    };
    let checks = [CheckChoice::Found, CheckChoice::Command("command".into()), CheckChoice::None];
    let undecided = [Undecided::Ask, Undecided::Include, Undecided::Leave];
    MissionSpec {
        goal,
        paths: words("path"),
        check: checks[pick % checks.len()].clone(),
        undecided: undecided[pick % undecided.len()],
        base_commit: GitId::from_bytes(&[1; 20]).unwrap(),
        base_tree: GitId::from_bytes(&[2; 32]).unwrap(),
        head_branch: Some("main".into()),
        branch: "axon/m1".into(),
        agents: number + 50,
        grants: Grants {
            read: words("read"),
            write: words("write"),
            run: words("run"),
            hosts: words("host"),
            limits: Limits {
                cpu_millis: 1,
                wall_millis: 2,
                memory_bytes: 3,
                processes: 4,
                output_bytes: 5,
                file_bytes: 6,
            },
        },
        unconfined: number % 2 == 1,
        hooks: words("hook"),
    }
}

fn proposal(byte: u8) -> PlanProposal {
    let task = TaskSpec {
        title: "title".into(),
        path: "path".into(),
        sites: 11,
        edits: ObjectId([byte + 100; 32]),
        after: vec![TaskId(1), TaskId(2)],
        group: 16,
        line: Some(18),
        defines: true,
    };
    let claims = vec![Claim { entity: "name".parse().unwrap(), mode: LockMode::Shared }];
    let report = ObjectId([14; 32]);
    PlanProposal { tasks: vec![task], sites: 12, mentions: 13, report, claims }
}

fn tasks(byte: u8) -> Vec<Task> {
    let states = [
        TaskState::Waiting,
        TaskState::Assigned(agent(4)),
        TaskState::Done,
        TaskState::Merged,
        TaskState::Failed,
        TaskState::Dropped,
    ];
    let task = |state| Task {
        title: "title".into(),
        path: "path".into(),
        edits: ObjectId([byte + 120; 32]),
        group: 17,
        state,
        note: "note".into(),
        sites: 19,
        line: Some(20),
        defines: true,
        since: Some(21),
        announced: true,
        attempts: 22,
        changes: 23,
        strayed: Some("strayed".into()),
        waits_for: 15,
        unblocks: vec![TaskId(3), TaskId(4)],
    };
    states.map(task).into()
}

fn agent(number: u64) -> AgentId {
    AgentId::new(number).unwrap()
}

#[test]
fn the_form_of_a_kept_state_changes_with_its_version_only() {
    let kept = serde_json::to_vec(&everything()).unwrap();
    let hash: String = blake3::hash(&kept).to_hex()[..16].into();
    let golden = GOLDEN.iter().find(|(version, _)| *version == STATE_VERSION);
    assert_eq!(golden.map(|golden| golden.1), Some(hash.as_str()), "see GOLDEN");
}

#[test]
fn a_kept_state_is_the_same_state() {
    let state = everything();
    let kept = serde_json::to_vec(&state).unwrap();
    assert_eq!(serde_json::from_slice::<State>(&kept).unwrap(), state);
}
