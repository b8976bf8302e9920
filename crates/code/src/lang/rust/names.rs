//! Which words are names. <https://doc.rust-lang.org/reference/identifiers.html>

use unicode_ident::{is_xid_continue, is_xid_start};

/// Words that are names only as `r#word`, in any edition.
const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn",
    "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let",
    "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return",
    "static", "struct", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use",
    "virtual", "where", "while", "yield",
];

/// Words that are never names.
const NEVER: &[&str] = &["crate", "self", "super", "Self", "_"];

/// Whether a word has to be written `r#word` to be a name.
pub(super) fn is_keyword(word: &str) -> bool {
    KEYWORDS.contains(&word)
}

/// Whether a text has the form of a name.
pub(super) fn is_identifier(text: &str) -> bool {
    let mut chars = text.chars();
    let first = chars.next().is_some_and(|c| c == '_' || is_xid_start(c));
    first && chars.all(is_xid_continue)
}

/// Why a text cannot be a name; `None` where it can. `r#type` can, `type` cannot.
pub(super) fn refuse(text: &str) -> Option<String> {
    let bare = text.strip_prefix("r#").unwrap_or(text);
    if !is_identifier(bare) {
        return Some(format!("`{text}` does not have the form of a Rust name"));
    }
    if NEVER.contains(&bare) {
        return Some(format!("`{bare}` has a meaning of its own in Rust and cannot be a name"));
    }
    if is_keyword(text) {
        return Some(format!("`{text}` is a keyword of Rust (`r#{text}` would be a name)"));
    }
    None
}

/// The name as code writes it.
pub(super) fn spelled(text: &str) -> String {
    let bare = text.strip_prefix("r#").unwrap_or(text);
    if is_keyword(bare) { format!("r#{bare}") } else { bare.to_owned() }
}
