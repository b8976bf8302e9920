//! Merging sessions that changed the same files.

use std::collections::BTreeMap;

use axon_domain::{Code, ContentId, ObjectStore};
use axon_workspace::{
    Conflict, ConflictKind, Entry, EntryMode, How, Hunk, MergeOptions, MergeResult, Resolution,
    SessionChanges, Strategy, TreeView, merge, merge_with, resolve,
};
use proptest::prelude::*;
use proptest::strategy::Strategy as Strategy_;
use proptest::test_runner::TestRunner;

use crate::support::{Place, texts};

const BASE: &str = "1\n2\n3\n4\n5\n";
const TOP: &str = "one\n2\n3\n4\n5\n";
const END: &str = "1\n2\n3\n4\nfive\n";
const TOP_TOO: &str = "uno\n2\n3\n4\nseis\n";

fn by(strategy: Strategy) -> MergeOptions {
    MergeOptions { strategy, ..MergeOptions::default() }
}

/// Two sessions that made `a` these texts, merged in this order.
fn two(place: &Place, texts: [&str; 2], options: &MergeOptions) -> MergeResult {
    let sessions = texts.map(|text| place.did(place.tree, &[("a", Some(text))]));
    merge_with(place.contents(), &place.tree, &[&sessions[0], &sessions[1]], options).unwrap()
}

fn content(place: &Place, result: &MergeResult) -> String {
    place.texts(result.tree).remove("a").unwrap()
}

fn kinds(result: &MergeResult) -> Vec<(&str, ConflictKind)> {
    result.conflicts.iter().map(|conflict| (&*conflict.path, conflict.kind)).collect()
}

#[test]
fn sessions_that_changed_other_lines_of_a_file_are_both_in_it() {
    let place = Place::with(&[("a", BASE)]);
    for order in [[TOP, END], [END, TOP]] {
        let merged = two(&place, order, &MergeOptions::default());
        assert_eq!(merged.conflicts, []);
        assert_eq!(
            (merged.merged.clone(), merged.joined.clone()),
            (vec!["a".into()], vec!["a".into()])
        );
        assert_eq!(content(&place, &merged), "one\n2\n3\n4\nfive\n");
    }
}

#[test]
fn the_same_lines_are_a_conflict_with_places_and_nothing_is_written() {
    let place = Place::with(&[("a", BASE)]);
    let one = place.did(place.tree, &[("a", Some(TOP))]);
    let two = place.did(place.tree, &[("a", Some(TOP_TOO))]);
    let first = merge(place.contents(), &place.tree, &[&one]).unwrap();
    let stored = place.store.writes.load(std::sync::atomic::Ordering::Relaxed);
    let merged = merge(place.contents(), &first.tree, &[&two]).unwrap();
    assert_eq!(kinds(&merged), [("a", ConflictKind::Content)]);
    assert_eq!(merged.conflicts[0].hunks, [Hunk { base: 0..1, ours: 0..1, theirs: 0..1 }]);
    assert_eq!(merged.tree, first.tree);
    assert_eq!(place.store.writes.load(std::sync::atomic::Ordering::Relaxed), stored);
}

#[test]
fn strategies_settle_what_is_left_and_say_so() {
    let place = Place::with(&[("a", BASE)]);
    let cases = [
        (Strategy::Mine, How::Mine, "uno\n2\n3\n4\nseis\n"),
        (Strategy::Theirs, How::Theirs, "one\n2\n3\n4\nseis\n"),
        (Strategy::Force, How::Forced, TOP_TOO),
    ];
    for (strategy, how, expected) in cases {
        let merged = two(&place, [TOP, TOP_TOO], &by(strategy));
        assert_eq!(merged.conflicts, []);
        assert_eq!(merged.resolved.len(), 1);
        assert_eq!(merged.resolved[0].how, how);
        assert_eq!(merged.resolved[0].conflict.kind, ConflictKind::Content);
        assert_eq!(content(&place, &merged), expected);
    }
}

