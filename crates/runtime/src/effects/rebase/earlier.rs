//! What the mission that is rebased had found, and what it had left alone.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use axon_domain::{FileEdits, Kind, MissionId, Payload, PlanProposal, Result, Symbol};
use axon_ledger::Filter;
use axon_workspace::{LineChange, TreeView, changed_lines, same_line};

use crate::effects::Bench;
use crate::report::{self, Report};

/// A place: path, line and column, both from 1.
type Place = (String, u32, u32);

/// The earlier mission, seen from the new commit.
pub(super) struct Earlier<'a> {
    /// The symbol that it meant.
    pub(super) symbol: Option<Symbol>,
    /// The definitions that it removed because nothing used them.
    pub(super) removed: Vec<Symbol>,
    /// The places that it knew and left as they were.
    left: BTreeSet<Place>,
    /// The commit that it began with, and the one that it is brought onto.
    base: &'a TreeView<'a>,
    here: &'a TreeView<'a>,
    /// What differs between both, by path, from here to there; `None` for files of which there
    /// is only one.
    moved: RefCell<BTreeMap<String, Option<Vec<LineChange>>>>,
}

impl<'a> Earlier<'a> {
    /// Reads what the mission planned. A plan that was erased says nothing: then every place is
    /// looked at as if it were new.
    pub(super) fn read(
        bench: &Bench<'_>,
        of: MissionId,
        base: &'a TreeView<'a>,
        result: &TreeView<'_>,
        here: &'a TreeView<'a>,
    ) -> Result<Self> {
        let (symbol, removed, left) = (None, Vec::new(), BTreeSet::new());
        let mut earlier = Self { symbol, removed, left, base, here, moved: RefCell::default() };
        let filter = Filter { kinds: vec![Kind::PlanProposed], mission: Some(of) };
        for event in bench.ledger.events(.., Some(filter)) {
            if let Some(Payload::PlanProposed(plan)) = event?.payload {
                earlier.take(bench, &plan, result)?;
            }
        }
        Ok(earlier)
    }

    fn take(
        &mut self,
        bench: &Bench<'_>,
        plan: &PlanProposal,
        result: &TreeView<'_>,
    ) -> Result<()> {
        use axon_domain::ObjectStore as _;
        let report: Report = report::read(&bench.ledger.get(plan.report)?, plan.report)?;
        let place =
            |mention: &axon_domain::Mention| (mention.path.clone(), mention.line, mention.column);
        self.left.extend(report.mentions.iter().map(place));
        self.symbol = report.symbol;
        for symbol in report.removed.into_iter().map(|removed| removed.symbol) {
            if self.base.entry(&symbol.path)? != result.entry(&symbol.path)? {
                self.removed.push(symbol);
            }
        }
        for task in &plan.tasks {
            // What was left out of the result, because the check did not pass with it.
            if self.base.entry(&task.path)? == result.entry(&task.path)? {
                let edits: FileEdits = report::read(&bench.ledger.get(task.edits)?, task.edits)?;
                let places = edits.sites.iter();
                let places = places.map(|site| (edits.path.clone(), site.line, site.column));
                self.left.extend(places);
            }
        }
        Ok(())
    }

    /// Whether a place of the new commit was known to the earlier mission, which left it alone.
    pub(super) fn left(&self, path: &str, line: u32, column: u32) -> Result<bool> {
        let Some(line) = self.line_there(path, line)? else { return Ok(false) };
        Ok(self.left.contains(&(path.to_owned(), line, column)))
    }

    /// Where the symbol is defined on the new commit, if that line is as it was.
    pub(super) fn definition_here(&self) -> Result<Option<(String, u32)>> {
        let Some(symbol) = &self.symbol else { return Ok(None) };
        let Some(back) = self.changes(self.base, self.here, &symbol.path)? else {
            return Ok(None);
        };
        let line = moved(&back, symbol.line);
        Ok(line.map(|line| (symbol.path.clone(), line)))
    }

    /// The line of the old commit that a line of the new one is; `None` if it is new.
    fn line_there(&self, path: &str, line: u32) -> Result<Option<u32>> {
        if let Some(known) = self.moved.borrow().get(path) {
            return Ok(known.as_ref().and_then(|changes| moved(changes, line)));
        }
        let changes = self.changes(self.here, self.base, path)?;
        let found = changes.as_ref().and_then(|changes| moved(changes, line));
        self.moved.borrow_mut().insert(path.to_owned(), changes);
        Ok(found)
    }

    fn changes(
        &self,
        from: &TreeView<'_>,
        to: &TreeView<'_>,
        path: &str,
    ) -> Result<Option<Vec<LineChange>>> {
        let (Some(old), Some(new)) = (from.entry(path)?, to.entry(path)?) else {
            return Ok(None);
        };
        let read = |view: &TreeView<'_>, content| view.contents().read_file(path, content);
        Ok(Some(changed_lines(&read(from, old.content)?, &read(to, new.content)?)))
    }
}

/// A line, from 1, where it is in the other text.
fn moved(changes: &[LineChange], line: u32) -> Option<u32> {
    let index = usize::try_from(line.checked_sub(1)?).ok()?;
    u32::try_from(same_line(changes, index)? + 1).ok()
}
