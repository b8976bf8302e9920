//! What must hold at the end.

use std::collections::BTreeSet;
use std::rc::Rc;

use axon_domain::{MissionId, ObjectId, Outcome, Payload, SessionStep, TaskId};
use axon_engine::{MOST_ATTEMPTS, Mission, Phase, TaskState};

use super::script::{Check, Script};
use super::texts::Files;
use super::world::{Given, World};

impl World {
    /// Everything that was promised.
    pub(super) fn check_end(&mut self) {
        assert!(self.state.locks.is_empty(), "locks are left: {:?}", self.state.locks);
        assert_eq!(self.missions.len(), self.setting.missions.len(), "a mission was lost");
        self.audit();
        self.check_size();
        let ids: Vec<MissionId> = self.missions.keys().copied().collect();
        for id in ids {
            self.check_mission(id);
        }
    }

    fn check_mission(&mut self, id: MissionId) {
        let mission = self.state.missions[&id].clone();
        assert_eq!(mission.phase, Phase::Ended, "{id} has not ended");
        let end = mission.end.clone().unwrap();
        assert!(!end.reason.is_empty(), "{id} ended without a reason");
        self.counts.waves += u64::from(mission.wave.number);
        let branch = self.branches.get(&id);
        let removed = branch.is_some_and(|branch| branch.removed);
        let result = end.outcome.has_result();
        // Whoever panics over a commit again and again may have made it.
        let unsure = mission.commit_wanted.is_some() && gave_up(&mission);
        let expected = result && (removed || !mission.discarded);
        assert!(unsure || branch.is_some() == expected, "the branch of {id}");
        if let Some(branch) = branch.filter(|_| !unsure) {
            assert_eq!(branch.changes, mission.changes, "the branch of {id}");
        }
        if end.outcome == Outcome::Cancelled {
            self.counts.cancelled += 1;
            return;
        }
        self.check_reasons(&mission);
        if result {
            self.counts.results += 1;
            self.check_tree(&mission);
        }
        if !gave_up(&mission) {
            self.check_alone(&mission);
        }
    }

    /// What is in the result is what one after the other gives, and nothing that breaks it.
    fn check_tree(&mut self, mission: &Mission) {
        let given = &self.missions[&mission.id];
        let (script, base) = (Rc::clone(&given.script), Rc::clone(&given.base));
        let merged: BTreeSet<u32> = states(mission, TaskState::Merged).collect();
        assert_eq!(self.tasks_in(mission.id, mission.changes), merged, "marks of {}", mission.id);
        let mut files = Files::new();
        for number in self.order_of(mission.id).iter().filter(|it| merged.contains(it)) {
            let step = &script.steps[*number as usize - 1];
            let before = step.after.iter().all(|other| merged.contains(other));
            assert!(before, "t{number} of {} is merged without what it waits for", mission.id);
            let text = files.get(&step.path).copied().unwrap_or_else(|| base[&step.path]);
            let text = self.texts.edit(text, &step.edit);
            files.insert(step.path.clone(), text);
        }
        let serial = self.texts.keep_tree(files);
        assert_eq!(serial, mission.changes, "{} is not one after the other", mission.id);
        if mission.proven {
            assert_eq!(script.verdict(&merged), Some(true), "{} is proven wrongly", mission.id);
        }
        for group in script.steps.iter().map(|step| step.group) {
            let of_group = (1..).zip(&script.steps).filter(|(_, step)| step.group == group);
            let inside = of_group.map(|(number, _)| merged.contains(&number));
            let inside: BTreeSet<bool> = inside.collect();
            assert_eq!(inside.len(), 1, "group {group} of {} is torn", mission.id);
        }
    }

    /// The tasks of a mission in the order in which they were merged for good.
    fn order_of(&self, id: MissionId) -> Vec<u32> {
        let mut order = Vec::new();
        for event in self.log.iter().filter(|event| event.mission == Some(id)) {
            let (Some(Payload::Session(change)), Some(task)) = (&event.payload, event.task) else {
                continue;
            };
            if change.step == SessionStep::Merged {
                order.retain(|other| *other != task.0);
                order.push(task.0);
            }
        }
        order
    }

