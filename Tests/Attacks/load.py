"""Overload and a noisy neighbour, with patron-load as the load.

Floods run at a low priority: their requests are meant to come from other machines, and would take
the processors of the server that is measured.
"""

import json
import os
import subprocess
import threading
import time

import wire
from own import Wrong
from programs import Programs
from table import percentile

NEW = '{"customer":{"email":"l{{sequence}}x{{random 1 1000000000}}@example.com"}}'
HOT, SMALL = "hot", "small"
# Calls in flight of an open loop, beyond which patron-load drops calls: more than the queue of the
# writer holds, fewer than the server and its connections admit.
IN_FLIGHT = 12_000
# The niceness of a flood.
FLOOD = 15


def start(server, store, *flags, nice=0):
    return subprocess.Popen(
        [Programs.path("patron-load"), "UpsertCustomer", "--address", server.address, "--store",
         store, "--data", NEW, "-O", "json", *map(str, flags)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: os.nice(nice))


def finish(process):
    """Returns the report of a load; answers that are not OK are no error here."""
    try:
        output, errors = process.communicate(timeout=120)
    except subprocess.TimeoutExpired as error:
        process.kill()
        process.communicate()
        raise Wrong("patron-load did not end") from error
    if process.returncode not in (0, 3):
        raise Wrong(f"patron-load: status {process.returncode}: {errors[-200:]}")
    return json.loads(output)


def load(server, store, *flags, nice=0):
    return finish(start(server, store, *flags, nice=nice))


def p99(report):
    """Returns milliseconds."""
    for entry in report["latencyDistribution"]:
        if entry["percentage"] == 99:
            return entry["latency"] / 1e6
    return float("nan")


def capacity(server, seconds):
    """Returns the writes per second of a closed loop, in which the server is never idle."""
    return load(server, HOT, "-c", 256, "--connections", 8, "-z", f"{seconds}s",
                nice=FLOOD)["rps"]


class Overloaded:
    """Writes to the overloaded store, one after the other: times of refusals, and the recovery."""

    def __init__(self, server):
        self.connection = server.connect(30)
        self.refusals, self.without_hint, self.answers = [], 0, []
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        number = 0
        while not self.ended.is_set():
            begun, number = time.monotonic(), number + 1
            try:
                self.connection.call(wire.CUSTOMERS, "UpsertCustomer",
                                     wire.upsert(HOT, f"o{number}"), 30)
                self.answers.append((begun, time.monotonic() - begun))
            except wire.Refused as error:
                self.refusals.append(1e3 * (time.monotonic() - begun))
                self.without_hint += not error.waits
            except OSError:
                break
            self.ended.wait(max(0, 0.01 - (time.monotonic() - begun)))

    def recovery(self, end):
        """Returns the seconds from the end of the load to the last write that took 50 ms."""
        slow = [begun + took - end for begun, took in self.answers
                if begun + took > end and took > 0.05]
        return max(slow, default=0.0)


def overload(server, seconds):
    """Offers three times the capacity in an open loop."""
    most = capacity(server, max(2, seconds / 3))
    beside = Overloaded(server)
    report = load(server, HOT, "--rate", int(3 * most), "-c", IN_FLIGHT, "--connections", 16,
                  "-t", "5s", "-z", f"{seconds}s", "--warmup", "1s", nice=FLOOD)
    end = time.monotonic()
    time.sleep(4)
    beside.ended.set()
    beside.thread.join()
    beside.connection.close()
    if not server.alive():
        raise Wrong(f"patrond ended with status {server.process.returncode}")
    if not any(begun > end for begun, _ in beside.answers):
        raise Wrong("no write was answered after the overload")
    goodput = report["okCount"] / (report["total"] / 1e9)
    refused = (f"{len(beside.refusals)} refusals beside it, p99 "
               f"{percentile(beside.refusals, 99):.1f} ms, {beside.without_hint} without RetryInfo"
               if beside.refusals else "no refusal beside it")
    return (f"goodput {100 * goodput / most:.0f} % of {most:.0f}/s (asked 95), {refused} "
            f"(asked 5 ms), normal after {beside.recovery(end):.2f} s (asked 2); "
            f"{codes(report)}")


def codes(report):
    found = report["statusCodeDistribution"]
    return ", ".join(f"{code} {count}" for code, count in found.items())


def neighbour(server, seconds):
    """Offers ten times the capacity to one store and a hundredth of it to another."""
    most = capacity(server, max(2, seconds / 3))
    flags = ("--rate", max(20, int(most / 100)), "--connections", 4, "-z", f"{seconds}s")
    alone = load(server, SMALL, *flags)
    noise = start(server, HOT, "--rate", int(10 * most), "-c", IN_FLIGHT, "--connections", 16,
                  "-t", "5s", "-z", f"{seconds + 2}s", nice=FLOOD)
    time.sleep(0.5)
    beside = load(server, SMALL, *flags)
    noisy = finish(noise)
    failed = beside["count"] - beside["okCount"]
    if failed > 0.01 * beside["count"]:
        raise Wrong(f"{failed} of {beside['count']} writes of the small store failed")
    return (f"p99 of the small store {p99(beside):.1f} ms, alone {p99(alone):.1f} ms: "
            f"{p99(beside) / p99(alone):.1f}x (asked 1.5); {failed} of its {beside['count']} "
            f"failed; the other: {codes(noisy)}")
