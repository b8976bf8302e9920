//! The names by which a definition uses what is around it: alone, or at the beginning of a path.

use std::collections::BTreeSet;
use std::ops::Range;

use super::super::ast::{NodeId, OPENED};
use super::super::collisions::bare;
use super::super::expand::macro_name;
use super::super::imports::path_parts;
use super::super::items::{Space, Unit};
use super::super::modules::attribute_name;
use super::super::project::{ModuleId, Project};
use super::super::resolve::Place;
use super::super::scan::is_format;
use super::super::scope::is_pattern;
use super::moved::Moved;

/// One name.
#[derive(Debug, Clone)]
pub(super) struct Head {
    pub(super) name: String,
    pub(super) space: Space,
    pub(super) range: Range<usize>,
    /// A path may be written in its place.
    pub(super) plain: bool,
    /// It is one of the tokens of a macro, which may mean anything.
    pub(super) token: bool,
}

/// A path from the old module or the root on.
#[derive(Debug, Clone)]
pub(super) struct Path {
    /// The module that its first part means.
    pub(super) from: ModuleId,
    /// What follows.
    pub(super) names: Vec<String>,
    /// `self` or `super`, which mean something else in another module.
    pub(super) relative: Option<Range<usize>>,
}

/// Everything that a definition uses by name.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) heads: Vec<Head>,
    pub(super) paths: Vec<Path>,
    /// Macros that are called by their bare names.
    pub(super) macros: Vec<(String, Range<usize>)>,
    /// Macros that stand as attributes.
    pub(super) attributes: Vec<(String, Range<usize>)>,
    /// Names of methods and functions that stand behind a `.` or `::`.
    pub(super) members: BTreeSet<String>,
    /// Macros that are called, whatever they are.
    pub(super) called: BTreeSet<String>,
    /// `self` and `super` among the tokens of macros.
    pub(super) unclear: Vec<Range<usize>>,
}

/// Attributes of the language and of the tools around it, which name nothing by path.
const BUILT_IN: &[&str] = &[
    "allow",
    "automatically_derived",
    "cfg",
    "cfg_attr",
    "cold",
    "deny",
    "deprecated",
    "derive",
    "doc",
    "expect",
    "export_name",
    "forbid",
    "global_allocator",
    "ignore",
    "inline",
    "link_name",
    "link_section",
    "must_use",
    "no_mangle",
    "non_exhaustive",
    "panic_handler",
    "repr",
    "should_panic",
    "target_feature",
    "test",
    "track_caller",
    "used",
    "warn",
];

pub(super) fn collect(project: &Project<'_>, moved: &Moved) -> Found {
    let unit = project.unit(moved.unit);
    let mut scan = Scan { project, unit: &unit, moved, found: Found::default() };
    for root in moved.roots(&unit) {
        unit.ast.walk(root, |node| scan.visit(node));
    }
    scan.found
}

struct Scan<'a, 's> {
    project: &'a Project<'s>,
    unit: &'a Unit,
    moved: &'a Moved,
    found: Found,
}

impl Scan<'_, '_> {
    fn place(&self, node: NodeId) -> Place {
        Place { unit: self.moved.unit, node, module: self.moved.module }
    }

    fn range(&self, node: NodeId) -> Range<usize> {
        self.unit.ast.start(node)..self.unit.ast.end(node)
    }

    fn visit(&mut self, node: NodeId) -> bool {
        let ast = &self.unit.ast;
        match ast.kind(node) {
            "visibility_modifier" | "lifetime" | "label" => return false,
            "use_declaration" => {
                self.declaration(node);
                return false;
            }
            "scoped_identifier" | "scoped_type_identifier" => self.scoped(node),
            "identifier" | "type_identifier" => self.name(node),
            "field_identifier" => {
                self.found.members.insert(ast.name(node).to_owned());
            }
            "macro_invocation" => {
                self.found.called.insert(macro_name(ast, node).to_owned());
                let called = ast.field(node, "macro");
                if let Some(name) = called.filter(|name| ast.kind(*name) == "identifier") {
                    self.found.macros.push((ast.name(name).to_owned(), self.range(name)));
                }
            }
            "attribute" => self.attribute(node),
            "string_literal" | "raw_string_literal" if is_format(ast, node) => self.inline(node),
            "token_tree" => {
                self.tokens(node);
                return false;
            }
            _ => {}
        }
        true
    }

