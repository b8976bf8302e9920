//! The walk over a tree that makes an [`Index`]: an explicit stack, no recursion over input.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use axon_domain::Language;
use tree_sitter::Node;

use super::model::{
    Binding, BindingKind, Index, Occurrence, OccurrenceKind, Role, Scope, ScopeId, ScopeKind,
    TextKind, TextUse, Wanted,
};
use crate::sources::{long_comments, nfkc, parse};
use crate::text::words;

/// The names that a request is about.
#[derive(Debug, Clone)]
pub(super) struct Names {
    pub(super) from: String,
    /// Empty where nothing is renamed yet.
    pub(super) to: String,
}

/// The index of a file; `None` when the parser gave up.
pub(super) fn index(text: &str, names: &Names) -> axon_domain::Result<Option<Index>> {
    let Some(tree) = parse(Language::Python, text)? else { return Ok(None) };
    let mut build = Build { index: Index::default(), names, receivers: HashMap::new() };
    let module = build.scope(ScopeKind::Module, None, String::new(), None);
    let source = Source { text, segments: vec![(0, 0)], level: 0 };
    let context = Context::at(module);
    let mut walk = Walk { build: &mut build, source, stack: Vec::new() };
    walk.run(tree.root_node(), context);
    for comment in long_comments(text) {
        walk.note(comment, &TextKind::Comment);
    }
    let mut index = build.index;
    settle_globals(&mut index);
    index.occurrences.sort_by_key(|at| at.span.start);
    for (at, scope) in index.scopes.iter().enumerate() {
        index.paths.entry(scope.path.clone()).or_default().push(at);
    }
    Ok(Some(index))
}

/// Names declared `global` or `nonlocal` are bound where the declaration says.
fn settle_globals(index: &mut Index) {
    for scope in 0..index.scopes.len() {
        for name in std::mem::take(&mut index.scopes[scope].globals) {
            move_binding(index, scope, 0, &name);
            index.scopes[scope].globals.push(name);
        }
        for name in std::mem::take(&mut index.scopes[scope].nonlocals) {
            let mut outer = index.scopes[scope].parent;
            while let Some(at) = outer {
                let found = &index.scopes[at];
                if found.kind != ScopeKind::Class && found.names.contains_key(&name) {
                    break;
                }
                outer = found.parent;
            }
            if let Some(outer) = outer.filter(|outer| *outer != scope) {
                move_binding(index, scope, outer, &name);
            }
            index.scopes[scope].nonlocals.push(name);
        }
    }
}

fn move_binding(index: &mut Index, scope: ScopeId, outer: ScopeId, name: &str) {
    if scope == outer {
        return;
    }
    let Some(moved) = index.scopes[scope].names.remove(name) else { return };
    for binding in &moved {
        index.bindings[*binding].scope = outer;
    }
    index.scopes[outer].names.entry(name.into()).or_default().extend(moved);
}

/// What is collected.
pub(super) struct Build<'n> {
    pub(super) index: Index,
    pub(super) names: &'n Names,
    /// Scopes of methods: the class and what the method calls its receiver.
    pub(super) receivers: HashMap<ScopeId, (usize, Box<str>)>,
}

/// A text that is walked: the file, or a part of it that is code of its own.
pub(super) struct Source<'t> {
    pub(super) text: &'t str,
    /// From which byte here on, which byte of the file; sorted.
    pub(super) segments: Vec<(usize, usize)>,
    /// How many texts it lies within.
    pub(super) level: u32,
}

impl Source<'_> {
    /// The bytes of the file.
    pub(super) fn span(&self, range: Range<usize>) -> Range<usize> {
        let at = self.segments.partition_point(|(here, _)| *here <= range.start).max(1) - 1;
        let (here, file) = self.segments[at];
        let start = range.start - here + file;
        start..start + (range.end - range.start)
    }
}

/// Where a node is met.
#[derive(Debug, Clone)]
pub(super) struct Context {
    pub(super) scope: ScopeId,
    /// Strings are types here.
    pub(super) annotation: bool,
    /// The body of a module, class or function: its first string is documentation.
    pub(super) body: bool,
    pub(super) docstring: bool,
    pub(super) broken: bool,
    pub(super) documentation: bool,
    pub(super) quoted: bool,
    /// The function of the enclosing `def`.
    pub(super) function: Option<usize>,
    /// What takes strings by name here.
    pub(super) text: Option<&'static TextRole>,
    pub(super) callee: Option<std::rc::Rc<str>>,
}

/// What a function does with the strings that it is given.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum TextRole {
    LooksUp,
    Patches,
    Evaluates,
}

impl Context {
    pub(super) fn at(scope: ScopeId) -> Self {
        Self {
            scope,
            annotation: false,
            body: true,
            docstring: false,
            broken: false,
            documentation: false,
            quoted: false,
            function: None,
            text: None,
            callee: None,
        }
    }

    /// The same place without what concerns only the node itself.
    pub(super) fn plain(&self) -> Self {
        Self { body: false, docstring: false, ..self.clone() }
    }

    /// Another scope at the same place.
    pub(super) fn within(&self, scope: ScopeId) -> Self {
        Self { scope, annotation: false, text: None, callee: None, ..self.plain() }
    }

    /// An annotation at the same place.
    pub(super) fn types(&self) -> Self {
        Self { annotation: true, text: None, callee: None, ..self.plain() }
    }

    /// Ordinary code at the same place.
    pub(super) fn code(&self) -> Self {
        Self { annotation: false, text: None, callee: None, ..self.plain() }
    }
}

