//! Finding the members of a name, without looking into more files than can hold them.
//!
//! An `impl` of a type stands in the package of the type or names a trait that is found by its
//! own name; so a call on a known type opens a few files, in a repository of any size.

use std::rc::Rc;

use super::items::{ImplId, ItemKind, Owner, Unit};
use super::project::{ItemRef, Project, UnitId, folder_of};
use super::types::Ty;
use crate::sources::FileId;
use crate::text::words;

/// Members of `impl` blocks with their blocks.
pub(super) type InImpls = Vec<(ItemRef, ImplId)>;

/// Traits with a member of a name: the member and its trait.
#[derive(Debug, Default)]
pub(super) struct InTraits {
    /// Those found.
    pub(super) found: Vec<(ItemRef, ItemRef)>,
    /// Files were left out, because so many hold the name.
    pub(super) partial: bool,
}

/// Traits with a member of another than the old or new name are looked for in at most this many
/// files.
const MOST_FILES: usize = 400;

impl Project<'_> {
    /// The members of this name that `impl` blocks give a type.
    pub(super) fn impl_members(&self, ty: &Ty, name: &str) -> Rc<InImpls> {
        let Ty::Own(of, _) = ty else {
            let mut found = self.loose_members(name).as_ref().clone();
            found.retain(|(item, at)| self.is_for(&self.impl_info(item.unit, *at), ty));
            return Rc::new(found);
        };
        let key = (*of, name.to_owned());
        if let Some(known) = self.memo.own_members.borrow().get(&key) {
            return Rc::clone(known);
        }
        let mut found = InImpls::new();
        for file in self.files_of_type(*of).iter() {
            let text = self.sources.text(*file).ok().flatten();
            if text.is_none_or(|text| words(text.as_bytes(), name).next().is_none()) {
                continue;
            }
            let Some(unit_id) = self.unit_of(*file) else { continue };
            for (item, at) in in_impls(&self.unit(unit_id), unit_id, name) {
                if self.is_for(&self.impl_info(item.unit, at), ty) {
                    found.push((item, at));
                }
            }
        }
        for (item, at) in self.loose_members(name).iter() {
            let known = found.contains(&(*item, *at));
            if !known && self.is_for(&self.impl_info(item.unit, *at), ty) {
                found.push((*item, *at));
            }
        }
        let found = Rc::new(found);
        self.memo.own_members.borrow_mut().insert(key, Rc::clone(&found));
        found
    }

    /// The files of the package that name a type.
    fn files_of_type(&self, item: ItemRef) -> Rc<Vec<FileId>> {
        if let Some(known) = self.memo.type_files.borrow().get(&item) {
            return Rc::clone(known);
        }
        let unit = self.unit(item.unit);
        let path = self.sources.path(unit.file);
        let folder = self.package_folder(path).unwrap_or_else(|| folder_of(path).to_owned());
        let near: Vec<FileId> = self
            .files
            .iter()
            .copied()
            .filter(|file| super::crates::is_below(self.sources.path(*file), &folder))
            .collect();
        let found = Rc::new(self.holding(&near, &unit.items[item.item].name));
        self.memo.type_files.borrow_mut().insert(item, Rc::clone(&found));
        found
    }

    /// The members of the old or the new name whose `impl` is not for one type of the project.
    fn loose_members(&self, name: &str) -> Rc<InImpls> {
        if let Some(known) = self.memo.loose_members.borrow().get(name) {
            return Rc::clone(known);
        }
        let mut found = InImpls::new();
        if self.is_of_interest(name) {
            // Asked again while this is worked out, there are none.
            self.memo.loose_members.borrow_mut().insert(name.to_owned(), Rc::default());
            for file in self.containing(name).iter() {
                let Some(unit_id) = self.unit_of(*file) else { continue };
                for (item, at) in in_impls(&self.unit(unit_id), unit_id, name) {
                    if !matches!(self.impl_info(item.unit, at).self_ty, Ty::Own(..)) {
                        found.push((item, at));
                    }
                }
            }
        }
        let found = Rc::new(found);
        self.memo.loose_members.borrow_mut().insert(name.to_owned(), Rc::clone(&found));
        found
    }

    /// The traits of the project with a member of this name.
    pub(super) fn in_traits(&self, name: &str) -> Rc<InTraits> {
        if let Some(known) = self.memo.in_traits.borrow().get(name) {
            return Rc::clone(known);
        }
        let mut files = if self.is_of_interest(name) {
            self.containing(name).as_ref().clone()
        } else {
            let mut files = self.containing("trait").as_ref().clone();
            files.retain(|file| {
                let text = self.sources.text(*file).ok().flatten();
                text.is_some_and(|text| words(text.as_bytes(), name).next().is_some())
            });
            files
        };
        let partial = !self.is_of_interest(name) && files.len() > MOST_FILES;
        if partial {
            files.truncate(MOST_FILES);
        }
        let mut found = Vec::new();
        for file in files {
            let Some(unit_id) = self.unit_of(file) else { continue };
            let unit = self.unit(unit_id);
            for (item, content) in unit.items.iter().enumerate() {
                if let Owner::Item(of) = content.owner
                    && content.name == name
                    && content.kind != ItemKind::Variant
                {
                    let of = ItemRef { unit: unit_id, item: of };
                    found.push((ItemRef { unit: unit_id, item }, of));
                }
            }
        }
        let found = Rc::new(InTraits { found, partial });
        self.memo.in_traits.borrow_mut().insert(name.to_owned(), Rc::clone(&found));
        found
    }
}

fn in_impls(unit: &Unit, unit_id: UnitId, name: &str) -> InImpls {
    let items = unit.items.iter().enumerate().filter(|(_, content)| content.name == name);
    items
        .filter_map(|(item, content)| match content.owner {
            Owner::Impl(at) => Some((ItemRef { unit: unit_id, item }, at)),
            _ => None,
        })
        .collect()
}
