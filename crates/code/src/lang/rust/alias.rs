//! The old name, left behind beside the definition.

use axon_domain::{Code, Error, Result, Site, SiteKind, TextEdit};

use super::items::{ItemKind, Owner};
use super::project::{ItemRef, Project};
use super::target::Target;
use crate::sources::FileId;

/// The additions that keep the old name: one beside each definition. The compiler accepts
/// `#[deprecated]` there without warning about uses; readers and rustdoc see it.
pub(super) fn additions(
    project: &Project<'_>,
    target: &Target,
    new: &str,
) -> Result<Vec<(FileId, Site)>> {
    target.items.iter().map(|item| addition(project, target, *item, new)).collect()
}

fn addition(
    project: &Project<'_>,
    target: &Target,
    item: ItemRef,
    new: &str,
) -> Result<(FileId, Site)> {
    let unit = project.unit(item.unit);
    let content = &unit.items[item.item];
    let ast = &unit.ast;
    let path = project.sources.path(unit.file);
    let refuse = |what: String, hint: &str| {
        let at = project.line(unit.file, ast.start(content.name_node));
        Err(Error::new(Code::Usage, what).at(format!("{path}:{at}")).hint(hint.to_owned()))
    };
    if content.owner != Owner::Body {
        let kind = if content.kind == ItemKind::Variant { "variant" } else { "method" };
        return refuse(
            format!("an alias for the {kind} `{}` is not supported", target.name),
            "Rust has no second name for members: leave --keep-alias out and add a function \
             that calls the renamed one where others need it",
        );
    }
    if unit.bodies[content.body].parent.is_some() {
        return refuse(
            format!("`{}` is local to a function, so nobody else can use an alias", target.name),
            "leave --keep-alias out",
        );
    }
    let visibility = ast.child_of_kind(content.node, "visibility_modifier");
    let visibility = visibility.map_or(String::new(), |node| format!("{} ", ast.text(node)));
    let line_start = ast.text[..ast.start(content.node)].rfind('\n').map_or(0, |at| at + 1);
    let before = &ast.text[line_start..ast.start(content.node)];
    let indent: String = before.chars().take_while(|c| matches!(c, ' ' | '\t')).collect();
    let newline = if ast.text.contains("\r\n") { "\r\n" } else { "\n" };
    let mut text = String::new();
    let mut push = |line: &str| {
        text.push_str(newline);
        text.push_str(&indent);
        text.push_str(line);
    };
    push(&format!("#[deprecated(note = \"use `{new}`\")]"));
    for attribute in super::crates::attributes_before(&unit, content) {
        if attribute.starts_with("#[cfg(") {
            push(attribute);
        }
    }
    if visibility.trim() != "pub" {
        push("#[allow(unused_imports)]");
    }
    let old = ast.text(content.name_node);
    push(&format!("{visibility}use self::{new} as {old};"));
    let at = ast.end(content.node);
    let parsed = project.sources.parsed(unit.file, axon_domain::Language::Rust)?;
    let (line, column) = parsed.map_or((1, 1), |parsed| parsed.lines.place(&parsed.text, at));
    let site = Site {
        line,
        column,
        kind: SiteKind::Addition,
        evidence: "the old name, kept as an alias".to_owned(),
        edit: TextEdit { start: at, end: at, text },
    };
    Ok((unit.file, site))
}
