//! `axon resolve`.

use axon_domain::Code;
use axon_testkit::TestRepo;
use insta::assert_snapshot;

use crate::conflicts::in_conflict;
use crate::support::{
    GATED, OTHER_GATED, Running, SHOP, TILL, at_gate, axon, axon_in, beside, command, gated,
    gated_twice, json, parse, refused, renamed, shown, states,
};

/// Two files in conflict.
fn twice() -> TestRepo {
    let repo = renamed();
    repo.write("till.py", TILL.replace("[1, 2]", "[1, 2, 3]"));
    repo.write("shop.py", SHOP.replace("prices):", "prices=()):"));
    repo.commit("A person went on");
    let _ = axon(&repo, &["rebase", "m1"]).exits(4);
    repo
}

#[test]
fn the_last_answer_lets_the_mission_go_on() {
    let repo = in_conflict();
    let output = axon(&repo, &["resolve", "m2", "till.py", "--theirs"]).success();
    assert_snapshot!(shown(&repo, &output));
    // The line is the branch's, and the place in it that means the symbol is edited.
    assert!(repo.show("axon/m2", "till.py").ends_with("print(sum_up([1, 2, 3]))\n"));
    assert!(repo.show("axon/m2", "shop.py").starts_with("def sum_up("));
    let _ = axon(&repo, &["apply", "m2"]).success();
    assert_eq!(json(&repo, &["verify"])["problems"].as_array().unwrap().len(), 0);
    let log = axon(&repo, &["log", "m2", "--kind", "CONFLICT"]).success();
    assert!(log.stdout.contains("till.py is settled: theirs"), "{log}");
    let shown = json(&repo, &["show", "m2"]);
    let evidence = shown["decisions"][0][1]["evidence"].to_string();
    assert!(evidence.contains("till.py is settled: theirs"), "{evidence}");
}

#[test]
fn each_side_comes_to_what_it_says() {
    for (side, till) in [
        ("--mine", "print(sum_up([1, 2]))\n"),
        ("--theirs", "print(sum_up([1, 2, 3]))\n"),
        ("--base", "print(sum_up([1, 2]))\n"),
    ] {
        let repo = in_conflict();
        let output = axon(&repo, &["resolve", "m2", "till.py", side]);
        if side == "--base" {
            // The old line means the symbol by a name that it does not have any more.
            let output = output.exits(1);
            assert!(output.stderr.contains("[review-failed]"), "{output}");
            assert!(output.stderr.contains("total"), "{output}");
            continue;
        }
        let _ = output.success();
        assert!(repo.show("axon/m2", "till.py").ends_with(till), "{side}");
    }
}

#[test]
fn a_file_that_is_deleted_is_gone() {
    let repo = in_conflict();
    let _ = axon(&repo, &["resolve", "m2", "till.py", "--delete"]).success();
    assert_eq!(repo.git(["ls-tree", "--name-only", "axon/m2"]), "shop.py\n");
    assert_eq!(json(&repo, &["verify"])["problems"].as_array().unwrap().len(), 0);
}

#[test]
fn a_deleted_file_comes_back_with_the_change_or_stays_deleted() {
    for (side, files) in [("--mine", "shop.py\ntill.py\n"), ("--theirs", "shop.py\n")] {
        let repo = renamed();
        std::fs::remove_file(repo.path().join("till.py")).unwrap();
        repo.commit("No till");
        let _ = axon(&repo, &["rebase", "m1"]).exits(4);
        let _ = axon(&repo, &["resolve", "m2", "till.py", side]).success();
        assert_eq!(repo.git(["ls-tree", "--name-only", "axon/m2"]), files);
        if side == "--mine" {
            assert!(repo.show("axon/m2", "till.py").contains("print(sum_up([1, 2]))"));
        }
    }
}

