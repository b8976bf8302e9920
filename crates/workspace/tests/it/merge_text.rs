//! Merging texts by lines.

use std::collections::BTreeMap;
use std::path::Path;

use axon_workspace::{
    ConflictedText, Hunk, Labels, MarkerStyle, Side, TextMerge, WholeReason, merge_text,
};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};

use crate::support::git_command;

fn clean(base: &str, ours: &str, theirs: &str) -> String {
    match merge_text(base.as_bytes(), ours.as_bytes(), theirs.as_bytes()) {
        TextMerge::Clean(text) => String::from_utf8(text).unwrap(),
        other => panic!("not merged: {other:?}"),
    }
}

fn conflicted(base: &str, ours: &str, theirs: &str) -> ConflictedText {
    match merge_text(base.as_bytes(), ours.as_bytes(), theirs.as_bytes()) {
        TextMerge::Conflicted(text) => text,
        other => panic!("no conflict: {other:?}"),
    }
}

fn shown(text: &ConflictedText, style: MarkerStyle) -> String {
    String::from_utf8(text.render(style, &Labels::default())).unwrap()
}

#[test]
fn changes_that_do_not_touch_are_both_taken() {
    assert_eq!(clean("a\nb\nc\n", "A\nb\nc\n", "a\nb\nC\n"), "A\nb\nC\n");
    assert_eq!(clean("a\nb\nc\n", "a\nb\nc\nd\n", "0\na\nb\nc\n"), "0\na\nb\nc\nd\n");
    assert_eq!(clean("a\nb\nc\n", "b\nc\n", "a\nb\n"), "b\n");
}

#[test]
fn what_both_changed_in_the_same_way_is_taken_once() {
    assert_eq!(
        clean("a\nb\nc\n", "a\nX\nc\n", "a\nX\nC\n".replace('C', "c").as_str()),
        "a\nX\nc\n"
    );
    assert_eq!(clean("a\nb\nc\nd\n", "X\na\nb\nc\nD\n", "X\na\nb\nc\nd\n"), "X\na\nb\nc\nD\n");
    assert_eq!(clean("a\nb\nc\n", "a\nc\n", "a\nc\nd\n"), "a\nc\nd\n");
}

#[test]
fn changes_that_touch_are_a_conflict_with_three_sides() {
    let text = conflicted("a\nb\nc\nd\n", "a\nB\nc\nd\n", "a\nb\nC\nd\n");
    let hunks: Vec<_> = text.hunks().cloned().collect();
    assert_eq!(hunks, [Hunk { base: 1..3, ours: 1..3, theirs: 1..3 }]);
    conflicted("a\nb\n", "a\nx\nb\n", "a\ny\nb\n");
    conflicted("a\nb\nc\n", "a\nc\n", "a\nB\nc\n");
    conflicted("", "one\n", "two\n");
}

#[test]
fn what_is_merged_beside_a_conflict_is_in_either_choice() {
    let (base, ours, theirs) = ("0\na\n1\n2\n3\n", "0\nA\n1\n2\nthree\n", "zero\n0\nAA\n1\n2\n3\n");
    let text = conflicted(base, ours, theirs);
    assert_eq!(text.with_side(Side::Ours), b"zero\n0\nA\n1\n2\nthree\n");
    assert_eq!(text.with_side(Side::Theirs), b"zero\n0\nAA\n1\n2\nthree\n");
}

#[test]
fn a_change_that_could_stand_before_or_after_another_is_a_conflict() {
    // A line more among three alike, and the one in the middle changed.
    conflicted("x\nx\nx\n", "x\nx\nx\nx\n", "x\ny\nx\n");
    // It touches nothing in the way that it was found, and would touch in no other.
    assert_eq!(
        clean("x\nx\nx\na\nb\n", "x\nx\nx\nx\na\nb\n", "x\nx\nx\na\nB\n"),
        "x\nx\nx\nx\na\nB\n"
    );
}

