//! Changing a list in brackets, argument by argument, so that what stays keeps its layout.

use std::collections::BTreeMap;
use std::ops::Range;

/// A list of parameters or arguments as it stands in a text.
#[derive(Debug, Clone)]
pub(crate) struct List {
    /// Between the brackets.
    pub(crate) inner: Range<usize>,
    /// Its items, in the order of the text.
    pub(crate) items: Vec<Range<usize>>,
}

/// One item of the list that is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Item {
    /// An item that is there, with a change inside of it.
    Old { at: usize, change: Option<(Range<usize>, String)> },
    /// A new one.
    New(String),
}

/// Replacements of ranges, by first byte and end; they do not overlap.
pub(crate) type Changes = BTreeMap<(usize, usize), String>;

/// Adds the changes that make the list hold these items; `comment` begins a comment of the
/// language. Changes within an item that moves, known before, move with it: inner lists come
/// first. Gives what was added, or the reason where a comment would lose its place.
pub(crate) fn change(
    text: &str,
    list: &List,
    items: &[Item],
    comment: &str,
    known: &mut Changes,
) -> Result<Vec<(usize, usize)>, String> {
    if keeps_order(items) {
        let found = in_place(text, list, items, comment)?;
        let places = found.iter().map(|(range, _)| (range.start, range.end)).collect();
        for (range, new) in found {
            // What is put before an item stands before what is put at its start.
            known.entry((range.start, range.end)).or_default().push_str(&new);
        }
        return Ok(places);
    }
    rebuilt(text, list, items, comment, known)
}

/// Whether the items that stay keep their order.
pub(crate) fn keeps_order(items: &[Item]) -> bool {
    items
        .iter()
        .filter_map(|item| if let Item::Old { at, .. } = item { Some(*at) } else { None })
        .is_sorted()
}

/// What separates the items of this list.
fn separator<'t>(text: &'t str, list: &List, comment: &str) -> &'t str {
    match list.items.as_slice() {
        [one, other, ..] if !text[one.end..other.start].contains(comment) => {
            &text[one.end..other.start]
        }
        _ => ", ",
    }
}

fn in_place(
    text: &str,
    list: &List,
    items: &[Item],
    comment: &str,
) -> Result<Vec<(Range<usize>, String)>, String> {
    let between = separator(text, list, comment);
    let mut changes = Vec::new();
    let mut added: Vec<&str> = Vec::new();
    let mut before: Option<usize> = None;
    for item in items {
        match item {
            Item::New(text) => added.push(text),
            Item::Old { at, change } => {
                changes.extend(gap(text, list, (before, Some(*at)), &added, between, comment)?);
                changes.extend(change.clone());
                added.clear();
                before = Some(*at);
            }
        }
    }
    changes.extend(gap(text, list, (before, None), &added, between, comment)?);
    Ok(changes)
}

/// What happens between two items that stay.
fn gap(
    text: &str,
    list: &List,
    (before, after): (Option<usize>, Option<usize>),
    added: &[&str],
    between: &str,
    comment: &str,
) -> Result<Option<(Range<usize>, String)>, String> {
    let from = before.map_or(0, |at| at + 1);
    let removed = from..after.unwrap_or(list.items.len());
    if removed.is_empty() && added.is_empty() {
        return Ok(None);
    }
    let mut out = String::new();
    let range = match (before, after) {
        (Some(before), _) => {
            for text in added {
                out.push_str(between);
                out.push_str(text);
            }
            let end = removed.clone().next_back().unwrap_or(before);
            list.items[before].end..list.items[end].end
        }
        (None, Some(after)) => {
            for text in added {
                out.push_str(text);
                out.push_str(between);
            }
            list.items[removed.start].start..list.items[after].start
        }
        (None, None) => {
            out = added.join(between);
            match (list.items.first(), list.items.last()) {
                (Some(first), Some(last)) if !added.is_empty() => first.start..last.end,
                _ => list.inner.clone(),
            }
        }
    };
    let mut at = range.start;
    for item in removed.map(|item| &list.items[item]) {
        if text[at.min(item.start)..item.start].contains(comment) {
            return Err("a comment stands between what changes".to_owned());
        }
        at = item.end;
    }
    if text[at.min(range.end)..range.end].contains(comment) {
        return Err("a comment stands between what changes".to_owned());
    }
    Ok(Some((range, out)))
}

