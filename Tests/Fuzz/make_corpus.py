#!/usr/bin/env python3
"""Writes the seeds of the fuzz targets into Tests/Fuzz/Corpus, one input a file.

usage: make_corpus.py

Seeds are made up, and few: libFuzzer finds the rest, and keeps it outside the repository. The first
byte of most inputs chooses a variant; Tests/FuzzTargets says of each target what it means.
"""

import base64
import pathlib
import re
import shutil
import struct
import sys
import zlib

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "Tests" / "Attacks"))
# pylint: disable=wrong-import-position
from wire import customer, event, field, record_event, request, upsert  # noqa: E402

SERVICE = "test.v1.Service"
CUT = b"\x80"  # the pieces of the input meet in its middle
WORD = 1 << 64


def frame(kind, stream, body=b"", flags=0, length=None):
    return struct.pack(">IIBB", len(body) if length is None else length, stream, kind, flags) + body


def call(stream, method, message=b"", flags=0, metadata=()):
    body = field(1, SERVICE) + field(2, method) + field(3, message)
    for key, value in metadata:
        body += field(5, field(1, key) + field(2, value))
    return frame(1, stream, body, flags)


def frames():
    extended = [("ttrpc-ext", "1")]
    yield "echo", call(1, "Echo", b"hello")
    yield "pipelined", b"".join(call(2 * i + 1, "Later", bytes([i])) for i in range(20))
    yield "cancel", call(1, "Later", b"x", metadata=extended) + frame(0x11, 1, field(1, 1))
    yield "sum", call(1, "Sum", b"", 2) + frame(3, 1, b"1") + frame(3, 1, b"", 5)
    yield "list", call(1, "List", b"all", 1)
    yield "chat", call(3, "Chat", b"", 2) + b"".join(frame(3, 3, b"m" * i) for i in range(9))
    yield "extended", (call(1, "Echo", b"", metadata=extended)
                       + frame(0x10, 0, field(1, 4096) + field(2, 7)) + frame(4, 0, b"12345678"))
    yield "oversize", frame(1, 1, b"z" * 5000) + call(3, "Refuse")
    yield "bad", call(2, "Echo") + call(1, "Unknown") + call(1, "Echo") + frame(1, 5, b"\xff\xff")
    yield "cut-off", frame(3, 7, b"abc", length=4_000_000_000)
    yield "no-ttrpc", b"GET / HTTP/1.1\r\nHost: example.com\r\n\r\n"


def envelopes():
    pairs = b"".join(field(5, field(1, f"key-{i}") + field(2, "v" * i)) for i in range(12))
    yield "request", b"\0" + request("a.B", "C", b"payload", timeout=5)[10:]
    yield "metadata", b"\0" + field(1, "a.B") + pairs + field(4, 1) + field(3, b"x")
    yield "bearer", b"\0" + field(5, field(1, "Authorization") + field(2, "Bearer none"))
    yield "not-utf8", b"\0" + field(5, field(1, b"\xff") + field(2, b"\xc0\x80"))
    yield "unknown", b"\0" + field(99, b"later") + field(7, 1) + b"\x3d\1\2\3\4"
    yield "answer", b"\1" + field(2, b"payload")
    info = field(1, "type.googleapis.com/google.rpc.ErrorInfo") + field(2, field(1, "QUEUE_FULL"))
    wait = (field(1, "type.googleapis.com/google.rpc.RetryInfo")
            + field(2, field(1, field(1, 1) + field(2, 5))))
    yield "status", b"\1" + field(1, field(1, 8) + field(2, "full") + field(3, info)
                                  + field(3, wait))
    yield "status-twice", b"\1" + field(1, field(1, 5)) + field(1, field(1, 0))


def types():
    """Returns the numbers of the message types, by the name in Swift."""
    text = (ROOT / "Sources/PatronProto/Generated/MessageTypes.swift").read_text()
    names = re.findall(r"^    ([\w.]+)\.descriptor,$", text, re.MULTILINE)
    return {name: bytes([index]) for index, name in enumerate(names) if index < 256}


