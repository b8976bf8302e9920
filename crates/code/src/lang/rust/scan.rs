//! Every place of a tree that spells the name, with what becomes of it.

use std::collections::HashSet;
use std::ops::Range;

use axon_domain::{Language, MentionKind, Result, SiteKind};

use super::ast::{Ast, NodeId};
use super::docs::{Block, DocText, Says, documentation, of_string, test_code};
use super::expand::macro_name;
use super::items::{Space, Unit};
use super::names::is_keyword;
use super::occurrences::{Form, Verdict};
use super::project::{Crate, Project, Source, UnitId};
use super::resolve::{Def, Place};
use super::target::Target;
use crate::sources::{FileId, parse};
use crate::text::words;

/// One place, in bytes of its file.
#[derive(Debug)]
pub(super) struct Outcome {
    /// The file.
    pub(super) file: FileId,
    /// The name, with `r#` where that stands before it.
    pub(super) range: Range<usize>,
    /// What becomes of it.
    pub(super) verdict: Verdict,
    /// The new name may be written as a raw identifier there.
    pub(super) raw: bool,
    /// How it stands there.
    pub(super) spot: Spot,
}

/// How a name stands at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spot {
    /// As this node of code.
    Code(UnitId, NodeId),
    /// In a format string, at this node.
    Inline(UnitId, NodeId),
    /// In a link of documentation that stands at this node.
    Link(UnitId, NodeId),
    /// In text.
    Text,
}

/// Looks at every place of one file.
pub(super) fn file(project: &Project<'_>, target: &Target, file: FileId) -> Vec<Outcome> {
    let Some(unit_id) = project.unit_of(file) else { return Vec::new() };
    let mut found = Vec::new();
    let unit = project.unit(unit_id);
    code(project, target, unit_id, &mut found);
    let (runs, plain) = documentation(&unit);
    for range in plain {
        prose(file, target, &unit.ast.text, range, "in a comment", &mut found);
    }
    for run in &runs {
        documented(project, target, Some(unit_id), file, run, &mut found);
    }
    finish(target, &unit, file, &mut found);
    found
}

/// Places that nothing above took note of: the parser lost them in broken code.
fn finish(target: &Target, unit: &Unit, file: FileId, found: &mut Vec<Outcome>) {
    let mut seen = HashSet::new();
    found.retain(|outcome| seen.insert(outcome.range.start));
    let ends: HashSet<usize> = found.iter().map(|outcome| outcome.range.end).collect();
    for at in words(unit.ast.text.as_bytes(), &target.name) {
        let end = at + target.name.len();
        let keyword = is_keyword(&target.name) && !unit.ast.text[..at].ends_with("r#");
        if !ends.contains(&end) && !keyword {
            let verdict = Verdict::undecided("the code around does not parse");
            let spot = Spot::Text;
            found.push(Outcome { file, range: at..end, verdict, raw: true, spot });
        }
    }
}

/// The code of a unit: its identifiers and strings.
fn code(project: &Project<'_>, target: &Target, unit_id: UnitId, found: &mut Vec<Outcome>) {
    let unit = project.unit(unit_id);
    let ast = &unit.ast;
    let at: Vec<usize> = words(ast.text.as_bytes(), &target.name).collect();
    let holds = |node: NodeId| {
        let next = at.partition_point(|at| *at < ast.start(node));
        at.get(next).is_some_and(|at| *at < ast.end(node))
    };
    ast.walk(ast.root(), |node| {
        if !holds(node) {
            return false;
        }
        match ast.kind(node) {
            "identifier"
            | "type_identifier"
            | "field_identifier"
            | "shorthand_field_identifier"
                if ast.name(node) == target.name =>
            {
                let verdict = project
                    .classify_everywhere(unit_id, node, |place| project.classify(target, place));
                let range = unit.in_file(ast.start(node))..unit.in_file(ast.end(node) - 1) + 1;
                let spot = Spot::Code(unit_id, node);
                found.push(Outcome { file: unit.file, range, verdict, raw: true, spot });
                false
            }
            // A macro's parameter in a body that was read as code.
            kind if kind.ends_with("identifier") && ast.text(node).starts_with('$') => {
                parameter(&unit, node, target, found);
                false
            }
            "metavariable" | "lifetime" | "label" => {
                parameter(&unit, node, target, found);
                false
            }
            "string_literal" | "raw_string_literal" | "char_literal" => {
                string(project, target, unit_id, node, found);
                false
            }
            _ => true,
        }
    });
}

