//! What a mission turns out to be: its plan, and what becomes of its parts. Drawn when it is
//! given; the engine learns it bit by bit.

use std::collections::{BTreeMap, BTreeSet};

use axon_domain::{
    CheckChoice, Claim, GitId, Goal, Grants, Language, Limits, LockMode, MissionSpec, ObjectId,
    PlanProposal, TaskId, TaskSpec, Undecided,
};
use axon_testkit::Random;

use super::texts::{Edit, LINES, path};

/// A task of the plan.
#[derive(Debug, Clone)]
pub(super) struct Step {
    pub(super) path: String,
    pub(super) edit: Edit,
    /// Numbers of tasks, from 1, below its own.
    pub(super) after: Vec<u32>,
    pub(super) group: u32,
    /// The edit does not parse.
    pub(super) broken: bool,
    pub(super) defines: bool,
}

/// What the project's check says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Check {
    /// Nobody wants one.
    Unwanted,
    /// There is none.
    Missing,
    /// It fails whatever is changed.
    FailsAnyway,
    /// It passes unless something bad is in the tree; then it fails.
    Fails,
    /// The same, but then it is stopped at its limit.
    Stops,
}

/// A plan that cannot be carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flaw {
    Empty,
    Circle,
    NotGranted,
}

#[derive(Debug, Clone)]
pub(super) struct Script {
    pub(super) agents: u32,
    /// Whether scouts search first.
    pub(super) by_name: bool,
    pub(super) claims: BTreeSet<&'static str>,
    pub(super) steps: Vec<Step>,
    pub(super) flaw: Option<Flaw>,
    pub(super) check: Check,
    /// Sets of tasks that the check does not pass with.
    pub(super) bad: Vec<BTreeSet<u32>>,
    pub(super) review: bool,
    pub(super) hooks: Vec<Option<bool>>,
}

const SYMBOLS: [&str; 4] = ["symbol:a", "symbol:b", "symbol:c", "symbol:d"];

/// How many different lines of a file are edited, so far apart that the edits merge.
const SLOTS: u32 = LINES / 5;

impl Script {
    /// Draws a mission on a project of so many files; `name` makes its marks its own.
    pub(super) fn draw(random: &mut Random, name: &str, files: usize) -> Self {
        let most = if random.below(12) == 0 { 60 } else { 12 };
        let count = 1 + random.below(most);
        let agents = [1, 2, 3, 4, 8, 64][random.below(6)];
        let claims: Vec<&str> = (0..random.below(3)).map(|_| *random.pick(&SYMBOLS)).collect();
        let mut bad = Vec::new();
        for _ in 0..random.below(3) {
            let tasks = if random.below(4) == 0 { 2 } else { 1 };
            bad.push((0..tasks).map(|_| 1 + random.below(count) as u32).collect());
        }
        let check = match random.below(12) {
            0 => Check::Unwanted,
            1 => Check::Missing,
            2 => Check::FailsAnyway,
            3 => Check::Stops,
            _ => Check::Fails,
        };
        let flaw = match random.below(60) {
            0 => Some(Flaw::Empty),
            1 => Some(Flaw::Circle),
            2 => Some(Flaw::NotGranted),
            _ => None,
        };
        let mut hooks = Vec::new();
        for _ in 0..random.below(3) {
            hooks.push(match random.below(30) {
                0 => Some(false),
                1 => None,
                _ => Some(true),
            });
        }
        Self {
            agents,
            by_name: random.below(3) > 0,
            claims: claims.into_iter().collect(),
            steps: Steps::draw(random, name, count, files),
            flaw,
            check,
            bad,
            review: random.below(25) > 0,
            hooks,
        }
    }

    /// As many tasks for as many agents, each alone in its group and on its file.
    pub(super) fn wide(tasks: usize, agents: u32) -> Self {
        let step = |number: usize| Step {
            path: path(number),
            edit: Edit { line: 0, mark: format!("m{number}"), below: false },
            after: Vec::new(),
            group: number as u32,
            broken: false,
            defines: false,
        };
        Self {
            agents,
            by_name: true,
            claims: BTreeSet::from(["symbol:a"]),
            steps: (0..tasks).map(step).collect(),
            flaw: None,
            check: Check::Fails,
            bad: Vec::new(),
            review: true,
            hooks: Vec::new(),
        }
    }

    pub(super) fn spec(&self) -> MissionSpec {
        let goal = match self.by_name {
            true => Goal::Rename {
                from: "a".into(),
                to: "b".into(),
                at: None,
                kind: None,
                keep_alias: false,
            },
            false => Goal::Rewrite {
                pattern: "a($X)".into(),
                replacement: "b($X)".into(),
                language: Language::Python,
            },
        };
        let unwanted = self.check == Check::Unwanted;
        MissionSpec {
            goal,
            paths: vec![],
            check: if unwanted { CheckChoice::None } else { CheckChoice::Found },
            undecided: Undecided::Leave,
            base_commit: GitId::from_bytes(&[1; 20]).unwrap(),
            base_tree: GitId::from_bytes(&[2; 20]).unwrap(),
            head_branch: Some("main".into()),
            branch: "axon/m".into(),
            agents: self.agents,
            grants: Grants {
                read: vec![".".into()],
                write: vec!["src".into()],
                limits: Limits::CHECK,
                ..Grants::none()
            },
            unconfined: false,
            hooks: (0..self.hooks.len()).map(|place| format!("hook-{place}")).collect(),
        }
    }

