//! Opening a repository and reading what is committed.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;

use axon_domain::{Code, GitId};
use axon_workspace::FileMode;

use crate::support::{Sandbox, git_in, open};

#[test]
fn a_folder_without_repository_is_said_to_be_none() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(open(folder.path()).unwrap_err().code(), Code::NotARepository);
    assert_eq!(open(&folder.path().join("absent")).unwrap_err().code(), Code::NotARepository);
}

#[test]
fn bare_and_empty_repositories_are_refused_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    git_in(folder.path(), ["init", "-q", "--bare", "bare.git"]);
    let bare = open(&folder.path().join("bare.git")).unwrap_err();
    assert_eq!(bare.code(), Code::BareRepository);
    assert!(bare.hint_text().is_some());
    let empty = open(Sandbox::empty().root()).unwrap_err();
    assert_eq!(empty.code(), Code::EmptyRepository);
    assert!(empty.hint_text().is_some());
}

#[test]
fn head_and_its_files_are_what_git_says() {
    let sandbox = Sandbox::with(&[("a.txt", "one"), ("a/b.txt", "two"), ("a-b", "three")]);
    let repository = sandbox.open();
    let head = repository.head().unwrap();
    assert_eq!(head.commit.to_string(), sandbox.git(["rev-parse", "HEAD"]));
    assert_eq!(head.branch.as_deref(), Some("main"));
    let files = repository.files(head.tree).unwrap();
    let paths: Vec<&str> = files.files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(paths, ["a-b", "a.txt", "a/b.txt"]);
    assert!(files.files.iter().all(|file| file.mode == FileMode::Regular));
    assert_eq!(repository.read_blob(files.get("a/b.txt").unwrap().id).unwrap(), b"two");
    assert_eq!(repository.root(), sandbox.root());
}

#[test]
fn somebody_elses_repository_is_refused_as_git_refuses_it() {
    let sandbox = Sandbox::with(&[("a", "a")]);
    // Only the superuser can give files away; for others there is nothing to test.
    let theirs = |path: &std::path::Path| std::os::unix::fs::chown(path, Some(12_345), None);
    if theirs(&sandbox.root().join(".git")).is_err() || theirs(sandbox.root()).is_err() {
        return;
    }
    let refused = open(sandbox.root()).unwrap_err();
    assert_eq!(refused.code(), Code::DubiousOwnership);
    assert!(refused.hint_text().unwrap().contains("safe.directory"), "{refused:?}");
}

#[test]
fn a_subfolder_a_worktree_and_a_submodule_are_found() {
    let inner = Sandbox::with(&[("lib.rs", "lib")]);
    let sandbox = Sandbox::with(&[("src/a.rs", "a")]);
    assert_eq!(open(&sandbox.root().join("src")).unwrap().root(), sandbox.root());

    let worktree = sandbox.beside("worktree");
    sandbox.git(["worktree", "add", "-q", "-b", "side", worktree.to_str().unwrap()]);
    let opened = open(&worktree).unwrap();
    assert_eq!(opened.root(), worktree);
    assert_eq!(opened.head().unwrap().branch.as_deref(), Some("side"));
    assert_eq!(opened.common_dir().canonicalize().unwrap(), sandbox.root().join(".git"));

    let source = inner.root().to_str().unwrap();
    let allow = "protocol.file.allow=always";
    sandbox.git(["-c", allow, "submodule", "--quiet", "add", source, "vendor/inner"]);
    sandbox.commit_all("submodule");
    let repository = sandbox.open();
    let files = repository.files(repository.head().unwrap().tree).unwrap();
    assert_eq!(files.get("vendor/inner").unwrap().mode, FileMode::Submodule);
    assert_eq!(repository.facts().unwrap().submodules, ["vendor/inner"]);
    assert!(repository.working_tree().unwrap().clean);
    let submodule = open(&sandbox.root().join("vendor/inner")).unwrap();
    assert_eq!(submodule.root(), sandbox.root().join("vendor/inner"));
    assert_eq!(submodule.head().unwrap().commit, inner.open().head().unwrap().commit);
}

#[test]
fn a_detached_head_has_no_branch() {
    let sandbox = Sandbox::with(&[("a", "a")]);
    sandbox.git(["checkout", "-q", "--detach"]);
    assert_eq!(sandbox.open().head().unwrap().branch, None);
}

#[test]
fn modes_and_unusual_names_come_as_they_are() {
    let sandbox = Sandbox::empty();
    let names = ["with space", "new\nline", "quo\"te'", "ünï/cödé", "back\\slash", "-dash"];
    for name in names {
        sandbox.write(name, name);
    }
    let raw = OsStr::from_bytes(b"caf\xe9.txt");
    std::fs::write(sandbox.root().join(raw), "latin").unwrap();
    std::os::unix::fs::symlink("/etc/passwd", sandbox.root().join("outside")).unwrap();
    sandbox.write("run.sh", "#!/bin/sh\n");
    let executable = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(sandbox.root().join("run.sh"), executable).unwrap();
    sandbox.commit_all("names");
    let repository = sandbox.open();
    let files = repository.files(repository.head().unwrap().tree).unwrap();
    for name in names {
        let file = files.get(name).unwrap();
        assert_eq!(repository.read_blob(file.id).unwrap(), name.as_bytes());
    }
    assert_eq!(files.get("run.sh").unwrap().mode, FileMode::Executable);
    let link = files.get("outside").unwrap();
    assert_eq!(link.mode, FileMode::Link);
    assert_eq!(repository.read_blob(link.id).unwrap(), b"/etc/passwd");
    assert_eq!(files.not_utf8.len(), 1);
    assert_eq!(files.not_utf8[0].path, b"caf\xe9.txt");
    let paths: Vec<&String> = files.files.iter().map(|file| &file.path).collect();
    assert!(paths.is_sorted());
}

