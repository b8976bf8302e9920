//! What is found on the way to [`Located`]: lists that change, edits, mentions.

use std::collections::BTreeMap;
use std::ops::Range;

use axon_domain::{
    Code, Error, FileEdits, Mention, MentionKind, Result, Site, SiteKind, Symbol, TextEdit,
    Undecided,
};

use crate::Located;
use crate::signature::{Changes, Item, List, change, changed};
use crate::sources::{FileId, Sources};
use crate::text::{Known, Lines, excerpt};

/// A list in brackets and what it is to hold.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) file: FileId,
    pub(crate) list: List,
    pub(crate) items: Vec<Item>,
    pub(crate) kind: SiteKind,
    pub(crate) evidence: String,
    /// What is not known about it; it is asked about.
    pub(crate) open: Option<String>,
}

/// A place that is listed.
#[derive(Debug)]
pub(crate) struct Note {
    pub(crate) file: FileId,
    pub(crate) span: Range<usize>,
    pub(crate) kind: MentionKind,
    pub(crate) why: String,
    pub(crate) edit: Option<String>,
}

/// Everything about one request.
pub(crate) struct Sheet<'s, 'f> {
    pub(crate) sources: &'s Sources<'f>,
    undecided: Undecided,
    /// What begins a comment of the language.
    comment: &'static str,
    pub(crate) places: Vec<Place>,
    notes: Vec<Note>,
}

type Told = BTreeMap<(usize, usize), (SiteKind, String)>;

impl<'s, 'f> Sheet<'s, 'f> {
    pub(crate) fn new(
        sources: &'s Sources<'f>,
        undecided: Undecided,
        comment: &'static str,
    ) -> Self {
        Self { sources, undecided, comment, places: Vec::new(), notes: Vec::new() }
    }

    /// Puts a text in place of a range.
    pub(crate) fn edit(
        &mut self,
        file: FileId,
        span: Range<usize>,
        text: String,
        kind: SiteKind,
        evidence: impl Into<String>,
    ) {
        self.places.push(Place {
            file,
            list: List { inner: span.clone(), items: vec![span.clone()] },
            items: vec![Item::Old { at: 0, change: Some((span, text)) }],
            kind,
            evidence: evidence.into(),
            open: None,
        });
    }

    /// Lists a place.
    pub(crate) fn note(
        &mut self,
        file: FileId,
        span: Range<usize>,
        kind: MentionKind,
        why: String,
    ) {
        self.notes.push(Note { file, span, kind, why, edit: None });
    }

    /// Lists a place that a person has to decide on.
    pub(crate) fn ask(&mut self, file: FileId, span: Range<usize>, why: impl Into<String>) {
        self.note(file, span, MentionKind::Undecided, why.into());
    }

    /// Inner lists before the ones around them; then everything in order.
    ///
    /// Errors: [`Code::NeedsDecision`] where a definition cannot be written.
    pub(crate) fn finish(mut self, symbol: Option<&Symbol>) -> Result<Located> {
        let mut places = std::mem::take(&mut self.places);
        places.sort_by_key(|place| {
            let inner = &place.list.inner;
            (place.file, std::cmp::Reverse(inner.start), inner.end)
        });
        let mut files: BTreeMap<FileId, (Changes, Told)> = BTreeMap::new();
        for place in places {
            let (known, told) = files.entry(place.file).or_default();
            self.write(place, known, told)?;
        }
        let mut located = Located { symbol: symbol.cloned(), ..Located::default() };
        for (file, (known, told)) in files {
            let sites = sites(&self, file, known, told)?;
            let path = self.sources.path(file).to_owned();
            located.files.push(FileEdits { path, base: self.sources.content(file), sites });
        }
        let mut lines: BTreeMap<FileId, (Lines, Known)> = BTreeMap::new();
        for note in std::mem::take(&mut self.notes) {
            let Some(text) = self.sources.text(note.file)? else { continue };
            let new = || (Lines::new(text), Known::default());
            let (lines, known) = lines.entry(note.file).or_insert_with(new);
            let (line, column) = lines.place_after(text, known, note.span.start);
            let edit =
                note.edit.map(|text| TextEdit { start: note.span.start, end: note.span.end, text });
            located.mentions.push(Mention {
                path: self.sources.path(note.file).to_owned(),
                line,
                column,
                kind: note.kind,
                excerpt: excerpt(text, note.span.start),
                why: note.why,
                edit,
            });
        }
        Ok(located)
    }

    fn write(&mut self, place: Place, known: &mut Changes, told: &mut Told) -> Result<()> {
        let Some(text) = self.sources.text(place.file)? else { return Ok(()) };
        let Place { file, list, items, kind, evidence, open } = place;
        let open = open.filter(|_| self.undecided != Undecided::Include);
        let mut apart = Changes::new();
        let into = if open.is_some() { &mut apart } else { known };
        match (change(text, &list, &items, self.comment, into), open) {
            (Ok(added), None) => {
                told.extend(added.into_iter().map(|range| (range, (kind, evidence.clone()))));
            }
            (Ok(added), Some(_)) if added.is_empty() => {}
            (Ok(_), Some(why)) => {
                let edit = Some(changed(text, &list.inner, &apart));
                let (span, kind) = (list.inner, MentionKind::Undecided);
                self.notes.push(Note { file, span, kind, why, edit });
            }
            (Err(why), _) if kind == SiteKind::Definition => {
                let path = self.sources.path(file);
                let line = Lines::new(text).line(list.inner.start);
                return Err(Error::new(Code::NeedsDecision, why).at(format!("{path}:{line}")));
            }
            (Err(why), _) => self.ask(file, list.inner, why),
        }
        Ok(())
    }
}

/// The changes of one file; those that begin at one byte are one.
fn sites(sheet: &Sheet<'_, '_>, file: FileId, known: Changes, mut told: Told) -> Result<Vec<Site>> {
    let Some(text) = sheet.sources.text(file)? else { return Ok(Vec::new()) };
    let (lines, mut place) = (Lines::new(text), Known::default());
    let mut found = Vec::new();
    let mut before: Option<(usize, String)> = None;
    let mut changes = known.into_iter().peekable();
    while let Some(((start, end), new)) = changes.next() {
        let new = match before.take() {
            Some((at, earlier)) if at == start => earlier + &new,
            _ => new,
        };
        if changes.peek().is_some_and(|((next, _), _)| *next == start) {
            before = Some((start, new));
            continue;
        }
        let other = || (SiteKind::Reference, "part of another change".to_owned());
        let (kind, evidence) = told.remove(&(start, end)).unwrap_or_else(other);
        let (line, column) = lines.place_after(text, &mut place, start);
        let edit = TextEdit { start, end, text: new };
        found.push(Site { line, column, kind, evidence, edit });
    }
    Ok(found)
}
