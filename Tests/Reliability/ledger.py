"""Writers that note what was acknowledged, and the comparison with what is stored.

A ledger is one writer of one kind of write to its own customers, one write after the other. Of each
write it knows whether it was acknowledged; the last one may be uncertain, because no answer came:
it may be there as a whole, or not at all. After a crash a careful client repeats it. Then it must
be there once.
"""

import threading
import time

from server import wire
from wire import field, fields

STORE = "ledger"
ADMIN = "patron.v1.AdminService"
CONSENT = "patron.v1.CustomerService"
DEADLINE_EXCEEDED, NOT_FOUND = 4, 5
PAGE = 100
# Attempts at a write that a server with too much to do refuses.
ATTEMPTS = 20
EMAIL, OPERATOR, THIRD_PARTY, PAID = 2, 2, 3, 4


def text(message, number):
    return message.get(number, [b""])[0].decode()


def number(message, index):
    """Returns an integer of a message, 0 if it is not set; negative ones are 64 bits."""
    value = message.get(index, [0])[0]
    return value - (1 << 64) if value >= 1 << 63 else value


def person(name):
    return field(1, name) + field(2, f"{name}@example.com")


def ref(name):
    return field(2, name)


class Ledger:
    """The common part of all kinds. A subclass sends a write and finds what is stored of it."""

    kind = ""
    # Without a request id or a name of its own, a write that is repeated is another write.
    repeats = True
    # The greatest number of writes.
    most = 1 << 30

    def __init__(self, name):
        self.name, self.acknowledged, self.uncertain, self.error = name, [], None, None
        self.times = []  # of the answers, as time.monotonic_ns()

    def prepare(self, connection):
        """Makes what the writes need; called once, before the first."""

    def send(self, connection, index):
        """Makes a write. Returns what the answer says of it."""
        raise NotImplementedError

    def send_patiently(self, connection, index):
        """Makes a write, and again if the server has queued too much: then nothing was written."""
        for _ in range(ATTEMPTS):
            try:
                return self.send(connection, index)
            except wire.Refused as error:
                if "work queued" not in str(error):
                    raise
                time.sleep(error.delay or 0.1)
        return self.send(connection, index)

    def faults(self, connection):
        """Returns texts about acknowledged writes that are missing, and about what is there twice
        or was never sent."""
        raise NotImplementedError

    def write(self, connect, ended, limit, clock):
        """Writes until the server is gone, or a number of writes was acknowledged."""
        try:
            connection = connect()
            self.prepare(connection)
        except wire.Refused as error:
            self.error = f"{self.name}: {error}"
            return
        except OSError:
            return
        for index in range(min(limit, self.most)):
            if ended.is_set():
                break
            try:
                answer = self.send_patiently(connection, index)
                self.times.append(clock())
                self.acknowledged.append((index, answer))
            except wire.Refused as error:
                # An error of the disk does not say whether the write is on it. Nor does a deadline,
                # but that is no failure: a machine that stands still misses it as well.
                self.uncertain = index
                if error.code != DEADLINE_EXCEEDED:
                    self.error = f"{self.name}-{index}: {error}"
                break
            except OSError:
                self.uncertain = index
                break
        connection.close()

    def repeat(self, connection):
        """Repeats the write without an answer. Returns true if there was one."""
        if self.uncertain is None or not self.repeats:
            return False
        index, self.uncertain = self.uncertain, None
        self.acknowledged.append((index, self.send_patiently(connection, index)))
        return True

    def sent(self):
        """Returns the numbers of all writes that may be stored."""
        all_sent = {index for index, _ in self.acknowledged}
        return all_sent if self.uncertain is None else all_sent | {self.uncertain}

    def compare(self, found, what):
        """Compares the numbers of stored writes, as a list, with those that were sent."""
        certain = {index for index, _ in self.acknowledged}
        seen = set(found)
        faults = [f"missing: {what} {self.name}-{index}" for index in sorted(certain - seen)]
        if len(found) != len(seen):
            faults.append(f"twice: {len(found) - len(seen)} {what}s of {self.name}")
        faults += [f"never sent: {what} {self.name}-{index}"
                   for index in sorted(seen - self.sent())]
        return faults


