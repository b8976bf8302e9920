//! The structure of one file: what it defines, with signatures and positions, without bodies.

use std::ops::Range;

use axon_domain::{Code, Error, Language, Result};

use crate::lang;
use crate::sources::{LARGEST, parse};
use crate::text::Lines;

/// How deep definitions may be nested to be listed.
pub(crate) const DEEPEST: usize = 64;
/// How many bytes of the value of a constant are part of its signature.
const LONGEST_VALUE: usize = 160;

/// What a unit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UnitKind {
    /// A function outside of a class or type.
    Function,
    /// A function of a class, type or trait.
    Method,
    /// A class, struct, enum, union, trait or type alias.
    Type,
    /// A constant, static, variant of an enum, or variable of a module or class.
    Constant,
    /// A module that is written inside of a file, or the declaration of one (`mod cart;`).
    Module,
    /// A macro by example.
    Macro,
}

/// Who may use a unit, as far as its own text says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UnitVisibility {
    /// Everybody: `pub`, or a Python name without a leading underscore.
    Public,
    /// Part of the crate or of its parents: `pub(crate)`, as it is written.
    Restricted(String),
    /// Its own module and what lies below (a convention only in Python).
    Private,
}

/// One definition of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// What it is.
    pub kind: UnitKind,
    /// The bare name.
    pub name: String,
    /// The name within the file, as the language writes it: `Cart.total` and
    /// `make.<locals>.inner` in Python, `cart::Cart::total` and `<Cart as Display>::fmt` in Rust.
    /// Overloads and items behind different `cfg` share one.
    pub qualified: String,
    /// The definition around it, by its position in the list.
    pub parent: Option<usize>,
    /// What it looks like from outside, on one line.
    pub signature: String,
    /// Who may use it.
    pub visibility: UnitVisibility,
    /// Its bytes with decorators, attributes and documentation.
    pub whole: Range<usize>,
    /// The bytes of its name.
    pub name_range: Range<usize>,
    /// The bytes of its body; `None` where it has none.
    pub body: Option<Range<usize>>,
    /// The bytes of its documentation: a docstring with its quotes, or the comments.
    pub doc: Option<Range<usize>>,
    /// First and last line of `whole`, from 1.
    pub lines: (u32, u32),
}

/// What a file defines, in the order of the text; a unit stands behind the one around it.
///
/// What does not parse is passed over, the definitions around it are listed. Definitions nested
/// deeper than 64 levels are not. Errors: [`Code::SyntaxBroken`] for bytes that are no text of
/// the language at all (not UTF-8, larger than 10 MB, refused by the parser).
pub fn units(language: Language, bytes: &[u8]) -> Result<Vec<Unit>> {
    let broken = |why: &str| Error::new(Code::SyntaxBroken, format!("no structure: {why}"));
    if bytes.len() > LARGEST {
        return Err(broken("larger than 10 MB"));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| broken("not UTF-8"))?;
    let tree = parse(language, text)?.ok_or_else(|| broken("the parser gave up"))?;
    let raw = match language {
        Language::Python => lang::python::units(text, &tree),
        Language::Rust => lang::rust::units(text, &tree),
    };
    let lines = Lines::new(text);
    Ok(raw.into_iter().map(|raw| raw.finish(text, &lines)).collect())
}

/// A unit on its way.
#[derive(Debug)]
pub(crate) struct Raw {
    pub(crate) kind: UnitKind,
    pub(crate) name: Range<usize>,
    pub(crate) qualified: String,
    pub(crate) parent: Option<usize>,
    pub(crate) visibility: UnitVisibility,
    /// Without decorators and attributes, up to the body.
    pub(crate) head: Range<usize>,
    pub(crate) whole: Range<usize>,
    pub(crate) body: Option<Range<usize>>,
    pub(crate) doc: Option<Range<usize>>,
}

impl Raw {
    fn finish(self, text: &str, lines: &Lines) -> Unit {
        let head = text.get(self.head.clone()).unwrap_or_default();
        let constant = self.kind == UnitKind::Constant;
        let cut = constant && head.len() > LONGEST_VALUE;
        let head = if cut { &head[..head.floor_char_boundary(LONGEST_VALUE)] } else { head };
        let mut signature = head.split_whitespace().collect::<Vec<_>>().join(" ");
        let end = signature.trim_end_matches([':', '{', ';', ',', ' ']).len();
        signature.truncate(end);
        if cut {
            signature.push('…');
        }
        let last = self.whole.end.saturating_sub(1).max(self.whole.start);
        Unit {
            kind: self.kind,
            name: text.get(self.name.clone()).unwrap_or_default().to_owned(),
            qualified: self.qualified,
            parent: self.parent,
            signature,
            visibility: self.visibility,
            lines: (lines.line(self.whole.start), lines.line(last)),
            whole: self.whole,
            name_range: self.name,
            body: self.body,
            doc: self.doc,
        }
    }
}
