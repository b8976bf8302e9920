//! What a mission would do, without doing it: nothing is recorded, nothing is written.

use axon_code::{Files as _, apply_edits};
use axon_domain::{FileEdits, ObjectId, ObjectStore, Result, Undecided};
use axon_workspace::{Contents, Tree, TreeView};

use crate::axon::Axon;
use crate::effects::{locate, report_of};
use crate::look::diff::FileDiff;
use crate::report::Report;
use crate::settings::Request;
use crate::source::TreeSource;

/// What a mission would do.
#[derive(Debug, Clone)]
pub struct Preview {
    /// What was found.
    pub report: Report,
    /// Every edit, by file.
    pub files: Vec<FileEdits>,
    /// The files before and after.
    pub diffs: Vec<FileDiff>,
}

impl Axon {
    /// Finds what a mission would edit at HEAD. Works in a folder that may not be written.
    /// Places that nothing in the code decides are listed, unless the request includes them.
    ///
    /// # Errors
    /// What would keep the mission from a plan: no such symbol, several, a collision.
    pub fn preview(&self, request: &Request) -> Result<Preview> {
        let undecided = match request.undecided {
            Undecided::Include => Undecided::Include,
            Undecided::Ask | Undecided::Leave => Undecided::Leave,
        };
        let request = Request { undecided, ..request.clone() };
        let head = self.repository.head()?;
        let spec = crate::give::spec(self, request)?;
        let contents = Contents { repository: &self.repository, store: &NoObjects };
        let view = TreeView::new(contents, Tree::of(head.tree));
        let source = TreeSource::new(&view, &spec.grants)?;
        let located = locate(&source, &spec)?;
        let report = report_of(&located);
        let mut diffs = Vec::with_capacity(located.files.len());
        for file in &located.files {
            let before = source.read(source.entry(&file.path)?)?;
            diffs.push(FileDiff {
                path: file.path.clone(),
                after: Some(apply_edits(&before, &file.sites)?),
                before: Some(before.to_vec()),
            });
        }
        Ok(Preview { report, files: located.files, diffs })
    }
}

/// A tree that is just what Git has needs no objects.
struct NoObjects;

impl ObjectStore for NoObjects {
    fn put(&self, _bytes: &[u8]) -> Result<ObjectId> {
        Err(axon_domain::Error::new(axon_domain::Code::ReadOnly, "a preview keeps nothing"))
    }

    fn get(&self, id: ObjectId) -> Result<Vec<u8>> {
        Err(axon_domain::Error::new(axon_domain::Code::NotFound, "a preview has no objects")
            .at(id.to_string()))
    }
}
