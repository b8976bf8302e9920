//! Types as far as they decide which method a call means.

use std::rc::Rc;

use super::ast::NodeId;
use super::imports::path_parts;
use super::items::{ItemKind, Owner, Space};
use super::project::{ItemRef, ModuleId, Project, UnitId};
use super::resolve::{Def, Place};

/// A type, references stripped: a method call looks through them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Ty {
    /// Nothing local says.
    Unknown,
    /// A type of the project and its arguments.
    Own(ItemRef, Vec<Ty>),
    /// A type from elsewhere, by its last name, and its arguments.
    Foreign(Rc<str>, Vec<Ty>),
    /// A type parameter.
    Parameter(UnitId, NodeId, ModuleId),
    /// `impl Trait`, `dyn Trait`.
    Bounded(Vec<Bound>),
    /// `Self` inside of a trait.
    SelfOf(ItemRef),
    /// A tuple.
    Tuple(Vec<Ty>),
    /// A closure or function pointer that returns this.
    Function(Box<Ty>),
}

/// One trait that a type is known to implement.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Bound {
    /// The trait, where it is of the project.
    pub(super) own: Option<ItemRef>,
    /// Its last name.
    pub(super) name: Rc<str>,
    /// Its arguments, and the types it binds (`Item = T`, the result of `Fn() -> T`).
    pub(super) arguments: Vec<Ty>,
    /// What a closure of this bound is given (`Fn(T)`).
    pub(super) inputs: Vec<Ty>,
}

/// Types nested deeper are not read.
const DEEPEST: u32 = 24;

impl Ty {
    /// A type from elsewhere.
    pub(super) fn foreign(name: &str, arguments: Vec<Ty>) -> Self {
        Ty::Foreign(Rc::from(name), arguments)
    }

    /// Whether anything of the project or unknown is in it.
    pub(super) fn may_hide(&self, depth: u32) -> bool {
        match self {
            Ty::Foreign(_, arguments) | Ty::Tuple(arguments) => {
                depth > DEEPEST || arguments.iter().any(|ty| ty.may_hide(depth + 1))
            }
            _ => true,
        }
    }
}

