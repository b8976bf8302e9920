//! From matches to edits: nested matches, comments, indentation, parentheses.

use std::collections::BTreeMap;
use std::ops::Range;

use tree_sitter::Tree;

use super::grammar::is_loose;
use super::template::{Part, Template};

/// One match.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) range: Range<usize>,
    /// What the variables hold; `None` for several nodes that are none.
    pub(super) captures: BTreeMap<String, Option<Range<usize>>>,
    /// An operator stands beside it.
    pub(super) binds_tightly: bool,
    /// Something in it does not parse.
    pub(super) broken: bool,
}

/// What becomes of a match.
#[derive(Debug)]
pub(super) struct Replaced {
    pub(super) range: Range<usize>,
    pub(super) text: String,
    /// Why it is not edited.
    pub(super) why_not: Option<String>,
}

/// How deep matches within captures of matches are followed.
const DEEPEST: usize = 32;

/// What has to be known about a file besides the matches.
#[derive(Debug)]
pub(super) struct Facts {
    comments: Vec<Range<usize>>,
    /// Nodes whose text spans lines and must not be indented.
    verbatim: Vec<Range<usize>>,
    /// Expressions that need parentheses beside an operator.
    loose: Vec<Range<usize>>,
    newline: &'static str,
}

impl Facts {
    pub(super) fn of(text: &str, tree: &Tree) -> Self {
        let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
        let mut facts =
            Self { comments: Vec::new(), verbatim: Vec::new(), loose: Vec::new(), newline };
        let mut cursor = tree.walk();
        loop {
            let node = cursor.node();
            let range = node.byte_range();
            match node.kind() {
                "comment" | "line_comment" | "block_comment" => facts.comments.push(range),
                "string" | "string_literal" | "raw_string_literal"
                    if text[range.clone()].contains('\n') =>
                {
                    facts.verbatim.push(range);
                }
                kind if is_loose(kind) => facts.loose.push(range),
                _ => {}
            }
            if cursor.goto_first_child() {
                continue;
            }
            while !cursor.goto_next_sibling() {
                if !cursor.goto_parent() {
                    facts.loose.sort_by_key(|range| (range.start, range.end));
                    return facts;
                }
            }
        }
    }

    fn is_loose(&self, range: &Range<usize>) -> bool {
        self.loose.binary_search_by_key(&(range.start, range.end), |r| (r.start, r.end)).is_ok()
    }
}

/// What becomes of every match, in order. Outer matches are edited; matches in what their
/// variables hold are edited with them; others are listed.
pub(super) fn replace(
    text: &str,
    facts: &Facts,
    template: &Template,
    mut found: Vec<Found>,
) -> Vec<Replaced> {
    found.sort_by_key(|found| (found.range.start, usize::MAX - found.range.end));
    found.dedup_by(|a, b| a.range == b.range);
    let work = Work { text, facts, template, found: &found };
    let mut out = Vec::new();
    let mut at = 0;
    while at < found.len() {
        let outer = &found[at];
        let end = work.end_of(at);
        let why_not = work.refuses(outer);
        if why_not.is_some() {
            // The matches inside stand on their own then.
            out.push(Replaced {
                range: outer.range.clone(),
                text: work.expand(at, DEEPEST),
                why_not,
            });
            at += 1;
            continue;
        }
        out.push(Replaced { range: outer.range.clone(), text: work.expand(at, 0), why_not: None });
        work.lost(at, end, &mut out);
        at = end;
    }
    out
}

struct Work<'w> {
    text: &'w str,
    facts: &'w Facts,
    template: &'w Template,
    /// Sorted by start, outer before inner.
    found: &'w [Found],
}

