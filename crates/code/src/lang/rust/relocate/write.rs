//! The texts: the definition in its new module, imports, the `mod` declaration.

use axon_domain::{Code, Error, Result, SiteKind, Symbol};

use super::super::ast::NodeId;
use super::super::items::{BodyId, Unit};
use super::super::lines::{apart, indentation, line_end, line_start, newline, whole};
use super::super::names::spelled;
use super::super::project::UnitId;
use super::Ways;
use super::reach::of_new_module;
use crate::sheet::Sheet;
use crate::signature::changed;

/// Whether the definition can stand in its home at all.
pub(super) fn check(ways: &Ways<'_, '_>, symbol: &Symbol) -> Result<()> {
    let project = ways.project;
    let path = project.sources.path(ways.home.file);
    let (mut before, mut after) =
        (project.conditions(ways.moved.module), project.conditions(ways.home.around()));
    before.sort_unstable();
    after.sort_unstable();
    if before != after {
        let show = |list: &[String]| {
            if list.is_empty() {
                "always".to_owned()
            } else {
                format!("under `{}`", list.join(" "))
            }
        };
        let what = format!(
            "`{}` is there {}, and its new module {}",
            symbol.qualified,
            show(&before),
            show(&after)
        );
        let hint = "move it to a module that is there under the same conditions";
        return Err(Error::new(Code::NeedsDecision, what).at(ways.moved.place.clone()).hint(hint));
    }
    let Some(home) = ways.home.module else { return Ok(()) };
    for (unit_id, body) in project.bodies(home) {
        let unit = project.unit(unit_id);
        if project.is_broken(unit.file) {
            let what = format!("`{path}` does not parse as a whole");
            return Err(Error::new(Code::Usage, what).at(path.to_owned()));
        }
        let content = &unit.bodies[body];
        let item = content.names.get(&ways.name).and_then(|items| items.first());
        let leaf = content.uses.iter().find(|leaf| {
            let spaces = [super::Space::Type, super::Space::Value];
            let defs: Vec<_> = spaces
                .iter()
                .flat_map(|space| project.imported(unit_id, home, leaf, *space))
                .collect();
            leaf.name.as_deref() == Some(&ways.name) && !ways.is_moved(&defs)
        });
        let node = item.map(|item| unit.items[*item].node).or(leaf.map(|leaf| leaf.node));
        let globbed = ways.in_module(home, &ways.name);
        let other = !globbed.is_empty() && !ways.is_moved(&globbed);
        if node.is_some() || other {
            let at = node.map_or(0, |node| unit.ast.start(node));
            let place = format!("{path}:{}", project.line(unit.file, at));
            let what = format!("`{}` means something in its new module already", ways.name);
            return Err(Error::new(Code::NameCollision, what)
                .at(place)
                .hint("rename one of the two first"));
        }
    }
    Ok(())
}

/// Writes everything.
pub(super) fn finish(
    mut ways: Ways<'_, '_>,
    sheet: &mut Sheet<'_, '_>,
    symbol: &Symbol,
) -> Result<()> {
    let project = ways.project;
    let unit = project.unit(ways.moved.unit);
    let evidence = format!("`{}` is defined in `{}`", symbol.name, ways.home.path(project));
    if ways.home.module.is_none() {
        declare(&ways, sheet)?;
    }
    for (unit_id, body, line) in std::mem::take(&mut ways.lines) {
        add_imports(&mut ways, sheet, (unit_id, body), vec![line], &evidence);
    }
    ways.moved.dedent(&unit, &mut ways.inner);
    let text: &str = &unit.ast.text;
    let pieces = ways.moved.ranges.iter().map(|range| {
        changed(text, range, &ways.inner).trim_matches(['\n', '\r']).trim_end().to_owned()
    });
    let end = newline(text);
    let moved = pieces.collect::<Vec<_>>().join(&format!("{end}{end}"));
    settle_home(&mut ways, sheet, moved, &evidence)?;
    let uses = std::mem::take(&mut ways.uses);
    let file = ways.moved.file;
    let gone: Vec<_> = ways.moved.ranges.iter().map(|range| (file, range.clone())).collect();
    let why = format!("moves to `{}`", ways.home.path(project));
    uses.write(project, sheet, &evidence, (&gone, &why))
}

