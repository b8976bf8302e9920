//! Text in the columns of a terminal, where a character may take two of them or none.

use unicode_width::UnicodeWidthChar as _;

use crate::ui::clean;

/// How many columns a character takes at most. The selector that makes an emoji out of a
/// character makes it wide as well; how wide a tab is depends on its place.
fn of_char(c: char) -> usize {
    match c {
        '\u{fe0f}' => 1,
        '\t' => 8,
        _ => c.width().unwrap_or(0),
    }
}

/// How many columns a text takes. Terminals that do not join what belongs together (flags,
/// families) are the measure, so that no line is ever too long.
pub(crate) fn width(text: &str) -> usize {
    text.chars().map(of_char).sum()
}

/// The first line of a text in at most `room` columns, fit to be shown.
pub(crate) fn cut(text: &str, room: usize) -> String {
    let line = clean(text.lines().next().unwrap_or_default());
    if width(&line) <= room {
        return line.into_owned();
    }
    let mut kept: String = beginning(line.chars(), room).collect();
    kept.extend((room > 0).then_some('…'));
    kept
}

/// All of a path in at most `room` columns; its end stays, which tells more than the beginning.
pub(crate) fn cut_path(path: &str, room: usize) -> String {
    let line = clean(path);
    if width(&line) <= room {
        return line.into_owned();
    }
    let mut kept: Vec<char> = beginning(line.chars().rev(), room).collect();
    kept.extend((room > 0).then_some('…'));
    kept.into_iter().rev().collect()
}

/// The first characters, with one column left for the sign that something is missing.
fn beginning(text: impl Iterator<Item = char>, room: usize) -> impl Iterator<Item = char> {
    let room = room.saturating_sub(1);
    let mut used = 0;
    text.take_while(move |c| {
        used += of_char(*c);
        used <= room
    })
}

/// The text with as many spaces behind it as it needs to fill the columns.
pub(crate) fn pad(text: &str, columns: usize) -> String {
    let missing = columns.saturating_sub(width(text));
    format!("{text}{}", " ".repeat(missing))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_characters_take_two_columns_and_marks_none() {
        for (text, columns) in
            [("abc", 3), ("日本", 4), ("e\u{301}", 1), ("\u{2764}\u{fe0f}", 2), ("אב", 2), ("", 0)]
        {
            assert_eq!(width(text), columns, "{text}");
        }
    }

    #[test]
    fn what_is_cut_fits_and_says_so() {
        assert_eq!(cut("order_total", 20), "order_total");
        assert_eq!(cut("order_total", 6), "order…");
        assert_eq!(cut("日本語.py", 6), "日本…");
        assert_eq!(cut("日本語", 2), "…");
        assert_eq!(cut("two\nlines", 9), "two");
        assert_eq!(cut("anything", 0), "");
        assert_eq!(cut_path("shop/cart.py", 20), "shop/cart.py");
        assert_eq!(cut_path("shop/carts/large.py", 10), "…/large.py");
        assert_eq!(cut_path("a/日本語.py", 8), "…本語.py");
        assert_eq!(cut_path("two\nlines", 20), r"two\nlines");
    }
}
