//! Goals, alone and in a list.

use axon_domain::{Goal, MissionId, SymbolKind};
use axon_wire::v1;
use axon_wire::v1::mission_given::Goal as Whole;
use axon_wire::v1::one_goal::Goal as One;

use super::{Decoded, Malformed, Word, git_id, missing, object_id};

/// The message of a goal.
pub(super) fn to_message(goal: &Goal) -> Whole {
    match goal {
        Goal::Several { goals } => Whole::Several(v1::SeveralGoals {
            goals: goals.iter().map(|goal| v1::OneGoal { goal: one_to_message(goal) }).collect(),
        }),
        Goal::Rebase { of, goal, base_commit, base_tree, changes } => {
            // What was asked for in the first place is no rebase, so this goes one level deep.
            let asked = match &**goal {
                Goal::Rebase { .. } => None,
                goal => Some(to_message(goal)),
            };
            Whole::Rebase(Box::new(v1::RebaseGoal {
                of: of.0,
                given: Some(Box::new(v1::MissionGiven {
                    goal: asked,
                    ..v1::MissionGiven::default()
                })),
                base_commit: base_commit.as_bytes().to_vec(),
                base_tree: base_tree.as_bytes().to_vec(),
                changes: changes.0.to_vec(),
            }))
        }
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
        Whole::Rebase(m) => return rebase(*m),
    })
}

fn rebase(m: v1::RebaseGoal) -> Decoded<Goal> {
    let given = m.given.and_then(|given| given.goal).ok_or_else(|| missing("given"))?;
    // A chain of rebases has one goal in the first place, so this never goes deeper.
    if matches!(given, Whole::Rebase(_)) {
        return Err(Malformed("a rebase was not asked for in the first place".to_owned()));
    }
    Ok(Goal::Rebase {
        of: MissionId(m.of),
        goal: Box::new(from_message(given)?),
        base_commit: git_id(&m.base_commit, "base_commit")?,
        base_tree: git_id(&m.base_tree, "base_tree")?,
        changes: object_id(&m.changes, "changes")?,
    })
}

/// The message of a goal of a list; a list within a list has none, and neither has a rebase.
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
        Goal::Several { .. } | Goal::Rebase { .. } => return None,
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
