//! Fifty agents that take locks in any order, crash, are slow and lose their process: at last
//! everybody has done its work, and nobody ever wrote beside somebody else.

use std::collections::{BTreeMap, VecDeque};

use axon_domain::{
    AgentId, Claim, Draft, Entity, Hlc, Holder, LifecycleChange, LockChange, LockMode, LockRefusal,
    LockRequest, LockStep, MissionId, Payload, Role, Seq, Token,
};
use axon_engine::{Effect, Effects, State, apply, decide, expire, next_expiry, resume};

const MISSION: MissionId = MissionId(1);
const LEASE: u64 = 400;

/// SplitMix64 (Steele, Lea, Flood 2014).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }

    fn one_in(&mut self, many: u64) -> bool {
        self.below(many) == 0
    }
}

/// What the world looks like, whatever the table says.
#[derive(Default)]
struct Thing {
    /// The greatest token under which it was written.
    fence: Option<Token>,
    writes: u64,
}

struct Agent {
    holder: Holder,
    id: AgentId,
    /// What it still takes, in the order in which it takes it; then what it took.
    plan: Vec<Claim>,
    got: Vec<(Claim, Token)>,
    asked: bool,
    attempt: u32,
    /// Until when it works with what it got.
    busy: Option<u64>,
    jobs: u32,
}

struct World {
    random: Random,
    state: State,
    seq: u64,
    millis: u64,
    outbox: VecDeque<Draft>,
    agents: Vec<Agent>,
    things: BTreeMap<Entity, Thing>,
    written: u64,
    deadlocks: u64,
    crashes: u64,
    lost: u64,
}

impl World {
    fn new(seed: u64, agents: u64, jobs: u32) -> Self {
        let agent = |number| {
            let id = AgentId::new(number).unwrap();
            let holder = Holder::Agent { mission: MISSION, task: None, agent: id };
            let (plan, got) = (Vec::new(), Vec::new());
            Agent { holder, id, plan, got, asked: false, attempt: 0, busy: None, jobs }
        };
        Self {
            random: Random(seed),
            state: State::default(),
            seq: 0,
            millis: 0,
            outbox: VecDeque::new(),
            agents: (1..=agents).map(agent).collect(),
            things: BTreeMap::new(),
            written: 0,
            deadlocks: 0,
            crashes: 0,
            lost: 0,
        }
    }

    fn record(&mut self, draft: Draft) {
        self.seq += 1;
        let event = draft.at(Seq(self.seq), Hlc::from_millis(self.millis));
        apply(&mut self.state, &event);
        let mut effects = Effects::new();
        decide(&self.state, &event, &mut effects);
        self.take(effects);
        if let Some(Payload::Lock(change)) = event.payload {
            self.tell(change);
        }
    }

    fn take(&mut self, effects: Effects) {
        self.outbox.extend(effects.into_iter().map(|effect| match effect {
            Effect::Record(draft) => draft,
            other => panic!("{other:?}"),
        }));
    }

    fn lock(&mut self, agent: usize, step: LockStep) {
        let holder = self.agents[agent].holder.clone();
        self.record(Draft::new(Role::Coder, Payload::Lock(LockChange { holder, step })));
    }

    /// An agent hears what the ledger says about it.
    fn tell(&mut self, change: LockChange) {
        let agent = self.agents.iter().position(|agent| agent.holder == change.holder).unwrap();
        match change.step {
            LockStep::Victim(deadlock) => {
                let agent = &mut self.agents[agent];
                // One that came too late changed nothing.
                if self.state.locks.owners().all(|owner| *owner != agent.holder) {
                    self.deadlocks += 1;
                    agent.again(deadlock.again);
                }
            }
            LockStep::Refused { reason: LockRefusal::TimedOut, .. } => self.restart(agent),
            _ => {}
        }
    }

    /// Gives everything back and begins again in the safe order.
    fn restart(&mut self, agent: usize) {
        self.lost += 1;
        let got = std::mem::take(&mut self.agents[agent].got);
        for (claim, token) in &got {
            let entity = claim.entity.clone();
            self.lock(agent, LockStep::Released { entity, token: *token });
        }
        let agent = &mut self.agents[agent];
        let mut all: Vec<Claim> = got.into_iter().map(|(claim, _)| claim).collect();
        all.append(&mut agent.plan);
        all.sort();
        agent.again(all);
    }

    fn turn(&mut self, number: usize) {
        let agent = &self.agents[number];
        if agent.jobs == 0 {
            return;
        }
        if self.random.one_in(300) {
            return self.crash(number);
        }
        let agent = &self.agents[number];
        if let Some(until) = agent.busy {
            if until <= self.millis {
                self.finish(number);
            }
        } else if agent.plan.is_empty() && agent.got.is_empty() {
            self.choose(number);
        } else if agent.asked {
            self.look(number);
        } else {
            self.ask(number);
        }
    }

    fn choose(&mut self, number: usize) {
        let mut plan = Vec::new();
        for _ in 0..=self.random.below(4) {
            let entity: Entity = format!("file:{}.py", self.random.below(12)).parse().unwrap();
            let exclusive = self.random.below(3) > 0;
            let mode = if exclusive { LockMode::Exclusive } else { LockMode::Shared };
            if plan.iter().all(|claim: &Claim| claim.entity != entity || claim.mode < mode) {
                plan.push(Claim { entity, mode });
            }
        }
        self.agents[number].plan = plan;
    }

