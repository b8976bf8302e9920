//! `axon diff`.

use axon_domain::Code;
use insta::assert_snapshot;

use crate::support::{RENAME, axon, fields, json, refused, renamed, shown, small};

#[test]
fn the_diff_is_what_git_would_apply() {
    let repo = renamed();
    let output = axon(&repo, &["diff", "m1"]).success();
    assert_snapshot!(shown(&repo, &output), @r#"
    exit: 0
    --- stdout
    diff --git a/shop.py b/shop.py
    --- a/shop.py
    +++ b/shop.py
    @@ -1,2 +1,2 @@
    -def total(prices):
    +def sum_up(prices):
         return sum(prices)
    diff --git a/till.py b/till.py
    --- a/till.py
    +++ b/till.py
    @@ -1,3 +1,3 @@
    -from shop import total
    +from shop import sum_up
     
    -print(total([1, 2]))
    +print(sum_up([1, 2]))
    "#);
    repo.write("mission.patch", output.stdout);
    repo.git(["apply", "mission.patch"]);
    assert_eq!(repo.read("till.py"), repo.show("axon/m1", "till.py"));
}

#[test]
fn a_file_without_a_last_newline_keeps_it_so_in_the_diff() {
    let repo = small();
    repo.write("till.py", "from shop import total");
    repo.commit("No newline");
    let _ = axon(&repo, RENAME).success();
    let output = axon(&repo, &["diff", "m1"]).success();
    assert_eq!(output.stdout.matches("\\ No newline at end of file").count(), 2, "{output}");
    repo.write("mission.patch", output.stdout);
    repo.git(["apply", "mission.patch"]);
    assert_eq!(repo.read("till.py"), "from shop import sum_up");
}

#[test]
fn as_json_each_file_has_its_text_before_and_after() {
    let repo = renamed();
    let diff = json(&repo, &["diff", "m1"]);
    let files = diff["files"].as_array().unwrap();
    assert_eq!(files.len(), 2);
    assert_eq!(fields(&files[0]), ["after", "before", "path"]);
    assert_eq!(files[1]["path"], "till.py");
    assert_eq!(files[1]["after"], repo.show("axon/m1", "till.py"));
}

#[test]
fn the_diff_is_still_there_when_the_branch_is_not() {
    let repo = renamed();
    let before = axon(&repo, &["diff", "m1"]).success();
    let _ = axon(&repo, &["discard", "m1"]).success();
    assert_eq!(axon(&repo, &["diff", "m1"]).success(), before);
}

#[test]
fn a_mission_that_merged_nothing_has_no_diff() {
    let repo = small();
    let _ = axon(&repo, &["run", "--rename", "nothing", "x", "--no-check"]).exits(4);
    let problem = refused(&repo, &["diff", "m1"], Code::WrongState);
    assert_eq!(problem.hint, "axon show m1");
}
