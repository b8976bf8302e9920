//! Whatever gives a name a value: assignments, loops, `with`, `except`, patterns, imports.

use tree_sitter::Node;

use super::index::{Context, Part, Walk};
use super::model::{BindingKind, Expr, Import, ModuleRef, OccurrenceKind, Role, ScopeKind, Value};

impl<'t> Walk<'_, '_, 't> {
    /// Binds every name in a target; what is not a name there (`a.b`, `a[i]`) is visited.
    pub(super) fn target(&mut self, node: Node<'t>, context: &Context, value: &Value) {
        let mut pending = vec![(node, value.clone())];
        while let Some((node, value)) = pending.pop() {
            match node.kind() {
                "identifier" => self.bind_name(node, context, value),
                "attribute" => {
                    self.receiver_attribute(node, context, &value);
                    self.attribute(node, context);
                }
                "pattern_list"
                | "tuple_pattern"
                | "list_pattern"
                | "list_splat_pattern"
                | "dictionary_splat_pattern"
                | "tuple"
                | "list"
                | "expression_list"
                | "parenthesized_expression"
                | "as_pattern_target" => {
                    let parts = self.parts(node);
                    let whole =
                        node.kind() == "as_pattern_target" || node.kind().starts_with("par");
                    for (at, (_, part)) in parts.into_iter().enumerate() {
                        let value = match &value {
                            value if whole => value.clone(),
                            Value::Of(Expr::Display(items)) => {
                                items.get(at).cloned().map_or(Value::Opaque, Value::Of)
                            }
                            _ => Value::Opaque,
                        };
                        pending.push((part, value));
                    }
                }
                _ => self.stack.push((node, context.code())),
            }
        }
    }

    pub(super) fn bind_name(&mut self, node: Node<'t>, context: &Context, value: Value) {
        let span = self.source.span(node.byte_range());
        let name = self.name(node).into();
        self.build.bind(context.scope, name, span, BindingKind::Value(value));
        self.occur(node, context, Role::Store);
    }

    /// `self.x = value` in a method says something about the class.
    fn receiver_attribute(&mut self, node: Node<'t>, context: &Context, value: &Value) {
        let (Some(object), Some(name)) =
            (node.child_by_field_name("object"), node.child_by_field_name("attribute"))
        else {
            return;
        };
        if object.kind() != "identifier" {
            return;
        }
        let mut scope = Some(context.scope);
        while let Some(at) = scope {
            if let Some((class, receiver)) = self.build.receivers.get(&at)
                && **receiver == *self.text(object)
            {
                let span = self.source.span(name.byte_range());
                let name = self.name(name).into();
                let attributes = &mut self.build.index.classes[*class].attributes;
                attributes.entry(name).or_default().push((span, value.clone()));
                return;
            }
            let found = &self.build.index.scopes[at];
            if found.kind == ScopeKind::Class || found.names.contains_key(self.text(object)) {
                return;
            }
            scope = found.parent;
        }
    }

    pub(super) fn assignment(&mut self, node: Node<'t>, context: &Context) {
        let parts = self.parts(node);
        let field = |name: &str| parts.iter().find(|(f, _)| *f == Some(name)).map(|(_, n)| *n);
        let annotation = field("type");
        let mut last = field("right");
        while let Some(next) = last.filter(|node| node.kind() == "assignment") {
            last = next.child_by_field_name("right");
        }
        let value = match (annotation, last) {
            (Some(annotation), value) if self.text(annotation).ends_with("TypeAlias") => {
                value.map_or(Value::Opaque, |v| Value::Of(self.expression(v, context.scope, true)))
            }
            (Some(annotation), _) => {
                Value::Annotated(self.expression(annotation, context.scope, true))
            }
            (None, Some(value)) => Value::Of(self.expression(value, context.scope, false)),
            (None, None) => Value::Opaque,
        };
        if let Some(left) = field("left") {
            if context.scope == 0
                && self.text(left) == "__all__"
                && let Some(value) = last
            {
                self.export_value(value);
            }
            let since = self.build.index.bindings.len();
            self.target(left, context, &value);
            let end = self.source.span(node.end_byte()..node.end_byte()).start;
            self.build.effective(since, end);
        }
        for (field, part) in &parts {
            match field {
                Some("left") => {}
                Some("type") => self.stack.push((*part, context.types())),
                _ => self.stack.push((*part, context.code())),
            }
        }
    }

    pub(super) fn augmented(&mut self, node: Node<'t>, context: &Context) {
        for (field, part) in self.parts(node) {
            if field == Some("left") {
                if context.scope == 0
                    && self.text(part) == "__all__"
                    && let Some(value) = node.child_by_field_name("right")
                {
                    self.export_value(value);
                }
                self.target(part, context, &Value::Opaque);
            } else {
                self.stack.push((part, context.code()));
            }
        }
    }

