//! What an expression is, as far as annotations, assignments and calls say it.
//!
//! Every answer is a list of possibilities; [`Ty::Unknown`] among them means that there may
//! be others. Work for one question is bounded.

use super::model::{Binding, BindingKind, Expr, Function, Value};
use super::modules::ModuleId;
use super::names;
use super::project::{Key, Meaning, Project};
use crate::sources::FileId;

/// What a value is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ty {
    Unknown,
    /// Something outside of the project under this dotted name: a module, class or function.
    Outside(String),
    /// A value whose class is outside of the project.
    Foreign,
    Module(ModuleId),
    Class(Key),
    Instance(Key),
    /// `super()` in a method of this class.
    Super(Key),
    /// A function of a file, and the class instance that it was taken from.
    Function(FileId, usize, Option<Key>),
    /// A container or iterator of these.
    Of(Vec<Ty>),
    /// Something in a module of the project that its text does not show.
    Hidden(ModuleId),
}

/// How many steps one question may take.
const STEPS: u32 = 4_000;
/// How many questions may wait for each other.
const DEEPEST: u32 = 40;

impl Project<'_, '_> {
    /// What an expression is.
    pub(super) fn infer(&self, file: FileId, expr: &Expr) -> Vec<Ty> {
        let outer = self.steps.get();
        if outer == 0 {
            self.steps.set(STEPS);
        }
        let found = self.expr(file, expr, DEEPEST);
        if outer == 0 {
            self.steps.set(0);
        }
        found
    }

    /// One step of a question that may lead so much deeper, if it may take another.
    fn step(&self, left: u32) -> Option<u32> {
        let steps = self.steps.get();
        let left = left.checked_sub(1).filter(|_| steps > 1)?;
        self.steps.set(steps - 1);
        Some(left)
    }

    pub(super) fn expr(&self, file: FileId, expr: &Expr, left: u32) -> Vec<Ty> {
        let Some(left) = self.step(left) else { return vec![Ty::Unknown] };
        match expr {
            Expr::Name(name, scope) => self.name_type(file, *scope, name, left),
            Expr::Attribute(object, name) => {
                let mut found = Vec::new();
                for ty in self.expr(file, object, left) {
                    add(&mut found, self.attribute_type(&ty, name, left));
                }
                found
            }
            Expr::Call(function, arguments) => self.call_type(file, function, arguments, left),
            Expr::Subscript(value, arguments) => {
                let mut found = Vec::new();
                for ty in self.expr(file, value, left) {
                    match ty {
                        Ty::Of(items) => add(&mut found, items),
                        // `Generic[T]`, `List[Cart]` as a base or an alias.
                        Ty::Class(_) => add(&mut found, vec![ty]),
                        Ty::Outside(_) if !arguments.is_empty() => add(&mut found, vec![ty]),
                        _ => add(&mut found, vec![Ty::Unknown]),
                    }
                }
                found
            }
            Expr::Either(parts) => self.any_of(file, parts, left),
            Expr::Await(inner) => self.expr(file, inner, left),
            Expr::Display(items) => vec![Ty::Of(self.any_of(file, items, left))],
            Expr::Builtin => vec![Ty::Foreign],
            Expr::Unknown => vec![Ty::Unknown],
        }
    }

    fn any_of(&self, file: FileId, parts: &[Expr], left: u32) -> Vec<Ty> {
        let mut found = Vec::new();
        for part in parts {
            add(&mut found, self.expr(file, part, left));
        }
        found
    }

    fn name_type(&self, file: FileId, scope: usize, name: &str, left: u32) -> Vec<Ty> {
        let Some(index) = self.index(file) else { return vec![Ty::Unknown] };
        if let Some(bound) = Self::binding_scope(index, scope, name, None) {
            let mut found = Vec::new();
            for binding in Self::bindings(index, bound, name) {
                add(&mut found, self.binding_type(file, binding, left));
            }
            return found;
        }
        let module = self.modules.of_file(file);
        let meanings = module.map(|m| self.star_member(m, name));
        match meanings {
            Some(meanings) if !meanings.is_empty() => self.meaning_types(&meanings, left),
            _ if names::is_builtin(name) => vec![Ty::Outside(name.to_owned())],
            _ => vec![Ty::Unknown],
        }
    }

