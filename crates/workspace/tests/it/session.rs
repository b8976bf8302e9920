//! Sessions and their merge.

use std::collections::BTreeMap;

use axon_domain::{Code, GitId, ObjectStore};
use axon_workspace::{
    ConflictKind, Contents, Scope, Session, SessionChanges, StaleVersion, Tree, TreeView, merge,
};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use crate::support::{Memory, Place, Sandbox, everywhere, texts};

#[test]
fn a_session_sees_its_own_writes_and_nobody_else_does() {
    let place = Place::with(&[("a", "base")]);
    let (mut one, two) = (place.session(), place.session());
    assert_eq!(one.read("a").unwrap(), (b"base".to_vec(), 1));
    assert_eq!(one.write("a", b"mine", Some(1)).unwrap(), 2);
    assert_eq!(one.read("a").unwrap(), (b"mine".to_vec(), 2));
    assert_eq!(two.read("a").unwrap(), (b"base".to_vec(), 1));
    assert_eq!(place.sandbox.git(["status", "--porcelain"]), "");
}

#[test]
fn a_stale_write_is_refused_with_the_current_version() {
    let place = Place::with(&[("a", "base")]);
    let mut session = place.session();
    session.write("a", b"two", Some(1)).unwrap();
    let stale = session.write("a", b"lost", Some(1)).unwrap_err();
    assert_eq!(stale.code(), Code::StaleVersion);
    let versions = StaleVersion::of(&stale).unwrap();
    assert_eq!((versions.expected, versions.current), (Some(1), Some(2)));
    for (path, expected) in [("a", None), ("new", Some(1))] {
        let stale = session.write(path, b"x", expected).unwrap_err();
        assert_eq!(stale.code(), Code::StaleVersion, "{path}");
    }
    assert_eq!(session.delete("a", 1).unwrap_err().code(), Code::StaleVersion);
    assert_eq!(session.read("a").unwrap().0, b"two");
}

#[test]
fn a_version_is_never_used_twice() {
    let place = Place::with(&[("a", "base")]);
    let mut session = place.session();
    assert_eq!(session.write("new", b"1", None).unwrap(), 1);
    session.delete("new", 1).unwrap();
    assert_eq!(session.read("new").unwrap_err().code(), Code::NotFound);
    let again = session.write("new", b"2", None).unwrap();
    assert!(again > 1);
    session.delete("a", 1).unwrap();
    assert!(session.write("a", b"base", None).unwrap() > 1);
}

#[test]
fn writing_what_was_there_is_no_change() {
    let place = Place::with(&[("a", "base")]);
    let mut session = place.session();
    session.write("a", b"other", Some(1)).unwrap();
    session.write("a", b"base", Some(2)).unwrap();
    session.write("b", b"new", None).unwrap();
    session.delete("b", 1).unwrap();
    assert_eq!(session.changes().unwrap().changes, []);
}

#[test]
fn only_the_scope_is_open_and_never_git_or_the_ledger() {
    let place = Place::with(&[("src/a", "a"), ("src/gen/g", "g"), ("docs/d", "d"), ("etc/e", "e")]);
    let scope = Scope {
        paths: vec!["src".to_owned()],
        read_only: vec!["docs".to_owned(), "src/gen".to_owned()],
    };
    let mut session = Session::open(place.contents(), place.tree, &scope);
    for path in ["src/a", "src/gen/g", "docs/d"] {
        session.read(path).unwrap();
    }
    session.write("src/a", b"x", Some(1)).unwrap();
    for path in ["docs/d", "src/gen/g", "etc/e"] {
        assert_eq!(session.write(path, b"x", Some(1)).unwrap_err().code(), Code::NotGranted);
        assert_eq!(session.delete(path, 1).unwrap_err().code(), Code::NotGranted);
    }
    assert_eq!(session.read("etc/e").unwrap_err().code(), Code::NotGranted);
    let mut open = place.session();
    for path in [".git/config", "src/.GIT/x", ".axon/x", "../x", "/etc/x", "src/../../x", ""] {
        assert_eq!(open.write(path, b"x", None).unwrap_err().code(), Code::NotGranted, "{path}");
    }
}

