//! Names as words: where they stand in a tree, and which definitions that leaves unused.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use axon_domain::{Result, Symbol};

use super::{DeadCode, Finding, Unused};
use crate::ranges::Ranges;
use crate::sheet::Sheet;
use crate::sources::{FileId, Sources, nfkc};
use crate::text::is_word_byte;

/// What a place of a name is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    Code,
    /// Part of an import that may hand the name on.
    Import,
    /// Part of an import that goes with the definition.
    Entry,
    /// In a string, or in a file that is not code.
    Text,
    /// In a comment or in prose.
    Prose,
}

/// Where a name stands.
#[derive(Debug)]
pub(crate) struct Hit {
    pub(crate) file: FileId,
    pub(crate) at: usize,
    pub(crate) what: What,
}

/// The places of names.
pub(crate) type Hits = HashMap<String, Vec<Hit>>;

/// One definition that may be unused.
#[derive(Debug)]
pub(crate) struct Candidate {
    pub(crate) symbol: Symbol,
    /// The definition first, then what goes with it.
    pub(crate) ranges: Vec<(FileId, Range<usize>)>,
    /// Why that is not enough, where it is not.
    pub(crate) open: Option<String>,
}

impl Candidate {
    fn holds(&self, hit: &Hit) -> bool {
        self.ranges.iter().any(|(file, range)| *file == hit.file && range.contains(&hit.at))
    }
}

/// Every place of the names in every text of the tree.
pub(crate) fn hits(
    sources: &Sources<'_>,
    wanted: &BTreeSet<&str>,
    what: &dyn Fn(FileId, usize) -> What,
) -> Result<Hits> {
    let mut found = Hits::new();
    for file in sources.ids() {
        let Some(text) = sources.text(file)? else { continue };
        let bytes = text.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            if !is_word_byte(bytes[at]) {
                at += 1;
                continue;
            }
            let end =
                bytes[at..].iter().position(|b| !is_word_byte(*b)).map_or(bytes.len(), |n| at + n);
            let word = &text[at..end];
            let plain = if word.is_ascii() { Cow::Borrowed(word) } else { Cow::Owned(nfkc(word)) };
            if let Some(name) = wanted.get(&*plain) {
                let hit = Hit { file, at, what: what(file, at) };
                found.entry((*name).to_owned()).or_default().push(hit);
            }
            at = end;
        }
    }
    Ok(found)
}

fn places<'h>(hits: &'h Hits, one: &Candidate) -> &'h [Hit] {
    let bare = one.symbol.name.trim_start_matches("r#");
    hits.get(bare).map_or(&[][..], Vec::as_slice)
}

/// Those that only themselves, each other and no code name; text and imports that may hand a
/// name on leave it open.
pub(crate) fn unused(
    sources: &Sources<'_>,
    mut candidates: Vec<Candidate>,
    hits: &Hits,
) -> Vec<Candidate> {
    for one in &mut candidates {
        named_in_text(sources, one, hits);
    }
    let mut dead: Vec<bool> = vec![true; candidates.len()];
    loop {
        let gone = candidates.iter().zip(&dead).filter(|(one, dead)| **dead && one.open.is_none());
        let gone = Ranges::new(gone.flat_map(|(one, _)| &one.ranges));
        let before = dead.clone();
        for (one, dead) in candidates.iter().zip(&mut dead).filter(|(_, dead)| **dead) {
            let used = |hit: &Hit| {
                hit.what == What::Code && !one.holds(hit) && !gone.hold(hit.file, hit.at)
            };
            *dead &= !places(hits, one).iter().any(used);
        }
        if dead == before {
            break;
        }
    }
    candidates.into_iter().zip(dead).filter(|(_, dead)| *dead).map(|(one, _)| one).collect()
}

fn named_in_text(sources: &Sources<'_>, one: &mut Candidate, hits: &Hits) {
    let elsewhere = places(hits, one)
        .iter()
        .find(|hit| !one.holds(hit) && matches!(hit.what, What::Text | What::Import));
    if let (Some(hit), None) = (elsewhere, &one.open) {
        let path = sources.path(hit.file);
        one.open = Some(match hit.what {
            What::Import => format!("`{path}` imports it, and does not use it"),
            _ => format!("`{path}` names it in text"),
        });
    }
}

/// Those of the chosen definitions that nothing uses which stays.
fn going_together(proven: &[Candidate], mut goes: Vec<bool>, hits: &Hits) -> Vec<bool> {
    loop {
        let removed = proven.iter().zip(&goes).filter(|(_, goes)| **goes);
        let removed = Ranges::new(removed.flat_map(|(one, _)| &one.ranges));
        let before = goes.clone();
        for (one, goes) in proven.iter().zip(&mut goes).filter(|(_, goes)| **goes) {
            *goes &= places(hits, one)
                .iter()
                .all(|hit| hit.what != What::Code || removed.hold(hit.file, hit.at));
        }
        if goes == before {
            return goes;
        }
    }
}

/// Which of those that go stand within another one that goes.
fn within(proven: &[Candidate], goes: &[bool]) -> Vec<bool> {
    let mut all: Vec<(FileId, Range<usize>, usize)> = Vec::new();
    for (at, one) in proven.iter().enumerate().filter(|(at, _)| goes[*at]) {
        all.extend(one.ranges.iter().map(|(file, range)| (*file, range.clone(), at)));
    }
    all.sort_by_key(|(file, range, at)| (*file, range.start, std::cmp::Reverse(range.end), *at));
    let mut inner = vec![false; proven.len()];
    let mut around: Option<(FileId, usize, usize)> = None;
    for (file, range, at) in all {
        let first = proven[at].ranges.first() == Some(&(file, range.clone()));
        match around {
            Some((outer, end, by)) if outer == file && end >= range.end => {
                inner[at] |= first && by != at;
            }
            _ => around = Some((file, range.end, at)),
        }
    }
    inner
}

/// Adds the edits of one language.
pub(crate) fn add_edits(sheet: Sheet<'_, '_>, unused: &mut Unused) -> Result<()> {
    let located = sheet.finish(None)?;
    unused.located.files.extend(located.files);
    unused.located.mentions.extend(located.mentions);
    Ok(())
}

/// Lists what was found, proven and open apart, and gives the names and ranges of what is
/// chosen and goes.
pub(crate) fn report(
    request: &DeadCode,
    found: Vec<Candidate>,
    hits: &Hits,
    unused: &mut Unused,
) -> Vec<Candidate> {
    let (open, proven): (Vec<_>, Vec<_>) = found.into_iter().partition(|one| one.open.is_some());
    for one in open {
        let evidence = one.open.unwrap_or_default();
        unused.open.push(Finding { symbol: one.symbol, evidence });
    }
    let chosen =
        |one: &Candidate| request.only.is_empty() || request.only.contains(&one.symbol.qualified);
    let goes = going_together(&proven, proven.iter().map(chosen).collect(), hits);
    let inner = within(&proven, &goes);
    let mut going = Vec::new();
    for ((one, goes), inner) in proven.into_iter().zip(goes).zip(inner) {
        if inner {
            continue;
        }
        let own = |hit: &Hit| hit.what != What::Code || one.holds(hit);
        let evidence = if places(hits, &one).iter().all(own) {
            "its name stands nowhere else in the tree".to_owned()
        } else {
            "only unused code uses it".to_owned()
        };
        unused.proven.push(Finding { symbol: one.symbol.clone(), evidence });
        if goes {
            going.push(one);
        }
    }
    going
}
