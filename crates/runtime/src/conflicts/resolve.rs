//! Settling conflicts: a person says which side, or gives the file.

use std::collections::BTreeSet;

use axon_code::syntax;
use axon_domain::{
    Code, Conflict, ConflictStep, Draft, Error, Language, MergeRecord, MissionId, ObjectId,
    Payload, Result, Role,
};
use axon_engine::{Disputed, Mission};
use axon_ledger::Ledger;
use axon_sandbox::Cancel;
use axon_workspace::{Contents, Delta, Resolution, Tree, TreeView, resolve};

use super::{ConflictedFile, Looking, in_conflict};
use crate::acts::Found;
use crate::axon::Axon;
use crate::dispatch::Handle;
use crate::effects::conflicts::known;
use crate::look::ReadOnly;
use crate::observer::Observer;
use crate::task::state;

/// Which of the conflicts, and how they are settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The files; `None` for all that are not settled yet.
    pub paths: Option<Vec<String>>,
    /// How.
    pub how: Resolution,
}

/// What came of settling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settlement {
    /// The files that were settled, each with the side that was taken, by what it is.
    pub settled: Vec<(String, String)>,
    /// How many are left; when there are none the mission can go on.
    pub left: usize,
}

impl Axon {
    /// Records how conflicts are settled. When none is left the mission can go on:
    /// [`Axon::go_on_settled`].
    ///
    /// # Errors
    /// [`Code::NotFound`] for a file that is not in conflict, [`Code::WrongState`] for one that
    /// is settled already and for missions that are not in conflict; [`Code::Conflict`] for a
    /// file with markers in it; [`Code::SyntaxBroken`] for one that does not parse any more.
    pub fn resolve(&self, id: MissionId, choice: &Choice) -> Result<Settlement> {
        let mission = self.mission(id)?;
        in_conflict(&mission)?;
        let choice = Choice { paths: self.named_from_root(&mission, choice)?, ..choice.clone() };
        match self.way(|client| client.resolve(id, &choice))? {
            Found::Here(owner) => {
                self.office_for(*owner, |handle| self.settle(handle, id, &choice))
            }
            Found::There(_, settlement) => Ok(settlement),
        }
    }

    /// The files that are meant, as they are named from the root: the process that writes may
    /// have been started in another folder.
    fn named_from_root(&self, mission: &Mission, choice: &Choice) -> Result<Option<Vec<String>>> {
        let Some(paths) = &choice.paths else { return Ok(None) };
        let disputed = self.chosen(mission, Some(paths))?;
        Ok(Some(disputed.into_iter().map(|one| one.path.clone()).collect()))
    }

    /// Records how conflicts are settled, in the process that writes.
    pub(crate) fn settle(
        &self,
        handle: &Handle,
        id: MissionId,
        choice: &Choice,
    ) -> Result<Settlement> {
        let _turn = self.shared.changing();
        let (mission, _) = handle.look(id)?;
        in_conflict(&mission)?;
        let disputed = self.chosen(&mission, choice.paths.as_deref())?;
        let settled = disputed
            .iter()
            .map(|one| Ok((one.path.clone(), self.taken(&mission, one, &choice.how)?)))
            .collect::<Result<_>>()?;
        let drafts = self.settled(handle.ledger(), &mission, &disputed, &choice.how)?;
        handle.record(drafts)?;
        let left = handle.look(id)?.0.conflicts.open().count();
        Ok(Settlement { settled, left })
    }

    /// Goes on with a mission in which every conflict is settled.
    ///
    /// # Errors
    /// As [`Axon::resume`].
    pub fn go_on_settled(
        &self,
        id: MissionId,
        observer: &mut dyn Observer,
        cancel: &Cancel,
    ) -> Result<Mission> {
        self.resume(id, observer, cancel)
    }

