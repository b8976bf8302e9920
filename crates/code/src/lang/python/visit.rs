//! What each kind of node means for scopes and names.

use std::rc::Rc;

use tree_sitter::Node;

use super::index::{Context, Part, TextRole, Walk};
use super::model::{BindingKind, OccurrenceKind, Role, ScopeKind, Value};
use super::names;

impl<'t> Walk<'_, '_, 't> {
    pub(super) fn visit(&mut self, node: Node<'t>, context: Context) {
        if node.is_error() {
            let context = Context { broken: true, ..context };
            return self.descend(node, &context);
        }
        match node.kind() {
            "identifier" => self.occur(node, &context, Role::Load),
            "attribute" => self.attribute(node, &context),
            "call" => self.call(node, &context),
            "subscript" => self.subscript(node, &context),
            "generic_type" => self.generic_type(node, &context),
            "keyword_argument" => self.keyword_argument(node, &context),
            "string" => self.string(node, &context),
            "type" => {
                let parts = self.parts(node);
                self.push(&parts, &context.types());
            }
            "module" | "block" => self.block(node, &context),
            "expression_statement" => self.expression_statement(node, &context),
            "decorated_definition" => self.decorated(node, &context),
            "function_definition" => self.function(node, &context, Vec::new()),
            "class_definition" => self.class(node, &context),
            "lambda" => self.lambda(node, &context),
            "list_comprehension"
            | "set_comprehension"
            | "dictionary_comprehension"
            | "generator_expression" => self.comprehension(node, &context),
            "return_statement" => self.returns(node, &context),
            "yield" => {
                if let Some(function) = context.function {
                    self.build.index.functions[function].generator = true;
                }
                self.descend(node, &context);
            }
            "import_statement" => self.import(node, &context),
            "import_from_statement" => self.import_from(node, &context),
            "future_import_statement" => {}
            "comment" => {
                self.parts(node);
            }
            _ => self.binding_statement(node, &context),
        }
    }

    fn binding_statement(&mut self, node: Node<'t>, context: &Context) {
        match node.kind() {
            "assignment" => self.assignment(node, context),
            "augmented_assignment" => self.augmented(node, context),
            "named_expression" => self.named_expression(node, context),
            "for_statement" | "for_in_clause" => self.for_loop(node, context),
            "with_item" => self.with_item(node, context),
            "except_clause" => self.except(node, context),
            "as_pattern" => self.as_pattern(node, context, Value::Opaque),
            "case_clause" => self.case(node, context),
            "global_statement" | "nonlocal_statement" => self.declare(node, context),
            "delete_statement" => self.delete(node, context),
            "type_alias_statement" => self.type_alias(node, context),
            _ => self.descend(node, context),
        }
    }

    /// `object.name`; the name itself is never looked up in a scope.
    pub(super) fn attribute(&mut self, node: Node<'t>, context: &Context) {
        let parts = self.parts(node);
        let object = parts.iter().find(|(field, _)| *field == Some("object"));
        let name = parts.iter().find(|(field, _)| *field == Some("attribute"));
        if let (Some((_, object)), Some((_, name))) = (object, name) {
            let text = self.name(*name);
            self.occurrence(&text, *name, context, |walk| {
                let object = walk.expression(*object, context.scope, context.annotation);
                OccurrenceKind::Attribute(object)
            });
        }
        for (field, part) in parts {
            if field != Some("attribute") {
                self.stack.push((part, context.plain()));
            }
        }
    }

    fn call(&mut self, node: Node<'t>, context: &Context) {
        let parts = self.parts(node);
        let function = parts.iter().find(|(field, _)| *field == Some("function"));
        let callee = function.map_or("", |(_, function)| self.text(*function));
        let callee = if callee.len() > 80 { "" } else { callee };
        if let Some(change) = callee.strip_prefix("__all__.")
            && context.scope == 0
        {
            for (_, arguments) in parts.iter().filter(|(field, _)| *field == Some("arguments")) {
                self.export_call(change, *arguments);
            }
        }
        let (role, types) = names::takes_text(callee);
        let mut inside = context.code();
        if role.is_some() {
            inside.text = role;
            inside.callee = Some(Rc::from(callee));
        }
        for (field, part) in parts.into_iter().rev() {
            let context = if field == Some("arguments") { &inside } else { context };
            if types && field == Some("arguments") {
                self.type_arguments(part, context);
            } else {
                self.stack.push((part, context.plain()));
            }
        }
    }

    /// `cast("Cart", x)`, `TypeVar("T", bound="Cart")`: some arguments are types.
    fn type_arguments(&mut self, node: Node<'t>, context: &Context) {
        let parts = self.parts(node);
        for (at, (_, part)) in parts.into_iter().enumerate().rev() {
            let bound = part.kind() == "keyword_argument" && self.text(part).starts_with("bound");
            let context = if at == 0 || bound { context.types() } else { context.plain() };
            self.stack.push((part, context));
        }
    }

