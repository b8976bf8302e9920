//! Whatever the events are, the table is sound and says the same as the model.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use axon_domain::{
    Deadlock, Draft, Entity, Event, Hlc, Holder, LockChange, LockMode, LockRefusal, LockRequest,
    LockStep, Obstacle, Payload, Role, Seq, Token, WaitLink,
};
use axon_engine::{Effect, Effects, Locks, State, apply, decide, expire, resume};
use proptest::prelude::*;

use super::model::{Model, in_circles};

fn entities() -> impl Strategy<Value = Entity> {
    prop_oneof![Just("a"), Just("file:b.py"), Just("unit:b.py#f")]
        .prop_map(|text| text.parse().unwrap())
}

fn holders() -> impl Strategy<Value = Holder> {
    prop_oneof![Just("m1/t1/4"), Just("m1/t2/5"), Just("m2/4"), Just("person:ada"), Just("m1/t3/4")]
        .prop_map(|text| text.parse().unwrap())
}

fn requests() -> impl Strategy<Value = LockRequest> {
    let bound = || proptest::option::weighted(0.3, 1_u64..20);
    let mode = prop_oneof![Just(LockMode::Shared), Just(LockMode::Exclusive)];
    (entities(), mode, proptest::bool::weighted(0.9), bound(), bound(), 4_u8..7, 0_u32..2).prop_map(
        |(entity, mode, wait, timeout, lease, priority, attempt)| LockRequest {
            entity,
            mode,
            wait,
            timeout,
            lease,
            priority,
            attempt,
        },
    )
}

/// Something that a holder does on its own. Numbers choose among what there is.
#[derive(Debug, Clone)]
enum Act {
    Want(Holder, LockRequest),
    Release(usize),
    Renew(usize, u64),
    Withdraw(usize),
    Tick(u64),
    /// One of the events that were decided gets into the ledger.
    Record,
    /// The process ends; what was decided and not recorded is lost.
    Crash,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        6 => (holders(), requests()).prop_map(|(holder, wanted)| Act::Want(holder, wanted)),
        3 => any::<usize>().prop_map(Act::Release),
        1 => (any::<usize>(), 0_u64..20).prop_map(|(which, lease)| Act::Renew(which, lease)),
        1 => any::<usize>().prop_map(Act::Withdraw),
        2 => (0_u64..10).prop_map(Act::Tick),
        5 => Just(Act::Record),
        1 => Just(Act::Crash),
    ];
    proptest::collection::vec(act, 0..80)
}

/// Any step at all, whether it makes sense or not.
fn steps() -> impl Strategy<Value = LockStep> {
    let token = || (0_u64..40).prop_map(|number| Token(Seq(number)));
    let request = || (0_u64..40).prop_map(Seq);
    prop_oneof![
        8 => requests().prop_map(LockStep::Wanted),
        6 => (entities(), request())
            .prop_map(|(entity, request)| LockStep::Granted { entity, request }),
        1 => (entities(), token(), 0_u64..20)
            .prop_map(|(entity, token, lease)| LockStep::Renewed { entity, token, lease }),
        4 => (entities(), token())
            .prop_map(|(entity, token)| LockStep::Released { entity, token }),
        1 => (entities(), token()).prop_map(|(entity, token)| LockStep::Expired { entity, token }),
        1 => (entities(), request()).prop_map(|(entity, request)| {
            LockStep::Refused { entity, request, reason: LockRefusal::Withdrawn }
        }),
        1 => (holders(), entities(), request()).prop_map(|(holder, entity, request)| {
            let (mode, obstacle) = (LockMode::Shared, Obstacle::Ahead);
            let cycle = vec![WaitLink { holder, entity, mode, request, obstacle }];
            LockStep::Victim(Box::new(Deadlock { cycle, again: vec![] }))
        }),
    ]
}

/// The table beside the model, and what is known of both.
#[derive(Default)]
struct Both {
    state: State,
    model: Model,
    seq: u64,
    millis: u64,
    tokens: BTreeMap<Entity, Token>,
}

