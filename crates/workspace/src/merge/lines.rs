//! Texts as lists of lines, and lines as numbers.

use gix::diff::blob::{Interner, Token};

use super::Hunk;
use super::diff::{Change, script};
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
    fn of(text: &'a [u8], interner: &mut Interner<&'a [u8]>) -> Self {
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
    pub(super) fn regions(&self) -> Vec<Region> {
        let changes = |side: &Lines<'_>| script(&self.base.tokens, &side.tokens, self.different);
        let (ours, theirs): (Vec<Change>, Vec<Change>) =
            (changes(&self.ours), changes(&self.theirs));
        let wide = |side: &Lines<'_>, changes: &[Change], others: &[Change]| {
            widened(&self.base.tokens, &side.tokens, changes, others)
        };
        regions(self, &wide(&self.ours, &ours, &theirs), &wide(&self.theirs, &theirs, &ours))
    }

    /// One conflict of everything.
    pub(super) fn everything(&self) -> Region {
        let hunk = Hunk {
            base: 0..self.base.text.len(),
            ours: 0..self.ours.text.len(),
            theirs: 0..self.theirs.text.len(),
        };
        Region { taken: Taken::Conflict, hunk }
    }
}
