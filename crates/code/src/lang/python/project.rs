//! Names across the modules of a project.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::OnceLock;

use axon_domain::{Error, Language, Result};

use super::circle::Circle;
use super::hierarchy::Mro;
use super::index::{Names, index};
use super::model::{Binding, BindingKind, Import, Index, ScopeId, ScopeKind};
use super::modules::{Found, ModuleId, Modules};
use super::names;
use crate::sources::{FileId, Sources, parallel};

/// A name in a scope of a module. Two definitions with the same key are one symbol.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) module: ModuleId,
    /// The path of the scope; empty for the module.
    pub(super) scope: Rc<str>,
    pub(super) name: Rc<str>,
}

/// What a name means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Something that the project defines.
    Item(Key),
    Module(ModuleId),
    /// Something outside of the project, by its dotted name.
    Outside(String),
    Unknown,
}

/// The project as one request sees it.
pub(super) struct Project<'s, 'f> {
    pub(super) sources: &'s Sources<'f>,
    pub(super) names: Names,
    pub(super) modules: Modules,
    indexes: Vec<OnceLock<Option<Index>>>,
    failure: RefCell<Option<Error>>,
    members: Circle<(ModuleId, Box<str>), Vec<Meaning>>,
    pub(super) orders: RefCell<HashMap<Key, Rc<Mro>>>,
    /// Steps left for the question that is being answered.
    pub(super) steps: Cell<u32>,
}

impl<'s, 'f> Project<'s, 'f> {
    pub(super) fn new(sources: &'s Sources<'f>, names: Names) -> Self {
        Self {
            sources,
            names,
            modules: Modules::new(sources),
            indexes: sources.ids().map(|_| OnceLock::new()).collect(),
            failure: RefCell::new(None),
            members: Circle::default(),
            orders: RefCell::default(),
            steps: Cell::new(0),
        }
    }

    /// Indexes the Python files that hold one of the words, on all cores, and gives them.
    pub(super) fn read(&self, any_of: &[&str]) -> Result<Vec<FileId>> {
        let python = self.sources.of_language(Language::Python);
        let files = self.sources.containing(&python, any_of)?;
        self.index_all(&files)?;
        Ok(files)
    }

    /// Indexes files on all cores.
    pub(super) fn index_all(&self, files: &[FileId]) -> Result<()> {
        let pending: Vec<FileId> =
            files.iter().copied().filter(|id| self.indexes[id.0].get().is_none()).collect();
        let (sources, names) = (self.sources, &self.names);
        let indexes = parallel(&pending, |id| read_one(sources, names, *id))?;
        for (id, index) in pending.iter().zip(indexes) {
            self.indexes[id.0].get_or_init(|| index);
        }
        Ok(())
    }

    /// The index of a file, made now if need be; `None` where it cannot be read.
    pub(super) fn index(&self, file: FileId) -> Option<&Index> {
        if self.indexes[file.0].get().is_none() {
            let made = read_one(self.sources, &self.names, file).unwrap_or_else(|error| {
                self.failure.borrow_mut().get_or_insert(error);
                None
            });
            self.indexes[file.0].get_or_init(|| made);
        }
        self.indexes[file.0].get()?.as_ref()
    }

    /// The first error of reading a file on the way, if there was one.
    pub(super) fn check(&self) -> Result<()> {
        self.failure.borrow_mut().take().map_or(Ok(()), Err)
    }

    /// The scope that binds a name as seen from another scope; `None` where only the
    /// star imports of the module or the builtins may.
    /// Within the body of a class a name is what is outside until the class binds it; `before`
    /// is the byte of the use, where that is known.
    pub(super) fn binding_scope(
        index: &Index,
        scope: ScopeId,
        name: &str,
        before: Option<usize>,
    ) -> Option<ScopeId> {
        let mut at = scope;
        let mut direct = true;
        loop {
            let found = &index.scopes[at];
            if at != 0 && found.globals.iter().any(|global| **global == *name) {
                return index.scopes[0].names.contains_key(name).then_some(0);
            }
            let class = found.kind == ScopeKind::Class;
            if (!class || direct) && found.names.contains_key(name) {
                let early = |binding: &Binding| before.is_some_and(|use_| use_ < binding.effect);
                // `_sum = sum` before `def sum` of a module is the builtin.
                let later = class || (direct && at == 0 && names::is_builtin(name));
                if !later || !Self::bindings(index, at, name).next().is_none_or(early) {
                    return Some(at);
                }
            }
            if found.kind != ScopeKind::TypeParameters {
                direct = false;
            }
            at = found.parent?;
        }
    }

