//! Writing trees to folders.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use axon_domain::{Code, ContentId, GitId, ObjectStore};
use axon_workspace::{
    Contents, Delta, Edit, Entry, EntryMode, MaterialiseOptions, Repository, Tree, TreeView,
    materialise, materialise_delta,
};

use crate::support::{Memory, Sandbox};

const OPTIONS: MaterialiseOptions = MaterialiseOptions { threads: Some(3) };

/// Every file, link and empty folder below, with its content; executable files are marked.
fn snapshot(folder: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(next) = waiting.pop() {
        let mut empty = true;
        for entry in std::fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            empty = false;
            if path.file_name() == Some(OsStr::new(".git")) {
                continue;
            }
            let name = path.strip_prefix(folder).unwrap().as_os_str().as_bytes();
            let name = name.escape_ascii().to_string();
            let kind = path.symlink_metadata().unwrap();
            if kind.is_symlink() {
                found.insert(name, format!("→ {}", path.read_link().unwrap().display()));
            } else if kind.is_dir() {
                waiting.push(path);
            } else {
                let mark = if kind.permissions().mode() & 0o100 == 0 { "" } else { "x " };
                let text = std::fs::read(&path).unwrap();
                found.insert(name, format!("{mark}{}", text.escape_ascii()));
            }
        }
        if empty {
            found.insert(next.strip_prefix(folder).unwrap().display().to_string(), "/".into());
        }
    }
    found
}

fn edited(store: &Memory, base: GitId, edits: &[(&str, Option<(EntryMode, &str)>)]) -> Tree {
    let mut all: Vec<(String, Edit)> = edits
        .iter()
        .map(|(path, file)| {
            let edit = match file {
                Some((mode, text)) => {
                    let content = ContentId::Object(store.put(text.as_bytes()).unwrap());
                    Edit::Put(Entry { content, mode: *mode })
                }
                None => Edit::Delete,
            };
            ((*path).to_owned(), edit)
        })
        .collect();
    all.sort_by(|a, b| a.0.cmp(&b.0));
    Tree { base, delta: Delta::default().apply(store, &all).unwrap().root() }
}

fn unusual() -> Sandbox {
    let sandbox = Sandbox::with(&[("a/b/c.txt", "c"), ("a/d", "d\r\n"), ("sp ace\n", "s")]);
    sandbox.write("run", "#!/bin/sh\n");
    let executable = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(sandbox.root().join("run"), executable).unwrap();
    symlink("../outside/the/tree", sandbox.root().join("a/out")).unwrap();
    symlink("b", sandbox.root().join("a/in")).unwrap();
    std::fs::write(sandbox.root().join(OsStr::from_bytes(b"caf\xe9")), b"\xe9").unwrap();
    sandbox.write(".gitattributes", "*.txt text eol=crlf\n*.bin filter=lfs\n");
    sandbox.commit_all("unusual");
    sandbox
}

#[test]
fn a_folder_has_the_bytes_modes_and_links_of_the_tree() {
    let sandbox = unusual();
    let repository = sandbox.open();
    let store = Memory::default();
    let contents = Contents { repository: &repository, store: &store };
    let view = TreeView::new(contents, Tree::of(repository.head().unwrap().tree));
    let into = sandbox.beside("new/deep");
    let done = materialise(&view, &into, OPTIONS).unwrap();
    assert_eq!(done.written, 8);
    let expected = [
        (".gitattributes", "*.txt text eol=crlf\\n*.bin filter=lfs\\n"),
        ("a/b/c.txt", "c"),
        ("a/d", "d\\r\\n"),
        ("a/in", "→ b"),
        ("a/out", "→ ../outside/the/tree"),
        ("caf\\xe9", "\\xe9"),
        ("run", "x #!/bin/sh\\n"),
        ("sp ace\\n", "s"),
    ];
    let expected: BTreeMap<String, String> =
        expected.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
    assert_eq!(snapshot(&into), expected);
    let refused = materialise(&view, &into, OPTIONS).unwrap_err();
    assert_eq!(refused.code(), Code::WrongState);
}

#[test]
fn a_folder_is_brought_to_another_tree_by_the_difference_only() {
    let sandbox = unusual();
    let repository = sandbox.open();
    let store = Memory::default();
    let contents = Contents { repository: &repository, store: &store };
    let base = repository.head().unwrap().tree;
    let regular = |text| Some((EntryMode::Regular, text));
    let trees = [
        Tree::of(base),
        edited(
            &store,
            base,
            &[("a/d", regular("new")), ("a/b/c.txt", None), ("x/y/z", regular("z"))],
        ),
        // A link where a folder was, a folder where a link was, a mode that changes.
        edited(
            &store,
            base,
            &[
                ("a/b/c.txt", None),
                ("a/b", Some((EntryMode::Link, "/etc"))),
                ("a/out", None),
                ("a/out/passwd", regular("not the system's")),
                ("a/d", Some((EntryMode::Executable, "d\r\n"))),
                ("run", None),
            ],
        ),
    ];
    for (from, to) in [(0, 1), (1, 2), (2, 0), (0, 2), (2, 1), (1, 0)] {
        let moved = sandbox.beside(&format!("moved{from}{to}"));
        let fresh = sandbox.beside(&format!("fresh{from}{to}"));
        materialise(&TreeView::new(contents, trees[from]), &moved, OPTIONS).unwrap();
        std::fs::write(moved.join("build-output"), "kept").unwrap();
        materialise_delta(contents, trees[from], trees[to], &moved, OPTIONS).unwrap();
        assert_eq!(std::fs::read_to_string(moved.join("build-output")).unwrap(), "kept");
        std::fs::remove_file(moved.join("build-output")).unwrap();
        materialise(&TreeView::new(contents, trees[to]), &fresh, OPTIONS).unwrap();
        assert_eq!(snapshot(&moved), snapshot(&fresh), "{from} to {to}");
    }
    assert!(!Path::new("/etc/c.txt").exists());
}

