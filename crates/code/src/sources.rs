//! The files of a tree as a language looks at them: decoded, searched and parsed on demand.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::ops::{ControlFlow, Range};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use axon_domain::{Code, ContentId, Error, Language, Result, Skipped};
use tree_sitter::{ParseOptions, Parser, Tree};

use crate::text::{Lines, words};
use crate::{Files, Known};

/// Files above this many bytes are not looked into: generated code and data.
pub(crate) const LARGEST: usize = 10 * 1024 * 1024;

/// One file, by its position in [`Files::list`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct FileId(pub(crate) usize);

/// A file that was parsed.
#[derive(Debug)]
pub(crate) struct Parsed {
    /// The text, byte for byte the file.
    pub(crate) text: Arc<str>,
    /// Its syntax tree; may hold `ERROR` nodes.
    pub(crate) tree: Tree,
    /// Its lines.
    pub(crate) lines: Lines,
}

/// Every file, with what is known about it so far. Shared between threads.
pub(crate) struct Sources<'f> {
    files: &'f dyn Files,
    by_path: HashMap<&'f str, FileId>,
    texts: Vec<OnceLock<Option<Arc<str>>>>,
    parsed: Vec<OnceLock<Option<Parsed>>>,
    skipped: Mutex<BTreeMap<String, String>>,
}

impl<'f> Sources<'f> {
    /// Nothing is read yet.
    pub(crate) fn new(files: &'f dyn Files) -> Self {
        let list = files.list();
        let by_path =
            list.iter().enumerate().map(|(at, entry)| (entry.path.as_str(), FileId(at))).collect();
        Self {
            files,
            by_path,
            texts: list.iter().map(|_| OnceLock::new()).collect(),
            parsed: list.iter().map(|_| OnceLock::new()).collect(),
            skipped: Mutex::new(files.known().map(skipped_before).unwrap_or_default()),
        }
    }

