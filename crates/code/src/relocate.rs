//! Moving a definition to another module, over all languages.

use std::sync::Arc;

use axon_domain::{Code, ContentId, Error, ObjectId, Result, Undecided};

use crate::rename::{choose_symbol, finish};
use crate::sources::Sources;
use crate::{FileEntry, Files, Located, NewFile, Rename, apply_edits, limits, prose};

/// What to move.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// The name, bare or qualified.
    pub symbol: String,
    /// `path:line` of the definition, where the name alone is ambiguous.
    pub at: Option<(String, u32)>,
    /// The module that it goes to: a path (`shop/totals.py`, `src/totals.rs`) or a name
    /// (`shop.totals`, `crate::totals`). The file need not exist.
    pub to: String,
    /// What happens to places that nothing in the code decides.
    pub undecided: Undecided,
}

/// Finds a top-level definition and every place that has to change when it stands elsewhere.
///
/// `paths` are globs as for [`crate::rename()`]; both modules have to be among them. A file that
/// does not exist yet is in [`Located::created`]. Errors: [`Code::Usage`] for what cannot be
/// moved (the reason is said), [`Code::NeedsDecision`] where modules would import each other or
/// where others could not name it any more, [`Code::NameCollision`], and those of a rename.
/// In Rust what has to be seen further afterwards is widened as far as it takes and no further,
/// which the evidence of the edits says; nothing is made public that is not.
pub fn move_symbol(files: &dyn Files, request: &Move, paths: &[String]) -> Result<Located> {
    let globs = limits::Globs::new(paths)?;
    let now = Sources::new(files);
    let probe = Rename {
        from: request.symbol.clone(),
        to: String::new(),
        at: request.at.clone(),
        kind: None,
        keep_alias: false,
        undecided: request.undecided,
    };
    let (backend, chosen, rejected) = choose_symbol(&now, &probe)?;
    let home = (backend.home)(&now, &chosen.symbol, &request.to)?;
    for path in [&chosen.symbol.path, &home] {
        if !globs.matches(path) {
            let what = format!("`{path}` has to change and lies outside of what may be edited");
            return Err(Error::new(Code::Usage, what).at(path.clone()));
        }
    }
    let with_home = Overlay::new(files, &home);
    let sources = Sources::new(&with_home);
    let mut located = (backend.relocate)(&sources, &chosen.symbol, &home, request.undecided)?;
    if with_home.new {
        let (made, rest) = located.files.into_iter().partition(|file| file.path == home);
        located.files = rest;
        for file in Vec::from_iter::<Vec<axon_domain::FileEdits>>(made) {
            let bytes = apply_edits(b"", &file.sites)?;
            let text = String::from_utf8(bytes)
                .map_err(|error| Error::new(Code::Bug, "a new file is not UTF-8").because(error))?;
            located.created.push(NewFile { path: file.path, text });
        }
    }
    located.rejected.extend(rejected);
    located.mentions.extend(prose::mentions(&sources, &chosen.symbol.name)?);
    located.skipped = sources.skipped();
    finish(located, &globs)
}

/// Files with one more, which is empty, where it is not there.
struct Overlay<'f> {
    files: &'f dyn Files,
    list: Vec<FileEntry>,
    path: String,
    new: bool,
}

impl<'f> Overlay<'f> {
    fn new(files: &'f dyn Files, path: &str) -> Self {
        let mut list = files.list().to_vec();
        let at = list.binary_search_by(|entry| entry.path.as_str().cmp(path));
        if let Err(at) = at {
            let content = ContentId::Object(ObjectId([0; 32]));
            list.insert(at, FileEntry { path: path.to_owned(), content });
        }
        Self { files, list, path: path.to_owned(), new: at.is_err() }
    }
}

impl Files for Overlay<'_> {
    fn list(&self) -> &[FileEntry] {
        &self.list
    }

    fn read(&self, entry: &FileEntry) -> Result<Arc<[u8]>> {
        if self.new && entry.path == self.path {
            return Ok(Arc::from(&b""[..]));
        }
        self.files.read(entry)
    }
}
