//! Which module imports which while it is loaded.

use std::collections::{BTreeSet, HashMap};

use axon_domain::Result;

use super::super::modules::{Found, ModuleId};
use super::super::project::Project;
use super::imports::{module_ref, statements};

/// The imports of modules as they are, found when asked for.
#[derive(Default)]
pub(super) struct Graph {
    known: HashMap<ModuleId, BTreeSet<ModuleId>>,
}

impl Graph {
    /// The modules that a module imports outside of functions.
    pub(super) fn of(
        &mut self,
        project: &Project<'_, '_>,
        module: ModuleId,
    ) -> Result<&BTreeSet<ModuleId>> {
        let missing = !self.known.contains_key(&module);
        if missing {
            let mut found = BTreeSet::new();
            for file in &project.modules.list[module].files {
                let Some(text) = project.sources.text(*file)? else { continue };
                for statement in statements(project.sources, *file)?.iter().filter(|s| s.top) {
                    let names = || statement.clauses.iter().map(|c| &text[c.name.clone()]);
                    let Some(from) = statement.module_ref(text) else {
                        let resolved =
                            names().map(|name| project.modules.resolve(*file, &module_ref(name)));
                        found.extend(resolved.filter_map(module_of));
                        continue;
                    };
                    let Some(from) = module_of(project.modules.resolve(*file, &from)) else {
                        continue;
                    };
                    let children: Vec<_> =
                        names().map(|name| project.modules.child(from, name)).collect();
                    if statement.star || children.iter().any(Option::is_none) {
                        found.insert(from);
                    }
                    found.extend(children.into_iter().flatten());
                }
            }
            found.remove(&module);
            self.known.insert(module, found);
        }
        Ok(&self.known[&module])
    }

    /// The way from one module back to itself by these further imports; `None` where there is
    /// none, or was one already.
    pub(super) fn circle(
        &mut self,
        project: &Project<'_, '_>,
        from: ModuleId,
        further: &BTreeSet<(ModuleId, ModuleId)>,
    ) -> Result<Option<Vec<ModuleId>>> {
        let none = BTreeSet::new();
        if self.way(project, from, &none)?.is_some() {
            return Ok(None);
        }
        self.way(project, from, further)
    }

    fn way(
        &mut self,
        project: &Project<'_, '_>,
        from: ModuleId,
        further: &BTreeSet<(ModuleId, ModuleId)>,
    ) -> Result<Option<Vec<ModuleId>>> {
        let mut came: HashMap<ModuleId, ModuleId> = HashMap::new();
        let mut pending = vec![from];
        while let Some(at) = pending.pop() {
            let mut next = self.of(project, at)?.clone();
            next.extend(further.iter().filter(|(user, _)| *user == at).map(|(_, used)| *used));
            for to in next {
                if to == from && at != from {
                    let mut way = vec![at];
                    let mut here = at;
                    while let Some(before) = came.get(&here) {
                        way.push(*before);
                        here = *before;
                    }
                    way.reverse();
                    way.push(from);
                    return Ok(Some(way));
                }
                if to != from && !came.contains_key(&to) {
                    came.insert(to, at);
                    pending.push(to);
                }
            }
        }
        Ok(None)
    }
}

fn module_of(found: Found) -> Option<ModuleId> {
    match found {
        Found::Module(module) => Some(module),
        Found::Missing | Found::Outside(_) => None,
    }
}
