"""Exports of a whole store: alone, and concurrent with point reads."""

import re
import statistics
import subprocess
import threading
import time

from points import get_customer
from programs import Programs, Server, percentile, run, verdict
from stores import generated

FORMS = {
    "CSV, all columns": ["--format", "csv"],
    "CSV, columns of an import": ["--format", "csv", "--columns", "writable"],
    "NDJSON": ["--format", "ndjson"],
}
# Targets of an export alone: minimum rows per second, or maximum server CPU per row.
ROWS_PER_SECOND = 200_000
MICROSECONDS_PER_ROW = 5
# Target of point reads during an export: maximum ratio of p99 with and without it.
TAIL_RATIO = 3


def export(server, *flags):
    """Runs one export by the command line, discards it and returns its rows. The command line
    stands for a client on another machine: it takes only idle CPU time."""
    result = run("chrt", "--idle", 0, Programs.path("patron"), "--address", server.address,
                 "--timeout", "10m", "customers", "export", "-o", "/dev/null",
                 *flags)
    return int(re.search(r"([\d,]+) (?:customers|rows)", result.stderr + result.stdout)
               .group(1).replace(",", ""))


def exports(work, options):
    print("\nExport of all customers, alone")
    for count in options.sizes:
        with Server(generated(work, count)) as server:
            alone(server, count, options)


def alone(server, count, options):
    for name, flags in FORMS.items():
        rates, costs = [], []
        for number in range(options.rounds + 1):
            rows, before, start = 0, server.cpu_seconds(), time.perf_counter()
            while rows == 0 or time.perf_counter() - start < options.seconds / 2:
                rows += export(server, *flags)
            if number == 0:
                continue  # the first round warms the caches
            rates.append(rows / (time.perf_counter() - start))
            costs.append(1e6 * (server.cpu_seconds() - before) / rows)
        rate, cost = statistics.median(rates), statistics.median(costs)
        met = rate >= ROWS_PER_SECOND or cost <= MICROSECONDS_PER_ROW
        asked = f"{ROWS_PER_SECOND:,} rows/s or {MICROSECONDS_PER_ROW} us a row"
        print(f"  {f'{count:,} customers, {name}':<44}{rate:>9,.0f} rows/s"
              f"  server {cost:5.2f} us/row  {verdict(asked, met)}")


class Exporting:
    """Exports one after another for the duration of a `with`."""

    def __init__(self, server):
        self.server, self.rows, self.ending = server, 0, False
        self.thread = threading.Thread(target=self.repeat)

    def repeat(self):
        while not self.ending:
            self.rows += export(self.server)

    def __enter__(self):
        self.thread.start()
        time.sleep(0.5)
        return self

    def __exit__(self, *_):
        self.ending = True
        self.thread.join()


def beside_reads(work, options):
    print("\nGetCustomer at half its greatest rate (open loop), without and with exports of "
          "everything beside it")
    for count in options.sizes:
        with Server(generated(work, count)) as server:
            beside(server, count, options)


def beside(server, count, options):
    shape = ("-c", 16, "--connections", 16, "-z", f"{options.seconds}s")
    greatest = statistics.median(
        server.load("GetCustomer", get_customer(count), *shape)["rps"]
        for _ in range(options.rounds))
    shape = ("--rate", int(greatest / 2), "--connections", 16, "-z", f"{options.seconds}s")
    alone, during, rows = [], [], 0
    for _ in range(options.rounds):
        alone.append(server.load("GetCustomer", get_customer(count), *shape))
        with Exporting(server) as exporting:
            during.append(server.load("GetCustomer", get_customer(count), *shape))
        rows += exporting.rows
    for name, reports in (("without", alone), ("with exports", during)):
        p50, p99, p999 = (statistics.median(percentile(report, each) for report in reports)
                          for each in (50, 99, 99.9))
        print(f"  {f'{count:,} customers, {greatest / 2:,.0f}/s, {name}':<44}"
              f"  p50 {p50:7.3f}  p99 {p99:7.3f}  p99.9 {p999:7.3f} ms")
    pairs = [percentile(after, 99) / percentile(before, 99)
             for before, after in zip(alone, during)]
    median = statistics.median(pairs)
    print(f"  {rows:,} rows were exported meanwhile; p99 with / without: {median:.2f} "
          f"(rounds {min(pairs):.2f} to {max(pairs):.2f}); "
          + verdict(f"at most {TAIL_RATIO}", median <= TAIL_RATIO))