    /// The file in conflict that is meant by a path, as seen from the folder that Axon was
    /// started in or from the root of the repository.
    ///
    /// # Errors
    /// As [`Axon::conflicts`] and [`Axon::resolve`].
    pub fn conflicted_file(&self, id: MissionId, path: &str) -> Result<ConflictedFile> {
        let mission = self.mission(id)?;
        in_conflict(&mission)?;
        let disputed = self.chosen(&mission, Some(&[path.to_owned()]))?;
        let wanted = disputed.first().map(|one| one.found.0);
        let files = self.conflicts(id)?;
        let found = files.into_iter().find(|file| Some(file.event) == wanted);
        found.ok_or_else(|| not_in_conflict(id, path))
    }

    /// The side that is taken, by what it is.
    fn taken(&self, mission: &Mission, one: &Disputed, how: &Resolution) -> Result<String> {
        let store = ReadOnly::new(self.ledger()?);
        let sides = Looking { axon: self, store: &store, mission }.sides(one)?;
        Ok(match how {
            Resolution::Mine => sides.mine.what,
            Resolution::Theirs => sides.theirs.what,
            Resolution::Base => sides.base.what,
            Resolution::Given(_) => "the file that was given".to_owned(),
            Resolution::Delete => "no file".to_owned(),
        })
    }

    /// The conflicts that are meant, in the order in which they were found.
    fn chosen<'a>(
        &self,
        mission: &'a Mission,
        paths: Option<&[String]>,
    ) -> Result<Vec<&'a Disputed>> {
        let Some(paths) = paths else { return Ok(mission.conflicts.open().collect()) };
        let mut wanted = BTreeSet::new();
        for path in paths {
            let names = [self.seen_from_here(path), Some(path.clone())];
            let is_one = |one: &&Disputed| names.iter().flatten().any(|name| *name == one.path);
            if let Some(one) = mission.conflicts.open().find(is_one) {
                wanted.insert(one.found);
                continue;
            }
            let settled = mission.conflicts.all().find(is_one);
            return Err(match settled.and_then(|one| one.settled.as_ref()) {
                Some(settled) => {
                    let what = format!("this is settled already: {}", settled.how);
                    Error::new(Code::WrongState, what).at(path.clone()).hint(format!(
                        "axon discard {} gives the mission up; then begin again to decide otherwise",
                        mission.id
                    ))
                }
                None => not_in_conflict(mission.id, path),
            });
        }
        let open = mission.conflicts.open();
        Ok(open.filter(|one| wanted.contains(&one.found)).collect())
    }

    /// The events of settling.
    fn settled(
        &self,
        ledger: &Ledger,
        mission: &Mission,
        disputed: &[&Disputed],
        how: &Resolution,
    ) -> Result<Vec<Draft>> {
        let contents = Contents { repository: &self.repository, store: ledger };
        let base = crate::effects::spec(mission)?.base_tree;
        let mut tree = Tree { base, delta: mission.changes };
        let mut drafts = Vec::new();
        for one in disputed {
            if let Resolution::Given(bytes) = how {
                check_given(contents, one, bytes)?;
            }
            let conflict = known(one).ok_or_else(|| {
                Error::new(Code::WrongState, "this release does not know such a conflict")
                    .at(format!("{} ({})", one.path, one.reason))
            })?;
            tree = resolve(contents, &tree, &conflict, how)?;
            let result = TreeView::new(contents, tree).entry(&one.path)?.map(state);
            drafts.push(draft(mission, one, merged(ledger, tree.delta)));
            let step = ConflictStep::Resolved { how: name(how).to_owned(), result };
            drafts.push(draft(mission, one, conflict_event(one, step)));
        }
        Ok(drafts)
    }
}

/// The word for it in events.
fn name(how: &Resolution) -> &'static str {
    match how {
        Resolution::Mine => "mine",
        Resolution::Theirs => "theirs",
        Resolution::Base => "base",
        Resolution::Given(_) => "given",
        Resolution::Delete => "deleted",
    }
}

