#!/usr/bin/env python3
"""Honest callers beside an attack; a process of its own, so that the attack does not slow them.

usage: honest.py ADDRESS PREFIX

Until standard input ends or the server stops: 100 point reads and 20 writes a second on a
connection each, and a new client every second. Then prints JSON: times in ms, calls that failed,
and the external ids of acknowledged writes, which start with PREFIX.
"""

import json
import sys
import threading
import time

import wire

STORE = "honest"
# A stop is noticed by the first refused connection; calls that failed right before are part of it.
STOP_SECONDS = 1.5
# As clients do, calls that are refused with a RetryInfo are tried again for so long; it counts.
PATIENCE_SECONDS = 5


class Callers:
    def __init__(self, address, prefix):
        self.address, self.prefix = address, prefix
        self.ended = threading.Event()
        self.reads, self.writes, self.newcomers = [], [], []
        self.failures, self.acknowledged, self.stopped = [], [], None

    def failed(self, who, error):
        """Notes a failure, or the stop of the server."""
        now = time.monotonic()
        stops = isinstance(error, (ConnectionRefusedError, FileNotFoundError))
        stops = stops or isinstance(error, wire.Refused) and error.code == wire.UNAVAILABLE
        if stops:
            self.stopped = self.stopped or now
            self.ended.set()
        else:
            self.failures.append((now, who, f"{type(error).__name__} {error}"))

    @staticmethod
    def attempt(call, connection, number, begun):
        """Makes a call. Returns false after the wait for which a refusal asked."""
        try:
            call(connection, number)
            return True
        except wire.Refused as error:
            if not error.waits or time.monotonic() - begun > PATIENCE_SECONDS:
                raise
            time.sleep(error.delay)
            return False

    def patiently(self, call, connection, number, begun):
        """Makes a call as long as refusals ask for another attempt. Returns its connection."""
        while not self.attempt(call, connection, number, begun):
            connection.close()
            connection = wire.Connection(self.address, 15)
        return connection

    def repeat(self, who, rate, times, call, fresh=False):
        """Makes a call at a rate; a connection that failed, or is to be fresh, is replaced."""
        connection, number = None, 0
        while not self.ended.is_set():
            begun, number = time.monotonic(), number + 1
            try:
                connection = connection or wire.Connection(self.address, 15)
                connection = self.patiently(call, connection, number, begun)
                times.append(1e3 * (time.monotonic() - begun))
            except wire.Refused as error:
                self.failed(who, error)
            except OSError as error:
                self.failed(who, error)
                connection = connection and connection.close()
            if fresh and connection:
                connection = connection.close()
            self.ended.wait(max(0.002, 1 / rate - (time.monotonic() - begun)))

    def read(self, connection, _):
        connection.call(wire.CUSTOMERS, "GetCustomer", wire.get_customer(STORE, "honest"), 10)

    def create(self, connection, _):
        connection.call(wire.CUSTOMERS, "UpsertCustomer", wire.upsert(STORE, "honest"), 10)

    def write(self, connection, number):
        name = f"{self.prefix}-{number}"
        connection.call(wire.CUSTOMERS, "UpsertCustomer", wire.upsert(STORE, name), 10)
        self.acknowledged.append(name)

    def run(self):
        try:
            self.patiently(self.create, wire.Connection(self.address), 0, time.monotonic())
        except (wire.Refused, OSError) as error:
            self.failed("the first call", error)
        callers = [("read", 100, self.reads, self.read), ("write", 20, self.writes, self.write),
                   ("newcomer", 1, self.newcomers, self.read, True)]
        threads = [threading.Thread(target=self.repeat, args=caller) for caller in callers]
        for thread in threads:
            thread.start()
        threading.Thread(target=self.wait_for_the_end, daemon=True).start()
        for thread in threads:
            thread.join()

    def wait_for_the_end(self):
        sys.stdin.read()
        self.ended.set()

    def report(self):
        last = self.stopped - STOP_SECONDS if self.stopped else float("inf")
        failures = [(who, text) for at, who, text in self.failures if at < last]
        return {"reads": self.reads, "writes": self.writes, "newcomers": self.newcomers,
                "failures": failures, "acknowledged": self.acknowledged}


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    honest = Callers(*sys.argv[1:])
    honest.run()
    json.dump(honest.report(), sys.stdout)
