"""How long a clone of a large template takes, and how much room: files cloned beside files copied, in turns.

Where the engine's disk has reflinks (btrfs, XFS) and `--storage reflink` is asked for, a clone shares the blocks of the
template. The aim there: at most a second for 10 GiB.
"""

import argparse
import secrets
import statistics
import time
from collections.abc import Callable

import docker
import pulumi
from psycopg.sql import SQL

from components import Environment, StorageArgs
from leasehold import Databases, Lease, Run
from leasehold.contract import STORAGE
from leasehold.engines.docker import execs

KINDS: dict[str, StorageArgs] = {
    "memory": {"kind": "memory", "size": 8192},
    "volume": {"kind": "volume"},
    "reflink": {"kind": "volume", "reflink": True},
}
PART = 64  # MiB of rows that one statement makes
ROWS = SQL("INSERT INTO shop.seeded SELECT repeat(md5(n::text), 31) FROM generate_series(1, {}) AS n").format(
    PART * 1024
)


def program(storage: StorageArgs) -> Callable[[], None]:
    """Return a program with a migrator and a storage."""

    def declare() -> None:
        environment = Environment("large", {"roles": [{"name": "migrator", "owns": ["shop"]}], "storage": storage})
        for name, value in environment.outputs.items():
            pulumi.export(name, value)

    return declare


def seed(size: int) -> Callable[[Lease], None]:
    """Return what makes so many MiB of rows. Below 2 kB PostgreSQL compresses none (manual, 66.2)."""

    def prepare(lease: Lease) -> None:
        with lease.connect(autocommit=True) as connection:
            connection.execute("CREATE TABLE shop.seeded (t text)")
            for _ in range(size // PART):
                connection.execute(ROWS)

    return prepare


def used(run: Run) -> int:
    """Return how much of the storage is used, in MiB."""
    container = docker.from_env().containers.get(f"leasehold-{run.name}-database")
    said = execs.run(container, ["df", "-Pm", STORAGE])[1]
    return int(said.split()[-4])  # POSIX: file system, blocks, used, available, capacity, where


def main() -> None:
    """Measure; print the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gib", type=float, default=1.0)
    parser.add_argument("--storage", choices=KINDS, default="memory")
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    with Run.create(f"large-{secrets.token_hex(3)}", program=program(KINDS[asked.storage])) as run:
        databases, began = Databases(run.issuer), time.perf_counter()
        template = databases.template("large", seed(int(asked.gib * 1024)), "migrator")
        print(f"{asked.storage}: a template of {asked.gib} GiB, made in {time.perf_counter() - began:.0f} s")
        taken: dict[str, list[float]] = {"clone": [], "copy": []}
        room: dict[str, list[int]] = {"clone": [], "copy": []}
        for number in range(asked.rounds):
            for method in list(taken)[:: -1 if number % 2 else 1]:
                databases._admin.execute(SQL("SET file_copy_method = " + method))
                before, began = used(run), time.perf_counter()
                name = databases.create(template)
                taken[method].append(time.perf_counter() - began)
                room[method].append(used(run) - before)
                databases.drop(name)
        databases.close()
        for method, times in taken.items():
            print(f"{method}: {statistics.median(times):.2f} s, {statistics.median(room[method]):.0f} MiB more")
        ratio = statistics.median(one / two for one, two in zip(taken["clone"], taken["copy"], strict=True))
        print(f"ratio of the rounds: {ratio:.2f}")


if __name__ == "__main__":
    main()
