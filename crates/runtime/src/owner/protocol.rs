//! What an owner and its clients say to each other.
//!
//! A frame is its length (a variable-length integer of at most five bytes, as protobuf writes
//! it), a byte that says what it is, and so many bytes less one. Words are JSON; the output of
//! programs goes as it is. Both ends are the same program in the same version, which the first
//! frame of each makes sure of; only that frame has to be understood across versions.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::PathBuf;

use axon_domain::{Code, ControlStep, Error, MissionId, Seq};
use axon_reflexes::Toolchains;
use axon_workspace::Resolution;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::look::Standing;
use crate::observer::{Answer, Question};
use crate::settings::Request;

/// The version of the words. It goes up with every change of them.
pub(crate) const PROTOCOL: u32 = 1;

/// Bytes of a frame that a client may send: it may hold a file that settles a conflict.
pub(crate) const MOST_ASKED: usize = 8 << 20;
/// Bytes of a frame that an owner may send: a question may name very many places.
pub(crate) const MOST_TOLD: usize = 32 << 20;

const WORDS: u8 = 0;
const OUTPUT: u8 = 1;

/// What each says first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Hello {
    /// See [`PROTOCOL`].
    pub(crate) protocol: u32,
    /// The version of the program.
    pub(crate) version: String,
    /// The ledger, once there is one.
    pub(crate) ledger: Option<String>,
}

/// What a client asks for, after the first frame.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Asked {
    /// Take on a mission; tell about it unless `detach`.
    Run { request: Box<Request>, tools: Tools, detach: bool },
    /// Go on with a mission; tell about it unless `detach`.
    Resume { mission: MissionId, tools: Tools, detach: bool },
    /// Tell about a mission.
    Attach { mission: MissionId },
    /// Tell a mission what a person says.
    Control { mission: MissionId, step: ControlStep, reason: String },
    /// Bring a result in.
    Apply { mission: MissionId },
    /// Drop a result.
    Discard { mission: MissionId },
    /// Settle conflicts in these files, or in all.
    Resolve { mission: MissionId, paths: Option<Vec<String>>, how: Way },
    /// Which missions are at work?
    Standings,
}

/// What a client says while it is told about a mission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Said {
    /// To the question of that number. `None`: nobody is there.
    Answer { number: u64, answer: Option<Answer> },
    /// The mission is to be cancelled.
    Cancel,
}

/// What an owner says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Reply {
    /// The first frame.
    Hello(Hello),
    /// No.
    Refused(Problem),
    /// A mission was taken on, durably. Its events are those after this one.
    Taken { mission: MissionId, after: Seq, queued: bool },
    /// Done; so many steps of the mission still run.
    Controlled { running: usize },
    /// The result is in; it was in already.
    Applied { already: bool },
    /// The result is dropped.
    Discarded,
    /// These files are settled, by what was taken, and so many are left.
    Settled { settled: Vec<(String, String)>, left: usize },
    /// The missions at work.
    Standings(Vec<(MissionId, Standing)>),
    /// Everything up to this event is in the ledger.
    Upto(Seq),
    /// See [`crate::Notice::Progress`].
    Progress(String),
    /// See [`crate::Observer::remark`].
    Remark(String),
    /// See [`crate::Notice::Output`].
    Output(Vec<u8>),
    /// Somebody has to decide.
    Ask { number: u64, question: Question },
    /// The mission has ended.
    Over,
    /// It is not worked on any more.
    Stopped(Problem),
    /// Another process goes on with it.
    HandedOn,
}

/// An error, as it goes from one process to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Problem {
    code: String,
    what: String,
    place: Option<String>,
    hint: Option<String>,
}

impl Problem {
    pub(crate) fn of(error: &Error) -> Self {
        // What caused it does not go along: it is put into the words.
        let whole = error.to_string();
        Self {
            code: error.code().name().to_owned(),
            what: if std::error::Error::source(error).is_some() {
                whole
            } else {
                error.what().to_owned()
            },
            place: error.place().map(str::to_owned),
            hint: error.hint_text().map(str::to_owned),
        }
    }

    pub(crate) fn code(&self) -> Code {
        let known = Code::ALL.iter().find(|code| code.name() == self.code);
        known.copied().unwrap_or(Code::Bug)
    }

    pub(crate) fn into_error(self) -> Error {
        let mut error = Error::new(self.code(), self.what);
        if let Some(place) = self.place {
            error = error.at(place);
        }
        match self.hint {
            Some(hint) => error.hint(hint),
            None => error,
        }
    }
}

/// The programs of whoever gives a mission; paths are bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tools {
    path: Vec<u8>,
    cargo_home: Option<Vec<u8>>,
    rustup_home: Option<Vec<u8>>,
    extra: Vec<Vec<u8>>,
}

impl From<&Toolchains> for Tools {
    fn from(tools: &Toolchains) -> Self {
        let bytes = |path: &PathBuf| path.as_os_str().as_bytes().to_vec();
        Self {
            path: tools.path.as_bytes().to_vec(),
            cargo_home: tools.cargo_home.as_ref().map(bytes),
            rustup_home: tools.rustup_home.as_ref().map(bytes),
            extra: tools.extra.iter().map(bytes).collect(),
        }
    }
}