fn parameter(unit: &Unit, node: NodeId, target: &Target, found: &mut Vec<Outcome>) {
    let end = unit.in_file(unit.ast.end(node) - 1) + 1;
    let range = end - target.name.len()..end;
    let (verdict, spot) = (Verdict::Other, Spot::Text);
    found.push(Outcome { file: unit.file, range, verdict, raw: true, spot });
}

/// The name in a string: an inline argument, documentation, or text.
fn string(
    project: &Project<'_>,
    target: &Target,
    unit_id: UnitId,
    node: NodeId,
    found: &mut Vec<Outcome>,
) {
    let unit = project.unit(unit_id);
    let ast = &unit.ast;
    let attribute = ast.ancestors(node).take(3).find(|above| ast.kind(*above) == "attribute");
    let documents = attribute.is_some_and(|attribute| {
        ast.text(attribute).starts_with("doc")
            && ast.field(attribute, "value").is_some_and(|value| value == node)
    });
    if let Some(attribute) = attribute.filter(|_| documents && unit.origin.is_empty()) {
        let item = ast.parent(attribute).unwrap_or(attribute);
        let anchor = after(ast, item).unwrap_or(item);
        let text = ast.text(node);
        let start = text.find('"').map_or(0, |at| at + 1);
        let end = text.rfind('"').unwrap_or(text.len()).max(start);
        let doc = of_string(&text[start..end], ast.start(node) + start, anchor);
        documented(project, target, Some(unit_id), unit.file, &doc, found);
        return;
    }
    let inline = is_format(ast, node);
    for at in words(ast.text(node).as_bytes(), &target.name) {
        let start = ast.start(node) + at;
        let end = start + target.name.len();
        let range = unit.in_file(start)..unit.in_file(end - 1) + 1;
        let verdict = if inline && is_inline(ast.text(node), at, target.name.len()) {
            if is_named_argument(ast, node, &target.name) {
                Verdict::Other
            } else {
                project.classify_everywhere(unit_id, node, |place| {
                    project.classify_inline(target, place)
                })
            }
        } else {
            Verdict::Mention { kind: MentionKind::Text, why: "in a string".to_owned() }
        };
        let spot = Spot::Inline(unit_id, node);
        found.push(Outcome { file: unit.file, range, verdict, raw: false, spot });
    }
}

/// What follows an attribute: the item it stands before; for an inner one, what is around.
fn after(ast: &Ast, attribute: NodeId) -> Option<NodeId> {
    let parent = ast.parent(attribute)?;
    if ast.kind(attribute) == "inner_attribute_item" {
        return Some(parent);
    }
    let mut later = ast.children(parent).skip_while(|child| *child != attribute);
    later.find(|child| ast.kind(*child) != "attribute_item")
}

/// Whether a string is the format string of a macro.
pub(super) fn is_format(ast: &Ast, node: NodeId) -> bool {
    const FORMATS: &[&str] = &[
        "assert",
        "assert_eq",
        "assert_ne",
        "debug_assert",
        "debug_assert_eq",
        "debug_assert_ne",
        "eprint",
        "eprintln",
        "format",
        "format_args",
        "panic",
        "print",
        "println",
        "todo",
        "unimplemented",
        "unreachable",
        "write",
        "writeln",
        "anyhow",
        "bail",
        "ensure",
        "debug",
        "error",
        "info",
        "trace",
        "warn",
    ];
    let around = ast.ancestors(node).take(2).find(|node| ast.kind(*node) == "macro_invocation");
    around.is_some_and(|around| FORMATS.contains(&macro_name(ast, around)))
}

