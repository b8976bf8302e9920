//! Which edits wrote on a line of a result.

use axon_domain::{FileEdits, Site, TaskId};

/// What a task did to a file.
pub(super) struct Step {
    pub(super) task: TaskId,
    pub(super) edits: FileEdits,
    /// What its edits refer to.
    pub(super) base: Vec<u8>,
}

/// Who wrote on a line.
#[derive(Debug, Default)]
pub(super) struct Written {
    /// The last task that did; the last that wrote the file, where none wrote on the line.
    pub(super) task: Option<TaskId>,
    /// Its edits, and those of tasks before it, oldest first.
    pub(super) sites: Vec<Site>,
}

/// Goes back through the tasks that wrote a file, in their order, from a line of the result.
pub(super) fn written(steps: &[Step], line: u32) -> Written {
    let mut line = usize::try_from(line).unwrap_or(usize::MAX);
    let mut found = Vec::new();
    let mut task = None;
    for step in steps.iter().rev() {
        let (sites, before) = edits_of_line(&step.edits, &step.base, line);
        if task.is_none() && !sites.is_empty() {
            task = Some(step.task);
        }
        found.push(sites);
        line = before;
    }
    let task = task.or_else(|| steps.last().map(|step| step.task));
    Written { task, sites: found.into_iter().rev().flatten().collect() }
}

/// The edits that wrote on a line, and the line that it was before them.
fn edits_of_line(edits: &FileEdits, base: &[u8], wanted: usize) -> (Vec<Site>, usize) {
    let newlines = |bytes: &[u8]| bytes.iter().filter(|byte| **byte == b'\n').count();
    // The line where we are: in the result, and in the base.
    let (mut at, mut old, mut from) = (1, 1, 0);
    let mut before = wanted;
    let mut found = Vec::new();
    for site in &edits.sites {
        let between = newlines(base.get(from..site.edit.start).unwrap_or_default());
        let (first, first_old) = (at + between, old + between);
        at = first + newlines(site.edit.text.as_bytes());
        let gone = base.get(site.edit.start..site.edit.end).unwrap_or_default();
        old = first_old + newlines(gone);
        from = site.edit.end;
        if (first..=at).contains(&wanted) {
            found.push(site.clone());
            before = (first_old + wanted - first).min(old);
        } else if at < wanted {
            before = old + (wanted - at);
        }
    }
    (found, before)
}

#[cfg(test)]
mod tests {
    use axon_domain::{ContentId, ObjectId, SiteKind, TextEdit};

    use super::*;

    fn edits(edits: &[(usize, usize, &str)]) -> FileEdits {
        let site = |(start, end, text): &(usize, usize, &str)| Site {
            line: 0,
            column: 0,
            kind: SiteKind::Reference,
            evidence: String::new(),
            edit: TextEdit { start: *start, end: *end, text: (*text).to_owned() },
        };
        FileEdits {
            path: "a".into(),
            base: ContentId::Object(ObjectId([0; 32])),
            sites: edits.iter().map(site).collect(),
        }
    }

    #[test]
    fn an_edit_is_found_by_its_line_in_the_result() {
        // a / b / c / d: the edit of `b` adds a line, so that of `d` stands one line lower.
        let edits = edits(&[(2, 3, "B\nBB"), (6, 7, "D")]);
        let found = |line| {
            let (sites, before) = edits_of_line(&edits, b"a\nb\nc\nd\n", line);
            (sites.len(), before)
        };
        let expected = [(0, 1), (1, 2), (1, 2), (0, 3), (1, 4)];
        assert_eq!([1, 2, 3, 4, 5].map(found), expected);
    }

    #[test]
    fn every_line_of_a_file_that_was_made_is_of_the_edit_that_made_it() {
        let edits = edits(&[(0, 0, "x = 1\ny = 2\n")]);
        assert_eq!([1, 2].map(|line| edits_of_line(&edits, b"", line).0.len()), [1, 1]);
    }

    #[test]
    fn a_line_goes_back_through_every_task_that_wrote_the_file() {
        let step = |number, changes: &[(usize, usize, &str)], base: &[u8]| Step {
            task: TaskId(number),
            edits: edits(changes),
            base: base.to_vec(),
        };
        let steps = [
            // The first changes `b`, the second puts a line before it, the third changes `c`.
            step(1, &[(2, 3, "B")], b"a\nb\nc\n"),
            step(2, &[(0, 0, "new\n")], b"a\nB\nc\n"),
            step(5, &[(8, 9, "C")], b"new\na\nB\nc\n"),
        ];
        let of = |line| {
            let found = written(&steps, line);
            (found.task.map(|task| task.0), found.sites.len())
        };
        assert_eq!(of(1), (Some(2), 1));
        assert_eq!(of(3), (Some(1), 1));
        assert_eq!(of(4), (Some(5), 1));
        assert_eq!(written(&[], 1).task, None);
    }
}
