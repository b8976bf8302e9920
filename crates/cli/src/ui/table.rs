//! Columns for people.

use crate::ui::columns::{pad, width};

/// Rows under a header, each column as wide as its widest cell; the last one is not padded.
pub(crate) fn render(header: &[&str], rows: &[Vec<String>]) -> String {
    let widths: Vec<usize> = header
        .iter()
        .enumerate()
        .map(|(column, title)| {
            let cells = rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| width(cell)).chain([width(title)]).max().unwrap_or(0)
        })
        .collect();
    let mut out = String::new();
    let titles: Vec<String> = header.iter().map(ToString::to_string).collect();
    for row in std::iter::once(&titles).chain(rows) {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            line.push_str(&pad(cell, *width));
            line.push_str("  ");
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_lines_have_no_trailing_space() {
        let rows = vec![vec!["m1".into(), "done".into()], vec!["m12".into(), String::new()]];
        assert_eq!(render(&["id", "state"], &rows), "id   state\nm1   done\nm12\n");
    }
}
