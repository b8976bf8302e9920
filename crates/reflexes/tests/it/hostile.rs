//! Checks that want more than they may.

use std::fs;
use std::net::TcpListener;

use axon_domain::Limits;
use axon_reflexes::run_check;
use axon_sandbox::{Cancel, Limit, Mode};

use crate::support::{LIMITS, Project, text};

fn project() -> Project {
    Project::new(&[("a.py", "x = 1\n")])
}

#[test]
fn a_check_cannot_write_outside_its_folders() {
    let project = project();
    let outside = project.path("outside");
    let script =
        format!("echo x > {0}; echo x > ../base/a.py; echo done; test -e {0}", outside.display());
    project.command(&script);
    assert!(!outside.exists());
    assert_eq!(fs::read_to_string(project.path("base/a.py")).unwrap(), "x = 1\n");
    assert_eq!(fs::read_to_string(project.path("live/a.py")).unwrap(), "x = 1\n");
}

#[test]
fn a_check_cannot_read_what_people_hide() {
    let mut project = project();
    let home = project.path("home");
    for (path, content) in [
        ("home/.ssh/id_ed25519", "hidden"),
        ("home/.cargo/credentials.toml", "hidden"),
        ("home/.cargo/config.toml", "[registry]\ntoken = \"hidden\"\n"),
        ("home/.cargo/registry/index/x", "open"),
        ("live/.env", "hidden"),
    ] {
        let (layer, rest) = path.split_once('/').unwrap();
        project.write(layer, rest, content);
    }
    project.tools.cargo_home = Some(home.join(".cargo"));
    let script = format!(
        "cat {0}/.ssh/* {0}/.cargo/*.toml .env /etc/shadow; cat {0}/.cargo/registry/index/x",
        home.display()
    );
    let outcome = project.command(&script);
    assert!(text(&outcome).contains("open"), "{}", text(&outcome));
    assert!(!text(&outcome).contains("hidden"), "{}", text(&outcome));
    assert!(outcome.hints.iter().any(|hint| hint.contains("/etc/shadow")), "{:?}", outcome.hints);
}

#[test]
fn a_check_cannot_reach_the_network() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let script = format!(
        "python3 -c 'import socket; socket.create_connection((\"127.0.0.1\", {}))'",
        listener.local_addr().unwrap().port()
    );
    let outcome = project().command(&script);
    assert!(!outcome.passed && text(&outcome).contains("Error"), "{}", text(&outcome));
    listener.set_nonblocking(true).unwrap();
    assert!(listener.accept().is_err());
}

#[test]
fn a_check_that_runs_for_ever_is_ended_and_the_limit_is_named() {
    let project = project();
    let mut check = project.check();
    check.command = "echo started; sleep 1000".to_owned();
    let limits = Limits { wall_millis: 200, ..LIMITS };
    let mut pieces = Vec::new();
    let outcome = run_check(
        &check,
        &project.place(),
        &project.tools,
        limits,
        Mode::Confined,
        &Cancel::new(),
        &mut |piece| pieces.extend_from_slice(piece),
    )
    .unwrap();
    assert!(!outcome.passed);
    assert_eq!(outcome.outcome.limit, Some(Limit::Wall));
    assert!(outcome.note.contains("`wall_seconds`") && outcome.note.ends_with("started"));
    assert_eq!(pieces, b"started\n");
}
