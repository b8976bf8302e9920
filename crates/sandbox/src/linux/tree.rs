//! What a tree of processes uses at the moment, from `/proc` (`proc(5)`).

use std::fs;

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
/// Processes that end meanwhile are left out.
pub(super) fn below(root: i32) -> Usage {
    let mut usage = Usage::default();
    let mut waiting = vec![root];
    let mut ticks = 0;
    let mut pages = 0;
    // Ids are reused, so a walk of a changing tree is bounded rather than trusted to end.
    for _ in 0..100_000 {
        let Some(pid) = waiting.pop() else { break };
        if let Some(stat) =
            fs::read_to_string(format!("/proc/{pid}/stat")).ok().as_deref().and_then(parse)
        {
            ticks += stat.ended_ticks;
            if pid != root {
                ticks += stat.ticks;
                usage.threads += stat.threads;
                pages += private_pages(pid).unwrap_or(0);
            }
        }
        children(pid, &mut waiting);
    }
    let per_second = rustix::param::clock_ticks_per_second().max(1);
    usage.cpu_millis = ticks.saturating_mul(1_000) / per_second;
    usage.memory_bytes = pages.saturating_mul(rustix::param::page_size() as u64);
    usage
}

struct Stat {
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

fn children(pid: i32, into: &mut Vec<i32>) {
    let Ok(tasks) = fs::read_dir(format!("/proc/{pid}/task")) else { return };
    for task in tasks.flatten() {
        if let Ok(list) = fs::read_to_string(task.path().join("children")) {
            into.extend(list.split_ascii_whitespace().filter_map(|pid| pid.parse::<i32>().ok()));
        }
    }
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
