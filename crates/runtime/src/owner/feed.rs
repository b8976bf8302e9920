//! The events of one mission as they come, read from the ledger.

use axon_domain::{Event, MissionId, Result, Seq};
use axon_ledger::{Filter, Reader};

use crate::axon::Axon;

/// Reads the events of a mission, each once and in order. No snapshot of the database is held
/// between two events, so however slow its reader is, it never keeps the write-ahead log from
/// being emptied.
pub(crate) struct Feed<'a> {
    axon: &'a Axon,
    mission: MissionId,
    /// The last event that was looked at.
    seen: Seq,
    reader: Option<Reader>,
}

impl<'a> Feed<'a> {
    /// The events after this one.
    pub(crate) fn new(axon: &'a Axon, mission: MissionId, after: Seq) -> Self {
        Self { axon, mission, seen: after, reader: None }
    }

    /// Where the ledger is.
    pub(crate) fn axon(&self) -> &'a Axon {
        self.axon
    }

    /// Was told about an event otherwise.
    pub(crate) fn seen(&mut self, seq: Seq) {
        self.seen = self.seen.max(seq);
    }

    /// Reads on, up to an event that is durable.
    pub(crate) fn read(&mut self, upto: Seq, take: &mut dyn FnMut(&Event)) -> Result<()> {
        if upto <= self.seen {
            return Ok(());
        }
        if self.reader.is_none() {
            self.reader = self.axon.reader()?;
        }
        let Some(reader) = &self.reader else { return Ok(()) };
        let wanted = Filter { kinds: Vec::new(), mission: Some(self.mission) };
        for event in reader.events(Seq(self.seen.0 + 1)..=upto, Some(wanted)) {
            take(&event?);
        }
        self.seen = upto;
        Ok(())
    }

    /// Reads everything that is durable by now.
    pub(crate) fn read_all(&mut self, take: &mut dyn FnMut(&Event)) -> Result<()> {
        let last = match self.axon.reader()? {
            Some(reader) => reader.last()?,
            None => return Ok(()),
        };
        self.read(last, take)
    }
}
