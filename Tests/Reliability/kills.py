"""Kills a server under writes of all kinds, and looks for each acknowledged one."""

import re
import shutil
import time

import ledger
from part import percentile
from server import Server, Wrong, checked_counts, verify_audit

LONG_KILLS, LONG_WRITES = 200, 200_000
SHORT_KILLS = 8
# Acknowledged writes after which a server is killed: at least, at most.
SHORT_GOAL = (5, 150)
WAIT_SECONDS = 120


class Kills:
    """One database, and the ledgers of all cycles."""

    def __init__(self, part):
        self.part, self.data = part, part.work / "data"
        self.server = Server(self.data)
        self.all, self.recoveries = [], []
        self.kills = self.early = self.repeated = self.audit_end = 0

    def acknowledged(self):
        return sum(len(one.acknowledged) for one in self.all)

    def goal(self, left):
        """Returns the number of writes after which the next kill comes."""
        if not self.part.long:
            return self.part.chance.randint(*SHORT_GOAL)
        mean = max(200, (LONG_WRITES - self.acknowledged()) / left)
        return int(self.part.chance.uniform(0.2, 1.9) * mean) if left > 10 else int(1.1 * mean)

    def cycle(self, number, left):
        load, goal = ledger.Load(self.server, f"k{number}"), self.goal(left)
        deadline = time.monotonic() + WAIT_SECONDS
        while load.acknowledged() < goal and self.server.alive():
            if time.monotonic() > deadline or load.refusals():
                break
            time.sleep(0.001)
        time.sleep(self.part.chance.uniform(0, 0.01))
        if not self.server.alive():
            raise Wrong(f"patrond ended by itself: {self.server.last_words()}")
        self.server.kill()
        load.join()
        self.kills += 1
        self.restart()
        self.look(load)
        self.all += load.ledgers

    def restart(self):
        """Starts the server again; every fourth time it is killed while it recovers."""
        if self.part.chance.random() < 0.25:
            server = Server(self.data, waits=False)
            time.sleep(self.part.chance.uniform(0.005, 1.2 * percentile(self.recoveries, 50) + 0.1))
            server.kill()
            self.early += 1
        self.server = Server(self.data)
        self.recoveries.append(self.server.recovery)

    def look(self, load):
        """Compares before and after the uncertain writes are repeated."""
        for text in load.refusals():
            self.part.complain(f"refused: {text}")
        begin = self.audit_end
        faults, _ = ledger.find_faults(self.server, load.ledgers, begin)
        self.repeated += ledger.repeat_uncertain(self.server, load.ledgers)
        if not faults:
            faults, self.audit_end = ledger.find_faults(self.server, load.ledgers, begin)
        broken = verify_audit(self.data)
        for text in faults[:10] + ([broken] if broken else []):
            self.part.complain(f"after kill {self.kills}: {text}")

    def finish(self):
        """Looks for all writes once more, and checks the database."""
        faults, _ = ledger.find_faults(self.server, self.all)
        for text in faults[:10]:
            self.part.complain(f"at the end: {text}")
        status = self.server.stop()
        if status != 0:
            self.part.complain(f"the last stop had status {status}")
        counts = checked_counts(self.data)
        found = [int(part.replace(",", "")) for part in re.findall(r"[\d,]*\d", counts)]
        expected = ledger.expected_counts(self.all)
        if tuple(found[:2]) != expected:
            self.part.complain(f"{counts}; expected are {expected[0]} customers and "
                               f"{expected[1]} orders")

    def figures(self):
        part = self.part
        part.figure("kills", f"{self.kills} + {self.early} while it started")
        kinds = {}
        for one in self.all:
            kinds[one.kind] = kinds.get(one.kind, 0) + len(one.acknowledged)
        each = ", ".join(f"{kind} {count}" for kind, count in kinds.items())
        part.figure("acknowledged", f"{self.acknowledged()} ({each})")
        lost = sum("missing" in text for text in part.complaints)
        twice = sum("twice" in text or "never sent" in text for text in part.complaints)
        part.figure("lost, twice", f"{lost}, {twice}")
        part.figure("repeated without an answer", self.repeated)
        part.figure("ready again", f"p50 {1e3 * percentile(self.recoveries, 50):.0f} ms, most "
                    f"{1e3 * max(self.recoveries, default=0):.0f} ms")


def run(part):
    kills = Kills(part)
    total = LONG_KILLS if part.long else SHORT_KILLS
    try:
        for number in range(total):
            if part.late() and kills.kills > 1:
                break
            kills.cycle(number, total - number)
            if part.complaints:
                break
            if number % 10 == 9 or not part.long:
                part.note(f"{kills.kills} kills, {kills.acknowledged()} acknowledged")
        kills.finish()
    except Wrong as error:
        part.complain(str(error))
    finally:
        kills.server.kill()
        kills.figures()
        shutil.rmtree(kills.data, ignore_errors=True)
    if part.long and not (part.late() or part.complaints) and kills.acknowledged() < LONG_WRITES:
        part.complain(f"only {kills.acknowledged()} writes were acknowledged")
