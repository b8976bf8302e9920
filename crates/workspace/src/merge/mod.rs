//! Merging texts: two changes of the same file, line by line.
//!
//! The rules are those of diff3 (Khanna, Kunal, Pierce: "A Formal Investigation of Diff3", 2007):
//! changes of the two sides that do not touch are both taken, a change that both made is taken
//! once, and everything else is a conflict. Beyond them:
//!
//! - a change that could as well stand before as after one of the other side, because the lines
//!   around repeat, is a conflict and not a guess; so is a text that comes out otherwise when
//!   lines are matched by another rule;
//! - a byte order mark and a change of all line ends are merged on their own, so that they
//!   conflict with no change of a line;
//! - what was merged is looked at again by code that knows nothing of how it was made
//!   ([`verify`]); what does not stand the test is a conflict.

mod compare;
mod diff;
mod line_ends;
mod lines;
mod regions;
mod render;
mod repeats;
mod verify;

use std::ops::Range;

use diff::Rule;
use line_ends::Plan;
use lines::Sides;
use regions::{Region, Taken};

pub use compare::{LineChange, changed_lines, same_line};
pub use render::{Labels, MarkerStyle};

/// The largest side that is merged by lines, in bytes.
pub const MAX_MERGED_BYTES: usize = 64 << 20;

/// The most lines that a side may have to be merged by lines.
pub const MAX_MERGED_LINES: usize = 2_000_000;

/// One of the two sides of a merge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// Ours: in the merge of a session, what the session has.
    Ours,
    /// Theirs: in the merge of a session, what it is merged into.
    Theirs,
}

/// Lines of the three sides that belong together, counted from 0, the end not included.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Hunk {
    /// The lines in the base.
    pub base: Range<usize>,
    /// The lines on our side.
    pub ours: Range<usize>,
    /// The lines on their side.
    pub theirs: Range<usize>,
}

/// Why a file can only be taken as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WholeReason {
    /// One of the sides has a zero byte.
    Binary,
    /// One of the sides has more than [`MAX_MERGED_BYTES`] or [`MAX_MERGED_LINES`].
    TooLarge,
}

/// What came of merging a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TextMerge {
    /// Everything of both sides, verified.
    Clean(Vec<u8>),
    /// Some lines were changed by both.
    Conflicted(ConflictedText),
    /// Both sides changed it, and it is not merged by lines.
    Whole(WholeReason),
}

/// A text with conflicts: what could be merged, and the three sides of what could not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConflictedText {
    sides: [Vec<u8>; 3],
    regions: Vec<Region>,
    plan: Plan,
}

/// Merges two changes of a text. Takes time in proportion to its length, and to the square of
/// at most a few thousand lines that lie between lines found once on both sides.
///
/// Swapping the sides gives the same text, or the same conflicts with their sides swapped.
#[must_use]
pub fn merge_text(base: &[u8], ours: &[u8], theirs: &[u8]) -> TextMerge {
    if ours == theirs || theirs == base {
        return TextMerge::Clean(ours.to_vec());
    }
    if ours == base {
        return TextMerge::Clean(theirs.to_vec());
    }
    if let Some(reason) = [base, ours, theirs].into_iter().find_map(whole_only) {
        return TextMerge::Whole(reason);
    }
    let plan = Plan::of(base, ours, theirs);
    let plain = [base, ours, theirs].map(|text| plan.plain(text));
    let [base, ours, theirs] = [&*plain[0], &*plain[1], &*plain[2]];
    let sides = Sides::of(base, ours, theirs);
    let regions = sides.regions(Rule::Rare);
    if let Some(merged) = regions::join(&sides, &regions)
        && verify::holds(&verify::Claim { base, ours, theirs, regions: &regions, merged: &merged })
        && !comes_out_otherwise(&sides, &merged)
        && let Some(finished) = plan.finish_exactly(&merged)
    {
        return TextMerge::Clean(finished);
    }
    let regions = match regions.iter().any(Region::is_conflict) {
        true => regions,
        false => vec![sides.everything()],
    };
    TextMerge::Conflicted(ConflictedText { sides: plain.map(Into::into), regions, plan })
}

/// Whether another way to match the lines gives another text: then it is not certain what the
/// sides changed. A conflict by the other way means nothing.
fn comes_out_otherwise(sides: &Sides<'_>, merged: &[u8]) -> bool {
    let other = regions::join(sides, &sides.regions(Rule::Few));
    other.is_some_and(|other| other != merged)
}

fn whole_only(text: &[u8]) -> Option<WholeReason> {
    if text.len() > MAX_MERGED_BYTES
        || text.iter().filter(|byte| **byte == b'\n').count() >= MAX_MERGED_LINES
    {
        return Some(WholeReason::TooLarge);
    }
    text.contains(&0).then_some(WholeReason::Binary)
}

impl ConflictedText {
    /// The conflicts, from top to bottom. At least one.
    pub fn hunks(&self) -> impl Iterator<Item = &Hunk> {
        self.regions.iter().filter(|region| region.is_conflict()).map(|region| &region.hunk)
    }

    /// The text with what could be merged, and this side's lines in the conflicts.
    #[must_use]
    pub fn with_side(&self, side: Side) -> Vec<u8> {
        let taken = match side {
            Side::Ours => Taken::Ours,
            Side::Theirs => Taken::Theirs,
        };
        let regions: Vec<Region> = self
            .regions
            .iter()
            .map(|region| match region.taken {
                Taken::Conflict => Region { taken, hunk: region.hunk.clone() },
                _ => region.clone(),
            })
            .collect();
        // Without a conflict there is always a text.
        self.plan.finish(&regions::join(&self.lines(), &regions).unwrap_or_default())
    }

    /// The text with markers around the conflicts.
    #[must_use]
    pub fn render(&self, style: MarkerStyle, labels: &Labels<'_>) -> Vec<u8> {
        let text =
            render::render(&self.lines(), &self.regions, style, labels, self.plan.marker_end);
        self.plan.finish(&text)
    }

    fn lines(&self) -> Sides<'_> {
        let [base, ours, theirs] = &self.sides;
        Sides::of(base, ours, theirs)
    }
}
