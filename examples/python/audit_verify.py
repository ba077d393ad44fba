#!/usr/bin/env python3
"""Verifies lines of `patron audit export`, with nothing but the description in docs/audit.md.

  audit_verify.py FILE [HASH]

HASH, in hexadecimal digits, is the hash of the entry before the first line; without it, the log
begins with the first line. Prints the number of entries and the last hash, or the first entry that
does not fit, with exit status 1. Only an export of all stores is a chain without gaps.
"""

import base64
import calendar
import hashlib
import json
import sys
import time


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


def main(path, before=None):
    last = bytes.fromhex(before) if before else bytes(32)
    count = 0
    sequence = None
    for line in open(path, encoding="utf-8"):
        entry = json.loads(line)
        number = int(entry["sequence"])
        if sequence is not None and number != sequence + 1:
            sys.exit(f"entry {number} comes where {sequence + 1} is expected")
        sequence = number
        last = hashlib.sha256(last + encoded(entry)).digest()
        if last != base64.b64decode(entry["hash"]):
            sys.exit(f"entry {number} does not fit its hash")
        count += 1
    print(f"{count} entries, last hash {last.hex()}")


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    main(*sys.argv[1:])
