//! A syntax tree as an array: constant-time parents, and macro arguments parsed in place.
//!
//! `tree-sitter` nodes find their parent by descending from the root, and leave macro arguments
//! as bare tokens. Name resolution walks upwards from every place, through macros too.

use std::sync::{Arc, LazyLock};

use axon_domain::Language;
use tree_sitter::{Tree, TreeCursor};

use crate::sources::grammar;

/// One node of an [`Ast`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct NodeId(pub(super) u32);

const NONE: u32 = u32::MAX;

/// The kind of the arguments of a macro that were parsed as code.
pub(super) const OPENED: &str = "opened_tokens";

#[derive(Debug, Clone, Copy)]
struct Node {
    start: u32,
    end: u32,
    parent: u32,
    first: u32,
    last: u32,
    next: u32,
    kind: u16,
    field: u16,
    error: bool,
    opened: bool,
}

/// The named nodes of a file, comments apart.
#[derive(Debug)]
pub(super) struct Ast {
    /// The text that the offsets refer to.
    pub(super) text: Arc<str>,
    nodes: Vec<Node>,
    /// Comments, in the order of the text, with the node that they stand in.
    pub(super) comments: Vec<Comment>,
}

/// One comment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Comment {
    /// First byte.
    pub(super) start: usize,
    /// The byte after it (of a documentation line with its line break).
    pub(super) end: usize,
    /// The node around it.
    pub(super) parent: NodeId,
}

struct Names {
    kinds: Vec<&'static str>,
    fields: Vec<&'static str>,
}

static NAMES: LazyLock<Names> = LazyLock::new(|| {
    let language: &'static tree_sitter::Language = Box::leak(Box::new(grammar(Language::Rust)));
    let kinds = u16::try_from(language.node_kind_count()).unwrap_or(u16::MAX);
    let fields = u16::try_from(language.field_count()).unwrap_or(u16::MAX);
    Names {
        kinds: (0..kinds).map(|id| language.node_kind_for_id(id).unwrap_or("")).collect(),
        fields: (0..=fields).map(|id| language.field_name_for_id(id).unwrap_or("")).collect(),
    }
});

impl Ast {
    /// The array of a tree.
    pub(super) fn new(text: Arc<str>, tree: &Tree) -> Self {
        let mut ast = Self { text, nodes: Vec::new(), comments: Vec::new() };
        ast.graft(&mut tree.walk(), NONE, 0);
        ast
    }

    /// The root.
    pub(super) fn root(&self) -> NodeId {
        NodeId(0)
    }

    /// How many nodes there are.
    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Adds the children of `from` (a node of another tree, whose text stands in this text
    /// `shift` bytes further) below `host`.
    pub(super) fn splice(&mut self, host: NodeId, from: tree_sitter::Node<'_>, shift: isize) {
        let mut cursor = from.walk();
        if !cursor.goto_first_child() {
            return;
        }
        loop {
            if cursor.node().is_named() {
                let mut below = cursor.node().walk();
                self.graft(&mut below, host.0, shift);
            }
            if !cursor.goto_next_sibling() {
                break;
            }
        }
    }

    /// Forgets the tokens of a macro, before the code that they are takes their place. From
    /// then on the node's kind is [`OPENED`].
    pub(super) fn open_tokens(&mut self, node: NodeId) {
        self.nodes[node.0 as usize].opened = true;
        self.nodes[node.0 as usize].first = NONE;
        self.nodes[node.0 as usize].last = NONE;
    }

    fn graft(&mut self, cursor: &mut TreeCursor<'_>, host: u32, shift: isize) {
        let mut parent = host;
        loop {
            let node = cursor.node();
            let comment = matches!(node.kind(), "line_comment" | "block_comment");
            if comment && host == NONE {
                let (start, end) = shifted(&node, shift);
                self.comments.push(Comment { start, end, parent: NodeId(parent) });
            } else if node.is_named() && !comment {
                let field = cursor.field_id().map_or(0, std::num::NonZero::get);
                let id = self.push(&node, field, parent, shift);
                if cursor.goto_first_child() {
                    parent = id;
                    continue;
                }
            }
            while !cursor.goto_next_sibling() {
                if !cursor.goto_parent() {
                    return;
                }
                parent = self.nodes[parent as usize].parent;
            }
        }
    }

    fn push(&mut self, node: &tree_sitter::Node<'_>, field: u16, parent: u32, shift: isize) -> u32 {
        let id = u32::try_from(self.nodes.len()).unwrap_or(NONE);
        let (start, end) = shifted(node, shift);
        self.nodes.push(Node {
            start: u32::try_from(start).unwrap_or(NONE),
            end: u32::try_from(end).unwrap_or(NONE),
            parent,
            first: NONE,
            last: NONE,
            next: NONE,
            kind: node.kind_id(),
            field,
            error: node.is_error() || node.is_missing(),
            opened: false,
        });
        if let Some(above) = self.nodes.get(parent as usize).copied() {
            match self.nodes.get_mut(above.last as usize) {
                Some(last) => last.next = id,
                None => self.nodes[parent as usize].first = id,
            }
            self.nodes[parent as usize].last = id;
        }
        id
    }

    /// The name of the node's kind in the grammar.
    pub(super) fn kind(&self, node: NodeId) -> &'static str {
        if self.nodes[node.0 as usize].error {
            return "ERROR";
        }
        if self.nodes[node.0 as usize].opened {
            return OPENED;
        }
        NAMES.kinds.get(usize::from(self.nodes[node.0 as usize].kind)).copied().unwrap_or("")
    }

