//! Moving a function, class or constant to another module.

mod graph;
pub(super) mod imports;
mod moved;
mod uses;

use std::collections::BTreeSet;

use axon_domain::{Code, Error, Language, Result, SiteKind, Symbol, Undecided};

use self::graph::Graph;
use self::imports::{Changed, insertion};
use self::moved::Moved;
use super::index::Names;
use super::locate::key_of;
use super::model::{BindingKind, ModuleRef};
use super::modules::{Found, ModuleId, Modules};
use super::names;
use super::project::Project;
use crate::Located;
use crate::sheet::Sheet;
use crate::sources::{FileId, Sources};

/// The file of a module as a person names it.
pub(super) fn home(sources: &Sources<'_>, symbol: &Symbol, to: &str) -> Result<String> {
    let refuse = |why: String| Error::new(Code::Usage, why).hint("name a module or its .py file");
    let to = to.strip_prefix("./").unwrap_or(to);
    let modules = Modules::new(sources);
    let path = if to.ends_with(".py") || to.contains('/') {
        to.to_owned()
    } else {
        let known = modules.list.iter().find(|module| module.dotted == to);
        match known.and_then(|module| module.files.first()) {
            Some(file) => sources.path(*file).to_owned(),
            None => {
                let own = sources.find(&symbol.path).and_then(|file| modules.of_file(file));
                let own = own.map(|module| &modules.list[module]);
                let below = own.map_or(String::new(), |own| own.dotted.replace('.', "/"));
                let root = own.map_or("", |own| own.place.strip_suffix(&below).unwrap_or(""));
                format!("{root}{}.py", to.replace('.', "/"))
            }
        }
    };
    if Language::of_path(&path) != Some(Language::Python) || path.ends_with(".pyi") {
        return Err(refuse(format!("`{to}` is not the path of a Python file")));
    }
    let stem = path.rsplit('/').next().unwrap_or(&path).trim_end_matches(".py");
    if path.split('/').any(|part| matches!(part, "" | "." | "..")) || names::refuse(stem).is_some()
    {
        return Err(refuse(format!("`{to}` cannot be imported")));
    }
    if path == symbol.path {
        let what = format!("`{}` is defined in `{path}` already", symbol.name);
        return Err(Error::new(Code::NothingToDo, what));
    }
    Ok(path)
}

/// From where to where.
struct Ways<'p, 's, 'f> {
    project: &'p Project<'s, 'f>,
    name: &'p str,
    old: FileId,
    old_module: ModuleId,
    home: FileId,
    home_module: ModuleId,
    /// Imports that come to be: who imports what.
    edges: BTreeSet<(ModuleId, ModuleId)>,
    /// Lines that files get behind their imports.
    lines: BTreeSet<(FileId, String)>,
    changed: Changed,
}

impl Ways<'_, '_, '_> {
    /// The home as an import statement of this file writes it.
    fn written(&self, file: FileId, relative: bool) -> String {
        let modules = &self.project.modules;
        let home = &modules.list[self.home_module];
        let folder = |module: &super::modules::Module| {
            if module.package {
                return module.place.clone();
            }
            module.place.rsplit_once('/').map_or(String::new(), |(folder, _)| folder.to_owned())
        };
        let near = modules.of_file(file).is_some_and(|user| {
            let above = home.place.rsplit_once('/').map_or("", |(folder, _)| folder);
            folder(&modules.list[user]) == above && !home.package
        });
        let last = home.place.rsplit('/').next().unwrap_or_default();
        if relative && near { format!(".{last}") } else { home.dotted.clone() }
    }

    /// Lets a file import the symbol from its home.
    fn import_into(&mut self, file: FileId, relative: bool) {
        if file == self.home {
            return;
        }
        let line = format!("from {} import {}", self.written(file, relative), self.name);
        self.lines.insert((file, line));
        self.edge(file);
    }

    fn edge(&mut self, file: FileId) {
        if let Some(user) = self.project.modules.of_file(file).filter(|m| *m != self.home_module) {
            self.edges.insert((user, self.home_module));
        }
    }

    fn is_old(&self, file: FileId, reference: &ModuleRef) -> bool {
        self.project.modules.resolve(file, reference) == Found::Module(self.old_module)
    }
}

