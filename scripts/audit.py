#!/usr/bin/env python3
"""Checks a ledger without Axon.

    python3 scripts/audit.py .axon/ledger.db
    python3 scripts/audit.py .axon/ledger.db --repository . --key KEY

It reads the stored records with sqlite3, follows their chain, computes the root of the
Merkle tree over them as RFC 6962 (section 2.1) says, and compares it with every signed
checkpoint: those in the ledger and, with --repository, those in the trailers of commits.
It needs Python 3.9 and its standard library; the signatures (Ed25519, RFC 8032) are checked
here as well. The program `git` is needed for --repository.

What it does not do: payloads and objects are named by BLAKE3 hashes, which Python's standard
library does not have; `axon verify` checks those.

Exit codes: 0 all agrees, 1 something does not, 2 it could not be checked.
"""

import argparse
import base64
import hashlib
import sqlite3
import subprocess
import sys
from pathlib import Path

PREV_HASH = 9  # the field of the record that chains it (proto/axon/events/v1/events.proto)
ED25519 = b"\x01"  # the type of a key in a signed note (c2sp.org/signed-note)


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def leaf(record):
    return sha256(b"\x00", record)


def node(left, right):
    return sha256(b"\x01", left, right)


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def field(record, wanted):
    """The bytes of a length-delimited field of a protobuf message."""
    at = 0
    while at < len(record):
        tag, at = varint(record, at)
        number, kind = tag >> 3, tag & 7
        if kind == 0:
            _, at = varint(record, at)
        elif kind == 2:
            length, at = varint(record, at)
            if number == wanted:
                return record[at:at + length]
            at += length
        else:
            at += {1: 8, 5: 4}[kind]
    return b""


def roots(records, sizes):
    """The root after each number of records that is wanted."""
    found, stack = {}, []  # stack: (how many leaves, their root), the largest first
    for count, record in enumerate(records, 1):
        stack.append((1, leaf(record)))
        while len(stack) > 1 and stack[-1][0] == stack[-2][0]:
            (size, right), (_, left) = stack.pop(), stack.pop()
            stack.append((2 * size, node(left, right)))
        if count in sizes:
            root = stack[-1][1]
            for _, left in reversed(stack[:-1]):
                root = node(left, root)
            found[count] = root
    return found


def chain(records, genesis):
    """What is wrong with the chain of records."""
    before = genesis
    for seq, record in enumerate(records, 1):
        if field(record, PREV_HASH) != before:
            yield f"event {seq}: it does not follow from the record before"
        before = leaf(record)


def read_note(note):
    """Signed text, origin, size, root and signatures (name, key id, signature) of a note."""
    text, _, rest = note.rpartition("\n\n")
    origin, size, root = text.split("\n")[:3]
    signatures = []
    for line in rest.splitlines():
        dash, name, signature = line.split(" ")
        if dash != "\u2014":
            raise ValueError(f"not a signature: {line}")
        raw = base64.b64decode(signature, validate=True)
        signatures.append((name, raw[:4], raw[4:]))
    return text.encode() + b"\n", origin, int(size), base64.b64decode(root), signatures


def note_of_trailer(value):
    origin, size, root, signature = value.split()
    return f"{origin}\n{size}\n{root}\n\n\u2014 {origin} {signature}\n"


# Ed25519 as RFC 8032 (section 5.1) defines it: the field, the curve and its base point.
P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P


def add(p, q):
    """Points are (X, Y, Z, T) with x = X/Z, y = Y/Z, xy = T/Z."""
    a, b = (p[1] - p[0]) * (q[1] - q[0]), (p[1] + p[0]) * (q[1] + q[0])
    c, d = 2 * p[3] * q[3] * D, 2 * p[2] * q[2]
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(number, point):
    result = (0, 1, 1, 0)
    while number:
        if number & 1:
            result = add(result, point)
        point, number = add(point, point), number >> 1
    return result


