//! What the tree says about places of names.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::Range;

use axon_domain::{Language, Result};

use super::super::docs::documentation;
use super::super::expand::macro_name;
use super::super::items::{Space, Unit, UseLeaf, Visibility};
use super::super::project::{ItemRef, Project, folder_of};
use super::super::resolve::Def;
use crate::dead::names::What;
use crate::sources::{FileId, Sources};

/// An entry of a `use` that names nothing but an item that may be unused.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) unit: usize,
    pub(super) body: usize,
    pub(super) leaf: usize,
    pub(super) item: ItemRef,
}

/// Facts about every file.
#[derive(Debug, Default)]
pub(super) struct Facts {
    /// Comments, strings and imports of the Rust files, sorted.
    spans: HashMap<FileId, Vec<(Range<usize>, What)>>,
    broken: HashSet<FileId>,
    pub(super) entries: Vec<Entry>,
    /// What is not known of the tree.
    pub(super) unknown: Option<String>,
    /// Pieces that macros put names together of.
    pub(super) pieces: BTreeSet<String>,
    /// Folders of packages that take in code which is not in the tree.
    generated: BTreeSet<Option<String>>,
    /// Names of pages that are read as documentation of code.
    pages: BTreeSet<String>,
}

impl Facts {
    pub(super) fn new(project: &Project<'_>) -> Result<Self> {
        let mut facts = Self::default();
        for file in &project.files {
            let path = project.sources.path(*file);
            match project.unit_of(*file) {
                Some(unit) => facts.read(project, *file, &project.unit(unit)),
                None => facts.unknown = Some(format!("`{path}` cannot be read")),
            }
        }
        project.failed()?;
        Ok(facts)
    }

    fn read(&mut self, project: &Project<'_>, file: FileId, unit: &Unit) {
        let ast = &unit.ast;
        let mut spans = Vec::new();
        ast.walk(ast.root(), |node| {
            let range = ast.start(node)..ast.end(node);
            match ast.kind(node) {
                "string_literal" | "raw_string_literal" => spans.push((range, What::Text)),
                "token_tree" => self.pasted(ast.text(node)),
                "macro_invocation" => {
                    self.called(project, file, macro_name(ast, node), ast.text(node))
                }
                _ => {}
            }
            true
        });
        let (runs, plain) = documentation(unit);
        spans.extend(plain.into_iter().map(|range| (range, What::Prose)));
        for run in &runs {
            let tests: Vec<Range<usize>> =
                run.blocks().into_iter().filter(|block| block.rust).map(|b| b.range).collect();
            let mut at = 0;
            for line in run.text.split_inclusive('\n') {
                let next = tests.partition_point(|range| range.end <= at);
                let tested = tests.get(next).is_some_and(|range| range.contains(&at));
                if !tested {
                    let start = run.in_file(at);
                    spans.push((start..start + line.len(), What::Prose));
                }
                at += line.len();
            }
        }
        if project.is_broken(file) {
            // What is a comment there is not certain: everything is code.
            self.broken.insert(file);
            spans.clear();
        }
        spans.sort_by_key(|(range, _)| range.start);
        self.spans.insert(file, spans);
    }

    fn called(&mut self, project: &Project<'_>, file: FileId, name: &str, text: &str) {
        let literal = || text.split('"').nth(1);
        let path = project.sources.path(file);
        match name {
            "include" => {
                let found = literal().filter(|_| !text.contains("env!")).and_then(|literal| {
                    let path = super::super::crates::join(folder_of(path), literal);
                    project.sources.find(&path)
                });
                if found.is_none() {
                    self.generated.insert(project.package_folder(path));
                }
            }
            "include_str" => {
                let page = literal().and_then(|literal| literal.rsplit('/').next());
                self.pages.extend(page.map(str::to_owned));
            }
            "concat_idents" => self.unknown = Some(format!("`{path}` puts names together")),
            _ => {}
        }
    }

    /// `[<get_ $name>]` makes names that begin with `get_`.
    fn pasted(&mut self, tokens: &str) {
        let inner = tokens.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        let inner = inner.and_then(|inner| inner.trim().strip_prefix('<')?.strip_suffix('>'));
        let Some(inner) = inner else { return };
        let word = |c: char| !(c.is_alphanumeric() || c == '_' || c == '$');
        let fixed = inner.split(word).filter(|part| !part.is_empty() && !part.starts_with('$'));
        let parts = fixed.map(|part| part.trim_matches('_').to_lowercase());
        let parts: Vec<String> = parts.filter(|part| part.len() > 1).collect();
        if parts.is_empty() && inner.contains('$') {
            self.unknown = Some(format!("a macro puts names together (`{tokens}`)"));
        }
        self.pieces.extend(parts);
    }

