//! Which crates a tree holds, and which file a `mod` names, by the rules of Cargo and rustc.
//!
//! <https://doc.rust-lang.org/cargo/guide/project-layout.html>,
//! <https://doc.rust-lang.org/reference/items/modules.html>

use std::collections::{HashMap, HashSet};

use axon_domain::Result;

use super::items::{Item, Unit};
use super::manifest::Manifest;
use super::project::{Crate, CrateId, Project, Source, folder_of};
use crate::sources::FileId;
use crate::text::words;

struct Package {
    folder: String,
    manifest: Manifest,
    lib: Option<CrateId>,
    crates: Vec<CrateId>,
}

/// Adds every crate that a manifest of the tree declares, by itself or by the layout.
pub(super) fn find(project: &Project<'_>) -> Result<()> {
    let mut packages = Vec::new();
    let mut workspace = Vec::new();
    for id in project.sources.ids() {
        let path = project.sources.path(id);
        if path != "Cargo.toml" && !path.ends_with("/Cargo.toml") {
            continue;
        }
        let Some(text) = project.sources.text(id)? else { continue };
        let manifest = Manifest::parse(text);
        let folder = folder_of(path).to_owned();
        if manifest.get(&["package", "name"]).is_some() {
            packages.push(Package { folder, manifest, lib: None, crates: Vec::new() });
        } else {
            workspace.push((folder, manifest));
        }
    }
    if packages.is_empty() {
        let (folder, manifest) = (String::new(), Manifest::default());
        packages.push(Package { folder, manifest, lib: None, crates: Vec::new() });
    }
    let folders: HashSet<String> = packages.iter().map(|package| package.folder.clone()).collect();
    for package in &mut packages {
        add_targets(project, package, &folders);
    }
    let libs: HashMap<String, CrateId> = packages
        .iter()
        .filter_map(|package| {
            Some((package.manifest.get(&["package", "name"])?.into(), package.lib?))
        })
        .collect();
    for package in &packages {
        let id = package.lib.or_else(|| package.crates.first().copied());
        project.packages.borrow_mut().extend(id.map(|id| (package.folder.clone(), id)));
        connect(project, package, &libs, &root_manifest(package, &packages, &workspace));
    }
    Ok(())
}

/// The manifest that `workspace = true` refers to: the nearest one above.
fn root_manifest<'a>(
    package: &Package,
    packages: &'a [Package],
    workspace: &'a [(String, Manifest)],
) -> Option<&'a Manifest> {
    let all = packages.iter().map(|package| (&package.folder, &package.manifest));
    all.chain(workspace.iter().map(|(folder, manifest)| (folder, manifest)))
        .filter(|(folder, _)| is_below(&package.folder, folder))
        .filter(|(_, manifest)| {
            manifest.has_table("workspace") || manifest.get(&["package", "name"]).is_none()
        })
        .max_by_key(|(folder, _)| folder.len())
        .map(|(_, manifest)| manifest)
}

