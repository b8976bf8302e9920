//! Missions: how they are given and how they end.

use axon_domain::{
    CheckChoice, Goal, Grants, Limits, MissionEnd, MissionId, MissionSpec, SymbolKind,
};
use axon_wire::v1;

use super::{Decoded, Malformed, Wire, Word, git_id, missing, object_id};

impl Wire for MissionSpec {
    type Message = v1::MissionGiven;

    fn to_message(&self) -> v1::MissionGiven {
        v1::MissionGiven {
            goal: Some(goal_message(&self.goal)),
            paths: self.paths.clone(),
            check: Some(check_message(&self.check)),
            undecided: self.undecided.to_number(),
            base_commit: self.base_commit.as_bytes().to_vec(),
            base_tree: self.base_tree.as_bytes().to_vec(),
            head_branch: self.head_branch.clone(),
            branch: self.branch.clone(),
            agents: self.agents,
            grants: Some(grants_message(&self.grants)),
            unconfined: self.unconfined,
            hooks: self.hooks.clone(),
        }
    }

    fn from_message(m: v1::MissionGiven) -> Decoded<Self> {
        Ok(Self {
            goal: goal(m.goal.ok_or_else(|| missing("goal"))?)?,
            paths: m.paths,
            check: check(m.check.ok_or_else(|| missing("check"))?)?,
            undecided: Word::from_number(m.undecided)?,
            base_commit: git_id(&m.base_commit, "base_commit")?,
            base_tree: git_id(&m.base_tree, "base_tree")?,
            head_branch: m.head_branch,
            branch: m.branch,
            agents: m.agents,
            grants: grants(m.grants.ok_or_else(|| missing("grants"))?)?,
            unconfined: m.unconfined,
            hooks: m.hooks,
        })
    }
}

fn goal_message(goal: &Goal) -> v1::mission_given::Goal {
    match goal {
        Goal::Rename { from, to, at, kind, keep_alias } => {
            v1::mission_given::Goal::Rename(v1::RenameGoal {
                from: from.clone(),
                to: to.clone(),
                at: at
                    .as_ref()
                    .map(|(path, line)| v1::Position { path: path.clone(), line: *line }),
                kind: kind.map_or(0, SymbolKind::to_number),
                keep_alias: *keep_alias,
            })
        }
        Goal::Rewrite { pattern, replacement, language } => {
            v1::mission_given::Goal::Rewrite(v1::RewriteGoal {
                pattern: pattern.clone(),
                replacement: replacement.clone(),
                language: language.name().to_owned(),
            })
        }
        Goal::Rebase { of, goal, base_commit, base_tree, changes } => {
            v1::mission_given::Goal::Rebase(Box::new(v1::RebaseGoal {
                of: of.0,
                given: Some(Box::new(v1::MissionGiven {
                    goal: Some(goal_message(goal)),
                    ..v1::MissionGiven::default()
                })),
                base_commit: base_commit.as_bytes().to_vec(),
                base_tree: base_tree.as_bytes().to_vec(),
                changes: changes.0.to_vec(),
            }))
        }
    }
}

fn goal(message: v1::mission_given::Goal) -> Decoded<Goal> {
    Ok(match message {
        v1::mission_given::Goal::Rename(m) => Goal::Rename {
            from: m.from,
            to: m.to,
            at: m.at.map(|position| (position.path, position.line)),
            kind: if m.kind == 0 { None } else { Some(Word::from_number(m.kind)?) },
            keep_alias: m.keep_alias,
        },
        v1::mission_given::Goal::Rewrite(m) => Goal::Rewrite {
            language: m.language.parse().map_err(|()| {
                Malformed(format!("{:?} is no language that this Axon knows", m.language))
            })?,
            pattern: m.pattern,
            replacement: m.replacement,
        },
        v1::mission_given::Goal::Rebase(m) => rebase(*m)?,
    })
}

fn rebase(m: v1::RebaseGoal) -> Decoded<Goal> {
    let given = m.given.and_then(|given| given.goal).ok_or_else(|| missing("given"))?;
    // A chain of rebases has one goal in the first place, so this never goes deeper.
    if matches!(given, v1::mission_given::Goal::Rebase(_)) {
        return Err(Malformed("a rebase was not asked for in the first place".to_owned()));
    }
    Ok(Goal::Rebase {
        of: MissionId(m.of),
        goal: Box::new(goal(given)?),
        base_commit: git_id(&m.base_commit, "base_commit")?,
        base_tree: git_id(&m.base_tree, "base_tree")?,
        changes: object_id(&m.changes, "changes")?,
    })
}

fn check_message(check: &CheckChoice) -> v1::Check {
    use v1::check::{Choice, Found, None};
    let choice = match check {
        CheckChoice::Found => Choice::Found(Found {}),
        CheckChoice::Command(command) => Choice::Command(command.clone()),
        CheckChoice::None => Choice::None(None {}),
    };
    v1::Check { choice: Some(choice) }
}

fn check(message: v1::Check) -> Decoded<CheckChoice> {
    use v1::check::Choice;
    Ok(match message.choice.ok_or_else(|| missing("check"))? {
        Choice::Found(_) => CheckChoice::Found,
        Choice::Command(command) => CheckChoice::Command(command),
        Choice::None(_) => CheckChoice::None,
    })
}

fn grants_message(grants: &Grants) -> v1::Grants {
    let limits = grants.limits;
    v1::Grants {
        read: grants.read.clone(),
        write: grants.write.clone(),
        run: grants.run.clone(),
        hosts: grants.hosts.clone(),
        limits: Some(v1::Limits {
            cpu_millis: limits.cpu_millis,
            wall_millis: limits.wall_millis,
            memory_bytes: limits.memory_bytes,
            processes: limits.processes,
            output_bytes: limits.output_bytes,
            file_bytes: limits.file_bytes,
        }),
    }
}

fn grants(m: v1::Grants) -> Decoded<Grants> {
    let limits = m.limits.ok_or_else(|| missing("limits"))?;
    Ok(Grants {
        read: m.read,
        write: m.write,
        run: m.run,
        hosts: m.hosts,
        limits: Limits {
            cpu_millis: limits.cpu_millis,
            wall_millis: limits.wall_millis,
            memory_bytes: limits.memory_bytes,
            processes: limits.processes,
            output_bytes: limits.output_bytes,
            file_bytes: limits.file_bytes,
        },
    })
}

impl Wire for MissionEnd {
    type Message = v1::MissionEnded;

    fn to_message(&self) -> v1::MissionEnded {
        v1::MissionEnded {
            outcome: self.outcome.to_number(),
            code: self.code.clone(),
            reason: self.reason.clone(),
            hint: self.hint.clone(),
        }
    }

    fn from_message(m: v1::MissionEnded) -> Decoded<Self> {
        Ok(Self {
            outcome: Word::from_number(m.outcome)?,
            code: m.code,
            reason: m.reason,
            hint: m.hint,
        })
    }
}
