//! The bodies of `macro_rules!`, read as code where they parse as code.
//!
//! A body is parsed with each `$name` as a name and each repetition written out once. What its
//! names mean is then looked up where the macro is defined and, because names of items are not
//! hygienic, wherever it is used: only when all agree is it decided.

use std::collections::HashMap;
use std::rc::Rc;

use super::ast::{Ast, NodeId};
use super::expand::macro_name;
use super::items::{Space, Unit};
use super::occurrences::Verdict;
use super::project::{Project, UnitId};
use super::resolve::Place;
use super::target::Target;

/// The body of a rule as code of the same length, or `None` where it has no `$` that could be
/// replaced.
pub(super) fn as_code(ast: &Ast, rule: NodeId, body: NodeId) -> Option<String> {
    let left = ast.field(rule, "left")?;
    let kinds = fragments(ast.text(left));
    let text = ast.text.get(ast.start(body) + 1..ast.end(body).saturating_sub(1))?;
    let mut code = text.as_bytes().to_vec();
    let mut at = 0;
    let mut open: Vec<bool> = Vec::new();
    while at < code.len() {
        match code[at] {
            b'$' if code.get(at + 1) == Some(&b'(') => {
                code[at] = b' ';
                code[at + 1] = b' ';
                open.push(true);
                at += 2;
            }
            b'$' => {
                let length = code[at + 1..]
                    .iter()
                    .take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_')
                    .count();
                let name = text.get(at + 1..at + 1 + length)?;
                stand_in(&mut code[at..at + 1 + length], name, kinds.get(name).copied());
                at += 1 + length;
            }
            b'(' => {
                open.push(false);
                at += 1;
            }
            b')' => {
                if open.pop() == Some(true) {
                    // The separator and the sign of repetition go with the bracket.
                    let sign = code[at + 1..].iter().take(4).position(|b| b"*+?".contains(b));
                    let end = at + 1 + sign.map_or(0, |sign| sign + 1);
                    let separator = code[at + 1..end].iter().copied().find(|b| b",;".contains(b));
                    code[at..end].fill(b' ');
                    if let Some(separator) = separator {
                        code[at] = separator;
                    }
                    at = end;
                } else {
                    at += 1;
                }
            }
            b'"' => at = after_string(&code, at),
            _ => at += 1,
        }
    }
    String::from_utf8(code).ok()
}

fn after_string(code: &[u8], at: usize) -> usize {
    let mut at = at + 1;
    while at < code.len() && code[at] != b'"' {
        at += if code[at] == b'\\' { 2 } else { 1 };
    }
    (at + 1).min(code.len())
}

/// Writes something of the fragment's kind over `$name`.
fn stand_in(code: &mut [u8], name: &str, kind: Option<&str>) {
    match (name, kind) {
        ("crate", _) => code[0] = b' ',
        (_, Some("vis")) => code.fill(b' '),
        (_, Some("block")) if code.len() > 1 => {
            code.fill(b' ');
            code[0] = b'{';
            code[1] = b'}';
        }
        (_, Some("lifetime")) => code[0] = b'\'',
        (_, Some("item" | "stmt")) => {
            code.fill(b' ');
            code[0] = b';';
        }
        (_, Some("literal")) => {
            code.fill(b' ');
            code[0] = b'1';
        }
        _ => code[0] = b'_',
    }
}

/// The kinds of the parameters of a rule by name.
fn fragments(pattern: &str) -> HashMap<&str, &str> {
    let word =
        |text: &str| text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    let mut found = HashMap::new();
    for part in pattern.split('$').skip(1) {
        let name = &part[..word(part)];
        if let Some(rest) = part[name.len()..].trim_start().strip_prefix(':') {
            let rest = rest.trim_start();
            found.insert(name, &rest[..word(rest)]);
        }
    }
    found
}

/// The definition of a macro around a node.
pub(super) fn definition_around(unit: &Unit, node: NodeId) -> Option<NodeId> {
    unit.ast.ancestors(node).find(|node| unit.ast.kind(*node) == "macro_definition")
}

/// Whether a unit defines a macro of this name.
pub(super) fn defines_macro(unit: &Unit, name: &str) -> bool {
    let ast = &unit.ast;
    let mut found = false;
    ast.walk(ast.root(), |node| {
        let defines = ast.kind(node) == "macro_definition";
        found |= defines && ast.field(node, "name").is_some_and(|given| ast.name(given) == name);
        !found && !defines
    });
    found
}

