//! What a mission changed.

use axon_domain::{MissionId, Result};
use axon_workspace::TreeView;
use serde::{Serialize, Serializer};

use crate::axon::{Axon, result_tree};
use crate::look::rewind::ReadOnly;

/// A file before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileDiff {
    /// The path.
    pub path: String,
    /// Its bytes before; `None` if it was not there. In JSON: text, with what is not UTF-8
    /// replaced.
    #[serde(serialize_with = "as_text")]
    pub before: Option<Vec<u8>>,
    /// Its bytes after; `None` if it is gone.
    #[serde(serialize_with = "as_text")]
    pub after: Option<Vec<u8>>,
}

fn as_text<S: Serializer>(bytes: &Option<Vec<u8>>, serializer: S) -> Result<S::Ok, S::Error> {
    bytes.as_deref().map(String::from_utf8_lossy).serialize(serializer)
}

impl Axon {
    /// The files that a mission changed, as they were and as they are in its merged tree.
    ///
    /// # Errors
    /// [`axon_domain::Code::NotFound`], [`axon_domain::Code::WrongState`] before the merge,
    /// and those of reading the ledger and the repository.
    pub fn diff(&self, id: MissionId) -> Result<Vec<FileDiff>> {
        let store = ReadOnly::new(self.ledger()?);
        let (base, result) = result_tree(&self.mission(id)?)?;
        let contents = store.contents(&self.repository);
        let before = TreeView::new(contents, base);
        let after = TreeView::new(contents, result);
        differences(&before, &after)
    }
}

/// The files that differ between two trees, as they are in both.
pub(crate) fn differences(before: &TreeView<'_>, after: &TreeView<'_>) -> Result<Vec<FileDiff>> {
    let contents = after.contents();
    let read = |path: &str, entry: Option<axon_workspace::Entry>| {
        entry.map(|entry| contents.read_file(path, entry.content)).transpose()
    };
    before
        .diff(after)?
        .into_iter()
        .map(|change| {
            let (before, after) =
                (read(&change.path, change.old)?, read(&change.path, change.new)?);
            Ok(FileDiff { path: change.path, before, after })
        })
        .collect()
}
