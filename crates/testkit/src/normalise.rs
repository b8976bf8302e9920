//! Making output comparable: what differs between two runs becomes a name in brackets.
//!
//! | in the output | becomes |
//! |---|---|
//! | a folder of the test | `[TMP]` |
//! | 7 to 64 hexadecimal digits with at least one digit and one letter, or 40 or 64 of any | `[HASH]` |
//! | `8-4-4-4-12` hexadecimal digits | `[UUID]` |
//! | `2026-11-20 18:55:01`, also with `T`, fractions and a zone | `[TIME]` |
//! | `0.3s`, `12 ms`, `1m 02s` | `[ELAPSED]` |

use std::path::Path;

/// Replaces what differs between two runs. Each rule looks at whole words only.
#[derive(Debug, Clone, Default)]
pub struct Normaliser {
    texts: Vec<(String, String)>,
}

impl Normaliser {
    /// Without folders.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Replaces a folder's path.
    #[must_use]
    pub fn folder(self, path: &Path, name: &str) -> Self {
        self.text(&path.display().to_string(), name)
    }

    /// Replaces a text that the test knows: a mission's id, a version.
    #[must_use]
    pub fn text(mut self, text: &str, name: &str) -> Self {
        assert!(!text.is_empty(), "an empty text is everywhere");
        self.texts.push((text.to_owned(), name.to_owned()));
        self
    }

