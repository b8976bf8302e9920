//! What a name in a `use` means, and how it is written there afterwards.

use axon_domain::SiteKind;

use super::ast::NodeId;
use super::items::{Space, UseLeaf, Visibility};
use super::occurrences::{Form, Verdict};
use super::project::Project;
use super::resolve::Place;
use super::target::Target;

impl Project<'_> {
    /// The imports that a node is a part of.
    pub(super) fn import_around(&self, place: &Place) -> Option<Vec<(usize, usize)>> {
        let unit = self.unit(place.unit);
        let inside = unit
            .ast
            .ancestors(place.node)
            .take(24)
            .any(|node| unit.ast.kind(node) == "use_declaration");
        if !inside {
            return None;
        }
        let body = unit.body_around(place.node);
        let uses = unit.bodies[body].uses.iter().enumerate();
        Some(
            uses.filter_map(|(at, leaf)| {
                let part = leaf.path.iter().position(|(_, node)| *node == place.node)?;
                Some((at, part))
            })
            .collect(),
        )
    }

    /// What a part of an import means.
    pub(super) fn classify_import(
        &self,
        target: &Target,
        place: &Place,
        leaves: &[(usize, usize)],
    ) -> Verdict {
        let unit = self.unit(place.unit);
        let body = unit.body_around(place.node);
        for (leaf, part) in leaves {
            let leaf = &unit.bodies[body].uses[*leaf];
            let names: Vec<&str> = leaf.path[..=*part].iter().map(|(n, _)| n.as_str()).collect();
            let found = |space| {
                let there = Place { node: leaf.node, ..*place };
                self.use_path(&there, &names, leaf.rooted, space)
            };
            let last = part + 1 == leaf.path.len() && !leaf.glob;
            let as_type = found(Space::Type);
            let as_value = if last { found(Space::Value) } else { Vec::new() };
            if self.refers(target, &as_type) || self.refers(target, &as_value) {
                let others = [&as_type, &as_value]
                    .iter()
                    .any(|defs| !defs.is_empty() && !self.refers(target, defs));
                return self.import_verdict(target, place, leaf, last && others, last);
            }
            if as_type.is_empty() && as_value.is_empty() && self.crate_of(place.module).orphan {
                return self.not_found(target, place, &[]);
            }
        }
        Verdict::Other
    }

    fn import_verdict(
        &self,
        target: &Target,
        place: &Place,
        leaf: &UseLeaf,
        shared: bool,
        last: bool,
    ) -> Verdict {
        let unit = self.unit(place.unit);
        let ast = &unit.ast;
        if target.macro_twin && last {
            return Verdict::undecided("a macro has the same name, and the import may mean it too");
        }
        let kind = match leaf.visibility {
            Visibility::Up(0) | Visibility::Inherited => SiteKind::Import,
            _ => SiteKind::ReExport,
        };
        let above = |node: NodeId| {
            ast.parent(node).filter(|above| {
                ast.kind(*above) == "scoped_identifier" && ast.field_of(node) == "name"
            })
        };
        let path = above(place.node).unwrap_or(place.node);
        let clause = ast.parent(path).filter(|node| ast.kind(*node) == "use_as_clause");
        let alias = clause.and_then(|clause| ast.field(clause, "alias"));
        let listed = path == place.node
            && ast.parent(clause.unwrap_or(path)).is_some_and(|n| ast.kind(n) == "use_list");
        // `use total as t` at the top has nothing before it that could go in front of braces.
        let form = match (shared, alias) {
            (true, alias) => Form::Split {
                braces: !listed,
                alias: alias.map(|alias| (ast.text(alias).to_owned(), ast.end(alias))),
            },
            (false, None) if last && leaf.name.is_some() => Form::Import { braces: !listed },
            _ => Form::Plain,
        };
        let evidence = format!("imports {}", target.qualified);
        Verdict::Refers { kind, evidence, form }
    }
}
