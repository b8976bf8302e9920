//! Edits.
//!
//! Each level is a sorted sequence of entries cut into nodes. Edits of a level replace the nodes
//! that they fall into, and go on to the following nodes until a new node begins where an old one
//! began: from there on nothing differs. The replaced and the new nodes are the edits of the level
//! above.

use std::collections::BTreeMap;

use axon_domain::{Code, Error, ObjectId, ObjectStore, Result};

use super::Edit;
use super::node::{Boundary, Node, Value, encode};

/// Edits of one level: key → the new value, or `None` to take the entry out.
type LevelEdits = BTreeMap<String, Option<Value>>;

pub(super) fn apply(
    store: &dyn ObjectStore,
    root: Option<ObjectId>,
    edits: &[(String, Edit)],
) -> Result<Option<ObjectId>> {
    if !edits.is_sorted_by(|a, b| a.0 < b.0) {
        return Err(Error::new(Code::Bug, "the edits of a tree are not sorted"));
    }
    if let Some((path, _)) = edits.iter().find(|(path, _)| path.is_empty() || path.len() > 1 << 16)
    {
        return Err(Error::new(Code::NotGranted, "this is not a path").at(path.clone()));
    }
    let mut level_edits: LevelEdits = edits
        .iter()
        .map(|(path, edit)| {
            let value = match edit {
                Edit::Put(entry) => Some(Value::File(Some(*entry))),
                Edit::Delete => Some(Value::File(None)),
                Edit::Restore => None,
            };
            (path.clone(), value)
        })
        .collect();
    let Some(root) = root else { return build(store, 0, level_edits) };
    let top = Node::load(store, root)?;
    let height = top.level;
    for level in 0..=height {
        let mut editor = LevelEditor { store, top: &top, level, above: LevelEdits::new() };
        editor.run(&level_edits)?;
        level_edits = editor.above;
        if level_edits.is_empty() {
            return Ok(Some(root));
        }
    }
    // What is left is about the root itself: it goes, and these nodes come.
    build(store, height.saturating_add(1), level_edits)
}

/// Builds levels from these entries until there is one node, and the lowest such node is the root.
fn build(store: &dyn ObjectStore, from: u8, entries: LevelEdits) -> Result<Option<ObjectId>> {
    let mut level = from;
    let mut entries: Vec<(String, Value)> =
        entries.into_iter().filter_map(|(key, value)| Some((key, value?))).collect();
    loop {
        if entries.is_empty() {
            return Ok(None);
        }
        if let [(_, Value::Node(id))] = entries.as_slice() {
            return lowest(store, *id).map(Some);
        }
        let mut writer = Writer::new(store, level);
        for (key, value) in entries {
            writer.push(key, value)?;
        }
        writer.finish()?;
        entries = writer.written.into_iter().map(|(key, id)| (key, Value::Node(id))).collect();
        level = level.saturating_add(1);
    }
}

/// A node with a single child says no more than the child.
fn lowest(store: &dyn ObjectStore, mut id: ObjectId) -> Result<ObjectId> {
    loop {
        match Node::load(store, id)?.entries.as_slice() {
            [(_, Value::Node(child))] => id = *child,
            _ => return Ok(id),
        }
    }
}

/// Cuts entries into nodes and keeps them.
struct Writer<'a> {
    store: &'a dyn ObjectStore,
    node: Node,
    boundary: Boundary,
    written: Vec<(String, ObjectId)>,
}

impl<'a> Writer<'a> {
    fn new(store: &'a dyn ObjectStore, level: u8) -> Self {
        let node = Node { level, entries: Vec::new() };
        Self { store, node, boundary: Boundary::new(level), written: Vec::new() }
    }

    fn push(&mut self, key: String, value: Value) -> Result<()> {
        let ends = self.boundary.ends_after(&key);
        self.node.entries.push((key, value));
        if ends { self.finish() } else { Ok(()) }
    }

    /// Whether the next entry begins a node.
    fn is_between(&self) -> bool {
        self.node.entries.is_empty()
    }

