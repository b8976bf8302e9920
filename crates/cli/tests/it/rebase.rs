//! `axon rebase`.

use axon_domain::Code;
use axon_testkit::TestRepo;
use insta::assert_snapshot;

use crate::support::{
    GATED, RENAME, Running, SHOP, axon, fingerprint, gated, json, refused, renamed, shown, small,
};

/// A finished rename, and a person who went on meanwhile: with a new use, and elsewhere in a file
/// that the mission edits.
fn moved_on() -> TestRepo {
    let repo = renamed();
    repo.write("shop.py", format!("{SHOP}\n\ndef vat(price):\n    return price * 0.2\n"));
    repo.write("report.py", "import shop\n\nprint(shop.total([3]))\n");
    repo.commit("A report");
    repo
}

#[test]
fn a_result_is_brought_onto_a_head_that_moved_on_with_places_that_are_new_there() {
    let repo = moved_on();
    let (head, old) = (repo.git(["rev-parse", "HEAD"]), repo.git(["rev-parse", "axon/m1"]));
    let before = fingerprint(&repo.path());
    let output = axon(&repo, &["rebase", "m1"]).success();
    assert_snapshot!(shown(&repo, &output));
    assert_eq!(fingerprint(&repo.path()), before);
    assert_eq!(repo.git(["rev-parse", "axon/m2^"]), head);
    assert_eq!(repo.git(["rev-parse", "axon/m1"]), old, "the old mission stays as it was");
    let shop = repo.show("axon/m2", "shop.py");
    assert!(shop.starts_with("def sum_up(") && shop.contains("def vat("), "{shop}");
    assert!(repo.show("axon/m2", "report.py").contains("shop.sum_up([3])"));
    assert!(repo.show("axon/m2", "till.py").contains("print(sum_up([1, 2]))"));
    let message = repo.git(["log", "-1", "--format=%B", "axon/m2"]);
    assert!(message.starts_with("rename total to sum_up\n"), "{message}");
    assert!(message.contains("Axon-Mission: m2"), "{message}");
    let _ = axon(&repo, &["apply", "m2"]).success();
    assert_eq!(json(&repo, &["verify"])["problems"].as_array().unwrap().len(), 0);
}

#[test]
fn missions_say_what_was_rebased_as_which() {
    let repo = moved_on();
    let _ = axon(&repo, &["rebase", "m1"]).success();
    let output = axon(&repo, &["missions"]).success();
    assert!(output.stdout.contains("rebased as m2"), "{output}");
    assert!(output.stdout.contains("rebase m1: rename total to sum_up"), "{output}");
    let missions = json(&repo, &["missions"])["missions"].clone();
    assert_eq!(missions[0]["rebased_as"], "m2");
    assert!(missions[1]["rebased_as"].is_null());
    assert_eq!(missions[1]["goal"]["of"], "m1");
}

#[test]
fn a_line_goes_back_through_the_rebase_to_the_first_goal() {
    let repo = moved_on();
    let _ = axon(&repo, &["rebase", "m1"]).success();
    repo.write("more.py", "x = 1\n");
    repo.commit("More");
    let _ = axon(&repo, &["rebase", "m2"]).success();
    let why = json(&repo, &["why", "axon/m3:till.py:3"]);
    let cause = &why["cause"];
    assert_eq!(cause["mission"], "m3");
    let second = &cause["origin"];
    assert_eq!(
        (&second["mission"], &second["edits"].as_array().unwrap().len()),
        (&"m2".into(), &1)
    );
    let first = &second["origin"];
    assert_eq!(first["mission"], "m1");
    assert_eq!(first["goal"], "rename total to sum_up");
    assert_eq!(first["edits"][0]["site"]["evidence"], "from shop import total, line 1");
    assert!(first["origin"].is_null());
    let output = axon(&repo, &["why", "axon/m3:till.py:3"]).success();
    assert!(output.stdout.contains("that moved the change of m1:"), "{output}");
    // A line that is new in the rebase has a goal in the first mission, and no edit there.
    let new = json(&repo, &["why", "axon/m2:report.py:3"]);
    assert_eq!(new["cause"]["edits"].as_array().unwrap().len(), 1);
    assert_eq!(new["cause"]["origin"]["edits"], serde_json::json!([]));
}