#[test]
fn links_are_not_followed_and_folders_are_not_files() {
    let sandbox = Sandbox::with(&[("dir/f", "f")]);
    std::os::unix::fs::symlink("/etc", sandbox.root().join("out")).unwrap();
    std::os::unix::fs::symlink("dir/f", sandbox.root().join("in")).unwrap();
    sandbox.commit_all("links");
    let place = Place::of(sandbox);
    let mut session = place.session();
    for path in ["out", "in", "out/passwd", "out/deep/er"] {
        assert_eq!(session.read(path).unwrap_err().code(), Code::NotGranted, "{path}");
        for expected in [None, Some(1)] {
            let refused = session.write(path, b"x", expected).unwrap_err();
            assert_eq!(refused.code(), Code::NotGranted, "{path}");
        }
    }
    assert_eq!(session.write("dir", b"x", None).unwrap_err().code(), Code::WrongState);
    assert_eq!(session.write("dir/f/x", b"x", None).unwrap_err().code(), Code::WrongState);
    assert_eq!(session.read("dir").unwrap_err().code(), Code::NotFound);
    // Deleting a link deletes the link; then a file or a folder may take its place.
    session.delete("out", 1).unwrap();
    session.write("out/file", b"x", None).unwrap();
    session.delete("dir/f", 1).unwrap();
    session.write("dir", b"now a file", None).unwrap();
    let changes = session.changes().unwrap();
    let merged = merge(place.contents(), &place.tree, &[&changes]).unwrap();
    assert_eq!(merged.conflicts, []);
    assert_eq!(
        place.texts(merged.tree),
        texts(&[("dir", "now a file"), ("in", "dir/f"), ("out/file", "x")])
    );
}

#[test]
fn sessions_that_touch_different_files_merge() {
    let place = Place::with(&[("a", "a"), ("b", "b"), ("c", "c")]);
    let one = place.did(place.tree, &[("a", Some("A")), ("new/x", Some("x"))]);
    let two = place.did(place.tree, &[("b", Some("B")), ("c", None)]);
    let merged = merge(place.contents(), &place.tree, &[&one, &two]).unwrap();
    assert_eq!(merged.conflicts, []);
    assert_eq!(merged.merged, ["a", "b", "c", "new/x"]);
    assert_eq!(place.texts(merged.tree), texts(&[("a", "A"), ("b", "B"), ("new/x", "x")]));
    let swapped = merge(place.contents(), &place.tree, &[&two, &one]).unwrap();
    assert_eq!(swapped.tree, merged.tree);
    let again = merge(place.contents(), &merged.tree, &[&one]).unwrap();
    assert_eq!((again.tree, again.conflicts), (merged.tree, Vec::new()));
}

#[test]
fn what_both_changed_differently_is_told_with_its_three_sides() {
    let place = Place::with(&[("a", "base"), ("gone", "g")]);
    let one = place.did(place.tree, &[("a", Some("one")), ("gone", None)]);
    let two = place.did(place.tree, &[("a", Some("two")), ("gone", Some("kept"))]);
    let merged = merge(place.contents(), &place.tree, &[&one, &two]).unwrap();
    assert_eq!(place.texts(merged.tree), texts(&[("a", "one")]));
    let shown: Vec<_> = merged
        .conflicts
        .iter()
        .map(|conflict| {
            let text = |side: Option<axon_workspace::Entry>| {
                side.map(|side| {
                    String::from_utf8(place.contents().read(side.content).unwrap()).unwrap()
                })
            };
            let sides = [conflict.base, conflict.current, conflict.changed].map(text);
            (conflict.path.as_str(), conflict.session, sides.map(|side| side.unwrap_or_default()))
        })
        .collect();
    let sides = |sides: [&str; 3]| sides.map(str::to_owned);
    assert_eq!(
        shown,
        [("a", 1, sides(["base", "one", "two"])), ("gone", 1, sides(["g", "", "kept"]))]
    );
}

#[test]
fn a_file_against_a_folder_is_a_conflict() {
    let place = Place::with(&[("z", "z")]);
    let one = place.did(place.tree, &[("x", Some("file"))]);
    let two = place.did(place.tree, &[("x/inside", Some("folder"))]);
    for (first, second) in [(&one, &two), (&two, &one)] {
        let merged = merge(place.contents(), &place.tree, &[first, second]).unwrap();
        assert_eq!(merged.conflicts.len(), 1);
        assert_eq!(merged.conflicts[0].kind, ConflictKind::FileAndFolder);
        assert_eq!(merged.conflicts[0].session, 1);
    }
}

#[test]
fn a_tree_that_comes_back_to_its_base_has_no_delta() {
    let place = Place::with(&[("a", "base"), ("b", "b")]);
    let there = place.did(place.tree, &[("a", Some("other")), ("b", None), ("c", Some("c"))]);
    let changed = merge(place.contents(), &place.tree, &[&there]).unwrap().tree;
    assert_ne!(changed, place.tree);
    let back = place.did(changed, &[("a", Some("base")), ("b", Some("b")), ("c", None)]);
    assert_eq!(merge(place.contents(), &changed, &[&back]).unwrap().tree, place.tree);
}

