//! Which types implement which traits, and what those hold.

use super::items::ItemKind;
use super::known;
use super::methods::{Answer, ImplInfo};
use super::project::{ItemRef, Project};
use super::resolve::Place;
use super::types::{Bound, Ty};

impl Project<'_> {
    /// Whether an `impl` is for this type.
    pub(super) fn is_for(&self, info: &ImplInfo, ty: &Ty) -> bool {
        match (&info.by_macro, ty) {
            (None, _) => self.same_head(&info.self_ty, ty),
            (Some(name), Ty::Own(item, _)) => {
                let unit = self.unit(item.unit);
                self.invoked_with(name, &unit.items[item.item].name)
            }
            (Some(name), Ty::Foreign(ty, _)) => self.invoked_with(name, ty),
            _ => false,
        }
    }

    /// Whether two types are one, arguments apart.
    pub(super) fn same_head(&self, one: &Ty, other: &Ty) -> bool {
        match (one, other) {
            (Ty::Own(one, _), Ty::Own(other, _)) => self.same(*one, *other),
            (Ty::Foreign(one, _), Ty::Foreign(other, _)) => one == other,
            (Ty::Tuple(one), Ty::Tuple(other)) => one.len() == other.len(),
            (Ty::Bounded(one), Ty::Bounded(other)) => one.first().is_some_and(|one| {
                other.iter().any(|other| one.own.is_some() && one.own == other.own)
            }),
            _ => false,
        }
    }

    /// Whether a type implements a trait of the project.
    pub(super) fn implements(&self, ty: &Ty, of_trait: ItemRef) -> Answer {
        self.nested(Answer::Maybe, || {
            match ty {
                Ty::Unknown => return Answer::Maybe,
                Ty::SelfOf(own) if self.same(*own, of_trait) => return Answer::Yes,
                Ty::Own(item, _) if self.derives(*item, of_trait) => return Answer::Yes,
                _ => {}
            }
            let mut answer = Answer::No;
            for (unit, at) in self.impls_of(of_trait).iter() {
                let info = self.impl_info(*unit, *at);
                if self.is_for(&info, ty) {
                    return Answer::Yes;
                }
                if let (Ty::Foreign(one, _), Ty::Foreign(number, _)) = (&info.self_ty, ty)
                    && &**number == known::NUMBER
                    && (known::is_number(one) || info.by_macro.is_some())
                {
                    answer = Answer::Maybe;
                }
                let Ty::Parameter(of, node, module) = &info.self_ty else { continue };
                match self.fits(ty, &self.bounds_of(*of, *node, *module), of_trait) {
                    Answer::Yes => return Answer::Yes,
                    Answer::Maybe => answer = Answer::Maybe,
                    Answer::No => {}
                }
            }
            answer
        })
    }

    /// Whether a type meets the bounds of `impl<T: …> Trait for T`.
    fn fits(&self, ty: &Ty, bounds: &[Bound], of_trait: ItemRef) -> Answer {
        let mut answer = Answer::Yes;
        for bound in bounds {
            let one = match bound.own {
                // `impl<T: Trait> Trait for &T`: references are stripped, so it says nothing.
                Some(own) if self.same(own, of_trait) => Answer::No,
                Some(own) => self.implements(ty, own),
                None if matches!(&*bound.name, "Sized" | "'static") => Answer::Yes,
                None => known::implements(ty, &bound.name),
            };
            match one {
                Answer::No => return Answer::No,
                Answer::Maybe => answer = Answer::Maybe,
                Answer::Yes => {}
            }
        }
        answer
    }

    /// A derive macro of the trait's name stands before the type.
    fn derives(&self, item: ItemRef, of_trait: ItemRef) -> bool {
        let name = self.unit(of_trait.unit).items[of_trait.item].name.clone();
        let unit = self.unit(item.unit);
        let node = unit.items[item.item].node;
        let Some(parent) = unit.ast.parent(node) else { return false };
        let mut derived = false;
        for child in unit.ast.children(parent) {
            if child == node {
                return derived;
            }
            if unit.ast.kind(child) == "attribute_item" {
                let text = unit.ast.text(child);
                let named = crate::text::words(text.as_bytes(), &name).next().is_some();
                derived |= named && text.contains("derive");
            } else {
                derived = false;
            }
        }
        false
    }

    /// The member of a trait or of one that it builds on.
    pub(super) fn trait_members(&self, of_trait: ItemRef, name: &str) -> Vec<ItemRef> {
        let mut pending = vec![of_trait];
        let mut at = 0;
        while let Some(item) = pending.get(at).copied() {
            at += 1;
            let unit = self.unit(item.unit);
            let content = &unit.items[item.item];
            let named: Vec<ItemRef> = content
                .members
                .iter()
                .filter(|member| unit.items[**member].name == name)
                .map(|member| ItemRef { unit: item.unit, item: *member })
                .collect();
            if !named.is_empty() {
                return named;
            }
            for above in self.supertraits(item) {
                if let Some(own) = above.own.filter(|own| !pending.contains(own)) {
                    pending.push(own);
                }
            }
        }
        Vec::new()
    }

    fn supertraits(&self, of_trait: ItemRef) -> Vec<Bound> {
        let unit = self.unit(of_trait.unit);
        let content = &unit.items[of_trait.item];
        if content.kind != ItemKind::Trait {
            return Vec::new();
        }
        let module = self.modules_of(of_trait.unit, content.body).first().copied().unwrap_or(0);
        let place = Place { unit: of_trait.unit, node: content.node, module };
        let mut found = Vec::new();
        if let Some(bounds) = unit.ast.field(content.node, "bounds") {
            self.collect_bounds(&place, bounds, &mut found, 0);
        }
        found
    }
}