/// `{total}`, `{total:?}`, `{:total$}`.
fn is_inline(text: &str, at: usize, length: usize) -> bool {
    let before = &text[..at];
    let after = &text[at + length..];
    let braces = before.bytes().rev().take_while(|byte| *byte == b'{').count();
    if braces % 2 == 1 {
        return after.trim_start().starts_with(['}', ':']);
    }
    let open = before.rfind('{').is_some_and(|open| !before[open..].contains('}'));
    open && after.starts_with('$')
}

/// `name = …` among the other arguments of the macro.
fn is_named_argument(ast: &Ast, string: NodeId, name: &str) -> bool {
    let Some(list) = ast.parent(string) else { return false };
    ast.children(list).any(|argument| {
        ast.kind(argument) == "assignment_expression"
            && ast.field(argument, "left").is_some_and(|left| ast.name(left) == name)
    })
}

fn prose(
    file: FileId,
    target: &Target,
    text: &str,
    range: Range<usize>,
    why: &str,
    found: &mut Vec<Outcome>,
) {
    for at in words(text[range.clone()].as_bytes(), &target.name) {
        let start = range.start + at;
        let verdict = Verdict::Mention { kind: MentionKind::Prose, why: why.to_owned() };
        let range = start..start + target.name.len();
        found.push(Outcome { file, range, verdict, raw: false, spot: Spot::Text });
    }
}

/// One run of documentation: doc tests are code, links are resolved, the rest is prose.
fn documented(
    project: &Project<'_>,
    target: &Target,
    unit: Option<UnitId>,
    file: FileId,
    doc: &DocText,
    found: &mut Vec<Outcome>,
) {
    let at: Vec<usize> = words(doc.text.as_bytes(), &target.name).collect();
    if at.is_empty() {
        return;
    }
    let blocks = doc.blocks();
    let place = unit.zip(doc.anchor).map(|(unit_id, anchor)| {
        let body = project.unit(unit_id).body_around(anchor);
        let module = project.modules_of(unit_id, body).first().copied();
        module.map(|module| Place { unit: unit_id, node: anchor, module })
    });
    let place = place.flatten();
    for block in blocks.iter().filter(|block| block.rust) {
        let module = place.map(|place| place.module);
        if let Some(module) = module.filter(|_| at.iter().any(|at| block.range.contains(at))) {
            doc_test(project, target, module, file, doc, block, found);
        }
    }
    for at in at {
        let start = doc.in_file(at);
        let range = start..start + target.name.len();
        let tested = |block: &Block| block.rust && block.range.contains(&at);
        if place.is_some() && blocks.iter().any(tested) {
            continue;
        }
        let fenced = blocks.iter().any(|block| block.range.contains(&at));
        let link = if fenced { None } else { doc.link_at(at, &target.name) };
        let verdict = match (link, place) {
            (Some(link), Some(place)) => {
                let spaces: &[Space] = match link.says {
                    _ if !link.last => &[Space::Type],
                    Says::Nothing => &[Space::Type, Space::Value],
                    Says::Value => &[Space::Value],
                    Says::Type => &[Space::Type],
                    Says::Macro => &[],
                };
                linked(project, target, &place, &link.path, spaces)
            }
            _ => None,
        };
        let verdict = verdict.unwrap_or(Verdict::Mention {
            kind: MentionKind::Prose,
            why: "in prose of the documentation".to_owned(),
        });
        let spot = place.map_or(Spot::Text, |place| Spot::Link(place.unit, place.node));
        found.push(Outcome { file, range, verdict, raw: true, spot });
    }
}

/// What a link means; `None` where it leads nowhere.
fn linked(
    project: &Project<'_>,
    target: &Target,
    place: &Place,
    path: &[String],
    spaces: &[Space],
) -> Option<Verdict> {
    let names: Vec<&str> = path.iter().map(String::as_str).collect();
    let mut defs: Vec<Def> = Vec::new();
    for space in spaces {
        defs.extend(project.path(place, &names, false, *space));
    }
    let own = |def: &Def| matches!(def, Def::Item(item) if target.items.contains(item));
    if defs.iter().any(own) {
        return Some(Verdict::Refers {
            kind: SiteKind::Documentation,
            evidence: format!("links to {}", target.qualified),
            form: Form::Plain,
        });
    }
    (!defs.is_empty() || spaces.is_empty()).then_some(Verdict::Other)
}

