//! A line through the missions that moved it: back to the one that was asked for it.

use axon_domain::{Code, GitId, Goal, ObjectId, Result};
use axon_engine::Mission;
use axon_workspace::{Tree, TreeView, changed_lines, same_line};

use crate::axon::Axon;
use crate::look::rewind::ReadOnly;
use crate::look::why::Cause;

impl Axon {
    /// What led to a line in a mission, and in those whose result it moved.
    pub(super) fn with_origins(
        &self,
        missions: &[Mission],
        mission: &Mission,
        path: &str,
        line: u32,
    ) -> Result<Cause> {
        let cause = self.cause_in(mission, path, line)?;
        let mut earlier_causes = Vec::new();
        let (mut mission, mut line) = (mission, Some(line));
        while let Some(Goal::Rebase { of, base_tree, changes, .. }) = mission.goal() {
            // A mission moves an earlier one.
            let earlier = missions.iter().find(|it| it.id == *of && it.id < mission.id);
            let Some(earlier) = earlier else { break };
            line = match line {
                Some(line) => self.line_before(mission, (*base_tree, *changes), path, line)?,
                None => None,
            };
            // No line is 0: then what led to the file is told, and no edit.
            match self.cause_in(earlier, path, line.unwrap_or(0)) {
                Ok(cause) => earlier_causes.push(cause),
                Err(error) if is_gone(error.code()) => break,
                Err(error) => return Err(error),
            }
            mission = earlier;
        }
        let mut origin = None;
        while let Some(cause) = earlier_causes.pop() {
            origin = Some(Box::new(Cause { origin, ..cause }));
        }
        Ok(Cause { origin, ..cause })
    }

    /// Where a line of a mission's result was in the result that it moved; `None` if it was not,
    /// or if that cannot be read any more.
    fn line_before(
        &self,
        mission: &Mission,
        moved: (GitId, ObjectId),
        path: &str,
        line: u32,
    ) -> Result<Option<u32>> {
        let Some(spec) = &mission.spec else { return Ok(None) };
        let store = ReadOnly::new(self.ledger()?);
        let contents = store.contents(&self.repository);
        let read = |base, delta| TreeView::new(contents, Tree { base, delta }).read(path);
        let now = read(spec.base_tree, mission.changes);
        let before = read(moved.0, Some(moved.1));
        let (now, before) = match (now, before) {
            (Ok(now), Ok(before)) => (now, before),
            (Err(error), _) | (_, Err(error)) if is_gone(error.code()) => return Ok(None),
            (Err(error), _) | (_, Err(error)) => return Err(error),
        };
        let Some(index) = line.checked_sub(1).and_then(|line| usize::try_from(line).ok()) else {
            return Ok(None);
        };
        let found = same_line(&changed_lines(&now, &before), index);
        Ok(found.and_then(|line| u32::try_from(line + 1).ok()))
    }
}

/// Whether something was there and is kept no more.
fn is_gone(code: Code) -> bool {
    matches!(code, Code::NotFound | Code::MissingObject | Code::PayloadErased)
}
