//! What the tree says about names that no code uses.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;

use axon_domain::{Language, Result};
use tree_sitter::Node;

use super::super::signature::arguments::is_literal;
use crate::dead::names::What;
use crate::sources::{FileId, Sources};
use crate::units::{Unit, UnitKind, units};

/// Facts about every file.
pub(super) struct Facts {
    /// Comments, strings and imports of the Python files, sorted.
    spans: HashMap<FileId, Vec<(Range<usize>, What)>>,
    /// The bases of every class of the tree, by name.
    bases: BTreeMap<String, BTreeSet<String>>,
    /// Where attributes are looked up by a name that is computed.
    computed: Option<String>,
    /// Folders that hold a project file.
    projects: Vec<String>,
}

impl Facts {
    pub(super) fn new(sources: &Sources<'_>) -> Result<Self> {
        let mut facts = Self {
            spans: HashMap::new(),
            bases: BTreeMap::new(),
            computed: None,
            projects: Vec::new(),
        };
        for file in sources.ids() {
            let path = sources.path(file);
            let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
            if matches!(name, "pyproject.toml" | "setup.py" | "setup.cfg") {
                facts.projects.push(folder.to_owned());
            }
            if Language::of_path(path) == Some(Language::Python) {
                facts.read(sources, file)?;
            }
        }
        Ok(facts)
    }

    fn read(&mut self, sources: &Sources<'_>, file: FileId) -> Result<()> {
        let Some(parsed) = sources.parsed(file, Language::Python)? else {
            self.computed = Some(format!("{} cannot be read", sources.path(file)));
            return Ok(());
        };
        let text: &str = &parsed.text;
        let mut spans = Vec::new();
        let mut stack = vec![parsed.tree.root_node()];
        let mut cursor = parsed.tree.walk();
        while let Some(node) = stack.pop() {
            match node.kind() {
                "comment" => spans.push((node.byte_range(), What::Prose)),
                "string_content" => spans.push((node.byte_range(), What::Text)),
                "import_from_statement" | "import_statement" => {
                    spans.push((node.byte_range(), What::Import));
                }
                "call" => {
                    self.call(text, node, sources.path(file), parsed.lines.line(node.start_byte()))
                }
                "class_definition" => self.class(text, node),
                _ => {}
            }
            stack.extend(node.children(&mut cursor));
        }
        if parsed.tree.root_node().has_error() {
            // What is a comment there is not certain: everything is code.
            spans.clear();
        }
        spans.sort_by_key(|(range, _)| range.start);
        self.spans.insert(file, spans);
        Ok(())
    }

    fn call(&mut self, text: &str, node: Node<'_>, path: &str, line: u32) {
        let callee = node.child_by_field_name("function").map(|f| &text[f.byte_range()]);
        let computes = match callee {
            Some("getattr" | "hasattr" | "attrgetter" | "methodcaller") => {
                let arguments = node.child_by_field_name("arguments");
                let at = u32::from(matches!(callee, Some("getattr" | "hasattr")));
                let name = arguments.and_then(|list| list.named_child(at));
                name.is_none_or(|name| !is_literal(&text[name.byte_range()]))
            }
            Some("globals" | "locals" | "vars" | "dir" | "eval" | "exec") => true,
            _ => false,
        };
        if computes && self.computed.is_none() {
            self.computed = Some(format!("{path}:{line}"));
        }
    }

    fn class(&mut self, text: &str, node: Node<'_>) {
        let Some(name) = node.child_by_field_name("name") else { return };
        let entry = self.bases.entry(text[name.byte_range()].to_owned()).or_default();
        let Some(list) = node.child_by_field_name("superclasses") else { return };
        let mut cursor = list.walk();
        let bases = list.named_children(&mut cursor).filter(|base| base.kind() != "comment");
        entry.extend(bases.map(|base| text[base.byte_range()].to_owned()));
    }

    /// A base that the tree does not define.
    fn foreign_base<'s>(&'s self, class: &'s str) -> Option<&'s str> {
        let mut seen = BTreeSet::new();
        let mut pending = vec![class];
        while let Some(class) = pending.pop() {
            for base in self.bases.get(class).into_iter().flatten() {
                let last = base.rsplit('.').next().unwrap_or(base);
                if base == "object" || !seen.insert(last) {
                    continue;
                }
                if !self.bases.contains_key(last) {
                    return Some(base);
                }
                pending.push(last);
            }
        }
        None
    }

    /// The same for the class and those that derive from it.
    fn foreign_around<'s>(&'s self, class: &'s str) -> Option<&'s str> {
        let mut family: BTreeSet<&str> = BTreeSet::from([class]);
        loop {
            let before = family.len();
            for (name, bases) in &self.bases {
                let mut last = bases.iter().map(|base| base.rsplit('.').next().unwrap_or(base));
                if last.any(|base| family.contains(base)) {
                    family.insert(name);
                }
            }
            if family.len() == before {
                break;
            }
        }
        family.into_iter().find_map(|class| self.foreign_base(class))
    }

