//! Asking `code` for what a goal means.

use axon_code::{Located, Move, Rename, Rewrite, Signature, bare};
use axon_domain::{Code, Error, Goal, MissionSpec, Result, Undecided};

use crate::source::TreeSource;

/// Finds every place that a goal means; dead code is looked for elsewhere.
pub(crate) fn locate(source: &TreeSource<'_>, spec: &MissionSpec, goal: &Goal) -> Result<Located> {
    let (paths, undecided) = (&spec.paths, spec.undecided);
    match goal {
        Goal::Rename { from, to, at, kind, keep_alias } => {
            let (kind, keep_alias) = (*kind, *keep_alias);
            let (from, to, at) = (from.clone(), to.clone(), at.clone());
            let request = Rename { from, to, at, kind, keep_alias, undecided };
            axon_code::rename(source, &request, paths)
        }
        Goal::Rewrite { pattern, replacement, language } => {
            let (pattern, replacement) = (pattern.clone(), replacement.clone());
            let request = Rewrite { pattern, replacement, language: *language };
            axon_code::rewrite(source, &request, paths)
        }
        Goal::Signature { signature, at } => {
            let request = Signature { signature: signature.clone(), at: at.clone(), undecided };
            axon_code::signature(source, &request, paths)
        }
        Goal::Move { symbol, into, at } => {
            let (symbol, to, at) = (symbol.clone(), into.clone(), at.clone());
            axon_code::move_symbol(source, &Move { symbol, at, to, undecided }, paths)
        }
        Goal::RemoveDead { .. } | Goal::Several { .. } | Goal::Rebase { .. } => {
            Err(Error::new(Code::Bug, "this goal names no places").at(goal.title()))
        }
    }
}

/// A rename that is never done, to find out what means a symbol.
pub(crate) fn probe(name: &str, at: impl Into<Option<(String, u32)>>) -> Rename {
    Rename {
        from: name.to_owned(),
        to: format!("{}_{}", bare(name), "x".repeat(24)),
        at: at.into(),
        kind: None,
        keep_alias: false,
        undecided: Undecided::Leave,
    }
}
