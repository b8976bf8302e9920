//! Running a check.

use std::fs;
use std::path::{Path, PathBuf};

use axon_domain::{Code, Error, Limits, Result};
use axon_sandbox::{Cancel, Job, Mode, Mounts, Outcome, Overlay, copy_tree, probe, run};

use crate::Check;
use crate::note::note;
use crate::place::{Place, Toolchains, interpreter_of};

/// What a check said.
#[derive(Debug, Clone)]
pub struct CheckOutcome {
    /// Whether it passed: exit code 0, and no limit reached.
    pub passed: bool,
    /// Why it did not, in at most a dozen lines; empty if it passed.
    pub note: String,
    /// Where the note may have its cause in the confinement: what would have to be allowed.
    pub hints: Vec<String>,
    /// How the program ended, and its output.
    pub outcome: Outcome,
}

/// How the mission's tree gets to the project's path.
enum Way {
    /// By an overlay.
    Overlay,
    /// As a copy that is mounted there.
    Mounted(PathBuf),
    /// As a copy that is used where it lies.
    Copied(PathBuf),
}

/// Runs `check` on the tree that `place` describes. The limits are the smaller of the check's
/// own and `limits`. Where the kernel refuses overlays the tree is copied (sharing blocks where
/// the file system can), and where it gives no view of its own, or confinement was lifted, the
/// check runs in the copy.
///
/// # Errors
/// As [`axon_sandbox::run`]. A check that fails is no error.
pub fn run_check(
    check: &Check,
    place: &Place,
    tools: &Toolchains,
    limits: Limits,
    mode: Mode,
    cancel: &Cancel,
    on_output: &mut dyn FnMut(&[u8]),
) -> Result<CheckOutcome> {
    let limits = check.limits.intersect(limits);
    let offered = probe();
    let confined = mode == Mode::Confined;
    let mut result = None;
    if confined && offered.overlay.is_ok() {
        match attempt(check, place, tools, limits, mode, &Way::Overlay, cancel, on_output) {
            // This file system under the folders may refuse what another allowed.
            Err(error) if error.code() == Code::NoConfinement => {}
            other => result = Some(other),
        }
    }
    let outcome = match result {
        Some(result) => result?,
        None => {
            let copy = place.scratch.join("copy");
            let way = if confined && offered.namespaces.is_ok() {
                Way::Mounted(copy)
            } else {
                Way::Copied(copy)
            };
            attempt(check, place, tools, limits, mode, &way, cancel, on_output)?
        }
    };
    Ok(CheckOutcome {
        passed: outcome.success(),
        note: note(&outcome, limits),
        hints: outcome.denied.iter().map(|path| hint(place, path)).collect(),
        outcome,
    })
}

fn hint(place: &Place, path: &Path) -> String {
    let inside = place.live.as_ref().and_then(|live| path.strip_prefix(live).ok());
    match inside {
        Some(inside) => format!(
            "it reached for {}: add bring = [{:?}] under [check] in axon.toml",
            path.display(),
            inside.display().to_string()
        ),
        None => format!(
            "it reached for {}, which a check may not use; if it belongs to a toolchain, add its \
             folder to PATH",
            path.display()
        ),
    }
}

