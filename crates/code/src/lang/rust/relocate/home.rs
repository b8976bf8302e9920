//! The module that a definition goes to.

use axon_domain::{Code, Error, Language, Result, Symbol};

use super::super::names::{refuse as refuse_name, spelled};
use super::super::project::{ModuleId, Project, folder_of};
use super::super::rename;
use crate::sources::{FileId, Sources};

/// Where a definition goes.
#[derive(Debug)]
pub(super) struct Home {
    /// Its file.
    pub(super) file: FileId,
    /// The module that the file is; `None` where nothing declares it yet.
    pub(super) module: Option<ModuleId>,
    /// The module that is to declare it, where nothing does; else the one around.
    pub(super) parent: Option<ModuleId>,
    /// The last part of its path.
    pub(super) name: String,
}

impl Home {
    /// The module itself, or the one that it will be in.
    pub(super) fn around(&self) -> ModuleId {
        self.module.or(self.parent).unwrap_or(0)
    }

    /// Its path as code of its crate writes it.
    pub(super) fn path(&self, project: &Project<'_>) -> String {
        match (self.module, self.parent) {
            (None, Some(parent)) => {
                format!("{}::{}", project.written_path(parent), spelled(&self.name))
            }
            _ => project.written_path(self.around()),
        }
    }

    /// Whether a module is the home or lies in it.
    pub(super) fn holds(&self, project: &Project<'_>, module: ModuleId) -> bool {
        self.module.is_some_and(|home| project.lies_in(module, home))
    }

    /// Whether the home is a module or lies in it.
    pub(super) fn lies_in(&self, project: &Project<'_>, module: ModuleId) -> bool {
        project.lies_in(self.around(), module)
    }
}

fn refuse(why: String) -> Error {
    let hint = "name a module of the crate (`crate::totals`) or its .rs file";
    Error::new(Code::Usage, why).hint(hint)
}

/// The path of the file of a module as a person names it.
pub(in crate::lang::rust) fn path(
    sources: &Sources<'_>,
    symbol: &Symbol,
    to: &str,
) -> Result<String> {
    let to = to.trim();
    let to = to.strip_prefix("./").unwrap_or(to);
    let project = Project::new(sources, &[])?;
    let item = rename::find(&project, symbol)?;
    let homes = project.homes(item);
    let [old] = homes.as_slice() else {
        let what = format!("the file of `{}` is part of several modules", symbol.qualified);
        return Err(refuse(what).at(symbol.path.clone()));
    };
    let path = if to.ends_with(".rs") || to.contains('/') {
        written(to)?
    } else {
        named(&project, *old, to)?
    };
    project.failed()?;
    let unit = project.unit(item.unit);
    let top = unit.bodies[0].names.values().flatten().any(|own| *own == item.item);
    if path == symbol.path && top {
        let what = format!("`{}` is defined in `{path}` already", symbol.name);
        return Err(Error::new(Code::NothingToDo, what));
    }
    Ok(path)
}

fn written(to: &str) -> Result<String> {
    if Language::of_path(to) != Some(Language::Rust) {
        return Err(refuse(format!("`{to}` is not the path of a Rust file")));
    }
    let stem = to.rsplit('/').next().unwrap_or(to).trim_end_matches(".rs");
    let odd = to.split('/').any(|part| matches!(part, "" | "." | ".."));
    let folder = folder_of(to).rsplit('/').next().unwrap_or_default();
    let name = if stem == "mod" { folder } else { stem };
    if odd || refuse_name(&spelled(name)).is_some() {
        return Err(refuse(format!("`{to}` cannot be the file of a module")));
    }
    Ok(to.to_owned())
}

fn named(project: &Project<'_>, old: ModuleId, to: &str) -> Result<String> {
    let plain = to.trim_start_matches("::");
    let parts: Vec<&str> = plain.split("::").map(str::trim).collect();
    let krate = project.crate_of(old);
    let (mut at, mut rest) = match parts.split_first() {
        Some((&"self", rest)) => (old, rest),
        Some((&"super", _)) => (old, parts.as_slice()),
        Some((first, rest)) if *first == "crate" || *first == krate.name => (krate.root, rest),
        _ => (krate.root, parts.as_slice()),
    };
    while let Some((&"super", after)) = rest.split_first() {
        let none = || refuse(format!("there is no module around `{}`", project.module_path(at)));
        (at, rest) = (project.parent(at).ok_or_else(none)?, after);
    }
    for (index, part) in rest.iter().enumerate() {
        let name = part.trim_start_matches("r#");
        if refuse_name(part).is_some() {
            return Err(refuse(format!("`{to}` is not the path of a module")));
        }
        match project.child(at, name) {
            Some(child) if index + 1 == rest.len() && project.bodies(child).is_empty() => {
                return new_file(project, at, name);
            }
            Some(child) => at = child,
            None if index + 1 == rest.len() => return new_file(project, at, name),
            None => {
                let around = project.module_path(at);
                return Err(refuse(format!("there is no module `{name}` in `{around}`")));
            }
        }
    }
    let bodies = project.bodies(at);
    match bodies.as_slice() {
        [(unit, 0)] => Ok(project.sources.path(project.unit(*unit).file).to_owned()),
        _ => Err(refuse(format!("`{}` is not a file of its own", project.module_path(at)))),
    }
}

