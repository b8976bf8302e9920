//! Traits whose methods are called: nothing names them, and they have to be in scope.

use std::collections::BTreeSet;

use axon_domain::{Result, SiteKind};

use super::super::items::{ItemKind, Space, UseLeaf};
use super::super::names::spelled;
use super::super::project::{ItemRef, Project};
use super::super::resolve::{Def, Place};
use super::Ways;
use super::heads::Found;
use super::needs::{Needs, conditions};
use super::origins::copied;
use crate::sheet::Sheet;
use crate::text::words;

/// Traits of the standard library that have to be imported, and what calls them.
const STANDARD: &[(&str, &[&str])] = &[
    (
        "Write",
        &[
            "write",
            "write_all",
            "flush",
            "write_fmt",
            "write_str",
            "write_char",
            "by_ref",
            "writeln",
        ],
    ),
    (
        "Read",
        &[
            "read",
            "read_to_end",
            "read_to_string",
            "read_exact",
            "by_ref",
            "bytes",
            "chain",
            "take",
        ],
    ),
    (
        "BufRead",
        &["lines", "read_line", "read_until", "split", "fill_buf", "consume", "skip_until"],
    ),
    ("Seek", &["seek", "rewind", "stream_position", "seek_relative"]),
    ("FromStr", &["from_str"]),
    ("Hash", &["hash", "hash_slice"]),
    ("Hasher", &["finish", "write", "write_u8", "write_u32", "write_u64", "write_usize"]),
    ("BuildHasher", &["build_hasher", "hash_one"]),
    ("Borrow", &["borrow"]),
    ("BorrowMut", &["borrow_mut"]),
    ("Error", &["source", "description", "cause"]),
    ("Any", &["type_id"]),
    ("Deref", &["deref"]),
    ("DerefMut", &["deref_mut"]),
    ("Index", &["index"]),
    ("IndexMut", &["index_mut"]),
    ("Add", &["add"]),
    ("Sub", &["sub"]),
    ("Mul", &["mul"]),
    ("Div", &["div"]),
    ("Neg", &["neg"]),
    ("Not", &["not"]),
    ("Display", &["fmt"]),
    ("Debug", &["fmt"]),
    ("TryFrom", &["try_from"]),
    ("TryInto", &["try_into"]),
    ("FromIterator", &["from_iter"]),
    ("RangeBounds", &["start_bound", "end_bound", "contains"]),
    ("ToSocketAddrs", &["to_socket_addrs"]),
    ("Future", &["poll"]),
    ("AsRawFd", &["as_raw_fd"]),
    ("FromRawFd", &["from_raw_fd"]),
    ("OsStrExt", &["as_bytes", "from_bytes"]),
    ("OsStringExt", &["into_vec", "from_vec"]),
    ("PermissionsExt", &["mode", "set_mode", "from_mode"]),
];

/// The names by which the methods of an imported trait are called; `None` where that is not
/// known, and empty where it is no trait.
fn members(project: &Project<'_>, ways: &Ways<'_, '_>, leaf: &UseLeaf) -> Option<Vec<String>> {
    let defs = project.imported(ways.moved.unit, ways.moved.module, leaf, Space::Type);
    let last = leaf.path.last().map_or("", |(name, _)| name.as_str());
    for def in &defs {
        match def {
            Def::Item(item) => return Some(of_trait(project, *item).into_iter().collect()),
            Def::Module(_) => return Some(Vec::new()),
            _ => {}
        }
    }
    if leaf.external || !last.starts_with(char::is_uppercase) {
        return Some(Vec::new());
    }
    let first = leaf.path.first().map_or("", |(name, _)| name.as_str());
    if let Some((_, names)) = STANDARD.iter().find(|(name, _)| *name == last) {
        return Some(names.iter().map(|name| (*name).to_owned()).collect());
    }
    let standard = matches!(first, "std" | "core" | "alloc");
    let ours = standard && (super::super::known::is_type(last) || !last.ends_with("Ext"));
    if ours { Some(Vec::new()) } else { None }
}

/// The members of a trait of the project; none for anything else.
fn of_trait(project: &Project<'_>, item: ItemRef) -> BTreeSet<String> {
    let unit = project.unit(item.unit);
    let content = &unit.items[item.item];
    if content.kind != ItemKind::Trait {
        return BTreeSet::new();
    }
    content.members.iter().map(|member| unit.items[*member].name.clone()).collect()
}

/// Whether an import may be there for the methods of a trait that others than what moves call.
pub(super) fn may_serve(ways: &Ways<'_, '_>, leaf: &UseLeaf) -> bool {
    let unit = ways.project.unit(ways.moved.unit);
    let text = unit.ast.text.as_bytes();
    match members(ways.project, ways, leaf) {
        Some(names) => {
            let imports = ways.imports(&unit);
            let stays = |at| !ways.moved.holds(unit.file, at) && !imports.hold(unit.file, at);
            names.iter().any(|name| words(text, name).any(stays))
        }
        None => true,
    }
}

