//! Who names the symbol, and how each does afterwards.

use axon_domain::{Result, SiteKind};

use super::super::ast::NodeId;
use super::super::imports::path_parts;
use super::super::items::{Space, Visibility};
use super::super::names::spelled;
use super::super::occurrences::{Form, Verdict};
use super::super::project::{ModuleId, UnitId};
use super::super::resolve::{Def, Place};
use super::super::rules::definition_around;
use super::super::scan::{Outcome, Spot};
use super::super::use_edits::{element, in_file, stated};
use super::Ways;
use crate::sheet::Sheet;

const IMPORTED: (SiteKind, &str) = (SiteKind::Import, "it is imported from its new module");
const NAMED: (SiteKind, &str) = (SiteKind::Reference, "it is named by the path of its new module");

/// One place that spells the name.
pub(super) fn place(
    ways: &mut Ways<'_, '_>,
    sheet: &mut Sheet<'_, '_>,
    outcome: Outcome,
) -> Result<()> {
    let own = ways.moved.holds(outcome.file, outcome.range.start);
    let shared = match &outcome.verdict {
        Verdict::Other | Verdict::Refers { kind: SiteKind::Definition, .. } => return Ok(()),
        Verdict::Mention { kind, why } => {
            if !own || kind.asks() {
                sheet.note(outcome.file, outcome.range, *kind, why.clone());
            }
            return Ok(());
        }
        Verdict::Refers { form, .. } => matches!(form, Form::Split { .. }),
    };
    let (unit_id, node) = match outcome.spot {
        Spot::Code(unit, node) | Spot::Inline(unit, node) | Spot::Link(unit, node) => (unit, node),
        Spot::Text => {
            sheet.ask(outcome.file, outcome.range, "how it is named here is not known");
            return Ok(());
        }
    };
    let unit = ways.project.unit(unit_id);
    let modules = ways.project.modules_of(unit_id, unit.body_around(node));
    let places: Vec<Place> =
        modules.into_iter().map(|module| Place { unit: unit_id, node, module }).collect();
    let mut ways_there: Vec<_> = places.iter().map(|place| ways.written(place)).collect();
    ways_there.dedup();
    let (Some(first), [Some(path)]) = (places.first(), ways_there.as_slice()) else {
        let why = "how its new module is named here is not known";
        sheet.ask(outcome.file, outcome.range, why);
        return Ok(());
    };
    let path = path.clone();
    let users = places.iter().map(|place| place.module).collect();
    let mut one = One { ways, sheet, place: *first, users, path, own, shared };
    match outcome.spot {
        Spot::Link(..) => super::docs::link(one.ways, first, outcome.file, outcome.range),
        Spot::Inline(..) => one.bare(),
        _ => one.code(&outcome),
    }
    Ok(())
}

struct One<'a, 'p, 's, 'k, 'g> {
    ways: &'a mut Ways<'p, 's>,
    sheet: &'a mut Sheet<'k, 'g>,
    place: Place,
    /// The modules that the place is in: several where crates share the file.
    users: Vec<ModuleId>,
    /// The new module as it is written here.
    path: String,
    /// It is part of what moves.
    own: bool,
    /// The import brings in something else of the same name too.
    shared: bool,
}