fn io(what: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Error {
    let place = path.display().to_string();
    move |error| Error::new(Code::Io, what).at(place).because(error)
}

/// An empty folder, whatever was there.
fn fresh(path: &Path) -> Result<()> {
    if fs::symlink_metadata(path).is_ok() {
        fs::remove_dir_all(path).map_err(io("cannot empty a folder of the check", path))?;
    }
    fs::create_dir_all(path).map_err(io("cannot make a folder for the check", path))
}

#[expect(clippy::too_many_arguments, reason = "one call of the public function, taken apart")]
fn attempt(
    check: &Check,
    place: &Place,
    tools: &Toolchains,
    limits: Limits,
    mode: Mode,
    way: &Way,
    cancel: &Cancel,
    on_output: &mut dyn FnMut(&[u8]),
) -> Result<Outcome> {
    let mut mounts = Mounts { read: tools.readable(), ..Mounts::default() };
    let env = place.environment(tools)?;
    mounts.write.push(place.scratch.clone());
    let (cwd, work) = lay_out(place, way, &mut mounts)?;
    let points = show(check, place, way, &mut mounts)?;
    let command = ["sh", "-c", &check.command].map(Into::into).into();
    let job = Job { command, cwd, env, mounts, limits };
    let result = run(&job, mode, cancel, on_output);
    if let Some(work) = work {
        // The next run makes its own.
        let _ = fs::remove_dir_all(work);
        // Places to mount at are made in the upper folder; there they would look like a part
        // of the mission's tree. Nothing else is removed: only an empty folder can be.
        for point in points {
            match fs::symlink_metadata(&point) {
                Ok(there) if there.is_dir() => drop(fs::remove_dir(&point)),
                Ok(there) if there.is_file() && there.len() == 0 => drop(fs::remove_file(&point)),
                _ => {}
            }
        }
    }
    result
}

/// Brings the tree to where the check runs; gives that folder, and the one that an overlay needs.
fn lay_out(place: &Place, way: &Way, mounts: &mut Mounts) -> Result<(PathBuf, Option<PathBuf>)> {
    let copy = match way {
        Way::Overlay => {
            let work = work_folder(&place.upper);
            fresh(&work)?;
            mounts.overlay = Some(Overlay {
                lower: place.base.clone(),
                upper: place.upper.clone(),
                work: work.clone(),
                at: place.project.clone(),
            });
            return Ok((place.project.clone(), Some(work)));
        }
        Way::Mounted(copy) | Way::Copied(copy) => copy,
    };
    fresh(copy)?;
    copy_tree(&place.base, Some(&place.upper), copy)?;
    if let Way::Copied(_) = way {
        return Ok((copy.clone(), None));
    }
    mounts.bind_write.push((copy.clone(), place.project.clone()));
    Ok((place.project.clone(), None))
}

/// Lets the check read what is brought and shown; gives the places to mount at that an overlay
/// makes in its upper folder.
fn show(check: &Check, place: &Place, way: &Way, mounts: &mut Mounts) -> Result<Vec<PathBuf>> {
    let mut inside_project = place.brought(check);
    for (live, _) in &inside_project {
        mounts.read.extend(interpreter_of(live));
    }
    for (live, at) in &place.shown {
        let inside = at.strip_prefix(&place.project).ok();
        match inside.filter(|_| !at.starts_with(&place.scratch)) {
            Some(inside) => inside_project.push((live.clone(), inside.to_owned())),
            None if live == at => mounts.read.push(live.clone()),
            None if matches!(way, Way::Copied(_)) => {
                link(live, at)?;
                mounts.read.push(live.clone());
            }
            None => mounts.bind_read_only.push((live.clone(), at.clone())),
        }
    }
    let mut points = Vec::new();
    for (live, inside) in inside_project {
        points.push(place.upper.join(&inside));
        if let Way::Copied(copy) = way {
            link(&live, &copy.join(&inside))?;
            mounts.read.push(live);
        } else {
            mounts.bind_read_only.push((live, place.project.join(inside)));
        }
    }
    Ok(points)
}

/// Beside the upper folder, because it must lie on the same file system.
fn work_folder(upper: &Path) -> PathBuf {
    let mut name = upper.file_name().unwrap_or_default().to_owned();
    name.push(".work");
    upper.with_file_name(name)
}

/// Where nothing can be mounted, a link to the live folder takes the place of a mount; what it
/// leads to is granted for reading only.
fn link(live: &Path, at: &Path) -> Result<()> {
    if let Some(parent) = at.parent() {
        fs::create_dir_all(parent).map_err(io("cannot make a folder for the check", parent))?;
    }
    // A place to mount at that another way has left.
    let _ = fs::remove_dir(at).or_else(|_| fs::remove_file(at));
    #[cfg(unix)]
    return std::os::unix::fs::symlink(live, at)
        .map_err(io("cannot link what the check needs", at));
    #[cfg(not(unix))]
    return copy_tree(live, None, at);
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    /// Where the kernel refuses overlays, the same check says the same in another way.
    #[test]
    fn a_check_sees_the_same_tree_in_every_way() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        for (name, content) in [
            ("base/a", "base\n"),
            ("base/b", "base\n"),
            ("upper/b", "upper\n"),
            ("live/.venv/x", "brought\n"),
            ("objects/o", "object\n"),
        ] {
            fs::create_dir_all(path(name).parent().unwrap()).unwrap();
            fs::write(path(name), content).unwrap();
        }
        fs::create_dir(path("scratch")).unwrap();
        let place = Place {
            base: path("base"),
            upper: path("upper"),
            scratch: path("scratch"),
            project: path("live"),
            live: Some(path("live")),
            shown: vec![
                (path("objects"), path("live/.git/objects")),
                (path("objects"), path("scratch/objects")),
            ],
            env: vec![("HOOK".into(), "1".into())],
        };
        let check = Check {
            command: "cat a b .venv/x .git/objects/o $TMPDIR/../objects/o; echo $HOOK; \
                echo y > .git/objects/o; echo x > .venv/y; echo x > a"
                .to_owned(),
            label: "true".to_owned(),
            why: String::new(),
            bring: Vec::new(),
            limits: Limits::CHECK,
        };
        let tools = Toolchains { path: "/usr/bin:/bin".into(), ..Toolchains::default() };
        let copy = path("scratch/copy");
        let offered = probe();
        let ways = [
            (Way::Overlay, offered.overlay.is_ok()),
            (Way::Mounted(copy.clone()), offered.namespaces.is_ok()),
            (Way::Copied(copy), offered.sufficient()),
        ];
        for (way, offered) in ways {
            let (mode, cancel) = (Mode::Confined, Cancel::new());
            let limits = Limits { wall_millis: 30_000, ..Limits::CHECK };
            let result = attempt(&check, &place, &tools, limits, mode, &way, &cancel, &mut |_| {});
            if !offered {
                assert_eq!(result.unwrap_err().code(), Code::NoConfinement);
                continue;
            }
            let outcome = result.unwrap();
            let output = String::from_utf8_lossy(&outcome.output).into_owned();
            assert!(output.starts_with("base\nupper\nbrought\nobject\nobject\n1\n"), "{output}");
            assert!(outcome.success(), "{output}");
            assert_eq!(fs::read_to_string(path("base/a")).unwrap(), "base\n");
            assert!(!path("live/.venv/y").exists() && !path("live/a").exists());
            let _ = fs::remove_file(path("upper/a"));
        }
    }
}
