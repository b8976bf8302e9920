//! Locks step by step; what always holds of them is in `tests/it`.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use axon_domain::{
    Claim, Code, Deadlock, Draft, Entity, Hlc, Holder, LifecycleChange, LockChange, LockMode,
    LockRefusal, LockRequest, LockStep, MissionEnd, MissionId, Obstacle, Outcome, Payload, Role,
    Seq, TaskChange, TaskId, TaskStatus, Token, WaitLink,
};

use super::{expire, next_expiry};
use crate::{Effect, Effects, State, apply, decide, resume};

/// A ledger without a disk: what is recorded is applied, and what follows is recorded too.
#[derive(Default)]
struct Desk {
    state: State,
    seq: u64,
    millis: u64,
    /// What the engine recorded.
    said: Vec<LockChange>,
}

fn entity(text: &str) -> Entity {
    text.parse().unwrap()
}

fn holder(text: &str) -> Holder {
    text.parse().unwrap()
}

fn exclusive(name: &str) -> LockRequest {
    LockRequest::new(entity(name), LockMode::Exclusive)
}

fn shared(name: &str) -> LockRequest {
    LockRequest::new(entity(name), LockMode::Shared)
}

impl Desk {
    fn record(&mut self, draft: Draft) -> u64 {
        let first = self.seq + 1;
        let mut drafts = VecDeque::from([draft]);
        while let Some(draft) = drafts.pop_front() {
            drafts.extend(self.record_one(draft));
        }
        first
    }

    /// Records one event and gives what follows from it.
    fn record_one(&mut self, draft: Draft) -> Vec<Draft> {
        self.seq += 1;
        let event = draft.at(Seq(self.seq), Hlc::from_millis(self.millis));
        apply(&mut self.state, &event);
        let mut effects = Effects::new();
        decide(&self.state, &event, &mut effects);
        let drafts = effects.into_iter().map(|effect| match effect {
            Effect::Record(draft) => draft,
            other => panic!("{other:?}"),
        });
        let drafts: Vec<Draft> = drafts.collect();
        for draft in &drafts {
            if let Payload::Lock(change) = &draft.payload {
                self.said.push(change.clone());
            }
        }
        drafts
    }

    fn step(&mut self, who: &str, step: LockStep) -> u64 {
        self.record(Draft::new(
            Role::Coder,
            Payload::Lock(LockChange { holder: holder(who), step }),
        ))
    }

    fn want(&mut self, who: &str, request: LockRequest) -> u64 {
        self.step(who, LockStep::Wanted(request))
    }

    fn release(&mut self, who: &str, name: &str) {
        let token = self.token(who, name).unwrap();
        self.step(who, LockStep::Released { entity: entity(name), token });
    }

    fn token(&self, who: &str, name: &str) -> Option<Token> {
        Some(self.state.locks.grant(&entity(name), &holder(who))?.token)
    }

    fn holders(&self, name: &str) -> String {
        let entity = entity(name);
        let all = self.state.locks.holders(&entity).map(|(holder, _)| holder.to_string());
        all.collect::<Vec<_>>().join(" ")
    }

    fn waits(&self, name: &str) -> String {
        let entity = entity(name);
        let all = self.state.locks.waits(&entity).map(|wait| wait.holder.to_string());
        all.collect::<Vec<_>>().join(" ")
    }

    fn tick(&mut self, millis: u64) {
        self.millis = millis;
        for draft in expire(&self.state, millis) {
            self.record(draft);
        }
    }

    fn event(&mut self, task: Option<u32>, agent: Option<u64>, payload: Payload) {
        let mut draft = Draft::new(Role::System, payload).of(MissionId(1));
        draft.task = task.map(TaskId);
        draft.agent = agent.and_then(axon_domain::AgentId::new);
        self.record(draft);
    }
}

#[test]
fn a_free_lock_is_granted_by_the_event_that_asks_for_it() {
    let mut desk = Desk::default();
    let seq = desk.want("m1/4", exclusive("a"));
    assert_eq!(desk.token("m1/4", "a"), Some(Token(Seq(seq))));
    assert!(desk.said.is_empty());
}

