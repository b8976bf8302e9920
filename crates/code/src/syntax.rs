//! The parser as a judge of edits.

use axon_domain::Language;

use crate::sources::{LARGEST, parse};
use crate::text::Lines;

/// Whether an edit left a file as well-formed as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxVerdict {
    /// It parses, or has no more problems than before.
    pub passed: bool,
    /// Where it does not parse: line and column (characters), both from 1, and what is wrong.
    pub problems: Vec<(u32, u32, String)>,
}

/// How many problems are listed.
const SHOWN: usize = 20;

/// Judges a file after an edit. What did not parse before is not held against the edit: then
/// the number of places that do not parse may not grow.
#[must_use]
pub fn syntax(language: Language, before: Option<&[u8]>, after: &[u8]) -> SyntaxVerdict {
    match problems(language, after) {
        Ok(problems) if problems.is_empty() => SyntaxVerdict { passed: true, problems },
        Ok(problems) => {
            let earlier = before.and_then(|before| self::problems(language, before).ok());
            let passed = earlier.is_some_and(|earlier| earlier.len() >= problems.len());
            let problems = problems.into_iter().take(SHOWN).collect();
            SyntaxVerdict { passed, problems }
        }
        Err(why) => {
            // What could not be judged before either is not the edit's fault.
            let passed = before.is_some_and(|before| self::problems(language, before).is_err());
            SyntaxVerdict { passed, problems: vec![(1, 1, why.to_owned())] }
        }
    }
}

/// Every place that does not parse, or why nothing can be said.
fn problems(language: Language, bytes: &[u8]) -> Result<Vec<(u32, u32, String)>, &'static str> {
    if bytes.len() > LARGEST {
        return Err("larger than 10 MB");
    }
    let text = std::str::from_utf8(bytes).map_err(|_| "not UTF-8")?;
    let tree = parse(language, text).ok().flatten().ok_or("the parser gave up")?;
    let lines = Lines::new(text);
    let mut found = Vec::new();
    let mut cursor = tree.walk();
    loop {
        let node = cursor.node();
        let wrong = node.is_error() || node.is_missing();
        if wrong {
            let (line, column) = lines.place(text, node.start_byte());
            let what = if node.is_missing() {
                format!("`{}` is missing", node.kind())
            } else {
                "this does not parse".to_owned()
            };
            found.push((line, column, what));
        }
        if !wrong && node.has_error() && cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return Ok(found);
            }
        }
    }
}
