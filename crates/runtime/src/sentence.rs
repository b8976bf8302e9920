//! A mission given in words. Only what parses completely is understood; the rest needs a
//! model, and is never half understood.

use axon_domain::{Code, Error, Goal, Language, Result, SymbolKind};

/// The forms that work without a model, as help texts show them.
pub const FORMS: &[&str] = &[
    "rename [function|class|type|method|constant] OLD to NEW",
    "rewrite `PATTERN` to `REPLACEMENT` in python|rust",
    "change the signature of FUNCTION to FUNCTION(PARAMETER, …)",
    "move SYMBOL to [module] MODULE",
    "remove dead code",
    "remove unused [function|class|type|method|constant] NAME, …",
];

/// The goal that a sentence names, or [`Code::NeedsModel`].
pub fn parse(sentence: &str) -> Result<Goal> {
    let text = sentence.trim().trim_end_matches('.');
    let forms = [parse_rename, parse_rewrite, parse_signature, parse_move, parse_remove];
    forms.iter().find_map(|form| form(text)).ok_or_else(|| {
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

fn parse_signature(text: &str) -> Option<Goal> {
    let text = after_words(text, &["change"])?;
    let text = after_words(text, &["the"]).unwrap_or(text);
    let text = after_words(text, &["signature", "of"])?;
    let (function, rest) = text.split_once(char::is_whitespace)?;
    let (function, wanted) = (unquote(function), after_words(rest, &["to"])?);
    let wanted = wanted.trim_matches('`');
    let (named, _) = axon_code::read_signature(wanted).ok()?;
    (is_name(function) && named == function)
        .then(|| Goal::Signature { signature: wanted.to_owned(), at: None })
}

fn parse_move(text: &str) -> Option<Goal> {
    let words: Vec<&str> = after_words(text, &["move"])?.split_whitespace().map(unquote).collect();
    let (symbol, into) = match words[..] {
        [_, "to", "module"] => return None,
        [symbol, "to", into] | [symbol, "to", "module", into] => (symbol, into),
        _ => return None,
    };
    let is_module = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | ':' | '/' | '-');
    (is_name(symbol) && !into.is_empty() && into.chars().all(is_module)).then(|| Goal::Move {
        symbol: symbol.to_owned(),
        into: into.to_owned(),
        at: None,
    })
}

fn parse_remove(text: &str) -> Option<Goal> {
    let all = |kind| Goal::RemoveDead { only: Vec::new(), kind, closed: false };
    let rest = after_words(text, &["remove"])?;
    let rest = after_words(rest, &["all"]).unwrap_or(rest);
    let (what, rest) = rest.split_once(char::is_whitespace)?;
    match (what.to_ascii_lowercase().as_str(), rest.trim()) {
        ("dead" | "unused", "code") => return Some(all(None)),
        ("unused", _) => {}
        _ => return None,
    }
    let (first, names) = rest.trim().split_once(char::is_whitespace).unwrap_or((rest.trim(), ""));
    let one = ["", "s", "es"].iter().find_map(|end| parse_kind(first.strip_suffix(end)?));
    let (kind, names) = match one {
        Some(kind) if names.is_empty() => return Some(all(Some(kind))),
        Some(kind) => (Some(kind), names),
        None => (None, rest.trim()),
    };
    let only: Vec<String> = names.split(',').map(|name| unquote(name.trim()).to_owned()).collect();
    let named = only.iter().all(|name| is_name(name));
    named.then_some(Goal::RemoveDead { only, kind, closed: false })
}

/// What stands behind these words, in any case.
fn after_words<'t>(text: &'t str, words: &[&str]) -> Option<&'t str> {
    words.iter().try_fold(text.trim_start(), |text, word| {
        let (first, rest) = text.split_once(char::is_whitespace)?;
        first.eq_ignore_ascii_case(word).then(|| rest.trim_start())
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
    fn a_signature_in_words_is_kept_as_written() {
        for sentence in [
            "change the signature of Cart.total to Cart.total(items, tax = 0)",
            "Change signature of `Cart.total` to `Cart.total(items, tax = 0)`.",
        ] {
            let signature = "Cart.total(items, tax = 0)".to_owned();
            assert_eq!(parse(sentence).unwrap(), Goal::Signature { signature, at: None });
        }
    }

    #[test]
    fn a_move_in_words_names_a_module_or_a_file() {
        for into in ["shop.totals", "shop/totals.py", "crate::totals"] {
            let goal = Goal::Move { symbol: "Cart".to_owned(), into: into.to_owned(), at: None };
            assert_eq!(parse(&format!("move Cart to {into}")).unwrap(), goal);
            assert_eq!(parse(&format!("Move `Cart` to module `{into}`.")).unwrap(), goal);
        }
    }

    #[test]
    fn dead_code_in_words_is_all_of_it_or_what_is_named() {
        let dead = |only: &[&str], kind| {
            let only = only.iter().map(|name| (*name).to_owned()).collect();
            Goal::RemoveDead { only, kind, closed: false }
        };
        for (sentence, goal) in [
            ("remove dead code", dead(&[], None)),
            ("Remove all unused code.", dead(&[], None)),
            ("remove unused functions", dead(&[], Some(SymbolKind::Function))),
            ("remove unused classes", dead(&[], Some(SymbolKind::Type))),
            ("remove unused function f", dead(&["f"], Some(SymbolKind::Function))),
            ("remove unused a.f, `g`", dead(&["a.f", "g"], None)),
        ] {
            assert_eq!(parse(sentence).unwrap(), goal, "{sentence}");
        }
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
            "change the signature of f to g(a)",
            "change the signature of f to f(a",
            "change the signature of f to f(a) and call it",
            "move a to b and c",
            "move a",
            "move a to module",
            "remove dead code from a.py",
            "remove unused function f and g",
            "remove dead f",
            "remove unused",
            "",
        ] {
            assert_eq!(parse(sentence).unwrap_err().code(), Code::NeedsModel, "{sentence}");
        }
    }
}
