"""What a server of TLS lets openssl's client do: versions, suites, protocols, renegotiation."""

import struct
import subprocess
import time

# The suites of docs/security.md, by openssl's names.
SUITES = {
    "1.2": {
        "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256",
        "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-RSA-AES256-GCM-SHA384",
        "ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-RSA-CHACHA20-POLY1305",
    },
    "1.3": {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"},
}
# A call, because tickets come with the first answer: the frame of grpc.health.v1.Health/Check.
CALL = b"\x0a\x15grpc.health.v1.Health\x12\x05Check"
CALL = struct.pack(">IIBB", len(CALL), 1, 1, 0) + CALL
VERSIONS = {"1.0": "-tls1", "1.1": "-tls1_1", "1.2": "-tls1_2", "1.3": "-tls1_3"}
# Suites that openssl knows for 1.3 and does not offer by itself.
OTHER_SUITES_OF_13 = ("TLS_AES_128_CCM_SHA256", "TLS_AES_128_CCM_8_SHA256")


class Client:
    """openssl's client of one server."""

    def __init__(self, address, authority):
        self.command = ["openssl", "s_client", "-connect", address, "-CAfile", str(authority),
                        "-servername", "localhost"]

    def run(self, *flags, typed=b"", stays=0.0):
        """Connects, types something, and returns the exit status and the output."""
        process = subprocess.Popen(self.command + list(flags), stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        try:
            process.stdin.write(typed)
            process.stdin.flush()
            if stays:
                time.sleep(stays)  # for what the server sends after the handshake
            output, _ = process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            output, _ = process.communicate()
        return process.returncode, output.decode(errors="replace")

    def accepts(self, *flags):
        """Returns true if the handshake succeeds."""
        _, output = self.run(*flags)
        return "Cipher is" in output and "Cipher is (NONE)" not in output


def suites_of_12():
    """Returns all suites up to TLS 1.2 that this openssl knows."""
    listed = subprocess.run(["openssl", "ciphers", "ALL:COMPLEMENTOFALL:@SECLEVEL=0"],
                            capture_output=True, text=True, check=True).stdout
    return [name for name in listed.strip().split(":") if not name.startswith("TLS_")]


def probe(client, minimum):
    """Yields (what, found, expected) of a server whose oldest version is `minimum`."""
    allowed = {"1.2": ["1.2", "1.3"], "1.3": ["1.3"]}[minimum]
    # Old versions need a client that would take everything.
    weak = ("-cipher", "ALL:COMPLEMENTOFALL:@SECLEVEL=0")
    accepted = [name for name, flag in VERSIONS.items() if client.accepts(flag, *weak)]
    yield "versions", accepted, allowed

    old = [name for name in suites_of_12()
           if client.accepts("-tls1_2", "-cipher", f"{name}:@SECLEVEL=0")]
    yield "suites of 1.2 beside those that are allowed", sorted(set(old) - SUITES["1.2"]), []
    yield "some suite of 1.2", bool(old), "1.2" in allowed
    for names, expected in ((SUITES["1.3"], True), (OTHER_SUITES_OF_13, False)):
        for name in sorted(names):
            found = client.accepts("-tls1_3", "-ciphersuites", name)
            yield f"suite {name}", found, expected

    yield "no application protocol", client.accepts(), True
    yield "application protocol ttrpc/1", client.accepts("-alpn", "ttrpc/1"), True
    yield "application protocol h2", client.accepts("-alpn", "h2"), False

    _, output = client.run("-tls1_3", typed=CALL, stays=0.5)
    yield "verification of the certificate", "Verify return code: 0 (ok)" in output, True
    yield "compression", "Compression: NONE" not in output, False
    early = [line for line in output.splitlines() if "Max Early Data:" in line]
    yield "tickets of sessions", bool(early), True
    yield "early data", any(not line.rstrip().endswith(": 0") for line in early), False
    if "1.2" in allowed:
        status, output = client.run("-tls1_2", typed=b"R\n", stays=0.5)
        yield "renegotiation", "RENEGOTIATING" not in output or status == 0, False
        yield "fallback from 1.3 to 1.2", client.accepts("-tls1_2", "-fallback_scsv"), False
