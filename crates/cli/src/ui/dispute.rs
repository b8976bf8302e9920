//! A conflict as text: what, where, by whom, and the lines with markers.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use axon_runtime::{ConflictedFile, Hunk, Named};

use crate::ui::{clean, columns, progress};

/// Lines that are shown around a conflict.
const AROUND: usize = 3;
/// Lines that are shown of one file.
const MOST: usize = 200;

/// Prints a file in conflict.
pub(crate) fn print(file: &ConflictedFile, out: &mut dyn Write) -> io::Result<()> {
    let bold = Style::new().bold();
    let (id, path) = (file.mission, clean(&file.path));
    let state = match &file.settled {
        Some(how) => format!("settled: {how}"),
        None => why(&file.reason).to_owned(),
    };
    let head = format!("{id}  {path}");
    let rest = format!("{}{state}", places(&file.hunks));
    let room = progress::width().saturating_sub(head.chars().count() + 2);
    writeln!(out, "{bold}{head}{bold:#}  {}", columns::cut(&rest, room))?;
    for (word, side) in
        [("mine", &file.sides.mine), ("theirs", &file.sides.theirs), ("base", &file.sides.base)]
    {
        print_side(word, side, out)?;
    }
    if file.settled.is_none()
        && let Some(marked) = &file.marked
    {
        writeln!(out)?;
        print_marked(&String::from_utf8_lossy(marked), out)?;
    }
    writeln!(out)
}

/// Why a file could not be merged, in words.
fn why(reason: &str) -> &str {
    match reason {
        "content" => "both changed the same lines",
        "binary" => "both changed it, and it is no text",
        "too-large" => "both changed it, and it is too large to merge by lines",
        "mode" => "both changed what kind of file it is",
        "delete-modify" => "one side deleted what the other changed",
        "add-add" => "both added it, each with something else in it",
        "file-and-folder" => "one side has a file where the other has a folder",
        other => other,
    }
}

/// The lines on the side that the change is brought into.
fn places(hunks: &[Hunk]) -> String {
    let lines = |hunk: &Hunk| match (hunk.theirs.start + 1, hunk.theirs.end) {
        (first, last) if last <= first => first.to_string(),
        (first, last) => format!("{first}–{last}"),
    };
    let all: Vec<String> = hunks.iter().map(lines).collect();
    match all.as_slice() {
        [] => String::new(),
        [one] if !one.contains('–') => format!("line {one}: "),
        [some @ .., last] if some.len() < 5 => match some {
            [] => format!("lines {last}: "),
            some => format!("lines {} and {last}: ", some.join(", ")),
        },
        many => format!("lines {} and {} more: ", many[0], many.len() - 1),
    }
}

fn print_side(word: &str, side: &Named, out: &mut dyn Write) -> io::Result<()> {
    let dim = Style::new().fg_color(Some(AnsiColor::BrightBlack.into()));
    let gone = if side.file.is_none() { " (no file)" } else { "" };
    let what = format!("{}{gone}", clean(&side.what));
    let start = format!("  {word:<7} {what}");
    let Some(who) = &side.who else { return writeln!(out, "{start}") };
    let room = progress::width().saturating_sub(start.chars().count() + 2);
    if room < 20 {
        writeln!(out, "{start}")?;
        let room = progress::width().saturating_sub(10);
        return writeln!(out, "          {dim}{}{dim:#}", columns::cut(who, room));
    }
    writeln!(out, "{start}  {dim}{}{dim:#}", columns::cut(who, room))
}

/// The lines in conflict with those around them; what is far from any is left out.
fn print_marked(marked: &str, out: &mut dyn Write) -> io::Result<()> {
    let lines: Vec<&str> = marked.lines().collect();
    let near = near(&lines);
    let (mut shown, mut skipped) = (0, false);
    for (line, near) in lines.iter().zip(near) {
        let Some(part) = near else {
            skipped = true;
            continue;
        };
        if std::mem::take(&mut skipped) && shown > 0 {
            writeln!(out, "  …")?;
        }
        if shown == MOST {
            writeln!(out, "  … and more; --json has all of it")?;
            return Ok(());
        }
        shown += 1;
        let room = progress::width().saturating_sub(2);
        let style = part.style();
        writeln!(out, "  {style}{}{style:#}", columns::cut(line, room))?;
    }
    Ok(())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Around,
    Mine,
    Base,
    Theirs,
    Marker,
}

impl Part {
    fn style(self) -> Style {
        let color = match self {
            Part::Around => return Style::new(),
            Part::Mine => AnsiColor::Green,
            Part::Base => AnsiColor::BrightBlack,
            Part::Theirs => AnsiColor::Cyan,
            Part::Marker => return Style::new().bold(),
        };
        Style::new().fg_color(Some(color.into()))
    }
}

/// What each line is, if it is near enough to a conflict to be shown.
fn near(lines: &[&str]) -> Vec<Option<Part>> {
    let mut parts = vec![None; lines.len()];
    let mut now = None;
    for (place, line) in lines.iter().enumerate() {
        let marker = line.get(..7).filter(|_| line.len() == 7 || line[7..].starts_with(' '));
        let next = match marker {
            Some("<<<<<<<") if now.is_none() => Some(Part::Mine),
            Some("|||||||") if now == Some(Part::Mine) => Some(Part::Base),
            Some("=======") if now == Some(Part::Base) => Some(Part::Theirs),
            Some(">>>>>>>") if now == Some(Part::Theirs) => None,
            _ => {
                parts[place] = now.or(parts[place]);
                continue;
            }
        };
        parts[place] = Some(Part::Marker);
        let (from, to) = match next {
            Some(Part::Mine) => (place.saturating_sub(AROUND), place),
            None => (place + 1, (place + 1 + AROUND).min(lines.len())),
            _ => (place, place),
        };
        for around in &mut parts[from..to] {
            around.get_or_insert(Part::Around);
        }
        now = next;
    }
    // What was around the one may be within the next.
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_far_from_a_conflict_are_not_shown() {
        let text = "1\n2\n3\n4\n<<<<<<< mine\na\n||||||| base\n=======\nb\n>>>>>>> theirs\n5";
        let parts = near(&text.lines().collect::<Vec<_>>());
        let shown: Vec<bool> = parts.iter().map(Option::is_some).collect();
        assert!(!shown[0] && shown[1..].iter().all(|shown| *shown));
        assert_eq!((parts[5], parts[8]), (Some(Part::Mine), Some(Part::Theirs)));
        assert_eq!(parts[10], Some(Part::Around));
    }

    #[test]
    fn places_are_told_as_people_count_lines() {
        let hunk = |range: std::ops::Range<usize>| Hunk { base: 0..0, ours: 0..0, theirs: range };
        assert_eq!(places(&[]), "");
        assert_eq!(places(&[hunk(2..3)]), "line 3: ");
        assert_eq!(places(&[hunk(2..2)]), "line 3: ");
        assert_eq!(places(&[hunk(2..5)]), "lines 3–5: ");
        assert_eq!(places(&[hunk(2..3), hunk(7..9)]), "lines 3 and 8–9: ");
        let many: Vec<Hunk> = (0..9).map(|line| hunk(line..line + 1)).collect();
        assert_eq!(places(&many), "lines 1 and 8 more: ");
    }
}