/// The file of a module that is not there yet.
fn new_file(project: &Project<'_>, parent: ModuleId, name: &str) -> Result<String> {
    if matches!(name, "mod" | "lib" | "main") {
        return Err(refuse(format!("a module called `{name}` is not given a file of its own")));
    }
    let around = project.module_path(parent);
    let folder = project.inner_folder(parent).ok_or_else(|| {
        refuse(format!("`{around}` has no file of its own, so nothing is made in it"))
    })?;
    Ok(if folder.is_empty() { format!("{name}.rs") } else { format!("{folder}/{name}.rs") })
}

/// What the tree knows of the home.
pub(super) fn find(project: &Project<'_>, old: ModuleId, path: &str) -> Result<Home> {
    let lost =
        || Error::new(Code::Bug, "the new module is not among the files").at(path.to_owned());
    let file = project.sources.find(path).ok_or_else(lost)?;
    let unreadable = || refuse("the new module cannot be read".to_owned()).at(path.to_owned());
    let unit_id = project.unit_of(file).ok_or_else(unreadable)?;
    let known: Vec<ModuleId> = project
        .modules_of(unit_id, 0)
        .into_iter()
        .filter(|module| !project.crate_of(*module).orphan)
        .collect();
    match known.as_slice() {
        [module] => {
            if project.crate_id(*module) != project.crate_id(old) {
                let root = |module| {
                    let bodies = project.bodies(project.crate_of(module).root);
                    let unit = bodies.first().map(|(unit, _)| project.unit(*unit));
                    unit.map_or("", |unit| project.sources.path(unit.file)).to_owned()
                };
                let what = format!(
                    "`{path}` belongs to the crate of `{}`, not to that of `{}`",
                    root(*module),
                    root(old)
                );
                let hint = "definitions are moved within one crate";
                return Err(Error::new(Code::Usage, what).at(path.to_owned()).hint(hint));
            }
            if project.bodies(*module).len() != 1 {
                let what =
                    format!("`{}` is put together of several files", project.module_path(*module));
                return Err(refuse(what).at(path.to_owned()));
            }
            let parent = project.parent(*module);
            let written = project.module_path(*module);
            let name = written.rsplit("::").next().unwrap_or_default().to_owned();
            Ok(Home { file, module: Some(*module), parent, name })
        }
        [] if project.unit(unit_id).ast.text.trim().is_empty() => undeclared(project, old, file),
        [] => Err(refuse("no `mod` declares the new module".to_owned()).at(path.to_owned())),
        _ => {
            Err(refuse("the new module is part of several modules".to_owned()).at(path.to_owned()))
        }
    }
}

/// A file that is to become a module.
fn undeclared(project: &Project<'_>, old: ModuleId, file: FileId) -> Result<Home> {
    let path = project.sources.path(file);
    let stem = path.rsplit('/').next().unwrap_or(path).trim_end_matches(".rs");
    let mut folder = folder_of(path);
    let mut name = stem;
    if stem == "mod" {
        name = folder.rsplit('/').next().unwrap_or(folder);
        folder = folder_of(folder);
    }
    if refuse_name(&spelled(name)).is_some() || matches!(name, "lib" | "main") {
        return Err(refuse(format!("`{path}` cannot be the file of a module")));
    }
    let mut around: Vec<FileId> = project.roots_in(folder);
    for candidate in [format!("{folder}.rs"), format!("{folder}/mod.rs")] {
        around.extend(project.sources.find(candidate.trim_start_matches('/')));
    }
    let mut parents: Vec<ModuleId> = Vec::new();
    for unit_id in around.into_iter().filter_map(|file| project.unit_of(file)) {
        for module in project.modules_of(unit_id, 0) {
            let fits = project.crate_id(module) == project.crate_id(old)
                && project.inner_folder(module).as_deref() == Some(folder);
            if fits && !parents.contains(&module) {
                parents.push(module);
            }
        }
    }
    let [parent] = parents.as_slice() else {
        let what = format!(
            "no module of the crate `{}` has its files in `{folder}`",
            project.crate_name(old)
        );
        return Err(refuse(what).at(path.to_owned()));
    };
    if project.child(*parent, name).is_some() {
        let what = format!("`{}::{name}` exists already", project.module_path(*parent));
        return Err(Error::new(Code::NameCollision, what).at(path.to_owned()));
    }
    Ok(Home { file, module: None, parent: Some(*parent), name: name.to_owned() })
}
