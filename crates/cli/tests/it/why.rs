//! `axon why`.

use axon_domain::Code;
use axon_testkit::{TestRepo, sample};
use insta::assert_snapshot;

use crate::support::{
    RENAME, SHOP, TILL, axon, axon_in, fields, json, refused, renamed, shown, small,
};

#[test]
fn a_line_of_axon_s_goes_back_to_the_goal() {
    let repo = small();
    let _ = axon(&repo, &[RENAME, &["--agents", "1"]].concat()).success();
    let output = axon(&repo, &["why", "till.py:3"]).success();
    assert_snapshot!(shown(&repo, &output), @r#"
    exit: 0
    --- stdout
    axon/m1:till.py:3
      print(sum_up([1, 2]))

    commit    [HASH]  rename total to sum_up
    goal      rename total to sum_up  (mission m1, event 2)
    decision  function shop.total (shop.py:1)  (event 10)
              found by its definition; every place was resolved to it through imports, scopes and types that the code itself states
    decision  nothing proves it  (event 11)
              --no-check, given by a person
    edit      reference in column 7: from shop import total, line 1
    task      t2 edit 2 places in till.py  (event 30)
    verdict   till.py passes  (event 29)
    verdict   the critic's review passes: sum_up means the same 3 places that were planned, and no others  (event 36)
    "#);
}

#[test]
fn a_line_that_is_not_axon_s_says_so() {
    let repo = renamed();
    let output = axon(&repo, &["why", "shop.py:2"]).success();
    assert_snapshot!(shown(&repo, &output), @r#"
    exit: 0
    --- stdout
    axon/m1:shop.py:2
          return sum(prices)
    not by Axon: commit [HASH] by Ada Lovelace <ada@example.org>, Start
    "#);
}

#[test]
fn a_file_is_named_as_seen_from_here_or_from_the_root() {
    let files = [("lib/shop.py", SHOP), ("lib/deep/notes.py", "total = 1\n")];
    let repo = TestRepo::with(files);
    let _ = axon(&repo, &[RENAME, &["--symbol", "lib/shop.py:1"]].concat()).success();
    let expected = axon(&repo, &["why", "lib/shop.py:1"]).success();
    assert!(expected.stdout.contains("mission m1"), "{expected}");
    for (folder, place) in [
        ("lib", "shop.py:1"),
        ("lib", "./shop.py:1"),
        ("lib/deep", "../shop.py:1"),
        ("lib/deep", "lib/shop.py:1"),
        ("lib/deep", "axon/m1:../shop.py:1"),
    ] {
        assert_eq!(axon_in(&repo, folder, &["why", place]).success(), expected, "{folder} {place}");
    }
    let elsewhere = ["-C", "repo/lib", "why", "shop.py:1"];
    assert_eq!(axon_in(&repo, "..", &elsewhere).success(), expected);
    refused(&repo, &["why", "../outside.py:1"], Code::NotFound);
}

#[test]
fn without_a_revision_it_is_the_newest_branch_that_changed_the_file_else_head() {
    let repo = TestRepo::with([("shop.py", SHOP), ("till.py", TILL), ("other.py", "x = 1\n")]);
    let _ = axon(&repo, RENAME).success();
    let _ = axon(&repo, &["run", "--rename", "total", "other", "--no-check"]).success();
    let revision = |place: &str| json(&repo, &["why", place])["revision"].clone();
    assert_eq!(revision("shop.py:1"), "axon/m2");
    assert_eq!(revision("other.py:1"), "HEAD");
    assert_eq!(revision("main:shop.py:1"), "main");
    let _ = axon(&repo, &["discard", "m2"]).success();
    assert_eq!(revision("shop.py:1"), "axon/m1");
    let _ = axon(&repo, &["apply", "m1"]).success();
    let applied = json(&repo, &["why", "HEAD:shop.py:1"]);
    assert_eq!(applied["cause"]["mission"], "m1");
}

#[test]
fn a_line_that_people_moved_later_still_goes_back_to_its_mission() {
    let repo = renamed();
    let _ = axon(&repo, &["apply", "m1"]).success();
    let till = repo.read("till.py");
    repo.write("till.py", format!("# One more line.\n# And another.\n{till}"));
    repo.git(["mv", "shop.py", "store.py"]);
    repo.commit("Move things");
    let moved = json(&repo, &["why", "HEAD:till.py:5"]);
    assert_eq!(moved["text"], "print(sum_up([1, 2]))");
    assert_eq!(moved["cause"]["mission"], "m1");
    assert_eq!(moved["cause"]["edits"][0]["site"]["line"], 3, "the line in the mission's base");
    assert_eq!(json(&repo, &["why", "HEAD:store.py:1"])["cause"]["mission"], "m1");
    assert!(json(&repo, &["why", "HEAD:till.py:1"])["cause"].is_null());
}

#[test]
fn a_commit_recorded_in_another_ledger_says_so() {
    let repo = renamed();
    let _ = axon(&repo, &["apply", "m1"]).success();
    std::fs::remove_dir_all(repo.path().join(".axon")).unwrap();
    let output = axon(&repo, &["why", "till.py:3"]).success();
    assert!(output.stdout.contains("recorded in another ledger"), "{output}");
}

#[test]
fn the_line_of_a_rust_method_names_its_evidence() {
    let repo = TestRepo::with(sample::rust_crate().iter().copied());
    let rename = ["run", "--rename", "Rectangle::turned", "rotated", "--no-check"];
    let _ = axon(&repo, &rename).success();
    let why = json(&repo, &["why", "tests/areas.rs:6"]);
    assert!(why["text"].as_str().unwrap().contains("wide.rotated()"), "{why}");
    assert!(!why["cause"]["edits"][0]["site"]["evidence"].as_str().unwrap().is_empty());
}

#[test]
fn what_is_no_place_is_a_usage_error() {
    let repo = small();
    for place in ["shop.py", "shop.py:0", "shop.py:x", ":3", "shop.py:-1"] {
        let problem = refused(&repo, &["why", place], Code::Usage);
        assert!(problem.hint.contains("axon why"), "{problem:?}");
    }
}

#[test]
fn the_fields_as_json_are_those_that_programs_rely_on() {
    let repo = renamed();
    let why = json(&repo, &["why", "till.py:3"]);
    let expected =
        ["author", "cause", "commit", "line", "path", "remark", "revision", "subject", "text"];
    assert_eq!(fields(&why), expected);
    let cause = ["decisions", "edits", "given", "goal", "mission", "origin", "task", "verdicts"];
    assert_eq!(fields(&why["cause"]), cause);
    assert_eq!(why["commit"], repo.git(["rev-parse", "axon/m1"]).trim());
}
