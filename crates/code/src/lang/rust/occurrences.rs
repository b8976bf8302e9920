//! What one place that spells the name means.

use axon_domain::{MentionKind, SiteKind};

use super::ast::{NodeId, OPENED};
use super::expand::{is_plain, macro_name};
use super::items::{ItemKind, Space};
use super::methods::{Answer, Found};
use super::project::{ItemRef, ModuleId, Project, UnitId};
use super::resolve::{Def, Place};
use super::scope::is_pattern;
use super::target::Target;
use super::types::Ty;

/// What becomes of a place.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Verdict {
    /// It means the symbol.
    Refers {
        /// In which way.
        kind: SiteKind,
        /// How that is known.
        evidence: String,
        /// What is written there, around the new name.
        form: Form,
    },
    /// It means something else.
    Other,
    /// It is listed.
    Mention {
        /// As what.
        kind: MentionKind,
        /// What is not known.
        why: String,
    },
}

/// How the new name is written.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Form {
    /// In place of the old one.
    Plain,
    /// `total` becomes `total: new`.
    Field,
    /// An import that brings in something else too: `total, new`; in braces where it stands
    /// alone, and with this alias, which ends at this byte.
    Split { braces: bool, alias: Option<(String, usize)> },
    /// An import that stands alone (`braces`) or in a list, where a second name may join it.
    Import { braces: bool },
}

impl Verdict {
    /// A reference where the new name is simply written.
    pub(super) fn refers(kind: SiteKind, evidence: impl Into<String>) -> Self {
        Verdict::Refers { kind, evidence: evidence.into(), form: Form::Plain }
    }

    /// A place that a person has to decide on.
    pub(super) fn undecided(why: impl Into<String>) -> Self {
        Verdict::Mention { kind: MentionKind::Undecided, why: why.into() }
    }
}