#[test]
fn readers_share_and_a_writer_is_alone() {
    let mut desk = Desk::default();
    desk.want("m1/4", shared("a"));
    desk.want("m1/5", shared("a"));
    desk.want("m1/6", exclusive("a"));
    assert_eq!((desk.holders("a"), desk.waits("a")), ("m1/4 m1/5".into(), "m1/6".into()));
    desk.release("m1/4", "a");
    assert_eq!(desk.holders("a"), "m1/5");
    desk.release("m1/5", "a");
    assert_eq!((desk.holders("a"), desk.waits("a")), ("m1/6".into(), String::new()));
}

#[test]
fn readers_that_come_after_a_waiting_writer_wait_behind_it() {
    let mut desk = Desk::default();
    desk.want("m1/4", shared("a"));
    desk.want("m1/5", exclusive("a"));
    desk.want("m1/6", shared("a"));
    desk.want("m1/7", shared("a"));
    assert_eq!((desk.holders("a"), desk.waits("a")), ("m1/4".into(), "m1/5 m1/6 m1/7".into()));
    desk.release("m1/4", "a");
    assert_eq!((desk.holders("a"), desk.waits("a")), ("m1/5".into(), "m1/6 m1/7".into()));
    desk.release("m1/5", "a");
    assert_eq!((desk.holders("a"), desk.waits("a")), ("m1/6 m1/7".into(), String::new()));
}

#[test]
fn a_holder_takes_a_lock_again_and_gives_it_back_as_often() {
    let mut desk = Desk::default();
    desk.want("m1/4", exclusive("a"));
    let token = desk.token("m1/4", "a");
    desk.want("m1/5", exclusive("a"));
    desk.want("m1/4", shared("a"));
    assert_eq!(desk.token("m1/4", "a"), token);
    desk.release("m1/4", "a");
    assert_eq!(desk.holders("a"), "m1/4");
    desk.release("m1/4", "a");
    assert_eq!(desk.holders("a"), "m1/5");
}

#[test]
fn the_only_reader_becomes_the_writer_before_all_who_wait() {
    let mut desk = Desk::default();
    desk.want("m1/4", shared("a"));
    let token = desk.token("m1/4", "a");
    desk.want("m1/5", exclusive("a"));
    desk.want("m1/4", exclusive("a"));
    assert!(desk.token("m1/4", "a") > token);
    assert_eq!((desk.holders("a"), desk.waits("a")), ("m1/4".into(), "m1/5".into()));
}

#[test]
fn one_of_several_readers_becomes_the_writer_when_the_others_are_gone() {
    let mut desk = Desk::default();
    desk.want("m1/4", shared("a"));
    desk.want("m1/5", shared("a"));
    desk.want("m1/6", exclusive("a"));
    desk.want("m1/4", exclusive("a"));
    assert_eq!(desk.waits("a"), "m1/4 m1/6");
    desk.release("m1/5", "a");
    assert_eq!((desk.holders("a"), desk.waits("a")), ("m1/4".into(), "m1/6".into()));
    assert_eq!(
        desk.state.locks.grant(&entity("a"), &holder("m1/4")).unwrap().mode,
        LockMode::Exclusive
    );
}

#[test]
fn who_does_not_wait_is_refused_at_once() {
    let mut desk = Desk::default();
    desk.want("m1/4", exclusive("a"));
    let request = desk.want("m1/5", LockRequest { wait: false, ..shared("a") });
    let refused =
        LockStep::Refused { entity: entity("a"), request: Seq(request), reason: LockRefusal::Busy };
    assert_eq!(desk.said, [LockChange { holder: holder("m1/5"), step: refused }]);
    assert_eq!(desk.waits("a"), "");
}

#[test]
fn who_waits_too_long_is_refused_and_the_next_one_goes_on() {
    let mut desk = Desk::default();
    desk.want("m1/4", shared("a"));
    desk.want("m1/5", LockRequest { timeout: Some(50), ..exclusive("a") });
    desk.want("m1/6", shared("a"));
    assert_eq!(next_expiry(&desk.state), Some(50));
    desk.tick(49);
    assert_eq!(desk.waits("a"), "m1/5 m1/6");
    desk.tick(50);
    assert_eq!((desk.holders("a"), desk.waits("a")), ("m1/4 m1/6".into(), String::new()));
    assert_eq!(next_expiry(&desk.state), None);
}

