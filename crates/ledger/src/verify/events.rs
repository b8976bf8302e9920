//! Events: the chain from the first to the last.

use axon_domain::{ContentId, Event, Hlc, ObjectId, Payload, Seq};

use super::checkpoints::Comparison;
use super::{Place, VerifyReport};
use crate::checkpoint::Checkpoint;
use crate::codec::Record;
use crate::marks::Mark;
use crate::merkle::{CompactRange, Hash, leaf_hash};
use crate::objects::Found;
use crate::source::{EventRow, Source, check_row, event_of, row_of};

/// What is known on the way.
struct Walk<'a> {
    source: &'a Source,
    report: &'a mut VerifyReport,
    checkpoints: Comparison<'a>,
    tree: CompactRange,
    /// Leaf hash of the event before, where it could be read.
    before: Option<Hash>,
    time: Hlc,
    /// Every event so far was there.
    whole: bool,
}

pub(super) fn check(source: &Source, checkpoints: &[Checkpoint], report: &mut VerifyReport) {
    let mut walk = Walk {
        before: Some(source.identity.genesis()),
        source,
        report,
        checkpoints: Comparison::new(checkpoints),
        tree: CompactRange::new(),
        time: Hlc::default(),
        whole: true,
    };
    walk.compare();
    let last = walk.events();
    walk.finish(last);
}

impl Walk<'_> {
    /// Goes through all events that can be read; gives the position of the last one.
    fn events(&mut self) -> u64 {
        let query = "SELECT events.seq, record, payload, erased.seq IS NOT NULL, \
                     marks.seq, marks.kind, marks.mission FROM events \
                     LEFT JOIN erased ON erased.seq = events.seq \
                     LEFT JOIN marks ON marks.seq = events.seq ORDER BY events.seq";
        let mut last = 0;
        let mut select = match self.source.db.prepare(query) {
            Ok(select) => select,
            Err(error) => {
                self.damage(1, format!("the events cannot be read: {error}"));
                return last;
            }
        };
        let mut rows = match select.query([]) {
            Ok(rows) => rows,
            Err(error) => {
                self.damage(1, format!("the events cannot be read: {error}"));
                return last;
            }
        };
        loop {
            let row = match rows.next() {
                Ok(Some(row)) => row,
                Ok(None) => return last,
                Err(error) => {
                    self.damage(last + 1, format!("it and what follows cannot be read: {error}"));
                    return last;
                }
            };
            let facts = |event| Ok((event, row.get::<_, bool>(3)?, mark_of(row)?));
            match row_of(row).and_then(facts) {
                Ok((event, erased, mark)) => {
                    self.event(last + 1, &event, erased, mark);
                    last = event.seq.max(last);
                }
                Err(error) => {
                    self.damage(last + 1, format!("its row is not one: {error}"));
                    last += 1;
                }
            }
        }
    }

    fn event(&mut self, expected: u64, row: &EventRow, erased: bool, mark: Option<Columns>) {
        if row.seq > expected {
            let what = match row.seq - expected {
                1 => "it is missing".to_owned(),
                more => format!("it and the {} events after it are missing", more - 1),
            };
            self.damage(expected, what);
        } else if row.seq < expected {
            return self.damage(row.seq, "it is out of order".to_owned());
        }
        self.report.events += 1;
        let leaf = leaf_hash(&row.record);
        match check_row(row.seq, row) {
            Ok(record) => {
                if Mark::of_record(&record).map(|mark| mark.columns()) != mark {
                    self.problem(row.seq, "it is not marked as what it is");
                }
                self.record(record, row);
            }
            Err(error) => {
                // Where the record itself decodes, the chain can still be followed.
                self.problem(row.seq, error.what());
                match Record::decode(&row.record) {
                    Ok(record) => self.follows(row.seq, &record),
                    Err(_) => self.before = None,
                }
            }
        }
        match (row.payload.is_some(), erased) {
            (false, true) => self.report.erased += 1,
            (false, false) => self.problem(row.seq, "its payload is gone and was not erased"),
            (true, true) => self.problem(row.seq, "its payload was erased and is there"),
            (true, false) => {}
        }
        self.before = Some(leaf);
        self.tree.push(leaf);
        self.compare();
    }

    fn record(&mut self, record: Record, row: &EventRow) {
        self.follows(row.seq, &record);
        if record.time <= self.time {
            self.problem(row.seq, "its time is not after the one before");
        }
        self.time = record.time;
        if record.causes.iter().any(|cause| cause.0 == 0 || cause.0 >= row.seq) {
            self.problem(row.seq, "it names a cause that does not precede it");
        }
        match event_of(record, row) {
            Ok(event) => self.objects_of(&event),
            Err(error) => self.problem(row.seq, error.what()),
        }
    }

    /// A record names the one before it by its hash.
    fn follows(&mut self, seq: u64, record: &Record) {
        if self.before.is_none_or(|before| before == record.prev_hash) {
            return;
        }
        match seq {
            1 => self.problem(1, "it is not the first event of this ledger"),
            _ => self.problem(seq - 1, "its record was altered, or the next one's"),
        }
    }

    fn objects_of(&mut self, event: &Event) {
        for id in references(event) {
            match self.source.find_object(id) {
                Ok(Found::Missing) => {
                    self.problem(event.seq.0, &format!("its object {id} is missing"));
                }
                // Whether they are whole is seen when the objects are gone through.
                Ok(Found::Row(_) | Found::Erased) | Err(_) => {}
            }
        }
    }

    fn compare(&mut self) {
        let size = self.tree.size();
        if self.whole && self.checkpoints.wants(size) {
            self.checkpoints.compare(size, &self.tree.root(), self.report);
        }
    }

    /// Something is missing, so that no root can be computed from here on.
    fn damage(&mut self, seq: u64, what: String) {
        self.whole = false;
        self.before = None;
        self.report.problem(Place::Event(Seq(seq)), what);
    }

    fn problem(&mut self, seq: u64, what: &str) {
        self.report.problem(Place::Event(Seq(seq)), what);
    }

    /// Compares the end with what the last commit said it was.
    fn finish(self, last: u64) {
        let Self { source, report, checkpoints, tree, before, whole, .. } = self;
        match source.head() {
            Err(error) => report.problem(Place::Table("head".to_owned()), error.to_string()),
            Ok(head) if head.tree.size() > last => {
                report.problem(
                    Place::Event(Seq(last + 1)),
                    format!("the log has {} events, and only {last} are there", head.tree.size()),
                );
            }
            Ok(head) if head.tree.size() < last => {
                let what = "it was added without being appended";
                report.problem(Place::Event(Seq(head.tree.size() + 1)), what);
            }
            Ok(head) => {
                if before.is_some_and(|leaf| leaf != head.last_leaf) {
                    report.problem(Place::Event(Seq(last)), "its record was altered");
                }
                if whole && head.tree != tree {
                    let what = "the tree over the events is another one";
                    report.problem(Place::Table("head".to_owned()), what);
                }
            }
        }
        checkpoints.finish(report.events, report);
        report.root = whole.then(|| tree.root());
        for table in ["erased", "marks"] {
            check_orphans(source, table, report);
        }
    }
}

