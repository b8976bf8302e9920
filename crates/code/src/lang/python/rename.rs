//! Which occurrences mean the symbol, and the evidence for each.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap, HashSet};

use axon_domain::{MentionKind, SiteKind};

use super::circle::Circle;
use super::model::{
    Binding, BindingKind, Expr, Import, Index, Occurrence, OccurrenceKind, Role, ScopeId,
};
use super::modules::{Found, ModuleId};
use super::names;
use super::project::{Key, Meaning, Project};
use super::types::{Ty, last};
use crate::sources::FileId;

/// Whether a name in a scope is the symbol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    /// Defined here.
    Own,
    /// Imported, and nothing else.
    Imported,
    /// Imported, and bound to something else too: a symbol of its own.
    Mixed,
    No,
}

impl Status {
    pub(super) fn renamed(self) -> bool {
        matches!(self, Status::Own | Status::Imported)
    }
}

/// What happens to an occurrence.
#[derive(Debug)]
pub(super) enum Verdict {
    Nothing,
    Site { kind: SiteKind, text: String, evidence: String },
    Mention { kind: MentionKind, why: String, text: Option<String> },
}

/// One renaming: the symbol and what must change with it.
pub(super) struct Renaming<'p, 's, 'f> {
    pub(super) project: &'p Project<'s, 'f>,
    pub(super) targets: HashSet<Key>,
    /// The classes of those targets that are members.
    pub(super) classes: BTreeSet<Key>,
    /// pytest passes the symbol by the names of parameters.
    pub(super) fixture: bool,
    /// Leave the old name behind where it was public.
    pub(super) keep: bool,
    pub(super) files: Vec<FileId>,
    statuses: RefCell<HashMap<(FileId, ScopeId), Status>>,
    /// Whether the name of a module is the symbol.
    modules: Circle<ModuleId, bool>,
    /// How the name got into a scope, in words.
    origins: RefCell<HashMap<(FileId, ScopeId), String>>,
}

impl<'p, 's, 'f> Renaming<'p, 's, 'f> {
    pub(super) fn new(project: &'p Project<'s, 'f>, files: Vec<FileId>, keep: bool) -> Self {
        Self {
            project,
            targets: HashSet::new(),
            classes: BTreeSet::new(),
            fixture: false,
            keep,
            files,
            statuses: RefCell::default(),
            modules: Circle::default(),
            origins: RefCell::default(),
        }
    }

    /// Adds symbols that change with the others.
    pub(super) fn add(&mut self, keys: impl IntoIterator<Item = Key>) {
        for key in keys {
            self.classes.extend(self.project.class_of(&key));
            self.targets.insert(key);
        }
        self.statuses.borrow_mut().clear();
        self.modules.clear();
    }

