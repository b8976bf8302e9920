//! What people do beside the missions: lock things, commit, apply and discard results, pause and
//! cancel.

use std::rc::Rc;

use axon_domain::{
    CommitRecord, CommitStep, Control, ControlStep, Draft, Holder, LockChange, LockMode,
    LockRequest, LockStep, MissionEnd, MissionId, Outcome, Payload, Role,
};
use axon_engine::{Mission, Phase};
use axon_testkit::Random;

use super::jobs::{has_ended, mission_of};
use super::texts::{Edit, Files, path};
use super::world::{Happening, World};

/// One thing that somebody does.
#[derive(Debug, Clone)]
pub(super) enum Act {
    /// Locks one or two things under a name, for some time.
    Lock { name: String, entities: Vec<String>, mode: LockMode, lease: Option<u64>, millis: u64 },
    /// Commits a change of a file on HEAD.
    Commit { file: usize, mark: String },
    /// Applies a result, if HEAD is still where the mission began.
    Apply,
    /// Discards a result, or a mission that nobody works on.
    Discard,
}

impl Act {
    pub(super) fn draw(random: &mut Random, number: usize, files: usize) -> Self {
        match random.below(6) {
            0 => Act::Commit { file: random.below(files), mark: format!("p{number}") },
            1 => Act::Apply,
            2 => Act::Discard,
            _ => {
                let mut entity = || match random.below(2) {
                    0 => format!("file:{}", path(random.below(files))),
                    _ => format!("symbol:{}", random.pick(&["a", "b", "c", "d"])),
                };
                let entities = vec![entity(), entity()];
                let shared = random.below(3) == 0;
                Act::Lock {
                    name: format!("person:p{number}"),
                    entities: entities.into_iter().take(1 + random.below(2)).collect(),
                    mode: if shared { LockMode::Shared } else { LockMode::Exclusive },
                    lease: (random.below(3) == 0).then_some(20_000),
                    millis: 1 + random.next() % 100_000,
                }
            }
        }
    }
}

impl World {
    /// A person does something, later if no process is there that could record it.
    pub(super) fn act(&mut self, act: &Act) {
        if self.process.is_none() {
            return self.happens_later(Happening::Act(act.clone()));
        }
        match act {
            Act::Lock { name, entities, mode, lease, millis } => {
                self.happens_in(*millis, Happening::GiveBack(name.clone()));
                for entity in entities {
                    let request = LockRequest {
                        timeout: Some(50_000),
                        lease: *lease,
                        ..LockRequest::new(entity.parse().unwrap(), *mode)
                    };
                    self.lock(name, LockStep::Wanted(request));
                }
            }
            Act::Commit { file, mark } => {
                let mut files = Files::clone(&self.head);
                let text = files.get_mut(&path(*file)).unwrap();
                let edit = Edit { line: 7, mark: mark.clone(), below: true };
                *text = self.texts.edit(*text, &edit);
                self.head = Rc::new(files);
            }
            Act::Apply => self.apply_one(),
            Act::Discard => self.discard_one(),
        }
    }

    fn lock(&mut self, name: &str, step: LockStep) {
        if self.process.is_some() {
            let change = LockChange { holder: name.parse().unwrap(), step };
            self.absorb(vec![Draft::new(Role::Operator, Payload::Lock(change))]);
        }
    }

    pub(super) fn give_back(&mut self, name: &str) {
        let holder: Holder = name.parse().unwrap();
        if self.process.is_none() {
            return self.happens_later(Happening::GiveBack(name.to_owned()));
        }
        let locks = &self.state.locks;
        if locks.wanted_by(&holder).next().is_some() {
            return self.happens_in(10_000, Happening::GiveBack(name.to_owned()));
        }
        let held = locks.held_by(&holder);
        let held = held.map(|entity| (entity.clone(), locks.grant(entity, &holder).unwrap()));
        let held: Vec<_> = held.map(|(entity, grant)| (entity, grant.token, grant.times)).collect();
        for (entity, token, times) in held {
            for _ in 0..times {
                self.lock(name, LockStep::Released { entity: entity.clone(), token });
            }
        }
        if self.state.locks.held_by(&holder).next().is_some() {
            self.happens_in(10_000, Happening::GiveBack(name.to_owned()));
        }
    }

