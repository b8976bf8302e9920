//! Definitions: functions, classes, lambdas and their parameters.

use std::collections::HashMap;

use tree_sitter::Node;

use super::index::{Context, Walk};
use super::model::{BindingKind, Class, Expr, Function, Role, ScopeId, ScopeKind};

impl<'t> Walk<'_, '_, 't> {
    pub(super) fn decorated(&mut self, node: Node<'t>, context: &Context) {
        let parts = self.parts(node);
        let mut decorators = Vec::new();
        for (_, part) in parts.iter().filter(|(field, _)| *field != Some("definition")) {
            for (_, inner) in self.parts(*part) {
                decorators.push(self.expression(inner, context.scope, false));
                self.stack.push((inner, context.plain()));
            }
        }
        for (_, part) in parts.iter().filter(|(field, _)| *field == Some("definition")) {
            match part.kind() {
                "function_definition" => {
                    self.function(*part, context, std::mem::take(&mut decorators));
                }
                "class_definition" => self.class(*part, context),
                _ => self.stack.push((*part, context.plain())),
            }
        }
    }

    pub(super) fn function(&mut self, node: Node<'t>, context: &Context, decorators: Vec<Expr>) {
        let parts = self.parts(node);
        let field = |name: &str| parts.iter().find(|(f, _)| *f == Some(name)).map(|(_, n)| *n);
        let Some(name) = field("name") else { return self.push(&parts, &context.plain()) };
        let outer = &self.build.index.scopes[context.scope];
        let class = if outer.kind == ScopeKind::Class { outer.owner } else { None };
        let is_static = decorators.iter().any(|d| is_name(d, "staticmethod"));
        let function = self.build.index.functions.len();
        let types = self.type_parameters(field("type_parameters"), context);
        let returns = field("return_type").map(|node| self.expression(node, types.scope, true));
        self.build.index.functions.push(Function {
            name: self.name(name).into(),
            returns,
            results: Vec::new(),
            generator: false,
            decorators,
            class,
        });
        let bound: Box<str> = self.name(name).into();
        let path = format!("{}{bound}@{}", self.path(context.scope), name.start_byte());
        let span = self.source.span(name.byte_range());
        let at = self.build.bind(context.scope, bound, span, BindingKind::Function(function));
        let end = self.source.span(node.end_byte()..node.end_byte()).start;
        self.build.effective(at, end);
        self.occur(name, context, Role::Define);
        let scope = self.build.scope(ScopeKind::Function, Some(types.scope), path, Some(function));
        if let Some(parameters) = field("parameters") {
            let receiver = class.filter(|_| !is_static);
            self.parameters(parameters, &types, scope, Some(function), receiver);
        }
        if let Some(returns) = field("return_type") {
            self.stack.push((returns, types.plain()));
        }
        for body in parts.iter().filter(|(f, _)| f.is_none() || *f == Some("body")) {
            let mut inside = context.within(scope);
            inside.body = true;
            inside.function = Some(function);
            self.stack.push((body.1, inside));
        }
    }

    pub(super) fn lambda(&mut self, node: Node<'t>, context: &Context) {
        let parts = self.parts(node);
        let path = format!("{}<lambda>@{}", self.path(context.scope), node.start_byte());
        let scope = self.build.scope(ScopeKind::Function, Some(context.scope), path, None);
        for (field, part) in parts {
            if field == Some("parameters") {
                self.parameters(part, context, scope, None, None);
            } else {
                let inside = Context { function: None, ..context.within(scope) };
                self.stack.push((part, inside));
            }
        }
    }

    pub(super) fn class(&mut self, node: Node<'t>, context: &Context) {
        let parts = self.parts(node);
        let field = |name: &str| parts.iter().find(|(f, _)| *f == Some(name)).map(|(_, n)| *n);
        let Some(name) = field("name") else { return self.push(&parts, &context.plain()) };
        let types = self.type_parameters(field("type_parameters"), context);
        let mut bases = Vec::new();
        if let Some(arguments) = field("superclasses") {
            for (_, base) in self.parts(arguments) {
                if base.kind() != "keyword_argument" {
                    bases.push(self.expression(base, types.scope, true));
                }
            }
            self.stack.push((arguments, types.plain()));
        }
        let bound: Box<str> = self.name(name).into();
        let scope = self.declared_scope(context.scope, &bound);
        let path = format!("{}{bound}", self.path(scope));
        let class = self.build.index.classes.len();
        let body = self.build.scope(ScopeKind::Class, Some(types.scope), path, Some(class));
        self.build.index.classes.push(Class {
            name: bound.clone(),
            scope,
            body,
            bases,
            attributes: HashMap::new(),
        });
        let span = self.source.span(name.byte_range());
        // A binding moves to where `global` and `nonlocal` say once the walk is over.
        let at = self.build.bind(context.scope, bound, span, BindingKind::Class(class));
        let end = self.source.span(node.end_byte()..node.end_byte()).start;
        self.build.effective(at, end);
        self.occur(name, context, Role::Define);
        for part in parts.iter().filter(|(f, _)| f.is_none() || *f == Some("body")) {
            let mut inside = context.within(body);
            inside.body = true;
            inside.function = None;
            self.stack.push((part.1, inside));
        }
    }

