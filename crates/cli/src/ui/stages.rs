//! The stages of a mission as lines of text, filled in by its events.

use std::collections::BTreeSet;

use axon_domain::{
    CommitStep, Event, MergeRecord, MissionEnd, Payload, PlanProposal, Reflex, ReflexVerdict, Role,
    TaskStatus,
};

use crate::ui::{count, thousands};

/// Where a stage stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    Waiting,
    Running,
    Done,
    Failed,
    Skipped,
}

/// One stage.
#[derive(Debug, Clone)]
pub(crate) struct Stage {
    pub(crate) name: &'static str,
    pub(crate) standing: Standing,
    pub(crate) text: String,
    /// When it began, in milliseconds of the ledger's clock.
    started: Option<u64>,
    /// How long it took, in milliseconds.
    took: u64,
}

/// Every stage of a mission, in order.
#[derive(Debug, Clone)]
pub(crate) struct Stages {
    pub(crate) title: String,
    pub(crate) stages: Vec<Stage>,
    tasks: usize,
    /// Whether several of them are about one file.
    several: bool,
    done: usize,
    /// Whether the check of the result was stopped at a limit.
    stopped: bool,
    /// Whether the check is known to pass without the change.
    passes_without: bool,
    /// With how much of the result the check runs, where that is not all.
    with: String,
    /// What the check passed with last.
    passed: Option<String>,
    /// The time of the last event.
    now: u64,
}

const WAITING: Standing = Standing::Waiting;

pub(crate) const PLAN: usize = 0;
pub(crate) const EDIT: usize = 1;
const MERGE: usize = 2;
pub(crate) const CHECK: usize = 3;
pub(crate) const REVIEW: usize = 4;
const COMMIT: usize = 5;

impl Stages {
    pub(crate) fn new() -> Self {
        let names = ["plan", "edit", "merge", "check", "review", "commit"];
        let stage = |name| Stage {
            name,
            standing: Standing::Waiting,
            text: String::new(),
            started: None,
            took: 0,
        };
        Self {
            title: String::new(),
            stages: names.into_iter().map(stage).collect(),
            tasks: 0,
            several: false,
            done: 0,
            stopped: false,
            passes_without: false,
            with: String::new(),
            passed: None,
            now: 0,
        }
    }

