//! Whether a result differs from its base by the planned edits, and by nothing else.

use std::collections::{BTreeMap, BTreeSet};

use axon_domain::{FileEdits, Kind, Payload, Result, Seq, SessionStep, TaskId};
use axon_engine::{Disputed, Mission};
use axon_ledger::Filter;
use axon_workspace::{EntryMode, TextMerge, TreeView, merge_text};

use super::Plan;
use crate::effects::Bench;
use crate::report::FilePlan;
use crate::task::entry;

/// The bytes of a file and what kind it is; `None` where there is none.
type File = Option<(Vec<u8>, EntryMode)>;

/// What differs from the plan's edits, byte for byte.
pub(super) fn compare(
    bench: &Bench<'_>,
    mission: &Mission,
    base: &TreeView<'_>,
    result: &TreeView<'_>,
    plan: &Plan,
) -> Result<Option<String>> {
    let order = merged_when(bench, mission, plan)?;
    let expecting = Expecting { base, mission, order: &order };
    let changed = base.diff(result)?;
    for change in &changed {
        let path = &change.path;
        let Some(tasks) = plan.get(path) else {
            return Ok(Some(format!("{path} changed and no task says so")));
        };
        let whole = tasks.iter().any(|(_, task)| task.whole.is_some() || task.created);
        let settled = expecting.disputed(path).is_some();
        if !whole && !settled && (change.old.is_none() || change.new.is_none()) {
            return Ok(Some(format!("{path} appeared or disappeared")));
        }
        let expected = match expecting.file(path, change.old, tasks)? {
            Ok(expected) => expected,
            Err(fault) => return Ok(Some(fault)),
        };
        if file(result, path, change.new)? != expected {
            return Ok(Some(format!("{path} differs from its planned edits")));
        }
    }
    let changed: BTreeSet<&str> = changed.iter().map(|change| change.path.as_str()).collect();
    for (path, tasks) in plan.iter().filter(|(path, _)| !changed.contains(path.as_str())) {
        // A person may have settled a conflict by leaving the file as it was, and edits of
        // several goals may come to what was there.
        let same = || -> Result<bool> {
            let old = base.entry(path)?;
            let came_to = expecting.file(path, old, tasks)?;
            Ok(tasks.len() > 1
                && came_to.is_ok_and(|came| Some(came) == file(base, path, old).ok()))
        };
        if expecting.disputed(path).is_none() && !same()? {
            return Ok(Some(format!("the edits of {path} are not in the result")));
        }
    }
    Ok(None)
}

/// When each task of a file that several edit was merged for good.
fn merged_when(bench: &Bench<'_>, mission: &Mission, plan: &Plan) -> Result<BTreeMap<TaskId, Seq>> {
    let mut order = BTreeMap::new();
    if plan.values().all(|tasks| tasks.len() < 2) {
        return Ok(order);
    }
    let filter = Filter { kinds: vec![Kind::Session], mission: Some(mission.id) };
    for event in bench.ledger.events(mission.given.., Some(filter)) {
        let event = event?;
        if let (Some(Payload::Session(change)), Some(task)) = (&event.payload, event.task)
            && change.step == SessionStep::Merged
        {
            order.insert(task, event.seq);
        }
    }
    Ok(order)
}

/// The edits of a file by several tasks as one, where they are of the same bytes and do not
/// touch each other.
pub(super) fn together(tasks: &[(TaskId, FilePlan)]) -> Option<FileEdits> {
    let (_, first) = tasks.first()?;
    let same = |(_, task): &(TaskId, FilePlan)| {
        task.edits.base == first.edits.base && task.whole.is_none() && !task.created
    };
    if !tasks.iter().all(same) {
        return None;
    }
    let mut all = first.edits.clone();
    all.sites = tasks.iter().flat_map(|(_, task)| task.edits.sites.iter().cloned()).collect();
    all.sites.sort_by_key(|site| (site.edit.start, site.edit.end));
    let apart = all.sites.windows(2).all(|two| two[0].edit.end <= two[1].edit.start);
    apart.then_some(all)
}

struct Expecting<'a> {
    base: &'a TreeView<'a>,
    mission: &'a Mission,
    order: &'a BTreeMap<TaskId, Seq>,
}

impl Expecting<'_> {
    /// A conflict of a task about a file.
    fn disputed(&self, path: &str) -> Option<&Disputed> {
        let mut all = self.mission.conflicts.all();
        all.find(|one| one.path == path && one.task.is_some() && one.settled.is_some())
    }

    /// What the file has to be; or why that cannot be.
    fn file(
        &self,
        path: &str,
        old: Option<axon_workspace::Entry>,
        tasks: &[(TaskId, FilePlan)],
    ) -> Result<Result<File, String>> {
        let before = file(self.base, path, old)?;
        let one = match tasks {
            [(_, task)] if self.disputed(path).is_none() => Some(task.clone()),
            _ if self.disputed(path).is_none() => together(tasks).map(FilePlan::from),
            _ => None,
        };
        match one {
            Some(task) => self.outcome(&task, before.as_ref()).map(Ok),
            None => self.one_by_one(path, before, tasks),
        }
    }

    /// What several tasks come to, merged in the order in which they were.
    fn one_by_one(
        &self,
        path: &str,
        before: File,
        tasks: &[(TaskId, FilePlan)],
    ) -> Result<Result<File, String>> {
        let mut tasks: Vec<_> = tasks.iter().collect();
        tasks.sort_by_key(|(id, _)| self.order.get(id));
        let mut now = before;
        for (id, task) in tasks {
            let settled = self
                .mission
                .conflicts
                .all()
                .find(|one| one.path == path && one.task == Some(*id) && one.settled.is_some());
            if let Some(settled) = settled.and_then(|one| one.settled.as_ref()) {
                now = file(self.base, path, settled.result.map(entry))?;
                continue;
            }
            if task.created || task.whole.is_some() {
                now = self.outcome(task, now.as_ref())?;
                continue;
            }
            let base = self.base.contents().read_file(path, task.edits.base)?;
            let mode = now.as_ref().map_or(EntryMode::Regular, |(_, mode)| *mode);
            let side = self.outcome(task, Some(&(base.clone(), mode)))?;
            let (Some((side, _)), Some((bytes, _))) = (&side, &now) else {
                return Ok(Err(format!("{path} is removed and edited")));
            };
            match merge_text(&base, side, bytes) {
                TextMerge::Clean(bytes) => now = Some((bytes, mode)),
                _ => return Ok(Err(format!("the edits of {id} in {path} cannot be merged"))),
            }
        }
        Ok(Ok(now))
    }

    fn outcome(&self, task: &FilePlan, before: Option<&(Vec<u8>, EntryMode)>) -> Result<File> {
        let read = |content| self.base.contents().read_file(&task.edits.path, content);
        task.outcome(before.map(|(bytes, mode)| (bytes.as_slice(), *mode)), read)
    }
}

fn file(view: &TreeView<'_>, path: &str, entry: Option<axon_workspace::Entry>) -> Result<File> {
    let read = |entry: axon_workspace::Entry| {
        Ok((view.contents().read_file(path, entry.content)?, entry.mode))
    };
    entry.map(read).transpose()
}
