//! Payloads: one message per kind.

use axon_domain::{
    CommitRecord, Decision, Kind, LifecycleChange, MergeRecord, Payload, PolicyVerdict,
    ReflexVerdict, SessionChange, SessionId, StateChange, SystemSignal, TaskChange, ToolCall,
};
use axon_wire::prost::Message as _;
use axon_wire::v1;

use super::{Decoded, Wire, Word, content_id, content_ref, git_id, object_bytes, object_id};

macro_rules! kinds {
    ($( $kind:ident($inner:ty), )*) => {
        /// The bytes of the payload's message; the kind says which message it is.
        #[must_use]
        pub fn encode_payload(payload: &Payload) -> Vec<u8> {
            match payload { $( Payload::$kind(inner) => inner.to_message().encode_to_vec(), )* }
        }

        /// The payload of these bytes.
        ///
        /// # Errors
        /// Says what is wrong with them.
        pub fn decode_payload(kind: Kind, bytes: &[u8]) -> Decoded<Payload> {
            match kind {
                $( Kind::$kind => {
                    let message = <$inner as Wire>::Message::decode(bytes)?;
                    <$inner>::from_message(message).map(|inner| Payload::$kind(inner.into()))
                } )*
            }
        }
    };
}

kinds! {
    Decision(Decision),
    StateChange(StateChange),
    System(SystemSignal),
    Lifecycle(LifecycleChange),
    MissionGiven(axon_domain::MissionSpec),
    MissionEnded(axon_domain::MissionEnd),
    PlanProposed(axon_domain::PlanProposal),
    PlanAccepted(axon_domain::PlanAcceptance),
    Task(TaskChange),
    Session(SessionChange),
    Reflex(ReflexVerdict),
    Policy(PolicyVerdict),
    ToolCall(ToolCall),
    Merge(MergeRecord),
    Commit(CommitRecord),
    Lock(axon_domain::LockChange),
    Message(axon_domain::Message),
    PeerIntent(axon_domain::PeerIntent),
    Violation(axon_domain::Violation),
    Conflict(axon_domain::Conflict),
    Control(axon_domain::Control),
}

pub(super) fn optional_object(
    bytes: Option<Vec<u8>>,
    field: &str,
) -> Decoded<Option<axon_domain::ObjectId>> {
    bytes.map(|bytes| object_id(&bytes, field)).transpose()
}

impl Wire for Decision {
    type Message = v1::Decision;

    fn to_message(&self) -> v1::Decision {
        v1::Decision {
            input_trigger: self.trigger.clone(),
            rationale: self.rationale.clone(),
            chosen: self.chosen.clone(),
            rejected_alternatives: self.rejected.clone(),
            evidence: self.evidence.clone(),
            details: self.details.map(object_bytes),
            ..v1::Decision::default()
        }
    }

    fn from_message(m: v1::Decision) -> Decoded<Self> {
        Ok(Self {
            trigger: m.input_trigger,
            rationale: m.rationale,
            chosen: m.chosen,
            rejected: m.rejected_alternatives,
            evidence: m.evidence,
            details: optional_object(m.details, "details")?,
        })
    }
}

impl Wire for StateChange {
    type Message = v1::StateChange;

    fn to_message(&self) -> v1::StateChange {
        v1::StateChange {
            target_type: self.target.to_number(),
            target_resource: self.resource.clone(),
            action: self.action.to_number(),
            previous_state_hash: self.previous.map(content_ref),
            new_state_hash: self.new.map(content_ref),
            session: self.session.0,
            executable: self.executable,
            ..v1::StateChange::default()
        }
    }

    fn from_message(m: v1::StateChange) -> Decoded<Self> {
        Ok(Self {
            target: Word::from_number(m.target_type)?,
            resource: m.target_resource,
            action: Word::from_number(m.action)?,
            session: SessionId(m.session),
            previous: m.previous_state_hash.as_ref().map(content_id).transpose()?,
            new: m.new_state_hash.as_ref().map(content_id).transpose()?,
            executable: m.executable,
        })
    }
}

impl Wire for SystemSignal {
    type Message = v1::SystemSignal;

    fn to_message(&self) -> v1::SystemSignal {
        v1::SystemSignal {
            status: self.status.to_number(),
            version: self.version.clone(),
            note: self.note.clone(),
            ..v1::SystemSignal::default()
        }
    }

    fn from_message(m: v1::SystemSignal) -> Decoded<Self> {
        Ok(Self { status: Word::from_number(m.status)?, version: m.version, note: m.note })
    }
}