    /// Every file, in the order of the paths.
    pub(crate) fn ids(&self) -> impl Iterator<Item = FileId> + use<'f> {
        (0..self.files.list().len()).map(FileId)
    }

    /// The files of one language.
    pub(crate) fn of_language(&self, language: Language) -> Vec<FileId> {
        self.ids().filter(|id| Language::of_path(self.path(*id)) == Some(language)).collect()
    }

    /// The file of this path.
    pub(crate) fn find(&self, path: &str) -> Option<FileId> {
        self.by_path.get(path).copied()
    }

    /// Its path.
    pub(crate) fn path(&self, id: FileId) -> &'f str {
        &self.files.list()[id.0].path
    }

    /// The id of its content.
    pub(crate) fn content(&self, id: FileId) -> ContentId {
        self.files.list()[id.0].content
    }

    /// The text; `None` where the file is not text (see [`Sources::skip`]).
    pub(crate) fn text(&self, id: FileId) -> Result<Option<&Arc<str>>> {
        if let Some(known) = self.texts[id.0].get() {
            return Ok(known.as_ref());
        }
        let bytes = self.files.read(&self.files.list()[id.0])?;
        let text = match decode(&bytes) {
            Ok(text) => Some(Arc::from(text)),
            Err(why) => {
                self.skip(id, why);
                None
            }
        };
        Ok(self.texts[id.0].get_or_init(|| text).as_ref())
    }

    /// The file parsed as this language; `None` where it is not text or the parser gave up.
    /// A file belongs to one language; asking for another gives the first answer.
    pub(crate) fn parsed(&self, id: FileId, language: Language) -> Result<Option<&Parsed>> {
        if let Some(known) = self.parsed[id.0].get() {
            return Ok(known.as_ref());
        }
        let parsed = match self.text(id)? {
            None => None,
            Some(text) => match parse(language, text)? {
                Some(tree) => {
                    Some(Parsed { text: Arc::clone(text), tree, lines: Lines::new(text) })
                }
                None => {
                    self.skip(id, "the parser gave up");
                    None
                }
            },
        };
        Ok(self.parsed[id.0].get_or_init(|| parsed).as_ref())
    }

    /// Says that a file was not looked into, and why. The first reason stays.
    pub(crate) fn skip(&self, id: FileId, why: &str) {
        let mut skipped = self.skipped.lock().unwrap_or_else(PoisonError::into_inner);
        skipped.entry(self.path(id).to_owned()).or_insert_with(|| why.to_owned());
    }

    /// The files that were not looked into, sorted by path.
    pub(crate) fn skipped(&self) -> Vec<Skipped> {
        let skipped = self.skipped.lock().unwrap_or_else(PoisonError::into_inner);
        skipped.iter().map(|(path, why)| Skipped { path: path.clone(), why: why.clone() }).collect()
    }

    /// Those of the files that hold one of the words, by path. Files that are not text and hold
    /// one are skipped with their reason; so are files of a language whose content is not in
    /// the repository (LFS pointers). Texts of the others are not kept.
    pub(crate) fn containing(&self, among: &[FileId], any_of: &[&str]) -> Result<Vec<FileId>> {
        if let Some(known) = self.files.known().filter(|known| any_of == [known.word.as_str()]) {
            let holds = |id: &&FileId| known.holding.contains(self.path(**id));
            return Ok(among.iter().filter(holds).copied().collect());
        }
        let found = parallel(among, |id| self.holds(*id, any_of))?;
        Ok(among.iter().zip(found).filter(|(_, holds)| *holds).map(|(id, _)| *id).collect())
    }

    /// Whether a file holds one of the words.
    pub(crate) fn holds(&self, id: FileId, any_of: &[&str]) -> Result<bool> {
        if let Some(known) = self.texts[id.0].get() {
            let holds = |text: &Arc<str>| contains_any(text.as_bytes(), any_of);
            return Ok(known.as_ref().is_some_and(holds));
        }
        let bytes = self.files.read(&self.files.list()[id.0])?;
        if is_lfs_pointer(&bytes) {
            if Language::of_path(self.path(id)).is_some() {
                self.skip(id, "its content is in Git LFS, not in the repository");
            }
            return Ok(false);
        }
        let holds = contains_any(&bytes, any_of);
        let foreign = |text: &str| !text.is_ascii() && contains_any(nfkc(text).as_bytes(), any_of);
        match decode(&bytes) {
            Ok(text) if holds || foreign(text) => {
                self.texts[id.0].get_or_init(|| Some(Arc::from(text)));
                Ok(true)
            }
            Err(why) if holds => {
                self.skip(id, why);
                self.texts[id.0].get_or_init(|| None);
                Ok(false)
            }
            _ => Ok(false),
        }
    }
}

fn skipped_before(known: &Known) -> BTreeMap<String, String> {
    known.skipped.iter().map(|it| (it.path.clone(), it.why.clone())).collect()
}

/// The text as identifiers are compared where a language says so (Python, Rust: NFKC and NFC).
pub(crate) fn nfkc(text: &str) -> String {
    use unicode_normalization::UnicodeNormalization;
    text.nfkc().collect()
}

fn contains_any(bytes: &[u8], any_of: &[&str]) -> bool {
    any_of.iter().any(|word| words(bytes, word).next().is_some())
}

/// UTF-8 text of a size that is looked into, or why not.
fn decode(bytes: &[u8]) -> Result<&str, &'static str> {
    if bytes.len() > LARGEST {
        return Err("larger than 10 MB");
    }
    if is_lfs_pointer(bytes) {
        return Err("its content is in Git LFS, not in the repository");
    }
    if memchr::memchr(0, &bytes[..bytes.len().min(8_000)]).is_some() {
        return Err("binary");
    }
    std::str::from_utf8(bytes).map_err(|_| "not UTF-8")
}

/// <https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md>
fn is_lfs_pointer(bytes: &[u8]) -> bool {
    bytes.len() < 1024 && bytes.starts_with(b"version https://git-lfs.github.com/spec/")
}

