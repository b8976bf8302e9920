//! Ranges of files.

use std::collections::HashMap;
use std::ops::Range;

use crate::sources::FileId;

/// Ranges of files, for the question whether a byte lies in one of them.
#[derive(Debug, Default)]
pub(crate) struct Ranges {
    /// Sorted and apart.
    of: HashMap<FileId, Vec<Range<usize>>>,
}

impl Ranges {
    pub(crate) fn new<'r>(all: impl Iterator<Item = &'r (FileId, Range<usize>)>) -> Self {
        let mut of: HashMap<FileId, Vec<Range<usize>>> = HashMap::new();
        for (file, range) in all {
            of.entry(*file).or_default().push(range.clone());
        }
        for ranges in of.values_mut() {
            ranges.sort_by_key(|range| (range.start, std::cmp::Reverse(range.end)));
            let mut apart: Vec<Range<usize>> = Vec::new();
            for range in ranges.drain(..) {
                match apart.last_mut() {
                    Some(last) if range.start < last.end => last.end = last.end.max(range.end),
                    _ => apart.push(range),
                }
            }
            *ranges = apart;
        }
        Self { of }
    }

    pub(crate) fn hold(&self, file: FileId, at: usize) -> bool {
        let Some(ranges) = self.of.get(&file) else { return false };
        let next = ranges.partition_point(|range| range.end <= at);
        ranges.get(next).is_some_and(|range| range.contains(&at))
    }

    /// Whether some of them reach into a range.
    pub(crate) fn meet(&self, file: FileId, other: &Range<usize>) -> bool {
        let Some(ranges) = self.of.get(&file) else { return false };
        let next = ranges.partition_point(|range| range.end <= other.start);
        ranges.get(next).is_some_and(|range| range.start < other.end)
    }
}
