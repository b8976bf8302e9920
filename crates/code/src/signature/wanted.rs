//! The signature that is asked for, as a person writes it.

use axon_domain::{Code, Error, Result};

/// One parameter of the new signature.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Wanted {
    /// As it is written, without `<-old` and `:= value`.
    pub(crate) text: String,
    /// With its stars in Python (`*args`), the bare name otherwise; `/` and `*` are themselves.
    pub(crate) name: String,
    /// The parameter that it was.
    pub(crate) old: Option<String>,
    /// The type behind `:`.
    pub(crate) annotation: Option<String>,
    /// What is behind `=`.
    pub(crate) default: Option<String>,
    /// What callers pass: behind `:=`.
    pub(crate) value: Option<String>,
}

/// A name and what is wanted of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    /// Bare or qualified.
    pub(crate) symbol: String,
    /// In order.
    pub(crate) parameters: Vec<Wanted>,
}

/// Reads `name(parameter, …)`.
pub(crate) fn read(signature: &str) -> Result<Asked> {
    let wrong = |why: &str| {
        Error::new(Code::Usage, format!("`{signature}` is no signature: {why}"))
            .hint("write it as name(parameter, new=default, given:=value, new_name<-old_name)")
    };
    let open = signature.find('(').ok_or_else(|| wrong("there is no `(`"))?;
    let symbol = signature[..open].trim();
    if symbol.is_empty() {
        return Err(wrong("there is no name before the `(`"));
    }
    let rest = signature[open + 1..].trim_end();
    let inner = rest
        .strip_suffix(')')
        .ok_or_else(|| wrong("it has to end with `)`; the type of the result is not part of it"))?;
    let pieces = split(inner, b',').ok_or_else(|| wrong("the brackets do not fit"))?;
    let mut parameters = Vec::new();
    for (at, piece) in pieces.iter().enumerate() {
        if piece.trim().is_empty() {
            if at + 1 == pieces.len() {
                continue;
            }
            return Err(wrong("a parameter is empty"));
        }
        parameters.push(parameter(piece.trim()).ok_or_else(|| wrong(piece.trim()))?);
    }
    Ok(Asked { symbol: symbol.to_owned(), parameters })
}

fn parameter(piece: &str) -> Option<Wanted> {
    let mut wanted = Wanted::default();
    let (piece, value) = match find(piece, ":=") {
        Some(at) => (piece[..at].trim(), Some(piece[at + 2..].trim().to_owned())),
        None => (piece, None),
    };
    if value.as_deref() == Some("") {
        return None;
    }
    wanted.value = value;
    let (piece, default) = match find(piece, "=") {
        Some(at) => (piece[..at].trim(), Some(piece[at + 1..].trim().to_owned())),
        None => (piece, None),
    };
    wanted.default = default;
    let (name, annotation) = match find(piece, ":") {
        Some(at) => (piece[..at].trim(), Some(piece[at + 1..].trim().to_owned())),
        None => (piece, None),
    };
    wanted.annotation = annotation;
    let (name, old) = match name.split_once("<-") {
        Some((name, old)) => (name.trim(), Some(old.trim().to_owned())),
        None => (name, None),
    };
    (wanted.name, wanted.old) = (name.to_owned(), old);
    wanted.text = wanted.name.clone();
    if let Some(annotation) = &wanted.annotation {
        wanted.text.push_str(": ");
        wanted.text.push_str(annotation);
    }
    if let Some(default) = &wanted.default {
        wanted.text.push_str(if wanted.annotation.is_some() { " = " } else { "=" });
        wanted.text.push_str(default);
    }
    (!wanted.name.is_empty()).then_some(wanted)
}

/// Where a text outside of brackets and strings begins with this mark. `::`, `->`, `==` and the
/// like are not marks.
fn find(text: &str, mark: &str) -> Option<usize> {
    let mut found = None;
    scan(text, |at, depth| {
        let rest = &text[at..];
        let before = text.as_bytes()[..at].last().copied().unwrap_or(b' ');
        let part = match mark {
            ":" => rest.starts_with("::") || before == b':',
            "=" => rest.starts_with("==") || matches!(before, b'=' | b'!' | b'<' | b'>' | b':'),
            _ => false,
        };
        if depth == 0 && found.is_none() && !part && rest.starts_with(mark) {
            found = Some(at);
        }
    })?;
    found
}