/// The whole list anew, in the layout of the old one.
fn rebuilt(
    text: &str,
    list: &List,
    items: &[Item],
    comment: &str,
    known: &mut Changes,
) -> Result<Vec<(usize, usize)>, String> {
    let (Some(first), Some(last)) = (list.items.first(), list.items.last()) else {
        return Ok(Vec::new());
    };
    let mut gaps = list.items.windows(2).map(|pair| &text[pair[0].end..pair[1].start]);
    if gaps.any(|gap| gap.contains(comment)) {
        return Err("a comment stands between what changes places".to_owned());
    }
    let between = separator(text, list, comment);
    let mut written = Vec::with_capacity(items.len());
    for item in items {
        written.push(match item {
            Item::New(text) => text.clone(),
            Item::Old { at, change } => {
                let range = list.items[*at].clone();
                let own = change.iter().map(|(range, new)| ((range.start, range.end), new.clone()));
                known.extend(own);
                changed(text, &range, known)
            }
        });
    }
    let whole = first.start..last.end;
    let inside = known.range((whole.start, 0)..(whole.end, 0)).map(|(range, _)| *range);
    for range in inside.collect::<Vec<_>>() {
        known.remove(&range);
    }
    known.insert((whole.start, whole.end), written.join(between));
    Ok(vec![(whole.start, whole.end)])
}

/// The text of a range after the changes within it.
pub(crate) fn changed(text: &str, range: &Range<usize>, known: &Changes) -> String {
    let mut out = String::new();
    let mut done = range.start;
    for ((start, end), new) in known.range((range.start, 0)..=(range.end, range.end)) {
        if *end <= range.end && *start >= done {
            out.push_str(&text[done..*start]);
            out.push_str(new);
            done = *end;
        }
    }
    out.push_str(&text[done..range.end]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(text: &str, items: &[Item]) -> String {
        let open = text.find('(').unwrap() + 1;
        let close = text.rfind(')').unwrap();
        let mut ranges = Vec::new();
        let mut at = open;
        for part in text[open..close].split(',') {
            let start = at + part.len() - part.trim_start().len();
            if !part.trim().is_empty() {
                ranges.push(start..start + part.trim().len());
            }
            at += part.len() + 1;
        }
        let list = List { inner: open..close, items: ranges };
        let mut known = Changes::new();
        change(text, &list, items, "#", &mut known).unwrap();
        changed(text, &(0..text.len()), &known)
    }

    fn old(at: usize) -> Item {
        Item::Old { at, change: None }
    }

    fn new(text: &str) -> Item {
        Item::New(text.to_owned())
    }

    #[test]
    fn items_are_added_removed_and_moved_in_the_layout_of_the_list() {
        assert_eq!(after("f(a, b)", &[old(0), old(1), new("c")]), "f(a, b, c)");
        assert_eq!(after("f(a, b)", &[new("c"), old(0), old(1)]), "f(c, a, b)");
        assert_eq!(after("f(a, b)", &[old(0), new("c"), old(1)]), "f(a, c, b)");
        assert_eq!(after("f(a, b)", &[old(1)]), "f(b)");
        assert_eq!(after("f(a, b)", &[old(0)]), "f(a)");
        assert_eq!(after("f(a, b,)", &[]), "f()");
        assert_eq!(after("f(a,)", &[new("x")]), "f(x,)");
        assert_eq!(after("f()", &[new("x"), new("y")]), "f(x, y)");
        assert_eq!(after("f(a, b, c)", &[old(2), new("x"), old(0)]), "f(c, x, a)");
        assert_eq!(
            after("f(\n    a,\n    b,\n)", &[old(0), old(1), new("c")]),
            "f(\n    a,\n    b,\n    c,\n)"
        );
    }

    #[test]
    fn a_comment_between_what_is_removed_is_not_lost() {
        let text = "f(a,  # first\n  b)";
        let list = List { inner: 2..17, items: vec![2..3, 16..17] };
        assert!(change(text, &list, &[old(0)], "#", &mut Changes::new()).is_err());
    }
}