def messages():
    number = types()
    order = field(3, "1001") + field(5, field(1, 1_700_000_000)) + field(
        6, field(1, "USD") + field(2, 4990)) + field(7, 4)
    order += b"".join(field(10, field(1, f"p{i}") + field(5, i)) for i in range(4))
    yield "upsert", number["UpsertCustomerRequest"] + upsert("default", "1", "Ada")
    yield "event", number["RecordEventRequest"] + record_event("default", "1", "e1")
    yield "order", number["SyncOrderRequest"] + field(2, customer("1")) + field(3, order)
    properties = b"".join(
        field(15, field(1, f"p{i}") + field(2, kind)) for i, kind in enumerate(
            [field(1, "text"), field(2, 1), field(3, 7), b"\x21" + bytes(8),
             field(5, field(1, 1)), field(6, field(1, 2024) + field(2, 2) + field(3, 29))]))
    yield "properties", number["CustomerInput"] + customer("2") + properties
    yield "batch", number["BatchRecordEventsRequest"] + b"".join(
        field(2, field(1, customer(str(i))) + field(2, event(f"e{i}", text="x"))) for i in range(5))
    yield "twice", number["UpsertCustomerRequest"] + field(2, customer("1")) + field(2, b"")
    yield "nul", number["CustomerInput"] + field(1, "a\0b")
    yield "unknown", number["GetCustomerRequest"] + field(1, "s") + field(1000, b"later")
    yield "truncated", number["Customer"] + field(2, "x")[:-1] + b"\x92\x01\xff\xff\xff\xff\x0f"
    yield "packed", number["SubscribeCustomerRequest"] + field(3, b"\1\2") + field(
        4, 1)


def json():
    texts = {
        "upsert": (0, '{"storeId": "s", "customer": {"externalId": "1", "email": "a@example.com", '
                      '"customProperties": {"size": {"stringValue": "L"}, "n": {"int64Value": '
                      '"9007199254740993"}, "d": {"doubleValue": 1e-7}}, "birthday": {"year": '
                      '2000, "month": 2, "day": 29}}, "invalidFields": "INVALID_FIELDS_DROP"}'),
        "event": (1, '{"event": {"eventId": "e1", "source": "EVENT_SOURCE_PRODUCT", "type": "t", '
                     '"occurredAt": "2024-02-29T23:59:59.999999999Z", "properties": {"a": '
                     '{"timestampValue": "2024-03-01T00:00:00+05:30"}}}, "requestId": "\\u00e9"}'),
        "order": (2, '{"order": {"externalId": "1001", "total": {"currencyCode": "USD", '
                     '"minorUnits": "-1"}, "lineItems": [{"quantity": 2}, {}], "version": 3}, '
                     '"updateMask": "name,total", "replace": true}'),
        "import": (3, '{"items": [{"row": 1, "subscriptions": [{"channel": "CHANNEL_SMS", '
                      '"state": 3}]}, {"row": 2}], "validateOnly": null}'),
        "settings": (4, '{"settings": {"smsDoubleOptIn": false, "optOutWords": {"values": '
                        '["STOP", "\\ud83d\\ude00"]}}, "updateMask": "smsDoubleOptIn"}'),
        "timeline": (5, '{"customer": {"id": "17"}, "filter": {"sources": ["EVENT_SOURCE_'
                        'ECOMMERCE", 2], "query": "x"}, "pageSize": 1e1, "pageToken": ""}'),
        "status": (7, '{"code": 5, "message": "no", "details": [{"@type": "type.googleapis.com/'
                      'google.rpc.ErrorInfo", "reason": "R"}]}'),
        "deep": (0, '{"customer": ' + '{"address": ' * 40),
        "numbers": (3, '{"items": [{"row": -2147483648}, {"row": 2147483648}, {"row": 1.5}]}'),
        "broken": (0, '{"customer": {"email": "a\\u12'),
    }
    for name, (number, text) in texts.items():
        yield name, bytes([number]) + text.encode()


def fingerprint(text):
    value = 0xCBF29CE484222325
    for byte in text.encode() + b"\xff":
        value = (value ^ byte) * 0x100000001B3 % WORD
    return value


def folded(value, bits):
    total = 0
    while value:
        total ^= value
        value >>= bits
    return total % (1 << bits)


