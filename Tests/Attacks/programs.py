"""Patrond, the group that bounds its memory, and the honest callers beside it."""

import contextlib
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

import wire

HERE = pathlib.Path(__file__).resolve().parent
MIB = 1 << 20
# Signals of a program that crashed. SIGKILL is not among them: attacks send it themselves.
CRASHES = {signal.SIGILL, signal.SIGTRAP, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE,
           signal.SIGSEGV}


class Programs:
    """The folder with patrond and patron-load, and the group in which servers run, if any."""

    folder, group = None, None
    files = resource.getrlimit(resource.RLIMIT_NOFILE)

    @classmethod
    def path(cls, name):
        return str(cls.folder / name)

    @classmethod
    def prefix(cls):
        """Returns the words before patrond that move it into the group."""
        return cls.group.prefix() if cls.group else []

    @classmethod
    def raise_files(cls):
        """Lets attacks open more files than servers may at their start."""
        resource.setrlimit(resource.RLIMIT_NOFILE, (cls.files[1], cls.files[1]))

    @classmethod
    def usual_files(cls):
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(1024, cls.files[1]), cls.files[1]))


class MemoryGroup:
    """A group of processes that the system kills when they take more memory."""

    def __init__(self, mib):
        self.mib, self.folder, self.kills_file = mib, None, None
        self.unavailable = None
        name = f"patron-attacks-{os.getpid()}"
        second, first = pathlib.Path("/sys/fs/cgroup"), pathlib.Path("/sys/fs/cgroup/memory")
        try:
            if (second / "cgroup.controllers").exists():
                self.make(second / name, "memory.max", "memory.events")
            elif (first / "memory.limit_in_bytes").exists():
                self.make(first / name, "memory.limit_in_bytes", "memory.oom_control")
            else:
                raise OSError("no hierarchy of cgroups bounds memory")
        except OSError as error:
            self.remove()
            if subprocess.run(self.prefix() + ["true"], capture_output=True).returncode != 0:
                self.unavailable = f"{error}, and systemd-run makes no scope"

    def make(self, folder, limit, kills):
        with contextlib.suppress(OSError):  # as in the root of a container
            (folder.parent / "cgroup.subtree_control").write_text("+memory")
        folder.mkdir()
        self.folder = folder
        (folder / limit).write_text(str(self.mib * MIB))
        self.kills_file = folder / kills
        # Without swap a server that needs more is killed, as in a container.
        with contextlib.suppress(OSError):
            (folder / "memory.swap.max").write_text("0")

    def prefix(self):
        if self.folder:
            into = f'echo $$ >{self.folder}/cgroup.procs && exec "$@"'
            return ["sh", "-c", into, "sh"]
        return ["systemd-run", "--quiet", "--scope", "-p", f"MemoryMax={self.mib}M"]

    def kills(self):
        """Returns the number of processes that were killed; 0 if the system does not count."""
        if not self.kills_file:
            return 0
        found = re.search(r"^oom_kill (\d+)", self.kills_file.read_text(), re.MULTILINE)
        return int(found[1]) if found else 0

    def remove(self):
        if self.folder:
            with contextlib.suppress(OSError):
                self.folder.rmdir()
        self.folder = self.kills_file = None


class Memory:
    """The memory that processes took at most, in MiB, and the signals that ended them."""

    def __init__(self):
        self.peak, self.crashes, self.pids = 0, {}, set()
        self.ended = threading.Event()
        threading.Thread(target=self.watch, daemon=True).start()

    def watch(self):
        while not self.ended.wait(0.02):
            for pid in list(self.pids):
                self.look(pid)

    def look(self, pid):
        try:
            status = pathlib.Path(f"/proc/{pid}/status").read_text()
            found = re.search(r"^VmHWM:\s+(\d+)", status, re.MULTILINE)
            if found:
                self.peak = max(self.peak, int(found[1]) / 1024)
            elif "\nState:\tZ" in status:
                stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
                code = int(stat.split()[-1]) & 0x7F
                if code in CRASHES:
                    self.crashes[pid] = signal.Signals(code).name
        except (OSError, ValueError):
            self.pids.discard(pid)


class Honest:
    """Honest callers of a server, in a process of their own."""

    def __init__(self, address, prefix):
        # A file instead of a pipe: nobody reads the report while the callers run.
        self.output = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            [sys.executable, HERE / "honest.py", address, prefix], stdin=subprocess.PIPE,
            stdout=self.output)

    def end(self):
        """Ends the callers, and returns their report."""
        with contextlib.suppress(OSError):
            self.process.stdin.close()
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.output.seek(0)
        text = self.output.read()
        return json.loads(text) if text else {
            "reads": [], "writes": [], "newcomers": [], "acknowledged": [],
            "failures": [("callers", f"ended with status {self.process.returncode}")]}


class Server:
    """A patrond of the runner's own, on a free loopback port."""

    def __init__(self, data, *flags, grouped=True):
        self.data, self.folder = pathlib.Path(data), pathlib.Path(tempfile.mkdtemp())
        ready = self.folder / "address"
        self.log = self.folder / "log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [*(Programs.prefix() if grouped else []), Programs.path("patrond"), "--data",
                 data, "--listen", "127.0.0.1:0", "--ready-file", ready, *flags],
                stdout=log, stderr=log, preexec_fn=Programs.usual_files)
        deadline = time.monotonic() + 60
        while not ready.exists() or not ready.read_text().strip():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.process.kill()
                raise RuntimeError(f"patrond did not start: {self.log.read_text()[-500:]}")
            time.sleep(0.01)
        self.address, self.pid = ready.read_text().strip(), self.process.pid

    def alive(self):
        return self.process.poll() is None

    def connect(self, timeout=30, **options):
        return wire.Connection(self.address, timeout, **options)

    def cpu_seconds(self):
        stat = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self, seconds=40):
        """Stops the server, and returns its exit status; negative for a signal."""
        if self.alive():
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return "no end"
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)


def printed_bound(work):
    """Returns the MiB that patrond prints as the bound of its memory at start, or None."""
    server = Server(work / "bound", grouped=False)
    log = server.log.read_text()
    server.stop()
    for line in log.splitlines():
        found = re.search(r"(\d[\d,]*) MiB", line)
        if found and "memory" in line.lower():
            return int(found[1].replace(",", ""))
    return None


def audit(data, acknowledged):
    """Checks a database, and looks for acknowledged writes; returns the complaints."""
    checked = subprocess.run([Programs.path("patrond"), "check", "--data", data],
                             capture_output=True, text=True)
    complaints = []
    if checked.returncode != 0:
        text = (checked.stdout + checked.stderr).strip()[-200:]
        complaints.append(f"check: status {checked.returncode}: {text}")
    if not acknowledged:
        return complaints
    server = Server(data, grouped=False)
    connection, lost = server.connect(), []
    for store, name in acknowledged:
        try:
            connection.call(wire.CUSTOMERS, "GetCustomer", wire.get_customer(store, name), 10)
        except wire.Refused as error:
            lost.append(f"{name} ({error})")
    connection.close()
    server.stop()
    if lost:
        complaints.append(f"{len(lost)} acknowledged writes are lost: {lost[0]}")
    return complaints
