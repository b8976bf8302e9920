//! Texts as lists of lines, and lines as numbers.

use gix::diff::blob::{Interner, Token};

use super::Hunk;
use super::diff::{Change, Rule, script};
use super::regions::{Region, Taken, regions};
use super::repeats::widened;

/// The lines of a text, each with its end.
pub(super) fn lines(text: &[u8]) -> Vec<&[u8]> {
    text.split_inclusive(|byte| *byte == b'\n').collect()
}

/// The lines of a text; equal lines of all sides have equal tokens.
pub(super) struct Lines<'a> {
    pub(super) text: Vec<&'a [u8]>,
    pub(super) tokens: Vec<Token>,
}

impl<'a> Lines<'a> {
    pub(super) fn of(text: &'a [u8], interner: &mut Interner<&'a [u8]>) -> Self {
        let text = lines(text);
        let tokens = text.iter().map(|line| interner.intern(line)).collect();
        Self { text, tokens }
    }
}

/// The three sides of a merge.
pub(super) struct Sides<'a> {
    pub(super) base: Lines<'a>,
    pub(super) ours: Lines<'a>,
    pub(super) theirs: Lines<'a>,
    /// How many different lines there are.
    pub(super) different: u32,
}

impl<'a> Sides<'a> {
    pub(super) fn of(base: &'a [u8], ours: &'a [u8], theirs: &'a [u8]) -> Self {
        let mut interner = Interner::new(base.len() / 32);
        let base = Lines::of(base, &mut interner);
        let ours = Lines::of(ours, &mut interner);
        let theirs = Lines::of(theirs, &mut interner);
        Self { base, ours, theirs, different: interner.num_tokens() }
    }

    /// What each side changed, brought together.
    pub(super) fn regions(&self, rule: Rule) -> Vec<Region> {
        let changes =
            |side: &Lines<'_>| script(&self.base.tokens, &side.tokens, self.different, rule);
        let (ours, theirs): (Vec<Change>, Vec<Change>) =
            (changes(&self.ours), changes(&self.theirs));
        let wide = |side: &Lines<'_>, changes: &[Change], others: &[Change]| {
            widened(&self.base.tokens, &side.tokens, changes, others)
        };
        regions(self, &wide(&self.ours, &ours, &theirs), &wide(&self.theirs, &theirs, &ours))
    }

    /// One conflict of all that is not the same on all sides from the top or from the bottom.
    pub(super) fn everything(&self) -> Region {
        let all = [&self.base.tokens[..], &self.ours.tokens, &self.theirs.tokens];
        let [base, ours, theirs] = all;
        let alike = |[a, b, c]: [Option<&Token>; 3]| a.is_some() && a == b && b == c;
        let mut start = 0;
        while alike(all.map(|side| side.get(start))) {
            start += 1;
        }
        let mut end = 0;
        while alike(all.map(|side| side[start..].iter().nth_back(end))) {
            end += 1;
        }
        let hunk = Hunk {
            base: start..base.len() - end,
            ours: start..ours.len() - end,
            theirs: start..theirs.len() - end,
        };
        Region { taken: Taken::Conflict, hunk }
    }
}
