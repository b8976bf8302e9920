//! A mission given in words. Only what parses completely is understood; the rest needs a
//! model, and is never half understood.

use axon_domain::{Code, Error, Goal, Language, Result, SymbolKind};

/// The forms that work without a model, as help texts show them.
pub const FORMS: &[&str] = &[
    "rename [function|class|type|method|constant] OLD to NEW",
    "rewrite `PATTERN` to `REPLACEMENT` in python|rust",
];

/// The goal that a sentence names, or [`Code::NeedsModel`].
pub fn parse(sentence: &str) -> Result<Goal> {
    let text = sentence.trim().trim_end_matches('.');
    parse_rename(text).or_else(|| parse_rewrite(text)).ok_or_else(|| {
        let forms: Vec<String> = FORMS.iter().map(|form| format!("\"{form}\"")).collect();
        Error::new(
            Code::NeedsModel,
            "this sentence is not one of the forms that work without a model",
        )
        .at(sentence.trim())
        .hint(format!("write one of: {}", forms.join(", ")))
    })
}

fn parse_rename(text: &str) -> Option<Goal> {
    let words: Vec<&str> = text.split_whitespace().map(unquote).collect();
    let (kind, from, to) = match words[..] {
        [verb, from, "to", to] if verb.eq_ignore_ascii_case("rename") => (None, from, to),
        [verb, kind, from, "to", to] if verb.eq_ignore_ascii_case("rename") => {
            (Some(parse_kind(kind)?), from, to)
        }
        _ => return None,
    };
    (is_name(from) && is_name(to) && !to.contains(['.', ':'])).then(|| Goal::Rename {
        from: from.to_owned(),
        to: to.to_owned(),
        at: None,
        kind,
        keep_alias: false,
    })
}

fn parse_kind(word: &str) -> Option<SymbolKind> {
    Some(match word.to_ascii_lowercase().as_str() {
        "function" => SymbolKind::Function,
        "class" | "type" | "struct" | "enum" | "trait" => SymbolKind::Type,
        "method" => SymbolKind::Method,
        "constant" | "static" | "variable" => SymbolKind::Constant,
        _ => return None,
    })
}

fn parse_rewrite(text: &str) -> Option<Goal> {
    let (verb, rest) = text.split_once(char::is_whitespace)?;
    let between = if verb.eq_ignore_ascii_case("rewrite") {
        "to"
    } else if verb.eq_ignore_ascii_case("replace") {
        "with"
    } else {
        return None;
    };
    let (pattern, rest) = quoted(rest)?;
    let (replacement, rest) = quoted(rest.trim_start().strip_prefix(between)?)?;
    let language: Language = rest.trim().strip_prefix("in ")?.trim().parse().ok()?;
    Some(Goal::Rewrite {
        pattern: pattern.to_owned(),
        replacement: replacement.to_owned(),
        language,
    })
}

/// What stands between the first quote and the next one of its kind, and the rest.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start();
    let quote = text.chars().next().filter(|quote| matches!(quote, '`' | '\'' | '"'))?;
    text[1..].split_once(quote)
}

fn unquote(word: &str) -> &str {
    word.trim_matches(['`', '\'', '"'])
}

fn is_name(word: &str) -> bool {
    !word.is_empty()
        && word.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | ':' | '#'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rename_in_words_is_the_same_as_the_option() {
        let goal = parse("rename function calculate_total to order_total").unwrap();
        let expected = Goal::Rename {
            from: "calculate_total".into(),
            to: "order_total".into(),
            at: None,
            kind: Some(SymbolKind::Function),
            keep_alias: false,
        };
        assert_eq!(goal, expected);
        assert!(parse("Rename `Cart.total` to `sum`.").is_ok());
    }

    #[test]
    fn a_rewrite_in_words_keeps_its_patterns_as_written() {
        let goal =
            parse("rewrite `assert_eq($A, $B)` to `assert_equal($A, $B)` in python").unwrap();
        let Goal::Rewrite { pattern, replacement, language } = goal else { panic!("{goal:?}") };
        assert_eq!(pattern, "assert_eq($A, $B)");
        assert_eq!(replacement, "assert_equal($A, $B)");
        assert_eq!(language, Language::Python);
    }

    #[test]
    fn a_sentence_that_does_not_parse_to_its_end_needs_a_model() {
        for sentence in [
            "rename function a to b and fix the tests",
            "rename a",
            "rename widget a to b",
            "rename a to b.c",
            "rewrite `a` to `b` in cobol",
            "make the parser reject duplicate keys",
            "",
        ] {
            assert_eq!(parse(sentence).unwrap_err().code(), Code::NeedsModel, "{sentence}");
        }
    }
}
