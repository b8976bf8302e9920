//! Which method or associated item of a type a name means.

use std::rc::Rc;

use super::ast::NodeId;
use super::items::{ImplId, ItemKind, Owner, Space};
use super::known;
use super::project::{ItemRef, ModuleId, Project, UnitId};
use super::resolve::{Def, Place};
use super::types::{Bound, Ty, substitute};

/// What is known about one `impl`.
#[derive(Debug)]
pub(super) struct ImplInfo {
    /// The type it is for.
    pub(super) self_ty: Ty,
    /// Its trait.
    pub(super) of_trait: Option<Bound>,
    /// The module around it.
    pub(super) module: ModuleId,
    /// The macro that makes it for types that its uses name (`impl Trait for $t`).
    pub(super) by_macro: Option<String>,
}

/// What a method name means on a type.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Found {
    /// These items of the project.
    Own(Vec<ItemRef>),
    /// Nothing of the project.
    Foreign,
    /// It cannot be told, and why.
    Unknown(&'static str),
}

/// An answer that need not be certain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    Yes,
    No,
    Maybe,
}

impl Project<'_> {
    /// What is known about an `impl`.
    pub(super) fn impl_info(&self, unit_id: UnitId, at: ImplId) -> Rc<ImplInfo> {
        if let Some(known) = self.memo.impls.borrow().get(&(unit_id, at)) {
            return Rc::clone(known);
        }
        let unit = self.unit(unit_id);
        let content = &unit.impls[at];
        let module = self.modules_of(unit_id, content.body).first().copied().unwrap_or(0);
        let place = Place { unit: unit_id, node: content.self_type, module };
        let self_ty = self.lower(&place, content.self_type, 0);
        let of_trait = content.of_trait.map(|node| {
            let mut found = Vec::new();
            self.one_bound(&Place { node, ..place }, node, &mut found, 0);
            let name = Rc::from(unit.ast.text(node));
            found.pop().unwrap_or(Bound {
                own: None,
                name,
                arguments: Vec::new(),
                inputs: Vec::new(),
            })
        });
        let made = unit.ast.text(content.self_type).starts_with('$');
        let by_macro = super::rules::definition_around(&unit, content.node)
            .filter(|_| made)
            .and_then(|definition| unit.ast.field(definition, "name"))
            .map(|name| unit.ast.name(name).to_owned());
        let info = Rc::new(ImplInfo { self_ty, of_trait, module, by_macro });
        self.memo.impls.borrow_mut().insert((unit_id, at), Rc::clone(&info));
        info
    }

    /// Every `impl` of a trait of the project.
    pub(super) fn impls_of(&self, of_trait: ItemRef) -> Rc<Vec<(UnitId, ImplId)>> {
        if let Some(known) = self.memo.of_trait.borrow().get(&of_trait) {
            return Rc::clone(known);
        }
        // A trait that asks for itself while it is looked into finds nothing.
        self.memo.of_trait.borrow_mut().insert(of_trait, Rc::default());
        let name = self.unit(of_trait.unit).items[of_trait.item].name.clone();
        let mut found = Vec::new();
        for file in self.containing(&name).iter() {
            let Some(unit_id) = self.unit_of(*file) else { continue };
            let unit = self.unit(unit_id);
            for at in 0..unit.impls.len() {
                if unit.impls[at].of_trait.is_some() {
                    let info = self.impl_info(unit_id, at);
                    let own = info.of_trait.as_ref().and_then(|bound| bound.own);
                    if own.is_some_and(|own| self.same(own, of_trait)) {
                        found.push((unit_id, at));
                    }
                }
            }
        }
        let found = Rc::new(found);
        self.memo.of_trait.borrow_mut().insert(of_trait, Rc::clone(&found));
        found
    }

    /// Whether two items are one, or alternatives by `cfg` of one.
    pub(super) fn same(&self, one: ItemRef, other: ItemRef) -> bool {
        if one == other {
            return true;
        }
        let (a, b) = (self.unit(one.unit), self.unit(other.unit));
        let (a, b) = (&a.items[one.item], &b.items[other.item]);
        a.name == b.name && a.owner == Owner::Body && b.owner == Owner::Body && {
            let homes = self.modules_of(other.unit, b.body);
            self.modules_of(one.unit, a.body).iter().any(|home| homes.contains(home))
        }
    }

    /// What `value.name()` means for a value of this type.
    pub(super) fn method(&self, ty: &Ty, name: &str) -> Found {
        self.nested(Found::Unknown("the types are nested too deep"), || {
            let direct = self.member(ty, name);
            if direct != Found::Foreign {
                return direct;
            }
            match self.dereferenced(ty) {
                Some(inner) => self.method(&inner, name),
                None => Found::Foreign,
            }
        })
    }

    /// What `*value` is, where the language looks through it for methods.
    pub(super) fn dereferenced(&self, ty: &Ty) -> Option<Ty> {
        match ty {
            Ty::Foreign(name, arguments) if known::is_pointer(name) => {
                Some(arguments.last().cloned().unwrap_or(Ty::Unknown))
            }
            Ty::Foreign(name, _) if known::is_type(name) => None,
            Ty::Foreign(..) if ty.may_hide(0) => Some(Ty::Unknown),
            Ty::Own(_, arguments) => {
                let members = self.impl_members(ty, "deref");
                let (item, at) = members.first()?;
                let info = self.impl_info(item.unit, *at);
                Some(self.target_of(item.unit, *at, info.module, arguments))
            }
            Ty::Parameter(unit, node, module) => {
                deref_bound(&self.bounds_of(*unit, *node, *module))
            }
            Ty::Bounded(bounds) => deref_bound(bounds),
            _ => None,
        }
    }

    fn target_of(&self, unit_id: UnitId, at: ImplId, module: ModuleId, arguments: &[Ty]) -> Ty {
        let unit = self.unit(unit_id);
        let mut members = unit.impls[at].members.iter().map(|member| &unit.items[*member]);
        let target = members.find(|member| member.name == "Target");
        let node = target.and_then(|target| unit.ast.field(target.node, "type"));
        let Some(node) = node else { return Ty::Unknown };
        let ty = self.lower(&Place { unit: unit_id, node, module }, node, 0);
        self.with_arguments(&ty, unit_id, at, arguments)
    }

    /// A type that an `impl` speaks of, for a receiver with these arguments.
    pub(super) fn with_arguments(&self, ty: &Ty, unit: UnitId, at: ImplId, arguments: &[Ty]) -> Ty {
        let info = self.impl_info(unit, at);
        let (Ty::Own(_, own) | Ty::Foreign(_, own)) = &info.self_ty else { return ty.clone() };
        let mut parameters: Vec<NodeId> = Vec::new();
        let mut values: Vec<Ty> = Vec::new();
        for (parameter, value) in own.iter().zip(arguments) {
            if let Ty::Parameter(_, node, _) = parameter {
                parameters.push(*node);
                values.push(value.clone());
            }
        }
        substitute(ty, unit, &parameters, &values, 0)
    }

    /// The methods of this name that a type of the project has by traits from elsewhere, with
    /// the type that has them.
    pub(super) fn by_foreign_traits(&self, ty: &Ty, name: &str) -> Option<(Ty, Vec<ItemRef>)> {
        let mut ty = ty.clone();
        for _ in 0..4 {
            if matches!(ty, Ty::Own(..)) {
                let members = self.impl_members(&ty, name);
                let of_type = members.iter().filter(|(item, at)| {
                    let info = self.impl_info(item.unit, *at);
                    info.of_trait.as_ref().is_some_and(|bound| bound.own.is_none())
                });
                let found: Vec<ItemRef> = of_type.map(|(item, _)| *item).collect();
                if !found.is_empty() {
                    return Some((ty, found));
                }
            }
            ty = self.dereferenced(&ty)?;
        }
        None
    }

    /// What a name means as a member of this very type.
    fn member(&self, ty: &Ty, name: &str) -> Found {
        match ty {
            Ty::Unknown => Found::Unknown("nothing in the code says what type this is"),
            Ty::Parameter(unit, node, module) => {
                self.bounded(ty, &self.bounds_of(*unit, *node, *module), name)
            }
            Ty::Bounded(bounds) => self.bounded(ty, bounds, name),
            Ty::SelfOf(of_trait) => {
                let found = self.trait_members(*of_trait, name);
                if found.is_empty() { self.by_traits(ty, name) } else { Found::Own(found) }
            }
            Ty::Own(item, _) => {
                let key = (*item, name.to_owned());
                if let Some(known) = self.memo.found.borrow().get(&key) {
                    return known.clone();
                }
                let found = self.inherent_or_trait(ty, name);
                self.memo.found.borrow_mut().insert(key, found.clone());
                found
            }
            Ty::Foreign(..) => self.inherent_or_trait(ty, name),
            Ty::Tuple(_) | Ty::Function(_) => self.by_traits(ty, name),
        }
    }

    fn inherent_or_trait(&self, ty: &Ty, name: &str) -> Found {
        let members = self.impl_members(ty, name);
        let inherent =
            |(item, at): &&(ItemRef, ImplId)| self.impl_info(item.unit, *at).of_trait.is_none();
        let inherent: Vec<ItemRef> =
            members.iter().filter(inherent).map(|(item, _)| *item).collect();
        if !inherent.is_empty() {
            return Found::Own(inherent);
        }
        if let Ty::Foreign(foreign, _) = ty
            && known::has_method(foreign, name)
        {
            return Found::Foreign;
        }
        self.by_traits(ty, name)
    }

    fn bounded(&self, ty: &Ty, bounds: &[Bound], name: &str) -> Found {
        for bound in bounds {
            let own =
                bound.own.filter(|own| self.unit(own.unit).items[own.item].kind == ItemKind::Trait);
            let found = own.map_or_else(Vec::new, |own| self.trait_members(own, name));
            if !found.is_empty() {
                return Found::Own(found);
            }
        }
        self.by_traits(ty, name)
    }

    fn by_traits(&self, ty: &Ty, name: &str) -> Found {
        let key = (ty.clone(), name.to_owned());
        if let Some(known) = self.memo.by_traits.borrow().get(&key) {
            return known.clone();
        }
        let found = self.find_by_traits(ty, name);
        if self.is_outermost() {
            self.memo.by_traits.borrow_mut().insert(key, found.clone());
        }
        found
    }

    fn find_by_traits(&self, ty: &Ty, name: &str) -> Found {
        let mut found = Vec::new();
        let mut maybe = false;
        let traits = self.in_traits(name);
        for (member, of_trait) in &traits.found {
            match self.implements(ty, *of_trait) {
                Answer::Yes => found.push(*member),
                Answer::Maybe => maybe = true,
                Answer::No => {}
            }
        }
        match (found.is_empty(), maybe) {
            (false, _) => Found::Own(found),
            (true, true) => {
                Found::Unknown("a trait with this method may be implemented for this type")
            }
            (true, false) if traits.partial => {
                Found::Unknown("too many files hold this name to look into all")
            }
            (true, false) => Found::Foreign,
        }
    }

    /// What `Type::name` means.
    pub(super) fn associated(&self, def: Def, name: &str, space: Space) -> Vec<Def> {
        let found = match def {
            Def::Item(item) => {
                let unit = self.unit(item.unit);
                match unit.items[item.item].kind {
                    ItemKind::Trait => Found::Own(self.trait_members(item, name)),
                    ItemKind::Alias => match self.alias_type(item) {
                        Ty::Foreign(..) => return vec![Def::Foreign],
                        ty => self.member_nested(&ty, name),
                    },
                    ItemKind::Struct(_) | ItemKind::Enum | ItemKind::Union => {
                        self.member_nested(&Ty::Own(item, Vec::new()), name)
                    }
                    _ => Found::Foreign,
                }
            }
            Def::Parameter(unit, node) => {
                let owner = self.unit(unit).body_around(node);
                let module = self.modules_of(unit, owner).first().copied().unwrap_or(0);
                self.member_nested(&Ty::Parameter(unit, node, module), name)
            }
            Def::SelfType(unit, node) => {
                let content = self.unit(unit);
                let own = content.impl_at(node).map(|at| &content.impls[at].members);
                let own = own.into_iter().flatten().find(|member| {
                    let member = &content.items[**member];
                    member.name == name && member.kind == ItemKind::AssociatedType
                });
                if let Some(item) = own.filter(|_| space == Space::Type) {
                    return vec![Def::Item(ItemRef { unit, item: *item })];
                }
                let body = self.unit(unit).body_around(node);
                let module = self.modules_of(unit, body).first().copied().unwrap_or(0);
                let ty = self.self_of(Place { unit, node, module }, 0);
                if let Ty::Own(item, _) = &ty {
                    let variants = self.variant(*item, name);
                    if !variants.is_empty() {
                        return variants;
                    }
                }
                self.member_nested(&ty, name)
            }
            _ => Found::Foreign,
        };
        match found {
            Found::Own(items) => {
                let fits = |item: &ItemRef| {
                    let kind = self.unit(item.unit).items[item.item].kind;
                    (kind == ItemKind::AssociatedType) == (space == Space::Type)
                };
                items.into_iter().filter(fits).map(Def::Item).collect()
            }
            Found::Foreign => vec![Def::Foreign],
            Found::Unknown(_) => Vec::new(),
        }
    }

    fn member_nested(&self, ty: &Ty, name: &str) -> Found {
        self.nested(Found::Unknown("the types are nested too deep"), || self.member(ty, name))
    }
}

fn deref_bound(bounds: &[Bound]) -> Option<Ty> {
    let bound = bounds.iter().find(|bound| matches!(&*bound.name, "Deref" | "DerefMut"))?;
    Some(bound.arguments.first().cloned().unwrap_or(Ty::Unknown))
}