#[test]
fn differences_of_trees_on_different_bases_are_those_of_their_files() {
    let place = Place::with(&[("a", "1"), ("b", "1"), ("c", "1")]);
    place.sandbox.write("a", "2");
    place.sandbox.write("b", "2");
    place.sandbox.commit_all("second");
    let later = Tree::of(place.sandbox.open().head().unwrap().tree);
    // The session wrote what the later commit has in `a`.
    let wrote = place.did(place.tree, &[("a", Some("2")), ("c", Some("3"))]);
    let tree = merge(place.contents(), &place.tree, &[&wrote]).unwrap().tree;
    let repository = place.sandbox.open();
    let contents = Contents { repository: &repository, store: &place.store };
    let changes = TreeView::new(contents, tree).diff(&TreeView::new(contents, later)).unwrap();
    let paths: Vec<_> = changes.iter().map(|change| change.path.as_str()).collect();
    assert_eq!(paths, ["b", "c"]);
}

#[test]
fn opening_a_session_reads_nothing() {
    let place = Place::with(&[("a", "a")]);
    let absent = Tree::of(GitId::from_bytes(&[9; 20]).unwrap());
    let session = Session::open(place.contents(), absent, &everywhere());
    assert_eq!(session.read("a").unwrap_err().code(), Code::MissingObject);
}

#[test]
fn an_object_that_is_missing_is_named_with_its_file() {
    let place = Place::with(&[("inner/a", "text\n"), ("b", "other\n")]);
    let blob = place.sandbox.git(["rev-parse", "HEAD:inner/a"]);
    let blob = blob.trim();
    let object = format!(".git/objects/{}/{}", &blob[..2], &blob[2..]);
    std::fs::remove_file(place.sandbox.root().join(object)).unwrap();
    let session = place.session();
    let error = session.read("inner/a").unwrap_err();
    assert_eq!(error.code(), Code::MissingObject);
    assert_eq!(error.place(), Some(format!("inner/a ({blob})").as_str()));
    assert_eq!(session.read("b").unwrap().0, b"other\n");
}

type Steps = Vec<(u8, Option<u8>)>;

fn steps() -> impl Strategy<Value = Steps> {
    prop::collection::vec((0u8..6, prop::option::weighted(0.8, 0u8..3)), 0..8)
}

/// Every change of every session is in the merged tree, or it is told as a conflict that still
/// has it; and nothing else changed.
#[test]
fn no_change_is_lost_and_none_is_invented() {
    let base: Vec<(String, String)> =
        (0..4).map(|number| (format!("d/f{number}"), "0".to_owned())).collect();
    let files: Vec<_> = base.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let place = Place::with(&files);
    let mut runner = TestRunner::new(ProptestConfig::default());
    let sessions = prop::collection::vec(steps(), 1..4);
    let outcome = runner.run(&sessions, |sessions| check_merge(&place, &base, &sessions));
    outcome.unwrap();
}

fn play(place: &Place, steps: &Steps) -> SessionChanges {
    let mut session = place.session();
    for (file, text) in steps {
        let path = format!("d/f{file}");
        let version = session.read(&path).ok().map(|(_, version)| version);
        match (text, version) {
            (Some(text), _) => {
                session.write(&path, text.to_string().as_bytes(), version).unwrap();
            }
            (None, Some(version)) => session.delete(&path, version).unwrap(),
            (None, None) => {}
        }
    }
    session.changes().unwrap()
}

fn check_merge(
    place: &Place,
    base: &[(String, String)],
    sessions: &[Steps],
) -> Result<(), TestCaseError> {
    let all: Vec<SessionChanges> = sessions.iter().map(|steps| play(place, steps)).collect();
    let merged = merge(place.contents(), &place.tree, &all.iter().collect::<Vec<_>>()).unwrap();
    let mut expected: BTreeMap<String, Option<Vec<u8>>> =
        base.iter().map(|(path, text)| (path.clone(), Some(text.clone().into_bytes()))).collect();
    let mut first_wins: BTreeMap<&str, Option<Vec<u8>>> = BTreeMap::new();
    for (number, changes) in all.iter().enumerate() {
        for (path, changed) in &changes.changes {
            let bytes = changed.map(|entry| place.contents().read(entry.content).unwrap());
            let told = merged.conflicts.iter().any(|conflict| {
                conflict.path == *path && conflict.session == number && conflict.changed == *changed
            });
            let first = first_wins.entry(path).or_insert_with(|| bytes.clone());
            prop_assert_eq!(told, *first != bytes, "{} of session {}", path, number);
            if !told {
                expected.insert(path.clone(), bytes);
            }
        }
    }
    let view = TreeView::new(place.contents(), merged.tree);
    for (path, bytes) in expected {
        prop_assert_eq!(view.read(&path).ok(), bytes, "{}", path);
    }
    Ok(())
}

#[test]
fn objects_that_are_gone_are_told() {
    let place = Place::with(&[("a", "a")]);
    let changes = place.did(place.tree, &[("a", Some("b"))]);
    let empty = Memory::default();
    let contents = Contents { repository: &place.repository, store: &empty };
    assert!(merge(contents, &place.tree, &[&changes]).is_err());
    let id = place.store.put(b"x").unwrap();
    assert_eq!(empty.get(id).unwrap_err().code(), Code::NotFound);
}