impl Project<'_> {
    /// The type that a node of the grammar's types means.
    pub(super) fn lower(&self, place: &Place, node: NodeId, depth: u32) -> Ty {
        if depth > DEEPEST {
            return Ty::Unknown;
        }
        let unit = self.unit(place.unit);
        let ast = &unit.ast;
        let inner = |field: &str| match ast.field(node, field) {
            Some(inner) => self.lower(place, inner, depth + 1),
            None => Ty::Unknown,
        };
        match ast.kind(node) {
            "primitive_type" => Ty::foreign(ast.text(node), Vec::new()),
            "unit_type" => Ty::Tuple(Vec::new()),
            "never_type" => Ty::foreign("!", Vec::new()),
            "reference_type" | "pointer_type" => inner("type"),
            "array_type" => Ty::foreign("[]", vec![inner("element")]),
            "tuple_type" => {
                let parts = ast.children(node).map(|part| self.lower(place, part, depth + 1));
                Ty::Tuple(parts.collect())
            }
            "function_type" => Ty::Function(Box::new(match ast.field(node, "return_type") {
                Some(result) => self.lower(place, result, depth + 1),
                None => Ty::Tuple(Vec::new()),
            })),
            "abstract_type" | "dynamic_type" => {
                inner_bounds(self, place, ast.field(node, "trait"), depth)
            }
            "bounded_type" => {
                let parts: Vec<NodeId> =
                    ast.children(node).filter(|part| ast.kind(*part) != "lifetime").collect();
                match parts.as_slice() {
                    [one] => self.lower(place, *one, depth + 1),
                    _ => inner_bounds(self, place, Some(node), depth),
                }
            }
            "generic_type" | "generic_type_with_turbofish" => {
                let arguments = self.arguments(place, node, depth);
                match ast.field(node, "type") {
                    Some(head) => self.named_type(place, head, arguments, depth),
                    None => Ty::Unknown,
                }
            }
            "type_identifier"
            | "scoped_type_identifier"
            | "identifier"
            | "scoped_identifier"
            | "self" => self.named_type(place, node, Vec::new(), depth),
            _ => Ty::Unknown,
        }
    }

    /// The arguments of a generic type; bound types (`Item = T`) among them.
    fn arguments(&self, place: &Place, node: NodeId, depth: u32) -> Vec<Ty> {
        let unit = self.unit(place.unit);
        let Some(list) = unit.ast.field(node, "type_arguments") else { return Vec::new() };
        let mut found = Vec::new();
        for argument in unit.ast.children(list) {
            match unit.ast.kind(argument) {
                "lifetime" => {}
                "type_binding" => {
                    if let Some(ty) = unit.ast.field(argument, "type") {
                        found.push(self.lower(place, ty, depth + 1));
                    }
                }
                _ => found.push(self.lower(place, argument, depth + 1)),
            }
        }
        found
    }

    fn named_type(&self, place: &Place, node: NodeId, arguments: Vec<Ty>, depth: u32) -> Ty {
        let unit = self.unit(place.unit);
        let defs = self.type_path(place, node);
        let mut found: Option<Ty> = None;
        for def in &defs {
            let ty = self.type_of_def(place, *def, &arguments, depth);
            match &found {
                None => found = Some(ty),
                Some(other) if *other == ty => {}
                // Alternatives by `cfg`; definitions come in order, so all say the same one.
                Some(Ty::Own(..)) if matches!(ty, Ty::Own(..)) => {}
                Some(_) => return Ty::Unknown,
            }
        }
        let last = unit.ast.text(node).rsplit("::").next().unwrap_or_default().trim();
        match found {
            Some(Ty::Foreign(name, _)) if &*name == "?" => Ty::foreign(last, arguments),
            Some(ty) => ty,
            None if unit.ast.kind(node).starts_with("scoped") => Ty::Unknown,
            // Nothing of the project has this name here: the prelude, or a macro's work.
            None => Ty::foreign(last, arguments),
        }
    }

    /// What the path of a type refers to.
    pub(super) fn type_path(&self, place: &Place, node: NodeId) -> Vec<Def> {
        let unit = self.unit(place.unit);
        let place = Place { node, ..*place };
        if let Some(prefix) = unit.ast.field(node, "path")
            && matches!(unit.ast.kind(prefix), "bracketed_type" | "generic_type")
        {
            let name = unit.ast.field(node, "name").map_or("", |name| unit.ast.name(name));
            let starts = self.qualifier(&place, prefix);
            return starts.iter().flat_map(|def| self.inside(*def, name, Space::Type)).collect();
        }
        let mut parts = Vec::new();
        let rooted = path_parts(&unit.ast, node, &mut parts);
        let names: Vec<&str> = parts.iter().map(|(name, _)| name.as_str()).collect();
        self.path(&place, &names, rooted, Space::Type)
    }

    /// What stands before the last `::` where it is `<T>`, `<T as Trait>` or `T<…>`.
    pub(super) fn qualifier(&self, place: &Place, node: NodeId) -> Vec<Def> {
        let unit = self.unit(place.unit);
        let ast = &unit.ast;
        let target = match ast.kind(node) {
            "bracketed_type" => match ast.children(node).next() {
                Some(inner) if ast.kind(inner) == "qualified_type" => ast.field(inner, "alias"),
                inner => inner,
            },
            "generic_type" => ast.field(node, "type"),
            _ => Some(node),
        };
        let Some(target) = target else { return Vec::new() };
        let place = Place { node: target, ..*place };
        match ast.kind(target) {
            "generic_type" => self.qualifier(&place, target),
            "reference_type" | "tuple_type" | "array_type" | "primitive_type" => vec![Def::Foreign],
            "dynamic_type" => match ast.field(target, "trait") {
                Some(inner) => self.type_path(&place, inner),
                None => Vec::new(),
            },
            _ => self.type_path(&place, target),
        }
    }

    fn type_of_def(&self, place: &Place, def: Def, arguments: &[Ty], depth: u32) -> Ty {
        match def {
            Def::Foreign => Ty::foreign("?", Vec::new()),
            Def::Module(_) => Ty::Unknown,
            Def::Parameter(unit, node) => Ty::Parameter(unit, node, place.module),
            Def::SelfType(unit, node) => self.self_of(Place { unit, node, ..*place }, depth),
            Def::Item(item) => {
                let unit = self.unit(item.unit);
                let content = &unit.items[item.item];
                match content.kind {
                    ItemKind::Struct(_) | ItemKind::Enum | ItemKind::Union => {
                        Ty::Own(item, arguments.to_vec())
                    }
                    ItemKind::Trait => Ty::Bounded(vec![Bound {
                        own: Some(item),
                        name: Rc::from(content.name.as_str()),
                        arguments: arguments.to_vec(),
                        inputs: Vec::new(),
                    }]),
                    ItemKind::Alias => self.aliased(item, arguments, depth),
                    ItemKind::AssociatedType if matches!(content.owner, Owner::Impl(_)) => {
                        self.aliased(item, &[], depth)
                    }
                    _ => Ty::Unknown,
                }
            }
        }
    }

    /// The type that an `impl` is for, or `Self` of a trait.
    pub(super) fn self_of(&self, place: Place, depth: u32) -> Ty {
        let unit = self.unit(place.unit);
        match unit.impl_at(place.node) {
            Some(at) => {
                let node = unit.impls[at].self_type;
                self.lower(&Place { node, ..place }, node, depth + 1)
            }
            None => match unit.item_at(place.node) {
                Some(item) => Ty::SelfOf(ItemRef { unit: place.unit, item }),
                None => Ty::Unknown,
            },
        }
    }

    fn aliased(&self, item: ItemRef, arguments: &[Ty], depth: u32) -> Ty {
        self.nested(Ty::Unknown, || self.aliased_inner(item, arguments, depth))
    }

    fn aliased_inner(&self, item: ItemRef, arguments: &[Ty], depth: u32) -> Ty {
        let unit = self.unit(item.unit);
        let content = &unit.items[item.item];
        let Some(node) = unit.ast.field(content.node, "type") else { return Ty::Unknown };
        let Some(module) = self.modules_of(item.unit, content.body).first().copied() else {
            return Ty::Unknown;
        };
        let place = Place { unit: item.unit, node, module };
        let ty = self.lower(&place, node, depth + 1);
        let parameters = self.parameters(item.unit, content.node);
        substitute(&ty, item.unit, &parameters, arguments, 0)
    }

    /// The type that an alias stands for.
    pub(super) fn alias_type(&self, item: ItemRef) -> Ty {
        self.aliased(item, &[], 0)
    }

    /// The type that an alias stands for, where it is one of the project.
    pub(super) fn alias_head(&self, item: ItemRef) -> Option<ItemRef> {
        match self.aliased(item, &[], 0) {
            Ty::Own(head, _) => Some(head),
            _ => None,
        }
    }

    /// The type parameters that an item or `impl` declares.
    pub(super) fn parameters(&self, unit: UnitId, node: NodeId) -> Vec<NodeId> {
        let unit = self.unit(unit);
        let Some(list) = unit.ast.field(node, "type_parameters") else { return Vec::new() };
        let types =
            |child: &NodeId| matches!(unit.ast.kind(*child), "type_parameter" | "const_parameter");
        unit.ast.children(list).filter(types).collect()
    }

    /// What a type parameter is bound to implement, in its list and in `where`.
    pub(super) fn bounds_of(&self, unit_id: UnitId, node: NodeId, module: ModuleId) -> Vec<Bound> {
        let unit = self.unit(unit_id);
        let ast = &unit.ast;
        let place = Place { unit: unit_id, node, module };
        let mut found = Vec::new();
        if let Some(bounds) = ast.field(node, "bounds") {
            self.collect_bounds(&place, bounds, &mut found, 0);
        }
        let name = ast.field(node, "name").map_or("", |name| ast.name(name));
        let owner = ast.parent(node).and_then(|list| ast.parent(list));
        let Some(owner) = owner else { return found };
        let mut wheres: Vec<NodeId> =
            ast.child_of_kind(owner, "where_clause").into_iter().collect();
        // A method may add bounds to the parameters of its `impl`; all of them are taken, which
        // at worst finds a method that this call could not use.
        if let Some(list) = ast.field(owner, "body").filter(|_| ast.kind(owner) == "impl_item") {
            let members = ast.children(list);
            wheres.extend(members.filter_map(|member| ast.child_of_kind(member, "where_clause")));
        }
        for clause in wheres {
            for predicate in ast.children(clause) {
                let left = ast.field(predicate, "left");
                if left.is_some_and(|left| ast.text(left) == name)
                    && let Some(bounds) = ast.field(predicate, "bounds")
                {
                    self.collect_bounds(&place, bounds, &mut found, 0);
                }
            }
        }
        found
    }

    /// The traits of a list of bounds.
    pub(super) fn collect_bounds(
        &self,
        place: &Place,
        bounds: NodeId,
        found: &mut Vec<Bound>,
        depth: u32,
    ) {
        let unit = self.unit(place.unit);
        for bound in unit.ast.children(bounds) {
            match unit.ast.kind(bound) {
                "lifetime" | "removed_trait_bound" | "use_bounds" => {}
                "higher_ranked_trait_bound" | "bounded_type" if depth < DEEPEST => {
                    self.collect_bounds(place, bound, found, depth + 1);
                }
                "type_parameters" => {}
                _ => self.one_bound(place, bound, found, depth),
            }
        }
    }

    /// One of them.
    pub(super) fn one_bound(
        &self,
        place: &Place,
        node: NodeId,
        found: &mut Vec<Bound>,
        depth: u32,
    ) {
        let unit = self.unit(place.unit);
        let ast = &unit.ast;
        let (head, arguments) = match ast.kind(node) {
            "generic_type" => (ast.field(node, "type"), self.arguments(place, node, depth)),
            "function_type" => {
                let result = ast.field(node, "return_type");
                let result = result.map(|result| self.lower(place, result, depth + 1));
                (ast.field(node, "trait"), result.into_iter().collect())
            }
            _ => (Some(node), Vec::new()),
        };
        let Some(head) = head else { return };
        let name = ast.text(head).rsplit("::").next().unwrap_or_default().trim();
        let own = self.type_path(place, head).into_iter().find_map(|def| match def {
            Def::Item(item) => Some(item),
            _ => None,
        });
        let inputs = match ast.field(node, "parameters") {
            Some(list) => ast.children(list).map(|ty| self.lower(place, ty, depth + 1)).collect(),
            None => Vec::new(),
        };
        found.push(Bound { own, name: Rc::from(name), arguments, inputs });
    }
}

