#!/usr/bin/env python3
"""Missions on real projects: does a project's own test suite still pass on the branch?

Each project is a published package, pinned by version, fetched through pip or cargo. It
becomes a Git repository; its tests have to pass there. Then every mission runs on that
commit, its branch is checked out into a folder of its own, and the tests have to pass again.

Only Python's standard library is used here; pytest lives in a virtual environment below the
work folder. Nothing of the user's Git, pip or Axon configuration is changed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / "target" / "projects"
# Long enough for a cold build on a small machine; a hanging program is a failure.
TIMEOUT = 1800


@dataclass(frozen=True)
class Mission:
    """What is asked for, and how many lines have to change at least."""

    title: str
    arguments: list[str]
    lines: int


@dataclass(frozen=True)
class Project:
    """A published package. `sha256` is that of a Python source archive; cargo knows its own."""

    name: str
    version: str
    language: str
    quick: bool
    tests: list[str]
    missions: list[Mission]
    sha256: str = ""


def rename(kind: str, old: str, new: str, lines: int, *more: str) -> Mission:
    return Mission(f"{kind} {old} → {new}", ["--rename", old, new, *more], lines)


def rewrite(language: str, pattern: str, replacement: str, lines: int) -> Mission:
    arguments = ["--rewrite", pattern, "--to", replacement, "--lang", language]
    return Mission(f"rewrite {pattern} → {replacement}", arguments, lines)


# The symbols are chosen for what is around them; the numbers count the lines that refer.
PROJECTS = [
    Project(
        name="toolz",
        version="1.1.0",
        sha256="27a5c770d068c110d9ed9323f24f1543e83b2f300a687b7891c1a6d56b697b5b",
        language="python",
        quick=True,
        tests=["python", "-m", "pytest", "-q", "--doctest-modules", "toolz"],
        missions=[
            # Star imports, __all__, a re-export in toolz.curried, doctests.
            rename("function", "isdistinct", "all_distinct", 14),
            # Used through its module by a test; also a keyword argument that is no reference.
            rename("type", "InstanceProperty", "BoundProperty", 4),
            # A test has an override of it in a string that nothing runs: not code, told only.
            rename("method", "curry._should_curry", "_wants_more", 2),
            rewrite("python", "assert list($A) == $B", "assert $B == list($A)", 50),
        ],
    ),
    Project(
        name="boltons",
        version="26.2.0",
        sha256="d39cfd15c1a1c3bd4d705c82252fa9edb8e4f5e8cc039f8e39afac7b1b47e92c",
        language="python",
        quick=False,
        tests=["python", "-m", "pytest", "-q", "--doctest-modules", "boltons", "tests"],
        missions=[
            # __all__, doctests, an alias of another name in a test.
            rename("function", "bytes2human", "human_bytes", 8),
            rename("type", "ThresholdCounter", "FrequencyCounter", 8),
            # Called on a local variable whose type only its assignment shows.
            rename("method", "ThresholdCounter.get_common_count", "common_count", 4),
            rewrite("python", "raise TypeError($$$ARGS)", "raise TypeError($$$ARGS) from None", 20),
        ],
    ),
    Project(
        name="semver",
        version="1.0.23",
        language="rust",
        quick=True,
        tests=["cargo", "test", "--quiet"],
        missions=[
            # Used through its module.
            rename("function", "matches_req", "satisfies_req", 2),
            # Re-exported, in doc tests, in several test crates.
            rename("type", "Comparator", "Constraint", 28),
            # Passed as a path in a doc test.
            rename("method", "Version::cmp_precedence", "compare_precedence", 2),
            rewrite("rust", "$X.unwrap()", '$X.expect("valid")', 7),
        ],
    ),
    Project(
        name="shlex",
        version="1.3.0",
        language="rust",
        quick=False,
        tests=["cargo", "test", "--quiet"],
        missions=[
            # Another function of the same name lives in the module `bytes`.
            rename("function", "try_quote", "checked_quote", 3, "--symbol", "src/lib.rs:241"),
            rename("type", "QuoteError", "QuotingError", 20),
            rename("method", "next_char", "advance", 9),
            rewrite("rust", "result.push($A)", "result.extend([$A])", 6),
        ],
    ),
]


class Failure(Exception):
    """A step that failed, with everything that it printed."""


@dataclass
class Run:
    """One call of this script: where things are, and what failed."""

    axon: Path | None
    environment: dict[str, str]
    failed: list[str] = field(default_factory=list)

    def command(self, arguments: list[str], folder: Path) -> str:
        """Runs a program, which has to succeed, and returns its standard output."""
        shown = " ".join(arguments)
        # Looked up here, because subprocess would search our own PATH.
        program = shutil.which(arguments[0], path=self.environment["PATH"])
        if program is None:
            raise Failure(f"{arguments[0]} is not installed")
        try:
            done = subprocess.run(
                [program, *arguments[1:]],
                cwd=folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                timeout=TIMEOUT,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise Failure(f"$ {shown}\nstill running after {TIMEOUT} s") from error
        if done.returncode != 0:
            raise Failure(f"$ {shown}\nexit {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def step(self, title: str, action) -> bool:
        """Does one thing and says how it went; whether it went well."""
        began = time.monotonic()
        try:
            mark, note, problem = "ok  ", action() or "", ""
        except Failure as failure:
            self.failed.append(title)
            mark, note, problem = "FAIL", "", str(failure)
        print(f"{mark}  {title:<64} {time.monotonic() - began:6.1f} s  {note}".rstrip())
        if problem:
            print(problem)
        sys.stdout.flush()
        return not problem


def environment() -> dict[str, str]:
    """The variables that programs see: nothing of the user's Git or Axon configuration."""
    kept = ("PATH", "HOME", "TMPDIR", "LANG", "TERM", "SSL_CERT_FILE")
    prefixes = ("PIP_", "CARGO_HTTP_", "CARGO_REGISTRIES_", "CARGO_HOME", "RUSTUP_")
    proxies = ("http_proxy", "https_proxy", "no_proxy", "all_proxy")
    seen = {
        name: value
        for name, value in os.environ.items()
        if name in kept or name.startswith(prefixes) or name.lower() in proxies
    }
    seen["XDG_CONFIG_HOME"] = str(WORK / "config")
    seen["XDG_STATE_HOME"] = str(WORK / "state")
    seen["GIT_CONFIG_GLOBAL"] = os.devnull
    seen["GIT_CONFIG_NOSYSTEM"] = "1"
    seen["PYTHONDONTWRITEBYTECODE"] = "1"
    seen["PATH"] = f"{WORK / 'venv' / 'bin'}{os.pathsep}{seen['PATH']}"
    return seen