    pub(super) fn plan(&self) -> PlanProposal {
        let task = |step: &Step| TaskSpec {
            title: format!("edit {}", step.path),
            path: step.path.clone(),
            sites: 1,
            edits: ObjectId([1; 32]),
            after: step.after.iter().map(|number| TaskId(*number)).collect(),
            group: step.group,
            line: Some(step.edit.line + 1),
            defines: step.defines,
        };
        let mut tasks: Vec<TaskSpec> = self.steps.iter().map(task).collect();
        match self.flaw {
            Some(Flaw::Empty) => tasks.clear(),
            Some(Flaw::Circle) => {
                let last = TaskId(tasks.len() as u32);
                tasks[0].after = vec![last];
                if tasks.len() > 1 {
                    tasks[last.0 as usize - 1].after = vec![TaskId(1)];
                }
            }
            Some(Flaw::NotGranted) => tasks[0].path = "other/f.py".into(),
            None => {}
        }
        let claim =
            |name: &&str| Claim { entity: name.parse().unwrap(), mode: LockMode::Exclusive };
        let claims = self.claims.iter().rev().map(claim).collect();
        PlanProposal { tasks, sites: 1, mentions: 0, report: ObjectId([0; 32]), claims }
    }

    /// Whether the check passes on a tree with these tasks in it; `None` where it is stopped.
    pub(super) fn verdict(&self, merged: &BTreeSet<u32>) -> Option<bool> {
        let bad = self.bad.iter().any(|set| set.is_subset(merged));
        match self.check {
            Check::Unwanted | Check::Missing => None,
            Check::FailsAnyway => Some(false),
            Check::Fails => Some(!bad),
            Check::Stops if bad => None,
            Check::Stops => Some(true),
        }
    }
}

/// Draws tasks.
struct Steps<'a> {
    random: &'a mut Random,
    /// Whether tasks edit the same line without knowing of each other.
    clash: bool,
    /// How many files there are to choose from; beyond them every task has one of its own.
    files: usize,
    steps: Vec<Step>,
    /// The tasks that write each file, by place, and how many of its lines are taken.
    writers: BTreeMap<String, (Vec<usize>, u32)>,
}

impl Steps<'_> {
    fn draw(random: &mut Random, name: &str, count: usize, files: usize) -> Vec<Step> {
        // All in one, each alone, or runs of several. What is before waits for nothing behind
        // it, so that no group waits for itself.
        let runs = [count, 1, 1, 2, 4][random.below(5)];
        let (breaks, first) = (random.below(30) == 0, random.below(files));
        let clash = random.below(5) == 0;
        let mut draw = Steps { random, clash, files, steps: Vec::new(), writers: BTreeMap::new() };
        let mut group = 0;
        for place in 0..count {
            if place > 0 && draw.random.below(runs) == 0 {
                group += 1;
            }
            let mark = format!("{name}t{}", place + 1);
            draw.step(group, mark, path((first + place) % files));
        }
        let Steps { random, mut steps, .. } = draw;
        if breaks {
            let place = random.below(count);
            steps[place].broken = true;
        }
        // The numbers of groups mean nothing.
        let shift = random.below(100) as u32;
        steps.iter_mut().for_each(|step| step.group = (step.group * 37 + shift) % 101);
        steps
    }

    fn step(&mut self, group: u32, mark: String, mut path: String) {
        let place = self.steps.len();
        let mut after = BTreeSet::new();
        if place > 0 {
            for _ in 0..self.random.below(8) / 5 {
                after.insert(self.random.below(place));
            }
            if self.random.below(8) == 0 {
                path.clone_from(&self.random.pick(&self.steps).path);
            }
        }
        let (path, line) = self.line(group, path, &mut after);
        let edit = Edit { line, mark, below: self.random.below(3) == 0 };
        let defines = self.random.below(4) == 0;
        let after = after.into_iter().map(|place| place as u32 + 1).collect();
        self.steps.push(Step { path, edit, after, group, broken: false, defines });
    }

    /// A line of the file that nobody else edits, or one that the last to write the file edited,
    /// on top of that or not knowing of it. Within a group, whoever writes a file waits for who did before.
    fn line(&mut self, group: u32, path: String, after: &mut BTreeSet<usize>) -> (String, u32) {
        let place = self.steps.len();
        let (writers, taken) = self.writers.entry(path.clone()).or_default();
        after.extend(writers.iter().rev().find(|other| self.steps[**other].group == group));
        let last = writers.last().map(|last| (*last, &self.steps[*last]));
        if let Some((last, before)) = last
            && before.group != group
            && (*taken == SLOTS || self.random.below(2) == 0)
        {
            if !self.clash || self.random.below(3) == 0 {
                after.insert(last);
            }
            writers.push(place);
            return (path, before.edit.line);
        }
        if *taken == SLOTS {
            let own = self::path(self.files + place);
            self.writers.insert(own.clone(), (vec![place], 1));
            return (own, 0);
        }
        writers.push(place);
        *taken += 1;
        (path, (*taken - 1) * 5)
    }
}