impl Project<'_> {
    /// What the name at a node means.
    pub(super) fn classify(&self, target: &Target, place: &Place) -> Verdict {
        let unit = self.unit(place.unit);
        let ast = &unit.ast;
        let node = place.node;
        let Some(parent) = ast.parent(node) else { return Verdict::Other };
        let field = ast.field_of(node);
        let verdict = match (ast.kind(parent), field) {
            ("lifetime" | "label" | "attribute" | "visibility_modifier" | "mod_item", _)
            | ("field_declaration" | "field_initializer", "name" | "field")
            | ("macro_invocation", "macro")
            | ("macro_definition", "name")
            | ("type_parameter" | "const_parameter", "name")
            | ("use_as_clause" | "extern_crate_declaration", "alias" | "name") => Verdict::Other,
            (
                "token_tree"
                | "token_repetition"
                | "token_tree_pattern"
                | "token_repetition_pattern"
                | "token_binding_pattern",
                _,
            ) => self.in_tokens(target, place),
            ("type_binding", "name") => self.bound_type(target, place, parent),
            ("field_expression", "field") => self.classify_method(target, place, parent),
            ("field_pattern", "name") => Verdict::Other,
            _ if ast.kind(node) == "shorthand_field_identifier" => Verdict::Other,
            _ if unit.item_at(parent).is_some() && field == "name" => {
                self.definition(target, place, parent)
            }
            _ => match self.import_around(place) {
                Some(leaves) => self.classify_import(target, place, &leaves),
                None => self.classify_path(target, place),
            },
        };
        self.in_body(target, place, self.within_macros(place, verdict))
    }

    /// A reference in the arguments of a macro that is not well known carries that in its
    /// evidence.
    fn within_macros(&self, place: &Place, verdict: Verdict) -> Verdict {
        let Verdict::Refers { kind, evidence, form } = verdict else { return verdict };
        let unit = self.unit(place.unit);
        let around = unit.ast.ancestors(place.node).find(|node| {
            unit.ast.kind(*node) == "macro_invocation"
                && !is_plain(macro_name(&unit.ast, *node))
                && unit.ast.field(*node, "macro").is_none_or(|path| path != place.node)
        });
        let evidence = match around {
            Some(node) => {
                let name = macro_name(&unit.ast, node);
                format!("{evidence}, in the arguments of `{name}!` read as code")
            }
            None => evidence,
        };
        Verdict::Refers { kind, evidence, form }
    }

    fn definition(&self, target: &Target, place: &Place, parent: NodeId) -> Verdict {
        let unit = self.unit(place.unit);
        let item = unit.item_at(parent).map(|item| ItemRef { unit: place.unit, item });
        match item {
            Some(item) if target.items.contains(&item) => {
                let what = match unit.items[item.item].owner {
                    super::items::Owner::Impl(_) if target.of_trait.is_some() => {
                        "implements the trait's item"
                    }
                    _ => "the definition",
                };
                Verdict::refers(SiteKind::Definition, what)
            }
            _ => Verdict::Other,
        }
    }

    /// Whether the symbol is among these.
    pub(super) fn refers(&self, target: &Target, defs: &[Def]) -> bool {
        let own = |def: &Def| matches!(def, Def::Item(item) if target.items.contains(item));
        if !defs.iter().any(own) {
            return false;
        }
        // By `cfg` one path may lead to several items, which then keep one name.
        for def in defs.iter().filter(|def| !own(def)) {
            if let Def::Item(item) = def {
                target.also.borrow_mut().insert(*item);
            }
        }
        true
    }

    fn classify_path(&self, target: &Target, place: &Place) -> Verdict {
        let unit = self.unit(place.unit);
        let ast = &unit.ast;
        let node = place.node;
        let Some(parent) = ast.parent(node) else { return Verdict::Other };
        let scoped = matches!(ast.kind(parent), "scoped_identifier" | "scoped_type_identifier");
        if scoped && ast.field_of(node) == "name" {
            return self.classify_qualified(target, place, parent);
        }
        let space = self.space_of(place, node);
        if space == Space::Value {
            return self.classify_value(target, place, parent);
        }
        let defs = self.path(place, &[target.name.as_str()], false, Space::Type);
        if self.refers(target, &defs) {
            return Verdict::refers(SiteKind::Reference, format!("names {}", target.qualified));
        }
        self.not_found(target, place, &defs)
    }

    /// In an orphaned file nothing says what is in scope.
    pub(super) fn not_found(&self, target: &Target, place: &Place, defs: &[Def]) -> Verdict {
        let orphan = self.crate_of(place.module).orphan;
        if orphan && defs.is_empty() && !target.member {
            return Verdict::undecided("no `mod` declares this file, so its names are not known");
        }
        Verdict::Other
    }

    fn classify_value(&self, target: &Target, place: &Place, parent: NodeId) -> Verdict {
        let unit = self.unit(place.unit);
        let ast = &unit.ast;
        let name = target.name.as_str();
        if is_pattern(ast, place.node) {
            if !self.names_constant(place, name) {
                return Verdict::Other;
            }
        } else if self.local(place, name).is_some() || self.names_argument(place, parent) {
            return Verdict::Other;
        }
        let defs = self.in_scope(place, name, Space::Value);
        if !self.refers(target, &defs) {
            return self.not_found(target, place, &defs);
        }
        let evidence = format!("names {}", target.qualified);
        match ast.kind(parent) {
            "shorthand_field_initializer" => Verdict::Refers {
                kind: SiteKind::Reference,
                evidence: format!("{evidence}, given to the field of the same name"),
                form: Form::Field,
            },
            _ => Verdict::refers(SiteKind::Reference, evidence),
        }
    }

    /// `name = value` among the arguments of a formatting macro.
    fn names_argument(&self, place: &Place, parent: NodeId) -> bool {
        let unit = self.unit(place.unit);
        let ast = &unit.ast;
        ast.kind(parent) == "assignment_expression"
            && ast.field_of(place.node) == "left"
            && ast.parent(parent).is_some_and(|above| ast.kind(above) == OPENED)
    }

    /// The namespace that a bare name at a node is looked up in.
    fn space_of(&self, place: &Place, node: NodeId) -> Space {
        let unit = self.unit(place.unit);
        let ast = &unit.ast;
        if ast.kind(node) == "type_identifier" {
            return Space::Type;
        }
        let Some(parent) = ast.parent(node) else { return Space::Value };
        match (ast.kind(parent), ast.field_of(node)) {
            ("scoped_identifier" | "scoped_type_identifier" | "scoped_use_list", "path")
            | ("generic_type" | "generic_type_with_turbofish", "type")
            | ("struct_expression", "name")
            | ("use_wildcard" | "trait_bounds" | "bracketed_type", _) => Space::Type,
            _ if ast.kind(node) == "scoped_type_identifier" => Space::Type,
            _ => Space::Value,
        }
    }

    fn classify_qualified(&self, target: &Target, place: &Place, scoped: NodeId) -> Verdict {
        let unit = self.unit(place.unit);
        let ast = &unit.ast;
        let space = if ast.kind(scoped) == "scoped_type_identifier" {
            Space::Type
        } else {
            self.space_of(place, scoped)
        };
        // `Kind::Total { … }` is spelled like a type and may be a variant.
        let starts = self.prefix_of(place, scoped);
        let name = target.name.as_str();
        let defs: Vec<Def> = starts.iter().flat_map(|def| self.inside(*def, name, space)).collect();
        if self.refers(target, &defs) {
            return Verdict::refers(SiteKind::Reference, format!("names {}", target.qualified));
        }
        if let Some(of_trait) = target.of_trait.filter(|_| !defs.iter().any(is_own)) {
            return self.on_foreign_type(target, place, scoped, of_trait);
        }
        if starts.is_empty() && self.reaches(target, place.module) {
            let prefix = ast.field(scoped, "path").map_or("", |path| ast.text(path));
            return Verdict::undecided(format!("cannot tell what `{prefix}` is"));
        }
        Verdict::Other
    }

    /// What stands before the last `::` of a path.
    fn prefix_of(&self, place: &Place, scoped: NodeId) -> Vec<Def> {
        let unit = self.unit(place.unit);
        let ast = &unit.ast;
        match ast.field(scoped, "path") {
            Some(path) if matches!(ast.kind(path), "bracketed_type" | "generic_type") => {
                self.qualifier(place, path)
            }
            Some(path) => self.type_path(place, path),
            None => match self.crate_named(place.module, ast.name(place.node)) {
                Some(_) => Vec::new(),
                None => vec![Def::Module(self.crate_of(place.module).root)],
            },
        }
    }

    /// `u32::total` where the trait of the project is implemented for `u32`.
    fn on_foreign_type(
        &self,
        target: &Target,
        place: &Place,
        scoped: NodeId,
        of_trait: ItemRef,
    ) -> Verdict {
        let unit = self.unit(place.unit);
        let Some(mut path) = unit.ast.field(scoped, "path") else { return Verdict::Other };
        if unit.ast.kind(path) == "bracketed_type" {
            match unit.ast.children(path).next() {
                Some(inner) if unit.ast.kind(inner) != "qualified_type" => path = inner,
                _ => return Verdict::Other,
            }
        }
        let ty = self.lower(&Place { node: path, ..*place }, path, 0);
        let text = unit.ast.text(path);
        match self.implements(&ty, of_trait) {
            Answer::Yes => Verdict::refers(
                SiteKind::Reference,
                format!("`{text}` implements the trait of {}", target.qualified),
            ),
            Answer::Maybe if self.reaches(target, place.module) => {
                Verdict::undecided(format!("`{text}` may implement the trait"))
            }
            _ => Verdict::Other,
        }
    }

    fn bound_type(&self, target: &Target, place: &Place, binding: NodeId) -> Verdict {
        let unit = self.unit(place.unit);
        let ast = &unit.ast;
        let head = ast.ancestors(binding).nth(1).and_then(|generic| ast.field(generic, "type"));
        let Some(head) = head.filter(|_| target.of_trait.is_some()) else { return Verdict::Other };
        let traits = self.type_path(place, head);
        let defs: Vec<Def> =
            traits.iter().flat_map(|def| self.inside(*def, &target.name, Space::Type)).collect();
        if self.refers(target, &defs) {
            return Verdict::refers(SiteKind::Reference, format!("binds {}", target.qualified));
        }
        Verdict::Other
    }

    /// What the method of a call means.
    pub(super) fn classify_method(
        &self,
        target: &Target,
        place: &Place,
        access: NodeId,
    ) -> Verdict {
        let unit = self.unit(place.unit);
        let ast = &unit.ast;
        let mut called = access;
        let mut above = ast.parent(access);
        if above.is_some_and(|node| ast.kind(node) == "generic_function") {
            called = above.unwrap_or(access);
            above = ast.parent(called);
        }
        let call = above.filter(|node| {
            ast.kind(*node) == "call_expression" && ast.field_of(called) == "function"
        });
        let Some(call) = call else { return Verdict::Other };
        let count = ast.field(call, "arguments").map_or(0, |list| {
            ast.children(list).filter(|node| ast.kind(*node) != "attribute_item").count()
        });
        if !target.arities.contains(&count) || !self.reaches(target, place.module) {
            return Verdict::Other;
        }
        let Some(value) = ast.field(access, "value") else { return Verdict::Other };
        let ty = self.type_of(&Place { node: value, ..*place });
        let shown = shorten(ast.text(value));
        match self.method(&ty, &target.name) {
            Found::Own(items) if items.iter().any(|item| target.items.contains(item)) => {
                let what = self.show(&ty);
                Verdict::refers(SiteKind::Reference, format!("`{shown}` is {what}"))
            }
            Found::Unknown(why) => Verdict::undecided(format!("the type of `{shown}`: {why}")),
            _ => Verdict::Other,
        }
    }

    /// A type for people.
    fn show(&self, ty: &Ty) -> String {
        match ty {
            Ty::Own(item, _) => format!("`{}`", self.unit(item.unit).items[item.item].name),
            Ty::Foreign(name, arguments) => match arguments.first() {
                Some(inner @ Ty::Own(..)) => format!("a `{name}` of {}", self.show(inner)),
                _ => format!("a `{name}`"),
            },
            Ty::Parameter(unit, node, _) => {
                format!("of the parameter `{}`", self.unit(*unit).ast.text(*node))
            }
            Ty::Bounded(bounds) => match bounds.first() {
                Some(bound) => format!("something that implements `{}`", bound.name),
                None => "of a type with bounds".to_owned(),
            },
            Ty::SelfOf(item) => {
                format!("`Self` of `{}`", self.unit(item.unit).items[item.item].name)
            }
            _ => "of a type that implements the trait".to_owned(),
        }
    }

    /// What an inline argument of a format string means.
    pub(super) fn classify_inline(&self, target: &Target, place: &Place) -> Verdict {
        if self.local(place, &target.name).is_some() {
            return Verdict::Other;
        }
        let defs = self.in_scope(place, &target.name, Space::Value);
        let constant = defs.iter().any(|def| match def {
            Def::Item(item) => self.unit(item.unit).items[item.item].kind != ItemKind::Function,
            _ => false,
        });
        if constant && self.refers(target, &defs) {
            let evidence = format!("names {} in a format string", target.qualified);
            return Verdict::refers(SiteKind::Reference, evidence);
        }
        Verdict::Other
    }

    /// The modules that a unit's node is looked at in, and what the name means in each.
    pub(super) fn classify_everywhere(
        &self,
        unit_id: UnitId,
        node: NodeId,
        ask: impl Fn(&Place) -> Verdict,
    ) -> Verdict {
        let body = self.unit(unit_id).body_around(node);
        let modules: Vec<ModuleId> = self.modules_of(unit_id, body);
        let mut answer = Verdict::Other;
        for module in modules {
            match ask(&Place { unit: unit_id, node, module }) {
                refers @ Verdict::Refers { .. } => return refers,
                mention @ Verdict::Mention { .. } => answer = mention,
                Verdict::Other => {}
            }
        }
        answer
    }
}

fn is_own(def: &Def) -> bool {
    matches!(def, Def::Item(_) | Def::Module(_))
}

/// An expression as it fits into a sentence.
fn shorten(text: &str) -> String {
    let line: Vec<&str> = text.split_whitespace().collect();
    let line = line.join(" ");
    if line.chars().count() <= 40 {
        return line;
    }
    let cut: String = line.chars().take(37).collect();
    format!("{cut}…")
}
