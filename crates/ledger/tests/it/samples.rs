//! One payload for every form that an event can take.

use axon_domain::{
    Action, CheckChoice, Claim, CommitRecord, CommitStep, ContentId, Deadlock, Decision, Entity,
    GitId, Goal, Grants, Language, LifecycleChange, Limits, LockChange, LockMode, LockRefusal,
    LockRequest, LockStep, MergeRecord, MissionEnd, MissionSpec, ObjectId, Obstacle, Outcome,
    Payload, PlanAcceptance, PlanProposal, PolicyVerdict, Reflex, ReflexVerdict, Seq,
    SessionChange, SessionId, SessionStep, StateChange, SymbolKind, SystemSignal, SystemStatus,
    TargetType, TaskChange, TaskId, TaskSpec, TaskStatus, Token, ToolCall, Undecided, WaitLink,
};

/// The objects that the payloads refer to, by number.
pub(crate) fn objects() -> Vec<Vec<u8>> {
    // Larger than a chunk, and small once it is compressed.
    let large: String = (0..40_000).map(|line| format!("line {}\n", line % 1_000)).collect();
    vec![b"object 0".to_vec(), b"object 1".to_vec(), large.into_bytes()]
}

fn object(number: usize) -> ObjectId {
    ObjectId(*blake3::hash(&objects()[number]).as_bytes())
}

fn sha1() -> GitId {
    GitId::from_bytes(&[0x11; 20]).unwrap()
}

fn sha256() -> GitId {
    GitId::from_bytes(&[0x22; 32]).unwrap()
}

fn grants() -> Grants {
    Grants {
        read: vec![".".into()],
        write: vec!["src".into(), "docs/a b.md".into()],
        run: vec!["cargo check".into()],
        hosts: vec!["*".into()],
        limits: Limits::CHECK,
    }
}

fn missions() -> Vec<MissionSpec> {
    let rename = MissionSpec {
        goal: Goal::Rename {
            from: "Cart.total".into(),
            to: "sum".into(),
            at: Some(("shop/cart.py".into(), 12)),
            kind: Some(SymbolKind::Method),
            keep_alias: true,
        },
        paths: vec!["shop/**".into(), "tests/*.py".into()],
        check: CheckChoice::Command("pytest -q".into()),
        undecided: Undecided::Include,
        base_commit: sha1(),
        base_tree: sha256(),
        head_branch: Some("main".into()),
        branch: "axon/m3".into(),
        agents: 4,
        grants: grants(),
        unconfined: true,
        hooks: vec!["pre-commit".into(), "commit-msg".into()],
    };
    let bare = MissionSpec {
        goal: Goal::Rename {
            from: "a".into(),
            to: "b".into(),
            at: None,
            kind: None,
            keep_alias: false,
        },
        paths: Vec::new(),
        check: CheckChoice::Found,
        undecided: Undecided::Ask,
        head_branch: None,
        grants: Grants::none(),
        unconfined: false,
        hooks: Vec::new(),
        ..rename.clone()
    };
    let rewrite = |language| MissionSpec {
        goal: Goal::Rewrite {
            pattern: "assert_eq($A, $B)".into(),
            replacement: "assert_equal($A, $B)".into(),
            language,
        },
        check: CheckChoice::None,
        undecided: Undecided::Leave,
        ..bare.clone()
    };
    vec![rename, bare.clone(), rewrite(Language::Python), rewrite(Language::Rust)]
}

/// A mission in which nothing special is wanted.
pub(crate) fn plain_mission() -> MissionSpec {
    missions().swap_remove(1)
}

fn decisions() -> Vec<Payload> {
    let decision = Decision {
        trigger: "which symbol is meant".into(),
        rationale: "only one is imported \u{2013} naïve".into(),
        chosen: "shop.cart.Cart.total".into(),
        rejected: vec!["shop.order.total: not a method".into(), String::new()],
        evidence: vec!["shop/cart.py:12 def total".into()],
        details: Some(object(0)),
    };
    let empty = Decision { rejected: Vec::new(), details: None, ..decision.clone() };
    vec![Payload::Decision(decision), Payload::Decision(empty)]
}

