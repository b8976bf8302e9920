//! Taking unused items out, with the imports that only they needed.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use axon_domain::Result;

use super::super::items::{ItemKind, Space, Unit, Visibility};
use super::super::known;
use super::super::lines::whole;
use super::super::project::{Project, UnitId};
use super::super::resolve::Def;
use super::super::use_edits::UseEdits;
use super::facts::Facts;
use crate::dead::names::Candidate;
use crate::ranges::Ranges;
use crate::sheet::Sheet;
use crate::sources::FileId;
use crate::text::words;

const UNUSED: &str = "nothing uses it";

/// The edits that remove what goes.
pub(super) fn write(
    project: &Project<'_>,
    facts: &Facts,
    going: Vec<Candidate>,
    sheet: &mut Sheet<'_, '_>,
) -> Result<()> {
    let mut ranges: Vec<(FileId, Range<usize>)> =
        going.iter().flat_map(|one| one.ranges.iter().cloned()).collect();
    let mut by_file: BTreeMap<FileId, Vec<Range<usize>>> = BTreeMap::new();
    for (file, range) in &ranges {
        by_file.entry(*file).or_default().push(range.clone());
    }
    for (file, own) in &mut by_file {
        let Some(unit_id) = project.unit_of(*file) else { continue };
        let emptied = emptied(&project.unit(unit_id), own);
        ranges.extend(emptied.iter().map(|range| (*file, range.clone())));
        own.extend(emptied);
    }
    let gone = Ranges::new(ranges.iter());
    let mut uses = UseEdits::default();
    entries(project, facts, &gone, &mut uses);
    for file in by_file.into_keys() {
        if let Some(unit_id) = project.unit_of(file) {
            needed_no_more(project, unit_id, &gone, &mut uses);
        }
    }
    uses.write(project, sheet, "only what is removed used it", (&ranges, UNUSED))
}

/// The `impl` blocks that nothing would be left in.
fn emptied(unit: &Unit, ranges: &[Range<usize>]) -> Vec<Range<usize>> {
    let starts: BTreeSet<usize> = ranges.iter().map(|range| range.start).collect();
    let goes = |item: &usize| {
        whole(unit, unit.items[*item].node).is_some_and(|range| starts.contains(&range.start))
    };
    let blocks = unit.impls.iter().filter(|block| {
        let ast = &unit.ast;
        let body = ast.field(block.node, "body");
        let others = body.is_none_or(|body| {
            ast.children(body)
                .any(|node| ast.kind(node) != "attribute_item" && unit.item_at(node).is_none())
        });
        let commented = body.is_none_or(|body| {
            ast.comments.iter().any(|comment| {
                let inside = (ast.start(body)..ast.end(body)).contains(&comment.start);
                inside && !ranges.iter().any(|range| range.contains(&comment.start))
            })
        });
        block.of_trait.is_none()
            && !block.members.is_empty()
            && !others
            && !commented
            && block.members.iter().all(goes)
    });
    blocks.filter_map(|block| whole(unit, block.node)).collect()
}

/// Entries of imports that name what goes.
fn entries(project: &Project<'_>, facts: &Facts, gone: &Ranges, uses: &mut UseEdits) {
    for entry in &facts.entries {
        let there = project.unit(entry.item.unit);
        let at = there.ast.start(there.items[entry.item.item].name_node);
        let unit = project.unit(entry.unit);
        let leaf = &unit.bodies[entry.body].uses[entry.leaf];
        let inside = gone.hold(unit.file, unit.ast.start(leaf.node));
        if gone.hold(there.file, at) && !inside {
            uses.take(entry.unit, leaf.node, leaf.tree);
        }
    }
}

/// Private imports of a file that only what goes used.
fn needed_no_more(project: &Project<'_>, unit_id: UnitId, gone: &Ranges, uses: &mut UseEdits) {
    let unit = project.unit(unit_id);
    let text = unit.ast.text.as_bytes();
    for (body, content) in unit.bodies.iter().enumerate() {
        for leaf in content.uses.iter().filter(|leaf| !leaf.glob && !leaf.external) {
            let Some(name) = &leaf.name else { continue };
            let own = unit.ast.start(leaf.node)..unit.ast.end(leaf.node);
            let mut places = words(text, name).filter(|at| !own.contains(at)).peekable();
            let only = places.peek().is_some() && places.all(|at| gone.hold(unit.file, at));
            let plain = leaf.visibility == Visibility::Up(0)
                && unit.attributes_before(leaf.node).is_empty()
                && !gone.hold(unit.file, own.start);
            if only
                && plain
                && !is_trait(project, unit_id, body, leaf)
                && !taken_below(project, unit_id, name)
            {
                uses.take(unit_id, leaf.node, leaf.tree);
            }
        }
    }
}

/// Whether an import may be there for the methods of a trait, which nothing names.
fn is_trait(
    project: &Project<'_>,
    unit_id: UnitId,
    body: usize,
    leaf: &super::super::items::UseLeaf,
) -> bool {
    let last = leaf.path.last().map_or("", |(name, _)| name.as_str());
    let mut known = false;
    for module in project.modules_of(unit_id, body) {
        for def in project.imported(unit_id, module, leaf, Space::Type) {
            match def {
                Def::Item(item) => {
                    known = true;
                    if project.unit(item.unit).items[item.item].kind == ItemKind::Trait {
                        return true;
                    }
                }
                Def::Module(_) => known = true,
                _ => {}
            }
        }
        let values = project.imported(unit_id, module, leaf, Space::Value);
        known |= values.iter().any(|def| matches!(def, Def::Item(_)));
    }
    !known
        && last.starts_with(char::is_uppercase)
        && !known::is_type(last)
        && !known::is_pointer(last)
}

/// Whether an inner module in another file names it: it may have it from here.
fn taken_below(project: &Project<'_>, unit_id: UnitId, name: &str) -> bool {
    let unit = project.unit(unit_id);
    let own = project.modules_of(unit_id, 0);
    project.containing(name).iter().any(|file| {
        let Some(other) = project.unit_of(*file).filter(|_| *file != unit.file) else {
            return *file != unit.file;
        };
        let modules = project.modules_of(other, 0);
        modules.iter().any(|module| own.iter().any(|own| project.lies_in(*module, *own)))
    })
}