    /// After a crash, people look what they hold; they will give it back.
    pub(super) fn people_look(&mut self) {
        let of_people = |holder: &&Holder| holder.mission().is_none();
        let names = self.state.locks.owners().filter(of_people).map(Holder::to_string);
        for name in names.collect::<Vec<_>>() {
            self.happens_in(10_000, Happening::GiveBack(name));
        }
        let paused = self.state.open_missions().filter(|mission| mission.paused);
        for id in paused.map(|mission| mission.id).collect::<Vec<_>>() {
            self.happens_in(10_000, Happening::Resume(id));
        }
    }

    fn find(&self, wanted: impl Fn(&World, &Mission) -> bool) -> Option<MissionId> {
        self.state.missions.values().find(|it| wanted(self, it)).map(|it| it.id)
    }

    fn apply_one(&mut self) {
        let fits = |world: &World, it: &Mission| {
            let result = it.outcome().is_some_and(Outcome::has_result);
            result && !it.applied && !it.discarded && world.missions[&it.id].base == world.head
        };
        let Some(id) = self.find(fits) else { return };
        let mut files = Files::clone(&self.head);
        let changes = self.texts.tree(self.state.missions[&id].changes);
        files.extend(changes.iter().map(|(path, text)| (path.clone(), *text)));
        self.head = Rc::new(files);
        self.commit_step(id, CommitStep::Applied);
    }

    fn discard_one(&mut self) {
        let worked_on = |world: &World, id| {
            let process = world.process.as_ref();
            process.is_some_and(|it| it.live.contains(&id) || it.leaving.contains(&id))
        };
        let left = |world: &World, it: &Mission| {
            let open = it.phase != Phase::Ended && it.phase != Phase::Committing;
            open && it.phase != Phase::Committed && !worked_on(world, it.id)
        };
        if let Some(id) = self.find(left) {
            let end = MissionEnd {
                outcome: Outcome::Cancelled,
                code: None,
                reason: "discarded by a person".into(),
                hint: None,
            };
            let draft = Draft::new(Role::Operator, Payload::MissionEnded(end)).of(id);
            return self.absorb(vec![draft]);
        }
        let fits = |_: &World, it: &Mission| {
            it.outcome().is_some_and(Outcome::has_result) && !it.applied && !it.discarded
        };
        let Some(id) = self.find(fits) else { return };
        // The record may be lost; then it is a branch that a person removed.
        if let Some(branch) = self.branches.get_mut(&id) {
            branch.removed = true;
        }
        self.commit_step(id, CommitStep::Discarded);
    }

    fn commit_step(&mut self, id: MissionId, step: CommitStep) {
        let record = CommitRecord { step, branch: "axon/m".into(), commit: None, message: None };
        self.absorb(vec![Draft::new(Role::Operator, Payload::Commit(record)).of(id)]);
    }

    /// A person pauses a mission for some time, or cancels it. What waits is not given out.
    pub(super) fn hold(&mut self, id: MissionId) {
        let cancels = self.random.below(4) == 0;
        let mission = self.state.missions.get(&id);
        let Some(mission) = mission.filter(|mission| !has_ended(mission)) else { return };
        let Some(process) = &mut self.process else { return };
        // Too late, or said before.
        if if cancels { !mission.can_be_cancelled() } else { mission.paused } {
            return;
        }
        process.waiting.retain(|effect| mission_of(effect) != Some(id));
        if cancels {
            return self.tell(id, ControlStep::Cancel);
        }
        let millis = self.millis(150_000);
        self.happens_in(millis, Happening::Resume(id));
        self.tell(id, ControlStep::Pause);
    }

    pub(super) fn tell(&mut self, id: MissionId, step: ControlStep) {
        let control = Control { step, reason: String::new() };
        self.absorb(vec![Draft::new(Role::Operator, Payload::Control(control)).of(id)]);
    }
}
