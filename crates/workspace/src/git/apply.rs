//! Bringing a mission's branch into the working tree.

use std::thread;
use std::time::{Duration, Instant};

use axon_domain::{Code, Error, Result};

use super::Repository;
use super::convert::failed;
use super::history::is_base;
use super::program;
use super::refs::{existing, full_name};

/// How many files an error names.
const NAMED: usize = 5;
/// How long another Git gets to finish what it does with the index.
const PATIENCE: Duration = Duration::from_secs(2);
const LOOK: Duration = Duration::from_millis(20);

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
    /// that the branch's last commit stands on. A `git` that still works on the index is waited
    /// for: that of an `axon apply` that was killed goes on alone, and finishes what it began.
    ///
    /// # Errors
    /// [`Code::NotFound`] without such a branch, [`Code::DirtyWorkingTree`] when tracked files
    /// have changes, [`Code::HeadMoved`] when HEAD is elsewhere, [`Code::ProgramMissing`] without
    /// `git`, [`Code::Git`] with Git's own message when it refuses.
    pub fn apply(&self, branch: &str) -> Result<Applied> {
        let name = full_name(&format!("refs/heads/{branch}"))?;
        self.wait_for_index()?;
        let (contained, follows) = self.with(|git| {
            let Some(target) = existing(git, &name)? else {
                return Err(Error::new(Code::NotFound, "there is no such branch").at(branch));
            };
            let head = git.head_id().map_err(failed("HEAD cannot be read"))?.detach();
            let commit = git.find_commit(target).map_err(failed("the branch cannot be read"))?;
            let follows = commit.parent_ids().next().is_some_and(|parent| parent == head);
            let contained = head == target || is_base(git, head, target);
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

impl Repository {
    /// Waits until no Git works on the index, which at such a moment may be half of one commit
    /// and half of another.
    fn wait_for_index(&self) -> Result<()> {
        let lock = self.git_dir().join("index.lock");
        let until = Instant::now() + PATIENCE;
        while lock.exists() {
            if Instant::now() >= until {
                return Err(Error::new(Code::Git, "another Git is at work here, or was killed")
                    .at(lock.display().to_string())
                    .hint(
                        "if no Git is running, remove that file, look at `git status`, and try \
                         again; git reset --hard brings back the files as they were committed",
                    ));
            }
            thread::park_timeout(LOOK);
        }
        Ok(())
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