fn conflict_event(one: &Disputed, step: ConflictStep) -> Payload {
    Payload::Conflict(Conflict { path: one.path.clone(), reason: one.reason.clone(), step })
}

/// What is merged of the mission by now.
fn merged(ledger: &Ledger, changes: Option<ObjectId>) -> Payload {
    let files = Delta::at(changes).iter(ledger).count();
    let files = u32::try_from(files).unwrap_or(u32::MAX);
    Payload::Merge(MergeRecord { changes, files, wave: 0, tasks: 0 })
}

fn draft(mission: &Mission, one: &Disputed, payload: Payload) -> Draft {
    let draft = Draft::new(Role::Operator, payload).of(mission.id).after(one.found);
    match one.task {
        Some(task) => draft.task(task),
        None => draft,
    }
}

fn not_in_conflict(id: MissionId, path: &str) -> Error {
    Error::new(Code::NotFound, format!("no file of this name is in conflict in {id}"))
        .at(path)
        .hint(format!("axon conflicts {id} lists them"))
}

/// Refuses what nobody can have meant: markers that were left, and a file that does not parse
/// any more.
fn check_given(contents: Contents<'_>, one: &Disputed, bytes: &[u8]) -> Result<()> {
    let mut sides = Vec::new();
    for side in [one.base, one.current, one.changed].into_iter().flatten() {
        sides.push(contents.read_file(&one.path, side.content)?);
    }
    if let Some(line) = marker(bytes, &sides) {
        return Err(Error::new(Code::Conflict, "the file still has conflict markers")
            .at(format!("{}:{line}", one.path))
            .hint("take out the lines that begin with <<<<<<<, |||||||, ======= and >>>>>>>"));
    }
    let Some(language) = Language::of_path(&one.path) else { return Ok(()) };
    let before = sides.last().map(Vec::as_slice);
    let verdict = syntax(language, before, bytes);
    match verdict.problems.first().filter(|_| !verdict.passed) {
        Some((line, column, what)) => {
            Err(Error::new(Code::SyntaxBroken, format!("the file does not parse: {what}"))
                .at(format!("{}:{line}:{column}", one.path))
                .hint("correct it and give it again; nothing was recorded"))
        }
        None => Ok(()),
    }
}

/// The first line, from 1, that is a marker and that none of the sides has. `=======` alone
/// also underlines headings, so it is none.
fn marker(bytes: &[u8], sides: &[Vec<u8>]) -> Option<usize> {
    const MARKERS: [&[u8]; 3] = [b"<<<<<<<", b"|||||||", b">>>>>>>"];
    let is_marker = |line: &[u8]| {
        MARKERS.iter().any(|marker| {
            line.strip_prefix(*marker).is_some_and(|rest| {
                rest.first().is_none_or(|next| matches!(next, b' ' | b'\r' | b'\n'))
            })
        })
    };
    let lines = |bytes: &'_ [u8]| -> Vec<Vec<u8>> {
        bytes.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect()
    };
    let known: BTreeSet<Vec<u8>> =
        sides.iter().flat_map(|side| lines(side)).filter(|line| is_marker(line)).collect();
    let found =
        lines(bytes).into_iter().position(|line| is_marker(&line) && !known.contains(&line));
    found.map(|place| place + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_that_were_left_are_found_and_those_that_were_there_are_not() {
        let sides = vec![b"a\n<<<<<<< old\n".to_vec()];
        assert_eq!(marker(b"a\n<<<<<<< old\n=======\n", &sides), None);
        assert_eq!(marker(b"a\nb\n>>>>>>> mine\n", &sides), Some(3));
        assert_eq!(marker(b"|||||||\r\n", &sides), Some(1));
        assert_eq!(marker(b"<<<<<<<<< no\nx <<<<<<< y\n", &sides), None);
        assert_eq!(marker(b"", &sides), None);
    }
}
