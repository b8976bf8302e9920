//! Definitions that nothing uses, over all languages.

pub(crate) mod names;

use axon_domain::{Result, Symbol};

use crate::lang::BACKENDS;
use crate::rename::finish;
use crate::sources::Sources;
use crate::{Files, Located, limits};

/// What to look for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeadCode {
    /// Only these, by qualified name, of what is proven; empty means all.
    pub only: Vec<String>,
    /// Nobody outside of this tree uses it: public names of an installable package or of a
    /// library crate count as used otherwise.
    pub closed: bool,
}

/// A definition and what is known about its use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The definition.
    pub symbol: Symbol,
    /// Why it is unused, or why that is not proven.
    pub evidence: String,
}

/// What is unused.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Unused {
    /// Proven, by path and line; what only unused code uses is among them.
    pub proven: Vec<Finding>,
    /// No code uses it, and something may all the same.
    pub open: Vec<Finding>,
    /// The edits that remove what is proven and chosen.
    pub located: Located,
}

/// Finds functions, methods, classes and constants that nothing in the tree uses, and the edits
/// that remove them.
///
/// A definition is proven unused when its name stands nowhere in the tree but in comments, in
/// prose, in itself and in other unused definitions; names that anything else may take (by
/// text, by a decorator or attribute, by a base class from elsewhere, from outside of the tree)
/// are open. `paths` are globs as for [`crate::rename()`]. Errors:
/// [`axon_domain::Code::NothingToDo`] is not among them, an empty list is an answer;
/// [`axon_domain::Code::Usage`] for a glob that cannot be read, and whatever reading gives.
pub fn dead_code(files: &dyn Files, request: &DeadCode, paths: &[String]) -> Result<Unused> {
    let globs = limits::Globs::new(paths)?;
    let sources = Sources::new(files);
    let mut unused = Unused::default();
    for backend in BACKENDS {
        let inside = |path: &str| globs.matches(path);
        (backend.dead)(&sources, request, &inside, &mut unused)?;
    }
    let order = |a: &Finding, b: &Finding| {
        (&a.symbol.path, a.symbol.line).cmp(&(&b.symbol.path, b.symbol.line))
    };
    unused.proven.sort_by(order);
    unused.open.sort_by(order);
    unused.located.skipped = sources.skipped();
    if !unused.located.files.is_empty() {
        unused.located = finish(unused.located, &globs)?;
    }
    Ok(unused)
}
