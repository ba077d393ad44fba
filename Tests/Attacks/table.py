"""Results of attacks, and the table that shows them."""

READS_MS, WRITES_MS = 5, 50
# Honest calls that may fail: a machine that others use as well is slow at times.
FAILING_SHARE = 0.01


def percentile(times, percentage):
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, len(ordered) * percentage // 100)]


def pair(times):
    """Returns median and p99 as text."""
    if not times:
        return "-"
    return f"{percentile(times, 50):.1f} / {percentile(times, 99):.1f}"


class Result:
    """The result of one attack; `complaints` are violations of what must hold."""

    def __init__(self, finding, name):
        self.finding, self.name = finding, name
        self.reads, self.writes, self.newcomers = [], [], []
        self.calls_failed, self.why = 0, ""
        self.peak, self.outcome = 0, ""
        self.complaints, self.skipped = [], ""

    def add(self, report, serves=True):
        """Adds the report of honest callers; `serves` says that they must be answered."""
        self.reads += report["reads"]
        self.writes += report["writes"]
        self.newcomers += report["newcomers"]
        self.calls_failed += len(report["failures"])
        if report["failures"]:
            self.why = self.why or ": ".join(report["failures"][0])
        asked = sum(len(report[what]) for what in ("reads", "writes", "newcomers", "failures"))
        if serves and len(report["failures"]) > max(1, FAILING_SHARE * asked):
            self.complaints.append(
                f"{len(report['failures'])} of {asked} honest calls failed, first {self.why}")

    def verdict(self, bound):
        """Returns the targets that were missed; times are reported and fail nothing."""
        if self.skipped:
            return "skipped"
        missed = []
        if self.reads and percentile(self.reads, 99) > READS_MS:
            missed.append("reads")
        if self.writes and percentile(self.writes, 99) > WRITES_MS:
            missed.append("writes")
        if bound and self.peak > bound:
            missed.append("memory")
        text = f"MISSED: {', '.join(missed)}" if missed else "met"
        return f"{text}; WRONG" if self.complaints else text


HEAD = ("finding", "attack", "reads p50/p99 ms", "writes p50/p99 ms", "new clients", "RSS MiB",
        "verdict", "outcome")


def row(result, bound):
    newcomers = f"{len(result.newcomers)}" if result.newcomers else "-"
    return (result.finding, result.name, pair(result.reads), pair(result.writes), newcomers,
            f"{result.peak:.0f}" if result.peak else "-", result.verdict(bound),
            result.skipped or result.outcome)


def show(results, bound):
    rows = [HEAD] + [row(result, bound) for result in results]
    widths = [max(len(line[column]) for line in rows) for column in range(len(HEAD) - 1)]
    for line in rows:
        cells = [cell.ljust(width) for cell, width in zip(line, widths)]
        print("  ".join(cells + [line[-1]]).rstrip())
    for result in results:
        for complaint in result.complaints:
            print(f"WRONG: {result.finding} {result.name}: {complaint}")
    print(f"\nasked beside each attack: p99 of point reads {READS_MS} ms, of writes "
          f"{WRITES_MS} ms, "
          + (f"memory below {bound} MiB" if bound else "no bound of memory is printed at start"))
