//! Changes among lines that repeat: where they stand is not always certain.
//!
//! Inserting a line beside one like it can be told in several ways: before it or after it. A
//! comparison picks one. That does no harm unless the other side changed what lies between the
//! ways: then each of them gives another result, and neither is more right.

use gix::diff::blob::Token;

use super::diff::Change;

/// The changes, each made so wide that it touches those of the other side that it could stand
/// before as well as after.
pub(super) fn widened(
    base: &[Token],
    side: &[Token],
    changes: &[Change],
    others: &[Change],
) -> Vec<Change> {
    let mut wide = Vec::with_capacity(changes.len());
    for (number, change) in changes.iter().enumerate() {
        let floor = number.checked_sub(1).map_or(0, |before| changes[before].base.end);
        let ceiling = changes.get(number + 1).map_or(base.len(), |next| next.base.start);
        let slide = Slide::of(base, side, change, floor, ceiling);
        wide.push(slide.widen(change, others));
    }
    wide
}

/// By how many lines a change can be moved with the same effect.
struct Slide {
    up: usize,
    down: usize,
}

impl Slide {
    fn of(base: &[Token], side: &[Token], change: &Change, floor: usize, ceiling: usize) -> Self {
        // An insertion moves over a line that is like the one it leaves, and so does a deletion.
        let (text, block) = match (change.base.is_empty(), change.side.is_empty()) {
            (true, _) => (side, &change.side),
            (_, true) => (base, &change.base),
            _ => return Self { up: 0, down: 0 },
        };
        let mut up = 0;
        while change.base.start - up > floor
            && base[change.base.start - up - 1] == text[block.end - up - 1]
        {
            up += 1;
        }
        let mut down = 0;
        while change.base.end + down < ceiling
            && base[change.base.end + down] == text[block.start + down]
        {
            down += 1;
        }
        Self { up, down }
    }

    fn widen(&self, change: &Change, others: &[Change]) -> Change {
        let (first_end, last_start) = (change.base.end - self.up, change.base.start + self.down);
        let from = others.partition_point(|other| other.base.start <= first_end);
        let rest = &others[from..];
        let between = &rest[..rest.partition_point(|other| other.base.end < last_start)];
        let (Some(first), Some(last)) = (between.first(), between.last()) else {
            return change.clone();
        };
        let above = change.base.start.saturating_sub(first.base.start);
        let below = last.base.end.saturating_sub(change.base.end);
        Change {
            base: change.base.start - above..change.base.end + below,
            side: change.side.start - above..change.side.end + below,
        }
    }
}
