//! Git's hooks for commits: which there are, and a repository of their own to run in.
//!
//! The hooks of a mission never see the real `.git`. They get a small one that says the same of
//! the commit that is to be made: HEAD at its parent on the branch that it will be on, an index
//! with its tree, the repository's references, and what of the configuration such programs ask
//! for. Objects that are there already are found through `objects/info/alternates`.

use std::fs;
use std::path::{Path, PathBuf};

use axon_domain::{Error, GitId, Result};
use gix::objs::Write as _;

use super::commit::CommitRequest;
use super::convert::{failed, git_id, io_code, not_written, oid};
use super::{FileMode, Repository};

/// The hooks that `git commit` runs before it makes a commit, in the order in which they run.
const COMMIT_HOOKS: [&str; 3] = ["pre-commit", "prepare-commit-msg", "commit-msg"];

/// Sections of the configuration that hooks and the Git that they call may ask for. The others
/// may hold passwords and tokens, or mean places that are not there.
const SECTIONS: [&str; 12] = [
    "apply",
    "author",
    "commit",
    "committer",
    "diff",
    "filter",
    "gitlint",
    "hooks",
    "i18n",
    "merge",
    "trailer",
    "user",
];

/// Of the section `core`: what the content of files means. The rest says where things are.
const CORE: [&str; 13] = [
    "abbrev",
    "autocrlf",
    "commentchar",
    "commentstring",
    "compression",
    "eol",
    "filemode",
    "ignorecase",
    "precomposeunicode",
    "quotepath",
    "safecrlf",
    "symlinks",
    "whitespace",
];

/// Where the repository keeps its hooks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookFolder {
    /// The folder, absolute.
    pub path: PathBuf,
    /// The same relative to the root of the working tree, if it lies in it.
    pub inside: Option<PathBuf>,
    /// Whether `core.hooksPath` names it.
    pub configured: bool,
}

impl Repository {
    /// The folder of the hooks: `core.hooksPath`, which counts from the root of the working tree,
    /// else `hooks` in Git's folder. It need not exist.
    ///
    /// # Errors
    /// [`axon_domain::Code::Git`] when the configured path means nothing.
    pub fn hook_folder(&self) -> Result<HookFolder> {
        let configured = self
            .with(|git| git.config_snapshot().trusted_path("core.hooksPath"))
            .map_err(failed("core.hooksPath cannot be read"))?;
        let path = match &configured {
            Some(path) => self.root().join(path),
            None => {
                let common = self.common_dir();
                common.canonicalize().unwrap_or_else(|_| common.to_owned()).join("hooks")
            }
        };
        // `.`, and links on the way that lead into the repository after all.
        let path = path.canonicalize().unwrap_or(path);
        let inside = path.strip_prefix(self.root()).ok().map(Path::to_owned);
        Ok(HookFolder { path, inside, configured: configured.is_some() })
    }

    /// The hooks that `git commit` would run on a commit of this tree, in their order: executable
    /// files, those of the tree where the tree has them.
    ///
    /// # Errors
    /// As [`Repository::hook_folder`] and [`Repository::files`].
    pub fn commit_hooks(&self, tree: GitId) -> Result<Vec<String>> {
        let folder = self.hook_folder()?;
        let files = self.listing(tree)?;
        let there = |name: &&str| {
            let in_tree = folder
                .inside
                .as_ref()
                .and_then(|inside| inside.join(name).into_os_string().into_string().ok());
            match in_tree.and_then(|path| files.get(&path)).map(|file| file.mode) {
                Some(FileMode::Executable) => true,
                Some(FileMode::Regular) => false,
                _ => is_executable(&folder.path.join(name)),
            }
        };
        Ok(COMMIT_HOOKS.iter().filter(|name| there(name)).map(|name| (*name).to_owned()).collect())
    }

    /// The folders with this repository's objects: its own, and those it borrows from.
    ///
    /// # Errors
    /// [`axon_domain::Code::Git`] when a list of alternates cannot be read.
    pub fn object_folders(&self) -> Result<Vec<PathBuf>> {
        let own = self.common_dir().join("objects");
        let own = own.canonicalize().unwrap_or(own);
        let borrowed = gix::odb::alternate::resolve(own.clone(), self.root())
            .map_err(failed("the object folders cannot be listed"))?;
        let borrowed = borrowed.into_iter().filter_map(|path| path.canonicalize().ok());
        Ok(std::iter::once(own).chain(borrowed).collect())
    }