    pub(super) fn from(&self) -> &'p str {
        &self.project.names.from
    }

    pub(super) fn to(&self) -> &'p str {
        &self.project.names.to
    }

    /// Whether the old name in this scope is the symbol.
    pub(super) fn status(&self, file: FileId, scope: ScopeId) -> Status {
        if let Some(known) = self.statuses.borrow().get(&(file, scope)) {
            return *known;
        }
        let status = self.find_status(file, scope);
        if self.modules.is_idle() {
            self.statuses.borrow_mut().insert((file, scope), status);
        }
        status
    }

    fn find_status(&self, file: FileId, scope: ScopeId) -> Status {
        let project = self.project;
        let Some(index) = project.index(file) else { return Status::No };
        if project.key(file, scope, self.from()).is_some_and(|key| self.targets.contains(&key)) {
            return Status::Own;
        }
        let (mut renamed, mut other) = (false, false);
        for binding in Project::bindings(index, scope, self.from()) {
            match &binding.kind {
                BindingKind::Import(import) if self.imports(file, import) => renamed = true,
                BindingKind::Delete => {}
                _ => other = true,
            }
        }
        match (renamed, other) {
            (true, false) => Status::Imported,
            (true, true) => Status::Mixed,
            _ => Status::No,
        }
    }

    /// Whether an import takes the symbol under its old name.
    pub(super) fn imports(&self, file: FileId, import: &Import) -> bool {
        if import.name.as_deref() != Some(self.from()) {
            return false;
        }
        let Found::Module(module) = self.project.modules.resolve(file, &import.module) else {
            return false;
        };
        self.renamed(module)
    }

    /// Whether a module's name of this text is the symbol.
    pub(super) fn renamed(&self, module: ModuleId) -> bool {
        self.modules.ask(module, false, || self.find_renamed(module))
    }

    fn find_renamed(&self, module: ModuleId) -> bool {
        let mut bound = false;
        for file in &self.project.modules.list[module].files {
            let Some(index) = self.project.index(*file) else { continue };
            if index.scopes[0].names.contains_key(self.from()) {
                bound = true;
                if self.status(*file, 0).renamed() {
                    return true;
                }
            }
        }
        !bound && self.star(module).is_some()
    }

    /// The star import through which a module gets the symbol, as it is written.
    pub(super) fn star(&self, module: ModuleId) -> Option<String> {
        for file in &self.project.modules.list[module].files {
            let Some(index) = self.project.index(*file) else { continue };
            for star in index.scopes[0].stars.iter().rev() {
                let Found::Module(from) = self.project.modules.resolve(*file, star) else {
                    continue;
                };
                if self.project.exports(from, self.from()) && self.renamed(from) {
                    return Some(format!("from {star} import *"));
                }
            }
        }
        None
    }

    pub(super) fn verdict(&self, file: FileId, index: &Index, at: &Occurrence) -> Verdict {
        let verdict = match &at.kind {
            OccurrenceKind::Name(role) => self.name(file, index, at, *role),
            OccurrenceKind::Attribute(object) => self.attribute(file, object),
            OccurrenceKind::Imported { binding, alias } => {
                self.import(file, index, &index.bindings[*binding], alias.is_some())
            }
        };
        match verdict {
            Verdict::Site { text, evidence, .. } if at.broken => Verdict::Mention {
                kind: MentionKind::Undecided,
                why: format!("the file does not parse here ({evidence})"),
                text: Some(text),
            },
            Verdict::Site { text, evidence, .. } if at.documentation => {
                Verdict::Site { kind: SiteKind::Documentation, text, evidence }
            }
            Verdict::Site { kind, text, evidence } if at.quoted => {
                Verdict::Site { kind, text, evidence: format!("a type in a string, {evidence}") }
            }
            verdict => verdict,
        }
    }

    fn site(&self, kind: SiteKind, evidence: String) -> Verdict {
        Verdict::Site { kind, text: self.to().to_owned(), evidence }
    }

    fn name(&self, file: FileId, index: &Index, at: &Occurrence, role: Role) -> Verdict {
        let mut scope = bound_at(index, at, self.from());
        if role == Role::Declare && index.scopes[0].names.contains_key(self.from()) {
            scope = scope.or(Some(0));
        }
        let Some(scope) = scope else {
            let module = self.project.modules.of_file(file);
            return match module.and_then(|module| self.star(module)) {
                Some(star) => self.site(SiteKind::Reference, star),
                None => Verdict::Nothing,
            };
        };
        match self.status(file, scope) {
            Status::Own if matches!(role, Role::Define | Role::Store) => {
                let what = if self.classes.is_empty() { "the definition" } else { "a definition" };
                self.site(SiteKind::Definition, format!("{what} of {}", self.from()))
            }
            Status::Own | Status::Imported => {
                let kind = if role == Role::Store { SiteKind::Import } else { SiteKind::Reference };
                self.site(kind, self.bound_by(file, index, scope))
            }
            _ if role == Role::Parameter && self.fixture => Verdict::Mention {
                kind: MentionKind::Undecided,
                why: "pytest passes a fixture by the name of the parameter".to_owned(),
                text: Some(self.to().to_owned()),
            },
            _ => Verdict::Nothing,
        }
    }

    /// How a name got into a scope, in words.
    fn bound_by(&self, file: FileId, index: &Index, scope: ScopeId) -> String {
        let known = self.origins.borrow().get(&(file, scope)).cloned();
        known.unwrap_or_else(|| {
            let found = self.origin(file, index, scope);
            self.origins.borrow_mut().insert((file, scope), found.clone());
            found
        })
    }

    fn origin(&self, file: FileId, index: &Index, scope: ScopeId) -> String {
        for binding in Project::bindings(index, scope, self.from()) {
            let line = self.line(file, binding.span.start);
            match &binding.kind {
                BindingKind::Import(Import { module, name: Some(name), .. }) => {
                    return format!("from {module} import {name}, line {line}");
                }
                BindingKind::Delete => {}
                _ => return format!("defined in this file, line {line}"),
            }
        }
        "defined in the module's other file".to_owned()
    }

    pub(super) fn line(&self, file: FileId, offset: usize) -> usize {
        let Ok(Some(text)) = self.project.sources.text(file) else { return 0 };
        memchr::memchr_iter(b'\n', &text.as_bytes()[..offset.min(text.len())]).count() + 1
    }

    fn import(&self, file: FileId, index: &Index, binding: &Binding, aliased: bool) -> Verdict {
        let BindingKind::Import(import) = &binding.kind else { return Verdict::Nothing };
        let taken = self.imports(file, import);
        let (from, to) = (self.from(), self.to());
        let public = self.passes_on(file, index, binding, aliased);
        let kind = if public { SiteKind::ReExport } else { SiteKind::Import };
        let evidence = format!("{} defines it", import.module);
        if aliased {
            let text = to.to_owned();
            let site = Verdict::Site { kind, text, evidence };
            return if taken { site } else { Verdict::Nothing };
        }
        let local = self.status(file, binding.scope).renamed();
        if !taken
            && !local
            && self.classes.is_empty()
            && let Found::Module(module) = self.project.modules.resolve(file, &import.module)
            && let Some(why) = self.hides(module, &Ty::Module(module))
        {
            let text = Some(format!("{to} as {from}"));
            return Verdict::Mention { kind: MentionKind::Undecided, why, text };
        }
        let text = match (taken, local) {
            (true, true) if self.keep && public => format!("{to}, {from}"),
            (true, true) => to.to_owned(),
            (true, false) => format!("{to} as {from}"),
            (false, true) => format!("{from} as {to}"),
            (false, false) => return Verdict::Nothing,
        };
        Verdict::Site { kind, text, evidence }
    }

    /// Whether an import is there for others.
    fn passes_on(&self, file: FileId, index: &Index, binding: &Binding, aliased: bool) -> bool {
        if binding.scope != 0 {
            return false;
        }
        let path = self.project.sources.path(file);
        let listed = index.exports.names.iter().any(|(name, _)| *name == binding.name);
        let package = path.ends_with("__init__.py") || path.ends_with(".pyi");
        listed || package || (aliased && *binding.name == *self.from())
    }

    /// `object.name`.
    pub(super) fn attribute(&self, file: FileId, object: &Expr) -> Verdict {
        let types = self.project.infer(file, object);
        let shown = render(object);
        let (mut yes, mut no, mut open, mut hidden) = (None, false, None, None);
        for ty in &types {
            match self.holds(ty) {
                Holds::Yes(what) => yes = yes.or(Some(what)),
                Holds::No => no = true,
                Holds::Foreign => {}
                Holds::Open(why) => open = open.or(Some(why)),
                Holds::Hidden(why) => hidden = hidden.or(Some(why)),
            }
        }
        if let (None, Some(why)) = (&yes, hidden) {
            let text = Some(self.to().to_owned());
            return Verdict::Mention { kind: MentionKind::Undecided, why, text };
        }
        if types.is_empty() && !self.classes.is_empty() {
            open = Some("nothing says what it is".to_owned());
        }
        let dynamic = matches!(last_call(object), Some("import_module" | "__import__"));
        match (yes, no, open) {
            (Some(what), false, None) => {
                self.site(SiteKind::Reference, format!("{shown} is {what}"))
            }
            (None, _, None) => Verdict::Nothing,
            (None, _, Some(_)) if dynamic => Verdict::Mention {
                kind: MentionKind::Dynamic,
                why: format!("{shown} is looked up while the program runs"),
                text: None,
            },
            (None, _, Some(_)) if self.classes.is_empty() => Verdict::Nothing,
            (yes, no, open) => {
                let why = match (&yes, open) {
                    (Some(what), Some(why)) => format!("{shown} may be {what}, but {why}"),
                    (Some(what), None) if no => {
                        format!("{shown} may be {what} or of another class")
                    }
                    (_, Some(why)) => format!("{shown}: {why}"),
                    _ => format!("{shown} is of several classes"),
                };
                let text = Some(self.to().to_owned());
                Verdict::Mention { kind: MentionKind::Undecided, why, text }
            }
        }
    }

    /// Why a module of the project may have the name although its text does not bind it.
    fn hides(&self, module: ModuleId, ty: &Ty) -> Option<String> {
        let found = match ty {
            Ty::Hidden(_) => Vec::new(),
            _ => self.project.member(module, self.from()),
        };
        let shown = found.iter().any(|meaning| *meaning != Meaning::Unknown);
        let files = !self.project.modules.list[module].files.is_empty();
        (!shown && files).then(|| {
            let dotted = &self.project.modules.list[module].dotted;
            format!("nothing in module {dotted} says what its {} is", self.from())
        })
    }

    fn holds(&self, ty: &Ty) -> Holds {
        match ty {
            Ty::Module(module) if self.renamed(*module) => {
                Holds::Yes(format!("module {}", self.project.modules.list[*module].dotted))
            }
            Ty::Module(module) | Ty::Hidden(module) if self.classes.is_empty() => {
                self.hides(*module, ty).map_or(Holds::No, Holds::Hidden)
            }
            Ty::Class(class) => self.class_holds(class, 0),
            Ty::Instance(class) => self.class_holds(class, 0),
            Ty::Super(class) => self.class_holds(class, 1),
            Ty::Unknown | Ty::Hidden(_) => Holds::Open("nothing says what it is".to_owned()),
            Ty::Foreign | Ty::Outside(_) => Holds::Foreign,
            Ty::Module(_) | Ty::Function(..) | Ty::Of(_) => Holds::No,
        }
    }

    fn class_holds(&self, class: &Key, skip: usize) -> Holds {
        if self.classes.is_empty() {
            return Holds::No;
        }
        let order = self.project.order(class);
        let searched = order.classes.get(skip..).unwrap_or_default();
        let shown = self.project.qualified(class);
        if let Some(provider) = self.project.provider(searched, self.from()) {
            if self.classes.contains(&provider) {
                return Holds::Yes(if skip == 0 { shown } else { format!("a base of {shown}") });
            }
            if names::is_private(self.from()) || !self.project.order(&provider).unknown {
                return Holds::No;
            }
        }
        if order.unknown {
            return Holds::Open(format!("{shown} has a base that cannot be found"));
        }
        let derived = self.classes.iter().find(|known| {
            let order = self.project.order(known);
            order.classes.contains(class)
        });
        match derived {
            Some(derived) => Holds::Open(format!(
                "{shown} has no {} itself; {}, which derives from it, has",
                self.from(),
                derived.name
            )),
            None => Holds::Foreign,
        }
    }
}

