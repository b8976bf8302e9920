//! The project's own check: which it is, on which files it runs, and how.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use axon_domain::{CheckChoice, Code, Error, GitId, Limits, MissionId, MissionSpec, Result};
use axon_engine::Mission;
use axon_reflexes::{Check, CheckConfig, CheckOutcome, Found, Place, run_check};
use axon_sandbox::{Mode, probe, whiteout};
use axon_workspace::{FileMode, MaterialiseOptions, TreeView, materialise};

use crate::axon::Axon;
use crate::effects::Bench;
use crate::hooks;
use crate::settings::Request;

/// The file of the repository's own settings.
const CONFIG: &str = "axon.toml";

/// Refuses a mission whose check could not be confined, before it begins.
pub(crate) fn require_confinement(axon: &Axon, request: &Request) -> Result<()> {
    if request.unconfined {
        return Ok(());
    }
    let offered = probe();
    if offered.sufficient() {
        return Ok(());
    }
    let hooks = hooks::wanted(axon, request, axon.repository.head()?.tree)?;
    if request.check == CheckChoice::None && hooks.is_empty() {
        return Ok(());
    }
    Err(Error::new(
        Code::NoConfinement,
        "the kernel offers no confinement, so neither checks nor hooks are run",
    )
    .at(offered.summary())
    .hint(
        "`axon doctor` says what is missing; --no-check proves nothing, --no-verify leaves the \
             hooks out, --unconfined runs both as you, this once",
    ))
}

/// What `axon.toml` says in a tree.
pub(crate) fn config(axon: &Axon, tree: GitId) -> Result<Option<CheckConfig>> {
    let files = axon.repository.listing(tree)?;
    let Some(file) = files.get(CONFIG).filter(|file| file.mode == FileMode::Regular) else {
        return Ok(None);
    };
    let bytes = axon.repository.read_blob(file.id).map_err(|error| error.within(CONFIG))?;
    let text = String::from_utf8(bytes)
        .map_err(|_| Error::new(Code::InvalidConfig, "the file is not UTF-8").at(CONFIG))?;
    CheckConfig::parse(&text, CONFIG)
}

/// Ceilings for what is run.
pub(crate) fn limits(config: &Option<CheckConfig>) -> Limits {
    config.as_ref().map_or(Limits::CHECK, |config| config.limits)
}

/// The check that the request and the tree come to.
pub(crate) fn find(
    axon: &Axon,
    tree: GitId,
    config: &Option<CheckConfig>,
    choice: &CheckChoice,
) -> Result<Found> {
    let files = axon.repository.listing(tree)?;
    let paths = files.files.iter().map(|file| file.path.as_str());
    Ok(axon_reflexes::find(paths, config.as_ref(), choice))
}

/// The check of a mission.
pub(crate) fn of(axon: &Axon, spec: &MissionSpec) -> Result<Found> {
    find(axon, spec.base_tree, &config(axon, spec.base_tree)?, &spec.check)
}

/// What is chosen to prove a mission's result, and why.
pub(crate) fn describe(axon: &Axon, spec: &MissionSpec) -> Result<(String, String)> {
    Ok(match of(axon, spec)? {
        Found::Check(check) => (check.label, check.why),
        Found::Nothing { .. } if spec.check == CheckChoice::None => {
            ("nothing proves it".to_owned(), "--no-check, given by a person".to_owned())
        }
        Found::Nothing { looked_for } => {
            ("nothing proves it".to_owned(), format!("looked for {looked_for}"))
        }
    })
}

/// The folder of what a mission needs on disk while it works.
fn folder(axon: &Axon, mission: MissionId) -> PathBuf {
    axon.home.join("missions").join(mission.to_string())
}

/// Removes what a mission needed on disk. What cannot be removed now is in nobody's way.
pub(crate) fn clean_up(axon: &Axon, mission: MissionId) {
    axon.shared.forget(mission);
    let _ = fs::remove_dir_all(folder(axon, mission));
}

/// Removes what missions left behind whose process was killed just after they ended.
pub(crate) fn clean_up_ended(axon: &Axon, open: &BTreeSet<MissionId>) {
    // Without the folder there is nothing to remove.
    let Ok(folders) = fs::read_dir(axon.home.join("missions")) else { return };
    for entry in folders.flatten() {
        let mission = entry.file_name().to_str().and_then(|name| name.parse().ok());
        if let Some(mission) = mission.filter(|mission| !open.contains(mission)) {
            clean_up(axon, mission);
        }
    }
}

