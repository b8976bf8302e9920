//! The lock table alone: no ledger, no clock, no disk.

use std::collections::VecDeque;
use std::hint::black_box;

use axon_domain::{
    AgentId, Draft, Entity, Event, Hlc, Holder, LockChange, LockMode, LockRequest, LockStep,
    MissionId, Payload, Role, Seq, TaskId, Token,
};
use axon_engine::{Effect, Effects, State, apply, decide};

use crate::Options;
use crate::machine::resident;
use crate::stats::{Spread, timed};
use crate::table::{Row, thousands};

pub(crate) fn run(options: &Options) -> Vec<Row> {
    let operations = options.size(1_000_000, 10_000);
    // First, while nothing has been freed that would be used again.
    let size = size(options);
    let mut rows = Vec::new();
    for entities in [1, 1_000, 100_000] {
        let entities = if options.quick { entities.min(1_000) } else { entities };
        rows.push(free(options, entities, operations));
        rows.push(contended(options, entities, operations));
    }
    let waiters = options.size(1_000, 100);
    rows.push(chain(options, waiters));
    rows.push(size);
    rows
}

fn row(what: String, operations: usize, times: Vec<f64>) -> Row {
    let seconds = Spread::of(times);
    let rate = |seconds: f64| operations as f64 / seconds / 1e6;
    let (median, least, most) = (rate(seconds.median), rate(seconds.most), rate(seconds.least));
    Row::new(what, format!("{median:.2} M operations/s on one core ({least:.2}–{most:.2})"))
        .durability("none: in memory")
}

/// Everything is held by somebody, and another lock is taken and given back again and again.
fn free(options: &Options, entities: usize, operations: usize) -> Row {
    let mut desk = Desk::default();
    let names: Vec<Entity> = (0..entities).map(entity).collect();
    for name in &names {
        desk.record(want(holder(1), name, LockMode::Shared));
    }
    let times = (0..options.rounds(5)).map(|_| {
        let begun = desk.seq;
        let pairs = (0..operations / 2).flat_map(|number| {
            // Steps through the names in an order that no cache likes.
            let name = &names[number.wrapping_mul(7_919) % names.len()];
            let token = Token(Seq(begun + 2 * number as u64 + 1));
            let released = LockStep::Released { entity: name.clone(), token };
            [want(holder(2), name, LockMode::Shared), lock(holder(2), released)]
        });
        desk.replay(pairs.collect())
    });
    let what = format!("take and release, {} held by others", thousands(entities));
    row(what, operations, times.collect())
}

/// A thousand agents wait for exclusive locks, spread over the entities; whoever gets one gives
/// it back and asks again.
fn contended(options: &Options, entities: usize, operations: usize) -> Row {
    let waiters = options.size(1_000, 100);
    let names: Vec<Entity> = (0..entities).map(entity).collect();
    let mut desk = Desk::default();
    // Each is held by somebody else, so that nobody waits for two.
    for (number, name) in names.iter().enumerate() {
        desk.record(want(holder(waiters + 1 + number), name, LockMode::Exclusive));
    }
    for number in 1..=waiters {
        let name = &names[number % names.len().min(waiters)];
        desk.record(want(holder(number), name, LockMode::Exclusive));
    }
    let times = (0..options.rounds(5)).map(|_| {
        // Made before, so that making them is not measured: what the queues lead to.
        let mut copy = Desk { state: desk.state.clone(), seq: desk.seq, outbox: VecDeque::new() };
        let mut events = Vec::new();
        let mut turn = 0_usize;
        while events.len() < operations {
            let name = &names[turn % names.len().min(waiters)];
            turn += 1;
            let (who, grant) = copy.state.locks.holders(name).next().expect("held");
            let (who, token) = (who.clone(), grant.token);
            let step = LockStep::Released { entity: name.clone(), token };
            events.extend(copy.record(lock(who.clone(), step)));
            events.extend(copy.record(want(who, name, LockMode::Exclusive)));
        }
        let drafts = events.into_iter().map(|event| draft_of(&event)).collect();
        Desk { state: desk.state.clone(), seq: desk.seq, outbox: VecDeque::new() }.replay(drafts)
    });
    let waiting = thousands(waiters);
    let what = format!("release, grant, ask, {} entities, {waiting} waiters", thousands(entities));
    row(what, operations, times.collect())
}

