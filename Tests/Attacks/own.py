"""Attacks of our own, for every cause of the findings: small, and the same on every machine.

An attack is a function of a running server and of the seconds that it lasts. It returns its
outcome as text, and raises Wrong if the server did what it must not do.
"""

import collections
import select
import shutil
import subprocess
import threading
import time

import wire
from programs import MIB, Programs

EVIL = "evil"
# A server looks after its files once a second; the rest is for a machine that is busy.
PROMISE_SECONDS = 3


class Wrong(Exception):
    """The server broke a promise."""


class Attack:
    """An attack, and what its server needs."""

    def __init__(self, finding, name, run, **needs):
        self.finding, self.name, self.run = finding, name, run
        # Generated customers, the expected exit status, and if honest callers must be served.
        self.customers = needs.get("customers", 0)
        self.status = needs.get("status", 0)
        self.serves = needs.get("serves", True)


def send_without_reading(connection, data):
    """Sends what the server takes at once; returns the number of bytes."""
    connection.socket.setblocking(False)
    try:
        return connection.socket.send(data)
    except BlockingIOError:
        return 0


def rest(server, seconds):
    """Waits, and fails if the server ends meanwhile."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not server.alive():
            raise Wrong(f"patrond ended with status {server.process.returncode}")
        time.sleep(0.05)


def close(connections):
    for connection in connections:
        connection.close()


def tally(counts):
    return ", ".join(f"{key} {count}" for key, count in sorted(counts.items())) or "nothing"


def in_threads(work, arguments):
    """Runs calls at the same time; a connection that the server closes is no error."""
    errors = []

    def one(argument):
        try:
            work(argument)
        except OSError:
            pass
        except (Wrong, wire.Refused) as error:
            errors.append(error)

    threads = [threading.Thread(target=one, args=(argument,), daemon=True)
               for argument in arguments]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def outcome(counts, body):
    """Counts an answer by its status; a refusal that has no RetryInfo is marked."""
    try:
        wire.answer(body)
        counts["OK"] += 1
    except wire.Refused as error:
        counts[f"status {error.code}{'' if error.waits else ' without RetryInfo'}"] += 1


def record_events(server, number, size):
    connection = server.connect(120)
    text = ("lorem ipsum dolor sit amet " * (size // 27 + 1))[:size]
    for first in range(0, number, 80):
        message = wire.field(1, EVIL)
        for index in range(first, min(first + 80, number)):
            item = wire.field(1, wire.customer("victim"))
            item += wire.field(2, wire.event(f"e{index}", 1_700_000_000 + index, text))
            message += wire.field(2, item)
        connection.call(wire.TIMELINES, "BatchRecordEvents", message)
    connection.close()


def search(server, seconds):
    """Searches a long timeline for a text that it does not have, 35 calls at a time."""
    record_events(server, 2000 if seconds > 10 else 300, 8000)
    message = wire.field(1, EVIL) + wire.field(2, wire.reference("victim"))
    message += wire.field(3, wire.field(10, "dolor sit amex"))
    data = wire.pipelined(wire.TIMELINES, "GetTimeline", [message] * 35)
    counts, end = collections.Counter(), time.monotonic() + seconds

    def one(_):
        # Bounded by time and not by answers: a debug build takes seconds for a search.
        while time.monotonic() < end:
            connection = server.connect(10)
            connection.socket.sendall(data)
            for _ in range(35):
                if time.monotonic() < end:  # later answers are for nobody
                    outcome(counts, connection.receive()[3])
            connection.close()

    in_threads(one, range(4))
    return f"{len(data)} bytes at a time: {tally(counts)}"


def lists(server, seconds):
    """Sends lists by name in one go, and closes the connection before they are answered."""
    message = wire.field(3, 4) + wire.field(4, 1)
    data = wire.pipelined(wire.CUSTOMERS, "ListCustomers", [message] * 250)
    begun = server.cpu_seconds()
    connection = server.connect()
    connection.socket.sendall(data)
    rest(server, seconds / 2)
    connection.close()
    rest(server, 1)
    closed = server.cpu_seconds()
    rest(server, seconds / 2)
    return (f"{closed - begun:.1f} s of CPU for {len(data)} bytes, "
            f"{server.cpu_seconds() - closed:.1f} s after they were abandoned")


def unread_upserts(server, seconds):
    """Upserts the largest customer 16 x 1,024 times and reads no answer."""
    setup = server.connect(60)
    large = wire.field(1, EVIL) + wire.field(2, wire.largest_customer("big"))
    setup.call(wire.CUSTOMERS, "UpsertCustomer", large)
    message = wire.field(1, EVIL) + wire.field(2, wire.field(1, "big"))
    data = wire.pipelined(wire.CUSTOMERS, "UpsertCustomer", [message] * 1024)
    connections = [server.connect(small=True) for _ in range(16)]
    sent = sum(send_without_reading(connection, data) for connection in connections)
    rest(server, seconds)
    close([*connections, setup])
    return f"{sent / 1024:.0f} KiB of requests"


def unread_lists(server, seconds):
    """Asks for pages of 100 large customers on 100 connections and reads none."""
    setup = server.connect(60)
    for index in range(100):
        large = wire.field(1, EVIL) + wire.field(2, wire.largest_customer(f"big{index}"))
        setup.call(wire.CUSTOMERS, "UpsertCustomer", large)
    message = wire.field(1, EVIL) + wire.field(4, 100)
    data = wire.pipelined(wire.CUSTOMERS, "ListCustomers", [message] * 40)
    connections = [server.connect(small=True) for _ in range(100)]
    sent = sum(send_without_reading(connection, data) for connection in connections)
    rest(server, seconds)
    close([*connections, setup])
    return f"{sent / 1024:.0f} KiB of requests"


def batch(name, number, size=1000):
    message = wire.field(1, EVIL)
    for index in range(size):
        message += wire.field(2, wire.customer(f"{name}-{number}-{index}", "abc"))
    return message


def queued_batches(server, seconds):
    """Fills the queue of writes with batches of 1,000 short items and reads no answer."""
    waiting = []
    for index in range(8):
        messages = [batch(f"q{index}", number) for number in range(40)]
        data = wire.pipelined(wire.CUSTOMERS, "BatchUpsertCustomers", messages)
        connection = server.connect()
        connection.socket.setblocking(False)
        waiting.append([connection, memoryview(data)])
    end, sent = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        for entry in waiting:
            try:
                taken = entry[0].socket.send(entry[1][:1 << 18]) if entry[1] else 0
            except BlockingIOError:
                continue
            except OSError:  # the server has closed it
                taken, entry[1] = 0, entry[1][:0]
            sent, entry[1] = sent + taken, entry[1][taken:]
        rest(server, 0.02)
    close(entry[0] for entry in waiting)
    return f"{sent / MIB:.0f} MiB of requests"


def bulk_writer(server, seconds):
    """Keeps 2 x 32 batches of 1,000 customers in flight."""
    counts, end = collections.Counter(), time.monotonic() + seconds

    def one(worker):
        connection, free, sent = server.connect(60), threading.Semaphore(32), []

        def send(_):
            while time.monotonic() < end:
                if free.acquire(timeout=0.5):
                    message = batch(f"b{worker}", len(sent))
                    sent.append(connection.start(wire.CUSTOMERS, "BatchUpsertCustomers", message))

        # The sender is a thread: it may wait for a server that waits until answers are read.
        sender = threading.Thread(target=in_threads, args=(send, [0]))
        sender.start()
        received = 0
        while sender.is_alive() or received < len(sent):
            if received == len(sent):
                time.sleep(0.001)
                continue
            outcome(counts, connection.receive()[3])
            received += 1
            free.release()
        connection.close()

    in_threads(one, range(2))
    return f"batches: {tally(counts)}"


def slow_exports(server, seconds):
    """Reads eight exports slowly, while others export an empty store and list by name."""
    readers = [server.connect(15, small=True) for _ in range(8)]
    for reader in readers:
        reader.start(wire.CUSTOMERS, "ExportCustomers", wire.field(3, 2), True)
    ended = threading.Event()

    def read(reader):
        while not ended.wait(0.1) and reader.socket.recv(32768):
            pass

    threads = [threading.Thread(target=in_threads, args=(read, [reader])) for reader in readers]
    for thread in threads:
        thread.start()
    rest(server, 1)
    other, end, waits, refused = server.connect(60), time.monotonic() + seconds, [], 0
    while time.monotonic() < end:
        begun = time.monotonic()
        try:
            other.drain(wire.CUSTOMERS, "ExportCustomers", wire.field(1, "other"), 30)
            other.call(wire.CUSTOMERS, "ListCustomers", wire.field(3, 4) + wire.field(4, 1), 30)
        except wire.Refused:
            refused += 1
        waits.append(time.monotonic() - begun)
    ended.set()
    for thread in threads:
        thread.join()
    close([*readers, other])
    if refused:
        raise Wrong(f"{refused} of {len(waits)} exports or lists of others were refused")
    return f"an export of an empty store and a list by name: {max(waits):.2f} s at most"


def request_ids(server, seconds):
    """Writes to the largest customer with a new request id each time."""
    connection = server.connect(60)
    large = wire.field(1, EVIL) + wire.field(2, wire.largest_customer("big"))
    connection.call(wire.CUSTOMERS, "UpsertCustomer", large)

    def size():
        return sum(file.stat().st_size for file in server.data.iterdir()
                   if file.name != "patron.reserve")

    before, number, end = size(), 0, time.monotonic() + seconds
    evidence = wire.field(2, "api")
    while time.monotonic() < end and number < 3000:
        message = wire.field(1, EVIL) + wire.field(2, wire.field(1, "big"))
        message += wire.field(3, 2) + wire.field(5, evidence) + wire.field(6, 1)
        connection.call(wire.CUSTOMERS, "SubscribeCustomer",
                        message + wire.field(10, f"r{number}"))
        number += 1
    connection.close()
    return f"{number} requests: the files grew by {(size() - before) / MIB:.0f} MiB"


def places(server, seconds, calls=True):
    """Takes places from many addresses; with `calls` each has made an honest call."""
    check = wire.request("grpc.health.v1.Health", "Check", b"")
    connections, failed = [], 0
    for index in range(5000 if seconds > 10 else 2000):
        try:
            source = f"127.0.{1 + index // 250}.{1 + index % 250}"
            connection = server.connect(2, source=source)
            connections.append(connection)
            if calls:
                connection.socket.sendall(check)
        except OSError:
            failed += 1
    rest(server, seconds)
    close(connections)
    return f"{len(connections)} connected, {failed} failed"


def silent(server, seconds):
    """Takes places without a call."""
    return places(server, seconds, calls=False)


def watches(server, seconds):
    """Opens 4,000 watches of a store whose events change ten times a second."""
    connections = [server.connect(60) for _ in range(40)]
    message = wire.field(1, EVIL)
    data = wire.pipelined(wire.TIMELINES, "WatchTimeline", [message] * 100, streams=True)
    poll, by_file = select.poll(), {}
    for connection in connections:
        connection.socket.sendall(data)
        connection.socket.setblocking(False)
        poll.register(connection.socket, select.POLLIN)
        by_file[connection.socket.fileno()] = connection
    writer, number, begun = server.connect(60), 0, server.cpu_seconds()
    end, due = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        if time.monotonic() >= due:
            due, number = time.monotonic() + 0.1, number + 1
            writer.call(wire.TIMELINES, "RecordEvent",
                        wire.record_event(EVIL, "victim", f"w{number}"))
        for file, _ in poll.poll(20):
            try:
                if not by_file[file].socket.recv(1 << 18):
                    poll.unregister(file)
            except BlockingIOError:
                pass
            except OSError:
                poll.unregister(file)
    cores = (server.cpu_seconds() - begun) / seconds
    close([*connections, writer])
    return f"{number} events, {cores:.2f} cores"


def lost_file(server, _):
    """Removes the database of a running server, which must stop before it promises more."""
    rest(server, 1)
    connection, number, promised = server.connect(10), 0, 0
    (server.data / "patron.db").unlink()
    removed = time.monotonic()
    try:
        while time.monotonic() < removed + 10:
            number += 1
            connection.call(wire.CUSTOMERS, "UpsertCustomer", wire.upsert(EVIL, f"n{number}"))
            promised = time.monotonic() - removed
    except (wire.Refused, OSError):
        pass
    try:
        status = server.process.wait(10)
    except subprocess.TimeoutExpired as error:
        raise Wrong("the server runs on without its database") from error
    shutil.rmtree(server.data)
    if promised > PROMISE_SECONDS:
        raise Wrong(f"a write was acknowledged {promised:.1f} s after the database was removed")
    return f"status {status}, the last acknowledgement after {promised:.2f} s"


def drain(server, _):
    """Stops the server under three writers that know nothing of a drain."""
    answered, flights, lock = [], [], threading.Lock()
    stop = threading.Timer(1, server.process.terminate)
    stop.start()

    def write(worker):
        connection, flight, number = server.connect(30), {}, 0
        try:
            while True:
                while len(flight) < 32:
                    number += 1
                    name = f"d{worker}-{number}"
                    stream = connection.start(wire.CUSTOMERS, "UpsertCustomer",
                                              wire.upsert(EVIL, name))
                    flight[stream] = name
                stream, kind, _, body = connection.receive()
                if kind != 2 or stream not in flight:
                    continue
                name = flight.pop(stream)
                try:
                    wire.answer(body)
                    answered.append((EVIL, name))
                except wire.Refused as error:
                    if error.code != wire.UNAVAILABLE:
                        raise Wrong(str(error)) from error
        except OSError:
            with lock:
                flights.append(len(flight))

    begun = time.monotonic()
    in_threads(write, range(3))
    try:
        server.process.wait(30)
    except subprocess.TimeoutExpired as error:
        raise Wrong("the server does not end") from error
    server.acknowledged = answered
    return (f"{len(answered)} acknowledged, {sum(flights)} in flight at the end, "
            f"{time.monotonic() - begun - 1:.1f} s")


def generated(work, customers):
    """Returns the folder of a generated store, which is made once."""
    folder = work / f"generated-{customers}"
    if not folder.exists():
        subprocess.run([Programs.path("patrond"), "generate", "--data", folder, "--customers",
                        str(customers)], check=True, capture_output=True)
    return folder


def nothing(server, seconds):
    """Attacks nobody: the row is for comparison."""
    rest(server, seconds)
    return "honest callers alone"


ATTACKS = [
    Attack("-", "nothing", nothing),
    Attack("F2", "search", search),
    Attack("F2", "lists", lists, customers=20_000),
    Attack("F3", "unread-upserts", unread_upserts),
    Attack("F3", "unread-lists", unread_lists),
    Attack("F3", "queued-batches", queued_batches),
    Attack("F4", "slow-exports", slow_exports, customers=20_000),
    Attack("F5", "bulk-writer", bulk_writer),
    Attack("F7", "request-ids", request_ids),
    Attack("F10", "idle", places),
    Attack("F10", "silent", silent),
    Attack("F11", "lost-file", lost_file, status=74, serves=False),
    Attack("F12", "drain", drain),
    Attack("F13", "watches", watches),
]
