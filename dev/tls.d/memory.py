"""The memory of a server's connections, with TLS and without: idle, after large answers, and with
unfinished input."""

import resource
import socket
import ssl
import struct
import time

from handshaker import FRAME, field, receive

CONNECTIONS = 1000
WARM = 20
# Most answers of a server without customers are small; this one has 31 KB.
LARGE = field(1, b"patron.v1.TimelineService") + field(2, b"ListEventTypes")
CALLS = 120
FRAME_BYTES = 64 << 10


def anonymous_kib(pid):
    """Returns the memory of a process that no file is mapped to."""
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("RssAnon"))


def answer(connection):
    length = struct.unpack(">I", receive(connection, 10)[:4])[0]
    return len(receive(connection, length))


def connect(address, authority):
    """Connects as the address says, and makes one call."""
    host, port = address.removeprefix("tls://").rsplit(":", 1)
    connection = socket.create_connection((host, int(port)), timeout=60)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if address.startswith("tls://"):
        context = ssl.create_default_context(cafile=authority)
        connection = context.wrap_socket(connection, server_hostname="localhost")
    connection.sendall(FRAME)
    answer(connection)
    return connection


def read_answers(connection):
    """Sends many calls at once, and reads their answers."""
    connection.sendall(b"".join(
        struct.pack(">IIBB", len(LARGE), 3 + 2 * number, 1, 0) + LARGE for number in range(CALLS)))
    return sum(answer(connection) for _ in range(CALLS))


def begin_frame(connection):
    """Sends most of a frame, which the server keeps until its end."""
    stream = 3 + 2 * CALLS
    connection.sendall(struct.pack(">IIBB", FRAME_BYTES, stream, 1, 0) + bytes(FRAME_BYTES - 512))


def measure(server, authority):
    """Returns the KiB of a connection: idle, after large answers, and within a large frame."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 4096)), hard))
    pid = server.process.pid
    warm = [connect(server.address, authority) for _ in range(WARM)]
    for connection in warm:
        read_answers(connection)
    time.sleep(1)
    before = anonymous_kib(pid)
    connections = [connect(server.address, authority) for _ in range(CONNECTIONS - WARM)]
    found = []
    for step in (None, read_answers, begin_frame):
        for connection in connections if step else []:
            step(connection)
        time.sleep(2)
        found.append((anonymous_kib(pid) - before) / len(connections))
    for connection in warm + connections:
        connection.close()
    return found
