//! The differences of two deltas, without reading what they share.

use std::cmp::Ordering;

use axon_domain::{ObjectId, ObjectStore, Result};

use super::Entry;
use super::node::{Child, Node, Value};

/// A path about which two deltas say different things: `None` is nothing, `Some(None)` deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The path.
    pub path: String,
    /// What the first says.
    pub old: Option<Option<Entry>>,
    /// What the second says.
    pub new: Option<Option<Entry>>,
}

/// One side: what is still to be compared, the next on top.
struct Side<'a> {
    store: &'a dyn ObjectStore,
    /// Level of the value (0: a file), key, value.
    waiting: Vec<(u8, String, Value)>,
    /// Everything up to and with this key is done.
    done: String,
}

impl<'a> Side<'a> {
    fn new(store: &'a dyn ObjectStore, root: Option<ObjectId>) -> Result<Self> {
        let mut side = Self { store, waiting: Vec::new(), done: String::new() };
        if let Some(root) = root {
            let node = Node::load(store, root)?;
            if let Some((last, _)) = node.entries.last() {
                let last = last.clone();
                side.waiting.push((node.level + 1, last, Value::Node(root)));
            }
        }
        Ok(side)
    }

    fn pop(&mut self) -> Option<(String, Value)> {
        let (_, key, value) = self.waiting.pop()?;
        self.done.clone_from(&key);
        Some((key, value))
    }

    /// Replaces the node on top by what is in it.
    fn expand(&mut self) -> Result<()> {
        if let Some((level, last, Value::Node(id))) = self.waiting.pop() {
            let node =
                Child { id, level: level.saturating_sub(1), last: &last }.load(self.store)?;
            let inside = node.level;
            self.waiting
                .extend(node.entries.into_iter().rev().map(|(key, value)| (inside, key, value)));
        }
        Ok(())
    }
}

/// What to do with the tops of both sides.
enum Turn {
    SkipBoth,
    ExpandOld,
    ExpandNew,
    TakeOld,
    TakeNew,
    TakeBoth,
}

pub(super) fn compare(
    store: &dyn ObjectStore,
    old: Option<ObjectId>,
    new: Option<ObjectId>,
) -> Result<Vec<Difference>> {
    let mut differences = Vec::new();
    if old == new {
        return Ok(differences);
    }
    let (mut old, mut new) = (Side::new(store, old)?, Side::new(store, new)?);
    while let Some(turn) = next_turn(&old, &new) {
        match turn {
            Turn::SkipBoth => {
                old.pop();
                new.pop();
            }
            Turn::ExpandOld => old.expand()?,
            Turn::ExpandNew => new.expand()?,
            Turn::TakeOld => {
                if let Some((path, Value::File(file))) = old.pop() {
                    differences.push(Difference { path, old: Some(file), new: None });
                }
            }
            Turn::TakeNew => {
                if let Some((path, Value::File(file))) = new.pop() {
                    differences.push(Difference { path, old: None, new: Some(file) });
                }
            }
            Turn::TakeBoth => {
                if let (Some((path, Value::File(before))), Some((_, Value::File(after)))) =
                    (old.pop(), new.pop())
                    && before != after
                {
                    differences.push(Difference { path, old: Some(before), new: Some(after) });
                }
            }
        }
    }
    Ok(differences)
}

fn next_turn(old: &Side<'_>, new: &Side<'_>) -> Option<Turn> {
    let turn = match (old.waiting.last(), new.waiting.last()) {
        (None, None) => return None,
        (Some((_, _, Value::File(_))), None) => Turn::TakeOld,
        (Some(_), None) => Turn::ExpandOld,
        (None, Some((_, _, Value::File(_)))) => Turn::TakeNew,
        (None, Some(_)) => Turn::ExpandNew,
        (Some((old_level, old_key, old_value)), Some((new_level, new_key, new_value))) => {
            match (old_value, new_value) {
                (Value::Node(a), Value::Node(b)) if a == b => Turn::SkipBoth,
                // The larger node first; of two alike the one that ends later.
                (Value::Node(_), Value::Node(_)) => {
                    match old_level.cmp(new_level).then_with(|| old_key.cmp(new_key)) {
                        Ordering::Less => Turn::ExpandNew,
                        Ordering::Equal | Ordering::Greater => Turn::ExpandOld,
                    }
                }
                // A file before everything in the node is only on its own side.
                (Value::File(_), Value::Node(_)) if *old_key <= new.done => Turn::TakeOld,
                (Value::File(_), Value::Node(_)) => Turn::ExpandNew,
                (Value::Node(_), Value::File(_)) if *new_key <= old.done => Turn::TakeNew,
                (Value::Node(_), Value::File(_)) => Turn::ExpandOld,
                (Value::File(_), Value::File(_)) => match old_key.cmp(new_key) {
                    Ordering::Less => Turn::TakeOld,
                    Ordering::Greater => Turn::TakeNew,
                    Ordering::Equal => Turn::TakeBoth,
                },
            }
        }
    };
    Some(turn)
}