#[test]
fn a_lease_runs_out_and_its_token_counts_no_more() {
    let mut desk = Desk::default();
    desk.want("person:ada", LockRequest { lease: Some(100), ..exclusive("a") });
    let token = desk.token("person:ada", "a").unwrap();
    desk.want("m1/4", exclusive("a"));
    desk.tick(99);
    let locks = &desk.state.locks;
    assert!(locks.check_token(&entity("a"), &holder("person:ada"), token).is_ok());
    desk.tick(100);
    let locks = &desk.state.locks;
    let lost = locks.check_token(&entity("a"), &holder("person:ada"), token).unwrap_err();
    assert_eq!(lost.code(), Code::LockLost);
    assert!(desk.token("m1/4", "a").unwrap() > token);
    // What is late changes nothing.
    desk.step("person:ada", LockStep::Released { entity: entity("a"), token });
    desk.step("person:ada", LockStep::Renewed { entity: entity("a"), token, lease: 9 });
    assert_eq!(desk.holders("a"), "m1/4");
}

#[test]
fn a_lease_that_was_renewed_in_time_does_not_run_out() {
    let mut desk = Desk::default();
    desk.want("session:1", LockRequest { lease: Some(100), ..exclusive("a") });
    let token = desk.token("session:1", "a").unwrap();
    desk.millis = 90;
    let late = LockStep::Expired { entity: entity("a"), token };
    desk.step("session:1", LockStep::Renewed { entity: entity("a"), token, lease: 100 });
    desk.millis = 120;
    desk.step("session:1", late);
    assert_eq!(desk.holders("a"), "session:1");
    assert_eq!(next_expiry(&desk.state), Some(190));
}

#[test]
fn tokens_grow_however_often_an_entity_was_free() {
    let mut desk = Desk::default();
    let mut last = None;
    for who in ["m1/4", "m2/4", "person:ada", "m1/4"] {
        desk.want(who, exclusive("a"));
        let token = desk.token(who, "a");
        assert!(token > last);
        last = token;
        desk.release(who, "a");
        assert!(desk.state.locks.is_empty());
    }
}

#[test]
fn what_a_task_locked_ends_with_it() {
    let task = |status| Payload::Task(TaskChange { status, note: String::new() });
    let ends = [
        (Some(4), task(TaskStatus::Failed)),
        (Some(4), task(TaskStatus::Done)),
        (Some(5), task(TaskStatus::Assigned)),
    ];
    for (agent, end) in ends {
        let mut desk = Desk::default();
        desk.want("m1/t1/4", exclusive("a"));
        desk.want("m1/t2/4", exclusive("b"));
        desk.want("m1/t1/4", exclusive("b"));
        desk.want("m1/t3/5", exclusive("a"));
        desk.event(Some(1), agent, end);
        assert_eq!((desk.holders("a"), desk.waits("b")), ("m1/t3/5".into(), String::new()));
        assert_eq!(desk.holders("b"), "m1/t2/4");
    }
}

#[test]
fn what_a_task_locked_does_not_end_with_what_a_former_agent_says_of_it() {
    for status in [TaskStatus::Done, TaskStatus::Failed] {
        let mut desk = Desk::default();
        desk.want("m2/t1/4", exclusive("b"));
        desk.want("m1/t1/5", exclusive("a"));
        desk.want("m1/t1/5", exclusive("b"));
        let late = Payload::Task(TaskChange { status, note: String::new() });
        desk.event(Some(1), Some(4), late);
        assert_eq!((desk.holders("a"), desk.waits("b")), ("m1/t1/5".into(), "m1/t1/5".into()));
    }
}

#[test]
fn what_an_agent_locked_ends_with_it() {
    for end in ["failed", "terminated"] {
        let mut desk = Desk::default();
        for (who, name) in [("m1/t1/4", "a"), ("m1/t2/4", "b"), ("m1/4", "c"), ("m1/t3/5", "d")] {
            desk.want(who, exclusive(name));
        }
        let change = LifecycleChange {
            old_state: "running".into(),
            new_state: end.into(),
            reason: String::new(),
        };
        desk.event(None, Some(4), Payload::Lifecycle(change));
        let left: Vec<_> = desk.state.locks.entities().map(Entity::as_str).collect();
        assert_eq!(left, ["d"]);
    }
}

#[test]
fn what_a_mission_locked_outlives_its_supervisor() {
    for end in ["failed", "terminated"] {
        let mut desk = Desk::default();
        desk.want("m1/1", exclusive("a"));
        desk.want("m1/t1/1", exclusive("b"));
        desk.want("m2/1", exclusive("a"));
        desk.want("m2/1", exclusive("b"));
        let change = LifecycleChange {
            old_state: "running".into(),
            new_state: end.into(),
            reason: String::new(),
        };
        desk.event(None, Some(1), Payload::Lifecycle(change));
        assert_eq!((desk.holders("a"), desk.holders("b")), ("m1/1".into(), "m2/1".into()));
    }
}