    pub(super) fn named_expression(&mut self, node: Node<'t>, context: &Context) {
        let parts = self.parts(node);
        let value = parts
            .iter()
            .find(|(field, _)| *field == Some("value"))
            .map_or(Value::Opaque, |(_, n)| Value::Of(self.expression(*n, context.scope, false)));
        let scope = self.build.binding_scope(context.scope);
        for (field, part) in parts {
            if field == Some("name") {
                let inside = Context { scope, ..context.plain() };
                self.target(part, &inside, &value);
            } else {
                self.stack.push((part, context.plain()));
            }
        }
    }

    pub(super) fn for_loop(&mut self, node: Node<'t>, context: &Context) {
        let parts = self.parts(node);
        let rights: Vec<_> = parts.iter().filter(|(f, _)| *f == Some("right")).collect();
        let value = match rights.as_slice() {
            [(_, one)] => Value::Element(self.expression(*one, context.scope, false)),
            _ => Value::Opaque,
        };
        let left = parts.iter().find(|(field, _)| *field == Some("left"));
        if let Some((_, left)) = left {
            self.target(*left, context, &value);
        }
        let rest: Vec<Part<'t>> =
            parts.into_iter().filter(|(field, _)| *field != Some("left")).collect();
        self.push(&rest, &context.plain());
    }

    pub(super) fn with_item(&mut self, node: Node<'t>, context: &Context) {
        for (_, part) in self.parts(node) {
            if part.kind() == "as_pattern" {
                let entered = part.named_child(0).map_or(Value::Opaque, |expr| {
                    Value::Entered(self.expression(expr, context.scope, false))
                });
                self.as_pattern(part, context, entered);
            } else {
                self.stack.push((part, context.plain()));
            }
        }
    }

    pub(super) fn except(&mut self, node: Node<'t>, context: &Context) {
        for (field, part) in self.parts(node) {
            match (field, part.kind()) {
                (Some("value"), "as_pattern") => {
                    let caught = part.named_child(0).map_or(Value::Opaque, |expr| {
                        Value::Annotated(self.expression(expr, context.scope, true))
                    });
                    self.as_pattern(part, context, caught);
                }
                (Some("alias"), _) => self.target(part, context, &Value::Opaque),
                _ => self.stack.push((part, context.plain())),
            }
        }
    }

    pub(super) fn as_pattern(&mut self, node: Node<'t>, context: &Context, value: Value) {
        for (field, part) in self.parts(node) {
            if field == Some("alias") {
                self.target(part, context, &value);
            } else {
                self.stack.push((part, context.plain()));
            }
        }
    }

    /// `case` patterns: a lone name captures, a dotted name is a value, a class is a class.
    pub(super) fn case(&mut self, node: Node<'t>, context: &Context) {
        for (field, part) in self.parts(node) {
            if field.is_none() && part.kind() == "case_pattern" {
                self.pattern(part, context);
            } else {
                self.stack.push((part, context.plain()));
            }
        }
    }

    fn pattern(&mut self, node: Node<'t>, context: &Context) {
        let mut pending = vec![node];
        while let Some(node) = pending.pop() {
            let parts: Vec<Node<'t>> = self.parts(node).into_iter().map(|(_, n)| n).collect();
            match node.kind() {
                "dotted_name" => match parts.as_slice() {
                    [one] if self.text(*one) == "_" => {}
                    [one] => self.bind_name(*one, context, Value::Opaque),
                    _ => self.dotted(&parts, context),
                },
                "class_pattern" => {
                    for part in parts {
                        if part.kind() == "dotted_name" {
                            let names: Vec<_> =
                                self.parts(part).into_iter().map(|(_, n)| n).collect();
                            self.dotted(&names, context);
                        } else {
                            pending.push(part);
                        }
                    }
                }
                "keyword_pattern" => pending.extend(parts.into_iter().skip(1)),
                "as_pattern" | "splat_pattern" => {
                    for part in parts {
                        if part.kind() == "identifier" {
                            self.bind_name(part, context, Value::Opaque);
                        } else {
                            pending.push(part);
                        }
                    }
                }
                "string" => self.stack.push((node, context.plain())),
                _ => pending.extend(parts),
            }
        }
    }

