"""The measured programs: a patrond on a free port, with patron-load and patron as clients."""

import json
import os
import pathlib
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time


class Programs:
    """The folder with patrond, patron-load and patron."""

    folder = None

    @classmethod
    def path(cls, name):
        return str(cls.folder / name)


class Server:
    """A patrond on a free loopback port; it stops at the end of a `with`."""

    def __init__(self, data, *flags):
        self.ready = pathlib.Path(tempfile.mkdtemp()) / "address"
        self.process = subprocess.Popen(
            [Programs.path("patrond"), "--data", data, "--listen", "127.0.0.1:0",
             "--ready-file", self.ready, *flags],
            stderr=subprocess.DEVNULL)
        for _ in range(600):
            if self.ready.exists():
                break
            if self.process.poll() is not None:
                sys.exit(f"patrond ended with status {self.process.returncode}")
            time.sleep(0.1)
        else:
            self.process.kill()
            sys.exit("patrond was not ready after 60 s")
        self.address = self.ready.read_text()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def cpu_seconds(self):
        stat = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text()
        fields = stat.rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)
        shutil.rmtree(self.ready.parent)

    def load(self, method, data, *flags):
        """Runs patron-load once; ends the benchmark if an answer is not OK."""
        before = self.cpu_seconds()
        text = data if isinstance(data, str) else json.dumps(data)
        result = subprocess.run(
            [Programs.path("patron-load"), method, "--address", self.address, "-O", "json",
             "--data", text, *map(str, flags)],
            capture_output=True, text=True)
        if result.returncode != 0:
            sys.exit(f"patron-load {method}: status {result.returncode}\n"
                     f"{result.stderr}{result.stdout}")
        report = json.loads(result.stdout)
        served = report["count"] + report["warmup"]["answers"]
        report["server_us"] = 1e6 * (self.cpu_seconds() - before) / served
        return report

    def call(self, method, request):
        """Makes one call by the command line and returns the response as proto3 JSON."""
        result = run(Programs.path("patron"), "--address", self.address, "--output", "json",
                     "call", method, json.dumps(request))
        return json.loads(result.stdout)

    def latency(self, method, request, calls=200, seconds=2):
        """Returns the median milliseconds of sequential calls on one warm connection."""
        report = self.load(method, request, "-c", 1, "--connections", 1, "-n", calls,
                           "-z", f"{seconds}s", "--warmup", "0s", "--skip-first", 5)
        return percentile(report, 50)


def run(*command):
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if result.returncode != 0:
        sys.exit(f"{command[0]}: status {result.returncode}\n{result.stderr}{result.stdout}")
    return result


def percentile(report, percentage):
    """Returns milliseconds; nan if there were too few answers."""
    for row in report["latencyDistribution"]:
        if row["percentage"] == percentage:
            return row["latency"] / 1e6
    return float("nan")


def rate_row(name, reports):
    """Prints the medians of closed-loop runs and returns the rate."""
    rate = statistics.median(report["rps"] for report in reports)
    p50, p99, p999 = (statistics.median(percentile(report, percentage) for report in reports)
                      for percentage in (50, 99, 99.9))
    cpu = statistics.median(report["server_us"] for report in reports)
    print(f"  {name:<44}{rate:>9,.0f}/s  p50 {p50:7.3f}  p99 {p99:7.3f}"
          f"  p99.9 {p999:7.3f} ms  server {cpu:5.1f} us/request")
    return rate


def ratio_row(name, above, below):
    pairs = [a["rps"] / b["rps"] for a, b in zip(above, below)]
    print(f"  {name}: {statistics.median(pairs):.2f} (rounds {min(pairs):.2f} to {max(pairs):.2f})")


def verdict(asked, met):
    """Returns the target and its result."""
    return f"asked: {asked}: {'met' if met else 'MISSED'}"
