//! Using up too much.

use axon_sandbox::{Limit, Mode};

use crate::support::{Bench, text};

fn both(bench: &Bench, expected: Limit) {
    for mode in [Mode::Confined, Mode::Unconfined] {
        let outcome = bench.run(mode).unwrap();
        assert_eq!(outcome.limit, Some(expected), "{mode:?} {outcome:?}");
        assert!(!outcome.success());
    }
}

#[test]
fn a_program_that_sleeps_for_ever_is_ended_by_the_wall_clock() {
    both(&Bench::script("sleep 1000").limits(|limits| limits.wall_millis = 100), Limit::Wall);
}

#[test]
fn ignoring_signals_does_not_help() {
    let script = "trap '' TERM INT HUP; while :; do sleep 1000; done";
    both(&Bench::script(script).limits(|limits| limits.wall_millis = 100), Limit::Wall);
}

#[test]
fn processes_that_burn_are_ended_by_the_sum_of_their_time() {
    let script = "burn() { while :; do :; done; }; burn & burn & wait";
    both(&Bench::script(script).limits(|limits| limits.cpu_millis = 300), Limit::Cpu);
}

#[test]
fn processes_that_pile_up_are_ended_by_their_number() {
    // It does not give up when it is refused one: what gives up has ended by itself.
    let script = "
import os, time
while True:
    try:
        if os.fork() == 0: time.sleep(1000)
    except OSError: time.sleep(0.01)
";
    both(&Bench::python(script).limits(|limits| limits.processes = 40), Limit::Processes);
}

#[test]
fn a_fork_bomb_ends_one_way_or_the_other() {
    // Where the kernel refuses the processes and nobody counts the refusals (no control
    // group), the bomb goes out by itself and the wall clock ends the rest: a loop, because a
    // shell that is refused a process for `sleep` ends by itself.
    let bench = Bench::script("f() { f | f & }; f; while :; do :; done").limits(|limits| {
        limits.processes = 40;
        limits.wall_millis = 1_500;
    });
    for mode in [Mode::Confined, Mode::Unconfined] {
        let limit = bench.run(mode).unwrap().limit;
        assert!(matches!(limit, Some(Limit::Processes | Limit::Wall)), "{mode:?} {limit:?}");
    }
}

#[test]
fn threads_count_as_processes() {
    let script = "
import threading, time
while True:
    try: threading.Thread(target=threading.Event().wait).start()
    except RuntimeError: time.sleep(0.01)
";
    both(&Bench::python(script).limits(|limits| limits.processes = 40), Limit::Processes);
}

#[test]
fn a_program_that_eats_memory_is_ended() {
    let script = "
import time
kept = []
while True:
    try: kept.append(bytearray(b'x') * (4 << 20))
    except MemoryError: time.sleep(0.01)
";
    both(&Bench::python(script).limits(|limits| limits.memory_bytes = 128 << 20), Limit::Memory);
}

#[test]
fn several_processes_share_one_limit_of_memory() {
    let script = "
import os, time
for _ in range(6):
    if os.fork() == 0:
        kept = bytearray(b'x') * (40 << 20)
        time.sleep(1000)
time.sleep(1000)
";
    both(&Bench::python(script).limits(|limits| limits.memory_bytes = 128 << 20), Limit::Memory);
}

#[test]
fn a_flood_of_output_is_cut_at_the_limit() {
    let bench = Bench::script("yes").limits(|limits| limits.output_bytes = 10_001);
    both(&bench, Limit::Output);
    assert_eq!(bench.confined().output.len(), 10_001);
}

#[test]
fn a_file_does_not_grow_beyond_its_limit() {
    let bench = Bench::script("exec head -c 9000000 /dev/zero > big")
        .limits(|limits| limits.file_bytes = 1 << 20);
    both(&bench, Limit::FileSize);
    assert_eq!(std::fs::metadata(bench.path("big")).unwrap().len(), 1 << 20);
}

#[test]
fn time_and_memory_are_measured() {
    let script = "
import time
kept = bytearray(b'x') * (50 << 20)
while time.process_time() < 0.3: pass
print('done')
";
    let outcome = Bench::python(script).confined();
    assert_eq!(text(&outcome), "done\n");
    assert!(outcome.cpu_millis >= 290 && outcome.wall_millis >= 290, "{outcome:?}");
    assert!(outcome.max_memory_bytes >= 50 << 20, "{outcome:?}");
}
