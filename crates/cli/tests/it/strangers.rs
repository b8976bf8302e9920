//! Whatever comes over the socket of the owner, or is in its place: nobody is held up, nothing
//! is guessed, and it is said what to do.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::thread;

use axon_domain::Code;
use axon_testkit::{Random, TestRepo, seed};
use rustix::fs::{FlockOperation, flock};
use serde_json::{Value, json as value};

use crate::support::{
    GATED, OTHER, Running, axon, gated, gated_twice, parse, refused, renamed, states,
};

fn socket(repo: &TestRepo) -> PathBuf {
    PathBuf::from(fs::read_to_string(repo.path().join(".axon/owner.socket")).unwrap())
}

/// Words as they go over the line; all of the tests' are short.
fn frame(words: &Value) -> Vec<u8> {
    let json = words.to_string().into_bytes();
    let length = json.len() + 1;
    let mut frame = vec![u8::try_from(length & 0x7f).unwrap() | 0x80];
    frame.push(u8::try_from(length >> 7).unwrap());
    frame.push(0);
    frame.extend(json);
    frame
}

/// The words of the next frame.
fn read(stream: &mut UnixStream) -> Value {
    let mut byte = [0];
    let (mut length, mut shift) = (0_usize, 0);
    loop {
        stream.read_exact(&mut byte).unwrap();
        length |= usize::from(byte[0] & 0x7f) << shift;
        shift += 7;
        if byte[0] & 0x80 == 0 {
            break;
        }
    }
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes).unwrap();
    parse(std::str::from_utf8(&bytes[1..]).unwrap())
}

fn hello(version: &str) -> Value {
    value!({ "protocol": 1, "version": version, "ledger": null })
}

#[test]
fn a_client_of_another_version_is_told_so() {
    let repo = gated();
    let run = Running::start(&repo, GATED);
    let gate = run.at_gate();
    let mut stream = UnixStream::connect(socket(&repo)).unwrap();
    let version = read(&mut stream)["hello"]["version"].as_str().unwrap().to_owned();
    stream.write_all(&frame(&hello("99.0.0"))).unwrap();
    let refused = read(&mut stream);
    assert_eq!(refused["refused"]["code"], "owner-version", "{refused}");
    let what = refused["refused"]["what"].as_str().unwrap();
    assert!(what.contains(&version) && what.contains("99.0.0"), "{refused}");
    assert_eq!(stream.read(&mut [0]).unwrap(), 0, "and hung up on");
    drop(gate);
    let _ = run.end().success();
}

/// Says nothing to a socket when it is dropped, also by a panic.
struct Last<'a>(&'a Path);

impl Drop for Last<'_> {
    fn drop(&mut self) {
        drop(UnixStream::connect(self.0));
    }
}

/// A process that owns the ledger and answers as told, until the commands given have run.
fn impostor(repo: &TestRepo, first: &[u8], commands: impl FnOnce()) {
    let lock = File::open(repo.path().join(".axon/owner.lock")).unwrap();
    flock(&lock, FlockOperation::NonBlockingLockExclusive).unwrap();
    let path = repo.path().join("../run/impostor");
    let listener = UnixListener::bind(&path).unwrap();
    fs::write(
        repo.path().join(".axon/owner.socket"),
        path.canonicalize().unwrap().to_str().unwrap(),
    )
    .unwrap();
    thread::scope(|scope| {
        scope.spawn(|| {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                // All of it: what is left unread cuts the line before our words are read. The
                // last one says nothing.
                if stream.read(&mut [0; 4096]).unwrap() == 0 {
                    return;
                }
                stream.write_all(first).unwrap();
            }
        });
        let _last = Last(&path);
        commands();
    });
    fs::remove_file(&path).unwrap();
    fs::remove_file(repo.path().join(".axon/owner.socket")).unwrap();
}

#[test]
fn an_owner_of_another_version_or_none_of_ours_is_named() {
    let repo = renamed();
    let other = frame(&value!({ "hello": hello("99.0.0") }));
    impostor(&repo, &other, || {
        for arguments in [OTHER, &["apply", "m1"], &["discard", "m1"]] {
            let problem = refused(&repo, arguments, Code::OwnerVersion);
            assert!(problem.message.contains("axon 99.0.0"), "{problem:?}");
        }
        // Reading goes on.
        assert_eq!(states(&repo), ["done, unproven"]);
        let doctor = axon(&repo, &["doctor"]).success();
        assert!(doctor.stdout.contains("cannot be spoken to"), "{doctor}");
    });
    for nonsense in [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0xff; 64], &[0]] {
        impostor(&repo, nonsense, || {
            let problem = refused(&repo, &["apply", "m1"], Code::OwnerVersion);
            assert!(problem.hint.contains("another program"), "{problem:?}");
        });
    }
    let _ = axon(&repo, &["apply", "m1"]).success();
}

#[test]
fn clients_that_make_no_sense_or_say_nothing_hold_nobody_up() {
    let repo = gated_twice();
    let run = Running::start(&repo, GATED);
    let gate = run.at_gate();
    let path = socket(&repo);
    let connect = || UnixStream::connect(&path).unwrap();
    // These say nothing, for as long as the test lasts.
    let silent: Vec<UnixStream> = (0..5).map(|_| connect()).collect();
    let mut random = Random::new(seed());
    for round in 0..40 {
        let mut stream = connect();
        let noise: Vec<u8> = match round % 4 {
            // A frame that is said to be enormous.
            0 => vec![0xff, 0xff, 0xff, 0xff, 0x0f, 0],
            1 => [frame(&value!({ "hello": 1 })), vec![0; 9]].concat(),
            2 => [frame(&hello("x")), frame(&value!({ "run": {} }))].concat(),
            _ => (0..200).map(|_| u8::try_from(random.next() % 256).unwrap()).collect(),
        };
        // One that was hung up on already cannot be written to.
        let _ = stream.write_all(&noise);
    }
    assert_eq!(axon(&repo, OTHER).success().stdout, "axon/m2\n");
    assert_eq!(states(&repo)[0], "running (checking)");
    drop(gate);
    assert_eq!(run.end().success().stdout, "axon/m1\n");
    drop(silent);
}

#[test]
fn a_socket_folder_that_is_not_private_is_not_used_and_missions_run_all_the_same() {
    use std::os::unix::fs::PermissionsExt as _;
    let repo = gated();
    let folder = repo.path().join("../run/axon");
    fs::create_dir(&folder).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).unwrap();
    let run = Running::start(&repo, GATED);
    let gate = run.at_gate();
    assert!(!repo.path().join(".axon/owner.socket").exists());
    assert_eq!(states(&repo), ["running (checking)"]);
    let problem = refused(&repo, &["pause", "m1"], Code::LedgerLocked);
    assert!(problem.message.contains("takes no missions from others"), "{problem:?}");
    drop(gate);
    let _ = run.end().success();
    let problem = refused(&repo, &[GATED, &["--detach"]].concat(), Code::Io);
    assert!(problem.message.contains("others may write"), "{problem:?}");
}