/// Imports the traits whose methods what moves may call.
pub(super) fn needed(ways: &mut Ways<'_, '_>, found: &Found, needs: &mut Needs) -> Result<()> {
    let project = ways.project;
    let unit = project.unit(ways.moved.unit);
    let called = |name: &String| found.members.contains(name) || found.called.contains(name);
    for (at, leaf) in unit.bodies[ways.moved.body].uses.iter().enumerate() {
        let name = leaf.name.clone().unwrap_or_default();
        if leaf.glob || leaf.external || needs.known.contains(&name) {
            continue;
        }
        let serves = match members(project, ways, leaf) {
            Some(names) => names.iter().any(called),
            // A name from elsewhere that nothing in the file uses is there for its methods.
            None => {
                let own = unit.ast.start(leaf.node)..unit.ast.end(leaf.node);
                !found.members.is_empty()
                    && words(unit.ast.text.as_bytes(), &name).all(|at| own.contains(&at))
            }
        };
        if !serves {
            continue;
        }
        let path = copied(ways, leaf)?;
        let last = path.rsplit("::").next().unwrap_or_default().to_owned();
        let alias = match leaf.name.as_deref() {
            None => " as _".to_owned(),
            Some(name) if name == last => String::new(),
            Some(name) => format!(" as {}", spelled(name)),
        };
        if !in_scope_at_home(ways, &path) {
            let condition = conditions(ways, leaf.node);
            ways.home_lines.insert(format!("{condition}use {path}{alias};"));
        }
        needs.copied.push((at, leaf.name.clone()));
    }
    beside(ways, &called);
    Ok(())
}

/// Traits that the old module defines itself.
fn beside(ways: &mut Ways<'_, '_>, called: &dyn Fn(&String) -> bool) {
    let project = ways.project;
    let unit = project.unit(ways.moved.unit);
    for item in unit.bodies[ways.moved.body].names.values().flatten() {
        let item = ItemRef { unit: ways.moved.unit, item: *item };
        if item == ways.moved.item || !of_trait(project, item).iter().any(called) {
            continue;
        }
        let content = &unit.items[item.item];
        let known = ways.home.module.is_some_and(|home| {
            project.in_module(home, &content.name, Space::Type, None).contains(&Def::Item(item))
        });
        if known {
            continue;
        }
        let home = ways.home.around();
        if !project.visible(&content.visibility, ways.moved.module, home) {
            ways.show(super::node_of(project, item), ways.moved.module, home);
        }
        let path = project.written_path(ways.moved.module);
        ways.home_lines.insert(format!("use {path}::{};", spelled(&content.name)));
    }
}

fn in_scope_at_home(ways: &Ways<'_, '_>, path: &str) -> bool {
    let Some(home) = ways.home.module else { return false };
    ways.project.bodies(home).iter().any(|(unit, body)| {
        let unit = ways.project.unit(*unit);
        unit.bodies[*body].uses.iter().any(|leaf| {
            let parts: Vec<&str> = leaf.path.iter().map(|(name, _)| name.as_str()).collect();
            parts.join("::") == path
        })
    })
}

/// A trait that moves stays in scope where its methods may be called.
pub(super) fn users(ways: &mut Ways<'_, '_>, sheet: &mut Sheet<'_, '_>) -> Result<()> {
    let project = ways.project;
    let names = of_trait(project, ways.moved.item);
    let mut files = BTreeSet::new();
    for name in &names {
        files.extend(project.containing(name).iter().copied());
    }
    let items = [ways.moved.item].into();
    let files: Vec<_> = files.into_iter().collect();
    for file in project.in_reach(&items, &files) {
        let Some(unit_id) = project.unit_of(file) else { continue };
        let unit = project.unit(unit_id);
        let mut bodies = BTreeSet::new();
        unit.ast.walk(unit.ast.root(), |node| {
            let kind = unit.ast.kind(node);
            let behind = unit.ast.text[..unit.ast.start(node)].trim_end().ends_with(['.', ':']);
            let called = matches!(kind, "field_identifier" | "identifier") && behind;
            if called
                && names.contains(unit.ast.name(node))
                && !ways.moved.holds(file, unit.ast.start(node))
            {
                bodies.insert(unit.module_body(unit.body_around(node)));
            }
            true
        });
        for body in bodies {
            keep_in_scope(ways, unit_id, body);
        }
    }
    sheet.sources.skipped();
    Ok(())
}

/// Imports the trait where a body had it without an import of its own.
fn keep_in_scope(ways: &mut Ways<'_, '_>, unit_id: usize, body: usize) {
    let project = ways.project;
    let unit = project.unit(unit_id);
    let name = ways.name.clone();
    let modules = project.modules_of(unit_id, body);
    let [module] = modules.as_slice() else { return };
    if ways.home.module == Some(*module)
        || unit.bodies[body].uses.iter().any(|leaf| leaf.name.as_deref() == Some(&name))
        || !ways.is_moved(&project.in_module(*module, &name, Space::Type, None))
    {
        return;
    }
    let place = Place { unit: unit_id, node: unit.bodies[body].node, module: *module };
    for leaf in unit.bodies[body].uses.iter().filter(|leaf| leaf.glob) {
        for opened in ways.opened(unit_id, *module, leaf) {
            if !ways.is_moved(&ways.in_module(opened, &name)) {
                continue;
            }
            let passed = opened == ways.moved.module && ways.passes_on(leaf);
            if !passed && !ways.still_gives(opened) {
                let Some(path) = ways.written(&place) else { return };
                let line = format!("use {path}::{};", spelled(&name));
                ways.uses.add(unit_id, leaf.node, line, SiteKind::Import);
                ways.users.insert(*module);
            }
            return;
        }
    }
    ways.import_into(unit_id, body, &place);
}