#[test]
fn history_that_was_rewritten_is_merged_all_the_same_and_said() {
    let repo = renamed();
    repo.write("notes.txt", "More.\n");
    // One file that the mission could not know, and one that it edits, with a line far from those.
    repo.write("later.py", "from shop import total\n\nprint(total([9]))\n");
    repo.write("shop.py", format!("{SHOP}\n\ndef count(prices):\n    return len(prices)\n"));
    repo.git(["add", "--all"]);
    repo.git(["commit", "--quiet", "--amend", "--message", "Start, anew"]);
    repo.git(["reflog", "expire", "--expire=now", "--all"]);
    repo.git(["gc", "--quiet", "--prune=now"]);
    let output = axon(&repo, &["rebase", "m1"]).success();
    assert!(output.stderr.contains("HEAD does not come after the commit that m1"), "{output}");
    assert!(repo.show("axon/m2", "till.py").contains("print(sum_up("));
    assert_eq!(repo.show("axon/m2", "notes.txt"), "More.\n");
    assert!(repo.show("axon/m2", "later.py").contains("print(sum_up([9]))"), "{output}");
    let shop = repo.show("axon/m2", "shop.py");
    assert!(shop.contains("def sum_up(") && shop.contains("def count("), "{shop}");
    let shown = json(&repo, &["show", "m2"]);
    let decision = shown["decisions"][0][1]["rationale"].as_str().unwrap();
    assert!(decision.contains("does not come after"), "{decision}");
}

#[test]
fn what_was_left_alone_stays_so_and_what_is_new_and_undecided_is_refused() {
    let files = [
        ("shop.py", "class Cart:\n    def total(self):\n        return 1\n"),
        ("show.py", "def show(item):\n    return item.total()\n"),
    ];
    let repo = TestRepo::with(files);
    let leave = ["--no-check", "--undecided", "leave"];
    let run = ["run", "--rename", "Cart.total", "sum_up"];
    let _ = axon(&repo, &[&run[..], &leave].concat()).success();
    repo.write("notes.txt", "x\n");
    repo.commit("Notes");
    let _ = axon(&repo, &["rebase", "m1"]).success();
    let mentions = json(&repo, &["show", "m2"])["report"]["mentions"].clone();
    assert_eq!(mentions[0]["kind"], "left_before", "{mentions}");
    assert!(repo.show("axon/m2", "show.py").contains("item.total()"));
    // A place of the same kind that is new has to be decided by somebody.
    repo.write("more.py", "def more(item):\n    return item.total()\n");
    repo.commit("More");
    refused(&repo, &["rebase", "m1", "--undecided", "ask"], Code::NeedsDecision);
    let _ = axon(&repo, &["rebase", "m1", "--undecided", "include"]).success();
    assert!(repo.show("axon/m4", "more.py").contains("item.sum_up()"));
    assert!(repo.show("axon/m4", "shop.py").contains("def sum_up"));
}

#[test]
fn a_rewrite_in_part_leaves_out_what_the_check_rejected_before() {
    let files = [("a.py", "check(1)\n"), ("b.py", "check(2)\n"), ("ok.py", "x = 1\n")];
    let repo = TestRepo::with(files);
    let rewrite = ["run", "--rewrite", "check($A)", "--to", "verify($A)", "--lang", "python"];
    let test = ["--check", "grep -q check b.py"];
    let _ = axon(&repo, &[&rewrite[..], &test].concat()).exits(1);
    repo.write("c.py", "check(3)\n");
    repo.commit("One more");
    let _ = axon(&repo, &["rebase", "m1"]).success();
    let text = |path| repo.show("axon/m2", path);
    assert_eq!(
        [text("a.py"), text("b.py"), text("c.py")],
        ["verify(1)\n", "check(2)\n", "verify(3)\n"]
    );
}

