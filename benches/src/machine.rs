//! On what it is measured.

use std::fs;
use std::path::Path;
use std::process::Command;

/// One line: processor, cores, memory, kernel, file system of `folder`, Git, load.
pub(crate) fn describe(folder: &Path) -> String {
    let field = |file: &str, name: &str| {
        let text = fs::read_to_string(file).unwrap_or_default();
        let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_default();
        line.split_once(':').map_or_else(String::new, |(_, value)| value.trim().to_owned())
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let kilobytes = field("/proc/meminfo", "MemTotal");
    let memory = kilobytes.trim_end_matches(" kB").parse().unwrap_or(0_u64) >> 20;
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!(
        "machine: {}, {cores} cores, {memory} GB, Linux {}, {} on {}, {}; load {}",
        field("/proc/cpuinfo", "model name"),
        kernel.trim(),
        file_system(folder),
        folder.display(),
        said("git", &["--version"]),
        load()
    )
}

/// The average load of the last 1, 5 and 15 minutes.
pub(crate) fn load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').take(3).collect::<Vec<_>>().join(" ")
}

/// Bytes of memory in use, by proc_pid_status(5).
pub(crate) fn resident() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().next()?.parse::<usize>().ok());
    number.unwrap_or(0) * 1_024
}

/// Drops what the kernel has cached of files; false where that is not allowed.
pub(crate) fn drop_caches() -> bool {
    let _ = Command::new("sync").status();
    fs::write("/proc/sys/vm/drop_caches", "3").is_ok()
}

fn file_system(folder: &Path) -> String {
    let folder = folder.display().to_string();
    said("stat", &["--file-system", "--format=%T", &folder]).replace("ext2/ext3", "ext4")
}

fn said(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    output.map_or_else(
        |_| "?".to_owned(),
        |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
    )
}