/// Every place that changes.
pub(super) fn locate(
    sources: &Sources<'_>,
    symbol: &Symbol,
    home: &str,
    undecided: Undecided,
) -> Result<Located> {
    let names = Names { from: symbol.name.clone(), to: String::new() };
    let project = Project::new(sources, names);
    let files = project.read(&[&project.names.from])?;
    let key = key_of(&project, symbol)?;
    let refuse =
        |why: String| Error::new(Code::Usage, why).at(format!("{}:{}", symbol.path, symbol.line));
    if !key.scope.is_empty() || project.class_of(&key).is_some() {
        let why = format!("`{}` is not defined at the top of its module", symbol.qualified);
        return Err(refuse(why).hint("move the class or function around it"));
    }
    if names::is_special(&symbol.name) {
        return Err(refuse(format!("Python itself looks for `{}` where it stands", symbol.name)));
    }
    let bindings = project.bindings_of(&key);
    let [(old, binding)] = bindings.as_slice() else {
        let why = format!("`{}` is bound in several places", symbol.qualified);
        return Err(refuse(why).hint("overloads, conditional definitions and stubs stay together"));
    };
    if matches!(binding.kind, BindingKind::Import(_)) {
        return Err(refuse(format!("`{}` is imported there, not defined", symbol.name)));
    }
    let lost =
        || Error::new(Code::Bug, "the new module is not among the files").at(home.to_owned());
    let home = sources.find(home).ok_or_else(lost)?;
    let home_module = project.modules.of_file(home).ok_or_else(lost)?;
    let mut ways = Ways {
        project: &project,
        name: &project.names.from,
        old: *old,
        old_module: key.module,
        home,
        home_module,
        edges: BTreeSet::new(),
        lines: BTreeSet::new(),
        changed: Changed::default(),
    };
    let mut sheet = Sheet::new(sources, undecided, "#");
    let mut moved = Moved::find(sources, *old, binding.span.start, symbol)?;
    moved.check_home(&ways)?;
    let before = moved.home_needs_it_early(&ways)?;
    uses::collect(&mut ways, &mut moved, &key, files, &mut sheet)?;
    let needs = moved.needs(&mut ways, &mut sheet)?;
    if before && needs.early {
        let why =
            "its new module uses it while it is loaded, and it needs what that module defines";
        return Err(refuse(why.to_owned()));
    }
    check_circle(&ways)?;
    moved.write(&mut ways, needs.lines, before, &mut sheet)?;
    let evidence =
        format!("{} is defined in {}", symbol.name, project.modules.list[home_module].dotted);
    let Ways { changed, lines, .. } = ways;
    changed.write(&mut sheet, &evidence)?;
    add_lines(&mut sheet, lines, home, &evidence)?;
    project.check()?;
    sheet.finish(Some(symbol))
}

/// Modules that would import each other while they are loaded.
fn check_circle(ways: &Ways<'_, '_, '_>) -> Result<()> {
    let mut graph = Graph::default();
    let Some(way) = graph.circle(ways.project, ways.home_module, &ways.edges)? else {
        return Ok(());
    };
    let names: Vec<&str> =
        way.iter().map(|module| ways.project.modules.list[*module].dotted.as_str()).collect();
    let what = format!("modules would import each other: {}", names.join(" imports "));
    let at = ways.project.sources.path(ways.home).to_owned();
    Err(Error::new(Code::NeedsDecision, what)
        .at(at)
        .hint("move what both need to a third module first"))
}

/// Import lines behind those that are there; the home gets its own with the definition.
fn add_lines(
    sheet: &mut Sheet<'_, '_>,
    lines: BTreeSet<(FileId, String)>,
    home: FileId,
    evidence: &str,
) -> Result<()> {
    for (file, line) in lines.into_iter().filter(|(file, _)| *file != home) {
        let Some(text) = sheet.sources.text(file)?.cloned() else { continue };
        let at = insertion(sheet.sources, file)?;
        let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
        let broken = at > 0 && !text[..at].ends_with('\n');
        let before = if broken { newline } else { "" };
        let new = format!("{before}{line}{newline}");
        sheet.edit(file, at..at, new, SiteKind::Import, evidence);
    }
    Ok(())
}
