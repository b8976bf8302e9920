//! Making a repository from nothing, for demonstrations and tests.

use std::fs;
use std::path::Path;

use axon_domain::{Code, Error, Result};
use gix::objs::tree::EntryKind;

use super::Repository;
use super::convert::{failed, io_code};
use crate::path;

/// A repository that is wanted.
#[derive(Debug, Clone, Copy)]
pub struct NewRepository<'a> {
    /// Its files: path and content.
    pub files: &'a [(&'a str, &'a str)],
    /// Name and address of who commits; set in the repository's own configuration, so that
    /// further commits need none.
    pub author: (&'a str, &'a str),
    /// The message of the first commit.
    pub message: &'a str,
    /// Its time: seconds since 1970, written in UTC.
    pub time_seconds: i64,
}

impl Repository {
    /// Makes a repository with one commit, checked out, in a folder that is new or empty.
    ///
    /// # Errors
    /// [`Code::WrongState`] when the folder has something in it, [`Code::ReadOnly`],
    /// [`Code::DiskFull`], [`Code::Git`].
    pub fn create(folder: &Path, new: &NewRepository<'_>) -> Result<Self> {
        fs::create_dir_all(folder).map_err(|cause| io(folder, cause))?;
        let mut inside = fs::read_dir(folder).map_err(|cause| io(folder, cause))?;
        if inside.next().is_some() {
            return Err(Error::new(Code::WrongState, "the folder is not empty")
                .at(folder.display().to_string())
                .hint("name a new or an empty folder"));
        }
        let git = gix::init(folder).map_err(failed("the repository cannot be made"))?;
        configure(&git, new.author)?;
        let tree = write_tree(&git, folder, new.files)?;
        let signature = gix::actor::Signature {
            name: new.author.0.into(),
            email: new.author.1.into(),
            time: gix::date::Time { seconds: new.time_seconds, offset: 0 },
        };
        let mut buffer = gix::date::parse::TimeBuf::default();
        let signature = signature.to_ref(&mut buffer);
        let parents: [gix::ObjectId; 0] = [];
        git.commit_as(signature, signature, "HEAD", new.message, tree, parents)
            .map_err(failed("the first commit cannot be made"))?;
        let mut index = git
            .index_from_tree(&tree)
            .map_err(failed("the index of the new repository cannot be made"))?;
        index
            .write(gix::index::write::Options::default())
            .map_err(failed("the index of the new repository cannot be written"))?;
        Self::discover(folder)
    }
}

fn configure(git: &gix::Repository, (name, email): (&str, &str)) -> Result<()> {
    let file = git.git_dir().join("config");
    let before = fs::read_to_string(&file).map_err(|cause| io(&file, cause))?;
    let text = format!("{before}[user]\n\tname = \"{name}\"\n\temail = \"{email}\"\n");
    fs::write(&file, text).map_err(|cause| io(&file, cause))
}

fn write_tree(
    git: &gix::Repository,
    folder: &Path,
    files: &[(&str, &str)],
) -> Result<gix::ObjectId> {
    let empty = git.empty_tree().id;
    let mut editor = git.edit_tree(empty).map_err(failed("the tree cannot be edited"))?;
    for (name, content) in files {
        path::check(name.as_bytes())?;
        let file = folder.join(name);
        let parent = file.parent().unwrap_or(folder);
        fs::create_dir_all(parent)
            .and_then(|()| fs::write(&file, content))
            .map_err(|cause| io(&file, cause))?;
        let blob = git.write_blob(content).map_err(failed("a file cannot be written"))?;
        editor
            .upsert(*name, EntryKind::Blob, blob.detach())
            .map_err(failed("the tree cannot be edited"))?;
    }
    let tree = editor.write().map_err(failed("the tree cannot be written"))?;
    Ok(tree.detach())
}

fn io(path: &Path, cause: std::io::Error) -> Error {
    Error::new(io_code(&cause), "the new repository cannot be written")
        .at(path.display().to_string())
        .because(cause)
}
