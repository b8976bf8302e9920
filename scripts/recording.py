#!/usr/bin/env python3
"""Runs a command in a terminal of its own and records its screen as an animated SVG.

    cargo build --release -p axon-cli
    python3 scripts/recording.py --axon target/release/axon > docs/pictures/swarm.svg

makes the recording of the README again: `axon demo --large`. What is drawn is what the program
wrote; nothing is added but the prompt. The pace is changed so that it can be read: what passes
quickly stays for a moment, and waits are shortened. The times in the picture are real ones. Where
animations are off, coders are seen at work. With --at SECONDS one picture of that moment of the
recording is printed instead, and with --text the text of every one.

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

from picture import COLOURS, PLAIN, Screen, pieces, read_terminal, surroundings, window

# Seconds between two pictures, that one with news stays at least, and without news at most; and
# that the last one stays.
STEP, LEAST, MOST, END = 0.2, 0.5, 0.8, 5.0
FRAME_ENDS = b"\x1b[?2026l"
# What changes without being news: what turns, and how long something takes.
IDLE = re.compile(r"[◐◓◑◒]|\d+\.\d s")


def record(screen, argv, folder, environment):
    """The screen's lines after each frame that the program drew, with the seconds since its
    start."""
    pictures = [(0.0, copy(screen))]
    begin = time.monotonic()
    left = b""
    for part in read_terminal(argv, folder, environment, screen.columns, screen.rows):
        now = time.monotonic() - begin
        *frames, left = (left + part).split(FRAME_ENDS)
        for frame in frames:
            screen.feed((frame + FRAME_ENDS).decode())
            pictures.append((now, copy(screen)))
    screen.feed(left.decode())
    pictures.append((time.monotonic() - begin, copy(screen)))
    return pictures


def copy(screen):
    """The lines that a terminal of so many rows shows."""
    lines = screen.lines
    top = max(0, len(lines) - screen.rows)
    return [tuple(pieces(line)) for line in lines[top:]]


def words(lines):
    def one(line):
        shown = ""
        for column, part, _ in line:
            shown = shown.ljust(column) + part
        return shown.rstrip()

    return "\n".join(one(line) for line in lines)


def pace(pictures):
    """The pictures at a pace at which they can be read."""
    scenes = []
    for at, lines in pictures:
        news = IDLE.sub("", words(lines))
        if not scenes or scenes[-1][0] != news:
            scenes.append((news, []))
        scenes[-1][1].append((at, lines))
    paced, now = [], 0.0
    ends = [scene[0][0] for _, scene in scenes[1:]] + [pictures[-1][0]]
    for (_, scene), end in zip(scenes, ends):
        begin = scene[0][0]
        stays = min(max(end - begin, LEAST), MOST)
        last = -1
        for at, lines in scene:
            step = int((at - begin) / STEP)
            if step > last and at - begin < stays:
                paced.append((now + step * STEP, lines))
                last = step
        now += stays
    # The last one of all says how it ended.
    return [*paced[:-1], (paced[-1][0], pictures[-1][1])]


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
    # What those see who see no animation: most of what agents do at once.
    still = max((lines for _, lines in pictures), key=lambda lines: words(lines).count(" → "))
    out = window(int(2 * left + columns * wide), top + high * rows + 10, title)
    for (row, line), times in sorted(spans(pictures, total).items(), key=lambda it: it[0][0]):
        stays = row < len(still) and still[row] == line
        texts = []
        for column, text, (colour, bold) in line:
            weight = ' font-weight="bold"' if bold else ""
            texts.append(
                f'<text x="{left + column * wide:.1f}" y="{top + row * high}" '
                f'fill="{colour}"{weight}>{escape(text)}</text>'
            )
        shown = "" if stays else ' visibility="hidden"'
        out.append(f"<g{shown}>{''.join(texts)}{visibility(times, total)}</g>")
    out += ["</g>", "</svg>"]
    return "\n".join(out) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--axon", required=True, type=Path, help="the binary")
    parser.add_argument("--columns", type=int, default=80, help="width of the terminal")
    parser.add_argument("--rows", type=int, default=26, help="height of the terminal")
    parser.add_argument("--at", type=float, help="one picture of this second")
    parser.add_argument("--text", action="store_true", help="print text instead of SVG")
    parser.add_argument("command", nargs="?", default="axon demo --large")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        screen = Screen(args.columns, args.rows)
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
    pictures = pace(pictures)
    if args.at is not None:
        pictures = [(0.0, [lines for at, lines in pictures if at <= args.at][-1])]
    if args.text:
        for at, lines in pictures:
            print(f"--- {at:.1f} s\n{words(lines)}")
    else:
        sys.stdout.write(animated(pictures, args.columns, f"A terminal: {args.command}"))


if __name__ == "__main__":
    main()