    fn finish(&mut self) -> Result<()> {
        if let Some((last, _)) = self.node.entries.last() {
            let last = last.clone();
            let id = self.store.put(&encode(&self.node))?;
            self.written.push((last, id));
            self.node.entries.clear();
        }
        Ok(())
    }
}

struct LevelEditor<'a> {
    store: &'a dyn ObjectStore,
    top: &'a Node,
    level: u8,
    above: LevelEdits,
}

impl LevelEditor<'_> {
    fn run(&mut self, edits: &LevelEdits) -> Result<()> {
        let mut waiting = edits.iter().peekable();
        while let Some((first, _)) = waiting.peek() {
            let mut old = self.node_at(first)?;
            let mut writer = Writer::new(self.store, self.level);
            loop {
                let is_last = self.is_last(&old.0)?;
                self.above.insert(old.0.clone(), None);
                for (key, value) in old.1.entries {
                    while let Some((edited, change)) = waiting.next_if(|(edited, _)| **edited < key)
                    {
                        push_change(&mut writer, edited, change)?;
                    }
                    match waiting.next_if(|(edited, _)| **edited == key) {
                        Some((edited, change)) => push_change(&mut writer, edited, change)?,
                        None => writer.push(key, value)?,
                    }
                }
                if is_last {
                    for (edited, change) in waiting.by_ref() {
                        push_change(&mut writer, edited, change)?;
                    }
                    writer.finish()?;
                }
                if writer.is_between() {
                    break;
                }
                old = self.node_after(&old.0)?;
            }
            for (last, id) in writer.written {
                self.above.insert(last, Some(Value::Node(id)));
            }
        }
        self.drop_unchanged()
    }

    /// A node that came out as it was is no edit of the level above.
    fn drop_unchanged(&mut self) -> Result<()> {
        let mut unchanged = Vec::new();
        for (last, value) in &self.above {
            if let Some(Value::Node(id)) = value
                && self.id_of(last)? == Some(*id)
            {
                unchanged.push(last.clone());
            }
        }
        for last in unchanged {
            self.above.remove(&last);
        }
        Ok(())
    }

    /// The node of this level for a key, with its last key; the last node for a key beyond all.
    fn node_at(&self, key: &str) -> Result<(String, Node)> {
        let mut node = self.top.clone();
        while node.level > self.level {
            let at = node.position(key).min(node.entries.len().saturating_sub(1));
            let Some(child) = node.child(at) else { break };
            node = child.load(self.store)?;
        }
        let last = node.entries.last().map(|(key, _)| key.clone()).unwrap_or_default();
        Ok((last, node))
    }

    fn is_last(&self, last: &str) -> Result<bool> {
        Ok(self.top.entries.last().is_none_or(|(end, _)| end == last))
    }

    /// The node that follows the one with this last key.
    fn node_after(&self, last: &str) -> Result<(String, Node)> {
        // The smallest key that is greater.
        self.node_at(&format!("{last}\0"))
    }

    /// The id of the node of this level with exactly this last key.
    fn id_of(&self, last: &str) -> Result<Option<ObjectId>> {
        if self.top.level == self.level {
            let is_top = self.top.entries.last().is_some_and(|(end, _)| end == last);
            return Ok(is_top.then(|| ObjectId(*blake3::hash(&encode(self.top)).as_bytes())));
        }
        let mut node = self.top.clone();
        while node.level > self.level + 1 {
            let Some(child) = node.child(node.position(last)) else { return Ok(None) };
            node = child.load(self.store)?;
        }
        let entry = node.entries.get(node.position(last));
        Ok(entry.and_then(|(key, value)| match value {
            Value::Node(id) if key == last => Some(*id),
            _ => None,
        }))
    }
}

fn push_change(writer: &mut Writer<'_>, key: &str, change: &Option<Value>) -> Result<()> {
    match change {
        Some(value) => writer.push(key.to_owned(), *value),
        None => Ok(()),
    }
}
