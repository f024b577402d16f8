"""Much of everything in one run: tables in a transaction, a seed, a statement, a log. Small here, large in the soak."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from leasehold import Databases, Lease, Run
from leasehold.denials.collector import Collector
from leasehold.denials.sources.final_marks import final_marks
from leasehold.denials.sources.whole_logs import ends_of_logs
from leasehold.proofs.audit import audit
from stacks import shop
from tests.soak import soak

from .conftest import migrated

soaks = pytest.mark.soak
MB = 1_000_000
LINE = 300
"""Bytes of a short statement's record in the log."""


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    with Run.create(f"t-{secrets.token_hex(4)}", program=shop.declare, term=7200) as made:
        migrated(made)
        yield made


@pytest.fixture
def databases(run: Run) -> Iterator[Databases]:
    made = Databases(run.issuer)
    yield made
    made.close()


@contextmanager
def connected(run: Run, databases: Databases, role: str, template: str | None = None) -> Iterator[psycopg.Connection]:
    """Connect to a clone as a lease."""
    with databases.clone(template) as name:
        lease = run.issuer.lease(role, name)
        databases.admit(name, lease)
        try:
            with lease.connect(autocommit=True) as connection:
                yield connection
        finally:
            run.issuer.revoke(lease)


@contextmanager
def read_whole(run: Run) -> Iterator[Collector]:
    """Hold that a session that reads the logs meanwhile misses nothing of them."""
    collector = Collector(run.name, ends_of_logs(run.name))
    try:
        yield collector
        collector.read(final_marks(run.name))
        assert collector.faults == []
        assert collector.take() == []
    finally:
        collector.close()


@pytest.mark.parametrize("tables", [500, pytest.param(soak(1000, 3000), marks=soaks)])
def test_many_tables_in_one_transaction(run: Run, databases: Databases, tables: int) -> None:
    def prepare(lease: Lease) -> None:
        with lease.connect() as connection:
            for number in range(tables):
                connection.execute(f"CREATE TABLE shop.t_{number} (id serial PRIMARY KEY, word text UNIQUE)".encode())

    template = databases.template(f"tables{tables}", prepare, "migrator")
    with connected(run, databases, "auditor", template) as connection:
        assert connection.execute(f"SELECT count(*) FROM shop.t_{tables - 1}".encode()).fetchone() == (0,)  # noqa: S608 - numbers and words of the test
    assert audit(run.issuer, template).lines() == []
    databases.drop(template)


@pytest.mark.parametrize("megabytes", [20, pytest.param(soak(50, 200), marks=soaks)])
def test_a_large_seed_and_two_clones_fit_by_default(run: Run, databases: Databases, megabytes: int) -> None:
    def prepare(lease: Lease) -> None:
        with lease.connect() as connection:
            connection.execute("CREATE TABLE shop.seeded (t text)")
            with connection.cursor().copy("COPY shop.seeded FROM STDIN") as copy:
                for _ in range(megabytes):
                    copy.write(b"x" * 999 + b"\n" + (b"y" * 999 + b"\n") * 999)

    template = databases.template(f"seed{megabytes}", prepare, "migrator")
    with databases.clone(template), connected(run, databases, "auditor", template) as connection:
        assert connection.execute("SELECT count(*) FROM shop.seeded").fetchone() == (megabytes * 1000,)
    databases.drop(template)


@pytest.mark.parametrize("megabytes", [1, pytest.param(soak(4, 10), marks=soaks)])
def test_a_long_statement(run: Run, databases: Databases, megabytes: int) -> None:
    data = ", ".join(["('a word')"] * (megabytes * MB // 12))
    with read_whole(run), connected(run, databases, "migrator") as connection:
        connection.execute("CREATE TABLE shop.words (word text)")
        connection.execute(f"INSERT INTO shop.words VALUES {data}".encode())  # noqa: S608 - numbers and words of the test
    audited(run)


@pytest.mark.parametrize("megabytes", [1, pytest.param(soak(4, 10), marks=soaks)])
def test_a_long_statement_that_is_refused(run: Run, databases: Databases, megabytes: int) -> None:
    data = ", ".join(["('a word')"] * (megabytes * MB // 12))
    collector = Collector(run.name, ends_of_logs(run.name))
    with connected(run, databases, "reader") as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(f"INSERT INTO shop.orders (item) VALUES {data}".encode())  # noqa: S608 - numbers and words of the test
    collector.read(final_marks(run.name))
    [refusal] = collector.take()
    collector.close()
    assert refusal.statement.startswith("INSERT INTO shop.orders (item) VALUES ( ? ), ( ? )".replace("( ? )", "(?)"))
    assert len(refusal.statement) < 3000


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("megabytes", [30, pytest.param(soak(100, 500), marks=soaks)])
def test_a_long_log(run: Run, databases: Databases, megabytes: int) -> None:
    """Half of it statements of a megabyte, half short ones, each another."""
    with read_whole(run), connected(run, databases, "reader") as connection:
        for _ in range(megabytes // 2):
            connection.execute(f"SELECT length('{'x' * MB}')".encode())
        with connection.pipeline():
            for number in range(megabytes * MB // 2 // LINE):
                connection.execute(
                    f"SELECT id FROM shop.orders WHERE id = {number} OR item = 'number {number}'".encode()  # noqa: S608 - numbers and words of the test
                )
    audited(run)


def audited(run: Run) -> None:
    """Hold that an audit reads the log and finds nothing, and that the reader has needed what it has read."""
    assert audit(run.issuer).lines() == []