    fn ask(&mut self, number: usize) {
        let agent = &mut self.agents[number];
        let Some(claim) = agent.plan.first() else { return };
        agent.asked = true;
        let request = LockRequest {
            timeout: self.random.one_in(10).then_some(50),
            lease: Some(LEASE),
            attempt: agent.attempt,
            ..LockRequest::new(claim.entity.clone(), claim.mode)
        };
        self.lock(number, LockStep::Wanted(request));
    }

    /// Whether it has what it asked for.
    fn look(&mut self, number: usize) {
        let agent = &mut self.agents[number];
        let claim = agent.plan[0].clone();
        let grant = self.state.locks.grant(&claim.entity, &agent.holder);
        let Some(grant) = grant.filter(|grant| grant.mode >= claim.mode) else {
            // Its locks ran out while it waited, and an upgrade with them.
            if self.state.locks.wait(&claim.entity, &agent.holder).is_none() {
                self.restart(number);
            }
            return;
        };
        agent.asked = false;
        agent.plan.remove(0);
        for (old, token) in &mut agent.got {
            if old.entity == claim.entity {
                *token = grant.token;
            }
        }
        agent.got.push((claim, grant.token));
        if agent.plan.is_empty() {
            // Now and then somebody is slower than its lease.
            let slow = if self.random.one_in(40) { 2 * LEASE } else { 20 };
            agent.busy = Some(self.millis + self.random.below(slow));
        }
    }

    /// Writes what it has locked, if it still has it, and gives it back.
    fn finish(&mut self, number: usize) {
        let agent = &mut self.agents[number];
        agent.busy = None;
        let valid = agent.got.iter().all(|(claim, token)| {
            self.state.locks.check_token(&claim.entity, &agent.holder, *token).is_ok()
        });
        if !valid {
            return self.restart(number);
        }
        for (claim, token) in &agent.got {
            let thing = self.things.entry(claim.entity.clone()).or_default();
            let others = self.state.locks.holders(&claim.entity);
            let others = others.filter(|(holder, _)| **holder != agent.holder).count();
            if claim.mode == LockMode::Exclusive {
                assert_eq!(others, 0, "somebody else has {}", claim.entity);
                assert!(thing.fence.is_none_or(|fence| fence <= *token), "an old token counted");
                thing.fence = Some(*token);
                thing.writes += 1;
                self.written += 1;
            }
        }
        agent.jobs -= 1;
        agent.attempt = 0;
        for (claim, token) in std::mem::take(&mut agent.got) {
            self.lock(number, LockStep::Released { entity: claim.entity, token });
        }
    }

    fn crash(&mut self, number: usize) {
        self.crashes += 1;
        let change = LifecycleChange {
            old_state: "running".into(),
            new_state: "failed".into(),
            reason: "simulated".into(),
        };
        let id = self.agents[number].id;
        self.record(Draft::new(Role::System, Payload::Lifecycle(change)).of(MISSION).by(id));
        let agent = &mut self.agents[number];
        let mut all: Vec<Claim> = agent.got.drain(..).map(|(claim, _)| claim).collect();
        all.append(&mut agent.plan);
        agent.again(all);
    }

    /// The process ends and another one goes on from what was kept.
    fn end_process(&mut self) {
        self.outbox.clear();
        let kept = serde_json::to_vec(&self.state).unwrap();
        self.state = serde_json::from_slice(&kept).unwrap();
        let mut effects = Effects::new();
        resume(&self.state, &mut effects);
        self.take(effects);
    }

    /// Lets everybody work until all is done.
    fn run(&mut self) {
        for _ in 0..1_000_000 {
            self.millis += self.random.below(2);
            if next_expiry(&self.state).is_some_and(|next| next <= self.millis) {
                for draft in expire(&self.state, self.millis) {
                    self.record(draft);
                }
            }
            if self.random.one_in(2_000) {
                self.end_process();
            }
            // What was decided is recorded sooner or later.
            if self.random.below(3) > 0
                && let Some(draft) = self.outbox.pop_front()
            {
                self.record(draft);
            }
            let number = self.random.below(self.agents.len() as u64) as usize;
            self.turn(number);
            if self.agents.iter().all(|agent| agent.jobs == 0) {
                return;
            }
        }
        let stuck = self.agents.iter().filter(|agent| agent.jobs > 0).count();
        panic!("{stuck} agents make no progress");
    }
}

impl World {
    /// Records what is left to record; then nothing is locked, and every write is there.
    fn settle(&mut self) {
        while let Some(draft) = self.outbox.pop_front() {
            self.record(draft);
        }
        assert!(self.state.locks.is_empty(), "{:?}", self.state.locks);
        assert_eq!(self.things.values().map(|thing| thing.writes).sum::<u64>(), self.written);
    }
}

impl Agent {
    fn again(&mut self, plan: Vec<Claim>) {
        self.got.clear();
        self.plan = plan;
        self.asked = false;
        self.busy = None;
        self.attempt += 1;
    }
}

#[test]
fn everybody_makes_progress_at_last() {
    let (mut deadlocks, mut crashes, mut lost) = (0, 0, 0);
    for seed in 0..20 {
        let world = std::panic::catch_unwind(|| {
            let mut world = World::new(seed, 50, 10);
            world.run();
            world.settle();
            world
        });
        let world = world.unwrap_or_else(|_| panic!("seed {seed}"));
        deadlocks += world.deadlocks;
        crashes += world.crashes;
        lost += world.lost;
    }
    assert!(deadlocks > 100 && crashes > 100 && lost > 100, "the worlds are too quiet");
}