#[test]
fn the_facts_of_unusual_clones_are_told() {
    let origin = Sandbox::with(&[("a/x", "x"), ("b/y", "y")]);
    origin.write(".gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n");
    origin.commit_all("second");
    origin.git(["config", "uploadpack.allowFilter", "true"]);
    let url = format!("file://{}", origin.root().display());
    let clone = |options: &[&str], name: &str| {
        let into = origin.beside(name);
        let arguments = ["clone", "-q"].iter().chain(options).copied();
        let arguments = arguments.chain([url.as_str(), into.to_str().unwrap()]);
        git_in(origin.root(), arguments);
        open(&into).unwrap()
    };
    let plain = origin.open().facts().unwrap();
    assert!(plain.lfs);
    assert!(!plain.shallow && !plain.partial && !plain.sparse);
    assert!(clone(&["--depth=1"], "shallow").facts().unwrap().shallow);
    let sparse = clone(&["--sparse"], "sparse");
    assert!(sparse.facts().unwrap().sparse);
    assert!(sparse.working_tree().unwrap().clean, "what sparse checkout leaves out is no change");
    assert_eq!(sparse.files(sparse.head().unwrap().tree).unwrap().files.len(), 3);

    let partial = clone(&["--filter=blob:none", "--no-checkout"], "partial");
    assert!(partial.facts().unwrap().partial);
    let files = partial.files(partial.head().unwrap().tree).unwrap();
    let missing = partial.read_blob(files.get("a/x").unwrap().id).unwrap_err();
    assert_eq!(missing.code(), Code::MissingObject);
    assert!(missing.hint_text().unwrap().contains("git fetch"), "{missing:?}");
}

#[test]
fn sha256_repositories_work_like_others() {
    let sandbox = Sandbox::init(&["--object-format=sha256"]);
    sandbox.write("dir/a", "content");
    let commit = sandbox.commit_all("first");
    let repository = sandbox.open();
    let head = repository.head().unwrap();
    assert_eq!(head.commit.to_string(), commit);
    assert_eq!(commit.len(), 64);
    let files = repository.files(head.tree).unwrap();
    let id = files.get("dir/a").unwrap().id;
    assert_eq!(repository.read_blob(id).unwrap(), b"content");
    assert_eq!(repository.blob_id(b"content").unwrap(), id);
}

#[test]
fn the_size_of_a_large_file_is_known_without_reading_it() {
    let sandbox = Sandbox::empty();
    sandbox.write("large.bin", vec![7u8; 50 << 20]);
    sandbox.commit_all("large");
    let repository = sandbox.open();
    let files = repository.files(repository.head().unwrap().tree).unwrap();
    assert_eq!(repository.blob_size(files.get("large.bin").unwrap().id).unwrap(), 50 << 20);
}

#[test]
fn uncommitted_changes_are_told_apart_from_untracked_files() {
    let sandbox = Sandbox::with(&[("a", "a"), ("b", "b"), ("c", "c"), (".gitignore", "*.o\n")]);
    let repository = sandbox.open();
    assert!(repository.working_tree().unwrap().clean);
    sandbox.write("a", "changed");
    sandbox.write("b", "staged");
    sandbox.git(["add", "b"]);
    std::fs::remove_file(sandbox.root().join("c")).unwrap();
    sandbox.write("new.txt", "n");
    sandbox.write("folder/one", "1");
    sandbox.write("ignored.o", "o");
    sandbox.write(".axon/ledger.db", "ours");
    let tree = repository.working_tree().unwrap();
    assert!(!tree.clean);
    assert_eq!(tree.changed, ["a", "b", "c"]);
    assert_eq!(tree.untracked, ["folder/", "new.txt"]);
}

#[test]
fn several_threads_read_at_once() {
    let texts: Vec<(String, String)> =
        (0..50).map(|number| (format!("f{number}"), number.to_string())).collect();
    let files: Vec<(&str, &str)> =
        texts.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let sandbox = Sandbox::with(&files);
    let repository = sandbox.open();
    let listed = repository.files(repository.head().unwrap().tree).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for (path, text) in &texts {
                    let id = listed.get(path).unwrap().id;
                    assert_eq!(repository.read_blob(id).unwrap(), text.as_bytes());
                }
            });
        }
    });
}

#[test]
fn a_malformed_tree_is_told() {
    let sandbox = Sandbox::with(&[("a", "a")]);
    std::fs::write(sandbox.beside("raw"), b"100644 a\0too short").unwrap();
    let raw = sandbox.beside("raw");
    let arguments = ["hash-object", "--literally", "-w", "-t", "tree", raw.to_str().unwrap()];
    let id = sandbox.git(arguments);
    let refused = sandbox.open().files(GitId::from_hex(&id).unwrap()).unwrap_err();
    assert_eq!(refused.code(), Code::Git);
    let absent = GitId::from_bytes(&[1; 20]).unwrap();
    assert_eq!(sandbox.open().files(absent).unwrap_err().code(), Code::MissingObject);
}

#[test]
fn a_reference_format_that_is_not_supported_is_refused_and_not_misread() {
    let sandbox = Sandbox::init(&["--ref-format=reftable"]);
    sandbox.write("a", "a");
    sandbox.commit_all("first");
    let refused = open(sandbox.root()).unwrap_err();
    assert_eq!(refused.code(), Code::Git, "{refused:?}");
    assert!(refused.hint_text().unwrap().contains("git refs migrate"), "{refused:?}");
}
