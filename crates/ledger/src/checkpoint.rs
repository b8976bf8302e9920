//! Checkpoints: signed statements of how long the log is and what its root is.
//!
//! The form is a signed note (c2sp.org/signed-note) whose text is a checkpoint
//! (c2sp.org/tlog-checkpoint), so that the tools of others verify it as well.

use std::fmt;

use axon_domain::{Code, Error, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use crate::keys::{SigningKey, VerifyingKey};
use crate::merkle::Hash;

/// The type of an Ed25519 signature in a signed note.
const ED25519: u8 = 1;
const DASH: &str = "\u{2014} ";
/// Longer notes are not ours.
const LONGEST: usize = 64 * 1024;

/// A checkpoint. Printing it gives the note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    origin: String,
    size: u64,
    root: Hash,
    note: String,
}

impl Checkpoint {
    pub(crate) fn sign(origin: &str, size: u64, root: Hash, key: &SigningKey) -> Self {
        let text = text_of(origin, size, &root);
        let mut signature = key_id(origin, &key.verifying_key()).to_vec();
        signature.extend_from_slice(&key.sign(text.as_bytes()));
        let note = note_of(&text, origin, &STANDARD.encode(signature));
        Self { origin: origin.to_owned(), size, root, note }
    }

    /// The name of the log.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// How many events it covers: those up to this position.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root of the Merkle tree over the records of these events.
    #[must_use]
    pub fn root(&self) -> &Hash {
        &self.root
    }

    /// Reads a note. Signatures are not checked here; those of others are kept.
    ///
    /// # Errors
    /// [`Code::LedgerDamaged`] if it is not a checkpoint.
    pub fn parse(note: &str) -> Result<Self> {
        Self::parse_note(note).ok_or_else(|| {
            Error::new(Code::LedgerDamaged, "the text is not a signed checkpoint")
                .hint("a checkpoint is three lines, an empty one, and a signature")
        })
    }

    fn parse_note(note: &str) -> Option<Self> {
        if note.len() > LONGEST {
            return None;
        }
        let (text, signatures) = split(note)?;
        let mut lines = text.lines();
        let origin = lines.next().filter(|origin| is_name(origin))?;
        let digits = lines.next()?;
        let size: u64 = digits.parse().ok()?;
        let root = STANDARD.decode(lines.next()?).ok()?.try_into().ok()?;
        let signed = signatures.ends_with('\n')
            && signatures.lines().all(|line| signature_of(line).is_some());
        if size.to_string() != digits || !signed {
            return None;
        }
        Some(Self { origin: origin.to_owned(), size, root, note: note.to_owned() })
    }

    /// Whether the key signed it, under the name of the log.
    #[must_use]
    pub fn verify(&self, key: &VerifyingKey) -> bool {
        let Some((text, signatures)) = split(&self.note) else { return false };
        let id = key_id(&self.origin, key);
        signatures.lines().filter_map(signature_of).any(|(name, signature)| {
            let Some((signer, signature)) = signature.split_first_chunk::<4>() else {
                return false;
            };
            let Ok(signature) = signature.try_into() else { return false };
            name == self.origin && *signer == id && key.verify(text.as_bytes(), signature)
        })
    }

    /// The value of a Git trailer that says the same in one line: origin, size, root, and the
    /// log's own signature.
    #[must_use]
    pub fn to_trailer(&self) -> String {
        let own = split(&self.note)
            .into_iter()
            .flat_map(|(_, signatures)| signatures.lines())
            .filter_map(|line| line.strip_prefix(DASH)?.split_once(' '))
            .find(|(name, _)| *name == self.origin)
            .map_or("", |(_, signature)| signature);
        format!("{} {} {} {own}", self.origin, self.size, STANDARD.encode(self.root))
    }

    /// Reads what [`Checkpoint::to_trailer`] writes.
    ///
    /// # Errors
    /// As [`Checkpoint::parse`].
    pub fn from_trailer(value: &str) -> Result<Self> {
        let parts: Vec<&str> = value.split_whitespace().take(5).collect();
        let note = match parts[..] {
            [origin, size, root, signature] => {
                note_of(&format!("{origin}\n{size}\n{root}\n"), origin, signature)
            }
            _ => String::new(),
        };
        Self::parse(&note)
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.note)
    }
}

impl VerifyingKey {
    /// The key in the form that tools for signed notes take: `name+id+key`.
    #[must_use]
    pub fn to_note_key(&self, name: &str) -> String {
        let id = u32::from_be_bytes(key_id(name, self));
        format!("{name}+{id:08x}+{}", STANDARD.encode(typed(self)))
    }

    /// Reads what [`VerifyingKey::to_note_key`] writes: the name, and the key.
    ///
    /// # Errors
    /// [`Code::SigningKey`] if it is not such a key.
    pub fn from_note_key(text: &str) -> Result<(String, Self)> {
        let parsed = (|| {
            let (name, rest) = text.trim().split_once('+')?;
            let (id, key) = rest.split_once('+')?;
            let bytes = STANDARD.decode(key).ok()?;
            let (&kind, bytes) = bytes.split_first()?;
            let key = Self::from_bytes(bytes.try_into().ok()?)?;
            let fits = kind == ED25519
                && is_name(name)
                && u32::from_str_radix(id, 16).ok()?.to_be_bytes() == key_id(name, &key);
            fits.then(|| (name.to_owned(), key))
        })();
        parsed.ok_or_else(|| {
            Error::new(Code::SigningKey, "the text is not a public key of a ledger")
                .hint("it reads `name+id+key`; `axon verify` prints the parts")
        })
    }
}

fn text_of(origin: &str, size: u64, root: &Hash) -> String {
    format!("{origin}\n{size}\n{}\n", STANDARD.encode(root))
}

fn note_of(text: &str, name: &str, signature: &str) -> String {
    format!("{text}\n{DASH}{name} {signature}\n")
}

/// The signed text (with its last line break) and the signature lines.
fn split(note: &str) -> Option<(&str, &str)> {
    let gap = note.rfind("\n\n")?;
    Some((&note[..=gap], &note[gap + 2..]))
}

/// The name and the bytes (key id, signature) of a signature line.
fn signature_of(line: &str) -> Option<(&str, Vec<u8>)> {
    let (name, signature) = line.strip_prefix(DASH)?.split_once(' ')?;
    let bytes = STANDARD.decode(signature).ok()?;
    (is_name(name) && bytes.len() > 4).then_some((name, bytes))
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c.is_control() || c == '+')
}

fn typed(key: &VerifyingKey) -> [u8; 33] {
    let mut bytes = [ED25519; 33];
    bytes[1..].copy_from_slice(&key.to_bytes());
    bytes
}

/// The first four bytes of the hash of name and key.
fn key_id(name: &str, key: &VerifyingKey) -> [u8; 4] {
    let hash =
        Sha256::new().chain_update(name).chain_update(b"\n").chain_update(typed(key)).finalize();
    [hash[0], hash[1], hash[2], hash[3]]
}
