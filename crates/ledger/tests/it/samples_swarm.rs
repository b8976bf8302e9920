//! One payload for every form that an event about a swarm can take.

use axon_domain::{
    AgentId, Claim, Conflict, ConflictStep, ContentId, Control, ControlStep, FileState, GitId,
    LockMode, Message, MissionId, ObjectId, Payload, PeerIntent, Performative, PlanProposal,
    Position, Receiver, Seq, TaskSpec, Violation, ViolationKind,
};

/// Messages, intents, violations, conflicts and what a person tells a mission.
pub(crate) fn swarm() -> Vec<Payload> {
    let intent = PeerIntent {
        claims: vec![
            claim("file:shop/cart.py", LockMode::Exclusive),
            claim("symbol:shop.cart.total", LockMode::Shared),
        ],
        priority: 10,
        note: "I am changing total".into(),
    };
    let bare = PeerIntent { claims: Vec::new(), priority: 1, note: String::new() };
    let kinds = [ViolationKind::Trust, ViolationKind::Consistency, ViolationKind::Loop];
    let violation = |broken| {
        Payload::Violation(Violation { broken, expected: "a.py".into(), observed: "b.py".into() })
    };
    let steps = [ControlStep::Pause, ControlStep::Resume, ControlStep::Cancel];
    let control = |step| Payload::Control(Control { step, reason: "lunch".into() });
    messages()
        .into_iter()
        .map(Payload::Message)
        .chain([intent, bare].map(Payload::PeerIntent))
        .chain(kinds.map(violation))
        .chain(conflicts().map(Payload::Conflict))
        .chain([Payload::PlanProposed(plan())])
        .chain(steps.map(control))
        .collect()
}

fn claim(entity: &str, mode: LockMode) -> Claim {
    Claim { entity: entity.parse().unwrap(), mode }
}

/// A plan that says what a swarm has to know.
fn plan() -> PlanProposal {
    let task = TaskSpec {
        title: "edit".into(),
        path: "shop/cart.py".into(),
        sites: 1,
        edits: ObjectId([4; 32]),
        after: Vec::new(),
        group: 0,
        line: Some(12),
        defines: true,
    };
    let claims = vec![claim("symbol:shop.cart.total", LockMode::Exclusive)];
    let report = ObjectId([5; 32]);
    PlanProposal { tasks: vec![task], sites: 1, mentions: 0, report, claims }
}

fn messages() -> Vec<Message> {
    let agent = AgentId::new(u64::MAX).unwrap();
    let receivers = [
        Receiver::Agent(agent),
        Receiver::Other { mission: MissionId(7), agent },
        Receiver::Capability("code.python".into()),
        Receiver::Topic("swarm/hazards/shop/cart.py".into()),
        Receiver::Everyone,
    ];
    let message = |(performative, receiver): (&Performative, Receiver)| Message {
        performative: *performative,
        receiver,
        conversation: Some(Seq(5)),
        in_reply_to: Some(Seq(6)),
        protocol: Some("fipa-request".into()),
        content: "`reports.py:20` uses it".into(),
        places: vec![Position { path: "reports.py".into(), line: 20 }],
        attachment: Some(ObjectId([9; 32])),
    };
    let all = Performative::ALL.iter().zip(receivers.iter().cloned().cycle()).map(message);
    let bare = Message {
        performative: Performative::Inform,
        receiver: Receiver::Everyone,
        conversation: None,
        in_reply_to: None,
        protocol: None,
        content: String::new(),
        places: Vec::new(),
        attachment: None,
    };
    all.chain([bare]).collect()
}

fn conflicts() -> [Conflict; 4] {
    let object =
        FileState { content: ContentId::Object(ObjectId([3; 32])), executable: true, link: false };
    let git = GitId::from_bytes(&[0x11; 20]).unwrap();
    let blob = FileState { content: ContentId::Git(git), executable: false, link: false };
    let found = ConflictStep::Found { base: Some(blob), current: Some(object), changed: None };
    let added = ConflictStep::Found { base: None, current: Some(object), changed: Some(blob) };
    let given = ConflictStep::Resolved { how: "given".into(), result: Some(object) };
    let gone = ConflictStep::Resolved { how: "deleted".into(), result: None };
    let conflict = |step| Conflict { path: "shop/cart.py".into(), reason: "content".into(), step };
    [found, added, given, gone].map(conflict)
}
