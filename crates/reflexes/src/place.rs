//! Where a check runs, and what it may see.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use axon_domain::{Code, Error, Result};

use crate::Check;
use crate::config::is_inside;

/// The folders of a check. All paths are absolute.
#[derive(Debug, Clone)]
pub struct Place {
    /// The mission's base, materialised; never changed.
    pub base: PathBuf,
    /// What differs from the base: changed and new files, and whiteouts
    /// ([`axon_sandbox::whiteout`]) for removed ones. What the check writes into the project
    /// ends up here too, so it is to be made anew for each run.
    pub upper: PathBuf,
    /// Kept per mission: build output, caches, a home folder.
    pub scratch: PathBuf,
    /// The path at which the result appears.
    pub project: PathBuf,
    /// The live working tree, for what Git ignores and the check needs.
    pub live: Option<PathBuf>,
    /// What else it can read: (what is there, the path at which it appears). That path lies in
    /// the project, in the scratch folder, or is the same.
    pub shown: Vec<(PathBuf, PathBuf)>,
    /// Variables beside the usual ones.
    pub env: Vec<(OsString, OsString)>,
}

/// The programs of a check. Library code reads no environment, so the caller says.
#[derive(Debug, Clone, Default)]
pub struct Toolchains {
    /// `CARGO_HOME`. Registry, Git checkouts, programs and configuration are readable; keys
    /// are not.
    pub cargo_home: Option<PathBuf>,
    /// `RUSTUP_HOME`.
    pub rustup_home: Option<PathBuf>,
    /// `PATH`; its folders are readable.
    pub path: OsString,
    /// Further folders that are readable: `~/.pyenv`.
    pub extra: Vec<PathBuf>,
}

/// Ignored by Git nearly everywhere, and needed by nearly every check that has them.
const USUAL: [&str; 4] = ["node_modules", ".venv", "venv", "vendor"];

/// System folders, and of `/etc` what programs need and nobody hides.
const SYSTEM: [&str; 33] = [
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/opt",
    "/nix/store",
    "/etc/alternatives",
    "/etc/ca-certificates",
    "/etc/crypto-policies",
    "/etc/debian_version",
    "/etc/group",
    "/etc/host.conf",
    "/etc/hosts",
    "/etc/java",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/locale.alias",
    "/etc/locale.conf",
    "/etc/localtime",
    "/etc/mime.types",
    "/etc/nsswitch.conf",
    "/etc/os-release",
    "/etc/passwd",
    "/etc/pki/tls/certs",
    "/etc/protocols",
    "/etc/services",
    "/etc/ssl/certs",
    "/etc/ssl/openssl.cnf",
    "/etc/timezone",
];

/// Of `CARGO_HOME`; not `credentials.toml`.
const CARGO: [&str; 4] = ["bin", "registry", "git", "env"];
const CARGO_CONFIG: [&str; 2] = ["config.toml", "config"];

impl Toolchains {
    /// What is readable.
    pub(crate) fn readable(&self) -> Vec<PathBuf> {
        let mut paths: Vec<PathBuf> = SYSTEM.iter().map(PathBuf::from).collect();
        if let Some(home) = &self.cargo_home {
            paths.extend(CARGO.iter().map(|name| home.join(name)));
            // A configuration with a token in it stays hidden, like the file made for tokens.
            let harmless =
                |path: &PathBuf| fs::read_to_string(path).is_ok_and(|text| !text.contains("token"));
            paths.extend(CARGO_CONFIG.iter().map(|name| home.join(name)).filter(harmless));
        }
        paths.extend(self.rustup_home.clone());
        let folders = std::env::split_paths(&self.path);
        paths.extend(folders.filter(|path| path.is_absolute() && path.parent().is_some()));
        paths.extend(self.extra.iter().cloned());
        paths
    }
}

impl Place {
    /// What is brought from the live tree: (what is there, its path in the project). Only what
    /// exists there and is not part of the mission's tree.
    pub(crate) fn brought(&self, check: &Check) -> Vec<(PathBuf, PathBuf)> {
        let Some(live) = &self.live else { return Vec::new() };
        let usual = USUAL.iter().map(PathBuf::from);
        let mut paths: Vec<PathBuf> = usual.chain(check.bring.iter().cloned()).collect();
        paths.sort();
        paths.dedup();
        let there = |path: &Path| fs::symlink_metadata(path).is_ok();
        paths
            .into_iter()
            .filter(|path| is_inside(path) && live.join(path).exists())
            .filter(|path| !there(&self.base.join(path)) && !there(&self.upper.join(path)))
            .map(|path| (live.join(&path), path))
            .collect()
    }

    /// The environment of the check; makes the folders that it names.
    pub(crate) fn environment(&self, tools: &Toolchains) -> Result<Vec<(OsString, OsString)>> {
        let mut variables: Vec<(OsString, OsString)> = Vec::new();
        for (name, folder) in [
            ("HOME", "home"),
            ("TMPDIR", "tmp"),
            ("XDG_CACHE_HOME", "cache"),
            ("CARGO_TARGET_DIR", "target"),
            ("PYTHONPYCACHEPREFIX", "pycache"),
        ] {
            let path = self.scratch.join(folder);
            fs::create_dir_all(&path).map_err(|error| {
                Error::new(Code::Io, "cannot make a folder for the check")
                    .at(path.display().to_string())
                    .because(error)
            })?;
            variables.push((name.into(), path.into()));
        }
        variables.push(("PATH".into(), tools.path.clone()));
        for (name, value) in [
            ("CARGO_NET_OFFLINE", "true"),
            ("CARGO_TERM_COLOR", "never"),
            ("PYTHONDONTWRITEBYTECODE", "1"),
            ("PYTHONUNBUFFERED", "1"),
            ("PIP_NO_INDEX", "1"),
            ("GIT_CONFIG_GLOBAL", "/dev/null"),
            ("LC_ALL", "C.UTF-8"),
            ("AXON", "1"),
        ] {
            variables.push((name.into(), value.into()));
        }
        let homes = [("CARGO_HOME", &tools.cargo_home), ("RUSTUP_HOME", &tools.rustup_home)];
        for (name, home) in homes {
            if let Some(home) = home {
                variables.push((name.into(), home.into()));
            }
        }
        variables.extend(self.env.iter().cloned());
        Ok(variables)
    }
}

/// Where the interpreter of a virtual environment really is (`pyvenv.cfg`, PEP 405): its own
/// programs and libraries.
pub(crate) fn interpreter_of(environment: &Path) -> Vec<PathBuf> {
    let text = fs::read_to_string(environment.join("pyvenv.cfg")).unwrap_or_default();
    let home = text.lines().find_map(|line| {
        let (name, value) = line.split_once('=')?;
        (name.trim() == "home").then(|| PathBuf::from(value.trim()))
    });
    let Some(prefix) = home.as_deref().filter(|home| home.is_absolute()).and_then(Path::parent)
    else {
        return Vec::new();
    };
    // Only what looks like an installation: the file could say anything.
    let library = fs::read_dir(prefix.join("lib"))
        .into_iter()
        .flatten()
        .flatten()
        .any(|entry| entry.file_name().to_str().is_some_and(|name| name.starts_with("python")));
    if !library {
        return Vec::new();
    }
    ["bin", "lib", "include"].map(|name| prefix.join(name)).into()
}