#[test]
fn what_a_mission_locked_ends_with_it_even_where_the_end_was_erased() {
    let mut desk = Desk::default();
    desk.want("m1/t1/4", exclusive("a"));
    desk.want("m1/1", shared("b"));
    desk.want("m2/t1/4", exclusive("a"));
    let end = MissionEnd { outcome: Outcome::Done, code: None, reason: String::new(), hint: None };
    let draft = Draft::new(Role::System, Payload::MissionEnded(end)).of(MissionId(1));
    let mut event = draft.at(Seq(9), Hlc(0));
    event.payload = None;
    apply(&mut desk.state, &event);
    let mut effects = Effects::new();
    decide(&desk.state, &event, &mut effects);
    assert!(matches!(&effects[..], [Effect::Record(_)]), "{effects:?}");
    desk.seq = 9;
    let Effect::Record(granted) = effects.remove(0) else { panic!() };
    desk.record(granted);
    assert_eq!(desk.holders("a"), "m2/t1/4");
    assert_eq!(desk.state.locks.len(), 1);
}

#[test]
fn a_deadlock_names_its_cycle_its_victim_and_the_order_to_try_again_in() {
    let mut desk = Desk::default();
    desk.want("m1/4", exclusive("b"));
    desk.want("m1/5", exclusive("c"));
    desk.want("m1/5", shared("z"));
    desk.want("m1/6", exclusive("a"));
    desk.want("m1/4", exclusive("c"));
    desk.want("m1/5", shared("a"));
    assert!(desk.said.is_empty());
    desk.want("m1/6", exclusive("b"));
    let link = |who: &str, name: &str, mode, request| WaitLink {
        holder: holder(who),
        entity: entity(name),
        mode,
        request: Seq(request),
        obstacle: Obstacle::Holds,
    };
    let deadlock = Deadlock {
        cycle: vec![
            link("m1/6", "b", LockMode::Exclusive, 7),
            link("m1/4", "c", LockMode::Exclusive, 5),
            link("m1/5", "a", LockMode::Shared, 6),
        ],
        // 4 and 6 have one lock each, and 6 is the higher number.
        again: vec![
            Claim { entity: entity("a"), mode: LockMode::Exclusive },
            Claim { entity: entity("b"), mode: LockMode::Exclusive },
        ],
    };
    let victim = LockChange { holder: holder("m1/6"), step: LockStep::Victim(Box::new(deadlock)) };
    assert_eq!(desk.said[0], victim);
    assert_eq!(desk.holders("a"), "m1/5");
    assert_eq!((desk.waits("b"), desk.waits("c")), (String::new(), "m1/4".into()));
}

#[test]
fn priority_then_earlier_defeats_then_what_is_held_decide_on_the_victim() {
    let cases = [
        // The higher priority is spared although it was never a victim and has less.
        ((9, 0, 0), (5, 3, 2), "m1/5"),
        ((5, 1, 0), (5, 0, 2), "m1/5"),
        ((5, 0, 1), (5, 0, 0), "m1/5"),
        ((5, 0, 0), (5, 0, 1), "m1/4"),
        ((5, 0, 0), (5, 0, 0), "m1/5"),
    ];
    for (first, second, victim) in cases {
        let mut desk = Desk::default();
        for (who, (.., more)) in [("m1/4", first), ("m1/5", second)] {
            desk.want(who, exclusive(&alloc::format!("own {who}")));
            for number in 0..more {
                desk.want(who, exclusive(&alloc::format!("{who} {number}")));
            }
        }
        for (who, other, (priority, attempt, _)) in
            [("m1/4", "m1/5", first), ("m1/5", "m1/4", second)]
        {
            let wanted = exclusive(&alloc::format!("own {other}"));
            desk.want(who, LockRequest { priority, attempt, ..wanted });
        }
        assert_eq!(desk.said[0].holder, holder(victim), "{first:?} {second:?}");
    }
}

#[test]
fn two_readers_that_both_want_to_write_are_a_deadlock() {
    let mut desk = Desk::default();
    desk.want("m1/4", shared("a"));
    desk.want("m1/5", shared("a"));
    desk.want("m1/4", exclusive("a"));
    desk.want("m1/5", exclusive("a"));
    assert!(matches!(desk.said[0].step, LockStep::Victim(_)));
    assert_eq!((desk.holders("a"), desk.waits("a")), ("m1/4".into(), String::new()));
}

