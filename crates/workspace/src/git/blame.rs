//! Which commit brought a line.

use std::collections::BTreeSet;

use axon_domain::{Code, Error, GitId, Result};
use gix::bstr::ByteSlice;
use gix::objs::{Data, Find, FindHeader, Header};

use super::Repository;
use super::convert::{failed, git_id, oid};
use super::files::{FileMode, Found};
use crate::path::shown;

/// Where a line comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlamedLine {
    /// The commit that brought it.
    pub commit: GitId,
    /// The file's path in that commit.
    pub path_then: String,
    /// The line's number in that commit, from 1.
    pub line_then: u32,
}

impl Repository {
    /// The commit that brought a line (numbered from 1) as it is in `commit`, following renames.
    /// In a shallow clone the oldest commits there are taken for the beginning.
    ///
    /// # Errors
    /// [`Code::NotFound`] without such a file or line, [`Code::MissingObject`], [`Code::Git`].
    pub fn blame_line(&self, commit: GitId, path: &str, line: u32) -> Result<BlamedLine> {
        let place = || format!("{path}:{line}");
        let tree = self.commit_info(commit)?.tree;
        let content = match self.find(tree, path)? {
            Some(Found::File(FileMode::Regular | FileMode::Executable, id)) => {
                self.read_blob(id).map_err(|error| error.within(path))?
            }
            _ => return Err(Error::new(Code::NotFound, "there is no such file").at(path)),
        };
        let lines = content.lines().count();
        if line == 0 || usize::try_from(line).is_ok_and(|line| line > lines) {
            return Err(
                Error::new(Code::NotFound, format!("the file has {lines} lines")).at(place())
            );
        }
        let outcome = self
            .with(|git| blame(git, oid(commit)?, path, line))
            .map_err(|error| error.at(place()))?;
        let wanted = line - 1;
        let entry = outcome.entries.iter().find(|entry| {
            let start = entry.start_in_blamed_file;
            start <= wanted && wanted - start < entry.len.get()
        });
        let Some(entry) = entry else {
            return Err(Error::new(Code::Git, "no commit was found for the line").at(place()));
        };
        let name = entry.source_file_name.as_ref();
        Ok(BlamedLine {
            commit: git_id(&entry.commit_id)?,
            path_then: name.map_or_else(|| path.to_owned(), |name| shown(name)),
            line_then: entry.start_in_source_file + (wanted - entry.start_in_blamed_file) + 1,
        })
    }
}

fn blame(
    git: &gix::Repository,
    commit: gix::ObjectId,
    path: &str,
    line: u32,
) -> Result<gix::blame::Outcome> {
    let unknown = failed("the line's history cannot be read");
    let shallow = git.shallow_commits().map_err(&unknown)?;
    let objects = Grafted {
        objects: &git.objects,
        beginnings: shallow.iter().flat_map(|commits| commits.iter().copied()).collect(),
    };
    // The commit graph knows the parents that a shallow clone lacks.
    let graph =
        if shallow.is_some() { None } else { git.commit_graph_if_enabled().map_err(&unknown)? };
    let options = gix::blame::Options {
        diff_algorithm: git.diff_algorithm().map_err(&unknown)?,
        ranges: gix::blame::BlameRanges::from_one_based_inclusive_range(line..=line)
            .map_err(&unknown)?,
        since: None,
        rewrites: Some(gix::diff::Rewrites::default()),
        debug_track_path: false,
    };
    let mut cache = git.diff_resource_cache_for_tree_diff().map_err(&unknown)?;
    let start = gix::blame::Start::Commit(commit);
    gix::blame::file(objects, start, graph, &mut cache, path.into(), options).map_err(unknown)
}

/// The objects of a repository, where the oldest commits of a shallow clone have no parents.
struct Grafted<'a> {
    objects: &'a gix::OdbHandle,
    beginnings: BTreeSet<gix::ObjectId>,
}

impl Find for Grafted<'_> {
    fn try_find<'a>(
        &self,
        id: &gix::oid,
        buffer: &'a mut Vec<u8>,
    ) -> gix::Result<Option<Data<'a>>> {
        if !self.beginnings.contains(id) {
            return self.objects.try_find(id, buffer);
        }
        let Some(found) = self.objects.try_find(id, buffer)? else { return Ok(None) };
        let (kind, hash) = (found.kind, found.object_hash);
        let without = without_parents(found.data);
        *buffer = without;
        Ok(Some(Data { kind, object_hash: hash, data: buffer.as_slice() }))
    }
}

impl FindHeader for Grafted<'_> {
    fn try_header(&self, id: &gix::oid) -> gix::Result<Option<Header>> {
        self.objects.try_header(id)
    }
}

/// The bytes of a commit without its `parent` lines, which are in the headers only.
fn without_parents(commit: &[u8]) -> Vec<u8> {
    let headers = commit.find(b"\n\n").unwrap_or(commit.len());
    let (headers, rest) = commit.split_at(headers);
    let mut kept = Vec::with_capacity(commit.len());
    for line in headers.split(|byte| *byte == b'\n').filter(|line| !line.starts_with(b"parent ")) {
        if !kept.is_empty() {
            kept.push(b'\n');
        }
        kept.extend_from_slice(line);
    }
    kept.extend_from_slice(rest);
    kept
}
