"""Fails one system call after the other: Tests/Faults has the library that does it.

A point is a scenario, the number of the call that fails, an error, and whether later calls fail too.
After each point the database is served without faults: acknowledged writes are there once, what was
not acknowledged is there as a whole or not at all, and `patrond check` has no complaint. The server
may end as it documents: with status 74, or 1 before it was ready.
"""

import collections
import concurrent.futures
import re
import shutil
import threading

import ledger
import upgrade
from server import (DISK_FAILED, NO_START, STOPPED, Server, Wrong, build_shim, check, has_command,
                    patrond, wire)
from wire import field

# Errors of the failed call, and whether all later ones fail as well.
MODES = [("EIO", False), ("ENOSPC", False), ("EIO", True), ("ENOSPC", True)]
WORKERS = 2
SHIM_BROKE = 97


class Batches(ledger.Ledger):
    """Batches of new customers, which the server applies in several transactions."""

    kind = "batch"
    size = 120

    def names(self, index):
        return [f"{self.name}-{index}-{item}" for item in range(self.size)]

    def send(self, connection, index):
        message = field(1, ledger.STORE)
        for name in self.names(index):
            message += field(2, ledger.person(name) + field(4, name * 5))
        connection.call(wire.CUSTOMERS, "BatchUpsertCustomers", message, 60)

    def faults(self, connection):
        lost = []
        for index, _ in self.acknowledged:
            names = self.names(index)
            for start in range(0, len(names), ledger.PAGE):
                refs = b"".join(field(2, ledger.ref(name))
                                for name in names[start:start + ledger.PAGE])
                answer = connection.call(wire.CUSTOMERS, "BatchGetCustomers",
                                         field(1, ledger.STORE) + refs, 60)
                lost += answer.get(2, [])
        return [f"missing: {len(lost)} customers of batches of {self.name}"] if lost else []


class Point:
    """One run of a scenario with one fault."""

    def __init__(self, scenario, number, mode, folder):
        self.scenario, self.number, self.mode, self.folder = scenario, number, mode, folder
        self.log, self.status = folder / "calls", None

    def __str__(self):
        error, sticky = self.mode
        return f"{self.scenario.name}, call {self.number}, {error}{' from then on' if sticky else ''}"

    def environment(self, directory):
        error, sticky = self.mode
        return {"LD_PRELOAD": str(self.scenario.shim), "FAULT_DIR": str(directory),
                "FAULT_AT": str(self.number), "FAULT_ERRNO": error,
                "FAULT_STICKY": "1" if sticky else "0", "FAULT_LOG": str(self.log)}

    def calls(self):
        """Returns the number of calls of a run without a fault."""
        found = re.search(r"^calls (\d+)$", self.log.read_text(), re.MULTILINE)
        if not found:
            raise Wrong(f"{self.scenario.name} without a fault did not count its calls")
        return int(found[1])

    def hit(self):
        return self.log.exists() and "failed " in self.log.read_text()


class Scenario:
    """Writes to a server. A subclass says to which database, and which writes."""

    name, flags, limit = "", (), 3
    # What `patrond check` finds without a fault as well.
    known = ()
    kinds = (ledger.Customers, ledger.Events, ledger.Orders, ledger.Consent, ledger.Erasures,
             ledger.Keys)

    def __init__(self, part, shim):
        self.part, self.shim, self.template = part, shim, part.work / f"template-{self.name}"
        self.prepare()

    def prepare(self):
        """Makes the database from which each point begins."""
        server = Server(self.template)
        self.stored = ledger.Load(server, "before", limit=3)
        self.stored.join()
        if server.stop() != STOPPED:
            raise Wrong(server.last_words())

    def before(self):
        return self.stored.ledgers

    def run(self, point):
        """Runs a point. Returns texts about what was wrong."""
        data = point.folder / "data"
        if self.template.exists():
            shutil.copytree(self.template, data)
        else:
            data.mkdir(mode=0o700)
        ledgers = [kind(f"p-{kind.kind}") for kind in self.kinds]
        status, faults = self.write(point, data, ledgers)
        point.status = status
        if status == SHIM_BROKE:
            raise Wrong("the library that makes calls fail ended the server")
        if status not in (STOPPED, DISK_FAILED, NO_START):
            faults.append(f"patrond ended with status {status}")
        if point.number == 0:
            faults += [f"refused without a fault: {text}" for text in ledger.refusals(ledgers)]
        return faults + self.look(data, ledgers)

    def write(self, point, data, ledgers):
        """Writes under the fault. Returns the status of the server and what it answered wrongly."""
        server = Server(data, *self.flags, environment=point.environment(data), waits=False)
        if not server.wait():
            return server.process.returncode, []
        faults = []
        for one in ledgers:
            connect = server.operator if one.kind == "key" else server.connect
            one.write(connect, threading.Event(), self.limit, lambda: 0)
        try:
            faults, _ = ledger.find_faults(server, self.before() + ledgers)
        except (wire.Refused, OSError):
            pass  # a read may fail as well; what it answers must be right
        status = server.stop()
        if status == NO_START:
            faults.append(f"status {NO_START} of a server that was ready")
        return status, faults

    def look(self, data, ledgers):
        """Serves the database without faults and compares. Returns texts."""
        server = Server(data)
        faults, _ = ledger.find_faults(server, self.before() + ledgers)
        faults += self.more(server)
        status = server.stop()
        if status != STOPPED:
            faults.append(f"the next server ended with status {status}")
        return faults + [text for text in check(data) if text not in self.known]

    def more(self, _):
        return []


