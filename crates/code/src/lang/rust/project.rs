//! The crates of a tree and their modules, found as far as they are needed.
//!
//! A repository has far more files than a rename looks into, so modules are found upwards: from
//! a file to the file that declares it, up to the root of a crate.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

use axon_domain::{Error, Language, Result};

use super::ast::Ast;
use super::items::{BodyId, ItemId, ItemKind, Unit};
use super::resolve::Memo;
use crate::sources::{FileId, Sources};

/// A unit by its number in the [`Project`].
pub(super) type UnitId = usize;
/// A module by its number in the [`Project`].
pub(super) type ModuleId = usize;
/// A crate by its number in the [`Project`].
pub(super) type CrateId = usize;

/// One item of one unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct ItemRef {
    /// The unit.
    pub(super) unit: UnitId,
    /// The item in it.
    pub(super) item: ItemId,
}

/// Modules nested deeper are not looked into.
const DEEPEST: usize = 64;

/// A file stands in no more modules of one crate than this: files that take each other in by
/// `#[path]` and `include!` twice each would be twice as many modules with every file.
const MOST_HOMES: usize = 64;

/// Files that take each other in are followed so far, as far as rustc's own limit goes.
const LONGEST_CHAIN: usize = 128;

/// One crate: a library, a program, a test, a build script.
#[derive(Debug)]
pub(super) struct Crate {
    /// The name that others use.
    pub(super) name: String,
    /// The module of its root file.
    pub(super) root: ModuleId,
    /// Paths of `use` begin at the root of the crate.
    pub(super) edition_2015: bool,
    /// The crates of the project that it sees, by the name that it uses for them.
    pub(super) sees: HashMap<String, CrateId>,
    /// Names of crates from elsewhere.
    pub(super) foreign: HashSet<String>,
    /// Nobody declares it: what it belongs to is not known.
    pub(super) orphan: bool,
    /// Others may use it.
    pub(super) library: bool,
}

/// Where a module's items stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Source {
    /// In a file of its own.
    File(FileId),
    /// In braces.
    Inline(UnitId, BodyId),
}

/// One module; all `cfg` alternatives of one name are one module.
#[derive(Debug)]
pub(super) struct Module {
    /// Its crate.
    pub(super) krate: CrateId,
    /// The module around it.
    pub(super) parent: Option<ModuleId>,
    /// Its name; that of the crate for a root.
    pub(super) name: String,
    depth: usize,
    /// Its items.
    sources: Vec<Taken>,
    /// Of the sources, so many have been looked into for inner modules.
    expanded: usize,
    children: BTreeMap<String, ModuleId>,
}

/// Items that a module takes in.
#[derive(Debug, Clone)]
struct Taken {
    source: Source,
    /// The folder that files of inner modules are in.
    folder: String,
    /// The file, and those that led to it. A file that leads to itself is an error of the
    /// language.
    files: Rc<[FileId]>,
}

/// Everything known so far about the Rust code of a tree.
pub(super) struct Project<'s> {
    pub(super) sources: &'s Sources<'s>,
    /// Every Rust file.
    pub(super) files: Vec<FileId>,
    /// The old and the new name: macros that hold them are opened.
    of_interest: Vec<String>,
    units: RefCell<Vec<Rc<Unit>>>,
    unit_of: RefCell<HashMap<FileId, Option<UnitId>>>,
    pub(super) crates: RefCell<Vec<Rc<Crate>>>,
    modules: RefCell<Vec<Module>>,
    homes: RefCell<HashMap<FileId, Vec<ModuleId>>>,
    homes_in: RefCell<HashMap<(CrateId, FileId), usize>>,
    inline_homes: RefCell<HashMap<(UnitId, BodyId), Vec<ModuleId>>>,
    /// Modules declared inside of blocks.
    block_modules: RefCell<HashMap<(UnitId, BodyId, String), ModuleId>>,
    attached: RefCell<HashSet<FileId>>,
    roots: RefCell<HashMap<String, Vec<FileId>>>,
    /// The folder of every package with the crate that stands for it.
    pub(super) packages: RefCell<Vec<(String, CrateId)>>,
    containing: RefCell<HashMap<String, Rc<Vec<FileId>>>>,
    failure: RefCell<Option<Error>>,
    pub(super) memo: Memo,
}