    fn meaning_types(&self, meanings: &[Meaning], left: u32) -> Vec<Ty> {
        let mut found = Vec::new();
        for meaning in meanings {
            match meaning {
                Meaning::Item(key) => {
                    // What is imported under the same name is a meaning of its own.
                    for (file, binding) in self.bindings_of(key) {
                        if !matches!(binding.kind, BindingKind::Import(_)) {
                            add(&mut found, self.binding_type(file, binding, left));
                        }
                    }
                }
                Meaning::Module(module) => add(&mut found, vec![Ty::Module(*module)]),
                Meaning::Outside(dotted) => add(&mut found, vec![Ty::Outside(dotted.clone())]),
                Meaning::Unknown => add(&mut found, vec![Ty::Unknown]),
            }
        }
        found
    }

    fn binding_type(&self, file: FileId, binding: &Binding, left: u32) -> Vec<Ty> {
        let Some(left) = self.step(left) else { return vec![Ty::Unknown] };
        let Some(index) = self.index(file) else { return vec![Ty::Unknown] };
        match &binding.kind {
            BindingKind::Function(function) => {
                let decorators = &index.functions[*function].decorators;
                match decorators.iter().find(|d| !last(d).is_some_and(keeps_result)) {
                    None => vec![Ty::Function(file, *function, None)],
                    Some(decorator) => {
                        let made = self.expr(file, decorator, left);
                        made.iter().flat_map(|ty| self.decorated(ty)).collect()
                    }
                }
            }
            BindingKind::Class(class) => self
                .class_key(file, &index.classes[*class])
                .map_or(vec![Ty::Unknown], |key| vec![Ty::Class(key)]),
            BindingKind::Import(_) => {
                let meanings = self.binding_meaning(file, binding);
                self.meaning_types(&meanings, left)
            }
            BindingKind::Value(value) => self.value_type(file, value, left),
            BindingKind::Parameter { function, receiver: true, .. } => {
                self.receiver_type(file, *function)
            }
            BindingKind::Parameter { annotation: Some(annotation), .. } => {
                self.annotated(file, annotation, left)
            }
            BindingKind::Parameter { .. } => vec![Ty::Unknown],
            BindingKind::Delete => Vec::new(),
        }
    }

    /// What a decorator makes of a function.
    fn decorated(&self, decorator: &Ty) -> Vec<Ty> {
        match decorator {
            Ty::Class(class) => vec![Ty::Instance(class.clone())],
            _ => vec![Ty::Unknown],
        }
    }

    /// What `self` or `cls` is.
    fn receiver_type(&self, file: FileId, function: Option<usize>) -> Vec<Ty> {
        let class_and_name = || {
            let index = self.index(file)?;
            let function = &index.functions[function?];
            let key = self.class_key(file, &index.classes[function.class?])?;
            let of_class =
                matches!(&*function.name, "__new__" | "__init_subclass__" | "__class_getitem__")
                    || function.decorators.iter().any(|d| last(d) == Some("classmethod"));
            Some(if of_class { Ty::Class(key) } else { Ty::Instance(key) })
        };
        vec![class_and_name().unwrap_or(Ty::Unknown)]
    }

    fn value_type(&self, file: FileId, value: &Value, left: u32) -> Vec<Ty> {
        match value {
            Value::Of(expr) => self.expr(file, expr, left),
            Value::Annotated(expr) => self.annotated(file, expr, left),
            Value::Element(expr) => self.elements(self.expr(file, expr, left), left),
            Value::Entered(expr) => {
                let mut found = Vec::new();
                for ty in self.expr(file, expr, left) {
                    match &ty {
                        Ty::Instance(_) => {
                            let enter = self.attribute_type(&ty, "__enter__", left);
                            for method in enter {
                                add(&mut found, self.called(&method, left));
                            }
                        }
                        Ty::Of(items) => add(&mut found, items.clone()),
                        Ty::Foreign => add(&mut found, vec![Ty::Foreign]),
                        _ => add(&mut found, vec![Ty::Unknown]),
                    }
                }
                found
            }
            Value::Opaque => vec![Ty::Unknown],
        }
    }