pub(super) fn is_below(path: &str, folder: &str) -> bool {
    folder.is_empty()
        || path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn add_targets(project: &Project<'_>, package: &mut Package, folders: &HashSet<String>) {
    let manifest = &package.manifest;
    let name = manifest.get(&["package", "name"]).unwrap_or("main").to_owned();
    let mut roots: Vec<(String, String, bool)> = Vec::new();
    let lib = manifest.get(&["lib", "path"]).unwrap_or("src/lib.rs");
    let lib_name = manifest.get(&["lib", "name"]).unwrap_or(&name).replace('-', "_");
    roots.push((lib_name, join(&package.folder, lib), true));
    let build = manifest.get(&["package", "build"]).unwrap_or("build.rs");
    roots.push(("build".to_owned(), join(&package.folder, build), false));
    let layout =
        [("bin", "src/bin"), ("example", "examples"), ("test", "tests"), ("bench", "benches")];
    for (kind, folder) in layout {
        for target in manifest.targets(kind) {
            if let Some(path) = target.path {
                let name = target.name.unwrap_or_else(|| kind.to_owned());
                roots.push((name, join(&package.folder, &path), false));
            }
        }
        for path in in_folder(project, &join(&package.folder, folder)) {
            roots.push((kind.to_owned(), path, false));
        }
    }
    roots.push((name.replace('-', "_"), join(&package.folder, "src/main.rs"), false));
    if package.manifest.get(&["package", "name"]).is_none() {
        roots.push(("lib".to_owned(), join(&package.folder, "lib.rs"), true));
        roots.push(("main".to_owned(), join(&package.folder, "main.rs"), false));
    }
    let mut seen = HashSet::new();
    for (name, path, is_lib) in roots {
        let nested = folders.iter().any(|folder| {
            folder.len() > package.folder.len()
                && is_below(folder, &package.folder)
                && is_below(&path, folder)
        });
        let Some(file) = project.sources.find(&path).filter(|_| !nested) else { continue };
        if !seen.insert(file) {
            continue;
        }
        let krate = Crate {
            name,
            root: 0,
            edition_2015: false,
            sees: HashMap::new(),
            foreign: HashSet::new(),
            orphan: false,
            library: is_lib,
        };
        let id = project.add_crate(krate, Source::File(file), folder_of(&path));
        package.crates.push(id);
        if is_lib && package.lib.is_none() {
            package.lib = Some(id);
        }
    }
}

/// `folder/*.rs` and `folder/*/main.rs`.
fn in_folder(project: &Project<'_>, folder: &str) -> Vec<String> {
    let prefix = format!("{folder}/");
    let paths = project.files.iter().map(|file| project.sources.path(*file));
    let from = project.files.partition_point(|file| project.sources.path(*file) < prefix.as_str());
    paths
        .skip(from)
        .take_while(|path| path.starts_with(&prefix))
        .filter(|path| {
            let rest = &path[prefix.len()..];
            match rest.split_once('/') {
                None => true,
                Some((_, rest)) => rest == "main.rs",
            }
        })
        .map(str::to_owned)
        .collect()
}

/// Which other crates the crates of a package see.
fn connect(
    project: &Project<'_>,
    package: &Package,
    libs: &HashMap<String, CrateId>,
    root: &Option<&Manifest>,
) {
    let edition = match package.manifest.get(&["package", "edition", "workspace"]) {
        Some("true") => root.and_then(|root| root.get(&["workspace", "package", "edition"])),
        _ => package.manifest.get(&["package", "edition"]),
    };
    let no_manifest = package.manifest.get(&["package", "name"]).is_none();
    let edition_2015 = !no_manifest && matches!(edition, None | Some("2015"));
    let mut sees = HashMap::new();
    let mut foreign = HashSet::new();
    let mut crates = project.crates.borrow_mut();
    for dependency in package.manifest.dependencies(*root) {
        match libs.get(&dependency.package) {
            Some(lib) if dependency.name == dependency.package => {
                sees.insert(crates[*lib].name.clone(), *lib);
            }
            Some(lib) => {
                sees.insert(dependency.name.replace('-', "_"), *lib);
            }
            None => {
                foreign.insert(dependency.name.replace('-', "_"));
            }
        }
    }
    for id in &package.crates {
        let own = package.lib.filter(|lib| lib != id).map(|lib| (crates[lib].name.clone(), lib));
        let known = &crates[*id];
        let krate = Crate {
            name: known.name.clone(),
            root: known.root,
            edition_2015,
            sees: sees.clone().into_iter().chain(own).collect(),
            foreign: foreign.clone(),
            orphan: false,
            library: known.library,
        };
        crates[*id] = std::rc::Rc::new(krate);
    }
}

/// The files that `mod name;` means, with the folder of their own inner modules.
pub(super) fn module_files(
    project: &Project<'_>,
    unit: &Unit,
    item: &Item,
    folder: &str,
) -> Vec<(FileId, String)> {
    let mut found = Vec::new();
    let here = folder_of(project.sources.path(unit.file));
    let inline = unit.ast.ancestors(item.node).any(|node| unit.ast.kind(node) == "mod_item");
    let (given, always) = path_attributes(unit, item);
    for path in given {
        let path = join(if inline { folder } else { here }, &path);
        if let Some(file) = project.sources.find(&path) {
            found.push((file, folder_of(&path).to_owned()));
        }
    }
    if always {
        return found;
    }
    let own = join(folder, &item.name);
    for path in [format!("{own}.rs"), format!("{own}/mod.rs")] {
        if let Some(file) = project.sources.find(&path) {
            found.push((file, own.clone()));
        }
    }
    found
}

/// The paths of `#[path = "…"]` and `#[cfg_attr(…, path = "…")]`, and whether one of them holds
/// in every configuration.
fn path_attributes(unit: &Unit, item: &Item) -> (Vec<String>, bool) {
    let mut found = Vec::new();
    let mut always = false;
    for attribute in attributes_before(unit, item) {
        let text = attribute.trim_start_matches("#[").trim();
        let conditional = text.starts_with("cfg_attr");
        for at in words(text.as_bytes(), "path") {
            let rest = text[at + 4..].trim_start();
            let Some(rest) = rest.strip_prefix('=').map(str::trim_start) else { continue };
            if let Some(path) = rest.strip_prefix('"').and_then(|rest| rest.split('"').next()) {
                found.push(path.to_owned());
                always |= !conditional;
            }
        }
    }
    (found, always)
}

/// The attributes that stand before an item.
pub(super) fn attributes_before<'u>(unit: &'u Unit, item: &Item) -> Vec<&'u str> {
    unit.attributes_before(item.node).iter().map(|node| unit.ast.text(*node)).collect()
}