impl<'s> Project<'s> {
    /// Reads the manifests; nothing else yet.
    pub(super) fn new(sources: &'s Sources<'s>, of_interest: &[&str]) -> Result<Self> {
        let project = Self {
            sources,
            files: sources.of_language(Language::Rust),
            of_interest: of_interest.iter().map(|name| (*name).to_owned()).collect(),
            units: RefCell::default(),
            unit_of: RefCell::default(),
            crates: RefCell::default(),
            modules: RefCell::default(),
            homes: RefCell::default(),
            homes_in: RefCell::default(),
            inline_homes: RefCell::default(),
            block_modules: RefCell::default(),
            attached: RefCell::default(),
            roots: RefCell::default(),
            packages: RefCell::default(),
            containing: RefCell::default(),
            failure: RefCell::default(),
            memo: Memo::default(),
        };
        super::crates::find(&project)?;
        Ok(project)
    }

    /// The first failure to read a file, met while looking something up.
    pub(super) fn failed(&self) -> Result<()> {
        self.failure.borrow_mut().take().map_or(Ok(()), Err)
    }

    fn or_note<T>(&self, result: Result<T>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                self.failure.borrow_mut().get_or_insert(error);
                None
            }
        }
    }

    /// Whether this is the old or the new name.
    pub(super) fn is_of_interest(&self, name: &str) -> bool {
        self.of_interest.iter().any(|known| known == name)
    }

    /// The Rust files that hold a word.
    pub(super) fn containing(&self, word: &str) -> Rc<Vec<FileId>> {
        if let Some(known) = self.containing.borrow().get(word) {
            return Rc::clone(known);
        }
        let found = self.or_note(self.sources.containing(&self.files, &[word]));
        let found = Rc::new(found.unwrap_or_default());
        self.containing.borrow_mut().insert(word.to_owned(), Rc::clone(&found));
        found
    }

    /// Those of the files that hold a word.
    pub(super) fn holding(&self, among: &[FileId], word: &str) -> Vec<FileId> {
        self.or_note(self.sources.containing(among, &[word])).unwrap_or_default()
    }

    /// The folder of the package that a path lies in.
    pub(super) fn package_folder(&self, path: &str) -> Option<String> {
        let packages = self.packages.borrow();
        let around = packages.iter().filter(|(folder, _)| super::crates::is_below(path, folder));
        around.max_by_key(|(folder, _)| folder.len()).map(|(folder, _)| folder.clone())
    }

    /// A unit.
    pub(super) fn unit(&self, id: UnitId) -> Rc<Unit> {
        Rc::clone(&self.units.borrow()[id])
    }

    /// The unit of a file; `None` where the file cannot be looked into.
    pub(super) fn unit_of(&self, file: FileId) -> Option<UnitId> {
        if let Some(known) = self.unit_of.borrow().get(&file) {
            return *known;
        }
        let parsed = self.or_note(self.sources.parsed(file, Language::Rust)).flatten();
        let unit = parsed.and_then(|parsed| {
            let ast = Ast::new(std::sync::Arc::clone(&parsed.text), &parsed.tree);
            self.add_unit(file, ast, Vec::new())
        });
        self.unit_of.borrow_mut().insert(file, unit);
        unit
    }

    /// Adds a unit: a file, or the code of a doc test.
    pub(super) fn add_unit(
        &self,
        file: FileId,
        ast: Ast,
        origin: Vec<(usize, usize)>,
    ) -> Option<UnitId> {
        let names: Vec<&str> = self.of_interest.iter().map(String::as_str).collect();
        let unit = self.or_note(Unit::new(file, ast, origin, &names))?;
        self.units.borrow_mut().push(Rc::new(unit));
        Some(self.units.borrow().len() - 1)
    }

    /// Adds a crate with its root; a root file that cannot be read makes an empty crate.
    pub(super) fn add_crate(&self, krate: Crate, root: Source, folder: &str) -> CrateId {
        let id = self.crates.borrow().len();
        let module = Module {
            krate: id,
            parent: None,
            name: krate.name.clone(),
            depth: 0,
            sources: Vec::new(),
            expanded: 0,
            children: BTreeMap::new(),
        };
        self.modules.borrow_mut().push(module);
        let at = self.modules.borrow().len() - 1;
        self.crates.borrow_mut().push(Rc::new(Crate { root: at, ..krate }));
        if let Source::File(file) = root {
            let folder = folder_of(self.sources.path(file)).to_owned();
            self.roots.borrow_mut().entry(folder).or_default().push(file);
        }
        self.add_source(at, root, folder.to_owned(), &[]);
        id
    }

    /// The root files of crates in a folder.
    pub(super) fn roots_in(&self, folder: &str) -> Vec<FileId> {
        self.roots.borrow().get(folder).cloned().unwrap_or_default()
    }

    /// The crate of the package that a path lies in.
    pub(super) fn nearest_crate(&self, path: &str) -> Option<CrateId> {
        let packages = self.packages.borrow();
        let around = packages.iter().filter(|(folder, _)| super::crates::is_below(path, folder));
        around.max_by_key(|(folder, _)| folder.len()).map(|(_, id)| *id)
    }

    fn add_source(&self, module: ModuleId, source: Source, folder: String, within: &[FileId]) {
        // A file that includes itself is one source all the same.
        let known = |taken: &Taken| taken.source == source;
        if self.modules.borrow()[module].sources.iter().any(known) {
            return;
        }
        let mut files: Rc<[FileId]> = Rc::from(within);
        match source {
            Source::File(file) => {
                if within.contains(&file) || within.len() >= LONGEST_CHAIN {
                    return;
                }
                let mut homes_in = self.homes_in.borrow_mut();
                let count = homes_in.entry((self.crate_id(module), file)).or_default();
                if *count >= MOST_HOMES {
                    return;
                }
                *count += 1;
                files = within.iter().copied().chain([file]).collect();
                self.homes.borrow_mut().entry(file).or_default().push(module);
            }
            Source::Inline(unit, body) => {
                self.inline_homes.borrow_mut().entry((unit, body)).or_default().push(module);
            }
        }
        self.modules.borrow_mut()[module].sources.push(Taken { source, folder, files });
    }

    /// The crate of a module.
    pub(super) fn crate_of(&self, module: ModuleId) -> Rc<Crate> {
        Rc::clone(&self.crates.borrow()[self.modules.borrow()[module].krate])
    }

    /// The number of the crate of a module.
    pub(super) fn crate_id(&self, module: ModuleId) -> CrateId {
        self.modules.borrow()[module].krate
    }

    /// The module around a module.
    pub(super) fn parent(&self, module: ModuleId) -> Option<ModuleId> {
        self.modules.borrow()[module].parent
    }

    /// Whether `inner` is `outer` or lies in it.
    pub(super) fn lies_in(&self, inner: ModuleId, outer: ModuleId) -> bool {
        let modules = self.modules.borrow();
        std::iter::successors(Some(inner), |at| modules[*at].parent).any(|at| at == outer)
    }

    /// The path of a module as code inside of its crate writes it.
    pub(super) fn module_path(&self, module: ModuleId) -> String {
        let modules = self.modules.borrow();
        let mut parts: Vec<&str> = Vec::new();
        let mut at = module;
        while let Some(parent) = modules[at].parent {
            parts.push(&modules[at].name);
            at = parent;
        }
        parts.push("crate");
        parts.reverse();
        parts.join("::")
    }

    /// The name of the crate of a module.
    pub(super) fn crate_name(&self, module: ModuleId) -> String {
        self.crate_of(module).name.clone()
    }

    /// The inner module of this name.
    pub(super) fn child(&self, module: ModuleId, name: &str) -> Option<ModuleId> {
        self.expand(module);
        self.modules.borrow()[module].children.get(name).copied()
    }

    /// A module that a block declares.
    pub(super) fn block_module(&self, unit: UnitId, body: BodyId, name: &str) -> Option<ModuleId> {
        self.block_modules.borrow().get(&(unit, body, name.to_owned())).copied()
    }

    /// Where the items of a module stand.
    pub(super) fn bodies(&self, module: ModuleId) -> Vec<(UnitId, BodyId)> {
        self.expand(module);
        let sources = self.modules.borrow()[module].sources.clone();
        let body = |source: &Source| match source {
            Source::File(file) => self.unit_of(*file).map(|unit| (unit, 0)),
            Source::Inline(unit, body) => Some((*unit, *body)),
        };
        sources.iter().filter_map(|taken| body(&taken.source)).collect()
    }

    /// The modules that a body of a unit is; several where several crates share the file.
    pub(super) fn modules_of(&self, unit: UnitId, body: BodyId) -> Vec<ModuleId> {
        let content = self.unit(unit);
        let body = content.module_body(body);
        if content.origin.is_empty() {
            self.attach(content.file);
        }
        if body == 0 && content.origin.is_empty() {
            return self.homes.borrow().get(&content.file).cloned().unwrap_or_default();
        }
        self.inline_homes.borrow().get(&(unit, body)).cloned().unwrap_or_default()
    }

    /// Looks for the inner modules of a module, once.
    pub(super) fn expand(&self, module: ModuleId) {
        loop {
            let (taken, depth) = {
                let mut modules = self.modules.borrow_mut();
                let module = &mut modules[module];
                let Some(next) = module.sources.get(module.expanded).cloned() else { return };
                module.expanded += 1;
                (next, module.depth)
            };
            let found = match taken.source {
                Source::File(file) => self.unit_of(file).map(|unit| (unit, 0)),
                Source::Inline(unit, body) => Some((unit, body)),
            };
            if let Some((unit, body)) = found
                && depth < DEEPEST
            {
                self.expand_body(module, unit, body, &taken);
            }
        }
    }

    fn expand_body(&self, module: ModuleId, unit_id: UnitId, body: BodyId, taken: &Taken) {
        let (folder, files) = (taken.folder.as_str(), &taken.files);
        let unit = self.unit(unit_id);
        let file_folder = folder_of(self.sources.path(unit.file));
        for path in &unit.bodies[body].includes {
            let included = self.sources.find(&super::crates::join(file_folder, path));
            if let Some(file) = included {
                self.add_source(module, Source::File(file), folder.to_owned(), files);
            }
        }
        for item in &unit.items {
            if item.kind != ItemKind::Module || unit.module_body(item.body) != body {
                continue;
            }
            let child = self.child_for(module, unit_id, item.body, &item.name, body);
            let inner = super::crates::join(folder, &item.name);
            match unit.ast.field(item.node, "body").and_then(|list| unit.body_at(list)) {
                Some(list) => {
                    self.add_source(child, Source::Inline(unit_id, list), inner, files);
                    self.expand(child);
                }
                None => {
                    for (file, folder) in super::crates::module_files(self, &unit, item, folder) {
                        self.add_source(child, Source::File(file), folder, files);
                    }
                }
            }
        }
    }

    fn child_for(
        &self,
        module: ModuleId,
        unit: UnitId,
        block: BodyId,
        name: &str,
        body: BodyId,
    ) -> ModuleId {
        let mut modules = self.modules.borrow_mut();
        if block == body
            && let Some(known) = modules[module].children.get(name)
        {
            return *known;
        }
        let child = modules.len();
        let (krate, depth) = (modules[module].krate, modules[module].depth + 1);
        modules.push(Module {
            krate,
            parent: Some(module),
            name: name.to_owned(),
            depth,
            sources: Vec::new(),
            expanded: 0,
            children: BTreeMap::new(),
        });
        if block == body {
            modules[module].children.insert(name.to_owned(), child);
        } else {
            self.block_modules.borrow_mut().insert((unit, block, name.to_owned()), child);
        }
        child
    }

    /// Finds the modules that a file is.
    fn attach(&self, file: FileId) {
        if !self.attached.borrow_mut().insert(file) {
            return;
        }
        if self.homes.borrow().contains_key(&file) {
            self.expand_file(file);
            return;
        }
        let mut order = vec![file];
        let mut at = 0;
        while let Some(file) = order.get(at).copied() {
            at += 1;
            if self.homes.borrow().contains_key(&file) {
                continue;
            }
            for parent in super::crates::declaring(self, file) {
                self.attached.borrow_mut().insert(parent);
                if !order.contains(&parent) {
                    order.push(parent);
                }
            }
        }
        // The outermost first, so that each finds its own modules when its turn comes.
        for file in order.iter().rev() {
            self.expand_file(*file);
        }
        if !self.homes.borrow().contains_key(&file) {
            for other in super::crates::pointing(self, file) {
                self.attach(other);
                self.expand_file(other);
            }
        }
        if !self.homes.borrow().contains_key(&file) {
            super::crates::add_orphan(self, file);
            self.expand_file(file);
        }
    }

    fn expand_file(&self, file: FileId) {
        let homes = self.homes.borrow().get(&file).cloned().unwrap_or_default();
        for home in homes {
            self.expand(home);
        }
    }
}

/// The folder of a path; empty at the top.
pub(super) fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}