# --- fetching -----------------------------------------------------------------------------


def virtual_environment(run: Run) -> None:
    """A Python of our own with pytest in it."""
    python = WORK / "venv" / "bin" / "python"
    if not python.exists():
        run.command([sys.executable, "-m", "venv", str(WORK / "venv")], WORK)
    ready = subprocess.run([python, "-c", "import pytest"], capture_output=True, check=False)
    if ready.returncode != 0:
        run.command([str(python), "-m", "pip", "install", "--quiet", "pytest>=8,<10"], WORK)


def fetch_python(run: Run, project: Project, folder: Path) -> None:
    """Unpacks the source archive from the package index."""
    downloads = WORK / "downloads"
    downloads.mkdir(exist_ok=True)
    archive = downloads / f"{project.name}-{project.version}.tar.gz"
    if not archive.exists():
        wanted = f"{project.name}=={project.version}"
        pip = ["python", "-m", "pip", "download", "--quiet", "--no-deps"]
        run.command([*pip, "--no-binary", ":all:", "--dest", str(downloads), wanted], WORK)
    found = hashlib.sha256(archive.read_bytes()).hexdigest()
    if found != project.sha256:
        archive.unlink()
        raise Failure(f"{archive.name}: SHA-256 is {found}, expected {project.sha256}")
    unpacked = WORK / "unpacked"
    shutil.rmtree(unpacked, ignore_errors=True)
    # Debian 12 has a Python from before the filter; the hash has been checked either way.
    safely = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
    with tarfile.open(archive) as contents:
        contents.extractall(unpacked, **safely)
    (unpacked / f"{project.name}-{project.version}").rename(folder)


def fetch_rust(run: Run, project: Project, folder: Path) -> None:
    """Copies the crate out of what cargo vendors for a scratch package; cargo checks its hash."""
    vendored = WORK / "downloads" / f"{project.name}-{project.version}"
    if not vendored.exists():
        scratch = WORK / "scratch"
        shutil.rmtree(scratch, ignore_errors=True)
        (scratch / "src").mkdir(parents=True)
        (scratch / "src" / "lib.rs").touch()
        (scratch / "Cargo.toml").write_text(
            '[package]\nname = "scratch"\nversion = "0.0.0"\nedition = "2021"\n\n[workspace]\n\n'
            f'[dependencies]\n{project.name} = "={project.version}"\n'
        )
        run.command(["cargo", "vendor", "--quiet", "vendor"], scratch)
        vendored.parent.mkdir(exist_ok=True)
        (scratch / "vendor" / project.name).rename(vendored)
    shutil.copytree(vendored, folder)
    (folder / ".cargo-checksum.json").unlink()
    # It stands alone, whatever workspace the folder lies in.
    with (folder / "Cargo.toml").open("a") as manifest:
        manifest.write("\n[workspace]\n")
    run.command(["cargo", "fetch", "--quiet"], folder)


