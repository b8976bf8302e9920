//! How things look: progress, questions, tables, patches, errors.

use std::borrow::Cow;
use std::io::IsTerminal as _;

pub(crate) mod ask;
pub(crate) mod columns;
pub(crate) mod dispute;
pub(crate) mod editor;
pub(crate) mod follow;
pub(crate) mod leave;
pub(crate) mod live;
pub(crate) mod patch;
pub(crate) mod problem;
pub(crate) mod progress;
pub(crate) mod report;
pub(crate) mod said;
pub(crate) mod stages;
pub(crate) mod table;

/// The text as it may be shown: control characters, which could break the line or move the
/// cursor of a terminal, are written as escapes, and so are those that turn the direction of
/// writing or show nothing at all, which make a text look like another one. Tabs stay.
pub(crate) fn clean(text: &str) -> Cow<'_, str> {
    let unsafe_to_show = |c: char| match c {
        '\t' => false,
        '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{feff}' => true,
        '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' => true,
        _ => c.is_control(),
    };
    if !text.contains(unsafe_to_show) {
        return Cow::Borrowed(text);
    }
    let escaped = text.chars().map(|c| match unsafe_to_show(c) {
        true => c.escape_default().to_string(),
        false => c.to_string(),
    });
    Cow::Owned(escaped.collect())
}

/// As [`clean`], for text that may have several lines.
pub(crate) fn clean_lines(text: &str) -> String {
    let lines: Vec<Cow<'_, str>> = text.split('\n').map(clean).collect();
    lines.join("\n")
}

/// A number with its noun: `1 file`, `10,000 files`.
pub(crate) fn count(number: impl TryInto<u64>, one: &str, many: &str) -> String {
    let number = number.try_into().unwrap_or(u64::MAX);
    format!("{} {}", thousands(number), if number == 1 { one } else { many })
}

/// A number with a comma between groups of three digits.
pub(crate) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A text for a terminal that begins in column `indent`: broken between words, what follows
/// indented as well. Where standard output is no terminal it stays on one line.
pub(crate) fn wrapped(text: &str, indent: usize) -> String {
    if std::io::stdout().is_terminal() {
        wrap(text, indent, progress::width())
    } else {
        text.into()
    }
}

/// A text that stands in a line with so many other columns: cut to what a terminal has left.
/// Where standard output is no terminal it is whole.
pub(crate) fn fitting(text: &str, others: usize) -> String {
    if std::io::stdout().is_terminal() {
        columns::cut(text, progress::width().saturating_sub(others))
    } else {
        clean(text).into_owned()
    }
}

fn wrap(text: &str, indent: usize, width: usize) -> String {
    let mut out = String::new();
    let mut column = indent;
    for word in text.split(' ') {
        let length = columns::width(word);
        if column > indent && column + 1 + length > width {
            out.push('\n');
            out.push_str(&" ".repeat(indent));
            column = indent;
        } else if column > indent {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += length;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_a_repository_cannot_steer_the_terminal() {
        assert_eq!(clean("naïve\tname.py"), "naïve\tname.py");
        assert_eq!(clean("a\n\u{1b}[2J\u{9b}b\r"), r"a\n\u{1b}[2J\u{9b}b\r");
        assert_eq!(clean_lines("a\nb\u{7}"), "a\nb\\u{7}");
        assert_eq!(clean("pass\u{202e}yp.x"), r"pass\u{202e}yp.x");
        assert_eq!(clean("שלום.py"), "שלום.py");
    }

    #[test]
    fn a_text_is_broken_between_words_and_indented() {
        assert_eq!(wrap("one two three", 2, 10), "one two\n  three");
        assert_eq!(wrap("longer-than-the-line a", 4, 10), "longer-than-the-line\n    a");
        assert_eq!(wrap("", 4, 10), "");
    }

    #[test]
    fn numbers_are_grouped_and_nouns_agree() {
        assert_eq!(count(1_u32, "file", "files"), "1 file");
        assert_eq!(count(0_u32, "file", "files"), "0 files");
        assert_eq!(count(1_234_567_u64, "file", "files"), "1,234,567 files");
    }
}
