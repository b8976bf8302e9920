//! The types of what patterns take apart.

use super::ast::NodeId;
use super::items::{ItemKind, Owner};
use super::known;
use super::methods::Found;
use super::project::{ItemRef, Project};
use super::resolve::{Def, Place};
use super::types::Ty;

impl Project<'_> {
    /// The type of what the pattern at a place is matched with.
    pub(super) fn type_of_pattern(&self, place: &Place) -> Ty {
        let key = (place.unit, place.node, place.module);
        if let Some(known) = self.memo.types.borrow().get(&key) {
            return known.clone();
        }
        let ty = self.nested(Ty::Unknown, || self.type_of_pattern_new(place));
        self.memo.types.borrow_mut().insert(key, ty.clone());
        ty
    }

    fn type_of_pattern_new(&self, place: &Place) -> Ty {
        let unit = self.unit(place.unit);
        let ast = &unit.ast;
        let Some(parent) = ast.parent(place.node) else { return Ty::Unknown };
        let above = Place { node: parent, ..*place };
        let typed = |field: &str| ast.field(parent, field).map(|node| Place { node, ..*place });
        match ast.kind(parent) {
            "let_declaration" => match (typed("type"), typed("value")) {
                (Some(ty), value) => match self.lower(&ty, ty.node, 0) {
                    Ty::Unknown => value.map_or(Ty::Unknown, |value| self.type_of(&value)),
                    ty => self.filled(ty, value),
                },
                (None, Some(value)) => self.type_of(&value),
                _ => Ty::Unknown,
            },
            "parameter" | "const_parameter" => match typed("type") {
                Some(ty) => self.lower(&ty, ty.node, 0),
                None => Ty::Unknown,
            },
            "closure_parameters" => self.type_of_closure_parameter(place, parent),
            "for_expression" => match typed("value") {
                Some(value) => known::element(&self.iterated(&self.type_of(&value))),
                None => Ty::Unknown,
            },
            "let_condition" => typed("value").map_or(Ty::Unknown, |value| self.type_of(&value)),
            "match_pattern" => {
                let matched = ast.ancestors(parent).nth(2);
                match matched.and_then(|node| ast.field(node, "value")) {
                    Some(node) => self.type_of(&Place { node, ..*place }),
                    None => Ty::Unknown,
                }
            }
            "captured_pattern" | "ref_pattern" | "mut_pattern" | "reference_pattern"
            | "or_pattern" => self.type_of_pattern(&above),
            "tuple_pattern" => {
                let Ty::Tuple(parts) = self.type_of_pattern(&above) else { return Ty::Unknown };
                let rest = ast.children(parent).any(|part| ast.text(part) == "..");
                match ast.children(parent).position(|part| part == place.node) {
                    Some(at) if !rest => parts.get(at).cloned().unwrap_or(Ty::Unknown),
                    _ => Ty::Unknown,
                }
            }
            "slice_pattern" => known::indexed(&self.type_of_pattern(&above)),
            "tuple_struct_pattern" => self.type_in_constructor(place, parent),
            "field_pattern" => self.type_of_field_pattern(place, parent),
            _ => Ty::Unknown,
        }
    }

    /// `let all: Vec<_> = …`: what is left open is taken from the value.
    fn filled(&self, ty: Ty, value: Option<Place>) -> Ty {
        let Ty::Foreign(head, arguments) = &ty else { return ty };
        let open = |ty: &Ty| matches!(ty, Ty::Foreign(name, _) if &**name == "_");
        if &**head == "_" {
            return value.map_or(Ty::Unknown, |value| self.type_of(&value));
        }
        if !arguments.iter().any(|ty| open(ty) || *ty == Ty::Unknown) {
            return ty;
        }
        let inner = value.map_or(Ty::Unknown, |value| {
            let unit = self.unit(value.unit);
            // `collect` takes the elements of the iterator it is called on.
            let function = unit.ast.field(value.node, "function");
            let receiver = function.and_then(|function| unit.ast.field(function, "value"));
            let collects = function
                .and_then(|function| unit.ast.field(function, "field"))
                .is_some_and(|field| unit.ast.name(field) == "collect");
            match receiver.filter(|_| collects) {
                Some(node) => known::element(&self.type_of(&Place { node, ..value })),
                None => match self.type_of(&value) {
                    Ty::Foreign(other, found) if other == *head => {
                        found.into_iter().next().unwrap_or(Ty::Unknown)
                    }
                    _ => Ty::Unknown,
                },
            }
        });
        let fill = |ty: &Ty| if open(ty) { inner.clone() } else { ty.clone() };
        Ty::Foreign(std::rc::Rc::clone(head), arguments.iter().map(fill).collect())
    }

    /// What `for` goes through: a type of the project may say so itself.
    pub(super) fn iterated(&self, ty: &Ty) -> Ty {
        let Ty::Own(_, arguments) = ty else { return ty.clone() };
        for name in ["next", "into_iter"] {
            for (item, at) in self.impl_members(ty, name).iter() {
                let info = self.impl_info(item.unit, *at);
                let unit = self.unit(item.unit);
                let mut members = unit.impls[*at].members.iter().map(|member| &unit.items[*member]);
                let given = members.find(|member| member.name == "Item");
                if let Some(node) = given.and_then(|given| unit.ast.field(given.node, "type")) {
                    let place = Place { unit: item.unit, node, module: info.module };
                    let ty = self.lower(&place, node, 0);
                    let ty = self.with_arguments(&ty, item.unit, *at, arguments);
                    return Ty::foreign("Iter", vec![ty]);
                }
            }
        }
        Ty::Unknown
    }

    fn type_of_closure_parameter(&self, place: &Place, parameters: NodeId) -> Ty {
        let unit = self.unit(place.unit);
        let ast = &unit.ast;
        let index = ast.children(parameters).position(|part| part == place.node);
        let closure = ast.parent(parameters);
        let list = closure.and_then(|closure| ast.parent(closure));
        let call = list.filter(|list| ast.kind(*list) == "arguments").and_then(|l| ast.parent(l));
        let function = call.and_then(|call| ast.field(call, "function"));
        let (Some(index), Some(function)) = (index, function) else { return Ty::Unknown };
        let closures = ast.ancestors(parameters).take(2).collect::<Vec<_>>();
        let number = closures.get(1).and_then(|list| {
            ast.children(*list).position(|argument| Some(&argument) == closures.first())
        });
        let (Some(value), Some(field)) =
            (ast.field(function, "value"), ast.field(function, "field"))
        else {
            let defs = self.value_path(&Place { node: function, ..*place }, function);
            return match (defs.first(), number) {
                (Some(Def::Item(item)), Some(number)) => self.closure_input(*item, number, index),
                _ => Ty::Unknown,
            };
        };
        let receiver = self.type_of(&Place { node: value, ..*place });
        if let (Found::Own(items), Some(number)) = (self.method(&receiver, ast.name(field)), number)
        {
            let item = items.first();
            return item.map_or(Ty::Unknown, |item| self.closure_input(*item, number, index));
        }
        known::closure_parameter(&self.iterator_like(receiver), ast.name(field), index)
    }

    /// What a function of the project gives to the closure that is its argument of this
    /// number (`self` not counted).
    fn closure_input(&self, item: ItemRef, number: usize, index: usize) -> Ty {
        let unit = self.unit(item.unit);
        let ast = &unit.ast;
        let content = &unit.items[item.item];
        let Some(list) = ast.field(content.node, "parameters") else { return Ty::Unknown };
        let mut parameters = ast.children(list).filter(|node| {
            ast.kind(*node) == "parameter"
                && ast.field(*node, "pattern").is_none_or(|p| ast.kind(p) != "self")
        });
        let parameter = parameters.nth(number).and_then(|node| ast.field(node, "type"));
        let module = self.homes(item).first().copied();
        let (Some(node), Some(module)) = (parameter, module) else { return Ty::Unknown };
        let place = Place { unit: item.unit, node, module };
        let bounds = match self.lower(&place, node, 0) {
            Ty::Bounded(bounds) => bounds,
            Ty::Parameter(unit, node, module) => self.bounds_of(unit, node, module),
            _ => return Ty::Unknown,
        };
        let input = bounds.iter().find_map(|bound| bound.inputs.get(index));
        match input {
            // A type parameter of the function itself is not known here.
            Some(ty @ (Ty::Own(..) | Ty::Foreign(..) | Ty::Bounded(_))) => ty.clone(),
            _ => Ty::Unknown,
        }
    }

    /// A type of the project that iterates stands for its elements; others stay.
    fn iterator_like(&self, ty: Ty) -> Ty {
        match &ty {
            Ty::Own(..) => self.iterated(&ty),
            _ => ty,
        }
    }

    fn type_in_constructor(&self, place: &Place, pattern: NodeId) -> Ty {
        let unit = self.unit(place.unit);
        let ast = &unit.ast;
        let Some(head) = ast.field(pattern, "type") else { return Ty::Unknown };
        if head == place.node {
            return Ty::Unknown;
        }
        let mut parts = ast.children(pattern).filter(|part| ast.field_of(*part) != "type");
        let Some(index) = parts.position(|part| part == place.node) else { return Ty::Unknown };
        let rest = ast.children(pattern).any(|part| ast.text(part) == "..");
        let matched = self.type_of_pattern(&Place { node: pattern, ..*place });
        let arguments = match &matched {
            Ty::Own(_, arguments) | Ty::Foreign(_, arguments) => arguments.clone(),
            _ => Vec::new(),
        };
        match ast.text(head) {
            "Some" | "Ok" if index == 0 => arguments.first().cloned().unwrap_or(Ty::Unknown),
            "Err" if index == 0 => arguments.get(1).cloned().unwrap_or(Ty::Unknown),
            _ if rest => Ty::Unknown,
            _ => {
                let defs = self.value_path(&Place { node: head, ..*place }, head);
                let Some(Def::Item(item)) = defs.first() else { return Ty::Unknown };
                self.field_type(*item, &arguments, &index.to_string()).unwrap_or(Ty::Unknown)
            }
        }
    }

    fn type_of_field_pattern(&self, place: &Place, field: NodeId) -> Ty {
        let unit = self.unit(place.unit);
        let ast = &unit.ast;
        let name = ast.field(field, "name").unwrap_or(place.node);
        let Some(pattern) = ast.parent(field) else { return Ty::Unknown };
        let Some(head) = ast.field(pattern, "type") else { return Ty::Unknown };
        let matched = self.type_of_pattern(&Place { node: pattern, ..*place });
        let arguments = match &matched {
            Ty::Own(_, arguments) => arguments.clone(),
            _ => Vec::new(),
        };
        let there = Place { node: head, ..*place };
        let variant = self.type_path(&there, head).into_iter().find_map(|def| {
            let Def::Item(item) = def else { return None };
            let unit = self.unit(item.unit);
            let content = &unit.items[item.item];
            let variant =
                content.kind == ItemKind::Variant && matches!(content.owner, Owner::Item(_));
            variant.then_some(item)
        });
        let item = variant.or_else(|| match self.lower(&there, head, 0) {
            Ty::Own(item, _) => Some(item),
            _ => None,
        });
        let ty = item.and_then(|item| self.field_type(item, &arguments, ast.name(name)));
        ty.unwrap_or(Ty::Unknown)
    }
}
