"""Patrond as the campaigns start, kill and question it, and what this machine is."""

import os
import pathlib
import platform
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.append(str(ROOT / "Tests" / "Attacks"))
# pylint: disable=wrong-import-position
import wire  # noqa: E402

START_SECONDS = 120
STOP_SECONDS = 60
# Ends of patrond that it documents: after a signal, without a start, and after a failure of the
# disk.
STOPPED, NO_START, DISK_FAILED = 0, 1, 74


class Wrong(Exception):
    """Patrond broke a promise."""


class Programs:
    """The folder with patrond."""

    folder = None

    @classmethod
    def patrond(cls):
        return str(cls.folder / "patrond")


class OperatorConnection(wire.Connection):
    """A connection to the operator's socket of a server, which may administrate."""

    # pylint: disable=super-init-not-called
    def __init__(self, data, timeout=30):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(timeout)
        # A path of a socket is short; that of a data directory need not be.
        folder = os.open(data, os.O_RDONLY | os.O_DIRECTORY)
        try:
            self.socket.connect(f"/proc/self/fd/{folder}/patron.sock")
        finally:
            os.close(folder)
        self.buffer, self.stream = bytearray(), -1


class Server:
    """A running patrond on a free loopback port; or one that could not start."""

    started = []

    def __init__(self, data, *flags, environment=None, waits=True):
        self.data = pathlib.Path(data)
        self.ready = self.data.with_name(self.data.name + ".ready")
        self.log = self.data.with_name(self.data.name + ".log")
        self.ready.unlink(missing_ok=True)
        self.begun = time.monotonic()
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [Programs.patrond(), "--data", data, "--listen", "127.0.0.1:0", "--ready-file",
                 self.ready, "--disk-reserve-mib", "0", *flags],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                env=dict(os.environ, SWIFT_BACKTRACE="enable=no", **(environment or {})))
        self.address, self.recovery = None, 0.0
        Server.started.append(self.process)
        if waits and not self.wait():
            raise Wrong(f"patrond did not start: {self.last_words()}")

    def wait(self):
        """Waits until the server accepts calls. Returns false if it ended."""
        deadline = self.begun + START_SECONDS
        while time.monotonic() < deadline:
            text = self.ready.read_text() if self.ready.exists() else ""
            if text.strip():
                self.address, self.recovery = text.strip(), time.monotonic() - self.begun
                return True
            if not self.alive():
                return False
            time.sleep(0.002)
        self.kill()
        raise Wrong(f"patrond was not ready after {START_SECONDS} s: {self.last_words()}")

    def alive(self):
        return self.process.poll() is None

    def last_words(self):
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return f"status {self.process.poll()}: {text.strip()[-300:]}"

    def connect(self, timeout=30):
        return wire.Connection(self.address, timeout)

    def operator(self, timeout=30):
        return OperatorConnection(self.data, timeout)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        """Stops the server. Returns its exit status, negative for a signal."""
        if self.alive():
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            return -signal.SIGKILL


def kill_servers():
    """Kills the servers that a part has left, because it was ended from outside."""
    for process in Server.started:
        if process.poll() is None:
            process.kill()
            process.wait()


def patrond(*arguments, environment=None, seconds=300):
    """Runs a command of patrond. Returns its status and all that it printed."""
    done = subprocess.run(
        [Programs.patrond(), *map(str, arguments)], stdin=subprocess.DEVNULL, timeout=seconds,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", check=False,
        env=dict(os.environ, SWIFT_BACKTRACE="enable=no", **(environment or {})))
    return done.returncode, done.stdout.strip()


def has_command(name):
    """Returns true if this patrond knows a command."""
    return patrond(name, "--help")[0] == 0 and f"patrond {name}" in patrond(name, "--help")[1]


def check(data):
    """Returns what `patrond check` finds in a database that is not served, a line each."""
    status, text = patrond("check", "--data", data)
    other = ("ok: ", "warning: ", "search index: ", "Error: ")
    found = [line for line in text.splitlines() if not line.startswith(other)]
    if (status == 0) != (not found):
        found.append(f"patrond check: status {status}: {text[-300:]}")
    return found


def checked_counts(data):
    """Returns the counts that `patrond check` prints, and raises its complaint."""
    status, text = patrond("check", "--data", data)
    if status != 0 or "ok: " not in text:
        raise Wrong(f"patrond check: status {status}: {text[-300:]}")
    return text[text.index("ok: "):].splitlines()[0]


def verify_audit(data):
    """Returns the complaint of `patrond audit verify`, or None; also while the server runs."""
    status, text = patrond("audit", "verify", "--data", data)
    return None if status == 0 else f"patrond audit verify: status {status}: {text[-300:]}"


def build_shim(source, work):
    """Builds a library for LD_PRELOAD. Returns its path, or None without a compiler."""
    compiler = os.environ.get("CC") or shutil.which("cc") or shutil.which("clang")
    if not compiler:
        return None
    library = work / (pathlib.Path(source).stem + ".so")
    subprocess.run([compiler, "-O2", "-fPIC", "-shared", "-pthread", "-o", library, ROOT / source],
                   check=True)
    return library


def sync_micros(folder):
    """Returns the median time of an fdatasync after a write of 4 KiB, in microseconds."""
    path, times = folder / "sync", []
    with open(path, "wb", buffering=0) as file:
        for _ in range(100):
            file.write(bytes(4096))
            begun = time.monotonic()
            os.fdatasync(file.fileno())
            times.append(1e6 * (time.monotonic() - begun))
    path.unlink()
    return statistics.median(times)


def machine(folder):
    """Returns lines about this machine, the commit and the time."""
    model = "unknown processor"
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    commit = subprocess.run(["git", "-C", ROOT, "describe", "--always", "--dirty"],
                            capture_output=True, text=True, check=False).stdout.strip()
    when = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime())
    return [f"machine  {os.cpu_count()} cores of {model}, {memory:.0f} GiB, Linux "
            f"{platform.release()}, fdatasync {sync_micros(folder):.0f} us",
            f"date     {when}, commit {commit or 'unknown'}, programs {Programs.folder.name}"]
