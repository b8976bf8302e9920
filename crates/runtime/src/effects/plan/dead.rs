//! Definitions that nothing uses: which are proven, which a person wants to go.

use std::collections::BTreeMap;

use axon_code::{DeadCode, Files as _, Finding, Unused, dead_code};
use axon_domain::{
    Code, Decision, Error, FileEdits, Goal, Mention, MentionKind, Result, Symbol, SymbolKind,
    Undecided,
};

use super::{Found, Room};
use crate::observer::{Answer, Question};
use crate::report::{FilePlan, Removed, Report};
use crate::source::TreeSource;

/// What is asked for.
pub(super) struct Wish<'a> {
    pub(super) only: &'a [String],
    pub(super) kind: Option<SymbolKind>,
    pub(super) closed: bool,
}

/// Finds what goes; `None` where a person stopped the mission. What is open stays.
pub(super) fn find(
    room: &Room<'_>,
    source: &TreeSource<'_>,
    goal: &Goal,
    wish: &Wish<'_>,
) -> Result<Option<Found>> {
    let look = |only: Vec<String>| {
        dead_code(source, &DeadCode { only, closed: wish.closed }, &room.spec.paths)
    };
    let mut answers = Vec::new();
    let unused = if !wish.only.is_empty() {
        look(named(&look(nothing())?, wish)?)?
    } else if wish.kind.is_some() {
        let all = look(nothing())?;
        let of_kind = |finding: &&Finding| Some(finding.symbol.kind) == wish.kind;
        look(some(all.proven.iter().filter(of_kind)))?
    } else {
        let all = look(Vec::new())?;
        match asked(room, &all) {
            None => all,
            Some(Answer::Stop) => return Ok(None),
            Some(Answer::Include(chosen)) => {
                let wanted = chosen.iter().filter_map(|index| all.proven.get(*index));
                let wanted: Vec<&Finding> = wanted.collect();
                answers.push(answer(&all, &wanted));
                if wanted.len() == all.proven.len() { all } else { look(some(wanted.into_iter()))? }
            }
        }
    };
    of(room, source, goal, unused, answers).map(Some)
}

/// A choice of nothing: no definition has this name.
fn nothing() -> Vec<String> {
    vec![String::new()]
}

fn some<'a>(findings: impl Iterator<Item = &'a Finding>) -> Vec<String> {
    let mut names: Vec<String> = findings.map(|one| one.symbol.qualified.clone()).collect();
    names.extend(names.is_empty().then(String::new));
    names
}

/// The qualified names that are meant; each has to be proven unused.
fn named(all: &Unused, wish: &Wish<'_>) -> Result<Vec<String>> {
    let fits = |name: &str, symbol: &Symbol| {
        let rest = symbol.qualified.strip_suffix(name);
        wish.kind.is_none_or(|kind| kind == symbol.kind)
            && rest.is_some_and(|rest| rest.is_empty() || rest.ends_with(['.', ':']))
    };
    let mut names = Vec::with_capacity(wish.only.len());
    for name in wish.only {
        let among = |findings: &'_ [Finding]| -> Vec<Finding> {
            findings.iter().filter(|one| fits(name, &one.symbol)).cloned().collect()
        };
        match among(&all.proven).as_slice() {
            [one] => names.push(one.symbol.qualified.clone()),
            [] => return Err(not_proven(name, wish.kind, &among(&all.open))),
            several => {
                let places: Vec<String> = several.iter().map(|one| place(&one.symbol)).collect();
                let what = format!(
                    "{} unused symbols are called `{name}`:\n  {}",
                    several.len(),
                    places.join("\n  ")
                );
                return Err(Error::new(Code::SymbolAmbiguous, what)
                    .hint(format!("name one in full: {}", several[0].symbol.qualified)));
            }
        }
    }
    Ok(names)
}