fn changes() -> Vec<Payload> {
    let change = |action, previous, new| {
        Payload::StateChange(StateChange {
            target: TargetType::FileSystem,
            resource: "shop/c\na rt.py".into(),
            action,
            session: SessionId(7),
            previous,
            new,
            executable: action == Action::Create,
        })
    };
    let (blob, kept) = (Some(ContentId::Git(sha1())), Some(ContentId::Object(object(2))));
    vec![
        change(Action::Create, None, kept),
        change(Action::Update, blob, kept),
        change(Action::Delete, Some(ContentId::Git(sha256())), None),
    ]
}

fn plans() -> Vec<Payload> {
    let task = |after: &[u32]| TaskSpec {
        title: "edit shop/cart.py".into(),
        path: "shop/cart.py".into(),
        sites: 3,
        edits: object(1),
        after: after.iter().copied().map(TaskId).collect(),
        group: 7,
        line: None,
        defines: false,
    };
    let plan = PlanProposal {
        tasks: vec![task(&[]), task(&[0]), task(&[0, 1])],
        sites: 9,
        mentions: 2,
        report: object(0),
        claims: Vec::new(),
    };
    vec![
        Payload::PlanProposed(plan),
        Payload::PlanAccepted(PlanAcceptance { tasks: 3 }),
        Payload::PlanAccepted(PlanAcceptance { tasks: 0 }),
    ]
}

fn ends() -> Vec<Payload> {
    let end = |outcome, code: Option<&str>| {
        Payload::MissionEnded(MissionEnd {
            outcome,
            code: code.map(str::to_owned),
            reason: "as it went".into(),
            hint: code.map(|code| format!("see {code}")),
        })
    };
    vec![
        end(Outcome::Done, None),
        end(Outcome::DoneUnproven, None),
        end(Outcome::DoneInPart, Some("check-failed")),
        end(Outcome::Failed, Some("check-failed")),
        end(Outcome::Refused, Some("symbol-not-found")),
        end(Outcome::Cancelled, Some("interrupted")),
    ]
}

fn verdicts() -> Vec<Payload> {
    let verdict = |reflex, passed, output| {
        Payload::Reflex(ReflexVerdict {
            reflex,
            subject: "cargo check".into(),
            passed,
            note: "1 error".into(),
            output,
            millis: u64::MAX,
        })
    };
    vec![
        verdict(Reflex::Syntax, Some(true), None),
        verdict(Reflex::Check, Some(false), Some(object(1))),
        verdict(Reflex::BaseCheck, None, None),
        verdict(Reflex::Review, Some(true), None),
        verdict(Reflex::Hook, Some(true), Some(object(2))),
    ]
}

fn calls() -> Vec<Payload> {
    let call = |exit, limit: Option<&str>, output| {
        Payload::ToolCall(ToolCall {
            command: "cargo check".into(),
            confinement: "landlock 7, seccomp".into(),
            exit,
            limit: limit.map(str::to_owned),
            output,
            millis: 12_345,
        })
    };
    vec![
        call(Some(0), None, Some(object(0))),
        call(Some(-1), None, None),
        call(None, Some("wall time"), None),
    ]
}

