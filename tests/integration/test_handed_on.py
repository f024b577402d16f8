"""A database that tests have only read is handed on to others; one that may have changed in any way never is."""

import re
from collections import Counter
from pathlib import Path

import pytest

from .gated import INI, session
from .support import PROJECT, Live

TESTS = 12

SUITE = """
import contextlib, psycopg, pytest
@pytest.mark.parametrize("number", range({tests}))
def test_one(connect, number, capsys):
    connection = connect("{role}", owner={owner}, autocommit=True)
    found = connection.execute("SELECT oid FROM pg_database WHERE datname = current_database()").fetchone()
    state = [
        connection.execute(asked).fetchone()[0]
        for asked in (
            "SELECT count(*) FROM pg_listening_channels()",
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted AND database = "
            "(SELECT oid FROM pg_database WHERE datname = current_database())",
            "SELECT count(*) FROM pg_class WHERE relname = 'canary'",
            "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'pg_temp%'",
            "SELECT count(*) FROM pg_default_acl WHERE defaclrole = current_user::regrole",
            "SELECT current_setting('my.canary', true) IS NOT NULL AND current_setting('my.canary', true) <> ''",
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
            "AND usename IS NOT NULL",
        )
    ]
    assert state == [0, 0, 0, 0, 0, False, 0], state
    {seen}
    {touch}
    with capsys.disabled():
        print("in", found[0], "end")
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    # The run's own database is migrated.
    lines = [line for line in INI.splitlines() if not line.startswith("leasehold_migrations")]
    (tmp_path / "pytest.ini").write_text("\n".join(lines))
    return tmp_path


def databases(folder: Path, run: str, touch: str, role: str = "reader", *, owner: bool = False, seen: str = "") -> int:
    """Run a suite; return in how many databases its tests were."""
    text = SUITE.format(tests=TESTS, role=role, owner=owner, touch=touch or "pass", seen=seen or "pass")
    (folder / "test_one.py").write_text(text)
    done = session(folder, f"--leasehold-run={run}", "--leasehold-denials=off")
    assert f"{TESTS} passed" in done.stdout, done.stdout
    return len(Counter(re.findall(r"in (\d+) end", done.stdout)))


LEAVES_NOTHING = {
    "reads": "connection.execute('SELECT * FROM orders')",
    "listens": "connection.execute('LISTEN canary')",
    "notifies": "connection.execute('NOTIFY canary')",
    "holds an advisory lock": "connection.execute('SELECT pg_advisory_lock(1)')",
    "sets something": "connection.execute('SET my.canary = 1'); connection.execute('SET work_mem = 64')",
    "has a cursor and a prepared statement": (
        "connection.execute('PREPARE canary AS SELECT 1'); "
        "connection.execute('DECLARE canary CURSOR WITH HOLD FOR SELECT 1')"
    ),
    "is refused": "contextlib.suppress(psycopg.Error).__enter__(); "
    "pytest.raises(psycopg.Error, connection.execute, 'DELETE FROM orders')",
}


@pytest.mark.parametrize("what", LEAVES_NOTHING)
def test_what_ends_with_its_session_is_met_by_nobody(folder: Path, quiet: Live, what: str) -> None:
    assert databases(folder, quiet.run.name, LEAVES_NOTHING[what]) < TESTS


LEAVES_SOMETHING = {
    "a temporary table": ("reader", "connection.execute('CREATE TEMP TABLE canary ()')"),
    "a temporary table that is taken back": (
        "reader",
        "connection.execute('BEGIN; CREATE TEMP TABLE canary (); ROLLBACK')",
    ),
    "default privileges": (
        "reader",
        "connection.execute('ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC')",
    ),
    "rows": ("writer", "connection.execute(\"UPDATE orders SET item = 'canary'\")"),
    "rows that are taken back": ("writer", "connection.execute('BEGIN; UPDATE orders SET item = item; ROLLBACK')"),
    "a sequence alone": ("writer", "connection.execute(\"SELECT nextval('orders_id_seq')\")"),
    "nothing, by a role that may write": ("writer", ""),
    "a table": ("migrator", "connection.execute('CREATE TABLE shop.canary ()')"),
}


@pytest.mark.parametrize("what", LEAVES_SOMETHING)
def test_one_that_may_have_changed_is_dropped(folder: Path, quiet: Live, what: str) -> None:
    role, touch = LEAVES_SOMETHING[what]
    assert databases(folder, quiet.run.name, touch, role, owner=role == "migrator") == TESTS


DEFINER = """
CREATE SEQUENCE shop.canaries;
CREATE FUNCTION shop.count_canary() RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = shop
  AS $$ SELECT nextval('shop.canaries') $$;
"""


def test_a_function_that_acts_as_its_owner_may_have_changed_it(folder: Path, warm: str) -> None:
    migrations = folder / "migrations"
    migrations.mkdir()
    for path in (PROJECT / "stacks/shop/migrations").glob("*.sql"):
        (migrations / path.name).write_text(path.read_text())
    (migrations / "900_definer.sql").write_text(DEFINER)
    (folder / "pytest.ini").write_text(INI.replace(f"{PROJECT}/stacks/shop/migrations", str(migrations)))
    counted = "assert connection.execute('SELECT count_canary()').fetchone() == (1,)"
    assert databases(folder, warm, "", seen=counted) == TESTS