/// A place for new text, and the text: what is taken out may reach further than the lines of
/// the definition.
fn apart_from_moved(
    ways: &Ways<'_, '_>,
    unit: &Unit,
    (at, new): (usize, String),
) -> (usize, String) {
    let text: &str = &unit.ast.text;
    if unit.file != ways.moved.file {
        return (at, new);
    }
    let gone = apart(text, ways.moved.ranges.clone());
    let Some(range) = gone.into_iter().find(|range| range.start < at && at < range.end) else {
        return (at, new);
    };
    let gap = if text[..range.start].trim().is_empty() { "" } else { "\n" };
    (range.start, format!("{gap}{}\n", new.trim_end()))
}

/// Puts imports where those of a body are.
fn add_imports(
    ways: &mut Ways<'_, '_>,
    sheet: &mut Sheet<'_, '_>,
    (unit_id, body): (UnitId, BodyId),
    mut lines: Vec<String>,
    evidence: &str,
) {
    let unit = ways.project.unit(unit_id);
    let end = newline(&unit.ast.text);
    lines.sort_by_key(|line| key(line));
    let mut block = Vec::new();
    for line in lines {
        if let Some(declaration) = going(ways, unit_id, body, &line) {
            ways.uses.add(unit_id, declaration, line, SiteKind::Import);
            continue;
        }
        match beside(&unit, body, &line) {
            Some((at, new)) => {
                let new = new.replace('\n', end);
                sheet.edit(unit.file, at..at, new, SiteKind::Import, evidence);
            }
            None => block.push(line),
        }
    }
    if !block.is_empty() {
        let place = alone(&unit, body, &block.join("\n"));
        let (at, new) = apart_from_moved(ways, &unit, place);
        sheet.edit(unit.file, at..at, new.replace('\n', end), SiteKind::Import, evidence);
    }
}

/// A declaration that goes from where an import belongs: one takes the place of the other.
fn going(ways: &Ways<'_, '_>, unit_id: UnitId, body: BodyId, line: &str) -> Option<NodeId> {
    let unit = ways.project.unit(unit_id);
    let ast = &unit.ast;
    let children = ast.children(unit.bodies[body].node);
    let uses: Vec<NodeId> =
        children.filter(|child| ast.kind(*child) == "use_declaration").collect();
    let run = run_for(&unit, &uses, line)?;
    let mut run = run.into_iter().filter(|node| unit.attributes_before(*node).is_empty());
    run.find(|node| ways.uses.goes(&unit, unit_id, *node))
}

/// The definition with what it imports.
fn settle_home(
    ways: &mut Ways<'_, '_>,
    sheet: &mut Sheet<'_, '_>,
    moved: String,
    evidence: &str,
) -> Result<()> {
    let file = ways.home.file;
    let Some(text) = sheet.sources.text(file)?.cloned() else { return Ok(()) };
    let own = newline(&ways.project.unit(ways.moved.unit).ast.text);
    let end = if text.trim().is_empty() { own } else { newline(&text) };
    let fit = |text: String| {
        let plain = text.replace("\r\n", "\n");
        if end == "\n" { plain } else { plain.replace('\n', end) }
    };
    let lines: Vec<String> = std::mem::take(&mut ways.home_lines).into_iter().collect();
    if text.trim().is_empty() {
        let mut sorted = lines;
        sorted.sort_by_key(|line| key(line));
        let imports = sorted.iter().map(|line| format!("{line}\n")).collect::<String>();
        let gap = if imports.is_empty() { "" } else { "\n" };
        let new = fit(format!("{imports}{gap}{moved}\n"));
        sheet.edit(file, 0..text.len(), new, SiteKind::Definition, evidence);
        return Ok(());
    }
    let Some(unit_id) = ways.project.unit_of(file) else { return Ok(()) };
    let unit = ways.project.unit(unit_id);
    add_imports(ways, sheet, (unit_id, 0), lines, "what the definition uses");
    let (at, new) = match tests_of(&unit) {
        Some(at) => (at, format!("{moved}\n\n")),
        None if text.ends_with("\n\n") || text.ends_with("\n\r\n") => {
            (text.len(), format!("{moved}\n"))
        }
        None if text.ends_with('\n') => (text.len(), format!("\n{moved}\n")),
        None => (text.len(), format!("\n\n{moved}\n")),
    };
    sheet.edit(file, at..at, fit(new), SiteKind::Definition, evidence);
    Ok(())
}

