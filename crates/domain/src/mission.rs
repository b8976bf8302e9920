//! What a person asks for, and how it ended.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::{GitId, Grants, Language, MissionId, ObjectId};

/// What is to be reached. The "what", never the "how".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "form")]
pub enum Goal {
    /// Give a symbol another name, everywhere it is meant.
    Rename {
        /// The name, bare or qualified (`Cart.total`, `cart::total`).
        from: String,
        /// The new bare name.
        to: String,
        /// `path:line` of the definition, where the name alone is ambiguous.
        at: Option<(String, u32)>,
        /// What kind of symbol, where the sentence said so.
        kind: Option<crate::SymbolKind>,
        /// Leave the old name behind as an alias.
        keep_alias: bool,
    },
    /// Replace every place that matches a pattern.
    Rewrite {
        /// The pattern, with `$NAME` for one node and `$$$NAME` for several.
        pattern: String,
        /// The replacement, with the same names.
        replacement: String,
        /// In which language.
        language: Language,
    },
    /// Bring what another mission came to onto the commit that this one starts from.
    Rebase {
        /// The other mission.
        of: MissionId,
        /// What was asked for in the first place; never a rebase itself.
        goal: Box<Goal>,
        /// The commit that the other mission started from.
        base_commit: GitId,
        /// The tree of that commit.
        base_tree: GitId,
        /// What the other mission came to: its changes against that tree, as an object.
        changes: ObjectId,
    },
    /// Give a function other parameters, with everything that calls it.
    Signature {
        /// The function and the parameters that it is to have: `total(items, tax=0)`.
        signature: String,
        /// `path:line` of the definition, where the name alone is ambiguous.
        at: Option<(String, u32)>,
    },
    /// Define a symbol in another module.
    Move {
        /// The name, bare or qualified.
        symbol: String,
        /// The module or its file, which need not exist.
        into: String,
        /// `path:line` of the definition, where the name alone is ambiguous.
        at: Option<(String, u32)>,
    },
    /// Remove definitions that nothing uses.
    RemoveDead {
        /// Only these of what is proven unused, by name; empty means all, or those that a
        /// person chooses.
        only: Vec<String>,
        /// Only symbols of this kind, where the sentence said so.
        kind: Option<crate::SymbolKind>,
        /// Nobody outside of the repository uses it.
        closed: bool,
    },
    /// One goal after the other, each on what the ones before leave.
    Several {
        /// In order; none of them is a list again.
        goals: Vec<Goal>,
    },
}

impl Goal {
    /// The most goals that one list may have.
    pub const MOST: usize = 500;

    /// The name that scouts can search for; `None` where the goal names no symbol, or several.
    #[must_use]
    pub fn searched_name(&self) -> Option<&str> {
        let name = match self.origin() {
            Goal::Rename { from, .. } => from,
            Goal::Signature { signature, .. } => signature.split('(').next()?.trim(),
            Goal::Move { symbol, .. } => symbol,
            Goal::Rewrite { .. }
            | Goal::RemoveDead { .. }
            | Goal::Several { .. }
            | Goal::Rebase { .. } => return None,
        };
        let bare = name.rsplit(['.', ':']).next()?;
        (!bare.is_empty()).then_some(name)
    }

    /// One line for people, also the subject of the commit.
    #[must_use]
    pub fn title(&self) -> String {
        match self {
            Goal::Rename { from, to, kind: None, .. } => alloc::format!("rename {from} to {to}"),
            Goal::Rename { from, to, kind: Some(kind), .. } => {
                alloc::format!("rename {kind} {from} to {to}")
            }
            Goal::Rewrite { pattern, replacement, language } => {
                alloc::format!("rewrite {language} `{pattern}` to `{replacement}`")
            }
            Goal::Rebase { of, goal, .. } => alloc::format!("rebase {of}: {}", goal.title()),
            Goal::Signature { signature, .. } => {
                alloc::format!("change the signature to {signature}")
            }
            Goal::Move { symbol, into, .. } => alloc::format!("move {symbol} to {into}"),
            Goal::RemoveDead { only, kind, .. } => {
                let kind = kind.map_or_else(String::new, |kind| alloc::format!(" {kind}"));
                match only.as_slice() {
                    [] if kind.is_empty() => String::from("remove dead code"),
                    [] => alloc::format!("remove every unused{kind}"),
                    only => alloc::format!("remove unused{kind} {}", only.join(", ")),
                }
            }
            Goal::Several { goals } => match goals.as_slice() {
                [only] => only.title(),
                [first, rest @ ..] => {
                    alloc::format!("{} and {} more", first.title(), rest.len())
                }
                [] => String::from("nothing"),
            },
        }
    }

    /// What was asked for in the first place: of a rebase, what the mission that it moves was
    /// given, and else the goal itself.
    #[must_use]
    pub fn origin(&self) -> &Goal {
        match self {
            Goal::Rebase { goal, .. } => goal,
            goal => goal,
        }
    }

    /// The goals that a mission works on, in order: those of a list, or itself.
    #[must_use]
    pub fn parts(&self) -> &[Goal] {
        match self {
            Goal::Several { goals } => goals,
            one => core::slice::from_ref(one),
        }
    }
}

/// Which check proves the result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckChoice {
    /// What `axon.toml` names, else what the project itself shows (`Cargo.toml`, …).
    Found,
    /// This command, by the shell.
    Command(String),
    /// None; said in the result.
    None,
}

/// What happens to places that nothing in the code decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Undecided {
    /// Stop and ask.
    Ask,
    /// Edit them too.
    Include,
    /// Leave them as they are.
    Leave,
}

/// A mission as it was given. Constant from then on, so it is stored once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MissionSpec {
    /// The goal.
    pub goal: Goal,
    /// Only files that match one of these globs are edited; empty means all.
    pub paths: Vec<String>,
    /// The check.
    pub check: CheckChoice,
    /// What happens to undecided places.
    pub undecided: Undecided,
    /// The commit that the mission starts from.
    pub base_commit: GitId,
    /// The tree of that commit.
    pub base_tree: GitId,
    /// The branch that HEAD was on, if any.
    pub head_branch: Option<String>,
    /// The branch that takes the result.
    pub branch: String,
    /// How many coders work at once.
    pub agents: u32,
    /// What the mission may do.
    pub grants: Grants,
    /// A person lifted confinement for this run.
    pub unconfined: bool,
    /// The Git hooks that the commit has to pass, in the order in which they run:
    /// `pre-commit`. Those that were there when the mission was given, unless a person left
    /// them out.
    pub hooks: Vec<String>,
}

/// How a mission ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The result is on its branch, and the check passes.
    Done,
    /// The result is on its branch; no check proved it: none was wanted or found, it fails
    /// without the change too, or it was stopped at a limit.
    DoneUnproven,
    /// The result is on its branch, without the tasks that did not pass.
    DoneInPart,
    /// The result was rejected; there is no branch.
    Failed,
    /// There was nothing to do, or it could not be planned.
    Refused,
    /// A person stopped it.
    Cancelled,
}

impl Outcome {
    /// The word used in output.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Done => "done",
            Outcome::DoneUnproven => "done, unproven",
            Outcome::DoneInPart => "done, in part",
            Outcome::Failed => "failed",
            Outcome::Refused => "refused",
            Outcome::Cancelled => "cancelled",
        }
    }

    /// Whether there is a branch with a result.
    #[must_use]
    pub fn has_result(self) -> bool {
        matches!(self, Outcome::Done | Outcome::DoneUnproven | Outcome::DoneInPart)
    }
}