/// A chain of waits, each holder of one waiting for the next: how long it takes to see that
/// one more wait closes it.
fn chain(options: &Options, waiters: usize) -> Row {
    let mut desk = Desk::default();
    let names: Vec<Entity> = (0..=waiters).map(entity).collect();
    for (number, name) in names.iter().enumerate() {
        desk.record(want(holder(number), name, LockMode::Exclusive));
    }
    for number in 0..waiters {
        desk.record(want(holder(number), &names[number + 1], LockMode::Exclusive));
    }
    let times = (0..options.rounds(21)).map(|_| {
        let mut copy = Desk { state: desk.state.clone(), seq: desk.seq, outbox: VecDeque::new() };
        let last = want(holder(waiters), &names[0], LockMode::Exclusive);
        let (seconds, ()) = timed(|| {
            black_box(copy.one(last.clone()));
        });
        assert_eq!(copy.outbox.len(), 1, "a victim");
        seconds * 1e6
    });
    let micros = Spread::of(times.collect());
    let measured = format!("{:.0} µs ({:.0}–{:.0})", micros.median, micros.least, micros.most);
    Row::new(format!("a deadlock of {} found and judged", thousands(waiters + 1)), measured)
        .durability("none: in memory")
}

/// What a table takes, in memory and kept.
fn size(options: &Options) -> Row {
    let entities = options.size(100_000, 1_000);
    let before = resident();
    let mut desk = Desk::default();
    for number in 0..entities {
        let owner = holder(number / 100);
        desk.record(want(owner, &entity(number), LockMode::Exclusive));
    }
    let memory = resident().saturating_sub(before) as f64 / entities as f64;
    let kept = serde_json::to_vec(&desk.state.locks).expect("a table").len();
    let kept = kept as f64 / entities as f64;
    Row::new(
        format!("size of a lock, {} held by {}", thousands(entities), thousands(entities / 100)),
        format!("{memory:.0} bytes in memory, {kept:.0} kept"),
    )
}

#[derive(Default)]
struct Desk {
    state: State,
    seq: u64,
    outbox: VecDeque<Draft>,
}

impl Desk {
    fn one(&mut self, draft: Draft) -> Event {
        self.seq += 1;
        let event = draft.at(Seq(self.seq), Hlc::from_millis(1_700_000_000_000));
        self.step(&event);
        event
    }

    fn step(&mut self, event: &Event) {
        apply(&mut self.state, event);
        let mut effects = Effects::new();
        decide(&self.state, event, &mut effects);
        self.outbox.extend(effects.into_iter().filter_map(|effect| match effect {
            Effect::Record(draft) => Some(draft),
            _ => None,
        }));
    }

    /// Records a draft and everything that follows from it.
    fn record(&mut self, draft: Draft) -> Vec<Event> {
        let mut events = vec![self.one(draft)];
        while let Some(draft) = self.outbox.pop_front() {
            events.push(self.one(draft));
        }
        events
    }

    /// Seconds to apply all and to decide on each, as the dispatcher does. What is decided is
    /// among the drafts already.
    fn replay(&mut self, drafts: Vec<Draft>) -> f64 {
        let time = Hlc::from_millis(1_700_000_000_000);
        let first = self.seq + 1;
        let events: Vec<Event> =
            (first..).zip(drafts).map(|(seq, draft)| draft.at(Seq(seq), time)).collect();
        self.seq += events.len() as u64;
        let (seconds, ()) = timed(|| {
            for event in &events {
                self.step(event);
                black_box(&self.outbox);
                self.outbox.clear();
            }
        });
        seconds
    }
}

fn draft_of(event: &Event) -> Draft {
    Draft {
        mission: event.mission,
        task: event.task,
        role: event.role,
        agent: event.agent,
        causes: event.causes.clone(),
        payload: event.payload.clone().expect("not erased"),
    }
}

fn entity(number: usize) -> Entity {
    let path = format!("src/part_{:03}/module_{number:06}.py", number / 100);
    Entity::file(&path).expect("a path")
}

fn holder(number: usize) -> Holder {
    let agent = AgentId::new(number as u64 + 4).expect("not zero");
    Holder::Agent { mission: MissionId(1), task: Some(TaskId(number as u32)), agent }
}

fn want(holder: Holder, entity: &Entity, mode: LockMode) -> Draft {
    lock(holder, LockStep::Wanted(LockRequest::new(entity.clone(), mode)))
}

fn lock(holder: Holder, step: LockStep) -> Draft {
    Draft::new(Role::Coder, Payload::Lock(LockChange { holder, step }))
}