/// Where the tests at the end of a file begin.
fn tests_of(unit: &Unit) -> Option<usize> {
    let ast = &unit.ast;
    let last = ast.children(ast.root()).last()?;
    let tests = ast.kind(last) == "mod_item"
        && unit.attributes_before(last).iter().any(|node| ast.text(*node).contains("cfg(test"));
    whole(unit, last).filter(|_| tests).map(|range| range.start)
}

/// Order of imports: paths part by part, those of the crate before others, modules before
/// types before constants.
fn key(line: &str) -> Vec<(u8, String)> {
    let last = line.lines().next_back().unwrap_or(line);
    let path = last.split_once("use ").map_or(last, |(_, path)| path);
    let part = |part: &str| {
        let part = part.trim().trim_end_matches(';');
        let upper = part.chars().all(|c| c.is_uppercase() || c == '_' || c.is_numeric());
        let class = match part {
            "self" => 0,
            "super" => 1,
            "crate" => 2,
            _ if part.starts_with('{') => 7,
            _ if part.starts_with('*') => 6,
            _ if part.starts_with(char::is_lowercase) => 3,
            _ if upper => 5,
            _ => 4,
        };
        (class, part.to_owned())
    };
    path.split("::").map(part).collect()
}

/// The lines with what indents them.
fn indented(indent: &str, lines: &str) -> String {
    lines.lines().map(|line| format!("{indent}{line}\n")).collect()
}

/// Where an import goes among those of a body; `None` where it has none.
fn beside(unit: &Unit, body: BodyId, line: &str) -> Option<(usize, String)> {
    let ast = &unit.ast;
    let text: &str = &ast.text;
    let children = ast.children(unit.bodies[body].node);
    let uses: Vec<NodeId> =
        children.filter(|child| ast.kind(*child) == "use_declaration").collect();
    let run = run_for(unit, &uses, line)?;
    let indent = indentation(text, ast.start(*run.first()?));
    let later = run.iter().find(|node| key(ast.text(**node)) > key(line));
    if let Some(range) = later.and_then(|node| whole(unit, *node)) {
        return Some((range.start, indented(indent, line)));
    }
    let last = ast.end(*run.last()?);
    let at = line_end(text, last);
    if text[last..at].trim().is_empty() && text[..at].ends_with('\n') {
        return Some((at, indented(indent, line)));
    }
    Some((last, format!("\n{}", indented(indent, line).trim_end())))
}

/// Where imports go in a body that has none, and the text with what surrounds it.
fn alone(unit: &Unit, body: BodyId, lines: &str) -> (usize, String) {
    let ast = &unit.ast;
    let text: &str = &ast.text;
    let node = unit.bodies[body].node;
    let children: Vec<NodeId> = ast.children(node).collect();
    let leads = |child: &&NodeId| {
        matches!(
            ast.kind(**child),
            "inner_attribute_item" | "extern_crate_declaration" | "attribute_item"
        ) || ast.kind(**child) == "mod_item" && ast.field(**child, "body").is_none()
    };
    let leading: Vec<NodeId> = children.iter().take_while(leads).copied().collect();
    let leading = leading.into_iter().rev().find(|child| ast.kind(*child) != "attribute_item");
    if let Some(last) = leading {
        let at = line_end(text, ast.end(last));
        let indent = indentation(text, ast.start(last));
        let before = if text[..at].ends_with('\n') { "" } else { "\n" };
        return (at, format!("{before}\n{}", indented(indent, lines)));
    }
    let first = children.iter().find(|child| ast.kind(**child) != "attribute_item");
    match first.and_then(|first| whole(unit, *first)) {
        Some(range) => {
            let indent = first.map_or("", |first| indentation(text, ast.start(*first)));
            (range.start, format!("{}\n", indented(indent, lines)))
        }
        None => {
            let inside = ast.kind(node) == "declaration_list";
            let at = if inside {
                ast.start(node) + 1
            } else {
                first.map_or(text.len(), |f| ast.start(*f))
            };
            let lines = lines.lines().collect::<Vec<_>>().join(" ");
            (at, if inside { format!(" {lines} ") } else { format!("{lines}\n") })
        }
    }
}