    /// Takes in an event; gives the stages that it finished.
    pub(crate) fn take(&mut self, event: &Event) -> Vec<usize> {
        self.now = self.now.max(event.time.millis());
        match &event.payload {
            Some(Payload::MissionGiven(spec)) => {
                let mission = event.mission.map(|id| id.to_string()).unwrap_or_default();
                self.title = format!("{mission}  {}", spec.goal.title());
                self.start(PLAN, "locating");
                Vec::new()
            }
            Some(Payload::Decision(decision)) if event.role == Role::Scout => {
                self.stages[PLAN].text.clone_from(&decision.chosen);
                Vec::new()
            }
            Some(Payload::PlanProposed(plan)) => self.planned(plan),
            Some(Payload::Task(change)) if change.status == TaskStatus::Done => self.task_done(),
            Some(Payload::Task(change)) if change.status == TaskStatus::Failed => {
                self.finish(EDIT, Standing::Failed, change.note.clone())
            }
            Some(Payload::Decision(decision))
                if matches!(self.stages[CHECK].standing, Standing::Running | Standing::Failed) =>
            {
                self.start(CHECK, &decision.chosen);
                Vec::new()
            }
            Some(Payload::Merge(merge)) if merge.tasks > 0 => self.merged(merge),
            Some(Payload::Reflex(verdict)) => self.judged(verdict),
            Some(Payload::Commit(commit)) => match (commit.step, commit.commit) {
                (CommitStep::Made, Some(id)) => {
                    let id = id.to_string();
                    let text = format!("{} at {}", commit.branch, &id[..10.min(id.len())]);
                    self.finish(COMMIT, Standing::Done, text)
                }
                _ => {
                    self.start(COMMIT, &commit.branch);
                    Vec::new()
                }
            },
            Some(Payload::MissionEnded(end)) => self.ended(end),
            Some(Payload::System(_)) => {
                self.go_on();
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    /// What the running stage is doing, from a signal.
    pub(crate) fn progress(&mut self, what: &str) {
        if let Some(stage) = self.running() {
            what.clone_into(&mut stage.text);
        }
    }

    /// A mission that was interrupted goes on: what was running begins to count anew.
    fn go_on(&mut self) {
        let now = self.now;
        let running = self.stages.iter_mut().filter(|stage| stage.standing == Standing::Running);
        running.for_each(|stage| stage.started = Some(now));
    }

    fn running(&mut self) -> Option<&mut Stage> {
        self.stages.iter_mut().rev().find(|stage| stage.standing == Standing::Running)
    }

    fn planned(&mut self, plan: &PlanProposal) -> Vec<usize> {
        self.tasks = plan.tasks.len();
        let files: BTreeSet<&str> = plan.tasks.iter().map(|task| task.path.as_str()).collect();
        self.several = files.len() < self.tasks;
        let mut text = format!(
            "{} in {}",
            count(plan.sites, "place", "places"),
            count(files.len(), "file", "files"),
        );
        if plan.mentions > 0 {
            text.push_str(&format!(", {} left alone", count(plan.mentions, "mention", "mentions")));
        }
        let finished = self.finish(PLAN, Standing::Done, text);
        self.start(EDIT, "");
        finished
    }

    /// The tasks: files, unless several of them are about one file.
    pub(crate) fn all(&self) -> String {
        if self.several {
            count(self.tasks, "task", "tasks")
        } else {
            count(self.tasks, "file", "files")
        }
    }

    fn merged(&mut self, merge: &MergeRecord) -> Vec<usize> {
        let mut finished = Vec::new();
        if self.stages[EDIT].standing == Standing::Running {
            let text = format!("{} of {}", thousands(self.done as u64), self.all());
            finished = self.finish(EDIT, Standing::Done, text);
        }
        let again = self.stages[CHECK].standing != WAITING;
        let text = count(merge.files, "file changed", "files changed");
        let merged = self.finish(MERGE, Standing::Done, text);
        if self.several && self.done < self.tasks {
            self.with = format!(" after {} of {}", self.done, self.all());
        } else if self.several {
            self.with.clear();
        } else if again {
            self.with = format!(" with {} of {}", merge.files, self.all());
        }
        if !again {
            finished.extend(merged);
        }
        let text = self.with.trim_start().to_owned();
        self.start(CHECK, &text);
        let review = &mut self.stages[REVIEW];
        (review.standing, review.started) = (WAITING, None);
        finished
    }

    fn task_done(&mut self) -> Vec<usize> {
        self.done += 1;
        if self.done < self.tasks {
            let text = format!("{} of {}", thousands(self.done as u64), self.all());
            self.start(EDIT, &text);
            return Vec::new();
        }
        let text = format!("{}, each still parses", self.all());
        let finished = self.finish(EDIT, Standing::Done, text);
        self.start(MERGE, "");
        finished
    }

    fn judged(&mut self, verdict: &ReflexVerdict) -> Vec<usize> {
        match (verdict.reflex, verdict.passed) {
            (Reflex::Syntax, _) => Vec::new(),
            (Reflex::Check, passed) if passed == Some(false) || verdict.stopped() => {
                self.stopped = verdict.stopped();
                let next = if self.passes_without { "" } else { "; trying it without the change" };
                let text = format!("{} {}{next}", verdict.subject, self.word());
                self.start(CHECK, &text);
                Vec::new()
            }
            (Reflex::Check, passed) => {
                let (standing, text) = match passed {
                    Some(_) => (Standing::Done, format!("{} passes{}", verdict.subject, self.with)),
                    None => (Standing::Skipped, verdict.note.replacen('\n', ": ", 1)),
                };
                self.passed = (standing == Standing::Done).then(|| text.clone());
                let finished = self.finish(CHECK, standing, text);
                if !self.several || self.done == self.tasks {
                    self.start(REVIEW, "");
                }
                finished
            }
            (Reflex::BaseCheck, Some(true)) => {
                self.passes_without = true;
                let word = self.word();
                let text = format!("{} {word}, and passes without the change", verdict.subject);
                self.finish(CHECK, Standing::Failed, text)
            }
            (Reflex::BaseCheck, passed) => {
                let (check, word) = (&verdict.subject, self.word());
                let text = match (self.stopped, passed.is_none()) {
                    (true, true) | (false, false) => {
                        format!("{check} {word} without the change too")
                    }
                    (true, false) => format!("{check} {word}, and fails without the change"),
                    (false, true) => {
                        format!("{check} {word}, and is stopped at a limit without the change")
                    }
                };
                let finished = self.finish(CHECK, Standing::Skipped, text);
                self.start(REVIEW, "");
                finished
            }
            (Reflex::Review, passed) => {
                let standing =
                    if passed == Some(false) { Standing::Failed } else { Standing::Done };
                let mut finished = self.no_check();
                let note = verdict.note.lines().next().unwrap_or_default().to_owned();
                finished.extend(self.finish(REVIEW, standing, note));
                if standing == Standing::Done {
                    self.start(COMMIT, "");
                }
                finished
            }
            (Reflex::Hook, Some(true)) => {
                self.start(COMMIT, &format!("{} passes", verdict.subject));
                Vec::new()
            }
            (Reflex::Hook, _) => {
                let why = verdict.note.lines().next().unwrap_or_default();
                let text = format!("{} rejects it: {why}", verdict.subject);
                self.finish(COMMIT, Standing::Failed, text)
            }
        }
    }

    /// How the check of the result ended that did not pass.
    fn word(&self) -> &'static str {
        if self.stopped { "is stopped at a limit" } else { "fails" }
    }

    /// A review that comes while the check seems to run: there was none, or the last part of a
    /// wave did not pass and was left out, so that what passed before is the result.
    fn no_check(&mut self) -> Vec<usize> {
        if self.stages[CHECK].standing != Standing::Running {
            return Vec::new();
        }
        if let Some(passed) = self.passed.take() {
            return self.finish(CHECK, Standing::Done, passed);
        }
        self.finish(CHECK, Standing::Skipped, "left out, as asked".to_owned())
    }

    fn ended(&mut self, end: &MissionEnd) -> Vec<usize> {
        let running = self.stages.iter().position(|stage| stage.standing == Standing::Running);
        match running {
            Some(place) if !end.outcome.has_result() => {
                self.finish(place, Standing::Failed, end.reason.clone())
            }
            _ => Vec::new(),
        }
    }

    fn start(&mut self, place: usize, text: &str) {
        let now = self.now;
        let stage = &mut self.stages[place];
        stage.standing = Standing::Running;
        stage.started.get_or_insert(now);
        text.clone_into(&mut stage.text);
    }

    fn finish(&mut self, place: usize, standing: Standing, text: String) -> Vec<usize> {
        let now = self.now;
        let stage = &mut self.stages[place];
        stage.took = stage.elapsed(now);
        stage.standing = standing;
        stage.text = text;
        vec![place]
    }
}

impl Stage {
    /// The same stage where it goes on after all.
    pub(crate) fn going_on(&self, text: String) -> Self {
        Self { standing: Standing::Running, text, ..self.clone() }
    }

    /// How long it took or has been running, in milliseconds; `now` is the time by the ledger's
    /// clock.
    pub(crate) fn elapsed(&self, now: u64) -> u64 {
        match (self.standing, self.started) {
            (Standing::Running, Some(started)) => now.saturating_sub(started),
            _ => self.took,
        }
    }
}
