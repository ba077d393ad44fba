#!/usr/bin/env python3
"""Calls Patron without any library; docs/protocol.md documents the bytes on the wire.

usage: patron_client.py get|unsubscribe EXTERNAL_ID

PATRON_STORE is the store; without it calls are about that of the key, else about `default`.
PATRON_ADDRESS is the server's address, HOST:PORT, tls://HOST:PORT or unix:PATH; the default is
127.0.0.1:7420. PATRON_KEY is the API key, which is no argument because others can read those.
With TLS, PATRON_TLS_CA is a file of CAs in place of the system's, and PATRON_TLS_CLIENT_CERT and
PATRON_TLS_CLIENT_KEY are the files of a client certificate, for servers that want one.
"""

import os
import socket
import ssl
import struct
import sys


def varint(number):
    low, rest = number & 0x7F, number >> 7
    return bytes([low | 0x80]) + varint(rest) if rest else bytes([low])


def field(number, value):
    """Encodes one field of a protobuf message: an int (0 or more), a str, or a message's bytes."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def read_varint(data, at):
    value = shift = 0
    while True:
        byte, at = data[at], at + 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def fields(data):
    """Decodes the fields of a message: number -> list of values, each an int or bytes."""
    found, at = {}, 0
    while at < len(data):
        tag, at = read_varint(data, at)
        if tag & 7 == 0:
            value, at = read_varint(data, at)
        else:
            size, at = {1: (8, at), 5: (4, at)}.get(tag & 7) or read_varint(data, at)
            value, at = data[at : at + size], at + size
        found.setdefault(tag >> 3, []).append(value)
    return found


class StatusError(Exception):
    """A google.rpc.Status; `reasons` has the reasons of its details, with the field's path."""

    def __init__(self, status):
        self.code, self.reasons = status[1][0], []
        for detail in map(fields, status.get(3, [])):
            value = fields(detail[2][0])
            if detail[1][0].endswith(b"/google.rpc.ErrorInfo"):
                self.reasons.append(value[1][0].decode())
            elif detail[1][0].endswith(b"/google.rpc.BadRequest"):
                for violation in map(fields, value[1]):
                    self.reasons.append(b" ".join(violation[1] + violation[3]).decode())
        message = status.get(2, [b""])[0].decode()
        super().__init__(f"status {self.code} {', '.join(self.reasons)}: {message}")


def tls_error(error):
    """Returns an error of TLS as one line: what was wrong, and what to do."""
    if isinstance(error, ssl.SSLCertVerificationError):
        what = {
            10: "has expired: renew it on the server",
            62: "is for another name: use the name that it has in PATRON_ADDRESS",
            64: "is not for this IP address: use the name that it has in PATRON_ADDRESS",
        }.get(error.verify_code, "is not signed by a known CA: name its file in PATRON_TLS_CA")
        return ConnectionError(f"the server's certificate {what} ({error.verify_message})")
    reason = getattr(error, "reason", None) or ""
    if "ALERT_CERTIFICATE_REQUIRED" in reason:
        what = "wants a client certificate: set PATRON_TLS_CLIENT_CERT and PATRON_TLS_CLIENT_KEY"
    elif "_CERTIFICATE" in reason or "UNKNOWN_CA" in reason:
        what = f"refused the client certificate: use another one ({reason})"
    elif isinstance(error, (ssl.SSLEOFError, ConnectionError)) or "WRONG_VERSION" in reason:
        what = "does not speak TLS: write PATRON_ADDRESS without tls://, or check the port"
    else:
        what = f"and this client have no TLS in common: check the address ({reason or error})"
    return ConnectionError(f"the server {what}")


def connect(address):
    if address.startswith("unix:"):
        plain = socket.socket(socket.AF_UNIX)
        plain.settimeout(10)
        plain.connect(address.removeprefix("unix:"))
        return plain
    host, port = address.removeprefix("tls://").rsplit(":", 1)
    host = host.strip("[]")
    plain = socket.create_connection((host, int(port)), timeout=10)
    if not address.startswith("tls://"):
        return plain
    context = ssl.create_default_context(cafile=os.environ.get("PATRON_TLS_CA"))
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.set_alpn_protocols(["ttrpc/1"])
    if "PATRON_TLS_CLIENT_CERT" in os.environ:
        context.load_cert_chain(
            os.environ["PATRON_TLS_CLIENT_CERT"], os.environ["PATRON_TLS_CLIENT_KEY"]
        )
    try:
        return context.wrap_socket(plain, server_hostname=host)
    except (ssl.SSLError, ConnectionError) as error:
        raise tls_error(error) from error


class Patron:
    def __init__(self, address, key=None):
        local = ("unix:", "127.0.0.1:", "[::1]:", "localhost:")
        if key and not address.startswith(("tls://", *local)):
            raise ConnectionError(f"the key would go unencrypted: write tls://{address}")
        self.socket = connect(address)
        self.input, self.stream = self.socket.makefile("rb"), -1
        # Metadata of every call, a pair in field 5 of the request.
        bearer = field(1, "authorization") + field(2, f"Bearer {key}")
        self.metadata = field(5, bearer) if key else b""

    def read(self, count):
        try:
            data = self.input.read(count)
        except ssl.SSLError as error:  # In TLS 1.3 a client's certificate is checked last.
            raise tls_error(error) from error
        if len(data) < count:
            raise ConnectionError("the server closed the connection before its answer")
        return data

    def call(self, service, method, message):
        """Sends the bytes of a request message and returns the fields of the response."""
        self.stream += 2
        request = field(1, service) + field(2, method) + field(3, message)
        request += field(4, 5_000_000_000) + self.metadata  # timeout in nanoseconds
        self.socket.sendall(struct.pack(">IIBB", len(request), self.stream, 1, 0) + request)
        length, stream, kind, _ = struct.unpack(">IIBB", self.read(10))
        if (stream, kind) != (self.stream, 2):
            raise ConnectionError(f"expected the answer on {self.stream}: {kind} on {stream}")
        response = fields(self.read(length))
        status = fields(response.get(1, [b""])[0])
        if status.get(1, [0])[0] != 0:
            raise StatusError(status)
        return fields(response.get(2, [b""])[0])


def main(what, external_id):
    patron = Patron(
        os.environ.get("PATRON_ADDRESS", "127.0.0.1:7420"), os.environ.get("PATRON_KEY")
    )
    # store_id, and customer: a CustomerRef with external_id
    message = field(1, os.environ.get("PATRON_STORE", "")) + field(2, field(2, external_id))
    if what == "get":
        answer = patron.call("patron.v1.CustomerService", "GetCustomer", message)
    else:
        message += field(3, 2) + field(6, 1)  # channels: CHANNEL_EMAIL; actor: ACTOR_CUSTOMER
        answer = patron.call("patron.v1.CustomerService", "UnsubscribeCustomer", message)
        print("changed" if 2 in answer else "unchanged")
    customer = fields(answer[1][0])  # field 1 is the id, 3 the e-mail address
    print("customer", customer[1][0], customer.get(3, [b"(no e-mail)"])[0].decode())


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in ("get", "unsubscribe"):
        sys.exit(__doc__)
    try:
        main(*sys.argv[1:])
    except (StatusError, OSError) as error:
        sys.exit(str(error))