/// The scope that binds the name of an occurrence. What stores or defines does so in its own
/// scope, wherever the class binds it otherwise.
pub(super) fn bound_at(index: &Index, at: &Occurrence, name: &str) -> Option<ScopeId> {
    let loads = matches!(at.kind, OccurrenceKind::Name(Role::Load));
    Project::binding_scope(index, at.scope, name, loads.then_some(at.span.start))
}

enum Holds {
    Yes(String),
    /// It is something else.
    No,
    /// It is not of the project, so an attribute of it does not matter.
    Foreign,
    Open(String),
    /// A module that may hold it and does not show it.
    Hidden(String),
}

fn last_call(expr: &Expr) -> Option<&str> {
    matches!(expr, Expr::Call(..)).then(|| last(expr)).flatten()
}

/// An expression, short, for people.
pub(super) fn render(expr: &Expr) -> String {
    fn write(expr: &Expr, left: u32) -> String {
        if left == 0 {
            return "…".to_owned();
        }
        match expr {
            Expr::Name(name, _) => name.to_string(),
            Expr::Attribute(object, name) => format!("{}.{name}", write(object, left - 1)),
            Expr::Call(function, arguments) => {
                let inside = if arguments.is_empty() { "" } else { "…" };
                format!("{}({inside})", write(function, left - 1))
            }
            Expr::Subscript(value, _) => format!("{}[…]", write(value, left - 1)),
            Expr::Await(inner) => write(inner, left - 1),
            _ => "the expression".to_owned(),
        }
    }
    write(expr, 6)
}