    /// Whether a file does not parse.
    pub(super) fn is_broken(&self, file: FileId) -> bool {
        self.broken.contains(&file)
    }

    /// Whether code that is not in the tree is part of the package of a path.
    pub(super) fn is_generated(&self, project: &Project<'_>, path: &str) -> bool {
        self.generated.contains(&project.package_folder(path))
    }

    /// Takes note of the imports that name nothing but these items.
    pub(super) fn add_entries(
        &mut self,
        project: &Project<'_>,
        items: &BTreeSet<ItemRef>,
        closed: bool,
    ) {
        let names: BTreeSet<String> = items
            .iter()
            .map(|item| project.unit(item.unit).items[item.item].name.clone())
            .collect();
        for file in &project.files {
            let Some(unit_id) = project.unit_of(*file) else { continue };
            let unit = project.unit(unit_id);
            for body in 0..unit.bodies.len() {
                for (at, leaf) in unit.bodies[body].uses.iter().enumerate() {
                    let Some(last) = leaf.path.last() else { continue };
                    if !names.contains(&last.0) {
                        continue;
                    }
                    let Some(item) = means(project, unit_id, body, leaf, items) else { continue };
                    let place = Place { unit: unit_id, body, leaf: at, file: *file };
                    self.add_entry(project, &unit, &place, item, closed);
                }
            }
        }
        for spans in self.spans.values_mut() {
            spans.sort_by_key(|(range, _)| range.start);
        }
    }

    fn add_entry(
        &mut self,
        project: &Project<'_>,
        unit: &Unit,
        place: &Place,
        item: ItemRef,
        closed: bool,
    ) {
        let leaf = &unit.bodies[place.body].uses[place.leaf];
        let Some((_, node)) = leaf.path.last() else { return };
        let range = unit.ast.start(*node)..unit.ast.end(*node);
        let library = project
            .modules_of(place.unit, place.body)
            .iter()
            .any(|module| project.crate_of(*module).library);
        let passed_on = leaf.visibility == Visibility::Public && library && !closed;
        let what = if passed_on { What::Import } else { What::Entry };
        self.spans.entry(place.file).or_default().push((range, what));
        if !passed_on {
            let (unit, body, leaf) = (place.unit, place.body, place.leaf);
            self.entries.push(Entry { unit, body, leaf, item });
        }
    }

    /// What a place is.
    pub(super) fn what(&self, sources: &Sources<'_>, file: FileId, at: usize) -> What {
        let path = sources.path(file);
        if Language::of_path(path) != Some(Language::Rust) {
            let ending = path.rsplit('.').next().unwrap_or_default();
            let name = path.rsplit('/').next().unwrap_or(path);
            let prose = matches!(ending, "md" | "rst" | "txt" | "adoc" | "markdown");
            return if prose && !self.pages.contains(name) { What::Prose } else { What::Text };
        }
        let Some(spans) = self.spans.get(&file) else { return What::Code };
        let next = spans.partition_point(|(range, _)| range.start <= at);
        match next.checked_sub(1).map(|before| &spans[before]) {
            Some((range, What::Text)) if range.contains(&at) => {
                let text = sources.text(file).ok().flatten();
                let inline = text.is_some_and(|text| text[..at].ends_with('{'));
                if inline { What::Code } else { What::Text }
            }
            Some((range, what)) if range.contains(&at) => *what,
            _ => What::Code,
        }
    }
}

struct Place {
    unit: usize,
    body: usize,
    leaf: usize,
    file: FileId,
}

/// The one item that an import names by its own name, in both namespaces.
fn means(
    project: &Project<'_>,
    unit_id: usize,
    body: usize,
    leaf: &UseLeaf,
    items: &BTreeSet<ItemRef>,
) -> Option<ItemRef> {
    let unit = project.unit(unit_id);
    let (last, node) = leaf.path.last()?;
    let whole = unit.ast.start(leaf.tree) <= unit.ast.start(*node)
        && unit.ast.end(*node) == unit.ast.end(leaf.tree);
    if leaf.glob || leaf.external || leaf.name.as_deref() != Some(last) || !whole {
        return None;
    }
    let mut found: BTreeSet<Def> = BTreeSet::new();
    for module in project.modules_of(unit_id, body) {
        for space in [Space::Type, Space::Value] {
            found.extend(project.imported(unit_id, module, leaf, space));
        }
    }
    match found.iter().collect::<Vec<_>>().as_slice() {
        [Def::Item(item)] if items.contains(item) => Some(*item),
        _ => None,
    }
}