#[test]
fn content_can_be_given_with_its_line_ends_and_mode() {
    let crlf = TILL.replace('\n', "\r\n");
    let repo = TestRepo::with([("shop.py", SHOP), ("till.py", &crlf)]);
    repo.git(["update-index", "--chmod=+x", "till.py"]);
    repo.git(["commit", "--quiet", "--message", "A program"]);
    repo.git(["reset", "--quiet", "--hard"]);
    let _ = axon(&repo, crate::support::RENAME).success();
    repo.write("till.py", crlf.replace("[1, 2]", "[1, 2, 3]"));
    repo.commit("Three of them");
    let _ = axon(&repo, &["rebase", "m1"]).exits(4);
    let given = "from shop import sum_up\r\n\r\nprint(sum_up([9]))\r\n";
    std::fs::write(beside(&repo, "mine.py"), given).unwrap();
    let _ = axon(&repo, &["resolve", "m2", "till.py", "--file", "../mine.py"]).success();
    assert_eq!(repo.show("axon/m2", "till.py"), given);
    assert!(repo.git(["ls-tree", "axon/m2", "till.py"]).starts_with("100755"));
}

#[test]
fn one_after_the_other_or_all_at_once() {
    let repo = twice();
    let output = axon(&repo, &["resolve", "m2", "till.py", "--theirs"]).success();
    assert!(output.stderr.contains("till.py: what is on main now"), "{output}");
    assert!(output.stderr.contains("1 file is left in conflict"), "{output}");
    let conflicts = json(&repo, &["conflicts", "m2"])["conflicts"].clone();
    let settled: Vec<_> = conflicts.as_array().unwrap().iter().map(|it| &it["settled"]).collect();
    assert_eq!(settled, [&serde_json::Value::Null, &"theirs".into()]);
    let problem = refused(&repo, &["resolve", "m2", "till.py", "--mine"], Code::WrongState);
    assert!(problem.message.contains("settled already: theirs"), "{problem:?}");
    let _ = axon(&repo, &["resolve", "m2", "--all", "--theirs"]).success();
    let shop = repo.show("axon/m2", "shop.py");
    assert!(shop.starts_with("def sum_up(prices=()):"), "{shop}");

    let repo = twice();
    let output = axon(&repo, &["resolve", "m2", "--all", "--theirs", "--json"]).success();
    let mut lines = output.stdout.lines().map(parse);
    let first = lines.next().unwrap();
    assert_eq!((&first["left"], &first["settled"][0]["path"]), (&0.into(), &"shop.py".into()));
    assert!(lines.any(|line| line["data"]["kind"] == "MISSION_ENDED"), "{output}");
    refused(&repo, &["resolve", "m2", "till.py", "--mine"], Code::WrongState);
}

#[test]
fn what_was_settled_survives_a_kill() {
    let repo = gated();
    let run = Running::start(&repo, GATED);
    drop(run.at_gate());
    let _ = run.end().success();
    repo.write("till.py", TILL.replace("[1, 2]", "[1, 2, 3]"));
    repo.write("shop.py", SHOP.replace("prices):", "prices=()):"));
    repo.commit("A person went on");
    let _ = axon(&repo, &["rebase", "m1"]).exits(4);
    let _ = axon(&repo, &["resolve", "m2", "till.py", "--theirs"]).success();
    let last = Running::start(&repo, &["resolve", "m2", "shop.py", "--theirs"]);
    let gate = last.at_gate();
    last.kill_at(gate);
    let resumed = Running::start(&repo, &["resume"]);
    drop(resumed.at_gate());
    let _ = resumed.end().success();
    assert!(repo.show("axon/m2", "till.py").ends_with("print(sum_up([1, 2, 3]))\n"));
    assert!(repo.show("axon/m2", "shop.py").starts_with("def sum_up(prices=()):"));
    let log = axon(&repo, &["log", "m2", "--kind", "CONFLICT"]).success();
    assert_eq!(log.stdout.lines().count(), 4, "found twice and settled twice\n{log}");
}

#[test]
fn conflicts_are_settled_through_a_process_that_works_on_another_mission() {
    let repo = gated_twice();
    let run = Running::start(&repo, GATED);
    drop(run.at_gate());
    let _ = run.end().success();
    repo.write("till.py", TILL.replace("[1, 2]", "[1, 2, 3]"));
    repo.write("shop.py", SHOP.replace("prices):", "prices=()):"));
    repo.write("deep/notes.txt", "");
    repo.commit("A person went on");
    let _ = axon(&repo, &["rebase", "m1"]).exits(4);
    let other = Running::start(&repo, OTHER_GATED);
    let gate = at_gate(&repo, "gate2");
    refused(&repo, &["resolve", "m2", "scales.py", "--mine"], Code::NotFound);
    let first = axon_in(&repo, "deep", &["resolve", "m2", "../till.py", "--theirs"]).success();
    assert!(first.stderr.contains("1 file is left in conflict"), "{first}");
    let given = "def sum_up(prices=()):\n    return sum(prices)\n";
    std::fs::write(beside(&repo, "mine.py"), given).unwrap();
    let last = Running::start(&repo, &["resolve", "m2", "shop.py", "--file", "../mine.py"]);
    drop(last.at_gate());
    let _ = last.end().success();
    assert_eq!(repo.show("axon/m2", "shop.py"), given);
    assert_eq!(states(&repo)[2], "running (checking)");
    drop(gate);
    let _ = other.end().success();
    assert_eq!(json(&repo, &["verify"])["problems"].as_array().unwrap().len(), 0);
}