#[test]
fn nothing_is_written_through_a_link_that_appeared_in_the_folder() {
    let sandbox = Sandbox::with(&[("dir/a", "a"), ("top", "t")]);
    let repository = sandbox.open();
    let store = Memory::default();
    let contents = Contents { repository: &repository, store: &store };
    let base = Tree::of(repository.head().unwrap().tree);
    let to = edited(&store, base.base, &[("dir/a", Some((EntryMode::Regular, "changed")))]);
    let (into, victim) = (sandbox.beside("into"), sandbox.beside("victim"));
    materialise(&TreeView::new(contents, base), &into, OPTIONS).unwrap();
    std::fs::create_dir(&victim).unwrap();
    std::fs::write(victim.join("a"), "precious").unwrap();
    std::fs::remove_dir_all(into.join("dir")).unwrap();
    symlink(&victim, into.join("dir")).unwrap();
    let refused = materialise_delta(contents, base, to, &into, OPTIONS).unwrap_err();
    assert_eq!(refused.code(), Code::NotGranted, "{refused:?}");
    assert_eq!(std::fs::read_to_string(victim.join("a")).unwrap(), "precious");
}

#[test]
fn trees_with_hostile_names_are_refused_before_anything_is_written() {
    let sandbox = Sandbox::with(&[("a", "a")]);
    let repository = sandbox.open();
    let store = Memory::default();
    let contents = Contents { repository: &repository, store: &store };
    let base = repository.head().unwrap().tree;
    let names = ["../escape", ".git/hooks/post-checkout", "/tmp/absolute", "a\\..\\..\\b", "x/./y"];
    for name in names {
        let tree = edited(&store, base, &[(name, Some((EntryMode::Regular, "x")))]);
        let into = sandbox.beside("into");
        let refused = materialise(&TreeView::new(contents, tree), &into, OPTIONS).unwrap_err();
        assert_eq!(refused.code(), Code::NotGranted, "{name}");
        assert_eq!(snapshot(&into), BTreeMap::from([(String::new(), "/".into())]));
        let refused = materialise_delta(contents, Tree::of(base), tree, &into, OPTIONS);
        assert_eq!(refused.unwrap_err().code(), Code::NotGranted, "{name}");
    }
    // A Git tree that has the same file once as a link and once as a folder.
    let blob = sandbox.git(["rev-parse", "HEAD:a"]);
    let id = GitId::from_hex(&blob).unwrap();
    let mut raw = Vec::new();
    for entry in ["120000 d\0", "40000 d\0"] {
        raw.extend_from_slice(entry.as_bytes());
        let tree = base;
        raw.extend_from_slice(if entry.starts_with('1') { id.as_bytes() } else { tree.as_bytes() });
    }
    let path = sandbox.beside("raw");
    std::fs::write(&path, raw).unwrap();
    let arguments = ["hash-object", "--literally", "-w", "-t", "tree", path.to_str().unwrap()];
    let tree = Tree::of(GitId::from_hex(&sandbox.git(arguments)).unwrap());
    let view = TreeView::new(contents, tree);
    assert!(materialise(&view, &sandbox.beside("twice"), OPTIONS).is_err());
}

#[test]
fn submodules_become_empty_folders() {
    let inner = Sandbox::with(&[("lib.rs", "lib")]);
    let sandbox = Sandbox::with(&[("a", "a")]);
    let source = inner.root().to_str().unwrap();
    let allow = "protocol.file.allow=always";
    sandbox.git(["-c", allow, "submodule", "--quiet", "add", source, "vendor/inner"]);
    sandbox.commit_all("submodule");
    let repository: Repository = sandbox.open();
    let store = Memory::default();
    let contents = Contents { repository: &repository, store: &store };
    let view = TreeView::new(contents, Tree::of(repository.head().unwrap().tree));
    let into = sandbox.beside("into");
    materialise(&view, &into, OPTIONS).unwrap();
    assert_eq!(snapshot(&into).get("vendor/inner").map(String::as_str), Some("/"));
}

#[test]
fn many_files_in_one_folder_all_arrive() {
    let texts: Vec<String> = (0..500).map(|number| format!("many/f{number:03}")).collect();
    let files: Vec<_> = texts.iter().map(|text| (text.as_str(), text.as_str())).collect();
    let sandbox = Sandbox::with(&files);
    let repository = sandbox.open();
    let store = Memory::default();
    let contents = Contents { repository: &repository, store: &store };
    let view = TreeView::new(contents, Tree::of(repository.head().unwrap().tree));
    let into = sandbox.beside("into");
    let done = materialise(&view, &into, MaterialiseOptions::default()).unwrap();
    assert_eq!((done.written, done.bytes), (500, 500 * 9));
    assert_eq!(snapshot(&into), snapshot(sandbox.root()));
}