def make_repository(run: Run, folder: Path) -> None:
    (folder / ".gitignore").write_text("/target\n__pycache__/\n.pytest_cache/\n")
    for arguments in (
        ["init", "--quiet", "--initial-branch=main"],
        ["config", "user.name", "Ada Lovelace"],
        ["config", "user.email", "ada@example.org"],
        ["add", "--all"],
        ["commit", "--quiet", "--message", "As published"],
    ):
        run.command(["git", *arguments], folder)


def prepare(run: Run, project: Project, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(exist_ok=True)
    fetch = {"python": fetch_python, "rust": fetch_rust}[project.language]
    fetch(run, project, folder)
    make_repository(run, folder)


# --- missions -----------------------------------------------------------------------------


def own_tests(run: Run, project: Project, folder: Path) -> str:
    """The project's own tests; the line in which they sum themselves up."""
    # One build folder for a project's folders: what does not change is not built again.
    run.environment["CARGO_TARGET_DIR"] = str(WORK / "build" / project.name)
    try:
        printed = run.command(project.tests, folder)
    finally:
        del run.environment["CARGO_TARGET_DIR"]
    if project.language == "python":
        return printed.strip().splitlines()[-1]
    results = [line.split() for line in printed.splitlines() if line.startswith("test result:")]
    return f"{sum(int(words[3]) for words in results)} passed"


def mission_branches(run: Run, folder: Path) -> set[str]:
    listing = ["git", "for-each-ref", "--format=%(refname:short)", "refs/heads/axon/"]
    return set(run.command(listing, folder).split())


def run_mission(run: Run, mission: Mission, folder: Path, *more: str) -> str:
    """Runs axon and returns the branch that it made."""
    before = mission_branches(run, folder)
    printed = run.command([str(run.axon), "run", *mission.arguments, *more, "--json"], folder)
    for line in printed.splitlines():
        try:
            json.loads(line)
        except ValueError as error:
            raise Failure(f"--json printed a line that is not JSON: {line}") from error
    if run.command(["git", "status", "--porcelain"], folder):
        raise Failure("the mission changed the working tree")
    made = mission_branches(run, folder) - before
    if len(made) != 1:
        raise Failure(f"expected one new branch, found {sorted(made)}\n{printed}")
    return made.pop()


def prove(run: Run, project: Project, mission: Mission, folder: Path, number: int) -> str:
    """One mission: run it, check its branch out, run the project's tests there.

    It runs twice: with as many agents as the machine has room for, and with one. Both have to
    come to the same tree.
    """
    branch = run_mission(run, mission, folder)
    alone = run_mission(run, mission, folder, "--agents", "1", "--no-check")
    trees = run.command(["git", "rev-parse", f"{branch}^{{tree}}", f"{alone}^{{tree}}"], folder)
    if len(set(trees.split())) != 1:
        difference = run.command(["git", "diff", branch, alone], folder)
        raise Failure(f"one agent comes to something else:\n{difference}")
    counts = run.command(["git", "diff", "--numstat", "main", branch], folder).splitlines()
    changed = sum(int(line.split()[1]) for line in counts)
    if changed < mission.lines:
        raise Failure(f"{changed} lines changed, expected at least {mission.lines}")
    result = folder.parent / f"{project.name}-{number}"
    shutil.rmtree(result, ignore_errors=True)
    run.command(["git", "clone", "--quiet", "--branch", branch, str(folder), str(result)], WORK)
    summary = own_tests(run, project, result)
    shutil.rmtree(result)
    return f"{changed} lines in {len(counts)} files; {summary}"


def do_project(run: Run, project: Project) -> None:
    folder = WORK / "repositories" / project.name
    name = f"{project.name} {project.version}"
    if not run.step(f"{name}: fetch", lambda: prepare(run, project, folder)):
        return
    if not run.step(f"{name}: its tests before", lambda: own_tests(run, project, folder)):
        return
    if run.axon is None:
        return
    for number, mission in enumerate(project.missions, 1):
        title = f"{project.name}: {mission.title}"
        run.step(title, lambda m=mission, n=number: prove(run, project, m, folder, n))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--axon", type=Path, help="the binary; without it only the tests before")
    parser.add_argument("--quick", action="store_true", help="one Python and one Rust project")
    parser.add_argument("--only", metavar="NAME", help="only this project")
    options = parser.parse_args()
    if options.axon is not None and not options.axon.is_file():
        parser.error(f"{options.axon} is not there; build it with cargo build -p axon-cli")
    chosen = [
        project
        for project in PROJECTS
        if (project.quick or not options.quick) and options.only in (None, project.name)
    ]
    if not chosen:
        parser.error(f"there is no project {options.only}")
    WORK.mkdir(parents=True, exist_ok=True)
    axon = None if options.axon is None else options.axon.resolve()
    run = Run(axon, environment())
    if not run.step("pytest in an environment of its own", lambda: virtual_environment(run)):
        return 1
    for project in chosen:
        do_project(run, project)
    if run.failed:
        print(f"{len(run.failed)} failed: {', '.join(run.failed)}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
