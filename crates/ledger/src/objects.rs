//! Objects: contents under their BLAKE3 hash, compressed, large ones in chunks.

use std::cell::RefCell;
use std::io;

use axon_domain::{Code, Error, ObjectId, Result};
use axon_wire::prost::Message as _;
use axon_wire::v1;
use fastcdc::v2020::FastCDC;
use zstd::bulk::{Compressor, Decompressor};

/// Contents up to this size are one row; larger ones are split by content, so that a small
/// change to a large file stores a few chunks only.
pub(crate) const WHOLE_BYTES: usize = 256 * 1024;
/// Smallest and usual size of a chunk; the largest is [`WHOLE_BYTES`].
const CHUNK_MIN: usize = 32 * 1024;
const CHUNK_USUAL: usize = 96 * 1024;

/// What this Axon takes at most as one object: 1 GiB.
const LARGEST_BYTES: u64 = 1 << 30;

const LEVEL: i32 = 3;

/// What the bytes of a row are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// The content, compressed.
    Whole,
    /// The chunks that make up the content.
    Manifest,
}

impl Form {
    pub(crate) fn number(self) -> i64 {
        match self {
            Form::Whole => 0,
            Form::Manifest => 1,
        }
    }

    pub(crate) fn from_number(number: i64) -> Option<Self> {
        match number {
            0 => Some(Form::Whole),
            1 => Some(Form::Manifest),
            _ => None,
        }
    }
}

/// A row of the table of objects.
#[derive(Debug, Clone)]
pub(crate) struct ObjectRow {
    pub(crate) id: ObjectId,
    pub(crate) form: Form,
    pub(crate) size: u64,
    pub(crate) data: Vec<u8>,
}

/// What looking for an object gives.
#[derive(Debug)]
pub(crate) enum Found {
    /// Its row.
    Row(ObjectRow),
    /// It was there and was erased.
    Erased,
    /// It never was there.
    Missing,
}

pub(crate) fn object_id(bytes: &[u8]) -> ObjectId {
    ObjectId(*blake3::hash(bytes).as_bytes())
}

/// The rows that keep these bytes, chunks before their manifest; `known` says which are kept
/// already.
pub(crate) fn rows_of(
    id: ObjectId,
    bytes: &[u8],
    known: impl Fn(ObjectId) -> Result<bool>,
) -> Result<Vec<ObjectRow>> {
    if bytes.len() as u64 > LARGEST_BYTES {
        return Err(Error::new(
            Code::LimitReached,
            format!("{} bytes are more than an object may have (1 GiB)", bytes.len()),
        ));
    }
    if bytes.len() <= WHOLE_BYTES {
        return Ok(vec![whole(id, bytes)?]);
    }
    let mut rows: Vec<ObjectRow> = Vec::new();
    let mut chunks = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for chunk in FastCDC::new(bytes, CHUNK_MIN, CHUNK_USUAL, WHOLE_BYTES) {
        let part = &bytes[chunk.offset..chunk.offset + chunk.length];
        let part_id = object_id(part);
        chunks.extend_from_slice(&part_id.0);
        if seen.insert(part_id) && !known(part_id)? {
            rows.push(whole(part_id, part)?);
        }
    }
    let data = v1::Manifest { chunks }.encode_to_vec();
    rows.push(ObjectRow { id, form: Form::Manifest, size: bytes.len() as u64, data });
    Ok(rows)
}

fn whole(id: ObjectId, bytes: &[u8]) -> Result<ObjectRow> {
    let data = compress(bytes)
        .map_err(|error| Error::new(Code::Bug, "compression failed").because(error))?;
    Ok(ObjectRow { id, form: Form::Whole, size: bytes.len() as u64, data })
}

thread_local! {
    // Making one takes longer than a small file.
    static COMPRESSOR: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
    static DECOMPRESSOR: RefCell<Option<Decompressor<'static>>> = const { RefCell::new(None) };
}

fn compress(bytes: &[u8]) -> io::Result<Vec<u8>> {
    COMPRESSOR.with_borrow_mut(|kept| match kept {
        Some(compressor) => compressor.compress(bytes),
        None => kept.insert(Compressor::new(LEVEL)?).compress(bytes),
    })
}

fn decompress(data: &[u8], size: usize) -> io::Result<Vec<u8>> {
    DECOMPRESSOR.with_borrow_mut(|kept| match kept {
        Some(decompressor) => decompressor.decompress(data, size),
        None => kept.insert(Decompressor::new()?).decompress(data, size),
    })
}

/// The bytes of an object, checked against its id.
pub(crate) fn assemble(
    id: ObjectId,
    find: &mut dyn FnMut(ObjectId) -> Result<Found>,
) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    stream(id, find, &mut |part| bytes.extend_from_slice(part))?;
    Ok(bytes)
}

