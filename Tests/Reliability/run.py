"""Runs the parts of a campaign and prints one table; started by dev/reliability, which has help."""

import argparse
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile

import faults
import fuzz
import images
import kills
import upgrade
from part import Part
from server import Programs, Wrong, kill_servers, machine

# Each part, and the seconds after which a short run of it begins no further step.
PARTS = {"kills": (kills.run, 20), "images": (images.run, 15), "faults": (faults.run, 25),
         "upgrade": (upgrade.run, 10), "fuzz": (fuzz.run, 5)}
SKIPPED = 77


def options():
    parser = argparse.ArgumentParser(prog="dev/reliability")
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--minutes", type=int, default=0)
    parser.add_argument("--scenario", action="append", choices=faults.names(), default=[])
    parser.add_argument("--only", action="append", choices=list(PARTS), default=[])
    parser.add_argument("--seed", type=int)
    parser.add_argument("--work", type=pathlib.Path)
    parser.add_argument("--programs", type=pathlib.Path, required=True)
    return parser.parse_args()


def run_part(name, choice, work):
    run, seconds = PARTS[name]
    if choice.long:
        seconds = 60 * choice.minutes
    part = Part(name, work, choice, seconds)
    part.note("begins")
    try:
        run(part)
    except Wrong as error:
        part.complain(str(error))
    except (OSError, subprocess.SubprocessError) as error:
        part.complain(f"the campaign failed: {type(error).__name__} {error}")
    part.ends()
    return part


def show(parts):
    print()
    for part in parts:
        verdict = "skipped" if part.skipped else "WRONG" if part.complaints else "passed"
        print(f"{part.name:<8} {verdict:<8} {part.took:>5.0f} s")
        for name, value in part.figures:
            print(f"         {name:<26} {value}")
        if part.skipped:
            print(f"         skipped: {part.skipped}")
        for text in part.complaints:
            print(f"         WRONG: {text}")


def main():
    choice = options()
    choice.seed = choice.seed or random.SystemRandom().randint(1, 1 << 31)
    Programs.folder = choice.programs
    # Everything below is removed, also when the run is ended from outside.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    work = pathlib.Path(tempfile.mkdtemp(prefix="patron-reliability-", dir=choice.work))
    try:
        print("\n".join(machine(work)))
        print(f"seed     {choice.seed}, {'long' if choice.long else 'short'}", flush=True)
        parts = [run_part(name, choice, work) for name in choice.only or PARTS]
        show(parts)
    finally:
        kill_servers()
        shutil.rmtree(work, ignore_errors=True)
    if any(part.complaints for part in parts):
        sys.exit(1)
    sys.exit(SKIPPED if any(part.skipped for part in parts) else 0)


if __name__ == "__main__":
    main()
