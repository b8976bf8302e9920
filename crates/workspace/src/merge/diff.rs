//! What a side changed: the lines of the base that it replaced, and by which.

use std::ops::Range;

use gix::diff::blob::{Algorithm, Diff, NoSliderHeuristic, Token};

/// Lines of the base that a side replaced by its own. One of the two may be empty, not both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) base: Range<usize>,
    pub(super) side: Range<usize>,
}

/// Up to so many differing lines the histogram algorithm is used as it is. It takes quadratic
/// time where every other line was changed, and recurses, so it does not see more.
const HISTOGRAM_LINES: usize = 4_096;

/// Longer differences are cut about here, at lines that each side has just once.
const SEGMENT_LINES: usize = 1_024;

/// The longest difference without such a line that is looked into: nothing but repetition, which
/// takes Myers' algorithm n^1.5 steps. It also bounds how deep that recurses. What is longer
/// counts as replaced: a conflict more, never a loss.
const MYERS_LINES: usize = 100_000;

/// By which rule lines are matched where several ways are possible.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    /// Rare lines first, as people read (the histogram algorithm).
    Rare,
    /// As few changed lines as possible (Myers' algorithm).
    Few,
}

/// The changes from the base to a side, from top to bottom. At least one line is unchanged
/// between two of them. `different` is above all tokens.
pub(super) fn script(base: &[Token], side: &[Token], different: u32, rule: Rule) -> Vec<Change> {
    let (start, end) = common_ends(base, side);
    let middle = (&base[start..base.len() - end], &side[start..side.len() - end]);
    let mut changes = Vec::new();
    if middle.0.len().max(middle.1.len()) <= HISTOGRAM_LINES {
        compare(base, side, (different, rule), (0, 0), &mut changes);
        return changes;
    }
    let mut renumber = Renumber::new(different);
    let mut from = (0, 0);
    let cuts = cuts(middle.0, middle.1, different).into_iter();
    let cuts = cuts.map(|(base, side)| (base + start, side + start));
    for to in cuts.chain([(base.len(), side.len())]) {
        let (mut before, mut after) = (base[from.0..to.0].to_vec(), side[from.1..to.1].to_vec());
        let different = renumber.apply([&mut before, &mut after]);
        compare(&before, &after, (different, rule), from, &mut changes);
        from = to;
    }
    changes
}

/// How many lines both begin with, and how many of the rest both end with.
fn common_ends(base: &[Token], side: &[Token]) -> (usize, usize) {
    let start = base.iter().zip(side).take_while(|(a, b)| a == b).count();
    let rest = base[start..].iter().rev().zip(side[start..].iter().rev());
    (start, rest.take_while(|(a, b)| a == b).count())
}

/// Compares a part that begins at `from` and appends its changes.
fn compare(
    base: &[Token],
    side: &[Token],
    (different, rule): (u32, Rule),
    from: (usize, usize),
    changes: &mut Vec<Change>,
) {
    let (start, end) = common_ends(base, side);
    let middle = (base.len() - start - end).max(side.len() - start - end);
    if middle == 0 && base.len() == side.len() {
        return;
    }
    if middle > MYERS_LINES {
        let change = Change { base: start..base.len() - end, side: start..side.len() - end };
        push(change, from, changes);
        return;
    }
    let algorithm = match middle <= HISTOGRAM_LINES && rule == Rule::Rare {
        true => Algorithm::Histogram,
        false => Algorithm::Myers,
    };
    let mut diff = Diff::default();
    diff.compute_with(algorithm, base, side, different);
    diff.postprocess_with(base, side, NoSliderHeuristic);
    let range = |range: Range<u32>| range.start as usize..range.end as usize;
    for hunk in diff.hunks() {
        push(Change { base: range(hunk.before), side: range(hunk.after) }, from, changes);
    }
}

fn push(change: Change, from: (usize, usize), changes: &mut Vec<Change>) {
    let moved = |range: Range<usize>, by: usize| range.start + by..range.end + by;
    let change = Change { base: moved(change.base, from.0), side: moved(change.side, from.1) };
    match changes.last_mut() {
        // Two parts that change at the cut.
        Some(last) if last.base.end == change.base.start && last.side.end == change.side.start => {
            last.base.end = change.base.end;
            last.side.end = change.side.end;
        }
        _ => changes.push(change),
    }
}

/// Where to cut: at lines that either side has just once, in the order that both have them
/// (Cohen's patience diff), about every [`SEGMENT_LINES`].
fn cuts(base: &[Token], side: &[Token], different: u32) -> Vec<(usize, usize)> {
    let mut last = (0, 0);
    let mut cuts = Vec::new();
    for at in in_order(&once_in_both(base, side, different)) {
        if at.0 - last.0 + at.1 - last.1 >= 2 * SEGMENT_LINES {
            cuts.push(at);
            last = at;
        }
    }
    cuts
}

