"""Runs dev/fuzz, which has the targets."""

import os
import subprocess

from server import ROOT

# Of each target: 10^8 executions in all.
TARGETS = 8
LONG_RUNS = 12_500_000
SHORT_SECONDS = 1


def run(part):
    bound = ["--seconds", str(SHORT_SECONDS)]
    if part.long:
        bound = ["--runs", str(LONG_RUNS)]
        if part.seconds:
            bound = ["--seconds", str(max(1, part.seconds // TARGETS))]
    # A short run takes the program as it is: building it takes longer than the run.
    build = [] if part.long else ["--no-build"]
    program = os.environ.get("PATRON_FUZZ_PROGRAM")
    if program:
        build = ["--program", program]
    done = subprocess.run([ROOT / "dev/fuzz", *bound, *build], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    lines = done.stdout.strip().splitlines()
    if done.returncode == 77:
        part.skipped = lines[-1].removeprefix("skipped: ") if lines else "dev/fuzz"
        return
    if done.returncode != 0:
        part.complain("\n".join(lines[-15:]))
        return
    for line in lines:
        words = line.split()
        if len(words) == 7 and words[6] == "passed":
            part.figure(words[0], f"{words[1]} executions, {words[3]} edges, slowest {words[5]} ms")