    /// Writes the small repository of a commit that is to be made into the empty folder `at`;
    /// `objects` is where its programs find the [`Repository::object_folders`]. Nothing of this
    /// repository is written. Gives the tree of the commit.
    ///
    /// # Errors
    /// Those of [`Repository::commit`] for its tree and its author, and of writing files.
    pub fn write_hook_repository(
        &self,
        request: &CommitRequest<'_>,
        at: &Path,
        objects: &[PathBuf],
    ) -> Result<GitId> {
        self.with(|git| {
            let mut git = git.clone().with_object_memory();
            let tree = self.edited_tree(&git, request)?;
            for folder in ["objects/info", "objects/pack", "refs/heads", "refs/tags", "info"] {
                make_folder(&at.join(folder))?;
            }
            let mut index =
                git.index_from_tree(&tree).map_err(failed("the index cannot be made"))?;
            index.set_path(at.join("index"));
            index
                .write(gix::index::write::Options::default())
                .map_err(|cause| not_written("the index", cause))?;
            write(&at.join("HEAD"), format!("ref: refs/heads/{}\n", request.branch))?;
            let branch = at.join("refs/heads").join(request.branch);
            make_folder(branch.parent().unwrap_or(at))?;
            write(&branch, format!("{}\n", oid(request.parent)?))?;
            write(&at.join("packed-refs"), references(&git)?)?;
            write(&at.join("config"), self.hook_config(&git, request)?)?;
            let lines = objects.iter().map(|path| format!("{}\n", path.display()));
            write(&at.join("objects/info/alternates"), lines.collect::<String>())?;
            for (folder, file) in [
                (self.common_dir(), "info/exclude"),
                (self.common_dir(), "info/attributes"),
                (self.common_dir(), "shallow"),
            ] {
                // Most repositories have none of them.
                if let Ok(bytes) = fs::read(folder.join(file)) {
                    write(&at.join(file), bytes)?;
                }
            }
            let store = gix::odb::loose::Store::at(at.join("objects"), git.object_hash());
            let made = git.objects.take_object_memory().unwrap_or_default();
            for (kind, bytes) in made.values() {
                store.write_buf(*kind, bytes).map_err(|cause| not_written("an object", cause))?;
            }
            git_id(&tree)
        })
    }

    /// The configuration of the small repository.
    fn hook_config(&self, git: &gix::Repository, request: &CommitRequest<'_>) -> Result<Vec<u8>> {
        let snapshot = git.config_snapshot();
        let mut config = String::new();
        for section in snapshot.plumbing().sections() {
            let header = section.header();
            let name = header.name().to_string().to_ascii_lowercase();
            let core = name == "core";
            if !core && !SECTIONS.contains(&name.as_str()) {
                continue;
            }
            let subsection = header.subsection_name().map(ToString::to_string);
            config += &heading(&name, subsection.as_deref());
            let mut names: Vec<String> = section.value_names().collect();
            names.sort();
            names.dedup();
            for key in names {
                if core && !CORE.contains(&key.to_ascii_lowercase().as_str()) {
                    continue;
                }
                for value in section.values(&key) {
                    config += &format!("\t{key} = {}\n", quoted(&value.to_string()));
                }
            }
        }
        let format = git.object_hash();
        let version = if format == gix::hash::Kind::Sha1 { 0 } else { 1 };
        config += &format!("[core]\n\trepositoryformatversion = {version}\n\tbare = false\n");
        if version == 1 {
            config += &format!("[extensions]\n\tobjectFormat = {format}\n");
        }
        let folder = self.hook_folder()?;
        if folder.configured {
            let path = folder.inside.unwrap_or(folder.path);
            config += &format!("[core]\n\thooksPath = {}\n", quoted(&path.display().to_string()));
        }
        let committer = super::commit::identity(git.committer(), request.time_seconds)?;
        config += &format!(
            "[user]\n\tname = {}\n\temail = {}\n",
            quoted(&committer.name.to_string()),
            quoted(&committer.email.to_string())
        );
        Ok(config.into_bytes())
    }
}

/// Every reference with what it points at, as Git packs them.
fn references(git: &gix::Repository) -> Result<String> {
    let unreadable = || failed("the references cannot be read");
    let platform = git.references().map_err(unreadable())?;
    let mut lines = Vec::new();
    for reference in platform.all().map_err(unreadable())? {
        // Broken ones are no obstacle to a commit.
        let Ok(reference) = reference else { continue };
        if let Some(id) = reference.try_id() {
            lines.push((reference.name().as_bstr().to_string(), id.detach()));
        }
    }
    lines.sort();
    lines.dedup();
    let lines: String = lines.iter().map(|(name, id)| format!("{id} {name}\n")).collect();
    Ok(format!("# pack-refs with: sorted \n{lines}"))
}

fn heading(name: &str, subsection: Option<&str>) -> String {
    match subsection {
        Some(subsection) => {
            format!("[{name} \"{}\"]\n", subsection.replace('\\', "\\\\").replace('"', "\\\""))
        }
        None => format!("[{name}]\n"),
    }
}

/// A value as Git's configuration has it.
fn quoted(value: &str) -> String {
    let mut text = String::from("\"");
    for c in value.chars() {
        match c {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\t' => text.push_str("\\t"),
            c => text.push(c),
        }
    }
    text.push('"');
    text
}

#[cfg(unix)]
fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(path).is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(path: &Path) -> bool {
    path.is_file()
}

fn make_folder(path: &Path) -> Result<()> {
    fs::create_dir_all(path).map_err(|cause| unwritten(path, cause))
}

fn write(path: &Path, bytes: impl AsRef<[u8]>) -> Result<()> {
    fs::write(path, bytes).map_err(|cause| unwritten(path, cause))
}

fn unwritten(path: &Path, cause: std::io::Error) -> Error {
    Error::new(io_code(&cause), "the repository for the hooks cannot be written")
        .at(path.display().to_string())
        .because(cause)
}
