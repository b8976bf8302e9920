//! Differences, blame, trailers, and bringing a branch in.

use axon_domain::{Code, GitId};
use axon_workspace::{Applied, CommitRequest, FileMode, Repository, trailers};

use crate::support::{Sandbox, open};

fn tree_of(repository: &Repository, revision: &str) -> GitId {
    repository.commit_info(repository.resolve(revision).unwrap()).unwrap().tree
}

#[test]
fn a_commit_reads_as_it_was_written() {
    let sandbox = Sandbox::with(&[("a", "a")]);
    let first = sandbox.git(["rev-parse", "HEAD"]);
    sandbox.commit_all("subject\n\nbody\n\nAxon-Mission: m1\nAxon-Checkpoint: abc def\n");
    let repository = sandbox.open();
    let info = repository.commit_info(repository.head().unwrap().commit).unwrap();
    assert_eq!(info.parents, [GitId::from_hex(&first).unwrap()]);
    assert_eq!((info.author.as_str(), info.time), ("Ada Example <ada@example.org>", 1_700_000_000));
    let pairs = trailers(&info.message);
    let pairs: Vec<_> = pairs.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    assert_eq!(pairs, [("Axon-Mission", "m1"), ("Axon-Checkpoint", "abc def")]);
    assert_eq!(trailers("only a subject: with colon"), []);
    assert_eq!(trailers(""), []);
    let blob = repository.files(info.tree).unwrap().get("a").unwrap().id;
    assert_eq!(repository.commit_info(blob).unwrap_err().code(), Code::Git);
    assert_eq!(repository.resolve("no-such-thing").unwrap_err().code(), Code::NotFound);
    assert_eq!(repository.resolve(&first[..8]).unwrap().to_string(), first);
}

#[test]
fn a_difference_has_every_file_once() {
    let sandbox = Sandbox::with(&[("same", "s"), ("edit", "1"), ("gone/x", "x"), ("type", "t")]);
    sandbox.write("edit", "2");
    sandbox.git(["rm", "-rq", "gone", "type"]);
    std::os::unix::fs::symlink("same", sandbox.root().join("type")).unwrap();
    sandbox.write("new/deep/y", "y");
    sandbox.commit_all("second");
    let repository = sandbox.open();
    let (old, new) = (tree_of(&repository, "HEAD~1"), tree_of(&repository, "HEAD"));
    let changes = repository.diff(old, new).unwrap();
    let shown: Vec<_> = changes
        .iter()
        .map(|change| {
            let mode = |side: Option<(FileMode, GitId)>| side.map(|(mode, _)| mode);
            (change.path.as_str(), mode(change.old), mode(change.new))
        })
        .collect();
    let file = Some(FileMode::Regular);
    assert_eq!(
        shown,
        [
            ("edit", file, file),
            ("gone/x", file, None),
            ("new/deep/y", None, file),
            ("type", file, Some(FileMode::Link)),
        ]
    );
    assert_eq!(repository.diff(new, new).unwrap(), []);
}

#[test]
fn blame_finds_the_commit_of_a_line_through_a_rename() {
    let lines: String = (1..=60).map(|line| format!("line {line}\n")).collect();
    let sandbox = Sandbox::with(&[("old.txt", &lines)]);
    let first = sandbox.git(["rev-parse", "HEAD"]);
    sandbox.git(["mv", "old.txt", "new.txt"]);
    sandbox.commit_all("renamed");
    sandbox.write("new.txt", format!("intro\n{}", lines.replace("line 30\n", "line thirty\n")));
    let third = sandbox.commit_all("edited");
    let repository = sandbox.open();
    let head = repository.head().unwrap().commit;
    let edited = repository.blame_line(head, "new.txt", 31).unwrap();
    assert_eq!((edited.commit.to_string(), edited.line_then), (third, 31));
    let old = repository.blame_line(head, "new.txt", 11).unwrap();
    assert_eq!(old.commit.to_string(), first);
    assert_eq!((old.path_then.as_str(), old.line_then), ("old.txt", 10));
    for (path, line) in [("new.txt", 0), ("new.txt", 62), ("old.txt", 1), ("absent", 1)] {
        let refused = repository.blame_line(head, path, line).unwrap_err();
        assert_eq!(refused.code(), Code::NotFound, "{path}:{line}");
    }
}

