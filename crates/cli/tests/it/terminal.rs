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

/// What stands on a terminal that was written to, as far as the program uses one.
#[derive(Default)]
struct Picture {
    lines: Vec<String>,
    row: usize,
    column: usize,
}

impl Picture {
    fn of(written: &str) -> Self {
        let mut picture = Self { lines: vec![String::new()], ..Self::default() };
        let mut rest = written;
        while let Some(c) = rest.chars().next() {
            rest = match rest.strip_prefix("\x1b[") {
                Some(sequence) => picture.sequence(sequence),
                None => {
                    picture.put(c);
                    &rest[c.len_utf8()..]
                }
            };
        }
        picture
    }

    fn put(&mut self, c: char) {
        match c {
            '\r' => self.column = 0,
            '\n' => {
                self.row += 1;
                if self.row == self.lines.len() {
                    self.lines.push(String::new());
                }
            }
            _ => {
                let line = &mut self.lines[self.row];
                let mut cells: Vec<char> = line.chars().collect();
                cells.resize(cells.len().max(self.column + 1), ' ');
                cells[self.column] = c;
                *line = cells.into_iter().collect();
                self.column += 1;
            }
        }
    }

    fn sequence<'a>(&mut self, text: &'a str) -> &'a str {
        let end = text.find(|c: char| c.is_ascii_alphabetic()).unwrap();
        let (number, rest) = (&text[..end], &text[end + 1..]);
        let keep = |line: &str, column| line.chars().take(column).collect();
        match &text[end..=end] {
            "A" => self.row = self.row.checked_sub(number.parse().unwrap()).unwrap(),
            "K" => self.lines[self.row] = keep(&self.lines[self.row], self.column),
            "J" => {
                self.lines[self.row] = keep(&self.lines[self.row], self.column);
                self.lines.truncate(self.row + 1);
            }
            "m" => {}
            "h" | "l" => assert_eq!(number, "?2026"),
            other => panic!("a sequence that no test knows: {number}{other}"),
        }
        rest
    }

    fn text(&self) -> String {
        self.lines.iter().map(|line| format!("{}\n", line.trim_end())).collect()
    }
}

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

    fn with_columns(command: Command, columns: u16) -> Self {
        Self::with_size(command, columns, 40)
    }

    fn with_size(mut command: Command, columns: u16, rows: u16) -> Self {
        let screen = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&screen).unwrap();
        unlockpt(&screen).unwrap();
        let name = ptsname(&screen, Vec::new()).unwrap();
        let flags = OFlags::RDWR | OFlags::NOCTTY;
        let program: OwnedFd = rustix::fs::open(&*name, flags, Mode::empty()).unwrap();
        let size = Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
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

    /// Reads what appears until there is more than so many bytes, and a frame is complete.
    fn wait_for_more(&mut self, bytes: usize) {
        while !self.seen[bytes..].contains("\x1b[?2026l") {
            assert!(self.read(), "ended\n{}", self.seen);
        }
    }

    /// Ctrl-C.
    fn interrupt(&self) {
        crate::support::interrupt(&self.child);
    }

    /// Makes the terminal another size.
    fn resize(&self, columns: u16, rows: u16) {
        let size = Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&self.screen, size).unwrap();
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
    let frames = seen.matches("\x1b[?2026h").count();
    assert!(frames > 1 && frames == seen.matches("\x1b[?2026l").count(), "{seen:?}");
    assert!(seen.contains("\x1b[7A"), "moves up over title and six stages\n{seen:?}");
    assert!(seen.contains("\x1b[32m✓"), "in colour\n{seen:?}");
    let text = Picture::of(&seen).text();
    let last = text.split("\n\n").next().unwrap();
    assert_eq!(last.lines().count(), 7, "{last}");
    for stage in ["plan", "edit", "merge", "check", "review", "commit"] {
        assert_eq!(last.matches(&format!(" {stage} ")).count(), 1, "{stage}\n{last}");
    }
    assert!(!last.contains(['◐', '◓', '◑', '◒', '·']), "{last}");
}

/// Many files, each with a place that a rewrite changes, and a check at a gate.
fn many() -> TestRepo {
    let files = (0..60).map(|n| (format!("f{n}.py"), "old(1)\n".to_owned()));
    let config = "[check]\ncommand = \"cat gate\"\nbring = [\"gate\"]\n";
    let fixed = [(".gitignore", "gate\n"), ("axon.toml", config)]
        .map(|(path, text)| (path.to_owned(), text.to_owned()));
    let repo = TestRepo::with(files.chain(fixed));
    let mut command = repo.command("mkfifo");
    command.arg("gate");
    let _ = repo.finish(command).success();
    repo
}

