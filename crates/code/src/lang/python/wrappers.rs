//! Symbols of the same name that are made of the renamed one: `f = curry(mod.f)`.

use super::model::{BindingKind, Expr, ScopeKind, Value};
use super::project::{Key, Project};
use super::rename::{Renaming, Status, Verdict};
use crate::sources::FileId;

impl Renaming<'_, '_, '_> {
    /// Other symbols of the same name that are made of this one.
    pub(super) fn wrappers(&self) -> Vec<(FileId, Key, std::ops::Range<usize>)> {
        let mut found = Vec::new();
        for file in &self.files {
            let Some(index) = self.project.index(*file) else { continue };
            for binding in index.bindings.iter().filter(|b| *b.name == *self.from()) {
                let kind = index.scopes[binding.scope].kind;
                let BindingKind::Value(Value::Of(value)) = &binding.kind else { continue };
                if !matches!(kind, ScopeKind::Module | ScopeKind::Class) {
                    continue;
                }
                let Some(key) = self.project.key(*file, binding.scope, &binding.name) else {
                    continue;
                };
                if !self.targets.contains(&key) && self.wraps(*file, value) {
                    found.push((*file, key, binding.span.clone()));
                }
            }
        }
        found
    }

    /// Whether a value is the symbol or made by giving it to a function.
    fn wraps(&self, file: FileId, expr: &Expr) -> bool {
        match expr {
            Expr::Name(name, scope) if **name == *self.from() => {
                self.project.index(file).is_some_and(|index| {
                    match Project::binding_scope(index, *scope, name, None) {
                        // The wrapper itself hides the import that it wraps.
                        Some(bound) => self.status(file, bound) != Status::No,
                        None => {
                            let module = self.project.modules.of_file(file);
                            module.is_some_and(|module| self.star(module).is_some())
                        }
                    }
                })
            }
            Expr::Attribute(object, name) if **name == *self.from() => {
                matches!(self.attribute(file, object), Verdict::Site { .. })
            }
            Expr::Call(_, arguments) => arguments.iter().any(|a| self.wraps(file, a)),
            _ => false,
        }
    }
}
