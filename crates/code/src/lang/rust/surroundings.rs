//! What a place sees without its module saying so: other crates, `Self`, type parameters.

use super::items::Owner;
use super::project::{ItemRef, ModuleId, Project};
use super::resolve::{Def, Place};

impl Project<'_> {
    /// The crate of this name as a module sees it.
    pub(super) fn crate_named(&self, module: ModuleId, name: &str) -> Option<Def> {
        let krate = self.crate_of(module);
        if let Some(other) = krate.sees.get(name) {
            return Some(Def::Module(self.crates.borrow()[*other].root));
        }
        let standard = ["std", "core", "alloc", "proc_macro", "test"];
        if krate.foreign.contains(name) || standard.contains(&name) {
            return Some(Def::Foreign);
        }
        self.renamed_crate(krate.root, name)
    }

    /// `extern crate shop as s;` in the root puts `s` where every module sees it.
    fn renamed_crate(&self, root: ModuleId, name: &str) -> Option<Def> {
        self.bodies(root).iter().find_map(|(unit, body)| {
            let unit = self.unit(*unit);
            let mut uses = unit.bodies[*body].uses.iter();
            let leaf = uses.find(|leaf| leaf.external && leaf.name.as_deref() == Some(name))?;
            let real = leaf.path.first().map(|(name, _)| name.as_str())?;
            if real == "self" {
                return Some(Def::Module(root));
            }
            (real != name).then(|| self.crate_named(root, real)).flatten()
        })
    }

    /// The `impl` or trait around a place.
    pub(super) fn self_type(&self, place: &Place) -> Option<Def> {
        let unit = self.unit(place.unit);
        let mut around = std::iter::once(place.node).chain(unit.ast.ancestors(place.node));
        let node = around.find(|node| {
            let kind = unit.ast.kind(*node);
            matches!(kind, "impl_item" | "trait_item" | "struct_item" | "enum_item" | "union_item")
        })?;
        Some(match unit.ast.kind(node) {
            "impl_item" | "trait_item" => Def::SelfType(place.unit, node),
            _ => Def::Item(ItemRef { unit: place.unit, item: unit.item_at(node)? }),
        })
    }

    /// The type parameter of this name around a place. Items do not see the parameters of the
    /// function around them.
    pub(super) fn type_parameter(&self, place: &Place, name: &str) -> Option<Def> {
        let unit = self.unit(place.unit);
        let mut functions = 0;
        for node in std::iter::once(place.node).chain(unit.ast.ancestors(place.node)) {
            let kind = unit.ast.kind(node);
            if let Some(list) = unit.ast.field(node, "type_parameters") {
                let named = unit.ast.children(list).find(|child| {
                    unit.ast.kind(*child) == "type_parameter"
                        && unit.ast.field(*child, "name").map(|n| unit.ast.name(n)) == Some(name)
                });
                if let Some(parameter) = named
                    && functions == 0
                {
                    return Some(Def::Parameter(place.unit, parameter));
                }
            }
            let member = unit.item_at(node).is_some_and(|item| {
                matches!(unit.items[item].owner, Owner::Item(_) | Owner::Impl(_))
            });
            if kind.ends_with("_item") && !member && kind != "attribute_item" {
                functions += 1;
            }
        }
        None
    }
}
