//! From a job to what the child needs.

use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use axon_domain::{Code, Error, Limits, Result};
use rustix::process::Resource;

use super::child::{Plan, Strings};
use super::filter;
use super::launch::Namespaces;
use super::offer::Offer;
use super::rules::{Right, Rules};
use super::tree;
use super::view::{self, View};
use crate::{Job, Mode};

const OPEN_FILES: u64 = 4_096;

/// Prepares everything that needs memory or can be wrong.
pub(super) fn prepare(
    job: &Job,
    mode: Mode,
    offer: &Offer,
    namespaces: Namespaces,
    grouped: bool,
) -> Result<Plan> {
    let confined = mode == Mode::Confined;
    let view = if namespaces.view {
        let memory = job.limits.memory_bytes.min(job.limits.file_bytes);
        Some(View::new(&job.mounts, memory, namespaces.user)?)
    } else {
        None
    };
    let rules = match offer.landlock {
        Some(version) if confined => {
            let mut rules = Rules::new(version);
            match &view {
                Some(view) => view.rules(&mut rules)?,
                None => host_rules(job, &mut rules)?,
            }
            Some(rules)
        }
        _ => None,
    };
    let filter = confined.then(|| filter::program(view.is_some()));
    let mut variables = Vec::new();
    for (name, value) in &job.env {
        let mut variable = name.as_bytes().to_vec();
        variable.push(b'=');
        variable.extend_from_slice(value.as_bytes());
        variables.push(c_string(&variable)?);
    }
    let arguments: Result<Vec<CString>> =
        job.command.iter().map(|argument| c_string(argument.as_bytes())).collect();
    Ok(Plan {
        view,
        own_processes: namespaces.processes,
        confined,
        rules,
        filter,
        programs: programs(job)?,
        arguments: Strings::new(arguments?),
        environment: Strings::new(variables),
        cwd: view::c_path(&job.cwd)?,
        rlimits: rlimits(job.limits, namespaces, grouped),
        last_process: (offer.numbered && namespaces.processes && !grouped)
            .then(|| last_process(job.limits).to_string().into_bytes()),
    })
}

/// A plan that does everything but start a program.
pub(super) fn rehearsal(view: Option<View>, namespaces: Namespaces) -> Plan {
    Plan {
        view,
        own_processes: namespaces.processes,
        confined: true,
        rules: None,
        filter: None,
        programs: Vec::new(),
        arguments: Strings::new(Vec::new()),
        environment: Strings::new(Vec::new()),
        cwd: c"/".to_owned(),
        rlimits: Vec::new(),
        last_process: None,
    }
}

fn c_string(bytes: &[u8]) -> Result<CString> {
    CString::new(bytes).map_err(|_| {
        let what = "an argument or a variable of a program contains a zero byte";
        Error::new(Code::Usage, what).at(String::from_utf8_lossy(bytes).into_owned())
    })
}

/// Where the program may be, in the order of `PATH`.
fn programs(job: &Job) -> Result<Vec<CString>> {
    let Some(name) = job.command.first().filter(|name| !name.is_empty()) else {
        return Err(Error::new(Code::Usage, "there is no program to run"));
    };
    if name.as_bytes().contains(&b'/') {
        return Ok(vec![c_string(name.as_bytes())?]);
    }
    let path = job.env.iter().find(|(variable, _)| variable == "PATH");
    let folders = path.map(|(_, value)| std::env::split_paths(value).collect::<Vec<_>>());
    folders
        .unwrap_or_default()
        .iter()
        .filter(|folder| folder.is_absolute())
        .map(|folder| view::c_path(&folder.join(name)))
        .collect()
}

/// The grants as Landlock rules on the host's own tree.
fn host_rules(job: &Job, rules: &mut Rules) -> Result<()> {
    let mut allow = |path: &Path, right| -> Result<()> {
        rules.allow(view::c_path(&view::resolve(path)?.0)?, right);
        Ok(())
    };
    for path in &job.mounts.read {
        allow(path, Right::Read)?;
    }
    allow(Path::new("/proc"), Right::Read)?;
    for path in &job.mounts.write {
        allow(path, Right::Write)?;
    }
    for device in view::DEVICES {
        allow(&PathBuf::from(device), Right::Device)?;
    }
    Ok(())
}

/// Processes that the kernel lets be where it bounds them: with room above the limit, so that
/// it is the sampling that ends the program and can say why.
fn bound(limits: Limits) -> u64 {
    let own = u64::from(limits.processes);
    own + own / 2 + 16
}

/// The highest process number that leaves room for so many processes: the kernel keeps the first
/// 300 for itself once numbers begin anew, and wants eight for each processor.
fn last_process(limits: Limits) -> u64 {
    const RESERVED: u64 = 300;
    // SAFETY: a plain question to the C library.
    #[expect(unsafe_code, reason = "std knows the processors in use, not those that there may be")]
    let processors = unsafe { libc::sysconf(libc::_SC_NPROCESSORS_CONF) };
    let least = 8 * u64::try_from(processors).unwrap_or(1);
    (RESERVED + bound(limits)).max(least)
}

fn rlimits(limits: Limits, namespaces: Namespaces, grouped: bool) -> Vec<(u32, u64, u64)> {
    let seconds = limits.cpu_millis.div_ceil(1_000).max(1);
    // Each process may use what all together may; the sampling of the tree adds them up.
    let mut wanted = vec![
        (libc::RLIMIT_CPU, Resource::Cpu, seconds),
        (libc::RLIMIT_FSIZE, Resource::Fsize, limits.file_bytes),
        (libc::RLIMIT_CORE, Resource::Core, 0),
        (libc::RLIMIT_NOFILE, Resource::Nofile, OPEN_FILES),
    ];
    if !grouped {
        // Room above both limits, so that it is the sampling that ends the program and can say
        // why; this bounds what can happen between two samples.
        let data = limits.memory_bytes.saturating_mul(2);
        wanted.push((libc::RLIMIT_DATA, Resource::Data, data));
        // In a user namespace this counts what runs in it, elsewhere everything of this user.
        // The user id 0 of the host is never limited by it: see `last_process`.
        let others =
            if namespaces.user { 0 } else { tree::threads_of(rustix::process::getuid().as_raw()) };
        wanted.push((libc::RLIMIT_NPROC, Resource::Nproc, bound(limits) + others));
    }
    wanted
        .into_iter()
        .map(|(number, resource, value)| {
            // Nobody without privileges may raise what they were given.
            let given = rustix::process::getrlimit(resource).maximum.unwrap_or(u64::MAX);
            let soft = value.min(given);
            // A signal that can be told from a plain kill comes at the soft limit of time.
            let spare = u64::from(number == libc::RLIMIT_CPU);
            (number, soft, soft.saturating_add(spare).min(given))
        })
        .collect()
}
