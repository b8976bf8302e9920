//! A control group for one program: memory and processes, version 1 or 2, where writable.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use axon_domain::{Code, Error, Limits, Result};

use super::sys;
use crate::{Feature, Limit};

/// The group; dropping it removes it.
#[derive(Debug)]
pub(super) struct Group {
    /// Version 1 has one folder for each controller, version 2 one for all.
    memory: PathBuf,
    processes: PathBuf,
    version: u32,
}

/// Where this process is, by controller.
struct Place {
    memory: PathBuf,
    processes: PathBuf,
    version: u32,
}

static NUMBER: AtomicU32 = AtomicU32::new(0);
const PREFIX: &str = "axon-";

/// Which version can be used here, found by making a group.
pub(super) fn probe() -> Feature {
    let generous = Limits { processes: 1_000, memory_bytes: 1 << 40, ..Limits::CHECK };
    Group::new(generous).map(|group| group.version.to_string())
}

impl Group {
    /// A group with these limits, or why there is none.
    pub(super) fn new(limits: Limits) -> Result<Self, String> {
        let place = Place::find()?;
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("{PREFIX}{}-{number}", std::process::id());
        sweep(&place.memory);
        sweep(&place.processes);
        let group = Self {
            memory: place.memory.join(&name),
            processes: place.processes.join(&name),
            version: place.version,
        };
        for folder in [&group.memory, &group.processes] {
            if let Err(error) = fs::create_dir(folder)
                && error.kind() != std::io::ErrorKind::AlreadyExists
            {
                return Err(format!("no group can be made: {error}"));
            }
        }
        group.limit(limits).map_err(|error| format!("limits cannot be set: {error}"))?;
        Ok(group)
    }

    fn limit(&self, limits: Limits) -> std::io::Result<()> {
        let memory = limits.memory_bytes.to_string();
        if self.version == 1 {
            fs::write(self.memory.join("memory.limit_in_bytes"), &memory)?;
            // Not there without accounting of swap.
            let _ = fs::write(self.memory.join("memory.memsw.limit_in_bytes"), &memory);
        } else {
            fs::write(self.memory.join("memory.max"), &memory)?;
            let _ = fs::write(self.memory.join("memory.swap.max"), "0");
        }
        // One more for the supervisor.
        let processes = u64::from(limits.processes) + 1;
        fs::write(self.processes.join("pids.max"), processes.to_string())
    }

    /// Puts a process into the group; its children follow.
    pub(super) fn take_in(&self, pid: i32) -> Result<()> {
        for folder in [&self.memory, &self.processes] {
            fs::write(folder.join("cgroup.procs"), pid.to_string()).map_err(|error| {
                Error::new(Code::Io, "a process cannot be put into its control group")
                    .at(folder.display().to_string())
                    .because(error)
            })?;
        }
        Ok(())
    }

    /// Whether the kernel refused memory or a process for the limit's sake.
    pub(super) fn limit_reached(&self) -> Option<Limit> {
        let (file, key) = match self.version {
            1 => ("memory.oom_control", "oom_kill"),
            _ => ("memory.events", "oom_kill"),
        };
        if counter(&self.memory.join(file), key) > 0 {
            return Some(Limit::Memory);
        }
        (counter(&self.processes.join("pids.events"), "max") > 0).then_some(Limit::Processes)
    }

    /// The most memory at once, in bytes, page cache included.
    pub(super) fn peak(&self) -> Option<u64> {
        let file = if self.version == 1 { "memory.max_usage_in_bytes" } else { "memory.peak" };
        fs::read_to_string(self.memory.join(file)).ok()?.trim().parse().ok()
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        for folder in [&self.memory, &self.processes] {
            if let Ok(left) = fs::read_to_string(folder.join("cgroup.procs")) {
                for pid in left.lines().filter_map(|pid| pid.parse().ok()).filter(|pid| *pid > 1) {
                    sys::kill(pid);
                }
            }
            // A group with a process that is still ending stays, for the next sweep.
            let _ = fs::remove_dir(folder);
        }
    }
}

