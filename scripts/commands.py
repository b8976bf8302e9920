#!/usr/bin/env python3
"""Writes docs/commands.md: every command with its help and an example that was really run.

    cargo build --release -p axon-cli
    python3 scripts/commands.py --axon target/release/axon > docs/commands.md

The examples run one after the other in a new demo repository below /tmp/axon-docs, which is
removed afterwards. A repository test (crates/testkit/tests/it/docs_commands.rs) fails when a
command or an option is not on the page. Only the standard library is needed.
"""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

WORK = Path("/tmp/axon-docs")
HOME = WORK / "home"
SHOP = WORK / "shop"
EVERYWHERE = "Options of every command:"

HEAD = """# Commands

Written by `scripts/commands.py` from the binary itself: the help of each command, and examples run one after the other in one new repository of `axon demo`, in this order. Home folders are shown as `~`; `[…]` stands for lines that were left out. Numbers of events depend on the number of processors.

Results go to standard output, everything else (progress, hints, errors) to standard error. `--json` prints one JSON value, or one event a line where a mission runs; an error is then `{"error": {"code", "message", "place", "hint", "exit_code"}}`. [Exit codes](exit-codes.md) have a page, and so has every error: `[symbol-not-found]` is [errors/symbol-not-found.md](errors/symbol-not-found.md).

`why` answers only for lines of missions that this repository's ledger knows. One process writes a repository's ledger. A command that changes something (`run`, `resume`, `pause`, `cancel`, `apply`, `discard`, `rebase`, `resolve`) is that process, or hands over to the one that is ([several at once](missions.md#several-at-once)). All others only read.
"""

# Command, remarks, examples. An example is (command line, lines shown at most, exit code).
PAGE = [
    ("demo", "", [("axon demo --into shop", 40, 0)]),
    (
        "run",
        "The forms of a mission, what is edited, listed and asked, and how the check is "
        "confined: [missions](missions.md).",
        [
            ("axon run --rename VAT TAX_RATE --dry-run", 40, 0),
            ("axon run --rename VAT TAX_RATE", 40, 0),
            ('axon run "rename method add to put"', 40, 0),
            (
                "axon run --rewrite 'sum($X)' --to 'math.fsum($X)' --lang python "
                "--check 'python3 -m unittest -q'",
                60,
                1,
            ),
            (
                "axon run --signature 'calculate_total(prices, currency:=\"EUR\", vat)' --dry-run",
                60,
                0,
            ),
            ("axon run --move calculate_total --into shop.totals --dry-run", 30, 0),
            ("axon run --remove-dead --dry-run", 40, 0),
            ("axon run --rename calculate_totl order_total", 40, 4),
        ],
    ),
    (
        "attach",
        "Of a mission that is over it shows the end.",
        [
            ("axon run --rename monthly per_month --check 'sleep 3' --detach", 40, 0),
            ("axon attach m6", 40, 0),
        ],
    ),
    (
        "pause",
        "",
        [
            ("axon run --rename by_name named --check 'sleep 3' --detach", 40, 0),
            ("axon pause m7", 40, 0),
            ("axon pause m2", 40, 5),
        ],
    ),
    ("resume", "", [("axon resume m7", 40, 0), ("axon resume", 40, 0)]),
    (
        "cancel",
        "",
        [
            ("axon run --rename Cart Basket --check 'sleep 60' --detach", 40, 0),
            ("axon cancel m8", 40, 0),
        ],
    ),
    ("missions", "", [("axon missions", 40, 0)]),
    ("show", "", [("axon show m2", 60, 0), ("axon show m4 --check", 40, 0)]),
    ("board", "", [("axon board m2", 40, 0)]),
    ("agents", "", [("axon agents m2", 40, 0)]),
    ("locks", "", [("axon locks", 40, 0)]),
    (
        "log",
        "Without `--kind`, every event: also the life of each agent and each step of each "
        "task. With `--json`, every line is a [CloudEvent](https://cloudevents.io).",
        [("axon log m2 --kind DECISION --kind REFLEX --kind COMMIT", 40, 0)],
    ),
    (
        "why",
        "A branch that was merged or applied keeps its trailers, so the answer is the same "
        "after `axon apply`.",
        [("axon why shop/pricing.py:6", 40, 0), ("axon why HEAD:README.md:1", 40, 0)],
    ),
    ("diff", "", [("axon diff m2", 40, 0)]),
    ("apply", "", [("axon apply m2", 40, 0), ("git log --oneline", 40, 0)]),
    ("discard", "", [("axon discard m1", 40, 0)]),
    (
        "rebase",
        "How a change is brought over, and what the critic asks: "
        "[missions](missions.md#when-head-has-moved-on).",
        [
            ("git commit --quiet --allow-empty --message 'Meanwhile'", 40, 0),
            ("axon rebase m3", 40, 0),
            (
                "sed -i 's/by_name(name, module)/by_name(module, name)/' shop/reports.py && "
                "git commit --quiet --all --message 'Another order'",
                40,
                0,
            ),
            ("axon rebase m7", 40, 4),
        ],
    ),
    (
        "conflicts",
        "The sides are explained in [missions](missions.md#conflicts).",
        [("axon conflicts", 40, 0)],
    ),
    ("resolve", "", [("axon resolve m10 shop/reports.py --theirs", 40, 0)]),
    (
        "rewind",
        "Event 2 is the first mission's goal, so these are the files that it started from.",
        [("axon rewind --to 2 --into ../before", 40, 0)],
    ),
    ("verify", "What each line means: [audit](audit.md).", [("axon verify", 40, 0)]),
    ("backup", "", [("axon backup ../ledger-copy.db", 40, 0)]),
    ("status", "", [("axon status", 40, 0)]),
    (
        "doctor",
        "Exits with 1 if something is broken: then missions, or their checks, do not work.",
        [("axon doctor", 40, 0)],
    ),
    ("owner", "", [("axon owner", 40, 0)]),
    ("completions", "", [("axon completions bash", 4, 0)]),
]


