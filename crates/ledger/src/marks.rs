//! Finding the few events that others are looked up by, without reading all between them.

use std::num::TryFromIntError;

use axon_domain::{Draft, Kind, MissionId, Result};

use crate::codec::Record;
use crate::events::Filter;
use crate::source::{EventRow, Source, signed, wrong};

/// The kinds that are marked: rare, and what a moment's files are found by.
const MARKED: &[Kind] = &[Kind::MissionGiven, Kind::MissionEnded, Kind::Merge];

/// Events of a page.
const PAGE: usize = 256;

/// Where an event of a marked kind is. It says nothing that the event does not say itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) seq: u64,
    pub(crate) kind: Kind,
    pub(crate) mission: Option<MissionId>,
}

impl Mark {
    /// The mark of an event that is to be appended as number `seq`.
    pub(crate) fn of(seq: u64, draft: &Draft) -> Option<Self> {
        Self::wanted(seq, draft.payload.kind(), draft.mission)
    }

    /// The mark that a record has to have.
    pub(crate) fn of_record(record: &Record) -> Option<Self> {
        Self::wanted(record.seq.0, record.kind, record.mission)
    }

    fn wanted(seq: u64, kind: Kind, mission: Option<MissionId>) -> Option<Self> {
        MARKED.contains(&kind).then_some(Self { seq, kind, mission })
    }

    /// The columns of its row.
    pub(crate) fn columns(&self) -> (i64, i64, Option<i64>) {
        (signed(self.seq), i64::from(self.kind.tag()), self.mission.map(|id| i64::from(id.0)))
    }
}

/// Whether all events that a filter takes are marked.
pub(crate) fn covers(filter: &Filter) -> bool {
    !filter.kinds.is_empty() && filter.kinds.iter().all(|kind| MARKED.contains(kind))
}

impl Source {
    /// As [`Source::page`], of events that a filter takes and that are marked. Each is confirmed
    /// as any event is; that none is left out, `verify` confirms.
    pub(crate) fn marked(
        &self,
        from: u64,
        to: u64,
        filter: &Filter,
    ) -> Result<Vec<(Record, EventRow)>> {
        let seqs = self.marked_seqs(from, to, filter).map_err(|error| self.failed(error))?;
        let mut page = Vec::with_capacity(seqs.len());
        for seq in seqs {
            let seq = u64::try_from(seq).map_err(|error: TryFromIntError| {
                wrong(0, "a mark names an event that cannot be").because(error)
            })?;
            let Some(found) = self.page(seq, seq)?.pop() else {
                return Err(wrong(seq, "it is marked, and it is missing"));
            };
            page.push(found);
        }
        Ok(page)
    }

    fn marked_seqs(&self, from: u64, to: u64, filter: &Filter) -> rusqlite::Result<Vec<i64>> {
        let mut select = self.db.prepare_cached(
            "SELECT seq, kind, mission FROM marks WHERE seq >= ?1 AND seq <= ?2 ORDER BY seq",
        )?;
        let mut rows = select.query((signed(from), signed(to)))?;
        let mut seqs = Vec::new();
        while let Some(row) = rows.next()? {
            let (kind, mission): (i64, Option<i64>) = (row.get(1)?, row.get(2)?);
            let takes = filter.kinds.iter().any(|wanted| i64::from(wanted.tag()) == kind)
                && filter.mission.is_none_or(|wanted| mission == Some(i64::from(wanted.0)));
            if takes {
                seqs.push(row.get(0)?);
                if seqs.len() >= PAGE {
                    break;
                }
            }
        }
        Ok(seqs)
    }
}
