//! Snapshots: whether they are of these events. What they say is for those who made them.

use axon_domain::Seq;

use super::{Place, VerifyReport};
use crate::source::Source;

pub(super) fn check(source: &Source, report: &mut VerifyReport) {
    if let Err(error) = walk(source, report) {
        report.problem(Place::Table("snapshots".to_owned()), error.to_string());
    }
}

fn walk(source: &Source, report: &mut VerifyReport) -> rusqlite::Result<()> {
    let mut select = source.db.prepare("SELECT name, seq FROM snapshots ORDER BY seq, name")?;
    let rows = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    for key in rows.collect::<rusqlite::Result<Vec<(String, i64)>>>()? {
        if !source.has_fitting_snapshot(&key.0, key.1) {
            let what = "it is not of these events, or was altered; nobody uses it, and the next \
                        ones replace it";
            report.problem(Place::Snapshot(Seq(key.1.unsigned_abs())), what);
        }
    }
    Ok(())
}
