"""Point reads, and durable upserts of new and of existing customers."""

import os
import pathlib
import shutil
import statistics
import time

from programs import Server, rate_row, ratio_row
from stores import generated


def get_customer(count):
    return {"customer": {"externalId": "g{{random 1 %d 7}}" % count}}


def reads(work, options):
    servers = {count: Server(generated(work, count)) for count in options.sizes}
    reports = {count: [] for count in servers}
    try:
        for _ in range(options.rounds + 1):
            for count, server in servers.items():
                reports[count].append(server.load(
                    "GetCustomer", get_customer(count), "-c", 16, "--connections", 16,
                    "-z", f"{options.seconds}s", "--count-distinct"))
    finally:
        for server in servers.values():
            server.stop()
    print("\nGetCustomer by random external id, 16 connections, one call in flight on each")
    for count in servers:
        reports[count] = reports[count][1:]  # the first round warms the caches
        rate_row(f"{count:,} customers", reports[count])
    small, large = options.sizes
    distinct = min(report["distinct"] for report in reports[large])
    print(f"  different customers answered at {large:,}: at least {distinct:,}; not OK: 0")
    ratio_row(f"rate at {large:,} / rate at {small:,}", reports[large], reports[small])


MODES = {"group commit": [], "one transaction for each request": ["--no-group-commit"]}


def fdatasync(directory):
    """Returns the median and 99th percentile of 4 KiB appends with fdatasync, in milliseconds."""
    path = pathlib.Path(directory) / "fdatasync"
    times = []
    descriptor = os.open(path, os.O_CREAT | os.O_WRONLY)
    for _ in range(500):
        os.write(descriptor, b"\0" * 4096)
        start = time.perf_counter()
        os.fdatasync(descriptor)
        times.append(1000 * (time.perf_counter() - start))
    os.close(descriptor)
    path.unlink()
    times.sort()
    return times[250], times[494]


def upserts(work, options, title, folder, request):
    """Measures durable upserts with and without group commit, in turn. `folder` returns the data
    directory of a mode, `request` the JSON of a round."""
    reports = {name: [] for name in MODES}
    syncs = []
    for number in range(options.rounds):
        for name, flags in MODES.items():
            syncs.append(fdatasync(work))
            with Server(folder(name), *flags) as server:
                reports[name].append(server.load(
                    "UpsertCustomer", request(number), "-c", 64, "--connections", 64,
                    "-z", f"{options.seconds}s"))
    print(f"\n{title}, durable (synchronous=FULL), 64 connections")
    for name in MODES:
        rate_row(name, reports[name])
    ratio_row("group commit / one transaction each", *reports.values())
    medians, tails = zip(*syncs)
    print(f"  fdatasync of a 4 KiB append here: median {statistics.median(medians):.3f} ms, "
          f"p99 {statistics.median(tails):.3f} ms")


def new_customers(work, options):
    for name in MODES:
        shutil.rmtree(work / f"new, {name}", ignore_errors=True)

    def request(number):
        key = "r%d-{{sequence}}" % number
        return {"customer": {
            "externalId": key, "email": f"{key}@example.com", "firstName": "Ada"}}

    upserts(work, options, "UpsertCustomer of new customers",
            lambda name: work / f"new, {name}", request)


def existing_customers(work, options):
    count = options.sizes[-1]
    data = work / "existing"  # a copy: the generated store stays unchanged
    shutil.rmtree(data, ignore_errors=True)
    shutil.copytree(generated(work, count), data)
    os.sync()  # otherwise the first rounds wait for the copy

    def request(number):
        return {"customer": {"externalId": "g{{random 1 %d 7}}" % count,
                             "lastName": "R%d {{sequence}}" % number}}

    upserts(work, options, f"UpsertCustomer of a new last name for random of {count:,} customers",
            lambda _: data, request)
