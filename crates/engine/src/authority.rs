//! Who has the last word: the hierarchy of override.
//!
//! Three layers speak about what an agent does next. Safety, which is its own reflex, is over
//! the swarm, which is its peers; the swarm is over the mission, which is its supervisor. The
//! first layer that has something to say decides, and no layer can lift what a higher one said.

use axon_domain::{AgentId, MissionId};

/// What the agent's own reflex says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Safety {
    /// Nothing is wrong.
    Clear,
    /// There is a hazard that the agent can get out of: it does that, and nothing else.
    Evade,
    /// There is a hazard that it cannot get out of.
    Halt,
    /// Supervision and reflex of the agent do not hear each other any more. Losing the hub or
    /// the supervisor of the mission is not that: see [`Order::Unheard`].
    HeartbeatLost,
}

/// The claim of an agent on what it is about to touch. Peers that touch something else are
/// not asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bid {
    /// Whose. Agents are numbered within a mission.
    pub agent: AgentId,
    /// Of which mission.
    pub mission: MissionId,
    /// How much it matters, 1 to 10.
    pub priority: u8,
}

impl Bid {
    /// Whether this claim goes before another: the higher priority, then the lower agent
    /// number, then the older mission.
    #[must_use]
    pub fn precedes(&self, other: &Bid) -> bool {
        let rank = |bid: &Bid| (u8::MAX - bid.priority, bid.agent, bid.mission);
        rank(self) < rank(other)
    }
}

/// What the swarm says: the agent's own claim, and those of the peers that claim the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peers<'a> {
    /// The agent's own.
    pub own: Bid,
    /// The others'.
    pub others: &'a [Bid],
}

/// What the supervisor says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Work on the mission.
    Go,
    /// Wait.
    Hold,
    /// The mission is over or was taken back.
    Withdrawn,
    /// The supervisor cannot be reached: the last valid order stands, reconciled later.
    Unheard {
        /// Whether that was to go on.
        going: bool,
    },
}

/// What the agent does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Nothing at all, until safety is clear again.
    Stop,
    /// Get out of the hazard.
    Evade,
    /// Leave it to a peer.
    Yield(Bid),
    /// Go on.
    Act,
    /// Wait for the supervisor.
    Wait,
    /// Give up the mission.
    Abandon,
}

/// What an agent does next, from what the three layers say. Total and without memory.
#[must_use]
pub fn decide(safety: Safety, peers: Peers<'_>, mission: Order) -> Action {
    match safety {
        Safety::HeartbeatLost | Safety::Halt => return Action::Stop,
        Safety::Evade => return Action::Evade,
        Safety::Clear => {}
    }
    let first = peers
        .others
        .iter()
        .fold(peers.own, |first, bid| if bid.precedes(&first) { *bid } else { first });
    if first.precedes(&peers.own) {
        return Action::Yield(first);
    }
    match mission {
        Order::Go | Order::Unheard { going: true } => Action::Act,
        Order::Hold | Order::Unheard { going: false } => Action::Wait,
        Order::Withdrawn => Action::Abandon,
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;
    use alloc::vec::Vec;

    use super::*;

    fn bid(agent: u64, mission: u32, priority: u8) -> Bid {
        Bid { agent: AgentId::new(agent).unwrap(), mission: MissionId(mission), priority }
    }

    /// Agent 5 of mission 2 with priority 5, beside every kind of peer, and to whom it yields.
    fn swarms() -> Vec<(Vec<Bid>, Option<Bid>)> {
        vec![
            (vec![], None),
            // Less important, whatever its number.
            (vec![bid(1, 1, 4)], None),
            (vec![bid(9, 3, 4)], None),
            // More important, whatever its number.
            (vec![bid(1, 1, 6)], Some(bid(1, 1, 6))),
            (vec![bid(9, 3, 6)], Some(bid(9, 3, 6))),
            // As important: the lower agent id.
            (vec![bid(4, 3, 5)], Some(bid(4, 3, 5))),
            (vec![bid(6, 1, 5)], None),
            // The same id in another mission: the older mission.
            (vec![bid(5, 1, 5)], Some(bid(5, 1, 5))),
            (vec![bid(5, 3, 5)], None),
            // Its own claim, heard back.
            (vec![bid(5, 2, 5)], None),
            // Of several, the first of all; in whatever order they were heard.
            (vec![bid(6, 1, 5), bid(4, 3, 5), bid(3, 3, 5)], Some(bid(3, 3, 5))),
            (vec![bid(3, 3, 5), bid(9, 9, 9), bid(4, 3, 5)], Some(bid(9, 9, 9))),
        ]
    }

    const ORDERS: [(Order, Action); 5] = [
        (Order::Go, Action::Act),
        (Order::Hold, Action::Wait),
        (Order::Withdrawn, Action::Abandon),
        (Order::Unheard { going: true }, Action::Act),
        (Order::Unheard { going: false }, Action::Wait),
    ];

    #[test]
    fn safety_is_over_the_swarm_and_the_swarm_is_over_the_mission() {
        let own = bid(5, 2, 5);
        for (others, winner) in swarms() {
            for (order, alone) in ORDERS {
                let peers = Peers { own, others: &others };
                let decided = |safety| decide(safety, peers, order);
                assert_eq!(decided(Safety::HeartbeatLost), Action::Stop, "{others:?} {order:?}");
                assert_eq!(decided(Safety::Halt), Action::Stop, "{others:?} {order:?}");
                assert_eq!(decided(Safety::Evade), Action::Evade, "{others:?} {order:?}");
                let expected = winner.map_or(alone, Action::Yield);
                assert_eq!(decided(Safety::Clear), expected, "{others:?} {order:?}");
            }
        }
    }

    #[test]
    fn of_all_that_claim_the_same_exactly_one_does_not_yield() {
        let mut bids = Vec::new();
        for agent in 1..4 {
            for mission in 1..4 {
                for priority in [0, 1, 5, 10, 255] {
                    bids.push(bid(agent, mission, priority));
                }
            }
        }
        for size in 1..=bids.len() {
            let claims = &bids[bids.len() - size..];
            let acting = claims.iter().filter(|own| {
                let peers = Peers { own: **own, others: claims };
                decide(Safety::Clear, peers, Order::Go) == Action::Act
            });
            assert_eq!(acting.count(), 1);
        }
    }
}