    /// Every task that is not in the result has a reason that is recorded.
    fn check_reasons(&self, mission: &Mission) {
        if !mission.outcome().is_some_and(Outcome::has_result) {
            return;
        }
        let script = &self.missions[&mission.id].script;
        let mut left_out: BTreeSet<&str> = BTreeSet::new();
        for event in self.log.iter().filter(|event| event.mission == Some(mission.id)) {
            if let Some(Payload::Decision(decision)) = &event.payload {
                let paths = decision.rejected.iter().filter_map(|said| said.split(": ").next());
                left_out.extend(paths);
            }
        }
        let failed: BTreeSet<u32> = states(mission, TaskState::Failed).collect();
        let mut groups: BTreeSet<u32> = BTreeSet::new();
        for (number, step) in (1..).zip(&script.steps) {
            if failed.contains(&number) || left_out.contains(step.path.as_str()) {
                groups.insert(step.group);
            }
        }
        loop {
            let before = groups.len();
            for step in &script.steps {
                let group = |number: &u32| script.steps[*number as usize - 1].group;
                if step.after.iter().any(|other| groups.contains(&group(other))) {
                    groups.insert(step.group);
                }
            }
            if groups.len() == before {
                break;
            }
        }
        for (number, task) in (1..).zip(&mission.tasks) {
            let group = script.steps[number as usize - 1].group;
            match task.state {
                TaskState::Merged => {}
                TaskState::Failed => assert!(!task.note.is_empty(), "t{number} has no note"),
                TaskState::Dropped => {
                    assert!(groups.contains(&group), "t{number} of {} is gone", mission.id);
                }
                other => panic!("t{number} of {} is {other:?}", mission.id),
            }
        }
    }

    /// One agent, alone and undisturbed, comes to the same: whatever happened beside, only what
    /// agents were given up with is missing.
    fn check_alone(&mut self, mission: &Mission) {
        let given_up: Vec<u32> = (1..)
            .zip(&mission.tasks)
            .filter(|(_, task)| task.note.starts_with("given up") || task.note.contains("written"))
            .map(|(number, _)| number)
            .collect();
        self.counts.given_up += given_up.len() as u64;
        for task in &given_up {
            // Whoever goes in circles is not tried again; a clock that jumps makes anybody late.
            let note = &mission.tasks[*task as usize - 1].note;
            let enough = if note.starts_with("given up") { MOST_ATTEMPTS } else { 1 };
            let blame = self.blame.get(&(mission.id, TaskId(*task))).copied().unwrap_or(0);
            let jumps = self.setting.faults.clock > 0;
            assert!(jumps || blame >= enough, "t{task} of {} was given up too early", mission.id);
        }
        let Given { script, base, .. } = &self.missions[&mission.id];
        let (outcome, changes) = self.alone(script, base, &given_up);
        assert_eq!(mission.outcome(), Some(outcome), "{} ended otherwise alone", mission.id);
        let result = if outcome.has_result() { mission.changes } else { changes };
        assert_eq!(result, changes, "{} came to something else alone", mission.id);
    }

    /// What one agent makes of a mission when nothing happens beside.
    fn alone(
        &self,
        script: &Script,
        base: &Rc<Files>,
        given_up: &[u32],
    ) -> (Outcome, Option<ObjectId>) {
        let mut script = Script { agents: 1, ..script.clone() };
        given_up.iter().for_each(|task| script.steps[*task as usize - 1].broken = true);
        let setting = super::alone(script);
        let mut world = World::new(setting, self.texts.clone(), Rc::clone(base));
        world.run();
        let mission = &world.state.missions[&MissionId(1)];
        (mission.outcome().unwrap(), mission.changes)
    }

    /// Log and kept state are linear in the tasks and in what went wrong.
    fn check_size(&self) {
        let (mut events, mut bytes) = (50, 1_000);
        let mut widest = 0;
        for given in self.missions.values() {
            let (tasks, agents) = (given.script.steps.len(), given.script.agents as usize);
            let checks = if given.script.check == Check::Unwanted { 0 } else { 60 };
            events += 60 + 16 * tasks + 8 * checks;
            bytes += 4_000 + 700 * tasks;
            widest = widest.max(agents.min(tasks));
        }
        events += self.setting.acts.len() * 20;
        events += self.counts.faults as usize * (60 + 4 * widest * self.missions.len());
        assert!(self.log.len() <= events, "{} events, at most {events}", self.log.len());
        let kept = serde_json::to_vec(&self.state).unwrap().len();
        assert!(kept <= bytes, "a state of {kept} bytes, at most {bytes}");
    }
}

/// Whether it ended because an agent failed at a step of it again and again.
fn gave_up(mission: &Mission) -> bool {
    mission.end.as_ref().is_some_and(|end| end.reason.contains("failed 3 times"))
}

/// The numbers of the tasks that stand so.
fn states(mission: &Mission, state: TaskState) -> impl Iterator<Item = u32> {
    let tasks = (1..).zip(&mission.tasks);
    tasks.filter(move |(_, task)| task.state == state).map(|(number, _)| number)
}