/// The columns of an event's mark.
type Columns = (i64, i64, Option<i64>);

fn mark_of(row: &rusqlite::Row<'_>) -> rusqlite::Result<Option<Columns>> {
    match row.get(4)? {
        Some(seq) => Ok(Some((seq, row.get(5)?, row.get(6)?))),
        None => Ok(None),
    }
}

/// A table beside the events names none that is not there.
fn check_orphans(source: &Source, table: &str, report: &mut VerifyReport) {
    let orphans = format!("SELECT count(*) FROM {table} WHERE seq NOT IN (SELECT seq FROM events)");
    match source.db.query_row(&orphans, [], |row| row.get::<_, i64>(0)) {
        Ok(0) => {}
        Ok(_) => {
            report.problem(Place::Table(table.to_owned()), "it names events that are not there");
        }
        Err(error) => report.problem(Place::Table(table.to_owned()), error.to_string()),
    }
}

/// The objects that an event refers to.
fn references(event: &Event) -> Vec<ObjectId> {
    let object = |content: &Option<ContentId>| match content {
        Some(ContentId::Object(id)) => Some(*id),
        _ => None,
    };
    match &event.payload {
        Some(Payload::Decision(inner)) => inner.details.into_iter().collect(),
        Some(Payload::StateChange(inner)) => {
            object(&inner.previous).into_iter().chain(object(&inner.new)).collect()
        }
        Some(Payload::PlanProposed(inner)) => {
            inner.tasks.iter().map(|task| task.edits).chain([inner.report]).collect()
        }
        Some(Payload::Reflex(inner)) => inner.output.into_iter().collect(),
        Some(Payload::ToolCall(inner)) => inner.output.into_iter().collect(),
        Some(Payload::Merge(inner)) => inner.changes.into_iter().collect(),
        _ => Vec::new(),
    }
}
