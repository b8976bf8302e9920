//! Axon in this process, on a small repository, with a clock and interruptions of our own.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use axon_domain::{CheckChoice, Code, Error, Goal, MissionId, Result, Undecided};
use axon_engine::{Mission, State, apply};
use axon_ledger::{Ledger, Options, Reader, keys};
use axon_runtime::{
    Answer, Axon, Cancel, Notice, Observer, Question, Request, Settings, Toolchains,
};
use axon_testkit::TestRepo;

/// Three functions in five files.
const FILES: &[(&str, &str)] = &[
    ("a.py", "def alpha(x):\n    print(x)\n    return x\n\n\ndef beta(x):\n    return alpha(x)\n"),
    ("b.py", "from a import alpha\n\n\ndef gamma(x):\n    print(alpha(x))\n    return alpha(x)\n"),
    (
        "c.py",
        "from a import alpha, beta\nfrom b import gamma\n\nprint(alpha(1), beta(2), gamma(3))\n",
    ),
    ("d.py", "import a\n\nVALUES = [a.alpha(1), a.beta(2)]\n"),
    ("e.py", "from b import gamma as other\n\nprint(other(4))\n"),
];

/// The clock of a world: it goes on by a step each time it is read.
pub(crate) struct Clock {
    pub(crate) now: AtomicU64,
    pub(crate) step: AtomicI64,
}

pub(crate) struct World {
    pub(crate) repo: TestRepo,
    pub(crate) axon: Axon,
    pub(crate) clock: Arc<Clock>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::of(TestRepo::with(FILES.iter().copied()))
    }

    pub(crate) fn of(repo: TestRepo) -> Self {
        // This process has the environment of whoever runs the tests; what is set in the
        // repository itself comes before their configuration.
        let local = [
            ("user.name", "Ada Lovelace"),
            ("user.email", "ada@example.org"),
            ("commit.gpgSign", "false"),
            ("core.hooksPath", ".git/hooks"),
        ];
        for (name, value) in local {
            repo.git(["config", name, value]);
        }
        let clock = Arc::new(Clock { now: 1_800_000_000_000.into(), step: 7.into() });
        let axon = open(&repo, &clock);
        Self { repo, axon, clock }
    }

    /// As another process would come to it.
    pub(crate) fn reopen(&mut self) {
        self.axon = open(&self.repo, &self.clock);
    }

    /// Gives a mission; `crash` ends it early.
    pub(crate) fn run(&self, request: Request, crash: Crash) -> Result<Mission> {
        self.watched(crash, |observer, cancel| self.axon.run(request, observer, cancel))
    }

    /// Goes on with a mission; `crash` ends it early.
    pub(crate) fn resume(&self, id: MissionId, crash: Crash) -> Result<Mission> {
        self.watched(crash, |observer, cancel| self.axon.resume(id, observer, cancel))
    }

    fn watched(
        &self,
        crash: Crash,
        act: impl FnOnce(&mut dyn Observer, &Cancel) -> Result<Mission>,
    ) -> Result<Mission> {
        let cancel = Cancel::new();
        let mut observer = Watcher { crash, cancel: cancel.clone() };
        catch_unwind(AssertUnwindSafe(|| act(&mut observer, &cancel))).unwrap_or_else(|panic| {
            match panic.downcast_ref::<Crashed>() {
                Some(Crashed) => Err(Error::new(Code::Interrupted, "crashed")),
                None => resume_unwind(panic),
            }
        })
    }

    /// What every event ever recorded adds up to, read from the file.
    pub(crate) fn replayed(&self) -> State {
        let mut state = State::default();
        let Ok(reader) = Reader::open(&self.repo.path().join(".axon")) else { return state };
        for event in reader.events(.., None) {
            apply(&mut state, &event.unwrap());
        }
        state
    }

    /// The ledger as it is in the file.
    pub(crate) fn reader(&self) -> Reader {
        Reader::open(&self.repo.path().join(".axon")).unwrap()
    }

    /// The ledger, open for writing with the user's own key.
    pub(crate) fn ledger(&self) -> Ledger {
        let signer = keys::load(&self.repo.home().join("keys/signing.key")).unwrap();
        let options = Options { signer, wall_clock: Arc::new(|| 1) };
        Ledger::open(&self.repo.path().join(".axon"), options).unwrap()
    }

    pub(crate) fn verify(&self) {
        let problems = self.axon.verify().unwrap().problems;
        assert!(problems.is_empty(), "{problems:?}");
    }
}

fn open(repo: &TestRepo, clock: &Arc<Clock>) -> Axon {
    let clock = Arc::clone(clock);
    let settings = Settings {
        start: repo.path(),
        key_file: repo.home().join("keys/signing.key"),
        toolchains: Toolchains {
            path: std::env::var_os("PATH").unwrap_or_default(),
            cargo_home: None,
            rustup_home: None,
            extra: Vec::new(),
        },
        version: env!("CARGO_PKG_VERSION").to_owned(),
        wall_clock: Arc::new(move || {
            let step = clock.step.load(Ordering::Relaxed);
            let next = |now: u64| Some(now.saturating_add_signed(step));
            clock.now.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next).unwrap_or(0)
        }),
        sockets: repo.home().join("run"),
        background: Vec::new(),
    };
    Axon::open(settings).unwrap()
}

/// How a run is ended early.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Crash {
    /// It is not.
    Never,
    /// Everything is dropped where it stands after so many events.
    Drop(usize),
    /// As by Ctrl-C, after so many events.
    Cancel(usize),
}

/// What a panic of our own carries.
struct Crashed;

struct Watcher {
    crash: Crash,
    cancel: Cancel,
}

impl Observer for Watcher {
    fn notice(&mut self, notice: Notice<'_>) {
        let Notice::Event(_) = notice else { return };
        match &mut self.crash {
            // Without the message that a panic prints.
            Crash::Drop(0) => resume_unwind(Box::new(Crashed)),
            Crash::Cancel(0) => self.cancel.cancel(),
            Crash::Drop(left) | Crash::Cancel(left) => *left -= 1,
            Crash::Never => {}
        }
    }

    fn ask(&mut self, _: &Question) -> Option<Answer> {
        None
    }
}

/// A mission with these goal and check, and two coders.
pub(crate) fn request(goal: Goal, check: CheckChoice) -> Request {
    Request {
        goal,
        paths: Vec::new(),
        check,
        undecided: Undecided::Leave,
        agents: Some(2),
        unconfined: false,
        no_verify: false,
    }
}

pub(crate) fn rename(from: &str, to: &str) -> Goal {
    Goal::Rename { from: from.into(), to: to.into(), at: None, kind: None, keep_alias: false }
}

pub(crate) fn command(text: &str) -> CheckChoice {
    CheckChoice::Command(text.to_owned())
}
