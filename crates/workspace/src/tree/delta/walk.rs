//! Reading in order.

use axon_domain::{ObjectId, ObjectStore, Result};

use super::Entry;
use super::node::{Child, Node, Value};

/// The entries of a delta, in the order of the paths' bytes; ends after the first error.
pub struct Iter<'a> {
    store: &'a dyn ObjectStore,
    /// The node to begin with, until it is read.
    root: Option<ObjectId>,
    start: String,
    stack: Vec<(Node, usize)>,
}

impl std::fmt::Debug for Iter<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Iter").field("start", &self.start).finish_non_exhaustive()
    }
}

impl<'a> Iter<'a> {
    pub(super) fn new(store: &'a dyn ObjectStore, root: Option<ObjectId>, start: &str) -> Self {
        Self { store, root, start: start.to_owned(), stack: Vec::new() }
    }

    fn advance(&mut self) -> Result<Option<(String, Option<Entry>)>> {
        if let Some(root) = self.root.take() {
            let node = Node::load(self.store, root)?;
            let at = node.position(&self.start);
            self.stack.push((node, at));
        }
        while let Some((node, at)) = self.stack.last_mut() {
            let here = *at;
            *at += 1;
            let child = match node.entries.get_mut(here) {
                None => {
                    self.stack.pop();
                    continue;
                }
                Some((key, Value::File(file))) => return Ok(Some((std::mem::take(key), *file))),
                Some((key, Value::Node(id))) => {
                    let level = node.level.saturating_sub(1);
                    Child { id: *id, level, last: key }.load(self.store)?
                }
            };
            let first = child.position(&self.start);
            self.stack.push((child, first));
        }
        Ok(None)
    }
}

impl Iterator for Iter<'_> {
    type Item = Result<(String, Option<Entry>)>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.advance();
        if next.is_err() {
            self.stack.clear();
        }
        next.transpose()
    }
}
