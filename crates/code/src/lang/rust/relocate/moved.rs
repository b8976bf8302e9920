//! The definition that moves, and what goes with it.

use std::collections::BTreeSet;
use std::ops::Range;

use axon_domain::{Code, Error, Result, Symbol};

use super::super::ast::{Ast, NodeId, OPENED};
use super::super::items::{BodyId, ItemKind, Owner, Unit};
use super::super::lines::{indentation, line_start, whole};
use super::super::modules::attribute_name;
use super::super::project::{ItemRef, ModuleId, Project, UnitId};
use super::super::types::Ty;
use crate::ranges::Ranges;
use crate::signature::Changes;
use crate::sources::FileId;

/// The definition with its `impl` blocks.
#[derive(Debug)]
pub(super) struct Moved {
    pub(super) item: ItemRef,
    pub(super) unit: UnitId,
    pub(super) body: BodyId,
    pub(super) file: FileId,
    pub(super) module: ModuleId,
    /// The definition first, then its `impl` blocks.
    pub(super) nodes: Vec<NodeId>,
    /// Their lines, in the same order.
    pub(super) ranges: Vec<Range<usize>>,
    /// The same, for the question what lies in them.
    within: Ranges,
    /// Everything that is defined there.
    pub(super) items: BTreeSet<ItemRef>,
    /// Where it stands, for people.
    pub(super) place: String,
}

impl Moved {
    /// Errors: [`Code::Usage`] with the reason why it cannot move.
    pub(super) fn find(project: &Project<'_>, item: ItemRef, symbol: &Symbol) -> Result<Self> {
        let place = format!("{}:{}", symbol.path, symbol.line);
        let refuse = |why: String| Error::new(Code::Usage, why).at(place.clone());
        let unit = project.unit(item.unit);
        let content = &unit.items[item.item];
        if content.owner != Owner::Body || content.kind == ItemKind::Variant {
            let why = format!("`{}` belongs to a type or trait", symbol.qualified);
            return Err(refuse(why).hint("move what it belongs to"));
        }
        if unit.bodies[content.body].parent.is_some() {
            return Err(refuse(format!("`{}` is local to a function", symbol.name)));
        }
        let homes = project.homes(item);
        let [module] = homes.as_slice() else {
            let why = format!("the file of `{}` is part of several modules", symbol.qualified);
            return Err(refuse(why));
        };
        if project.crate_of(*module).orphan {
            return Err(refuse(format!("no `mod` declares `{}`", symbol.path)));
        }
        if project.bodies(*module).len() != 1 {
            let why =
                format!("`{}` is put together of several files", project.module_path(*module));
            return Err(refuse(why));
        }
        if project.group(item).len() > 1 {
            let why = format!("`{}` is defined several times", symbol.qualified);
            let hint = "definitions for different configurations stay together";
            return Err(refuse(why).hint(hint));
        }
        if project.is_broken(unit.file) {
            return Err(refuse(format!("`{}` does not parse as a whole", symbol.path)));
        }
        if let Some(why) = stays(project, &unit, item, *module) {
            return Err(refuse(why));
        }
        let mut moved = Self {
            item,
            unit: item.unit,
            body: content.body,
            file: unit.file,
            module: *module,
            nodes: vec![content.node],
            ranges: Vec::new(),
            within: Ranges::default(),
            items: BTreeSet::from([item]),
            place: place.clone(),
        };
        moved.add_impls(project, &unit);
        for node in &moved.nodes {
            let shared = || refuse("it shares its line with something else".to_owned());
            moved.ranges.push(whole(&unit, *node).ok_or_else(shared)?);
        }
        let all: Vec<_> = moved.ranges.iter().map(|range| (moved.file, range.clone())).collect();
        moved.within = Ranges::new(all.iter());
        moved.check_inside(project, &unit, &refuse)?;
        Ok(moved)
    }

    /// The `impl` blocks for the type beside it; those of others' traits are for it too.
    fn add_impls(&mut self, project: &Project<'_>, unit: &Unit) {
        let content = &unit.items[self.item.item];
        self.items.extend(
            content.members.iter().map(|member| ItemRef { unit: self.unit, item: *member }),
        );
        let types = matches!(content.kind, ItemKind::Struct(_) | ItemKind::Enum | ItemKind::Union);
        if !types {
            return;
        }
        for (at, block) in unit.impls.iter().enumerate() {
            let written = unit.ast.ancestors(block.node).all(|node| !is_macro(&unit.ast, node));
            let info = project.impl_info(self.unit, at);
            let own = matches!(&info.self_ty, Ty::Own(item, _) if *item == self.item);
            if block.body == self.body && own && written {
                self.nodes.push(block.node);
                let members = block.members.iter();
                self.items.extend(members.map(|m| ItemRef { unit: self.unit, item: *m }));
            }
        }
    }

