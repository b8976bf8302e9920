//! Reading events one after the other, in bounded memory.

use std::collections::VecDeque;
use std::ops::{Bound, RangeBounds};

use axon_domain::{Event, Kind, MissionId, Result, Seq};

use crate::codec::Record;
use crate::source::{EventRow, event_of};

/// Which events are wanted; the default is all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only of these kinds; empty for every kind.
    pub kinds: Vec<Kind>,
    /// Only of this mission.
    pub mission: Option<MissionId>,
}

impl Filter {
    fn takes(&self, record: &Record) -> bool {
        (self.kinds.is_empty() || self.kinds.contains(&record.kind))
            && (self.mission.is_none() || self.mission == record.mission)
    }
}

/// Events from a first to a last position (both included), as many as fit a page.
pub(crate) type Page<'a> = Box<dyn FnMut(u64, u64) -> Result<Vec<(Record, EventRow)>> + 'a>;

/// An iterator over events. After an error it ends.
pub struct Events<'a> {
    page: Page<'a>,
    next: u64,
    last: u64,
    filter: Filter,
    ready: VecDeque<(Record, EventRow)>,
}

impl<'a> Events<'a> {
    pub(crate) fn new(page: Page<'a>, range: &impl RangeBounds<Seq>, filter: Filter) -> Self {
        let next = match range.start_bound() {
            Bound::Included(seq) => seq.0.max(1),
            Bound::Excluded(seq) => seq.0.saturating_add(1),
            Bound::Unbounded => 1,
        };
        let last = match range.end_bound() {
            Bound::Included(seq) => seq.0,
            Bound::Excluded(seq) => seq.0.saturating_sub(1),
            Bound::Unbounded => u64::MAX,
        };
        Self { page, next, last, filter, ready: VecDeque::new() }
    }

    fn refill(&mut self) -> Result<bool> {
        if self.next > self.last {
            return Ok(false);
        }
        let page = (self.page)(self.next, self.last)?;
        let Some((last, _)) = page.last() else { return Ok(false) };
        self.next = last.seq.0 + 1;
        self.ready.extend(page);
        Ok(true)
    }
}

impl Iterator for Events<'_> {
    type Item = Result<Event>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            while let Some((record, row)) = self.ready.pop_front() {
                if self.filter.takes(&record) {
                    return Some(event_of(record, &row));
                }
            }
            match self.refill() {
                Ok(true) => {}
                Ok(false) => return None,
                Err(error) => {
                    self.last = 0;
                    return Some(Err(error));
                }
            }
        }
    }
}
