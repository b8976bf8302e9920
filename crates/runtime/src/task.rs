//! What a task is to do with its file, as the ledger keeps it.

use axon_code::apply_edits;
use axon_domain::{ContentId, Error, FileState, Result};
use axon_workspace::{Entry, EntryMode};
use serde::{Deserialize, Serialize};

use crate::report::FilePlan;

/// What a file becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WholeFile {
    /// This.
    Is(FileState),
    /// Nothing: it goes.
    Gone,
}

impl FilePlan {
    /// The file that comes out of what the edits begin with; `None` where it goes.
    ///
    /// # Errors
    /// Those of [`apply_edits`] and of reading.
    pub(crate) fn outcome(
        &self,
        before: Option<(&[u8], EntryMode)>,
        read: impl FnOnce(ContentId) -> Result<Vec<u8>>,
    ) -> Result<Option<(Vec<u8>, EntryMode)>> {
        match (self.whole, before) {
            (Some(WholeFile::Gone), _) => Ok(None),
            (Some(WholeFile::Is(file)), _) => Ok(Some((read(file.content)?, mode(file)))),
            (None, None) if self.created => {
                Ok(Some((apply_edits(b"", &self.edits.sites)?, EntryMode::Regular)))
            }
            (None, Some(_)) if self.created => {
                let what = "the file to make is there already";
                Err(Error::new(axon_domain::Code::NotFound, what).at(self.edits.path.clone()))
            }
            (None, Some((bytes, mode))) => Ok(Some((apply_edits(bytes, &self.edits.sites)?, mode))),
            (None, None) => {
                let what = "the file to edit is not there";
                Err(Error::new(axon_domain::Code::NotFound, what).at(self.edits.path.clone()))
            }
        }
    }
}

/// A file of a tree as events have it.
pub(crate) fn state(entry: Entry) -> FileState {
    FileState {
        content: entry.content,
        executable: entry.mode == EntryMode::Executable,
        link: entry.mode == EntryMode::Link,
    }
}

/// A file of an event as trees have it.
pub(crate) fn entry(file: FileState) -> Entry {
    Entry { content: file.content, mode: mode(file) }
}

fn mode(file: FileState) -> EntryMode {
    match (file.link, file.executable) {
        (true, _) => EntryMode::Link,
        (false, true) => EntryMode::Executable,
        (false, false) => EntryMode::Regular,
    }
}

#[cfg(test)]
mod tests {
    use axon_domain::{FileEdits, ObjectId};

    use super::*;

    fn edits() -> FileEdits {
        FileEdits {
            path: "a".into(),
            base: ContentId::Object(ObjectId([1; 32])),
            sites: Vec::new(),
        }
    }

    #[test]
    fn edits_that_were_kept_before_there_were_whole_files_are_tasks_too() {
        let kept = serde_json::to_vec(&edits()).unwrap();
        let task: FilePlan = serde_json::from_slice(&kept).unwrap();
        assert_eq!(task, FilePlan::from(edits()));
        assert_eq!(serde_json::to_vec(&task).unwrap(), kept);
    }

    #[test]
    fn whole_files_are_kept_with_their_mode_and_read_as_edits_by_who_wants_only_those() {
        let file = FileState { content: edits().base, executable: true, link: false };
        for whole in [WholeFile::Is(file), WholeFile::Gone] {
            let task = FilePlan { whole: Some(whole), ..edits().into() };
            let kept = serde_json::to_vec(&task).unwrap();
            assert_eq!(serde_json::from_slice::<FilePlan>(&kept).unwrap(), task);
            assert_eq!(serde_json::from_slice::<FileEdits>(&kept).unwrap(), edits());
        }
    }
}
