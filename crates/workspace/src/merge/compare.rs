//! Two texts side by side: which lines differ, and where a line of the one is in the other.

use std::ops::Range;

use gix::diff::blob::Interner;

use super::diff::{Rule, script};
use super::lines::Lines;

/// Lines of a text and the lines that stand there in another one, counted from 0, the end not
/// included. One of the two may be empty, not both.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LineChange {
    /// The lines in the first text.
    pub before: Range<usize>,
    /// The lines in the second.
    pub after: Range<usize>,
}

/// Where two texts differ, from top to bottom; at least one line is the same between two of
/// them. Takes time as [`super::merge_text`] does.
#[must_use]
pub fn changed_lines(before: &[u8], after: &[u8]) -> Vec<LineChange> {
    let mut interner = Interner::new(before.len() / 32);
    let (before, after) = (Lines::of(before, &mut interner), Lines::of(after, &mut interner));
    let changes = script(&before.tokens, &after.tokens, interner.num_tokens(), Rule::Rare);
    let side = |change: super::diff::Change| LineChange { before: change.base, after: change.side };
    changes.into_iter().map(side).collect()
}

/// Where a line of the first text, counted from 0, is in the second; `None` if it was changed
/// or is gone.
#[must_use]
pub fn same_line(changes: &[LineChange], line: usize) -> Option<usize> {
    let next = changes.partition_point(|change| change.before.end <= line);
    if changes.get(next).is_some_and(|change| change.before.start <= line) {
        return None;
    }
    match next.checked_sub(1).and_then(|last| changes.get(last)) {
        Some(last) => Some(last.after.end + (line - last.before.end)),
        None => Some(line),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_found_again_behind_what_was_put_before_it() {
        let changes = changed_lines(b"a\nb\nc\nd\n", b"new\na\nB\nc\n");
        let places: Vec<_> = (0..4).map(|line| same_line(&changes, line)).collect();
        assert_eq!(places, [Some(1), None, Some(3), None]);
    }

    #[test]
    fn equal_texts_have_no_changes() {
        assert_eq!(changed_lines(b"a\nb", b"a\nb"), []);
        assert_eq!(same_line(&[], 7), Some(7));
    }
}