    /// What a place is.
    pub(super) fn what(&self, path: &str, file: FileId, at: usize) -> What {
        let Some(spans) = self.spans.get(&file) else {
            let ending = path.rsplit('.').next().unwrap_or_default();
            let prose = matches!(ending, "md" | "rst" | "txt" | "adoc" | "markdown");
            return if prose { What::Prose } else { What::Text };
        };
        let next = spans.partition_point(|(range, _)| range.start <= at);
        match next.checked_sub(1).map(|before| &spans[before]) {
            Some((range, what)) if range.contains(&at) => *what,
            _ => What::Code,
        }
    }

    /// Names that test runners look for.
    pub(super) fn is_test(&self, path: &str, name: &str) -> bool {
        let file = path.rsplit('/').next().unwrap_or(path);
        let test = file.starts_with("test_") || file.ends_with("_test.py") || file == "conftest.py";
        name.starts_with("test") || name.starts_with("Test") || name.starts_with("pytest_") || test
    }

    /// Whether others can install what this file is part of.
    pub(super) fn is_installed(&self, path: &str) -> bool {
        self.projects.iter().any(|folder| {
            folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
        })
    }

    /// Why something may use this definition although no code names it.
    pub(super) fn open(
        &self,
        sources: &Sources<'_>,
        file: FileId,
        text: &str,
        unit: &Unit,
        class: Option<&str>,
    ) -> Result<Option<String>> {
        let written = &text[unit.whole.clone()];
        let path = sources.path(file);
        let name = path.rsplit('/').next().unwrap_or(path);
        let configures =
            matches!(name, "conf.py" | "setup.py" | "manage.py" | "noxfile.py" | "tasks.py")
                || name.contains("settings")
                || name.contains("config");
        let line = text[..unit.whole.start].rfind('\n').map_or(0, |at| at + 1);
        let before = text[line..unit.whole.start].trim_start_matches('\u{feff}');
        let behind = &text[unit.whole.end..super::line_end(text, unit.whole.end)];
        let method = unit.kind == UnitKind::Method;
        let shared = !before.trim().is_empty() || behind.contains(';');
        let indented = !method && !before.is_empty();
        if let Some(place) = &self.computed {
            return Ok(Some(format!("names are looked up while the program runs ({place})")));
        }
        if unit.name.starts_with("__") {
            return Ok(Some("Python gives it another name outside of its class".to_owned()));
        }
        if method && !unit.name.starts_with('_') {
            let why = "code from elsewhere that gets such an object may call it";
            return Ok(Some(why.to_owned()));
        }
        if written.starts_with('@') {
            let decorator = written.lines().next().unwrap_or_default().trim();
            return Ok(Some(format!("the decorator `{decorator}` may hand it on")));
        }
        if configures {
            return Ok(Some(format!("tools may read `{name}`")));
        }
        if shared || indented {
            return Ok(Some("it is defined under a condition or shares its line".to_owned()));
        }
        let of = if unit.kind == UnitKind::Type { Some(unit.name.as_str()) } else { class };
        if let Some(base) = of.and_then(|class| self.foreign_around(class)) {
            return Ok(Some(format!("`{base}`, a base, is not of the tree and may use it")));
        }
        if unit.kind == UnitKind::Constant {
            let value = unit.body.clone().map(|body| &text[body]);
            if !value.is_some_and(is_literal) {
                return Ok(Some("making its value may do something".to_owned()));
            }
        }
        if unit.kind == UnitKind::Type {
            let inner = units(Language::Python, written.as_bytes())?;
            let simple = |unit: &Unit| {
                unit.kind != UnitKind::Constant
                    || unit.body.clone().is_some_and(|body| is_literal(&written[body]))
            };
            if !inner.iter().skip(1).all(simple) {
                return Ok(Some("its body may do something when it is loaded".to_owned()));
            }
        }
        Ok(None)
    }
}

/// The first statement of every block that would be left empty.
pub(super) fn emptied(root: Node<'_>, inside: &dyn Fn(usize) -> bool) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    let mut stack = vec![root];
    let mut cursor = root.walk();
    while let Some(node) = stack.pop() {
        let children: Vec<Node<'_>> =
            node.named_children(&mut cursor).filter(|node| node.kind() != "comment").collect();
        let whole = node.parent().is_some_and(|parent| inside(parent.start_byte()));
        if node.kind() == "block"
            && !whole
            && !children.is_empty()
            && children.iter().all(|child| inside(child.start_byte()))
        {
            found.extend(children.first().map(Node::start_byte));
        } else {
            stack.extend(children);
        }
    }
    found
}