#[test]
fn a_name_that_is_taken_by_now_is_refused() {
    let repo = renamed();
    repo.write("shop.py", format!("{SHOP}\n\ndef sum_up():\n    return 0\n"));
    repo.commit("The same name");
    refused(&repo, &["rebase", "m1"], Code::NameCollision);
}

#[test]
fn the_check_of_the_mission_proves_the_rebase_as_well() {
    let repo = small();
    let check = "python3 -c 'import till'";
    let run = ["run", "--rename", "total", "sum_up", "--check", check];
    let _ = axon(&repo, &run).success();
    // A use that nothing can see, and the check does.
    repo.write("till.py", "import shop\n\nprint(getattr(shop, 'to' + 'tal')([1]))\n");
    repo.commit("Looked up by name");
    let output = axon(&repo, &["rebase", "m1"]);
    assert_eq!(output.code, 4, "both changed it\n{output}");
    let output = axon(&repo, &["resolve", "m2", "till.py", "--theirs"]).exits(1);
    assert!(output.stderr.contains("[check-failed]"), "{output}");
    assert_eq!(repo.git(["branch", "--list", "axon/m2"]), "");
}

#[test]
fn what_cannot_be_rebased_says_why() {
    let repo = small();
    refused(&repo, &["rebase", "m1"], Code::NotFound);
    let _ = axon(&repo, RENAME).success();
    let problem = refused(&repo, &["rebase", "m1"], Code::NothingToDo);
    assert_eq!(problem.hint, "axon apply m1");
    refused(&repo, &["rebase", "m7"], Code::NotFound);
    let _ = axon(&repo, &["run", "--rename", "nothing", "something", "--no-check"]).exits(4);
    let problem = refused(&repo, &["rebase", "m2"], Code::WrongState);
    assert!(problem.message.contains("no result"), "{problem:?}");
    let head = repo.commit("Something else");
    repo.git(["merge", "--quiet", "--no-edit", "axon/m1"]);
    let problem = refused(&repo, &["rebase", "m1"], Code::NothingToDo);
    assert!(problem.message.contains("already"), "{problem:?}");
    repo.git(["reset", "--quiet", "--hard", &head]);
    // The same change by hand.
    for file in ["shop.py", "till.py"] {
        repo.write(file, repo.show("axon/m1", file));
    }
    repo.commit("By hand");
    let problem = refused(&repo, &["rebase", "m1"], Code::NothingToDo);
    assert!(problem.message.contains("HEAD has all of it"), "{problem:?}");
    let _ = axon(&repo, &["discard", "m1"]).success();
    let problem = refused(&repo, &["rebase", "m1"], Code::WrongState);
    assert!(problem.message.contains("discarded"), "{problem:?}");
}

#[test]
fn a_mission_that_was_applied_or_interrupted_is_not_rebased() {
    let repo = renamed();
    let _ = axon(&repo, &["apply", "m1"]).success();
    repo.commit("Something else");
    let problem = refused(&repo, &["rebase", "m1"], Code::WrongState);
    assert!(problem.message.contains("was applied"), "{problem:?}");
    let repo = gated();
    let run = Running::start(&repo, GATED);
    let gate = run.at_gate();
    run.kill();
    drop(gate);
    let problem = refused(&repo, &["rebase", "m1"], Code::WrongState);
    assert_eq!(problem.hint, "axon resume");
}

#[test]
fn a_rebase_that_was_killed_goes_on() {
    let repo = gated();
    let run = Running::start(&repo, GATED);
    drop(run.at_gate());
    let _ = run.end().success();
    repo.write("report.py", "import shop\n\nprint(shop.total([3]))\n");
    repo.commit("A report");
    let rebase = Running::start(&repo, &["rebase", "m1"]);
    let gate = rebase.at_gate();
    rebase.kill_at(gate);
    let resumed = Running::start(&repo, &["resume"]);
    drop(resumed.at_gate());
    let _ = resumed.end().success();
    assert!(repo.show("axon/m2", "report.py").contains("shop.sum_up([3])"));
}
