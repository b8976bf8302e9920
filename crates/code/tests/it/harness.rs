//! One fixture text in, one text out.
//!
//! A fixture is files behind `//- path` lines. The answer has one line for each line that
//! changes (`path:line: new text`), one for each mention that is wanted, or `! code: what`.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use axon_code::{FileEntry, Files, Located, Rename, apply_edits, rename};
use axon_domain::{
    Code, ContentId, Error, Language, MentionKind, ObjectId, Result, SymbolKind, Undecided,
};

/// Files in memory.
#[derive(Clone, Debug, Default)]
pub(crate) struct Memory {
    list: Vec<FileEntry>,
    bytes: Vec<Arc<[u8]>>,
}

impl Memory {
    pub(crate) fn parse(fixture: &str) -> Self {
        let mut files: Vec<(String, Vec<u8>)> = Vec::new();
        for line in fixture.split_inclusive('\n') {
            if let Some(path) = line.strip_prefix("//- ") {
                files.push((path.trim().to_owned(), Vec::new()));
            } else if let Some((_, bytes)) = files.last_mut() {
                bytes.extend_from_slice(line.as_bytes());
            }
        }
        Self::of(files)
    }

    pub(crate) fn of(mut files: Vec<(String, Vec<u8>)>) -> Self {
        files.sort();
        let mut memory = Self::default();
        for (at, (path, bytes)) in files.into_iter().enumerate() {
            let mut id = [0; 32];
            id[..8].copy_from_slice(&(at as u64).to_be_bytes());
            memory.list.push(FileEntry { path, content: ContentId::Object(ObjectId(id)) });
            memory.bytes.push(bytes.into());
        }
        memory
    }

    pub(crate) fn get(&self, path: &str) -> &[u8] {
        let at = self.list.iter().position(|entry| entry.path == path).expect("a file");
        &self.bytes[at]
    }

    pub(crate) fn set(&mut self, path: &str, bytes: Vec<u8>) {
        let at = self.list.iter().position(|entry| entry.path == path).expect("a file");
        self.bytes[at] = bytes.into();
    }

    pub(crate) fn paths(&self) -> impl Iterator<Item = &str> {
        self.list.iter().map(|entry| entry.path.as_str())
    }

    /// The files after the edits.
    pub(crate) fn edited(&self, located: &Located) -> Self {
        let mut after = self.clone();
        for file in &located.files {
            let bytes = apply_edits(self.get(&file.path), &file.sites).expect("edits that apply");
            after.set(&file.path, bytes);
        }
        if !located.created.is_empty() {
            let kept = self.paths().map(|path| (path.to_owned(), after.get(path).to_vec()));
            let mut files: Vec<_> = kept.collect();
            let made = located.created.iter();
            files.extend(made.map(|file| (file.path.clone(), file.text.clone().into_bytes())));
            return Self::of(files);
        }
        after
    }
}

impl Files for Memory {
    fn list(&self) -> &[FileEntry] {
        &self.list
    }

    fn read(&self, entry: &FileEntry) -> Result<Arc<[u8]>> {
        let at = self.list.iter().position(|known| known.path == entry.path);
        at.map(|at| Arc::clone(&self.bytes[at]))
            .ok_or_else(|| Error::new(Code::NotFound, "no such file").at(entry.path.clone()))
    }
}

/// What is asked for: `old new`, then any of `keep`, `include`, `leave`, `kind=…`,
/// `at=path:line`, `path=glob`.
pub(crate) fn request(text: &str) -> (Rename, Vec<String>) {
    let mut words = text.split_whitespace();
    let mut request = Rename {
        from: words.next().expect("the old name").to_owned(),
        to: words.next().expect("the new name").to_owned(),
        at: None,
        kind: None,
        keep_alias: false,
        undecided: Undecided::Ask,
    };
    let mut paths = Vec::new();
    for word in words {
        match word.split_once('=').unwrap_or((word, "")) {
            ("keep", _) => request.keep_alias = true,
            ("include", _) => request.undecided = Undecided::Include,
            ("leave", _) => request.undecided = Undecided::Leave,
            ("path", glob) => paths.push(glob.to_owned()),
            ("at", place) => {
                let (path, line) = place.rsplit_once(':').expect("path:line");
                request.at = Some((path.to_owned(), line.parse().expect("a line")));
            }
            ("kind", kind) => {
                request.kind = Some(match kind {
                    "function" => SymbolKind::Function,
                    "type" => SymbolKind::Type,
                    "method" => SymbolKind::Method,
                    _ => SymbolKind::Constant,
                });
            }
            _ => panic!("what is {word}?"),
        }
    }
    (request, paths)
}

