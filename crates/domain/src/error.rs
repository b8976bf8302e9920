//! The one error type: what went wrong, where, and what to do about it.

use alloc::boxed::Box;
use alloc::string::String;
use core::fmt;

/// The result of whatever can fail.
pub type Result<T, E = Error> = core::result::Result<T, E>;

macro_rules! codes {
    ($( $(#[$doc:meta])* $name:ident = $text:literal, $exit:literal; )*) => {
        /// What kind of error it is. The name printed is also the name of its page under
        /// `docs/errors/`; names are never reused for something else.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code { $( $(#[$doc])* $name, )* }

        impl Code {
            /// Every code, in the order of the documentation.
            pub const ALL: &'static [Code] = &[ $( Code::$name, )* ];

            /// The stable name, as printed: `not-a-repository`.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $( Code::$name => $text, )* }
            }

            /// The exit code of the process; the groups are explained in `docs/exit-codes.md`.
            #[must_use]
            pub fn exit_code(self) -> u8 {
                match self { $( Code::$name => $exit, )* }
            }
        }
    };
}

codes! {
    // 1: the mission ran and its result was rejected.
    /// The project's own check passes without the change and fails with it.
    CheckFailed = "check-failed", 1;
    /// An edit produced a file that no longer parses.
    SyntaxBroken = "syntax-broken", 1;
    /// The critic found that the result is not what was asked for.
    ReviewFailed = "review-failed", 1;
    /// A Git hook of the user rejects the commit.
    HookFailed = "hook-failed", 1;
    // 2: the command line.
    /// Options or arguments that do not fit together.
    Usage = "usage", 2;
    // 3: only a model could do this.
    /// The sentence is not one of the forms that work without a model.
    NeedsModel = "needs-model", 3;
    // 4: the question put to the code has no single answer.
    /// No such symbol.
    SymbolNotFound = "symbol-not-found", 4;
    /// Several symbols have this name.
    SymbolAmbiguous = "symbol-ambiguous", 4;
    /// The new name is not a name that the language allows.
    InvalidName = "invalid-name", 4;
    /// The new name is taken where it would be used.
    NameCollision = "name-collision", 4;
    /// References exist that cannot be decided; a person has to say.
    NeedsDecision = "needs-decision", 4;
    /// Changes of the same file cannot be merged; a person has to say.
    Conflict = "conflict", 4;
    /// The pattern of a rewrite does not parse.
    InvalidPattern = "invalid-pattern", 4;
    /// Nothing to change.
    NothingToDo = "nothing-to-do", 4;
    /// No mission, event, session or file of that name.
    NotFound = "not-found", 4;
    // 5: the repository is not in a state to work on.
    /// No Git repository here.
    NotARepository = "not-a-repository", 5;
    /// A bare repository has no files to work on.
    BareRepository = "bare-repository", 5;
    /// No commit yet.
    EmptyRepository = "empty-repository", 5;
    /// Git says that the repository belongs to somebody else.
    DubiousOwnership = "dubious-ownership", 5;
    /// An object that is needed is not in this clone (partial or damaged).
    MissingObject = "missing-object", 5;
    /// Uncommitted changes are in the way.
    DirtyWorkingTree = "dirty-working-tree", 5;
    /// HEAD has moved since the mission began.
    HeadMoved = "head-moved", 5;
    /// The branch exists and is not ours to overwrite.
    BranchExists = "branch-exists", 5;
    /// The mission is not in a state for that.
    WrongState = "wrong-state", 5;
    /// The file has another version than the writer read.
    StaleVersion = "stale-version", 5;
    /// The lock was released, ran out or was given to somebody else.
    LockLost = "lock-lost", 5;
    /// Another Git problem.
    Git = "git", 5;
    // 6: the ledger.
    /// Another process writes this ledger.
    LedgerLocked = "ledger-locked", 6;
    /// The ledger was written by a newer Axon.
    LedgerNewer = "ledger-newer", 6;
    /// The ledger is truncated, altered or not a ledger.
    LedgerDamaged = "ledger-damaged", 6;
    /// The ledger lies on a network file system, where its locks do not hold.
    NetworkFileSystem = "network-file-system", 6;
    /// The signing key is missing, unreadable or not the one of this ledger.
    SigningKey = "signing-key", 6;
    /// The payload was erased.
    PayloadErased = "payload-erased", 6;
    /// The process that writes this ledger is another version of the program.
    OwnerVersion = "owner-version", 6;
    // 7: policy and confinement.
    /// No grant allows it.
    NotGranted = "not-granted", 7;
    /// The kernel offers no confinement, so nothing is run.
    NoConfinement = "no-confinement", 7;
    /// A check ran out of its time, memory, processes or output.
    LimitReached = "limit-reached", 7;
    /// A program that is needed is not installed.
    ProgramMissing = "program-missing", 7;
    // 8: the machine.
    /// Reading or writing failed.
    Io = "io", 8;
    /// The disk is full.
    DiskFull = "disk-full", 8;
    /// The folder may not be written.
    ReadOnly = "read-only", 8;
    /// Configuration that cannot be read.
    InvalidConfig = "invalid-config", 8;
    // 70: our own mistake (sysexits EX_SOFTWARE).
    /// Something that should not be possible.
    Bug = "bug", 70;
    // 130: as shells say it.
    /// Ctrl-C.
    Interrupted = "interrupted", 130;
    /// The process that worked on a mission is gone; the mission can be resumed.
    OwnerGone = "owner-gone", 130;
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// An error as a person needs it: what, where, and what to do.
pub struct Error(Box<Inner>);

struct Inner {
    code: Code,
    what: String,
    place: Option<String>,
    hint: Option<String>,
    source: Option<Box<dyn core::error::Error + Send + Sync>>,
}

impl Error {
    /// An error of this kind; `what` is a sentence without a full stop, lower case.
    pub fn new(code: Code, what: impl Into<String>) -> Self {
        Self(Box::new(Inner { code, what: what.into(), place: None, hint: None, source: None }))
    }

    /// Where: a path, `path:line`, an event.
    #[must_use]
    pub fn at(mut self, place: impl Into<String>) -> Self {
        self.0.place = Some(place.into());
        self
    }

    /// The same, where what was named until now is part of something that people know better:
    /// an object of a file.
    #[must_use]
    pub fn within(mut self, whole: &str) -> Self {
        self.0.place = Some(match self.0.place.take() {
            Some(part) if part != whole => alloc::format!("{whole} ({part})"),
            _ => String::from(whole),
        });
        self
    }

    /// What to do: one line, ideally a command.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// What caused it.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn core::error::Error + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// The kind.
    #[must_use]
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// What went wrong, without place and cause.
    #[must_use]
    pub fn what(&self) -> &str {
        &self.0.what
    }

    /// Where.
    #[must_use]
    pub fn place(&self) -> Option<&str> {
        self.0.place.as_deref()
    }

    /// What to do.
    #[must_use]
    pub fn hint_text(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.what)?;
        // What names its place in the middle of the sentence need not name it again.
        if let Some(place) = self.0.place.as_ref().filter(|place| !self.0.what.contains(*place)) {
            write!(f, " ({place})")?;
        }
        if let Some(source) = &self.0.source {
            write!(f, ": {source}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}] {self}", self.0.code)?;
        match &self.0.hint {
            Some(hint) => write!(f, " [hint: {hint}]"),
            None => Ok(()),
        }
    }
}

impl core::error::Error for Error {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        self.0.source.as_ref().map(|source| &**source as &(dyn core::error::Error + 'static))
    }
}
