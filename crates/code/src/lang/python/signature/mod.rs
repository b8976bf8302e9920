//! Changing the parameters of a function or method.

pub(super) mod arguments;
mod bodies;
mod parameters;
mod places;

use std::collections::BTreeSet;

use axon_domain::{Code, Error, Result, SiteKind, Symbol, SymbolKind, Undecided};

use self::parameters::{Entry, Plan};
use self::places::{Nodes, Way};
use super::define::is_name;
use super::index::Names;
use super::locate::{describe, gather, key_of};
use super::model::{BindingKind, Function, Index, Occurrence, OccurrenceKind, Role};
use super::names;
use super::project::Project;
use super::rename::{Renaming, Verdict};
use super::types::{Ty, last};
use crate::sheet::{Place, Sheet};
use crate::signature::Asked;
use crate::sources::{FileId, Sources};
use crate::{Located, Rename};

/// Decorators that pass calls on as they are, or only say something about the function.
const TRANSPARENT: &[&str] = &[
    "staticmethod",
    "classmethod",
    "abstractmethod",
    "override",
    "overload",
    "final",
    "cache",
    "lru_cache",
    "contextmanager",
    "asynccontextmanager",
    "deprecated",
];

/// Every place that changes with the parameters of a symbol.
pub(super) fn locate(
    sources: &Sources<'_>,
    symbol: &Symbol,
    asked: &Asked,
    undecided: Undecided,
) -> Result<Located> {
    if !matches!(symbol.kind, SymbolKind::Function | SymbolKind::Method) {
        let what = format!("`{}` is a {}, not a function", symbol.qualified, symbol.kind);
        return Err(Error::new(Code::Usage, what).hint("name a function or a method"));
    }
    if names::is_special(&symbol.name) {
        let what = format!("Python itself calls `{}`, with parameters of its own", symbol.name);
        return Err(Error::new(Code::Usage, what));
    }
    let project = Project::new(sources, of(&symbol.name));
    let mut work = Work { sheet: Sheet::new(sources, undecided, "#"), undecided };
    let definitions = Definitions::find(&project, symbol, asked, undecided)?;
    let mut pending = vec![symbol.clone()];
    let mut seen = BTreeSet::new();
    while let Some(name) = pending.pop() {
        if seen.insert((name.path.clone(), name.line, name.name.clone())) {
            work.uses(&name, symbol, &definitions, &mut pending)?;
        }
    }
    work.definitions(&definitions);
    bodies::change(sources, &definitions, &mut work.sheet)?;
    project.check()?;
    work.sheet.finish(Some(symbol))
}

fn of(name: &str) -> Names {
    Names { from: name.to_owned(), to: String::new() }
}

fn probe(symbol: &Symbol, undecided: Undecided) -> Rename {
    Rename {
        from: symbol.name.clone(),
        to: String::new(),
        at: None,
        kind: None,
        keep_alias: false,
        undecided,
    }
}

/// One definition that changes.
struct Definition {
    file: FileId,
    /// Where its name stands.
    name: usize,
    entries: Vec<Entry>,
    list: crate::signature::List,
    /// How many of the entries are the receiver.
    skip: usize,
    body: std::ops::Range<usize>,
    /// A decorator that may do anything.
    strange: Option<String>,
}

struct Definitions {
    plan: Plan,
    all: Vec<Definition>,
    /// A call through the class passes the receiver.
    bound: bool,
}

impl Definitions {
    fn find(
        project: &Project<'_, '_>,
        symbol: &Symbol,
        asked: &Asked,
        undecided: Undecided,
    ) -> Result<Self> {
        let files = project.read(&[&project.names.from])?;
        let key = key_of(project, symbol)?;
        let mut renaming = Renaming::new(project, files, false);
        gather(&mut renaming, &key, &probe(symbol, undecided))?;
        let mut plan = None;
        let mut all = Vec::new();
        let mut bound = false;
        let mut keys: Vec<_> = renaming.targets.iter().cloned().collect();
        keys.sort_by_key(|other| (*other != key, other.clone()));
        for target in keys {
            for (file, binding) in project.bindings_of(&target) {
                let line = renaming.line(file, binding.span.start);
                let place = || format!("{}:{line}", project.sources.path(file));
                let BindingKind::Function(at) = binding.kind else {
                    if matches!(binding.kind, BindingKind::Import(_) | BindingKind::Delete) {
                        continue;
                    }
                    let what = format!("`{}` is bound to something else, too", symbol.name);
                    return Err(Error::new(Code::NeedsDecision, what).at(place()));
                };
                let Some(index) = project.index(file) else { continue };
                let function = &index.functions[at];
                let kind = method_kind(function, &symbol.name, &place)?;
                bound |= kind == Method::OfInstance;
                let skip = usize::from(kind != Method::None);
                let nodes = Nodes::new(project.sources, file)?;
                let name = binding.span.start;
                let Some((entries, list, body)) = nodes.definition(name) else {
                    let what = "a definition does not parse".to_owned();
                    return Err(Error::new(Code::NeedsDecision, what).at(place()));
                };
                fit(&mut plan, asked, &entries, skip, &symbol.name, &place)?;
                let strange = function
                    .decorators
                    .iter()
                    .find(|d| !last(d).is_some_and(|name| TRANSPARENT.contains(&name)));
                let strange = strange.map(super::rename::render);
                all.push(Definition { file, name, entries, list, skip, body, strange });
            }
        }
        let lost = || Error::new(Code::SymbolNotFound, format!("no `def {}`", symbol.name));
        Ok(Self { plan: plan.ok_or_else(lost)?, all, bound })
    }
}

