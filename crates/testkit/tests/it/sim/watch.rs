//! What must hold at every event.

use std::collections::{BTreeMap, BTreeSet};

use axon_domain::{
    AgentId, Entity, Event, Holder, LockChange, LockMode, LockStep, MissionId, Payload, Seq,
    TaskId, Token,
};
use axon_engine::{Effect, Mission, TaskState};

use super::jobs::{Order, has_ended, mission_of};
use super::world::World;

/// What was seen until now.
#[derive(Default)]
pub(super) struct Watch {
    /// The greatest token under which an entity was held.
    tokens: BTreeMap<Entity, Token>,
}

impl Watch {
    /// A token that is not durable was told to nobody who outlives the process.
    pub(super) fn begin_anew(&mut self) {
        self.tokens.clear();
    }
}

impl World {
    /// Looks at the state after an event, and at what follows from it.
    pub(super) fn check_event(&mut self, place: usize, effects: &[Effect]) {
        let event = &self.log[place];
        let before = place.checked_sub(1).map(|before| self.log[before].time);
        assert!(before.is_none_or(|before| before < event.time), "the clock went back");
        assert!(event.causes.iter().all(|cause| *cause < event.seq), "caused by what comes later");
        self.count(place);
        self.check_lock(place);
        let event = &self.log[place];
        if let Some(mission) = event.mission.and_then(|id| self.state.missions.get(&id)) {
            check_working(mission);
        }
        for effect in effects.iter().filter(|effect| !matches!(effect, Effect::Record(_))) {
            let id = mission_of(effect).unwrap();
            let mission = &self.state.missions[&id];
            assert!(!has_ended(mission), "{effect:?} of a mission that has ended");
            if let Effect::Work { task, agent, .. } = effect {
                self.check_holds(mission, *task, *agent);
            }
        }
    }

    fn count(&mut self, place: usize) {
        match &self.log[place].payload {
            Some(Payload::Decision(_)) => self.counts.halvings += 1,
            Some(Payload::Lock(change)) => match &change.step {
                LockStep::Granted { .. } => self.counts.waits += 1,
                LockStep::Victim(_) => self.counts.deadlocks += 1,
                _ => {}
            },
            _ => {}
        }
    }

    /// Nobody has an entity beside one who has it alone; who asked first has it first; tokens
    /// grow.
    fn check_lock(&mut self, place: usize) {
        let event = &self.log[place];
        let Some(Payload::Lock(change)) = &event.payload else { return };
        let Some((entity, asked)) = granted(event, change) else { return };
        self.check_entity(entity);
        let locks = &self.state.locks;
        let Some(grant) = locks.grant(entity, &change.holder) else { return };
        if grant.token != Token(event.seq) {
            return;
        }
        if grant.times == 1 {
            for wait in locks.waits(entity).filter(|wait| wait.asked < asked) {
                let shared = LockMode::Shared;
                let both = grant.mode == shared && wait.mode == shared;
                let upgrade = locks.grant(entity, &wait.holder).is_some();
                assert!(both || upgrade, "{} went before {}", change.holder, wait.holder);
            }
        }
        let last = self.watch.tokens.insert(entity.clone(), grant.token);
        assert!(last.is_none_or(|last| last < grant.token), "the token of {entity} did not grow");
    }

    fn check_entity(&self, entity: &Entity) {
        let holders: Vec<_> = self.state.locks.holders(entity).collect();
        let alone = holders.iter().any(|(_, grant)| grant.mode == LockMode::Exclusive);
        assert!(!alone || holders.len() == 1, "several have {entity}: {holders:?}");
    }

    /// A coder works only on what is its own, with its mission holding what it claims.
    fn check_holds(&self, mission: &Mission, id: TaskId, agent: AgentId) -> Token {
        let task = mission.task(id).unwrap();
        assert_eq!(task.state, TaskState::Assigned(agent), "{id} of {} is not its own", mission.id);
        for claim in mission.claims() {
            let grant = self.state.locks.grant(&claim.entity, &mission.holder());
            assert!(grant.is_some(), "{} does not hold {}", mission.id, claim.entity);
        }
        let holder = Holder::Agent { mission: mission.id, task: Some(id), agent };
        let file = Entity::file(&task.path).unwrap();
        let grant = self.state.locks.grant(&file, &holder);
        grant.unwrap_or_else(|| panic!("{holder} does not hold {file}")).token
    }

