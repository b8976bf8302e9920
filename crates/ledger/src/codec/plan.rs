//! Plans.

use axon_domain::{PlanAcceptance, PlanProposal, TaskId, TaskSpec};
use axon_wire::v1;

use super::{Decoded, Wire, object_bytes, object_id};

impl Wire for PlanProposal {
    type Message = v1::PlanProposed;

    fn to_message(&self) -> v1::PlanProposed {
        v1::PlanProposed {
            tasks: self.tasks.iter().map(Wire::to_message).collect(),
            sites: self.sites,
            mentions: self.mentions,
            report: object_bytes(self.report),
            claims: self.claims.iter().map(Wire::to_message).collect(),
        }
    }

    fn from_message(m: v1::PlanProposed) -> Decoded<Self> {
        Ok(Self {
            tasks: m.tasks.into_iter().map(Wire::from_message).collect::<Decoded<_>>()?,
            sites: m.sites,
            mentions: m.mentions,
            report: object_id(&m.report, "report")?,
            claims: m.claims.into_iter().map(Wire::from_message).collect::<Decoded<_>>()?,
        })
    }
}

impl Wire for TaskSpec {
    type Message = v1::TaskSpec;

    fn to_message(&self) -> v1::TaskSpec {
        v1::TaskSpec {
            title: self.title.clone(),
            path: self.path.clone(),
            sites: self.sites,
            edits: object_bytes(self.edits),
            after: self.after.iter().map(|task| task.0).collect(),
            group: self.group,
            line: self.line,
            defines: self.defines,
        }
    }

    fn from_message(m: v1::TaskSpec) -> Decoded<Self> {
        Ok(Self {
            title: m.title,
            path: m.path,
            sites: m.sites,
            edits: object_id(&m.edits, "edits")?,
            after: m.after.into_iter().map(TaskId).collect(),
            group: m.group,
            line: m.line,
            defines: m.defines,
        })
    }
}

impl Wire for PlanAcceptance {
    type Message = v1::PlanAccepted;

    fn to_message(&self) -> v1::PlanAccepted {
        v1::PlanAccepted { tasks: self.tasks }
    }

    fn from_message(m: v1::PlanAccepted) -> Decoded<Self> {
        Ok(Self { tasks: m.tasks })
    }
}
