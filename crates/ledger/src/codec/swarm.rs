//! What agents say, what is said about them, and what a person tells a mission.

use axon_domain::{
    AgentId, Conflict, ConflictStep, Control, FileState, Message, MissionId, PeerIntent,
    Performative, Position, Receiver, Seq, Violation,
};
use axon_wire::v1;

use super::payload::optional_object;
use super::{Decoded, Malformed, Wire, Word, content_id, content_ref, missing, object_bytes};

fn agent(number: u64) -> Decoded<AgentId> {
    AgentId::new(number).ok_or_else(|| Malformed("0 is no agent".to_owned()))
}

fn receiver(receiver: &Receiver) -> v1::message::Receiver {
    use v1::message::Receiver as To;
    match receiver {
        Receiver::Agent(agent) => To::Agent(agent.0.get()),
        Receiver::Other { mission, agent } => {
            To::Other(v1::OtherAgent { mission: mission.0, agent: agent.0.get() })
        }
        Receiver::Capability(name) => To::Capability(name.clone()),
        Receiver::Topic(topic) => To::Topic(topic.clone()),
        Receiver::Everyone => To::Everyone(v1::message::Everyone {}),
    }
}

impl Wire for Message {
    type Message = v1::Message;

    fn to_message(&self) -> v1::Message {
        v1::Message {
            performative: self.performative.name().to_owned(),
            receiver: Some(receiver(&self.receiver)),
            conversation: self.conversation.map(|seq| seq.0),
            in_reply_to: self.in_reply_to.map(|seq| seq.0),
            protocol: self.protocol.clone(),
            content: self.content.clone(),
            places: self.places.iter().map(Wire::to_message).collect(),
            attachment: self.attachment.map(object_bytes),
        }
    }

    fn from_message(m: v1::Message) -> Decoded<Self> {
        use v1::message::Receiver as To;
        let performative: Performative = m.performative.parse().map_err(|()| {
            Malformed(format!("{} is no performative that this Axon knows", m.performative))
        })?;
        let receiver = match m.receiver.ok_or_else(|| missing("receiver"))? {
            To::Agent(number) => Receiver::Agent(agent(number)?),
            To::Other(m) => {
                Receiver::Other { mission: MissionId(m.mission), agent: agent(m.agent)? }
            }
            To::Capability(name) => Receiver::Capability(name),
            To::Topic(topic) => Receiver::Topic(topic),
            To::Everyone(_) => Receiver::Everyone,
        };
        Ok(Self {
            performative,
            receiver,
            conversation: m.conversation.map(Seq),
            in_reply_to: m.in_reply_to.map(Seq),
            protocol: m.protocol,
            content: m.content,
            places: m.places.into_iter().map(Wire::from_message).collect::<Decoded<_>>()?,
            attachment: optional_object(m.attachment, "attachment")?,
        })
    }
}

impl Wire for Position {
    type Message = v1::Position;

    fn to_message(&self) -> v1::Position {
        v1::Position { path: self.path.clone(), line: self.line }
    }

    fn from_message(m: v1::Position) -> Decoded<Self> {
        Ok(Self { path: m.path, line: m.line })
    }
}

impl Wire for PeerIntent {
    type Message = v1::PeerIntent;

    fn to_message(&self) -> v1::PeerIntent {
        v1::PeerIntent {
            claims: self.claims.iter().map(Wire::to_message).collect(),
            priority: u32::from(self.priority),
            note: self.note.clone(),
        }
    }

    fn from_message(m: v1::PeerIntent) -> Decoded<Self> {
        let priority = u8::try_from(m.priority)
            .map_err(|_| Malformed(format!("{} is no priority", m.priority)))?;
        let claims = m.claims.into_iter().map(Wire::from_message).collect::<Decoded<_>>()?;
        Ok(Self { claims, priority, note: m.note })
    }
}

impl Wire for Violation {
    type Message = v1::Violation;

    fn to_message(&self) -> v1::Violation {
        v1::Violation {
            broken: self.broken.to_number(),
            expected: self.expected.clone(),
            observed: self.observed.clone(),
        }
    }

    fn from_message(m: v1::Violation) -> Decoded<Self> {
        let broken = Word::from_number(m.broken)?;
        Ok(Self { broken, expected: m.expected, observed: m.observed })
    }
}

impl Wire for FileState {
    type Message = v1::FileState;

    fn to_message(&self) -> v1::FileState {
        let content = Some(content_ref(self.content));
        v1::FileState { content, executable: self.executable, link: self.link }
    }

    fn from_message(m: v1::FileState) -> Decoded<Self> {
        let content = m.content.as_ref().ok_or_else(|| missing("content"))?;
        Ok(Self { content: content_id(content)?, executable: m.executable, link: m.link })
    }
}

impl Wire for Conflict {
    type Message = v1::Conflict;

    fn to_message(&self) -> v1::Conflict {
        use v1::conflict::{Found, Resolved, Step};
        let file = |file: &Option<FileState>| file.as_ref().map(Wire::to_message);
        let step = match &self.step {
            ConflictStep::Found { base, current, changed } => Step::Found(Found {
                base: file(base),
                current: file(current),
                changed: file(changed),
            }),
            ConflictStep::Resolved { how, result } => {
                Step::Resolved(Resolved { how: how.clone(), result: file(result) })
            }
        };
        v1::Conflict { path: self.path.clone(), reason: self.reason.clone(), step: Some(step) }
    }

    fn from_message(m: v1::Conflict) -> Decoded<Self> {
        use v1::conflict::Step;
        let file = |file: Option<v1::FileState>| file.map(Wire::from_message).transpose();
        let step = match m.step.ok_or_else(|| missing("step"))? {
            Step::Found(m) => ConflictStep::Found {
                base: file(m.base)?,
                current: file(m.current)?,
                changed: file(m.changed)?,
            },
            Step::Resolved(m) => ConflictStep::Resolved { how: m.how, result: file(m.result)? },
        };
        Ok(Self { path: m.path, reason: m.reason, step })
    }
}

impl Wire for Control {
    type Message = v1::Control;

    fn to_message(&self) -> v1::Control {
        v1::Control { step: self.step.to_number(), reason: self.reason.clone() }
    }

    fn from_message(m: v1::Control) -> Decoded<Self> {
        Ok(Self { step: Word::from_number(m.step)?, reason: m.reason })
    }
}
