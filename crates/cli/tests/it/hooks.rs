//! The user's Git hooks: they run on the commit that a mission makes, and touch nothing else.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use axon_domain::Code;
use axon_testkit::TestRepo;
use insta::assert_snapshot;

use crate::support::{
    RENAME, Running, SHOP, TILL, axon, beside, fingerprint, json, json_lines, refused, shown, small,
};

/// Makes a hook of these lines of shell.
fn hook_at(path: &Path, lines: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, format!("#!/bin/sh\n{lines}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// A small repository with a hook in `.git/hooks`.
fn hooked(name: &str, lines: &str) -> TestRepo {
    let repo = small();
    hook_at(&repo.path().join(".git/hooks").join(name), lines);
    repo
}

fn message(repo: &TestRepo) -> String {
    repo.git(["log", "-1", "--format=%B", "axon/m1"])
}

fn log(repo: &TestRepo, kind: &str) -> String {
    axon(repo, &["log", "m1", "--kind", kind]).success().stdout
}

fn trailers(repo: &TestRepo) -> String {
    repo.git(["log", "-1", "--format=%(trailers:only,unfold,keyonly)", "axon/m1"])
}

#[test]
fn a_hook_that_passes_is_an_event_and_lets_the_commit_be_made() {
    let repo = hooked("pre-commit", "echo all is well");
    let before = fingerprint(&repo.path());
    let output = axon(&repo, RENAME).success();
    assert_eq!(fingerprint(&repo.path()), before);
    assert_snapshot!(shown(&repo, &output), @r#"
    exit: 0
    --- stdout
    axon/m1
    --- stderr
    m1  rename total to sum_up
      ✓ plan    3 places in 2 files
      ✓ edit    2 files, each still parses
      ✓ merge   2 files changed
      – check   left out, as asked
      ✓ review  sum_up means the same 3 places that were planned, and no others
      ✓ commit  axon/m1 at [HASH]

    done, unproven: no check was wanted (--no-check)
      look at it  axon diff m1   axon show m1
      take it     axon apply m1
      drop it     axon discard m1
    "#);
    assert!(log(&repo, "REFLEX").contains("pre-commit passes"));
    assert!(log(&repo, "TOOL_CALL").contains("`.git/hooks/pre-commit` exit 0"));
    assert!(message(&repo).starts_with("rename total to sum_up\n\n3 places in 2 files;"));
    assert_eq!(json(&repo, &["verify"])["problems"].as_array().unwrap().len(), 0);
}

#[test]
fn a_hook_that_fails_rejects_the_commit_with_its_last_words() {
    let repo = hooked("pre-commit", "seq 14; echo 'no commits on Fridays' >&2; exit 3");
    let problem = refused(&repo, RENAME, Code::HookFailed);
    assert_eq!(problem.message, "the hook pre-commit rejects the commit: exit code 3");
    assert!(problem.hint.contains("--no-verify"), "{problem:?}");
    assert_eq!(repo.git(["branch", "--list", "axon/*"]), "");
    let output = axon(&repo, RENAME).exits(1);
    let output = shown(&repo, &output);
    let (_, said) = output.split_once("and no others\n").unwrap();
    assert_snapshot!(said, @r#"
      ✗ commit  pre-commit rejects it: exit code 3

    pre-commit says:
      1
      2
      3
      4
      5
      6
      7
      8
      9
      10
      11
      12
      13
      14
      no commits on Fridays

    failed: the hook pre-commit rejects the commit: exit code 3 [hook-failed]
     hint: correct what it names, or leave the hooks out: axon run --no-verify
    nothing was changed; `axon show m2` says what was found
    "#);
    let told = axon(&repo, &["show", "m1"]).success();
    assert!(told.stdout.contains("pre-commit failed\n  exit code 3\n"), "{told}");
    assert!(told.stdout.contains("no commits on Fridays"), "{told}");
    let all = axon(&repo, &["show", "m1", "--check"]).success();
    assert!(all.stdout.starts_with("1\n2\n"), "{all}");
}

#[test]
fn hooks_can_be_left_out_by_a_person_and_that_is_recorded() {
    let repo = hooked("pre-commit", "exit 1");
    let _ = axon(&repo, &[RENAME, &["--no-verify"]].concat()).success();
    let policy = log(&repo, "POLICY");
    assert!(policy.contains("--no-verify, given by a person") && policy.contains("operator"));
    assert_eq!(log(&repo, "TOOL_CALL"), "");
}

#[test]
fn a_hook_that_git_would_not_run_is_not_run() {
    let repo = small();
    repo.write(".git/hooks/pre-commit", "#!/bin/sh\nexit 1\n");
    hook_at(&repo.path().join(".git/hooks/pre-push"), "exit 1");
    hook_at(&repo.path().join(".git/hooks/commit-msg.sample"), "exit 1");
    let _ = axon(&repo, RENAME).success();
    assert_eq!(log(&repo, "TOOL_CALL"), "");
    let given = json_lines(&repo, &["log", "m1", "--kind", "MISSION_GIVEN"]);
    assert_eq!(given[0]["data"]["hooks"].as_array().map(Vec::len), Some(0));
}

#[test]
fn hooks_are_found_where_the_configuration_says() {
    // In the tree of the commit, beside it and ignored, and somewhere else altogether.
    let tracked = small();
    hook_at(&tracked.path().join(".githooks/pre-commit"), "echo tracked; exit 1");
    tracked.commit("Hooks of the project");
    // What counts is the tree, not what somebody is working on.
    tracked.write(".githooks/pre-commit", "#!/bin/sh\nexit 0\n");
    tracked.git(["config", "core.hooksPath", ".githooks"]);

    let ignored = small();
    ignored.write(".git/info/exclude", ".husky\n");
    hook_at(&ignored.path().join(".husky/_/pre-commit"), ". \"$(dirname \"$0\")/h\"");
    ignored.write(".husky/_/h", "echo ignored; exit 1\n");
    ignored.git(["config", "core.hooksPath", ".husky/_"]);

    let elsewhere = small();
    hook_at(&beside(&elsewhere, "hooks/pre-commit"), "echo elsewhere; exit 1");
    let path = beside(&elsewhere, "hooks");
    elsewhere.git(["config", "core.hooksPath", path.to_str().unwrap()]);

    let linked = small();
    hook_at(&beside(&linked, "script"), "echo linked; exit 1");
    let at = linked.path().join(".git/hooks/pre-commit");
    fs::create_dir_all(at.parent().unwrap()).unwrap();
    std::os::unix::fs::symlink(beside(&linked, "script"), at).unwrap();

    let hooks =
        [(tracked, "tracked"), (ignored, "ignored"), (elsewhere, "elsewhere"), (linked, "linked")];
    for (repo, word) in hooks {
        let before = fingerprint(&repo.path());
        let output = axon(&repo, RENAME).exits(1);
        assert!(output.stderr.contains(&format!("\n  {word}\n")), "{word}\n{output}");
        assert_eq!(fingerprint(&repo.path()), before, "{word}");
    }
}

#[test]
fn a_worktree_runs_the_hooks_of_its_repository() {
    let repo = hooked("pre-commit", "git rev-parse --abbrev-ref HEAD; exit 1");
    repo.git(["worktree", "add", "--quiet", "../tree"]);
    let mut command = crate::support::command(&repo, RENAME);
    command.current_dir(beside(&repo, "tree"));
    let output = repo.finish(command).exits(1);
    assert!(output.stderr.contains("\n  axon/m1\n"), "{output}");
}

#[test]
fn a_hook_sees_the_commit_as_git_would_show_it() {
    let repo = hooked(
        "pre-commit",
        "git diff --cached --name-only\ngit diff --name-only\ngit status --short\n\
         git rev-parse --abbrev-ref HEAD\ngit rev-parse HEAD main\ngit config user.email\n\
         git show :shop.py | head -1\nhead -1 shop.py\ngit rev-parse --show-toplevel\n\
         git stash list\ngit log --format=%s\ngit write-tree\nexit 1",
    );
    // Neither what is staged nor what is worked on is part of it.
    repo.write("shop.py", "working\n");
    repo.git(["add", "shop.py"]);
    let output = axon(&repo, RENAME).exits(1);
    let all = axon(&repo, &["show", "m1", "--check"]).success();
    assert_snapshot!(shown(&repo, &all), @r#"
    exit: 0
    --- stdout
    shop.py
    till.py
    M  shop.py
    M  till.py
    axon/m1
    [HASH]
    [HASH]
    ada@example.org
    def sum_up(prices):
    def sum_up(prices):
    [TMP]/repo
    Start
    [HASH]
    --- stderr
    .git/hooks/pre-commit
    on the result: exit 1 after [ELAPSED]
    "#);
    assert!(output.stderr.contains("[hook-failed]"), "{output}");
}

#[test]
fn a_hook_may_put_what_is_not_staged_aside_as_many_do() {
    let lines = "git stash push --quiet --keep-index --include-untracked\ngit stash pop --quiet\n\
                 git diff-files --quiet && git diff-index --cached --check HEAD --\n\
                 python3 -c 'import shop; print(shop.sum_up([1]))'";
    let repo = hooked("pre-commit", lines);
    let output = axon(&repo, RENAME);
    assert_eq!(output.code, 0, "{output}");
}

#[test]
fn a_message_that_a_hook_changes_is_taken_over_and_ours_stays_at_its_end() {
    let repo = hooked(
        "commit-msg",
        "git interpret-trailers --in-place --trailer \"Change-Id: I$(git write-tree)\" \"$1\"\n\
         echo 'Axon-Mission: m99' >>\"$1\"",
    );
    let prepare = "test \"$2\" = message && sed -i '1s/^/[shop] /' \"$1\"";
    hook_at(&repo.path().join(".git/hooks/prepare-commit-msg"), prepare);
    let _ = axon(&repo, RENAME).success();
    let tree = repo.git(["rev-parse", "axon/m1^{tree}"]);
    let message = message(&repo);
    assert!(message.starts_with("[shop] rename total to sum_up\n\n3 places"), "{message}");
    assert!(message.contains(&format!("\n\nChange-Id: I{}\nAxon-Mission: m1\n", tree.trim())));
    let keys = "Change-Id\nAxon-Mission\nAxon-Ledger\nAxon-Event\nAxon-Checkpoint\n";
    assert_eq!(trailers(&repo).trim(), keys.trim());
    assert!(log(&repo, "COMMIT").contains("reworded by a hook"));
    let why = axon(&repo, &["why", "axon/m1:shop.py:1"]).success();
    assert!(why.stdout.contains("rename total to sum_up"), "{why}");
}

#[test]
fn a_message_that_is_none_rejects_the_commit() {
    for (lines, expected) in [
        (": >\"$1\"", "it leaves an empty message"),
        ("printf '\\377' >\"$1\"", "it leaves a message that is not UTF-8"),
        ("rm \"$1\"", "it leaves an empty message"),
        // The folder through which the run says what it did, put in the place of another one.
        ("cd \"$TMPDIR/..\" && rm -r hook && ln -s tmp hook && echo x >tmp/message", "no message"),
    ] {
        let repo = hooked("commit-msg", lines);
        let problem = refused(&repo, RENAME, Code::HookFailed);
        assert!(problem.message.contains(expected), "{problem:?}");
    }
}

#[test]
fn a_hook_that_changes_files_rejects_the_commit_and_names_them() {
    for lines in [
        "echo '# formatted' >>shop.py",
        "echo '# formatted' >>shop.py; git add shop.py",
        "echo '# formatted' >>shop.py; git add shop.py; git show HEAD:shop.py >shop.py",
    ] {
        let repo = hooked("pre-commit", lines);
        let problem = refused(&repo, RENAME, Code::HookFailed);
        assert!(problem.message.ends_with("it wants to change shop.py"), "{lines}\n{problem:?}");
    }
    // What is no part of the commit is nobody's business: caches, for instance.
    let repo = hooked("pre-commit", "mkdir .cache; echo x >.cache/x");
    let _ = axon(&repo, RENAME).success();
    assert_eq!(repo.git(["ls-tree", "--name-only", "axon/m1"]), "shop.py\ntill.py\n");
}

#[test]
fn a_hook_reads_writes_and_reaches_nothing_outside() {
    let repo = small();
    repo.write(".git/secret", "s3cret");
    repo.git(["config", "http.extraHeader", "Authorization: t0ken"]);
    let home = repo.home();
    fs::write(home.join("key"), "s3cret").unwrap();
    let attempts = [
        format!("cat {}/key", home.display()),
        format!("touch {}/made", home.display()),
        "touch \"$(head -1 .git/objects/info/alternates)/made\"".to_owned(),
        "echo exit 0 >.git/hooks/pre-commit".to_owned(),
        "cat .git/secret".to_owned(),
        "git config http.extraHeader".to_owned(),
        "python3 -c 'import socket; socket.create_connection((\"127.0.0.1\", 9))'".to_owned(),
        "git fetch https://127.0.0.1/x.git".to_owned(),
    ];
    let tries: String =
        attempts.iter().map(|it| format!("if {it}; then echo BROKEN OUT; fi\n")).collect();
    let lines = format!(
        "{tries}git config user.name Eve\ngit update-ref refs/heads/main HEAD\n\
        git commit --quiet --no-verify -m mine\ngit gc --quiet\necho evil >.git/evil\nexit 0"
    );
    hook_at(&repo.path().join(".git/hooks/pre-commit"), &lines);
    let before = fingerprint(&repo.path());
    let output = axon(&repo, RENAME).success();
    assert_eq!(fingerprint(&repo.path()), before);
    let all = axon(&repo, &["show", "m1", "--check"]).success();
    for word in ["BROKEN OUT", "s3cret", "t0ken"] {
        assert!(!all.stdout.contains(word), "{all}");
    }
    assert!(!repo.path().join(".git/evil").exists() && !home.join("made").exists());
    assert_eq!(repo.git(["log", "-1", "--format=%an", "axon/m1"]), "Ada Lovelace\n", "{output}");
}

#[test]
fn a_hook_that_needs_the_network_fails_and_the_reason_is_said() {
    let repo = hooked("pre-commit", "git ls-remote https://example.invalid/x.git");
    let output = axon(&repo, RENAME).exits(1);
    assert!(output.stderr.contains("hooks have no network here"), "{output}");
    assert!(output.stderr.contains("--no-verify"), "{output}");
}

#[test]
fn a_hook_that_hangs_is_ended_at_the_limit_of_checks() {
    let config = "[check]\nwall_seconds = 1\n";
    let repo = TestRepo::with([("axon.toml", config), ("shop.py", SHOP), ("till.py", TILL)]);
    hook_at(&repo.path().join(".git/hooks/pre-commit"), "while :; do :; done");
    let problem = refused(&repo, RENAME, Code::HookFailed);
    assert!(problem.message.contains("stopped at its limit of 1 s"), "{problem:?}");
    let shown = axon(&repo, &["show", "m1"]).success();
    assert!(shown.stdout.contains("pre-commit stopped"), "{shown}");
}

#[test]
fn without_confinement_a_hook_runs_in_a_copy_with_the_same_repository() {
    let repo = hooked("pre-commit", "git diff --cached --name-only; git rev-parse main; exit 1");
    let before = fingerprint(&repo.path());
    let output = axon(&repo, &[RENAME, &["--unconfined"]].concat()).exits(1);
    assert_eq!(fingerprint(&repo.path()), before);
    assert!(output.stderr.contains("\n  shop.py\n  till.py\n"), "{output}");
    let policy = log(&repo, "POLICY");
    assert!(policy.contains("run the check and the hooks without confinement"), "{policy}");
    assert!(log(&repo, "TOOL_CALL").contains("none"), "{output}");
}

/// A repository whose second hook waits at a gate, with a mission that was killed there.
fn killed_in_a_hook() -> TestRepo {
    let repo = TestRepo::with([
        (".gitignore", "gate\n"),
        ("axon.toml", "[check]\nbring = [\"gate\"]\n"),
        ("shop.py", SHOP),
        ("till.py", TILL),
    ]);
    let mut mkfifo = repo.command("mkfifo");
    mkfifo.arg("gate");
    let _ = repo.finish(mkfifo).success();
    let hooks = repo.path().join(".git/hooks");
    hook_at(&hooks.join("prepare-commit-msg"), "sed -i '1s/$/ (once)/' \"$1\"");
    hook_at(&hooks.join("commit-msg"), "cat gate; sed -i '1s/$/ (twice)/' \"$1\"");
    let run = Running::start(&repo, RENAME);
    let mut gate = run.at_gate();
    run.kill();
    // Until nobody reads: what was killed with it may take a moment to be gone, and must not be
    // taken for the hook that runs next.
    while gate.write(b"\n").is_ok() {}
    drop(gate);
    assert!(axon(&repo, &["status"]).success().stdout.contains("interrupted (running hooks)"));
    repo
}

#[test]
fn a_process_that_is_killed_in_a_hook_goes_on_with_that_hook() {
    let repo = killed_in_a_hook();
    let resumed = Running::start(&repo, &["resume"]);
    drop(resumed.at_gate());
    let _ = resumed.end().success();
    // What the first hook did is not done again.
    assert!(message(&repo).starts_with("rename total to sum_up (once) (twice)\n"));
    let calls = log(&repo, "TOOL_CALL");
    assert_eq!(calls.lines().count(), 2, "{calls}");
    assert_eq!(json(&repo, &["verify"])["problems"].as_array().unwrap().len(), 0);
}

#[test]
fn a_hook_that_is_gone_when_a_mission_goes_on_is_passed_over() {
    let repo = killed_in_a_hook();
    fs::remove_file(repo.path().join(".git/hooks/commit-msg")).unwrap();
    let _ = axon(&repo, &["resume"]).success();
    assert!(message(&repo).starts_with("rename total to sum_up (once)\n"));
    assert!(log(&repo, "REFLEX").contains("commit-msg passes: it is not there any more"));
}

#[test]
fn a_hook_from_another_place_than_the_mission_was_granted_is_not_run() {
    let repo = killed_in_a_hook();
    hook_at(&repo.path().join(".other/commit-msg"), "exit 0");
    repo.git(["config", "core.hooksPath", ".other"]);
    let output = axon(&repo, &["resume"]).exits(1);
    assert!(output.stderr.contains("not granted: run .other/commit-msg"), "{output}");
    assert!(log(&repo, "POLICY").contains("refused: run .other/commit-msg"));
}
