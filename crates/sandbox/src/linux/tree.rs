//! What a tree of processes uses at the moment, from `/proc` (`proc(5)`).

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;

/// What is used, together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Usage {
    /// Processor time in milliseconds, with that of processes that ended.
    pub(super) cpu_millis: u64,
    /// Memory that is theirs alone, in bytes; pages of files are not counted, because the
    /// processes of a build share them.
    pub(super) memory_bytes: u64,
    /// Threads.
    pub(super) threads: u64,
}

/// Everything below the process `root`; of `root` itself only the time of its ended children.
///
/// One pass over all processes rather than a walk from parent to child: in a fork bomb parents
/// end faster than a walk gets to their children.
pub(super) fn below(root: i32) -> Usage {
    let Ok(entries) = fs::read_dir("/proc") else { return Usage::default() };
    let mut all = BTreeMap::new();
    for entry in entries.flatten() {
        let pid = entry.file_name().to_str().and_then(|name| name.parse::<i32>().ok());
        if let Some(pid) = pid
            && let Ok(line) = fs::read_to_string(entry.path().join("stat"))
            && let Some(stat) = parse(&line)
        {
            all.insert(pid, stat);
        }
    }
    let mut children: BTreeMap<i32, Vec<i32>> = BTreeMap::new();
    for (pid, stat) in &all {
        children.entry(stat.parent).or_default().push(*pid);
    }
    let mut usage = Usage::default();
    let mut ticks = all.get(&root).map_or(0, |stat| stat.ended_ticks);
    let mut pages = 0;
    // Each list is taken once, so that ids reused meanwhile make no circle.
    let mut waiting = children.remove(&root).unwrap_or_default();
    while let Some(pid) = waiting.pop() {
        if let Some(stat) = all.get(&pid) {
            ticks += stat.ticks + stat.ended_ticks;
            // One that has ended and waits for its parent has no thread and takes a place.
            usage.threads += stat.threads.max(1);
            pages += private_pages(pid).unwrap_or(0);
        }
        waiting.extend(children.remove(&pid).unwrap_or_default());
    }
    let per_second = rustix::param::clock_ticks_per_second().max(1);
    usage.cpu_millis = ticks.saturating_mul(1_000) / per_second;
    usage.memory_bytes = pages.saturating_mul(rustix::param::page_size() as u64);
    usage
}

/// Threads of all processes of a user, which is what `RLIMIT_NPROC` counts.
pub(super) fn threads_of(user: u32) -> u64 {
    let Ok(entries) = fs::read_dir("/proc") else { return 0 };
    let own = |entry: &fs::DirEntry| entry.metadata().is_ok_and(|data| data.uid() == user);
    entries
        .flatten()
        .filter(|entry| entry.file_name().as_encoded_bytes()[0].is_ascii_digit() && own(entry))
        .filter_map(|entry| parse(&fs::read_to_string(entry.path().join("stat")).ok()?))
        .map(|stat| stat.threads)
        .sum()
}

struct Stat {
    parent: i32,
    ticks: u64,
    ended_ticks: u64,
    threads: u64,
}

/// The name in parentheses may hold anything, so counting starts after the last one.
fn parse(line: &str) -> Option<Stat> {
    let (_, rest) = line.rsplit_once(')')?;
    let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
    // `rest` starts with field 3, the state.
    let field = |number: usize| fields.get(number - 3)?.parse::<u64>().ok();
    Some(Stat {
        parent: fields.get(1)?.parse().ok()?,
        ticks: field(14)?.saturating_add(field(15)?),
        ended_ticks: field(16)?.saturating_add(field(17)?),
        threads: field(20)?,
    })
}

fn private_pages(pid: i32) -> Option<u64> {
    let line = fs::read_to_string(format!("/proc/{pid}/statm")).ok()?;
    let mut fields = line.split_ascii_whitespace().skip(1).map(str::parse::<u64>);
    let (resident, shared) = (fields.next()?.ok()?, fields.next()?.ok()?);
    Some(resident.saturating_sub(shared))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_and_spaces_does_not_shift_the_fields() {
        let line = "7 (a) R 1 (b) S 1 7 7 0 -1 0 1 2 3 4 10 20 30 40 20 0 3 0 5 6 7";
        let stat = parse(line).unwrap();
        assert_eq!((stat.ticks, stat.ended_ticks, stat.threads), (30, 70, 3));
        assert!(parse("7 (a").is_none());
        assert!(parse("7 (a) R 1").is_none());
    }
}