impl Wire for LifecycleChange {
    type Message = v1::LifecycleChange;

    fn to_message(&self) -> v1::LifecycleChange {
        v1::LifecycleChange {
            old_state: self.old_state.clone(),
            new_state: self.new_state.clone(),
            reason: self.reason.clone(),
        }
    }

    fn from_message(m: v1::LifecycleChange) -> Decoded<Self> {
        Ok(Self { old_state: m.old_state, new_state: m.new_state, reason: m.reason })
    }
}

impl Wire for TaskChange {
    type Message = v1::TaskChange;

    fn to_message(&self) -> v1::TaskChange {
        v1::TaskChange { status: self.status.to_number(), note: self.note.clone() }
    }

    fn from_message(m: v1::TaskChange) -> Decoded<Self> {
        Ok(Self { status: Word::from_number(m.status)?, note: m.note })
    }
}

impl Wire for SessionChange {
    type Message = v1::SessionChange;

    fn to_message(&self) -> v1::SessionChange {
        v1::SessionChange {
            session: self.session.0,
            step: self.step.to_number(),
            sees: self.sees.map(object_bytes),
        }
    }

    fn from_message(m: v1::SessionChange) -> Decoded<Self> {
        Ok(Self {
            session: SessionId(m.session),
            step: Word::from_number(m.step)?,
            sees: optional_object(m.sees, "sees")?,
        })
    }
}

impl Wire for ReflexVerdict {
    type Message = v1::ReflexVerdict;

    fn to_message(&self) -> v1::ReflexVerdict {
        v1::ReflexVerdict {
            reflex: self.reflex.to_number(),
            subject: self.subject.clone(),
            passed: self.passed,
            note: self.note.clone(),
            output: self.output.map(object_bytes),
            millis: self.millis,
        }
    }

    fn from_message(m: v1::ReflexVerdict) -> Decoded<Self> {
        Ok(Self {
            reflex: Word::from_number(m.reflex)?,
            subject: m.subject,
            passed: m.passed,
            note: m.note,
            output: optional_object(m.output, "output")?,
            millis: m.millis,
        })
    }
}

impl Wire for PolicyVerdict {
    type Message = v1::PolicyVerdict;

    fn to_message(&self) -> v1::PolicyVerdict {
        v1::PolicyVerdict {
            wanted: self.wanted.clone(),
            allowed: self.allowed,
            rule: self.rule.clone(),
        }
    }

    fn from_message(m: v1::PolicyVerdict) -> Decoded<Self> {
        Ok(Self { wanted: m.wanted, allowed: m.allowed, rule: m.rule })
    }
}

impl Wire for ToolCall {
    type Message = v1::ToolCall;

    fn to_message(&self) -> v1::ToolCall {
        v1::ToolCall {
            command: self.command.clone(),
            confinement: self.confinement.clone(),
            exit: self.exit,
            limit: self.limit.clone(),
            output: self.output.map(object_bytes),
            millis: self.millis,
        }
    }

    fn from_message(m: v1::ToolCall) -> Decoded<Self> {
        Ok(Self {
            command: m.command,
            confinement: m.confinement,
            exit: m.exit,
            limit: m.limit,
            output: optional_object(m.output, "output")?,
            millis: m.millis,
        })
    }
}

impl Wire for MergeRecord {
    type Message = v1::Merge;

    fn to_message(&self) -> v1::Merge {
        v1::Merge {
            changes: self.changes.map(object_bytes),
            files: self.files,
            wave: self.wave,
            tasks: self.tasks,
        }
    }

    fn from_message(m: v1::Merge) -> Decoded<Self> {
        Ok(Self {
            changes: optional_object(m.changes, "changes")?,
            files: m.files,
            wave: m.wave,
            tasks: m.tasks,
        })
    }
}

impl Wire for CommitRecord {
    type Message = v1::Commit;

    fn to_message(&self) -> v1::Commit {
        v1::Commit {
            step: self.step.to_number(),
            branch: self.branch.clone(),
            commit: self.commit.map(|id| id.as_bytes().to_vec()),
            message: self.message.map(object_bytes),
        }
    }

    fn from_message(m: v1::Commit) -> Decoded<Self> {
        Ok(Self {
            step: Word::from_number(m.step)?,
            branch: m.branch,
            commit: m.commit.map(|bytes| git_id(&bytes, "commit")).transpose()?,
            message: optional_object(m.message, "message")?,
        })
    }
}