impl From<Tools> for Toolchains {
    fn from(tools: Tools) -> Self {
        let path = |bytes: Vec<u8>| PathBuf::from(OsString::from_vec(bytes));
        Self {
            path: OsString::from_vec(tools.path),
            cargo_home: tools.cargo_home.map(path),
            rustup_home: tools.rustup_home.map(path),
            extra: tools.extra.into_iter().map(path).collect(),
        }
    }
}

/// See [`Resolution`]; a content that is text goes as text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Way {
    Mine,
    Theirs,
    Base,
    Delete,
    Text(String),
    Bytes(Vec<u8>),
}

impl From<&Resolution> for Way {
    fn from(how: &Resolution) -> Self {
        match how {
            Resolution::Mine => Self::Mine,
            Resolution::Theirs => Self::Theirs,
            Resolution::Base => Self::Base,
            Resolution::Delete => Self::Delete,
            Resolution::Given(bytes) => match String::from_utf8(bytes.clone()) {
                Ok(text) => Self::Text(text),
                Err(error) => Self::Bytes(error.into_bytes()),
            },
        }
    }
}

impl From<Way> for Resolution {
    fn from(how: Way) -> Self {
        match how {
            Way::Mine => Self::Mine,
            Way::Theirs => Self::Theirs,
            Way::Base => Self::Base,
            Way::Delete => Self::Delete,
            Way::Text(text) => Self::Given(text.into_bytes()),
            Way::Bytes(bytes) => Self::Given(bytes),
        }
    }
}

/// A frame with these words.
pub(crate) fn frame<T: Serialize>(words: &T) -> Result<Vec<u8>, Error> {
    let json = serde_json::to_vec(words).map_err(|error| {
        Error::new(Code::Bug, "a message cannot be written as JSON").because(error)
    })?;
    Ok(framed(WORDS, &json))
}

/// A frame of what an owner says.
pub(crate) fn reply_frame(reply: &Reply) -> Result<Vec<u8>, Error> {
    match reply {
        Reply::Output(bytes) => Ok(framed(OUTPUT, bytes)),
        words => frame(words),
    }
}

fn framed(kind: u8, bytes: &[u8]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(bytes.len() + 6);
    let mut left = bytes.len() + 1;
    while left >= 0x80 {
        frame.push(u8::try_from(left & 0x7f).unwrap_or(0) | 0x80);
        left >>= 7;
    }
    frame.push(u8::try_from(left).unwrap_or(0));
    frame.push(kind);
    frame.extend_from_slice(bytes);
    frame
}

/// What came in a frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Frame {
    Words(Vec<u8>),
    Output(Vec<u8>),
}

/// Why bytes are no frame of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Its length is no number, or more than is taken.
    Length,
    /// It is of no known kind.
    Kind,
    /// Its words are not understood.
    Words,
}

/// Puts frames together out of bytes as they come. It holds no more than one frame and what
/// was pushed last.
pub(crate) struct Decoder {
    bytes: Vec<u8>,
    /// Where the next frame begins.
    at: usize,
    most: usize,
}

impl Decoder {
    /// Takes frames of at most so many bytes.
    pub(crate) fn new(most: usize) -> Self {
        Self { bytes: Vec::new(), at: 0, most }
    }

    pub(crate) fn push(&mut self, bytes: &[u8]) {
        if self.at > 0 {
            self.bytes.drain(..self.at);
            self.at = 0;
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// Whether a part of a frame is there.
    pub(crate) fn holds_part(&self) -> bool {
        self.at < self.bytes.len()
    }

    /// The next frame, once all of it is there. After a fault nothing makes sense any more.
    pub(crate) fn next(&mut self) -> Result<Option<Frame>, Fault> {
        let bytes = &self.bytes[self.at..];
        let Some((length, head)) = length(bytes)? else { return Ok(None) };
        if length == 0 || length > self.most {
            return Err(Fault::Length);
        }
        let Some(body) = bytes.get(head..head + length) else { return Ok(None) };
        let frame = match body {
            [WORDS, rest @ ..] => Frame::Words(rest.to_vec()),
            [OUTPUT, rest @ ..] => Frame::Output(rest.to_vec()),
            _ => return Err(Fault::Kind),
        };
        self.at += head + length;
        Ok(Some(frame))
    }
}

/// The length at the beginning and how many bytes it takes; `None` where it is not all there.
fn length(bytes: &[u8]) -> Result<Option<(usize, usize)>, Fault> {
    let mut length = 0_usize;
    for (place, byte) in bytes.iter().enumerate().take(5) {
        length |= usize::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            return Ok(Some((length, place + 1)));
        }
    }
    if bytes.len() < 5 { Ok(None) } else { Err(Fault::Length) }
}

/// The words of a frame.
pub(crate) fn words<T: DeserializeOwned>(frame: &Frame) -> Result<T, Fault> {
    match frame {
        Frame::Words(json) => serde_json::from_slice(json).map_err(|_| Fault::Words),
        Frame::Output(_) => Err(Fault::Kind),
    }
}

/// What an owner says in a frame.
pub(crate) fn reply(frame: Frame) -> Result<Reply, Fault> {
    match frame {
        Frame::Output(bytes) => Ok(Reply::Output(bytes)),
        words_frame => words(&words_frame),
    }
}

#[cfg(test)]
mod tests {
    use axon_domain::{CheckChoice, Goal, Undecided};
    use proptest::prelude::*;

