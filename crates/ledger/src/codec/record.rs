//! Records: the chained part of an event.

use axon_domain::{AgentId, Event, Hlc, Kind, MissionId, Payload, Role, Seq, TaskId};
use axon_wire::prost::Message as _;
use axon_wire::v1;

use super::{Decoded, Malformed};
use crate::clock::LAST_MOMENT;
use crate::merkle::Hash;

/// Random bytes before a payload, so that its hash in the chain does not give away a payload
/// that could be guessed, once the payload itself was erased.
pub const SALT_BYTES: usize = 16;

/// The chained part of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// See [`Event::seq`].
    pub seq: Seq,
    /// See [`Event::time`].
    pub time: Hlc,
    /// See [`Event::kind`].
    pub kind: Kind,
    /// See [`Event::mission`].
    pub mission: Option<MissionId>,
    /// See [`Event::task`].
    pub task: Option<TaskId>,
    /// See [`Event::role`].
    pub role: Role,
    /// See [`Event::agent`].
    pub agent: Option<AgentId>,
    /// See [`Event::causes`].
    pub causes: Vec<Seq>,
    /// Leaf hash of the record before.
    pub prev_hash: Hash,
    /// See [`payload_hash`].
    pub payload_hash: [u8; 32],
}

/// BLAKE3 of a stored payload: the salt and the bytes of the message.
#[must_use]
pub fn payload_hash(salted: &[u8]) -> [u8; 32] {
    *blake3::hash(salted).as_bytes()
}

impl Record {
    /// The bytes to store: encoded once, then kept.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        v1::Record {
            seq: self.seq.0,
            hlc: self.time.0,
            kind: u32::from(self.kind.tag()),
            role: i32::from(self.role.tag()),
            mission: self.mission.map(|id| id.0),
            task: self.task.map(|id| id.0),
            agent: self.agent.map(|id| id.0.get()),
            causes: self.causes.iter().map(|seq| seq.0).collect(),
            prev_hash: self.prev_hash.to_vec(),
            payload_hash: self.payload_hash.to_vec(),
        }
        .encode_to_vec()
    }

    /// The record of stored bytes.
    ///
    /// # Errors
    /// Says what is wrong with them.
    pub fn decode(bytes: &[u8]) -> Decoded<Self> {
        let m = v1::Record::decode(bytes)?;
        let kind = u8::try_from(m.kind).ok().and_then(Kind::from_tag);
        let role = u8::try_from(m.role).ok().and_then(Role::from_tag);
        if m.hlc > LAST_MOMENT.0 {
            return Err(Malformed(format!("{} is no moment", m.hlc)));
        }
        Ok(Self {
            seq: Seq(m.seq),
            time: Hlc(m.hlc),
            kind: kind.ok_or_else(|| unknown("kind", i64::from(m.kind)))?,
            mission: m.mission.map(MissionId),
            task: m.task.map(TaskId),
            role: role.ok_or_else(|| unknown("role", i64::from(m.role)))?,
            agent: m
                .agent
                .map(|number| AgentId::new(number).ok_or_else(|| unknown("agent", 0)))
                .transpose()?,
            causes: m.causes.into_iter().map(Seq).collect(),
            prev_hash: hash(&m.prev_hash, "prev_hash")?,
            payload_hash: hash(&m.payload_hash, "payload_hash")?,
        })
    }

    /// The event of this record.
    #[must_use]
    pub fn into_event(self, payload: Option<Payload>) -> Event {
        Event {
            seq: self.seq,
            time: self.time,
            kind: self.kind,
            mission: self.mission,
            task: self.task,
            role: self.role,
            agent: self.agent,
            causes: self.causes,
            payload,
        }
    }
}

fn unknown(field: &str, number: i64) -> Malformed {
    Malformed(format!("{number} is no {field} that this Axon knows"))
}

fn hash(bytes: &[u8], field: &str) -> Decoded<[u8; 32]> {
    bytes.try_into().map_err(|_| Malformed(format!("{field} is not a hash")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_no_record_are_refused_in_words() {
        assert!(Record::decode(b"").unwrap_err().0.contains("kind"));
        assert!(Record::decode(&[0xff; 40]).is_err());
        let unknown = v1::Record { kind: 99, ..v1::Record::default() }.encode_to_vec();
        assert_eq!(Record::decode(&unknown).unwrap_err().0, "99 is no kind that this Axon knows");
    }
}
