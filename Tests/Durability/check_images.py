"""Compares every image of the self-test with what may be there at its instant."""
import json
import os
import sys

A, B = b"a" * 1024, b"b" * 2048
FIRST, SECOND = b"a" * 2048, A + B
# By step: what `data` must be in a synced image from this step on, and whether `old` is there.
EXPECTED = {
    "written": (None, True),
    "synced": (FIRST, True),
    "overwritten": (FIRST, True),
    "synced-again": (SECOND, True),
    "truncated": (SECOND, True),
    "truncation-synced": (SECOND[:100], True),
    "renamed": (SECOND[:100], True),
    "rename-synced": (b"hello", True),
    "unlinked": (b"hello", True),
    "unlink-synced": (b"hello", False),
}


def content(image, name):
    path = os.path.join(image, name)
    if not os.path.exists(path):
        return None
    with open(path, "rb") as file:
        return file.read()


def sectors(data):
    return [data[i:i + 512] for i in range(0, len(data), 512)]


def main():
    steps_file, reports_file, data = sys.argv[1:]
    steps = [line.split() for line in open(steps_file)]
    assert [name for name, _ in steps] == list(EXPECTED), steps
    reports = [json.loads(line) for line in open(reports_file)]
    summary = reports.pop()
    assert summary["images"] == len(reports) == summary["instants"] * 21, summary
    # The folder, `old` and what it holds are there from the start: three records, one instant.
    assert summary["instants"] == summary["records"] - 2, summary
    failures, seen, torn = 0, set(), set()
    for report in reports:
        passed = [name for name, at in steps if int(at) <= report["nanoseconds"]]
        following = [name for name in EXPECTED if name not in passed]
        allowed = [EXPECTED[name] for name in passed[-1:] + following[:1]] or [(None, True)]
        found = content(report["path"], "data")
        old = content(report["path"], "old")
        if report["kind"] == "synced":
            seen.add(found)
            good = (found, old is not None) in allowed and old in (None, b"was there")
        else:
            torn.add(found)
            good = found is None or all(
                set(sector) <= set(b"ab\0") or found == b"hello" for sector in sectors(found))
        if not good:
            failures += 1
            print(f"wrong: {report} data={found!r:.80} old={old!r}")
    expected = {data for data, _ in EXPECTED.values()}
    assert seen == expected, f"states never seen: {expected - seen}, unexpected: {seen - expected}"
    assert len(torn) > 20, f"only {len(torn)} different torn images"
    last = reports[-21]
    assert content(last["path"], "data") == content(data, "data") and \
        content(last["path"], "old") is None, "the last image is not the directory"
    print(f"{len(reports) - failures} passed, {failures} failed")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
