"""A prepared database is made once, made anew when what its migrations read has changed, and never by half."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from leasehold import Lease, Run
from leasehold.databases.clones import Databases

from .gated import MIGRATED_INI, session
from .support import PROJECT, Live

MIGRATE = f"""
from pathlib import Path
from leasehold import migrate
from helping import table

def run(lease):
    with lease.connect() as connection:
        migrate(connection, Path({str(PROJECT)!r}) / "stacks/shop/migrations")
    with lease.connect() as connection:
        for path in sorted(Path("versions").glob("*.sql")):
            connection.execute(path.read_text())
        connection.execute(f"CREATE TABLE shop.{{table}} ()")
"""
TESTS = """
def test_tables(connect):
    found = connect("migrator", owner=True).execute("SELECT relname FROM pg_class WHERE relname LIKE 'made%'")
    print("tables:", *sorted(name for (name,) in found.fetchall()))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files = {
        "pytest.ini": f"{MIGRATED_INI}\nleasehold_migrations = migrating:run\npythonpath = .\n",
        "migrating.py": MIGRATE,
        "helping.py": "table = 'made_by_helper'\n",
        "versions/1.sql": "CREATE TABLE shop.made_first ()",
        "test_tables.py": TESTS,
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.fixture
def tables(folder: Path, warm: str) -> Callable[[], tuple[str, int]]:
    """Run the suite; return the tables that it met, and how many prepared databases there are."""

    def run(*words: str) -> tuple[str, int]:
        done = session(folder, f"--leasehold-run={warm}", "-s", *words)
        assert done.returncode == 0, done.stdout + done.stderr
        [line] = [line.partition("tables: ")[2] for line in done.stdout.splitlines() if "tables: " in line]
        databases = Databases(Run.get(warm, program=PROJECT).issuer)
        try:
            return line, len(databases.templates())
        finally:
            databases.close()

    return run


def test_a_function_is_known_by_what_it_was_seen_to_read(folder: Path, tables: Callable[[], tuple[str, int]]) -> None:
    first, count = tables()
    assert first == "made_by_helper made_first"
    assert tables() == (first, count)
    (folder / "versions" / "2.sql").write_text("CREATE TABLE shop.made_second ()")
    assert tables() == ("made_by_helper made_first made_second", count + 1)
    (folder / "helping.py").write_text("table = 'made_by_changed_helper'\n")
    assert tables() == ("made_by_changed_helper made_first made_second", count + 2)
    (folder / "test_tables.py").write_text(f"{TESTS}\n# a test does not migrate\n")
    assert tables() == ("made_by_changed_helper made_first made_second", count + 2)


@pytest.fixture
def databases(live: Live) -> Iterator[Databases]:
    made = Databases(live.issuer)
    yield made
    made.close()


def test_one_that_failed_leaves_nothing(databases: Databases) -> None:
    def prepare(lease: Lease) -> None:
        with lease.connect(autocommit=True) as connection:
            connection.execute("CREATE TABLE shop.half ()")
            connection.execute("CREATE TABLE shop.half ()")

    before = databases.names()
    with pytest.raises(psycopg.errors.DuplicateTable):
        databases.template("failing", prepare, "migrator")
    assert databases.names() == before


def test_its_lease_is_renewed_while_it_is_made(short_terms: Run) -> None:
    """That takes longer than the lease's term, which is declared: ten seconds."""
    databases = Databases(short_terms.issuer)

    def prepare(lease: Lease) -> None:
        time.sleep(lease.term + 3)
        with lease.connect() as connection:
            connection.execute("CREATE TABLE app.late ()")

    try:
        databases.drop(databases.template("slow", prepare, "owner"))
    finally:
        databases.close()


def test_whoever_comes_second_takes_the_first_ones(live: Live, databases: Databases) -> None:
    """Two processes without a lock in common, as on two machines."""
    other, made = Databases(live.issuer), []

    def prepare(lease: Lease) -> None:
        made.append(other.template("raced", lambda lease: None, "migrator"))

    try:
        before = databases.names()
        assert databases.template("raced", prepare, "migrator") == made[0]
        assert databases.names() - before == {made[0]}
    finally:
        other.drop(made[0])
        other.close()


@pytest.mark.login_event
def test_a_prepared_database_admits_nobody(live: Live, databases: Databases) -> None:
    name = databases.template("closed", lambda lease: None, "migrator", lambda: "reads:e30=")
    try:
        assert (name, "reads:e30=") in databases.templates()
        held = live.issuer.lease("reader", name)
        with pytest.raises(psycopg.OperationalError, match="permission denied"):
            held.connect()
        live.issuer.revoke(held)
    finally:
        databases.drop(name)
