#!/usr/bin/env python3
"""Reopens what a power cut would have left, at many instants, and looks for acknowledged writes.

usage: audit.py LOG ACKS SCRATCH [--instants N] [--torn N] [--seed S]

LOG is sync_shim's. ACKS has a line for each acknowledged write: the CLOCK_MONOTONIC nanoseconds
after its answer came, and `customer EXTERNAL_ID` or `event EVENT_ID`. Every image (images.py has
the model) is written to SCRATCH, opened by SQLite, which recovers it, and must pass
integrity_check and hold every write acknowledged before its instant. Prints one JSON object:

  {"instants":500,"images":1000,"acknowledged":2400,"late":2300,"missing":0,"damaged":0,
   "notes":[],"seed":1}

`late` is the greatest number of writes that an image had to hold.
"""
import argparse
import bisect
import json
import os
import random
import shutil
import sqlite3

import images

QUERIES = {
    "customer": "SELECT external_id FROM customers WHERE external_id IS NOT NULL",
    "event": "SELECT event_id FROM events",
}


def read_acks(path):
    """Times and writes, oldest first."""
    acks = []
    for line in open(path):
        nanoseconds, kind, name = line.split()
        acks.append((int(nanoseconds), kind, name))
    acks.sort()
    return acks


def stored(folder):
    """What SQLite finds after its recovery: a set of (kind, name); and what is wrong with it."""
    database = os.path.join(folder, "patron.db")
    if not os.path.exists(database):
        return set(), None
    connection = sqlite3.connect(database)
    try:
        verdict = connection.execute("PRAGMA integrity_check").fetchone()[0]
        found = {(kind, row[0]) for kind, query in QUERIES.items()
                 for row in connection.execute(query)}
        return found, None if verdict == "ok" else verdict
    except sqlite3.Error as error:
        if "no such table" in str(error):
            return set(), None  # before the first migration
        return set(), str(error)
    finally:
        connection.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("log")
    parser.add_argument("acks")
    parser.add_argument("scratch")
    parser.add_argument("--instants", type=int, default=500)
    parser.add_argument("--torn", type=int, default=1, help="random images an instant (default 1)")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()

    acks = read_acks(options.acks)
    times = [nanoseconds for nanoseconds, _, _ in acks]
    records = images.read_log(options.log)
    if not records:
        raise SystemExit(f"{options.log} holds no record: was the shim loaded?")
    chance = random.Random(options.seed)
    disk, position = images.Disk(), 0
    summary = {"instants": 0, "images": 0, "acknowledged": len(acks), "late": 0, "missing": 0,
               "damaged": 0, "notes": [], "seed": options.seed}
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
            found, damage = stored(folder)
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
