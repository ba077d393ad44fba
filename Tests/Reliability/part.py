"""Parts of a campaign: their time, their chance, and what they found."""

import random
import sys
import time


class Part:
    """One part while it runs. Figures are the columns of its row; complaints fail the run.

    A long part goes on until it has reached its goal; with a number of seconds, it begins no
    further step after these, as a short one does."""

    def __init__(self, name, work, choice, seconds):
        self.name, self.work, self.long, self.seed = name, work / name, choice.long, choice.seed
        self.seconds, self.scenarios = seconds, choice.scenario
        self.work.mkdir()
        # A part draws the same numbers whatever ran before it.
        self.chance = random.Random(f"{choice.seed}-{name}")
        self.begun = time.monotonic()
        self.end = self.begun + seconds if seconds else float("inf")
        self.figures, self.complaints, self.skipped = [], [], ""
        self.took = 0.0

    def late(self):
        """Returns true if the time of the part is over."""
        return time.monotonic() > self.end

    def note(self, text):
        print(f"... {self.name}: {text}", file=sys.stderr, flush=True)

    def complain(self, text):
        self.complaints.append(text)
        self.note(f"WRONG: {text}")

    def figure(self, name, value):
        self.figures.append((name, value))

    def ends(self):
        self.took = time.monotonic() - self.begun
        self.note(f"ends after {self.took:.0f} s")


def percentile(values, percentage):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * percentage // 100)] if ordered else 0.0
