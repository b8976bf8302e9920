//! One mission, whole.

use axon_domain::{Decision, Kind, MissionId, Payload, ReflexVerdict, Result};
use axon_engine::Mission;
use axon_ledger::{Filter, Reader};

use crate::axon::Axon;
use crate::look::checks::{CheckRun, checks};
use crate::report::{self, FilePlan, Report};

/// A mission with what was decided, found and judged.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The mission.
    pub mission: Mission,
    /// What the planner found.
    pub report: Option<Report>,
    /// Every decision, with the number of its event.
    pub decisions: Vec<(u64, Decision)>,
    /// Every verdict but those on single edits, with the number of its event.
    pub verdicts: Vec<(u64, ReflexVerdict)>,
    /// Every run of the check.
    pub checks: Vec<CheckRun>,
    /// Every edit, by task.
    pub files: Vec<FilePlan>,
}

impl Axon {
    /// One mission, whole.
    ///
    /// # Errors
    /// [`axon_domain::Code::NotFound`], and those of reading the ledger.
    pub fn show(&self, id: MissionId) -> Result<Shown> {
        let reader = self.ledger()?;
        let mission = self.mission(id)?;
        let mut decisions = Vec::new();
        let mut verdicts = Vec::new();
        let filter = Filter { kinds: vec![Kind::Decision, Kind::Reflex], mission: Some(id) };
        for event in reader.events(mission.given.., Some(filter)) {
            let event = event?;
            match event.payload {
                Some(Payload::Decision(decision)) => decisions.push((event.seq.0, decision)),
                Some(Payload::Reflex(verdict)) if event.task.is_none() => {
                    verdicts.push((event.seq.0, verdict));
                }
                _ => {}
            }
        }
        let report = read_report(&reader, &mission)?;
        let files = read_edits(&reader, &mission)?;
        let checks = checks(&reader, id, mission.given)?;
        Ok(Shown { mission, report, decisions, verdicts, checks, files })
    }

    /// What the planner of a mission found; `None` where it did not come to a plan.
    ///
    /// # Errors
    /// Those of reading the ledger.
    pub fn report(&self, mission: &Mission) -> Result<Option<Report>> {
        read_report(&self.ledger()?, mission)
    }
}

fn read_report(reader: &Reader, mission: &Mission) -> Result<Option<Report>> {
    mission.report.map(|id| report::read(&reader.object(id)?, id)).transpose()
}

fn read_edits(reader: &Reader, mission: &Mission) -> Result<Vec<FilePlan>> {
    let read = |task: &axon_engine::Task| report::read(&reader.object(task.edits)?, task.edits);
    mission.tasks.iter().map(read).collect()
}
