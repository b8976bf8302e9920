//! A list of goals in a file: one sentence a line, or TOML.
//!
//! Which of the two it is follows from the file's name. Both are read whole or not at all.

use axon_domain::{Code, Error, Goal, Language, Result};
use serde::Deserialize;
use toml::Spanned;

use crate::sentence;

/// The largest list, in bytes.
const LARGEST: usize = 1 << 20;

/// The goals of a list. `name` is the file's name, as errors call it; TOML is what ends with
/// `.toml`.
///
/// # Errors
/// [`Code::Usage`] with line and column for what cannot be read, has no goal or more than
/// [`Goal::MOST`]; [`Code::NeedsModel`] for a sentence that is none of the forms.
pub fn parse(text: &str, name: &str) -> Result<Goal> {
    if text.len() > LARGEST {
        let what = format!("a list of goals has at most {LARGEST} bytes, this one {}", text.len());
        return Err(Error::new(Code::Usage, what).at(name));
    }
    let list = List { text, name };
    let goals = if name.ends_with(".toml") { list.tables()? } else { list.lines()? };
    if goals.is_empty() {
        return Err(Error::new(Code::Usage, "there is no goal in the list").at(name).hint(HINT));
    }
    Ok(Goal::Several { goals })
}

const HINT: &str = "docs/missions.md shows a list";

struct List<'a> {
    text: &'a str,
    name: &'a str,
}

impl List<'_> {
    /// One sentence a line; `#` begins a comment at the start of a line.
    fn lines(&self) -> Result<Vec<Goal>> {
        let mut goals = Vec::new();
        let mut start = 0;
        for line in self.text.split_inclusive('\n') {
            let sentence = line.trim().trim_start_matches('\u{feff}');
            if !sentence.is_empty() && !sentence.starts_with('#') {
                let at = start + line.len() - line.trim_start().len();
                self.room_for(&goals, at)?;
                goals.push(sentence::parse(sentence).map_err(|error| self.at(error, at))?);
            }
            start += line.len();
        }
        Ok(goals)
    }

    fn tables(&self) -> Result<Vec<Goal>> {
        let file: File = toml::from_str(self.text).map_err(|error| {
            let what = error.message().trim().replace('\n', ", ");
            self.usage(what, error.span().map_or(0, |span| span.start))
        })?;
        let mut goals = Vec::with_capacity(file.goal.len().min(Goal::MOST));
        for table in file.goal {
            let at = table.span().start;
            self.room_for(&goals, at)?;
            goals.push(self.goal(table.into_inner(), at)?);
        }
        Ok(goals)
    }

    fn goal(&self, table: Table, at: usize) -> Result<Goal> {
        if let Some(what) = table.misfit() {
            return Err(self.usage(what, at));
        }
        let wrong = |what: &str| self.usage(what.to_owned(), at);
        let place =
            |symbol: Option<Spanned<String>>| symbol.map(|place| self.place(&place)).transpose();
        Ok(match table {
            Table { say: Some(say), .. } => {
                let error = |error| self.at(error, say.span().start);
                sentence::parse(say.get_ref()).map_err(error)?
            }
            Table { rename: Some([from, to]), symbol, keep_alias, .. } => {
                Goal::Rename { from, to, at: place(symbol)?, kind: None, keep_alias }
            }
            Table { rewrite: Some(pattern), to, lang, .. } => {
                let replacement = to.ok_or_else(|| wrong("`rewrite` needs `to`"))?;
                let lang = lang.ok_or_else(|| wrong("`rewrite` needs `lang`"))?;
                let language: Language = lang.get_ref().parse().map_err(|()| {
                    self.usage("known languages: python, rust".to_owned(), lang.span().start)
                })?;
                Goal::Rewrite { pattern, replacement, language }
            }
            Table { signature: Some(signature), symbol, .. } => {
                let at = signature.span().start;
                let signature = signature.into_inner();
                axon_code::read_signature(&signature).map_err(|error| self.at(error, at))?;
                Goal::Signature { signature, at: place(symbol)? }
            }
            Table { r#move: Some(name), into, symbol, .. } => {
                let into = into.ok_or_else(|| wrong("`move` needs `into`"))?;
                Goal::Move { symbol: name, into, at: place(symbol)? }
            }
            Table { remove_dead: true, only, closed, .. } => {
                Goal::RemoveDead { only, kind: None, closed }
            }
            _ => return Err(wrong("this is no goal: `remove_dead` is true or left out")),
        })
    }

    /// `PATH:LINE`.
    fn place(&self, place: &Spanned<String>) -> Result<(String, u32)> {
        let parts = place.get_ref().rsplit_once(':');
        let read = parts.and_then(|(path, line)| Some((path.to_owned(), line.parse().ok()?)));
        read.filter(|(path, line)| !path.is_empty() && *line > 0).ok_or_else(|| {
            self.usage("a place is written PATH:LINE".to_owned(), place.span().start)
        })
    }

    fn room_for(&self, goals: &[Goal], at: usize) -> Result<()> {
        if goals.len() < Goal::MOST {
            return Ok(());
        }
        let what = format!("a list has at most {} goals", Goal::MOST);
        Err(self.usage(what, at).hint("give it in parts, one after the other"))
    }

    fn usage(&self, what: String, at: usize) -> Error {
        Error::new(Code::Usage, what).at(self.position(at)).hint(HINT)
    }

    /// The same error, at a byte of the list.
    fn at(&self, error: Error, at: usize) -> Error {
        let what = match error.place() {
            Some(place) if !error.what().contains(place) => format!("{}: {place}", error.what()),
            _ => error.what().to_owned(),
        };
        let named = Error::new(error.code(), what).at(self.position(at));
        match error.hint_text() {
            Some(hint) => named.hint(hint),
            None => named,
        }
    }

    /// `name:line:column` of a byte, from 1, the column in characters.
    fn position(&self, at: usize) -> String {
        let before = self.text.get(..at).unwrap_or(self.text);
        let start = before.rfind('\n').map_or(0, |end| end + 1);
        let line = before.matches('\n').count() + 1;
        format!("{}:{line}:{}", self.name, before[start..].chars().count() + 1)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    goal: Vec<Spanned<Table>>,
}