#[test]
fn force_takes_the_file_whole_and_tells_what_it_ran_over() {
    let place = Place::with(&[("a", BASE)]);
    let merged = two(&place, [TOP, END], &by(Strategy::Force));
    assert_eq!(content(&place, &merged), END);
    let sides = &merged.resolved[0].conflict;
    assert_eq!(place.contents().read(sides.current.unwrap().content).unwrap(), TOP.as_bytes());
    // Where only the session changed it there is nothing to tell.
    let changes = place.did(place.tree, &[("a", Some(TOP))]);
    let alone =
        merge_with(place.contents(), &place.tree, &[&changes], &by(Strategy::Force)).unwrap();
    assert_eq!((alone.resolved, alone.merged), (vec![], vec!["a".to_owned()]));
}

#[test]
fn manual_joins_nothing_without_being_asked() {
    let place = Place::with(&[("a", BASE), ("b", "b")]);
    let merged = two(&place, [TOP, END], &by(Strategy::Manual));
    assert_eq!(kinds(&merged), [("a", ConflictKind::Content)]);
    assert_eq!(content(&place, &merged), TOP);
    let mut options = by(Strategy::Manual);
    options.resolutions.insert((1, "a".to_owned()), Resolution::Given(b"by hand\n".to_vec()));
    let merged = two(&place, [TOP, END], &options);
    assert_eq!((kinds(&merged), merged.resolved[0].how), (vec![], How::Given));
    assert_eq!(content(&place, &merged), "by hand\n");
}

#[test]
fn a_session_with_a_conflict_can_be_left_out_as_a_whole() {
    let place = Place::with(&[("a", BASE), ("b", BASE), ("c", "c")]);
    let one = place.did(place.tree, &[("a", Some(TOP))]);
    let two = place.did(
        place.tree,
        &[("a", Some(TOP_TOO)), ("b", Some(TOP)), ("c", None), ("d/x", Some("new"))],
    );
    let three = place.did(place.tree, &[("b", Some(END)), ("d", Some("a file"))]);
    let whole = MergeOptions { whole_sessions: true, ..MergeOptions::default() };
    let merged = merge_with(place.contents(), &place.tree, &[&one, &two, &three], &whole).unwrap();
    assert_eq!(kinds(&merged), [("a", ConflictKind::Content)]);
    assert_eq!((merged.conflicts[0].session, &*merged.left_out), (1, &[1][..]));
    let expected = texts(&[("a", TOP), ("b", END), ("c", "c"), ("d", "a file")]);
    assert_eq!(place.texts(merged.tree), expected);
    let parts = merge(place.contents(), &place.tree, &[&one, &two]).unwrap();
    assert_eq!(parts.left_out, [0; 0]);
    assert_eq!(place.texts(parts.tree), texts(&[("a", TOP), ("b", TOP), ("d/x", "new")]));
}

#[test]
fn each_way_to_disagree_has_its_name() {
    let place = Place::with(&[("a", BASE), ("bin", "x\0"), ("gone", "1\n"), ("folder/x", "1\n")]);
    let one = place.did(
        place.tree,
        &[
            ("bin", Some("y\0")),
            ("gone", None),
            ("new", Some("1\n")),
            ("folder/x", None),
            ("folder", Some("a file\n")),
        ],
    );
    let two = place.did(
        place.tree,
        &[
            ("bin", Some("z\0")),
            ("gone", Some("2\n")),
            ("new", Some("2\n")),
            ("folder/y", Some("1\n")),
        ],
    );
    let merged = merge(place.contents(), &place.tree, &[&one, &two]).unwrap();
    let expected = [
        ("bin", ConflictKind::Binary),
        ("folder/y", ConflictKind::FileAndFolder),
        ("gone", ConflictKind::DeleteModify),
        ("new", ConflictKind::AddAdd),
    ];
    assert_eq!(kinds(&merged), expected);
    assert_eq!(merged.conflicts[3].hunks, [Hunk { base: 0..0, ours: 0..1, theirs: 0..1 }]);
    // By side: all but what would have to delete something else.
    let theirs = merge_with(place.contents(), &place.tree, &[&one, &two], &by(Strategy::Theirs));
    let theirs = theirs.unwrap();
    assert_eq!((kinds(&theirs), theirs.resolved.len()), (vec![], 4));
    assert_eq!(place.texts(theirs.tree), place.texts(merged.tree));
    let mine = merge_with(place.contents(), &place.tree, &[&one, &two], &by(Strategy::Mine));
    let mine = mine.unwrap();
    assert_eq!(kinds(&mine), [("folder/y", ConflictKind::FileAndFolder)]);
    assert_eq!(place.texts(mine.tree)["gone"], "2\n");
    assert_eq!(place.texts(mine.tree)["bin"], "z\0");
}

