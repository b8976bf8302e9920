//! Checkpoints: whether they are signed, and by whom; their roots are compared on the way
//! through the events.

use axon_domain::Seq;

use super::{Place, VerifyReport};
use crate::checkpoint::Checkpoint;
use crate::merkle::Hash;
use crate::source::Source;

/// The checkpoints with good signatures, by size.
pub(super) fn collect(
    source: &Source,
    witnesses: &[Checkpoint],
    report: &mut VerifyReport,
) -> Vec<Checkpoint> {
    let mut good = Vec::new();
    for stored in stored(source, report) {
        if is_signed(&stored, source, report) {
            good.push(stored);
        }
    }
    for witness in witnesses {
        if is_signed(witness, source, report) {
            good.push(witness.clone());
        }
    }
    good.sort_by_key(Checkpoint::size);
    good
}

fn stored(source: &Source, report: &mut VerifyReport) -> Vec<Checkpoint> {
    let rows = source.db.prepare("SELECT size, note FROM checkpoints ORDER BY size").and_then(
        |mut select| {
            let rows = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            rows.collect::<Result<Vec<(i64, String)>, _>>()
        },
    );
    let rows = match rows {
        Ok(rows) => rows,
        Err(error) => {
            report.problem(Place::Table("checkpoints".to_owned()), error.to_string());
            return Vec::new();
        }
    };
    let mut checkpoints = Vec::new();
    for (size, note) in rows {
        let size = size.unsigned_abs();
        match Checkpoint::parse(&note) {
            Ok(checkpoint) if checkpoint.size() == size => checkpoints.push(checkpoint),
            Ok(_) => report.problem(Place::Checkpoint(size), "it is kept at the wrong place"),
            Err(error) => report.problem(Place::Checkpoint(size), error.to_string()),
        }
    }
    checkpoints
}

fn is_signed(checkpoint: &Checkpoint, source: &Source, report: &mut VerifyReport) -> bool {
    let place = Place::Checkpoint(checkpoint.size());
    if checkpoint.origin() != source.identity.id.origin() {
        report.problem(place, "it is of another ledger");
        return false;
    }
    let good = checkpoint.verify(&report.key);
    if !good {
        report.problem(place, "it is not signed by the key of the ledger");
    }
    good
}

/// Compares checkpoints with the log while it is walked.
pub(super) struct Comparison<'a> {
    left: std::iter::Peekable<std::slice::Iter<'a, Checkpoint>>,
}

impl<'a> Comparison<'a> {
    pub(super) fn new(sorted: &'a [Checkpoint]) -> Self {
        Self { left: sorted.iter().peekable() }
    }

    /// Whether a checkpoint covers exactly so many events.
    pub(super) fn wants(&mut self, size: u64) -> bool {
        self.left.peek().is_some_and(|next| next.size() == size)
    }

    /// The log has this root after so many events.
    pub(super) fn compare(&mut self, size: u64, root: &Hash, report: &mut VerifyReport) {
        while let Some(checkpoint) = self.left.next_if(|next| next.size() == size) {
            if checkpoint.root() == root {
                report.checkpoints += 1;
                report.covered_to = Some(Seq(size));
            } else {
                report.problem(
                    Place::Checkpoint(size),
                    "the events up to here are not the ones that were signed",
                );
            }
        }
    }

    /// The log ended; checkpoints that are left cover events that are gone.
    pub(super) fn finish(self, events: u64, report: &mut VerifyReport) {
        for checkpoint in self.left {
            let what = if checkpoint.size() > events {
                format!("it covers {} events, and there are {events}", checkpoint.size())
            } else {
                "it cannot be confirmed, because events before it are damaged".to_owned()
            };
            report.problem(Place::Checkpoint(checkpoint.size()), what);
        }
    }
}