def point(encoded):
    """The point of 32 bytes: y, and the sign of x in the top bit."""
    bits = int.from_bytes(encoded, "little")
    y, sign = bits & (2**255 - 1), bits >> 255
    if y >= P:
        raise ValueError("not a point")
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * pow(2, (P - 1) // 4, P) % P
    if x * x % P != square or (x == 0 and sign):
        raise ValueError("not a point")
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


BASE = point((4 * pow(5, -1, P) % P).to_bytes(32, "little"))


def signed(message, signature, key):
    """Whether the signature is one of this key over the message."""
    if len(signature) != 64 or len(key) != 32:
        return False
    r, s = signature[:32], int.from_bytes(signature[32:], "little")
    try:
        start, public = point(r), point(key)
    except ValueError:
        return False
    challenge = hashlib.sha512(r + key + message).digest()
    challenge = int.from_bytes(challenge, "little") % ORDER
    left, right = times(s, BASE), add(start, times(challenge, public))
    same = all((left[i] * right[2] - right[i] * left[2]) % P == 0 for i in (0, 1))
    return s < ORDER and same


def checkpoint(place, note, key, known, origin):
    """What is wrong with a checkpoint."""
    try:
        text, name, size, root, signatures = read_note(note)
    except ValueError as error:
        return [f"{place}: not a checkpoint: {error}"]
    faults = []
    if name != origin:
        return [f"{place}: it is of another ledger, {name}"]
    key_id = sha256(name.encode(), b"\n", ED25519, key)[:4]
    if not any(i == key_id and signed(text, s, key) for n, i, s in signatures if n == name):
        faults.append(f"{place}: it is not signed by this key")
    if size not in known:
        faults.append(f"{place}: it covers {size} events, and they are not all there")
    elif known[size] != root:
        faults.append(f"{place}: the first {size} events are not the ones that were signed")
    return faults


def trailers(repository):
    """Every checkpoint in the commits of all branches, with the commit."""
    form = "--format=%H%x00%(trailers:key=Axon-Checkpoint,valueonly,unfold)"
    log = subprocess.run(["git", "-C", repository, "log", "--all", form],
                         check=True, capture_output=True, text=True).stdout
    for line in log.splitlines():
        commit, _, value = line.partition("\0")
        if value.strip():
            yield f"commit {commit[:10]}", note_of_trailer(value)


def address(ledger):
    """The file for SQLite, opened so that nothing is written, not even beside it. What was
    written last may still be in the file -wal, which SQLite reads with a file of its own."""
    log = Path(f"{ledger}-wal")
    pending = log.exists() and log.stat().st_size > 0
    return f"{ledger.resolve().as_uri()}?{'mode=ro' if pending else 'immutable=1'}"


def key_of(text):
    """The key of `id+key`, where the key is base64 and begins with its type."""
    typed = base64.b64decode(text.split("+", 1)[1], validate=True)
    if typed[:1] != ED25519 or len(typed) != 33:
        raise SystemExit("--key is not an Ed25519 key as `axon verify` prints it")
    return typed[1:]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("ledger", type=Path, help="the file ledger.db, or a backup of it")
    parser.add_argument("--repository", help="also check the trailers of this repository's commits")
    parser.add_argument("--key", help="the key as `axon verify` prints it; else the ledger's own")
    args = parser.parse_args()
    try:
        db = sqlite3.connect(address(args.ledger), uri=True)
        meta = dict(db.execute("SELECT name, value FROM meta"))
        rows = db.execute("SELECT seq, record FROM events ORDER BY seq").fetchall()
        notes = [(f"checkpoint at {s}", n) for s, n in db.execute("SELECT * FROM checkpoints")]
        witnesses = list(trailers(args.repository)) if args.repository else []
    except (sqlite3.Error, subprocess.CalledProcessError, ValueError) as error:
        print(f"cannot be checked: {error}", file=sys.stderr)
        return 2
    origin, stated = meta["origin"].decode(), meta["key"]
    key = key_of(args.key.removeprefix(f"{origin}+")) if args.key else stated
    records = [record for _, record in rows]
    faults = [f"event {seq}: expected {at}" for at, (seq, _) in enumerate(rows, 1) if seq != at][:1]
    if key != stated:
        faults.append("the ledger states another key than the one given")
    faults += chain(records, sha256(b"axon-ledger v1\n", meta["id"], stated))
    known = roots(records, range(1, len(records) + 1))
    for place, note in notes + witnesses:
        faults += checkpoint(place, note, key, known, origin)
    covered = max((read_note(note)[2] for _, note in notes), default=0)
    print(f"{origin}: {len(records)} events, {len(notes)} checkpoints, {len(witnesses)} in commits")
    key_id = sha256(origin.encode(), b"\n", ED25519, key)[:4].hex()
    key_text = f"{key_id}+{base64.b64encode(ED25519 + key).decode()}"
    print(f"key {key_text} ({'given' if args.key else 'as the ledger states it'})")
    print(f"root of all {len(records)}: {base64.b64encode(known.get(len(records), b'')).decode()}")
    print(f"signed up to event {covered}")
    print(*(faults or ["all agrees"]), sep="\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
