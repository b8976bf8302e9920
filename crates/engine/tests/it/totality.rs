//! Nonsense in, a sound state out.

use axon_domain::{
    AgentId, CommitRecord, CommitStep, Control, ControlStep, Draft, Event, Hlc, LockChange,
    LockMode, LockRequest, LockStep, MergeRecord, Message, MissionEnd, MissionId, ObjectId,
    Outcome, Payload, PeerIntent, Performative, PlanAcceptance, Receiver, Reflex, ReflexVerdict,
    Role, Seq, SessionChange, SessionId, SessionStep, TaskChange, TaskId, TaskStatus, Token,
    Violation, ViolationKind,
};
use axon_engine::{Agents, Effects, KINDS, State, apply, decide, resume};
use proptest::prelude::*;

use crate::world::{Script, claim, failed, given, plan, wrote};

/// Steps of the locks of two agents.
fn locks() -> impl Strategy<Value = Payload> {
    let entity = prop_oneof![Just("a"), Just("b")].prop_map(|name| name.parse().unwrap());
    let holder = prop_oneof![Just("m0/t1/1"), Just("m1/t1/2"), Just("m1/3")];
    let holder = holder.prop_map(|name| name.parse().unwrap());
    let mode = prop_oneof![Just(LockMode::Shared), Just(LockMode::Exclusive)];
    (holder, entity, mode, 0_u64..60).prop_map(|(holder, entity, mode, seq)| {
        let step = match seq % 4 {
            0 => LockStep::Granted { entity, request: Seq(seq) },
            1 => LockStep::Released { entity, token: Token(Seq(seq)) },
            _ => LockStep::Wanted(LockRequest::new(entity, mode)),
        };
        Payload::Lock(LockChange { holder, step })
    })
}

/// What agents say, announce, write and come to.
fn agents() -> impl Strategy<Value = Payload> {
    let claims = |names: Vec<&'static str>| names.into_iter().map(claim).collect();
    let claims =
        proptest::collection::vec(prop_oneof![Just("a"), Just("b")], 0..3).prop_map(claims);
    let message = Message {
        performative: Performative::Inform,
        receiver: Receiver::Everyone,
        conversation: None,
        in_reply_to: None,
        protocol: None,
        content: String::new(),
        places: Vec::new(),
        attachment: None,
    };
    let kinds = vec![ViolationKind::Trust, ViolationKind::Loop];
    let violation = |broken| {
        Payload::Violation(Violation { broken, expected: String::new(), observed: String::new() })
    };
    prop_oneof![
        Just(failed("it panicked")),
        Just(Payload::Message(message)),
        prop_oneof![Just("f0.py"), Just("f1.py")].prop_map(wrote),
        proptest::sample::select(kinds).prop_map(violation),
        claims.prop_map(|claims| Payload::PeerIntent(PeerIntent {
            claims,
            priority: 5,
            note: String::new()
        })),
    ]
}

fn payloads() -> impl Strategy<Value = Payload> {
    let status =
        prop_oneof![Just(TaskStatus::Assigned), Just(TaskStatus::Done), Just(TaskStatus::Failed)];
    let reflex = prop_oneof![
        Just(Reflex::Syntax),
        Just(Reflex::Check),
        Just(Reflex::BaseCheck),
        Just(Reflex::Review),
        Just(Reflex::Hook)
    ];
    let step = prop_oneof![
        Just(CommitStep::Wanted),
        Just(CommitStep::Made),
        Just(CommitStep::Applied),
        Just(CommitStep::Discarded),
        Just(CommitStep::Reworded)
    ];
    let control =
        prop_oneof![Just(ControlStep::Pause), Just(ControlStep::Resume), Just(ControlStep::Cancel)];
    let end = prop_oneof![Just(SessionStep::Merged), Just(SessionStep::Dropped)];
    prop_oneof![
        locks(),
        agents(),
        end.prop_map(|step| Payload::Session(SessionChange {
            session: SessionId(1),
            step,
            sees: None
        })),
        (0_u32..3).prop_map(given),
        proptest::collection::vec(proptest::collection::vec(0_u32..6, 0..3), 0..5)
            .prop_map(|after| plan(&Script { after, ..Script::default() })),
        Just(Payload::PlanAccepted(PlanAcceptance { tasks: 3 })),
        status.prop_map(|status| Payload::Task(TaskChange { status, note: String::new() })),
        (reflex, any::<Option<bool>>()).prop_map(|(reflex, passed)| {
            Payload::Reflex(ReflexVerdict {
                reflex,
                subject: String::new(),
                passed,
                note: String::new(),
                output: None,
                millis: 0,
            })
        }),
        Just(Payload::Merge(MergeRecord {
            changes: Some(ObjectId([1; 32])),
            files: 1,
            wave: 1,
            tasks: 1
        })),
        step.prop_map(|step| {
            Payload::Commit(CommitRecord {
                step,
                branch: String::new(),
                commit: None,
                message: None,
            })
        }),
        control.prop_map(|step| Payload::Control(Control { step, reason: String::new() })),
        Just(Payload::MissionEnded(MissionEnd {
            outcome: Outcome::Cancelled,
            code: None,
            reason: String::new(),
            hint: None,
        })),
    ]
}

type Drawn = ((Payload, Option<u32>, Option<u32>, u64), bool);

pub(crate) fn events() -> impl Strategy<Value = Vec<Event>> {
    let one =
        (payloads(), proptest::option::of(0_u32..3), proptest::option::of(0_u32..6), 0_u64..6);
    proptest::collection::vec((one, any::<bool>()), 0..60).prop_map(|drawn| {
        let build = |(place, drawn): (usize, Drawn)| {
            let ((payload, mission, task, agent), erased) = drawn;
            let mut draft = Draft::new(Role::Coder, payload);
            draft.mission = mission.map(MissionId);
            draft.task = task.map(TaskId);
            // 5 stands for one of those who search.
            draft.agent = AgentId::new(if agent == 5 { Agents::FIRST_SEARCHER } else { agent });
            let seq = place as u64 + 1;
            let mut event = draft.at(Seq(seq), Hlc(seq));
            if erased {
                event.payload = None;
            }
            event
        };
        drawn.into_iter().enumerate().map(build).collect()
    })
}

proptest! {
    #[test]
    fn any_events_in_any_order_give_a_state_and_decisions(events in events()) {
        let mut state = State::default();
        let mut effects = Effects::new();
        for event in &events {
            apply(&mut state, event);
            decide(&state, event, &mut effects);
            resume(&state, &mut effects);
        }
        for mission in state.missions.values() {
            let tasks = mission.tasks.len();
            prop_assert!(usize::try_from(mission.done + mission.failed).unwrap() <= tasks);
            prop_assert!(mission.working().count() <= tasks);
        }
    }

    #[test]
    fn a_kind_that_a_state_is_not_made_of_changes_nothing(events in events()) {
        let mut state = State::default();
        for event in &events {
            let before = state.clone();
            apply(&mut state, event);
            if !KINDS.contains(&event.kind) {
                prop_assert_eq!(&state, &State { last: state.last, ..before });
            }
        }
    }

    #[test]
    fn what_has_ended_stays_ended(events in events()) {
        let mut state = State::default();
        for event in &events {
            let ended: Vec<_> =
                state.missions.values().filter_map(|m| Some((m.id, m.end.clone()?))).collect();
            apply(&mut state, event);
            for (id, end) in ended {
                prop_assert_eq!(state.missions[&id].end.as_ref(), Some(&end));
            }
        }
    }
}
