//! Conflicts as people know them: markers around the lines of each side.

use std::ops::Range;

use super::Hunk;
use super::diff::{Rule, script};
use super::lines::Sides;
use super::regions::{Region, Taken, extend};

/// How conflicts are shown, as in `git merge-file`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum MarkerStyle {
    /// Ours and theirs, as small as possible.
    #[default]
    Merge,
    /// Ours, base and theirs.
    Diff3,
    /// Ours, base and theirs, without what ours and theirs begin and end with alike.
    Zdiff3,
}

/// What the markers say, and how long they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Labels<'a> {
    /// Behind `<<<<<<<`.
    pub ours: &'a str,
    /// Behind `|||||||`.
    pub base: &'a str,
    /// Behind `>>>>>>>`.
    pub theirs: &'a str,
    /// How many characters a marker has; usually 7.
    pub size: usize,
}

impl Default for Labels<'_> {
    fn default() -> Self {
        Self { ours: "ours", base: "base", theirs: "theirs", size: 7 }
    }
}

/// Conflicts with no more lines between them than this are shown as one.
const NEAR: usize = 3;

/// The text with markers.
pub(super) fn render(
    sides: &Sides<'_>,
    regions: &[Region],
    style: MarkerStyle,
    labels: &Labels<'_>,
    line_end: &'static [u8],
) -> Vec<u8> {
    let mut writer = Writer { sides, style, labels, line_end, text: Vec::new() };
    let mut at = 0;
    for Region { taken, hunk } in regions {
        extend(&mut writer.text, &sides.base.text, at..hunk.base.start);
        match taken {
            Taken::Ours | Taken::Same => writer.ours(hunk.ours.clone()),
            Taken::Theirs => {
                extend(&mut writer.text, &sides.theirs.text, hunk.theirs.clone());
            }
            Taken::Conflict => writer.conflict(hunk),
        }
        at = hunk.base.end;
    }
    extend(&mut writer.text, &sides.base.text, at..sides.base.text.len());
    writer.text
}

struct Writer<'a> {
    sides: &'a Sides<'a>,
    style: MarkerStyle,
    labels: &'a Labels<'a>,
    line_end: &'static [u8],
    text: Vec<u8>,
}

impl Writer<'_> {
    fn ours(&mut self, lines: Range<usize>) {
        extend(&mut self.text, &self.sides.ours.text, lines);
    }

    fn conflict(&mut self, hunk: &Hunk) {
        match self.style {
            MarkerStyle::Diff3 => self.markers(hunk),
            MarkerStyle::Zdiff3 => self.trimmed(hunk),
            MarkerStyle::Merge => self.split(hunk),
        }
    }

    /// Without what both sides begin and end with.
    fn trimmed(&mut self, hunk: &Hunk) {
        let ours = &self.sides.ours.tokens[hunk.ours.clone()];
        let theirs = &self.sides.theirs.tokens[hunk.theirs.clone()];
        let start = ours.iter().zip(theirs).take_while(|(a, b)| a == b).count();
        let rest = ours[start..].iter().rev().zip(theirs[start..].iter().rev());
        let end = rest.take_while(|(a, b)| a == b).count();
        let inner = |range: &Range<usize>| range.start + start..range.end - end;
        let (ours, theirs) = (inner(&hunk.ours), inner(&hunk.theirs));
        self.ours(hunk.ours.start..ours.start);
        self.markers(&Hunk { base: hunk.base.clone(), ours: ours.clone(), theirs });
        self.ours(ours.end..hunk.ours.end);
    }

    /// Only where ours and theirs differ.
    fn split(&mut self, hunk: &Hunk) {
        let sides = self.sides;
        let ours = &sides.ours.tokens[hunk.ours.clone()];
        let theirs = &sides.theirs.tokens[hunk.theirs.clone()];
        let mut parts: Vec<(Range<usize>, Range<usize>)> = Vec::new();
        for change in script(ours, theirs, sides.different, Rule::Rare) {
            let (ours, theirs) = (change.base, change.side);
            match parts.last_mut() {
                Some(last) if !self.apart(hunk.ours.start, last.0.end..ours.start) => {
                    last.0.end = ours.end;
                    last.1.end = theirs.end;
                }
                _ => parts.push((ours, theirs)),
            }
        }
        let moved = |range: &Range<usize>, by: usize| range.start + by..range.end + by;
        let mut at = hunk.ours.start;
        for (ours, theirs) in parts {
            let ours = moved(&ours, hunk.ours.start);
            let theirs = moved(&theirs, hunk.theirs.start);
            self.ours(at..ours.start);
            at = ours.end;
            self.markers(&Hunk { base: hunk.base.clone(), ours, theirs });
        }
        self.ours(at..hunk.ours.end);
    }

    /// Whether the lines between two conflicts are worth showing apart from them.
    fn apart(&self, start: usize, between: Range<usize>) -> bool {
        let lines = &self.sides.ours.text[start + between.start..start + between.end];
        lines.len() > NEAR && lines.iter().any(|line| line.iter().any(u8::is_ascii_alphanumeric))
    }

    fn markers(&mut self, hunk: &Hunk) {
        let sides = self.sides;
        self.marker(b'<', self.labels.ours);
        self.side(&sides.ours.text, &hunk.ours);
        if self.style != MarkerStyle::Merge {
            self.marker(b'|', self.labels.base);
            self.side(&sides.base.text, &hunk.base);
        }
        self.marker(b'=', "");
        self.side(&sides.theirs.text, &hunk.theirs);
        self.marker(b'>', self.labels.theirs);
    }

    fn marker(&mut self, sign: u8, label: &str) {
        self.text.extend(std::iter::repeat_n(sign, self.labels.size));
        if !label.is_empty() {
            self.text.push(b' ');
            // A path may have a line end in its name; a marker is one line.
            let shown = label.bytes().map(|byte| if byte.is_ascii_control() { b'?' } else { byte });
            self.text.extend(shown);
        }
        self.text.extend_from_slice(self.line_end);
    }

    /// Lines of a side; a marker never follows on the same line.
    fn side(&mut self, lines: &[&[u8]], range: &Range<usize>) {
        extend(&mut self.text, lines, range.clone());
        if lines[range.clone()].last().is_some_and(|last| !last.ends_with(b"\n")) {
            self.text.extend_from_slice(self.line_end);
        }
    }
}