#[test]
fn a_request_that_closes_two_circles_has_two_victims() {
    let mut desk = Desk::default();
    for who in ["m1/4", "m1/5"] {
        desk.want(who, shared("a"));
    }
    let first = LockRequest { priority: 9, ..exclusive("b") };
    desk.want("m1/3", first);
    desk.want("m1/4", exclusive("b"));
    desk.want("m1/5", exclusive("b"));
    desk.want("m1/3", LockRequest { priority: 9, ..exclusive("a") });
    let victims = desk.said.iter().filter(|change| matches!(change.step, LockStep::Victim(_)));
    assert_eq!(victims.count(), 2);
    assert_eq!(desk.holders("a"), "m1/3");
}

#[test]
fn a_deadlock_and_grants_that_a_crash_kept_from_the_ledger_are_found_again() {
    let mut desk = Desk::default();
    desk.want("m1/4", exclusive("a"));
    desk.want("m1/5", exclusive("b"));
    desk.want("m1/7", exclusive("c"));
    desk.want("m1/8", shared("c"));
    desk.want("m1/9", shared("c"));
    desk.want("m1/4", exclusive("b"));
    let change = |who, step| {
        Draft::new(Role::Coder, Payload::Lock(LockChange { holder: holder(who), step }))
    };
    let closing = change("m1/5", LockStep::Wanted(exclusive("a")));
    let lost = [desk.record_one(closing), {
        let token = desk.token("m1/7", "c").unwrap();
        desk.record_one(change("m1/7", LockStep::Released { entity: entity("c"), token }))
    }];
    let mut effects = Effects::new();
    resume(&desk.state, &mut effects);
    let found: Vec<_> = effects
        .into_iter()
        .map(|effect| match effect {
            Effect::Record(draft) => draft,
            other => panic!("{other:?}"),
        })
        .collect();
    let payloads = |drafts: &[Draft]| drafts.iter().map(|d| d.payload.clone()).collect::<Vec<_>>();
    assert_eq!(payloads(&found[..2]), payloads(&lost[1]));
    let [Payload::Lock(again)] = &payloads(&found[2..])[..] else { panic!("{found:?}") };
    let [Payload::Lock(victim)] = &payloads(&lost[0])[..] else { panic!("{lost:?}") };
    assert_eq!(again.holder, victim.holder);
}

#[test]
fn everything_that_one_event_frees_is_granted_after_it() {
    let mut desk = Desk::default();
    desk.want("m1/4", exclusive("a"));
    desk.want("m2/4", shared("a"));
    desk.want("m1/5", exclusive("a"));
    desk.want("m2/6", shared("a"));
    let end = MissionEnd { outcome: Outcome::Done, code: None, reason: String::new(), hint: None };
    desk.event(None, None, Payload::MissionEnded(end));
    assert_eq!((desk.holders("a"), desk.waits("a")), ("m2/4 m2/6".into(), String::new()));
    assert_eq!(desk.said.len(), 2);
}

#[test]
fn an_upgrade_that_is_granted_at_once_can_close_a_circle() {
    let mut desk = Desk::default();
    desk.want("m1/5", exclusive("b"));
    desk.want("m1/4", shared("a"));
    let request = desk.want("m1/6", exclusive("a"));
    desk.want("m1/5", shared("a"));
    // The way is free for 5 now, and that is decided and not yet recorded.
    let step = LockStep::Refused {
        entity: entity("a"),
        request: Seq(request),
        reason: LockRefusal::Withdrawn,
    };
    let change = LockChange { holder: holder("m1/6"), step };
    let decided = desk.record_one(Draft::new(Role::Coder, Payload::Lock(change)));
    assert_eq!(decided.len(), 1);
    desk.want("m1/4", exclusive("b"));
    assert_eq!(desk.said.len(), 1);
    desk.want("m1/4", exclusive("a"));
    assert!(matches!(desk.said[1].step, LockStep::Victim(_)), "{:?}", desk.said);
    // The grant that was decided before comes too late or in time, and is sound either way.
    for draft in decided {
        desk.record(draft);
    }
    let circle = desk.state.locks.deadlock_of(&holder("m1/4"));
    assert_eq!(circle, None);
}