fn small_ones() -> Vec<Payload> {
    let mut all = Vec::new();
    for status in [SystemStatus::Starting, SystemStatus::Healthy, SystemStatus::CriticalFailure] {
        let note = "recovered 1 mission".to_owned();
        all.push(Payload::System(SystemSignal { status, version: "0.1.0".into(), note }));
    }
    for status in [TaskStatus::Assigned, TaskStatus::Done, TaskStatus::Failed] {
        all.push(Payload::Task(TaskChange { status, note: String::new() }));
    }
    for step in [SessionStep::Opened, SessionStep::Merged, SessionStep::Dropped] {
        all.push(Payload::Session(SessionChange {
            session: SessionId(u32::MAX),
            step,
            sees: Some(object(1)),
        }));
    }
    for (step, commit, message) in [
        (CommitStep::Wanted, None, None),
        (CommitStep::Reworded, None, Some(object(1))),
        (CommitStep::Made, Some(sha1()), None),
        (CommitStep::Applied, Some(sha256()), None),
        (CommitStep::Discarded, None, None),
    ] {
        let branch = "axon/m3".into();
        all.push(Payload::Commit(CommitRecord { step, branch, commit, message }));
    }
    all.push(Payload::Lifecycle(LifecycleChange {
        old_state: "cold".into(),
        new_state: "warm".into(),
        reason: "needed".into(),
    }));
    for allowed in [false, true] {
        all.push(Payload::Policy(PolicyVerdict {
            wanted: "write .git/config".into(),
            allowed,
            rule: "--unconfined".into(),
        }));
    }
    all.push(Payload::Merge(MergeRecord {
        changes: Some(object(2)),
        files: 17,
        wave: 3,
        tasks: 16,
    }));
    all
}

/// Every step of a lock.
pub(crate) fn locks() -> Vec<Payload> {
    let entity = |text: &str| text.parse::<Entity>().unwrap();
    let (file, unit) = (entity("file:shop/c\na rt.py"), entity("unit:shop/cart.py#Cart.total"));
    let token = Token(Seq(7));
    let wanted = |entity, mode, bound| {
        let request = LockRequest::new(entity, mode);
        LockStep::Wanted(LockRequest {
            wait: bound,
            timeout: bound.then_some(30_000),
            lease: bound.then_some(u64::MAX),
            priority: if bound { 10 } else { 0 },
            attempt: u32::from(bound),
            ..request
        })
    };
    let refused = |reason| LockStep::Refused { entity: unit.clone(), request: Seq(8), reason };
    let link = |holder: &str, entity: &Entity, obstacle| WaitLink {
        holder: holder.parse().unwrap(),
        entity: entity.clone(),
        mode: LockMode::Exclusive,
        request: Seq(8),
        obstacle,
    };
    let deadlock = Deadlock {
        cycle: vec![
            link("m3/t1/4", &file, Obstacle::Holds),
            link("person:ada", &unit, Obstacle::Ahead),
        ],
        again: vec![Claim { entity: file.clone(), mode: LockMode::Shared }],
    };
    let steps = [
        wanted(file.clone(), LockMode::Exclusive, true),
        wanted(entity("user_database"), LockMode::Shared, false),
        LockStep::Granted { entity: file.clone(), request: Seq(1) },
        LockStep::Renewed { entity: file.clone(), token, lease: 60_000 },
        LockStep::Released { entity: entity("symbol:shop.cart.total"), token },
        LockStep::Expired { entity: file.clone(), token },
        refused(LockRefusal::Busy),
        refused(LockRefusal::TimedOut),
        refused(LockRefusal::Withdrawn),
        refused(LockRefusal::Ended),
        LockStep::Victim(Box::new(deadlock)),
    ];
    let holders = ["m3/t12/4", "m3/18446744073709551615", "person:ada b", "session:5f0c"];
    let holders = holders.map(|text| text.parse().unwrap());
    let change = |(step, holder)| Payload::Lock(LockChange { holder, step });
    steps.into_iter().zip(holders.into_iter().cycle()).map(change).collect()
}

/// Every kind of the first release, with every word and every field there and not there.
pub(crate) fn payloads() -> Vec<Payload> {
    let given = missions().into_iter().map(|mission| Payload::MissionGiven(Box::new(mission)));
    [decisions(), changes(), plans(), ends(), verdicts(), calls(), small_ones()]
        .into_iter()
        .flatten()
        .chain(given)
        .collect()
}