/// The code of a doc test is a crate of its own that sees the crate it documents.
fn doc_test(
    project: &Project<'_>,
    target: &Target,
    module: usize,
    file: FileId,
    doc: &DocText,
    block: &Block,
    found: &mut Vec<Outcome>,
) {
    let (code_text, origin) = test_code(doc, block);
    let Ok(Some(tree)) = parse(Language::Rust, &code_text) else { return };
    let ast = Ast::new(code_text.into(), &tree);
    let Some(unit) = project.add_unit(file, ast, origin) else { return };
    let around = project.crate_of(module);
    let mut sees = around.sees.clone();
    if !around.orphan {
        sees.insert(around.name.clone(), project.crate_id(module));
    }
    let krate = Crate {
        name: "doctest".to_owned(),
        root: 0,
        edition_2015: around.edition_2015,
        sees,
        foreign: around.foreign.clone(),
        orphan: false,
        library: false,
    };
    project.add_crate(krate, Source::Inline(unit, 0), "");
    let from = found.len();
    code(project, target, unit, found);
    let content = project.unit(unit);
    for comment in &content.ast.comments {
        let range = comment.start..comment.end;
        for at in words(content.ast.text[range.clone()].as_bytes(), &target.name) {
            let start = content.in_file(range.start + at);
            let why = "in a comment".to_owned();
            let verdict = Verdict::Mention { kind: MentionKind::Prose, why };
            let range = start..start + target.name.len();
            found.push(Outcome { file, range, verdict, raw: false, spot: Spot::Text });
        }
    }
    for outcome in &mut found[from..] {
        if let Verdict::Refers { kind, .. } = &mut outcome.verdict {
            *kind = SiteKind::Documentation;
        }
    }
}

/// Every file of Markdown that holds the name: doc tests where the documentation of a crate
/// takes it in.
pub(super) fn markdown(project: &Project<'_>, target: &Target) -> Result<Vec<Outcome>> {
    let sources = project.sources;
    let pages: Vec<FileId> = sources
        .ids()
        .filter(|id| sources.path(*id).to_ascii_lowercase().ends_with(".md"))
        .collect();
    let holding = sources.containing(&pages, &[target.name.as_str()])?;
    let mut found = Vec::new();
    for file in holding {
        let Some(text) = sources.text(file)? else { continue };
        // Prose of other pages is listed for all languages together.
        let Some(place) = including(project, file) else { continue };
        let mut doc = DocText::of_file(text);
        doc.anchor = Some(place.node);
        documented(project, target, Some(place.unit), file, &doc, &mut found);
    }
    found.retain(|outcome| {
        !matches!(outcome.verdict, Verdict::Mention { kind: MentionKind::Prose, .. })
    });
    Ok(found)
}

/// Where `#![doc = include_str!("…")]` takes a file in.
fn including(project: &Project<'_>, page: FileId) -> Option<Place> {
    let path = project.sources.path(page);
    for file in project.containing("include_str").iter() {
        let text = project.sources.text(*file).ok().flatten()?;
        let folder = super::project::folder_of(project.sources.path(*file));
        for at in memchr::memmem::find_iter(text.as_bytes(), "include_str!") {
            let before = text[..at].trim_end();
            let Some(before) = before.strip_suffix('=') else { continue };
            if !before.trim_end().ends_with("doc") {
                continue;
            }
            let rest = &text[at..text[at..].find(']').map_or(text.len(), |end| at + end)];
            let Some(literal) = rest.rsplit('"').nth(1) else { continue };
            let relative = super::crates::join(folder, literal) == path;
            let from_package = rest.contains("CARGO_MANIFEST_DIR")
                && (path == literal.trim_start_matches('/')
                    || path.ends_with(literal) && literal.starts_with('/'));
            if relative || from_package {
                let unit_id = project.unit_of(*file)?;
                let unit = project.unit(unit_id);
                let module = project.modules_of(unit_id, 0).first().copied()?;
                return Some(Place { unit: unit_id, node: unit.ast.root(), module });
            }
        }
    }
    None
}
