//! Positions and excerpts of text. Offsets are bytes; lines and columns are what people count.

/// The starts of the lines of one text.
#[derive(Debug, Clone)]
pub(crate) struct Lines {
    starts: Vec<usize>,
}

impl Lines {
    /// Lines end with `\n`, as Git and editors count them.
    pub(crate) fn new(text: &str) -> Self {
        let ends = memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1);
        Self { starts: std::iter::once(0).chain(ends).collect() }
    }

    /// The line of this byte, from 1.
    pub(crate) fn line(&self, offset: usize) -> u32 {
        let line = self.starts.partition_point(|start| *start <= offset);
        u32::try_from(line).unwrap_or(u32::MAX)
    }

    /// Line and column of this byte, both from 1; columns are characters, and a byte order
    /// mark is not one of them.
    pub(crate) fn place(&self, text: &str, offset: usize) -> (u32, u32) {
        let line = self.line(offset);
        let start = self.starts[line as usize - 1];
        let before = text.get(start..offset).unwrap_or_default();
        let column = before.trim_start_matches('\u{feff}').chars().count() + 1;
        (line, u32::try_from(column).unwrap_or(u32::MAX))
    }

    /// Like [`Lines::place`], starting from a place already known where that helps: many places
    /// on one long line would cost its length each.
    pub(crate) fn place_after(&self, text: &str, known: &mut Known, offset: usize) -> (u32, u32) {
        let line = self.line(offset);
        let place = if line == known.line && offset >= known.offset {
            let between = text.get(known.offset..offset).unwrap_or_default().chars().count();
            (line, known.column.saturating_add(u32::try_from(between).unwrap_or(u32::MAX)))
        } else {
            self.place(text, offset)
        };
        *known = Known { offset, line: place.0, column: place.1 };
        place
    }

    /// The bytes of this line (from 1), without its end.
    pub(crate) fn range(&self, text: &str, line: u32) -> std::ops::Range<usize> {
        let index = (line as usize).saturating_sub(1);
        let Some(start) = self.starts.get(index).copied() else { return text.len()..text.len() };
        let end = self.starts.get(index + 1).map_or(text.len(), |next| next - 1);
        let end = if text[start..end].ends_with('\r') { end - 1 } else { end };
        start..end
    }
}

/// A place that is known; see [`Lines::place_after`].
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Known {
    offset: usize,
    line: u32,
    column: u32,
}

/// How many characters of a line a terminal shows.
const EXCERPT: usize = 100;

/// The line around this byte, trimmed and cut; of a very long line the part around the byte.
pub(crate) fn excerpt(text: &str, offset: usize) -> String {
    let bytes = text.as_bytes();
    let offset = offset.min(bytes.len());
    let window = offset.saturating_sub(4 * EXCERPT)..(offset + 4 * EXCERPT).min(bytes.len());
    let start = memchr::memrchr(b'\n', &bytes[window.start..offset])
        .map_or(window.start, |at| window.start + at + 1);
    let end =
        memchr::memchr(b'\n', &bytes[offset..window.end]).map_or(window.end, |at| offset + at);
    let line = &text[text.ceil_char_boundary(start)..text.floor_char_boundary(end)];
    let line = line.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    if line.chars().count() <= EXCERPT {
        return line.to_owned();
    }
    let from = text.floor_char_boundary(offset.saturating_sub(EXCERPT / 3)).max(start);
    let around = text[text.ceil_char_boundary(from)..text.floor_char_boundary(end)].trim();
    let cut: String = around.chars().take(EXCERPT).collect();
    format!("{cut}…")
}

/// Whether this byte may be part of an identifier; every byte beyond ASCII may.
pub(crate) fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// Where a word stands in a text: its start bytes, with no ASCII letter, digit or underscore
/// next to it.
pub(crate) fn words<'t>(text: &'t [u8], word: &'t str) -> impl Iterator<Item = usize> + 't {
    memchr::memmem::find_iter(text, word.as_bytes()).filter(move |at| {
        let plain = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        let before = at.checked_sub(1).and_then(|at| text.get(at)).is_some_and(plain);
        let after = text.get(at + word.len()).is_some_and(plain);
        !before && !after
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_no_byte_order_mark() {
        let text = "\u{feff}é = x\r\ny";
        let lines = Lines::new(text);
        assert_eq!(lines.place(text, text.find('x').unwrap()), (1, 5));
        assert_eq!(lines.place(text, text.find('y').unwrap()), (2, 1));
        assert_eq!(&text[lines.range(text, 1)], "\u{feff}é = x");
    }

    #[test]
    fn an_excerpt_of_a_huge_line_shows_the_place() {
        let text = format!("{} total {}", "é".repeat(100_000), "ü".repeat(100_000));
        let shown = excerpt(&text, text.find("total").unwrap());
        assert!(shown.contains("total"), "{shown}");
        assert!(shown.chars().count() <= EXCERPT + 1);
    }

    #[test]
    fn words_are_whole() {
        let found: Vec<usize> = words(b"total subtotal total_ (total)", "total").collect();
        assert_eq!(found, [0, 23]);
    }
}
