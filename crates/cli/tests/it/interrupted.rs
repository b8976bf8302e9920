//! Ctrl-C, and what comes after it.

use axon_domain::Code;
use axon_testkit::TestRepo;
use insta::assert_snapshot;

use crate::support::{
    GATED, RENAME, Running, axon, fingerprint, gated, json, refused, shown, states,
};

/// A repository with a mission that was interrupted while its check ran.
fn interrupted() -> TestRepo {
    let repo = gated();
    let before = fingerprint(&repo.path());
    let run = Running::start(&repo, GATED);
    let gate = run.at_gate();
    run.interrupt();
    let output = run.end().exits(130);
    drop(gate);
    assert!(output.stderr.contains("[interrupted]"), "{output}");
    assert!(output.stderr.contains("axon resume"), "{output}");
    assert_eq!(output.stdout, "");
    assert_eq!(fingerprint(&repo.path()), before);
    repo
}

#[test]
fn an_interrupted_mission_goes_on_and_the_same_tree_comes_out() {
    let repo = interrupted();
    assert_eq!(repo.git(["branch", "--list", "axon/*"]), "");
    let resumed = Running::start(&repo, &["resume"]);
    drop(resumed.at_gate());
    let output = resumed.end().success();
    assert_snapshot!(shown(&repo, &output), @r#"
    exit: 0
    --- stdout
    axon/m1
    --- stderr
    m1  rename total to sum_up
    interrupted while checking; goes on
      ✓ check   `cat gate` passes
      ✓ review  sum_up means the same 3 places that were planned, and no others
      ✓ commit  axon/m1 at [HASH]

    done: the check passes
      look at it  axon diff m1   axon show m1
      take it     axon apply m1
      drop it     axon discard m1
    "#);

    // The same mission without an interruption.
    let second = gated();
    let run = Running::start(&second, GATED);
    drop(run.at_gate());
    let _ = run.end().success();
    let tree = |repo: &TestRepo| repo.git(["rev-parse", "axon/m1^{tree}"]);
    assert_eq!(tree(&repo), tree(&second));
    let kinds = |kind: &str| {
        let log = axon(&repo, &["log", "m1", "--kind", kind]).success();
        log.stdout.lines().count()
    };
    assert_eq!(kinds("PLAN_PROPOSED"), 1, "what was finished is not done again");
    assert_eq!(kinds("STATE_CHANGE"), 2);
    assert_eq!(json(&repo, &["verify"])["problems"].as_array().unwrap().len(), 0);
    assert_eq!(axon(&repo, &["resume"]).success().stderr, "nothing was interrupted\n");
}

#[test]
fn any_command_says_that_a_mission_was_interrupted_and_one_about_something_else_need_not_wait() {
    let repo = interrupted();
    for arguments in [&["missions"][..], &["log"], &["verify"], &["show", "m1"], &["diff", "m1"]] {
        let output = axon(&repo, arguments).success();
        assert!(output.stderr.contains("m1 was interrupted: axon resume"), "{output}");
    }
    let agents = axon(&repo, &["log", "m1", "--kind", "LIFECYCLE"]).success();
    assert!(!agents.stdout.contains("failed"), "nobody failed\n{agents}");
    assert!(agents.stdout.contains("draining → terminated"), "{agents}");
    let status = axon(&repo, &["status"]).success();
    assert!(status.stdout.contains("interrupted (checking)"), "{status}");
    assert!(status.stdout.contains("axon resume"), "{status}");
    let problem = refused(&repo, &["apply", "m1"], Code::WrongState);
    assert_eq!(problem.hint, "axon resume");
    // Looking ahead records nothing and so need not wait.
    let _ = axon(&repo, &[GATED, &["--dry-run"]].concat()).success();
    // One about the same symbol waits for it and says so: `together` has that.
    let rewrite = ["run", "--rewrite", "print($A)", "--to", "show($A)", "--lang", "python"];
    let output = axon(&repo, &[&rewrite[..], &["--no-check"]].concat()).success();
    assert_eq!(output.stdout, "axon/m2\n");
    assert!(output.stderr.contains("m1 was interrupted: axon resume"), "{output}");
    assert_eq!(states(&repo), ["interrupted (checking)", "done, unproven"]);
}

#[test]
fn an_interrupted_mission_can_be_given_up() {
    let repo = interrupted();
    let _ = axon(&repo, &["discard", "m1"]).success();
    let mission = json(&repo, &["show", "m1"]);
    assert_eq!(mission["outcome"], "cancelled");
    assert!(!axon(&repo, &["status"]).success().stdout.contains("resume"));
    assert_eq!(axon(&repo, RENAME).success().stdout, "axon/m2\n");
}

#[test]
fn as_json_the_interruption_is_the_last_line() {
    let repo = gated();
    let run = Running::start(&repo, &[GATED, &["--json"]].concat());
    let gate = run.at_gate();
    run.interrupt();
    let output = run.end().exits(130);
    drop(gate);
    assert_eq!(output.stderr, "");
    let last = crate::support::parse(output.stdout.lines().last().unwrap());
    assert_eq!(last["error"]["code"], "interrupted");
    assert_eq!(last["error"]["exit_code"], 130);
}

#[test]
fn head_may_move_while_a_mission_runs_and_apply_then_says_what_to_do() {
    let repo = gated();
    let run = Running::start(&repo, GATED);
    let gate = run.at_gate();
    let base = repo.git(["rev-parse", "HEAD"]);
    repo.write("more.py", "from shop import total\n");
    let moved = repo.commit("Somebody goes on working");
    drop(gate);
    let _ = run.end().success();
    assert_eq!(repo.git(["rev-parse", "axon/m1^"]), base, "the result stands where it began");
    let problem = refused(&repo, &["apply", "m1"], Code::HeadMoved);
    assert!(problem.hint.starts_with("axon rebase m1 "), "{problem:?}");
    assert_eq!(repo.git(["rev-parse", "HEAD"]).trim(), moved);
}
