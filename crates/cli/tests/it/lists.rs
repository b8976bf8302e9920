//! `axon run --goals`: a list of goals as one mission, with the result of doing them in order.

use std::fs;

use axon_domain::Code;
use axon_testkit::TestRepo;
use insta::assert_snapshot;

use crate::support::{
    Running, SHOP, TILL, axon, beside, changes, gated_by, json, json_lines, left, refused, shown,
    small,
};

/// Writes a list beside the repository and gives its path.
fn list(repo: &TestRepo, name: &str, text: &str) -> String {
    let path = beside(repo, name);
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

const CHAIN: &str = "\
# Each builds on the one before.
rename total to sum_up
move sum_up to module sums
change the signature of sum_up to sum_up(prices, start=0)
";

#[test]
fn a_goal_begins_with_what_the_ones_before_it_leave() {
    let repo = small();
    let file = list(&repo, "goals.txt", CHAIN);
    let output = axon(&repo, &["run", "--goals", &file, "--no-check"]).success();
    assert_snapshot!(shown(&repo, &output), @r#"
    exit: 0
    --- stdout
    axon/m1
    --- stderr
    m1  rename total to sum_up and 2 more
      ✓ plan    7 places in 3 files
      ✓ edit    3 of 6 tasks
      ✓ merge   2 files changed
      ✓ edit    5 of 6 tasks
      ✓ edit    6 tasks, each still parses
      – check   left out, as asked
      ✓ review  3 goals, each reached in its order, and nothing else
      ✓ commit  axon/m1 at [HASH]

    done, unproven: no check was wanted (--no-check)
      look at it  axon diff m1   axon show m1
      take it     axon apply m1
      drop it     axon discard m1
    "#);
    assert_snapshot!(changes(&repo, "axon/m1"), @r#"
    # shop.py
    -def total(prices):
    -    return sum(prices)
    # sums.py
    +def sum_up(prices, start=0):
    +    return sum(prices)
    # till.py
    -from shop import total
    +from sums import sum_up
    -print(total([1, 2]))
    +print(sum_up([1, 2]))
    "#);
    let message = repo.git(["log", "-1", "--format=%B", "axon/m1"]);
    assert!(message.contains("- rename total to sum_up\n- move sum_up to sums\n"), "{message}");

    // The same as three missions, one after the other.
    let serial = small();
    for (number, goal) in CHAIN.lines().skip(1).enumerate() {
        let _ = axon(&serial, &["run", goal, "--no-check"]).success();
        let _ = axon(&serial, &["apply", &format!("m{}", number + 1)]).success();
    }
    let tree =
        |repo: &TestRepo, commit: &str| repo.git(["rev-parse", &format!("{commit}^{{tree}}")]);
    assert_eq!(tree(&repo, "axon/m1"), tree(&serial, "HEAD"));
}

#[test]
fn every_goal_is_judged_and_told_by_itself() {
    let repo = small();
    let file = list(&repo, "goals.txt", CHAIN);
    let _ = axon(&repo, &["run", "--goals", &file, "--no-check", "--agents", "1"]).success();
    let shown = axon(&repo, &["show", "m1"]).success();
    for part in [
        "goal 1: which symbol is meant",
        "goal 3: which symbol is meant",
        "3 goals, each reached in its order, and nothing else",
        "goal 2, move sum_up to sums: sum_up is defined in sums.py only",
        "goal 3, change the signature to sum_up(prices, start=0): 1 definition and 1 call agree",
    ] {
        assert!(shown.stdout.contains(part), "{part}\n{shown}");
    }
    let goals = &json(&repo, &["show", "m1"])["report"]["goals"];
    let titles: Vec<_> = goals.as_array().unwrap().iter().map(|goal| &goal["title"]).collect();
    assert_eq!(
        titles,
        [
            "rename total to sum_up",
            "move sum_up to sums",
            "change the signature to sum_up(prices, start=0)"
        ]
    );
    // The line that two goals wrote, and one that only the second did.
    let why = axon(&repo, &["why", "sums.py:1"]).success();
    assert!(why.stdout.contains("(goal 3 of 3)"), "{why}");
    let edits = why.stdout.matches("\nedit ").count();
    assert_eq!(edits, 2, "{why}");
    let why = axon(&repo, &["why", "sums.py:2"]).success();
    assert!(why.stdout.contains("move sum_up to sums (goal 2 of 3)"), "{why}");
    assert!(!why.stdout.contains("goal 1:") && !why.stdout.contains("goal 3:"), "{why}");
}

#[test]
fn goals_in_different_files_are_one_wave_and_a_file_is_waited_for() {
    let repo = TestRepo::with([
        ("a.py", "def one():\n    return 1\n"),
        ("b.py", "def two():\n    return 2\n\n\ntwo()\n"),
    ]);
    let file = list(&repo, "apart", "rename one to first\nrename two to second\n");
    let _ = axon(&repo, &["run", "--goals", &file, "--check", "true"]).success();
    let merges = |mission: &str| json_lines(&repo, &["log", mission, "--kind", "MERGE"]).len();
    assert_eq!(merges("m1"), 1);
    let file = list(&repo, "behind", "rename one to first\nrename first to second\n");
    let _ = axon(&repo, &["run", "--goals", &file, "--check", "true"]).success();
    assert_eq!(merges("m2"), 2);
    assert_eq!(repo.show("axon/m2", "a.py"), "def second():\n    return 1\n");
}

#[test]
fn what_builds_on_a_goal_that_breaks_the_check_is_left_out_with_it() {
    let repo = TestRepo::with([
        ("a.py", "def one():\n    return 1\n"),
        ("b.py", "def two():\n    return 2\n"),
    ]);
    let text = "rename one to first\nrename first to second\nrename two to other\n";
    let file = list(&repo, "goals.txt", text);
    let output = axon(&repo, &["run", "--goals", &file, "--check", "grep -q 'def one' a.py"]);
    assert_snapshot!(shown(&repo, &output.exits(1)), @r#"
    exit: 1
    --- stdout
    axon/m1
    --- stderr
    m1  rename one to first and 2 more
      ✓ plan    3 places in 2 files
      ✓ edit    2 of 3 tasks
      ✓ merge   2 files changed
      ✗ check   `grep -q 'def one' a.py` fails, and passes without the change
      ✓ check   `grep -q 'def one' a.py` passes after 2 of 3 tasks
      ✓ review  1 of 3 goals, each reached in its order; 2 left out
      ✓ commit  axon/m1 at [HASH]

    `grep -q 'def one' a.py` says:
      it ended with exit code 1 and said nothing

    done, in part: 2 of 3 tasks left out (a.py): the check does not pass with it; 1 builds on that [check-failed]
     hint: axon show says what was tried
      look at it  axon diff m1   axon show m1
      take it     axon apply m1
      drop it     axon discard m1
    "#);
    assert_eq!(repo.git(["diff", "--name-only", "main", "axon/m1"]).trim(), "b.py");
    let message = repo.git(["log", "-1", "--format=%B", "axon/m1"]);
    assert!(message.contains("- rename first to second (left out)\n"), "{message}");
    let decisions = json_lines(&repo, &["log", "m1", "--kind", "DECISION"]);
    let said = decisions.iter().any(|event| {
        let rejected = event["data"]["rejected"].to_string();
        rejected.contains("a.py: it builds on what is left out")
    });
    assert!(said, "{decisions:?}");
}

#[test]
fn a_list_that_cannot_be_read_is_refused_with_line_and_column_and_nothing_is_done() {
    let repo = small();
    let cases = [
        (
            "goals.txt",
            "rename total to sum_up\n\n  make it faster\n",
            Code::NeedsModel,
            "goals.txt:3:3",
        ),
        ("goals.txt", "# nothing\n", Code::Usage, "goals.txt"),
        ("goals.toml", "[[goal]]\nrename = [\"total\"]\n", Code::Usage, "goals.toml:2:10"),
        (
            "goals.toml",
            "[[goal]]\nsay = \"rename total to x\"\nkind = 1\n",
            Code::Usage,
            "goals.toml:3:1",
        ),
    ];
    for (name, text, code, place) in cases {
        let file = list(&repo, name, text);
        let problem = refused(&repo, &["run", "--goals", &file], code);
        let output = axon(&repo, &["run", "--goals", &file]);
        assert!(output.stderr.contains(place), "{place}: {problem:?}\n{output}");
    }
    let long = "rename total to sum_up\n".repeat(501);
    let file = list(&repo, "long.txt", &long);
    let problem = refused(&repo, &["run", "--goals", &file], Code::Usage);
    assert!(problem.message.contains("at most 500 goals"), "{problem:?}");
    refused(&repo, &["run", "--goals", "nowhere.txt"], Code::Usage);
    assert!(!repo.path().join(".axon").exists());
}

#[test]
fn a_goal_that_the_code_refuses_is_named_and_nothing_is_done() {
    let repo = small();
    let file = list(&repo, "goals.txt", "rename total to sum_up\nrename total to other\n");
    let problem = refused(&repo, &["run", "--goals", &file], Code::SymbolNotFound);
    let expected = "goal 2 of 2: rename total to other: no symbol is called `total`";
    assert!(problem.message.contains(expected), "{problem:?}");
    let file = list(&repo, "back.txt", "rename total to sum_up\nrename sum_up to total\n");
    let problem = refused(&repo, &["run", "--goals", &file], Code::NothingToDo);
    assert!(problem.message.contains("together change nothing"), "{problem:?}");
}

#[test]
fn a_table_says_what_a_sentence_cannot() {
    let repo = TestRepo::with([
        ("a.py", "def total(a):\n    return a\n\n\ndef spare():\n    return 1\n\n\ntotal(1)\n"),
        ("b.py", "def total(a):\n    return a\n\n\nassert_equal(total(1), 1)\n"),
    ]);
    let text = r#"
[[goal]]
rename = ["total", "sum_up"]
symbol = "b.py:1"
keep_alias = true

[[goal]]
rewrite = "assert_equal($A, $B)"
to = "check($A == $B)"
lang = "python"

[[goal]]
signature = "total(a, b=0)"
symbol = "a.py:1"

[[goal]]
remove_dead = true
only = ["a.spare"]

[[goal]]
move = "a.total"
into = "sums.py"
"#;
    let file = list(&repo, "goals.toml", text);
    let dry = axon(&repo, &["run", "--goals", &file, "--dry-run"]).success();
    assert!(dry.stdout.contains("+++ b/sums.py"), "{dry}");
    assert_eq!(dry.stdout.matches("+++ b/b.py").count(), 1, "the files as they come out\n{dry}");
    assert!(!repo.path().join(".axon").exists());
    let _ = axon(&repo, &["run", "--goals", &file, "--no-check"]).success();
    assert_snapshot!(changes(&repo, "axon/m1"), @r#"
    # a.py
    -def total(a):
    -    return a
    -
    -
    -def spare():
    -    return 1
    -
    -
    +from sums import total
    # b.py
    -def total(a):
    +def sum_up(a):
    -assert_equal(total(1), 1)
    +total = sum_up
    +
    +
    +check(sum_up(1) == 1)
    # sums.py
    +def total(a, b=0):
    +    return a
    "#);
}

#[test]
fn a_mission_that_is_killed_in_the_middle_of_its_list_goes_on_there() {
    let goals = "rename total to sum_up\nrename sum_up to whole\n";
    // The second goal waits for the check of the first; its own stands at the gate.
    let repo = gated_by("! grep -q whole shop.py || cat gate");
    let file = list(&repo, "goals.txt", goals);
    let run = Running::start(&repo, &["run", "--goals", &file]);
    let gate = run.at_gate();
    run.kill();
    left(gate);
    let resumed = Running::start(&repo, &["resume"]);
    drop(resumed.at_gate());
    let _ = resumed.end().success();
    assert_eq!(repo.show("axon/m1", "shop.py"), SHOP.replace("total", "whole"));
    assert_eq!(repo.show("axon/m1", "till.py"), TILL.replace("total", "whole"));
    let kinds = |kind: &str| json_lines(&repo, &["log", "m1", "--kind", kind]).len();
    assert_eq!((kinds("PLAN_PROPOSED"), kinds("STATE_CHANGE")), (1, 4));
    let _ = axon(&repo, &["verify"]).success();
}
