"""Opens databases of older versions, kills the migration at any instant, and compares answers."""

import base64
import shutil
import time

from part import percentile
from server import ROOT, Server, Wrong, check, patrond, wire

FIELD = ROOT / "Tests" / "Field"
LONG_KILLS, SHORT_KILLS = 50, 2
CUSTOMERS = "patron.v1.CustomerService"
TIMELINES = "patron.v1.TimelineService"
STREAMS = {"ExportCustomers", "ExportTimeline"}
ENVELOPE_STATUS, MESSAGE = 1, 2


def fixtures():
    return sorted(path.parent for path in FIELD.glob("version-*/patron.db"))


def fresh(part, fixture, name):
    """Returns a new data directory with a copy of an old database."""
    data = part.work / name
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(mode=0o700)
    shutil.copyfile(fixture / "patron.db", data / "patron.db")
    return data


def without_message(status):
    """Returns an encoded status without its message, which may change; empty for OK."""
    rest, at = b"", 0
    while at < len(status):
        begin = at
        tag, at = read_varint(status, at)
        value, at = read_varint(status, at)
        if tag & 7 == 2:
            at += value
        if tag >> 3 != MESSAGE:
            rest += status[begin:at]
    return rest


def read_varint(data, at):
    value = shift = 0
    while True:
        byte, at = data[at], at + 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def service_of():
    """Returns the service of each method, as the contract has them."""
    services, service = {}, ""
    for path in sorted((ROOT / "proto/patron/v1").glob("*.proto")):
        for line in path.read_text().splitlines():
            words = line.split()
            if words[:1] == ["service"]:
                service = f"patron.v1.{words[1]}"
            elif words[:1] == ["rpc"]:
                services[words[1].split("(")[0]] = service
    return services


def answer(connection, services, method, request):
    """Makes a call, and returns status and answers as answers.tsv has them."""
    streams = method in STREAMS
    stream = connection.start(services[method], method, request, streams)
    payloads = []
    while True:
        got, kind, flags, body = connection.receive()
        if got != stream:
            continue
        if kind == 2:
            response = wire.fields(body)
            status = without_message(response.get(ENVELOPE_STATUS, [b""])[0])
            if not status and not streams:
                payloads.append(response.get(2, [b""])[0])
            return encoded(status), ",".join(map(encoded, payloads))
        if not flags & 4:
            payloads.append(body)
        if flags & 1:
            return "", ",".join(map(encoded, payloads))


def encoded(data):
    return base64.b64encode(data).decode()


def recorded(fixture):
    """Returns the recorded calls of a fixture: method, request, status, answers. None without."""
    lines = [line.split("\t") for line in (fixture / "answers.tsv").read_text().splitlines()
             if not line.startswith("#")]
    return lines if lines and len(lines[0]) == 4 else None


def different_answers(server, calls):
    """Returns texts about the answers that are not those of the older version."""
    services, connection, faults = service_of(), server.connect(120), []
    for place, (method, request, status, answers) in enumerate(calls, 1):
        now = answer(connection, services, method, base64.b64decode(request))
        if now != (status, answers):
            faults.append(f"{method}, answer {place}, is not that of the older version")
    connection.close()
    return faults


def state(data):
    """Returns what `patrond check` prints of a database, without the shape of the search index.
    Version 14 was edited to keep waiting parts until 2099, which the check finds."""
    found = check(data)
    if found:
        return found
    text = patrond("check", "--data", data)[1]
    return [line for line in text.splitlines() if line.startswith("ok: ")]


def kill_migration(part, data, span):
    """Starts a server and kills it somewhere in its migration. Returns false if it was ready."""
    server = Server(data, waits=False)
    time.sleep(part.chance.uniform(0, span))
    ready = server.ready.exists()
    if not server.alive():
        raise Wrong(f"patrond ended in a migration: {server.last_words()}")
    server.kill()
    return not ready


def try_fixture(part, fixture, kills, opened):
    """Migrates a database once without a kill, then through kills, and compares both. Returns the
    kills, those before the server was ready, and the number of compared answers."""
    data = fresh(part, fixture, "whole")
    server = Server(data)
    span = server.recovery
    opened.append(span)
    calls = recorded(fixture) or []
    calls = calls[::1 if part.long else 10]
    faults = different_answers(server, calls)
    if server.stop() != 0:
        raise Wrong(f"{fixture.name}: {server.last_words()}")
    whole, made, inside = state(data), 0, 0
    for number in range(kills):
        if part.late() and number > 0:
            break
        data = fresh(part, fixture, "killed")
        # Some migrations are killed twice.
        for _ in range(part.chance.choice([1, 1, 2])):
            inside += kill_migration(part, data, span)
            made += 1
        server = Server(data)
        faults += different_answers(server, calls)
        server.kill()
        if (now := state(data)) != whole:
            faults.append(f"{now[:3]} after a kill, otherwise {whole[:3]}")
    for text in faults[:5]:
        part.complain(f"{fixture.name}: {text}")
    return made, inside, len(calls)


def run(part):
    total = early = compared = 0
    opened = []
    for fixture in fixtures():
        made, inside, calls = try_fixture(
            part, fixture, LONG_KILLS if part.long else SHORT_KILLS, opened)
        total += made
        early += inside
        compared += calls
        part.note(f"{fixture.name}: {made} kills, {inside} of them before it was ready")
    part.figure("databases", ", ".join(path.name for path in fixtures()))
    part.figure("kills", f"{total}, {early} of them before the server was ready")
    part.figure("answers compared", f"{compared}, after each kill too")
    part.figure("migration and start", f"p50 {1e3 * percentile(opened, 50):.0f} ms")
