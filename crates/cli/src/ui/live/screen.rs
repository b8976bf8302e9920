//! Putting frames on a terminal: one write each, only what changed, nothing that flickers.

use crate::ui::live::row::Row;

/// Columns and rows of a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) columns: usize,
    pub(crate) rows: usize,
}

/// Terminals that know it show everything between these at once; others ignore them.
const TOGETHER: (&str, &str) = ("\x1b[?2026h", "\x1b[?2026l");

/// The block that stands on the screen, above the cursor.
#[derive(Debug, Default)]
pub(crate) struct Screen {
    /// Its lines and how many columns each takes.
    drawn: Vec<(String, usize)>,
    columns: usize,
}

impl Screen {
    /// What to write so that these rows stand there instead of the last ones; `None` where they
    /// do already. The cursor is below the block before and afterwards.
    pub(crate) fn show(&mut self, rows: &[Row], size: Size) -> Option<String> {
        let new: Vec<(String, usize)> = rows.iter().map(|row| (row.ansi(), row.width())).collect();
        let resized = !self.drawn.is_empty() && self.columns != size.columns;
        if new == self.drawn && !resized {
            return None;
        }
        let mut out = TOGETHER.0.to_owned();
        let up = self.height(size);
        if up > 0 {
            out.push_str(&format!("\r\x1b[{up}A"));
        }
        if resized {
            // Terminals differ in what they make of lines that are too long now.
            out.push_str("\x1b[J");
            self.drawn.clear();
        }
        for (place, (line, width)) in new.iter().enumerate() {
            if self.drawn.get(place).is_none_or(|(old, _)| old != line) {
                out.push_str(line);
                // After the last column some terminals would erase that one.
                out.push_str(if *width < size.columns { "\x1b[K" } else { "" });
            }
            out.push('\n');
        }
        // What is left of a longer block, and what was typed below it.
        out.push_str("\x1b[J");
        out.push_str(TOGETHER.1);
        self.drawn = new;
        self.columns = size.columns;
        Some(out)
    }

    /// How many lines of the terminal the block takes, at its present width.
    fn height(&self, size: Size) -> usize {
        let columns = size.columns.max(1);
        let lines = self.drawn.iter().map(|(_, width)| width.div_ceil(columns).max(1));
        lines.sum::<usize>().min(size.rows.saturating_sub(1))
    }

    /// The block stays where it is; the next one begins below.
    pub(crate) fn leave(&mut self) {
        self.drawn.clear();
    }

    /// Whether a block stands there.
    pub(crate) fn is_empty(&self) -> bool {
        self.drawn.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::live::row::{BAD, PLAIN};

    const SIZE: Size = Size { columns: 20, rows: 10 };

    fn rows(lines: &[&str]) -> Vec<Row> {
        lines.iter().map(|line| Row::new(20).with(PLAIN, line)).collect()
    }

    fn written(screen: &mut Screen, lines: &[&str], size: Size) -> Option<String> {
        let written = screen.show(&rows(lines), size)?;
        let inside = written.strip_prefix(TOGETHER.0).unwrap();
        Some(inside.strip_suffix(TOGETHER.1).unwrap().to_owned())
    }

    #[test]
    fn only_lines_that_changed_are_written() {
        let mut screen = Screen::default();
        let first = written(&mut screen, &["one", "two"], SIZE);
        assert_eq!(first.unwrap(), "one\x1b[K\ntwo\x1b[K\n\x1b[J");
        assert_eq!(written(&mut screen, &["one", "two"], SIZE), None);
        let second = written(&mut screen, &["one", "2"], SIZE);
        assert_eq!(second.unwrap(), "\r\x1b[2A\n2\x1b[K\n\x1b[J");
        let shorter = written(&mut screen, &["one"], SIZE);
        assert_eq!(shorter.unwrap(), "\r\x1b[2A\n\x1b[J");
        let full = written(&mut screen, &["of twenty characters"], SIZE);
        assert_eq!(full.unwrap(), "\r\x1b[1Aof twenty characters\n\x1b[J");
    }

    #[test]
    fn after_a_change_of_size_everything_is_written_anew() {
        let mut screen = Screen::default();
        let _ = written(&mut screen, &["twelve chars", "two"], SIZE);
        let narrow = Size { columns: 8, rows: 10 };
        let again = written(&mut screen, &["twelve", "two"], narrow);
        assert_eq!(again.unwrap(), "\r\x1b[3A\x1b[Jtwelve\x1b[K\ntwo\x1b[K\n\x1b[J");
        let low = Size { columns: 7, rows: 2 };
        assert!(written(&mut screen, &["two"], low).unwrap().starts_with("\r\x1b[1A"));
    }

    #[test]
    fn a_block_that_is_left_stays() {
        let mut screen = Screen::default();
        let _ = written(&mut screen, &["one"], SIZE);
        screen.leave();
        assert!(screen.is_empty());
        assert_eq!(written(&mut screen, &["one"], SIZE).unwrap(), "one\x1b[K\n\x1b[J");
    }

    #[test]
    fn a_row_never_gets_wider_than_its_room_whatever_is_pushed() {
        let row = Row::new(10).with(BAD, "日本\x1b[2J").with(PLAIN, "more").with(PLAIN, "more");
        assert_eq!(row.plain(), r"日本\u{1b…");
        assert_eq!((row.width(), row.left()), (10, 0));
        assert_eq!(row.ansi(), "\x1b[31m日本\\u{1b…\x1b[0m");
    }
}