/// One goal; its keys are the options of `axon run`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    say: Option<Spanned<String>>,
    rename: Option<[String; 2]>,
    #[serde(default)]
    keep_alias: bool,
    symbol: Option<Spanned<String>>,
    rewrite: Option<String>,
    to: Option<String>,
    lang: Option<Spanned<String>>,
    signature: Option<Spanned<String>>,
    r#move: Option<String>,
    into: Option<String>,
    #[serde(default)]
    remove_dead: bool,
    #[serde(default)]
    only: Vec<String>,
    #[serde(default)]
    closed: bool,
}

impl Table {
    /// What of it does not belong together.
    fn misfit(&self) -> Option<String> {
        let kinds = [
            ("say", self.say.is_some()),
            ("rename", self.rename.is_some()),
            ("rewrite", self.rewrite.is_some()),
            ("signature", self.signature.is_some()),
            ("move", self.r#move.is_some()),
            ("remove_dead", self.remove_dead),
        ];
        let given: Vec<&str> = kinds.iter().filter(|(_, given)| *given).map(|it| it.0).collect();
        let [kind] = given.as_slice() else {
            let all: Vec<&str> = kinds.iter().map(|(kind, _)| *kind).collect();
            return Some(format!("a goal has exactly one of {}", all.join(", ")));
        };
        let options: [(&str, bool, &[&str]); 7] = [
            ("symbol", self.symbol.is_some(), &["rename", "signature", "move"]),
            ("keep_alias", self.keep_alias, &["rename"]),
            ("to", self.to.is_some(), &["rewrite"]),
            ("lang", self.lang.is_some(), &["rewrite"]),
            ("into", self.into.is_some(), &["move"]),
            ("only", !self.only.is_empty(), &["remove_dead"]),
            ("closed", self.closed, &["remove_dead"]),
        ];
        let misfit = options.iter().find(|(_, given, kinds)| *given && !kinds.contains(kind));
        misfit.map(|(option, _, kinds)| format!("`{option}` goes with {}", kinds.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rename(from: &str, to: &str) -> Goal {
        let (from, to) = (from.to_owned(), to.to_owned());
        Goal::Rename { from, to, at: None, kind: None, keep_alias: false }
    }

    #[test]
    fn a_sentence_a_line_is_a_goal_and_the_rest_is_left_out() {
        let text = "\u{feff}# First this.\n\nrename a to b\r\n  rename b to c.\n   # Then that.\n";
        let goals = vec![rename("a", "b"), rename("b", "c")];
        assert_eq!(parse(text, "goals.txt").unwrap(), Goal::Several { goals });
    }

    #[test]
    fn a_table_has_what_the_options_have() {
        let text = r#"
            goal = [
                { say = "rename a to b" },
                { rename = ["b", "c"], symbol = "x/y.py:3", keep_alias = true },
                { rewrite = "f($A)", to = "g($A)", lang = "python" },
                { signature = "f(a, b=1)", symbol = "x.py:1" },
                { move = "f", into = "x.y" },
                { remove_dead = true, only = ["x.f"], closed = true },
            ]
        "#;
        let Goal::Several { goals } = parse(text, "goals.toml").unwrap() else { panic!() };
        let titles: Vec<String> = goals.iter().map(Goal::title).collect();
        assert_eq!(
            titles,
            [
                "rename a to b",
                "rename b to c",
                "rewrite python `f($A)` to `g($A)`",
                "change the signature to f(a, b=1)",
                "move f to x.y",
                "remove unused x.f",
            ]
        );
        let at = Some(("x/y.py".to_owned(), 3));
        assert!(
            matches!(&goals[1], Goal::Rename { at: place, keep_alias: true, .. } if *place == at)
        );
        assert!(matches!(&goals[5], Goal::RemoveDead { closed: true, .. }));
    }

    #[test]
    fn what_cannot_be_read_is_said_with_line_and_column() {
        for (name, text, place, what) in [
            ("l", "rename a to b\n  make it faster\n", "l:2:3", "not one of the forms"),
            ("l", "# nothing\n", "l", "no goal"),
            ("l.toml", "[[goal]]\nrename = \"a\"\n", "l.toml:2:10", "invalid type"),
            ("l.toml", "[[goal]]\nnew = 1\n", "l.toml:2:1", "unknown field"),
            ("l.toml", "[[goal]]\n[[goal]]\nsay = \"a b\"\n", "l.toml:1:1", "exactly one"),
            ("l.toml", "[[goal]]\nsay = \"a b\"\n", "l.toml:2:7", "not one of the forms"),
            ("l.toml", "[[goal]]\nsay = \"a\"\nto = \"b\"\n", "l.toml:1:1", "`to` goes with"),
            ("l.toml", "[[goal]]\nsignature = \"f(\"\n", "l.toml:2:13", "no signature"),
            ("l.toml", "[[goal]]\nmove = \"f\"\n", "l.toml:1:1", "needs `into`"),
            (
                "l.toml",
                "[[goal]]\nmove = \"f\"\ninto = \"m\"\nsymbol = \"x\"\n",
                "l.toml:4:10",
                "PATH:LINE",
            ),
            ("l.toml", "goal = 3", "l.toml:1:8", "invalid type"),
            ("l.toml", "[[goal", "l.toml:1:7", ""),
        ] {
            let error = parse(text, name).unwrap_err();
            assert_eq!(error.place(), Some(place), "{text}: {error}");
            assert!(error.what().contains(what), "{text}: {error}");
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig {
            cases: 64,
            failure_persistence: None,
            ..Default::default()
        })]

        #[test]
        fn any_text_is_a_list_or_an_error_with_a_place(
            text in "(\\[\\[goal\\]\\]|say = |remove|dead|true|rename|a to b|[\"'=\\[\\]{},#\n é\u{feff}]){0,24}",
            name in "l|l\\.toml",
        ) {
            match parse(&text, &name) {
                Ok(goal) => proptest::prop_assert!(!goal.parts().is_empty()),
                Err(error) => {
                    proptest::prop_assert!(error.place().is_some_and(|at| at.starts_with(&name)));
                }
            }
        }
    }

    #[test]
    fn a_list_has_an_end() {
        let lines = |number| "rename a to b\n".repeat(number);
        assert!(parse(&lines(Goal::MOST), "l").is_ok());
        let error = parse(&lines(Goal::MOST + 1), "l").unwrap_err();
        assert_eq!((error.code(), error.place()), (Code::Usage, Some("l:501:1")));
        let large = "#".repeat(LARGEST + 1);
        assert_eq!(parse(&large, "l").unwrap_err().code(), Code::Usage);
    }
}
