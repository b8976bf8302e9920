//! Stubs that declare what their module imports: `attr/__init__.pyi` says `def resolve_types`
//! where `attr/__init__.py` takes it from `attr/_funcs.py`. Both are one symbol.

use super::model::BindingKind;
use super::project::{Key, Meaning, Project};
use super::rename::Renaming;

impl Project<'_, '_> {
    /// What the module itself takes a name of its stub from.
    pub(super) fn behind_stub(&self, key: &Key) -> Vec<Key> {
        let files = &self.modules.list[key.module].files;
        if files.len() < 2 || !key.scope.is_empty() {
            return Vec::new();
        }
        let mut declared = false;
        let mut found = Vec::new();
        for file in files {
            let Some(index) = self.index(*file) else { continue };
            let stub = self.sources.path(*file).ends_with(".pyi");
            for binding in Self::bindings(index, 0, &key.name) {
                let import = matches!(binding.kind, BindingKind::Import(_));
                declared |= stub && !import;
                if !stub && import {
                    let meanings = self.binding_meaning(*file, binding);
                    found.extend(meanings.into_iter().filter_map(|meaning| match meaning {
                        Meaning::Item(item) if item != *key => Some(item),
                        _ => None,
                    }));
                }
            }
        }
        if declared { found } else { Vec::new() }
    }
}

impl Renaming<'_, '_, '_> {
    /// Adds what stubs declare of the symbol, and what lies behind a stub.
    pub(super) fn tie_stubs(&mut self) {
        loop {
            let behind = self.targets.iter().flat_map(|key| self.project.behind_stub(key));
            let mut more: Vec<Key> = behind.collect();
            for file in &self.files {
                if !self.project.sources.path(*file).ends_with(".pyi") {
                    continue;
                }
                let Some(key) = self.project.key(*file, 0, self.from()) else { continue };
                let behind = self.project.behind_stub(&key);
                if behind.iter().any(|real| self.targets.contains(real)) {
                    more.push(key);
                }
            }
            more.retain(|key| !self.targets.contains(key));
            if more.is_empty() {
                return;
            }
            self.add(more);
        }
    }
}
