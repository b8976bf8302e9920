//! `axon rebase` of what is more than another name: parameters, moves, dead code and lists.

use axon_domain::Code;
use axon_testkit::TestRepo;

use crate::support::{axon, json, refused};

const PRICES: &str = "def price(amount, unit):\n    return f\"{amount} {unit}\"\n";
const TILL: &str = "from prices import price\n\nprint(price(1, \"kg\"))\n\nprint(0)\n";

/// A finished mission on two files, and a person who went on with a third.
fn moved_on(arguments: &[&str], more: &[(&str, &str)]) -> TestRepo {
    let repo = TestRepo::with([("prices.py", PRICES), ("till.py", TILL)]);
    let _ = axon(&repo, &[&["run"], arguments, &["--no-check"]].concat()).success();
    for (path, text) in more {
        repo.write(path, text);
    }
    repo.commit("Meanwhile");
    repo
}

fn verdict(repo: &TestRepo, mission: &str) -> String {
    let shown = json(repo, &["show", mission]);
    let verdicts = shown["verdicts"].as_array().unwrap().clone();
    let review = verdicts.iter().find(|it| it.to_string().contains("review")).unwrap();
    review[1]["note"].as_str().unwrap_or_default().to_owned()
}

const SIGNATURE: &[&str] = &["--signature", "price(amount, unit, tax=0:=2)"];
const LATER: (&str, &str) = ("later.py", "import prices\n\nprint(prices.price(3, \"l\"))\n");

#[test]
fn callers_that_are_new_get_the_parameter_too() {
    let repo = moved_on(SIGNATURE, &[LATER]);
    let _ = axon(&repo, &["rebase", "m1"]).success();
    assert_eq!(repo.show("axon/m2", "till.py"), TILL.replace("\"kg\"", "\"kg\", 2"));
    assert!(repo.show("axon/m2", "later.py").contains("prices.price(3, \"l\", 2)"));
    assert_eq!(verdict(&repo, "m2"), "1 definition and 2 calls agree");
    let why = axon(&repo, &["why", "axon/m2:later.py:3"]).success();
    assert!(why.stdout.contains("new since m1"), "{why}");
}

#[test]
fn a_call_that_a_person_wrote_in_the_same_file_is_one_more() {
    let till = format!("{TILL}print(price(2, \"m\"))\n");
    let repo = moved_on(SIGNATURE, &[("till.py", &till)]);
    let _ = axon(&repo, &["rebase", "m1"]).success();
    let expected = till.replace("\"kg\"", "\"kg\", 2").replace("\"m\"", "\"m\", 2");
    assert_eq!(repo.show("axon/m2", "till.py"), expected);
    assert_eq!(verdict(&repo, "m2"), "1 definition and 2 calls agree");
}

#[test]
fn a_parameter_that_is_there_already_is_left_to_do_nowhere() {
    let repo = moved_on(SIGNATURE, &[]);
    repo.git(["merge", "--quiet", "--squash", "axon/m1"]);
    repo.commit("The same by hand");
    let problem = refused(&repo, &["rebase", "m1"], Code::NothingToDo);
    assert!(problem.message.contains("HEAD has all of it already"), "{problem:?}");
}

const MOVE: &[&str] = &["--move", "price", "--into", "shop"];

#[test]
fn what_was_moved_is_imported_from_there_by_files_that_are_new() {
    let repo = moved_on(MOVE, &[("later.py", "from prices import price\n\nprint(price(3, 4))\n")]);
    let _ = axon(&repo, &["rebase", "m1"]).success();
    assert!(repo.show("axon/m2", "shop.py").contains("def price("));
    assert!(!repo.show("axon/m2", "prices.py").contains("def price("));
    for path in ["till.py", "later.py"] {
        assert!(repo.show("axon/m2", path).contains("from shop import price"), "{path}");
    }
    assert!(verdict(&repo, "m2").contains("price is defined in shop.py only"));
}

#[test]
fn what_was_edited_in_its_old_home_is_a_conflict_and_never_lost() {
    let repo = moved_on(MOVE, &[("prices.py", &PRICES.replace("{unit}", "{unit}s"))]);
    let problem = refused(&repo, &["rebase", "m1"], Code::Conflict);
    assert!(problem.message.contains("prices.py"), "{problem:?}");
    let list = json(&repo, &["conflicts", "m2"])["conflicts"].clone();
    assert_eq!(list.as_array().unwrap().len(), 1, "{list}");
    let _ = axon(&repo, &["resolve", "m2", "prices.py", "--theirs"]).success();
    let here = repo.show("axon/m2", "prices.py") + &repo.show("axon/m2", "shop.py");
    assert!(here.contains("{unit}s"), "{here}");
}

const SPARE: &str = "def spare(x):\n    return x\n\n\nprint(2)\n";

fn without_spare(more: &[(&str, &str)]) -> TestRepo {
    let repo = TestRepo::with([("tools.py", SPARE), ("till.py", "print(1)\n")]);
    let _ = axon(&repo, &["run", "--remove-dead", "--no-check"]).success();
    for (path, text) in more {
        repo.write(path, text);
    }
    repo.commit("Meanwhile");
    repo
}

#[test]
fn what_is_still_unused_goes_and_is_proven_there_again() {
    let repo = without_spare(&[("tools.py", &format!("{SPARE}print(3)\n"))]);
    let _ = axon(&repo, &["rebase", "m1"]).success();
    assert_eq!(repo.show("axon/m2", "tools.py"), "print(2)\nprint(3)\n");
    let note = verdict(&repo, "m2");
    assert_eq!(note, "1 definition that nothing used is gone, and no code names them");
}

#[test]
fn what_is_used_by_now_does_not_go() {
    let repo = without_spare(&[("till.py", "from tools import spare\n\nprint(spare(1))\n")]);
    let problem = refused(&repo, &["rebase", "m1"], Code::NeedsDecision);
    assert!(problem.message.contains("m1 removed tools.spare"), "{problem:?}");
    assert!(problem.message.contains("here something does"), "{problem:?}");
    assert!(problem.message.contains("till.py:"), "it says where\n{problem:?}");
    assert_eq!(repo.git(["branch", "--list", "axon/m2"]), "");
}

#[test]
fn a_list_of_goals_is_merged_and_says_what_was_not_looked_for() {
    let repo = TestRepo::with([("prices.py", PRICES), ("till.py", TILL)]);
    repo.write("goals.txt", "rename price to cost\nrename function cost to fee\n");
    repo.commit("Goals");
    let _ = axon(&repo, &["run", "--goals", "goals.txt", "--no-check"]).success();
    repo.write("later.py", "print(1)\n");
    repo.commit("Meanwhile");
    let _ = axon(&repo, &["rebase", "m1"]).success();
    assert!(repo.show("axon/m2", "till.py").contains("print(fee(1"));
    assert_eq!(repo.show("axon/m2", "later.py"), "print(1)\n");
    let shown = json(&repo, &["show", "m2"])["decisions"].to_string();
    assert!(shown.contains("it is not done for a list of goals"), "{shown}");
}
