//! The sides of a conflict by what they are, and who made them.

use axon_domain::{FileState, GitId, Goal, Kind, MissionId, Payload, Result};
use axon_engine::{Disputed, TaskState};
use axon_ledger::Filter;

use super::Looking;

/// A side by what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// What it is: `the change of m1`.
    pub what: String,
    /// Who made it that way, where that is known: `m1 t2, agent 5 (event 31)`.
    pub who: Option<String>,
    /// The file there; `None` where there is none.
    pub file: Option<FileState>,
}

/// The three sides of a conflict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sides {
    /// The change that is to be brought in.
    pub mine: Named,
    /// What it is to be brought into.
    pub theirs: Named,
    /// What both began with.
    pub base: Named,
}

impl Looking<'_> {
    pub(super) fn sides(&self, disputed: &Disputed) -> Result<Sides> {
        let sides = match self.mission.goal() {
            Some(Goal::Rebase { of, base_commit, .. }) if disputed.task.is_none() => {
                self.of_rebase(disputed, *of, *base_commit)?
            }
            _ => self.of_wave(disputed)?,
        };
        let [mine, theirs, base] = sides;
        let named = |(what, who), file| Named { what, who, file };
        Ok(Sides {
            mine: named(mine, disputed.changed),
            theirs: named(theirs, disputed.current),
            base: named(base, disputed.base),
        })
    }

    /// A mission's change against what is on the branch now.
    fn of_rebase(&self, disputed: &Disputed, of: MissionId, base: GitId) -> Result<[Side; 3]> {
        let spec = self.mission.spec.as_ref();
        let branch = spec.and_then(|spec| spec.head_branch.clone());
        let branch = branch.unwrap_or_else(|| "HEAD".to_owned());
        let mine = (format!("the change of {of}"), self.who_wrote(of, &disputed.path)?);
        let commits = spec.map(|spec| (base, spec.base_commit));
        let last = commits.and_then(|(from, to)| {
            self.axon.repository.last_change(&disputed.path, from, to).ok().flatten()
        });
        let short = |id: GitId| id.to_string()[..10].to_owned();
        let who = last.map(|(commit, info)| {
            let subject = info.message.lines().next().unwrap_or_default();
            let author = info.author.split(" <").next().unwrap_or_default();
            format!("{author}: {subject} ({})", short(commit))
        });
        let theirs = (format!("what is on {branch} now"), who);
        Ok([mine, theirs, (format!("what {of} began with"), Some(short(base)))])
    }

    /// A task's change against what the mission has merged.
    fn of_wave(&self, disputed: &Disputed) -> Result<[Side; 3]> {
        let id = self.mission.id;
        let task = disputed.task.map(|task| task.to_string()).unwrap_or_default();
        let who = self.who_wrote_as(id, &disputed.path, |it| Some(it) == disputed.task)?;
        let mine = (format!("the change of {task}"), who);
        let merged = |it: axon_domain::TaskId| {
            let task = self.mission.task(it);
            task.is_some_and(|task| task.state == TaskState::Merged)
        };
        let who = self.who_wrote_as(id, &disputed.path, merged)?;
        let theirs = (format!("what {id} has merged before"), who);
        Ok([mine, theirs, (format!("what {task} began with"), None)])
    }

    fn who_wrote(&self, mission: MissionId, path: &str) -> Result<Option<String>> {
        self.who_wrote_as(mission, path, |_| true)
    }

    /// The last event by which a mission changed a file, as who did it.
    fn who_wrote_as(
        &self,
        mission: MissionId,
        path: &str,
        of: impl Fn(axon_domain::TaskId) -> bool,
    ) -> Result<Option<String>> {
        let filter = Filter { kinds: vec![Kind::StateChange], mission: Some(mission) };
        let mut found = None;
        for event in self.axon.ledger()?.events(.., Some(filter)) {
            let event = event?;
            let (Some(Payload::StateChange(change)), Some(task)) = (&event.payload, event.task)
            else {
                continue;
            };
            if change.resource == path && of(task) {
                let agent = event.agent.map(|it| format!(", agent {it}")).unwrap_or_default();
                found = Some(format!("{mission} {task}{agent} (event {})", event.seq));
            }
        }
        Ok(found)
    }
}

/// What a side is, and who made it.
type Side = (String, Option<String>);