class Customers(Ledger):
    """Every write makes a customer, every third also counts on the first one."""

    kind = "customer"

    def send(self, connection, index):
        counts = index % 3 == 2
        name = f"{self.name}-{0 if counts else index}"
        message = person(name)
        if counts:
            message += field(15, field(1, "counter") + field(2, field(3, index)))
        answer = connection.call(wire.CUSTOMERS, "UpsertCustomer",
                                 field(1, STORE) + field(2, message), 60)
        return number(fields(answer[1][0]), 1)

    def faults(self, connection):
        new = sorted(index for index in self.sent() if index % 3 != 2)
        found, counter = [], -1
        for start in range(0, len(new), PAGE):
            names = b"".join(field(2, ref(f"{self.name}-{index}"))
                             for index in new[start:start + PAGE])
            answer = connection.call(wire.CUSTOMERS, "BatchGetCustomers", field(1, STORE) + names, 60)
            for stored in map(fields, answer.get(1, [])):
                index = int(text(stored, 2).rsplit("-", 1)[1])
                found.append(index)
                if index == 0:
                    counter = self.counter(stored)
        faults = self.compare(found + [index for index in self.sent() if index % 3 == 2],
                              "customer")
        counted = [index for index, _ in self.acknowledged if index % 3 == 2]
        if counted and counter < max(counted):
            faults.append(f"missing: counter {max(counted)} of {self.name}, found {counter}")
        if counter >= 0 and counter not in self.sent():
            faults.append(f"never sent: counter {counter} of {self.name}")
        return faults

    @staticmethod
    def counter(stored):
        for entry in map(fields, stored.get(16, [])):
            if text(entry, 1) == "counter":
                return number(fields(entry[2][0]), 3)
        return -1