/// The declarations in a row that an import belongs to: those that begin as it does, or the
/// last ones.
fn run_for(unit: &Unit, uses: &[NodeId], line: &str) -> Option<Vec<NodeId>> {
    let ast = &unit.ast;
    let text: &str = &ast.text;
    let mut runs: Vec<Vec<NodeId>> = Vec::new();
    for node in uses {
        let joined = runs.last().and_then(|run| run.last()).is_some_and(|before| {
            let between = &text[ast.end(*before)..ast.start(*node)];
            between.matches('\n').count() < 2 || !between.trim().is_empty()
        });
        match runs.last_mut() {
            Some(run) if joined => run.push(*node),
            _ => runs.push(vec![*node]),
        }
    }
    let first = key(line).first().cloned();
    let fits =
        |run: &&Vec<NodeId>| run.iter().any(|node| key(ast.text(*node)).first() == first.as_ref());
    runs.iter().find(fits).or(runs.last()).cloned()
}

/// The body of the module that declares a new home.
fn declaring(ways: &Ways<'_, '_>) -> Option<(UnitId, BodyId)> {
    let parent = ways.home.parent.filter(|_| ways.home.module.is_none())?;
    ways.project.bodies(parent).first().copied()
}

/// Where the `mod` declaration goes, and what surrounds it.
fn declaration_place(unit: &Unit, body: BodyId, name: &str) -> (usize, &'static str, &'static str) {
    let ast = &unit.ast;
    let text: &str = &ast.text;
    let children: Vec<NodeId> = ast.children(unit.bodies[body].node).collect();
    let outlined =
        |node: &NodeId| ast.kind(*node) == "mod_item" && ast.field(*node, "body").is_none();
    let mods: Vec<NodeId> = children.iter().copied().filter(outlined).collect();
    let named = |node: NodeId| ast.field(node, "name").map_or("", |name| ast.name(name));
    let plain = |node: &NodeId| unit.attributes_before(*node).is_empty();
    let sorted = mods.is_sorted_by_key(|node| named(*node));
    if let Some(later) = mods.iter().find(|node| sorted && plain(node) && named(**node) > name)
        && let Some(range) = whole(unit, *later)
    {
        return (range.start, "", "");
    }
    if let Some(last) = mods.last() {
        let at = line_end(text, ast.end(*last));
        return (at, if text[..at].ends_with('\n') { "" } else { "\n" }, "");
    }
    let skipped = |node: &&NodeId| {
        matches!(ast.kind(**node), "inner_attribute_item" | "extern_crate_declaration")
    };
    let first = children.iter().find(|node| !skipped(node) && ast.kind(**node) != "attribute_item");
    match first.and_then(|first| whole(unit, *first)) {
        Some(range) => (range.start, "", "\n"),
        None => match first {
            Some(first) => (line_start(text, ast.start(*first)), "", "\n"),
            None => {
                (text.len(), if text.is_empty() || text.ends_with('\n') { "" } else { "\n" }, "")
            }
        },
    }
}

/// The byte of the module around a new home where that is declared.
pub(super) fn declared_at(ways: &Ways<'_, '_>) -> Option<usize> {
    let (unit, body) = declaring(ways)?;
    Some(declaration_place(&ways.project.unit(unit), body, &ways.home.name).0)
}

fn declare(ways: &Ways<'_, '_>, sheet: &mut Sheet<'_, '_>) -> Result<()> {
    let lost = || Error::new(Code::Bug, "nothing declares the new module");
    let (unit_id, body) = declaring(ways).ok_or_else(lost)?;
    let unit = ways.project.unit(unit_id);
    let (at, before, after) = declaration_place(&unit, body, &ways.home.name);
    let end = newline(&unit.ast.text);
    let visibility = of_new_module(ways);
    let name = spelled(&ways.home.name);
    let new = format!("{before}{visibility}mod {name};\n{after}");
    let (at, new) = apart_from_moved(ways, &unit, (at, new));
    let new = new.replace('\n', end);
    let why = if visibility.trim() == "pub" {
        "declares the new module, public as the old one"
    } else {
        "declares the new module"
    };
    sheet.edit(unit.file, at..at, new, SiteKind::Addition, why);
    Ok(())
}