fn counter(file: &Path, key: &str) -> u64 {
    let text = fs::read_to_string(file).unwrap_or_default();
    text.lines()
        .find_map(|line| line.strip_prefix(key)?.strip_prefix(' ')?.trim().parse().ok())
        .unwrap_or(0)
}

/// Removes what a killed process left behind.
fn sweep(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let owner = name.to_str().and_then(|name| name.strip_prefix(PREFIX)?.split('-').next());
        if owner.is_some_and(|pid| !Path::new("/proc").join(pid).exists()) {
            let _ = fs::remove_dir(entry.path());
        }
    }
}

impl Place {
    fn find() -> Result<Self, String> {
        let read = |file| fs::read_to_string(file).map_err(|error| format!("{file}: {error}"));
        let (own, mounts) = (read("/proc/self/cgroup")?, read("/proc/self/mountinfo")?);
        let first = |controller| folder(&own, &mounts, Some(controller));
        if let (Some(memory), Some(processes)) = (first("memory"), first("pids")) {
            return Ok(Self { memory, processes, version: 1 });
        }
        let own = folder(&own, &mounts, None).ok_or("not mounted")?;
        // A group that holds processes cannot hold limited groups, so beside rather than below.
        let folder =
            own.parent().filter(|above| limits_below(above)).map_or(own.as_path(), |above| above);
        if !limits_below(folder) {
            return Err("memory and processes are not delegated to this user".to_owned());
        }
        Ok(Self { memory: folder.to_owned(), processes: folder.to_owned(), version: 2 })
    }
}

fn limits_below(folder: &Path) -> bool {
    let text = fs::read_to_string(folder.join("cgroup.subtree_control")).unwrap_or_default();
    let has = |name| text.split_ascii_whitespace().any(|word| word == name);
    has("memory") && has("pids")
}

/// The folder of this process: by controller in version 1, without one in version 2.
fn folder(own: &str, mounts: &str, controller: Option<&str>) -> Option<PathBuf> {
    let path = own.lines().find_map(|line| {
        let mut fields = line.splitn(3, ':');
        let (number, names, path) = (fields.next()?, fields.next()?, fields.next()?);
        let found = match controller {
            Some(name) => names.split(',').any(|other| other == name),
            None => number == "0" && names.is_empty(),
        };
        found.then_some(path)
    })?;
    mounts.lines().find_map(|line| {
        let (left, right) = line.split_once(" - ")?;
        let mut right = right.split(' ');
        let (kind, options) = (right.next()?, right.nth(1)?);
        let found = match controller {
            Some(name) => kind == "cgroup" && options.split(',').any(|other| other == name),
            None => kind == "cgroup2",
        };
        let mut left = left.split(' ').skip(3);
        let (root, at) = (left.next()?, left.next()?);
        let rest = Path::new(path).strip_prefix(root).ok()?;
        found.then(|| Path::new(at).join(rest))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "8:pids:/\n4:memory,hugetlb:/a/b\n0::/user.slice/x.scope\n";
    const MOUNTS: &str = "\
30 29 0:26 / /sys/fs/cgroup/pids rw,relatime - cgroup cgroup rw,pids
31 29 0:27 /a /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory,hugetlb
32 29 0:28 / /sys/fs/cgroup/unified rw shared:9 - cgroup2 cgroup2 rw,nsdelegate
";

    #[test]
    fn the_group_of_this_process_is_found_in_both_versions() {
        let found = |controller| folder(OWN, MOUNTS, controller).unwrap();
        assert_eq!(found(Some("pids")), Path::new("/sys/fs/cgroup/pids"));
        assert_eq!(found(Some("memory")), Path::new("/sys/fs/cgroup/memory/b"));
        assert_eq!(found(None), Path::new("/sys/fs/cgroup/unified/user.slice/x.scope"));
        assert_eq!(folder(OWN, MOUNTS, Some("cpu")), None);
    }
}