#[test]
fn a_missing_last_line_end_is_kept_and_added_as_the_side_that_changed_it_has_it() {
    assert_eq!(clean("a\nb\nc", "A\nb\nc", "a\nb\nc\n"), "A\nb\nc\n");
    assert_eq!(clean("a\nb\nc\n", "A\nb\nc\n", "a\nb\nc"), "A\nb\nc");
    assert_eq!(clean("a\nb\nc", "A\nb\nc", "a\nb\nc\nd"), "A\nb\nc\nd");
    conflicted("a\nb", "a\nb\n", "a\nb\nc");
    let text = conflicted("a\nb", "a\nB", "a\nbb");
    let expected = "a\n<<<<<<< ours\nB\n=======\nbb\n>>>>>>> theirs\n";
    assert_eq!(shown(&text, MarkerStyle::Merge), expected);
}

#[test]
fn a_side_that_changed_the_line_ends_is_followed_and_conflicts_with_no_line() {
    assert_eq!(clean("a\nb\nc\n", "a\r\nb\r\nc\r\n", "a\nB\nc\nd\n"), "a\r\nB\r\nc\r\nd\r\n");
    assert_eq!(clean("a\r\nb\r\nc\r\n", "a\r\nX\r\nc\r\n", "a\nb\nc\n"), "a\nX\nc\n");
    assert_eq!(clean("a\r\nb\nc\r\n", "a\nb\nc\n", "a\r\nb\nC\r\n"), "a\nb\nC\n");
    // Both changed: the ends stay what each line had.
    assert_eq!(
        clean("a\r\nb\nc\r\nd\n", "A\r\nb\nc\r\nd\n", "a\r\nb\nc\r\nD\n"),
        "A\r\nb\nc\r\nD\n"
    );
    let text = conflicted("a\r\nb\r\n", "a\r\nx\r\n", "a\r\ny\r\n");
    let expected = "a\r\n<<<<<<< ours\r\nx\r\n=======\r\ny\r\n>>>>>>> theirs\r\n";
    assert_eq!(shown(&text, MarkerStyle::Merge), expected);
    // With a carriage return too many there is no telling.
    conflicted("a\r\nb\r\nc\r\n", "a\nb\nc\n", "a\r\nb\r\r\nc\r\n");
}

#[test]
fn a_byte_order_mark_is_merged_on_its_own() {
    assert_eq!(clean("a\nb\n", "\u{feff}a\nb\n", "A\nb\n"), "\u{feff}A\nb\n");
    assert_eq!(clean("\u{feff}a\nb\nc\n", "a\nb\nc\n", "\u{feff}a\nb\nC\n"), "a\nb\nC\n");
}

#[test]
fn what_is_not_utf8_is_merged_and_what_is_binary_is_taken_whole() {
    let merged =
        merge_text(b"\xff\n\xfe\n\xfd\n", b"\xff\xff\n\xfe\n\xfd\n", b"\xff\n\xfe\n\xf0\n");
    assert_eq!(merged, TextMerge::Clean(b"\xff\xff\n\xfe\n\xf0\n".to_vec()));
    let binary = TextMerge::Whole(WholeReason::Binary);
    assert_eq!(merge_text(b"a\0\nb\nc\n", b"a\0\nb\nC\n", b"A\0\nb\nc\n"), binary);
    assert_eq!(merge_text(b"a\0", b"a\0", b"b\0"), TextMerge::Clean(b"b\0".to_vec()));
    assert_eq!(merge_text(b"a\0", b"b\0", b"b\0"), TextMerge::Clean(b"b\0".to_vec()));
}

#[test]
fn what_has_too_many_lines_is_taken_whole() {
    let base = vec![b'\n'; 2_000_000];
    let (mut ours, mut theirs) = (base.clone(), base.clone());
    ours.push(b'a');
    theirs.insert(0, b'b');
    assert_eq!(merge_text(&base, &ours, &theirs), TextMerge::Whole(WholeReason::TooLarge));
}

