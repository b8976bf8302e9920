//! Missions: how they are given and how they end.

use axon_domain::{CheckChoice, Grants, Limits, MissionEnd, MissionSpec};
use axon_wire::v1;

use super::{Decoded, Wire, Word, git_id, goal, missing};

impl Wire for MissionSpec {
    type Message = v1::MissionGiven;

    fn to_message(&self) -> v1::MissionGiven {
        v1::MissionGiven {
            goal: Some(goal::to_message(&self.goal)),
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
            goal: goal::from_message(m.goal.ok_or_else(|| missing("goal"))?)?,
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
