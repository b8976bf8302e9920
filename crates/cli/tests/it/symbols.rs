//! Questions that have no single answer in the code: each says what is there instead.

use axon_domain::Code;
use axon_testkit::{TestRepo, sample};
use insta::assert_snapshot;

use crate::support::{RENAME, SHOP, TILL, axon, refused, renamed, shown, small};

fn rename<'a>(from: &'a str, to: &'a str) -> [&'a str; 5] {
    ["run", "--rename", from, to, "--no-check"]
}

#[test]
fn a_symbol_that_does_not_exist_is_refused_with_similar_names() {
    let repo = small();
    let problem = refused(&repo, &rename("totl", "sum_up"), Code::SymbolNotFound);
    assert_eq!(problem.hint, "did you mean `total`?");
    assert_snapshot!(shown(&repo, &axon(&repo, &rename("totl", "sum_up"))), @r#"
    exit: 4
    --- stderr
    m2  rename totl to sum_up
      ✗ plan    no symbol is called `totl`

    refused: no symbol is called `totl` [symbol-not-found]
     hint: did you mean `total`?
    nothing was changed; `axon show m2` says what was found
    "#);
}

#[test]
fn a_name_that_several_symbols_have_is_refused_with_their_places() {
    let repo = TestRepo::with(sample::python_shop().iter().copied());
    let problem = refused(&repo, &rename("calculate_total", "sum_up"), Code::SymbolAmbiguous);
    assert!(problem.message.contains("shop/pricing/total.py:6"), "{problem:?}");
    assert!(problem.message.contains("shop/pricing/discount.py:23"), "{problem:?}");
    assert!(problem.hint.contains("--symbol shop/pricing/"), "{problem:?}");
}

#[test]
fn a_place_that_defines_nothing_of_that_name_is_refused_with_the_one_that_does() {
    let repo = small();
    for place in ["shop.py:2", "nowhere.py:1"] {
        let arguments = [&rename("total", "x")[..], &["--symbol", place]].concat();
        let problem = refused(&repo, &arguments, Code::SymbolNotFound);
        assert!(problem.message.contains(place), "{problem:?}");
        assert!(problem.hint.contains("shop.py:1"), "{problem:?}");
    }
}

#[test]
fn a_new_name_that_the_language_does_not_allow_is_refused() {
    let repo = small();
    for name in ["class", "two words", "1st", "a-b", ""] {
        let problem = refused(&repo, &rename("total", name), Code::InvalidName);
        assert!(problem.message.contains(name), "{problem:?}");
    }
    let geometry = TestRepo::with(sample::rust_crate().iter().copied());
    refused(&geometry, &rename("total_area", "fn"), Code::InvalidName);
}

#[test]
fn a_new_name_that_is_taken_is_refused_with_the_place() {
    let repo = TestRepo::with([
        ("shop.py", "def total(prices):\n    return sum(prices)\n\n\ndef taken():\n    pass\n"),
        ("till.py", TILL),
    ]);
    let problem = refused(&repo, &rename("total", "taken"), Code::NameCollision);
    assert_eq!(problem.message.matches("shop.py:5").count(), 1, "{problem:?}");
}

#[test]
fn the_old_name_as_the_new_one_is_nothing_to_do() {
    let repo = small();
    refused(&repo, &rename("total", "total"), Code::NothingToDo);
    let outside = [RENAME, &["--path", "docs/**"]].concat();
    let problem = refused(&repo, &outside, Code::NothingToDo);
    assert!(problem.hint.contains("paths"), "{problem:?}");
}

#[test]
fn undecided_places_need_a_person_and_without_a_terminal_nothing_is_guessed() {
    let uncertain = "def show(thing):\n    print(thing.total())\n";
    let classes = "class Cart:\n    def total(self):\n        return 1\n\n\n\
        class Bill:\n    def total(self):\n        return 2\n";
    let repo = TestRepo::with([("shop.py", classes), ("show.py", uncertain)]);
    let arguments = rename("Cart.total", "sum_up");
    let problem = refused(&repo, &arguments, Code::NeedsDecision);
    assert!(problem.message.contains("show.py:2"), "{problem:?}");
    assert_snapshot!(shown(&repo, &axon(&repo, &arguments)), @r#"
    exit: 4
    --- stderr
    m2  rename Cart.total to sum_up
      ✗ plan    1 place may mean total, and nothing in the code decides it (show.py:2 print(thi…

    refused: 1 place may mean total, and nothing in the code decides it (show.py:2 print(thing.total())) [needs-decision]
     hint: --undecided include edits them too, --undecided leave leaves them as they are
    nothing was changed; `axon show m2` says what was found
    "#);

    let with = |what| [&arguments[..], &["--undecided", what]].concat();
    let _ = axon(&repo, &with("leave")).success();
    assert_eq!(repo.show("axon/m3", "show.py"), uncertain);
    let _ = axon(&repo, &with("include")).success();
    assert!(repo.show("axon/m4", "show.py").contains("thing.sum_up()"));
    assert!(repo.show("axon/m4", "shop.py").contains("class Bill:\n    def total"));
    let _ = axon(&repo, &with("guess")).exits(2);
}

#[test]
fn patterns_that_do_not_parse_or_match_nothing_are_refused() {
    let repo = small();
    let rewrite = |pattern, to| ["run", "--rewrite", pattern, "--to", to, "--lang", "python"];
    refused(&repo, &rewrite("total(", "x"), Code::InvalidPattern);
    refused(&repo, &rewrite("sum($A)", "add($B)"), Code::InvalidPattern);
    refused(&repo, &rewrite("nothing($A)", "x"), Code::NothingToDo);
}

#[test]
fn a_sentence_that_is_no_known_form_needs_a_model_and_lists_the_forms() {
    let repo = small();
    let sentence = ["run", "make the till faster"];
    let problem = refused(&repo, &sentence, Code::NeedsModel);
    assert!(problem.hint.contains("rename [function|"), "{problem:?}");
    assert!(!repo.path().join(".axon").exists());
    assert_snapshot!(shown(&repo, &axon(&repo, &sentence)), @r#"
    exit: 3
    --- stderr
    error: this sentence is not one of the forms that work without a model (make the till faster) [needs-model]
     hint: write one of: "rename [function|class|type|method|constant] OLD to NEW", "rewrite `PATTERN` to `REPLACEMENT` in python|rust", "change the signature of FUNCTION to FUNCTION(PARAMETER, …)", "move SYMBOL to [module] MODULE", "remove dead code", "remove unused [function|class|type|method|constant] NAME, …"
    "#);
}

#[test]
fn what_does_not_exist_in_the_ledger_is_not_found() {
    let repo = renamed();
    let found = |arguments: &[&str]| refused(&repo, arguments, Code::NotFound);
    for command in ["show", "diff", "apply", "discard", "log"] {
        let problem = found(&[command, "m9"]);
        assert!(problem.message.contains("m9"), "{problem:?}");
        assert!(problem.hint.contains("axon missions"), "{problem:?}");
    }
    for event in ["0", "9999"] {
        let problem = found(&["rewind", "--to", event, "--into", "../then"]);
        assert!(problem.hint.contains("numbered from 1 to"), "{problem:?}");
    }
    found(&["rewind", "--to", "1", "--into", "../then"]);
    found(&["rewind", "--to", "20", "--into", "../then", "--session", "s9"]);
    found(&["rewind", "--to", "2000-01-01T00:00:00Z", "--into", "../then"]);
    found(&["why", "nowhere.py:1"]);
    found(&["why", "shop.py:99"]);
    found(&["why", "nowhere:shop.py:1"]);
    assert!(!repo.path().join("../then").exists());
}

#[test]
fn the_same_mistake_twice_is_two_missions_in_the_record_and_changes_nothing() {
    let repo = TestRepo::with([("shop.py", SHOP)]);
    for _ in 0..2 {
        refused(&repo, &rename("totl", "x"), Code::SymbolNotFound);
    }
    let output = axon(&repo, &["missions"]).success();
    assert_eq!(output.stdout.matches("refused").count(), 2, "{output}");
}
