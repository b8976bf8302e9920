//! Locks.

use axon_domain::{
    Claim, Deadlock, Entity, Holder, LockChange, LockRequest, LockStep, Seq, Token, WaitLink,
};
use axon_wire::v1::{self, lock_change::Step};

use super::{Decoded, Malformed, Wire, Word, missing};

fn entity(text: &str) -> Decoded<Entity> {
    text.parse().map_err(|error: axon_domain::Error| Malformed(error.to_string()))
}

fn holder(text: &str) -> Decoded<Holder> {
    text.parse().map_err(|error: axon_domain::Error| Malformed(error.to_string()))
}

fn token(number: u64) -> Token {
    Token(Seq(number))
}

impl Wire for LockChange {
    type Message = v1::LockChange;

    fn to_message(&self) -> v1::LockChange {
        let step = match &self.step {
            LockStep::Wanted(wanted) => Step::Wanted(wanted.to_message()),
            LockStep::Granted { entity, request } => {
                Step::Granted(v1::LockGranted { entity: entity.to_string(), request: request.0 })
            }
            LockStep::Renewed { entity, token, lease } => Step::Renewed(v1::LockRenewed {
                entity: entity.to_string(),
                token: token.0.0,
                lease_millis: *lease,
            }),
            LockStep::Released { entity, token } => {
                Step::Released(v1::LockReleased { entity: entity.to_string(), token: token.0.0 })
            }
            LockStep::Expired { entity, token } => {
                Step::Expired(v1::LockExpired { entity: entity.to_string(), token: token.0.0 })
            }
            LockStep::Refused { entity, request, reason } => Step::Refused(v1::LockRefused {
                entity: entity.to_string(),
                request: request.0,
                reason: reason.to_number(),
            }),
            LockStep::Victim(deadlock) => Step::Victim(deadlock.to_message()),
        };
        v1::LockChange { holder: self.holder.to_string(), step: Some(step) }
    }

    fn from_message(m: v1::LockChange) -> Decoded<Self> {
        let step = match m.step.ok_or_else(|| missing("step"))? {
            Step::Wanted(m) => LockStep::Wanted(Wire::from_message(m)?),
            Step::Granted(m) => {
                LockStep::Granted { entity: entity(&m.entity)?, request: Seq(m.request) }
            }
            Step::Renewed(m) => LockStep::Renewed {
                entity: entity(&m.entity)?,
                token: token(m.token),
                lease: m.lease_millis,
            },
            Step::Released(m) => {
                LockStep::Released { entity: entity(&m.entity)?, token: token(m.token) }
            }
            Step::Expired(m) => {
                LockStep::Expired { entity: entity(&m.entity)?, token: token(m.token) }
            }
            Step::Refused(m) => LockStep::Refused {
                entity: entity(&m.entity)?,
                request: Seq(m.request),
                reason: Word::from_number(m.reason)?,
            },
            Step::Victim(m) => LockStep::Victim(Box::new(Wire::from_message(m)?)),
        };
        Ok(Self { holder: holder(&m.holder)?, step })
    }
}

impl Wire for LockRequest {
    type Message = v1::LockWanted;

    fn to_message(&self) -> v1::LockWanted {
        v1::LockWanted {
            entity: self.entity.to_string(),
            mode: self.mode.to_number(),
            wait: self.wait,
            timeout_millis: self.timeout,
            lease_millis: self.lease,
            priority: u32::from(self.priority),
            attempt: self.attempt,
        }
    }

    fn from_message(m: v1::LockWanted) -> Decoded<Self> {
        let priority = u8::try_from(m.priority);
        Ok(Self {
            entity: entity(&m.entity)?,
            mode: Word::from_number(m.mode)?,
            wait: m.wait,
            timeout: m.timeout_millis,
            lease: m.lease_millis,
            priority: priority.map_err(|_| Malformed("priority is too large".to_owned()))?,
            attempt: m.attempt,
        })
    }
}

impl Wire for Deadlock {
    type Message = v1::LockVictim;

    fn to_message(&self) -> v1::LockVictim {
        v1::LockVictim {
            cycle: self.cycle.iter().map(Wire::to_message).collect(),
            again: self.again.iter().map(Wire::to_message).collect(),
        }
    }

    fn from_message(m: v1::LockVictim) -> Decoded<Self> {
        Ok(Self {
            cycle: m.cycle.into_iter().map(Wire::from_message).collect::<Decoded<_>>()?,
            again: m.again.into_iter().map(Wire::from_message).collect::<Decoded<_>>()?,
        })
    }
}

impl Wire for WaitLink {
    type Message = v1::WaitLink;

    fn to_message(&self) -> v1::WaitLink {
        v1::WaitLink {
            holder: self.holder.to_string(),
            entity: self.entity.to_string(),
            mode: self.mode.to_number(),
            request: self.request.0,
            obstacle: self.obstacle.to_number(),
        }
    }

    fn from_message(m: v1::WaitLink) -> Decoded<Self> {
        Ok(Self {
            holder: holder(&m.holder)?,
            entity: entity(&m.entity)?,
            mode: Word::from_number(m.mode)?,
            request: Seq(m.request),
            obstacle: Word::from_number(m.obstacle)?,
        })
    }
}

impl Wire for Claim {
    type Message = v1::LockClaim;

    fn to_message(&self) -> v1::LockClaim {
        v1::LockClaim { entity: self.entity.to_string(), mode: self.mode.to_number() }
    }

    fn from_message(m: v1::LockClaim) -> Decoded<Self> {
        Ok(Self { entity: entity(&m.entity)?, mode: Word::from_number(m.mode)? })
    }
}
