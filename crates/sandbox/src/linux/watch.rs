//! Waiting for a program: its output, its end, its limits, and a wish to cancel it.

use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use axon_domain::{Code, Error, Limits, Result};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::cgroup::Group;
use super::child::Report;
use super::launch::Running;
use super::tree::{self, Usage};
use crate::{Cancel, Limit};

/// How long the kernel gets to end what was killed, before it is left to itself.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);
const FIRST_SAMPLE: Duration = Duration::from_millis(10);
const SLOWEST_SAMPLE: Duration = Duration::from_millis(100);

/// How a program ended, as seen from outside.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) report: Option<Report>,
    pub(super) limit: Option<Limit>,
    pub(super) output: Vec<u8>,
    pub(super) wall: Duration,
    pub(super) cpu_millis: u64,
    pub(super) max_memory_bytes: u64,
}

/// What is known so far.
struct Watch<'a> {
    limits: Limits,
    group: Option<&'a Group>,
    started: Instant,
    output: Vec<u8>,
    limit: Option<Limit>,
    cancelled: bool,
    /// When it was told to end.
    ending: Option<Instant>,
    peak: u64,
    cpu_millis: u64,
}

fn timespec(duration: Duration) -> Timespec {
    Timespec { tv_sec: duration.as_secs().cast_signed(), tv_nsec: duration.subsec_nanos().into() }
}

/// Waits until a descriptor is readable or closed; whether it is.
pub(super) fn wait_readable(descriptor: &OwnedFd, patience: Duration) -> bool {
    let until = Instant::now() + patience;
    loop {
        let mut entry = [PollFd::new(descriptor, PollFlags::IN)];
        let left = until.saturating_duration_since(Instant::now());
        match poll(&mut entry, Some(&timespec(left))) {
            Ok(count) if count > 0 => return true,
            _ if left.is_zero() => return false,
            _ => {}
        }
    }
}

/// Watches until everything has ended.
pub(super) fn watch(
    mut running: Running,
    limits: Limits,
    group: Option<&Group>,
    cancel: &Cancel,
    on_output: &mut dyn FnMut(&[u8]),
) -> Result<Seen> {
    let mut watch = Watch {
        limits,
        group,
        started: Instant::now(),
        output: Vec::new(),
        limit: None,
        cancelled: false,
        ending: None,
        peak: 0,
        cpu_millis: 0,
    };
    watch.until_ended(&mut running, cancel, on_output);
    let wall = watch.started.elapsed();
    watch.drain(&running, on_output);
    let mut seen = Seen {
        report: read_report(&running.report),
        limit: watch.limit,
        output: watch.output,
        wall,
        cpu_millis: watch.cpu_millis,
        max_memory_bytes: watch.peak,
    };
    if let Some((_, cpu, largest)) = running.reap() {
        seen.cpu_millis = seen.cpu_millis.max(cpu);
        if seen.max_memory_bytes == 0 {
            seen.max_memory_bytes = largest;
        }
    }
    if let Some(group) = group {
        seen.limit = seen.limit.or_else(|| group.limit_reached());
        seen.max_memory_bytes = group.peak().unwrap_or(seen.max_memory_bytes);
    }
    if watch.cancelled {
        return Err(Error::new(Code::Interrupted, "the program was ended as asked"));
    }
    Ok(seen)
}

fn read_report(report: &OwnedFd) -> Option<Report> {
    let mut bytes = [0; Report::LENGTH];
    (rustix::io::read(report, &mut bytes) == Ok(Report::LENGTH)).then(|| Report::parse(bytes))?
}

impl Watch<'_> {
    fn until_ended(
        &mut self,
        running: &mut Running,
        cancel: &Cancel,
        on_output: &mut dyn FnMut(&[u8]),
    ) {
        let bell = cancel.bell();
        let mut pause = FIRST_SAMPLE;
        let mut sample_at = self.started + pause;
        let mut listening = true;
        loop {
            self.cancelled |= cancel.is_cancelled();
            let now = Instant::now();
            if now >= sample_at && self.ending.is_none() {
                self.sample(running.pid);
                // A large tree takes long to read; never spend more than a tenth on it.
                pause = (pause * 2).min(SLOWEST_SAMPLE).max(now.elapsed() * 10);
                sample_at = Instant::now() + pause;
            }
            if self.ending.is_none() && (self.limit.is_some() || self.cancelled) {
                running.end();
                self.ending = Some(now);
            }
            let until = match self.ending {
                Some(since) if now.duration_since(since) > PATIENCE => return,
                Some(since) => since + PATIENCE,
                None => sample_at.min(self.deadline()),
            };
            // What was told to end writes into the void; the pipe need not be read for that.
            let mut entries = vec![PollFd::new(&running.ended, PollFlags::IN)];
            if listening && self.ending.is_none() {
                entries.push(PollFd::new(&running.output, PollFlags::IN));
            }
            let output = entries.len() > 1;
            if let (Some(bell), false) = (bell, self.cancelled) {
                entries.push(PollFd::new(bell, PollFlags::IN));
            }
            let left = until.saturating_duration_since(now);
            if poll(&mut entries, Some(&timespec(left))).is_err() {
                continue;
            }
            let ended = !entries[0].revents().is_empty();
            if output && !entries[1].revents().is_empty() {
                listening = self.read(running, on_output);
            }
            if ended {
                return;
            }
        }
    }

    fn deadline(&self) -> Instant {
        self.started + Duration::from_millis(self.limits.wall_millis)
    }

    /// Looks whether a limit is reached.
    fn sample(&mut self, pid: i32) {
        let Usage { cpu_millis, memory_bytes, threads } = tree::below(pid);
        self.peak = self.peak.max(memory_bytes);
        self.cpu_millis = self.cpu_millis.max(cpu_millis);
        let reached = if Instant::now() >= self.deadline() {
            Some(Limit::Wall)
        } else if cpu_millis >= self.limits.cpu_millis {
            Some(Limit::Cpu)
        } else if memory_bytes > self.limits.memory_bytes {
            Some(Limit::Memory)
        } else if threads > u64::from(self.limits.processes) {
            Some(Limit::Processes)
        } else {
            self.group.and_then(Group::limit_reached)
        };
        self.limit = self.limit.or(reached);
    }

    /// Takes what is there; whether more may come.
    fn read(&mut self, running: &Running, on_output: &mut dyn FnMut(&[u8])) -> bool {
        let mut buffer = [0; 1 << 16];
        match rustix::io::read(&running.output, &mut buffer) {
            Ok(0) => false,
            Ok(count) => {
                let room = self.limits.output_bytes.saturating_sub(self.output.len() as u64);
                let taken = count.min(usize::try_from(room).unwrap_or(usize::MAX));
                if taken < count {
                    self.limit = self.limit.or(Some(Limit::Output));
                }
                if taken > 0 {
                    self.output.extend_from_slice(&buffer[..taken]);
                    on_output(&buffer[..taken]);
                }
                true
            }
            Err(error) => error == rustix::io::Errno::AGAIN || error == rustix::io::Errno::INTR,
        }
    }

    /// Takes what is left in the pipe after the end. Nothing writes any more, so it is at most
    /// what a pipe holds; the bound is for a process that the kernel could not end.
    fn drain(&mut self, running: &Running, on_output: &mut dyn FnMut(&[u8])) {
        for _ in 0..64 {
            let before = self.output.len();
            if !self.read(running, on_output) || self.output.len() == before {
                return;
            }
        }
    }
}
