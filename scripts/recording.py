#!/usr/bin/env python3
"""Runs a command in a terminal of its own and records its screen as an animated SVG.

    cargo build --release -p axon-cli
    python3 scripts/recording.py --axon target/release/axon > docs/pictures/swarm.svg

makes the recording of the README again: `axon demo --large`. What is drawn is what the program
wrote, at the pace at which it did; nothing is added but the prompt. Where animations are off, the
last picture is shown. With --at SECONDS one picture of that moment is printed instead.

Only the standard library is needed. Linux.
"""

import argparse
import os
import re
import shlex
import shutil
import sys
import tempfile
import time
from html import escape
from pathlib import Path

from picture import COLOURS, PLAIN, Screen, read_terminal, runs, surroundings, window

# Seconds between two pictures, and that the last one stays.
STEP, END = 0.2, 5.0
FRAME_ENDS = b"\x1b[?2026l"


def record(screen, argv, folder, environment):
    """The screen's lines after each frame that the program drew, with the seconds since its
    start."""
    pictures = [(0.0, copy(screen))]
    begin = time.monotonic()
    left = b""
    for part in read_terminal(argv, folder, environment, screen.columns):
        now = time.monotonic() - begin
        *frames, left = (left + part).split(FRAME_ENDS)
        for frame in frames:
            screen.feed((frame + FRAME_ENDS).decode())
            pictures.append((now, copy(screen)))
    screen.feed(left.decode())
    pictures.append((time.monotonic() - begin, copy(screen)))
    return pictures


def copy(screen):
    return [tuple(runs(line)) for line in screen.lines]


def thin(pictures):
    """One picture for each step, the last one of it."""
    kept = {}
    for at, lines in pictures:
        kept[int(at / STEP)] = lines
    return [(step * STEP, lines) for step, lines in sorted(kept.items())]


def spans(pictures, end):
    """When each line stands at a row: (row, line) and its times from and to."""
    found, open_at = {}, {}
    for at, lines in [*pictures, (end, [])]:
        standing = {(row, line) for row, line in enumerate(lines) if line}
        for gone in [key for key in open_at if key not in standing]:
            found.setdefault(gone, []).append((open_at.pop(gone), at))
        for key in standing:
            open_at.setdefault(key, at)
    return found


def visibility(times, total):
    """An element that hides and shows what is around it, again and again."""
    if times == [(0.0, total)]:
        return ""
    values, keys = [], []
    if times[0][0] > 0:
        values.append("hidden")
        keys.append(0.0)
    for begin, end in times:
        values.append("visible")
        keys.append(begin / total)
        if end < total:
            values.append("hidden")
            keys.append(end / total)
    marks = ";".join(f"{key:.4f}".rstrip("0").rstrip(".") for key in keys)
    return (
        f'<animate attributeName="visibility" calcMode="discrete" dur="{total:.1f}s" '
        f'repeatCount="indefinite" values="{";".join(values)}" keyTimes="{marks}"/>'
    )


def animated(pictures, columns, title):
    total = round(pictures[-1][0] + END, 1)
    wide, high, left, top = 8.4, 19, 20, 52
    rows = max(len(lines) for _, lines in pictures)
    last = pictures[-1][1]
    out = window(int(2 * left + columns * wide), top + high * rows + 10, title)
    for (row, line), times in sorted(spans(pictures, total).items(), key=lambda it: it[0][0]):
        stays = row < len(last) and last[row] == line
        pieces = []
        for column, text, (colour, bold) in line:
            if text.strip():
                weight = ' font-weight="bold"' if bold else ""
                pieces.append(
                    f'<text x="{left + column * wide:.1f}" y="{top + row * high}" '
                    f'fill="{colour}"{weight}>{escape(text.rstrip())}</text>'
                )
        shown = "" if stays else ' visibility="hidden"'
        out.append(f"<g{shown}>{''.join(pieces)}{visibility(times, total)}</g>")
    out += ["</g>", "</svg>"]
    return "\n".join(out) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--axon", required=True, type=Path, help="the binary")
    parser.add_argument("--columns", type=int, default=80, help="width of the terminal")
    parser.add_argument("--at", type=float, help="one picture of this second")
    parser.add_argument("command", nargs="?", default="axon demo --large")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        screen = Screen(args.columns)
        for style, text in [((COLOURS[90], False), "$ "), (("#ffffff", True), args.command)]:
            screen.style = style
            screen.feed(text)
        screen.style = PLAIN
        screen.feed("\r\n")
        argv = [str(args.axon.resolve()), *shlex.split(args.command)[1:]]
        pictures = record(screen, argv, Path(home), surroundings(home))
        written = "".join(char for row in screen.lines for char, _ in row)
        made = re.search(r"in (/\S*/axon-demo-\d+)", written)
        if made:
            shutil.rmtree(made[1])
    if args.at is not None:
        pictures = [(0.0, [lines for at, lines in pictures if at <= args.at][-1])]
    sys.stdout.write(animated(thin(pictures), args.columns, f"A terminal: {args.command}"))


if __name__ == "__main__":
    main()