def page_tokens():
    for number in range(8):
        parts = ["default"] + ["17"] * (number % 3 == 0)
        width, word = 64 // len(parts), 0
        for part in parts:
            word = (word << width) % WORD | folded(fingerprint(part), width)
        words = [word] + [(1 << 40 * index) % WORD for index in range(1 + number % 3)]
        token = struct.pack(f">B{len(words)}Q", 2 + number % 10, *words)
        text = base64.urlsafe_b64encode(token).rstrip(b"=")
        yield f"list-{2 + number % 10}", bytes([number]) + text
    yield "empty", b"\0"
    yield "padded", b"\0" + base64.urlsafe_b64encode(bytes(10))


def csv():
    yield "plain", b"\x80id,email\r\n1,a@example.com\r\n2,b@example.com\r\n"
    yield "quoted", b'\x40"a ""b""","c,d","e\nf"\n,,\n"x"\n'
    yield "semicolons", b"\x81Name;Ort\nM\xc3\xbcller;K\xc3\xb6ln\n"
    yield "mark", b"\x02\xef\xbb\xbfid\n1\n"
    yield "utf-16", b"\x80\xff\xfei\x00d\x00"
    yield "open-quote", b'\x60a,"never closed\n' * 3
    yield "after-quote", b'\x80"a"b,c\n'
    yield "carriage-return", b"\x80a\rb\r\n\r\n\n\nc"
    yield "many-cells", b"\x80" + b"," * 100 + b"\n"
    yield "long-row", b"\x80" + b"x" * 5000 + b"\n"


BASE_62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def key(identity, secret):
    text = f"patron_{identity}_{secret}"
    number, digits = zlib.crc32(text.encode()), ""
    for _ in range(6):
        number, digit = divmod(number, 62)
        digits = BASE_62[digit] + digits
    return (text + digits).encode()


def keys():
    yield "zero", key("0" * 26, "0" * 43)
    yield "made-up", key("7" + "z" * 25, "0" + "madeUP" * 7)
    yield "too-large", key("0" * 26, "z" * 43)
    yield "wrong-sum", key("0" * 26, "0" * 43)[:-1] + b"x"
    yield "short", b"patron_0"
    yield "other-letters", key("0123456789abcdefghjkmnpilo", "1" * 43)


def yaml():
    yield "plain", b"# Settings\ndata: /var/lib/patron\nmax-calls: 100\ngroup-commit: false\n"
    yield "list", b"listen:\n  - 127.0.0.1:0\n  - \"unix:/tmp/a & b\"  # *not* an alias\n"
    yield "flow", b"{listen: [a, 'b', \"c\\u00e9\"], threads: 4}\n"
    yield "nested", b"tls:\n  cert:\n    - {a: [b, {c: d}]}\n"
    yield "empty-values", b"a:\nb: ~\nc: null\nd: ''\ne: []\nf: {}\n"
    yield "twice", b"threads: 1\nmap-mib: 5\n\"threads\": 2\n"
    yield "alias", b"a: &x [1]\nb: *x\n"
    yield "documents", b"%YAML 1.1\n---\na: 1\n...\n---\nb: 2\n"
    yield "blocks", b"a: |+2\n    kept\n\nb: >-\n  folded\n  text\n? c\n: d\n"
    yield "tags", b"!!map {!!str a: !!int 1, <<: {b: 2}, ? [k]: v}\n"
    yield "tagged-names", b"threads: 1\n!name threads: 2\n"
    yield "open", b"a: \"never closed\n  b: [1,\n"
    yield "deep", b"a: " + b"[" * 400 + b"]" * 400
    yield "marks", b"\xef\xbb\xbfa: 1\r\nb: 2\rc: \xe2\x80\xa83\n"


TARGETS = {"frames": frames, "envelopes": envelopes, "messages": messages, "json": json,
           "page-tokens": page_tokens, "csv": csv, "keys": keys, "yaml": yaml}
# Targets whose seeds do not begin with the byte that chooses a variant.
PLAIN = {"frames": CUT}


def main():
    for target, seeds in TARGETS.items():
        folder = HERE / "Corpus" / target
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for name, data in seeds():
            (folder / f"{name}.seed").write_bytes(PLAIN.get(target, b"") + data)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        sys.exit(__doc__)
    main()
