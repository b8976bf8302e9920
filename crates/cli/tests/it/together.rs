//! Several missions at once: handed over to the process that owns the ledger, and handed on when
//! it goes.

use axon_testkit::TestRepo;
use rustix::process::{Signal, kill_process};

use crate::support::{
    GATED, OTHER, OTHER_GATED, Running, at_gate, axon, fingerprint, gated, gated_twice, json, left,
    owner_pid, states,
};

fn tree(repo: &TestRepo, mission: &str) -> String {
    repo.git(["rev-parse", &format!("axon/{mission}^{{tree}}")])
}

/// The trees of both missions, each given alone.
fn alone() -> [String; 2] {
    let repo = gated_twice();
    let run = Running::start(&repo, GATED);
    drop(run.at_gate());
    let _ = run.end().success();
    let _ = axon(&repo, OTHER).success();
    [tree(&repo, "m1"), tree(&repo, "m2")]
}

#[test]
fn a_mission_given_meanwhile_is_handed_over_and_both_come_out_as_if_alone() {
    let repo = gated_twice();
    let before = fingerprint(&repo.path());
    let first = Running::start(&repo, GATED);
    let gate = first.at_gate();
    let second = axon(&repo, OTHER).success();
    assert_eq!(second.stdout, "axon/m2\n");
    for stage in ["✓ plan", "✓ edit", "✓ commit", "axon apply m2"] {
        assert!(second.stderr.contains(stage), "watched as if it were its own\n{second}");
    }
    assert_eq!(states(&repo), ["running (checking)", "done, unproven"]);
    assert!(json(&repo, &["status"])["owner_pid"] == first.pid());
    drop(gate);
    assert_eq!(first.end().success().stdout, "axon/m1\n");
    assert_eq!([tree(&repo, "m1"), tree(&repo, "m2")], alone());
    assert_eq!(fingerprint(&repo.path()), before);
    assert_eq!(json(&repo, &["verify"])["problems"].as_array().unwrap().len(), 0);
}

#[test]
fn what_is_handed_over_gives_its_events_as_json_and_on_a_descriptor_too() {
    let repo = gated_twice();
    let first = Running::start(&repo, GATED);
    let gate = first.at_gate();
    let second = axon(&repo, &[OTHER, &["--json"]].concat()).success();
    let log = axon(&repo, &["log", "m2", "--json"]).success();
    assert_eq!(second.stdout, log.stdout);
    let mut shell = repo.command("sh");
    shell.args(["-c", "exec \"$@\" 3>../events", "sh", env!("CARGO_BIN_EXE_axon")]);
    shell.args(OTHER).args(["--events-fd", "3"]);
    let third = repo.finish(shell).success();
    let events = std::fs::read_to_string(repo.path().join("../events")).unwrap();
    assert_eq!(events, axon(&repo, &["log", "m3", "--json"]).success().stdout, "{third}");
    drop(gate);
    let _ = first.end().success();
}

#[test]
fn a_command_whose_own_mission_has_ended_hands_the_others_on() {
    let repo = gated_twice();
    let first = Running::start(&repo, GATED);
    let gate = first.at_gate();
    let second = Running::start(&repo, OTHER_GATED);
    let second_gate = at_gate(&repo, "gate2");
    drop(gate);
    let told = Running::until(&repo, &["log", "m1", "--follow"], "MISSION_ENDED");
    told.kill();
    drop(second_gate);
    let output = first.end().success();
    assert!(
        output.stderr.contains(
            "m2 is still at work for another terminal: steps that run are finished here, then a"
        ),
        "{output}"
    );
    assert!(output.stderr.contains("m2 is in the background now"), "{output}");
    let output = second.end().success();
    assert_eq!(output.stdout, "axon/m2\n");
    assert_eq!([tree(&repo, "m1"), tree(&repo, "m2")], alone());
    let checks = axon(&repo, &["log", "m2", "--kind", "TOOL_CALL"]).success();
    assert_eq!(checks.stdout.lines().count(), 1, "the running step was finished\n{checks}");
    assert_eq!(json(&repo, &["verify"])["problems"].as_array().unwrap().len(), 0);
}

#[test]
fn ctrl_c_interrupts_the_command_s_own_mission_and_others_go_on_elsewhere() {
    let repo = gated_twice();
    let first = Running::start(&repo, GATED);
    let gate = first.at_gate();
    let second = Running::start(&repo, OTHER_GATED);
    let second_gate = at_gate(&repo, "gate2");
    first.interrupt();
    let output = first.end().exits(130);
    assert!(output.stderr.contains("[interrupted]"), "{output}");
    assert!(output.stderr.contains("m2 is in the background now"), "{output}");
    drop((gate, second_gate));
    drop(at_gate(&repo, "gate2"));
    assert_eq!(second.end().success().stdout, "axon/m2\n");
    assert_eq!(states(&repo)[0], "interrupted (checking)");
    let resumed = Running::start(&repo, &["resume"]);
    drop(resumed.at_gate());
    let _ = resumed.end().success();
    assert_eq!([tree(&repo, "m1"), tree(&repo, "m2")], alone());
}

