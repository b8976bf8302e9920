//! The persistent map of changed files.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;

use axon_domain::{Code, ContentId, ObjectId, ObjectStore};
use axon_workspace::{Delta, Edit, Entry, EntryMode};
use proptest::prelude::*;

use crate::support::Memory;

type Model = BTreeMap<String, Option<Entry>>;

fn entry(number: u8) -> Entry {
    Entry { content: ContentId::Object(ObjectId([number; 32])), mode: EntryMode::Regular }
}

fn put(paths: impl IntoIterator<Item = String>) -> Vec<(String, Edit)> {
    paths.into_iter().map(|path| (path, Edit::Put(entry(1)))).collect()
}

fn numbered(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("src/module_{number:06}.rs")).collect()
}

fn listed(delta: &Delta, store: &Memory) -> Model {
    delta.iter(store).map(Result::unwrap).collect()
}

fn apply_to_model(model: &mut Model, edits: &[(String, Edit)]) {
    for (path, edit) in edits {
        match edit {
            Edit::Put(entry) => model.insert(path.clone(), Some(*entry)),
            Edit::Delete => model.insert(path.clone(), None),
            Edit::Restore => model.remove(path),
        };
    }
}

fn arbitrary_edits() -> impl Strategy<Value = Vec<Vec<(String, Edit)>>> {
    let path = prop_oneof![
        (0u16..2000).prop_map(|number| format!("dir{}/file{number}", number % 7)),
        "[a-c]{1,3}(/[a-c]{1,2})?",
    ];
    let edit = prop_oneof![
        4 => any::<u8>().prop_map(|number| Edit::Put(entry(number))),
        1 => Just(Edit::Delete),
        2 => Just(Edit::Restore),
    ];
    let batch = prop::collection::btree_map(path, edit, 0..300)
        .prop_map(|batch| batch.into_iter().collect::<Vec<_>>());
    prop::collection::vec(batch, 0..6)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn it_behaves_like_a_sorted_map(batches in arbitrary_edits(), start in "[a-e]{0,2}") {
        let store = Memory::default();
        let mut delta = Delta::default();
        let mut model = Model::new();
        for edits in &batches {
            delta = delta.apply(&store, edits).unwrap();
            apply_to_model(&mut model, edits);
        }
        prop_assert_eq!(&listed(&delta, &store), &model);
        for path in batches.iter().flatten().map(|(path, _)| path) {
            prop_assert_eq!(delta.get(&store, path).unwrap(), model.get(path).copied());
        }
        let from: Vec<_> = delta.iter_from(&store, &start).map(Result::unwrap).collect();
        let expected: Vec<_> = model.range(start..).map(|(k, v)| (k.clone(), *v)).collect();
        prop_assert_eq!(from, expected);
    }

    #[test]
    fn the_root_depends_on_the_content_alone(batches in arbitrary_edits()) {
        let store = Memory::default();
        let mut delta = Delta::default();
        let mut model = Model::new();
        for edits in &batches {
            delta = delta.apply(&store, edits).unwrap();
            apply_to_model(&mut model, edits);
        }
        let at_once: Vec<(String, Edit)> = model
            .iter()
            .map(|(path, file)| (path.clone(), file.map_or(Edit::Delete, Edit::Put)))
            .collect();
        prop_assert_eq!(Delta::default().apply(&store, &at_once).unwrap(), delta);
        let mut one_by_one = Delta::default();
        for edit in at_once.iter().rev() {
            one_by_one = one_by_one.apply(&store, std::slice::from_ref(edit)).unwrap();
        }
        prop_assert_eq!(one_by_one, delta);
    }

    #[test]
    fn a_comparison_finds_exactly_what_differs(
        common in arbitrary_edits(),
        left in arbitrary_edits(),
        right in arbitrary_edits(),
    ) {
        let store = Memory::default();
        let build = |more: &[Vec<(String, Edit)>]| {
            let (mut delta, mut model) = (Delta::default(), Model::new());
            for edits in common.iter().chain(more) {
                delta = delta.apply(&store, edits).unwrap();
                apply_to_model(&mut model, edits);
            }
            (delta, model)
        };
        let ((old, old_model), (new, new_model)) = (build(&left), build(&right));
        let found: Vec<_> = old
            .diff(&new, &store)
            .unwrap()
            .into_iter()
            .map(|difference| (difference.path, difference.old, difference.new))
            .collect();
        let paths: BTreeSet<&String> = old_model.keys().chain(new_model.keys()).collect();
        let expected: Vec<_> = paths
            .into_iter()
            .map(|path| (path.clone(), old_model.get(path).copied(), new_model.get(path).copied()))
            .filter(|(_, old, new)| old != new)
            .collect();
        prop_assert_eq!(found, expected);
    }
}