#[test]
fn a_long_text_with_every_fourth_line_changed_on_each_side_has_all_of_them() {
    let text = |ours: bool, theirs: bool| -> String {
        let line = |number: usize| match number % 4 {
            0 if ours => format!("ours {number}\n"),
            2 if theirs => format!("theirs {number}\n"),
            1 => "}\n".to_owned(),
            _ => format!("base {number}\n"),
        };
        (0..12_000).map(line).collect()
    };
    let merged = clean(&text(false, false), &text(true, false), &text(false, true));
    assert!(merged == text(true, true));
}

#[test]
fn markers_show_two_or_three_sides() {
    let (base, ours, theirs) = ("1\na\nb\n2\n", "1\nX\nA\nB\n2\n", "1\nX\naa\nB\n2\n");
    let text = conflicted(base, ours, theirs);
    assert_eq!(
        shown(&text, MarkerStyle::Merge),
        "1\nX\n<<<<<<< ours\nA\n=======\naa\n>>>>>>> theirs\nB\n2\n"
    );
    assert_eq!(
        shown(&text, MarkerStyle::Diff3),
        "1\n<<<<<<< ours\nX\nA\nB\n||||||| base\na\nb\n=======\nX\naa\nB\n>>>>>>> theirs\n2\n"
    );
    assert_eq!(
        shown(&text, MarkerStyle::Zdiff3),
        "1\nX\n<<<<<<< ours\nA\n||||||| base\na\nb\n=======\naa\n>>>>>>> theirs\nB\n2\n"
    );
    let labels = Labels { ours: "HEAD", base: "", theirs: "agent 5:\nx", size: 10 };
    let shown = String::from_utf8(text.render(MarkerStyle::Zdiff3, &labels)).unwrap();
    assert!(shown.contains("<<<<<<<<<< HEAD\nA\n||||||||||\na\nb\n==========\n"));
    assert!(shown.contains("\n>>>>>>>>>> agent 5:?x\nB\n"));
}

/// An edit: at which line, how many it replaces, by which.
type Edits = Vec<(prop::sample::Index, usize, Vec<String>)>;

fn edits(line: impl Strategy<Value = String>) -> impl Strategy<Value = Edits> {
    let lines = prop::collection::vec(line, 0..3);
    prop::collection::vec((any::<prop::sample::Index>(), 0usize..3, lines), 0..6)
}

/// Lines that begin with a letter and are seldom alike.
fn new_lines(tag: char) -> impl Strategy<Value = String> {
    any::<u16>().prop_map(move |number| format!("{tag}{number}"))
}

/// Lines that are often alike.
fn few(letters: &'static str) -> impl Strategy<Value = String> {
    let all: Vec<String> = letters.chars().map(String::from).chain([String::new()]).collect();
    prop::sample::select(all)
}

fn edited(base: &[String], edits: &Edits) -> Vec<String> {
    let mut lines = base.to_vec();
    for (at, removed, added) in edits {
        let at = at.index(lines.len() + 1);
        let end = (at + removed).min(lines.len());
        lines.splice(at..end, added.iter().cloned());
    }
    lines
}

fn text(lines: &[String], last_end: bool) -> String {
    let mut text = lines.join("\n");
    if last_end && !lines.is_empty() {
        text.push('\n');
    }
    text
}

fn counted(text: &str) -> BTreeMap<&str, i64> {
    let mut counts = BTreeMap::new();
    for line in text.lines() {
        *counts.entry(line).or_insert(0) += 1;
    }
    counts
}

fn numbered(lines: usize) -> Vec<String> {
    (0..lines).map(|line| format!("base {line}")).collect()
}

