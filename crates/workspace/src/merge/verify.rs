//! Whether a merged text is what it claims to be.
//!
//! Shares nothing with the merge but what it claims: which lines each side replaced. From the
//! bytes alone it makes sure that these are really the changes from the base to each side; then
//! it makes their changes to our text, and our changes to their text, where both must come to
//! the merged text. So each change of each side is in it, in order, and nothing else.

use std::ops::Range;

use super::regions::{Region, Taken};

/// A merged text and how it came about.
pub(super) struct Claim<'a> {
    pub(super) base: &'a [u8],
    pub(super) ours: &'a [u8],
    pub(super) theirs: &'a [u8],
    pub(super) regions: &'a [Region],
    pub(super) merged: &'a [u8],
}

type Text<'a> = [&'a [u8]];

/// Lines of the base and those that replace them.
struct Step {
    old: Range<usize>,
    new: Range<usize>,
}

/// Whether the claim is true.
pub(super) fn holds(claim: &Claim<'_>) -> bool {
    let [base, ours, theirs, merged] =
        [claim.base, claim.ours, claim.theirs, claim.merged].map(split);
    // Each with whether the other side did the same.
    let (mut our_steps, mut their_steps) = (Vec::new(), Vec::new());
    for Region { taken, hunk } in claim.regions {
        let our_step = Step { old: hunk.base.clone(), new: hunk.ours.clone() };
        let their_step = Step { old: hunk.base.clone(), new: hunk.theirs.clone() };
        match taken {
            Taken::Ours => our_steps.push((our_step, false)),
            Taken::Theirs => their_steps.push((their_step, false)),
            Taken::Same => {
                if ours.get(hunk.ours.clone()) != theirs.get(hunk.theirs.clone()) {
                    return false;
                }
                our_steps.push((our_step, true));
                their_steps.push((their_step, true));
            }
            Taken::Conflict => return false,
        }
    }
    leads_to(&base, &our_steps, &ours)
        && leads_to(&base, &their_steps, &theirs)
        && comes_to(&ours, &our_steps, &theirs, &their_steps, &merged)
        && comes_to(&theirs, &their_steps, &ours, &our_steps, &merged)
}

fn split(text: &[u8]) -> Vec<&[u8]> {
    let mut lines = Vec::new();
    let mut start = 0;
    for (at, byte) in text.iter().enumerate() {
        if *byte == b'\n' {
            lines.push(&text[start..=at]);
            start = at + 1;
        }
    }
    if start < text.len() {
        lines.push(&text[start..]);
    }
    lines
}

/// Whether the steps are in order and apart, and make the base the side.
fn leads_to(base: &Text<'_>, steps: &[(Step, bool)], side: &Text<'_>) -> bool {
    let mut at = (0, 0);
    let mut is_first = true;
    for (step, _) in steps {
        let apart = is_first || step.old.start > at.0;
        if !apart || !same(base, at.0..step.old.start, side, at.1..step.new.start) {
            return false;
        }
        at = (step.old.end, step.new.end);
        is_first = false;
    }
    same(base, at.0..base.len(), side, at.1..side.len())
}

/// Whether a side with the other's steps, but those that it made itself, is the merged text.
fn comes_to(
    side: &Text<'_>,
    made: &[(Step, bool)],
    other: &Text<'_>,
    steps: &[(Step, bool)],
    merged: &Text<'_>,
) -> bool {
    // Places: in the side, in the merged text, and in the list of its own steps.
    let (mut at, mut out, mut own) = (0, 0, 0);
    for (step, _) in steps.iter().filter(|(_, shared)| !shared) {
        while made.get(own).is_some_and(|(made, _)| made.old.end < step.old.start) {
            own += 1;
        }
        if made.get(own).is_some_and(|(made, _)| made.old.start <= step.old.end) {
            return false;
        }
        let place = match own.checked_sub(1) {
            Some(last) => made[last].0.new.end + (step.old.start - made[last].0.old.end),
            None => step.old.start,
        };
        let Some(kept) = place.checked_sub(at) else { return false };
        if !same(side, at..place, merged, out..out + kept) {
            return false;
        }
        out += kept;
        if !same(other, step.new.clone(), merged, out..out + step.new.len()) {
            return false;
        }
        out += step.new.len();
        at = place + step.old.len();
    }
    same(side, at..side.len(), merged, out..merged.len())
}

fn same(a: &Text<'_>, in_a: Range<usize>, b: &Text<'_>, in_b: Range<usize>) -> bool {
    a.get(in_a).zip(b.get(in_b)).is_some_and(|(a, b)| a == b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::merge::Hunk;

    fn region(
        taken: Taken,
        base: Range<usize>,
        ours: Range<usize>,
        theirs: Range<usize>,
    ) -> Region {
        Region { taken, hunk: Hunk { base, ours, theirs } }
    }

    fn check(merged: &[u8], regions: &[Region]) -> bool {
        let (base, ours, theirs) = (b"1\n2\n3\n4\n", b"A\n2\n3\n4\n", b"1\n2\n3\n4\nB\n");
        holds(&Claim { base, ours, theirs, regions, merged })
    }

    #[test]
    fn only_the_text_with_both_changes_stands() {
        let regions =
            [region(Taken::Ours, 0..1, 0..1, 0..1), region(Taken::Theirs, 4..4, 4..4, 4..5)];
        assert!(check(b"A\n2\n3\n4\nB\n", &regions));
        let wrong: [&[u8]; 6] = [
            b"A\n2\n3\n4\n",
            b"1\n2\n3\n4\nB\n",
            b"A\n2\n3\n4\nB",
            b"A\n2\n3\n4\nB\nC\n",
            b"A\n3\n4\nB\n",
            b"",
        ];
        for wrong in wrong {
            assert!(!check(wrong, &regions));
        }
    }

    #[test]
    fn a_change_that_nobody_claims_does_not_stand() {
        assert!(!check(b"A\n2\n3\n4\n", &[region(Taken::Ours, 0..1, 0..1, 0..1)]));
        assert!(!check(b"1\n2\n3\n4\nB\n", &[region(Taken::Theirs, 4..4, 4..4, 4..5)]));
        let same = [region(Taken::Same, 0..1, 0..1, 0..1), region(Taken::Theirs, 4..4, 4..4, 4..5)];
        assert!(!check(b"A\n2\n3\n4\nB\n", &same));
    }

    #[test]
    fn ranges_outside_the_texts_are_no_panic() {
        for range in [7..9, 9..9, 0..usize::MAX] {
            assert!(!check(b"", &[region(Taken::Ours, range.clone(), range, 0..1)]));
        }
    }
}
