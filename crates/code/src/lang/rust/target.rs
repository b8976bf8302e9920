//! Which definitions a symbol is: all that have to keep one name.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};

use axon_domain::{Language, Symbol, SymbolKind};

use super::items::{ItemKind, Owner, Space, Visibility};
use super::project::{ItemRef, ModuleId, Project};
use crate::sources::FileId;

/// A symbol that is looked for.
#[derive(Debug)]
pub(super) struct Target {
    /// Every definition.
    pub(super) items: BTreeSet<ItemRef>,
    /// The old name, without `r#`.
    pub(super) name: String,
    /// Further items that a reference to the symbol means too, in another configuration.
    pub(super) also: RefCell<BTreeSet<ItemRef>>,
    /// As people write it.
    pub(super) qualified: String,
    /// It belongs to a trait or to `impl` blocks.
    pub(super) member: bool,
    /// The trait, of a trait's member.
    pub(super) of_trait: Option<ItemRef>,
    /// How many arguments a call as a method has, for each definition that can be called so.
    pub(super) arities: BTreeSet<usize>,
    /// A macro of the project has the same name, which imports bring in too.
    pub(super) macro_twin: bool,
}

/// What a definition belongs to, as far as naming it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Belongs {
    /// Items of modules and blocks, variants, inherent members.
    Project,
    /// A trait of the project.
    Trait(ItemRef),
    /// A trait from elsewhere: its name is not ours to change.
    Foreign,
}

