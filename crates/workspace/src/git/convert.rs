//! Between our words and `gix`'s.

use axon_domain::{Code, Error, GitId, Result};

/// Our id as `gix` wants it.
pub(super) fn oid(id: GitId) -> Result<gix::ObjectId> {
    gix::ObjectId::try_from(id.as_bytes())
        .map_err(|cause| Error::new(Code::Git, "this kind of object id is unknown").because(cause))
}

/// The id of `gix` in our words.
pub(super) fn git_id(id: &gix::oid) -> Result<GitId> {
    GitId::from_bytes(id.as_bytes())
        .ok_or_else(|| Error::new(Code::Git, "this kind of object id is unknown"))
}

/// A failure of `gix`, with what we were doing.
pub(super) fn failed(what: &'static str) -> impl Fn(gix::Error) -> Error {
    move |cause| Error::new(Code::Git, what).because(cause)
}
