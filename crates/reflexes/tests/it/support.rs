//! A project in a temporary folder and the folders of a mission beside it.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use axon_domain::{CheckChoice, Limits};
use axon_reflexes::{Check, CheckConfig, CheckOutcome, Found, Place, Toolchains, find, run_check};
use axon_sandbox::{Cancel, Mode};

/// Limits that end a test soon, whatever happens.
pub(crate) const LIMITS: Limits = Limits { wall_millis: 120_000, ..Limits::CHECK };

/// A project: its live tree, and a mission on it.
pub(crate) struct Project {
    pub(crate) folder: tempfile::TempDir,
    files: Vec<String>,
    pub(crate) tools: Toolchains,
}

impl Project {
    /// A project of these files, all tracked.
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["live", "base", "upper", "scratch"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        let tools = Toolchains { path: OsString::from("/usr/bin:/bin"), ..Toolchains::default() };
        let mut project = Self { folder, files: Vec::new(), tools };
        for (path, content) in files {
            project.write("base", path, content);
            project.write("live", path, content);
            project.files.push((*path).to_owned());
        }
        project
    }

    pub(crate) fn path(&self, part: &str) -> PathBuf {
        self.folder.path().join(part)
    }

    /// Writes a file of the base, the live tree or the upper folder.
    pub(crate) fn write(&self, layer: &str, path: &str, content: &str) {
        let path = self.path(layer).join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    pub(crate) fn check(&self) -> Check {
        let text = fs::read_to_string(self.path("base/axon.toml")).unwrap_or_default();
        let config = CheckConfig::parse(&text, "axon.toml").unwrap();
        let files = self.files.iter().map(String::as_str);
        match find(files, config.as_ref(), &CheckChoice::Found) {
            Found::Check(check) => check,
            Found::Nothing { looked_for } => panic!("no check: {looked_for}"),
        }
    }

    pub(crate) fn place(&self) -> Place {
        Place {
            shown: Vec::new(),
            env: Vec::new(),
            base: self.path("base"),
            upper: self.path("upper"),
            scratch: self.path("scratch"),
            project: self.path("live"),
            live: Some(self.path("live")),
        }
    }

    pub(crate) fn run_as(&self, mode: Mode) -> CheckOutcome {
        let (check, place) = (self.check(), self.place());
        run_check(&check, &place, &self.tools, LIMITS, mode, &Cancel::new(), &mut |_| {}).unwrap()
    }

    pub(crate) fn run(&self) -> CheckOutcome {
        self.run_as(Mode::Confined)
    }

    /// A check by a command.
    pub(crate) fn command(&self, command: &str) -> CheckOutcome {
        let mut check = self.check();
        check.command = command.to_owned();
        let place = self.place();
        let cancel = Cancel::new();
        run_check(&check, &place, &self.tools, LIMITS, Mode::Confined, &cancel, &mut |_| {})
            .unwrap()
    }
}

/// The output as text.
pub(crate) fn text(outcome: &CheckOutcome) -> String {
    String::from_utf8_lossy(&outcome.outcome.output).into_owned()
}

/// The toolchain that builds this test.
pub(crate) fn rust() -> Toolchains {
    let variable = |name: &str, folder: &str| {
        let home = std::env::var_os("HOME").map(PathBuf::from).unwrap();
        std::env::var_os(name).map_or_else(|| home.join(folder), PathBuf::from)
    };
    let cargo_home = variable("CARGO_HOME", ".cargo");
    let cargo = std::env::var_os("CARGO").map(PathBuf::from).unwrap();
    let programs = cargo.parent().map(Path::to_owned).unwrap();
    let path = std::env::join_paths([programs, "/usr/bin".into(), "/bin".into()]).unwrap();
    Toolchains {
        cargo_home: Some(cargo_home),
        rustup_home: Some(variable("RUSTUP_HOME", ".rustup")),
        path,
        extra: vec![cargo.parent().and_then(Path::parent).map(Path::to_owned).unwrap()],
    }
}