/// The places of the lines that each has just once, in the order of the side.
fn once_in_both(base: &[Token], side: &[Token], different: u32) -> Vec<(usize, usize)> {
    #[derive(Clone, Copy, Default)]
    struct Seen {
        in_base: u8,
        in_side: u8,
        at: usize,
    }
    let mut seen = vec![Seen::default(); different as usize];
    for (at, token) in base.iter().enumerate() {
        let seen = &mut seen[token.0 as usize];
        seen.in_base = seen.in_base.saturating_add(1);
        seen.at = at;
    }
    for token in side {
        let seen = &mut seen[token.0 as usize];
        seen.in_side = seen.in_side.saturating_add(1);
    }
    let places = side.iter().enumerate().filter_map(|(at, token)| {
        let seen = seen[token.0 as usize];
        (seen.in_base == 1 && seen.in_side == 1).then_some((seen.at, at))
    });
    places.collect()
}

/// The longest selection whose places rise in the base too (patience sorting).
fn in_order(places: &[(usize, usize)]) -> Vec<(usize, usize)> {
    let mut tails: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = Vec::with_capacity(places.len());
    for (number, place) in places.iter().enumerate() {
        let pile = tails.partition_point(|tail| places[*tail].0 < place.0);
        before.push(pile.checked_sub(1).map(|pile| tails[pile]));
        match tails.get_mut(pile) {
            Some(tail) => *tail = number,
            None => tails.push(number),
        }
    }
    let mut chosen = Vec::with_capacity(tails.len());
    let mut next = tails.last().copied();
    while let Some(number) = next {
        chosen.push(places[number]);
        next = before[number];
    }
    chosen.reverse();
    chosen
}

/// Gives the tokens of a part small numbers, so that comparing it costs no more than its length.
struct Renumber {
    numbers: Vec<(u32, u32)>,
    round: u32,
}

impl Renumber {
    fn new(different: u32) -> Self {
        Self { numbers: vec![(0, 0); different as usize], round: 0 }
    }

    fn apply(&mut self, parts: [&mut [Token]; 2]) -> u32 {
        self.round += 1;
        let mut next = 0;
        for token in parts.into_iter().flatten() {
            let number = &mut self.numbers[token.0 as usize];
            if number.0 != self.round {
                *number = (self.round, next);
                next += 1;
            }
            *token = Token(number.1);
        }
        next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(numbers: impl IntoIterator<Item = u32>) -> Vec<Token> {
        numbers.into_iter().map(Token).collect()
    }

    fn different(sides: [&[Token]; 2]) -> u32 {
        sides.into_iter().flatten().map(|token| token.0 + 1).max().unwrap_or(0)
    }

    /// The changes lead from the base to the side and are apart.
    fn check(base: &[Token], side: &[Token]) -> Vec<Change> {
        let changes = script(base, side, different([base, side]), Rule::Rare);
        let (mut made, mut at) = (Vec::new(), 0);
        for (number, change) in changes.iter().enumerate() {
            assert!(number == 0 || change.base.start > at, "{changes:?}");
            made.extend_from_slice(&base[at..change.base.start]);
            assert_eq!(made.len(), change.side.start);
            made.extend_from_slice(&side[change.side.clone()]);
            at = change.base.end;
        }
        made.extend_from_slice(&base[at..]);
        assert!(made == side);
        changes
    }

    #[test]
    fn every_other_line_changed_in_a_long_text_is_found_line_by_line() {
        let base = tokens(0..60_000);
        let side = tokens((0..60_000).map(|line| if line % 2 == 0 { line } else { line + 60_000 }));
        assert_eq!(check(&base, &side).len(), 30_000);
    }

    #[test]
    fn long_texts_without_a_unique_line_take_no_quadratic_time() {
        let mut random = 1u32;
        let mut next = || {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            random >> 30
        };
        let base = tokens((0..60_000).map(|_| next()));
        let side = tokens((0..60_000).map(|_| next()));
        check(&base, &side);
        let alike = tokens(std::iter::repeat_n(0, 60_000));
        check(&alike, &side);
        check(&alike, &alike[..50_000]);
    }

    #[test]
    fn a_moved_block_in_a_long_text_is_one_deletion_and_one_insertion() {
        let base = tokens(0..20_000);
        let side = tokens((5_000..15_000).chain(0..5_000).chain(15_000..20_000));
        assert_eq!(check(&base, &side).len(), 2);
    }

    #[test]
    fn repetition_beyond_the_limit_counts_as_replaced() {
        let base = tokens((0..MYERS_LINES as u32 + 100).map(|line| line % 2));
        let side = tokens((0..MYERS_LINES as u32 + 100).map(|line| line % 3 % 2));
        assert_eq!(check(&base, &side).len(), 1);
    }

    #[test]
    fn nothing_against_something_is_one_change() {
        let some = tokens(0..10);
        assert_eq!(check(&some, &[]).len(), 1);
        assert_eq!(check(&[], &some).len(), 1);
        assert_eq!(check(&some, &some).len(), 0);
        assert_eq!(check(&[], &[]).len(), 0);
    }
}
