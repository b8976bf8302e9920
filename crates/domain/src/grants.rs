//! What may be done. Absent means denied.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Serialize};

/// Limits of a confined program. They are ceilings: the intersection takes the smaller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// CPU time of all its processes, in milliseconds.
    pub cpu_millis: u64,
    /// Time on the wall, in milliseconds.
    pub wall_millis: u64,
    /// Memory, in bytes.
    pub memory_bytes: u64,
    /// Processes and threads at once.
    pub processes: u32,
    /// Standard output and error together, in bytes; more ends the program.
    pub output_bytes: u64,
    /// Size of one file that it writes, in bytes.
    pub file_bytes: u64,
}

impl Limits {
    /// What a project's own check gets unless configured otherwise: half an hour of wall
    /// time, two of CPU, 8 GiB, 512 processes, 16 MiB of output, 4 GiB a file.
    pub const CHECK: Limits = Limits {
        cpu_millis: 7_200_000,
        wall_millis: 1_800_000,
        memory_bytes: 8 << 30,
        processes: 512,
        output_bytes: 16 << 20,
        file_bytes: 4 << 30,
    };

    /// The smaller of each.
    #[must_use]
    pub fn intersect(self, other: Limits) -> Limits {
        Limits {
            cpu_millis: self.cpu_millis.min(other.cpu_millis),
            wall_millis: self.wall_millis.min(other.wall_millis),
            memory_bytes: self.memory_bytes.min(other.memory_bytes),
            processes: self.processes.min(other.processes),
            output_bytes: self.output_bytes.min(other.output_bytes),
            file_bytes: self.file_bytes.min(other.file_bytes),
        }
    }
}

/// One thing that somebody wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access<'a> {
    /// Read a file of the workspace.
    Read(&'a str),
    /// Write a file of the workspace.
    Write(&'a str),
    /// Run a program; the text is the whole command as the shell gets it.
    Run(&'a str),
    /// Reach a host over the network.
    Connect(&'a str),
}

/// A refusal: what was wanted, and the grant that would have allowed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What was wanted: `write src/lib.rs`.
    pub wanted: String,
    /// The rule that is missing: `write = ["src/lib.rs"]`.
    pub missing: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not granted: {}; missing rule: {}", self.wanted, self.missing)
    }
}

/// What an actor may do. Paths are relative to the workspace; a rule names a file, a folder
/// with everything below it, or `.` for the whole workspace. Hosts and commands are exact;
/// `*` allows any.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grants {
    /// Files and folders that may be read.
    pub read: Vec<String>,
    /// Files and folders that may be written.
    pub write: Vec<String>,
    /// Commands that may be run, confined.
    pub run: Vec<String>,
    /// Hosts that may be reached.
    pub hosts: Vec<String>,
    /// Ceilings for what is run.
    pub limits: Limits,
}

/// Never writable, whatever the rules say: writing there is taking over the host or the
/// record of what happened.
const PROTECTED: [&str; 2] = [".git", ".axon"];

impl Grants {
    /// Nothing at all.
    #[must_use]
    pub fn none() -> Self {
        Self {
            read: Vec::new(),
            write: Vec::new(),
            run: Vec::new(),
            hosts: Vec::new(),
            limits: Limits {
                cpu_millis: 0,
                wall_millis: 0,
                memory_bytes: 0,
                processes: 0,
                output_bytes: 0,
                file_bytes: 0,
            },
        }
    }

    /// Allows it, or says which rule is missing.
    pub fn allow(&self, access: Access<'_>) -> Result<(), Refusal> {
        let (allowed, verb, rule, what) = match access {
            Access::Read(path) => (covers(&self.read, path), "read", "read", path),
            Access::Write(path) => {
                (!protected(path) && covers(&self.write, path), "write", "write", path)
            }
            Access::Run(command) => (listed(&self.run, command), "run", "run", command),
            Access::Connect(host) => (listed(&self.hosts, host), "connect to", "hosts", host),
        };
        if allowed {
            return Ok(());
        }
        let missing = match access {
            Access::Write(path) if protected(path) => {
                "none can be given: .git and .axon are never written by agents".to_string()
            }
            _ => alloc::format!("{rule} = [{what:?}]"),
        };
        Err(Refusal { wanted: alloc::format!("{verb} {what}"), missing })
    }