    /// `a.b.c` outside of expressions: a name and attributes of it.
    fn dotted(&mut self, names: &[Node<'t>], context: &Context) {
        let Some((first, rest)) = names.split_first() else { return };
        self.occur(*first, context, Role::Load);
        let mut object = Expr::Name(self.name(*first).into(), context.scope);
        for part in rest.iter().take(40) {
            let name = self.name(*part);
            let before = object.clone();
            self.occurrence(&name, *part, context, |_| OccurrenceKind::Attribute(before));
            object = Expr::Attribute(Box::new(object), name.into());
        }
    }

    pub(super) fn type_alias(&mut self, node: Node<'t>, context: &Context) {
        let parts = self.parts(node);
        let right = parts.iter().find(|(field, _)| *field == Some("right"));
        let value = right
            .map_or(Value::Opaque, |(_, n)| Value::Of(self.expression(*n, context.scope, true)));
        let mut inside = context.plain();
        for (_, part) in parts.iter().filter(|(field, _)| *field == Some("left")) {
            // type > identifier, or type > generic_type > identifier, type_parameter.
            let mut named = *part;
            while !matches!(named.kind(), "identifier" | "generic_type") {
                let Some(child) = named.named_child(0) else { break };
                named = child;
            }
            let generic = named.kind() == "generic_type";
            let name = if generic { named.named_child(0) } else { Some(named) };
            if generic {
                inside = self.type_parameters(named.named_child(1), context);
            }
            if let Some(name) = name.filter(|node| node.kind() == "identifier") {
                self.bind_name(name, context, value.clone());
            }
        }
        for (_, part) in parts.iter().filter(|(field, _)| *field != Some("left")) {
            self.stack.push((*part, inside.types()));
        }
    }

    pub(super) fn import(&mut self, node: Node<'t>, context: &Context) {
        for (_, part) in self.parts(node) {
            let aliased = part.kind() == "aliased_import";
            let name = if aliased { part.child_by_field_name("name") } else { Some(part) };
            let Some(name) = name else { continue };
            let parts = self.dotted_parts(name);
            let Some(top) = parts.first().cloned() else { continue };
            let alias = part.child_by_field_name("alias").filter(|_| aliased);
            if let Some(alias) = alias {
                let module = ModuleRef { level: 0, parts };
                let import = Import { module, name: None };
                let span = self.source.span(alias.byte_range());
                let bound = self.name(alias).into();
                self.build.bind(context.scope, bound, span, BindingKind::Import(import));
                self.occur(alias, context, Role::Store);
            } else {
                let module = ModuleRef { level: 0, parts: vec![top.clone()] };
                let import = Import { module, name: None };
                let span = self.source.span(name.byte_range());
                self.build.bind(context.scope, top, span, BindingKind::Import(import));
            }
        }
    }

    pub(super) fn import_from(&mut self, node: Node<'t>, context: &Context) {
        let mut module = ModuleRef::default();
        for (field, part) in self.parts(node) {
            match (field, part.kind()) {
                (Some("module_name"), "relative_import") => {
                    for (_, inner) in self.parts(part) {
                        if inner.kind() == "import_prefix" {
                            module.level = self.text(inner).matches('.').count();
                        } else {
                            module.parts = self.dotted_parts(inner);
                        }
                    }
                }
                (Some("module_name"), _) => module.parts = self.dotted_parts(part),
                (_, "wildcard_import") => {
                    self.build.index.scopes[context.scope].stars.push(module.clone());
                }
                (Some("name"), "aliased_import") => {
                    let name = part.child_by_field_name("name");
                    let alias = part.child_by_field_name("alias");
                    if let (Some(name), Some(alias)) = (name, alias) {
                        self.imported(&module, name, Some(alias), context);
                    }
                }
                (Some("name"), _) => self.imported(&module, part, None, context),
                _ => {}
            }
        }
    }

    fn imported(
        &mut self,
        module: &ModuleRef,
        name: Node<'t>,
        alias: Option<Node<'t>>,
        context: &Context,
    ) {
        let taken: Box<str> = self.name(name).into();
        let import = Import { module: module.clone(), name: Some(taken.clone()) };
        let bound = alias.unwrap_or(name);
        let span = self.source.span(bound.byte_range());
        let local: Box<str> = self.name(bound).into();
        let binding =
            self.build.bind(context.scope, local, span.clone(), BindingKind::Import(import));
        let alias_span = alias.map(|_| span);
        self.occurrence(&taken, name, context, |_| OccurrenceKind::Imported {
            binding,
            alias: alias_span,
        });
        if let Some(alias) = alias {
            self.occur(alias, context, Role::Store);
        }
    }

    fn dotted_parts(&mut self, node: Node<'t>) -> Vec<Box<str>> {
        self.parts(node).into_iter().map(|(_, part)| self.name(part).into()).collect()
    }
}