impl Work<'_> {
    /// The first match after those that lie in this one.
    fn end_of(&self, at: usize) -> usize {
        let end = self.found[at].range.end;
        at + 1 + self.found[at + 1..].partition_point(|found| found.range.start < end)
    }

    /// Why a match is not edited.
    fn refuses(&self, found: &Found) -> Option<String> {
        if found.broken {
            return Some("the code there does not parse".to_owned());
        }
        let first = self.facts.comments.partition_point(|c| c.start < found.range.start);
        let inside = self.facts.comments[first..]
            .iter()
            .take_while(|comment| comment.start < found.range.end);
        for comment in inside {
            let kept = found.captures.iter().any(|(name, range)| {
                range
                    .as_ref()
                    .is_some_and(|range| range.start <= comment.start && comment.end <= range.end)
                    && self.template.uses(name)
            });
            if !kept {
                return Some("a comment there would be lost".to_owned());
            }
        }
        None
    }

    /// Matches inside an outer one that its replacement does not show.
    fn lost(&self, at: usize, end: usize, out: &mut Vec<Replaced>) {
        let outer = &self.found[at];
        for inner in &self.found[at + 1..end] {
            let shown = outer.captures.iter().any(|(name, range)| {
                range.as_ref().is_some_and(|range| {
                    range.start <= inner.range.start && inner.range.end <= range.end
                }) && self.template.uses(name)
            });
            let why = match (shown, self.refuses(inner)) {
                (true, None) => continue,
                (true, Some(why)) => why,
                (false, _) => "it lies in another match that is edited".to_owned(),
            };
            out.push(Replaced {
                range: inner.range.clone(),
                text: self.text[inner.range.clone()].to_owned(),
                why_not: Some(why),
            });
        }
    }

    /// The replacement of a match.
    fn expand(&self, at: usize, depth: usize) -> String {
        let found = &self.found[at];
        let indent = self.indent(found.range.start);
        let mut out = String::new();
        let mut nothing = false;
        for part in &self.template.parts {
            match part {
                Part::Text(text) => {
                    let text =
                        if std::mem::take(&mut nothing) { without_comma(text) } else { text };
                    let newline = format!("{}{indent}", self.facts.newline);
                    out.push_str(&text.replace("\r\n", "\n").replace('\n', &newline));
                }
                Part::Hole { name, enclosed, indent: own } => {
                    match found.captures.get(name).and_then(Option::as_ref) {
                        Some(range) => {
                            let text = self.capture(at, range, *own, depth);
                            if own.is_none() && self.opens_block(&out, range.start) {
                                out.truncate(out.trim_end().len());
                                out.push_str(self.facts.newline);
                                out.push_str(self.indent(range.start));
                            }
                            let loose = !enclosed && self.facts.is_loose(range);
                            let (open, close) = if loose { ("(", ")") } else { ("", "") };
                            out.push_str(open);
                            out.push_str(&text);
                            out.push_str(close);
                        }
                        None => nothing = !drop_comma(&mut out),
                    }
                }
            }
        }
        if self.template.loose && found.binds_tightly { format!("({out})") } else { out }
    }

    /// Whether a capture that had lines of its own comes behind a colon: `if $A: $$$BODY`
    /// also matches a body below the `if`, which then stays below.
    fn opens_block(&self, out: &str, capture: usize) -> bool {
        let indent = self.indent(capture).len();
        let own_line = self.text[..capture - indent].ends_with('\n');
        self.template.blocks && own_line && out.trim_end().ends_with(':')
    }

    /// The text of a capture with the matches in it replaced.
    fn capture(&self, at: usize, range: &Range<usize>, own: Option<usize>, depth: usize) -> String {
        let mut out = String::new();
        let mut done = range.start;
        let mut next = at + 1;
        let end = self.end_of(at);
        while depth < DEEPEST && next < end {
            let inner = &self.found[next];
            let inside = done <= inner.range.start && inner.range.end <= range.end;
            if !inside || self.refuses(inner).is_some() {
                next += 1;
                continue;
            }
            out.push_str(&self.shifted(at, done..inner.range.start, range, own));
            out.push_str(&self.expand(next, depth + 1));
            done = inner.range.end;
            next = self.end_of(next);
        }
        out.push_str(&self.shifted(at, done..range.end, range, own));
        out
    }

    /// A piece of a capture, its later lines moved as its first line moves.
    fn shifted(
        &self,
        at: usize,
        piece: Range<usize>,
        capture: &Range<usize>,
        own: Option<usize>,
    ) -> String {
        let text = &self.text[piece.clone()];
        let Some(own) = own.filter(|_| text.contains('\n')) else { return text.to_owned() };
        let target = self.indent(self.found[at].range.start).len() + own;
        let source = self.indent(capture.start).len();
        let mut out = String::with_capacity(text.len());
        let mut start = piece.start;
        for (number, line) in text.split_inclusive('\n').enumerate() {
            let verbatim = self.facts.verbatim.iter().any(|v| v.start < start && start < v.end);
            let blank = line.trim().is_empty();
            if number == 0 || verbatim || blank {
                out.push_str(line);
            } else if target >= source {
                out.push_str(&" ".repeat(target - source));
                out.push_str(line);
            } else {
                let spaces = line.bytes().take_while(|b| matches!(b, b' ' | b'\t')).count();
                out.push_str(&line[spaces.min(source - target)..]);
            }
            start += line.len();
        }
        out
    }

    /// The white space before the first character of the line of a byte.
    fn indent(&self, offset: usize) -> &str {
        let line = self.text[..offset].rfind('\n').map_or(0, |at| at + 1);
        let rest = &self.text[line..offset];
        &rest[..rest.len() - rest.trim_start_matches([' ', '\t']).len()]
    }
}

/// Takes back a comma before several nodes that are none: `f(a, $$$REST)`. Whether there was one.
fn drop_comma(out: &mut String) -> bool {
    let kept = out.trim_end().len();
    let comma = out[..kept].ends_with(',');
    if comma {
        out.truncate(kept - 1);
    }
    comma
}

/// What follows several nodes that are none, without its comma: `f($$$ARGS, x)`.
fn without_comma(text: &str) -> &str {
    text.trim_start().strip_prefix(',').map_or(text, str::trim_start)
}