    /// What both allow: a child never gets more than its parent.
    #[must_use]
    pub fn intersect(&self, other: &Grants) -> Grants {
        Grants {
            read: narrower(&self.read, &other.read, covers),
            write: narrower(&self.write, &other.write, covers),
            run: narrower(&self.run, &other.run, listed),
            hosts: narrower(&self.hosts, &other.hosts, listed),
            limits: self.limits.intersect(other.limits),
        }
    }
}

/// The rules of each side that the other side allows as well.
fn narrower(a: &[String], b: &[String], allows: fn(&[String], &str) -> bool) -> Vec<String> {
    let mut both: Vec<String> = a.iter().filter(|rule| allows(b, rule)).cloned().collect();
    both.extend(b.iter().filter(|rule| allows(a, rule)).cloned());
    both.sort();
    both.dedup();
    both
}

fn listed(rules: &[String], wanted: &str) -> bool {
    rules.iter().any(|rule| rule == "*" || rule == wanted)
}

fn covers(rules: &[String], path: &str) -> bool {
    is_plain(path) && rules.iter().any(|rule| below(rule, path))
}

fn below(rule: &str, path: &str) -> bool {
    let rule = rule.trim_end_matches('/');
    rule == "." || path == rule || path.strip_prefix(rule).is_some_and(|rest| rest.starts_with('/'))
}

/// Relative, without `..`, `.` or empty parts, so that a prefix means what it says. The rule
/// `.` itself counts, for intersections.
fn is_plain(path: &str) -> bool {
    path == "."
        || (!path.contains('\0')
            && path
                .trim_end_matches('/')
                .split('/')
                .all(|part| !part.is_empty() && part != "." && part != ".."))
}

/// Also on file systems that fold case, where `.GIT` is `.git`.
fn protected(path: &str) -> bool {
    path.split('/').any(|part| PROTECTED.iter().any(|name| part.eq_ignore_ascii_case(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grants(read: &[&str], write: &[&str]) -> Grants {
        Grants {
            read: read.iter().map(ToString::to_string).collect(),
            write: write.iter().map(ToString::to_string).collect(),
            limits: Limits::CHECK,
            ..Grants::none()
        }
    }

    #[test]
    fn what_nobody_granted_is_denied_and_the_missing_rule_is_named() {
        let refusal = Grants::none().allow(Access::Write("src/lib.rs")).unwrap_err();
        assert_eq!(refusal.missing, "write = [\"src/lib.rs\"]");
        assert!(Grants::none().allow(Access::Run("true")).is_err());
        assert!(Grants::none().allow(Access::Connect("example.org")).is_err());
    }

    #[test]
    fn a_folder_covers_what_is_below_it_and_not_its_neighbours() {
        let grants = grants(&["src"], &[]);
        assert!(grants.allow(Access::Read("src/a/b.rs")).is_ok());
        assert!(grants.allow(Access::Read("src")).is_ok());
        assert!(grants.allow(Access::Read("src2/a.rs")).is_err());
        assert!(grants.allow(Access::Read("src/../secret")).is_err());
        assert!(grants.allow(Access::Read("/etc/passwd")).is_err());
    }

    #[test]
    fn git_and_the_ledger_are_never_writable() {
        let grants = grants(&["."], &["."]);
        assert!(grants.allow(Access::Write("src/lib.rs")).is_ok());
        for path in [".git/hooks/pre-commit", ".GIT/config", "sub/.git/config", ".axon/ledger.db"] {
            assert!(grants.allow(Access::Write(path)).is_err(), "{path}");
        }
    }

    #[test]
    fn an_intersection_allows_only_what_both_allow() {
        let both = grants(&["."], &["src", "docs"]).intersect(&grants(&["src/a"], &["src/a"]));
        assert_eq!(both.read, ["src/a"]);
        assert_eq!(both.write, ["src/a"]);
        assert!(both.allow(Access::Write("docs/x.md")).is_err());
    }
}