    /// The text with everything replaced; known texts first.
    #[must_use]
    pub fn apply(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (known, name) in &self.texts {
            text = text.replace(known, name);
        }
        let mut out = String::with_capacity(text.len());
        let mut rest = text.as_str();
        let mut before = None;
        while let Some(next) = rest.chars().next() {
            let starts_word = !before.is_some_and(is_word) && is_word(next);
            let found = if starts_word { recognise(rest) } else { None };
            let length = match found {
                Some((name, length)) => {
                    out.push_str(name);
                    length
                }
                None => {
                    out.push(next);
                    next.len_utf8()
                }
            };
            before = rest[..length].chars().next_back();
            rest = &rest[length..];
        }
        out
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The length of what a text begins with, if it is of the rule's kind.
type Rule = fn(&str) -> Option<usize>;

/// What begins here, and how many bytes of it there are.
fn recognise(text: &str) -> Option<(&'static str, usize)> {
    let rules: [(&str, Rule); 4] =
        [("[UUID]", uuid), ("[TIME]", time), ("[ELAPSED]", elapsed), ("[HASH]", hash)];
    rules.into_iter().find_map(|(name, rule)| Some((name, rule(text).filter(|n| ends(text, *n))?)))
}

/// Whether a word ends after so many bytes.
fn ends(text: &str, length: usize) -> bool {
    !text[length..].chars().next().is_some_and(is_word)
}

fn run(text: &str, of: impl Fn(u8) -> bool) -> usize {
    text.bytes().take_while(|byte| of(*byte)).count()
}

fn hash(text: &str) -> Option<usize> {
    let length = run(text, |b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    let mixed = text[..length].bytes().any(|b| b.is_ascii_digit())
        && text[..length].bytes().any(|b| b.is_ascii_alphabetic());
    (matches!(length, 40 | 64) || (mixed && (7..=64).contains(&length))).then_some(length)
}

fn uuid(text: &str) -> Option<usize> {
    let mut at = 0;
    for (part, length) in [8, 4, 4, 4, 12].into_iter().enumerate() {
        if part > 0 {
            at += text[at..].starts_with('-').then_some(1)?;
        }
        at += (run(&text[at..], |b| b.is_ascii_hexdigit()) == length).then_some(length)?;
    }
    Some(at)
}

/// A date and a time of day as in RFC 3339.
fn time(text: &str) -> Option<usize> {
    let at = shape(text, "dddd-dd-dd")?;
    let separator = text[at..].starts_with(['T', ' ']).then_some(1)?;
    let mut at = at + separator + shape(&text[at + separator..], "dd:dd")?;
    at += shape(&text[at..], ":dd").unwrap_or(0);
    if text[at..].starts_with('.') {
        let digits = run(&text[at + 1..], |b| b.is_ascii_digit());
        at += if digits > 0 { digits + 1 } else { 0 };
    }
    let rest = &text[at..];
    let zone = if rest.starts_with(['Z', 'z']) {
        1
    } else {
        shape(rest, "+dd:dd").or_else(|| shape(rest, "-dd:dd")).unwrap_or(0)
    };
    Some(at + zone)
}

/// The length of a shape in which `d` stands for a digit.
fn shape(text: &str, shape: &str) -> Option<usize> {
    let fits = |(c, s): (u8, u8)| if s == b'd' { c.is_ascii_digit() } else { c == s };
    let enough = text.len() >= shape.len();
    (enough && text.bytes().zip(shape.bytes()).all(fits)).then_some(shape.len())
}

/// One or more numbers with a unit of time.
fn elapsed(text: &str) -> Option<usize> {
    let mut end = one_elapsed(text)?;
    loop {
        let space = usize::from(text[end..].starts_with(' '));
        match one_elapsed(&text[end + space..]) {
            Some(length) => end += space + length,
            None => return Some(end),
        }
    }
}

fn one_elapsed(text: &str) -> Option<usize> {
    let digits = run(text, |b| b.is_ascii_digit());
    if digits == 0 {
        return None;
    }
    let mut at = digits;
    let fraction = text[at..].strip_prefix('.').map_or(0, |t| run(t, |b| b.is_ascii_digit()));
    at += if fraction > 0 { fraction + 1 } else { 0 };
    at += usize::from(text[at..].starts_with(' '));
    let unit = ["ns", "µs", "us", "ms", "s", "min", "m", "h"].into_iter().find(|unit| {
        let rest = text[at..].strip_prefix(unit);
        rest.is_some_and(|rest| !rest.chars().next().is_some_and(|c| c.is_alphabetic() || c == '_'))
    })?;
    Some(at + unit.len())
}

#[cfg(test)]
mod tests {
    use super::Normaliser;
    use std::path::Path;

    const CASES: &[(&str, &str)] = &[
        ("at /tmp/x1/repo/a.py:3", "at [TMP]/repo/a.py:3"),
        ("commit 9fceb02 made", "commit [HASH] made"),
        ("axon/9fceb02d0ae598e95dc970b74767f19372d61af8.", "axon/[HASH]."),
        ("1234567 files, facade, a_9fceb02", "1234567 files, facade, a_9fceb02"),
        ("1111111111111111111111111111111111111111", "[HASH]"),
        ("id 018f4e2a-7b1c-7def-8000-00000000abcd!", "id [UUID]!"),
        ("2026-11-20 18:55:01", "[TIME]"),
        ("\"2026-11-20T18:55:01.123456Z\"", "\"[TIME]\""),
        ("2026-11-20T18:55+01:00 done", "[TIME] done"),
        ("on 2026-11-20", "on 2026-11-20"),
        ("took 0.3s, 12 ms, 1m 02s.", "took [ELAPSED], [ELAPSED], [ELAPSED]."),
        ("3 sites, 4 mentions, 5 h, v1.2.3", "3 sites, 4 mentions, [ELAPSED], v1.2.3"),
        ("größe 12 µs — fünf", "größe [ELAPSED] — fünf"),
        ("", ""),
    ];

    #[test]
    fn what_differs_between_runs_becomes_a_name() {
        let normaliser = Normaliser::new().folder(Path::new("/tmp/x1"), "[TMP]");
        for (text, expected) in CASES {
            assert_eq!(normaliser.apply(text), *expected, "{text}");
        }
    }

    #[test]
    fn a_text_that_is_normal_already_stays_as_it_is() {
        let normaliser = Normaliser::new();
        for (_, expected) in CASES {
            assert_eq!(normaliser.apply(expected), *expected);
        }
    }
}
