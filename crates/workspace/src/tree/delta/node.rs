//! One node, in memory and as bytes.
//!
//! Version 1: byte `1`, byte level (0: leaf), number of entries, entries. A number is 7 bits a
//! byte, low bits first, in its shortest form. An entry is the key (number of bytes, bytes) and
//! - in a leaf a tag: 0 deleted; otherwise 1 regular, 2 executable, 3 link, plus 0 for an object
//!   of the ledger, 16 for SHA-1 and 32 for SHA-256 of Git; then the id;
//! - above, the id of a node whose last key this is.

use axon_domain::{Code, ContentId, Error, GitId, ObjectId, ObjectStore, Result};

use super::{Entry, EntryMode};

const VERSION: u8 = 1;
/// More levels than a tree of 2^64 entries can have, as every node but the last has two or more.
const MAX_LEVEL: u8 = 64;
/// On average a node ends after this many entries.
const AVERAGE: u32 = 32;
/// A node never has fewer (but for the last of its level), so that each level is smaller than
/// the one below.
const MIN_ENTRIES: usize = 2;
/// A node never has more.
const MAX_ENTRIES: usize = 256;
/// A node with this many bytes of keys ends, whatever the entries.
const MAX_KEY_BYTES: usize = 64 << 10;

/// What is behind a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Value {
    /// In a leaf: a file, or that it was deleted.
    File(Option<Entry>),
    /// Above: a node of the level below.
    Node(ObjectId),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) level: u8,
    pub(super) entries: Vec<(String, Value)>,
}

/// A node to be read, and what it must be.
pub(super) struct Child<'a> {
    pub(super) id: ObjectId,
    pub(super) level: u8,
    pub(super) last: &'a str,
}

/// Where a search goes on.
pub(super) enum Step<'a> {
    Entry(Option<Option<Entry>>),
    Child(Child<'a>),
}

impl Child<'_> {
    /// Reads it and checks that it is what its parent says.
    pub(super) fn load(&self, store: &dyn ObjectStore) -> Result<Node> {
        let node = Node::load(store, self.id)?;
        let last = node.entries.last().map(|(key, _)| key.as_str());
        if node.level != self.level || last != Some(self.last) {
            return Err(damaged("a node is not the one its parent means", self.id));
        }
        Ok(node)
    }
}

impl Node {
    pub(super) fn load(store: &dyn ObjectStore, id: ObjectId) -> Result<Self> {
        decode(&store.get(id)?).map_err(|why| damaged(why, id))
    }

    pub(super) fn child(&self, at: usize) -> Option<Child<'_>> {
        let (last, value) = self.entries.get(at)?;
        match value {
            Value::Node(id) => Some(Child { id: *id, level: self.level.saturating_sub(1), last }),
            Value::File(_) => None,
        }
    }

    /// The first entry at or after the key.
    pub(super) fn position(&self, key: &str) -> usize {
        self.entries.partition_point(|(known, _)| known.as_str() < key)
    }

    pub(super) fn step(&self, key: &str) -> Step<'_> {
        let at = self.position(key);
        if let Some(child) = self.child(at) {
            return Step::Child(child);
        }
        Step::Entry(match self.entries.get(at) {
            Some((known, Value::File(file))) if known == key => Some(*file),
            _ => None,
        })
    }
}

fn damaged(why: &str, id: ObjectId) -> Error {
    Error::new(Code::LedgerDamaged, format!("the list of changed files is damaged: {why}"))
        .at(format!("object {id}"))
        .hint("axon verify names what else is damaged")
}

/// Decides where the nodes of a level end: by the keys alone.
pub(super) struct Boundary {
    level: u8,
    entries: usize,
    key_bytes: usize,
}

impl Boundary {
    pub(super) fn new(level: u8) -> Self {
        Self { level, entries: 0, key_bytes: 0 }
    }

    /// Whether the node ends after this key.
    pub(super) fn ends_after(&mut self, key: &str) -> bool {
        self.entries += 1;
        self.key_bytes += key.len();
        let ends = self.entries >= MIN_ENTRIES
            && (self.entries >= MAX_ENTRIES
                || self.key_bytes >= MAX_KEY_BYTES
                || is_boundary(self.level, key));
        if ends {
            *self = Self::new(self.level);
        }
        ends
    }
}

fn is_boundary(level: u8, key: &str) -> bool {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&[level]);
    hasher.update(key.as_bytes());
    let [a, b, c, d, ..] = *hasher.finalize().as_bytes();
    u32::from_le_bytes([a, b, c, d]) < u32::MAX / AVERAGE
}

pub(super) fn encode(node: &Node) -> Vec<u8> {
    let mut bytes = vec![VERSION, node.level];
    put_number(&mut bytes, node.entries.len());
    for (key, value) in &node.entries {
        put_number(&mut bytes, key.len());
        bytes.extend_from_slice(key.as_bytes());
        match value {
            Value::Node(id) => bytes.extend_from_slice(&id.0),
            Value::File(None) => bytes.push(0),
            Value::File(Some(entry)) => put_entry(&mut bytes, entry),
        }
    }
    bytes
}

fn put_entry(bytes: &mut Vec<u8>, entry: &Entry) {
    let mode = match entry.mode {
        EntryMode::Regular => 1,
        EntryMode::Executable => 2,
        EntryMode::Link => 3,
    };
    match &entry.content {
        ContentId::Object(id) => {
            bytes.push(mode);
            bytes.extend_from_slice(&id.0);
        }
        ContentId::Git(id) => {
            bytes.push(mode + if id.as_bytes().len() == 20 { 16 } else { 32 });
            bytes.extend_from_slice(id.as_bytes());
        }
    }
}