class Start(Scenario):
    """The first start makes the database."""

    name, limit = "start", 1

    def prepare(self):
        pass

    def before(self):
        return []


class Batch(Scenario):
    """Single writes of all kinds, and a batch in several transactions."""

    name, limit = "batch", 2
    kinds = (*Scenario.kinds, Batches)


class Checkpoint(Scenario):
    """Batches that fill a small log more than once, so that it is copied and cut."""

    name, flags, kinds, limit = "checkpoint", ("--max-log-mib", "1"), (Batches,), 4


class Migration(Scenario):
    """The first start on a database of schema version 14."""

    name, limit = "migration", 1

    def prepare(self):
        self.template.mkdir(mode=0o700)
        fixture = upgrade.FIELD / "version-14"
        shutil.copyfile(fixture / "patron.db", self.template / "patron.db")
        self.calls = upgrade.recorded(fixture)[::1 if self.part.long else 20]
        data = upgrade.fresh(self.part, fixture, "migrated")
        Server(data).stop()
        self.known = check(data)

    def before(self):
        return []

    def more(self, server):
        return upgrade.different_answers(server, self.calls)


class Backup(Scenario):
    """A backup of a database that is not served, whose target has the faults."""

    name, command = "backup", "backup"

    def copy(self, point, data, target):
        """Makes a backup under the fault. Returns its status, what it printed, and faults."""
        return *patrond("backup", "--data", data, "--to", target / "file",
                        environment=point.environment(target)), []

    def run(self, point):
        data, target = point.folder / "data", point.folder / "target"
        shutil.copytree(self.template, data)
        target.mkdir(mode=0o700)
        status, text, faults = self.copy(point, data, target)
        point.status = status
        if status < 0 or status == SHIM_BROKE:
            faults.append(f"status {status}: {text[-200:]}")
        if status != 0:
            # A second attempt is not in the way of what the first has left.
            again, text = patrond("backup", "--data", data, "--to", target / "again")
            faults += [] if again == 0 else [f"no backup after the fault: {text[-200:]}"]
        file = target / ("file" if status == 0 else "again")
        restored = point.folder / "restored"
        status, text = patrond("restore", "--from", file, "--data", restored)
        if status != 0:
            return faults + [f"the backup cannot be restored: {text[-200:]}"]
        return faults + self.look(restored, [])


class ServedBackup(Backup):
    """A backup that the server itself makes: its failure is no business of other callers."""

    name = "served-backup"

    def copy(self, point, data, target):
        server = Server(data, environment=point.environment(target))
        status, text = patrond("backup", "--data", data, "--to", target / "file")
        beside = ledger.Load(server, "beside", limit=2)
        beside.join()
        faults = [f"a failed backup refuses writes: {text}" for text in beside.refusals()]
        found, _ = ledger.find_faults(server, self.before() + beside.ledgers)
        end = server.stop()
        if end != STOPPED:
            faults.append(f"a failed backup ended the server with status {end}")
        return status, text, faults + found