/// Checks the lines that change, and the mentions that ask.
#[track_caller]
pub(crate) fn check(fixture: &str, asked: &str, expected: &str) {
    answer(&Memory::parse(fixture), asked, expected, false);
}

/// Checks the lines that change, and every mention.
#[track_caller]
pub(crate) fn check_all(fixture: &str, asked: &str, expected: &str) {
    answer(&Memory::parse(fixture), asked, expected, true);
}

#[track_caller]
pub(crate) fn answer(files: &Memory, asked: &str, expected: &str, all: bool) {
    let (request, paths) = request(asked);
    compare(files, rename(files, &request, &paths), expected, all);
}

/// Checks the lines that change, and the mentions that ask.
#[track_caller]
pub(crate) fn check_located(files: &Memory, found: Result<Located>, expected: &str) {
    compare(files, found, expected, false);
}

#[track_caller]
fn compare(files: &Memory, found: Result<Located>, expected: &str, all: bool) {
    let shown = match found {
        Ok(located) => {
            check_invariants(files, &located);
            show(files, &located, all)
        }
        Err(error) => format!("! {}: {}", error.code(), error.what()),
    };
    let plain = |text: &str| -> Vec<String> {
        text.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect()
    };
    let (shown, expected) = (plain(&shown), plain(expected));
    assert!(
        shown == expected,
        "shown:\n{}\n\nexpected:\n{}\n",
        shown.join("\n"),
        expected.join("\n")
    );
}

/// What holds of every answer.
#[track_caller]
fn check_invariants(files: &Memory, located: &Located) {
    let after = files.edited(located);
    for file in &located.files {
        let verdict = axon_code::syntax(
            Language::of_path(&file.path).expect("code"),
            Some(files.get(&file.path)),
            after.get(&file.path),
        );
        assert!(verdict.passed, "{} does not parse: {:?}", file.path, verdict.problems);
        assert!(file.sites.iter().all(|site| !site.evidence.is_empty()));
    }
}

fn show(files: &Memory, located: &Located, all: bool) -> String {
    let mut out = String::new();
    for file in &located.files {
        let before = files.get(&file.path);
        let mut sites = file.sites.as_slice();
        while let Some(first) = sites.first() {
            let same = sites.iter().take_while(|site| site.line == first.line).count();
            let (here, rest) = sites.split_at(same);
            sites = rest;
            let start =
                before[..first.edit.start].iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
            let last = here.last().expect("a site").edit.end;
            let end = before[last..]
                .iter()
                .position(|b| *b == b'\n')
                .map_or(before.len(), |at| last + at);
            let shifted: Vec<_> = here
                .iter()
                .map(|site| {
                    let mut site = site.clone();
                    site.edit.start -= start;
                    site.edit.end -= start;
                    site
                })
                .collect();
            let line = apply_edits(&before[start..end], &shifted).expect("edits that apply");
            let line = String::from_utf8(line).expect("UTF-8");
            let line = line.trim().replace("\r\n", "⏎").replace('\n', "⏎");
            writeln!(out, "{}:{}: {line}", file.path, first.line).expect("memory");
        }
    }
    for file in &located.created {
        writeln!(
            out,
            "+ {}: {}",
            file.path,
            file.text.trim_end().replace("\r\n", "↵").replace('\n', "⏎")
        )
        .expect("memory");
    }
    for mention in &located.mentions {
        let kind = match mention.kind {
            MentionKind::Text if mention.why.contains("entry point") => "entry point",
            kind => kind.name(),
        };
        if all || mention.kind.asks() {
            writeln!(out, "? {}:{} {kind}: {}", mention.path, mention.line, mention.why)
                .expect("memory");
        }
    }
    for skipped in &located.skipped {
        writeln!(out, "- {}: {}", skipped.path, skipped.why).expect("memory");
    }
    out
}

/// What rustc says against a library; empty where it compiles. The folder is below the one for
/// what tests write.
pub(crate) fn rustc(files: &Memory, folder: &str) -> String {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(folder);
    if folder.exists() {
        std::fs::remove_dir_all(&folder).expect("an old folder goes");
    }
    for path in files.paths() {
        let to = folder.join(path);
        std::fs::create_dir_all(to.parent().expect("a folder")).expect("a folder");
        std::fs::write(to, files.get(path)).expect("a file");
    }
    let output = Command::new("rustc")
        .args(["--edition", "2021", "--crate-type", "lib", "--crate-name", "shop"])
        .args(["--emit", "metadata", "--cap-lints", "allow", "--out-dir"])
        .arg(&folder)
        .arg(folder.join("src/lib.rs"))
        .output()
        .expect("rustc runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() { String::new() } else { format!("rustc refuses it: {said}") }
}