/// Lines that are all different, and any edits: what a side inserted is in the result, what it
/// deleted is not, and nothing else changed.
#[test]
fn no_line_is_lost_and_none_comes_back() {
    let mut runner = TestRunner::new(ProptestConfig::with_cases(2_000));
    let cases = (0usize..40, edits(new_lines('o')), edits(new_lines('t')));
    let outcome = runner.run(&cases, |(lines, ours, theirs)| {
        let base = numbered(lines);
        let (ours, theirs) =
            (text(&edited(&base, &ours), true), text(&edited(&base, &theirs), true));
        let base = text(&base, true);
        let TextMerge::Clean(merged) =
            merge_text(base.as_bytes(), ours.as_bytes(), theirs.as_bytes())
        else {
            return Ok(());
        };
        let merged = String::from_utf8(merged).unwrap();
        let [base, ours, theirs, merged] = [&*base, &*ours, &*theirs, &*merged].map(counted);
        let all = base.keys().chain(ours.keys()).chain(theirs.keys()).chain(merged.keys());
        for line in all {
            let of = |counts: &BTreeMap<&str, i64>| counts.get(line).copied().unwrap_or(0);
            let (before, ours, theirs) = (of(&base), of(&ours), of(&theirs));
            let expected = match (ours - before, theirs - before) {
                // Both deleted a line of the base.
                (-1, -1) => 0,
                (ours, theirs) => before + ours + theirs,
            };
            prop_assert_eq!(of(&merged), expected, "{}", line);
        }
        Ok(())
    });
    outcome.unwrap();
}

fn any_sides() -> impl Strategy<Value = [Vec<u8>; 3]> {
    let bytes =
        prop::collection::vec(prop::sample::select(&b"ab\n\n\r\0\xef\xbb\xbf\xff"[..]), 0..40);
    let lines = prop::collection::vec(
        prop::sample::select(vec![
            &b"a\n"[..],
            b"a\r\n",
            b"b\n",
            b"\n",
            b"\xef\xbb\xbf",
            b"c",
            b"\r\n",
        ]),
        0..14,
    );
    let text = prop_oneof![bytes, lines.prop_map(|lines| lines.concat())];
    [text.clone(), text.clone(), text]
}

/// The text, or the conflicts.
fn outcome(merge: &TextMerge) -> (Option<&[u8]>, Vec<Hunk>) {
    match merge {
        TextMerge::Clean(text) => (Some(text), Vec::new()),
        TextMerge::Conflicted(text) => (None, text.hunks().cloned().collect()),
        TextMerge::Whole(_) => (None, Vec::new()),
    }
}

fn back_side(merge: &TextMerge, side: Side) -> Vec<u8> {
    match merge {
        TextMerge::Conflicted(text) => text.with_side(side),
        _ => Vec::new(),
    }
}

fn swapped(hunk: Hunk) -> Hunk {
    Hunk { base: hunk.base, ours: hunk.theirs, theirs: hunk.ours }
}

/// Any bytes, with line ends, marks and zero bytes in any place.
#[test]
fn any_bytes_merge_or_conflict_alike_from_both_sides() {
    let mut runner = TestRunner::new(ProptestConfig::with_cases(20_000));
    let outcome = runner.run(&any_sides(), |[base, ours, theirs]| {
        let merged = merge_text(&base, &ours, &theirs);
        let back = merge_text(&base, &theirs, &ours);
        let (text, hunks) = outcome(&back);
        let hunks: Vec<Hunk> = hunks.into_iter().map(swapped).collect();
        prop_assert_eq!(outcome(&merged), (text, hunks));
        prop_assert_eq!(merge_text(&base, &base, &theirs), TextMerge::Clean(theirs.clone()));
        prop_assert_eq!(merge_text(&base, &ours, &base), TextMerge::Clean(ours.clone()));
        prop_assert_eq!(merge_text(&base, &ours, &ours), TextMerge::Clean(ours.clone()));
        if let TextMerge::Conflicted(text) = &merged {
            prop_assert!(text.hunks().next().is_some());
            for style in [MarkerStyle::Merge, MarkerStyle::Diff3, MarkerStyle::Zdiff3] {
                prop_assert!(text.render(style, &Labels::default()).len() >= 24);
            }
            prop_assert_eq!(text.with_side(Side::Ours), back_side(&back, Side::Theirs));
            prop_assert_eq!(text.with_side(Side::Theirs), back_side(&back, Side::Ours));
        }
        Ok(())
    });
    outcome.unwrap();
}

