//! Files in memory: texts and trees by their hash, edits of lines, and merging.

use std::collections::BTreeMap;
use std::rc::Rc;

use axon_domain::ObjectId;
use axon_workspace::{TextMerge, merge_text};

/// What differs from a base: the text at each path. A whole base is one too.
pub(super) type Files = BTreeMap<String, ObjectId>;

/// How many lines a file begins with.
pub(super) const LINES: u32 = 40;

/// An edit of one line.
#[derive(Debug, Clone)]
pub(super) struct Edit {
    /// Which line, by the number that it begins with.
    pub(super) line: u32,
    /// What is written: behind the line, or as a new one below it.
    pub(super) mark: String,
    pub(super) below: bool,
}

impl Edit {
    /// The text with the edit.
    pub(super) fn of(&self, text: &str) -> String {
        let key = format!("{:02} ", self.line);
        let mut edited = String::with_capacity(text.len() + self.mark.len() + 2);
        for line in text.lines() {
            edited.push_str(line);
            if line.starts_with(&key) {
                edited.push(if self.below { '\n' } else { ' ' });
                edited.push_str(&self.mark);
            }
            edited.push('\n');
        }
        edited
    }
}

/// Everything that was ever written.
#[derive(Default, Clone)]
pub(super) struct Texts {
    texts: BTreeMap<ObjectId, Rc<str>>,
    trees: BTreeMap<ObjectId, Rc<Files>>,
}

impl Texts {
    pub(super) fn keep(&mut self, text: String) -> ObjectId {
        let id = ObjectId(*blake3::hash(text.as_bytes()).as_bytes());
        self.texts.entry(id).or_insert_with(|| text.into());
        id
    }

    /// `None` for no difference.
    pub(super) fn keep_tree(&mut self, files: Files) -> Option<ObjectId> {
        if files.is_empty() {
            return None;
        }
        let mut hash = blake3::Hasher::new();
        for (path, text) in &files {
            hash.update(path.as_bytes()).update(&[0]).update(&text.0);
        }
        let id = ObjectId(*hash.finalize().as_bytes());
        self.trees.entry(id).or_insert_with(|| Rc::new(files));
        Some(id)
    }

    pub(super) fn text(&self, id: ObjectId) -> Rc<str> {
        Rc::clone(&self.texts[&id])
    }

    pub(super) fn tree(&self, id: Option<ObjectId>) -> Rc<Files> {
        id.map_or_else(Rc::default, |id| Rc::clone(&self.trees[&id]))
    }

    /// A project of this many files.
    pub(super) fn project(&mut self, files: usize) -> Files {
        (0..files).map(|number| self.new_file(&path(number))).collect()
    }

    fn new_file(&mut self, path: &str) -> (String, ObjectId) {
        let lines = (0..LINES).map(|line| format!("{line:02} {path}\n"));
        (path.to_owned(), self.keep(lines.collect()))
    }

    /// What a path has in a tree that differs so from a base.
    pub(super) fn at(&self, base: &Files, delta: Option<ObjectId>, path: &str) -> ObjectId {
        self.tree(delta).get(path).copied().unwrap_or_else(|| base[path])
    }

    /// The text after an edit.
    pub(super) fn edit(&mut self, text: ObjectId, edit: &Edit) -> ObjectId {
        let edited = edit.of(&self.text(text));
        self.keep(edited)
    }

    /// Merges two changes of a text; `None` for a conflict.
    pub(super) fn merge(
        &mut self,
        base: ObjectId,
        ours: ObjectId,
        theirs: ObjectId,
    ) -> Option<ObjectId> {
        if theirs == base || ours == theirs {
            return Some(ours);
        }
        if ours == base {
            return Some(theirs);
        }
        let [base, ours, theirs] = [base, ours, theirs].map(|id| self.text(id));
        match merge_text(base.as_bytes(), ours.as_bytes(), theirs.as_bytes()) {
            TextMerge::Clean(merged) => Some(self.keep(String::from_utf8(merged).unwrap())),
            TextMerge::Conflicted(_) => None,
            TextMerge::Whole(reason) => panic!("these are texts: {reason:?}"),
        }
    }
}

/// The path of a file of a project.
pub(super) fn path(number: usize) -> String {
    format!("src/f{number:02}.py")
}
