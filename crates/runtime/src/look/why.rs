//! Why a line is as it is.

use std::path::{Component, Path, PathBuf};

use axon_domain::{
    Code, ContentId, Decision, Error, FileEdits, GitId, Goal, Kind, MissionId, Payload, Result,
    Role, Site, TaskId,
};
use axon_engine::{Mission, TaskState};
use axon_ledger::{Filter, Reader};
use axon_workspace::{CommitInfo, trailers};
use serde::Serialize;

use crate::axon::Axon;
use crate::effects::{LEDGER_TRAILER, MISSION_TRAILER, goal_of};
use crate::look::events::summary;
use crate::look::lines::{Step, Written, written};
use crate::report::{self, Report};

/// The answer to "why is this line as it is?".
#[derive(Debug, Clone, Serialize)]
pub struct Why {
    /// The revision that was looked at: a branch, `HEAD`, or what was asked for.
    pub revision: String,
    /// The file.
    pub path: String,
    /// The line, from 1.
    pub line: u32,
    /// The line's text.
    pub text: Option<String>,
    /// The commit that the line comes from.
    pub commit: String,
    /// The first line of its message.
    pub subject: String,
    /// Who wrote it.
    pub author: String,
    /// What led to it; `None` if the line is not Axon's.
    pub cause: Option<Cause>,
    /// Why there is no cause, where the commit says that Axon made it.
    pub remark: Option<String>,
}

/// What led to a line of Axon's.
#[derive(Debug, Clone, Serialize)]
pub struct Cause {
    /// The mission.
    pub mission: String,
    /// What was asked for.
    pub goal: String,
    /// The event of that.
    pub given: u64,
    /// Decisions on the way, with what was rejected.
    pub decisions: Vec<CauseDecision>,
    /// The task that edited the file.
    pub task: Option<CauseTask>,
    /// The edits of this line and their evidence.
    pub edits: Vec<CauseEdit>,
    /// Who judged it.
    pub verdicts: Vec<String>,
    /// Of a mission that moved the result of another one: what led to the line there.
    pub origin: Option<Box<Cause>>,
}

/// A decision on the way to a line.
#[derive(Debug, Clone, Serialize)]
pub struct CauseDecision {
    /// Its event.
    pub seq: u64,
    /// In which role it was made.
    pub role: Role,
    /// The decision.
    pub decision: Decision,
}

/// The task that edited a file.
#[derive(Debug, Clone, Serialize)]
pub struct CauseTask {
    /// Its number.
    pub id: String,
    /// In words.
    pub title: String,
    /// The event by which it was done.
    pub event: u64,
}

/// An edit of a line.
#[derive(Debug, Clone, Serialize)]
pub struct CauseEdit {
    /// The place and the evidence.
    pub site: Site,
}

/// What was asked about.
struct Place {
    revision: Option<String>,
    path: String,
    line: u32,
}

impl Axon {
    /// Says why a line is as it is; `place` is written `[REV:]FILE:LINE`, the file as seen from
    /// the folder that Axon was started in, or from the root of the repository.
    ///
    /// # Errors
    /// [`Code::Usage`] for a place that is not written so, [`Code::NotFound`] for a revision, file
    /// or line that is not there, and those of reading the repository and the ledger.
    pub fn why(&self, place: &str) -> Result<Why> {
        let place = self.parse_place(place)?;
        let missions = self.missions()?;
        let revision = match &place.revision {
            Some(revision) => revision.clone(),
            None => self.newest_branch(&missions, &place.path)?,
        };
        let commit = self.repository.resolve(&revision)?;
        let blamed = self.repository.blame_line(commit, &place.path, place.line);
        let blamed = blamed.map_err(|error| match error.code() {
            Code::NotFound => error.hint(format!(
                "looked for in {revision}; a file is named as seen from here or from the root, \
                 with REV: before it for another branch, tag or commit"
            )),
            _ => error,
        })?;
        let info = self.repository.commit_info(blamed.commit)?;
        let (cause, remark) = self.cause(&missions, &info, &blamed.path_then, blamed.line_then)?;
        Ok(Why {
            revision,
            line: place.line,
            text: self.line_text(commit, &place.path, place.line)?,
            path: place.path,
            commit: blamed.commit.to_string(),
            subject: info.message.lines().next().unwrap_or_default().to_owned(),
            author: info.author,
            cause,
            remark,
        })
    }

    fn parse_place(&self, text: &str) -> Result<Place> {
        let usage = || {
            Error::new(Code::Usage, "a line is written [REV:]FILE:LINE")
                .at(text)
                .hint("for example: axon why src/lib.rs:12")
        };
        let (file, line) = text.rsplit_once(':').ok_or_else(usage)?;
        let line: u32 = line.parse().ok().filter(|line| *line > 0).ok_or_else(usage)?;
        let (revision, file) = match file.split_once(':') {
            Some((revision, file)) if self.repository.resolve(revision).is_ok() => {
                (Some(revision.to_owned()), file)
            }
            _ => (None, file),
        };
        if file.is_empty() {
            return Err(usage());
        }
        let root = self.root();
        let path = match self.seen_from_here(file) {
            Some(inside) if root.join(&inside).exists() || !root.join(file).exists() => inside,
            _ => normal(Path::new(file)).to_string_lossy().into_owned(),
        };
        Ok(Place { revision, path, line })
    }

    /// A path as seen from the folder that Axon was started in, from the root of the repository;
    /// `None` outside of it.
    pub(crate) fn seen_from_here(&self, path: &str) -> Option<String> {
        let seen = normal(&self.settings.start.join(path));
        let inside = seen.strip_prefix(self.root()).ok()?;
        Some(inside.to_string_lossy().into_owned())
    }