/// The files that may declare a file as their module, by the usual layout.
pub(super) fn declaring(project: &Project<'_>, file: FileId) -> Vec<FileId> {
    let path = project.sources.path(file);
    let mut found = Vec::new();
    let mut folder = folder_of(path);
    if path.ends_with("/mod.rs") {
        folder = folder_of(folder);
    }
    let mut steps = 0;
    // More than one step up for modules in braces: `mod a { mod b; }` is `a/b.rs`.
    loop {
        let mut candidates = vec![format!("{folder}.rs"), join(folder, "mod.rs")];
        candidates.extend(["lib.rs", "main.rs"].map(|name| join(folder, name)));
        found.extend(candidates.iter().filter_map(|path| project.sources.find(path)));
        for root in project.roots_in(folder) {
            found.push(root);
        }
        steps += 1;
        if folder.is_empty() || steps > 8 || found.iter().any(|other| *other != file) {
            break;
        }
        folder = folder_of(folder);
    }
    found.retain(|other| *other != file);
    found
}

/// The files that name this one by `#[path]` or `include!`.
pub(super) fn pointing(project: &Project<'_>, file: FileId) -> Vec<FileId> {
    let path = project.sources.path(file);
    let name = path.rsplit('/').next().unwrap_or(path);
    let stem = name.strip_suffix(".rs").unwrap_or(name);
    let holding = project.containing(stem);
    let points = |other: &FileId| {
        *other != file
            && project.sources.text(*other).ok().flatten().is_some_and(|text| {
                text.contains(name) && (text.contains("path") || text.contains("include!"))
            })
    };
    holding.iter().filter(|other| points(other)).copied().collect()
}

/// A file that nobody declares is looked at as a crate that sees what its package sees.
pub(super) fn add_orphan(project: &Project<'_>, file: FileId) {
    let path = project.sources.path(file);
    let neighbour = project.nearest_crate(path);
    let (sees, foreign, edition_2015) = match neighbour {
        Some(id) => {
            let krate = std::rc::Rc::clone(&project.crates.borrow()[id]);
            let mut sees = krate.sees.clone();
            sees.insert(krate.name.clone(), id);
            (sees, krate.foreign.clone(), krate.edition_2015)
        }
        None => (HashMap::new(), HashSet::new(), false),
    };
    let name = "crate".to_owned();
    let library = false;
    let krate = Crate { name, root: 0, edition_2015, sees, foreign, orphan: true, library };
    project.add_crate(krate, Source::File(file), folder_of(path));
}

/// A path relative to a folder, with `.` and `..` taken away.
pub(super) fn join(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split(['/', '\\']) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    parts.join("/")
}
