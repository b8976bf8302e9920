#!/usr/bin/env python3
"""Runs commands in a terminal of their own and draws its screen as SVG.

    cargo build --release -p axon-cli
    python3 scripts/picture.py --axon target/release/axon demo > docs/pictures/demo.svg

makes the picture of the README again. What is drawn is what the program wrote: the bytes go
through a small terminal (colours, cursor up, erase below), nothing is added but the prompt.
With --text the screen is printed instead, for looking at widths.

Only the standard library is needed. Linux.
"""

import argparse
import fcntl
import os
import pty
import re
import shlex
import shutil
import struct
import sys
import tempfile
import termios
from html import escape
from pathlib import Path

COLOURS = {
    30: "#1c2128", 31: "#ff7b72", 32: "#56d364", 33: "#e3b341",
    34: "#79c0ff", 35: "#d2a8ff", 36: "#56d4dd", 37: "#d0d7de",
    90: "#8b949e", 91: "#ffa198", 92: "#7ee787", 93: "#f2cc60",
    94: "#a5d6ff", 95: "#e2c5ff", 96: "#b3f0ff", 97: "#ffffff",
}
PLAIN = ("#d0d7de", False)
SCENES = {
    "demo": ["axon demo"],
    "why": ["axon why shop/pricing.py:6"],
    "verify": ["axon verify"],
}
# Escape sequences that the screen knows; others are a mistake of this script.
SEQUENCE = re.compile(r"\x1b\[(\??[0-9;]*)([A-Za-z])")
# "Show all of this at once", and its end: no change of the screen.
TOGETHER = "?2026"


class Screen:
    """Lines of (character, style); grows downwards and never scrolls."""

    def __init__(self, columns, rows=24):
        self.columns = columns
        self.rows = rows
        self.lines = [[]]
        self.row = self.column = 0
        self.style = PLAIN

    def feed(self, text):
        at = 0
        while at < len(text):
            found = SEQUENCE.match(text, at)
            if found:
                self.sequence(found[1], found[2])
                at = found.end()
                continue
            self.put(text[at])
            at += 1

    def put(self, char):
        if char == "\r":
            self.column = 0
        elif char == "\n":
            self.down()
        elif char >= " ":
            if self.column == self.columns:
                self.down()
                self.column = 0
            line = self.lines[self.row]
            line.extend([(" ", PLAIN)] * (self.column + 1 - len(line)))
            line[self.column] = (char, self.style)
            self.column += 1
        elif char != "\x07":
            raise SystemExit(f"a control character that is not drawn: {char!r}")

    def down(self):
        self.row += 1
        if self.row == len(self.lines):
            self.lines.append([])

    def sequence(self, numbers, letter):
        if numbers == TOGETHER:
            return
        values = [int(n or 0) for n in numbers.split(";")]
        if letter == "m":
            self.colour(values)
        elif letter == "A":
            self.row = max(0, self.row - (values[0] or 1))
        elif letter == "J" and values == [0]:
            del self.lines[self.row + 1:]
            del self.lines[self.row][self.column:]
        elif letter == "K" and values == [0]:
            del self.lines[self.row][self.column:]
        else:
            raise SystemExit(f"a sequence that is not drawn: {numbers}{letter}")

    def colour(self, values):
        colour, bold = self.style
        for value in values:
            if value == 0:
                colour, bold = PLAIN
            elif value == 1:
                bold = True
            elif value in COLOURS:
                colour = COLOURS[value]
        self.style = (colour, bold)


def read_terminal(argv, folder, environment, columns, rows):
    """Runs a program in a terminal; gives what it writes as it comes."""
    pid, terminal = pty.fork()
    if pid == 0:
        # Not before the terminal has its size.
        os.read(0, 1)
        os.chdir(folder)
        os.execve(argv[0], argv, environment)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    modes = termios.tcgetattr(terminal)
    modes[3] &= ~termios.ECHO
    termios.tcsetattr(terminal, termios.TCSANOW, modes)
    os.write(terminal, b"\n")
    while True:
        try:
            part = os.read(terminal, 65536)
        except OSError:  # the terminal's way of saying that it was closed
            part = b""
        if not part:
            break
        yield part
    os.waitpid(pid, 0)


