//! Files that are not as one would like them.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use axon_testkit::TestRepo;

use crate::support::{RENAME, SHOP, TILL, axon, json, small};

fn blob(repo: &TestRepo, revision: &str, path: &str) -> Vec<u8> {
    let mut command = repo.command("git");
    command.args(["show", &format!("{revision}:{path}")]);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{path}");
    output.stdout
}

fn renamed_bytes(text: &[u8]) -> Vec<u8> {
    String::from_utf8(text.to_vec()).unwrap().replace("total", "sum_up").into_bytes()
}

#[test]
fn line_ends_and_byte_order_marks_stay_as_they_are() {
    let crlf = b"from shop import total\r\n\r\ntotal([1])\r\n";
    let mixed = b"from shop import total\r\ntotal([1])\n\ttotal\r";
    let bom = b"\xef\xbb\xbffrom shop import total\ntotal([2])";
    let files = [("crlf.py", &crlf[..]), ("mixed.py", mixed), ("bom.py", bom)];
    let repo = TestRepo::with([("shop.py", SHOP.as_bytes())].into_iter().chain(files));
    let _ = axon(&repo, RENAME).success();
    for (path, text) in files {
        if path != "mixed.py" {
            assert_eq!(blob(&repo, "axon/m1", path), renamed_bytes(text), "{path}");
        }
    }
    let after = String::from_utf8(blob(&repo, "axon/m1", "mixed.py")).unwrap();
    assert_eq!(after.matches('\r').count(), 2, "{after:?}");
}

#[test]
fn files_that_are_not_text_are_left_alone_and_listed() {
    let latin = b"from shop import total  # caf\xe9\n";
    let binary = b"total\0total";
    let files = [("latin.py", &latin[..]), ("binary.py", binary)];
    let repo = TestRepo::with([("shop.py", SHOP.as_bytes())].into_iter().chain(files));
    let output = axon(&repo, RENAME).success();
    assert!(output.stderr.contains("not looked into: latin.py (not UTF-8)"), "{output}");
    assert!(output.stderr.contains("not looked into: binary.py (binary)"), "{output}");
    for (path, text) in files {
        assert_eq!(blob(&repo, "axon/m1", path), text, "{path}");
    }
}

#[test]
fn a_file_of_50_megabytes_is_left_alone_and_listed() {
    let mut large = b"from shop import total\n".to_vec();
    large.resize(50_000_000, b'\n');
    let repo = TestRepo::with([("shop.py", SHOP.as_bytes()), ("large.py", &large)]);
    let output = axon(&repo, RENAME).success();
    assert!(output.stderr.contains("not looked into: large.py (larger than"), "{output}");
    let id = |revision: &str| repo.git(["rev-parse", &format!("{revision}:large.py")]);
    assert_eq!(id("main"), id("axon/m1"));
}

#[test]
fn names_with_spaces_quotes_and_line_breaks_work_everywhere() {
    let names = ["with space.py", "-dash.py", "quo\"te.py", "line\nbreak.py", "ünïcode.py"];
    let repo = TestRepo::with([("shop.py", SHOP)].into_iter().chain(names.map(|n| (n, TILL))));
    let _ = axon(&repo, RENAME).success();
    for name in names {
        assert_eq!(repo.show("axon/m1", name), TILL.replace("total", "sum_up"), "{name}");
        let why = json(&repo, &["why", &format!("./{name}:1")]);
        assert_eq!(why["path"], name);
        assert_eq!(why["cause"]["mission"], "m1", "{name}");
    }
    let shown = axon(&repo, &["show", "m1", "--sites"]).success();
    assert!(shown.stdout.contains("\nline\\nbreak.py:1:"), "{shown}");
    let diff = axon(&repo, &["diff", "m1"]).success();
    assert!(diff.stdout.contains("\n--- a/line\\nbreak.py\n"), "{diff}");
    let _ = axon(&repo, &["apply", "m1"]).success();
    assert_eq!(repo.git(["status", "--porcelain"]), "");
}

