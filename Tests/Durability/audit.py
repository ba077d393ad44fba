#!/usr/bin/env python3
"""Reopens what a power cut would have left, at many instants, and looks for acknowledged writes.

usage: audit.py LOG ACKS SCRATCH [--instants N] [--torn N] [--seed S]
                [--patrond FILE [--open-every N]]

LOG is sync_shim's. ACKS has a line for each acknowledged write: the CLOCK_MONOTONIC nanoseconds
after its answer came, a kind and a name, such as `customer EXTERNAL_ID` or `event EVENT_ID`;
QUERIES has all kinds. Every image (images.py has the model) is written to SCRATCH, opened by
SQLite, which recovers it, and must pass integrity_check, hold every write acknowledged before its
instant, and have an unbroken audit log. With --patrond every N-th image (100) goes through
`patrond check` before that: Patron itself recovers it. Prints one JSON object:

  {"instants":500,"images":1000,"acknowledged":2400,"late":2300,"missing":0,"damaged":0,
   "opened":10,"notes":[],"seed":1}

`late` is the greatest number of writes that an image had to hold.
"""
import argparse
import bisect
import hashlib
import json
import os
import random
import shutil
import sqlite3
import subprocess

import images

# The names of what is stored, by kind. A cell of the audit log names several targets.
QUERIES = {
    "customer": "SELECT external_id FROM customers WHERE external_id IS NOT NULL",
    "event": "SELECT event_id FROM events",
    "order": "SELECT external_id FROM orders",
    "request": "SELECT request_id FROM requests",
    "consent": "SELECT id FROM consent_ledger",
    "erasure": "SELECT id FROM erasures",
    "key": "SELECT description FROM api_keys",
    "audit": "SELECT targets FROM audit",
}


def read_acks(path):
    """Times and writes, oldest first."""
    acks = []
    for line in open(path):
        nanoseconds, kind, name = line.split()
        acks.append((int(nanoseconds), kind, name))
    acks.sort()
    return acks


def broken_chain(connection):
    """Returns the first row of the audit log that does not fit, as text, or None."""
    before, sequence = bytes(32), 0
    for *columns, found in connection.execute("SELECT * FROM audit ORDER BY seq"):
        row = b"".join(b"%d:%b," % (len(text), text)
                       for text in (str(column).encode() for column in columns))
        sequence, before = sequence + 1, hashlib.sha256(before + row).digest()
        if columns[0] != sequence or found != before:
            return f"audit row {columns[0]} does not fit"
    return None


def names(connection, kind):
    for (cell,) in connection.execute(QUERIES[kind]):
        for name in str(cell).split(" ") if kind == "audit" else [str(cell)]:
            yield kind, name


def stored(folder, kinds):
    """What SQLite finds after its recovery: a set of (kind, name); and what is wrong with it."""
    database = os.path.join(folder, "patron.db")
    if not os.path.exists(database):
        return set(), None
    connection = sqlite3.connect(database)
    try:
        verdict = connection.execute("PRAGMA integrity_check").fetchone()[0]
        found = {pair for kind in kinds for pair in names(connection, kind)}
        damage = None if verdict == "ok" else verdict
        return found, damage or broken_chain(connection)
    except sqlite3.Error as error:
        if "no such table" in str(error):
            return set(), None  # before the first migration
        return set(), str(error)
    finally:
        connection.close()


# Findings about states between two commits of a server, which its next start mends.
MENDED = ("the search index: it has grown too far", "the search index is being made again")


def complaint(patrond, folder):
    """What `patrond check` complains of, or None."""
    if not os.path.exists(os.path.join(folder, "patron.db")):
        return None
    os.chmod(folder, 0o700)
    done = subprocess.run([patrond, "check", "--data", folder], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, check=False)
    findings = done.stdout.splitlines()
    if done.returncode == 0 or findings and all(line.startswith(MENDED) for line in findings):
        return None
    return f"patrond check: {(done.stdout + done.stderr).strip()[-200:]}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("log")
    parser.add_argument("acks")
    parser.add_argument("scratch")
    parser.add_argument("--instants", type=int, default=500)
    parser.add_argument("--torn", type=int, default=1, help="random images an instant (default 1)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--patrond")
    parser.add_argument("--open-every", type=int, default=100)
    options = parser.parse_args()

    acks = read_acks(options.acks)
    times = [nanoseconds for nanoseconds, _, _ in acks]
    kinds = sorted({kind for _, kind, _ in acks})
    records = images.read_log(options.log)
    if not records:
        raise SystemExit(f"{options.log} holds no record: was the shim loaded?")
    chance = random.Random(options.seed)
    disk, position = images.Disk(), 0
    summary = {"instants": 0, "images": 0, "acknowledged": len(acks), "late": 0, "missing": 0,
               "damaged": 0, "opened": 0, "notes": [], "seed": options.seed}
    for wanted in images.choose(records, options.instants, chance):
        while position < wanted:
            disk.advance(records[position])
            position += 1
        due = acks[:bisect.bisect_left(times, records[wanted - 1].nanoseconds)]
        summary["instants"] += 1
        summary["late"] = max(summary["late"], len(due))
        variants = [("synced", disk.synced())]
        variants += [(f"torn{k}", disk.torn(chance)) for k in range(options.torn)]
        for kind, image in variants:
            folder = os.path.join(options.scratch, f"{wanted}-{kind}")
            images.write_image(folder, image)
            damage = None
            if options.patrond and summary["images"] % options.open_every == 0:
                damage = complaint(options.patrond, folder)
                summary["opened"] += 1
            found, later = stored(folder, kinds)
            damage = damage or later
            shutil.rmtree(folder)
            summary["images"] += 1
            missing = [name for _, what, name in due if (what, name) not in found]
            summary["missing"] += len(missing)
            summary["damaged"] += damage is not None
            if (missing or damage) and len(summary["notes"]) < 10:
                summary["notes"].append(
                    f"record {wanted}, {kind}: {len(missing)} of {len(due)} missing"
                    + (f", first {missing[0]}" if missing else "")
                    + (f"; {damage}" if damage else ""))
    print(json.dumps(summary))


if __name__ == "__main__":
    main()
