//! Places in files: by byte, by line and column, before and after edits.

use std::collections::{BTreeMap, BTreeSet};

use axon_code::{Files as _, Located};
use axon_domain::{Code, Error, FileEdits, Result, Site};

use crate::report::FilePlan;
use crate::source::TreeSource;

/// Path, line and column, from 1.
pub(super) type Place = (String, u32, u32);

/// Where a symbol is meant for certain.
pub(super) fn meant(found: &Located) -> BTreeSet<Place> {
    let in_file = |file: &FileEdits| {
        let path = file.path.clone();
        file.sites.iter().map(|site| (path.clone(), site.line, site.column)).collect::<Vec<_>>()
    };
    found.files.iter().flat_map(in_file).collect()
}

/// Where it may be meant: a person, or `--undecided include`, said so.
pub(super) fn maybe(found: &Located) -> BTreeSet<Place> {
    found
        .mentions
        .iter()
        .map(|mention| (mention.path.clone(), mention.line, mention.column))
        .collect()
}

/// Each site with the offset at which its replacement begins in the result.
pub(super) fn shifted(sites: &[Site]) -> impl Iterator<Item = (&Site, usize)> {
    let mut shift = 0_isize;
    sites.iter().map(move |site| {
        let at = site.edit.start.saturating_add_signed(shift);
        let length = |number: usize| isize::try_from(number).unwrap_or(isize::MAX);
        shift += length(site.edit.text.len()) - length(site.edit.end - site.edit.start);
        (site, at)
    })
}

/// A text and where its lines begin.
pub(super) struct Text {
    text: String,
    starts: Vec<usize>,
}

impl Text {
    pub(super) fn read(source: &TreeSource<'_>, path: &str) -> Result<Self> {
        let bytes = source.read(source.entry(path)?)?;
        let text = String::from_utf8(bytes.to_vec())
            .map_err(|_| Error::new(Code::Bug, "an edited file is not UTF-8").at(path))?;
        Ok(Self::new(text))
    }

    pub(super) fn new(text: String) -> Self {
        let mark = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        let ends = memchr_lines(text.as_bytes());
        let starts = std::iter::once(mark).chain(ends).collect();
        Self { text, starts }
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// Line and column of a byte, the column in characters; a byte order mark is none.
    pub(super) fn place(&self, at: usize) -> (u32, u32) {
        let at = at.min(self.text.len());
        let line = self.starts.partition_point(|start| *start <= at).max(1);
        let start = self.starts[line - 1].min(at);
        let column = self.text.get(start..at).map_or(0, |before| before.chars().count()) + 1;
        let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        (number(line), number(column))
    }

    /// The byte of a line and a column; `None` where there is no such place.
    pub(super) fn offset(&self, line: u32, column: u32) -> Option<usize> {
        let start = *self.starts.get(usize::try_from(line.checked_sub(1)?).ok()?)?;
        let skip = usize::try_from(column.checked_sub(1)?).ok()?;
        let rest = self.text.get(start..)?;
        Some(rest.char_indices().nth(skip).map_or(self.text.len(), |(at, _)| start + at))
    }
}

/// Where a line begins behind the end of another.
fn memchr_lines(bytes: &[u8]) -> impl Iterator<Item = usize> {
    bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1)
}

/// The texts of a tree, each read once.
pub(super) struct Texts<'a, 's> {
    source: &'a TreeSource<'s>,
    read: BTreeMap<String, Text>,
}

impl<'a, 's> Texts<'a, 's> {
    pub(super) fn new(source: &'a TreeSource<'s>) -> Self {
        Self { source, read: BTreeMap::new() }
    }

    pub(super) fn get(&mut self, path: &str) -> Result<&Text> {
        if !self.read.contains_key(path) {
            let text = Text::read(self.source, path)?;
            self.read.insert(path.to_owned(), text);
        }
        self.read.get(path).ok_or_else(|| Error::new(Code::Bug, "a text was lost").at(path))
    }
}

/// How the edits of one file move its bytes.
pub(super) struct Shift {
    /// Start, end, length of the new text, and where that begins afterwards.
    edits: Vec<(usize, usize, usize, usize)>,
}

impl Shift {
    /// By path. A file that is made has nothing before.
    pub(super) fn all(files: &[FilePlan]) -> BTreeMap<&str, Self> {
        let one = |file: &FilePlan| {
            let edits = shifted(&file.edits.sites);
            let edit = |(site, at): (&Site, usize)| {
                (site.edit.start, site.edit.end, site.edit.text.len(), at)
            };
            Self { edits: edits.map(edit).collect() }
        };
        files.iter().map(|file| (file.edits.path.as_str(), one(file))).collect()
    }

    /// Where a byte is afterwards; `None` where an edit replaces it.
    pub(super) fn forward(&self, at: usize) -> Option<usize> {
        let next = self.edits.partition_point(|(_, end, ..)| *end <= at);
        if self.edits.get(next).is_some_and(|(start, ..)| *start <= at) {
            return None;
        }
        let Some((_, end, length, new)) = next.checked_sub(1).map(|last| self.edits[last]) else {
            return Some(at);
        };
        Some(at - end + new + length)
    }

    /// Whether a byte of the result is part of what an edit wrote.
    pub(super) fn wrote(&self, at: usize) -> bool {
        let next = self.edits.partition_point(|(.., length, new)| new + length <= at);
        self.edits.get(next).is_some_and(|(.., new)| *new <= at)
    }
}

#[cfg(test)]
mod tests {
    use axon_domain::{ContentId, ObjectId, SiteKind, TextEdit};

    use super::*;

    fn plan(edits: &[(usize, usize, &str)]) -> FilePlan {
        let site = |(start, end, text): &(usize, usize, &str)| Site {
            line: 1,
            column: 1,
            kind: SiteKind::Reference,
            evidence: String::new(),
            edit: TextEdit { start: *start, end: *end, text: (*text).to_owned() },
        };
        let sites = edits.iter().map(site).collect();
        let base = ContentId::Object(ObjectId([0; 32]));
        FilePlan::from(FileEdits { path: "a".into(), base, sites })
    }

    #[test]
    fn bytes_outside_of_edits_move_with_them_and_those_inside_are_gone() {
        // "abcdef": an insertion before b, d replaced by three bytes, f removed.
        let files = [plan(&[(1, 1, "XX"), (3, 4, "YYY"), (5, 6, "")])];
        let shift = &Shift::all(&files)["a"];
        let moved = [0, 1, 2, 3, 4, 5, 6].map(|at| shift.forward(at));
        assert_eq!(moved, [Some(0), Some(3), Some(4), None, Some(8), None, Some(9)]);
        let wrote: Vec<usize> = (0..10).filter(|at| shift.wrote(*at)).collect();
        assert_eq!(wrote, [1, 2, 5, 6, 7]);
    }

    #[test]
    fn a_byte_is_a_line_and_a_column_and_the_other_way_round() {
        let text = Text::new("\u{feff}é = 1\nb\n".to_owned());
        for (at, place) in [(3, (1, 1)), (5, (1, 2)), (10, (2, 1)), (12, (3, 1))] {
            assert_eq!(text.place(at), place);
            assert_eq!(text.offset(place.0, place.1), Some(at));
        }
        assert_eq!(text.offset(9, 1), None);
        assert_eq!(text.place(99), (3, 1));
    }
}
