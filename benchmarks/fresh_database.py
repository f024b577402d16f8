"""What a test waits for: a fresh database and a scoped connection, beside pytest-postgresql's and bare statements.

All three clone the same migrated database on the same server, in turns, so that what else the machine does falls on
all of them alike. The peer and the floor connect as one login that is there all the time; ours makes one for each
connection, and ends it.

The aim, on two cores: 25 ms for the database and 20 ms for lease and connection, medians.
"""

import argparse
import json
import secrets
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg.sql import SQL, Identifier
from pytest_postgresql.janitor import DatabaseJanitor
from rich.console import Console
from rich.table import Table

from leasehold import Databases, Lease, Run
from leasehold.contract import TEMPLATE_ADMIN
from leasehold.databases.admin_session import MAINTENANCE
from leasehold.databases.migrations import migrate

PROJECT = Path(__file__).parents[1]
ROLE = "reader"
QUERY = "SELECT count(*) FROM orders"

Seconds = dict[str, dict[str, list[float]]]


class Stopwatch:
    """Seconds by who did what."""

    def __init__(self) -> None:
        self.seconds: Seconds = {}

    @contextmanager
    def measure(self, who: str, what: str) -> Iterator[None]:
        """Take the time of a block."""
        began = time.perf_counter()
        yield
        self.seconds.setdefault(what, {}).setdefault(who, []).append(time.perf_counter() - began)


class Bench:
    """One round of each contender, on one run."""

    def __init__(self, run: Run) -> None:
        self.issuer, self.watch = run.issuer, Stopwatch()
        self.ours = Databases(run.issuer)
        self.template = self.ours.template("bench", _migrate, "migrator")
        self.maker = run.issuer.lease(TEMPLATE_ADMIN, MAINTENANCE)
        self.floor = self.maker.connect(autocommit=True)
        self.login = run.issuer.lease(ROLE)
        self.rounds: tuple[Callable[[], None], ...] = (self.leasehold, self.pytest_postgresql, self.bare)

    def leasehold(self) -> None:
        """Do what the fixtures do."""
        who = "leasehold"
        with self.watch.measure(who, "database"):
            name = self.ours.create(self.template)
        with self.watch.measure(who, "connection"):
            lease = self.issuer.lease(ROLE, name)
            self.ours.admit(name, lease)
            connection = lease.connect()
        connection.execute(QUERY)
        connection.close()
        with self.watch.measure(who, "end"):
            self.issuer.revoke(lease)
            self.ours.drop(name)

    def pytest_postgresql(self) -> None:
        """Do what pytest-postgresql's client fixture does."""
        who, name = "pytest-postgresql", f"peer_{secrets.token_hex(4)}"
        janitor = DatabaseJanitor(
            user=self.maker.user,
            host=self.maker.host,
            port=self.maker.port,
            dbname=name,
            template_dbname=self.template,
            password=self.maker.password.get_secret_value(),
        )
        with self.watch.measure(who, "database"):
            janitor.init()
        self._query_as_login(who, name)
        with self.watch.measure(who, "end"):
            janitor.drop()

    def bare(self) -> None:
        """Run the statement itself on a connection that is open."""
        who, name = "bare statement", f"floor_{secrets.token_hex(4)}"
        clone = SQL("CREATE DATABASE {} TEMPLATE {}").format(Identifier(name), Identifier(self.template))
        with self.watch.measure(who, "database"):
            self.floor.execute(clone)
        self._query_as_login(who, name)
        with self.watch.measure(who, "end"):
            self.floor.execute(SQL("DROP DATABASE {}").format(Identifier(name)))

    def _query_as_login(self, who: str, name: str) -> None:
        self.ours.admit(name, self.login)  # not counted: neither has anything of the kind
        with self.watch.measure(who, "connection"):
            connection = psycopg.connect(**{**self.login.parameters, "dbname": name})
        connection.execute(QUERY)
        connection.close()

    def close(self) -> None:
        """Give the leases back."""
        self.floor.close()
        self.ours.close()
        for lease in (self.login, self.maker):
            self.issuer.revoke(lease)


def main() -> None:
    """Measure, and print medians and 95th percentiles."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=500, help="databases that each contender makes (default: 500)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    chosen = parser.parse_args()
    with Run.create(program=PROJECT) as run:
        bench = Bench(run)
        for number in range(chosen.rounds):
            for index in range(len(bench.rounds)):  # each contender is first as often as the others
                bench.rounds[(number + index) % len(bench.rounds)]()
        bench.close()
    summary = summarise(bench.watch.seconds)
    if chosen.json:
        print(json.dumps(summary, indent=2))
    else:
        show(summary, chosen.rounds)


def summarise(seconds: Seconds) -> dict[str, dict[str, dict[str, float]]]:
    """Return median and 95th percentile in milliseconds, by what and by who."""
    return {
        what: {
            who: {
                "median_ms": round(1000 * statistics.median(taken), 2),
                "p95_ms": round(1000 * statistics.quantiles(taken, n=20)[-1], 2),
            }
            for who, taken in contenders.items()
        }
        for what, contenders in seconds.items()
    }


def show(summary: dict[str, dict[str, dict[str, float]]], rounds: int) -> None:
    """Print a table, with the ratio to the bare statements."""
    table = Table("what", "who", "median", "p95", "median to bare", title=f"{rounds} rounds")
    for what, contenders in summary.items():
        floor = contenders["bare statement"]["median_ms"]
        for who, taken in contenders.items():
            ratio = f"{taken['median_ms'] / floor:.2f}"
            table.add_row(what, who, f"{taken['median_ms']:.1f} ms", f"{taken['p95_ms']:.1f} ms", ratio)
    Console(highlight=False).print(table)


def _migrate(lease: Lease) -> None:
    with lease.connect() as connection:
        migrate(connection, PROJECT / "stacks" / "shop" / "migrations")


if __name__ == "__main__":
    main()
