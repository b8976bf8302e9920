//! Bringing a mission's branch into the working tree.

use axon_domain::{Code, Error, Result};

use super::Repository;
use super::convert::failed;
use super::program;
use super::refs::{existing, full_name};

/// How many files an error names.
const NAMED: usize = 5;

/// What [`Repository::apply`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applied {
    /// The current branch and the files are at the mission's commit now.
    FastForwarded,
    /// HEAD contains the mission's commit already; nothing was done.
    AlreadyApplied,
}

impl Repository {
    /// Fast-forwards what is checked out to this branch, by `git merge --ff-only`, so that the
    /// user's hooks, filters, sparse checkout and LFS take part. Allowed only from the commit
    /// that the branch's last commit stands on.
    ///
    /// # Errors
    /// [`Code::NotFound`] without such a branch, [`Code::DirtyWorkingTree`] when tracked files
    /// have changes, [`Code::HeadMoved`] when HEAD is elsewhere, [`Code::ProgramMissing`] without
    /// `git`, [`Code::Git`] with Git's own message when it refuses.
    pub fn apply(&self, branch: &str) -> Result<Applied> {
        let name = full_name(&format!("refs/heads/{branch}"))?;
        let (contained, follows) = self.with(|git| {
            let Some(target) = existing(git, &name)? else {
                return Err(Error::new(Code::NotFound, "there is no such branch").at(branch));
            };
            let head = git.head_id().map_err(failed("HEAD cannot be read"))?.detach();
            let commit = git.find_commit(target).map_err(failed("the branch cannot be read"))?;
            let follows = commit.parent_ids().next().is_some_and(|parent| parent == head);
            let contained = head == target
                || git
                    .merge_base(head, target)
                    .is_ok_and(|base| base.is_some_and(|base| base == target));
            Ok((contained, follows))
        })?;
        if contained {
            return Ok(Applied::AlreadyApplied);
        }
        if !follows {
            return Err(Error::new(
                Code::HeadMoved,
                "HEAD is not where the mission began, so it cannot simply move forward",
            )
            .at(branch)
            .hint(format!("git merge {branch}")));
        }
        let tree = self.working_tree()?;
        if !tree.changed.is_empty() {
            return Err(dirty(&tree.changed));
        }
        let mut command = self.program();
        command.args(["merge", "--ff-only", "--quiet", "--", name.as_bstr().to_string().as_str()]);
        program::run(command, None)?;
        Ok(Applied::FastForwarded)
    }
}

fn dirty(changed: &[String]) -> Error {
    let mut named = changed.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    if let more @ 1.. = changed.len().saturating_sub(NAMED) {
        named.push_str(&format!(" and {more} more"));
    }
    Error::new(Code::DirtyWorkingTree, "files have changes that are not committed")
        .at(named)
        .hint("commit them, or put them aside: git stash")
}
