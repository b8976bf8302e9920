//! Structural rewriting: every place that matches a pattern, and what it becomes.

mod grammar;
mod replace;
mod template;

use std::collections::BTreeMap;
use std::ops::Range;

use ast_grep_core::matcher::{MatcherExt, PatternNode};
use ast_grep_core::meta_var::MetaVariable;
use ast_grep_core::tree_sitter::StrDoc;
use ast_grep_core::{Matcher, NodeMatch, Pattern, source::SgNode};
use axon_domain::{
    Code, Error, FileEdits, Language, Mention, MentionKind, Result, Site, SiteKind, TextEdit,
};

use crate::limits::Globs;
use crate::sources::{FileId, Parsed, Sources, parallel, parse};
use crate::text::{Known, excerpt};
use crate::{Files, Located, Rewrite};

use self::grammar::Grammar;
use self::replace::{Found, Replaced};
use self::template::Template;

/// Files nested deeper than this are not looked into: the comparison of two captures of one
/// name descends by recursion.
const DEEPEST: usize = 1_000;
/// A pattern is one expression or statement that a person writes.
const LONGEST: usize = 10_000;

/// Finds every place that matches a pattern and what it becomes.
///
/// `paths` are globs; only files that match one are looked into; empty means all.
/// Errors: [`Code::InvalidPattern`] for a pattern that does not parse or is a bare variable, or
/// a replacement with a variable that the pattern does not have; [`Code::NothingToDo`] when no
/// place matches; [`Code::Usage`] for a glob that cannot be read.
pub fn rewrite(files: &dyn Files, request: &Rewrite, paths: &[String]) -> Result<Located> {
    let globs = Globs::new(paths)?;
    let grammar = Grammar(request.language);
    let pattern = compile(&request.pattern, grammar)?;
    let template = Template::new(&request.replacement, request.language, &variables(&pattern))?;
    let sources = Sources::new(files);
    let mut among = sources.of_language(request.language);
    among.retain(|id| globs.matches(sources.path(*id)));
    if let Some(word) = template::longest_word(&request.pattern) {
        among = sources.containing(&among, &[word])?;
    }
    // A matcher is not shared between threads; making one is cheap beside parsing a file.
    let found = parallel(&among, |id| {
        let pattern = compile(&request.pattern, grammar)?;
        one_file(&sources, *id, grammar, &pattern, &template)
    })?;
    let mut located = Located::default();
    for (file, mentions) in found {
        located.files.extend(file);
        located.mentions.extend(mentions);
    }
    located.skipped = sources.skipped();
    if located.files.is_empty() && located.mentions.is_empty() {
        let what = format!("no place matches `{}`", request.pattern);
        let hint = "a variable stands for one node ($A) or for several ($$$A)";
        return Err(Error::new(Code::NothingToDo, what).hint(hint));
    }
    Ok(located)
}

fn invalid(what: impl Into<String>) -> Error {
    Error::new(Code::InvalidPattern, what)
}

fn compile(source: &str, grammar: Grammar) -> Result<Pattern> {
    if source.len() > LONGEST {
        return Err(invalid("the pattern is longer than 10,000 bytes"));
    }
    let prepared = grammar::prepared(source.trim());
    let tree = parse(grammar.0, &prepared)?;
    let tree = tree.ok_or_else(|| invalid("the pattern is too hard to parse"))?;
    if depth(&tree) > 200 {
        return Err(invalid("the pattern is nested too deeply"));
    }
    if let Some(column) = first_error(&tree, grammar.0) {
        let what = format!("the pattern `{source}` does not parse as {}", grammar.0);
        return Err(invalid(what).at(format!("column {column}")));
    }
    let pattern = Pattern::try_new(source.trim(), grammar).map_err(|error| {
        invalid(format!("the pattern `{source}` cannot be used")).because(error)
    })?;
    if matches!(pattern.node, PatternNode::MetaVar { .. }) {
        let what = format!("the pattern `{source}` would match everything");
        return Err(invalid(what).hint("put the variable into some code, as in `f($A)`"));
    }
    Ok(pattern)
}

/// The first place of a pattern that does not parse, as a column from 1. A statement of Rust
/// may lack its semicolon.
fn first_error(tree: &tree_sitter::Tree, language: Language) -> Option<usize> {
    let mut cursor = tree.walk();
    loop {
        let node = cursor.node();
        let missing = node.is_missing() && !(language == Language::Rust && node.kind() == ";");
        if node.is_error() || missing {
            return Some(node.start_position().column + 1);
        }
        if cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return None;
            }
        }
    }
}

