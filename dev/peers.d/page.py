"""Tables of the results in Markdown, and their place in docs/performance.md."""

import statistics
import sys

import build
from workloads import ECHO, ONE_EACH, PATRON

PAGE = build.ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- dev/peers: begin -->", "<!-- dev/peers: end -->"
FULL = 0.97  # of a core: a generator this busy measures itself


def rate_text(measured, name):
    rate = f"{measured.median(name, 'rate'):,.0f}/s"
    return f"≥ {rate}" if measured.median(name, "generator") >= FULL else rate


def ratio_text(ratios):
    return f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"


def rows(measured, unit):
    """Yields a line for each server. `unit` is microseconds."""
    for name in measured.reports:
        tails = (f"{measured.median(name, figure) / unit:,.{0 if unit == 1 else 2}f}"
                 for figure in ("p50", "p99", "p999"))
        ratio = "" if name == PATRON else ratio_text(measured.ratios(PATRON, name))
        cpu = f"{measured.median(name, 'server_us'):.2f} µs"
        cells = [name, rate_text(measured, name), ratio, *tails, cpu]
        yield f"| {' | '.join(cells)} |"


def heading(title, unit):
    name = "µs" if unit == 1 else "ms"
    cells = [title, "rate", "Patron / it (rounds)", f"p50 {name}", "p99", "p99.9", "server CPU"]
    return [f"| {' | '.join(cells)} |", "|" + " --- |" * len(cells)]


def rounds_text(measured):
    return f"Rounds: {measured.rounds}, and {measured.discarded} discarded"


def read_table(shape, measured):
    connections, depth = shape
    return ["", *heading(f"GetCustomer, {connections}x{depth}", 1), *rows(measured, 1), "",
            f"{rounds_text(measured)}. {sizes(measured)}"]


def sizes(measured):
    found = ", ".join(f"{name} {measured.median(name, 'answer_bytes'):.0f}"
                      for name in measured.reports)
    return f"Bytes of an answer: {found}."


def write_table(kind, shape, measured):
    connections, depth = shape
    title = f"upserts of {kind} customers, {connections}x{depth}"
    sync = statistics.median(measured.syncs)
    ratios = ratio_text(measured.ratios(PATRON, ONE_EACH))
    return ["", *heading(title, 1000), *rows(measured, 1000), "",
            f"{rounds_text(measured)}. fdatasync of a 4 KiB append here: {sync:.3f} ms (median "
            f"of {len(measured.syncs)} rounds, {min(measured.syncs):.3f} to "
            f"{max(measured.syncs):.3f}). Group commit / one transaction each: {ratios}."]


def slower(title, measured):
    """Yields a line for each peer that is faster than Patron. The echo is a limit and no peer."""
    for name in measured.reports:
        if name == ECHO or name.startswith(PATRON):
            continue
        rate = statistics.median(measured.ratios(PATRON, name))
        tail = measured.median(PATRON, "p99") / measured.median(name, "p99")
        found = [f"rate {rate:.2f} of it"] if rate < 1 else []
        found += [f"p99 {tail:.2f} times as long"] if tail > 1 else []
        if found:
            yield f"- {title}: than {name}: {'; '.join(found)}"


def conclusion(lines):
    return ["", "Slower than a peer:" if lines else "No peer is faster than Patron.",
            *(["", *lines] if lines else [])]


def write(lines):
    """Places the lines between the markers of the page."""
    text = PAGE.read_text()
    begin, end = text.find(BEGIN), text.find(END)
    if not 0 <= begin < end:
        sys.exit(f"{PAGE}: expected the lines {BEGIN} and {END}")
    PAGE.write_text(text[:begin + len(BEGIN)] + "\n" + "\n".join(lines) + "\n" + text[end:])
    print(f"wrote {PAGE.relative_to(build.ROOT)}", file=sys.stderr)
