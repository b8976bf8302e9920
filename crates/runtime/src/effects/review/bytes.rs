//! Whether the result is the base with the planned edits, byte for byte.

use std::collections::{BTreeMap, BTreeSet};

use axon_code::apply_edits;
use axon_domain::Result;
use axon_workspace::{EntryMode, TreeChange, TreeView};

use crate::report::FilePlan;

/// What differs from the plan's edits.
pub(super) fn compare<'p>(
    base: &TreeView<'_>,
    result: &TreeView<'_>,
    plan: impl Iterator<Item = &'p FilePlan>,
) -> Result<Option<String>> {
    let mut by_path = BTreeMap::<&str, Vec<&FilePlan>>::new();
    for file in plan {
        by_path.entry(&file.edits.path).or_default().push(file);
    }
    let changed = base.diff(result)?;
    for change in &changed {
        let Some(edits) = by_path.get(change.path.as_str()) else {
            return Ok(Some(format!("{} changed and no task says so", change.path)));
        };
        if let Some(fault) = compare_file(base, result, change, edits)? {
            return Ok(Some(fault));
        }
    }
    let changed: BTreeSet<&str> = changed.iter().map(|change| change.path.as_str()).collect();
    for (path, edits) in by_path.into_iter().filter(|(path, _)| !changed.contains(path)) {
        let back = || -> Result<bool> {
            // Edits of several goals may come to what was there.
            let Some(old) = base.entry(path)?.filter(|_| edits.len() > 1) else { return Ok(false) };
            let bytes = base.contents().read_file(path, old.content)?;
            Ok(expected(base, path, &edits)?.is_ok_and(|expected| expected == bytes))
        };
        if !back()? {
            return Ok(Some(format!("the edits of {path} are not in the result")));
        }
    }
    Ok(None)
}

fn compare_file(
    base: &TreeView<'_>,
    result: &TreeView<'_>,
    change: &TreeChange,
    edits: &[&FilePlan],
) -> Result<Option<String>> {
    let path = &change.path;
    let makes = edits.first().is_some_and(|first| first.created);
    let mode = match (change.old, makes) {
        (Some(old), false) => old.mode,
        (None, true) => EntryMode::Regular,
        _ => return Ok(Some(format!("{path} appeared or disappeared"))),
    };
    let Some(new) = change.new else {
        return Ok(Some(format!("{path} appeared or disappeared")));
    };
    let expected = match expected(base, path, edits)? {
        Ok(expected) => expected,
        Err(fault) => return Ok(Some(fault)),
    };
    let is_it = new.mode == mode && result.contents().read_file(path, new.content)? == expected;
    Ok((!is_it).then(|| format!("{path} differs from its planned edits")))
}

/// What the edits of a file, one task after the other, come to.
fn expected(
    base: &TreeView<'_>,
    path: &str,
    edits: &[&FilePlan],
) -> Result<Result<Vec<u8>, String>> {
    let entry = base.entry(path)?;
    let read = |content| base.contents().read_file(path, content);
    let mut bytes = match entry {
        Some(entry) => read(entry.content)?,
        None => Vec::new(),
    };
    for (place, file) in edits.iter().enumerate() {
        let first = place == 0;
        if file.created != (first && entry.is_none()) {
            return Ok(Err(format!("{path} is made and is there before, or the other way round")));
        }
        let known = first && entry.is_none_or(|entry| entry.content == file.edits.base);
        if !known && read(file.edits.base)? != bytes {
            return Ok(Err(format!("{path} was planned on something else")));
        }
        bytes = apply_edits(&bytes, &file.edits.sites)?;
    }
    Ok(Ok(bytes))
}