impl One<'_, '_, '_, '_, '_> {
    /// From here the symbol has to be seen in its new module.
    fn names_it(&mut self) {
        self.ways.users.extend(self.users.iter().copied());
    }

    fn code(&mut self, outcome: &Outcome) {
        let unit = self.ways.project.unit(self.place.unit);
        let ast = &unit.ast;
        let node = self.place.node;
        let Some(parent) = ast.parent(node) else { return };
        if definition_around(&unit, node).is_some() {
            return self.in_macro(outcome);
        }
        if let Some(leaves) = self.ways.project.import_around(&self.place) {
            return self.import(&leaves, outcome);
        }
        let scoped = matches!(ast.kind(parent), "scoped_identifier" | "scoped_type_identifier");
        if scoped && ast.field_of(node) == "name" {
            self.qualified(parent);
        } else {
            self.bare();
        }
    }

    /// `$crate::cart::total`: anything else means what it means where the macro is used.
    fn in_macro(&mut self, outcome: &Outcome) {
        let unit = self.ways.project.unit(self.place.unit);
        let text: &str = &unit.ast.text;
        let at = unit.ast.start(self.place.node);
        let start = text[..at].rfind("$crate").filter(|start| {
            let between = &text[start + 6..at];
            between.trim_end().ends_with("::")
                && between.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | ':' | ' '))
        });
        let home = self.ways.home.path(self.ways.project);
        match (start, home.strip_prefix("crate")) {
            (Some(start), Some(rest)) => {
                let new = format!("$crate{rest}::");
                self.names_it();
                self.ways.edit(self.sheet, outcome.file, start..at, new, NAMED);
            }
            _ => {
                let why = "in a macro's body, names mean what they mean where it is used";
                self.sheet.ask(outcome.file, outcome.range.clone(), why);
            }
        }
    }

    /// The name alone: what matters is who brings it into scope.
    fn bare(&mut self) {
        if self.own || self.ways.home.module == Some(self.place.module) {
            return;
        }
        let project = self.ways.project;
        let unit = project.unit(self.place.unit);
        let mut body = unit.body_around(self.place.node);
        while let Some(parent) = unit.bodies[body].parent {
            if self.brought_in(self.place.unit, body) {
                return;
            }
            body = parent;
        }
        let bodies = project.bodies(self.place.module);
        if bodies.iter().any(|(unit, body)| self.brought_in(*unit, *body)) {
            return;
        }
        let place = self.place;
        self.names_it();
        self.ways.import_into(place.unit, body, &place);
    }

    /// Whether an import of a body gives the name; one that would not any more gets another
    /// beside it.
    fn brought_in(&mut self, unit_id: UnitId, body: usize) -> bool {
        let unit = self.ways.project.unit(unit_id);
        let name = self.ways.name.clone();
        if unit.bodies[body].uses.iter().any(|leaf| leaf.name.as_deref() == Some(&name)) {
            return true;
        }
        if unit.bodies[body].names.contains_key(&name) {
            return false;
        }
        for leaf in unit.bodies[body].uses.iter().filter(|leaf| leaf.glob) {
            for opened in self.ways.opened(unit_id, self.place.module, leaf) {
                if !self.ways.is_moved(&self.ways.in_module(opened, &name)) {
                    continue;
                }
                let passed = opened == self.ways.moved.module && self.ways.passes_on(leaf);
                if !passed && !self.ways.still_gives(opened) {
                    let line = format!("use {}::{};", self.path, spelled(&name));
                    self.names_it();
                    self.ways.uses.add(unit_id, leaf.node, line, SiteKind::Import);
                }
                return true;
            }
        }
        false
    }

    /// `cart::total`.
    fn qualified(&mut self, scoped: NodeId) {
        let project = self.ways.project;
        let unit = project.unit(self.place.unit);
        let ast = &unit.ast;
        let containers = match ast.field(scoped, "path") {
            Some(path) => project.type_path(&self.place, path),
            None => Vec::new(),
        };
        if self.gives(&containers) || self.own && ast.text(scoped).starts_with("self::") {
            return;
        }
        let mut parts = Vec::new();
        let rooted = path_parts(ast, scoped, &mut parts);
        let path = &self.path;
        let foreign = rooted && !path.starts_with("crate") && !path.starts_with("::");
        let new = format!("{}{path}::", if foreign { "::" } else { "" });
        let (whole, name) = (in_file(&unit, scoped), in_file(&unit, self.place.node));
        self.names_it();
        self.ways.edit(self.sheet, unit.file, whole.start..name.start, new, NAMED);
    }

    /// Whether all of these lead to the symbol after the move.
    fn gives(&self, containers: &[Def]) -> bool {
        !containers.is_empty()
            && containers.iter().all(|def| match def {
                Def::Module(module) => self.ways.still_gives(*module),
                _ => false,
            })
    }

    fn import(&mut self, leaves: &[(usize, usize)], outcome: &Outcome) {
        let project = self.ways.project;
        let unit = project.unit(self.place.unit);
        let ast = &unit.ast;
        let body = unit.body_around(self.place.node);
        let node = self.place.node;
        let found =
            leaves.iter().map(|(leaf, part)| (&unit.bodies[body].uses[*leaf], *part)).next();
        let Some((leaf, part)) = found else { return };
        let mut path = node;
        while let Some(above) = ast
            .parent(path)
            .filter(|above| ast.kind(*above) == "scoped_identifier" && ast.field_of(path) == "name")
        {
            path = above;
        }
        let Some((element, declaration)) = element(ast, path) else { return };
        let last = part + 1 == leaf.path.len() && !leaf.glob;
        let top = unit.bodies[body].parent.is_none();
        let at_home = self.ways.home.module == Some(self.place.module) && top;
        if at_home && last && leaf.name.as_deref() == Some(&self.ways.name) && !self.shared {
            self.require(&leaf.visibility);
            self.ways.uses.take(self.place.unit, declaration, element);
            return;
        }
        let containers = if part == 0 {
            vec![Def::Module(self.place.module)]
        } else {
            let names: Vec<&str> =
                leaf.path[..part].iter().map(|(name, _)| name.as_str()).collect();
            project.use_path(&self.place, &names, leaf.rooted, Space::Type)
        };
        if self.gives(&containers) {
            return;
        }
        self.names_it();
        self.require(&leaf.visibility);
        let whole = ast.parent(element) == Some(declaration);
        let range = in_file(&unit, path);
        if whole && !self.shared {
            let name = in_file(&unit, node).start;
            let new = format!("{}::", self.path);
            self.ways.edit(self.sheet, unit.file, range.start..name, new, IMPORTED);
            return;
        }
        if self.own {
            self.sheet.ask(unit.file, outcome.range.clone(), "it imports itself among others");
            return;
        }
        let suffix = ast.text.get(ast.end(path)..ast.end(element)).unwrap_or_default();
        let visibility = stated(ast, declaration);
        let line = format!("{visibility}use {}::{}{suffix};", self.path, ast.text(node));
        let kind = if visibility.is_empty() { SiteKind::Import } else { SiteKind::ReExport };
        if !self.shared {
            self.ways.uses.take(self.place.unit, declaration, element);
        }
        self.ways.uses.add(self.place.unit, declaration, line, kind);
    }

    /// Whoever may use an import may have the symbol by it.
    fn require(&mut self, visibility: &Visibility) {
        let module = self.place.module;
        let project = self.ways.project;
        let user = match visibility {
            Visibility::Public => {
                self.ways.exported |= project.is_exposed(module);
                module
            }
            Visibility::Crate => project.crate_of(module).root,
            Visibility::Up(steps) => project.outwards(module).nth(*steps).unwrap_or(module),
            Visibility::Inherited => module,
        };
        self.ways.users.insert(user);
    }
}

