"""Durable upserts at full rate, with and without backups beside them."""

import os
import pathlib
import shutil
import statistics
import subprocess
import threading
import time

from programs import Programs, Server, percentile, rate_row, verdict
from stores import generated

RATE = 0.8
P99 = 1.5


class Backups:
    """Makes one backup after the other in the course of a `with`, and removes each."""

    def __init__(self, data, folder):
        self.data = data
        self.folder = pathlib.Path(folder)
        self.seconds = []
        self.error = ""
        self.going = True
        self.thread = threading.Thread(target=self.work)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.going = False
        self.thread.join()

    def work(self):
        while self.going and not self.error:
            start = time.monotonic()
            target = self.folder / "copy.db"
            made = subprocess.run(
                [Programs.path("patrond"), "backup", "--data", self.data, "--to", target],
                capture_output=True, text=True)
            if made.returncode != 0:
                self.error = made.stderr
                return
            self.seconds.append(time.monotonic() - start)
            target.unlink()
            pathlib.Path(f"{target}.sha256").unlink()


def backups(work, options):
    count = options.sizes[-1]
    data = work / "backed-up"  # a copy: the generated store stays unchanged
    folder = work / "backups"
    for path in (data, folder):
        shutil.rmtree(path, ignore_errors=True)
    shutil.copytree(generated(work, count), data)
    folder.mkdir()
    os.sync()  # otherwise the first rounds wait for the copy
    alone, beside, seconds = [], [], []

    def load(server, name):
        return server.load(
            "UpsertCustomer",
            {"customer": {"externalId": "g{{random 1 %d 7}}" % count,
                          "lastName": f"{name} {{{{sequence}}}}"}},
            "-c", 64, "--connections", 64, "-z", f"{options.seconds}s")

    with Server(data) as server:
        for number in range(options.rounds):
            alone.append(load(server, f"A{number}"))
            with Backups(data, folder) as running:
                beside.append(load(server, f"B{number}"))
            if running.error:
                print(f"  a backup failed: {running.error}")
                return
            seconds += running.seconds
    size = (data / "patron.db").stat().st_size / 2**20
    print(f"\nUpsertCustomer of random of {count:,} customers, durable, 64 connections, "
          "with backups beside")
    rate_row("alone", alone)
    rate_row("one backup after the other", beside)
    rate = statistics.median(b["rps"] / a["rps"] for a, b in zip(alone, beside))
    tail = statistics.median(
        percentile(b, 99) / percentile(a, 99) for a, b in zip(alone, beside))
    print(f"  rate {rate:.2f} of that alone; {verdict(f'at least {RATE}', rate >= RATE)}")
    print(f"  p99 {tail:.2f} times that alone; {verdict(f'at most {P99}', tail <= P99)}")
    print(f"  {len(seconds)} backups of {size:,.0f} MiB, median {statistics.median(seconds):.1f} s")