fn not_proven(name: &str, kind: Option<SymbolKind>, open: &[Finding]) -> Error {
    if let Some(one) = open.first() {
        let what = format!("that `{name}` is unused is not proven: {}", one.evidence);
        return Error::new(Code::NeedsDecision, what)
            .at(format!("{}:{}", one.symbol.path, one.symbol.line))
            .hint("look at it, and remove it by hand if nothing uses it");
    }
    let kind = kind.map_or("definition", SymbolKind::name);
    Error::new(Code::SymbolNotFound, format!("no unused {kind} is called `{name}`"))
        .hint("axon run --remove-dead --dry-run lists what is unused")
}

fn place(symbol: &Symbol) -> String {
    format!("{}:{} {} {}", symbol.path, symbol.line, symbol.kind, symbol.qualified)
}

/// What a person wants to go; `None` where nobody is asked: then all that is proven.
fn asked(room: &Room<'_>, all: &Unused) -> Option<Answer> {
    if room.spec.undecided != Undecided::Ask || all.proven.is_empty() {
        return None;
    }
    let places = all.proven.iter().map(|one| mention(one, MentionKind::Unused)).collect();
    (room.ask)(Question { mission: room.mission, symbol: None, places })
}

fn answer(all: &Unused, wanted: &[&Finding]) -> Decision {
    let left = all.proven.iter().filter(|one| !wanted.contains(one));
    Decision {
        trigger: "which unused definitions go".to_owned(),
        rationale: "a person was asked and answered".to_owned(),
        chosen: format!("remove {} of {}", wanted.len(), all.proven.len()),
        rejected: left.map(|one| format!("left alone: {}", place(&one.symbol))).collect(),
        evidence: wanted.iter().map(|one| place(&one.symbol)).collect(),
        details: None,
    }
}

fn mention(finding: &Finding, kind: MentionKind) -> Mention {
    let symbol = &finding.symbol;
    Mention {
        path: symbol.path.clone(),
        line: symbol.line,
        column: 1,
        kind,
        excerpt: format!("{} {}", symbol.kind, symbol.qualified),
        why: finding.evidence.clone(),
        edit: None,
    }
}

/// How many definitions of a report are proven unused.
pub(super) fn proven(report: &Report) -> usize {
    let kept = report.mentions.iter().filter(|mention| mention.kind == MentionKind::Unused);
    report.removed.len() + kept.count()
}

/// What goes, what is unused and stays, and what is open.
fn of(
    room: &Room<'_>,
    source: &TreeSource<'_>,
    goal: &Goal,
    unused: Unused,
    answers: Vec<Decision>,
) -> Result<Found> {
    let Unused { proven, open, located } = unused;
    let mut found = Found::new(room.contents, goal, located, answers)?;
    let mut gone = BTreeMap::<String, Gone>::new();
    for FilePlan { edits, .. } in &found.files {
        gone.insert(edits.path.clone(), Gone::new(source, edits)?);
    }
    for finding in proven {
        if gone.get(&finding.symbol.path).is_some_and(|gone| gone.has(finding.symbol.line)) {
            let Finding { symbol, evidence } = finding;
            found.report.removed.push(Removed { symbol, evidence });
        } else {
            found.report.mentions.push(mention(&finding, MentionKind::Unused));
        }
    }
    let open = open.iter().map(|finding| mention(finding, MentionKind::PerhapsUnused));
    found.report.mentions.extend(open);
    Ok(found)
}

/// The lines of a file that its edits take out.
struct Gone {
    /// Where each line begins.
    starts: Vec<usize>,
    ranges: Vec<std::ops::Range<usize>>,
}

impl Gone {
    fn new(source: &TreeSource<'_>, edits: &FileEdits) -> Result<Self> {
        let bytes = source.read(source.entry(&edits.path)?)?;
        let ends = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
        let starts = std::iter::once(0).chain(ends.map(|(at, _)| at + 1)).collect();
        let ranges = edits.sites.iter().map(|site| site.edit.start..site.edit.end).collect();
        Ok(Self { starts, ranges })
    }

    fn has(&self, line: u32) -> bool {
        let line = usize::try_from(line).unwrap_or(usize::MAX);
        let Some(start) = line.checked_sub(1).and_then(|at| self.starts.get(at)) else {
            return false;
        };
        let next = self.ranges.partition_point(|range| range.end <= *start);
        self.ranges.get(next).is_some_and(|range| range.contains(start))
    }
}
