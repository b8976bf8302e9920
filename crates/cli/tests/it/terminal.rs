//! On a terminal: progress that is redrawn, colours, and questions that a person answers.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::process::{Child, Command};

use axon_testkit::TestRepo;
use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use crate::support::{GATED, RENAME, Running, at_gate, axon, command, gated, interrupt, small};

/// A program on a terminal, of 100 columns unless it says otherwise.
struct Session {
    child: Child,
    screen: File,
    seen: String,
}

impl Session {
    fn start(command: Command) -> Self {
        Self::with_columns(command, 100)
    }

    fn with_columns(mut command: Command, columns: u16) -> Self {
        let screen = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&screen).unwrap();
        unlockpt(&screen).unwrap();
        let name = ptsname(&screen, Vec::new()).unwrap();
        let flags = OFlags::RDWR | OFlags::NOCTTY;
        let program: OwnedFd = rustix::fs::open(&*name, flags, Mode::empty()).unwrap();
        let size = Winsize { ws_row: 40, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&program, size).unwrap();
        let copy = || program.try_clone().unwrap();
        command.stdin(copy()).stdout(copy()).stderr(copy());
        let child = command.spawn().unwrap();
        Self { child, screen: File::from(screen), seen: String::new() }
    }

    /// Reads what appears until `text` is there.
    fn wait_for(&mut self, text: &str) {
        while !self.seen.contains(text) {
            assert!(self.read(), "ended without {text:?}\n{}", self.seen);
        }
    }

    fn answer(&mut self, line: &str) {
        writeln!(self.screen, "{line}").unwrap();
    }

    /// Reads to the end; gives the exit code and everything that appeared.
    fn end(mut self) -> (Option<i32>, String) {
        while self.read() {}
        (self.child.wait().unwrap().code(), self.seen)
    }

    /// The kernel reports the end of a terminal as an error of reading.
    fn read(&mut self) -> bool {
        let mut bytes = [0; 4096];
        match self.screen.read(&mut bytes) {
            Ok(count @ 1..) => {
                self.seen.push_str(&String::from_utf8_lossy(&bytes[..count]));
                true
            }
            _ => false,
        }
    }
}

fn session(repo: &TestRepo, arguments: &[&str], environment: &[(&str, &str)]) -> Session {
    let mut command = command(repo, arguments);
    command.envs(environment.iter().copied());
    Session::start(command)
}

const XTERM: &[(&str, &str)] = &[("TERM", "xterm-256color")];

#[test]
fn progress_is_a_block_that_is_redrawn_and_ends_with_every_stage_decided() {
    let repo = small();
    let (code, seen) = session(&repo, RENAME, XTERM).end();
    assert_eq!(code, Some(0), "{seen}");
    assert!(seen.contains("\x1b[7A\x1b[J"), "moves up over title and six stages\n{seen:?}");
    let last = seen.rsplit("\x1b[J").next().unwrap().split("\r\n\r\n").next().unwrap();
    for stage in ["plan", "edit", "merge", "check", "review", "commit"] {
        assert_eq!(last.matches(&format!(" {stage} ")).count(), 1, "{stage}\n{last}");
    }
    assert!(!last.contains(['◐', '◓', '◑', '◒', '·']), "{last}");
    assert!(last.contains("\x1b[32m✓"), "in colour\n{last:?}");
}

#[test]
fn where_colours_are_not_wanted_there_are_plain_lines() {
    let repo = small();
    let wishes: [(&[&str], &[_]); 3] = [
        (&[], &[("TERM", "dumb")]),
        (&[], &[("TERM", "xterm"), ("NO_COLOR", "1")]),
        (&["--color", "never"], XTERM),
    ];
    for (more, environment) in wishes {
        let (code, seen) = session(&repo, &[RENAME, more].concat(), environment).end();
        assert_eq!(code, Some(0), "{seen}");
        assert!(!seen.contains('\x1b'), "{environment:?}\n{seen:?}");
        assert_eq!(seen.matches(" plan ").count(), 1, "each stage once\n{seen}");
    }
}