def run(axon, line, folder, expected):
    environment = {
        "PATH": f"{axon.parent}:{os.environ['PATH']}",
        "HOME": str(HOME),
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "LC_ALL": "C.UTF-8",
        "COLUMNS": "80",
    }
    done = subprocess.run(
        ["sh", "-c", line], cwd=folder, env=environment, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )
    if done.returncode != expected:
        sys.exit(f"{line}: exit code {done.returncode}, not {expected}\n{done.stdout}")
    return done.stdout.replace(str(HOME), "~").rstrip().splitlines()


def own_help(lines):
    """A command's help without the options that every command has."""
    if EVERYWHERE not in lines:
        return lines
    begin = lines.index(EVERYWHERE)
    ends = (at for at in range(begin + 1, len(lines)) if lines[at][:1].strip())
    return [*lines[:begin], *lines[next(ends, len(lines)):]]


def shared_help(lines):
    begin = lines.index(EVERYWHERE)
    ends = (at for at in range(begin + 1, len(lines)) if lines[at][:1].strip())
    return lines[begin:next(ends, len(lines)) - 1]


def block(lines):
    print("```", *[line.rstrip() for line in lines], "```", sep="\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--axon", required=True, type=Path, help="the binary, named axon")
    axon = parser.parse_args().axon.resolve()
    HOME.mkdir(parents=True)
    try:
        print(HEAD)
        print(", ".join(f"[{name}](#axon-{name})" for name, _, _ in PAGE))
        print()
        block(shared_help(run(axon, "axon -h", WORK, 0)))
        for name, remarks, examples in PAGE:
            print(f"\n## axon {name}")
            block(own_help(run(axon, f"axon {name} --help", WORK, 0)))
            if remarks:
                print(remarks)
            for line, most, expected in examples:
                folder = WORK if name == "demo" else SHOP
                output = run(axon, line, folder, expected)
                shown = output if len(output) <= most else [*output[:most], "[…]"]
                block([f"$ {line}", *shown])
                if expected:
                    print(f"Exit code {expected}.")
    finally:
        shutil.rmtree(WORK)


if __name__ == "__main__":
    main()