    /// A name that is declared in what moves itself, or by a block of it.
    fn is_inner(&self, node: NodeId, name: &str, space: Space) -> bool {
        let place = self.place(node);
        let own = match space {
            Space::Value => self.project.local(&place, name).is_some(),
            Space::Type => self.project.type_parameter(&place, name).is_some(),
        };
        own || self.in_block(node, name)
    }

    fn in_block(&self, node: NodeId, name: &str) -> bool {
        let unit = self.unit;
        let mut body = unit.body_around(node);
        while let Some(parent) = unit.bodies[body].parent {
            let content = &unit.bodies[body];
            let given = content.names.contains_key(name)
                || content.uses.iter().any(|leaf| leaf.name.as_deref() == Some(name));
            if given {
                return true;
            }
            body = parent;
        }
        false
    }

    fn name(&mut self, node: NodeId) {
        let ast = &self.unit.ast;
        let name = ast.name(node).to_owned();
        let Some(parent) = ast.parent(node) else { return };
        if name == "Self" || name == "_" || ast.text(node).starts_with('$') {
            return;
        }
        let Some(mut space) = bare(self.unit, node) else { return };
        let declares =
            is_pattern(ast, node) && !self.project.names_constant(&self.place(node), &name);
        let argument = ast.kind(parent) == "assignment_expression"
            && ast.field_of(node) == "left"
            && ast.parent(parent).is_some_and(|above| ast.kind(above) == OPENED);
        let parameter = matches!(ast.kind(parent), "type_parameter" | "const_parameter")
            && ast.field_of(node) == "name";
        if declares || argument || parameter || self.is_inner(node, &name, space) {
            return;
        }
        let given =
            |space| !self.project.in_module(self.moved.module, &name, space, None).is_empty();
        // In the arguments of a macro a type may stand where a value would.
        if space == Space::Value && !given(Space::Value) && given(Space::Type) {
            space = Space::Type;
        }
        let plain = ast.kind(parent) != "shorthand_field_initializer";
        self.found.heads.push(Head { name, space, range: self.range(node), plain, token: false });
    }

    /// A path that is not part of a longer one.
    fn scoped(&mut self, node: NodeId) {
        let ast = &self.unit.ast;
        if let Some(name) = ast.field(node, "name") {
            self.found.members.insert(ast.name(name).to_owned());
        }
        let parent = ast.parent(node).map(|parent| ast.kind(parent));
        let inner = matches!(parent, Some("scoped_identifier" | "scoped_type_identifier"));
        if inner && ast.field_of(node) == "path" {
            return;
        }
        let mut parts = Vec::new();
        let rooted = path_parts(ast, node, &mut parts);
        if !rooted {
            self.path(node, &parts);
        }
    }

    fn path(&mut self, node: NodeId, parts: &[(String, NodeId)]) {
        let names = |from: usize| parts[from..].iter().map(|(name, _)| name.clone()).collect();
        let Some((first, at)) = parts.first() else { return };
        let old = self.moved.module;
        match first.as_str() {
            "crate" => {
                let from = self.project.crate_of(old).root;
                self.found.paths.push(Path { from, names: names(1), relative: None });
            }
            "self" | "super" => {
                let run = parts.iter().take_while(|(name, _)| name == "super").count().max(1);
                let steps = if first == "self" { 0 } else { run };
                let Some(from) = self.project.outwards(old).nth(steps) else { return };
                let last = parts[run - 1].1;
                let relative = Some(self.unit.ast.start(*at)..self.unit.ast.end(last));
                self.found.paths.push(Path { from, names: names(run), relative });
            }
            name if !self.is_inner(node, name, Space::Type) => {
                let defs = self.project.in_module(old, name, Space::Type, None);
                let modules = defs.iter().filter_map(|def| match def {
                    super::super::resolve::Def::Module(module) => Some(*module),
                    _ => None,
                });
                let rest: Vec<String> = names(1);
                self.found.paths.extend(modules.map(|from| Path {
                    from,
                    names: rest.clone(),
                    relative: None,
                }));
            }
            _ => {}
        }
    }

