"""Builds the generators and the peers into .build-peers, if their packages are installed."""

import os
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SOURCES = ROOT / "dev" / "peers.d"
BUILT = ROOT / ".build-peers"
GO_PACKAGES = pathlib.Path("/usr/share/gocode")
CONTRACT = ["patron/v1/options.proto", "patron/v1/common.proto", "patron/v1/consent.proto",
            "patron/v1/orders.proto", "patron/v1/customers.proto"]
C_FLAGS = ["-O2", "-Wall", "-Wextra", "-Werror", "-std=gnu11", "-D_GNU_SOURCE"]


class Missing(Exception):
    """A peer that cannot be measured here, with the reason."""


def need(*packages):
    """Raises Missing with the Debian packages whose file or program is absent."""
    absent = [package for package, there in packages if not there]
    if absent:
        raise Missing("not installed: " + " ".join(absent))


def library(name):
    return shutil.which("pkg-config") and not subprocess.run(
        ["pkg-config", "--exists", name], stderr=subprocess.DEVNULL).returncode


def call(*command, **rest):
    made = subprocess.run([str(part) for part in command], capture_output=True, text=True, **rest)
    if made.returncode:
        sys.exit(f"{command[0]}: status {made.returncode}\n{made.stdout}{made.stderr}")
    return made.stdout


def is_fresh(product, sources):
    """Returns true for a product that is younger than its sources."""
    newest = max(path.stat().st_mtime for path in sources)
    return product.exists() and product.stat().st_mtime > newest


def c_program(name, sources, *libraries):
    product = BUILT / name
    headers = list((SOURCES / "load").glob("*.h"))
    if not is_fresh(product, [*sources, *headers]):
        BUILT.mkdir(exist_ok=True)
        call("gcc", *C_FLAGS, "-I", SOURCES, "-o", product, *sources, *libraries)
    return product


def load():
    """Builds the generator, which everything needs."""
    need(("gcc", shutil.which("gcc")))
    return c_program("load", sorted((SOURCES / "load").glob("*.c")))


def echo():
    return c_program("echo", [SOURCES / "servers" / "echo.c"])


def postgres_load():
    need(("libpq-dev", library("libpq")))
    flags = call("pkg-config", "--cflags", "--libs", "libpq").split()
    shared = [SOURCES / "load" / name for name in ("measure.c", "settings.c")]
    return c_program("postgres", [SOURCES / "postgres.c", *shared], *flags)


def contract_files():
    return [ROOT / "proto" / name for name in CONTRACT]


def grpc_server():
    need(("libgrpc++-dev", library("grpc++")),
         ("protobuf-compiler-grpc", shutil.which("grpc_cpp_plugin")),
         ("protobuf-compiler", shutil.which("protoc")), ("g++", shutil.which("g++")),
         ("libsqlite3-dev", library("sqlite3")))
    product, source = BUILT / "grpc_server", SOURCES / "servers" / "grpc_server.cc"
    if is_fresh(product, [source, *contract_files()]):
        return product
    print("  building the gRPC server: some minutes ...", file=sys.stderr, flush=True)
    folder = fresh_folder("cpp")
    call("protoc", "-I", ROOT / "proto", "-I", ROOT / "proto" / "third_party",
         f"--cpp_out={folder}", f"--grpc_out={folder}",
         f"--plugin=protoc-gen-grpc={shutil.which('grpc_cpp_plugin')}",
         *CONTRACT, "google/rpc/status.proto")
    objects = []
    for file in [*sorted(folder.rglob("*.pb.cc")), source]:
        objects.append(folder / f"{file.name}.o")
        call("g++", "-O2", "-std=c++17", "-I", folder, "-c", file, "-o", objects[-1])
    call("g++", "-o", product, *objects,
         *call("pkg-config", "--libs", "grpc++", "protobuf", "sqlite3").split())
    return product


def ttrpc_server():
    """Builds the Go server from Debian's packages alone, without a module or a network."""
    packages = GO_PACKAGES / "src" / "github.com"
    need(("golang-go", shutil.which("go")), ("protobuf-compiler", shutil.which("protoc")),
         ("gogoprotobuf", shutil.which("protoc-gen-gogofaster")),
         ("golang-github-containerd-ttrpc-dev", (packages / "containerd" / "ttrpc").exists()),
         ("golang-github-mattn-go-sqlite3-dev", (packages / "mattn" / "go-sqlite3").exists()),
         ("libsqlite3-dev", library("sqlite3")))
    product, source = BUILT / "ttrpc_server", SOURCES / "servers" / "ttrpc_server.go"
    if is_fresh(product, [source, *contract_files()]):
        return product
    print("  building the ttrpc server in Go ...", file=sys.stderr, flush=True)
    folder = fresh_folder("go")
    generate_go(folder)
    place(source, folder / "src" / "peers" / "server")
    call("go", "build", "-tags", "libsqlite3", "-o", product, "peers/server",
         env=os.environ | {"GO111MODULE": "off", "GOFLAGS": "", "GOCACHE": str(folder / "cache"),
                           "GOPATH": f"{folder}:{GO_PACKAGES}"})
    return product


def generate_go(folder):
    """Generates Go's messages. The generator of ttrpc's time refuses `optional` of proto3, and a
    `oneof` of one field is the same on the wire."""
    optional = re.compile(r"^(\s*)optional ([\w.]+) (\w+) = (\d+)([^;]*);", re.MULTILINE)
    known = "github.com/gogo/protobuf/types"
    packages = {f"google/protobuf/{name}.proto": known
                for name in ("timestamp", "field_mask", "any")}
    packages["google/protobuf/descriptor.proto"] = (
        "github.com/gogo/protobuf/protoc-gen-gogo/descriptor")
    packages |= dict.fromkeys(CONTRACT, "peers/patronv1")
    packages["google/rpc/status.proto"] = "peers/rpc"
    for name in [*CONTRACT, "google/rpc/status.proto"]:
        third = "third_party/" if name.startswith("google") else ""
        text = (ROOT / "proto" / f"{third}{name}").read_text()
        copy = folder / "proto" / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(optional.sub(r"\1oneof has_\3 { \2 \3 = \4\5; }", text))
    mapping = ",".join(f"M{name}={package}" for name, package in packages.items())
    out = folder / "generated"
    out.mkdir()
    for names in (CONTRACT, ["google/rpc/status.proto"]):
        call("protoc", "-I", folder / "proto", f"--gogofaster_out={mapping}:{out}", *names)
    for file in out.rglob("*.go"):
        package = "rpc" if file.parent.name == "rpc" else "patronv1"
        place(file, folder / "src" / "peers" / package)


def place(file, folder):
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(file, folder)


def fresh_folder(name):
    folder = BUILT / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
