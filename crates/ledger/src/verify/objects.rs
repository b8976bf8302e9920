//! Objects: every content against its hash.

use axon_domain::{Code, ObjectId};

use super::{Place, VerifyReport};
use crate::objects::stream;
use crate::source::Source;

pub(super) fn check(source: &Source, report: &mut VerifyReport) {
    let mut last = 0;
    if let Err(error) = walk(source, report, &mut last) {
        let what = format!("objects after number {last} cannot be read: {error}");
        report.problem(Place::Table("objects".to_owned()), what);
    }
}

fn walk(source: &Source, report: &mut VerifyReport, last: &mut i64) -> rusqlite::Result<()> {
    let mut select = source.db.prepare("SELECT n, id FROM objects ORDER BY n")?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        *last = row.get(0)?;
        report.objects += 1;
        match row.get::<_, [u8; 32]>(1) {
            Ok(id) => check_one(source, ObjectId(id), report),
            Err(error) => {
                let what = format!("object number {last} has no id: {error}");
                report.problem(Place::Table("objects".to_owned()), what);
            }
        }
    }
    Ok(())
}

fn check_one(source: &Source, id: ObjectId, report: &mut VerifyReport) {
    if let Err(error) = stream(id, &mut |id| source.find_object(id), &mut |_| ()) {
        let what = match error.code() {
            Code::PayloadErased => "its bytes are gone".to_owned(),
            Code::NotFound => "it, or a chunk of it, is not where it should be".to_owned(),
            _ => error.what().to_owned(),
        };
        report.problem(Place::Object(id), what);
    }
}
