"""Cuts the power under writes of all kinds: rebuilds what a disk would have held, and reopens it.

Tests/Durability has the recorder and the model of a disk. audit.py looks for acknowledged writes in
each image, verifies the chain of the audit log, and has a share of the images opened by patrond.
"""

import json
import shutil
import subprocess
import sys
import time

import ledger
from server import ROOT, Programs, Server, Wrong, build_shim

LONG_IMAGES, LONG_INSTANTS = 20_000, 500
SHORT_INSTANTS = 30
# Images between two that patrond itself opens and checks.
LONG_CHECK_EVERY, SHORT_CHECK_EVERY = 50, 30
# Writes of each kind in one round.
LONG_WRITES, SHORT_WRITES = 400, 25
TOTALS = ("images", "acknowledged", "missing", "damaged", "opened")


def acknowledgements(ledgers):
    """Returns lines for audit.py: the time of an answer, the kind of a row, and its name."""
    lines = []
    for one in ledgers:
        for nanoseconds, (index, answer) in zip(one.times, one.acknowledged):
            for kind, name in rows(one, index, answer):
                lines.append(f"{nanoseconds} {kind} {name}\n")
    return "".join(lines)


def rows(one, index, answer):
    name = f"{one.name}-{index}"
    if one.kind == "customer":
        return [] if index % 3 == 2 else [("customer", name)]
    if one.kind == "event":
        return [("request", name)]
    if one.kind == "order":
        return [("order", name)]
    if one.kind == "consent":
        return [("consent", answer)] if answer else []
    if one.kind == "erasure":
        return [("erasure", answer), ("audit", f"receipt:{answer}")]
    return [("audit", f"key:{answer}")] + ([("key", name)] if index % 2 == 0 else [])


def record(part, number, shim):
    """Writes under the recorder. Returns the paths of its log and of the acknowledgements."""
    folder = part.work / f"round-{number}"
    folder.mkdir()
    data, log, acks = folder / "data", folder / "log", folder / "acks"
    # The empty database is on disk in any case, so anything missing was lost later.
    first = Server(data)
    if first.stop() != 0:
        raise Wrong(f"the empty database: {first.last_words()}")
    server = Server(data, "--max-log-mib", "1", environment={
        "LD_PRELOAD": str(shim), "SYNC_SHIM_DIR": str(data), "SYNC_SHIM_LOG": str(log)})
    load = ledger.Load(server, f"i{number}", limit=LONG_WRITES if part.long else SHORT_WRITES,
                       clock=time.monotonic_ns)
    load.join()
    for text in load.refusals():
        part.complain(f"refused: {text}")
    status = server.stop()
    if status != 0:
        raise Wrong(f"patrond under the recorder: {server.last_words()}")
    acks.write_text(acknowledgements(load.ledgers))
    shutil.rmtree(data)
    return folder, log, acks


def audit(part, folder, log, acks):
    """Returns the report of audit.py about images of one round."""
    instants = LONG_INSTANTS if part.long else SHORT_INSTANTS
    every = LONG_CHECK_EVERY if part.long else SHORT_CHECK_EVERY
    done = subprocess.run(
        [sys.executable, "-B", ROOT / "Tests/Durability/audit.py", log, acks, folder / "images",
         "--instants", str(instants), "--torn", "1", "--seed", str(part.chance.randint(1, 1 << 31)),
         "--patrond", Programs.patrond(), "--open-every", str(every)],
        capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Wrong(f"audit.py: {done.stderr.strip()[-300:]}")
    return json.loads(done.stdout)


def run(part):
    shim = build_shim("Tests/Durability/sync_shim.c", part.work)
    if shim is None:
        part.skipped = "no C compiler builds the recorder"
        return
    totals = dict.fromkeys(TOTALS, 0)
    number = late = 0
    while number == 0 or (part.long and totals["images"] < LONG_IMAGES and not part.complaints
                          and not part.late()):
        folder, log, acks = record(part, number, shim)
        report = audit(part, folder, log, acks)
        shutil.rmtree(folder)
        for name in TOTALS:
            totals[name] += report[name]
        late = max(late, report["late"])
        for note in report["notes"]:
            part.complain(f"round {number}, seed {report['seed']}: {note}")
        number += 1
        part.note(f"{totals['images']} images, {totals['acknowledged']} acknowledged")
    if late == 0:
        part.complain("no image had to hold a write")
    part.figure("images", f"{totals['images']}, {totals['opened']} of them opened by patrond")
    part.figure("acknowledged", f"{totals['acknowledged']} rows, up to {late} due in an image")
    part.figure("missing, damaged", f"{totals['missing']}, {totals['damaged']}")