/// The grammar of a language.
pub(crate) fn grammar(language: Language) -> tree_sitter::Language {
    match language {
        Language::Python => tree_sitter_python::LANGUAGE.into(),
        Language::Rust => tree_sitter_rust::LANGUAGE.into(),
    }
}

/// The syntax tree of a text; `None` when the parser was stopped because the text takes it far
/// more work than text of its length does. The bound counts steps, not time, so that the answer
/// is the same on every machine.
pub(crate) fn parse(language: Language, text: &str) -> Result<Option<Tree>> {
    PARSER.with_borrow_mut(|parser| {
        parser.set_language(&grammar(language)).map_err(|error| {
            Error::new(Code::Bug, format!("the grammar of {language} cannot be loaded"))
                .because(error)
        })?;
        let tree = parse_bounded(parser, language, text);
        if tree.is_none() {
            // Else the next text would go on where this one was stopped.
            parser.reset();
        }
        Ok(tree)
    })
}

thread_local! {
    // A parser keeps the memory that it works in.
    static PARSER: RefCell<Parser> = RefCell::new(Parser::new());
}

fn parse_bounded(parser: &mut Parser, language: Language, text: &str) -> Option<Tree> {
    let mut left = text.len() + 100_000;
    let mut progress = |_: &tree_sitter::ParseState| {
        left = left.saturating_sub(1);
        if left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let options = ParseOptions::new().progress_callback(&mut progress);
    let blanked = (language == Language::Python).then(|| without_long_comments(text)).flatten();
    let bytes = blanked.as_deref().unwrap_or(text.as_bytes());
    let mut read = |offset: usize, _| bytes.get(offset..).unwrap_or_default();
    parser.parse_with_options(&mut read, None, Some(options))
}

/// From how many lines of comments in a row on they are kept from the parser.
const LONG_COMMENT: usize = 300;

/// Runs of lines of Python that hold nothing but comments, where they are long. The scanner of
/// the grammar looks ahead to the end of the run at each of its lines, so that a file of
/// nothing else would take the square of its length.
pub(crate) fn long_comments(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let (mut run, mut count, mut start) = (0..0, 0, 0);
    for end in memchr::memchr_iter(b'\n', text.as_bytes()).chain([text.len()]) {
        let first = text.as_bytes()[start..end].iter().find(|b| !matches!(b, b' ' | b'\t' | b'\r'));
        match first {
            Some(b'#') => {
                if count == 0 {
                    run.start = start;
                }
                count += 1;
                run.end = end;
            }
            None => {}
            Some(_) => {
                if count >= LONG_COMMENT {
                    found.push(run.clone());
                }
                count = 0;
            }
        }
        start = end + 1;
    }
    if count >= LONG_COMMENT {
        found.push(run);
    }
    found
}

/// The text with spaces in place of long comments; `None` where there are none.
fn without_long_comments(text: &str) -> Option<Vec<u8>> {
    let comments = long_comments(text);
    if comments.is_empty() {
        return None;
    }
    let mut bytes = text.as_bytes().to_vec();
    for range in comments {
        for byte in &mut bytes[range] {
            if !matches!(byte, b'\n' | b'\r') {
                *byte = b' ';
            }
        }
    }
    Some(bytes)
}

/// Does the same for every item, on all cores; the first error in the order of the items wins.
pub(crate) fn parallel<T: Sync, R: Send>(
    items: &[T],
    work: impl Fn(&T) -> Result<R> + Sync,
) -> Result<Vec<R>> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(16);
    if items.len() < 8 || threads == 1 {
        return items.iter().map(work).collect();
    }
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, Result<R>)>> = Mutex::new(Vec::with_capacity(items.len()));
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let mut mine = Vec::new();
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(at) else { break };
                    mine.push((at, work(item)));
                }
                done.lock().unwrap_or_else(PoisonError::into_inner).append(&mut mine);
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_unstable_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}
