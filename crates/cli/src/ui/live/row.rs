//! A line of the live view: pieces of text, each in a style, that together never get too wide.

use anstyle::{AnsiColor, Style};

use crate::ui::columns::{self, width};

/// Text that is no news.
pub(crate) const DIM: Style = colour(AnsiColor::BrightBlack);
/// Text as it comes.
pub(crate) const PLAIN: Style = Style::new();
/// What the whole is about.
pub(crate) const BOLD: Style = Style::new().bold();
/// What goes well.
pub(crate) const GOOD: Style = colour(AnsiColor::Green);
/// What does not.
pub(crate) const BAD: Style = colour(AnsiColor::Red);
/// What waits or was left.
pub(crate) const WAITS: Style = colour(AnsiColor::Yellow);
/// What is going on.
pub(crate) const BUSY: Style = colour(AnsiColor::Cyan);

const fn colour(colour: AnsiColor) -> Style {
    Style::new().fg_color(Some(anstyle::Color::Ansi(colour)))
}

/// A line of at most so many columns.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Row {
    pieces: Vec<(Style, String)>,
    room: usize,
    used: usize,
}

impl Row {
    pub(crate) fn new(room: usize) -> Self {
        Self { pieces: Vec::new(), room, used: 0 }
    }

    /// The columns that are left.
    pub(crate) fn left(&self) -> usize {
        self.room - self.used
    }

    /// The columns that are taken.
    pub(crate) fn width(&self) -> usize {
        self.used
    }

    /// Adds a text, cut where it does not fit.
    pub(crate) fn push(&mut self, style: Style, text: &str) {
        // A tab is as wide as its place makes it.
        let text = columns::cut(&text.replace('\t', " "), self.left());
        self.used += width(&text);
        if !text.is_empty() {
            self.pieces.push((style, text));
        }
    }

    /// The same, in a form that reads from left to right.
    pub(crate) fn with(mut self, style: Style, text: &str) -> Self {
        self.push(style, text);
        self
    }

    /// Adds another row.
    pub(crate) fn append(&mut self, other: Row) {
        for (style, text) in other.pieces {
            self.push(style, &text);
        }
    }

    /// Without styles.
    #[cfg(test)]
    pub(crate) fn plain(&self) -> String {
        self.pieces.iter().map(|(_, text)| text.as_str()).collect()
    }

    /// With the escape sequences of its styles.
    pub(crate) fn ansi(&self) -> String {
        let piece = |(style, text): &(Style, String)| format!("{style}{text}{style:#}");
        self.pieces.iter().map(piece).collect()
    }
}