    /// An import within a function.
    fn declaration(&mut self, node: NodeId) {
        let unit = self.unit;
        let body = unit.body_around(node);
        let mut seen = BTreeSet::new();
        for leaf in unit.bodies[body].uses.iter().filter(|leaf| leaf.node == node) {
            let Some((name, at)) = leaf.path.first() else { continue };
            self.found.members.extend(leaf.path.last().map(|(name, _)| name.clone()));
            if leaf.rooted {
                continue;
            }
            let old_style = self.project.crate_of(self.moved.module).edition_2015;
            let first = seen.insert(*at);
            if matches!(name.as_str(), "crate" | "self" | "super") {
                self.path(leaf.node, &leaf.path);
                if !first && let Some(path) = self.found.paths.last_mut() {
                    path.relative = None;
                }
            } else if first && !old_style && !self.in_block(node, name) {
                let range = self.range(*at);
                let space = Space::Type;
                let name = name.clone();
                self.found.heads.push(Head { name, space, range, plain: true, token: false });
            }
        }
    }

    fn attribute(&mut self, node: NodeId) {
        let ast = &self.unit.ast;
        let text = ast.text(node);
        let name = attribute_name(text);
        if name == "derive" {
            let inner = text.split_once('(').map_or("", |(_, inner)| inner.trim_end_matches(')'));
            for part in inner.split(',') {
                let first = part.trim().split("::").next().unwrap_or_default().trim();
                if !first.is_empty() {
                    let (space, range) = (Space::Type, self.range(node));
                    let name = first.to_owned();
                    self.found.heads.push(Head { name, space, range, plain: false, token: false });
                }
            }
            return;
        }
        if !name.contains("::") && !BUILT_IN.contains(&name) {
            self.found.attributes.push((name.to_owned(), self.range(node)));
        }
    }

    /// `{LIMIT}` in a format string.
    fn inline(&mut self, node: NodeId) {
        let text = self.unit.ast.text(node).to_owned();
        for (at, _) in text.match_indices('{') {
            let rest = &text[at + 1..];
            let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(0);
            let name = &rest[..end];
            let opens = text[..at].bytes().rev().take_while(|b| *b == b'{').count() % 2 == 0;
            let named = name.starts_with(|c: char| c.is_alphabetic() || c == '_');
            let closed = rest[end..].starts_with(['}', ':']);
            if opens && named && closed && !self.is_inner(node, name, Space::Value) {
                let (name, range) = (name.to_owned(), self.range(node));
                let space = Space::Value;
                self.found.heads.push(Head { name, space, range, plain: false, token: false });
            }
        }
    }

    /// Tokens that were not read as code.
    fn tokens(&mut self, tree: NodeId) {
        let ast = &self.unit.ast;
        let inert = ast.parent(tree).is_some_and(|parent| {
            ast.kind(parent) == "attribute" && BUILT_IN.contains(&attribute_name(ast.text(parent)))
        });
        if inert {
            return;
        }
        let (mut heads, mut unclear, mut members) = (Vec::new(), Vec::new(), Vec::new());
        ast.walk(tree, |node| {
            let range = ast.start(node)..ast.end(node);
            let before = ast.text[..range.start].trim_end();
            let behind = before.ends_with("::") || before.ends_with('.');
            match ast.kind(node) {
                "identifier" if behind => members.push(ast.name(node).to_owned()),
                "identifier" if !before.ends_with(['$', '\'']) => {
                    let name = ast.name(node).to_owned();
                    let space = Space::Type;
                    heads.push(Head { name, space, range, plain: false, token: true });
                }
                "self" | "super" if ast.text[range.end..].trim_start().starts_with("::") => {
                    unclear.push(range);
                }
                _ => {}
            }
            true
        });
        self.found.heads.extend(heads);
        self.found.unclear.extend(unclear);
        self.found.members.extend(members);
    }
}