/// Lays out the files of a check: the mission's tree, or its base.
pub(crate) fn place(bench: &Bench<'_>, mission: &Mission, base_only: bool) -> Result<Place> {
    let axon = bench.axon;
    let base_tree = super::effects::spec(mission)?.base_tree;
    let base = base_folder(bench, mission.id, base_tree)?;
    let folder = folder(axon, mission.id);
    let upper = folder.join("upper");
    remove(&upper)?;
    let scratch = folder.join("scratch");
    for path in [&upper, &scratch] {
        fs::create_dir_all(path).map_err(|error| failed(path, error))?;
    }
    if !base_only {
        let result = bench.view(base_tree, mission.changes);
        write_changes(&bench.view(base_tree, None), &result, &upper)?;
    }
    let root = axon.root().to_owned();
    Ok(Place {
        base,
        upper,
        scratch,
        project: root.clone(),
        live: Some(root),
        shown: Vec::new(),
        env: Vec::new(),
    })
}

/// Runs the check.
pub(crate) fn run(
    bench: &Bench<'_>,
    mission: &Mission,
    check: &Check,
    place: &Place,
    on_output: &mut dyn FnMut(&[u8]),
) -> Result<CheckOutcome> {
    let spec = crate::effects::spec(mission)?;
    let mode = if spec.unconfined { Mode::Unconfined } else { Mode::Confined };
    let tools = bench.axon.shared.toolchains(mission.id);
    let tools = tools.as_ref().unwrap_or(&bench.axon.settings.toolchains);
    run_check(check, place, tools, spec.grants.limits, mode, &bench.cancel, on_output)
}

/// The base as a folder, made once and used by every mission that starts from it. It gets its
/// name only when it is complete, so that a crash leaves no half of it in use.
fn base_folder(bench: &Bench<'_>, mission: MissionId, tree: GitId) -> Result<PathBuf> {
    let cache = bench.axon.home.join("cache");
    let folder = cache.join(tree.to_string());
    // One at a time: missions that begin together often begin from the same base.
    let mut bases = bench.axon.shared.bases();
    bases.insert(mission, tree);
    if folder.is_dir() {
        return Ok(folder);
    }
    // Bases of earlier missions; one that is still needed is made again.
    let kept: BTreeSet<String> = bases.values().map(ToString::to_string).collect();
    for entry in fs::read_dir(&cache).into_iter().flatten().flatten() {
        if entry.file_name().to_str().is_none_or(|name| !kept.contains(name)) {
            remove(&entry.path())?;
        }
    }
    let partial = cache.join("partial");
    materialise(&bench.view(tree, None), &partial, MaterialiseOptions::default())?;
    fs::rename(&partial, &folder).map_err(|error| failed(&folder, error))?;
    Ok(folder)
}

/// Writes what differs from the base into the upper folder of an overlay.
fn write_changes(base: &TreeView<'_>, result: &TreeView<'_>, upper: &Path) -> Result<()> {
    for change in base.diff(result)? {
        let path = upper.join(&change.path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(|error| failed(parent, error))?;
        }
        let Some(entry) = change.new else {
            whiteout(&path)?;
            continue;
        };
        let bytes = result.contents().read_file(&change.path, entry.content)?;
        fs::write(&path, bytes).map_err(|error| failed(&path, error))?;
        if FileMode::from(entry.mode) == FileMode::Executable {
            make_executable(&path).map_err(|error| failed(&path, error))?;
        }
    }
    Ok(())
}

#[cfg(unix)]
fn make_executable(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn make_executable(_path: &Path) -> io::Result<()> {
    Ok(())
}

fn remove(path: &Path) -> Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(path, error)),
        _ => Ok(()),
    }
}

fn failed(path: &Path, error: io::Error) -> Error {
    let code = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Code::DiskFull,
        io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => Code::ReadOnly,
        _ => Code::Io,
    };
    Error::new(code, "a folder for the check cannot be prepared")
        .at(path.display().to_string())
        .because(error)
}
