"""sslscan and testssl.sh: their reports, as findings below the floor."""

import json
import pathlib
import shutil
import subprocess
import xml.etree.ElementTree

from probes import SUITES

# Findings of testssl.sh about this machine or about the certificate that the scan has made.
IGNORED = {
    "engine_problem": "the openssl of this machine",
    "cert_revocation": "the certificate of the scan has no revocation list",
    "DNS_CAArecord": "127.0.0.1 has no name",
    "cipher_order": "every suite that is allowed is good, so clients may choose",
}


def program(*names):
    """Returns the path of the first of the programs that is installed, or None."""
    return next((path for path in map(shutil.which, names) if path), None)


def sslscan(address, minimum, directory):
    """Yields what sslscan finds below the floor."""
    report = pathlib.Path(directory) / f"sslscan-{minimum}.xml"
    subprocess.run([program("sslscan"), "--no-colour", f"--xml={report}", "--sni-name=localhost",
                    address], capture_output=True, timeout=600, check=True)
    test = xml.etree.ElementTree.parse(report).getroot().find("ssltest")
    for error in test.iter("error"):
        yield f"error: {error.text}"
    enabled = {item.get("version") for item in test.iter("protocol")
               if item.get("enabled") == "1"}
    expected = {"1.3"} if minimum == "1.3" else {"1.2", "1.3"}
    if enabled != expected:
        yield f"versions {sorted(enabled)} instead of {sorted(expected)}"
    ciphers = list(test.iter("cipher"))
    if not ciphers:
        yield "no suite was found"
    for item in ciphers:
        allowed = SUITES.get(item.get("sslversion", "").removeprefix("TLSv"), set())
        if item.get("cipher") not in allowed or item.get("strength") not in (
                "acceptable", "strong"):
            yield f"suite {item.get('sslversion')} {item.get('cipher')}"
    for item in test.iter("group"):
        if int(item.get("bits")) < 112:
            yield f"group {item.get('name')}"
    for item in test.iter("renegotiation"):
        if item.get("supported") == "1" and item.get("secure") == "0":
            yield "insecure renegotiation"
    for name in ("compression", "heartbleed"):
        for item in test.iter(name):
            if "1" in (item.get("supported"), item.get("vulnerable")):
                yield name


def testssl(address, minimum, directory, authority):
    """Yields (severity, text) of the findings of testssl.sh, which takes two minutes."""
    report = pathlib.Path(directory) / f"testssl-{minimum}.json"
    subprocess.run([program("testssl", "testssl.sh"), "--quiet", "--color", "0",
                    "--warnings", "off", "--severity", "LOW", "--nodns", "none",
                    "--openssl", shutil.which("openssl"), "--add-ca", str(authority),
                    "--jsonfile", str(report), "-p", "-s", "-f", "-P", "-S", "-U", address],
                   stdin=subprocess.DEVNULL, capture_output=True, timeout=1200)
    if not report.exists():
        yield "FATAL", "testssl.sh wrote no report"
        return
    for finding in json.loads(report.read_text()):
        if finding["id"] not in IGNORED:
            yield finding["severity"], f"{finding['id']}: {finding['finding']}"