#[test]
fn markers_that_were_left_are_refused_and_nothing_is_recorded() {
    let repo = in_conflict();
    let conflict = json(&repo, &["conflicts"])["conflicts"][0].clone();
    std::fs::write(beside(&repo, "marked.py"), conflict["marked"].as_str().unwrap()).unwrap();
    let resolve = ["resolve", "m2", "till.py", "--file", "../marked.py"];
    let problem = refused(&repo, &resolve, Code::Conflict);
    assert!(problem.message.contains("markers"), "{problem:?}");
    std::fs::write(beside(&repo, "broken.py"), "print(sum_up([1, 2)\n").unwrap();
    let resolve = ["resolve", "m2", "till.py", "--file", "../broken.py"];
    refused(&repo, &resolve, Code::SyntaxBroken);
    refused(&repo, &["resolve", "m2", "till.py", "--file", "../nothing.py"], Code::Io);
    let log = axon(&repo, &["log", "m2", "--kind", "CONFLICT"]).success();
    assert_eq!(log.stdout.lines().count(), 1, "{log}");
    let _ = axon(&repo, &["resolve", "m2", "till.py", "--theirs"]).success();
}

#[test]
fn lines_that_still_use_the_old_name_are_named_by_the_critic() {
    let repo = in_conflict();
    let given = "from shop import sum_up\n\nprint(total([4]))\n";
    std::fs::write(beside(&repo, "old.py"), given).unwrap();
    let resolve = ["resolve", "m2", "till.py", "--file", "../old.py"];
    let output = axon(&repo, &resolve).exits(1);
    assert!(output.stderr.contains("[review-failed]"), "{output}");
    assert!(output.stderr.contains("till.py:3"), "{output}");
    assert_eq!(repo.git(["branch", "--list", "axon/m2"]), "");
}

#[test]
fn files_are_named_as_seen_from_here_and_others_are_unknown() {
    let files = [("lib/shop.py", SHOP), ("lib/till.py", TILL)];
    let repo = TestRepo::with(files);
    let _ = axon(&repo, &["run", "--rename", "total", "sum_up", "--no-check"]).success();
    repo.write("lib/till.py", TILL.replace("[1, 2]", "[1, 2, 3]"));
    repo.commit("Three of them");
    let _ = axon(&repo, &["rebase", "m1"]).exits(4);
    for path in ["till.py", "../lib/till.py", "lib/shop.py", "/etc/passwd"] {
        let problem = refused(&repo, &["resolve", "m2", path, "--mine"], Code::NotFound);
        assert_eq!(problem.hint, "axon conflicts m2 lists them");
    }
    let _ = axon_in(&repo, "lib", &["resolve", "m2", "till.py", "--theirs"]).success();
}

#[test]
fn without_a_side_and_without_a_terminal_it_says_what_can_be_said() {
    let repo = in_conflict();
    for arguments in [
        &["resolve", "m2", "till.py"][..],
        &["resolve", "m2"],
        &["resolve", "m2", "--all"],
        &["resolve", "m2", "till.py", "--mine", "--theirs"],
        &["resolve", "m2", "--all", "--file", "x.py"],
        &["resolve", "m2", "till.py", "--all", "--mine"],
    ] {
        refused(&repo, arguments, Code::Usage);
    }
    let mut command = command(&repo, &["resolve", "m2", "till.py"]);
    command.env("EDITOR", "touch edited; true");
    let _ = repo.finish(command).exits(2);
    assert!(!repo.path().join("edited").exists(), "nobody is asked who is not there");
}