class Restore(Scenario):
    """A backup is restored into a folder that has the faults."""

    name, command = "restore", "restore"

    def prepare(self):
        super().prepare()
        self.file = self.part.work / "restore-file"
        status, text = patrond("backup", "--data", self.template, "--to", self.file)
        if status != 0:
            raise Wrong(f"patrond backup: {text[-200:]}")

    def run(self, point):
        target = point.folder / "target"
        target.mkdir(mode=0o700)
        data, faults = target / "data", []
        status, text = patrond("restore", "--from", self.file, "--data", data,
                               environment=point.environment(target))
        point.status = status
        if status < 0 or status == SHIM_BROKE:
            faults.append(f"status {status}: {text[-200:]}")
        if status != 0:
            # What the first attempt has left is no database, or the whole one. An empty file is
            # none.
            file = data / "patron.db"
            if file.exists() and file.stat().st_size > 0:
                server = Server(data, waits=False)
                if server.wait():
                    found, _ = ledger.find_faults(server, self.before())
                    faults += [f"half a restore is served: {text}" for text in found]
                server.stop()
            data = target / "again"
            status, text = patrond("restore", "--from", self.file, "--data", data)
            if status != 0:
                return faults + [f"no restore after the fault: {text[-200:]}"]
        return faults + self.look(data, [])


SCENARIOS = (Start, Batch, Checkpoint, Migration, Backup, ServedBackup, Restore)


def names():
    return [kind.name for kind in SCENARIOS]


class Sweep:
    """All points of the scenarios, or those that fit a short run."""

    def __init__(self, part, shim):
        self.part, self.lock = part, threading.Lock()
        self.counts, self.tried, self.ends, self.left_out = {}, {}, {}, []
        self.scenarios = []
        for kind in SCENARIOS:
            if part.scenarios and kind.name not in part.scenarios:
                continue
            if getattr(kind, "command", None) and not has_command(kind.command):
                self.left_out.append(kind.name)
                continue
            self.scenarios.append(kind(part, shim))

    def try_point(self, scenario, number, mode):
        """Runs one point in a folder of its own. Returns the point."""
        with self.lock:
            count = self.tried[scenario.name] = self.tried.get(scenario.name, 0) + 1
        folder = self.part.work / f"{scenario.name}-{count}"
        folder.mkdir()
        point = Point(scenario, number, mode, folder)
        try:
            for text in scenario.run(point)[:3]:
                self.part.complain(f"{point}: {text}")
        except (Wrong, wire.Refused, OSError) as error:
            self.part.complain(f"{point}: {type(error).__name__} {error}")
        if number == 0:
            self.counts[scenario.name] = point.calls()
        elif point.hit():
            with self.lock:
                ends = self.ends.setdefault(scenario.name, collections.Counter())
                ends[point.status] += 1
        shutil.rmtree(folder, ignore_errors=True)
        return point

    def points(self):
        """Yields all points: each scenario in turn has the next one of its own random order."""
        left = []
        for scenario in self.scenarios:
            calls = range(1, self.counts[scenario.name] + 1)
            points = [(scenario, number, mode) for number in calls for mode in MODES]
            self.part.chance.shuffle(points)
            left.append(points)
        while any(left):
            for points in left:
                if points:
                    yield points.pop()

    def run(self):
        with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
            try:
                self.count_calls(pool)
                if not self.part.complaints:
                    self.sweep(pool)
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise

    def count_calls(self, pool):
        for done in [pool.submit(self.try_point, scenario, 0, MODES[0])
                     for scenario in self.scenarios]:
            done.result()
        calls = ", ".join(f"{name} {count}" for name, count in self.counts.items())
        self.part.note(f"calls: {calls}")

    def sweep(self, pool):
        running, count = set(), 0
        for scenario, number, mode in self.points():
            if self.part.complaints or self.part.late() and count >= len(self.scenarios):
                break
            running.add(pool.submit(self.try_point, scenario, number, mode))
            count += 1
            if len(running) >= 2 * WORKERS:
                _, running = concurrent.futures.wait(
                    running, return_when=concurrent.futures.FIRST_COMPLETED)
            if count % 200 == 0:
                self.part.note(f"{count} points")

    def figures(self):
        for name, count in self.counts.items():
            tried = self.tried[name] - 1
            ends = self.ends.get(name, collections.Counter())
            each = ", ".join(f"{number} with {status}" for status, number in sorted(ends.items(), key=str))
            self.part.figure(name, f"{tried} points of {count * len(MODES)}, {sum(ends.values())} "
                             f"met their call and ended: {each or 'none'}")
        if self.left_out:
            self.part.figure("not in these programs", ", ".join(self.left_out))


def run(part):
    shim = build_shim("Tests/Faults/fault_shim.c", part.work)
    if shim is None:
        part.skipped = "no C compiler builds the library that makes calls fail"
        return
    sweep = Sweep(part, shim)
    sweep.run()
    sweep.figures()
