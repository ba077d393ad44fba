"""Reads and durable writes: the servers that take part, and the shapes of their connections."""

import contextlib
import os
import shutil
import sys

import servers
from build import Missing
from points import fdatasync
from programs import Programs, run

READ_SHAPES = [(1, 1), (16, 1), (64, 1), (16, 16)]
# As many writes in flight for those that gather them in a client: 16 for each connection.
WRITE_SHAPES = {(64, 1): (4, 16), (16, 16): (16, 16)}
PATRON, ECHO = "Patron", "epoll echo (the limit)"
ONE_EACH = "Patron, --no-group-commit"


def scratch(work, name):
    """Returns a path below the work directory at which nothing is."""
    shutil.rmtree(work / name, ignore_errors=True)
    return work / name


def generated(work, count):
    """Returns a data directory with generated customers, and creates it if it is missing."""
    data = work / f"customers-{count}"
    if not data.exists():
        print(f"  generating {count:,} customers ...", file=sys.stderr, flush=True)
        unfinished = scratch(work, f"unfinished-{count}")
        run(Programs.path("patrond"), "generate", "--data", unfinished, "--customers", count,
            "--seed", 1)
        unfinished.rename(data)
    return data


def add(peers, skipped, name, start, *arguments):
    """Starts a peer, or notes why it cannot be."""
    try:
        peers.append(start(*arguments))
    except Missing as reason:
        skipped[name] = str(reason)


def small_name(count):
    return f"Patron, {count:,} customers"


def reads(work, runner, options, skipped):
    """Yields the shape and the rounds of GetCustomer."""
    count = options.customers[0]
    data = generated(work, count)
    with contextlib.ExitStack() as stack:
        own = servers.patron(stack, PATRON, data)
        peers, counts = [own], {}
        for small in options.customers[1:]:
            name = small_name(small)
            peers.append(servers.patron(stack, name, generated(work, small)))
            counts[name] = small
        add(peers, skipped, "Redis", servers.redis, stack, data, scratch(work, "redis"))
        add(peers, skipped, "gRPC C++", servers.grpc, stack, data)
        add(peers, skipped, "ttrpc in Go", servers.ttrpc, stack, data)
        try:
            postgres = servers.postgres(stack, data)
            peers.append(postgres.other_way("PostgreSQL, prepared", "each", "postgres"))
        except Missing as reason:
            skipped["PostgreSQL"] = str(reason)

        def customers(peer):
            return counts.get(peer.name, count)

        for peer in peers:  # the caches
            runner.run(peer, "get", (16, 16), customers(peer), 1 + min(30, count / 50_000), 0)
        size = runner.run(own, "get", (1, 1), count, 0.5, 0)["answer_bytes"]
        peers.append(servers.echo(stack, round(size)))
        for shape in READ_SHAPES:
            asked = [(peer, shape) for peer in peers]
            yield shape, runner.rounds(asked, "get", customers)


def copied(work, data, name):
    """Copies a store, so that the generated one stays unchanged."""
    target = scratch(work, name)
    shutil.copytree(data, target)
    return target


def writes(work, runner, options, skipped):
    """Yields work (new or existing), shape and rounds of durable upserts."""
    count = options.customers[0]
    data = generated(work, count)
    with contextlib.ExitStack() as stack:
        own = [servers.patron(stack, PATRON, copied(work, data, "written")),
               servers.patron(stack, ONE_EACH, copied(work, data, "written-one-each"),
                              "--no-group-commit")]
        batching = []
        try:
            postgres = servers.postgres(stack, data)
            own.append(postgres.other_way(
                "PostgreSQL, one transaction each", "each", "postgres"))
            for name, way in (("pipelined, 16 in a transaction", "pipelined"),
                              ("16 rows in a statement", "rows")):
                batching.append(postgres.other_way(f"PostgreSQL, {name}", way, "postgres"))
        except Missing as reason:
            skipped["PostgreSQL"] = str(reason)
        add(own, skipped, "Redis", servers.redis, stack, data, scratch(work, "redis-durable"), True)
        os.sync()  # otherwise the first rounds wait for the copies
        for kind in ("new", "existing"):
            for shape, gathered in WRITE_SHAPES.items():
                asked = [(peer, shape) for peer in own] + [(peer, gathered) for peer in batching]
                yield kind, shape, runner.rounds(asked, kind, lambda _: count,
                                                 lambda: fdatasync(work)[0])