    fn subscript(&mut self, node: Node<'t>, context: &Context) {
        let parts = self.parts(node);
        let value = parts.iter().find(|(field, _)| *field == Some("value"));
        let value = value.map_or("", |(_, value)| self.text(*value));
        let literal = value.len() < 80 && names::is_literal_type(value);
        let table = value.len() < 80 && names::is_name_table(value);
        let mut inside = if literal { context.code() } else { context.plain() };
        if table {
            inside.text = Some(&TextRole::LooksUp);
            inside.callee = Some(Rc::from(value));
        }
        for (field, part) in parts.into_iter().rev() {
            let context = if field == Some("value") { context } else { &inside };
            self.stack.push((part, context.plain()));
        }
    }

    fn generic_type(&mut self, node: Node<'t>, context: &Context) {
        let parts = self.parts(node);
        let head = parts.first().map_or("", |(_, head)| self.text(*head));
        let inside = if names::is_literal_type(head) { context.code() } else { context.plain() };
        if names::is_literal_type(head) {
            // The children are `type` nodes whose strings are values.
            for (_, parameters) in parts.iter().skip(1) {
                for (_, parameter) in self.parts(*parameters) {
                    let inner = self.parts(parameter);
                    self.push(&inner, &inside);
                }
            }
            self.push(&parts[..parts.len().min(1)], &context.plain());
        } else {
            self.push(&parts, &inside);
        }
    }

    fn keyword_argument(&mut self, node: Node<'t>, context: &Context) {
        let parts = self.parts(node);
        let values: Vec<Part<'t>> =
            parts.into_iter().filter(|(field, _)| *field != Some("name")).collect();
        self.push(&values, &context.plain());
    }

    fn block(&mut self, node: Node<'t>, context: &Context) {
        let parts = self.parts(node);
        let documented = context.body;
        for (at, (_, part)) in parts.into_iter().enumerate().rev() {
            let mut context = context.plain();
            context.docstring = documented && at == 0 && part.kind() == "expression_statement";
            self.stack.push((part, context));
        }
    }

    fn expression_statement(&mut self, node: Node<'t>, context: &Context) {
        let parts = self.parts(node);
        let alone = parts.len() == 1 && parts[0].1.kind() == "string";
        let mut inside = context.plain();
        inside.docstring = context.docstring && alone;
        self.push(&parts, &inside);
    }

    fn comprehension(&mut self, node: Node<'t>, context: &Context) {
        let path = format!("{}<comprehension@{}>", self.path(context.scope), node.start_byte());
        let scope = self.build.scope(ScopeKind::Comprehension, Some(context.scope), path, None);
        let inside = context.within(scope);
        let mut first = true;
        for (_, part) in self.parts(node) {
            if part.kind() != "for_in_clause" || !std::mem::take(&mut first) {
                self.stack.push((part, inside.clone()));
                continue;
            }
            // The first iterable is evaluated outside.
            let clause = self.parts(part);
            let iterable: Vec<_> = clause.iter().filter(|(f, _)| *f == Some("right")).collect();
            let value = match iterable.as_slice() {
                [(_, one)] => Value::Element(self.expression(*one, context.scope, false)),
                _ => Value::Opaque,
            };
            for (field, part) in clause {
                if field == Some("left") {
                    self.target(part, &inside, &value);
                } else {
                    self.stack.push((part, context.code()));
                }
            }
        }
    }

    fn returns(&mut self, node: Node<'t>, context: &Context) {
        let parts = self.parts(node);
        if let (Some(function), [(_, value)]) = (context.function, parts.as_slice()) {
            let value = self.expression(*value, context.scope, false);
            let results = &mut self.build.index.functions[function].results;
            if results.len() < 8 {
                results.push(value);
            }
        }
        self.push(&parts, &context.plain());
    }

    fn declare(&mut self, node: Node<'t>, context: &Context) {
        for (_, part) in self.parts(node) {
            let name = self.name(part);
            let scope = &mut self.build.index.scopes[context.scope];
            if node.kind() == "global_statement" {
                scope.globals.push(name.into());
            } else {
                scope.nonlocals.push(name.into());
            }
            self.occur(part, context, Role::Declare);
        }
    }

    fn delete(&mut self, node: Node<'t>, context: &Context) {
        let mut pending: Vec<Node<'t>> = self.parts(node).iter().map(|(_, part)| *part).collect();
        while let Some(part) = pending.pop() {
            match part.kind() {
                "identifier" => {
                    let span = self.source.span(part.byte_range());
                    let name = self.name(part).into();
                    self.build.bind(context.scope, name, span, BindingKind::Delete);
                    self.occur(part, context, Role::Delete);
                }
                "attribute" => self.attribute(part, context),
                "expression_list" | "tuple" | "list" | "parenthesized_expression" => {
                    pending.extend(self.parts(part).iter().map(|(_, part)| *part));
                }
                _ => self.stack.push((part, context.plain())),
            }
        }
    }

    /// How names of this scope begin.
    pub(super) fn path(&self, scope: usize) -> String {
        let found = &self.build.index.scopes[scope];
        match found.kind {
            ScopeKind::Module => String::new(),
            ScopeKind::Class => format!("{}.", found.path),
            _ => format!("{}.<locals>.", found.path),
        }
    }
}
