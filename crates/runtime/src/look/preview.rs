//! What a mission would do, without doing it: nothing is recorded, nothing is written.

use axon_domain::{MissionId, Result, Undecided};
use axon_sandbox::Cancel;
use axon_workspace::{Contents, Tree, TreeView};

use crate::axon::Axon;
use crate::effects::{Answered, Room, find, report_of_all};
use crate::look::diff::{FileDiff, differences};
use crate::report::{FilePlan, Report};
use crate::scratch::Scratch;
use crate::settings::Request;

/// What a mission would do.
#[derive(Debug, Clone)]
pub struct Preview {
    /// What was found.
    pub report: Report,
    /// Every edit, by goal and file.
    pub files: Vec<FilePlan>,
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
        let mission = MissionId(0);
        let spec = crate::give::spec(self, request)?;
        let scratch = Scratch::new();
        let contents = Contents { repository: &self.repository, store: &scratch };
        let room = Room {
            contents,
            spec: &spec,
            known: None,
            mission,
            progress: &|_| {},
            ask: &|_| None,
            cancel: &Cancel::new(),
            looks_only: true,
        };
        let (goals, tree) = match find(&room)? {
            Answered::Found { goals, tree } => (goals, tree),
            Answered::Refused(error) => return Err(error),
            // Nobody is asked.
            Answered::Stopped => (Vec::new(), Tree::of(head.tree)),
        };
        let files = goals.iter().flat_map(|found| found.files.clone()).collect();
        let before = TreeView::new(contents, Tree::of(head.tree));
        let diffs = differences(&before, &TreeView::new(contents, tree))?;
        Ok(Preview { report: report_of_all(goals), files, diffs })
    }
}
