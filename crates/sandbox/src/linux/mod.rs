//! Confinement on Linux.

mod cgroup;
mod child;
mod denied;
mod filter;
mod launch;
mod offer;
mod plan;
mod rules;
mod sys;
mod tree;
mod view;
mod watch;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use axon_domain::{Code, Error, Result};

use self::cgroup::Group;
use self::child::{Plan, Report, Stage};
use self::launch::Namespaces;
use self::offer::Offer;
use self::watch::Seen;
use crate::{Cancel, Capabilities, Job, Limit, Mode, Outcome};

/// What the kernel offers for confinement. Found once by trying it out; the answer is kept for
/// the life of the process.
#[must_use]
pub fn probe() -> Capabilities {
    Offer::get().capabilities.clone()
}

/// Runs a program and waits for its end, which is also the end of everything that it started.
/// `on_output` gets its output in pieces as it comes.
///
/// The thread that calls this must live until it returns, which it does by itself: the kernel
/// ends the program with the thread. Of an overlay, `upper` keeps what the program changed.
///
/// # Errors
/// * [`Code::NoConfinement`]: the kernel offers too little, or refused the overlay; a caller
///   that wanted an overlay can copy instead ([`crate::copy_tree`]).
/// * [`Code::ProgramMissing`]: the program cannot be started.
/// * [`Code::Interrupted`] when it was cancelled.
/// * [`Code::Io`]: a granted path or the starting folder is not there.
///
/// A program that fails, or that a limit ended, is no error: see [`Outcome`].
pub fn run(
    job: &Job,
    mode: Mode,
    cancel: &Cancel,
    on_output: &mut dyn FnMut(&[u8]),
) -> Result<Outcome> {
    let offer = Offer::get();
    let namespaces = match mode {
        Mode::Confined => offer.require(job)?,
        Mode::Unconfined => unconfined(job, offer)?,
    };
    let group = offer.capabilities.cgroup.is_ok().then(|| Group::new(job.limits).ok()).flatten();
    let plan = plan::prepare(job, mode, offer, namespaces, group.is_some())?;
    if cancel.is_cancelled() {
        return Err(Error::new(Code::Interrupted, "the program was not started, as asked"));
    }
    let running = launch::start(&plan, namespaces, group.as_ref())?;
    let seen = watch::watch(running, job.limits, group.as_ref(), cancel, on_output);
    if let Some(overlay) = &job.mounts.overlay {
        // The kernel leaves a folder there that not even its owner can look into, and a folder
        // that cannot be looked into cannot be removed with its parent.
        let _ = fs::set_permissions(overlay.work.join("work"), fs::Permissions::from_mode(0o700));
    }
    let confinement = match mode {
        Mode::Confined => offer.capabilities.summary(),
        Mode::Unconfined => "none".to_owned(),
    };
    outcome(job, &plan, seen?, confinement)
}

fn unconfined(job: &Job, offer: &Offer) -> Result<Namespaces> {
    let mounts = &job.mounts;
    if mounts.overlay.is_some()
        || !mounts.bind_read_only.is_empty()
        || !mounts.bind_write.is_empty()
    {
        let what = "an unconfined program sees the host as it is, without an overlay";
        return Err(Error::new(Code::NoConfinement, what).hint("copy the folder instead"));
    }
    Ok(offer.unconfined)
}

fn outcome(job: &Job, plan: &Plan, seen: Seen, confinement: String) -> Result<Outcome> {
    let (exit, signal) = match seen.report {
        Some(Report::Failed { stage, index, error }) if seen.limit.is_none() => {
            return Err(failure(job, plan, stage, index, error));
        }
        Some(Report::Ended(status)) if libc::WIFEXITED(status) => {
            (Some(libc::WEXITSTATUS(status)), None)
        }
        Some(Report::Ended(status)) => (None, Some(libc::WTERMSIG(status))),
        // The supervisor was killed: with the program, by us or by the kernel.
        _ => (None, Some(libc::SIGKILL)),
    };
    let limit = seen.limit.filter(|_| exit != Some(0)).or(seen.limit.filter(|limit| {
        // A program that says all is well after having been refused memory or a process knows
        // better; one that was cut off does not.
        !matches!(limit, Limit::Memory | Limit::Processes)
    }));
    let limit = limit.or_else(|| signalled_limit(exit, signal));
    let granted = |path: &Path, write: bool| granted(job, path, write);
    let denied = if plan.confined { denied::paths(&seen.output, &granted) } else { Vec::new() };
    Ok(Outcome {
        exit,
        signal,
        limit,
        wall_millis: u64::try_from(seen.wall.as_millis()).unwrap_or(u64::MAX),
        cpu_millis: seen.cpu_millis,
        max_memory_bytes: seen.max_memory_bytes,
        confinement,
        denied,
        output: seen.output,
    })
}

/// The kernel's own limits end a program by a signal; a shell says 128 more than its number.
fn signalled_limit(exit: Option<i32>, signal: Option<i32>) -> Option<Limit> {
    match signal.or(exit.map(|code| code - 128))? {
        libc::SIGXCPU => Some(Limit::Cpu),
        libc::SIGXFSZ => Some(Limit::FileSize),
        _ => None,
    }
}

fn granted(job: &Job, path: &Path, write: bool) -> bool {
    let below = |roots: &[PathBuf]| roots.iter().any(|root| path.starts_with(root));
    let mounts = &job.mounts;
    let own = ["/tmp", "/dev", "/proc"].iter().any(|root| path.starts_with(root));
    own || below(&mounts.write)
        || mounts.overlay.as_ref().is_some_and(|overlay| path.starts_with(&overlay.at))
        || mounts.bind_write.iter().any(|(_, at)| path.starts_with(at))
        || (!write
            && (below(&mounts.read)
                || mounts.bind_read_only.iter().any(|(_, at)| path.starts_with(at))))
}

fn failure(job: &Job, plan: &Plan, stage: Stage, index: u16, error: i32) -> Error {
    let cause = std::io::Error::from_raw_os_error(error);
    let program = job.command.first().map(|name| name.to_string_lossy().into_owned());
    let unconfined = "run with --unconfined, if you trust the project";
    let refused = |what: &str| {
        Error::new(Code::NoConfinement, format!("the kernel refused {what}")).hint(unconfined)
    };
    let problem = match stage {
        Stage::Overlay => refused("the overlay"),
        Stage::View => {
            let place = plan.view.as_ref().and_then(|view| view.place(index));
            let error = refused("a part of the program's view");
            match place {
                Some(place) => error.at(place),
                None => error,
            }
        }
        Stage::Privileges => refused("to take the program's privileges"),
        Stage::Landlock => refused("the Landlock rules"),
        Stage::Filter => refused("the filter of system calls"),
        Stage::Fork | Stage::Streams | Stage::Limits => {
            Error::new(Code::Io, "the program could not be prepared")
        }
        Stage::Folder => Error::new(Code::Io, "the program's folder cannot be entered")
            .at(job.cwd.display().to_string()),
        Stage::Program => Error::new(Code::ProgramMissing, "the program cannot be started")
            .at(program.unwrap_or_default())
            .hint("install it, or grant the folder that it is in"),
    };
    problem.because(cause)
}