#[test]
fn who_watches_a_process_that_is_killed_is_told_what_to_do() {
    let repo = gated_twice();
    let first = Running::start(&repo, GATED);
    let gate = first.at_gate();
    let second = Running::start(&repo, OTHER_GATED);
    let second_gate = at_gate(&repo, "gate2");
    first.kill();
    let output = second.end().exits(130);
    assert!(output.stderr.contains("[owner-gone]"), "{output}");
    assert!(output.stderr.contains("axon resume m2"), "{output}");
    left(gate);
    left(second_gate);
    assert_eq!(states(&repo), ["interrupted (checking)"; 2]);
    // The socket of the dead process is replaced by the next one that owns the ledger.
    assert!(repo.path().join(".axon/owner.socket").exists());
    let resumed = Running::start(&repo, &["resume"]);
    drop(resumed.at_gate());
    drop(at_gate(&repo, "gate2"));
    let output = resumed.end().success();
    assert_eq!(output.stdout, "axon/m1\naxon/m2\n");
    assert!(!repo.path().join(".axon/owner.socket").exists());
    assert_eq!([tree(&repo, "m1"), tree(&repo, "m2")], alone());
}

#[test]
fn results_are_brought_in_and_dropped_through_the_process_that_works() {
    let repo = gated_twice();
    let _ = axon(&repo, OTHER).success();
    let run = Running::start(&repo, GATED);
    let gate = run.at_gate();
    let output = axon(&repo, &["apply", "m1"]).success();
    assert!(output.stderr.contains("applied"), "{output}");
    assert!(repo.read("scales.py").contains("weight_of"));
    let again = json(&repo, &["apply", "m1"]);
    assert_eq!(again["already"], true);
    for (arguments, hint) in
        [(["discard", "m2"], "axon cancel m2"), (["apply", "m2"], "axon attach m2")]
    {
        let output = axon(&repo, &arguments).exits(5);
        assert!(output.stderr.contains("[wrong-state]"), "{output}");
        assert!(output.stderr.contains(hint), "{output}");
    }
    let _ = axon(&repo, &["discard", "m1"]).exits(5);
    drop(gate);
    let _ = run.end().success();
    let _ = axon(&repo, &["discard", "m2"]).success();
    let log = axon(&repo, &["log", "--kind", "COMMIT"]).success();
    assert_eq!(log.stdout.matches("applied on axon/m1").count(), 1, "{log}");
}

#[test]
fn more_missions_than_may_be_at_work_wait_in_order() {
    let repo = gated();
    let mission = |number: usize| format!("m{number}");
    for number in 1..=9 {
        let given = json(&repo, &[GATED, &["--detach"]].concat());
        assert_eq!(given["mission"], mission(number));
        assert_eq!(given["queued"], number == 9, "{given}");
    }
    assert_eq!(states(&repo)[8], "queued");
    let waiting = Running::until(&repo, &["attach", "m9"], "MISSION_GIVEN");
    for number in 1..=8 {
        let _ = axon(&repo, &["cancel", &mission(number)]).success();
    }
    let gate = waiting.at_gate();
    assert_eq!(states(&repo)[8], "running (checking)");
    drop(gate);
    let _ = waiting.end().success();
    assert_eq!(states(&repo)[..8], ["cancelled"; 8]);
}

#[test]
fn a_process_in_the_background_that_is_asked_to_end_leaves_everything_resumable() {
    let repo = gated();
    let _ = axon(&repo, &[GATED, &["--detach"]].concat()).success();
    let gate = at_gate(&repo, "gate");
    let watching = Running::until(&repo, &["attach", "m1"], "PLAN_ACCEPTED");
    kill_process(owner_pid(&repo), Signal::TERM).unwrap();
    let output = watching.end().exits(130);
    assert!(output.stdout.contains("\"code\":\"interrupted\""), "{output}");
    assert!(output.stdout.contains("axon resume"), "{output}");
    left(gate);
    let resumed = Running::start(&repo, &["resume"]);
    drop(resumed.at_gate());
    let _ = resumed.end().success();
    let agents = axon(&repo, &["log", "m1", "--kind", "LIFECYCLE"]).success();
    assert!(!agents.stdout.contains("failed"), "in good order\n{agents}");
}

#[test]
fn a_mission_that_wants_what_another_has_waits_for_it_and_says_so() {
    let repo = gated_twice();
    let first = Running::start(&repo, GATED);
    let gate = first.at_gate();
    let second =
        Running::until(&repo, &["run", "--rename", "total", "add_up", "--no-check"], "LOCK");
    assert_eq!(states(&repo)[1], "running (waiting for symbols)");
    drop(gate);
    let _ = first.end().success();
    let _ = second.end().success();
    assert_eq!(states(&repo), ["done", "done, unproven"]);
    // Whoever has it may be one that nobody works on.
    let third = Running::start(&repo, GATED);
    let gate = third.at_gate();
    kill_process(owner_pid(&repo), Signal::KILL).unwrap();
    left(gate);
    let _ = third.end();
    let rename = ["run", "--rename", "total", "add_up", "--no-check"];
    let said = "m4 waits: m3 has symbol:shop.total and was interrupted";
    let fourth = Running::until_said(&repo, &rename, said);
    let _ = axon(&repo, &["cancel", "m3"]).success();
    assert_eq!(fourth.end().success().stdout, "axon/m4\n");
}

#[test]
fn a_paused_mission_keeps_what_another_one_waits_for() {
    let repo = gated_twice();
    let first = Running::start(&repo, GATED);
    let gate = first.at_gate();
    let _ = axon(&repo, &["pause", "m1"]).success();
    drop(gate);
    let _ = first.end().exits(130);
    let rename = ["run", "--rename", "total", "add_up", "--no-check"];
    let said = "m2 waits: m1 has symbol:shop.total and is paused: axon resume m1";
    let second = Running::until_said(&repo, &rename, said);
    let _ = axon(&repo, &["resume", "m1"]).success();
    let _ = second.end().success();
    assert_eq!(states(&repo), ["done", "done, unproven"]);
}
