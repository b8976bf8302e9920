//! What the command line knows of its surroundings. The only place that reads the
//! environment and the home directory.

use std::env;
use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use axon_domain::{Code, Error, Event, Result};
use axon_runtime::{Axon, Settings, Standing, Toolchains};
use serde_json::Value;

use crate::commands::not_printed;
use crate::ui::report;

/// Options that every command has.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Options of every command")]
pub(crate) struct Global {
    /// Work as if started in this folder.
    #[arg(short = 'C', long = "directory", value_name = "DIR", global = true)]
    pub(crate) directory: Option<PathBuf>,
    /// Print JSON for programs instead of text for people.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) color: colorchoice_clap::Color,
}

/// What a command works with.
pub(crate) struct Context {
    pub(crate) json: bool,
    settings: Settings,
}

impl Context {
    pub(crate) fn new(global: &Global) -> Result<Self> {
        let start = env::current_dir().map_err(|error| {
            Error::new(Code::Io, "the current folder cannot be read")
                .hint("it may have been removed; go to another one")
                .because(error)
        })?;
        let start = match &global.directory {
            Some(directory) => start.join(directory),
            None => start,
        };
        Ok(Self { json: global.json, settings: settings(start)? })
    }

    /// Axon in the repository that the command was started in.
    pub(crate) fn open(&self) -> Result<Axon> {
        Axon::open(self.settings.clone())
    }

    /// Axon in another repository (the demo's).
    pub(crate) fn open_at(&self, folder: PathBuf) -> Result<Axon> {
        Axon::open(Settings { start: folder, ..self.settings.clone() })
    }

    /// Says on standard error which missions wait for a person: nobody works on them. What keeps
    /// it from being known is not this command's subject.
    pub(crate) fn remind_of_waiting(&self) {
        if self.json {
            return;
        }
        let Ok(axon) = self.open() else { return };
        let at_work = axon.at_work();
        for mission in axon.open_missions().unwrap_or_default() {
            let id = mission.id;
            match at_work.standing(&mission) {
                Some(Standing::Interrupted) => {
                    report::note(&format!("{id} was interrupted: axon resume"));
                }
                Some(Standing::Paused) => {
                    report::note(&format!("{id} is paused: axon resume {id}"));
                }
                _ => {}
            }
        }
        for id in axon.conflicted_missions().unwrap_or_default() {
            report::note(&format!("{id} is in conflict: axon conflicts {id}"));
        }
    }

    /// The user's editor, as a command for the shell.
    pub(crate) fn editor(&self) -> Option<OsString> {
        let set = |name: &str| env::var_os(name).filter(|value| !value.is_empty());
        set("VISUAL").or_else(|| set("EDITOR"))
    }

    /// Prints one JSON value on a line of its own.
    pub(crate) fn print_json(&self, value: &Value) -> Result<()> {
        writeln!(anstream::stdout(), "{value}").map_err(not_printed)
    }
}

fn settings(start: PathBuf) -> Result<Settings> {
    let home = env::home_dir();
    let config = env::var_os("XDG_CONFIG_HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
        .or_else(|| home.as_ref().map(|home| home.join(".config")));
    let key_file = match env::var_os("AXON_SIGNING_KEY") {
        Some(path) => PathBuf::from(path),
        None => config
            .ok_or_else(|| {
                Error::new(
                    Code::SigningKey,
                    "there is no home directory to keep the signing key in",
                )
                .hint("set AXON_SIGNING_KEY to a file outside of the repository")
            })?
            .join("axon/signing.key"),
    };
    let variable = |name: &str| env::var_os(name).map(PathBuf::from);
    Ok(Settings {
        start,
        key_file,
        toolchains: Toolchains {
            path: env::var_os("PATH").unwrap_or_default(),
            cargo_home: variable("CARGO_HOME")
                .or_else(|| home.as_ref().map(|home| home.join(".cargo"))),
            rustup_home: variable("RUSTUP_HOME")
                .or_else(|| home.as_ref().map(|home| home.join(".rustup"))),
            extra: shim_roots(),
        },
        version: env!("CARGO_PKG_VERSION").to_owned(),
        wall_clock: Arc::new(steady(wall_clock, Instant::now)),
        sockets: sockets(),
        background: background(),
    })
}

/// Bytes that the path of a folder for sockets may have, so that every system takes what is in
/// it.
const LONGEST_FOLDER: usize = 86;

/// The user's own folder for sockets.
fn sockets() -> PathBuf {
    let runtime = env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    let runtime = runtime.filter(|path| path.is_absolute()).map(|path| path.join("axon"));
    runtime.filter(|path| path.as_os_str().len() <= LONGEST_FOLDER).unwrap_or_else(|| {
        let user = rustix::process::geteuid().as_raw();
        env::temp_dir().join(format!("axon-{user}"))
    })
}

/// This program, as the owner of a ledger in the background.
fn background() -> Vec<OsString> {
    let Ok(program) = env::current_exe() else { return Vec::new() };
    let arguments = ["owner", "--background", "--json"].map(OsString::from);
    [program.into_os_string()].into_iter().chain(arguments).collect()
}

/// Version managers (pyenv, rbenv, asdf) put small scripts on the path that look for the real
/// programs one folder up; a check needs to read those as well.
fn shim_roots() -> Vec<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let shims = env::split_paths(&path).filter(|folder| folder.ends_with("shims"));
    shims.filter_map(|folder| folder.parent().map(PathBuf::from)).collect()
}

/// Milliseconds since 1970 (UTC); 0 for a clock that stands before.
pub(crate) fn wall_clock() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .ok()
        .and_then(|time| u64::try_from(time.as_millis()).ok())
        .unwrap_or(0)
}

/// A clock that never goes back and never stands: where the wall clock is set back, time goes on
/// from where it was, as fast as it passes. Whoever waits for so long waits no longer.
fn steady(
    wall: impl Fn() -> u64 + Send + Sync,
    passed: impl Fn() -> Instant + Send + Sync,
) -> impl Fn() -> u64 + Send + Sync {
    let since = Mutex::new((passed(), wall()));
    move || {
        let mut since = since.lock().unwrap_or_else(PoisonError::into_inner);
        let (now, shown) = (passed(), wall());
        let elapsed = now.saturating_duration_since(since.0).as_millis();
        let counted = since.1.saturating_add(u64::try_from(elapsed).unwrap_or(u64::MAX));
        if shown > counted {
            *since = (now, shown);
        }
        shown.max(counted)
    }
}

/// An event as one line of JSON on standard output.
pub(crate) fn print_event(axon: &Axon, event: &Event) {
    let _ = writeln!(anstream::stdout(), "{}", axon.cloud_event(event));
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_clock_that_is_set_back_goes_on_from_where_it_was() {
        let (wall, passed) = (AtomicU64::new(1_000_000), AtomicU64::new(0));
        let start = Instant::now();
        let clock = steady(
            || wall.load(Ordering::Relaxed),
            || start + Duration::from_millis(passed.load(Ordering::Relaxed)),
        );
        let at = |shown, after| {
            wall.store(shown, Ordering::Relaxed);
            passed.store(after, Ordering::Relaxed);
            clock()
        };
        assert_eq!(at(1_000_000, 0), 1_000_000);
        assert_eq!(at(1_000_050, 50), 1_000_050);
        assert_eq!(at(400_000, 60), 1_000_060, "set back");
        assert_eq!(at(400_500, 560), 1_000_560, "and it does not stand");
        assert_eq!(at(9_000_000, 570), 9_000_000, "set forward");
        assert_eq!(at(1_000_580, 580), 9_000_010);
    }
}
