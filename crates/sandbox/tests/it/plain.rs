//! Programs that do nothing wrong.

use axon_sandbox::{Mode, probe};

use crate::support::{Bench, text};

#[test]
fn a_confined_program_runs_and_its_output_is_kept() {
    let outcome = Bench::script("echo out; echo err >&2; pwd").confined();
    eprintln!("{}\n{outcome:?}", probe());
    let bench = Bench::script("echo out; echo err >&2; exit 3");
    let outcome = bench.confined();
    assert_eq!(text(&outcome), "out\nerr\n");
    assert_eq!((outcome.exit, outcome.signal, outcome.limit), (Some(3), None, None));
    assert_eq!(outcome.confinement, probe().summary());
    assert!(Bench::program(&["true"]).confined().success());
}

#[test]
fn an_unconfined_program_runs_as_well() {
    let outcome = Bench::script("echo out; kill -9 $$").run(Mode::Unconfined).unwrap();
    assert_eq!(text(&outcome), "out\n");
    assert_eq!((outcome.exit, outcome.signal), (None, Some(9)));
    assert_eq!(outcome.confinement, "none");
}
