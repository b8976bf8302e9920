//! The types of calls.

use super::ast::NodeId;
use super::infer::at;
use super::items::Owner;
use super::known;
use super::methods::Found;
use super::project::{ItemRef, Project};
use super::resolve::Place;
use super::types::Ty;

impl Project<'_> {
    /// What a call gives.
    pub(super) fn type_of_call(&self, place: &Place) -> Ty {
        let unit = self.unit(place.unit);
        let ast = &unit.ast;
        let Some(mut function) = ast.field(place.node, "function") else { return Ty::Unknown };
        let mut turbofish = None;
        if ast.kind(function) == "generic_function" {
            turbofish = ast.field(function, "type_arguments");
            function = ast.field(function, "function").unwrap_or(function);
        }
        if ast.kind(function) == "field_expression" {
            return self.type_of_method_call(place, function, turbofish);
        }
        let named = match ast.kind(function) {
            "identifier" => self.local(&at(place, function), ast.name(function)).is_none(),
            kind => kind == "scoped_identifier",
        };
        if named && let Some(ty) = self.type_of_known_call(place, function) {
            return ty;
        }
        match self.type_of(&at(place, function)) {
            Ty::Function(result) => self.with_self(&result, place, function),
            Ty::Own(item, arguments) => Ty::Own(item, arguments),
            _ => Ty::Unknown,
        }
    }

    /// `Self` in the result of `Type::new()` for a trait's function, and the arguments of
    /// `Type::<T>::new()`.
    fn with_self(&self, result: &Ty, place: &Place, function: NodeId) -> Ty {
        let Ty::SelfOf(_) = result else { return result.clone() };
        let unit = self.unit(place.unit);
        match unit.ast.field(function, "path") {
            Some(path) if unit.ast.kind(path) != "bracketed_type" => {
                self.lower(&at(place, path), path, 0)
            }
            _ => Ty::Unknown,
        }
    }

    /// `Some(x)`, `Ok(x)`, `Box::new(x)`, `Vec::new()`.
    fn type_of_known_call(&self, place: &Place, function: NodeId) -> Option<Ty> {
        let unit = self.unit(place.unit);
        let ast = &unit.ast;
        let text = ast.text(function);
        let argument = || {
            let list = ast.field(place.node, "arguments")?;
            let first = ast.children(list).next()?;
            Some(self.type_of(&at(place, first)))
        };
        match text {
            "Some" => return Some(Ty::foreign("Option", vec![argument()?])),
            "Ok" => return Some(Ty::foreign("Result", vec![argument()?, Ty::Unknown])),
            "Err" => return Some(Ty::foreign("Result", vec![Ty::Unknown, argument()?])),
            _ => {}
        }
        let name = ast.field(function, "name").map(|name| ast.name(name))?;
        let path = ast.field(function, "path")?;
        let (head, arguments) = match self.lower(&at(place, path), path, 0) {
            Ty::Foreign(head, arguments) => (head, arguments),
            // Derived, or of a trait that is not of the project, and always the type itself.
            own @ Ty::Own(..) if matches!(name, "default" | "from" | "from_iter") => {
                return Some(own);
            }
            _ => return None,
        };
        match name {
            "new"
                if known::is_pointer(&head)
                    || matches!(&*head, "RefCell" | "Mutex" | "Cell" | "RwLock") =>
            {
                Some(Ty::Foreign(head, vec![argument()?]))
            }
            "clone" => argument(),
            "new" | "with_capacity" | "default" if known::is_type(&head) => {
                Some(Ty::Foreign(head, arguments))
            }
            _ => None,
        }
    }

    fn type_of_method_call(
        &self,
        place: &Place,
        function: NodeId,
        turbofish: Option<NodeId>,
    ) -> Ty {
        let unit = self.unit(place.unit);
        let ast = &unit.ast;
        let (Some(value), Some(field)) =
            (ast.field(function, "value"), ast.field(function, "field"))
        else {
            return Ty::Unknown;
        };
        let name = ast.name(field);
        let receiver = self.type_of(&at(place, value));
        match self.method(&receiver, name) {
            Found::Own(items) => self.method_result(&receiver, &items),
            Found::Unknown(_) => Ty::Unknown,
            Found::Foreign => {
                if name == "collect"
                    && let Some(list) = turbofish
                    && let Some(wanted) = ast.children(list).next()
                {
                    return match self.lower(&at(place, wanted), wanted, 0) {
                        Ty::Foreign(head, arguments)
                            if arguments.first().is_some_and(|ty| {
                                matches!(ty, Ty::Unknown)
                                    || matches!(ty, Ty::Foreign(n, _) if &**n == "_")
                            }) =>
                        {
                            Ty::Foreign(head, vec![known::element(&receiver)])
                        }
                        ty => ty,
                    };
                }
                if let Some((of, items)) = self.by_foreign_traits(&receiver, name) {
                    return self.method_result(&of, &items);
                }
                let result = || self.closure_result(place);
                known::result(&receiver, name, &result)
            }
        }
    }

    /// What the closure among the arguments of a call returns.
    fn closure_result(&self, place: &Place) -> Ty {
        let unit = self.unit(place.unit);
        let ast = &unit.ast;
        let Some(list) = ast.field(place.node, "arguments") else { return Ty::Unknown };
        let last = ast.children(list).last();
        match last.map(|node| self.type_of(&at(place, node))) {
            Some(Ty::Function(result)) => *result,
            // `.map(Wrapper)`: a constructor.
            Some(Ty::Own(item, arguments)) => Ty::Own(item, arguments),
            _ => Ty::Unknown,
        }
    }

    fn method_result(&self, receiver: &Ty, items: &[ItemRef]) -> Ty {
        let mut found: Option<Ty> = None;
        for item in items {
            let mut ty = self.result_of(*item);
            let unit = self.unit(item.unit);
            if let Owner::Impl(of) = unit.items[item.item].owner {
                let mut receiver = receiver.clone();
                // The receiver may be a pointer to the type of the `impl`.
                for _ in 0..4 {
                    if let (Ty::Own(..), Ty::Own(_, arguments)) =
                        (&self.impl_info(item.unit, of).self_ty, &receiver)
                    {
                        ty = self.with_arguments(&ty, item.unit, of, arguments);
                        break;
                    }
                    let Some(inner) = self.dereferenced(&receiver) else { break };
                    receiver = inner;
                }
            } else if matches!(ty, Ty::SelfOf(_)) {
                ty = receiver.clone();
            }
            match &found {
                None => found = Some(ty),
                Some(other) if *other == ty => {}
                Some(_) => return Ty::Unknown,
            }
        }
        found.unwrap_or(Ty::Unknown)
    }
}
