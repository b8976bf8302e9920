//! What a value is whose annotation is known.

use super::model::Expr;
use super::project::Project;
use super::types::{Ty, add};
use crate::sources::FileId;

impl Project<'_, '_> {
    /// What a value of this annotation is.
    pub(super) fn annotated(&self, file: FileId, expr: &Expr, left: u32) -> Vec<Ty> {
        let Some(left) = left.checked_sub(1) else { return vec![Ty::Unknown] };
        match expr {
            Expr::Either(parts) | Expr::Display(parts) => {
                let mut found = Vec::new();
                for part in parts {
                    add(&mut found, self.annotated(file, part, left));
                }
                found
            }
            Expr::Builtin => vec![Ty::Foreign],
            Expr::Subscript(head, arguments) => self.generic(file, head, arguments, left),
            _ => {
                let mut found = Vec::new();
                for ty in self.expr(file, expr, left) {
                    let value = match ty {
                        Ty::Class(key) => Ty::Instance(key),
                        Ty::Outside(name) if is_open(&name) => Ty::Unknown,
                        Ty::Outside(_) => Ty::Foreign,
                        _ => Ty::Unknown,
                    };
                    add(&mut found, vec![value]);
                }
                found
            }
        }
    }

    fn generic(&self, file: FileId, head: &Expr, arguments: &[Expr], left: u32) -> Vec<Ty> {
        let first =
            || arguments.first().map_or(vec![Ty::Unknown], |a| self.annotated(file, a, left));
        let end = || arguments.last().map_or(vec![Ty::Unknown], |a| self.annotated(file, a, left));
        let mut found = Vec::new();
        for ty in self.expr(file, head, left) {
            let value = match &ty {
                Ty::Class(key) => vec![Ty::Instance(key.clone())],
                Ty::Outside(name) => match name.rsplit('.').next().unwrap_or(name) {
                    "Optional" | "Annotated" | "Final" | "ClassVar" | "Required"
                    | "NotRequired" | "ReadOnly" => first(),
                    "Union" => {
                        let mut all = Vec::new();
                        for argument in arguments {
                            add(&mut all, self.annotated(file, argument, left));
                        }
                        all
                    }
                    "Type" | "type" => first()
                        .into_iter()
                        .map(|ty| match ty {
                            Ty::Instance(key) => Ty::Class(key),
                            _ => Ty::Unknown,
                        })
                        .collect(),
                    "Awaitable" | "Coroutine" => end(),
                    "Dict" | "dict" | "Mapping" | "MutableMapping" | "defaultdict"
                    | "OrderedDict" | "DefaultDict" | "Callable" | "Literal" => vec![Ty::Foreign],
                    "List" | "list" | "Sequence" | "MutableSequence" | "Iterable" | "Iterator"
                    | "Set" | "set" | "FrozenSet" | "frozenset" | "Collection" | "Generator"
                    | "AsyncIterator" | "AsyncIterable" | "AsyncGenerator" | "Deque" | "deque"
                    | "AbstractSet" => vec![Ty::Of(first())],
                    "Tuple" | "tuple" => {
                        let mut all = Vec::new();
                        for argument in arguments {
                            add(&mut all, self.annotated(file, argument, left));
                        }
                        vec![Ty::Of(all)]
                    }
                    _ => vec![Ty::Unknown],
                },
                _ => vec![Ty::Unknown],
            };
            add(&mut found, value);
        }
        found
    }
}

/// Types that say nothing about the value.
fn is_open(name: &str) -> bool {
    matches!(name.rsplit('.').next().unwrap_or(name), "Any" | "object" | "Self" | "Incomplete")
}
