//! Moving the changes between two trees onto a third.

use axon_workspace::{ConflictKind, Contents, MergeOptions, Tree, merge, rebase};

use crate::support::{Place, texts};

#[test]
fn changes_are_moved_onto_a_later_commit_file_by_file() {
    let place = Place::with(&[
        ("a", "1\n2\n3\n4\n"),
        ("b", "1\n"),
        ("c", "1\n"),
        ("gone", "1\n"),
        ("both", "1\n"),
    ]);
    let steps = [
        ("a", Some("one\n2\n3\n4\n")),
        ("b", Some("mission\n")),
        ("gone", None),
        ("new", Some("1\n")),
        ("both", Some("same\n")),
    ];
    let changes = place.did(place.tree, &steps);
    let result = merge(place.contents(), &place.tree, &[&changes]).unwrap().tree;
    place.sandbox.write("a", "1\n2\n3\nfour\n");
    place.sandbox.write("c", "person\n");
    place.sandbox.write("both", "same\n");
    place.sandbox.commit_all("a person went on");
    let repository = place.sandbox.open();
    let contents = Contents { repository: &repository, store: &place.store };
    let onto = Tree::of(repository.head().unwrap().tree);
    let options = MergeOptions::default();
    let moved = rebase(contents, &place.tree, &result, &onto, &options).unwrap();
    assert_eq!(moved.conflicts, []);
    let expected = texts(&[
        ("a", "one\n2\n3\nfour\n"),
        ("b", "mission\n"),
        ("both", "same\n"),
        ("c", "person\n"),
        ("new", "1\n"),
    ]);
    assert_eq!(place.texts(moved.tree), expected);
    assert_eq!(moved.tree.base, onto.base);
    assert_eq!(moved.joined, ["a"]);
    // Onto what it is already part of: nothing changes.
    let again = rebase(contents, &place.tree, &result, &moved.tree, &options).unwrap();
    assert_eq!((again.tree, again.conflicts), (moved.tree, vec![]));
}

#[test]
fn what_a_person_changed_meanwhile_in_the_same_place_is_a_conflict() {
    let place = Place::with(&[("a", "1\n2\n"), ("b", "1\n")]);
    let changes = place.did(place.tree, &[("a", Some("one\n2\n")), ("b", Some("2\n"))]);
    let result = merge(place.contents(), &place.tree, &[&changes]).unwrap().tree;
    place.sandbox.write("a", "uno\n2\n");
    place.sandbox.git(["rm", "-q", "b"]);
    place.sandbox.commit_all("a person went on");
    let repository = place.sandbox.open();
    let contents = Contents { repository: &repository, store: &place.store };
    let onto = Tree::of(repository.head().unwrap().tree);
    let moved = rebase(contents, &place.tree, &result, &onto, &MergeOptions::default()).unwrap();
    let kinds: Vec<_> = moved.conflicts.iter().map(|it| (it.path.as_str(), it.kind)).collect();
    assert_eq!(kinds, [("a", ConflictKind::Content), ("b", ConflictKind::DeleteModify)]);
    assert_eq!(moved.tree, onto);
}