#[test]
fn a_name_that_is_not_unicode_is_left_alone() {
    let repo = small();
    let name = OsStr::from_bytes(b"caf\xe9.py");
    fs::write(repo.path().join(name), TILL).unwrap();
    repo.commit("A name in Latin-1");
    let before = repo.git(["ls-tree", "main"]);
    let _ = axon(&repo, RENAME).success();
    let line = |text: &str| text.lines().find(|l| l.contains("caf")).map(str::to_owned);
    assert_eq!(line(&repo.git(["ls-tree", "axon/m1"])), line(&before));
    assert!(line(&before).is_some());
    let _ = axon(&repo, &["apply", "m1"]).success();
    assert_eq!(repo.git(["status", "--porcelain"]), "");
}

#[test]
fn what_a_file_holds_cannot_steer_the_terminal() {
    let hostile = "from shop import total  # \x1b[2J\x1b]0;owned\x07 total\n";
    let repo = TestRepo::with([("shop.py", SHOP), ("evil\x1b[31m.py", hostile)]);
    for arguments in
        [RENAME, &["show", "m1", "--sites"], &["diff", "m1"], &["log"], &["why", "shop.py:1"]]
    {
        // `axon` refuses any escape in the output; here they come from the files.
        let _ = axon(&repo, arguments).success();
    }
    let diff = axon(&repo, &["diff", "m1"]);
    assert!(diff.stdout.contains("\\u{1b}[2J"), "{diff}");
}

#[test]
fn links_are_neither_followed_nor_changed_and_modes_are_kept() {
    let repo = small();
    let outside = repo.path().join("../outside.py");
    fs::write(&outside, TILL).unwrap();
    for (link, target) in [
        ("inside.py", "till.py"),
        ("outside.py", "../outside.py"),
        ("absolute.py", "/etc/passwd"),
        ("dangling.py", "nowhere.py"),
        ("loop", "."),
    ] {
        symlink(target, repo.path().join(link)).unwrap();
    }
    let executable = fs::Permissions::from_mode(0o755);
    fs::set_permissions(repo.path().join("till.py"), executable).unwrap();
    repo.commit("Links and an executable");
    let _ = axon(&repo, RENAME).success();
    let changed = repo.git(["diff", "--summary", "--stat=200", "main", "axon/m1"]);
    assert!(!changed.contains("mode"), "{changed}");
    assert!(changed.contains("2 files changed"), "{changed}");
    assert!(repo.git(["ls-tree", "axon/m1", "till.py"]).starts_with("100755"));
    assert_eq!(fs::read_to_string(&outside).unwrap(), TILL);
    let _ = axon(&repo, &["apply", "m1"]).success();
    assert_eq!(repo.git(["status", "--porcelain"]), "");
    assert_eq!(fs::read_to_string(outside).unwrap(), TILL);
}

#[test]
fn submodules_are_other_repositories_and_stay_where_they_are() {
    let repo = TestRepo::with([("shop.py", SHOP), ("till.py", TILL)]);
    repo.git(["clone", "--quiet", "--bare", ".", "../other.git"]);
    let add = ["-c", "protocol.file.allow=always", "submodule", "--quiet", "add"];
    repo.git(add.into_iter().chain(["../other.git", "other"]));
    repo.commit("A submodule");
    let entry = |revision: &str| repo.git(["ls-tree", revision, "other"]);
    let before = entry("main");
    assert!(before.starts_with("160000"), "{before}");
    let _ = axon(&repo, RENAME).success();
    assert_eq!(entry("axon/m1"), before);
    assert!(repo.read("other/till.py").contains("total"));
    assert!(axon(&repo, &["doctor"]).success().stdout.contains("submodules"));
    let _ = axon(&repo, &["apply", "m1"]).success();
    assert_eq!(repo.git(["status", "--porcelain"]), "");
}

#[test]
fn a_file_that_did_not_parse_before_is_not_held_against_the_edit() {
    let broken = "from shop import total\n\nprint(total([1])\ndef (:\n";
    let repo = TestRepo::with([("shop.py", SHOP), ("broken.py", broken), ("till.py", TILL)]);
    let _ = axon(&repo, &[RENAME, &["--undecided", "include"]].concat()).success();
    assert_eq!(repo.show("axon/m1", "till.py"), TILL.replace("total", "sum_up"));
    assert_eq!(repo.show("axon/m1", "broken.py"), broken.replace("total", "sum_up"));
}