/// Changes of a file that no session can make: of its mode.
fn made(place: &Place, text: &str, mode: EntryMode) -> SessionChanges {
    let content = ContentId::Object(place.store.put(text.as_bytes()).unwrap());
    SessionChanges::new(place.tree, vec![("a".to_owned(), Some(Entry { content, mode }))])
}

#[test]
fn modes_are_merged_beside_the_content() {
    use EntryMode::{Executable, Link, Regular};
    let place = Place::with(&[("a", BASE)]);
    let run = |one: &SessionChanges, two: &SessionChanges| {
        merge(place.contents(), &place.tree, &[one, two]).unwrap()
    };
    let mode = made(&place, BASE, Executable);
    for (one, two) in [(&mode, &made(&place, TOP, Regular)), (&made(&place, TOP, Regular), &mode)] {
        let merged = run(one, two);
        assert_eq!(kinds(&merged), []);
        let entry = TreeView::new(place.contents(), merged.tree).entry("a").unwrap().unwrap();
        assert_eq!((entry.mode, &*content(&place, &merged)), (Executable, TOP));
    }
    let merged = run(&made(&place, TOP, Executable), &made(&place, END, Executable));
    assert_eq!(content(&place, &merged), "one\n2\n3\n4\nfive\n");
    for (one, two) in [
        (mode.clone(), made(&place, "target", Link)),
        (made(&place, TOP, Regular), made(&place, "target", Link)),
    ] {
        assert_eq!(kinds(&run(&one, &two)), [("a", ConflictKind::Mode)]);
    }
    let links = (made(&place, "x", Link), made(&place, "y", Link));
    assert_eq!(kinds(&run(&links.0, &links.1)), [("a", ConflictKind::Content)]);
}

#[test]
fn a_conflict_is_settled_later_by_a_side_or_by_content() {
    let place = Place::with(&[("a", BASE)]);
    let merged = two(&place, [TOP, TOP_TOO], &MergeOptions::default());
    let conflict = &merged.conflicts[0];
    let cases = [
        (Resolution::Mine, Some("uno\n2\n3\n4\nseis\n")),
        (Resolution::Theirs, Some("one\n2\n3\n4\nseis\n")),
        (Resolution::Base, Some(BASE)),
        (Resolution::Given(b"by hand".to_vec()), Some("by hand")),
        (Resolution::Delete, None),
    ];
    for (resolution, expected) in cases {
        let tree = resolve(place.contents(), &merged.tree, conflict, &resolution).unwrap();
        assert_eq!(place.texts(tree).get("a").map(String::as_str), expected);
        let again = resolve(place.contents(), &tree, conflict, &resolution);
        assert_eq!(again.unwrap_err().code(), Code::StaleVersion);
    }
}

