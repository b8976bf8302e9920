//! What sessions see of each other, and what they are merged for.

use axon_domain::{Code, GitId, Hlc};
use axon_workspace::{
    Conflict, ConflictKind, How, Isolation, MergeOptions, Resolution, Session, SessionOptions,
    StaleVersion, Strategy, Tree, merge, merge_with,
};

use crate::support::{Place, everywhere, texts};

/// What somebody writes or deletes.
type Steps<'a> = &'a [(&'a str, Option<&'a str>)];

fn options(isolation: Isolation) -> SessionOptions {
    SessionOptions { scope: everywhere(), isolation, expires: None }
}

fn open(place: &Place, isolation: Isolation) -> Session<'_> {
    Session::open_with(place.contents(), place.tree, &options(isolation))
}

/// The tree after somebody else did this.
fn others(place: &Place, steps: &[(&str, Option<&str>)]) -> Tree {
    let changes = place.did(place.tree, steps);
    merge(place.contents(), &place.tree, &[&changes]).unwrap().tree
}

fn stale(conflicts: &[Conflict]) -> Vec<&str> {
    assert!(conflicts.iter().all(|conflict| conflict.kind == ConflictKind::StaleRead));
    conflicts.iter().map(|conflict| conflict.path.as_str()).collect()
}

#[test]
fn a_read_committed_session_sees_what_was_committed_and_its_own_writes() {
    let place = Place::with(&[("a", "1"), ("b", "1"), ("d/c", "1")]);
    let mut session = open(&place, Isolation::ReadCommitted);
    assert_eq!(session.read("a").unwrap(), (b"1".to_vec(), 1));
    session.write("b", b"mine", Some(1)).unwrap();
    session
        .committed(others(&place, &[("a", Some("2")), ("b", Some("2")), ("new", Some("2"))]))
        .unwrap();
    assert_eq!(session.read("a").unwrap(), (b"2".to_vec(), 2));
    assert_eq!(session.read("b").unwrap(), (b"mine".to_vec(), 2));
    assert_eq!(session.read("new").unwrap().0, b"2");
    assert_eq!(session.list(".").unwrap(), ["a", "b", "d/", "new"]);
}

#[test]
fn a_read_committed_session_cannot_overwrite_what_it_has_not_read() {
    let place = Place::with(&[("a", "1")]);
    let mut session = open(&place, Isolation::ReadCommitted);
    let (_, version) = session.read("a").unwrap();
    session.committed(others(&place, &[("a", Some("2"))])).unwrap();
    let error = session.write("a", b"3", Some(version)).unwrap_err();
    assert_eq!(error.code(), Code::StaleVersion);
    let versions = StaleVersion::of(&error).unwrap();
    assert_eq!((versions.expected, versions.current), (Some(1), Some(2)));
    assert_eq!(session.write("a", b"3", Some(2)).unwrap(), 3);
}

#[test]
fn each_write_of_a_read_committed_session_is_merged_with_what_it_was_made_on() {
    let place = Place::with(&[("a", "1\n2\n3\n4\n5\n"), ("b", "1\n")]);
    let mut session = open(&place, Isolation::ReadCommitted);
    session.write("a", b"one\n2\n3\n4\n5\n", Some(1)).unwrap();
    let newest = others(&place, &[("a", Some("1\n2\n3\n4\nfive\n")), ("b", Some("2\n"))]);
    session.committed(newest).unwrap();
    let (_, version) = session.read("b").unwrap();
    session.write("b", b"3\n", Some(version)).unwrap();
    let changes = session.changes().unwrap();
    assert_eq!(changes.base, newest);
    assert_eq!(changes.bases.keys().collect::<Vec<_>>(), ["a"]);
    let merged = merge(place.contents(), &newest, &[&changes]).unwrap();
    assert_eq!(merged.conflicts, []);
    let expected = texts(&[("a", "one\n2\n3\n4\nfive\n"), ("b", "3\n")]);
    assert_eq!(place.texts(merged.tree), expected);
}