/// Modules that make everything of the old one public go on doing so.
pub(super) fn globs(ways: &mut Ways<'_, '_>, sheet: &mut Sheet<'_, '_>) -> Result<()> {
    let project = ways.project;
    if ways.stated() != Visibility::Public {
        return Ok(());
    }
    let all = project.in_reach(&[ways.moved.item].into(), &project.files);
    for file in all {
        let Some(text) = sheet.sources.text(file)? else { continue };
        if !(text.contains("pub use") && text.contains('*')) {
            continue;
        }
        let Some(unit_id) = project.unit_of(file) else { continue };
        let unit = project.unit(unit_id);
        for (body, content) in unit.bodies.iter().enumerate() {
            let public =
                |leaf: &&super::UseLeaf| leaf.glob && leaf.visibility == Visibility::Public;
            for leaf in content.uses.iter().filter(public) {
                for module in project.modules_of(unit_id, body) {
                    glob(ways, unit_id, body, module, leaf);
                }
            }
        }
    }
    Ok(())
}

fn glob(
    ways: &mut Ways<'_, '_>,
    unit: UnitId,
    body: usize,
    module: ModuleId,
    leaf: &super::UseLeaf,
) {
    let project = ways.project;
    let content = project.unit(unit);
    let named = content.bodies[body].names.contains_key(&ways.name)
        || content.bodies[body].uses.iter().any(|leaf| leaf.name.as_deref() == Some(&ways.name));
    let old = ways.moved.module;
    if named || ways.home.module == Some(module) || !ways.opened(unit, module, leaf).contains(&old)
    {
        return;
    }
    let place = Place { unit, node: leaf.node, module };
    let Some(path) = ways.written(&place) else { return };
    let line = format!("pub use {path}::{};", spelled(&ways.name));
    ways.uses.add(unit, leaf.node, line, SiteKind::ReExport);
    ways.users.insert(module);
    ways.exported |= project.is_exposed(module);
}
