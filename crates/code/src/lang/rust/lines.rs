//! The lines of a definition: with what stands above it, and without leaving a hole.

use std::ops::Range;

use super::ast::NodeId;
use super::items::Unit;

/// The first byte of the line of a byte.
pub(super) fn line_start(text: &str, at: usize) -> usize {
    memchr::memrchr(b'\n', &text.as_bytes()[..at]).map_or(0, |end| end + 1)
}

/// The byte behind the end of the line of a byte.
pub(super) fn line_end(text: &str, at: usize) -> usize {
    memchr::memchr(b'\n', &text.as_bytes()[at..]).map_or(text.len(), |end| at + end + 1)
}

/// What ends the lines of a text.
pub(super) fn newline(text: &str) -> &'static str {
    if text.contains("\r\n") { "\r\n" } else { "\n" }
}

/// What indents the line of a byte.
pub(super) fn indentation(text: &str, at: usize) -> &str {
    let line = &text[line_start(text, at)..at];
    let line = line.trim_start_matches('\u{feff}');
    &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
}

/// The whole lines of an item with its attributes, its documentation and the comments right
/// above; `None` where it shares a line with something else.
pub(super) fn whole(unit: &Unit, node: NodeId) -> Option<Range<usize>> {
    let ast = &unit.ast;
    let text: &str = &ast.text;
    let first = unit.attributes_before(node).first().copied().unwrap_or(node);
    let start = line_start(text, above(unit, ast.start(first).min(ast.start(node))));
    let begun = ast.start(first).min(ast.start(node));
    let alone = |at: usize| {
        let before = text[line_start(text, at)..at].trim_start_matches('\u{feff}');
        before.trim().is_empty()
    };
    let end = line_end(text, ast.end(node));
    let rest = text[ast.end(node)..end].trim();
    let fits = alone(begun) && (rest.is_empty() || rest.starts_with("//"));
    let mark = if text[start..].starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    fits.then_some(start + mark..end)
}

/// Where the comments right above a byte begin. A comment that begins the file is about the
/// file.
fn above(unit: &Unit, at: usize) -> usize {
    let text: &str = &unit.ast.text;
    let (mut start, mut certain) = (at, at);
    let mut next = unit.ast.comments.partition_point(|comment| comment.start < at);
    while let Some(comment) = next.checked_sub(1).map(|next| unit.ast.comments[next]) {
        let (Some(body), Some(between)) =
            (text.get(comment.start..comment.end), text.get(comment.end..start))
        else {
            break;
        };
        let breaks = usize::from(body.ends_with('\n')) + between.matches('\n').count();
        let documents = (body.starts_with("///") && !body.starts_with("////"))
            || (body.starts_with("/**") && !body.starts_with("/***") && body != "/**/");
        let inner = body.starts_with("//!") || body.starts_with("/*!");
        let alone = text[line_start(text, comment.start)..comment.start]
            .trim_start_matches('\u{feff}')
            .trim()
            .is_empty();
        let near = between.trim().is_empty() && (documents || breaks < 2);
        if inner || !alone || !near {
            break;
        }
        start = comment.start;
        if documents {
            certain = start;
        }
        next -= 1;
    }
    let of_file = text[..start].trim_start_matches('\u{feff}').trim().is_empty();
    if of_file { certain } else { start }
}

/// The ranges as they are taken out: outer ones once, neighbours as one, without holes.
pub(super) fn apart(text: &str, mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.sort_by_key(|range| (range.start, std::cmp::Reverse(range.end)));
    let mut found: Vec<Range<usize>> = Vec::new();
    for range in ranges {
        match found.last_mut() {
            Some(last) if range.end <= last.end => {}
            Some(last) if text[last.end..range.start].trim().is_empty() => last.end = range.end,
            _ => found.push(range),
        }
    }
    found.iter().map(|range| without_hole(text, range)).collect()
}

/// The range with the empty lines around it that would be too many without it.
fn without_hole(text: &str, range: &Range<usize>) -> Range<usize> {
    let before = text[..range.start].trim_end_matches([' ', '\t']);
    let stripped = before.trim_end_matches(['\n', '\r', ' ', '\t']);
    let breaks = before[stripped.len()..].matches('\n').count();
    let first = stripped.trim_start_matches('\u{feff}').is_empty() || stripped.ends_with('{');
    let (mut start, mut end) = (range.start, range.end);
    if first || breaks > 1 {
        while end < text.len() && text[end..line_end(text, end)].trim().is_empty() {
            end = line_end(text, end);
        }
    }
    let last = text[end..].trim_start().is_empty() || text[end..].trim_start().starts_with('}');
    if last && breaks > 1 {
        start = line_end(text, stripped.len()).min(range.start);
    }
    start..end
}
