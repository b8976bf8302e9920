//! What other agents are told of a plan: what it claims, and what it leaves alone.

use axon_domain::{
    Claim, Entity, Goal, LockMode, Mention, Message, Performative, Position, Receiver,
};

use super::Found;
use crate::report::counted;

/// Places that a warning names.
const NAMED: usize = 5;

/// What the mission claims to its end: the symbols that it changes or removes.
pub(super) fn claims(goals: &[Found]) -> Vec<Claim> {
    let symbols = goals.iter().flat_map(|found| {
        let removed = found.report.removed.iter().map(|removed| &removed.symbol);
        found.report.symbol.iter().chain(removed)
    });
    let entities = symbols.filter_map(|symbol| Entity::symbol(&symbol.qualified).ok());
    entities.map(|entity| Claim { entity, mode: LockMode::Exclusive }).collect()
}

/// What the analyst warns of: places that may have to do with it, and that nobody changes.
pub(super) fn hazard(goals: &[Found]) -> Option<Message> {
    let left: Vec<&Mention> = goals.iter().flat_map(|found| &found.report.mentions).collect();
    let first = left.first()?;
    let content = match goals {
        [Found { goal: Goal::RemoveDead { .. }, .. }] => {
            let definitions = counted(left.len(), "definition", "definitions");
            format!("{definitions} may be unused and nobody removes them: {}", first.why)
        }
        goals => {
            let symbol = match goals {
                [found] => found.report.symbol.as_ref(),
                _ => None,
            };
            let name = symbol.map_or("it", |symbol| symbol.name.as_str());
            let verb = if left.len() == 1 { "names" } else { "name" };
            let places = counted(left.len(), "place", "places");
            format!("{places} {verb} {name} and nobody changes them: {}", first.why)
        }
    };
    let position = |it: &&Mention| Position { path: it.path.clone(), line: it.line };
    Some(Message {
        performative: Performative::Inform,
        receiver: Receiver::Topic("swarm/hazards".to_owned()),
        conversation: None,
        in_reply_to: None,
        protocol: None,
        content,
        places: left.iter().take(NAMED).map(position).collect(),
        attachment: None,
    })
}
