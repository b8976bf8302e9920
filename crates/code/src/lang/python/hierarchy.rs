//! Classes: bases, the order in which members are looked up, and what must be renamed together.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::model::{BindingKind, Class, Index, ScopeId};
use super::names;
use super::project::{Key, Project};
use super::types::Ty;
use crate::sources::FileId;

/// A class and everything it derives from.
#[derive(Debug, Default)]
pub(super) struct Mro {
    /// The classes of the project, the class itself first.
    pub(super) classes: Vec<Key>,
    /// Bases outside of the project, by dotted name.
    pub(super) outside: Vec<String>,
    /// A base that is not known.
    pub(super) unknown: bool,
}

/// How many classes an order may hold.
const LONGEST: usize = 500;

impl Project<'_, '_> {
    /// The definitions of a class.
    pub(super) fn classes(&self, key: &Key) -> Vec<(FileId, &Index, &Class)> {
        let mut found = Vec::new();
        for (file, binding) in self.bindings_of(key) {
            if let (BindingKind::Class(class), Some(index)) = (&binding.kind, self.index(file)) {
                found.push((file, index, &index.classes[*class]));
            }
        }
        found
    }

    /// The order of lookup: depth first, a shared base after everything that derives from it,
    /// which agrees with Python's order wherever that exists and is not contrived.
    pub(super) fn order(&self, class: &Key) -> Rc<Mro> {
        if let Some(known) = self.orders.borrow().get(class) {
            return Rc::clone(known);
        }
        // A class whose bases lead back to it.
        let cyclic = Mro { classes: vec![class.clone()], unknown: true, ..Mro::default() };
        self.orders.borrow_mut().insert(class.clone(), Rc::new(cyclic));
        let mut mro = Mro::default();
        let mut walked = Vec::new();
        let mut pending = vec![class.clone()];
        while let Some(key) = pending.pop() {
            if walked.len() >= LONGEST {
                mro.unknown = true;
                break;
            }
            let mut bases = Vec::new();
            let definitions = self.classes(&key);
            // `nonlocal` binds the class elsewhere.
            mro.unknown |= definitions.is_empty();
            for (file, _, class) in definitions {
                for base in &class.bases {
                    for ty in self.infer(file, base) {
                        match ty {
                            Ty::Class(base) => bases.push(base),
                            Ty::Outside(name) => mro.outside.push(name),
                            _ => mro.unknown = true,
                        }
                    }
                }
            }
            walked.push(key);
            pending.extend(bases.into_iter().rev().filter(|base| !walked.contains(base)));
        }
        let mut seen = BTreeSet::new();
        for key in walked.into_iter().rev() {
            if seen.insert(key.clone()) {
                mro.classes.push(key);
            }
        }
        mro.classes.reverse();
        if let Some(at) = mro.classes.iter().position(|key| key == class) {
            mro.classes[..=at].rotate_right(1);
        }
        mro.outside.sort();
        mro.outside.dedup();
        let mro = Rc::new(mro);
        self.orders.borrow_mut().insert(class.clone(), Rc::clone(&mro));
        mro
    }

    /// Whether a class itself binds a member, in its body or through its receiver.
    pub(super) fn defines(&self, class: &Key, name: &str) -> bool {
        self.classes(class).iter().any(|(_, index, class)| {
            index.scopes[class.body].names.contains_key(name) || class.attributes.contains_key(name)
        })
    }

    /// The class of this order that a member comes from.
    pub(super) fn provider(&self, classes: &[Key], name: &str) -> Option<Key> {
        classes.iter().find(|class| self.defines(class, name)).cloned()
    }

    /// The key of a class by its place in a file.
    pub(super) fn class_key(&self, file: FileId, class: &Class) -> Option<Key> {
        self.key(file, class.scope, &class.name)
    }

    /// The key of a member of a class.
    pub(super) fn member_key(class: &Key, name: &str) -> Key {
        Key { module: class.module, scope: Rc::from(Self::body(class)), name: Rc::from(name) }
    }