/// Gives the bytes of an object chunk by chunk. That they are the right ones is known only
/// when it returns.
pub(crate) fn stream(
    id: ObjectId,
    find: &mut dyn FnMut(ObjectId) -> Result<Found>,
    each: &mut dyn FnMut(&[u8]),
) -> Result<()> {
    let row = required(id, find)?;
    if row.form == Form::Whole {
        let bytes = unpack(&row)?;
        each(&bytes);
        return Ok(());
    }
    let manifest = v1::Manifest::decode(row.data.as_slice())
        .map_err(|error| damaged(id, &format!("its manifest does not decode: {error}")))?;
    let (chunks, rest) = manifest.chunks.as_chunks::<32>();
    // No manifest of ours names more chunks than this, so a hostile one costs no more than its
    // content would.
    let most = row.size / CHUNK_MIN as u64 + 1;
    if !rest.is_empty() || row.size > LARGEST_BYTES || chunks.len() as u64 > most {
        return Err(damaged(id, "its manifest is not one"));
    }
    let mut hasher = blake3::Hasher::new();
    for chunk in chunks {
        let part = required(ObjectId(*chunk), find)?;
        if part.form != Form::Whole {
            return Err(damaged(id, "its manifest names another manifest"));
        }
        let bytes = unpack(&part)?;
        hasher.update(&bytes);
        each(&bytes);
    }
    if hasher.count() != row.size || *hasher.finalize().as_bytes() != id.0 {
        return Err(damaged(id, "its chunks do not add up to it"));
    }
    Ok(())
}

fn required(id: ObjectId, find: &mut dyn FnMut(ObjectId) -> Result<Found>) -> Result<ObjectRow> {
    match find(id)? {
        Found::Row(row) => Ok(row),
        Found::Erased => {
            Err(Error::new(Code::PayloadErased, "the object was erased").at(format!("object {id}")))
        }
        Found::Missing => {
            Err(Error::new(Code::NotFound, "there is no such object").at(format!("object {id}")))
        }
    }
}

fn unpack(row: &ObjectRow) -> Result<Vec<u8>> {
    let size = usize::try_from(row.size).ok().filter(|size| *size <= WHOLE_BYTES);
    let size = size.ok_or_else(|| damaged(row.id, "its size is not possible"))?;
    let bytes = decompress(&row.data, size)
        .map_err(|error| damaged(row.id, &format!("it does not decompress: {error}")))?;
    if bytes.len() != size || object_id(&bytes) != row.id {
        return Err(damaged(row.id, "its bytes do not match its id"));
    }
    Ok(bytes)
}

fn damaged(id: ObjectId, what: &str) -> Error {
    Error::new(Code::LedgerDamaged, format!("an object is damaged: {what}"))
        .at(format!("object {id}"))
        .hint("run `axon verify`; if it confirms the damage, go back to a backup")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    fn keep(bytes: &[u8], kept: &mut HashMap<ObjectId, ObjectRow>) -> ObjectId {
        let id = object_id(bytes);
        let rows = rows_of(id, bytes, |id| Ok(kept.contains_key(&id))).unwrap();
        kept.extend(rows.into_iter().map(|row| (row.id, row)));
        id
    }

    fn get(id: ObjectId, kept: &HashMap<ObjectId, ObjectRow>) -> Result<Vec<u8>> {
        assemble(id, &mut |id| Ok(kept.get(&id).cloned().map_or(Found::Missing, Found::Row)))
    }

    /// Bytes that do not compress, from a linear congruential generator.
    fn noise(length: usize) -> Vec<u8> {
        let mut state = 1_u64;
        let next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 56) as u8
        };
        std::iter::repeat_with(next).take(length).collect()
    }

    #[test]
    fn contents_of_every_size_come_back() {
        let mut kept = HashMap::new();
        for length in [0, 1, 1000, WHOLE_BYTES, WHOLE_BYTES + 1, 3_000_000] {
            for bytes in [noise(length), vec![b'a'; length]] {
                let id = keep(&bytes, &mut kept);
                assert!(get(id, &kept).unwrap() == bytes, "{length}");
            }
        }
    }

    #[test]
    fn a_small_change_to_a_large_content_stores_little() {
        let mut kept = HashMap::new();
        let mut bytes = noise(3_000_000);
        keep(&bytes, &mut kept);
        let before = kept.len();
        bytes.splice(1_500_000..1_500_000, *b"a few more bytes");
        keep(&bytes, &mut kept);
        assert!(kept.len() - before <= 4, "{} new rows", kept.len() - before);
    }

    #[test]
    fn damage_is_an_error_and_never_other_bytes() {
        let mut kept = HashMap::new();
        let id = keep(&noise(1_000_000), &mut kept);
        for row in kept.values().cloned().collect::<Vec<_>>() {
            let mut damaged = kept.clone();
            let place = row.data.len() / 2;
            damaged.get_mut(&row.id).unwrap().data[place] ^= 1;
            let code = get(id, &damaged).unwrap_err().code();
            assert!(matches!(code, Code::LedgerDamaged | Code::NotFound), "{code}");
        }
        let mut large = kept.clone();
        large.get_mut(&id).unwrap().size = u64::MAX;
        assert_eq!(get(id, &large).unwrap_err().code(), Code::LedgerDamaged);
    }
}
