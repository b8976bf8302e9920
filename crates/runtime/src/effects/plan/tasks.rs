//! The tasks of a plan: one for each file of each goal.

use std::collections::BTreeMap;

use axon_domain::{Goal, ObjectStore, Result, SiteKind, TaskId, TaskSpec};

use super::Found;
use crate::report::{self, FilePlan};
use crate::task::WholeFile;

/// Edits of different files do not depend on each other; a file that an earlier goal writes is
/// waited for. Half a goal is none, but a rewrite is as good in some files as in all.
pub(super) fn tasks(store: &dyn ObjectStore, goals: &[Found]) -> Result<Vec<TaskSpec>> {
    let mut tasks = Vec::new();
    let mut writers = BTreeMap::<&str, TaskId>::new();
    let mut group = 0_u32;
    for found in goals {
        let apart = matches!(found.goal, Goal::Rewrite { .. });
        let title =
            if goals.len() > 1 { format!("{}: ", found.goal.title()) } else { String::new() };
        for file in &found.files {
            let id = TaskId(u32::try_from(tasks.len() + 1).unwrap_or(u32::MAX));
            let after = writers.insert(&file.edits.path, id).into_iter().collect();
            let places = file.edits.sites.len() + usize::from(file.whole.is_some());
            let sites = u32::try_from(places).unwrap_or(u32::MAX);
            let defines = file.edits.sites.iter().any(|site| site.kind == SiteKind::Definition);
            tasks.push(TaskSpec {
                title: format!("{title}{}", what(file)),
                path: file.edits.path.clone(),
                sites,
                edits: report::keep(store, file)?,
                after,
                group,
                line: file.edits.sites.first().map(|site| site.line),
                defines: defines || file.created,
            });
            group = group.saturating_add(u32::from(apart));
        }
        group = group.saturating_add(u32::from(!apart));
    }
    Ok(tasks)
}

fn what(file: &FilePlan) -> String {
    let path = &file.edits.path;
    if file.created {
        return format!("make {path}");
    }
    match file.whole {
        Some(WholeFile::Is(_)) => return format!("bring {path} over as a whole"),
        Some(WholeFile::Gone) => return format!("remove {path}"),
        None => {}
    }
    format!("edit {} in {path}", report::counted(file.edits.sites.len(), "place", "places"))
}