/// What was merged in already changes nothing, where lines do not repeat.
#[test]
fn merging_twice_is_merging_once() {
    let mut runner = TestRunner::new(ProptestConfig::with_cases(2_000));
    let cases = (0usize..40, edits(new_lines('o')), edits(new_lines('t')));
    let outcome = runner.run(&cases, |(lines, ours, theirs)| {
        let base = numbered(lines);
        let (ours, theirs) =
            (text(&edited(&base, &ours), true), text(&edited(&base, &theirs), true));
        let base = text(&base, true);
        let once = merge_text(base.as_bytes(), ours.as_bytes(), theirs.as_bytes());
        if let TextMerge::Clean(merged) = &once {
            for side in [&ours, &theirs] {
                let twice = merge_text(base.as_bytes(), merged, side.as_bytes());
                prop_assert_eq!(&twice, &once);
            }
        }
        Ok(())
    });
    outcome.unwrap();
}

/// The clean result of `git merge-file` with the same comparison, if it is clean.
fn git_merge(folder: &Path, sides: [&str; 3]) -> Option<String> {
    for (name, text) in ["base", "ours", "theirs"].iter().zip(sides) {
        std::fs::write(folder.join(name), text).unwrap();
    }
    let mut command = git_command(folder);
    command.args([
        "merge-file",
        "-p",
        "-q",
        "--diff-algorithm=histogram",
        "ours",
        "base",
        "theirs",
    ]);
    let output = command.output().unwrap();
    output.status.success().then(|| String::from_utf8(output.stdout).unwrap())
}

/// How often both merge without conflict, and how often with another result. The same cases in
/// every run.
fn compare_with_git(cases: u32, sides: impl Strategy<Value = [String; 3]>) -> (u32, u32) {
    let folder = tempfile::tempdir().unwrap();
    let random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(ProptestConfig::default(), random);
    let (mut both, mut other) = (0, 0);
    for _ in 0..cases {
        let [base, ours, theirs] = sides.new_tree(&mut runner).unwrap().current();
        let git = git_merge(folder.path(), [&base, &ours, &theirs]);
        let merged = merge_text(base.as_bytes(), ours.as_bytes(), theirs.as_bytes());
        if let (Some(git), TextMerge::Clean(merged)) = (git, merged) {
            both += 1;
            other += u32::from(git.as_bytes() != merged);
        }
    }
    (both, other)
}

#[test]
fn where_git_merges_too_the_result_is_the_same_for_lines_that_do_not_repeat() {
    let sides = (0usize..40, edits(new_lines('o')), edits(new_lines('t')), any::<[bool; 3]>());
    let sides = sides.prop_map(|(lines, ours, theirs, ends)| {
        let base = numbered(lines);
        let (ours, theirs) = (edited(&base, &ours), edited(&base, &theirs));
        [text(&base, ends[0]), text(&ours, ends[1]), text(&theirs, ends[2])]
    });
    let (both, other) = compare_with_git(300, sides);
    assert!(both > 100, "{both}");
    assert_eq!(other, 0);
}

/// With hardly three different lines there is often more than one way to tell what was changed;
/// where Axon and Git match lines in different ways, both may be right.
#[test]
fn where_git_merges_too_the_result_is_hardly_ever_another_for_lines_that_repeat() {
    let sides = (prop::collection::vec(few("abc"), 0..24), edits(few("abo")), edits(few("abt")));
    let sides = sides.prop_map(|(base, ours, theirs)| {
        let (ours, theirs) = (edited(&base, &ours), edited(&base, &theirs));
        [text(&base, true), text(&ours, true), text(&theirs, true)]
    });
    let (both, other) = compare_with_git(300, sides);
    assert!(both > 50, "{both}");
    assert!(other * 100 <= both, "{other} of {both}");
}