    /// The scope that a class belongs to: the module's after `global`, which has to stand before.
    fn declared_scope(&self, scope: ScopeId, name: &str) -> ScopeId {
        let scopes = &self.build.index.scopes;
        if scopes[scope].globals.iter().any(|global| **global == *name) { 0 } else { scope }
    }

    /// A scope of its own for `[T: Bound]`, where there are any.
    pub(super) fn type_parameters(&mut self, node: Option<Node<'t>>, context: &Context) -> Context {
        let Some(node) = node else { return context.plain() };
        let path = format!("{}<types@{}>", self.path(context.scope), node.start_byte());
        let scope = self.build.scope(ScopeKind::TypeParameters, Some(context.scope), path, None);
        let inside = context.within(scope);
        for (_, parameter) in self.parts(node) {
            // type > identifier, or type > constrained_type > type > identifier.
            let mut named = parameter;
            for _ in 0..4 {
                if named.kind() == "identifier" {
                    self.parameter_name(named, &inside, None, None, false);
                    break;
                }
                match named.named_child(0) {
                    Some(child) => named = child,
                    None => break,
                }
            }
            self.stack.push((parameter, inside.types()));
        }
        inside
    }

    fn parameters(
        &mut self,
        node: Node<'t>,
        outside: &Context,
        scope: ScopeId,
        function: Option<usize>,
        receiver: Option<usize>,
    ) {
        let inside = outside.within(scope);
        let mut first = true;
        for (_, part) in self.parts(node) {
            let receives = std::mem::take(&mut first) && part.kind() == "identifier";
            let class = receiver.filter(|_| receives);
            match part.kind() {
                "identifier" => {
                    if let Some(class) = class {
                        let name = self.name(part).into();
                        self.build.receivers.insert(scope, (class, name));
                    }
                    self.parameter_name(part, &inside, function, None, class.is_some());
                }
                "typed_parameter" | "default_parameter" | "typed_default_parameter" => {
                    self.annotated_parameter(part, outside, &inside, function);
                }
                "list_splat_pattern" | "dictionary_splat_pattern" | "tuple_pattern" => {
                    self.target(part, &inside, &super::model::Value::Opaque);
                }
                _ => self.stack.push((part, outside.code())),
            }
        }
    }

    /// Defaults and annotations are evaluated outside of the function.
    fn annotated_parameter(
        &mut self,
        node: Node<'t>,
        outside: &Context,
        inside: &Context,
        function: Option<usize>,
    ) {
        let parts = self.parts(node);
        let annotation = parts.iter().find(|(field, _)| *field == Some("type")).map(|(_, n)| *n);
        for (field, part) in parts {
            match (field, part.kind()) {
                (Some("name") | None, "identifier") => {
                    let annotation =
                        annotation.map(|node| self.expression(node, outside.scope, true));
                    self.parameter_name(part, inside, function, annotation, false);
                }
                (Some("name") | None, _) => {
                    self.target(part, inside, &super::model::Value::Opaque);
                }
                _ => self.stack.push((part, outside.code())),
            }
        }
    }

    fn parameter_name(
        &mut self,
        node: Node<'t>,
        inside: &Context,
        function: Option<usize>,
        annotation: Option<Expr>,
        receiver: bool,
    ) {
        let span = self.source.span(node.byte_range());
        let name: Box<str> = self.name(node).into();
        let kind = BindingKind::Parameter { function, annotation, receiver };
        self.build.bind(inside.scope, name, span, kind);
        self.occur(node, inside, Role::Parameter);
    }
}

/// Whether an expression is this bare name.
pub(super) fn is_name(expr: &Expr, name: &str) -> bool {
    matches!(expr, Expr::Name(found, _) if &**found == name)
}