fn put_number(bytes: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// Bytes that are being read.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], &'static str> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or("it ends too early")?;
        self.0 = rest;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8, &'static str> {
        self.take(1)?.first().copied().ok_or("it ends too early")
    }

    fn number(&mut self) -> Result<usize, &'static str> {
        let mut number = 0usize;
        // Four bytes hold any number that fits into a node.
        for shift in [0, 7, 14, 21] {
            let byte = self.byte()?;
            number |= usize::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                let shortest = shift == 0 || byte != 0;
                return if shortest {
                    Ok(number)
                } else {
                    Err("a number is not in its shortest form")
                };
            }
        }
        Err("a number is too large")
    }

    fn object_id(&mut self) -> Result<ObjectId, &'static str> {
        let bytes = self.take(32)?;
        bytes.try_into().map(ObjectId).map_err(|_| "it ends too early")
    }

    fn file(&mut self) -> Result<Option<Entry>, &'static str> {
        let tag = self.byte()?;
        if tag == 0 {
            return Ok(None);
        }
        let mode = match tag & 15 {
            1 => EntryMode::Regular,
            2 => EntryMode::Executable,
            3 => EntryMode::Link,
            _ => return Err("an entry has an unknown mode"),
        };
        let content = match tag >> 4 {
            0 => ContentId::Object(self.object_id()?),
            1 => ContentId::Git(GitId::from_bytes(self.take(20)?).ok_or("an id is malformed")?),
            2 => ContentId::Git(GitId::from_bytes(self.take(32)?).ok_or("an id is malformed")?),
            _ => return Err("an entry has an unknown kind of content"),
        };
        Ok(Some(Entry { content, mode }))
    }
}

pub(super) fn decode(bytes: &[u8]) -> Result<Node, &'static str> {
    let mut reader = Reader(bytes);
    if reader.byte()? != VERSION {
        return Err("it has an unknown version");
    }
    let level = reader.byte()?;
    if level > MAX_LEVEL {
        return Err("it has too many levels");
    }
    let count = reader.number()?;
    if count == 0 || count > MAX_ENTRIES {
        return Err("it has an impossible number of entries");
    }
    let mut entries: Vec<(String, Value)> = Vec::with_capacity(count);
    for _ in 0..count {
        let length = reader.number()?;
        let key = std::str::from_utf8(reader.take(length)?).map_err(|_| "a path is not UTF-8")?;
        if key.is_empty() || entries.last().is_some_and(|(before, _)| before.as_str() >= key) {
            return Err("its paths are not sorted");
        }
        let value = match level {
            0 => Value::File(reader.file()?),
            _ => Value::Node(reader.object_id()?),
        };
        entries.push((key.to_owned(), value));
    }
    if reader.0.is_empty() { Ok(Node { level, entries }) } else { Err("it has more than it says") }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn leaf() -> Node {
        let content = ContentId::Object(ObjectId([7; 32]));
        let git = ContentId::Git(GitId::from_bytes(&[1; 20]).unwrap());
        let git256 = ContentId::Git(GitId::from_bytes(&[2; 32]).unwrap());
        let file = |content, mode| Value::File(Some(Entry { content, mode }));
        let entries = vec![
            ("a".to_owned(), file(content, EntryMode::Regular)),
            ("b/ä".to_owned(), file(git, EntryMode::Executable)),
            ("b0".to_owned(), Value::File(None)),
            ("c".to_owned(), file(git256, EntryMode::Link)),
        ];
        Node { level: 0, entries }
    }

    #[test]
    fn a_node_reads_as_it_was_written() {
        assert_eq!(decode(&encode(&leaf())), Ok(leaf()));
        let entries = vec![("z".repeat(300), Value::Node(ObjectId([9; 32])))];
        let inner = Node { level: 3, entries };
        assert_eq!(decode(&encode(&inner)), Ok(inner));
    }

    #[test]
    fn every_shortened_or_lengthened_node_is_refused() {
        let bytes = encode(&leaf());
        for length in 0..bytes.len() {
            assert!(decode(&bytes[..length]).is_err(), "{length} bytes");
        }
        assert!(decode(&[bytes.as_slice(), &[0]].concat()).is_err());
    }

    #[test]
    fn what_could_be_written_otherwise_is_refused() {
        let unsorted = [1, 0, 2, 1, b'b', 0, 1, b'a', 0];
        assert_eq!(decode(&unsorted), Err("its paths are not sorted"));
        let twice = [1, 0, 2, 1, b'a', 0, 1, b'a', 0];
        assert_eq!(decode(&twice), Err("its paths are not sorted"));
        let long_number = [1, 0, 0x81, 0, 1, b'a', 0];
        assert_eq!(decode(&long_number), Err("a number is not in its shortest form"));
        assert_eq!(decode(&[2, 0, 1, 1, b'a', 0]), Err("it has an unknown version"));
        assert_eq!(decode(&[1, 0, 1, 1, 0xff, 0]), Err("a path is not UTF-8"));
        assert_eq!(decode(&[1, 0, 0]), Err("it has an impossible number of entries"));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused_and_what_is_read_is_the_only_form(
            bytes in prop::collection::vec(any::<u8>(), 0..200),
            flip in any::<(usize, u8)>(),
        ) {
            let mut altered = encode(&leaf());
            let at = flip.0 % altered.len();
            altered[at] ^= flip.1;
            for bytes in [bytes, altered] {
                if let Ok(node) = decode(&bytes) {
                    prop_assert_eq!(encode(&node), bytes);
                }
            }
        }
    }
}
