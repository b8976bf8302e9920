//! Bringing the changes of both sides together.

use std::ops::Range;

use super::Hunk;
use super::diff::Change;
use super::lines::Sides;

/// What the merged text has where something was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    /// Only we changed it.
    Ours,
    /// Only they changed it.
    Theirs,
    /// Both changed it, in the same way.
    Same,
    /// Both changed it.
    Conflict,
}

/// Lines that were changed; what lies between two regions is as in the base.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Region {
    pub(super) taken: Taken,
    pub(super) hunk: Hunk,
}

impl Region {
    pub(super) fn is_conflict(&self) -> bool {
        self.taken == Taken::Conflict
    }
}

/// The changes of both sides from top to bottom; those that touch are one region.
pub(super) fn regions(sides: &Sides<'_>, ours: &[Change], theirs: &[Change]) -> Vec<Region> {
    let (mut ours, mut theirs) = (Cursor::new(ours), Cursor::new(theirs));
    let mut regions = Vec::new();
    while let Some(start) = [ours.start(), theirs.start()].into_iter().flatten().min() {
        let (before_ours, before_theirs) = (ours, theirs);
        let mut end = start;
        while ours.take_touching(&mut end) || theirs.take_touching(&mut end) {}
        let hunk = Hunk {
            base: start..end,
            ours: before_ours.map(start)..ours.map(end),
            theirs: before_theirs.map(start)..theirs.map(end),
        };
        let taken = match (ours.next > before_ours.next, theirs.next > before_theirs.next) {
            (true, false) => Taken::Ours,
            (false, true) => Taken::Theirs,
            _ if alike(sides, &hunk) => Taken::Same,
            _ => Taken::Conflict,
        };
        regions.push(Region { taken, hunk });
    }
    regions
}

fn alike(sides: &Sides<'_>, hunk: &Hunk) -> bool {
    sides.ours.tokens[hunk.ours.clone()] == sides.theirs.tokens[hunk.theirs.clone()]
}

#[derive(Clone, Copy)]
struct Cursor<'a> {
    changes: &'a [Change],
    next: usize,
}

impl<'a> Cursor<'a> {
    fn new(changes: &'a [Change]) -> Self {
        Self { changes, next: 0 }
    }

    fn start(&self) -> Option<usize> {
        self.changes.get(self.next).map(|change| change.base.start)
    }

    /// Takes the next change if it begins where the region ends or before.
    fn take_touching(&mut self, end: &mut usize) -> bool {
        match self.changes.get(self.next) {
            Some(change) if change.base.start <= *end => {
                *end = (*end).max(change.base.end);
                self.next += 1;
                true
            }
            _ => false,
        }
    }

    /// Where a line of the base that is not changed is on this side, after the changes taken.
    fn map(&self, line: usize) -> usize {
        match self.next.checked_sub(1).and_then(|last| self.changes.get(last)) {
            Some(last) => last.side.end + (line - last.base.end),
            None => line,
        }
    }
}

/// The merged text; none if there is a conflict.
pub(super) fn join(sides: &Sides<'_>, regions: &[Region]) -> Option<Vec<u8>> {
    let mut text = Vec::new();
    let mut at = 0;
    for region in regions {
        extend(&mut text, &sides.base.text, at..region.hunk.base.start);
        match region.taken {
            Taken::Ours | Taken::Same => {
                extend(&mut text, &sides.ours.text, region.hunk.ours.clone());
            }
            Taken::Theirs => extend(&mut text, &sides.theirs.text, region.hunk.theirs.clone()),
            Taken::Conflict => return None,
        }
        at = region.hunk.base.end;
    }
    extend(&mut text, &sides.base.text, at..sides.base.text.len());
    Some(text)
}

pub(super) fn extend(text: &mut Vec<u8>, lines: &[&[u8]], range: Range<usize>) {
    for line in &lines[range] {
        text.extend_from_slice(line);
    }
}
