//! Envelopes: events as they go to others.

use axon_domain::{Event, Payload};
use axon_wire::v1;
use axon_wire::v1::envelope::Payload as Body;

use super::Wire;
use crate::event_id::{LedgerId, event_id};

/// The event as others get it. The ids of its causes need their times, so `id_of` gives them;
/// causes for which it gives none are left out.
#[must_use]
pub fn to_envelope(
    event: &Event,
    ledger: LedgerId,
    id_of: impl Fn(axon_domain::Seq) -> Option<[u8; 16]>,
) -> v1::Envelope {
    v1::Envelope {
        event_id: event_id(ledger, event.seq, event.time).to_vec(),
        timestamp: event.time.millis(),
        agent_role: i32::from(event.role.tag()),
        agent_id: event.agent.map(|agent| agent.to_string()).unwrap_or_default(),
        edge_id: ledger.to_string(),
        seq: event.seq.0,
        payload: event.payload.as_ref().map(body),
        mission_id: event.mission.map(|id| id.to_string()).unwrap_or_default(),
        task_id: event.task.map(|id| id.to_string()).unwrap_or_default(),
        causes: event.causes.iter().filter_map(|seq| id_of(*seq)).map(Vec::from).collect(),
        ..v1::Envelope::default()
    }
}

fn body(payload: &Payload) -> Body {
    match payload {
        Payload::Decision(inner) => Body::Decision(inner.to_message()),
        Payload::StateChange(inner) => {
            // Sessions are apart from the working tree, so whatever changes there can be undone.
            let message = inner.to_message();
            Body::StateChange(v1::StateChange { is_reversible: Some(true), ..message })
        }
        Payload::System(inner) => Body::System(inner.to_message()),
        Payload::Lifecycle(inner) => Body::Lifecycle(inner.to_message()),
        Payload::MissionGiven(inner) => Body::MissionGiven(Box::new(inner.to_message())),
        Payload::MissionEnded(inner) => Body::MissionEnded(inner.to_message()),
        Payload::PlanProposed(inner) => Body::PlanProposed(inner.to_message()),
        Payload::PlanAccepted(inner) => Body::PlanAccepted(inner.to_message()),
        Payload::Task(inner) => Body::Task(inner.to_message()),
        Payload::Session(inner) => Body::Session(inner.to_message()),
        Payload::Reflex(inner) => Body::Reflex(inner.to_message()),
        Payload::Policy(inner) => Body::Policy(inner.to_message()),
        Payload::ToolCall(inner) => Body::ToolCall(inner.to_message()),
        Payload::Merge(inner) => Body::Merge(inner.to_message()),
        Payload::Commit(inner) => Body::Commit(inner.to_message()),
        Payload::Lock(inner) => Body::Lock(inner.to_message()),
        Payload::Message(inner) => Body::Message(inner.to_message()),
        Payload::PeerIntent(inner) => Body::PeerIntent(inner.to_message()),
        Payload::Violation(inner) => Body::Violation(inner.to_message()),
        Payload::Conflict(inner) => Body::Conflict(inner.to_message()),
        Payload::Control(inner) => Body::Control(inner.to_message()),
    }
}

#[cfg(test)]
mod tests {
    use axon_domain::{Draft, Hlc, MissionEnd, MissionId, Outcome, Role, Seq};

    use super::*;

    #[test]
    fn an_envelope_carries_the_ids_as_others_read_them() {
        let end = MissionEnd {
            outcome: Outcome::Done,
            code: None,
            reason: "done".to_owned(),
            hint: None,
        };
        let draft = Draft::new(Role::Supervisor, Payload::MissionEnded(end)).of(MissionId(3));
        let event = draft.after(Seq(4)).after(Seq(5)).at(Seq(9), Hlc::from_millis(77));
        let ledger = LedgerId([1; 16]);
        let id_of = |seq| (seq == Seq(4)).then_some([4; 16]);
        let envelope = to_envelope(&event, ledger, id_of);
        assert_eq!(envelope.event_id, event_id(ledger, Seq(9), Hlc::from_millis(77)));
        assert_eq!((envelope.timestamp, envelope.seq), (77, 9));
        assert_eq!(envelope.mission_id, "m3");
        assert_eq!(envelope.task_id, "");
        assert_eq!(envelope.edge_id, "01".repeat(16));
        assert_eq!(envelope.causes, [vec![4; 16]]);
        assert_eq!(envelope.agent_role(), v1::Role::Supervisor);
        assert!(matches!(envelope.payload, Some(Body::MissionEnded(_))));
    }
}