    /// What moves may not hold modules, whose files and names depend on where they are.
    fn check_inside(
        &self,
        project: &Project<'_>,
        unit: &Unit,
        refuse: &dyn Fn(String) -> Error,
    ) -> Result<()> {
        for item in &unit.items {
            let at = unit.ast.start(item.node);
            if item.kind == ItemKind::Module && self.holds(self.file, at) {
                return Err(refuse(format!("it holds a module of its own, `{}`", item.name)));
            }
        }
        for macros in ["include", "include_str", "include_bytes"] {
            let mut found = false;
            for node in &self.nodes {
                unit.ast.walk(*node, |node| {
                    found |= unit.ast.kind(node) == "macro_invocation"
                        && super::super::expand::macro_name(&unit.ast, node) == macros;
                    !found
                });
            }
            if found {
                return Err(refuse(format!("`{macros}!` in it is relative to its file")));
            }
        }
        project.failed()
    }

    /// Whether a byte of a file is part of what moves.
    pub(super) fn holds(&self, file: FileId, at: usize) -> bool {
        self.within.hold(file, at)
    }

    /// The attributes of what moves and the nodes themselves.
    pub(super) fn roots(&self, unit: &Unit) -> Vec<NodeId> {
        let mut found = Vec::new();
        for node in &self.nodes {
            found.extend(unit.attributes_before(*node));
            found.push(*node);
        }
        found
    }

    /// Words that stand in the arguments of macros.
    pub(super) fn words_in_macros(&self, unit: &Unit) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        let word = |c: char| !(c.is_alphanumeric() || c == '_');
        for root in self.roots(unit) {
            unit.ast.walk(root, |node| {
                let tokens = matches!(unit.ast.kind(node), "token_tree" | OPENED);
                if tokens {
                    let words = unit.ast.text(node).split(word);
                    let names =
                        words.filter(|w| w.starts_with(|c: char| c.is_alphabetic() || c == '_'));
                    found.extend(names.map(str::to_owned));
                }
                !tokens
            });
        }
        found
    }

    /// Takes what indents the definition off its lines, but not inside of texts.
    pub(super) fn dedent(&self, unit: &Unit, inner: &mut Changes) {
        let text: &str = &unit.ast.text;
        let indent = indentation(text, unit.ast.start(self.nodes[0]));
        if indent.is_empty() {
            return;
        }
        let mut texts: Vec<Range<usize>> = Vec::new();
        for node in &self.nodes {
            unit.ast.walk(*node, |node| {
                let literal =
                    matches!(unit.ast.kind(node), "string_literal" | "raw_string_literal");
                if literal {
                    texts.push(unit.ast.start(node)..unit.ast.end(node));
                }
                !literal
            });
        }
        texts.sort_by_key(|range| range.start);
        for range in &self.ranges {
            let mut at = line_start(text, range.start);
            while at < range.end {
                let next = texts.partition_point(|literal| literal.end <= at);
                let within = texts.get(next).is_some_and(|literal| literal.start < at);
                if !within && text[at..].starts_with(indent) {
                    inner.insert((at, at + indent.len()), String::new());
                }
                at = super::super::lines::line_end(text, at);
            }
        }
    }
}

/// Whether a node is a macro or lies in one.
pub(super) fn is_macro(ast: &Ast, node: NodeId) -> bool {
    matches!(ast.kind(node), "macro_invocation" | "macro_definition")
}

/// Why an item has to stay where it is.
fn stays(project: &Project<'_>, unit: &Unit, item: ItemRef, module: ModuleId) -> Option<String> {
    let ast = &unit.ast;
    let content = &unit.items[item.item];
    for above in ast.ancestors(content.node) {
        match ast.kind(above) {
            "macro_invocation" | "macro_definition" => {
                return Some("it is written in a macro".to_owned());
            }
            "foreign_mod_item" => {
                return Some("it is declared in an `extern` block".to_owned());
            }
            _ => {}
        }
    }
    let root = project.parent(module).is_none();
    if root && content.name == "main" && !project.crate_of(module).library {
        return Some("the program begins with it".to_owned());
    }
    for attribute in unit.attributes_before(content.node) {
        let text = ast.text(*attribute);
        match attribute_name(text) {
            "cfg" | "cfg_attr" => return Some(format!("it is there only under `{text}`")),
            name if name.starts_with("proc_macro") => {
                return Some("a procedural macro stands at the root of its crate".to_owned());
            }
            _ => {}
        }
    }
    None
}
