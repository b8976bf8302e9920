//! Changing what a function takes, with its definitions and everything that calls it.

mod lists;
mod wanted;

use axon_domain::{Result, Undecided};

pub(crate) use self::lists::{Changes, Item, List, change, changed};
pub(crate) use self::wanted::{Asked, Wanted};
use crate::rename::{choose_symbol, finish};
use crate::sources::Sources;
use crate::{Files, Located, Rename, limits, prose};

/// What to change about a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// The function and the parameters that it is to have, in order: `Cart.total(items, tax)`.
    ///
    /// - A parameter that is there is named; its type and default stay and need not be repeated.
    /// - `new<-old` gives a parameter another name.
    /// - `new=default` (Python) adds a parameter that callers do not pass.
    /// - `new:=value` and `new: type := value` add a parameter and pass the value, which has to
    ///   mean the same everywhere, at every call.
    /// - A parameter that is not named is removed, which is refused where a body uses it.
    /// - The receiver (`self`, `cls`) may be left out. `/`, `*`, `*args`, `**kwargs` are written
    ///   as in a definition; stars can be neither added nor removed.
    pub signature: String,
    /// `path:line` of the definition, where the name alone is ambiguous.
    pub at: Option<(String, u32)>,
    /// What happens to places that nothing in the code decides.
    pub undecided: Undecided,
}

/// The function that a signature names, and the names of its parameters once it is reached: in
/// order, stars included, without types, defaults and values.
///
/// Errors: [`axon_domain::Code::Usage`] for what is no signature.
pub fn read_signature(signature: &str) -> Result<(String, Vec<String>)> {
    let asked = wanted::read(signature)?;
    Ok((asked.symbol, asked.parameters.into_iter().map(|wanted| wanted.name).collect()))
}

/// Finds a function and every place that has to change with its parameters.
///
/// `paths` are globs as for [`crate::rename()`]. Errors: [`axon_domain::Code::Usage`] for what is
/// no signature or asks for what is not done (the reason is said),
/// [`axon_domain::Code::NeedsDecision`] where a body uses a parameter that would go or an override
/// takes other parameters, [`axon_domain::Code::NameCollision`], and those of a rename.
pub fn signature(files: &dyn Files, request: &Signature, paths: &[String]) -> Result<Located> {
    let globs = limits::Globs::new(paths)?;
    let asked = wanted::read(&request.signature)?;
    let sources = Sources::new(files);
    let probe = Rename {
        from: asked.symbol.clone(),
        to: String::new(),
        at: request.at.clone(),
        kind: None,
        keep_alias: false,
        undecided: request.undecided,
    };
    let (backend, chosen, rejected) = choose_symbol(&sources, &probe)?;
    let mut located = (backend.signature)(&sources, &chosen.symbol, &asked, request.undecided)?;
    located.rejected.extend(rejected);
    located.mentions.extend(prose::mentions(&sources, &chosen.symbol.name)?);
    located.skipped = sources.skipped();
    finish(located, &globs)
}
