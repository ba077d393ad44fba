"""One process of many that make TLS handshakes with a server, at a rate.

    handshaker.py ADDRESS AUTHORITY RATE SECONDS full|resumed

Each connection makes one call of the health service, because the ticket of a session comes with the
first answer. Prints JSON: the numbers of handshakes and of resumed ones, the failures by their
texts, and the milliseconds from the connection to the end of the handshake, sorted.
"""

import collections
import json
import socket
import ssl
import struct
import sys
import time

STREAM = 1


def field(number, text):
    return bytes([number << 3 | 2, len(text)]) + text


CHECK = field(1, b"grpc.health.v1.Health") + field(2, b"Check")
FRAME = struct.pack(">IIBB", len(CHECK), STREAM, 1, 0) + CHECK


def receive(connection, count):
    data = b""
    while len(data) < count:
        part = connection.recv(count - len(data))
        if not part:
            raise OSError("the server closed the connection")
        data += part
    return data


def connect(context, endpoint, session):
    """Connects, calls once, and returns (milliseconds, resumed, session)."""
    begun = time.perf_counter()
    with socket.create_connection(endpoint, timeout=30) as plain:
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with context.wrap_socket(plain, server_hostname="localhost", session=session) as secure:
            took = 1000 * (time.perf_counter() - begun)
            resumed = secure.session_reused
            secure.sendall(FRAME)
            length = struct.unpack(">I", receive(secure, 10)[:4])[0]
            receive(secure, length)
            return took, resumed, secure.session


def main():
    address, authority, rate, seconds, kind = sys.argv[1:]
    host, port = address.removeprefix("tls://").rsplit(":", 1)
    context = ssl.create_default_context(cafile=authority)
    context.set_alpn_protocols(["ttrpc/1"])
    session = None
    times, failures, resumptions = [], collections.Counter(), 0
    begun = time.perf_counter()
    due = begun
    while due < begun + float(seconds):
        time.sleep(max(0, due - time.perf_counter()))
        # A process that cannot keep the rate makes as many as it can.
        due = max(due + 1 / float(rate), time.perf_counter() - 1)
        try:
            took, resumed, session = connect(context, (host, int(port)), session)
        except OSError as error:
            failures[str(error)] += 1
            continue
        times.append(took)
        resumptions += resumed
        if kind == "full":
            session = None
    print(json.dumps({"handshakes": len(times), "resumed": resumptions, "failures": failures,
                      "seconds": time.perf_counter() - begun, "times": sorted(times)}))


if __name__ == "__main__":
    main()
