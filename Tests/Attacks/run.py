"""Runs attacks one after the other, and prints a table; started by dev/attacks, which has help."""

import argparse
import os
import pathlib
import shutil
import signal
import sys
import tempfile
import threading

import load
import scripts
import wire
from own import ATTACKS, Attack, Wrong, generated
from programs import HERE, Honest, Memory, MemoryGroup, Programs, Server, audit, printed_bound
from table import Result, show

ROOT = HERE.parents[1]
SKIPPED = 77
OVERLOAD = [Attack("-", "overload", load.overload), Attack("-", "neighbour", load.neighbour)]
# An attack that takes longer than this beyond its time is ended with its server.
BOUND_SECONDS = 150


def options():
    parser = argparse.ArgumentParser(prog="dev/attacks")
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--memory", nargs="?", type=int, const=0)
    parser.add_argument("--scripts", type=pathlib.Path)
    parser.add_argument("--programs", type=pathlib.Path, required=True)
    return parser.parse_args()


def chosen(only, finding, name):
    return not only or finding in only or name in only or name.split(".")[0] in only


def run_own(attack, work, seconds):
    """Runs one attack against a server of its own, beside honest callers."""
    result, data = Result(attack.finding, attack.name), work / attack.name
    if attack.customers:
        customers = attack.customers if seconds > 10 else attack.customers // 10
        shutil.copytree(generated(work, customers), data)
    kills = Programs.group.kills() if Programs.group else 0
    server, memory = Server(data), Memory()
    memory.pids.add(server.pid)
    callers = Honest(server.address, "h")
    timer = threading.Timer(seconds + BOUND_SECONDS, server.process.kill)
    timer.start()
    server.acknowledged = []
    try:
        result.outcome = attack.run(server, seconds)
    except Wrong as error:
        result.complaints.append(str(error))
    except (wire.Refused, OSError) as error:
        result.complaints.append(f"the attack failed: {type(error).__name__} {error}")
    timer.cancel()
    memory.ended.set()
    report = callers.end()
    status = server.stop()
    result.peak = memory.peak
    result.add(report, attack.serves)
    if status != attack.status:
        result.complaints.append(f"patrond ended with {status}, expected {attack.status}")
    if Programs.group and Programs.group.kills() > kills:
        result.complaints.append("killed for its memory")
    if attack.serves:
        acknowledged = [("honest", name) for name in report["acknowledged"]]
        result.complaints += audit(data, acknowledged + server.acknowledged)
    shutil.rmtree(data, ignore_errors=True)
    return result


def run_scripts(choice, work, note):
    """Returns the results of the scripts of a folder, and a word if they cannot run."""
    wanted = [entry for entry in scripts.SCRIPTS if chosen(choice.only, entry[0], entry[1])]
    if choice.short or not choice.scripts or not wanted:
        return [], ""
    if not (choice.scripts / "setup").exists():
        return [], f"skipped: no scripts in {choice.scripts}"
    try:
        scratch = scripts.prepare(choice.scripts.resolve(), work)
    except scripts.Unavailable as error:
        return [], f"skipped: the scripts cannot be made ready: {error}"
    output = ROOT / ".build" / "attacks"
    output.mkdir(parents=True, exist_ok=True)
    results = []
    for finding, script, seconds in wanted:
        note(f"{finding} {script}")
        kills = Programs.group.kills() if Programs.group else 0
        result = scripts.run_script(scratch, work, script, seconds, output)
        result.finding = finding
        if Programs.group and Programs.group.kills() > kills:
            result.complaints.append("killed for its memory")
        results.append(result)
    return results, ""


def memory_bound(choice, work):
    """Returns the bound that patrond prints, or that was given, and makes a group of it."""
    bound = choice.memory or printed_bound(work)
    if choice.memory is None:
        return bound, ""
    if not bound:
        return bound, "skipped: --memory, because patrond prints no bound at start; give one"
    group = MemoryGroup(bound)
    if group.unavailable:
        return bound, f"skipped: --memory, because no cgroup can be made: {group.unavailable}"
    Programs.group = group
    return bound, ""


def main():
    choice = options()
    Programs.folder = choice.programs
    Programs.raise_files()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    work = pathlib.Path(tempfile.mkdtemp(prefix="patron-attacks-"))

    def note(text):
        print(f"... {text}", file=sys.stderr, flush=True)

    seconds, results, words = 4 if choice.short else 20, [], []
    try:
        bound, word = memory_bound(choice, work)
        words += [word] if word else []
        limits = f"servers may take {bound} MiB" if Programs.group else "memory is not bounded"
        print(f"{os.cpu_count()} cores, attackers and honest callers included; {limits}",
              flush=True)
        for attack in ATTACKS + OVERLOAD:
            if chosen(choice.only, attack.finding, attack.name):
                note(f"{attack.finding} {attack.name}")
                results.append(run_own(attack, work, seconds))
        more, word = run_scripts(choice, work, note)
        results += more
        words += [word] if word else []
    finally:
        if Programs.group:
            Programs.group.remove()
        shutil.rmtree(work, ignore_errors=True)
    if not results and not words:
        sys.exit(f"error: nothing is called {', '.join(choice.only)}")
    show(results, bound)
    print("\n".join(words))
    if any(result.complaints for result in results):
        sys.exit(1)
    sys.exit(SKIPPED if words else 0)


if __name__ == "__main__":
    main()
