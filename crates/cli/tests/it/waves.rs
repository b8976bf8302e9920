//! Results of which only a part passes the check.

use axon_testkit::TestRepo;
use insta::assert_snapshot;

use crate::support::{axon, json, shown};

const REWRITE: [&str; 9] = [
    "run",
    "--rewrite",
    "old($A)",
    "--to",
    "new($A)",
    "--lang",
    "python",
    "--check",
    // What must not change is changed in one of the files.
    "! grep -q 'new(3)' f3.py",
];

fn eight_files() -> TestRepo {
    let file = |number| (format!("f{number}.py"), format!("old({number})\n"));
    TestRepo::with((1..=8).map(file))
}

#[test]
fn a_file_that_breaks_the_check_is_found_and_left_out() {
    let repo = eight_files();
    let output = axon(&repo, &REWRITE);
    assert_snapshot!(shown(&repo, &output), @r#"
    exit: 1
    --- stdout
    axon/m1
    --- stderr
    m1  rewrite python `old($A)` to `new($A)`
      ✓ plan    8 places in 8 files
      ✓ edit    8 files, each still parses
      ✓ merge   8 files changed
      ✗ check   `! grep -q 'new(3)' f3.py` fails, and passes without the change
      ✓ check   `! grep -q 'new(3)' f3.py` passes with 2 of 8 files
      ✓ check   `! grep -q 'new(3)' f3.py` passes with 3 of 8 files
      ✓ check   `! grep -q 'new(3)' f3.py` passes with 7 of 8 files
      ✓ review  exactly the 7 planned edits; the pattern matches 1 place of the result
      ✓ commit  axon/m1 at [HASH]

    `! grep -q 'new(3)' f3.py` says:
      it ended with exit code 1 and said nothing

    done, in part: 1 of 8 tasks left out (f3.py): the check does not pass with it [check-failed]
     hint: axon show says what was tried
      look at it  axon diff m1   axon show m1
      take it     axon apply m1
      drop it     axon discard m1
    "#);
    assert_eq!(repo.git(["diff", "--name-only", "main", "axon/m1"]).lines().count(), 7);
    assert_eq!(repo.show("axon/m1", "f3.py"), "old(3)\n");
    let mission = json(&repo, &["show", "m1"]);
    assert_eq!(mission["outcome"], "done_in_part");
}

#[test]
fn the_moment_after_a_part_was_taken_back_is_without_it() {
    let repo = eight_files();
    let _ = axon(&repo, &REWRITE);
    let events = axon(&repo, &["log", "m1", "--json"]).success().stdout;
    let last = events.lines().count();
    let into = repo.home().join("then");
    let into = into.to_str().unwrap();
    let _ = axon(&repo, &["rewind", "--to", &last.to_string(), "--into", into]).success();
    let read = |path: &str| std::fs::read_to_string(format!("{into}/{path}")).unwrap();
    assert_eq!((read("f3.py").as_str(), read("f4.py").as_str()), ("old(3)\n", "new(4)\n"));
}

#[test]
fn what_was_left_out_is_said_with_its_reason() {
    let repo = eight_files();
    let _ = axon(&repo, &REWRITE);
    let decisions = axon(&repo, &["log", "m1", "--kind", "DECISION"]).success().stdout;
    assert!(decisions.contains("leave out f3.py"), "{decisions}");
}