#[test]
fn other_sessions_keep_their_base() {
    let place = Place::with(&[("a", "1")]);
    for isolation in [Isolation::Snapshot, Isolation::Serialisable] {
        let mut session = open(&place, isolation);
        let newest = others(&place, &[("a", Some("2"))]);
        assert_eq!(session.committed(newest).unwrap_err().code(), Code::WrongState);
        assert_eq!(session.read("a").unwrap().0, b"1");
    }
}

#[test]
fn a_serialisable_session_is_merged_if_what_it_read_is_still_so() {
    let place = Place::with(&[("a", "1"), ("b", "1"), ("d/x", "1"), ("unread", "1")]);
    let mut session = open(&place, Isolation::Serialisable);
    session.read("a").unwrap();
    session.read("absent").unwrap_err();
    assert_eq!(session.list("d").unwrap(), ["x"]);
    session.write("b", b"2", Some(1)).unwrap();
    // What it wrote itself is not what it found.
    session.read("b").unwrap();
    session.write("d/own", b"2", None).unwrap();
    assert_eq!(session.list("d").unwrap(), ["own", "x"]);
    let changes = session.changes().unwrap();
    let paths: Vec<_> = changes.reads.paths().collect();
    assert_eq!(paths, ["a", "absent", "b", "d/own", "d"]);
    let harmless = others(&place, &[("unread", Some("2")), ("d/x", Some("2")), ("e", Some("2"))]);
    let merged = merge(place.contents(), &harmless, &[&changes]).unwrap();
    assert_eq!((merged.conflicts, merged.left_out), (vec![], vec![]));
    assert_eq!(merged.merged, ["b", "d/own"]);
}