/// The pieces between separators outside of brackets and strings; `None` where they do not fit.
fn split(text: &str, separator: u8) -> Option<Vec<&str>> {
    let mut cuts = Vec::new();
    scan(text, |at, depth| {
        if depth == 0 && text.as_bytes()[at] == separator {
            cuts.push(at);
        }
    })?;
    let mut pieces = Vec::new();
    let mut from = 0;
    for cut in cuts {
        pieces.push(&text[from..cut]);
        from = cut + 1;
    }
    pieces.push(&text[from..]);
    Some(pieces)
}

/// Tells of every ASCII byte outside of strings how many brackets are open.
fn scan(text: &str, mut tell: impl FnMut(usize, usize)) -> Option<()> {
    let bytes = text.as_bytes();
    let mut open: Vec<u8> = Vec::new();
    let mut at = 0;
    while let Some(byte) = bytes.get(at).copied() {
        match byte {
            b'\''
                if open.last() == Some(&b'<')
                    || matches!(bytes.get(at.wrapping_sub(1)), Some(b'&' | b'<')) => {}
            b'"' | b'\'' if closing_quote(bytes, at).is_some() => {
                at = closing_quote(bytes, at)?;
            }
            b'"' => return None,
            b'(' | b'[' | b'{' => open.push(byte),
            b'<' if bytes.get(at + 1) != Some(&b'-') && bytes.get(at + 1) != Some(&b'=') => {
                open.push(byte);
            }
            b'>' if open.last() == Some(&b'<')
                && !matches!(bytes.get(at.wrapping_sub(1)), Some(b'-' | b'=')) =>
            {
                open.pop();
            }
            b')' | b']' | b'}' => {
                let fits = match byte {
                    b')' => b'(',
                    b']' => b'[',
                    _ => b'{',
                };
                if open.pop() != Some(fits) {
                    return None;
                }
            }
            byte if byte.is_ascii() => tell(at, open.len()),
            _ => {}
        }
        at += 1;
    }
    open.is_empty().then_some(())
}

/// Where the string that begins here ends; a lifetime (`'a`) is no string.
fn closing_quote(bytes: &[u8], at: usize) -> Option<usize> {
    let quote = bytes[at];
    let mut end = at + 1;
    while let Some(byte) = bytes.get(end) {
        match byte {
            b'\\' => end += 1,
            byte if *byte == quote => return Some(end),
            _ => {}
        }
        end += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_of_a_parameter_is_read() {
        let asked =
            read("shop.f(a, cur<-c: dict[str, int] = {'a': 1}, given: int := (1, 2), *rest)");
        let asked = asked.unwrap();
        assert_eq!(asked.symbol, "shop.f");
        let [a, c, given, rest] = asked.parameters.as_slice() else { panic!("{asked:?}") };
        assert_eq!(a.text, "a");
        assert_eq!((c.name.as_str(), c.old.as_deref()), ("cur", Some("c")));
        assert_eq!(c.text, "cur: dict[str, int] = {'a': 1}");
        assert_eq!(given.value.as_deref(), Some("(1, 2)"));
        assert_eq!(given.text, "given: int");
        assert_eq!(rest.name, "*rest");
    }

    #[test]
    fn types_of_rust_are_whole() {
        let asked = read(
            "Cart::f(&self, r: &'a str, m: HashMap<&'a str, Box<dyn Fn(u8) -> u8>>, n: fn() -> u8)",
        );
        let asked = asked.unwrap();
        let [receiver, _, map, function] = asked.parameters.as_slice() else { panic!("{asked:?}") };
        assert_eq!(receiver.name, "&self");
        assert_eq!(map.annotation.as_deref(), Some("HashMap<&'a str, Box<dyn Fn(u8) -> u8>>"));
        assert_eq!(function.annotation.as_deref(), Some("fn() -> u8"));
    }

    #[test]
    fn what_is_no_signature_is_said() {
        for text in ["f", "(a)", "f(a", "f(a) -> int", "f(a,,b)", "f([)", "f(a:=)", "f(\"a)"] {
            assert_eq!(read(text).unwrap_err().code(), Code::Usage, "{text}");
        }
    }
}