fn inner_bounds(project: &Project<'_>, place: &Place, node: Option<NodeId>, depth: u32) -> Ty {
    let unit = project.unit(place.unit);
    let Some(node) = node else { return Ty::Unknown };
    let mut found = Vec::new();
    match unit.ast.kind(node) {
        "bounded_type" | "higher_ranked_trait_bound" => {
            project.collect_bounds(place, node, &mut found, depth);
            // `dyn A + B` is a bounded type around the dynamic type of `A`.
            if found.iter().any(|bound| bound.name.starts_with("dyn ")) {
                found.clear();
                for child in unit.ast.children(node) {
                    if let Ty::Bounded(more) = project.lower(place, child, depth + 1) {
                        found.extend(more);
                    }
                }
            }
        }
        _ => project.one_bound(place, node, &mut found, depth),
    }
    Ty::Bounded(found)
}

/// The type with the parameters of a declaration replaced by arguments.
pub(super) fn substitute(
    ty: &Ty,
    unit: UnitId,
    parameters: &[NodeId],
    arguments: &[Ty],
    depth: u32,
) -> Ty {
    if depth > DEEPEST {
        return Ty::Unknown;
    }
    let all = |list: &[Ty]| {
        list.iter().map(|ty| substitute(ty, unit, parameters, arguments, depth + 1)).collect()
    };
    match ty {
        Ty::Parameter(of, node, _) if *of == unit => {
            match parameters.iter().position(|parameter| parameter == node) {
                Some(at) => arguments.get(at).cloned().unwrap_or_else(|| ty.clone()),
                None => ty.clone(),
            }
        }
        Ty::Own(item, list) => Ty::Own(*item, all(list)),
        Ty::Foreign(name, list) => Ty::Foreign(Rc::clone(name), all(list)),
        Ty::Tuple(list) => Ty::Tuple(all(list)),
        Ty::Function(result) => {
            Ty::Function(Box::new(substitute(result, unit, parameters, arguments, depth + 1)))
        }
        Ty::Bounded(bounds) => Ty::Bounded(
            bounds
                .iter()
                .map(|bound| Bound {
                    arguments: all(&bound.arguments),
                    inputs: all(&bound.inputs),
                    ..bound.clone()
                })
                .collect(),
        ),
        Ty::Unknown | Ty::Parameter(..) | Ty::SelfOf(_) => ty.clone(),
    }
}