class Events(Ledger):
    """Events of one customer without ids of their own: only the request id prevents a second one.
    Every fourth write is a batch of five."""

    kind = "event"
    batch = 5

    def ticks(self, index):
        count = self.batch if index % 4 == 3 else 1
        return [index * 10 + offset for offset in range(count)]

    @staticmethod
    def event(tick):
        properties = field(7, field(1, "tick") + field(2, field(3, tick)))
        return field(2, THIRD_PARTY) + field(3, "ledger") + field(4, "tick") + properties

    def send(self, connection, index):
        who, ticks = person(self.name), self.ticks(index)
        request = f"{self.name}-{index}"
        if len(ticks) == 1:
            message = field(2, who) + field(3, self.event(ticks[0])) + field(4, request)
            connection.call(wire.TIMELINES, "RecordEvent", field(1, STORE) + message, 60)
        else:
            message = b"".join(field(2, field(1, who) + field(2, self.event(tick)))
                               for tick in ticks) + field(3, request)
            connection.call(wire.TIMELINES, "BatchRecordEvents", field(1, STORE) + message, 60)
        return None

    def stored_ticks(self, connection):
        token, found = "", []
        while True:
            message = field(1, STORE) + field(2, ref(self.name)) + field(4, PAGE)
            try:
                answer = connection.call(wire.TIMELINES, "GetTimeline",
                                         message + (field(5, token) if token else b""), 60)
            except wire.Refused as error:
                if error.code == NOT_FOUND:
                    return found
                raise
            for event in map(fields, answer.get(2, [])):
                for entry in map(fields, event.get(12, [])):
                    if text(entry, 1) == "tick":
                        found.append(number(fields(entry[2][0]), 3))
            token = text(answer, 3)
            if not token:
                return found

    def faults(self, connection):
        ticks = self.stored_ticks(connection)
        twice = len(ticks) - len(set(ticks))
        faults = [f"twice: {twice} events of {self.name}"] if twice else []
        found, seen = [], set(ticks)
        for index in sorted(self.sent() | {tick // 10 for tick in seen}):
            there = [tick for tick in self.ticks(index) if tick in seen]
            if there and len(there) < len(self.ticks(index)):
                faults.append(f"a part of a batch: {len(there)} of {self.name}-{index}")
            if there:
                found.append(index)
        return faults + self.compare(found, "event")


class Orders(Ledger):
    """Orders of one customer, whose count and total are kept with its record."""

    kind = "order"

    def send(self, connection, index):
        order = field(3, f"{self.name}-{index}") + field(5, field(1, 1_700_000_000 + index))
        order += field(6, field(1, "USD") + field(2, 100 + index)) + field(7, PAID)
        message = field(1, STORE) + field(2, person(self.name)) + field(3, order)
        connection.call(wire.TIMELINES, "SyncOrder", message, 60)
        return None

    def faults(self, connection):
        token, found = "", []
        while True:
            message = field(1, STORE) + field(2, ref(self.name)) + field(3, PAGE)
            try:
                answer = connection.call(wire.TIMELINES, "ListOrders",
                                         message + (field(4, token) if token else b""), 60)
            except wire.Refused as error:
                if error.code != NOT_FOUND:
                    raise
                return self.compare([], "order")
            found += [int(text(order, 3).rsplit("-", 1)[1])
                      for order in map(fields, answer.get(1, []))]
            token = text(answer, 2)
            if not token:
                break
        faults = self.compare(found, "order")
        answer = connection.call(wire.CUSTOMERS, "GetCustomer",
                                 wire.get_customer(STORE, self.name), 60)
        kept = [(number(stats, 2), number(stats, 3))
                for stats in map(fields, fields(answer[1][0]).get(25, []))]
        expected = (len(found), sum(100 + index for index in found))
        if found and kept != [expected]:
            faults.append(f"twice: {self.name} has {kept} orders and cents, expected {expected}")
        return faults


class Consent(Ledger):
    """An operator notes in turn that a customer agreed to e-mails, and that it left."""

    kind = "consent"

    def send(self, connection, index):
        if index % 2 == 0:
            message = field(1, STORE) + field(2, person(self.name)) + field(3, EMAIL)
            message += field(5, field(2, "counter_desk")) + field(6, OPERATOR)
            message += field(10, f"{self.name}-{index}")
            answer = connection.call(CONSENT, "SubscribeCustomer", message, 60)
        else:
            message = field(1, STORE) + field(2, ref(self.name)) + field(3, EMAIL)
            answer = connection.call(CONSENT, "UnsubscribeCustomer", message + field(6, OPERATOR), 60)
        changes = [number(change, 5) for change in map(fields, answer.get(2, []))]
        return changes[0] if changes else None

    def faults(self, connection):
        token, ids, states = "", [], []
        while True:
            message = field(1, STORE) + field(2, ref(self.name)) + field(4, PAGE)
            try:
                answer = connection.call(CONSENT, "ListConsentHistory",
                                         message + (field(5, token) if token else b""), 60)
            except wire.Refused as error:
                if error.code != NOT_FOUND:
                    raise
                break
            for record in map(fields, answer.get(1, [])):
                ids.append(number(record, 1))
                states.append(number(record, 6))
            token = text(answer, 2)
            if not token:
                break
        # Each write changes the state once, so the number of rows says how many are stored.
        faults = self.compare(list(range(len(ids))), "consent record")
        if len(set(ids)) != len(ids):
            faults.append(f"twice: ids of consent records of {self.name}")
        lost = {row for _, row in self.acknowledged if row} - set(ids)
        faults += [f"missing: consent record {row} of {self.name}" for row in sorted(lost)]
        if any(before == after for before, after in zip(states, states[1:])):
            faults.append(f"twice: a change of consent of {self.name}")
        return faults


class Erasures(Ledger):
    """Every write makes a customer and erases it."""

    kind = "erasure"

    def send(self, connection, index):
        name = f"{self.name}-{index}"
        message = field(1, STORE) + field(2, person(name))
        if index not in self.made:
            answer = connection.call(wire.CUSTOMERS, "UpsertCustomer", message, 60)
            self.made[index] = number(fields(answer[1][0]), 1)
        message = field(1, STORE) + field(2, field(1, self.made[index])) + field(5, name)
        answer = connection.call(wire.CUSTOMERS, "DeleteCustomer", message, 60)
        return number(answer, 1)

    def __init__(self, name):
        super().__init__(name)
        self.made = {}

    def faults(self, connection):
        gone = []
        wanted = sorted(index for index in self.sent() if index in self.made)
        for start in range(0, len(wanted), PAGE):
            part = wanted[start:start + PAGE]
            refs = b"".join(field(2, field(1, self.made[index])) for index in part)
            answer = connection.call(wire.CUSTOMERS, "BatchGetCustomers", field(1, STORE) + refs, 60)
            there = {number(stored, 1) for stored in map(fields, answer.get(1, []))}
            gone += [index for index in part if self.made[index] not in there]
        faults = self.compare(gone, "erasure")
        receipts = [receipt for _, receipt in self.acknowledged]
        if len(set(receipts)) != len(receipts):
            faults.append(f"twice: receipts of {self.name}")
        return faults


class Keys(Ledger):
    """Keys of a store of the ledger's own, each of which is revoked again; over the operator's
    socket. A database has room for 10,000 keys: 200 ledgers stay below."""

    kind = "key"
    repeats = False
    revoked = 3
    most = 90

    def prepare(self, connection):
        connection.call(ADMIN, "CreateStore", field(1, self.name), 60)

    def send(self, connection, index):
        if index % 2 == 1 and self.acknowledged:
            last = self.acknowledged[-1][1]
            connection.call(ADMIN, "RevokeKey", field(1, self.name) + field(2, last), 60)
            return last
        message = field(1, self.name) + field(3, "customers:read")
        message += field(4, f"{self.name}-{index}")
        answer = connection.call(ADMIN, "CreateKey", message, 60)
        return text(fields(answer[1][0]), 1)

    def faults(self, connection):
        token, found, states = "", [], {}
        while True:
            message = field(1, self.name) + field(4, 100)
            try:
                answer = connection.call(ADMIN, "ListKeys",
                                         message + (field(5, token) if token else b""), 60)
            except wire.Refused as error:
                if error.code != NOT_FOUND:  # the store was not made yet
                    raise
                break
            for key in map(fields, answer.get(1, [])):
                found.append(int(text(key, 4).rsplit("-", 1)[1]))
                states[text(key, 1)] = number(key, 5)
            token = text(answer, 2)
            if not token:
                break
        odd = [index for index in self.sent() if index % 2 == 1]
        faults = self.compare(found + odd, "key")
        faults += [f"missing: revocation of a key of {self.name}"
                   for index, key in self.acknowledged
                   if index % 2 == 1 and states.get(key) != self.revoked]
        return faults


class Audit:
    """The rows of the audit log behind a sequence. Acknowledged keys and erasures have one each."""

    def __init__(self, connection, after=0):
        self.rows, self.last, token = {}, after, ""
        while True:
            message = field(2, 1) + field(3, 1) + field(9, 1000)
            message += field(4, after) if after else b""
            answer = connection.call(ADMIN, "ListAudit",
                                     message + (field(10, token) if token else b""), 60)
            for entry in map(fields, answer.get(1, [])):
                self.last = number(entry, 1)
                for target in entry.get(7, []):
                    row = (text(entry, 6), target.decode())
                    self.rows[row] = self.rows.get(row, 0) + 1
            token = text(answer, 2)
            if not token:
                break

    def faults(self, ledgers):
        faults = []
        for ledger in ledgers:
            for index, answer in ledger.acknowledged:
                for row in self.expected(ledger, index, answer):
                    count = self.rows.get(row, 0)
                    if count != 1:
                        word = "missing" if count == 0 else "twice"
                        faults.append(f"{word}: {count} audit rows {' '.join(row)}")
        return faults

    @staticmethod
    def expected(ledger, index, answer):
        if ledger.kind == "key":
            return [("key.revoke" if index % 2 == 1 else "key.create", f"key:{answer}")]
        if ledger.kind == "erasure":
            return [("erasure.begin", f"receipt:{answer}")]
        return []


KINDS = (Customers, Events, Orders, Consent, Erasures, Keys)


class Load:
    """Ledgers of all kinds that write at the same time, each on a connection of its own."""

    def __init__(self, server, prefix, kinds=KINDS, limit=1 << 30, clock=None):
        self.ledgers = [kind(f"{prefix}-{kind.kind}") for kind in kinds]
        self.ended = threading.Event()
        self.threads = []
        for ledger in self.ledgers:
            connect = server.operator if ledger.kind == "key" else server.connect
            arguments = (connect, self.ended, limit, clock or (lambda: 0))
            self.threads.append(threading.Thread(target=ledger.write, args=arguments, daemon=True))
        for thread in self.threads:
            thread.start()

    def acknowledged(self):
        return sum(len(ledger.acknowledged) for ledger in self.ledgers)

    def join(self):
        for thread in self.threads:
            thread.join()

    def refusals(self):
        return refusals(self.ledgers)


def refusals(ledgers):
    """Returns the errors that ended ledgers."""
    return [ledger.error for ledger in ledgers if ledger.error]


def find_faults(server, ledgers, after=0):
    """Compares ledgers with what a server has stored, and with the audit log behind a sequence.
    Returns texts, and the last sequence."""
    connection, operator = server.connect(120), server.operator(120)
    try:
        faults = []
        for ledger in ledgers:
            faults += ledger.faults(operator if ledger.kind == "key" else connection)
        audit = Audit(operator, after)
        return faults + audit.faults(ledgers), audit.last
    finally:
        connection.close()
        operator.close()


def repeat_uncertain(server, ledgers):
    """Repeats the writes without answers. Returns their number."""
    connection, count = server.connect(120), 0
    for ledger in ledgers:
        count += ledger.repeat(connection)
    connection.close()
    return count


def expected_counts(ledgers):
    """Returns the customers and the orders that ledgers without uncertain writes have left."""
    people = orders = 0
    for ledger in ledgers:
        written = [index for index, _ in ledger.acknowledged]
        if ledger.kind == "customer":
            people += len([index for index in written if index % 3 != 2])
        elif ledger.kind in ("event", "order", "consent"):
            people += bool(written)
            orders += len(written) if ledger.kind == "order" else 0
    return people, orders
