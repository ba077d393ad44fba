"""Connections and messages of the attacks, on the example client, which needs no library."""

import pathlib
import socket
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "examples" / "python"))
# pylint: disable=wrong-import-position
from patron_client import field, fields  # noqa: E402

CUSTOMERS, TIMELINES = "patron.v1.CustomerService", "patron.v1.TimelineService"
UNAVAILABLE = 14
EMOJI = "\U0001F600"


class Refused(Exception):
    """A status other than OK; `waits` says that it has a RetryInfo, of `delay` seconds."""

    def __init__(self, status):
        self.code, self.delay = status[1][0], None
        for detail in map(fields, status.get(3, [])):
            if detail[1][0].endswith(b"/google.rpc.RetryInfo"):
                wait = fields(fields(detail[2][0])[1][0])
                self.delay = wait.get(1, [0])[0] + wait.get(2, [0])[0] / 1e9
        self.waits = self.delay is not None
        super().__init__(f"status {self.code}: {status.get(2, [b''])[0].decode()[:120]}")


def request(service, method, message, stream=1, streams=False, timeout=0):
    """Encodes the frame that starts a call; `timeout` is in seconds, 0 for none."""
    body = field(1, service) + field(2, method) + field(3, message)
    if timeout:
        body += field(4, int(timeout * 1e9))
    return struct.pack(">IIBB", len(body), stream, 1, 1 if streams else 0) + body


def pipelined(service, method, messages, streams=False):
    """Encodes calls on the first streams of a connection."""
    return b"".join(request(service, method, message, 2 * index + 1, streams)
                    for index, message in enumerate(messages))


class Connection:
    """A connection whose frames the caller sends and receives itself."""

    def __init__(self, address, timeout=30, source=None, small=False):
        host, port = address.rsplit(":", 1)
        self.socket = socket.socket()
        self.socket.settimeout(timeout)
        if small:  # a client that leaves answers unread soon has no room for more
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        if source:
            self.socket.bind((source, 0))
        self.socket.connect((host, int(port)))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer, self.stream = bytearray(), -1

    def close(self):
        self.socket.close()

    def start(self, service, method, message, streams=False, timeout=0):
        """Sends a request, and returns its stream."""
        self.stream += 2
        self.socket.sendall(request(service, method, message, self.stream, streams, timeout))
        return self.stream

    def receive(self):
        """Returns stream, kind, flags and bytes of the next frame."""
        while True:
            if len(self.buffer) >= 10:
                length, stream, kind, flags = struct.unpack_from(">IIBB", self.buffer)
                if len(self.buffer) >= 10 + length:
                    body = bytes(self.buffer[10:10 + length])
                    del self.buffer[:10 + length]
                    return stream, kind, flags, body
            data = self.socket.recv(1 << 18)
            if not data:
                raise ConnectionError("closed by the server")
            self.buffer += data

    def call(self, service, method, message, timeout=0):
        """Returns the fields of the answer of a unary call."""
        wanted = self.start(service, method, message, timeout=timeout)
        while True:
            stream, kind, _, body = self.receive()
            if (stream, kind) == (wanted, 2):
                return fields(answer(body))

    def drain(self, service, method, message, timeout=0):
        """Reads a stream to its end, and returns the number of its messages."""
        wanted, count = self.start(service, method, message, True, timeout), 0
        while True:
            stream, kind, flags, body = self.receive()
            if stream != wanted:
                continue
            if kind == 2:
                answer(body)
                return count
            count += 1
            if flags & 1:
                return count


def answer(body):
    """Returns the message of an answer, or raises its status."""
    response = fields(body)
    status = fields(response.get(1, [b""])[0])
    if status.get(1, [0])[0] != 0:
        raise Refused(status)
    return response.get(2, [b""])[0]


def reference(external_id):
    return field(2, external_id)


def get_customer(store, external_id):
    return field(1, store) + field(2, reference(external_id))


def customer(external_id, first_name=None):
    message = field(1, external_id) + field(2, f"{external_id}@example.com")
    return message + (field(4, first_name) if first_name else b"")


def upsert(store, external_id, first_name=None):
    return field(1, store) + field(2, customer(external_id, first_name))


def largest_customer(external_id):
    """Encodes a customer of about 370 KB, near the limits of tags and properties."""
    tags = ",".join(f"{index:03d}" + EMOJI * 252 for index in range(240))
    message = customer(external_id) + field(11, tags)
    for index in range(100):
        name = f"p{index:02d}" + "x" * 29
        message += field(15, field(1, name) + field(2, field(1, EMOJI * 255)))
    return message


def event(event_id, occurred_at=1_700_000_000, text=""):
    message = field(1, event_id) + field(2, 3) + field(3, "helpdesk") + field(4, "ticket_created")
    message += field(5, field(1, occurred_at))
    return message + (field(7, field(1, "text") + field(2, field(1, text))) if text else b"")


def record_event(store, external_id, event_id):
    return field(1, store) + field(2, customer(external_id)) + field(3, event(event_id))