impl Both {
    fn event(&mut self, draft: Draft) -> (Event, Vec<Draft>) {
        self.seq += 1;
        let event = draft.at(Seq(self.seq), Hlc::from_millis(self.millis));
        apply(&mut self.state, &event);
        if let Some(Payload::Lock(change)) = &event.payload {
            self.model.apply(event.seq, self.millis, change);
        }
        let mut effects = Effects::new();
        decide(&self.state, &event, &mut effects);
        self.check();
        (event, drafts(effects))
    }

    fn check(&mut self) {
        let locks = &self.state.locks;
        self.model.assert_same(locks);
        assert_eq!(locks.is_empty(), locks.entities().next().is_none());
        let circles = in_circles(&self.model.edges());
        for holder in locks.owners() {
            let cycle = locks.deadlock_of(holder);
            assert_eq!(cycle.is_some(), circles.contains(holder), "{holder}");
            check_cycle(locks, &self.model, holder, &cycle.unwrap_or_default());
        }
        for entity in locks.entities() {
            let modes: Vec<_> = locks.holders(entity).map(|(_, grant)| grant.mode).collect();
            assert!(modes.len() < 2 || !modes.contains(&LockMode::Exclusive), "{modes:?}");
            assert!(!modes.is_empty() || locks.waits(entity).next().is_some());
            let newest = locks.holders(entity).map(|(_, grant)| grant.token).max();
            let known = self.tokens.entry(entity.clone()).or_insert(Token(Seq(0)));
            for (holder, grant) in locks.holders(entity) {
                assert!(grant.token.0 <= Seq(self.seq) && grant.times > 0);
                assert!(locks.check_token(entity, holder, grant.token).is_ok());
                // What is new is greater than all that ever was.
                let is_new = grant.token.0 == Seq(self.seq);
                assert!(if is_new { grant.token > *known } else { grant.token <= *known });
            }
            *known = newest.unwrap_or(*known).max(*known);
        }
        let kept = serde_json::to_vec(&self.state).unwrap();
        assert_eq!(serde_json::from_slice::<State>(&kept).unwrap(), self.state);
    }

    /// What somebody who takes over would do is what there is to do.
    fn check_resume(&self) {
        let mut effects = Effects::new();
        resume(&self.state, &mut effects);
        let (grants, victims) = outstanding(&drafts(effects));
        assert_eq!(grants, self.model.open());
        let mut edges = self.model.edges();
        assert_eq!(victims.is_empty(), in_circles(&edges).is_empty());
        edges.retain(|(one, other)| !victims.contains(one) && !victims.contains(other));
        assert_eq!(in_circles(&edges), BTreeSet::new());
    }
}

fn check_cycle(locks: &Locks, model: &Model, first: &Holder, cycle: &[WaitLink]) {
    assert!(cycle.first().is_none_or(|link| link.holder == *first));
    let edges = model.edges();
    for (link, next) in cycle.iter().zip(cycle.iter().cycle().skip(1)) {
        assert!(edges.contains(&(link.holder.clone(), next.holder.clone())), "{cycle:?}");
        assert_eq!(locks.wait(&link.entity, &link.holder).unwrap().mode, link.mode);
        match link.obstacle {
            Obstacle::Holds => assert!(locks.grant(&link.entity, &next.holder).is_some()),
            Obstacle::Ahead => assert!(locks.wait(&link.entity, &next.holder).is_some()),
        }
    }
}

fn drafts(effects: Effects) -> Vec<Draft> {
    let draft = |effect| match effect {
        Effect::Record(draft) => draft,
        other => panic!("{other:?}"),
    };
    effects.into_iter().map(draft).collect()
}

/// The requests that drafts grant, and the victims that they name.
fn outstanding<'a>(
    drafts: impl IntoIterator<Item = &'a Draft>,
) -> (BTreeSet<Seq>, BTreeSet<Holder>) {
    let (mut grants, mut victims) = (BTreeSet::new(), BTreeSet::new());
    for draft in drafts {
        let Payload::Lock(change) = &draft.payload else { continue };
        match &change.step {
            LockStep::Granted { request, .. } => assert!(grants.insert(*request), "granted twice"),
            LockStep::Victim(_) => assert!(victims.insert(change.holder.clone())),
            _ => {}
        }
    }
    (grants, victims)
}