    fn elements(&self, of: Vec<Ty>, left: u32) -> Vec<Ty> {
        let mut found = Vec::new();
        for ty in of {
            match ty {
                Ty::Of(items) => add(&mut found, items),
                Ty::Instance(_) => {
                    for method in self.attribute_type(&ty, "__iter__", left) {
                        let items = self.called(&method, left);
                        let items = items.into_iter().flat_map(|item| match item {
                            Ty::Of(items) => items,
                            _ => vec![Ty::Unknown],
                        });
                        add(&mut found, items.collect());
                    }
                }
                _ => add(&mut found, vec![Ty::Unknown]),
            }
        }
        found
    }

    /// What an attribute of a value is.
    fn attribute_type(&self, of: &Ty, name: &str, left: u32) -> Vec<Ty> {
        let Some(left) = self.step(left) else { return vec![Ty::Unknown] };
        match of {
            Ty::Module(module) => {
                let found = self.member(*module, name);
                if found.iter().all(|meaning| *meaning == Meaning::Unknown) {
                    vec![Ty::Hidden(*module)]
                } else {
                    self.meaning_types(&found, left)
                }
            }
            Ty::Outside(dotted) => vec![Ty::Outside(format!("{dotted}.{name}"))],
            Ty::Class(class) | Ty::Instance(class) => {
                self.member_type(class, name, matches!(of, Ty::Instance(_)), 0, left)
            }
            Ty::Super(class) => self.member_type(class, name, true, 1, left),
            Ty::Hidden(module) => vec![Ty::Hidden(*module)],
            Ty::Unknown | Ty::Foreign | Ty::Function(..) | Ty::Of(_) => vec![Ty::Unknown],
        }
    }

    fn member_type(
        &self,
        class: &Key,
        name: &str,
        instance: bool,
        skip: usize,
        left: u32,
    ) -> Vec<Ty> {
        let order = self.order(class);
        let searched = order.classes.get(skip..).unwrap_or_default();
        let Some(provider) = self.provider(searched, name) else { return vec![Ty::Unknown] };
        let mut found = Vec::new();
        let mut annotated = false;
        for (file, index, definition) in self.classes(&provider) {
            for binding in Self::bindings(index, definition.body, name) {
                annotated |= matches!(binding.kind, BindingKind::Value(Value::Annotated(_)));
                let types = match &binding.kind {
                    BindingKind::Function(at) => {
                        let method = Ty::Function(file, *at, Some(class.clone()));
                        if instance && is_property(&index.functions[*at]) {
                            self.called(&method, left)
                        } else {
                            vec![method]
                        }
                    }
                    _ => self.binding_type(file, binding, left),
                };
                add(&mut found, types);
            }
            if annotated {
                continue;
            }
            for (_, value) in definition.attributes.get(name).into_iter().flatten() {
                if let Value::Annotated(_) = value {
                    found.clear();
                    annotated = true;
                }
                if !annotated || matches!(value, Value::Annotated(_)) {
                    add(&mut found, self.value_type(file, value, left));
                }
            }
        }
        // `self.cart = None` beside `self.cart = Cart()` says nothing.
        found
    }

    fn call_type(&self, file: FileId, function: &Expr, arguments: &[Expr], left: u32) -> Vec<Ty> {
        if let Some(known) = self.special_call(file, function, arguments, left) {
            return known;
        }
        let mut found = Vec::new();
        for ty in self.expr(file, function, left) {
            add(&mut found, self.called(&ty, left));
        }
        found
    }

