//! What is known about one file after one walk over its tree: scopes, what they bind, and
//! where the names that the request is about occur. Nothing here refers to the tree.

use std::collections::HashMap;
use std::ops::Range;

/// A scope of one file; 0 is the module.
pub(super) type ScopeId = usize;

/// One file.
#[derive(Debug, Default)]
pub(super) struct Index {
    pub(super) scopes: Vec<Scope>,
    pub(super) bindings: Vec<Binding>,
    pub(super) classes: Vec<Class>,
    pub(super) functions: Vec<Function>,
    /// Every place where one of the wanted names stands, by position.
    pub(super) occurrences: Vec<Occurrence>,
    /// Strings and comments that hold a wanted name.
    pub(super) texts: Vec<TextUse>,
    pub(super) exports: Exports,
    /// Scopes by their path; several where a class is defined more than once.
    pub(super) paths: HashMap<String, Vec<ScopeId>>,
}

/// What a scope is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum ScopeKind {
    #[default]
    Module,
    Class,
    /// Also of a lambda.
    Function,
    Comprehension,
    /// Type parameters in square brackets.
    TypeParameters,
    /// The examples of one docstring.
    Doctest,
}

/// A scope and the names that it binds.
#[derive(Debug, Default)]
pub(super) struct Scope {
    pub(super) kind: ScopeKind,
    pub(super) parent: Option<ScopeId>,
    /// Qualified name within the module, unique for functions: `Cart`, `f.<locals@12>`.
    pub(super) path: String,
    /// Name to positions in [`Index::bindings`].
    pub(super) names: HashMap<Box<str>, Vec<usize>>,
    pub(super) globals: Vec<Box<str>>,
    pub(super) nonlocals: Vec<Box<str>>,
    /// `from m import *`.
    pub(super) stars: Vec<ModuleRef>,
    /// The class or function of this scope, in [`Index::classes`] or [`Index::functions`].
    pub(super) owner: Option<usize>,
}

/// A name given a meaning in a scope.
#[derive(Debug)]
pub(super) struct Binding {
    pub(super) name: Box<str>,
    pub(super) scope: ScopeId,
    /// The name's bytes.
    pub(super) span: Range<usize>,
    /// From which byte on it holds: the end of its statement.
    pub(super) effect: usize,
    pub(super) kind: BindingKind,
}

#[derive(Debug)]
pub(super) enum BindingKind {
    Function(usize),
    Class(usize),
    Import(Import),
    Value(Value),
    Parameter { function: Option<usize>, annotation: Option<Expr>, receiver: bool },
    Delete,
}

/// One name of an import statement.
#[derive(Debug, Clone)]
pub(super) struct Import {
    /// The module named.
    pub(super) module: ModuleRef,
    /// The name taken from it; `None` where the module itself is bound.
    pub(super) name: Option<Box<str>>,
}

/// A module as an import statement writes it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct ModuleRef {
    /// Leading dots.
    pub(super) level: usize,
    pub(super) parts: Vec<Box<str>>,
}

impl std::fmt::Display for ModuleRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", ".".repeat(self.level), self.parts.join("."))
    }
}

/// What a variable is bound to.
#[derive(Debug, Clone)]
pub(super) enum Value {
    /// `x = expr`.
    Of(Expr),
    /// `x: annotation`, with or without a value.
    Annotated(Expr),
    /// `for x in expr`.
    Element(Expr),
    /// `with expr as x`.
    Entered(Expr),
    /// Anything else that binds: unpacking, augmented assignment, a pattern.
    Opaque,
}

/// An expression as far as its type can follow from it.
#[derive(Debug, Clone)]
pub(super) enum Expr {
    Name(Box<str>, ScopeId),
    Attribute(Box<Expr>, Box<str>),
    Call(Box<Expr>, Vec<Expr>),
    Subscript(Box<Expr>, Vec<Expr>),
    /// One of these: a conditional, `or`, a union of types.
    Either(Vec<Expr>),
    Await(Box<Expr>),
    /// A list or tuple display of these.
    Display(Vec<Expr>),
    /// A literal or something else that no class of the project can be.
    Builtin,
    Unknown,
}

#[derive(Debug)]
pub(super) struct Class {
    pub(super) name: Box<str>,
    /// Where the class is bound.
    pub(super) scope: ScopeId,
    /// The scope of its body.
    pub(super) body: ScopeId,
    pub(super) bases: Vec<Expr>,
    /// `self.x = …` in its methods.
    pub(super) attributes: HashMap<Box<str>, Vec<(Range<usize>, Value)>>,
}

#[derive(Debug)]
pub(super) struct Function {
    pub(super) name: Box<str>,
    pub(super) returns: Option<Expr>,
    /// Expressions after `return`, where there is no annotation.
    pub(super) results: Vec<Expr>,
    /// It yields, so a call gives a generator.
    pub(super) generator: bool,
    pub(super) decorators: Vec<Expr>,
    /// The class whose method it is.
    pub(super) class: Option<usize>,
}

/// Which of the names of the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    From,
    To,
}

/// What an occurrence does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Load,
    Store,
    /// `def`, `class`.
    Define,
    Delete,
    /// `global`, `nonlocal`.
    Declare,
    Parameter,
}

#[derive(Debug)]
pub(super) struct Occurrence {
    pub(super) wanted: Wanted,
    pub(super) span: Range<usize>,
    pub(super) scope: ScopeId,
    pub(super) kind: OccurrenceKind,
    /// Inside a part of the file that does not parse.
    pub(super) broken: bool,
    /// In an example of a docstring.
    pub(super) documentation: bool,
    /// In an annotation that is written as a string.
    pub(super) quoted: bool,
}

#[derive(Debug)]
pub(super) enum OccurrenceKind {
    Name(Role),
    /// `object.name`.
    Attribute(Expr),
    /// The name in `from m import name`; the binding, and the bytes of the alias.
    Imported {
        binding: usize,
        alias: Option<Range<usize>>,
    },
}

/// `__all__`.
#[derive(Debug, Default)]
pub(super) struct Exports {
    /// There is an `__all__`.
    pub(super) declared: bool,
    /// Part of it is computed.
    pub(super) partly: bool,
    /// The strings in it and their bytes without quotes.
    pub(super) names: Vec<(Box<str>, Range<usize>)>,
}

/// The wanted name in text that is not code.
#[derive(Debug)]
pub(super) struct TextUse {
    /// The first byte of the name.
    pub(super) at: usize,
    pub(super) kind: TextKind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TextKind {
    Comment,
    TypeComment,
    Docstring,
    String,
    /// An argument of a function that looks names up; its name.
    LookedUp(String),
    /// An argument of a function that replaces names during tests; its name.
    Patched(String),
    /// Code in a string, given to this function.
    Evaluated(String),
}