def record(screen, argv, folder, environment):
    """Runs a program in a terminal and feeds what it writes into the screen."""
    written = read_terminal(argv, folder, environment, screen.columns, screen.rows)
    screen.feed(b"".join(written).decode())


def runs(line):
    """The line in pieces of one style each, with the column of each."""
    start = 0
    for at in range(1, len(line) + 1):
        if at == len(line) or line[at][1] != line[start][1]:
            yield start, "".join(char for char, _ in line[start:at]), line[start][1]
            start = at


def pieces(line):
    """As runs(), without spaces that browsers would shrink: each piece has its own place."""
    for column, text, style in runs(line):
        for found in re.finditer(r"\S+(?: \S+)*", text):
            yield column + found.start(), found[0], style


def window(width, height, title):
    """The beginning of a picture: an empty terminal."""
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" role="img">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{width}" height="{height}" rx="8" fill="#0d1117"/>',
    ]
    for place, colour in enumerate(["#ff5f57", "#febc2e", "#28c840"]):
        out.append(f'<circle cx="{24 + 18 * place}" cy="18" r="5.5" fill="{colour}"/>')
    out.append(
        '<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, '
        "'DejaVu Sans Mono', monospace\" font-size=\"14\">"
    )
    return out


def surroundings(home):
    """The environment of what is run."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": home,
        "XDG_CONFIG_HOME": f"{home}/config",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "LC_ALL": "C.UTF-8",
    }
    for name in ("CARGO_HOME", "RUSTUP_HOME"):
        environment[name] = os.environ.get(name) or str(
            Path.home() / ("." + name.split("_")[0].lower())
        )
    return environment


def svg(screen, title):
    while len(screen.lines) > 1 and not screen.lines[-1]:
        screen.lines.pop()
    wide, high, left, top = 8.4, 19, 20, 52
    width = int(2 * left + screen.columns * wide)
    height = top + high * len(screen.lines) + 10
    out = window(width, height, title)
    for row, line in enumerate(screen.lines):
        for column, text, (colour, bold) in pieces(line):
            x, y = left + column * wide, top + row * high
            weight = ' font-weight="bold"' if bold else ""
            out.append(
                f'<text x="{x:.1f}" y="{y}" fill="{colour}"{weight} '
                f'textLength="{len(text) * wide:.1f}">{escape(text)}</text>'
            )
    out += ["</g>", "</svg>"]
    return "\n".join(out) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--axon", required=True, type=Path, help="the binary")
    parser.add_argument("--columns", type=int, default=80, help="width of the terminal")
    parser.add_argument("--folder", type=Path, help="run there instead of in a new demo")
    parser.add_argument("--text", action="store_true", help="print text instead of SVG")
    parser.add_argument("scene", help=f"a command in one string, or {', '.join(SCENES)}")
    args = parser.parse_args()
    commands = SCENES.get(args.scene, [args.scene])
    axon = str(args.axon.resolve())
    with tempfile.TemporaryDirectory() as home:
        environment = surroundings(home)
        folder = args.folder or Path(home)
        if args.scene != "demo" and not args.folder:
            folder = Path(home) / "shop"
            record(Screen(args.columns), [axon, "demo", "--into", str(folder)], home, environment)
        screen = Screen(args.columns)
        for command in commands:
            screen.style = (COLOURS[90], False)
            screen.feed("$ ")
            screen.style = ("#ffffff", True)
            screen.feed(command + "\r\n")
            screen.style = PLAIN
            record(screen, [axon, *shlex.split(command)[1:]], folder, environment)
        if args.text:
            for line in screen.lines:
                print("".join(char for char, _ in line).rstrip())
        else:
            sys.stdout.write(svg(screen, "A terminal: " + ", then ".join(commands)))
        made = re.search(r"in (/\S*/axon-demo-\d+)", "".join(c for row in screen.lines for c, _ in row))
        if args.scene == "demo" and made:
            shutil.rmtree(made[1])


if __name__ == "__main__":
    main()