#[test]
fn a_large_mission_stays_within_the_terminal_and_leaves_its_stages_behind() {
    let repo = many();
    let rewrite = ["run", "--rewrite", "old($A)", "--to", "new($A)", "--lang", "python"];
    let mut command = command(&repo, &[&rewrite[..], &["--agents", "8"]].concat());
    command.envs(XTERM.iter().copied());
    let mut run = Session::with_size(command, 80, 12);
    run.wait_for("60 files changed");
    run.resize(60, 9);
    let before = run.seen.len();
    run.wait_for_more(before);
    std::fs::write(repo.path().join("gate"), "").unwrap();
    let (code, seen) = run.end();
    assert_eq!(code, Some(0), "{seen}");
    let ups = seen.split("\x1b[").filter_map(|it| it.split_once('A')?.0.parse::<usize>().ok());
    assert!(ups.max() <= Some(11), "{seen:?}");
    let text = Picture::of(&seen).text();
    assert!(text.starts_with("m1  rewrite python `old($A)` to `new($A)`\n  ✓ plan "), "{text}");
    assert!(text.contains("\n  ✓ commit ") && !text.contains('├'), "{text}");
}

#[test]
fn a_mission_that_goes_on_shows_what_was_done_before() {
    let repo = many();
    let rewrite = ["run", "--rewrite", "old($A)", "--to", "new($A)", "--lang", "python"];
    let mut run = session(&repo, &rewrite, XTERM);
    run.wait_for("60 files changed");
    run.interrupt();
    let (code, _) = run.end();
    assert_eq!(code, Some(130));
    let mut resumed = session(&repo, &["resume"], XTERM);
    resumed.wait_for("✓\x1b[0m merge");
    std::fs::write(repo.path().join("gate"), "").unwrap();
    let (code, seen) = resumed.end();
    assert_eq!(code, Some(0), "{seen}");
    let text = Picture::of(&seen).text();
    assert!(text.contains("  ✓ edit    60 files, each still parses"), "{text}");
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
fn a_person_settles_a_conflict_in_their_editor() {
    let repo = crate::conflicts::in_conflict();
    let resolve = ["resolve", "m2", "till.py"];
    // An editor that changes nothing leaves the markers in.
    let idle = [XTERM, &[("EDITOR", "true"), ("VISUAL", "")]].concat();
    let (code, seen) = session(&repo, &resolve, &idle).end();
    assert_eq!(code, Some(4), "{seen}");
    assert!(seen.contains("[conflict]") && seen.contains("Your text is kept"), "{seen}");
    let gives_up = [XTERM, &[("EDITOR", "false")]].concat();
    let (code, seen) = session(&repo, &resolve, &gives_up).end();
    assert_eq!(code, Some(8), "{seen}");
    // One that keeps the lines of the branch.
    let edit = "sed -i -e '/^<<<<<<</,/^=======/d' -e '/^>>>>>>>/d'";
    let (code, seen) = session(&repo, &resolve, &[XTERM, &[("VISUAL", edit)]].concat()).end();
    assert_eq!(code, Some(0), "{seen}");
    // The lines that were kept use the old name, and that is one more place of the goal.
    assert!(repo.show("axon/m2", "till.py").contains("print(sum_up([1, 2, 3]))"), "{seen}");
}

#[test]
fn a_conflict_is_no_wider_than_the_terminal() {
    let repo = crate::conflicts::in_conflict();
    for columns in [60, 80] {
        let (code, seen) = Session::with_columns(command(&repo, &["conflicts"]), columns).end();
        assert_eq!(code, Some(0), "{seen}");
        let widest = seen.lines().map(|line| line.chars().count()).max();
        assert!(widest <= Some(usize::from(columns)), "{widest:?}\n{seen}");
    }
}

#[test]
fn a_person_chooses_which_unused_definitions_go() {
    let text = "def one():\n    return 1\n\n\ndef two():\n    return 2\n";
    let repo = TestRepo::with([("a.py", text)]);
    let remove = ["run", "--remove-dead", "--no-check"];
    let mut run = session(&repo, &remove, XTERM);
    run.wait_for("[s]top the mission: ");
    assert!(run.seen.contains("nothing uses 2 definitions:"), "{}", run.seen);
    assert!(run.seen.contains("a.py:1: function a.one  (its name stands nowhere"), "{}", run.seen);
    run.answer("each");
    run.wait_for("[y/N] ");
    run.answer("");
    run.wait_for("a.py:5: function a.two");
    run.answer("y");
    let (code, seen) = run.end();
    assert_eq!(code, Some(0), "{seen}");
    assert_eq!(repo.show("axon/m1", "a.py"), "def one():\n    return 1\n\n\n");
    let decisions = axon(&repo, &["log", "m1", "--kind", "DECISION"]).success();
    assert!(decisions.stdout.contains("which unused definitions go: remove 1 of 2"), "{decisions}");

    let mut run = session(&repo, &remove, XTERM);
    run.wait_for("[s]top the mission: ");
    run.answer("n");
    let (code, seen) = run.end();
    assert_eq!(code, Some(4), "{seen}");
    assert!(seen.contains("nothing that is unused was chosen"), "{seen}");
    let leave = [&remove[..], &["--undecided", "leave"]].concat();
    let (code, seen) = session(&repo, &leave, XTERM).end();
    assert_eq!(code, Some(0), "nobody is asked\n{seen}");
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