    /// The path of the body of a class.
    fn body(class: &Key) -> String {
        let inner = class.scope.rsplit('.').next().unwrap_or_default();
        if class.scope.is_empty() {
            class.name.to_string()
        } else if inner.contains('@') {
            format!("{}.<locals>.{}", class.scope, class.name)
        } else {
            format!("{}.{}", class.scope, class.name)
        }
    }

    /// The class whose body a key lies in.
    pub(super) fn class_of(&self, member: &Key) -> Option<Key> {
        for file in &self.modules.list[member.module].files {
            let Some(index) = self.index(*file) else { continue };
            for scope in index.paths.get(&*member.scope).into_iter().flatten() {
                if let Some(class) = class_of_scope(index, *scope) {
                    return self.class_key(*file, &index.classes[class]);
                }
            }
        }
        None
    }

    /// Every class among these files that defines a member of this name.
    pub(super) fn definers(&self, files: &[FileId], name: &str) -> BTreeSet<Key> {
        let mut found = BTreeSet::new();
        for file in files {
            let Some(index) = self.index(*file) else { continue };
            for class in &index.classes {
                let body = &index.scopes[class.body].names;
                if body.contains_key(name) || class.attributes.contains_key(name) {
                    found.extend(self.class_key(*file, class));
                }
            }
        }
        found
    }

    /// The classes that must keep the same name for a member as this one: connected by
    /// inheritance, or by a class that derives from both.
    pub(super) fn family(
        &self,
        of: &Key,
        definers: &BTreeSet<Key>,
        others: &[Key],
    ) -> BTreeSet<Key> {
        let mut groups: BTreeMap<&Key, usize> =
            definers.iter().enumerate().map(|(at, key)| (key, at)).collect();
        for class in definers.iter().chain(others) {
            let order = self.order(class);
            let twins = self.behind_stub(class);
            let linked: Vec<&Key> =
                order.classes.iter().chain(&twins).filter_map(|k| definers.get(k)).collect();
            let Some(first) = linked.first().and_then(|key| groups.get(*key)).copied() else {
                continue;
            };
            for other in linked {
                let Some(group) = groups.get(other).copied() else { continue };
                if group != first {
                    for number in groups.values_mut().filter(|number| **number == group) {
                        *number = first;
                    }
                }
            }
        }
        let own = groups.get(of).copied();
        let same = groups.into_iter().filter(|(_, group)| Some(*group) == own);
        same.map(|(key, _)| key.clone()).chain([of.clone()]).collect()
    }

    /// Why a method may override something outside of the project; `None` where it does not.
    pub(super) fn overrides_outside(&self, class: &Key, name: &str) -> Option<String> {
        if names::is_special(name) {
            return Some(format!("Python itself calls `{name}`"));
        }
        let order = self.order(class);
        for base in &order.outside {
            match names::known_member(base, name) {
                Some(false) => {}
                Some(true) => return Some(format!("it overrides `{name}` of `{base}`")),
                None => {
                    return Some(format!(
                        "`{}` derives from `{base}`, which is not part of the project and may \
                         define or call `{name}`",
                        class.name
                    ));
                }
            }
        }
        order.unknown.then(|| {
            format!("`{}` has a base that cannot be found, which may define `{name}`", class.name)
        })
    }

    /// Whether a class is a protocol, which classes fulfil without deriving from it.
    pub(super) fn is_protocol(&self, class: &Key) -> bool {
        let protocol = |ty: &Ty| matches!(ty, Ty::Outside(name) if name.ends_with("Protocol"));
        self.classes(class).iter().any(|(file, _, class)| {
            class.bases.iter().any(|base| self.infer(*file, base).iter().any(protocol))
        })
    }
}

/// The class whose body this scope is.
pub(super) fn class_of_scope(index: &Index, scope: ScopeId) -> Option<usize> {
    let found = &index.scopes[scope];
    (found.kind == super::model::ScopeKind::Class).then_some(found.owner).flatten()
}