/// Whether calls pass something that the parameters of a definition name first.
#[derive(PartialEq)]
enum Method {
    /// No: a function, or a static method.
    None,
    OfInstance,
    OfClass,
}

fn method_kind(function: &Function, name: &str, place: &impl Fn() -> String) -> Result<Method> {
    let has = |word: &str| function.decorators.iter().any(|d| is_name(d, word));
    let property = function.decorators.iter().any(|d| {
        last(d).is_some_and(|name| name.contains("property") || matches!(name, "setter" | "getter"))
    });
    if property {
        let what = format!("`{name}` is a property, which nobody calls");
        return Err(Error::new(Code::Usage, what).at(place()));
    }
    Ok(match function.class {
        None => Method::None,
        Some(_) if has("staticmethod") => Method::None,
        Some(_) if has("classmethod") => Method::OfClass,
        Some(_) => Method::OfInstance,
    })
}

/// Makes the plan out of the first definition, and compares the others with it.
fn fit(
    plan: &mut Option<Plan>,
    asked: &Asked,
    entries: &[Entry],
    skip: usize,
    name: &str,
    place: &impl Fn() -> String,
) -> Result<()> {
    let receiver = entries.first().filter(|_| skip > 0).map(|e| e.shown.clone());
    if skip > 0 && receiver.as_deref().is_none_or(|shown| shown.starts_with('*')) {
        let what = "a method without a receiver of its own".to_owned();
        return Err(Error::new(Code::NeedsDecision, what).at(place()));
    }
    let plan = match plan {
        Some(plan) => plan,
        empty => empty.insert(parameters::plan(asked, &entries[skip..], receiver.as_deref())?),
    };
    if plan.fits(&entries[skip..]) {
        return Ok(());
    }
    let what =
        format!("this definition of `{name}`, which has to change too, takes other parameters");
    Err(Error::new(Code::NeedsDecision, what)
        .at(place())
        .hint("give all definitions the same parameters first"))
}

struct Work<'s, 'f> {
    sheet: Sheet<'s, 'f>,
    undecided: Undecided,
}

impl Work<'_, '_> {
    /// Every use of the symbol under one name.
    fn uses(
        &mut self,
        name: &Symbol,
        symbol: &Symbol,
        definitions: &Definitions,
        pending: &mut Vec<Symbol>,
    ) -> Result<()> {
        let project = Project::new(self.sheet.sources, of(&name.name));
        let files = project.read(&[&project.names.from])?;
        let key = key_of(&project, name)?;
        let mut renaming = Renaming::new(&project, files, false);
        let asked = gather(&mut renaming, &key, &probe(name, self.undecided))?;
        let compatible = definitions.plan.compatible;
        for (file, span, why, _) in asked.into_iter().filter(|_| !compatible) {
            self.sheet.ask(file, span, why);
        }
        for file in renaming.files.clone() {
            let Some(index) = project.index(file) else { continue };
            let nodes = Nodes::new(self.sheet.sources, file)?;
            for at in index.occurrences.iter().filter(|at| at.wanted == super::model::Wanted::From)
            {
                let verdict = renaming.verdict(file, index, at);
                let used = Use { renaming: &renaming, index, nodes: &nodes, file, at };
                if let Some(alias) = used.alias(&verdict, symbol) {
                    pending.push(alias);
                }
                self.one(&used, verdict, definitions);
            }
            for text in &index.texts {
                let (kind, why) = describe(&text.kind);
                let span = text.at..text.at + name.name.len();
                self.sheet.note(file, span, kind, why);
            }
        }
        project.check()
    }

