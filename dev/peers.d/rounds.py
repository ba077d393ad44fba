"""Interleaved rounds: every server in turn, again and again, without those that were disturbed."""

import json
import statistics
import subprocess
import sys

import build
from servers import GENERATOR_CORE, pinned

ATTEMPTS = 3  # for each wanted round


class Measured:
    """The rounds of one cell: for each server its reports, in the same order."""

    def __init__(self, names):
        self.reports = {name: [] for name in names}
        self.syncs = []  # milliseconds
        self.others = []  # shares of the machine in discarded rounds

    @property
    def discarded(self):
        return len(self.others)

    @property
    def rounds(self):
        return min(len(reports) for reports in self.reports.values())

    def median(self, name, figure):
        return statistics.median(report[figure] for report in self.reports[name])

    def ratios(self, above, below):
        """Returns the rate of one server by that of another, round by round."""
        return [a["rate"] / b["rate"]
                for a, b in zip(self.reports[above], self.reports[below])]


class Runner:
    """Runs the generators. New customers have a number of their run in their external ids."""

    def __init__(self, options):
        self.options = options
        self.run_number = 0

    def run(self, peer, work, shape, customers, seconds, warmup):
        self.run_number += 1
        connections, depth = shape
        settings = {"address": peer.address, "protocol": peer.protocol, "work": work,
                    "connections": connections, "depth": depth, "customers": customers,
                    "run": self.run_number, "server": peer.process, "warmup": warmup,
                    "seconds": seconds, **peer.settings}
        with pinned(GENERATOR_CORE):
            made = subprocess.run(
                [build.BUILT / peer.generator, *(f"{name}={value}"
                                                 for name, value in settings.items())],
                capture_output=True, text=True)
        if made.returncode:
            sys.exit(f"{peer.name}, {work}, {connections}x{depth}: "
                     f"status {made.returncode}\n{made.stderr}{made.stdout}")
        return json.loads(made.stdout)

    def rounds(self, asked, work, customers, sync=None):
        """Measures each of `asked`, pairs of a server and its (connections, depth), in turn, and
        another one first in each round. `customers` returns the number of a server's customers,
        `sync` measures fdatasync."""
        measured = Measured(peer.name for peer, _ in asked)
        for number in range(ATTEMPTS * self.options.rounds):
            if measured.rounds == self.options.rounds:
                break
            sync_time = sync() if sync else None
            first = number % len(asked)
            reports = {}
            for peer, shape in asked[first:] + asked[:first]:
                reports[peer.name] = self.run(peer, work, shape, customers(peer),
                                              self.options.seconds, self.options.seconds / 4)
                if reports[peer.name]["foreign"] > self.options.foreign / 100:
                    measured.others.append(reports[peer.name]["foreign"])
                    break
            else:
                for name, report in reports.items():
                    measured.reports[name].append(report)
                if sync:
                    measured.syncs.append(sync_time)
        if measured.rounds == 0:
            sys.exit(f"something else took more than {self.options.foreign:g} % of the machine, at "
                     f"least {min(measured.others):.0%}, in each of {measured.discarded} rounds: "
                     "wait until it is idle")
        return measured