    use super::*;

    fn decode(bytes: &[u8], step: usize, most: usize) -> Result<Vec<Frame>, Fault> {
        let mut decoder = Decoder::new(most);
        let mut frames = Vec::new();
        for part in bytes.chunks(step.max(1)) {
            decoder.push(part);
            while let Some(frame) = decoder.next()? {
                frames.push(frame);
            }
            let most = most.saturating_add(5).saturating_add(step);
            assert!(decoder.bytes.len() - decoder.at <= most, "more than a frame");
        }
        Ok(frames)
    }

    proptest! {
        #[test]
        fn whatever_comes_is_a_frame_or_a_fault_and_is_bounded(
            bytes in proptest::collection::vec(any::<u8>(), 0..600),
            step in 1_usize..40,
        ) {
            if let Ok(frames) = decode(&bytes, step, 64) {
                for frame in frames {
                    let _ = words::<Hello>(&frame);
                    let _ = words::<Asked>(&frame);
                    let _ = words::<Said>(&frame);
                    let _ = reply(frame);
                }
            }
        }

        #[test]
        fn what_was_said_comes_out_however_it_is_cut(
            texts in proptest::collection::vec(".{0,300}", 0..6),
            output in proptest::collection::vec(any::<u8>(), 0..300),
            step in 1_usize..50,
        ) {
            let mut expected: Vec<Reply> = texts.into_iter().map(Reply::Progress).collect();
            expected.push(Reply::Output(output));
            expected.push(Reply::Upto(Seq(u64::MAX)));
            let bytes: Vec<u8> =
                expected.iter().flat_map(|one| reply_frame(one).unwrap()).collect();
            let found: Vec<Reply> =
                decode(&bytes, step, MOST_TOLD).unwrap().into_iter().map(|f| reply(f).unwrap()).collect();
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn a_frame_that_is_too_long_is_a_fault_before_it_is_there() {
        let long = framed(WORDS, &[b' '; 100]);
        assert_eq!(decode(&long[..3], 1, 50), Err(Fault::Length));
        assert_eq!(decode(&[0xff; 5], 1, 1 << 30), Err(Fault::Length));
        assert_eq!(decode(&[0], 1, 50), Err(Fault::Length));
        assert_eq!(decode(&[1, 9], 1, 50), Err(Fault::Kind));
        assert_eq!(decode(&long, 7, 101).unwrap().len(), 1);
    }

    #[test]
    fn a_conflict_is_settled_as_it_was_said() {
        let given = |bytes: &[u8]| Resolution::Given(bytes.to_vec());
        let ways = [Resolution::Mine, Resolution::Theirs, Resolution::Base, Resolution::Delete];
        for how in ways.into_iter().chain([given(b"text\r\n"), given(&[0xff, 0]), given(b"")]) {
            assert_eq!(Resolution::from(Way::from(&how)), how);
        }
    }

    #[test]
    fn an_error_is_the_same_on_the_other_side() {
        let error =
            Error::new(Code::DirtyWorkingTree, "there are changes").at("a.py").hint("stash");
        let told = Problem::of(&error).into_error();
        assert_eq!(format!("{told:?}"), format!("{error:?}"));
        let caused = Error::new(Code::Io, "reading failed").at("b").because("no such device");
        assert_eq!(Problem::of(&caused).into_error().to_string(), caused.to_string());
    }

    #[test]
    fn a_mission_is_given_with_everything_that_was_asked_for() {
        let request = Request {
            goal: Goal::Rename {
                from: "a".into(),
                to: "b".into(),
                at: Some(("x.py".into(), 3)),
                kind: None,
                keep_alias: true,
            },
            paths: vec!["src/**".into()],
            check: CheckChoice::Command("make".into()),
            undecided: Undecided::Ask,
            agents: Some(3),
            unconfined: true,
            no_verify: false,
        };
        let tools = Toolchains {
            path: OsString::from_vec(vec![b'/', 0xff]),
            cargo_home: Some("/c".into()),
            rustup_home: None,
            extra: vec!["/e".into()],
        };
        let asked =
            Asked::Run { request: Box::new(request), tools: Tools::from(&tools), detach: true };
        let frames = decode(&frame(&asked).unwrap(), 9, MOST_ASKED).unwrap();
        assert_eq!(words::<Asked>(&frames[0]), Ok(asked));
        assert_eq!(Toolchains::from(Tools::from(&tools)).path, tools.path);
    }
}