#[test]
fn in_a_shallow_clone_the_oldest_commit_there_has_the_older_lines() {
    let origin = Sandbox::with(&[("a", "one\n")]);
    origin.write("a", "one\ntwo\n");
    let second = origin.commit_all("second");
    origin.write("a", "one\ntwo\nthree\n");
    let third = origin.commit_all("third");
    let url = format!("file://{}", origin.root().display());
    let into = origin.beside("shallow");
    origin.git(["clone", "-q", "--depth=2", &url, into.to_str().unwrap()]);
    let repository = open(&into).unwrap();
    let head = repository.head().unwrap().commit;
    for (line, commit) in [(1, &second), (2, &second), (3, &third)] {
        let found = repository.blame_line(head, "a", line).unwrap();
        assert_eq!(found.commit.to_string(), *commit, "line {line}");
    }
}

/// A mission's branch on the commit at HEAD, which changes `a` and adds `b`.
fn mission(repository: &Repository) -> GitId {
    let changes = [
        ("a", Some((FileMode::Regular, b"after".as_slice()))),
        ("b", Some((FileMode::Regular, b"new".as_slice()))),
    ];
    repository
        .commit(&CommitRequest {
            parent: repository.head().unwrap().commit,
            changes: &changes,
            message: "mission",
            branch: "axon/m1",
            time_seconds: 1_700_000_001,
        })
        .unwrap()
}

#[test]
fn applying_moves_head_and_files_and_a_second_time_does_nothing() {
    let sandbox = Sandbox::with(&[("a", "before")]);
    // The user's hooks take part.
    let hook = sandbox.root().join(".git/hooks/post-merge");
    std::fs::create_dir_all(hook.parent().unwrap()).unwrap();
    std::fs::write(&hook, "#!/bin/sh\ntouch hook-ran\n").unwrap();
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&hook, executable).unwrap();
    let repository = sandbox.open();
    let commit = mission(&repository);
    sandbox.write("untracked", "stays");
    assert_eq!(repository.apply("axon/m1").unwrap(), Applied::FastForwarded);
    assert_eq!(std::fs::read_to_string(sandbox.root().join("a")).unwrap(), "after");
    assert_eq!(sandbox.git(["rev-parse", "main"]), commit.to_string());
    assert!(sandbox.root().join("hook-ran").exists());
    assert_eq!(repository.apply("axon/m1").unwrap(), Applied::AlreadyApplied);
    sandbox.commit_all("more work");
    assert_eq!(repository.apply("axon/m1").unwrap(), Applied::AlreadyApplied);
    assert_eq!(repository.apply("axon/m9").unwrap_err().code(), Code::NotFound);
}

#[test]
fn uncommitted_changes_and_a_head_elsewhere_are_in_the_way() {
    let files: Vec<(String, String)> =
        (0..7).map(|number| (format!("f{number}"), String::new())).collect();
    let mut all = vec![("a", "before")];
    all.extend(files.iter().map(|(path, text)| (path.as_str(), text.as_str())));
    let sandbox = Sandbox::with(&all);
    let repository = sandbox.open();
    mission(&repository);
    for (path, _) in &files {
        sandbox.write(path, "dirty");
    }
    let dirty = repository.apply("axon/m1").unwrap_err();
    assert_eq!(dirty.code(), Code::DirtyWorkingTree);
    assert_eq!(dirty.place(), Some("f0, f1, f2, f3, f4 and 2 more"));
    assert!(dirty.hint_text().unwrap().contains("git stash"));
    sandbox.git(["checkout", "-q", "--", "."]);
    // A file that Git would have to overwrite: Git's own words.
    sandbox.write("b", "mine");
    let refused = repository.apply("axon/m1").unwrap_err();
    assert_eq!(refused.code(), Code::Git);
    assert!(refused.what().contains('b'), "{refused:?}");
    assert_eq!(std::fs::read_to_string(sandbox.root().join("b")).unwrap(), "mine");
    std::fs::remove_file(sandbox.root().join("b")).unwrap();
    sandbox.write("c", "c");
    sandbox.commit_all("meanwhile");
    let moved = repository.apply("axon/m1").unwrap_err();
    assert_eq!(moved.code(), Code::HeadMoved);
    assert_eq!(moved.hint_text(), Some("git merge axon/m1"));
}
