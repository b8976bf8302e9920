//! `axon demo`.

use std::path::Path;

use axon_domain::Code;
use axon_testkit::{Output, TestRepo};
use insta::assert_snapshot;

use crate::support::{axon, command, json_lines, refused, shown};

#[test]
fn the_demo_runs_a_mission_and_everything_it_suggests_works() {
    let folder = TestRepo::folder();
    let output = axon(&folder, &["demo", "--into", "shop"]).success();
    assert_eq!(output.stdout, "axon/m1\n");
    assert_snapshot!(shown(&folder, &output), @r#"
    exit: 0
    --- stdout
    axon/m1
    --- stderr
    a small shop in Python, in shop

    m1  rename calculate_total to order_total
      ✓ plan    9 places in 5 files, 3 mentions left alone
      ✓ edit    5 files, each still parses
      ✓ merge   5 files changed
      ✓ check   compiling Python and loading its tests passes
      ✓ review  order_total means the same 9 places that were planned, and no others
      ✓ commit  axon/m1 at [HASH]

    left alone, in comments and prose:
      README.md:3: `calculate_total` adds up an order; see `shop/pricing.py`.
      shop/cart.py:16: # calculate_total knows about the tax
      shop/reports.py:12: """Look a function up, for the console: by_name("calculat…

    done: the check passes
      look at it  axon diff m1   axon show m1
      take it     axon apply m1
      drop it     axon discard m1

    look around: cd shop
      axon why shop/pricing.py:6
      axon log m1 --kind DECISION
      axon verify
    "#);
    // The last lines are commands; they are run as they stand there.
    let binary = Path::new(env!("CARGO_BIN_EXE_axon")).parent().unwrap().display();
    let suggested = output.stderr.split("look around: ").nth(1).unwrap();
    let script = format!("PATH={binary}:$PATH\nset -e\n{suggested}\ngit status --porcelain");
    let mut shell = folder.command("sh");
    shell.args(["-c", &script]);
    let Output { stdout, .. } = folder.finish(shell).success();
    assert!(stdout.contains("goal      rename calculate_total to order_total"), "{stdout}");
    assert!(stdout.contains("DECISION") && stdout.contains("intact: "), "{stdout}");
}

#[test]
fn without_a_folder_each_demo_has_a_new_one_in_the_temporary_folder() {
    let folder = TestRepo::folder();
    let temporary = folder.path().join("../tmp").canonicalize().unwrap();
    for number in 1..=2 {
        let output = axon(&folder, &["demo"]).success();
        let place = temporary.join(format!("axon-demo-{number}"));
        assert!(output.stderr.contains(&place.display().to_string()), "{output}");
        assert!(place.join("shop/pricing.py").is_file());
    }
}

#[test]
fn a_folder_that_exists_is_not_written_into() {
    let repo = TestRepo::empty();
    repo.write("mine/notes.txt", "mine\n");
    let problem = refused(&repo, &["demo", "--into", "mine"], Code::Usage);
    assert!(problem.hint.contains("does not exist"), "{problem:?}");
}

#[test]
fn as_json_it_is_a_stream_of_events() {
    let folder = TestRepo::folder();
    let mut demo = command(&folder, &["demo", "--into", "shop", "--json"]);
    demo.env("PATH", std::env::var_os("PATH").unwrap());
    let output = folder.finish(demo).success();
    let first = crate::support::parse(output.stdout.lines().next().unwrap());
    assert_eq!(first["type"], "axon.mission_given.v1");
    let log = json_lines(&folder, &["-C", "shop", "log", "m1"]);
    assert_eq!(output.stdout.lines().count(), log.len());
}

#[test]
fn the_large_demo_finds_the_file_that_the_check_breaks_with() {
    let folder = TestRepo::folder();
    let output = axon(&folder, &["demo", "--large", "--into", "warehouse"]).exits(1);
    assert!(output.stderr.starts_with("a large warehouse in Python, in warehouse\n"), "{output}");
    let left_out = "done, in part: 1 of 401 tasks left out (warehouse/returns.py)";
    assert!(output.stderr.contains(left_out), "{output}");
    let line = output.stderr.lines().find(|line| line.contains("axon why")).unwrap();
    let place = line.split_whitespace().last().unwrap();
    let mut why = command(&folder, &["why", place]);
    why.current_dir(folder.path().join("warehouse"));
    let why = folder.finish(why).success();
    assert!(why.stdout.contains("axon/m2:") && why.stdout.contains("pricing.gross(100)"), "{why}");
}