impl Project<'_> {
    /// What a definition belongs to.
    pub(super) fn belongs(&self, item: ItemRef) -> Belongs {
        let unit = self.unit(item.unit);
        match unit.items[item.item].owner {
            Owner::Impl(at) => match &self.impl_info(item.unit, at).of_trait {
                None => Belongs::Project,
                Some(bound) => match bound.own {
                    Some(own) => Belongs::Trait(own),
                    None => Belongs::Foreign,
                },
            },
            Owner::Item(of) if unit.items[of].kind == ItemKind::Trait => {
                Belongs::Trait(ItemRef { unit: item.unit, item: of })
            }
            _ => Belongs::Project,
        }
    }

    /// Every definition that has to keep one name with this one.
    pub(super) fn group(&self, item: ItemRef) -> BTreeSet<ItemRef> {
        let mut found = BTreeSet::from([item]);
        if let Belongs::Trait(of_trait) = self.belongs(item) {
            self.add_trait_members(of_trait, item, &mut found);
            return found;
        }
        let unit = self.unit(item.unit);
        let content = &unit.items[item.item];
        match content.owner {
            Owner::Impl(at) => {
                let info = self.impl_info(item.unit, at);
                for (other, at) in self.impl_members(&info.self_ty, &content.name).iter() {
                    if self.impl_info(other.unit, *at).of_trait.is_none() {
                        found.insert(*other);
                    }
                }
            }
            Owner::Item(of) => {
                let of = ItemRef { unit: item.unit, item: of };
                for twin in self.twins(of) {
                    found.extend(self.members_named(twin, &content.name));
                }
            }
            Owner::Body => found.extend(self.twins(item)),
        }
        found
    }

    fn add_trait_members(&self, of: ItemRef, item: ItemRef, found: &mut BTreeSet<ItemRef>) {
        let unit = self.unit(item.unit);
        let name = unit.items[item.item].name.clone();
        for twin in self.twins(of) {
            found.extend(self.members_named(twin, &name));
        }
        for (unit_id, at) in self.impls_of(of).iter() {
            let unit = self.unit(*unit_id);
            let named = unit.impls[*at].members.iter().filter(|m| unit.items[**m].name == name);
            found.extend(named.map(|member| ItemRef { unit: *unit_id, item: *member }));
        }
    }

    fn members_named(&self, of: ItemRef, name: &str) -> Vec<ItemRef> {
        let unit = self.unit(of.unit);
        let members = unit.items[of.item].members.iter();
        let named = members.filter(|member| unit.items[**member].name == name);
        named.map(|member| ItemRef { unit: of.unit, item: *member }).collect()
    }

    /// The definitions of the same name at the same place: alternatives by `cfg`.
    pub(super) fn twins(&self, item: ItemRef) -> BTreeSet<ItemRef> {
        let mut found = BTreeSet::from([item]);
        let mut pending = vec![item];
        while let Some(item) = pending.pop() {
            let unit = self.unit(item.unit);
            let content = &unit.items[item.item];
            let mut places = vec![(item.unit, content.body)];
            if unit.bodies[content.body].parent.is_none() {
                for module in self.modules_of(item.unit, content.body) {
                    places.extend(self.bodies(module));
                }
            }
            for (unit_id, body) in places {
                let there = self.unit(unit_id);
                for other in there.bodies[body].names.get(&content.name).into_iter().flatten() {
                    let kind = there.items[*other].kind;
                    let shared = [Space::Type, Space::Value]
                        .into_iter()
                        .any(|space| kind.is_in(space) && content.kind.is_in(space));
                    let other = ItemRef { unit: unit_id, item: *other };
                    if shared && kind != ItemKind::Module && found.insert(other) {
                        pending.push(other);
                    }
                }
            }
        }
        found
    }

    /// What kind of symbol an item is; `None` for modules.
    pub(super) fn symbol_kind(&self, item: ItemRef) -> Option<SymbolKind> {
        let unit = self.unit(item.unit);
        let content = &unit.items[item.item];
        Some(match content.kind {
            ItemKind::Function if content.owner == Owner::Body => SymbolKind::Function,
            ItemKind::Function => SymbolKind::Method,
            ItemKind::Const | ItemKind::Static | ItemKind::Variant => SymbolKind::Constant,
            ItemKind::Module => return None,
            _ => SymbolKind::Type,
        })
    }

    /// The modules that an item is in.
    pub(super) fn homes(&self, item: ItemRef) -> Vec<ModuleId> {
        let body = self.unit(item.unit).items[item.item].body;
        self.modules_of(item.unit, body)
    }

    /// The path of an item inside of its module: `Cart::total`.
    pub(super) fn inner_path(&self, item: ItemRef) -> Vec<String> {
        let unit = self.unit(item.unit);
        let content = &unit.items[item.item];
        let mut parts = Vec::new();
        match content.owner {
            Owner::Body => {}
            Owner::Item(of) => parts.push(unit.items[of].name.clone()),
            Owner::Impl(at) => {
                let node = unit.impls[at].self_type;
                let head = unit.ast.field(node, "type").unwrap_or(node);
                let text = unit.ast.text(head);
                parts.push(text.rsplit("::").next().unwrap_or(text).trim().to_owned());
            }
        }
        parts.push(content.name.clone());
        parts
    }

    /// The symbol that an item is.
    pub(super) fn symbol(&self, item: ItemRef) -> Option<Symbol> {
        let unit = self.unit(item.unit);
        let content = &unit.items[item.item];
        let kind = self.symbol_kind(item)?;
        let module = self.homes(item).first().copied()?;
        let at = unit.in_file(unit.ast.start(content.name_node));
        let line = self.line(unit.file, at);
        Some(Symbol {
            name: content.name.clone(),
            qualified: format!(
                "{}::{}",
                self.module_path(module),
                self.inner_path(item).join("::")
            ),
            kind,
            language: Language::Rust,
            path: self.sources.path(unit.file).to_owned(),
            line,
        })
    }

    /// The line of a byte of a file.
    pub(super) fn line(&self, file: FileId, at: usize) -> u32 {
        let parsed = self.sources.parsed(file, Language::Rust).ok().flatten();
        parsed.map_or(1, |parsed| parsed.lines.line(at))
    }

    /// The symbol as something to look for.
    pub(super) fn target(
        &self,
        item: ItemRef,
        qualified: String,
        items: BTreeSet<ItemRef>,
    ) -> Target {
        let unit = self.unit(item.unit);
        let content = &unit.items[item.item];
        let of_trait = match self.belongs(item) {
            Belongs::Trait(of_trait) => Some(of_trait),
            _ => None,
        };
        let member = of_trait.is_some() || matches!(content.owner, Owner::Impl(_));
        let arities = items.iter().filter_map(|item| self.arity(*item)).collect();
        let macro_twin = self.containing(&content.name).iter().any(|file| {
            self.sources.text(*file).ok().flatten().is_some_and(|text| {
                let mut at = memchr::memmem::find_iter(text.as_bytes(), "macro_rules!");
                at.any(|at| {
                    let rest = text[at + 12..].trim_start();
                    rest.strip_prefix(content.name.as_str())
                        .is_some_and(|rest| rest.trim_start().starts_with(['{', '(', '[']))
                })
            })
        });
        Target {
            items,
            also: RefCell::default(),
            name: content.name.clone(),
            qualified,
            member,
            of_trait,
            arities,
            macro_twin,
        }
    }

    /// The number of arguments of a call as a method; `None` where it has no `self`.
    fn arity(&self, item: ItemRef) -> Option<usize> {
        let unit = self.unit(item.unit);
        let content = &unit.items[item.item];
        if content.kind != ItemKind::Function {
            return None;
        }
        let list = unit.ast.field(content.node, "parameters")?;
        let parameters: Vec<_> = unit
            .ast
            .children(list)
            .filter(|node| unit.ast.kind(*node) != "attribute_item")
            .collect();
        let first = parameters.first()?;
        let takes_self = unit.ast.kind(*first) == "self_parameter"
            || unit.ast.field(*first, "pattern").is_some_and(|p| unit.ast.kind(p) == "self");
        takes_self.then(|| parameters.len() - 1)
    }

    /// Whether a definition of the target may be named in a module at all.
    pub(super) fn reaches(&self, target: &Target, module: ModuleId) -> bool {
        target.items.iter().any(|item| {
            let unit = self.unit(item.unit);
            let stated = &unit.items[item.item].visibility;
            let inherent = matches!(unit.items[item.item].owner, Owner::Impl(_));
            self.homes(*item).iter().any(|home| {
                let seen = self.sees(self.crate_id(module), self.crate_id(*home));
                // Only an inherent member is closed to those outside by its own visibility.
                seen && (!inherent
                    || *stated == Visibility::Inherited
                    || self.visible(stated, *home, module))
            })
        })
    }

    /// Those of the files whose package can name one of the definitions at all.
    pub(super) fn in_reach(&self, items: &BTreeSet<ItemRef>, files: &[FileId]) -> Vec<FileId> {
        let mut homes: BTreeSet<usize> = BTreeSet::new();
        let mut folders: BTreeSet<Option<String>> = BTreeSet::new();
        for item in items {
            homes.extend(self.homes(*item).iter().map(|module| self.crate_id(*module)));
            let path = self.sources.path(self.unit(item.unit).file);
            folders.insert(self.package_folder(path));
        }
        let mut known: HashMap<Option<String>, bool> = HashMap::new();
        let mut reaches = |file: &FileId| {
            let path = self.sources.path(*file);
            let folder = self.package_folder(path);
            if let Some(known) = known.get(&folder) {
                return *known;
            }
            let krate = self.nearest_crate(path);
            let sees = krate.is_none_or(|krate| homes.iter().any(|home| self.sees(krate, *home)));
            let reaches = sees || folders.contains(&folder);
            known.insert(folder, reaches);
            reaches
        };
        files.iter().copied().filter(|file| reaches(file)).collect()
    }

    /// Whether a crate can name things of another, at whatever remove.
    fn sees(&self, one: usize, other: usize) -> bool {
        let mut pending = vec![one];
        let mut at = 0;
        while let Some(krate) = pending.get(at).copied() {
            if krate == other {
                return true;
            }
            at += 1;
            let crates = self.crates.borrow();
            let mut next: Vec<usize> = crates[krate].sees.values().copied().collect();
            next.sort_unstable();
            for krate in next {
                if !pending.contains(&krate) {
                    pending.push(krate);
                }
            }
        }
        false
    }
}
