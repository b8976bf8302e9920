//! Changes of files as unified diffs.

use std::io::Write;

use anstyle::{AnsiColor, Style};
use axon_runtime::FileDiff;
use similar::{ChangeTag, TextDiff};

use crate::ui::clean;

/// Prints changes as `git diff` would, in colours on a terminal.
pub(crate) fn print(changes: &[FileDiff], out: &mut dyn Write) -> std::io::Result<()> {
    changes.iter().try_for_each(|change| print_one(change, out))
}

fn print_one(change: &FileDiff, out: &mut dyn Write) -> std::io::Result<()> {
    let bold = Style::new().bold();
    let path = clean(&change.path);
    writeln!(out, "{bold}diff --git a/{path} b/{path}{bold:#}")?;
    if change.before.is_none() {
        writeln!(out, "{bold}new file{bold:#}")?;
    }
    if change.after.is_none() {
        writeln!(out, "{bold}deleted file{bold:#}")?;
    }
    let before = change.before.as_deref().unwrap_or_default();
    let after = change.after.as_deref().unwrap_or_default();
    let (Ok(before), Ok(after)) = (std::str::from_utf8(before), std::str::from_utf8(after)) else {
        return writeln!(out, "Binary files a/{path} and b/{path} differ");
    };
    writeln!(out, "{bold}--- a/{path}{bold:#}\n{bold}+++ b/{path}{bold:#}")?;
    let diff = TextDiff::from_lines(before, after);
    for hunk in diff.unified_diff().context_radius(3).iter_hunks() {
        let cyan = Style::new().fg_color(Some(AnsiColor::Cyan.into()));
        writeln!(out, "{cyan}{}{cyan:#}", hunk.header())?;
        for line in hunk.iter_changes() {
            let (sign, style) = match line.tag() {
                ChangeTag::Delete => ("-", Style::new().fg_color(Some(AnsiColor::Red.into()))),
                ChangeTag::Insert => ("+", Style::new().fg_color(Some(AnsiColor::Green.into()))),
                ChangeTag::Equal => (" ", Style::new()),
            };
            let text = clean(line.value().trim_end_matches(['\n', '\r']));
            writeln!(out, "{style}{sign}{text}{style:#}")?;
            if line.missing_newline() {
                writeln!(out, "\\ No newline at end of file")?;
            }
        }
    }
    Ok(())
}
