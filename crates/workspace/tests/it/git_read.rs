//! Opening a repository and reading what is committed.

use axon_domain::Code;
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