#[test]
fn what_cannot_be_settled_says_why() {
    let place = Place::with(&[("z", "z")]);
    let one = place.did(place.tree, &[("x", Some("file"))]);
    let two = place.did(place.tree, &[("x/inside", Some("folder"))]);
    let merged = merge(place.contents(), &place.tree, &[&one, &two]).unwrap();
    let conflict = &merged.conflicts[0];
    let refused = resolve(place.contents(), &merged.tree, conflict, &Resolution::Mine);
    assert_eq!(refused.unwrap_err().code(), Code::WrongState);
    let kept = resolve(place.contents(), &merged.tree, conflict, &Resolution::Theirs).unwrap();
    assert_eq!(kept, merged.tree);
    let stale = Conflict { kind: ConflictKind::StaleRead, ..conflict.clone() };
    let refused = resolve(place.contents(), &merged.tree, &stale, &Resolution::Mine);
    assert_eq!(refused.unwrap_err().code(), Code::WrongState);
}

type Edits = Vec<(u8, u8, u8)>;

/// For each of three files: which lines are replaced, by what, or the file is deleted.
fn edits() -> impl Strategy_<Value = Edits> {
    prop::collection::vec((0u8..3, 0u8..10, 0u8..4), 0..6)
}

fn played(place: &Place, edits: &Edits, tag: &str) -> SessionChanges {
    let mut session = place.session();
    for (file, line, what) in edits {
        let path = format!("f{file}");
        let Ok((bytes, version)) = session.read(&path) else { continue };
        let text = String::from_utf8(bytes).unwrap();
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let at = usize::from(*line).min(lines.len().saturating_sub(1));
        match what {
            0 if *line == 0 => {
                session.delete(&path, version).unwrap();
                continue;
            }
            0 => drop(lines.remove(at)),
            1 => lines.insert(at, format!("{tag} new {line}")),
            _ => lines[at] = format!("{tag} {line}"),
        }
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        session.write(&path, text.as_bytes(), Some(version)).unwrap();
    }
    session.changes().unwrap()
}

#[test]
fn both_orders_of_two_sessions_give_the_same_tree() {
    let text: String = (0..10).map(|line| format!("base {line}\n")).collect();
    let place = Place::with(&[("f0", &text), ("f1", &text), ("f2", &text)]);
    let mut runner = TestRunner::new(ProptestConfig::with_cases(400));
    let outcome = runner.run(&(edits(), edits()), |(one, two)| {
        let (one, two) = (played(&place, &one, "one"), played(&place, &two, "two"));
        let [there, back] = [[&one, &two], [&two, &one]]
            .map(|order| merge(place.contents(), &place.tree, &order).unwrap());
        let places = |result: &MergeResult| {
            let conflicts = result.conflicts.iter();
            conflicts.map(|conflict| (conflict.path.clone(), conflict.kind)).collect::<Vec<_>>()
        };
        prop_assert_eq!(places(&there), places(&back));
        let in_conflict = |path: &str| there.conflicts.iter().any(|it| it.path == path);
        let [mut there_files, mut back_files] = [&there, &back].map(|it| place.texts(it.tree));
        there_files.retain(|path, _| !in_conflict(path));
        back_files.retain(|path, _| !in_conflict(path));
        prop_assert_eq!(there_files, back_files);
        if there.conflicts.is_empty() {
            prop_assert_eq!(there.tree, back.tree);
            // What is in already changes nothing.
            let again = merge(place.contents(), &there.tree, &[&one, &two]).unwrap();
            prop_assert_eq!((again.tree, again.conflicts), (there.tree, vec![]));
        } else {
            let whole = MergeOptions { whole_sessions: true, ..MergeOptions::default() };
            let whole = merge_with(place.contents(), &place.tree, &[&one, &two], &whole).unwrap();
            let first = merge(place.contents(), &place.tree, &[&one]).unwrap();
            prop_assert_eq!((whole.tree, whole.left_out), (first.tree, vec![1]));
        }
        // A file in conflict has the first session's text, and none of the second's.
        let first: BTreeMap<_, _> =
            place.texts(merge(place.contents(), &place.tree, &[&one]).unwrap().tree);
        let merged = place.texts(there.tree);
        for conflict in &there.conflicts {
            prop_assert_eq!(merged.get(&conflict.path), first.get(&conflict.path));
        }
        Ok(())
    });
    outcome.unwrap();
}
