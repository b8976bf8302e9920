//! A change of one file, brought onto another commit, told by places where that is possible.
//!
//! The merge by lines says what the file becomes. Where the places that the goal means on the
//! new commit come to the very same lines, they are the edits, with their evidence; what they
//! do not explain is carried over as lines.

use std::ops::Range;

use axon_code::apply_edits;
use axon_domain::{Site, SiteKind, TextEdit};
use axon_workspace::{LineChange, changed_lines};

/// A file on the new commit, what the merge makes of it, and the places of the goal in it.
pub(super) struct Here<'a> {
    pub(super) before: &'a [u8],
    pub(super) after: &'a [u8],
    /// What the goal means for certain, sorted by position.
    pub(super) sites: &'a [Site],
    /// What it may mean, and a person may have included, as edits.
    pub(super) asked: &'a [Site],
    /// Why lines are carried over.
    pub(super) why: &'a str,
}

/// What becomes of the file.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Carried {
    /// The edits that make of the file before what the merge makes of it, sorted.
    pub(super) edits: Vec<Site>,
    /// Places of the goal in lines that the merge does not touch.
    pub(super) untouched: Vec<Site>,
}

/// Brings a change over; `None` where lines are carried over that are no text.
pub(super) fn carry(here: &Here<'_>) -> Option<Carried> {
    let mut carry = Carry {
        here,
        before: offsets(here.before),
        after: offsets(here.after),
        used: vec![false; here.sites.len()],
        taken: Vec::new(),
        edits: Vec::new(),
    };
    for change in changed_lines(here.before, here.after) {
        carry.change(&change)?;
    }
    let (taken, used) = (&carry.taken, &carry.used);
    let touches = |site: &Site| {
        let at = taken.partition_point(|range| range.end <= site.edit.start);
        taken.get(at).is_some_and(|range| range.start < site.edit.end.max(site.edit.start + 1))
    };
    let places = here.sites.iter().zip(used);
    let untouched = places.filter(|(site, used)| !**used && !touches(site));
    let untouched = untouched.map(|(site, _)| site.clone()).collect();
    let mut edits = carry.edits;
    edits.sort_by_key(|site| (site.edit.start, site.edit.end));
    Some(Carried { edits, untouched })
}

struct Carry<'a> {
    here: &'a Here<'a>,
    /// Where each line begins, and the end.
    before: Vec<usize>,
    after: Vec<usize>,
    /// Which of the places are among the edits.
    used: Vec<bool>,
    /// The bytes that are replaced, sorted.
    taken: Vec<Range<usize>>,
    edits: Vec<Site>,
}

impl Carry<'_> {
    fn change(&mut self, change: &LineChange) -> Option<()> {
        if self.explain(change) {
            return Some(());
        }
        if change.before.len() != change.after.len() || change.before.len() < 2 {
            return self.carry_over(change);
        }
        // Lines that stand for each other: some of them may be explained.
        for (before, after) in change.before.clone().zip(change.after.clone()) {
            let line = LineChange { before: before..before + 1, after: after..after + 1 };
            if !self.explain(&line) {
                self.carry_over(&line)?;
            }
        }
        Some(())
    }

    /// Takes the places in these lines as the edits, if they come to what the merge has.
    fn explain(&mut self, change: &LineChange) -> bool {
        let (range, text) = self.bytes(change);
        let inside = |site: &Site| site.edit.start >= range.start && site.edit.end <= range.end;
        let first = self.here.sites.partition_point(|site| site.edit.start < range.start);
        let places = self.here.sites.iter().enumerate().skip(first);
        let places = places.take_while(|(_, site)| site.edit.start <= range.end);
        let found: Vec<usize> = places
            .filter(|(place, site)| inside(site) && !self.used[*place])
            .map(|(place, _)| place)
            .collect();
        let sites: Vec<Site> = found.iter().map(|place| self.here.sites[*place].clone()).collect();
        let asked = self.here.asked.iter().filter(|site| inside(site)).cloned();
        let mut with_asked: Vec<Site> = sites.iter().cloned().chain(asked).collect();
        with_asked.sort_by_key(|site| (site.edit.start, site.edit.end));
        let old = &self.here.before[range.clone()];
        let comes_to = |sites: &[Site]| {
            let moved: Vec<Site> = sites.iter().map(|site| moved(site, range.start)).collect();
            !sites.is_empty() && apply_edits(old, &moved).is_ok_and(|found| found == text)
        };
        let chosen = match [sites, with_asked].into_iter().find(|sites| comes_to(sites)) {
            Some(chosen) => chosen,
            None => return false,
        };
        found.into_iter().for_each(|place| self.used[place] = true);
        self.taken.push(range);
        self.edits.extend(chosen);
        true
    }

    fn carry_over(&mut self, change: &LineChange) -> Option<()> {
        let (range, text) = self.bytes(change);
        let text = std::str::from_utf8(text).ok()?.to_owned();
        self.edits.push(Site {
            line: u32::try_from(change.before.start + 1).unwrap_or(u32::MAX),
            column: 1,
            kind: SiteKind::Carried,
            evidence: self.here.why.to_owned(),
            edit: TextEdit { start: range.start, end: range.end, text },
        });
        self.taken.push(range);
        Some(())
    }

    fn bytes(&self, change: &LineChange) -> (Range<usize>, &[u8]) {
        let before = self.before[change.before.start]..self.before[change.before.end];
        let after = self.after[change.after.start]..self.after[change.after.end];
        (before, &self.here.after[after])
    }
}

