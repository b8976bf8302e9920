//! Goals, alone and in a list.

use axon_domain::{Goal, SymbolKind};
use axon_wire::v1;
use axon_wire::v1::mission_given::Goal as Whole;
use axon_wire::v1::one_goal::Goal as One;

use super::{Decoded, Malformed, Word, missing};

/// The message of a goal.
pub(super) fn to_message(goal: &Goal) -> Whole {
    match goal {
        Goal::Several { goals } => Whole::Several(v1::SeveralGoals {
            goals: goals.iter().map(|goal| v1::OneGoal { goal: one_to_message(goal) }).collect(),
        }),
        goal => match one_to_message(goal) {
            Some(One::Rename(m)) => Whole::Rename(m),
            Some(One::Rewrite(m)) => Whole::Rewrite(m),
            Some(One::Signature(m)) => Whole::Signature(m),
            Some(One::Move(m)) => Whole::Move(m),
            Some(One::RemoveDead(m)) => Whole::RemoveDead(m),
            None => Whole::Several(v1::SeveralGoals::default()),
        },
    }
}

/// The goal of a message.
pub(super) fn from_message(message: Whole) -> Decoded<Goal> {
    one_from_message(match message {
        Whole::Rename(m) => One::Rename(m),
        Whole::Rewrite(m) => One::Rewrite(m),
        Whole::Signature(m) => One::Signature(m),
        Whole::Move(m) => One::Move(m),
        Whole::RemoveDead(m) => One::RemoveDead(m),
        Whole::Several(m) => {
            let one = |m: v1::OneGoal| one_from_message(m.goal.ok_or_else(|| missing("goal"))?);
            let goals = m.goals.into_iter().map(one).collect::<Decoded<_>>()?;
            return Ok(Goal::Several { goals });
        }
    })
}

/// The message of a goal of a list; a list within a list has none.
fn one_to_message(goal: &Goal) -> Option<One> {
    Some(match goal {
        Goal::Rename { from, to, at, kind, keep_alias } => One::Rename(v1::RenameGoal {
            from: from.clone(),
            to: to.clone(),
            at: position(at),
            kind: kind.map_or(0, SymbolKind::to_number),
            keep_alias: *keep_alias,
        }),
        Goal::Rewrite { pattern, replacement, language } => One::Rewrite(v1::RewriteGoal {
            pattern: pattern.clone(),
            replacement: replacement.clone(),
            language: language.name().to_owned(),
        }),
        Goal::Signature { signature, at } => {
            One::Signature(v1::SignatureGoal { signature: signature.clone(), at: position(at) })
        }
        Goal::Move { symbol, into, at } => {
            One::Move(v1::MoveGoal { symbol: symbol.clone(), into: into.clone(), at: position(at) })
        }
        Goal::RemoveDead { only, kind, closed } => One::RemoveDead(v1::RemoveDeadGoal {
            only: only.clone(),
            kind: kind.map_or(0, SymbolKind::to_number),
            closed: *closed,
        }),
        Goal::Several { .. } => return None,
    })
}

fn one_from_message(message: One) -> Decoded<Goal> {
    Ok(match message {
        One::Rename(m) => Goal::Rename {
            from: m.from,
            to: m.to,
            at: place(m.at),
            kind: kind(m.kind)?,
            keep_alias: m.keep_alias,
        },
        One::Rewrite(m) => Goal::Rewrite {
            language: m.language.parse().map_err(|()| {
                Malformed(format!("{:?} is no language that this Axon knows", m.language))
            })?,
            pattern: m.pattern,
            replacement: m.replacement,
        },
        One::Signature(m) => Goal::Signature { signature: m.signature, at: place(m.at) },
        One::Move(m) => Goal::Move { symbol: m.symbol, into: m.into, at: place(m.at) },
        One::RemoveDead(m) => {
            Goal::RemoveDead { only: m.only, kind: kind(m.kind)?, closed: m.closed }
        }
    })
}

fn kind(number: i32) -> Decoded<Option<SymbolKind>> {
    if number == 0 { Ok(None) } else { Word::from_number(number).map(Some) }
}

fn position(at: &Option<(String, u32)>) -> Option<v1::Position> {
    at.as_ref().map(|(path, line)| v1::Position { path: path.clone(), line: *line })
}

fn place(position: Option<v1::Position>) -> Option<(String, u32)> {
    position.map(|position| (position.path, position.line))
}