impl Build<'_> {
    pub(super) fn scope(
        &mut self,
        kind: ScopeKind,
        parent: Option<ScopeId>,
        path: String,
        owner: Option<usize>,
    ) -> ScopeId {
        self.index.scopes.push(Scope { kind, parent, path, owner, ..Scope::default() });
        self.index.scopes.len() - 1
    }

    pub(super) fn wanted(&self, name: &str) -> Option<Wanted> {
        if name == self.names.from {
            Some(Wanted::From)
        } else if name == self.names.to {
            Some(Wanted::To)
        } else {
            None
        }
    }

    pub(super) fn bind(
        &mut self,
        scope: ScopeId,
        name: Box<str>,
        span: Range<usize>,
        kind: BindingKind,
    ) -> usize {
        let at = self.index.bindings.len();
        self.index.scopes[scope].names.entry(name.clone()).or_default().push(at);
        let effect = span.end;
        self.index.bindings.push(Binding { name, scope, span, effect, kind });
        at
    }

    /// Says where the bindings made since hold from.
    pub(super) fn effective(&mut self, since: usize, from: usize) {
        for binding in &mut self.index.bindings[since..] {
            binding.effect = from;
        }
    }

    /// The scope in which an assignment expression binds: comprehensions pass it on.
    pub(super) fn binding_scope(&self, mut scope: ScopeId) -> ScopeId {
        while matches!(self.index.scopes[scope].kind, ScopeKind::Comprehension)
            && let Some(parent) = self.index.scopes[scope].parent
        {
            scope = parent;
        }
        scope
    }
}

/// One walk over one tree.
pub(super) struct Walk<'b, 'n, 't> {
    pub(super) build: &'b mut Build<'n>,
    pub(super) source: Source<'t>,
    pub(super) stack: Vec<(Node<'t>, Context)>,
}

/// A child and the field that it fills.
pub(super) type Part<'t> = (Option<&'t str>, Node<'t>);

impl<'t> Walk<'_, '_, 't> {
    pub(super) fn run(&mut self, root: Node<'t>, context: Context) {
        self.stack.push((root, context));
        while let Some((node, context)) = self.stack.pop() {
            self.visit(node, context);
        }
    }

    /// The source text of a node.
    pub(super) fn text(&self, node: Node<'t>) -> &'t str {
        self.source.text.get(node.byte_range()).unwrap_or_default()
    }

    /// An identifier as Python compares it (PEP 3131: NFKC).
    pub(super) fn name(&self, node: Node<'t>) -> Cow<'t, str> {
        let text = self.text(node);
        if text.is_ascii() { Cow::Borrowed(text) } else { Cow::Owned(nfkc(text)) }
    }

    /// The named children, without comments, which are looked at on the way.
    pub(super) fn parts(&mut self, node: Node<'t>) -> Vec<Part<'t>> {
        let mut parts = Vec::new();
        let mut cursor = node.walk();
        let mut more = cursor.goto_first_child();
        while more {
            let child = cursor.node();
            if child.kind_id() == 0 || !child.is_named() {
                // Punctuation and keywords.
            } else if child.kind() == "comment" {
                self.comment(child);
            } else {
                parts.push((cursor.field_name(), child));
            }
            more = cursor.goto_next_sibling();
        }
        parts
    }

    /// Puts children on the stack so that the first is visited first.
    pub(super) fn push(&mut self, parts: &[Part<'t>], context: &Context) {
        for (_, node) in parts.iter().rev() {
            self.stack.push((*node, context.clone()));
        }
    }

    /// Visits the children as ordinary code.
    pub(super) fn descend(&mut self, node: Node<'t>, context: &Context) {
        let parts = self.parts(node);
        self.push(&parts, &context.plain());
    }

    pub(super) fn occur(&mut self, node: Node<'t>, context: &Context, role: Role) {
        let name = self.name(node);
        self.occurrence(&name, node, context, |_| OccurrenceKind::Name(role));
    }

    pub(super) fn occurrence(
        &mut self,
        name: &str,
        node: Node<'t>,
        context: &Context,
        kind: impl FnOnce(&mut Self) -> OccurrenceKind,
    ) {
        let Some(wanted) = self.build.wanted(name) else { return };
        let kind = kind(self);
        let broken = context.broken || node.is_missing();
        self.build.index.occurrences.push(Occurrence {
            wanted,
            span: self.source.span(node.byte_range()),
            scope: context.scope,
            kind,
            broken,
            documentation: context.documentation,
            quoted: context.quoted,
        });
    }

    /// Notes every place in a piece of text where the old name stands.
    pub(super) fn note(&mut self, range: Range<usize>, kind: &TextKind) {
        let Some(text) = self.source.text.get(range.clone()) else { return };
        for at in words(text.as_bytes(), &self.build.names.from) {
            let at = self.source.span(range.start + at..range.start + at).start;
            self.build.index.texts.push(TextUse { at, kind: kind.clone() });
        }
    }

    fn comment(&mut self, node: Node<'t>) {
        let text = self.text(node);
        if !text.contains(&*self.build.names.from) {
            return;
        }
        let typed = text.trim_start_matches('#').trim_start().strip_prefix("type:");
        let kind = match typed {
            Some(rest) if !rest.trim_start().starts_with("ignore") => TextKind::TypeComment,
            _ => TextKind::Comment,
        };
        self.note(node.byte_range(), &kind);
    }
}