    fn one(&mut self, used: &Use<'_, '_, '_, '_>, verdict: Verdict, definitions: &Definitions) {
        let (kind, evidence, doubt) = match verdict {
            Verdict::Nothing => return,
            Verdict::Site { kind, evidence, .. } => (kind, evidence, None),
            Verdict::Mention { kind, why, .. } if kind.asks() => {
                (SiteKind::Reference, format!("included by request: {why}"), Some(why))
            }
            Verdict::Mention { kind, why, .. } => {
                self.sheet.note(used.file, used.at.span.clone(), kind, why);
                return;
            }
        };
        let compatible = definitions.plan.compatible;
        let mut ask = |why: String| {
            if !compatible {
                let span = used.at.span.clone();
                self.sheet.ask(used.file, span, why);
            }
        };
        if matches!(kind, SiteKind::Definition | SiteKind::Import | SiteKind::ReExport)
            || matches!(used.at.kind, OccurrenceKind::Imported { .. })
            || used.at.quoted
        {
            if let Some(why) = doubt {
                ask(why);
            }
            return;
        }
        let call = match used.call() {
            Way::Call(call) => call,
            Way::Nothing => return,
            Way::Value(why) => return ask(doubt.unwrap_or(why)),
        };
        let unbound = match used.unbound(definitions) {
            Ok(unbound) => unbound,
            Err(why) => return ask(why),
        };
        match arguments::items(&call, &definitions.plan, unbound) {
            Ok(items) => self.sheet.places.push(Place {
                file: used.file,
                list: call.list,
                items,
                kind,
                evidence,
                open: doubt,
            }),
            // What no parameter takes today would go to a new one, even if callers need not know.
            Err(unclear) if unclear.surplus && compatible && doubt.is_none() => {
                self.sheet.ask(used.file, used.at.span.clone(), unclear.why);
            }
            Err(unclear) => ask(match doubt {
                Some(doubt) => format!("{doubt}; {}", unclear.why),
                None => unclear.why,
            }),
        }
    }

    fn definitions(&mut self, definitions: &Definitions) {
        for one in &definitions.all {
            if let Some(strange) = one.strange.as_ref().filter(|_| !definitions.plan.compatible) {
                let why = format!("the decorator `{strange}` may call it in its own way");
                self.sheet.ask(one.file, one.name..one.name, why);
            }
            self.sheet.places.push(Place {
                file: one.file,
                list: one.list.clone(),
                items: definitions.plan.items(&one.entries, one.skip),
                kind: SiteKind::Definition,
                evidence: "the parameters of a definition".to_owned(),
                open: None,
            });
        }
    }
}

/// One occurrence.
struct Use<'r, 'p, 's, 'f> {
    renaming: &'r Renaming<'p, 's, 'f>,
    index: &'r Index,
    nodes: &'r Nodes<'r>,
    file: FileId,
    at: &'r Occurrence,
}

impl Use<'_, '_, '_, '_> {
    /// The other name that an import gives the symbol.
    fn alias(&self, verdict: &Verdict, symbol: &Symbol) -> Option<Symbol> {
        let OccurrenceKind::Imported { binding, alias: Some(_) } = &self.at.kind else {
            return None;
        };
        let Verdict::Site { .. } = verdict else { return None };
        let binding = &self.index.bindings[*binding];
        let path = self.renaming.project.sources.path(self.file);
        let line = self.renaming.line(self.file, binding.span.start);
        (*binding.name != *self.renaming.from()).then(|| Symbol {
            name: binding.name.to_string(),
            path: path.to_owned(),
            line: u32::try_from(line).unwrap_or(u32::MAX),
            ..symbol.clone()
        })
    }

    /// What the code does with the symbol here.
    fn call(&self) -> Way {
        if self.at.documentation {
            return self.nodes.example(self.at.span.clone());
        }
        if matches!(self.at.kind, OccurrenceKind::Name(Role::Declare | Role::Delete)) {
            return Way::Nothing;
        }
        self.nodes.call(self.at.span.start)
    }

    /// Whether the receiver is passed by hand; why that is not known.
    fn unbound(&self, definitions: &Definitions) -> Result<bool, String> {
        if !definitions.bound {
            return Ok(false);
        }
        let OccurrenceKind::Attribute(object) = &self.at.kind else { return Ok(true) };
        let types = self.renaming.project.infer(self.file, object);
        let classes = types.iter().filter(|ty| matches!(ty, Ty::Class(_))).count();
        if classes > 0 && classes < types.len() {
            return Err("it may be called on a class or on an instance".to_owned());
        }
        Ok(classes > 0)
    }
}