/// Where each line begins, and where the last one ends.
fn offsets(text: &[u8]) -> Vec<usize> {
    let mut at = 0;
    let ends = text.split_inclusive(|byte| *byte == b'\n').map(|line| {
        at += line.len();
        at
    });
    std::iter::once(0).chain(ends).collect()
}

fn moved(site: &Site, by: usize) -> Site {
    let edit = TextEdit {
        start: site.edit.start - by,
        end: site.edit.end - by,
        text: site.edit.text.clone(),
    };
    Site { edit, ..site.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The edits that replace each place of a word by another one.
    fn places(text: &str, old: &str, new: &str) -> Vec<Site> {
        let site = |(start, _): (usize, &str)| Site {
            line: u32::try_from(text[..start].matches('\n').count() + 1).unwrap(),
            column: 1,
            kind: SiteKind::Reference,
            evidence: "it is".into(),
            edit: TextEdit { start, end: start + old.len(), text: new.into() },
        };
        text.match_indices(old).map(site).collect()
    }

    fn check(before: &str, after: &str, sites: &[Site], asked: &[Site]) -> (Vec<SiteKind>, usize) {
        let here =
            Here { before: before.as_bytes(), after: after.as_bytes(), sites, asked, why: "m1" };
        let carried = carry(&here).unwrap();
        let found = apply_edits(before.as_bytes(), &carried.edits).unwrap();
        assert_eq!(String::from_utf8(found).unwrap(), after);
        (carried.edits.iter().map(|site| site.kind).collect(), carried.untouched.len())
    }

    const BEFORE: &str = "a\nold old\nb\nold\nc\n";

    #[test]
    fn lines_that_the_places_explain_are_told_by_them() {
        let sites = places(BEFORE, "old", "new");
        let (kinds, untouched) = check(BEFORE, "a\nnew new\nb\nold\nc\n", &sites, &[]);
        assert_eq!((kinds, untouched), (vec![SiteKind::Reference; 2], 1));
    }

    #[test]
    fn lines_that_they_do_not_explain_are_carried_over_and_hold_no_place_any_more() {
        let sites = places(BEFORE, "old", "new");
        let (kinds, untouched) = check(BEFORE, "a\nnew old\nb\nnew\nc\n", &sites, &[]);
        assert_eq!((kinds, untouched), (vec![SiteKind::Carried, SiteKind::Reference], 0));
        let (kinds, untouched) = check(BEFORE, "a\nB\nC\n", &sites, &[]);
        assert_eq!((kinds, untouched), (vec![SiteKind::Carried], 0));
    }

    #[test]
    fn neighbours_are_explained_line_by_line() {
        let before = "old\nother\nold\n";
        let sites = places(before, "old", "new");
        let (kinds, _) = check(before, "new\nelse\nnew\n", &sites, &[]);
        assert_eq!(kinds, [SiteKind::Reference, SiteKind::Carried, SiteKind::Reference]);
    }

    #[test]
    fn a_place_that_a_person_included_is_found_among_those_that_were_asked_about() {
        let asked = places(BEFORE, "old", "new");
        let (kinds, untouched) = check(BEFORE, "a\nold old\nb\nnew\nc\n", &[], &asked);
        assert_eq!((kinds, untouched), (vec![SiteKind::Reference], 0));
    }

    #[test]
    fn what_is_no_text_cannot_be_carried_over_by_lines() {
        let here = Here { before: b"a\n", after: b"\xff\n", sites: &[], asked: &[], why: "" };
        assert_eq!(carry(&here), None);
    }

    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_edits_always_come_to_what_the_merge_has(
            before in "([ab]{0,3}\n){0,8}[ab]{0,2}",
            after in "([ab]{0,3}\n){0,8}[ab]{0,2}",
        ) {
            let sites = places(&before, "a", "b");
            check(&before, &after, &sites, &[]);
        }

        #[test]
        fn no_place_is_lost_whichever_of_them_the_merge_brings(
            before in "([ab]{0,3}\n){0,8}[ab]{0,2}",
            picked in proptest::collection::vec(any::<bool>(), 0..8),
        ) {
            let line = |(text, picked): (&str, &bool)| {
                if *picked { text.replace('a', "c") } else { text.to_owned() }
            };
            let all = picked.iter().chain(std::iter::repeat(&false));
            let after: String = before.split_inclusive('\n').zip(all).map(line).collect();
            let sites = places(&before, "a", "c");
            let here = Here {
                before: before.as_bytes(),
                after: after.as_bytes(),
                sites: &sites,
                asked: &[],
                why: "",
            };
            let carried = carry(&here).unwrap();
            let mut both = [carried.edits, carried.untouched].concat();
            both.sort_by_key(|site| (site.edit.start, site.edit.end));
            let found = apply_edits(before.as_bytes(), &both).unwrap();
            prop_assert_eq!(String::from_utf8(found).unwrap(), before.replace('a', "c"));
        }
    }
}