impl Project<'_> {
    /// Every use of a macro, outside of the bodies of macros.
    pub(super) fn invocations(&self, name: &str) -> Rc<Vec<(UnitId, NodeId)>> {
        if let Some(known) = self.memo.invocations.borrow().get(name) {
            return Rc::clone(known);
        }
        let mut found = Vec::new();
        for file in self.containing(name).iter() {
            let Some(unit_id) = self.unit_of(*file) else { continue };
            let unit = self.unit(unit_id);
            unit.ast.walk(unit.ast.root(), |node| {
                let kind = unit.ast.kind(node);
                if kind == "macro_invocation" && macro_name(&unit.ast, node) == name {
                    found.push((unit_id, node));
                }
                kind != "macro_definition"
            });
        }
        let found = Rc::new(found);
        self.memo.invocations.borrow_mut().insert(name.to_owned(), Rc::clone(&found));
        found
    }

    /// The uses of a macro that a file defines: a file that defines one of the same name itself
    /// uses its own.
    fn uses_of(&self, unit_id: UnitId, name: &str) -> Vec<(UnitId, NodeId)> {
        let mut defines: HashMap<UnitId, bool> = HashMap::new();
        let uses = self.invocations(name);
        let meant = uses.iter().filter(|(other, _)| {
            *other == unit_id
                || !*defines
                    .entry(*other)
                    .or_insert_with(|| defines_macro(&self.unit(*other), name))
        });
        meant.copied().collect()
    }

    /// Whether some use of a macro names this type.
    pub(super) fn invoked_with(&self, name: &str, ty: &str) -> bool {
        self.invocations(name).iter().any(|(unit, node)| {
            let unit = self.unit(*unit);
            crate::text::words(unit.ast.text(*node).as_bytes(), ty).next().is_some()
        })
    }

    /// A verdict on a name in the body of a macro holds if it holds wherever that is used.
    pub(super) fn in_body(&self, target: &Target, place: &Place, verdict: Verdict) -> Verdict {
        let unit = self.unit(place.unit);
        let Some(definition) = definition_around(&unit, place.node) else { return verdict };
        let Verdict::Refers { kind, evidence, form } = verdict else {
            return self.elsewhere(target, place, definition, verdict);
        };
        if kind == axon_domain::SiteKind::Definition {
            return Verdict::Refers { kind, evidence, form };
        }
        let ast = &unit.ast;
        let name = ast.field(definition, "name").map_or("", |name| ast.name(name));
        let mut first = place.node;
        let mut top = place.node;
        while let Some(above) = ast.parent(top).filter(|above| {
            matches!(ast.kind(*above), "scoped_identifier" | "scoped_type_identifier")
                && ast.field_of(top) == "name"
        }) {
            top = above;
        }
        while let Some(inner) = ast
            .field(first, "path")
            .or_else(|| (first == place.node && top != place.node).then_some(top))
        {
            if inner == first {
                break;
            }
            first = inner;
        }
        let fixed = ast.text[..ast.start(first)].ends_with('$') && ast.kind(first) == "crate";
        let evidence = format!("{evidence}, in the body of `{name}!`");
        let refers = Verdict::Refers { kind, evidence, form };
        if fixed {
            return refers;
        }
        let uses = self.uses_of(place.unit, name);
        let all = uses.iter().all(|(unit_id, node)| {
            let there = self.unit(*unit_id);
            let modules = self.modules_of(*unit_id, there.body_around(*node));
            modules.iter().all(|module| {
                let there = Place { unit: *unit_id, node: *node, module: *module };
                *module == place.module || self.means_there(target, place, top, &there)
            })
        });
        if all && !uses.is_empty() {
            return refers;
        }
        let why = if uses.is_empty() {
            format!(
                "nothing in the project uses `{name}!`, and names in it mean what they mean there"
            )
        } else {
            format!("`{name}!` is used where this name may mean something else")
        };
        Verdict::undecided(why)
    }

    /// A bare name that means nothing of the project where the macro is defined may mean the
    /// symbol where it is used.
    fn elsewhere(
        &self,
        target: &Target,
        place: &Place,
        definition: NodeId,
        verdict: Verdict,
    ) -> Verdict {
        let unit = self.unit(place.unit);
        let Some(space) = super::collisions::bare(&unit, place.node) else { return verdict };
        let free = verdict == Verdict::Other
            && self.in_scope(place, &target.name, space).is_empty()
            && self.local(place, &target.name).is_none()
            && !super::scope::is_pattern(&unit.ast, place.node);
        let name = unit.ast.field(definition, "name").map_or("", |name| unit.ast.name(name));
        let means = |(unit_id, node): &(UnitId, NodeId)| {
            let there = self.unit(*unit_id);
            let modules = self.modules_of(*unit_id, there.body_around(*node));
            modules.iter().any(|module| {
                let there = Place { unit: *unit_id, node: *node, module: *module };
                self.means_there(target, place, place.node, &there)
            })
        };
        if free && self.uses_of(place.unit, name).iter().any(means) {
            return Verdict::undecided(format!("`{name}!` is used where this means the symbol"));
        }
        verdict
    }

    /// Whether the path of a name in a macro's body leads to the symbol from a place of use.
    fn means_there(&self, target: &Target, place: &Place, path: NodeId, there: &Place) -> bool {
        let unit = self.unit(place.unit);
        let called = unit.ast.parent(path).is_some_and(|parent| {
            unit.ast.kind(parent) == "field_expression" && unit.ast.field_of(path) == "field"
        });
        if called {
            // The types are worked out again with the names of the module of the use.
            let place = Place { module: there.module, ..*place };
            let access = unit.ast.parent(path);
            return access.is_some_and(|access| {
                matches!(self.classify_method(target, &place, access), Verdict::Refers { .. })
            });
        }
        let mut parts = Vec::new();
        let rooted = super::imports::path_parts(&unit.ast, path, &mut parts);
        let names: Vec<&str> = parts.iter().map(|(name, _)| name.as_str()).collect();
        [Space::Type, Space::Value]
            .into_iter()
            .any(|space| self.refers(target, &self.path(there, &names, rooted, space)))
    }
}

#[cfg(test)]
mod tests {
    use axon_domain::Language;

    use super::*;
    use crate::sources::parse;

    fn code_of(text: &str) -> String {
        let tree = parse(Language::Rust, text).unwrap().unwrap();
        let ast = Ast::new(text.into(), &tree);
        let mut found = None;
        ast.walk(ast.root(), |node| {
            if ast.kind(node) == "macro_rule" {
                let body = ast.field(node, "right").unwrap();
                found = as_code(&ast, node, body);
            }
            true
        });
        found.unwrap()
    }

    #[test]
    fn parameters_become_names_and_repetitions_stand_once() {
        let text = "macro_rules! m { ($v:vis $t:ty, $($x:expr),*) => { $v fn f() -> $t { $crate::g($($x),*) } } }";
        let code = code_of(text);
        assert_eq!(code, "    fn f() -> _t {  crate::g(  _x,  ) } ");
    }
}
