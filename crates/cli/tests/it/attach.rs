//! `axon attach`, and missions in the background.

use axon_domain::Code;
use axon_testkit::sample::Large;
use axon_testkit::{Output, TestRepo};

use crate::support::{
    GATED, Running, at_gate, axon, command, gated, json, parse, refused, renamed, states,
};

#[test]
fn a_mission_in_the_background_is_followed_from_its_beginning_to_its_end() {
    let repo = gated();
    let given = axon(&repo, &[GATED, &["--detach"]].concat()).success();
    assert_eq!(given.stdout, "m1\n");
    assert!(given.stderr.contains("axon attach m1"), "{given}");
    let gate = at_gate(&repo, "gate");
    assert_eq!(states(&repo), ["running (checking)"]);
    let people = Running::until(&repo, &["attach", "m1"], "PLAN_ACCEPTED");
    drop(gate);
    let output = people.end().success();
    let log = axon(&repo, &["log", "m1", "--json"]).success();
    // Its agents are dismissed after it has ended.
    assert!(log.stdout.starts_with(&output.stdout), "{output}");
    assert!(output.stdout.contains("\"kind\":\"MISSION_ENDED\""), "{output}");
    let tree = |repo: &TestRepo| repo.git(["rev-parse", "axon/m1^{tree}"]);
    let foreground = gated();
    let run = Running::start(&foreground, GATED);
    drop(run.at_gate());
    let _ = run.end().success();
    assert_eq!(tree(&repo), tree(&foreground));
}

#[test]
fn what_has_ended_is_shown_with_its_result() {
    let repo = renamed();
    let output = axon(&repo, &["attach", "m1"]).success();
    assert_eq!(output.stdout, "axon/m1\n");
    assert!(output.stderr.contains("✓ commit"), "{output}");
    refused(&repo, &["attach", "m7"], Code::NotFound);
}

#[test]
fn a_mission_that_nobody_works_on_is_not_waited_for() {
    let repo = gated();
    let run = Running::start(&repo, GATED);
    let gate = run.at_gate();
    run.kill();
    drop(gate);
    let problem = refused(&repo, &["attach", "m1"], Code::WrongState);
    assert_eq!(problem.hint, "axon resume m1");
}

#[test]
fn without_a_terminal_ctrl_c_stops_watching_and_the_mission_goes_on() {
    let repo = gated();
    let _ = axon(&repo, &[GATED, &["--detach"]].concat()).success();
    let gate = at_gate(&repo, "gate");
    let watching = Running::until(&repo, &["attach", "m1"], "PLAN_ACCEPTED");
    watching.interrupt();
    let output = watching.end().exits(130);
    assert!(output.stdout.contains("you no longer watch m1; it goes on"), "{output}");
    let following = Running::until(&repo, &["attach", "m1"], "PLAN_ACCEPTED");
    drop(gate);
    let _ = following.end().success();
}

#[test]
fn nobody_is_asked_in_the_background_and_nothing_is_guessed() {
    let classes = "class Cart:\n    def total(self):\n        return 1\n\n\n\
        class Bill:\n    def total(self):\n        return 2\n";
    let uncertain = "def show(thing):\n    return thing.total()\n";
    let repo = TestRepo::with([("shop.py", classes), ("show.py", uncertain)]);
    let rename = ["run", "--rename", "Cart.total", "sum_up", "--no-check", "--detach"];
    let _ = axon(&repo, &rename).success();
    let output = axon(&repo, &["attach", "m1"]).exits(4);
    assert!(output.stderr.contains("needs-decision"), "{output}");
    assert_eq!(json(&repo, &["show", "m1"])["outcome"], "refused");
}

#[test]
fn a_mission_that_cannot_be_given_in_the_background_says_why() {
    let repo = TestRepo::empty();
    let arguments = ["run", "--rename", "a", "b", "--no-check", "--detach"];
    refused(&repo, &arguments, Code::EmptyRepository);
    let both = axon(&repo, &[&arguments[..], &["--dry-run"]].concat()).exits(2);
    assert!(both.stderr.contains("--detach"), "{both}");
}

/// A watcher that reads nothing until the mission has ended gets every event all the same.
#[test]
fn a_slow_watcher_loses_nothing_and_holds_nobody_up() {
    let repo = TestRepo::empty();
    Large { files: 400, seed: 5, using_every: 1 }.write(&repo.path());
    repo.commit("Start");
    repo.write(".gitignore", "gate\n");
    let mut fifo = repo.command("mkfifo");
    fifo.arg("gate");
    let _ = repo.finish(fifo).success();
    repo.write("axon.toml", "[check]\ncommand = \"cat gate\"\nbring = [\"gate\"]\n");
    repo.commit("Gate");
    let rename = ["run", "--rename", Large::SYMBOL, "order_total", "--detach"];
    let _ = axon(&repo, &rename).success();
    let mut slow = command(&repo, &["attach", "m1", "--json"]);
    slow.stdout(std::process::Stdio::piped());
    let slow = slow.spawn().unwrap();
    let quick = Running::until(&repo, &["attach", "m1"], "MISSION_GIVEN");
    drop(quick.at_gate());
    let quick = quick.end().success();
    let done = slow.wait_with_output().unwrap();
    let slow = Output {
        stdout: String::from_utf8(done.stdout).unwrap(),
        stderr: String::new(),
        code: done.status.code().unwrap(),
    }
    .success();
    let until_end = |text: &str| {
        let ended = |line: &&str| !parse(line)["type"].as_str().unwrap().contains("mission_ended");
        text.lines().take_while(ended).map(str::to_owned).collect::<Vec<_>>()
    };
    assert!(quick.stdout.len() > 1 << 18, "more than pipes and sockets hold");
    let log = until_end(&axon(&repo, &["log", "m1", "--json"]).success().stdout);
    assert!(log.len() > 2_000, "{}", log.len());
    assert_eq!(until_end(&slow.stdout), log);
    assert_eq!(until_end(&quick.stdout), log);
}