    /// The bindings of a name in one scope.
    pub(super) fn bindings<'i>(
        index: &'i Index,
        scope: ScopeId,
        name: &str,
    ) -> impl Iterator<Item = &'i Binding> {
        let found = index.scopes[scope].names.get(name).map_or(&[][..], Vec::as_slice);
        found.iter().map(|at| &index.bindings[*at])
    }

    /// The key of a name in a scope of a file.
    pub(super) fn key(&self, file: FileId, scope: ScopeId, name: &str) -> Option<Key> {
        let module = self.modules.of_file(file)?;
        let path = self.index(file)?.scopes[scope].path.as_str();
        Some(Key { module, scope: Rc::from(path), name: Rc::from(name) })
    }

    /// Every binding of a key, over the files of its module and scopes of the same path.
    pub(super) fn bindings_of(&self, key: &Key) -> Vec<(FileId, &Binding)> {
        let mut found = Vec::new();
        for file in &self.modules.list[key.module].files {
            let Some(index) = self.index(*file) else { continue };
            for scope in index.paths.get(&*key.scope).into_iter().flatten().copied() {
                found.extend(
                    Self::bindings(index, scope, &key.name).map(|binding| (*file, binding)),
                );
            }
        }
        found
    }

    /// What a module means by a name, following imports.
    pub(super) fn member(&self, module: ModuleId, name: &str) -> Vec<Meaning> {
        let question = (module, Box::from(name));
        let mut found = self.members.ask(question, Vec::new(), || self.members_of(module, name));
        if let Some(child) = self.modules.child(module, name)
            && found.iter().all(|meaning| *meaning == Meaning::Unknown)
        {
            return vec![Meaning::Module(child)];
        }
        if found.is_empty() && self.has_hook(module) {
            found.push(Meaning::Unknown);
        }
        found
    }

    fn members_of(&self, module: ModuleId, name: &str) -> Vec<Meaning> {
        let mut found = Vec::new();
        for file in &self.modules.list[module].files {
            let Some(index) = self.index(*file) else { continue };
            for binding in Self::bindings(index, 0, name) {
                for meaning in self.binding_meaning(*file, binding) {
                    if !found.contains(&meaning) {
                        found.push(meaning);
                    }
                }
            }
        }
        if found.is_empty() { self.star_member(module, name) } else { found }
    }

    /// Whether a module makes attributes while it runs (PEP 562).
    fn has_hook(&self, module: ModuleId) -> bool {
        self.modules.list[module].files.iter().any(|file| {
            self.index(*file).is_some_and(|i| i.scopes[0].names.contains_key("__getattr__"))
        })
    }

    /// What a name means by the star imports of a module, the last one first.
    pub(super) fn star_member(&self, module: ModuleId, name: &str) -> Vec<Meaning> {
        let mut unknown = false;
        for file in &self.modules.list[module].files {
            let Some(index) = self.index(*file) else { continue };
            for star in index.scopes[0].stars.iter().rev() {
                match self.modules.resolve(*file, star) {
                    Found::Module(from) if self.exports(from, name) => {
                        let found = self.member(from, name);
                        let real = |m: &Meaning| *m != Meaning::Unknown;
                        if found.iter().any(real) {
                            return found;
                        }
                    }
                    Found::Module(_) => {}
                    Found::Missing | Found::Outside(_) => unknown = true,
                }
            }
        }
        if unknown && !names::is_builtin(name) { vec![Meaning::Unknown] } else { Vec::new() }
    }

    /// Whether `from module import *` takes this name.
    pub(super) fn exports(&self, module: ModuleId, name: &str) -> bool {
        let indexes = || self.modules.list[module].files.iter().filter_map(|f| self.index(*f));
        if !indexes().any(|index| index.exports.declared) {
            return !name.starts_with('_');
        }
        indexes().any(|index| {
            let exports = &index.exports;
            exports.partly || exports.names.iter().any(|(exported, _)| **exported == *name)
        })
    }

    pub(super) fn binding_meaning(&self, file: FileId, binding: &Binding) -> Vec<Meaning> {
        match &binding.kind {
            BindingKind::Import(import) => self.import_meaning(file, import),
            BindingKind::Delete => Vec::new(),
            _ => match self.key(file, binding.scope, &binding.name) {
                Some(key) => vec![Meaning::Item(key)],
                None => vec![Meaning::Unknown],
            },
        }
    }

    fn import_meaning(&self, file: FileId, import: &Import) -> Vec<Meaning> {
        let resolved = self.modules.resolve(file, &import.module);
        match (&import.name, resolved) {
            (None, Found::Module(module)) => vec![Meaning::Module(module)],
            (Some(name), Found::Module(module)) => self.member(module, name),
            (_, Found::Missing) => vec![Meaning::Unknown],
            (None, Found::Outside(dotted)) => vec![Meaning::Outside(dotted)],
            (Some(name), Found::Outside(dotted)) => {
                vec![Meaning::Outside(format!("{dotted}.{name}"))]
            }
        }
    }

    /// The name of a key for people: `shop.cart.Cart.total`.
    pub(super) fn qualified(&self, key: &Key) -> String {
        let mut text = self.modules.list[key.module].dotted.clone();
        for part in key.scope.split('.').chain([&*key.name]) {
            let part = part.split('@').next().unwrap_or(part);
            if !part.is_empty() && !part.starts_with('<') {
                text.push('.');
                text.push_str(part);
            }
        }
        text
    }
}

fn read_one(sources: &Sources<'_>, names: &Names, id: FileId) -> Result<Option<Index>> {
    let Some(text) = sources.text(id)? else { return Ok(None) };
    let made = index(text, names)?;
    if made.is_none() {
        sources.skip(id, "the parser gave up");
    }
    Ok(made)
}
