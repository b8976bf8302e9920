//! Repositories to test with, and an object store in memory.

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use axon_domain::{Code, Error, ObjectId, ObjectStore};
use axon_workspace::{
    Contents, Repository, Scope, Session, SessionChanges, Tree, TreeView, UserConfig,
};
use tempfile::TempDir;

/// A folder with a Git repository that goes away with this value.
pub(crate) struct Sandbox {
    folder: TempDir,
    root: PathBuf,
}

/// The `git` program without the user's configuration, at a fixed time.
pub(crate) fn git_command(folder: &Path) -> Command {
    let mut command = Command::new("git");
    command
        .current_dir(folder)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_AUTHOR_DATE", "1700000000 +0000")
        .env("GIT_COMMITTER_DATE", "1700000000 +0000")
        .stdin(Stdio::null());
    command
}

/// Runs `git` and gives what it printed, without the last line's end.
pub(crate) fn git_in<A: AsRef<OsStr>>(
    folder: &Path,
    arguments: impl IntoIterator<Item = A>,
) -> String {
    let output = git_command(folder).args(arguments).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "git failed: {errors}");
    String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
}

impl Sandbox {
    /// A repository without a commit.
    pub(crate) fn empty() -> Self {
        Self::init(&[])
    }

    /// A repository without a commit, made with further options of `git init`.
    pub(crate) fn init(options: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap().join("repo");
        std::fs::create_dir(&root).unwrap();
        let sandbox = Self { folder, root };
        sandbox.git(["init", "-q", "-b", "main"].iter().chain(options));
        sandbox.git(["config", "user.name", "Ada Example"]);
        sandbox.git(["config", "user.email", "ada@example.org"]);
        sandbox
    }

    /// A repository with these files in its first commit.
    pub(crate) fn with(files: &[(&str, &str)]) -> Self {
        let sandbox = Self::empty();
        for (path, text) in files {
            sandbox.write(path, text);
        }
        sandbox.commit_all("first");
        sandbox
    }

    /// The working tree.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// A path beside the repository.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join(name)
    }

    /// Runs `git` in the working tree.
    pub(crate) fn git<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> String {
        git_in(&self.root, arguments)
    }

    /// Writes a file of the working tree.
    pub(crate) fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Commits everything; the id.
    pub(crate) fn commit_all(&self, message: &str) -> String {
        self.git(["add", "-A"]);
        self.git(["commit", "-q", "--allow-empty", "-m", message]);
        self.git(["rev-parse", "HEAD"])
    }

    /// Opens it as the product does, but for the user's configuration.
    pub(crate) fn open(&self) -> Repository {
        open(&self.root).unwrap()
    }
}

/// Opens a repository as the product does, but for the user's configuration.
pub(crate) fn open(path: &Path) -> axon_domain::Result<Repository> {
    Repository::discover_with(path, UserConfig::Ignore)
}

/// Objects in memory that count how often they are read and written.
#[derive(Default)]
pub(crate) struct Memory {
    objects: Mutex<HashMap<ObjectId, Vec<u8>>>,
    pub(crate) reads: AtomicUsize,
    pub(crate) writes: AtomicUsize,
}

impl Memory {
    /// Puts other bytes in the place of an object.
    pub(crate) fn damage(&self, id: ObjectId, bytes: &[u8]) {
        self.objects.lock().unwrap().insert(id, bytes.to_vec());
    }
}

impl ObjectStore for Memory {
    fn put(&self, bytes: &[u8]) -> axon_domain::Result<ObjectId> {
        self.writes.fetch_add(1, Ordering::Relaxed);
        let id = ObjectId(*blake3::hash(bytes).as_bytes());
        self.objects.lock().unwrap().insert(id, bytes.to_vec());
        Ok(id)
    }

    fn get(&self, id: ObjectId) -> axon_domain::Result<Vec<u8>> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        let found = self.objects.lock().unwrap().get(&id).cloned();
        found.ok_or_else(|| Error::new(Code::NotFound, "no such object"))
    }
}

/// The scope of the whole tree.
pub(crate) fn everywhere() -> Scope {
    Scope { paths: vec![".".to_owned()], read_only: Vec::new() }
}

/// A repository, a store, and the tree at HEAD.
pub(crate) struct Place {
    pub(crate) sandbox: Sandbox,
    pub(crate) repository: Repository,
    pub(crate) store: Memory,
    pub(crate) tree: Tree,
}

impl Place {
    pub(crate) fn with(files: &[(&str, &str)]) -> Self {
        Self::of(Sandbox::with(files))
    }

    pub(crate) fn of(sandbox: Sandbox) -> Self {
        let repository = sandbox.open();
        let tree = Tree::of(repository.head().unwrap().tree);
        Self { sandbox, repository, store: Memory::default(), tree }
    }

    pub(crate) fn contents(&self) -> Contents<'_> {
        Contents { repository: &self.repository, store: &self.store }
    }

    pub(crate) fn session(&self) -> Session<'_> {
        Session::open(self.contents(), self.tree, &everywhere())
    }

    /// The changes of a session that did this on a tree.
    pub(crate) fn did(&self, tree: Tree, steps: &[(&str, Option<&str>)]) -> SessionChanges {
        let mut session = Session::open(self.contents(), tree, &everywhere());
        for (path, text) in steps {
            let version = session.read(path).ok().map(|(_, version)| version);
            match text {
                Some(text) => drop(session.write(path, text.as_bytes(), version).unwrap()),
                None => session.delete(path, version.unwrap()).unwrap(),
            }
        }
        session.changes().unwrap()
    }

    pub(crate) fn texts(&self, tree: Tree) -> BTreeMap<String, String> {
        let view = TreeView::new(self.contents(), tree);
        let files = view.files().unwrap();
        let text = |id| String::from_utf8(self.contents().read(id).unwrap()).unwrap();
        files.into_iter().map(|file| (file.path, text(file.content))).collect()
    }
}

/// Paths and texts to compare with.
pub(crate) fn texts(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
}
