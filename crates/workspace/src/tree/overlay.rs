//! Changes on top of a tree that are not in its delta yet.

use std::collections::{BTreeMap, BTreeSet};

use axon_domain::{ObjectStore, Result};

use super::{Contents, Edit, Entry, Place, Tree, TreeView};
use crate::path;

/// A tree with changes on top. Sorted, so that what is below a folder is found at once.
#[derive(Debug)]
pub(crate) struct Overlay<'a> {
    pub(crate) view: TreeView<'a>,
    changes: BTreeMap<String, Option<Entry>>,
}

impl<'a> Overlay<'a> {
    pub(crate) fn new(contents: Contents<'a>, tree: Tree) -> Self {
        Self { view: TreeView::new(contents, tree), changes: BTreeMap::new() }
    }

    /// Changes a file; gives the change that was there before.
    pub(crate) fn set(&mut self, path: &str, file: Option<Entry>) -> Option<Option<Entry>> {
        self.changes.insert(path.to_owned(), file)
    }

    /// Takes back what was changed at a path.
    pub(crate) fn forget(&mut self, path: &str) {
        self.changes.remove(path);
    }

    /// The same changes on top of another tree.
    pub(crate) fn move_to(&mut self, tree: Tree) {
        self.view = TreeView::new(self.view.contents(), tree);
    }

    /// The names in a folder (`.` is the top), sorted; a folder's ends with `/`.
    pub(crate) fn names(&self, folder: &str) -> Result<BTreeSet<String>> {
        let below = if folder == "." { String::new() } else { format!("{folder}/") };
        let name = |path: &str| -> Option<String> {
            let rest = path.strip_prefix(&below)?;
            Some(match rest.split_once('/') {
                Some((folder, _)) => format!("{folder}/"),
                None => rest.to_owned(),
            })
        };
        let mut names = BTreeSet::new();
        let changed = self.changes.range(below.clone()..);
        for (path, change) in changed.take_while(|(path, _)| path.starts_with(&below)) {
            names.extend(change.and_then(|_| name(path)));
        }
        for item in self.view.tree().delta().iter_from(self.view.contents().store, &below) {
            let (path, change) = item?;
            if !path.starts_with(&below) {
                break;
            }
            if !self.changes.contains_key(&path) {
                names.extend(change.and_then(|_| name(&path)));
            }
        }
        let files = &self.view.base()?.files;
        let mut at = files.partition_point(|file| file.path.as_str() < below.as_str());
        while let Some(file) = files.get(at).filter(|file| file.path.starts_with(&below)) {
            at += 1;
            let Some(name) = name(&file.path) else { break };
            if names.contains(&name) || self.told(&file.path)?.is_none() {
                // The rest of a folder tells nothing new.
                if name.ends_with('/') {
                    let inside = format!("{below}{name}");
                    let rest = files.get(at..).unwrap_or_default();
                    at += rest.partition_point(|file| file.path.starts_with(&inside));
                }
                names.insert(name);
            }
        }
        Ok(names)
    }

    pub(crate) fn changes(&self) -> impl Iterator<Item = (&String, &Option<Entry>)> {
        self.changes.iter()
    }

    pub(crate) fn entry(&self, path: &str) -> Result<Option<Entry>> {
        match self.changes.get(path) {
            Some(change) => Ok(*change),
            None => self.view.entry(path),
        }
    }

    pub(crate) fn place(&self, path: &str) -> Result<Place> {
        let told = self.told(path)?;
        if let Some(Some(entry)) = told {
            return Ok(Place::File(entry));
        }
        let below = format!("{path}/");
        let mut any_deleted = false;
        let inside = self.changes.range(below.clone()..).take_while(|(k, _)| k.starts_with(&below));
        for (_, change) in inside {
            match change {
                Some(_) => return Ok(Place::Folder),
                None => any_deleted = true,
            }
        }
        for item in self.view.tree().delta().iter_from(self.view.contents().store, &below) {
            let (changed, change) = item?;
            if !changed.starts_with(&below) {
                break;
            }
            match change {
                Some(_) if !self.changes.contains_key(&changed) => return Ok(Place::Folder),
                _ => any_deleted = true,
            }
        }
        Ok(match self.view.base_place(path)? {
            Place::Folder if !any_deleted || self.base_has_file_below(&below)? => Place::Folder,
            Place::Folder => Place::Nothing,
            found if told.is_none() => found,
            _ => Place::Nothing,
        })
    }

    /// What the changes, or else the delta, say about a path.
    fn told(&self, path: &str) -> Result<Option<Option<Entry>>> {
        match self.changes.get(path) {
            Some(change) => Ok(Some(*change)),
            None => self.view.tree().delta().get(self.view.contents().store, path),
        }
    }

    /// Whether anything of a folder of the base is left. Looks at the whole list, so it is asked
    /// only when files of the folder were deleted.
    fn base_has_file_below(&self, below: &str) -> Result<bool> {
        let base = self.view.base()?;
        let start = base.files.partition_point(|file| file.path.as_str() < below);
        for file in base.files.iter().skip(start).take_while(|file| file.path.starts_with(below)) {
            if self.told(&file.path)? != Some(None) {
                return Ok(true);
            }
        }
        Ok(base.not_utf8.iter().any(|file| file.path.starts_with(below.as_bytes())))
    }

    /// The first folder of a path that is something else: a file, a link, a submodule.
    pub(crate) fn blocked(&self, path: &str) -> Result<Option<(String, Place)>> {
        for folder in path::ancestors(path) {
            match self.place(folder)? {
                Place::Folder => {}
                Place::Nothing => return Ok(None),
                other => return Ok(Some((folder.to_owned(), other))),
            }
        }
        Ok(None)
    }

    /// The tree with the changes in its delta. What came out as in the base leaves the delta.
    pub(crate) fn flatten(&self, store: &dyn ObjectStore) -> Result<Tree> {
        let mut edits = Vec::with_capacity(self.changes.len());
        for (path, change) in &self.changes {
            let in_base = self.view.base_entry(path)?;
            let edit = match change {
                _ if self.view.contents().same(*change, in_base)? => Edit::Restore,
                Some(entry) => Edit::Put(*entry),
                None => Edit::Delete,
            };
            edits.push((path.clone(), edit));
        }
        let tree = self.view.tree();
        Ok(Tree { base: tree.base, delta: tree.delta().apply(store, &edits)?.root() })
    }
}
