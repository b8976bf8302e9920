//! Between the vocabulary of the domain and the stored bytes.
//!
//! Encoding happens once, when an event is appended; what is stored is kept as it is for ever.
//! So encoding may change from release to release, while decoding has to read every release:
//! the fixtures under `tests/it/fixtures` are what earlier releases wrote.

mod envelope;
mod goal;
mod lock;
mod mission;
mod payload;
mod plan;
mod record;
mod swarm;
mod words;

pub use envelope::to_envelope;
pub use payload::{decode_payload, encode_payload};
pub use record::{Record, SALT_BYTES, payload_hash};

use std::fmt;

use axon_domain::{ContentId, GitId, ObjectId};
use axon_wire::v1;

/// Bytes that are not what they should be, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed(pub String);

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Malformed {}

impl From<axon_wire::prost::DecodeError> for Malformed {
    fn from(error: axon_wire::prost::DecodeError) -> Self {
        Self(error.to_string())
    }
}

/// The result of decoding.
pub type Decoded<T> = Result<T, Malformed>;

/// A type of the domain and the message that stands for it.
pub(crate) trait Wire: Sized {
    type Message: axon_wire::prost::Message + Default;

    fn to_message(&self) -> Self::Message;
    fn from_message(message: Self::Message) -> Decoded<Self>;
}

/// A closed set of words and the numbers that stand for them.
pub(crate) trait Word: Sized {
    fn to_number(self) -> i32;
    fn from_number(number: i32) -> Decoded<Self>;
}

pub(crate) fn missing(field: &str) -> Malformed {
    Malformed(format!("{field} is missing"))
}

pub(crate) fn object_bytes(id: ObjectId) -> Vec<u8> {
    id.0.to_vec()
}

pub(crate) fn object_id(bytes: &[u8], field: &str) -> Decoded<ObjectId> {
    bytes.try_into().map(ObjectId).map_err(|_| Malformed(format!("{field} is not an object id")))
}

pub(crate) fn git_id(bytes: &[u8], field: &str) -> Decoded<GitId> {
    GitId::from_bytes(bytes).ok_or_else(|| Malformed(format!("{field} is not a Git id")))
}

pub(crate) fn content_ref(id: ContentId) -> v1::ContentRef {
    use v1::content_ref::Place;
    let place = match id {
        ContentId::Object(id) => Place::Object(object_bytes(id)),
        ContentId::Git(id) => Place::Git(id.as_bytes().to_vec()),
    };
    v1::ContentRef { place: Some(place) }
}

pub(crate) fn content_id(message: &v1::ContentRef) -> Decoded<ContentId> {
    use v1::content_ref::Place;
    match &message.place {
        Some(Place::Object(bytes)) => object_id(bytes, "content").map(ContentId::Object),
        Some(Place::Git(bytes)) => git_id(bytes, "content").map(ContentId::Git),
        None => Err(missing("content")),
    }
}
