//! HEAD, branches and revisions.

use axon_domain::{GitId, Result};

use super::Repository;
use super::convert::{failed, git_id};

/// What HEAD points at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The commit.
    pub commit: GitId,
    /// Its tree.
    pub tree: GitId,
    /// The branch, without `refs/heads/`; `None` when HEAD is detached.
    pub branch: Option<String>,
}

impl Repository {
    /// What HEAD points at now.
    ///
    /// # Errors
    /// [`axon_domain::Code::Git`] when HEAD or its commit cannot be read.
    pub fn head(&self) -> Result<Head> {
        self.with(|git| {
            let name = git.head_name().map_err(failed("HEAD cannot be read"))?;
            let commit = git.head_commit().map_err(failed("the commit at HEAD cannot be read"))?;
            let tree = commit.tree_id().map_err(failed("the commit at HEAD cannot be read"))?;
            Ok(Head {
                commit: git_id(&commit.id)?,
                tree: git_id(&tree)?,
                branch: name.map(|name| name.shorten().to_string()),
            })
        })
    }
}
