"""The measured servers: each is pinned to one core, and knows how it is asked."""

import contextlib
import glob
import os
import pathlib
import pwd
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time

import build
from build import Missing
from programs import Server

SERVER_CORE, GENERATOR_CORE = 0, 1
# The only statement of the peers that read a database of Patron: the parts of the customer, which
# are a message when they are put together.
READ_SQL = ("SELECT body, stats FROM customers WHERE store_id = 'default' AND external_id = ?")
DATABASE = "patron.db"


@contextlib.contextmanager
def pinned(core):
    """Keeps what is started meanwhile on one core."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


class Peer:
    """A running server. `generator` and `protocol` ask it; `process` has its processor time."""

    generator = "load"

    def __init__(self, name, address, process, protocol, **settings):
        self.name = name
        self.address = address
        self.process = process
        self.protocol = protocol
        self.settings = settings

    def other_way(self, name, protocol, generator="load", **settings):
        """Returns the same server, asked in another way."""
        peer = Peer(name, self.address, self.process, protocol, **settings)
        peer.generator = generator
        return peer


def end(process):
    process.send_signal(signal.SIGINT if "postgres" in process.args[0] else signal.SIGTERM)
    try:
        process.wait(60)
    except subprocess.TimeoutExpired:
        process.kill()


def started(stack, command, **rest):
    """Starts a process on the servers' core; the stack ends it."""
    with pinned(SERVER_CORE):
        process = subprocess.Popen([str(part) for part in command], stderr=subprocess.DEVNULL,
                                   **rest)
    stack.callback(end, process)
    return process


def patron(stack, name, data, *flags):
    with pinned(SERVER_CORE):
        server = Server(data, *flags)
    stack.callback(server.stop)
    return Peer(name, server.address, server.process.pid, "ttrpc")


def printing(stack, name, protocol, command, **settings):
    """Starts a server of our own, which prints its address."""
    environment = os.environ | {"GOMAXPROCS": "1"}  # as many threads as it has cores
    process = started(stack, command, stdout=subprocess.PIPE, text=True, env=environment)
    address = process.stdout.readline().strip()
    if not address:
        sys.exit(f"{command[0]} ended with status {process.wait()}")
    return Peer(name, address, process.pid, protocol, **settings)


def echo(stack, size):
    return printing(stack, "epoll echo (the limit)", "ttrpc", [build.echo(), size],
                    **{"any-answer": 1})


def grpc(stack, data):
    return printing(stack, "gRPC C++, asynchronous", "grpc",
                    [build.grpc_server(), data / DATABASE, READ_SQL])


def ttrpc(stack, data):
    return printing(stack, "ttrpc in Go", "ttrpc",
                    [build.ttrpc_server(), data / DATABASE, READ_SQL])


def customers(data):
    """Yields external id, e-mail address and record of every customer."""
    database = sqlite3.connect(f"file:{data / DATABASE}?mode=ro", uri=True)
    with contextlib.closing(database):
        for key, email, body, stats in database.execute(
                "SELECT external_id, email, body, stats FROM customers"):
            if key:
                yield key, email, body + stats


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def connected(port, process):
    """Connects to a server that has just been started."""
    for _ in range(100):
        with contextlib.suppress(ConnectionRefusedError):
            return socket.create_connection(("127.0.0.1", port))
        if process.poll() is not None:
            break
        time.sleep(0.1)
    sys.exit(f"{process.args[0]} does not answer")


def redis(stack, data, folder, durable=False):
    """Starts Redis with the records of all customers. Durable: every write is on disk before it is
    answered."""
    build.need(("redis-server", shutil.which("redis-server")))
    port = free_port()
    folder.mkdir()
    process = started(
        stack, ["redis-server", "--bind", "127.0.0.1", "--port", port, "--save", "", "--dir",
                folder, "--appendonly", "yes" if durable else "no", "--appendfsync", "always",
                "--auto-aof-rewrite-percentage", "0"], stdout=subprocess.DEVNULL)
    with connected(port, process) as client:
        rows, answered = [], client.makefile("rb")
        for row in customers(data):
            rows.append(row)
            if len(rows) == 1000:
                set_all(client, answered, rows)
                rows = []
        set_all(client, answered, rows)
    name = "Redis SET, appendfsync always" if durable else "Redis GET"
    return Peer(name, f"127.0.0.1:{port}", process.pid, "redis")


def set_all(client, answered, rows):
    client.sendall(b"".join(
        b"*3\r\n$3\r\nSET\r\n$%d\r\n%s\r\n$%d\r\n%s\r\n"
        % (len(key), key.encode(), len(record), record) for key, _, record in rows))
    for _ in rows:
        if answered.readline() != b"+OK\r\n":
            sys.exit("Redis refused a customer")


POSTGRES_SETTINGS = {
    "listen_addresses": "127.0.0.1", "unix_socket_directories": "", "max_connections": "300",
    "shared_buffers": "1GB", "max_wal_size": "8GB", "checkpoint_timeout": "30min",
    "synchronous_commit": "on", "fsync": "on", "full_page_writes": "on",
}
POSTGRES_TABLE = """
CREATE TABLE customers (external_id text PRIMARY KEY, email text, phone text,
  updated_at timestamptz NOT NULL DEFAULT now(), body bytea NOT NULL) WITH (fillfactor = 80);
COPY customers (external_id, email, body) FROM STDIN WITH (FORMAT csv);
"""


def postgres_programs():
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"),
                   key=lambda path: int(path.split("/")[4]))
    build.need(("postgresql", found), ("postgresql-client", shutil.which("psql")))
    return pathlib.Path(found[-1]).parent


def postgres(stack, data):
    """Starts PostgreSQL with a table of all customers. It refuses to run as root, and then runs as
    the user of its package."""
    build.postgres_load()
    programs = postgres_programs()
    account = {}
    folder = pathlib.Path(tempfile.mkdtemp(prefix="patron-pg-", dir=data.parent))
    stack.callback(shutil.rmtree, folder, ignore_errors=True)
    if os.getuid() == 0:
        entry = pwd.getpwnam("postgres")
        os.chown(folder, entry.pw_uid, entry.pw_gid)
        account = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    made = subprocess.run([programs / "initdb", "--pgdata", folder, "--auth=trust", "--locale=C",
                           "--encoding=UTF8", "--username=postgres"], cwd="/",
                          capture_output=True, text=True, **account)
    if made.returncode:
        raise Missing(f"initdb failed: {made.stderr.strip()}")
    port = free_port()
    flags = [f"--{name}={value}" for name, value in POSTGRES_SETTINGS.items()]
    process = started(stack, [programs / "postgres", "-D", folder, f"--port={port}", *flags],
                      cwd="/", stdout=subprocess.DEVNULL, **account)
    connected(port, process).close()
    fill_postgres(port, data)
    return Peer("PostgreSQL", f"127.0.0.1:{port}", process.pid, "each")


def fill_postgres(port, data):
    psql = ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", str(port),
            "-U", "postgres", "postgres"]
    with subprocess.Popen(psql, stdin=subprocess.PIPE, text=True) as process:
        process.stdin.write(POSTGRES_TABLE)
        for key, email, record in customers(data):
            process.stdin.write(f"{key},{email or ''},\\x{record.hex()}\n")
        process.stdin.write("\\.\nCREATE UNIQUE INDEX ON customers (email);\n"
                            "CREATE UNIQUE INDEX ON customers (phone);\n"
                            "VACUUM ANALYZE customers;\nCHECKPOINT;\n")
    if process.returncode:
        sys.exit("psql could not fill PostgreSQL")
