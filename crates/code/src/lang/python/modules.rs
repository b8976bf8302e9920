//! Which file is which module: from the paths alone, nothing is executed.

use std::collections::HashMap;

use axon_domain::Language;

use super::model::ModuleRef;
use super::stdlib;
use crate::sources::{FileId, Sources};

/// A module or package of the project, by its position.
pub(super) type ModuleId = usize;

/// A module: one file, a file with its stub, a package, or a folder without `__init__.py`.
#[derive(Debug, Default)]
pub(super) struct Module {
    /// As the files that are found on the nearest search path import it.
    pub(super) dotted: String,
    /// Path without ending: `src/shop/cart`.
    pub(super) place: String,
    /// `.py` before `.pyi`; none for a namespace package.
    pub(super) files: Vec<FileId>,
    /// Its files are `__init__`.
    pub(super) package: bool,
    /// The folder that packages lie in to be found.
    root: String,
}

/// What an import names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    Module(ModuleId),
    /// Part of a package of the project, but not among its files (made by a build, or wrong).
    Missing,
    /// Not of the project.
    Outside(String),
}

/// Every module.
#[derive(Debug, Default)]
pub(super) struct Modules {
    pub(super) list: Vec<Module>,
    by_place: HashMap<String, ModuleId>,
    by_file: HashMap<FileId, ModuleId>,
    /// Folders in which a top-level name lies.
    tops: HashMap<String, Vec<String>>,
    /// Folders next to a project file, and their `src`.
    roots: Vec<String>,
}

impl Modules {
    pub(super) fn new(sources: &Sources<'_>) -> Self {
        let mut modules = Self::default();
        let mut roots = vec![String::new(), "src".to_owned(), "lib".to_owned()];
        for id in sources.ids() {
            let path = sources.path(id);
            let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
            if matches!(file, "pyproject.toml" | "setup.py" | "setup.cfg") {
                roots.extend([folder.to_owned(), join(folder, "src"), join(folder, "lib")]);
            }
            if Language::of_path(path) == Some(Language::Python) {
                modules.add(id, folder, file);
            }
        }
        modules.roots = roots;
        modules.name_all();
        modules
    }

    fn add(&mut self, id: FileId, folder: &str, file: &str) {
        let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
        let package = stem == "__init__";
        let place = if package { folder.to_owned() } else { join(folder, stem) };
        let at = self.at(&place);
        let module = &mut self.list[at];
        if package && !module.package {
            // `shop/__init__.py` hides `shop.py`.
            module.files.clear();
        }
        if package || !module.package {
            module.package = package;
            let stub = file.ends_with(".pyi");
            module.files.insert(if stub { module.files.len() } else { 0 }, id);
        }
        self.by_file.insert(id, at);
        let parent = |path: &str| path.rsplit_once('/').map_or("", |(above, _)| above).to_owned();
        let mut above = parent(&place);
        while !above.is_empty() && !self.by_place.contains_key(&above) {
            self.at(&above);
            above = parent(&above);
        }
    }

    fn at(&mut self, place: &str) -> ModuleId {
        if let Some(at) = self.by_place.get(place) {
            return *at;
        }
        self.list.push(Module { place: place.to_owned(), ..Module::default() });
        self.by_place.insert(place.to_owned(), self.list.len() - 1);
        self.list.len() - 1
    }

    fn is_package(&self, folder: &str) -> bool {
        !folder.is_empty() && self.by_place.get(folder).is_some_and(|at| self.list[*at].package)
    }

    fn name_all(&mut self) {
        for at in 0..self.list.len() {
            let place = self.list[at].place.clone();
            let mut root = place.rsplit_once('/').map_or("", |(folder, _)| folder);
            while self.is_package(root) {
                root = root.rsplit_once('/').map_or("", |(above, _)| above);
            }
            let below = place[root.len()..].trim_start_matches('/');
            self.list[at].dotted = below.replace('/', ".");
            if self.list[at].package && below.is_empty() {
                self.list[at].dotted = "__init__".to_owned();
            }
            self.list[at].root = root.to_owned();
            let (folder, top) = place.rsplit_once('/').unwrap_or(("", &place));
            if !self.is_package(folder) {
                self.tops.entry(top.to_owned()).or_default().push(folder.to_owned());
            }
        }
    }

    /// The module that a file is.
    pub(super) fn of_file(&self, file: FileId) -> Option<ModuleId> {
        self.by_file.get(&file).copied()
    }

    /// The module of this name within a package.
    pub(super) fn child(&self, module: ModuleId, name: &str) -> Option<ModuleId> {
        self.by_place.get(&join(&self.list[module].place, name)).copied()
    }

    /// The module that a reference in this file means.
    pub(super) fn resolve(&self, file: FileId, reference: &ModuleRef) -> Found {
        let outside = || Found::Outside(reference.to_string());
        let Some(at) = self.of_file(file) else { return outside() };
        let module = &self.list[at];
        let folder = if module.package {
            module.place.as_str()
        } else {
            module.place.rsplit_once('/').map_or("", |(folder, _)| folder)
        };
        if reference.level > 0 {
            let mut base = folder;
            for _ in 1..reference.level {
                base = base.rsplit_once('/').map_or("", |(above, _)| above);
            }
            let place = reference.parts.iter().fold(base.to_owned(), |at, part| join(&at, part));
            return self.by_place.get(&place).map_or(Found::Missing, |at| Found::Module(*at));
        }
        let Some(top) = reference.parts.first() else { return outside() };
        let mut partly = false;
        for root in self.search_path(module, folder, top) {
            let place = reference.parts.iter().fold(root.clone(), |at, part| join(&at, part));
            if let Some(found) = self.by_place.get(&place) {
                return Found::Module(*found);
            }
            partly |= self.by_place.contains_key(&join(&root, top));
        }
        if partly { Found::Missing } else { outside() }
    }

    /// The folders to look into, nearest first.
    fn search_path(&self, module: &Module, folder: &str, top: &str) -> Vec<String> {
        let Some(holding) = self.tops.get(top) else {
            // Only the own folder may hold it, for a script run inside a package.
            return vec![folder.to_owned()];
        };
        let standard = stdlib::MODULES.binary_search(&top).is_ok();
        let rank = |root: &str| {
            if root == module.root {
                Some(0)
            } else if self.roots.iter().any(|known| known == root) {
                Some(1)
            } else if root == folder {
                Some(2)
            } else if standard {
                None
            } else {
                Some(3)
            }
        };
        let mut found: Vec<(u8, usize, &String)> = holding
            .iter()
            .filter_map(|root| Some((rank(root)?, usize::MAX - shared(root, folder), root)))
            .collect();
        found.sort();
        let mut found: Vec<String> = found.into_iter().map(|(_, _, root)| root.clone()).collect();
        if !found.iter().any(|root| root == folder) && !standard {
            found.push(folder.to_owned());
        }
        found
    }
}

/// How many folders two paths have in common.
fn shared(one: &str, other: &str) -> usize {
    one.split('/').zip(other.split('/')).take_while(|(a, b)| a == b).count()
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}
