#!/usr/bin/env python3
"""Verifies lines of `patron audit export`, with nothing but the description in docs/audit.md.

  audit_verify.py FILE [HASH]

HASH, in hexadecimal digits or in base64, is the hash of the entry before the first line: the last
one of the export before, with `--after`. Without it, an export from the beginning begins with 32
zero bytes, and one of a log whose oldest entries were pruned with the hash that the entry about it
names. Otherwise the first line is taken as it is, and all that follow are verified.

Prints the number of entries and the last hash. Exit status 1: an entry does not fit, or FILE is no
export. Exit status 2: wrong usage, or an export that cannot be verified, because it has the entries
of one store, and the chain goes over all stores.
"""

import base64
import calendar
import hashlib
import json
import sys
import time


class Unverifiable(Exception):
    """An export about which nothing can be said."""


def netstring(value):
    data = str(value).encode()
    return b"%d:%s," % (len(data), data)


def microseconds(text):
    seconds, _, fraction = text.removesuffix("Z").partition(".")
    parsed = calendar.timegm(time.strptime(seconds, "%Y-%m-%dT%H:%M:%S"))
    return parsed * 1_000_000 + int(fraction.ljust(6, "0")[:6] or 0)


def encoded(entry):
    author = entry.get("author", {})
    columns = [
        entry["sequence"],
        entry.get("storeId", ""),
        microseconds(entry["recordedAt"]),
        author.get("keyId", ""),
        author.get("onBehalfOf", ""),
        entry.get("peer", ""),
        entry["action"],
        " ".join(entry.get("targets", [])),
        entry.get("result", 0),
        entry.get("requestId", ""),
    ]
    return b"".join(netstring(column) for column in columns)


def hash_of(text):
    """Returns the 32 bytes of 64 hexadecimal digits or of base64, or None for another text."""
    try:
        data = bytes.fromhex(text) if len(text) == 64 else base64.b64decode(text, validate=True)
    except ValueError:
        return None
    return data if len(data) == 32 else None


def entries(path):
    with open(path, encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                entry = json.loads(line)
                entry["sequence"] = int(entry["sequence"])
                entry["bytes"] = encoded(entry)
                entry["hash"] = base64.b64decode(entry["hash"], validate=True)
            except (AttributeError, KeyError, TypeError, ValueError):
                sys.exit(f"line {number} of {path} is no entry of an export")
            yield entry


def pruned(path, sequence):
    """Returns the hash of a pruned entry, which the entry about the removal names, or None."""
    for entry in entries(path):
        targets = entry.get("targets", [])
        if entry["action"] == "audit.prune" and targets[1:2] == [f"row:{sequence}"]:
            return hash_of(targets[-1].removeprefix("hash:"))
    return None


def gap(path, number, expected):
    """Ends the program because entries are missing before one."""
    stores = {entry.get("storeId", "") for entry in entries(path)}
    if len(stores) == 1:
        raise Unverifiable(
            f"cannot verify: {path} has entries of the store `{stores.pop()}` alone, without "
            f"entry {expected}. The chain goes over all stores, so verify an export with "
            "--all-stores; if this is one, entries were removed"
        )
    sys.exit(
        f"entry {number} comes where {expected} is expected: entries were removed or swapped, or "
        "the export was made with a filter"
    )


def main(path, before=None):
    last, count, sequence, remark = before, 0, None, ""
    for entry in entries(path):
        number = entry["sequence"]
        if sequence is not None and number != sequence + 1:
            gap(path, number, sequence + 1)
        if sequence is None and last is None:
            last = bytes(32) if number == 1 else pruned(path, number - 1)
        if last is None:
            remark = f"; entry {number} was taken as it is, because no hash before it is known"
        elif hashlib.sha256(last + entry["bytes"]).digest() != entry["hash"]:
            sys.exit(f"entry {number} does not fit its hash, or the hash before it")
        last, sequence, count = entry["hash"], number, count + 1
    print(f"{count} entries, last hash {last.hex()}{remark}" if count else "no entries")


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    if len(sys.argv) == 3 and hash_of(sys.argv[2]) is None:
        print("HASH is no hash; expected are 64 hexadecimal digits, or base64", file=sys.stderr)
        sys.exit(2)
    try:
        main(sys.argv[1], *map(hash_of, sys.argv[2:]))
    except Unverifiable as problem:
        print(problem, file=sys.stderr)
        sys.exit(2)
    except OSError as problem:
        sys.exit(f"cannot read {sys.argv[1]}: {problem.strerror}")
