"""What the figures depend on: the machine, the versions, and the file system."""

import os
import platform
import re
import shutil
import subprocess

import servers
from build import ROOT, Missing
from programs import Programs

# Their fdatasync is free, so durable figures would mean nothing.
IN_MEMORY = {"tmpfs", "ramfs"}


def said(*command):
    """Returns the first line that a program prints, or nothing if it is not there."""
    if not shutil.which(str(command[0])):
        return ""
    made = subprocess.run([str(part) for part in command], capture_output=True, text=True,
                          cwd=ROOT)
    return (made.stdout + made.stderr).strip().split("\n")[0]


def version(text):
    found = re.search(r"\d+(\.\d+)+", text)
    return found.group() if found else "?"


def package_version(name):
    found = said("dpkg-query", "-W", "-f", "${Version}", name)
    return re.sub(r"^\d+:", "", found).split("-")[0]


def file_system(folder):
    return said("findmnt", "-n", "-o", "FSTYPE", "-T", folder)


def processor():
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as info:
        return next((line.split(":", 1)[1].strip() for line in info
                     if line.startswith("model name")), "?")


def versions(skipped):
    # The programs belong to the checkout that they lie in.
    commit = said("git", "-C", Programs.folder.resolve(), "rev-parse", "--short", "HEAD")
    found = [f"Patron {version(said(Programs.path('patrond'), '--version'))} ({commit})"]
    for name, text in (
            ("Redis", said("redis-server", "--version")),
            ("gRPC C++", said("pkg-config", "--modversion", "grpc++")),
            ("ttrpc in Go", package_version("golang-github-containerd-ttrpc-dev")),
            ("PostgreSQL", said(*postgres_version())),
            ("SQLite of the peers", package_version("libsqlite3-0"))):
        if name not in skipped:
            found.append(f"{name} {version(text)}")
    if "ttrpc in Go" not in skipped:
        found.append(f"Go {version(said('go', 'version'))}")
    return ", ".join(found)


def postgres_version():
    try:
        return servers.postgres_programs() / "postgres", "--version"
    except Missing:
        return ("",)


def description(work):
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (f"{os.cpu_count()} cores ({processor()}), {memory:.0f} GiB, Linux "
            f"{platform.release().split('-')[0]}, {file_system(work)}")