fn depth(tree: &tree_sitter::Tree) -> usize {
    let mut cursor = tree.walk();
    let (mut deepest, mut here) = (0, 0_usize);
    loop {
        deepest = deepest.max(here);
        if cursor.goto_first_child() {
            here += 1;
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return deepest;
            }
            here -= 1;
        }
    }
}

/// The variables of a pattern; true for those that stand for several nodes.
fn variables(pattern: &Pattern) -> BTreeMap<String, bool> {
    let mut found = BTreeMap::new();
    let mut pending = vec![&pattern.node];
    while let Some(node) = pending.pop() {
        match node {
            PatternNode::MetaVar { meta_var: MetaVariable::Capture(name, _) } => {
                found.insert(name.clone(), false);
            }
            PatternNode::MetaVar { meta_var: MetaVariable::MultiCapture(name) } => {
                found.insert(name.clone(), true);
            }
            PatternNode::Internal { children, .. } => pending.extend(children),
            PatternNode::MetaVar { .. } | PatternNode::Terminal { .. } => {}
        }
    }
    found
}

type FileResult = (Option<FileEdits>, Vec<Mention>);

fn one_file(
    sources: &Sources<'_>,
    id: FileId,
    grammar: Grammar,
    pattern: &Pattern,
    template: &Template,
) -> Result<FileResult> {
    let Some(parsed) = sources.parsed(id, grammar.0)? else { return Ok((None, Vec::new())) };
    if depth(&parsed.tree) > DEEPEST {
        sources.skip(id, "nested too deeply");
        return Ok((None, Vec::new()));
    }
    let text = &*parsed.text;
    let facts = replace::Facts::of(text, &parsed.tree);
    let doc = StrDoc { src: text.to_owned(), lang: grammar, tree: parsed.tree.clone() };
    let root = ast_grep_core::AstGrep::doc(doc);
    let mut found = Vec::new();
    for node in root.root().dfs() {
        if let Some(matched) = pattern.match_node(node) {
            found.push(describe(&matched, pattern, template));
        }
    }
    Ok(collect(sources, id, parsed, replace::replace(text, &facts, template, found)))
}

/// What a match covers and what its variables hold.
fn describe(
    matched: &NodeMatch<'_, StrDoc<Grammar>>,
    pattern: &Pattern,
    template: &Template,
) -> Found {
    let whole = matched.range();
    let length = pattern.get_match_len(matched.get_node().clone()).unwrap_or(whole.len());
    let env = matched.get_env();
    let mut captures = BTreeMap::new();
    for (name, several) in template.known() {
        let range: Option<Range<usize>> = if *several {
            let nodes = env.get_multiple_matches(name);
            match (nodes.first(), nodes.last()) {
                (Some(first), Some(last)) => Some(first.range().start..last.range().end),
                _ => None,
            }
        } else {
            env.get_match(name).map(ast_grep_core::Node::range)
        };
        captures.insert(name.clone(), range);
    }
    let node = matched.get_node().get_inner_node();
    let parent = SgNode::parent(&node);
    Found {
        range: whole.start..whole.start + length,
        captures,
        binds_tightly: parent.is_some_and(|parent| grammar::binds(&parent, &node)),
        broken: node.has_error(),
    }
}

fn collect(
    sources: &Sources<'_>,
    id: FileId,
    parsed: &Parsed,
    replaced: Vec<Replaced>,
) -> FileResult {
    let (text, lines) = (&*parsed.text, &parsed.lines);
    let path = sources.path(id).to_owned();
    let (mut sites, mut mentions, mut known) = (Vec::new(), Vec::new(), Known::default());
    for Replaced { range, text: becomes, why_not } in replaced {
        let (line, column) = lines.place_after(text, &mut known, range.start);
        let edit = TextEdit { start: range.start, end: range.end, text: becomes };
        match why_not {
            None if text[range.clone()] == edit.text => {}
            None => sites.push(Site {
                line,
                column,
                kind: SiteKind::Match,
                evidence: "matches the pattern".to_owned(),
                edit,
            }),
            Some(why) => mentions.push(Mention {
                path: path.clone(),
                line,
                column,
                kind: MentionKind::Undecided,
                excerpt: excerpt(text, range.start),
                why,
                edit: Some(edit),
            }),
        }
    }
    let file = FileEdits { path, base: sources.content(id), sites };
    ((!file.sites.is_empty()).then_some(file), mentions)
}