    /// Nothing is given to an agent that is at something, and no file to two agents. Gives the
    /// token under which a coder has its file.
    pub(super) fn check_given_out(
        &self,
        id: MissionId,
        agent: AgentId,
        effect: &Effect,
    ) -> Option<Token> {
        let process = self.process.as_ref().unwrap();
        let mission = &self.state.missions[&id];
        assert!(!has_ended(mission), "{effect:?} of a mission that has ended");
        let unfenced = self.setting.faults.unfenced;
        if let Some(other) = process.jobs.get(&(id, agent)).filter(|_| !unfenced) {
            panic!("{effect:?}, but the agent is at {:?}", other.effect);
        }
        let Effect::Work { task, .. } = effect else { return None };
        let path = &mission.task(*task).unwrap().path;
        let same = |order: &&std::rc::Rc<Order>| match &order.effect {
            // What a mission that was cancelled still does counts for nothing.
            Effect::Work { mission, task, .. } => {
                let mission = &self.state.missions[mission];
                !has_ended(mission) && mission.task(*task).is_some_and(|task| task.path == *path)
            }
            _ => false,
        };
        if let Some(other) = process.jobs.values().find(same).filter(|_| !unfenced) {
            panic!("{effect:?}, but somebody writes {path}: {:?}", other.effect);
        }
        Some(self.check_holds(mission, *task, agent))
    }

    /// Whoever was not given up still has what it began with.
    pub(super) fn check_still_held(&self, order: &Order) {
        let Effect::Work { task, agent, .. } = &order.effect else { return };
        let mission = &self.state.missions[&order.mission];
        if !has_ended(mission) && !self.setting.faults.unfenced {
            assert_eq!(
                order.token,
                Some(self.check_holds(mission, *task, *agent)),
                "another token"
            );
        }
    }

    /// The slow ones.
    pub(super) fn audit(&self) {
        for entity in self.state.locks.entities() {
            self.check_entity(entity);
        }
        for mission in self.state.missions.values() {
            check_board(mission);
        }
        let rebuilt = self.rebuilt();
        assert!(rebuilt == self.state, "the log adds up to something else");
        let kept = serde_json::to_vec(&self.state).unwrap();
        let again: axon_engine::State = serde_json::from_slice(&kept).unwrap();
        assert!(again == self.state, "what is kept is something else");
    }
}

/// What an event may have granted, and when that was asked for.
fn granted<'a>(event: &Event, change: &'a LockChange) -> Option<(&'a Entity, Seq)> {
    match &change.step {
        LockStep::Wanted(wanted) => Some((&wanted.entity, event.seq)),
        LockStep::Granted { entity, request } => Some((entity, *request)),
        _ => None,
    }
}

/// Every agent has one task, and every task one agent.
fn check_working(mission: &Mission) {
    let mut tasks = BTreeSet::new();
    for (agent, task) in mission.working() {
        assert!(tasks.insert(task), "{task} of {} is given twice", mission.id);
        let state = mission.task(task).unwrap().state;
        assert_eq!(state, TaskState::Assigned(agent), "{task} of {}", mission.id);
    }
}

/// What the board says is what the tasks say.
fn check_board(mission: &Mission) {
    let assigned = |task: &&axon_engine::Task| matches!(task.state, TaskState::Assigned(_));
    let assigned = mission.tasks.iter().filter(assigned).count();
    if !has_ended(mission) {
        assert_eq!(assigned, mission.working().count(), "{} lost an agent", mission.id);
    }
    let merged = mission.tasks.iter().filter(|task| task.state == TaskState::Merged).count();
    assert_eq!(merged, mission.accepted.tasks as usize, "{} miscounted", mission.id);
}
