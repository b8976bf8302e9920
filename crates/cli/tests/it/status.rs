//! `axon status`.

use insta::assert_snapshot;

use crate::support::{RENAME, axon, axon_in, fields, json, renamed, shown, small};

#[test]
fn before_the_first_mission_there_is_no_ledger() {
    let repo = small();
    repo.write("till.py", "changed\n");
    assert_snapshot!(shown(&repo, &axon(&repo, &["status"]).success()), @r#"
    exit: 0
    --- stdout
    repository  [TMP]/repo (main at [HASH])
    files       1 file uncommitted; missions start from the commit
    ledger      none yet; the first mission makes it
    "#);
}

#[test]
fn results_that_wait_for_a_person_are_listed() {
    let repo = renamed();
    let _ = axon(&repo, &["run", "--rename", "nothing", "x", "--no-check"]).exits(4);
    let _ = axon(&repo, RENAME).success();
    let _ = axon(&repo, &["discard", "m3"]).success();
    assert_snapshot!(shown(&repo, &axon(&repo, &["status"]).success()), @r#"
    exit: 0
    --- stdout
    repository  [TMP]/repo (main at [HASH])
    files       clean
    ledger      135 events
    m1          done, unproven: rename total to sum_up
    "#);
}

#[test]
fn it_is_the_same_from_a_folder_below_and_from_elsewhere() {
    let repo = renamed();
    repo.write("deep/er/file.txt", "");
    let here = axon(&repo, &["status"]).success();
    assert_eq!(axon_in(&repo, "deep/er", &["status"]).success(), here);
    let path = repo.path().display().to_string();
    assert_eq!(axon_in(&repo, "..", &["-C", &path, "status"]).success(), here);
    assert_eq!(axon_in(&repo, "..", &["-C", "repo/deep", "status"]).success(), here);
}

#[test]
fn the_fields_as_json_are_those_that_programs_rely_on() {
    let repo = renamed();
    let status = json(&repo, &["status"]);
    let expected = [
        "branch",
        "events",
        "head",
        "missions",
        "needs_resume",
        "owner_pid",
        "root",
        "uncommitted",
    ];
    assert_eq!(fields(&status), expected);
    assert_eq!(status["head"], repo.git(["rev-parse", "HEAD"]).trim());
    assert_eq!(status["root"], repo.path().display().to_string());
    assert_eq!((&status["branch"], &status["uncommitted"]), (&"main".into(), &0.into()));
    assert!(status["owner_pid"].is_null());
    assert_eq!(status["missions"][0]["id"], "m1");
}
