"""The peers' database server: the image that runs have, in memory, without fsync, as a test would have it. And an
IntegreSQL beside it."""

import os
import secrets
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker
import psycopg

from . import built

IMAGE = os.environ.get("LEASEHOLD_IMAGE_DATABASE", "postgres:18")
MIGRATIONS = Path(__file__).parents[2] / "stacks" / "shop" / "migrations"
LABEL = "dev.leasehold.benchmark"
_PAUSE = 0.05
START = """
printf %s "$POSTGRES_PASSWORD" > /tmp/password
initdb --pgdata=/tmp/peer/data --username=postgres --pwfile=/tmp/password --auth=scram-sha-256 --no-sync >/dev/null
echo "host all all all scram-sha-256" >> /tmp/peer/data/pg_hba.conf
exec postgres -D /tmp/peer/data -c listen_addresses='*' -c fsync=off -c synchronous_commit=off \
    -c full_page_writes=off -c max_connections=200 -c unix_socket_directories=/tmp
"""
"""Starts a server in a container, whatever its image begins with."""


@dataclass(frozen=True)
class Server:
    """A database server with one superuser for all.

    Attributes:
        port: Its port on this host.
        password: Its superuser's, `postgres`.
    """

    port: int
    password: str

    @property
    def dsn(self) -> str:
        """Its URL, in libpq's form."""
        return f"postgresql://postgres:{self.password}@127.0.0.1:{self.port}/postgres?sslmode=disable"


def migrations() -> str:
    """Return what prepares a database."""
    return "\n".join(path.read_text() for path in sorted(MIGRATIONS.glob("*.sql")))


@contextmanager
def server() -> Iterator[Server]:
    """Start a database server for the length of a block."""
    password, engine = secrets.token_hex(8), docker.from_env()
    container = engine.containers.run(
        IMAGE,
        ["-c", START],
        entrypoint="sh",
        user="postgres",
        detach=True,
        environment={"POSTGRES_PASSWORD": password},
        labels={LABEL: "peers"},
        ports={"5432/tcp": ("127.0.0.1", 0)},
        tmpfs={"/tmp/peer": "size=2g,mode=1777"},  # noqa: S108 - in the container
    )
    try:
        container.reload()
        ports: Any = container.ports
        made = Server(int(ports["5432/tcp"][0]["HostPort"]), password)
        _wait(made)
        yield made
    finally:
        container.remove(force=True, v=True)


def _wait(made: Server) -> None:
    while True:
        try:
            with psycopg.connect(made.dsn, connect_timeout=2) as connection:
                connection.execute("SELECT 1")
                return
        except psycopg.OperationalError:
            time.sleep(_PAUSE)


@contextmanager
def integresql(made: Server) -> Iterator[int]:
    """Start IntegreSQL on a database server for the length of a block; gives its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    env = {
        **os.environ,
        "INTEGRESQL_ADDRESS": "127.0.0.1",
        "INTEGRESQL_PORT": str(port),
        "INTEGRESQL_PGHOST": "127.0.0.1",
        "INTEGRESQL_PGPORT": str(made.port),
        "INTEGRESQL_PGUSER": "postgres",
        "INTEGRESQL_PGPASSWORD": made.password,
        "PGSSLMODE": "disable",
    }
    process = subprocess.Popen([built.integresql()], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while True:
            with socket.socket() as asking:
                if asking.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(_PAUSE)
        yield port
    finally:
        process.terminate()
        process.wait()