#[test]
fn an_edit_of_a_large_delta_touches_few_nodes_and_so_does_its_comparison() {
    let store = Memory::default();
    let large = Delta::default().apply(&store, &put(numbered(20_000))).unwrap();
    store.reads.store(0, Ordering::Relaxed);
    store.writes.store(0, Ordering::Relaxed);
    let edit = [("src/module_010000.rs".to_owned(), Edit::Delete)];
    let edited = large.apply(&store, &edit).unwrap();
    let (reads, writes) =
        (store.reads.swap(0, Ordering::Relaxed), store.writes.load(Ordering::Relaxed));
    assert!(writes <= 10, "{writes} nodes written");
    assert!(reads <= 60, "{reads} nodes read");
    let differences = large.diff(&edited, &store).unwrap();
    assert_eq!(differences.len(), 1);
    assert_eq!(differences[0].new, Some(None));
    let reads = store.reads.load(Ordering::Relaxed);
    assert!(reads <= 30, "{reads} nodes read to compare");
}

#[test]
fn names_chosen_against_the_boundaries_only_bound_the_nodes() {
    // Very long names end nodes by their size.
    let store = Memory::default();
    let long = (0..100).map(|number| format!("{}/{number:03}", "x".repeat(4000)));
    let delta = Delta::default().apply(&store, &put(long)).unwrap();
    assert_eq!(listed(&delta, &store).len(), 100);
    let root = store.get(delta.root().unwrap()).unwrap();
    assert!(root.len() < 100_000, "{} bytes", root.len());
}

#[test]
fn taking_everything_back_leaves_no_root() {
    let store = Memory::default();
    let delta = Delta::default().apply(&store, &put(numbered(500))).unwrap();
    let back: Vec<_> = numbered(500).into_iter().map(|path| (path, Edit::Restore)).collect();
    assert_eq!(delta.apply(&store, &back).unwrap().root(), None);
}

#[test]
fn damaged_nodes_are_told_as_damage() {
    let store = Memory::default();
    let paths = numbered(2000);
    let delta = Delta::default().apply(&store, &put(paths.clone())).unwrap();
    let other = Delta::default().apply(&store, &put(numbered(3))).unwrap();
    // A node of another place, where the root was: its keys are not those its parent means.
    let root = delta.root().unwrap();
    let bytes = store.get(root).unwrap();
    let child = ObjectId(bytes[bytes.len() - 32..].try_into().unwrap());
    store.damage(child, &store.get(other.root().unwrap()).unwrap());
    let failed = delta.get(&store, paths.last().unwrap()).unwrap_err();
    assert_eq!(failed.code(), Code::LedgerDamaged);
    assert!(delta.iter(&store).any(|item| item.is_err()));
    store.damage(root, b"not a node");
    assert_eq!(delta.get(&store, "x").unwrap_err().code(), Code::LedgerDamaged);
    assert_eq!(delta.apply(&store, &put(numbered(1))).unwrap_err().code(), Code::LedgerDamaged);
    assert_eq!(delta.diff(&other, &store).unwrap_err().code(), Code::LedgerDamaged);
}

#[test]
fn unsorted_edits_are_refused() {
    let edits = put(["b".to_owned(), "a".to_owned()]);
    assert!(Delta::default().apply(&Memory::default(), &edits).is_err());
}