    /// The branch of the newest mission that changed the file and still has one, else HEAD.
    fn newest_branch(&self, missions: &[Mission], path: &str) -> Result<String> {
        let branches = self.repository.branches("axon/")?;
        let touched = |mission: &&Mission| mission.tasks.iter().any(|task| task.path == path);
        let newest = missions.iter().rev().filter(touched).find_map(|mission| {
            let branch = &mission.spec.as_ref()?.branch;
            branches.iter().find(|(name, _)| name == branch).map(|(name, _)| name.clone())
        });
        Ok(newest.unwrap_or_else(|| "HEAD".to_owned()))
    }

    fn line_text(&self, commit: GitId, path: &str, line: u32) -> Result<Option<String>> {
        let tree = self.repository.commit_info(commit)?.tree;
        let files = self.repository.files(tree)?;
        let Some(file) = files.get(path) else { return Ok(None) };
        let bytes = self.repository.read_blob(file.id).map_err(|error| error.within(path))?;
        let index = usize::try_from(line - 1).unwrap_or(usize::MAX);
        let text = bytes.split(|byte| *byte == b'\n').nth(index);
        Ok(text.map(|text| String::from_utf8_lossy(text).trim_end().to_owned()))
    }

    fn cause(
        &self,
        missions: &[Mission],
        info: &CommitInfo,
        path: &str,
        line: u32,
    ) -> Result<(Option<Cause>, Option<String>)> {
        let trailers = trailers(&info.message);
        let value = |key: &str| {
            trailers.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
        };
        let Some(name) = value(MISSION_TRAILER) else { return Ok((None, None)) };
        let ours = self.ledger_id().map(|id| id.to_string());
        if value(LEDGER_TRAILER) != ours.as_deref() {
            let remark =
                format!("made by Axon as {name}, recorded in another ledger than this one");
            return Ok((None, Some(remark)));
        }
        let id: Option<MissionId> = name.parse().ok();
        let Some(mission) = missions.iter().find(|mission| Some(mission.id) == id) else {
            return Ok((None, Some(format!("the ledger has no mission {name}"))));
        };
        self.with_origins(missions, mission, path, line).map(|cause| (Some(cause), None))
    }

    pub(super) fn cause_in(&self, mission: &Mission, path: &str, line: u32) -> Result<Cause> {
        let reader = self.ledger()?;
        let written = self.written(&reader, mission, path, line)?;
        let number = written.task;
        let goal = self.goal_of_task(&reader, mission, number)?;
        let mut cause = Cause {
            mission: mission.id.to_string(),
            goal: title_of(mission, goal),
            given: mission.given.0,
            decisions: Vec::new(),
            task: None,
            edits: written.sites.into_iter().map(|site| CauseEdit { site }).collect(),
            verdicts: Vec::new(),
            origin: None,
        };
        let kinds = vec![Kind::Decision, Kind::Reflex, Kind::Task];
        let filter = Filter { kinds, mission: Some(mission.id) };
        for event in reader.events(mission.given.., Some(filter)) {
            let event = event?;
            if event.task.is_some() && event.task != number {
                continue;
            }
            match &event.payload {
                Some(Payload::Decision(decision)) => {
                    let of = goal_of(&decision.trigger);
                    if of.is_none() || goal.is_none() || of == goal {
                        let (seq, role) = (event.seq.0, event.role);
                        let decision = decision.clone();
                        cause.decisions.push(CauseDecision { seq, role, decision });
                    }
                }
                Some(Payload::Reflex(_)) => {
                    cause.verdicts.push(format!("{}  (event {})", summary(&event), event.seq));
                }
                Some(Payload::Task(_)) => {
                    let title = number.and_then(|id| mission.task(id)).map(|task| &task.title);
                    cause.task = number.zip(title).map(|(id, title)| CauseTask {
                        id: id.to_string(),
                        title: title.clone(),
                        event: event.seq.0,
                    });
                }
                _ => {}
            }
        }
        Ok(cause)
    }

    /// Who wrote on a line of the result.
    fn written(
        &self,
        reader: &Reader,
        mission: &Mission,
        path: &str,
        line: u32,
    ) -> Result<Written> {
        let read = |content| match content {
            ContentId::Git(id) => self.repository.read_blob(id),
            ContentId::Object(id) => reader.object(id),
        };
        let mut steps = Vec::new();
        for (task, number) in mission.tasks.iter().zip(1..) {
            if task.path == path && task.state == TaskState::Merged {
                let edits: FileEdits = report::read(&reader.object(task.edits)?, task.edits)?;
                let base = read(edits.base)?;
                steps.push(Step { task: TaskId(number), edits, base });
            }
        }
        Ok(written(&steps, line))
    }

    /// The place in the list of the goal that a task is for; `None` where there is no list.
    fn goal_of_task(
        &self,
        reader: &Reader,
        mission: &Mission,
        task: Option<TaskId>,
    ) -> Result<Option<usize>> {
        let (Some(id), Some(TaskId(number))) = (mission.report, task) else { return Ok(None) };
        let report: Report = report::read(&reader.object(id)?, id)?;
        let mut last = 0_u32;
        Ok(report.goals.iter().position(|goal| {
            last = last.saturating_add(goal.tasks);
            number <= last
        }))
    }
}

/// What was asked for; of a list, the goal that led here.
fn title_of(mission: &Mission, place: Option<usize>) -> String {
    let parts = mission.goal().map_or(&[][..], Goal::parts);
    match place.and_then(|place| Some((place, parts.get(place)?))) {
        Some((place, goal)) => {
            format!("{} (goal {} of {})", goal.title(), place + 1, parts.len())
        }
        None => mission.title(),
    }
}

/// The path without `.` and `..`, as far as that can be said without looking.
fn normal(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            part => out.push(part),
        }
    }
    out
}
