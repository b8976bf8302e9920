//! Why a line is as it is.

use std::path::{Component, Path, PathBuf};

use axon_domain::{
    Code, Decision, Error, FileEdits, GitId, Kind, MissionId, Payload, Result, Role, Site, TaskId,
};
use axon_engine::Mission;
use axon_ledger::Filter;
use axon_workspace::{CommitInfo, trailers};
use serde::Serialize;

use crate::axon::Axon;
use crate::effects::{LEDGER_TRAILER, MISSION_TRAILER};
use crate::look::events::summary;
use crate::report;

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
        let place = mission.tasks.iter().position(|task| task.path == path);
        let number = place.and_then(|place| u32::try_from(place + 1).ok()).map(TaskId);
        let mut cause = Cause {
            mission: mission.id.to_string(),
            goal: mission.title(),
            given: mission.given.0,
            decisions: Vec::new(),
            task: None,
            edits: Vec::new(),
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
                Some(Payload::Decision(decision)) => cause.decisions.push(CauseDecision {
                    seq: event.seq.0,
                    role: event.role,
                    decision: decision.clone(),
                }),
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
        if let Some(task) = place.and_then(|place| mission.tasks.get(place)) {
            let edits: FileEdits = report::read(&reader.object(task.edits)?, task.edits)?;
            let base = match edits.base {
                axon_domain::ContentId::Git(id) => self.repository.read_blob(id)?,
                axon_domain::ContentId::Object(id) => reader.object(id)?,
            };
            cause.edits = edits_of_line(&edits, &base, line);
        }
        Ok(cause)
    }
}

/// The edits that wrote on a line of the result.
fn edits_of_line(edits: &FileEdits, base: &[u8], line: u32) -> Vec<CauseEdit> {
    let newlines = |bytes: &[u8]| bytes.iter().filter(|byte| **byte == b'\n').count();
    let wanted = usize::try_from(line).unwrap_or(usize::MAX);
    let (mut at, mut from) = (1, 0);
    let mut found = Vec::new();
    for site in &edits.sites {
        at += newlines(base.get(from..site.edit.start).unwrap_or_default());
        let first = at;
        at += newlines(site.edit.text.as_bytes());
        from = site.edit.end;
        if (first..=at).contains(&wanted) {
            found.push(CauseEdit { site: site.clone() });
        }
    }
    found
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

#[cfg(test)]
mod tests {
    use axon_domain::{ContentId, ObjectId, SiteKind, TextEdit};

    use super::*;

    fn edits(edits: &[(usize, usize, &str)]) -> FileEdits {
        let site = |(start, end, text): &(usize, usize, &str)| Site {
            line: 0,
            column: 0,
            kind: SiteKind::Reference,
            evidence: String::new(),
            edit: TextEdit { start: *start, end: *end, text: (*text).to_owned() },
        };
        FileEdits {
            path: "a".into(),
            base: ContentId::Object(ObjectId([0; 32])),
            sites: edits.iter().map(site).collect(),
        }
    }

    #[test]
    fn an_edit_is_found_by_its_line_in_the_result() {
        // a / b / c / d: the edit of `b` adds a line, so that of `d` stands one line lower.
        let edits = edits(&[(2, 3, "B\nBB"), (6, 7, "D")]);
        let found = |line| edits_of_line(&edits, b"a\nb\nc\nd\n", line).len();
        assert_eq!([found(1), found(2), found(3), found(4), found(5)], [0, 1, 1, 0, 1]);
    }
}
