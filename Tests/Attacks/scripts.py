"""Scripts of others that attack Patron: run beside honest callers of ours.

The scripts print free text, so nothing is read from it. They start a wrapper instead of patrond;
by its notes the runner finds each server, and puts honest callers beside it.
"""

import os
import pathlib
import shutil
import signal
import subprocess
import time

from programs import HERE, Honest, Memory, Programs, audit
from table import Result

# Finding, script with its arguments, seconds after which it is ended.
SCRIPTS = [
    ("F1", "fts_levels.py 5000", 180),
    ("F1", "fts_table.py", 600),
    ("F2", "iothread.py 3000", 600),
    ("F2", "iothread2.py 5000 2000", 300),
    ("F3", "memout.py upsert 16 1024", 180),
    ("F3", "memout.py list 200 40", 180),
    ("F3", "queue_mem.py 8 700 tiny", 240),
    ("F4", "scanblock.py 2 1.0", 400),
    ("F4", "abandon.py", 300),
    ("F5", "fairbatch.py 32", 240),
    ("F6", "amp.py bigorder", 300),
    ("F7", "amp.py reqid", 180),
    ("F8", "hang.py 104000 40000 32", 120),
    ("F8", "over5.py", 180),
    ("F9", "nofile.py", 120),
    ("F10", "conns.py silent", 240),
    ("F10", "conns.py idle", 180),
    ("F11", "disk.py gone", 240),
    ("F12", "drain.py 9", 300),
    ("F13", "amp.py watchers 125 128", 180),
]
# These read a store of 200,000 customers in a folder of this name.
LARGE, LARGE_NEEDED = "gen200k", {"fts_table.py", "scanblock.py", "abandon.py"}
# Its servers lose their files, and must not serve on.
SERVERS_MUST_STOP = {"disk.py"}


class Unavailable(Exception):
    """The scripts cannot run on this machine."""


def prepare(folder, work):
    """Makes a scratch copy of the scripts, with the packages that they need."""
    scratch = work / "scripts"
    found = subprocess.run(["bash", folder / "setup", HERE.parents[1], scratch],
                           capture_output=True, text=True)
    if found.returncode != 0:
        last = (found.stderr.strip().splitlines() or ["no word"])[-1]
        raise Unavailable(f"{folder}/setup: status {found.returncode}: {last}")
    (scratch / "notes").mkdir()
    return scratch


class Servers:
    """The servers that a script starts, each with honest callers."""

    def __init__(self, notes, memory):
        self.notes, self.memory = notes, memory
        self.seen, self.open, self.data = set(), [], {}

    def look(self, result, serves):
        """Greets new servers, and collects the reports of those that have ended."""
        for note in sorted(self.notes.glob("*.server")):
            if note not in self.seen:
                pid, data, ready = note.read_text().splitlines()
                address = self.address(note)
                if address is None and pathlib.Path(f"/proc/{pid}").exists():
                    continue
                self.seen.add(note)
                if address is None:
                    continue
                # The script waits for its own file until honest callers have been started.
                callers = Honest(address.splitlines()[0], note.stem)
                self.open.append((int(pid), data, callers))
                self.memory.pids.add(int(pid))
                self.write(pathlib.Path(ready), address)
        for entry in list(self.open):
            if not self.runs(entry[0]):
                self.collect(entry, result, serves)

    @staticmethod
    def address(note):
        ready = note.with_suffix(".ready")
        return ready.read_text().strip() or None if ready.exists() else None

    @staticmethod
    def write(ready, address):
        part = ready.with_name(ready.name + ".part")
        part.write_text(address + "\n")
        part.rename(ready)

    @staticmethod
    def runs(pid):
        try:
            return "\nState:\tZ" not in pathlib.Path(f"/proc/{pid}/status").read_text()
        except OSError:
            return False

    def collect(self, entry, result, serves):
        self.open.remove(entry)
        _, data, callers = entry
        report = callers.end()
        result.add(report, serves)
        self.data.setdefault(data, []).extend(("honest", name) for name in report["acknowledged"])

    def end(self, result, serves):
        """Ends servers that the script has left."""
        for entry in list(self.open):
            if self.runs(entry[0]):
                os.kill(entry[0], signal.SIGTERM)
            deadline = time.monotonic() + 30
            while self.runs(entry[0]) and time.monotonic() < deadline:
                time.sleep(0.05)
            self.collect(entry, result, serves)


def run_script(scratch, work, script, seconds, output):
    """Runs one script, and returns its result without the finding."""
    name = script.split()[0]
    result = Result("", script)
    if not (scratch / name).exists():
        result.skipped = f"skipped: no {name}"
        return result
    if name in LARGE_NEEDED and not (scratch / LARGE).exists():
        subprocess.run([Programs.path("patrond"), "generate", "--data", scratch / LARGE,
                        "--customers", "200000"], check=True, capture_output=True)
    serves, memory, notes = name not in SERVERS_MUST_STOP, Memory(), scratch / "notes"
    environment = dict(
        os.environ, PATRON=Programs.path("patron"), PATRON_LOAD=Programs.path("patron-load"),
        PATROND=str(HERE / "watched-patrond"), ATTACKS_NOTES=str(notes),
        ATTACKS_PATROND=Programs.path("patrond"),
        ATTACKS_PREFIX="\n".join(Programs.prefix()))
    servers, begun = Servers(notes, memory), time.monotonic()
    text = output / (script.replace(" ", "-") + ".txt")
    with open(text, "wb") as log:
        process = subprocess.Popen(
            [scratch / "venv/bin/python", name, *script.split()[1:]], cwd=scratch,
            env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            start_new_session=True)
        while process.poll() is None and time.monotonic() < begun + seconds:
            servers.look(result, serves)
            time.sleep(0.01)
        late = process.poll() is None
        if late:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    servers.end(result, serves)
    memory.ended.set()
    status = "out of time" if late else f"status {process.returncode}"
    result.peak, result.outcome = memory.peak, f"{status}, see {text.relative_to(HERE.parents[1])}"
    result.complaints += [f"patrond ended with {name}" for name in memory.crashes.values()]
    if serves:
        for data, acknowledged in servers.data.items():
            if (scratch / data / "patron.db").exists():
                result.complaints += audit(scratch / data, acknowledged)
    for note in notes.iterdir():
        note.unlink()
    for left in (scratch / "tmp").iterdir():
        if left.is_dir():
            shutil.rmtree(left, ignore_errors=True)
    return result