#[test]
fn no_line_of_the_log_is_wider_than_the_terminal() {
    let repo = small();
    let long = ["run", "--rename", "total", "the_sum_of_all_prices_that_were_given", "--check"];
    let _ =
        axon(&repo, &[&long[..], &["grep -q the_sum_of_all_prices shop.py"]].concat()).success();
    for columns in [60, 80, 100, 140] {
        let log = command(&repo, &["log", "--color", "never"]);
        let (code, seen) = Session::with_columns(log, columns).end();
        assert_eq!(code, Some(0), "{seen}");
        let widest = seen.lines().map(|line| line.chars().count()).max();
        assert!(widest <= Some(usize::from(columns)), "{widest:?}\n{seen}");
        assert!(seen.contains('…') || columns > 100, "{seen}");
    }
    let piped = axon(&repo, &["log"]).success();
    assert!(
        piped.stdout.contains("grep -q the_sum_of_all_prices shop.py` exit 0 after"),
        "{piped}"
    );
}

#[test]
fn a_person_is_asked_about_places_that_nothing_decides() {
    let classes = "class Cart:\n    def total(self):\n        return 1\n\n\n\
        class Bill:\n    def total(self):\n        return 2\n";
    let uncertain = "def show(thing):\n    print(thing.total())\n    return thing.total()\n";
    let repo = TestRepo::with([("shop.py", classes), ("show.py", uncertain)]);
    let rename = ["run", "--rename", "Cart.total", "sum_up", "--no-check"];
    let mut run = session(&repo, &rename, XTERM);
    run.wait_for("[s]top the mission: ");
    assert!(run.seen.contains("show.py:2: print(thing.total())"), "{}", run.seen);
    run.answer("what?");
    run.wait_for("please answer a, n, e or s");
    run.answer("each");
    run.wait_for("[y/N] ");
    run.answer("y");
    run.wait_for("show.py:3: return thing.total()");
    run.answer("");
    let (code, seen) = run.end();
    assert_eq!(code, Some(0), "{seen}");
    let expected = uncertain.replace("print(thing.total", "print(thing.sum_up");
    assert_eq!(repo.show("axon/m1", "show.py"), expected);
    let decisions = axon(&repo, &["log", "m1", "--kind", "DECISION"]).success();
    assert!(decisions.stdout.contains("operator"), "{decisions}");

    let mut run = session(&repo, &rename, XTERM);
    run.wait_for("[s]top the mission: ");
    run.answer("s");
    let (code, seen) = run.end();
    assert_eq!(code, Some(1), "{seen}");
    assert!(seen.contains("cancelled"), "{seen}");
}

#[test]
fn what_a_mission_that_was_handed_over_asks_is_asked_on_its_own_terminal() {
    let repo = gated();
    repo.write(
        "cart.py",
        "class Cart:\n    def weigh(self):\n        return 1\n\n\n\
         class Bill:\n    def weigh(self):\n        return 2\n",
    );
    repo.write("show.py", "def show(thing):\n    return thing.weigh()\n");
    repo.commit("Carts");
    let first = Running::start(&repo, GATED);
    let gate = first.at_gate();
    let rename = ["run", "--rename", "Cart.weigh", "weight_of", "--no-check"];
    let mut run = session(&repo, &rename, XTERM);
    run.wait_for("[s]top the mission: ");
    assert!(run.seen.contains("show.py:2: return thing.weigh()"), "{}", run.seen);
    run.answer("a");
    let (code, seen) = run.end();
    assert_eq!(code, Some(0), "{seen}");
    assert!(repo.show("axon/m2", "show.py").contains("thing.weight_of()"));
    drop(gate);
    let _ = first.end().success();
}

#[test]
fn ctrl_c_asks_whether_a_mission_of_another_process_goes_on() {
    let repo = gated();
    let _ = axon(&repo, &[GATED, &["--detach"]].concat()).success();
    let gate = at_gate(&repo, "gate");
    let attach = |answers: &[&str]| {
        let mut watching = session(&repo, &["attach", "m1"], XTERM);
        watching.wait_for("check");
        interrupt(&watching.child);
        for answer in answers {
            watching.wait_for("[g]o on watching: ");
            watching.answer(answer);
        }
        if answers.is_empty() {
            watching.wait_for("[g]o on watching: ");
            interrupt(&watching.child);
        }
        watching.end()
    };
    let (code, seen) = attach(&[]);
    assert_eq!(code, Some(130), "a second Ctrl-C stops watching\n{seen}");
    let (code, seen) = attach(&["s"]);
    assert_eq!(code, Some(130), "{seen}");
    assert!(seen.contains("it goes on") && seen.contains("axon attach m1"), "{seen}");
    let (code, seen) = attach(&["c"]);
    assert_eq!(code, Some(1), "{seen}");
    assert!(seen.contains("cancelled by a person"), "{seen}");
    drop(gate);
}
