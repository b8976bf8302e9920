//! Conflicts as people look at them: where, by whom, and what each side has.

mod resolve;
mod sides;

use axon_domain::{Code, Error, FileState, MissionId, Result, TaskId};
use axon_engine::{Disputed, Mission};
use axon_workspace::{Hunk, Labels, MarkerStyle, TextMerge, merge_text};

use crate::axon::Axon;
use crate::look::ReadOnly;
pub use resolve::{Choice, Settlement};
pub use sides::{Named, Sides};

/// A file in conflict.
#[derive(Debug, Clone)]
pub struct ConflictedFile {
    /// The mission.
    pub mission: MissionId,
    /// The file.
    pub path: String,
    /// Why it cannot be merged: `content`, `delete-modify`, …
    pub reason: String,
    /// The event that says so.
    pub event: u64,
    /// Whose change could not be merged; `None` for that of the mission that is rebased.
    pub task: Option<TaskId>,
    /// The three sides, by what they are.
    pub sides: Sides,
    /// How it was settled, if it is: `mine`.
    pub settled: Option<String>,
    /// The lines, where it is a matter of lines: those of the mission's change are `ours`.
    pub hunks: Vec<Hunk>,
    /// The text with markers around the lines, where there is one.
    pub marked: Option<Vec<u8>>,
}

impl Axon {
    /// The files in conflict in a mission, also those that are settled already.
    ///
    /// # Errors
    /// [`Code::NotFound`], [`Code::WrongState`] where the mission is not in conflict, and those
    /// of reading.
    pub fn conflicts(&self, id: MissionId) -> Result<Vec<ConflictedFile>> {
        let reader = self.ledger()?;
        let mission = self.mission(id)?;
        in_conflict(&mission)?;
        let store = ReadOnly::new(reader);
        let looking = Looking { axon: self, store: &store, mission: &mission };
        mission.conflicts.all().map(|disputed| looking.file(disputed)).collect()
    }

    /// Missions in which a person has to settle conflicts.
    ///
    /// # Errors
    /// Those of reading the ledger.
    pub fn conflicted_missions(&self) -> Result<Vec<MissionId>> {
        let state = self.state()?;
        let conflicted = state.open_missions().filter(|mission| mission.in_conflict());
        Ok(conflicted.map(|mission| mission.id).collect())
    }
}

/// Makes sure that a mission waits for a person to settle conflicts.
fn in_conflict(mission: &Mission) -> Result<()> {
    if mission.in_conflict() {
        return Ok(());
    }
    let id = mission.id;
    let hint = match mission.outcome() {
        None => "axon resume".to_owned(),
        Some(_) => format!("axon show {id}"),
    };
    Err(Error::new(Code::WrongState, format!("{id} is not in conflict")).hint(hint))
}

/// Why the work on a mission stopped that has not ended and that nobody stopped.
pub(crate) fn stands_still(mission: &Mission) -> Error {
    let id = mission.id;
    let mut open = mission.conflicts.open().map(|disputed| disputed.path.as_str());
    let Some(first) = open.next().filter(|_| mission.in_conflict()) else {
        return Error::new(Code::Bug, "the mission stands still")
            .at(id.to_string())
            .hint("axon resume");
    };
    let (what, place) = match open.count() {
        0 => ("a file cannot be merged".to_owned(), format!("{id}: {first}")),
        more => (
            format!("{} files cannot be merged", more + 1),
            format!("{id}: {first} and {more} more"),
        ),
    };
    Error::new(Code::Conflict, what)
        .at(place)
        .hint(format!("axon conflicts {id} shows them, axon resolve {id} settles them"))
}

/// Looks at the conflicts of a mission.
pub(crate) struct Looking<'a> {
    pub(crate) axon: &'a Axon,
    pub(crate) store: &'a ReadOnly,
    pub(crate) mission: &'a Mission,
}

impl Looking<'_> {
    fn file(&self, disputed: &Disputed) -> Result<ConflictedFile> {
        let sides = self.sides(disputed)?;
        let (hunks, marked) = match self.text(disputed, &sides)? {
            Some((hunks, marked)) => (hunks, Some(marked)),
            None => (Vec::new(), None),
        };
        Ok(ConflictedFile {
            mission: self.mission.id,
            path: disputed.path.clone(),
            reason: disputed.reason.clone(),
            event: disputed.found.0,
            task: disputed.task,
            sides,
            settled: disputed.settled.as_ref().map(|settled| settled.how.clone()),
            hunks,
            marked,
        })
    }

    /// The lines in conflict and the text with markers; `None` where it is no matter of lines.
    fn text(&self, disputed: &Disputed, sides: &Sides) -> Result<Option<(Vec<Hunk>, Vec<u8>)>> {
        let (Some(current), Some(changed)) = (disputed.current, disputed.changed) else {
            return Ok(None);
        };
        if !matches!(disputed.reason.as_str(), "content" | "add-add")
            || current.link
            || changed.link
        {
            return Ok(None);
        }
        let base = match disputed.base {
            Some(base) => self.read(&disputed.path, base)?,
            None => Vec::new(),
        };
        let ours = self.read(&disputed.path, changed)?;
        let theirs = self.read(&disputed.path, current)?;
        let TextMerge::Conflicted(text) = merge_text(&base, &ours, &theirs) else {
            return Ok(None);
        };
        let labels = Labels {
            ours: &sides.mine.what,
            base: &sides.base.what,
            theirs: &sides.theirs.what,
            size: 7,
        };
        let marked = text.render(MarkerStyle::Diff3, &labels);
        Ok(Some((text.hunks().cloned().collect(), marked)))
    }

    fn read(&self, path: &str, file: FileState) -> Result<Vec<u8>> {
        self.store.contents(&self.axon.repository).read_file(path, file.content)
    }
}