fn lock(holder: Holder, step: LockStep) -> Draft {
    Draft::new(Role::Coder, Payload::Lock(LockChange { holder, step }))
}

fn perform(both: &mut Both, outbox: &mut VecDeque<Draft>, act: Act) {
    let holds = both.model.holds.clone();
    let waits: Vec<_> =
        both.model.queues.iter().flat_map(|(e, queue)| queue.iter().map(move |w| (e, w))).collect();
    let draft = match act {
        Act::Want(holder, wanted) => lock(holder, LockStep::Wanted(wanted)),
        Act::Release(which) if !holds.is_empty() => {
            let (entity, holder, grant) = holds[which % holds.len()].clone();
            lock(holder, LockStep::Released { entity, token: grant.token })
        }
        Act::Renew(which, lease) if !holds.is_empty() => {
            let (entity, holder, grant) = holds[which % holds.len()].clone();
            lock(holder, LockStep::Renewed { entity, token: grant.token, lease })
        }
        Act::Withdraw(which) if !waits.is_empty() => {
            let (entity, wait) = waits[which % waits.len()];
            let (entity, reason) = (entity.clone(), LockRefusal::Withdrawn);
            lock(wait.holder.clone(), LockStep::Refused { entity, request: wait.asked, reason })
        }
        Act::Tick(millis) => {
            both.millis += millis;
            outbox.extend(expire(&both.state, both.millis));
            return;
        }
        Act::Crash => {
            outbox.clear();
            let mut effects = Effects::new();
            resume(&both.state, &mut effects);
            outbox.extend(drafts(effects));
            return;
        }
        Act::Record | Act::Release(_) | Act::Renew(..) | Act::Withdraw(_) => {
            let Some(draft) = outbox.pop_front() else { return };
            draft
        }
    };
    let (_, next) = both.event(draft);
    outbox.extend(next);
}

proptest! {
    #[test]
    fn any_steps_in_any_order_give_a_sound_table(
        steps in proptest::collection::vec((holders(), steps(), 0_u64..3), 0..40),
    ) {
        let mut both = Both::default();
        for (holder, step, millis) in steps {
            both.millis += millis;
            both.event(lock(holder, step));
            both.check_resume();
        }
    }

    #[test]
    fn nobody_waits_without_a_reason_or_in_a_circle(acts in acts()) {
        let mut both = Both::default();
        let mut outbox = VecDeque::new();
        for act in acts {
            perform(&mut both, &mut outbox, act);
            // Whatever is open is decided already.
            let (grants, victims) = open_of(&outbox);
            let open = both.model.open();
            prop_assert!(open.is_subset(&grants), "{:?} {:?}", open, grants);
            let mut edges = both.model.edges();
            edges.retain(|(one, other)| !victims.contains(one) && !victims.contains(other));
            prop_assert_eq!(in_circles(&edges), BTreeSet::new());
        }
        while let Some(draft) = outbox.pop_front() {
            let (_, next) = both.event(draft);
            outbox.extend(next);
        }
        prop_assert_eq!(both.model.open(), BTreeSet::new());
        prop_assert_eq!(in_circles(&both.model.edges()), BTreeSet::new());
        both.check_resume();
    }
}

/// The same as [`outstanding`] where the same may have been decided again meanwhile. With a
/// victim comes the one who closed its circle: it is looked at again when the victim is gone.
fn open_of(outbox: &VecDeque<Draft>) -> (BTreeSet<Seq>, BTreeSet<Holder>) {
    let (mut grants, mut victims) = (BTreeSet::new(), BTreeSet::new());
    for draft in outbox {
        let (granted, broken) = outstanding([draft]);
        grants.extend(granted);
        victims.extend(broken);
        if let Payload::Lock(LockChange { step: LockStep::Victim(deadlock), .. }) = &draft.payload {
            victims.extend(deadlock.cycle.first().map(|link| link.holder.clone()));
        }
    }
    (grants, victims)
}
