//! `axon missions`.

use insta::assert_snapshot;

use crate::support::{RENAME, axon, fields, json, shown, small};

#[test]
fn every_mission_has_a_line_with_its_state() {
    let repo = small();
    let _ = axon(&repo, RENAME).success();
    let _ = axon(&repo, &["run", "--rename", "nothing", "x", "--no-check"]).exits(4);
    let _ = axon(&repo, RENAME).success();
    let _ = axon(&repo, &["discard", "m1"]).success();
    let _ = axon(&repo, &["apply", "m3"]).success();
    let mut output = axon(&repo, &["missions"]).success();
    // The ids of commits hold the ledger's id, and so differ.
    for commit in [1, 3].map(|row| output.stdout.lines().nth(row).unwrap().to_owned()) {
        let id = commit.split_whitespace().nth(3).unwrap();
        output.stdout = output.stdout.replace(id, "[COMMIT]  ");
    }
    assert_snapshot!(shown(&repo, &output), @r#"
    exit: 0
    --- stdout
    mission  state      files  commit      goal
    m1       discarded  2      [COMMIT]    rename total to sum_up
    m2       refused    0                  rename nothing to x
    m3       applied    2      [COMMIT]    rename total to sum_up
    "#);
}

#[test]
fn without_missions_it_says_how_to_give_one() {
    let repo = small();
    let output = axon(&repo, &["missions"]).success();
    assert_eq!(output.stdout, "");
    assert!(output.stderr.contains("axon run --help"), "{output}");
    assert_eq!(json(&repo, &["missions"])["missions"].as_array().unwrap().len(), 0);
}

#[test]
fn the_fields_as_json_are_those_that_programs_rely_on() {
    let repo = small();
    let _ = axon(&repo, RENAME).success();
    let missions = json(&repo, &["missions"]);
    let mission = &missions["missions"][0];
    let expected = [
        "applied",
        "base_commit",
        "branch",
        "commit",
        "discarded",
        "end",
        "files",
        "given_at",
        "given_seq",
        "goal",
        "id",
        "mentions",
        "outcome",
        "phase",
        "proven",
        "rebased_as",
        "sites",
        "state",
        "title",
    ];
    assert_eq!(fields(mission), expected);
    assert_eq!(mission["commit"], repo.git(["rev-parse", "axon/m1"]).trim());
    assert_eq!(mission["base_commit"], repo.git(["rev-parse", "main"]).trim());
    assert_eq!((&mission["files"], &mission["sites"]), (&2.into(), &3.into()));
    assert_eq!(mission["outcome"], "done_unproven");
    assert_eq!(fields(&mission["goal"]), ["at", "form", "from", "keep_alias", "kind", "to"]);
}
