//! The type of an expression, as far as the code of the project says it.

use super::ast::NodeId;
use super::items::{ItemKind, Owner, Space};
use super::known;
use super::project::{ItemRef, Project};
use super::resolve::{Def, Place};
use super::types::{Ty, substitute};

impl Project<'_> {
    /// The type of the expression at a place.
    pub(super) fn type_of(&self, place: &Place) -> Ty {
        let key = (place.unit, place.node, place.module);
        if let Some(known) = self.memo.types.borrow().get(&key) {
            return known.clone();
        }
        let ty = self.nested(Ty::Unknown, || self.type_of_new(place));
        self.memo.types.borrow_mut().insert(key, ty.clone());
        ty
    }

    fn type_of_field(&self, place: &Place, field: &str) -> Ty {
        let unit = self.unit(place.unit);
        match unit.ast.field(place.node, field) {
            Some(node) => self.type_of(&Place { node, ..*place }),
            None => Ty::Unknown,
        }
    }

    fn type_of_child(&self, place: &Place) -> Ty {
        let unit = self.unit(place.unit);
        let ast = &unit.ast;
        let child = ast.children(place.node).find(|child| ast.kind(*child) != "attribute_item");
        child.map_or(Ty::Unknown, |node| self.type_of(&Place { node, ..*place }))
    }

    fn type_of_new(&self, place: &Place) -> Ty {
        let unit = self.unit(place.unit);
        let ast = &unit.ast;
        match ast.kind(place.node) {
            "identifier" => self.type_of_name(place),
            "self" => match self.self_type(place) {
                Some(Def::SelfType(unit, node)) => self.self_of(Place { unit, node, ..*place }, 0),
                _ => Ty::Unknown,
            },
            "scoped_identifier" | "generic_function" => self.type_of_path(place),
            "call_expression" => self.type_of_call(place),
            "field_expression" => self.type_of_field_access(place),
            "parenthesized_expression" | "expression_statement" => self.type_of_child(place),
            "reference_expression" => self.type_of_field(place, "value"),
            "await_expression" => match self.type_of_child(place) {
                Ty::Foreign(name, arguments) if &*name == "Future" => {
                    arguments.into_iter().next().unwrap_or(Ty::Unknown)
                }
                _ => Ty::Unknown,
            },
            "unary_expression" => {
                let inner = self.type_of_child(place);
                match (ast.text(place.node).as_bytes().first(), &inner) {
                    (Some(b'*'), Ty::Foreign(name, arguments)) if known::is_pointer(name) => {
                        arguments.last().cloned().unwrap_or(Ty::Unknown)
                    }
                    (Some(b'*'), Ty::Own(..)) => inner,
                    (_, Ty::Foreign(..)) => inner,
                    _ => Ty::Unknown,
                }
            }
            "try_expression" => match self.type_of_child(place) {
                Ty::Foreign(name, arguments) if matches!(&*name, "Option" | "Result") => {
                    arguments.into_iter().next().unwrap_or(Ty::Unknown)
                }
                Ty::Foreign(name, arguments) if name.ends_with("Result") => {
                    arguments.into_iter().next().unwrap_or(Ty::Unknown)
                }
                _ => Ty::Unknown,
            },
            "block" | "unsafe_block" | "const_block" => self.type_of_block(place),
            "if_expression" => self.type_of_field(place, "consequence"),
            "match_expression" => self.type_of_match(place),
            "struct_expression" => match ast.field(place.node, "name") {
                Some(name) => self.lower(&Place { node: name, ..*place }, name, 0),
                None => Ty::Unknown,
            },
            "type_cast_expression" => match ast.field(place.node, "type") {
                Some(ty) => self.lower(place, ty, 0),
                None => Ty::Unknown,
            },
            "index_expression" => self.type_of_index(place),
            "array_expression" => Ty::foreign("[]", vec![self.type_of_child(place)]),
            "tuple_expression" => {
                let parts = ast.children(place.node);
                Ty::Tuple(parts.map(|node| self.type_of(&Place { node, ..*place })).collect())
            }
            "closure_expression" => Ty::Function(Box::new(self.type_of_closure(place))),
            "macro_invocation" => self.type_of_macro(place),
            "range_expression" => Ty::foreign("Range", vec![self.type_of_child(place)]),
            "binary_expression" => self.type_of_operation(place),
            "string_literal" | "raw_string_literal" => Ty::foreign("str", Vec::new()),
            "integer_literal" | "float_literal" => known::literal(ast.text(place.node)),
            "boolean_literal" => Ty::foreign("bool", Vec::new()),
            "char_literal" => Ty::foreign("char", Vec::new()),
            "unit_expression" => Ty::Tuple(Vec::new()),
            _ => Ty::Unknown,
        }
    }

    fn type_of_name(&self, place: &Place) -> Ty {
        let unit = self.unit(place.unit);
        let name = unit.ast.name(place.node);
        match self.local(place, name) {
            Some(node) => self.type_of_pattern(&Place { node, ..*place }),
            None => {
                let defs = self.in_scope(place, name, Space::Value);
                self.type_of_value(place, &defs)
            }
        }
    }

    fn type_of_path(&self, place: &Place) -> Ty {
        let defs = self.value_path(place, place.node);
        self.type_of_value(place, &defs)
    }

    /// What the path of an expression refers to, local variables apart.
    pub(super) fn value_path(&self, place: &Place, node: NodeId) -> Vec<Def> {
        let unit = self.unit(place.unit);
        let ast = &unit.ast;
        match ast.kind(node) {
            "generic_function" => match ast.field(node, "function") {
                Some(inner) => self.value_path(place, inner),
                None => Vec::new(),
            },
            "scoped_identifier" => {
                let name = ast.field(node, "name").map_or("", |name| ast.name(name));
                match ast.field(node, "path") {
                    Some(path) if matches!(ast.kind(path), "bracketed_type" | "generic_type") => {
                        let starts = self.qualifier(place, path);
                        starts.iter().flat_map(|d| self.inside(*d, name, Space::Value)).collect()
                    }
                    _ => {
                        let mut parts = Vec::new();
                        let rooted = super::imports::path_parts(ast, node, &mut parts);
                        let names: Vec<&str> = parts.iter().map(|(n, _)| n.as_str()).collect();
                        self.path(&Place { node, ..*place }, &names, rooted, Space::Value)
                    }
                }
            }
            _ => self.in_scope(&Place { node, ..*place }, ast.name(node), Space::Value),
        }
    }

    /// The type of a constant, or what calling a function or constructor is about.
    fn type_of_value(&self, place: &Place, defs: &[Def]) -> Ty {
        let Some(Def::Item(item)) = defs.first() else { return Ty::Unknown };
        let unit = self.unit(item.unit);
        let content = &unit.items[item.item];
        let body = content.body;
        let module = self.modules_of(item.unit, body).first().copied().unwrap_or(place.module);
        let there = Place { unit: item.unit, node: content.node, module };
        match content.kind {
            ItemKind::Const | ItemKind::Static => match unit.ast.field(content.node, "type") {
                Some(ty) => self.lower(&there, ty, 0),
                None => Ty::Unknown,
            },
            ItemKind::Variant => match content.owner {
                Owner::Item(of) => Ty::Own(ItemRef { unit: item.unit, item: of }, Vec::new()),
                _ => Ty::Unknown,
            },
            ItemKind::Struct(_) => Ty::Own(*item, Vec::new()),
            ItemKind::Function => Ty::Function(Box::new(self.result_of(*item))),
            _ => Ty::Unknown,
        }
    }

    /// What a function of the project returns.
    pub(super) fn result_of(&self, item: ItemRef) -> Ty {
        let unit = self.unit(item.unit);
        let content = &unit.items[item.item];
        let module = self.modules_of(item.unit, content.body).first().copied().unwrap_or(0);
        let there = Place { unit: item.unit, node: content.node, module };
        let result = match unit.ast.field(content.node, "return_type") {
            Some(node) => self.lower(&Place { node, ..there }, node, 0),
            None => Ty::Tuple(Vec::new()),
        };
        let modifiers = unit.ast.child_of_kind(content.node, "function_modifiers");
        if modifiers.is_some_and(|modifiers| unit.ast.text(modifiers).contains("async")) {
            return Ty::foreign("Future", vec![result]);
        }
        result
    }

    fn type_of_field_access(&self, place: &Place) -> Ty {
        let unit = self.unit(place.unit);
        let ast = &unit.ast;
        let (Some(value), Some(field)) =
            (ast.field(place.node, "value"), ast.field(place.node, "field"))
        else {
            return Ty::Unknown;
        };
        let mut ty = self.type_of(&at(place, value));
        for _ in 0..6 {
            match &ty {
                Ty::Tuple(parts) => {
                    let index: Option<usize> = ast.text(field).parse().ok();
                    return index.and_then(|at| parts.get(at)).cloned().unwrap_or(Ty::Unknown);
                }
                Ty::Own(item, arguments) => {
                    if let Some(found) = self.field_type(*item, arguments, ast.name(field)) {
                        return found;
                    }
                }
                _ => {}
            }
            match self.dereferenced(&ty) {
                Some(inner) => ty = inner,
                None => return Ty::Unknown,
            }
        }
        Ty::Unknown
    }

    /// The type of a field of a struct, union or variant; a number for the unnamed ones.
    pub(super) fn field_type(&self, item: ItemRef, arguments: &[Ty], name: &str) -> Option<Ty> {
        let unit = self.unit(item.unit);
        let content = &unit.items[item.item];
        let ast = &unit.ast;
        let body = ast.field(content.node, "body")?;
        let node = if ast.kind(body) == "ordered_field_declaration_list" {
            let mut types = ast.children(body).filter(|child| ast.field_of(*child) == "type");
            types.nth(name.parse().ok()?)?
        } else {
            let mut fields = ast.children(body);
            let field = fields.find(|field| {
                ast.field(*field, "name").is_some_and(|given| ast.name(given) == name)
            })?;
            ast.field(field, "type")?
        };
        let module = self.modules_of(item.unit, content.body).first().copied()?;
        let ty = self.lower(&Place { unit: item.unit, node, module }, node, 0);
        let generic = match content.owner {
            Owner::Item(of) => unit.items[of].node,
            _ => content.node,
        };
        let parameters = self.parameters(item.unit, generic);
        Some(substitute(&ty, item.unit, &parameters, arguments, 0))
    }

    fn type_of_block(&self, place: &Place) -> Ty {
        let unit = self.unit(place.unit);
        let ast = &unit.ast;
        match ast.children(place.node).last() {
            Some(last) if ast.kind(last) == "expression_statement" => {
                if ast.text(last).ends_with(';') {
                    return Ty::Unknown;
                }
                self.type_of(&at(place, last))
            }
            Some(last) => self.type_of(&at(place, last)),
            None => Ty::Tuple(Vec::new()),
        }
    }

    fn type_of_match(&self, place: &Place) -> Ty {
        let unit = self.unit(place.unit);
        let ast = &unit.ast;
        let Some(body) = ast.field(place.node, "body") else { return Ty::Unknown };
        ast.children(body)
            .filter_map(|arm| ast.field(arm, "value"))
            .take(8)
            .map(|value| self.type_of(&at(place, value)))
            .find(|ty| *ty != Ty::Unknown)
            .unwrap_or(Ty::Unknown)
    }

    fn type_of_index(&self, place: &Place) -> Ty {
        let unit = self.unit(place.unit);
        let ast = &unit.ast;
        let mut parts = ast.children(place.node);
        let (Some(value), Some(index)) = (parts.next(), parts.next()) else { return Ty::Unknown };
        let ty = self.type_of(&at(place, value));
        if ast.kind(index) == "range_expression" { ty } else { known::indexed(&ty) }
    }

    fn type_of_closure(&self, place: &Place) -> Ty {
        let unit = self.unit(place.unit);
        match unit.ast.field(place.node, "return_type") {
            Some(node) => self.lower(&at(place, node), node, 0),
            None => self.type_of_field(place, "body"),
        }
    }

    fn type_of_macro(&self, place: &Place) -> Ty {
        let unit = self.unit(place.unit);
        let ast = &unit.ast;
        match super::expand::macro_name(ast, place.node) {
            "format" => Ty::foreign("String", Vec::new()),
            "vec" => {
                let tokens = ast.child_of_kind(place.node, super::ast::OPENED);
                let first = tokens.and_then(|tokens| ast.children(tokens).next());
                let inner = first.map_or(Ty::Unknown, |node| self.type_of(&at(place, node)));
                Ty::foreign("Vec", vec![inner])
            }
            "matches" => Ty::foreign("bool", Vec::new()),
            _ => Ty::Unknown,
        }
    }

    fn type_of_operation(&self, place: &Place) -> Ty {
        let unit = self.unit(place.unit);
        let ast = &unit.ast;
        let (Some(left), Some(right)) =
            (ast.field(place.node, "left"), ast.field(place.node, "right"))
        else {
            return Ty::Unknown;
        };
        let operator = ast.text.get(ast.end(left)..ast.start(right)).unwrap_or_default().trim();
        match operator {
            "==" | "!=" | "<" | ">" | "<=" | ">=" | "&&" | "||" => Ty::foreign("bool", Vec::new()),
            _ => match self.type_of(&at(place, left)) {
                Ty::Foreign(name, arguments) if arguments.is_empty() => {
                    Ty::Foreign(name, arguments)
                }
                _ => Ty::Unknown,
            },
        }
    }
}

/// The same place, at another node.
pub(super) fn at(place: &Place, node: NodeId) -> Place {
    Place { node, ..*place }
}
