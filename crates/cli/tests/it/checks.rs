//! The project's own check: what it decides, and what it is not allowed to do.

use std::fs;
use std::net::TcpListener;

use axon_domain::Code;
use axon_testkit::{Output, TestRepo};
use insta::assert_snapshot;
use serde_json::Value;

use crate::support::{SHOP, TILL, axon, beside, json, json_lines, refused, shown, small};

fn check(command: &str) -> [&str; 6] {
    ["run", "--rename", "total", "sum_up", "--check", command]
}

#[test]
fn a_check_that_passes_proves_the_result() {
    let repo = small();
    let output = axon(&repo, &check("test -f shop.py && grep -q sum_up shop.py")).success();
    assert_snapshot!(shown(&repo, &output), @r#"
    exit: 0
    --- stdout
    axon/m1
    --- stderr
    m1  rename total to sum_up
      ✓ plan    3 places in 2 files
      ✓ edit    2 files, each still parses
      ✓ merge   2 files changed
      ✓ check   `test -f shop.py && grep -q sum_up shop.py` passes
      ✓ review  sum_up means the same 3 places that were planned, and no others
      ✓ commit  axon/m1 at [HASH]

    done: the check passes
      look at it  axon diff m1   axon show m1
      take it     axon apply m1
      drop it     axon discard m1
    "#);
    let mission = json(&repo, &["show", "m1"]);
    assert_eq!((&mission["outcome"], &mission["proven"]), (&"done".into(), &true.into()));
}

#[test]
fn a_check_that_fails_without_the_change_too_leaves_the_result_unproven() {
    let repo = small();
    let output = axon(&repo, &check("echo 'broken before' && exit 3")).success();
    assert_snapshot!(shown(&repo, &output), @r#"
    exit: 0
    --- stdout
    axon/m1
    --- stderr
    m1  rename total to sum_up
      ✓ plan    3 places in 2 files
      ✓ edit    2 files, each still parses
      ✓ merge   2 files changed
      – check   `echo 'broken before' && exit 3` fails without the change too
      ✓ review  sum_up means the same 3 places that were planned, and no others
      ✓ commit  axon/m1 at [HASH]

    `echo 'broken before' && exit 3` says:
      broken before

    done, unproven: the check fails without the change too
      look at it  axon diff m1   axon show m1
      take it     axon apply m1
      drop it     axon discard m1
    "#);
    let mission = json(&repo, &["show", "m1"]);
    assert_eq!((&mission["state"], &mission["proven"]), (&"done, unproven".into(), &false.into()));
}

#[test]
fn a_check_that_the_change_breaks_rejects_the_result_and_no_branch_is_made() {
    let repo = small();
    let command = "grep total shop.py || { echo 'error: no total'; exit 1; }";
    let problem = refused(&repo, &check(command), Code::CheckFailed);
    assert!(problem.message.contains("passes without the change and fails with it"), "{problem:?}");
    assert_eq!(repo.git(["branch", "--list", "axon/*"]), "");
    refused(&repo, &["apply", "m1"], Code::WrongState);
    let output = axon(&repo, &check(command)).exits(1);
    assert_snapshot!(shown(&repo, &output), @r#"
    exit: 1
    --- stderr
    m2  rename total to sum_up
      ✓ plan    3 places in 2 files
      ✓ edit    2 files, each still parses
      ✓ merge   2 files changed
      ✗ check   `grep total shop.py || { echo 'error: no total'; exit 1; }` fails, and passes w…

    `grep total shop.py || { echo 'error: no total'; exit 1; }` says:
      error: no total

    failed: `grep total shop.py || { echo 'error: no total'; exit 1; }` passes without the change and fails with it [check-failed]
    nothing was changed; `axon show m2` says what was found
    "#);
    assert_eq!(json(&repo, &["show", "m1"])["end"]["code"], "check-failed");
}

#[test]
fn a_long_output_is_shown_by_its_errors_and_its_end_and_all_of_it_by_a_command() {
    let repo = small();
    let command = "grep total shop.py || { echo 'error: no total'; seq 100; exit 1; }";
    let output = axon(&repo, &check(command)).exits(1);
    let (_, said) = output.stderr.split_once(" says:\n").unwrap();
    assert_snapshot!(said, @r#"
      error: no total
      …
      86
      87
      88
      89
      90
      91
      92
      93
      94
      95
      96
      97
      98
      99
      100
      all of it: axon show m1 --check

    failed: `grep total shop.py || { echo 'error: no total'; seq 100; exit 1; }` passes without the change and fails with it [check-failed]
    nothing was changed; `axon show m1` says what was found
    "#);
    let shown = axon(&repo, &["show", "m1"]).success();
    assert!(shown.stdout.contains("  …\n  86\n") && shown.stdout.contains("  100\n"), "{shown}");
    let all = axon(&repo, &["show", "m1", "--check"]).success();
    let (on_result, on_base) = all.stdout.split_once("\n100\n").unwrap();
    assert!(on_result.starts_with("error: no total\n1\n2\n"), "{all}");
    assert_eq!(on_base, "def total(prices):\n", "then the base");
    let headings = format!(
        "{command}\non the result: exit 1 after [S] s\n{command}\non the base: exit 0 after [S] s\n"
    );
    let digits = |c: char| c.is_ascii_digit() || c == '.';
    let stderr: Vec<&str> = all.stderr.lines().collect();
    let without: Vec<String> = stderr
        .iter()
        .map(|line| match line.split_once(" after ") {
            Some((start, time)) => format!("{start} after [S]{}", time.trim_start_matches(digits)),
            None => (*line).to_owned(),
        })
        .collect();
    assert_eq!(without.join("\n") + "\n", headings);

    let checks = &json(&repo, &["show", "m1"])["checks"];
    assert_eq!(checks[0]["tail"].as_array().unwrap().len(), 15);
    assert_eq!((&checks[0]["exit"], &checks[1]["tree"]), (&1.into(), &"base".into()));
    let checks = &json(&repo, &["show", "m1", "--check"])["checks"];
    assert!(checks[0]["output"].as_str().unwrap().ends_with("\n99\n100\n"));
    assert_eq!(checks[0]["command"], command);
}

/// A mission whose check runs into a limit of `axon.toml`, with the change and without: there
/// is a branch, and nobody can think that it is proven.
#[track_caller]
fn limited(limit: &str, command: &str, named: &str) -> (TestRepo, Output) {
    let config = format!("[check]\ncommand = '''{command}'''\n{limit}\n");
    let repo = TestRepo::with([("shop.py", SHOP), ("till.py", TILL), ("axon.toml", &config)]);
    let output = axon(&repo, &["run", "--rename", "total", "sum_up"]).exits(7);
    assert_eq!(output.stdout, "axon/m1\n");
    let said = "done, unproven: the check was stopped at its limit of ";
    assert!(output.stderr.contains(said), "{output}");
    assert!(output.stderr.contains(limit.split(' ').next().unwrap()), "{output}");
    let end = &json(&repo, &["show", "m1"])["end"];
    assert_eq!((&end["outcome"], &end["code"]), (&"done_unproven".into(), &"limit-reached".into()));
    let calls = json_lines(&repo, &["log", "m1", "--kind", "TOOL_CALL"]);
    assert_eq!(calls.len(), 2, "with the change, and without");
    assert!(calls.iter().all(|call| call["data"]["limit"] == named), "{calls:?}");
    (repo, output)
}

#[test]
fn a_check_that_hangs_is_ended() {
    let (repo, output) = limited("wall_seconds = 1", "echo waiting; sleep 1000", "wall");
    assert_snapshot!(shown(&repo, &output), @r#"
    exit: 7
    --- stdout
    axon/m1
    --- stderr
    m1  rename total to sum_up
      ✓ plan    3 places in 2 files
      ✓ edit    2 files, each still parses
      ✓ merge   2 files changed
      – check   `echo waiting; sleep 1000` is stopped at a limit without the change too
      ✓ review  sum_up means the same 3 places that were planned, and no others
      ✓ commit  axon/m1 at [HASH]

    `echo waiting; sleep 1000` says:
      stopped at its limit of [ELAPSED] (`wall_seconds` under [check] in axon.toml)
      waiting

    done, unproven: the check was stopped at its limit of [ELAPSED] (`wall_seconds` under [check] in axon.toml) [limit-reached]
     hint: raise the limit, or give a narrower check with --check
      look at it  axon diff m1   axon show m1
      take it     axon apply m1
      drop it     axon discard m1
    "#);
}

#[test]
fn a_check_that_floods_its_output_is_ended_and_the_ledger_stays_small() {
    let (repo, _) = limited("output_bytes = 10000", "yes", "output");
    let size = repo.path().join(".axon/ledger.db").metadata().unwrap().len();
    assert!(size < 200_000, "{size}");
}

#[test]
fn a_check_that_forks_without_end_is_ended() {
    limited("processes = 16", "f() { f | f & }; f; sleep 5", "processes");
}

#[test]
fn a_check_that_writes_without_end_is_ended() {
    limited("file_bytes = 100000", "cat /dev/zero >large", "file size");
}

#[test]
fn a_limit_that_only_the_change_reaches_rejects_the_result() {
    let config = "[check]\ncommand = 'grep -q total shop.py || sleep 1000'\nwall_seconds = 1\n";
    let repo = TestRepo::with([("shop.py", SHOP), ("axon.toml", config)]);
    let problem = refused(&repo, &["run", "--rename", "total", "sum_up"], Code::CheckFailed);
    let by = "passes without the change, and with it is stopped at its limit of 1 s";
    assert!(problem.message.contains(by), "{problem:?}");
    assert!(problem.hint.starts_with("raise the limit"), "{problem:?}");
    let log = axon(&repo, &["log", "m1", "--kind", "TOOL_CALL"]).success();
    assert!(log.stdout.contains("reached its limit of wall"), "{log}");
}

#[test]
fn a_hostile_check_reads_writes_and_reaches_nothing_outside() {
    let repo = small();
    fs::create_dir(repo.home().join(".ssh")).unwrap();
    fs::write(repo.home().join(".ssh/id_ed25519"), "secret").unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let home = repo.home().display().to_string();
    let parent = beside(&repo, "").display().to_string();
    let port = listener.local_addr().unwrap().port();
    // Every line has to fail for the check to pass.
    let script = format!(
        "! cat {home}/.ssh/id_ed25519 || exit 1\n\
         ! ls {home}/.ssh || exit 2\n\
         ! cat {home}/.config/axon/signing.key || exit 3\n\
         ! cat .axon/ledger.db || exit 4\n\
         ! cat .git/config || exit 5\n\
         ! bash -c 'echo hello >/dev/tcp/127.0.0.1/{port}' || exit 6\n\
         ! kill -0 $PPID || [ $PPID -lt 10 ] || exit 7\n\
         echo x >{parent}/escaped; echo x >../escaped; echo x >{home}/escaped\n\
         ln -s {parent} up && echo x >up/escaped\n\
         ln -s {parent}/repo/shop.py it && echo x >it\n\
         echo x >/tmp/axon-escaped-{port}\n\
         exit 0\n"
    );
    let output = axon(&repo, &check(&script)).success();
    assert!(output.stderr.contains("done: the check passes"), "{output}");
    assert!(listener.accept().is_err(), "it reached the network");
    for place in [beside(&repo, "escaped"), repo.home().join("escaped")] {
        assert!(!place.exists(), "{}", place.display());
    }
    assert!(!fs::exists(format!("/tmp/axon-escaped-{port}")).unwrap());
    assert_eq!(repo.read("shop.py"), SHOP);
}

#[test]
fn a_check_sees_the_mission_s_files_at_the_project_s_own_path_and_not_the_working_tree() {
    let repo = small();
    repo.write("untracked.py", "");
    repo.write("till.py", "changed, and not committed\n");
    let root = repo.path().display().to_string();
    let script = format!(
        "[ \"$PWD\" = {root} ] || exit 1\n[ ! -e untracked.py ] || exit 2\n\
         grep -q sum_up till.py || exit 3\n"
    );
    let output = axon(&repo, &check(&script)).success();
    assert!(output.stderr.contains("done: the check passes"), "{output}");
}

#[test]
fn lifting_the_confinement_is_recorded_as_an_event_of_a_person() {
    let repo = small();
    let arguments = [&check("true")[..], &["--unconfined"]].concat();
    let _ = axon(&repo, &arguments).success();
    let policy = json_lines(&repo, &["log", "m1", "--kind", "POLICY"]);
    assert_eq!(policy.len(), 1);
    assert_eq!(
        (&policy[0]["data"]["role"], &policy[0]["data"]["allowed"]),
        (&Value::from("operator"), &Value::from(true))
    );
    let call = &json_lines(&repo, &["log", "m1", "--kind", "TOOL_CALL"])[0]["data"];
    assert_eq!(call["confinement"], "none");
    let show = axon(&repo, &["show", "m1"]).success();
    assert!(show.stdout.contains("without confinement, lifted by a person"), "{show}");
    let _ = axon(&repo, &check("true")).success();
    assert_eq!(json_lines(&repo, &["log", "m2", "--kind", "POLICY"]).len(), 0, "only that once");
}

#[test]
fn a_mistake_in_axon_toml_is_named_with_its_place() {
    let repo = TestRepo::with([("shop.py", SHOP), ("axon.toml", "[check]\nwall_secs = 5\n")]);
    let problem = refused(&repo, &["run", "--rename", "total", "sum_up"], Code::InvalidConfig);
    assert!(problem.message.contains("axon.toml:2:1"), "{problem:?}");
    assert!(problem.message.contains("wall_seconds"), "{problem:?}");
}

#[test]
fn a_program_that_is_not_there_fails_on_both_sides_and_its_name_is_shown() {
    let repo = small();
    let output = axon(&repo, &check("no-such-program --test")).success();
    assert!(output.stderr.contains("done, unproven"), "{output}");
    assert!(output.stderr.contains("no-such-program: not found"), "{output}");
}