    fn special_call(
        &self,
        file: FileId,
        function: &Expr,
        arguments: &[Expr],
        left: u32,
    ) -> Option<Vec<Ty>> {
        let name = last(function)?;
        match (name, arguments) {
            ("super", []) => {
                let Expr::Name(_, scope) = function else { return None };
                let index = self.index(file)?;
                let mut at = Some(*scope);
                while let Some(scope) = at {
                    if let Some(class) = super::hierarchy::class_of_scope(index, scope) {
                        return Some(vec![Ty::Super(self.class_key(file, &index.classes[class])?)]);
                    }
                    at = index.scopes[scope].parent;
                }
                None
            }
            ("super", [class, ..]) => Some(
                self.expr(file, class, left)
                    .into_iter()
                    .map(|ty| if let Ty::Class(key) = ty { Ty::Super(key) } else { Ty::Unknown })
                    .collect(),
            ),
            ("type", [value]) if matches!(function, Expr::Name(..)) => Some(
                self.expr(file, value, left)
                    .into_iter()
                    .map(|ty| if let Ty::Instance(key) = ty { Ty::Class(key) } else { Ty::Unknown })
                    .collect(),
            ),
            ("cast", [to, _]) => Some(self.annotated(file, to, left)),
            ("copy" | "deepcopy" | "replace", [value, ..]) => {
                let outside = self.expr(file, function, left);
                let std = matches!(outside.as_slice(), [Ty::Outside(_)]);
                std.then(|| self.expr(file, value, left))
            }
            ("list" | "sorted" | "tuple" | "set" | "iter" | "reversed", [value, ..])
                if matches!(function, Expr::Name(..)) =>
            {
                let outside = self.expr(file, function, left);
                let builtin = matches!(outside.as_slice(), [Ty::Outside(_)]);
                let items = || self.elements(self.expr(file, value, left), left);
                builtin.then(|| vec![Ty::Of(items())])
            }
            _ => None,
        }
    }

    /// What calling a value gives.
    fn called(&self, function: &Ty, left: u32) -> Vec<Ty> {
        let Some(left) = self.step(left) else { return vec![Ty::Unknown] };
        match function {
            Ty::Class(key) => vec![Ty::Instance(key.clone())],
            Ty::Outside(name) => {
                let last = name.rsplit('.').next().unwrap_or(name);
                let class = last.starts_with(|c: char| c.is_uppercase());
                let builtin = names::is_builtin(name)
                    && !matches!(&**name, "next" | "max" | "min" | "getattr" | "sum" | "eval");
                vec![if class || builtin { Ty::Foreign } else { Ty::Unknown }]
            }
            Ty::Function(file, at, receiver) => {
                let Some(index) = self.index(*file) else { return vec![Ty::Unknown] };
                self.returned(*file, &index.functions[*at], receiver.as_ref(), left)
            }
            _ => vec![Ty::Unknown],
        }
    }

    fn returned(
        &self,
        file: FileId,
        function: &Function,
        receiver: Option<&Key>,
        left: u32,
    ) -> Vec<Ty> {
        if !function.decorators.iter().all(|d| last(d).is_some_and(keeps_result)) {
            return vec![Ty::Unknown];
        }
        if let Some(annotation) = &function.returns {
            if last(annotation) == Some("Self") {
                return vec![receiver.map_or(Ty::Unknown, |key| Ty::Instance(key.clone()))];
            }
            return self.annotated(file, annotation, left);
        }
        if function.generator {
            return vec![Ty::Of(vec![Ty::Unknown])];
        }
        if function.results.is_empty() {
            return vec![Ty::Foreign];
        }
        self.any_of(file, &function.results, left)
    }
}

/// Decorators after which a call still gives what the function returns.
fn keeps_result(decorator: &str) -> bool {
    matches!(
        decorator,
        "staticmethod"
            | "classmethod"
            | "property"
            | "cached_property"
            | "cache"
            | "lru_cache"
            | "wraps"
            | "overload"
            | "abstractmethod"
            | "abstractproperty"
            | "final"
            | "override"
            | "contextmanager"
            | "asynccontextmanager"
            | "setter"
            | "getter"
            | "deleter"
    )
}

pub(super) fn is_property(function: &Function) -> bool {
    function.decorators.iter().any(|decorator| {
        matches!(
            last(decorator),
            Some("property" | "cached_property" | "abstractproperty" | "setter" | "getter")
        )
    })
}

/// The last name of a dotted expression, also of what is called.
pub(super) fn last(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Name(name, _) | Expr::Attribute(_, name) => Some(name),
        Expr::Call(function, _) => match &**function {
            Expr::Name(name, _) | Expr::Attribute(_, name) => Some(name),
            _ => None,
        },
        _ => None,
    }
}

pub(super) fn add(to: &mut Vec<Ty>, more: Vec<Ty>) {
    for ty in more {
        if !to.contains(&ty) && to.len() < 32 {
            to.push(ty);
        }
    }
}