    /// The field of its parent that the node stands in; empty where in none.
    pub(super) fn field_of(&self, node: NodeId) -> &'static str {
        NAMES.fields.get(usize::from(self.nodes[node.0 as usize].field)).copied().unwrap_or("")
    }

    /// First byte.
    pub(super) fn start(&self, node: NodeId) -> usize {
        self.nodes[node.0 as usize].start as usize
    }

    /// The byte after the last.
    pub(super) fn end(&self, node: NodeId) -> usize {
        self.nodes[node.0 as usize].end as usize
    }

    /// Its text.
    pub(super) fn text(&self, node: NodeId) -> &str {
        self.text.get(self.start(node)..self.end(node)).unwrap_or_default()
    }

    /// Its text as a name, without `r#`.
    pub(super) fn name(&self, node: NodeId) -> &str {
        let text = self.text(node);
        text.strip_prefix("r#").unwrap_or(text)
    }

    /// The node around it.
    pub(super) fn parent(&self, node: NodeId) -> Option<NodeId> {
        let parent = self.nodes[node.0 as usize].parent;
        (parent != NONE).then_some(NodeId(parent))
    }

    /// The nodes around it, nearest first.
    pub(super) fn ancestors(&self, node: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        std::iter::successors(self.parent(node), |node| self.parent(*node))
    }

    /// Its children, comments apart.
    pub(super) fn children(&self, node: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        let link = |at: u32| (at != NONE).then_some(NodeId(at));
        let first = link(self.nodes[node.0 as usize].first);
        std::iter::successors(first, move |node| link(self.nodes[node.0 as usize].next))
    }

    /// The child in this field.
    pub(super) fn field(&self, node: NodeId, name: &str) -> Option<NodeId> {
        self.children(node).find(|child| self.field_of(*child) == name)
    }

    /// The first child of this kind.
    pub(super) fn child_of_kind(&self, node: NodeId, kind: &str) -> Option<NodeId> {
        self.children(node).find(|child| self.kind(*child) == kind)
    }

    /// Every node below it and itself, in the order of the text (spliced ones where their
    /// macro stands), without the subtrees that `enter` refuses.
    pub(super) fn walk(&self, from: NodeId, mut visit: impl FnMut(NodeId) -> bool) {
        let mut stack = vec![from];
        let mut below = Vec::new();
        while let Some(node) = stack.pop() {
            if visit(node) {
                below.extend(self.children(node));
                stack.extend(below.drain(..).rev());
            }
        }
    }
}

fn shifted(node: &tree_sitter::Node<'_>, shift: isize) -> (usize, usize) {
    let move_by = |at: usize| at.saturating_add_signed(shift);
    (move_by(node.start_byte()), move_by(node.end_byte()))
}