#[test]
fn a_stale_read_is_a_conflict_that_names_the_path_and_nothing_is_merged() {
    let place = Place::with(&[("a", "1"), ("b", "1"), ("d/x", "1")]);
    let mut session = open(&place, Isolation::Serialisable);
    session.read("a").unwrap();
    session.read("absent").unwrap_err();
    session.list("d").unwrap();
    session.write("b", b"2", Some(1)).unwrap();
    let changes = session.changes().unwrap();
    let cases: [(Steps<'_>, &[&str]); 5] = [
        (&[("a", Some("2"))], &["a"]),
        (&[("a", None)], &["a"]),
        (&[("absent", Some("2"))], &["absent"]),
        (&[("d/new", Some("2")), ("b", Some("3"))], &["b", "d"]),
        (&[("d/x", None)], &["d"]),
    ];
    for (steps, expected) in cases {
        let newest = others(&place, steps);
        let merged = merge(place.contents(), &newest, &[&changes]).unwrap();
        assert_eq!(stale(&merged.conflicts), expected);
        assert_eq!((merged.tree, merged.merged, merged.left_out), (newest, vec![], vec![0]));
    }
}

#[test]
fn of_two_serialisable_sessions_that_read_what_the_other_writes_one_is_merged() {
    // Write skew: each alone keeps one of the two on duty, both together none.
    let place = Place::with(&[("duty/ada", "on"), ("duty/bob", "on")]);
    let leave = |who: &str| {
        let mut session = open(&place, Isolation::Serialisable);
        for name in session.list("duty").unwrap() {
            assert_eq!(session.read(&format!("duty/{name}")).unwrap().0, b"on");
        }
        session.write(who, b"off", Some(1)).unwrap();
        session.changes().unwrap()
    };
    let (one, two) = (leave("duty/ada"), leave("duty/bob"));
    let merged = merge(place.contents(), &place.tree, &[&one, &two]).unwrap();
    assert_eq!(stale(&merged.conflicts), ["duty/ada"]);
    assert_eq!(merged.left_out, [1]);
    assert_eq!(place.texts(merged.tree), texts(&[("duty/ada", "off"), ("duty/bob", "on")]));
}

#[test]
fn a_stale_read_can_be_waved_through_and_that_is_told() {
    let place = Place::with(&[("a", "1"), ("b", "1")]);
    let mut session = open(&place, Isolation::Serialisable);
    session.read("a").unwrap();
    session.write("b", b"2", Some(1)).unwrap();
    let changes = session.changes().unwrap();
    let newest = others(&place, &[("a", Some("2"))]);
    let force = MergeOptions { strategy: Strategy::Force, ..MergeOptions::default() };
    let mut one = MergeOptions::default();
    one.resolutions.insert((0, "a".to_owned()), Resolution::Mine);
    for (options, how) in [(force, How::Forced), (one, How::Mine)] {
        let merged = merge_with(place.contents(), &newest, &[&changes], &options).unwrap();
        assert_eq!(merged.conflicts, []);
        assert_eq!(merged.resolved.len(), 1);
        assert_eq!((merged.resolved[0].conflict.path.as_str(), merged.resolved[0].how), ("a", how));
        assert_eq!(place.texts(merged.tree), texts(&[("a", "2"), ("b", "2")]));
    }
    let mine = MergeOptions { strategy: Strategy::Mine, ..MergeOptions::default() };
    let merged = merge_with(place.contents(), &newest, &[&changes], &mine).unwrap();
    assert_eq!(stale(&merged.conflicts), ["a"]);
}

#[test]
fn a_session_knows_when_its_time_is_over_and_its_work_is_not_lost() {
    let place = Place::with(&[("a", "1")]);
    let expires = Some(Hlc::from_millis(1_000));
    let options = SessionOptions { expires, ..options(Isolation::Snapshot) };
    let mut session = Session::open_with(place.contents(), place.tree, &options);
    session.write("a", b"2", Some(1)).unwrap();
    assert_eq!(session.expires(), expires);
    assert!(session.check_time(Hlc::from_millis(999)).is_ok());
    assert_eq!(session.check_time(Hlc::from_millis(1_000)).unwrap_err().code(), Code::WrongState);
    assert_eq!(session.changes().unwrap().changes.len(), 1);
    assert!(place.session().check_time(Hlc::from_millis(u64::MAX >> 16)).is_ok());
}

#[test]
fn opening_and_moving_a_session_reads_nothing() {
    let place = Place::with(&[("a", "a")]);
    let absent = Tree::of(GitId::from_bytes(&[9; 20]).unwrap());
    for isolation in [Isolation::Snapshot, Isolation::ReadCommitted, Isolation::Serialisable] {
        let session = Session::open_with(place.contents(), absent, &options(isolation));
        assert_eq!(session.read("a").unwrap_err().code(), Code::MissingObject);
    }
    let mut session = open(&place, Isolation::ReadCommitted);
    session.committed(absent).unwrap();
    assert_eq!(session.read("a").unwrap_err().code(), Code::MissingObject);
}

#[test]
fn a_list_has_what_is_in_the_tree_and_in_the_session() {
    let place =
        Place::with(&[("a", "1"), ("d/e/f", "1"), ("d/g", "1"), ("gone/x", "1"), ("z", "")]);
    let tree = others(&place, &[("gone/x", None), ("added/y", Some("1")), ("d/g", None)]);
    let mut session = Session::open(place.contents(), tree, &everywhere());
    assert_eq!(session.list(".").unwrap(), ["a", "added/", "d/", "z"]);
    session.write("d/h/i", b"1", None).unwrap();
    session.delete("d/e/f", 1).unwrap();
    session.delete("a", 1).unwrap();
    assert_eq!(session.list("d").unwrap(), ["h/"]);
    assert_eq!(session.list(".").unwrap(), ["added/", "d/", "z"]);
    assert_eq!(session.list("nowhere").unwrap(), [""; 0]);
    assert_eq!(session.list("../x").unwrap_err().code(), Code::NotGranted);
    let narrow = axon_workspace::Scope { paths: vec!["d/e".to_owned()], read_only: Vec::new() };
    let session = Session::open(place.contents(), place.tree, &narrow);
    assert_eq!(session.list("d").unwrap_err().code(), Code::NotGranted);
    assert_eq!(session.list("d/e").unwrap(), ["f"]);
}
